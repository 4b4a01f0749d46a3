"""A formula's text, cut into numbers, texts, references, names and signs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sheetjudge.sandbox.functions import FUNCTIONS, Failure
from sheetjudge.sandbox.problems import not_built

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+)|\"(?P<text>(?:[^\"]|\"\")*)\""
    r"|(?P<error>#[A-Z/0!?]+)"
    r"|(?P<tab>'(?:[^']|'')*'|[A-Za-z_][A-Za-z0-9_]*)!(?P<tabcells>\$?[A-Za-z]*\$?[0-9]*(?::\$?[A-Za-z]*\$?[0-9]*)?)"
    r"|(?P<name>[A-Za-z][A-Za-z0-9_.]*)\("
    r"|(?P<cells>\$?[A-Za-z]{1,3}\$?[0-9]+(?::\$?[A-Za-z]*\$?[0-9]*)?|\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3})"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_.]*)|(?P<sign><>|<=|>=|[-+*/^&=<>%(),;]))"
)


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a formula: its kind, its text, and for a reference to another tab the cells as `extra`."""

    kind: str
    text: str
    extra: str = ""


def tokens_of(text: str) -> list[Token]:
    """The pieces of a formula, which comes without its `=`.

    Raises:
        Failure: the text is no formula.
    """
    found = []
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Failure("ERROR", "Formula parse error.")
        kind = str(match.lastgroup)
        if kind == "tabcells":
            found.append(Token("tab", match["tab"], match["tabcells"]))
        else:
            found.append(Token(kind, match[kind]))
        at = match.end()
    return found


def check_formula(text: str) -> None:
    """Refuse, with 501, a formula with a function that isn't built."""
    try:
        tokens = tokens_of(text[1:])
    except Failure:
        return
    for token in tokens:
        if token.kind == "name" and token.text.upper() not in FUNCTIONS:
            raise not_built(f"the formula function {token.text.upper()}")

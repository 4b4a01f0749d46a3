"""What a sidebar asks for (version 1), read strictly: whatever isn't foreseen is refused in words.

A request can name a spreadsheet, a tab, columns, a judge and a rubric of the offer, and words. It can name no host, no
path, no credential, no option of a judge and no variable of the environment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from sheetjudge.core.yaml_nodes import nearest
from sheetjudge.errors import ConfigError
from sheetjudge.ops.job_file import Job
from sheetjudge.ops.row_choice import parse_rows
from sheetjudge.ops.rubrics import shipped_names
from sheetjudge.service.offer import Offer

Kind = Literal["run", "estimate", "draft"]

VERSION = 1
MOST_CHARACTERS = 45_000
"""Characters of a request: it has to fit into a cell."""

_KINDS = ("run", "estimate", "draft")
_OPERATIONS = ("score", "rank", "filter", "compare")
_OF_AN_OPERATION = {
    "group": ("rank",),
    "top": ("rank",),
    "contenders": ("compare",),
    "recall": ("filter",),
    "precision": ("filter",),
    "escalate_to": ("filter",),
}
_SPREADSHEET = re.compile(r"[A-Za-z0-9_-]{20,100}")
_NOTHING = ("", None, (), False)
_MOST_COLUMNS, _LONGEST_NAME, _LONGEST_WORDS, _LONGEST_ROWS = 200, 1_000, 10_000, 20_000
_MOST_NUMBER = 10**9


@dataclass(frozen=True, slots=True)
class Place:
    """Where Google is, and who asks it.

    Attributes:
        host: scheme and host of a server other than Google; "" for Google.
        credentials: path of a credentials file; "" to look for credentials.
    """

    host: str = ""
    credentials: str = ""

    def address(self, spreadsheet: str, sheet: int) -> str:
        """The URL of a tab."""
        return f"{self.host or 'https://docs.google.com'}/spreadsheets/d/{spreadsheet}/edit#gid={sheet}"


@dataclass(frozen=True)
class Request:
    """What was asked for.

    Attributes:
        kind: carry it out, say beforehand what it would take, or draft a rubric.
        operation: the verb; "" for a draft.
        spreadsheet, sheet: the tab; "" and 0 for a draft.
        judge: its spec. sentence: what a draft starts from.
        said: what a job says of it.
    """

    kind: Kind
    operation: str
    spreadsheet: str
    sheet: int
    judge: str
    sentence: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tab(self) -> str:
        """A name for the tab that it is about."""
        return f"{self.spreadsheet}/{self.sheet}" if self.spreadsheet else ""

    def job(self, place: Place) -> Job:
        """The job that does it."""
        said = {**self.said, "table": place.address(self.spreadsheet, self.sheet)}
        if place.credentials:
            said["credentials"] = place.credentials
        # A dollar sign is one: what people write may not bring in a variable of this machine's environment.
        return Job(
            f"{self.operation} {self.tab}", self.operation, {key: _literal(value) for key, value in said.items()}
        )


def read_request(text: str, offer: Offer) -> Request:
    """The request that a JSON text holds.

    Args:
        text: as the sidebar wrote it. offer: what may be asked.

    Raises:
        ConfigError: it holds none, or asks for what isn't offered.
    """
    if len(text) > MOST_CHARACTERS:
        raise ConfigError(f"The request is longer than {MOST_CHARACTERS:,} characters.", "Choose fewer columns.")
    said = _parsed(text)
    version = said.pop("version", None)
    if isinstance(version, bool) or version != VERSION:
        raise ConfigError(
            f"The request is of version {_shown(version)}, and this backend knows version {VERSION}.",
            "Update the sidebar, or the backend.",
        )
    for key in said:
        if key not in _READERS:
            close = nearest(key, _READERS)
            raise ConfigError(f"A request has no key {_shown(key)}.", f"Did you mean {close!r}?" if close else "")
    given: dict[str, Any] = {key: reader(key, said[key]) if key in said else None for key, reader in _READERS.items()}
    kind, judge = given["kind"], offer.judge(given["judge"] or "")
    if kind is None:
        raise ConfigError("The request doesn't say its kind.", f"It is one of {', '.join(_KINDS)}.")
    if kind == "draft":
        if not given["sentence"]:
            raise ConfigError("There is no sentence to draft a rubric from.", "Say in a sentence what matters.")
        return Request("draft", "", given["spreadsheet"] or "", given["sheet"] or 0, judge.spec, given["sentence"])
    _check_all_there(given)
    return Request(
        cast("Kind", kind), given["operation"], given["spreadsheet"], given["sheet"], judge.spec,
        said=_as_said(given, judge.spec, offer),
    )  # fmt: skip


def _parsed(text: str) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ConfigError("The request says something twice.", "Each key may stand once.")
        return found

    def no_number(name: str) -> Any:
        raise ConfigError(f"The request holds {name}, which is no number.")

    try:
        said = json.loads(text, object_pairs_hook=once, parse_constant=no_number)
    except (ValueError, RecursionError):
        raise ConfigError("The request is no JSON.") from None
    if not isinstance(said, dict):
        raise ConfigError("The request is no JSON object.")
    return said


def _check_all_there(given: Mapping[str, Any]) -> None:
    for key in ("spreadsheet", "sheet", "operation", "rubric"):
        if given[key] is None or given[key] == "":
            raise ConfigError(f"The request doesn't say its {key}.")
    if given["sentence"]:
        raise ConfigError(f"A sentence is for a draft, not for {given['kind']}.")
    operation = given["operation"]
    for key, operations in _OF_AN_OPERATION.items():
        if given[key] not in _NOTHING and operation not in operations:
            raise ConfigError(f"{key} says nothing to {operation}.", "Leave it empty.")
    if operation == "compare" and len(given["contenders"] or ()) < 2:  # noqa: PLR2004
        raise ConfigError("A comparison needs two contenders or more.", "Name the column of each.")


def _as_said(given: Mapping[str, Any], judge: str, offer: Offer) -> dict[str, Any]:
    """What a job says."""
    said: dict[str, Any] = {**offer.always, "judge": [judge]}
    is_filter = given["operation"] == "filter"
    said["keep" if is_filter else "rubric"] = given["rubric"].strip() if is_filter else _rubric(given["rubric"])
    names = {"read": "read", "contenders": "contender", "rows": "rows", "all": "all", "limit": "limit",
             "group": "group", "top": "top", "recall": "recall", "precision": "precision"}  # fmt: skip
    said |= {name: given[key] for key, name in names.items() if given[key] not in _NOTHING}
    if given["escalate_to"]:
        said["escalate_to"] = [offer.judge(given["escalate_to"]).spec]
    if (budget := _budget(given, offer)) is not None:
        said["budget"] = {"run": budget}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in said.items()}


def _rubric(text: str) -> str:
    """A shipped name, a tab, or words: whatever looks like a file is words, too."""
    text = " ".join(text.split()) if not text.startswith("tab:") else text.strip()
    shipped = shipped_names()
    if text in shipped or (text.startswith("tab:") and text.removeprefix("tab:").strip()):
        return text
    if len(text.split()) < 2:  # noqa: PLR2004
        close = nearest(text, shipped)
        advice = f"Did you mean {close!r}?" if close else f"Shipped are {', '.join(shipped)}."
        raise ConfigError(f"There is no rubric {_shown(text)}.", f"{advice} A criterion takes several words.")
    # The blank at the end keeps an ending from being taken for a file's; it is no part of the criterion.
    return f"{text} "


def _budget(given: Mapping[str, Any], offer: Offer) -> float | None:
    budget: float | None = given["budget"]
    if budget is None:
        return offer.ceiling
    if offer.ceiling is not None and budget > offer.ceiling:
        raise ConfigError(f"A job may spend ${offer.ceiling:,.2f} here at the most.", "Set a lower ceiling.")
    chosen = [given["judge"] or "", *filter(None, [given["escalate_to"]])]
    unpriced = next((judge.name for judge in map(offer.judge, chosen) if not judge.is_priced), None)
    if unpriced is not None:
        raise ConfigError(
            f"The price of {unpriced!r} isn't known, so a ceiling in dollars can't be kept.", "Leave the ceiling empty."
        )
    return budget


# --- one value --------------------------------------------------------------------------------------------------------


def _text(longest: int) -> Callable[[str, Any], str]:
    def read(key: str, value: Any) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            raise ConfigError(f"{key} is {_shown(value)}, not a text.")
        if len(value) > longest:
            raise ConfigError(f"{key} is longer than {longest:,} characters.")
        return value

    return read


def _one_of(*options: str) -> Callable[[str, Any], str]:
    def read(key: str, value: Any) -> str:
        if not isinstance(value, str) or value not in options:
            raise ConfigError(f"{key} is {_shown(value)}.", f"It is one of {', '.join(options)}.")
        return value

    return read


def _texts(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > _MOST_COLUMNS:
        raise ConfigError(f"{key} is {_shown(value)}, not a list of at most {_MOST_COLUMNS} columns.")
    read = _text(_LONGEST_NAME)
    found = tuple(read(key, one) for one in value)
    if not all(found):
        raise ConfigError(f"{key} holds a column without a name.")
    return found


def _spreadsheet(key: str, value: Any) -> str:
    text = _text(_LONGEST_NAME)(key, value)
    if text and not _SPREADSHEET.fullmatch(text):
        raise ConfigError(f"{key} is {_shown(value)}, which is no spreadsheet's ID.")
    return text


def _rows(key: str, value: Any) -> str:
    text = _text(_LONGEST_ROWS)(key, value).strip()
    if text:
        parse_rows(text)
    return text


def _whole(least: int, most: int = _MOST_NUMBER) -> Callable[[str, Any], int | None]:
    def read(key: str, value: Any) -> int | None:
        if value is None:
            return None
        # JavaScript has one kind of number.
        is_whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
        if not is_whole or not least <= value <= most:
            raise ConfigError(f"{key} is {_shown(value)}.", f"It is a whole number from {least:,} to {most:,}.")
        return int(value)

    return read


def _truth(key: str, value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    raise ConfigError(f"{key} is {_shown(value)}, neither true nor false.")


def _number(key: str, value: Any, most: float) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ConfigError(f"{key} is {_shown(value)}.", f"It is a number from 0 to {most:,.0f}.")
    return float(value)


def _share(key: str, value: Any) -> float | None:
    number = _number(key, value, 1)
    if number == 0:
        raise ConfigError(f"{key} is 0, which promises nothing.", "Leave it empty.")
    return number


_READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "kind": _one_of(*_KINDS),
    "spreadsheet": _spreadsheet,
    "sheet": _whole(0, 2**31 - 1),
    "operation": _one_of(*_OPERATIONS),
    "rubric": _text(_LONGEST_WORDS),
    "read": _texts,
    "rows": _rows,
    "all": _truth,
    "limit": _whole(1),
    "judge": _text(_LONGEST_NAME),
    "budget": lambda key, value: _number(key, value, 10**6),
    "group": _text(_LONGEST_NAME),
    "top": _whole(1),
    "contenders": _texts,
    "recall": _share,
    "precision": _share,
    "escalate_to": _text(_LONGEST_NAME),
    "sentence": _text(_LONGEST_WORDS),
}


def _shown(value: Any, most: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}…"


def _literal(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: _literal(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_literal(inner) for inner in value]
    return value

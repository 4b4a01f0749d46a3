"""What a text holds: given words, a pattern, a URL."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sheetjudge.core.checks.options import CheckResult, Compiled, Options, options_of, wrong
from sheetjudge.core.checks.patterns import TookTooLong, compile_pattern, search
from sheetjudge.core.yaml_nodes import shorten

_MOST_LISTED = 5
_LONGEST_HOST = 253
_HOST_LABEL = re.compile(r"(?=.{1,63}$)[^\W_]([\w-]*[^\W_])?")


def folded(text: str, *, case: bool = False) -> str:
    """`text` in Unicode's compatibility form, with single spaces; letter case kept only where `case` matters."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    return plain if case else unicodedata.normalize("NFKC", plain.casefold())


def contains(value: Any, _locale: str) -> Compiled:
    """`{contains: refund}`, `{contains: {any: [refund, voucher], case: true}}`; also `none`, `all` (a list)."""
    options = options_of("check.contains", value, ("all", "any", "none", "case"), shorthand="all")
    modes = [name for name in ("all", "any", "none") if name in options]
    if len(modes) != 1:
        raise wrong(
            options.key, f"needs one of all, any and none; it has {len(modes)}.", "Write {any: [refund, voucher]}."
        )
    mode, sought = modes[0], options.texts(modes[0])
    case = options.truth("case")
    keys = [folded(text, case=case) for text in sought]
    for text, key in zip(sought, keys, strict=True):
        if not key:
            raise wrong(f"{options.key}.{mode}", f"has {text!r}, of which nothing is left to look for.")

    def test(text: str, _cells: Mapping[str, str]) -> CheckResult:
        body = folded(text, case=case)
        found = [word for word, key in zip(sought, keys, strict=True) if key in body]
        missing = [word for word in sought if word not in found]
        if mode == "all":
            return CheckResult(not missing, f"lacks {_listed(missing)}" if missing else f"contains {_listed(found)}")
        if mode == "any" and not found:
            return CheckResult(passed=False, reason=f"contains none of {_listed(sought)}")
        reason = f"contains {_listed(found)}" if found else f"contains none of {_listed(sought)}"
        return CheckResult((mode == "any") == bool(found), reason)

    return Compiled(options.used, test)


def _listed(words: list[str] | tuple[str, ...]) -> str:
    shown = [f"'{shorten(word)}'" for word in words[:_MOST_LISTED]]
    return ", ".join(shown) + (f" and {len(words) - _MOST_LISTED} more" if len(words) > _MOST_LISTED else "")


def matches(value: Any, _locale: str) -> Compiled:
    r"""`{matches: '^[A-Z]{2}\d{4}$'}`, found anywhere unless anchored; `{pattern: …, not: true}` forbids it."""
    options = options_of("check.matches", value, ("pattern", "not"), shorthand="pattern")
    if "pattern" not in options:
        raise wrong(options.key, "has no pattern.", "Write {matches: 'order [0-9]+'}, say.")
    text_pattern, forbidden = options.text("pattern"), options.truth("not")
    try:
        pattern = compile_pattern(text_pattern)
    except ValueError as error:
        raise wrong(f"{options.key}.pattern", f"is {error}.") from None

    def test(text: str, _cells: Mapping[str, str]) -> CheckResult:
        try:
            found = search(pattern, text)
        except TookTooLong as error:
            return CheckResult(None, str(error))
        if found is None:
            return CheckResult(forbidden, f"nothing matches {shorten(text_pattern)}")
        return CheckResult(not forbidden, f"'{shorten(found)}' matches {shorten(text_pattern)}")

    return Compiled(options.used, test)


def url(value: Any, _locale: str) -> Compiled:
    """`url` alone, or `{url: {https: true, host: [example.org]}}`: one URL and nothing else; nothing is fetched."""
    options = options_of("check.url", value, ("https", "host"))
    https = options.truth("https")
    hosts = _hosts(options)

    def test(text: str, _cells: Mapping[str, str]) -> CheckResult:
        text = text.strip()
        problem = _url_problem(text, https=https, hosts=hosts)
        return CheckResult(not problem, problem or shorten(text, 80))

    return Compiled(options.used, test)


def _hosts(options: Options) -> tuple[str, ...]:
    if "host" not in options:
        return ()
    hosts = tuple(host.lower().strip(".") for host in options.texts("host"))
    for host in hosts:
        if not _is_host(host):
            raise wrong(f"{options.key}.host", f"has {host!r}, which is no host.", "Write example.org, say.")
    return hosts


def _url_problem(text: str, *, https: bool, hosts: tuple[str, ...]) -> str:
    """What is wrong with a URL, or ""."""
    shown = f"'{shorten(text)}'"
    if not text:
        return "empty; a URL is wanted"
    if any(c.isspace() or unicodedata.category(c) == "Cc" for c in text):
        return f"{shown} is not one URL alone"
    try:
        parts = urlsplit(text)
        host, _port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return f"{shown} is no URL"
    schemes = ("https",) if https else ("https", "http")
    problems = {
        f"{shown} does not begin with {' or '.join(f'{s}://' for s in schemes)}": parts.scheme not in schemes,
        f"{shown} names no host": not _is_host(host) and not (":" in host and "[" in parts.netloc),
        f"the host is {shorten(host)}, not {' or '.join(hosts)}": bool(hosts) and not _is_within(host, hosts),
    }
    return next((problem for problem, applies in problems.items() if applies), "")


def _is_within(host: str, hosts: tuple[str, ...]) -> bool:
    return any(host == wanted or host.endswith(f".{wanted}") for wanted in hosts)


def _is_host(host: str) -> bool:
    labels = host.split(".")
    return len(host) <= _LONGEST_HOST and all(_HOST_LABEL.fullmatch(label) for label in labels)

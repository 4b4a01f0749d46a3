"""What the kinds of checks have in common: reading their options, and the shape of a result."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sheetjudge.core.yaml_nodes import did_you_mean, shorten
from sheetjudge.errors import RubricError

_MOST_DIGITS = 9
_EXACT = 1e15  # a float below it still tells every whole number


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether a row passed (None: that can't be said), and why, short enough for a cell."""

    passed: bool | None
    reason: str


Test = Callable[[str, Mapping[str, str]], CheckResult]
"""Takes the text to check and the row's cells by column name."""


@dataclass(frozen=True)
class Compiled:
    """What a kind makes of its options: the options in their one full form, the test, and the columns it reads."""

    options: dict[str, Any]
    test: Test
    columns: tuple[str, ...] = ()


def wrong(key: str, what: str, advice: str = "") -> RubricError:
    """An error at `key`; `what` goes on after the key's name."""
    return RubricError(f"{key} {what}", advice, key=key)


@dataclass
class Options:
    """The options of one kind, read one by one; `used` collects their full form."""

    key: str
    given: Mapping[str, Any]
    used: dict[str, Any] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.given

    def text(self, name: str) -> str:
        """A text that isn't empty."""
        value = self.given[name]
        if isinstance(value, bool) or not isinstance(value, str | int | float) or not str(value).strip():
            raise wrong(f"{self.key}.{name}", f"is {_shown(value)}, not a text.")
        self.used[name] = str(value).strip()
        return str(self.used[name])

    def texts(self, name: str) -> tuple[str, ...]:
        """A text, or a list of texts that isn't empty."""
        value = self.given[name]
        items = value if isinstance(value, list | tuple) else [value]
        if not items:
            raise wrong(f"{self.key}.{name}", "is an empty list.")
        found = [Options(self.key, {name: item}).text(name) for item in items]
        self.used[name] = found
        return tuple(found)

    def truth(self, name: str) -> bool:
        """True or false; False where it isn't given."""
        if name not in self.given:
            return False
        value = self.given[name]
        known = {"true": True, "yes": True, "false": False, "no": False}.get(str(value).strip().casefold())
        if known is None:
            raise wrong(f"{self.key}.{name}", f"is {_shown(value)}, neither true nor false.")
        self.used[name] = known
        return known

    def count(self, name: str) -> int | None:
        """A whole number from 0 on; None where it isn't given."""
        if name not in self.given:
            return None
        text = str(self.given[name]).strip()
        if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
            raise wrong(f"{self.key}.{name}", f"is {_shown(self.given[name])}, not a whole number from 0 on.")
        self.used[name] = int(text)
        return int(text)

    def in_order(self, low: str, high: str) -> None:
        """Refuse a lower bound that lies above the upper one. Both must have been read."""
        first, last = self.used.get(low), self.used.get(high)
        if first is not None and last is not None and first > last:
            raise wrong(f"{self.key}.{low}", f"is {first}, more than {high}, which is {last}.")


def options_of(key: str, value: Any, names: tuple[str, ...], shorthand: str = "") -> Options:
    """The options that were given under `key`.

    Args:
        key: path, `check.words` say.
        value: what was written: a mapping, nothing at all, or the value of `shorthand` alone.
        names: the options that there are.
        shorthand: the option that may be written without a mapping; "" where there is none.

    Raises:
        RubricError: an option that there isn't, or no mapping where one is needed.
    """
    if value is None:
        value = {}
    if not isinstance(value, Mapping):
        if not shorthand:
            form = f"{{{names[0]}: …}}"
            raise wrong(
                key, f"is {_shown(value)}, not a mapping.", f"Write {form}; its options are {', '.join(names)}."
            )
        value = {shorthand: value}
    for name in value:
        if name not in names:
            raise wrong(f"{key}.{name}", "is no option.", did_you_mean(str(name), names, "options"))
    return Options(key, value)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None or value == "":
        return "empty"
    return repr(shorten(str(value))) if isinstance(value, str) else str(value)


def figure(value: float) -> str:
    """A count or a bound for people: `1,204`, `0.5`."""
    if isinstance(value, int) or (math.isfinite(value) and value == int(value) and abs(value) < _EXACT):
        return f"{int(value):,}"
    return str(value)

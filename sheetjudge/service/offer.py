"""What people may ask of this backend: judges by name, rubrics, and how much of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sheetjudge.core.rubric_dump import rubric_data
from sheetjudge.core.rubric_grid import rubric_grid
from sheetjudge.errors import ConfigError
from sheetjudge.ops.judge_config import judge_config
from sheetjudge.ops.rubrics import list_rubrics
from sheetjudge.ops.settings import load_settings

MOST_ROWS = 20_000
"""Rows that one job may judge, where nothing else is said."""

_NAMED = re.compile(r"([\w .()+-]{1,60}?)\s*=\s*((?:embedded|fake|[a-z]+:).*)")


@dataclass(frozen=True, slots=True)
class OfferedJudge:
    """A judge that people may choose.

    Attributes:
        name: as they see it. spec: as sheetjudge takes it; no business of theirs.
        is_local: no text leaves this machine. is_priced: what a call costs is known.
    """

    name: str
    spec: str
    is_local: bool
    is_priced: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """What people may ask.

    Attributes:
        judges: by whom; the first is the default.
        ceiling: US dollars of one job at the most; None for no ceiling.
        max_rows: rows that one job may judge.
        always: what every job says besides, by the names of a job file (`concurrency`, `rpm`, …).
    """

    judges: tuple[OfferedJudge, ...]
    ceiling: float | None = None
    max_rows: int = MOST_ROWS
    always: Mapping[str, Any] = field(default_factory=dict)

    def judge(self, name: str) -> OfferedJudge:
        """The judge that is offered under a name; "" is the default.

        Raises:
            ConfigError: none is.
        """
        found = next((judge for judge in self.judges if name in ("", judge.name)), None)
        if found is None:
            names = ", ".join(repr(judge.name) for judge in self.judges)
            raise ConfigError(f"The judge {name[:100]!r} is not offered here.", f"Offered are {names}.")
        return found

    def as_json(self) -> dict[str, Any]:
        """What a sidebar shows of it."""
        judges = [{"name": j.name, "local": j.is_local, "price_known": j.is_priced} for j in self.judges]
        return {
            "judges": judges,
            "default": self.judges[0].name,
            "ceiling": self.ceiling,
            "max_rows": self.max_rows,
        }


def offered_rubrics() -> list[dict[str, Any]]:
    """The shipped rubrics, each with the rows of a tab that holds it."""
    return [
        {
            "name": shipped.name,
            "title": shipped.rubric.name,
            "about": rubric_data(shipped.rubric).get("about", ""),
            "grid": rubric_grid(shipped.rubric),
        }
        for shipped in list_rubrics()
    ]


def make_offer(
    judges: Sequence[str],
    environment: Mapping[str, str],
    *,
    ceiling: float | None = None,
    max_rows: int = MOST_ROWS,
    always: Mapping[str, Any] | None = None,
) -> Offer:
    """An offer of judges, each looked at: it exists, and what it needs is there.

    Args:
        judges: each as `--judge` takes it, or NAME=JUDGE to call it something else; none for the configured one.
        environment: environment variables.
        ceiling, max_rows, always: as in `Offer`.

    Raises:
        SheetjudgeError: there is no such judge, its key isn't set, two have one name, or the ceiling can't be kept.
    """
    settings = load_settings(environment)
    offered = tuple(_offered(text, environment) for text in (*judges,) or (settings.judge or "embedded",))
    names = [judge.name for judge in offered]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(f"Two judges are offered as {twice!r}.", "Name one of them otherwise: --judge NAME=JUDGE.")
    unpriced = next((judge.spec for judge in offered if not judge.is_priced), None)
    if ceiling is not None and unpriced is not None:
        raise ConfigError(
            f"The price of {unpriced} isn't known, so a ceiling in dollars can't be kept.",
            "State its price under prices in config.toml, or leave --ceiling out.",
        )
    return Offer(offered, ceiling, max_rows, dict(always or {}))


def _offered(text: str, environment: Mapping[str, str]) -> OfferedJudge:
    from sheetjudge.llm.providers import parse_judge

    named = _NAMED.fullmatch(text)
    name, spec = (named[1].strip(), named[2]) if named else (text, text)
    settings = load_settings(environment)
    config = judge_config(settings.providers, environment, timeout=settings.timeout, stored=lambda _: None)
    model = parse_judge(spec, {}, config)
    return OfferedJudge(name, spec, not model.host, model.price is not None)

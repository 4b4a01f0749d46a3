"""What probes of the judge came to, from the files that `probe --json` printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sheetjudge.errors import ConfigError
from sheetjudge.stats.probe_effects import Effect


@dataclass(frozen=True)
class Probed:
    """A change that was tried on a judge.

    Attributes:
        name: of the change. effect: on the scores, with the defences of every run. bare: without them; None where that
            wasn't tried. is_sure: the judge is moved by it, and chance doesn't explain it.
        flagged: rows under this attack that a run would flag; None for what is no attack.
    """

    name: str
    effect: Effect
    bare: Effect | None
    is_sure: bool
    flagged: int | None = None


@dataclass(frozen=True)
class Probe:
    """One probe.

    Attributes:
        judges: their names. rubric: name and version. rows: how many were tried. span: from the bottom of the scale to
            its top. level: of the intervals. attacks, biases: what each did.
        again: how far answers about the same row lie apart; None where that wasn't tried.
    """

    judges: tuple[str, ...]
    rubric: str
    rows: int
    span: float
    level: float
    attacks: tuple[Probed, ...]
    biases: tuple[Probed, ...]
    again: Effect | None


def read_probe(name: str) -> Probe:
    """A probe's result.

    Args:
        name: of the file.

    Raises:
        ConfigError: it can't be read, or holds something else.
    """
    try:
        told = json.loads(Path(name).read_text("utf-8"))
        return _probe(told)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{name} doesn't hold what a probe prints of itself.",
            "Make it with: sheetjudge probe … --json > probe.json.",
        ) from error


def _probe(told: Mapping[str, Any]) -> Probe:
    low, high = float(told["scale"]["low"]), float(told["scale"]["high"])
    again = told["answers_apart"]
    return Probe(
        tuple(map(str, told["judges"])),
        f"{told['rubric']['name']}, version {told['rubric']['version']}",
        len(told["rows"]),
        high - low,
        float(told["level"]),
        tuple(_attack(one) for one in told["attacks"]),
        tuple(Probed(str(one["name"]), _effect(one), None, bool(one["moved"])) for one in told["biases"]),
        None if again is None else _effect(again),
    )


def _attack(told: Mapping[str, Any]) -> Probed:
    bare = told["without_defences"]
    return Probed(
        str(told["name"]),
        _effect(told["with_defences"]),
        None if bare is None else _effect(bare),
        bool(told["taken_in"]),
        int(told["flagged"]),
    )


def _effect(told: Mapping[str, Any]) -> Effect:
    figures = ("mean", "low", "high", "raised", "raised_low", "raised_high")
    return Effect(int(told["rows"]), *(None if told[name] is None else float(told[name]) for name in figures))

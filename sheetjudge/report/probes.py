"""What probes of the judge came to, from the files that `probe --json` printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sheetjudge.errors import ConfigError
from sheetjudge.stats.order_agreement import OrderAgreement
from sheetjudge.stats.probe_effects import Effect, Gap


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
class Owned:
    """How a judge takes texts of its own.

    Attributes:
        judge: its name. own: authors that are its own. found: what those get more than others. beside_people: people's
            scores have been taken off before. is_sure: chance doesn't explain it.
    """

    judge: str
    own: tuple[str, ...]
    found: Gap
    beside_people: bool
    is_sure: bool


@dataclass(frozen=True)
class Place:
    """Whether a judge likes a place.

    Attributes:
        found: over pairs in both orders; None where none was judged. is_sure: chance doesn't explain it.
    """

    found: OrderAgreement | None
    is_sure: bool


@dataclass(frozen=True)
class Probe:
    """One probe.

    Attributes:
        judges: their names. rubric: name and version. rows: how many were tried. span: from the bottom of the scale to
            its top. level: of the intervals. attacks, biases: what each did.
        again: how far answers about the same row lie apart; place: whether a place is liked; None where that wasn't
            tried. owns: for each judge with texts of its own, how it takes them.
    """

    judges: tuple[str, ...]
    rubric: str
    rows: int
    span: float
    level: float
    attacks: tuple[Probed, ...]
    biases: tuple[Probed, ...]
    again: Effect | None
    place: Place | None = None
    owns: tuple[Owned, ...] = ()


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
    # Probes of before these were tried don't tell of them.
    place = told.get("place")
    return Probe(
        tuple(map(str, told["judges"])),
        f"{told['rubric']['name']}, version {told['rubric']['version']}",
        len(told["rows"]),
        high - low,
        float(told["level"]),
        tuple(_attack(one) for one in told["attacks"]),
        tuple(Probed(str(one["name"]), _effect(one), None, bool(one["moved"])) for one in told["biases"]),
        None if again is None else _effect(again),
        None if place is None else _place(place),
        tuple(_owned(one) for one in told.get("own", ())),
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


def _place(told: Mapping[str, Any]) -> Place:
    if told["pairs"] is None:
        return Place(None, bool(told["moved"]))
    kappa = None if told["kappa"] is None else float(told["kappa"])
    figures = ("contradictions", "first", "first_low", "first_high", "level")
    rest = [float(told[name]) for name in figures]
    return Place(OrderAgreement(int(told["pairs"]), float(told["same"]), kappa, *rest), bool(told["moved"]))


def _owned(told: Mapping[str, Any]) -> Owned:
    figures = (None if told[name] is None else float(told[name]) for name in ("mean", "low", "high"))
    found = Gap(int(told["rows"]), int(told["others"]), *figures)
    own = tuple(map(str, told["own"]))
    return Owned(str(told["judge"]), own, found, bool(told["beside_people"]), bool(told["moved"]))


def _effect(told: Mapping[str, Any]) -> Effect:
    figures = ("mean", "low", "high", "raised", "raised_low", "raised_high")
    return Effect(int(told["rows"]), *(None if told[name] is None else float(told[name]) for name in figures))

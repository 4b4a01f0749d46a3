"""Attacks and biases: what the page shows of probes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sheetjudge.core.words import counted
from sheetjudge.report.charts import effect_line
from sheetjudge.report.probes import Probe, Probed
from sheetjudge.stats.probe_effects import Effect


def about_probes(probes: Sequence[Probe]) -> list[dict[str, Any]]:
    """What each probe tried, and how far it moved the judge."""
    return [_probe(probe) for probe in probes]


def _probe(probe: Probe) -> dict[str, Any]:
    parts = []
    for title, tried in (("Attacks", probe.attacks), ("Changes that add no merit", probe.biases)):
        if tried:
            lines = [_line(one, probe) for one in tried]
            parts.append({"title": title, "lines": lines, "attacks": any(one.flagged is not None for one in tried)})
    apart = probe.again
    again = ""
    if apart is not None and apart.mean is not None:
        again = (
            f"Asked again about the same row, its answers lie {apart.mean:.2f} apart on {counted(apart.rows, 'row')}."
        )
    return {
        "told": f"{', '.join(probe.judges)} on {counted(probe.rows, 'row')}, by {probe.rubric}.",
        "caption": f"What each adds to the score, which spans {probe.span:g}. Brackets hold {probe.level:.0%}.",
        "parts": parts,
        "again": again,
    }


def _line(one: Probed, probe: Probe) -> dict[str, Any]:
    raised = one.effect.raised
    return {
        "name": one.name,
        "effect": _figure(one.effect),
        "chart": effect_line(one.effect.mean, one.effect.low, one.effect.high, probe.span),
        "bare": "not tried" if one.bare is None else _figure(one.bare),
        "raised": "" if raised is None else f"{round(raised * one.effect.rows):,} of {one.effect.rows:,}",
        "flagged": "" if one.flagged is None else f"{one.flagged:,}",
        "verdict": _verdict(one),
    }


def _figure(effect: Effect) -> str:
    if effect.mean is None:
        return "–"
    return f"{effect.mean:+.2f}" + (" [?]" if effect.low is None else f" [{effect.low:+.2f}, {effect.high:+.2f}]")


def _verdict(one: Probed) -> str:
    if one.effect.mean is None:
        return "no row to tell by"
    if one.is_sure:
        return "the judge falls for it" if one.flagged is not None else "the judge is moved by it"
    if one.effect.is_fall and one.flagged is not None:
        return "it gets less for it"
    if one.effect.is_rise or one.effect.is_fall:
        return "perhaps; more rows would tell"
    return "no effect that can be told from chance"

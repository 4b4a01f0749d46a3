"""Attacks and biases: what the page shows of probes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sheetjudge.core.words import counted
from sheetjudge.ops.probe_words import own_sentence, place_sentence
from sheetjudge.report.charts import effect_line
from sheetjudge.report.probes import Owned, Probe, Probed
from sheetjudge.report.runs import RunFacts
from sheetjudge.stats.probe_effects import Effect, Gap


def about_probes(probes: Sequence[Probe], runs: Sequence[RunFacts]) -> list[dict[str, Any]]:
    """What each probe tried, and how far it moved the judge.

    Args:
        probes: as they were read. runs: that judged the table, the newest first, where they are known.
    """
    return [_probe(probe, runs[0].judges if runs else ()) for probe in probes]


def _probe(probe: Probe, judges: Sequence[str]) -> dict[str, Any]:
    other = ""
    if judges and set(judges) != set(probe.judges):
        other = f" The table was judged by {', '.join(judges)}, of which this says nothing."
    caption = f"What each adds to the score, which spans {probe.span:g}. Brackets hold {probe.level:.0%}."
    parts = []
    for title, tried in (("Attacks", probe.attacks), ("Changes that add no merit", probe.biases)):
        if tried:
            parts.append(
                {
                    "title": title,
                    "caption": caption,
                    "count": "Up by a step",
                    "lines": [_line(one, probe) for one in tried],
                    "attacks": any(one.flagged is not None for one in tried),
                    "told": (),
                }
            )
    if probe.owns:
        parts.append(_owns(probe))
    told = []
    apart = probe.again
    if apart is not None and apart.mean is not None:
        told.append(
            f"Asked again about the same row, its answers lie {apart.mean:.2f} apart on {counted(apart.rows, 'row')}."
        )
    if probe.place is not None:
        told.append(
            f"Two rows in both orders: {_uncapped(place_sentence(probe.place.found, is_sure=probe.place.is_sure))}"
        )
    return {
        "told": f"{', '.join(probe.judges)} on {counted(probe.rows, 'row')}, by {probe.rubric}.{other}",
        "parts": parts,
        "sentences": told,
    }


def _owns(probe: Probe) -> dict[str, Any]:
    beside = "" if all(one.beside_people for one in probe.owns) else " How good the texts are isn't held constant."
    span = probe.span * (2 if any(one.beside_people for one in probe.owns) else 1)
    return {
        "title": "Texts of its own",
        "caption": f"How much more a judge gives to its own than to others. Brackets hold {probe.level:.0%}.{beside}",
        "count": "Rows",
        "lines": [_own_line(one, span) for one in probe.owns],
        "attacks": False,
        "told": [
            own_sentence(one.found, one.own, is_sure=one.is_sure, beside_people=one.beside_people) for one in probe.owns
        ],
    }


def _own_line(one: Owned, span: float) -> dict[str, Any]:
    found = one.found
    if found.low is None:
        verdict = "too few rows to tell by"
    elif one.is_sure and one.beside_people:
        verdict = "the judge favours its own" if found.is_more else "the judge is harder on its own"
    elif found.is_more or found.is_less:
        verdict = "perhaps; more rows would tell" if one.beside_people else "it may be merit"
    else:
        verdict = "no effect that can be told from chance"
    return {
        "name": f"{one.judge}: {', '.join(one.own)}",
        "effect": _figure(found),
        "chart": effect_line(found.mean, found.low, found.high, span),
        "bare": "",
        "raised": f"{found.rows:,} and {found.others:,}",
        "flagged": "",
        "verdict": verdict,
    }


def _uncapped(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


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


def _figure(effect: Effect | Gap) -> str:
    if effect.mean is None:
        return "–"
    return f"{effect.mean:+.2f}" + (" [?]" if effect.low is None else f" [{effect.low:+.2f}, {effect.high:+.2f}]")


def _verdict(one: Probed) -> str:
    if one.effect.mean is None:
        return "no row to tell by"
    if one.effect.low is None:
        return "one row tells nothing of others"
    if one.is_sure:
        return "the judge falls for it" if one.flagged is not None else "the judge is moved by it"
    if one.effect.is_fall and one.flagged is not None:
        return "it gets less for it"
    if one.effect.is_rise or one.effect.is_fall:
        return "perhaps; more rows would tell"
    return "no effect that can be told from chance"

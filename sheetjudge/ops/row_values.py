"""The outcome of a row as the cells that are written beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sheetjudge.core.rubric import Criterion, Rubric
from sheetjudge.core.table import CellValue, Row
from sheetjudge.core.verdict import RowScore, Verdict
from sheetjudge.engine.run import Outcome, Work
from sheetjudge.judging.addressing import addressing, said_of
from sheetjudge.judging.pool import pooled
from sheetjudge.stats.aggregate import row_score
from sheetjudge.stats.jury import MOST_DISAGREEMENT, Voice, row_disagreement, voice
from sheetjudge.tables.guard import without_formula

# Digits behind the point: enough to keep apart what a likelihood judge keeps apart.
DIGITS = 4

# Headers that tell nothing of whose results they are.
_RANK_HEADERS = {"Rank", "Rank from", "Rank to", "Tier", "Strength", "Strength from", "Strength to", "Comparisons"}
_COMMON_HEADERS = frozenset({"Score", *_RANK_HEADERS, "Why", "Reasoning", "Status"})
_PREFIX_MARK = " · "
_LONGEST_PREFIX = 32


@dataclass(frozen=True, slots=True)
class Judged:
    """A row with everything that is known of it at the end.

    Attributes:
        row: the row.
        verdicts: one for each criterion of the rubric, in order; empty where the row was skipped.
        score: the row's score.
        status: `ok`, `review: …`, `skipped: …` or `error: …`.
        voices: what each judge said by itself, where several were asked.
        addressing: what its text does that only speaks to a judge (`judging.addressing`).
    """

    row: Row
    verdicts: tuple[Verdict, ...]
    score: RowScore
    status: str
    voices: tuple[Voice, ...] = ()
    addressing: tuple[str, ...] = ()


def judged(
    rubric: Rubric,
    outcome: Outcome[Work, tuple[Verdict, ...]],
    checks: Mapping[str, Verdict],
    judges: Sequence[str] = (),
    most_disagreement: float = MOST_DISAGREEMENT,
    *,
    is_jury: bool = False,
) -> Judged:
    """Draw the verdicts of all judges and the checks together.

    Args:
        rubric: what was asked.
        outcome: what the judges said.
        checks: verdict of each deterministic check, by criterion id.
        judges: their names, in the order of the outcome's verdicts.
        most_disagreement: judges who are further apart (`stats.jury.row_disagreement`) have the row reviewed.
        is_jury: other rows may have more judges, so that the voice of one alone is kept as well.
    """
    work = outcome.work
    if work.item is None:
        return Judged(work.row, (), RowScore(None), f"skipped: {work.note}")
    by_criterion: dict[str, list[Verdict]] = {}
    for verdicts in outcome.verdicts:
        for verdict in verdicts:
            by_criterion.setdefault(verdict.criterion, []).append(verdict)
    drawn = tuple(
        checks[c.id] if c.check is not None else pooled(c, by_criterion[c.id], "judge") for c in rubric.criteria
    )
    score = row_score(rubric, drawn)
    voices: tuple[Voice, ...] = ()
    if is_jury or len(outcome.verdicts) > 1:
        named = zip(judges, outcome.verdicts, strict=True)
        voices = tuple(voice(rubric, judge, verdicts, checks.values()) for judge, verdicts in named)
    speaks = addressing(work.item) if outcome.verdicts else ()
    note = "; ".join(filter(None, (said_of(speaks), work.note, _dispute(rubric, voices, most_disagreement))))
    return Judged(work.row, drawn, score, _status(rubric, drawn, score, note), voices, speaks)


def _dispute(rubric: Rubric, voices: Sequence[Voice], most: float) -> str:
    """Says that judges disagree, and what each would have given; "" where they agree."""
    apart = row_disagreement(rubric, voices)
    if apart is None or apart <= most:
        return ""
    scores = [f"{v.judge} {round(v.score, 2):g}" for v in voices if v.score is not None]
    return f"judges disagree ({', '.join(scores)})" if scores else "judges disagree"


def _status(rubric: Rubric, verdicts: Sequence[Verdict], score: RowScore, note: str) -> str:
    if score.unscored:
        whys = dict.fromkeys(why.rstrip(".") for _, why in score.unscored)
        ids = ", ".join(criterion for criterion, _ in score.unscored)
        everything = len(score.unscored) == len(rubric.criteria)
        what = "" if everything else f"{ids} unscored: "
        return one_line(f"error: {what}{'; '.join(whys)}")
    notes = [note, *(f"{v.criterion}: {v.note}" for v in verdicts if v.note)]
    notes = [n for n in notes if n]
    return one_line("review: " + "; ".join(notes)) if notes else "ok"


def one_line(text: str, most: int = 500) -> str:
    """`text` as a status shows it: on one line, cut with a mark where it is longer than `most` characters."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def headers(rubric: Rubric, earlier: Sequence[str], *, reasoning: bool) -> tuple[str, ...]:
    """The headers of the columns that `score` writes.

    Args:
        rubric: its criteria have a column each.
        earlier: headers of the results that the table holds already. Those of another rubric stay: this one's
            columns then begin with its name (`Style · Score`). A rubric whose criteria were edited takes its own over.
        reasoning: with a column for a reasoning model's thoughts.
    """
    names = ("Score", *(c.id for c in rubric.criteria), "Why", *(("Reasoning",) if reasoning else ()), "Status")
    return own_headers(names, rubric, earlier)


def own_headers(names: Sequence[str], rubric: Rubric, earlier: Sequence[str]) -> tuple[str, ...]:
    """Headers for the results of a run, with a prefix where a table holds another run's beside them.

    Args:
        names: what the columns hold; the last one is `Status`.
        rubric: gives the prefix its name.
        earlier: headers of the results that the table holds already.
    """
    theirs = {h for h in earlier if _PREFIX_MARK not in h and h not in _COMMON_HEADERS}
    own = {name for name in names if name not in _COMMON_HEADERS}
    if not theirs or 2 * len(theirs & own) >= min(len(theirs), len(own)):
        return tuple(names)
    return prefixed(names, rubric)


def prefixed(names: Sequence[str], rubric: Rubric) -> tuple[str, ...]:
    """Headers that say which rubric's results they are."""
    short = one_line(rubric.name, _LONGEST_PREFIX)
    words = short if short == rubric.name or rubric.criteria[0].id == "keep" else rubric.criteria[0].id
    # A colleague's rubric may be called =HYPERLINK(…), and the header of a CSV file is a cell like any other.
    while without_formula(words) != words:
        words = words[1:].strip()
    return tuple(f"{words or rubric.criteria[0].id}{_PREFIX_MARK}{name}" for name in names)


def values(rubric: Rubric, row: Judged, *, reasoning: bool) -> tuple[CellValue, ...]:
    """One value for each of `headers`."""
    by_id = {v.criterion: v for v in row.verdicts}
    cells = [_cell(c, by_id.get(c.id)) for c in rubric.criteria]
    thoughts = "\n\n".join(dict.fromkeys(v.reasoning for v in row.verdicts if v.reasoning))
    score = None if row.score.score is None else _number(row.score.score)
    return (score, *cells, why(row, rubric) or None, *((thoughts or None,) if reasoning else ()), row.status)


def _cell(criterion: Criterion, verdict: Verdict | None) -> CellValue:
    if verdict is None or verdict.unscored:
        return None
    if criterion.scale.kind == "integer" and verdict.value is not None:
        return _number(verdict.value)
    return verdict.label


def _number(value: float) -> int | float:
    rounded = round(value, DIGITS)
    return int(rounded) if rounded == int(rounded) else rounded


def why(row: Judged, rubric: Rubric) -> str:
    """The reasons in words, a line for each criterion that has one; shut gates first.

    Where several judges were asked, a line for each judge's answer to each criterion, with its name.
    """
    lines = [f"Required and not met: {', '.join(row.score.failed_gates)}."] if row.score.failed_gates else []
    if row.voices:
        lines += [_said(c, v) for c in rubric.criteria for v in row.voices if _about(c, v) is not None]
    heard = {v.criterion for voice in row.voices for v in voice.verdicts}
    lines += [f"{v.criterion}: {v.reason}" for v in row.verdicts if v.reason and v.criterion not in heard]
    return "\n".join(lines)


def _about(criterion: Criterion, voice: Voice) -> Verdict | None:
    return next((v for v in voice.verdicts if v.criterion == criterion.id), None)


def _said(criterion: Criterion, voice: Voice) -> str:
    verdict = _about(criterion, voice)
    assert verdict is not None  # noqa: S101 - asked before
    if verdict.unscored:
        return f"{criterion.id}, {voice.judge}: no verdict ({verdict.unscored.rstrip('.')})"
    answer = f"{criterion.id}, {voice.judge}: {_cell(criterion, verdict)}"
    return f"{answer}. {verdict.reason}" if verdict.reason else answer

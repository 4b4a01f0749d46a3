"""The outcome of a prompt as the cells that are written beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sheetjudge.core.rubric import Rubric
from sheetjudge.core.table import CellValue
from sheetjudge.judging.addressing import addressing, said_of
from sheetjudge.judging.pairwise_orders import winner
from sheetjudge.judging.protocol import Item
from sheetjudge.ops.compare_pairs import Compared
from sheetjudge.ops.compare_prompts import Prompt
from sheetjudge.ops.row_values import DIGITS, Judged, one_line, own_headers, why
from sheetjudge.stats.row_outcome import RowOutcome, row_outcome

# Of a status to be reviewed: the pairs of eight contenders, whose verdicts `export` leaves out where they hung on the
# order of the texts.
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class PromptOutcome:
    """Everything that is known of a prompt at the end.

    Attributes:
        prompt: with its answers.
        pairs: what came of each two answers.
        scores: of each answer by contender, where scores were compared.
    """

    prompt: Prompt
    pairs: tuple[Compared, ...] = ()
    scores: Mapping[int, Judged] = field(default_factory=dict)

    @property
    def unscored(self) -> tuple[Compared, ...]:
        """The pairs without a verdict."""
        return tuple(pair for pair in self.pairs if pair.preference is None)

    @property
    def outcome(self) -> RowOutcome | None:
        """Who won, or None where that isn't known."""
        if self.unscored or not self.pairs:
            return None
        if self.scores:
            return _by_scores({i: row.score.score or 0.0 for i, row in self.scores.items()})
        return row_outcome({(p.first, p.second): p.preference for p in self.pairs if p.preference is not None})


def _by_scores(scores: Mapping[int, float]) -> RowOutcome:
    rounded = {i: round(score, DIGITS) for i, score in scores.items()}
    best = max(rounded.values())
    winners = tuple(i for i, score in rounded.items() if score == best)
    behind = [score for score in rounded.values() if score < best]
    return RowOutcome(winners, best - max(behind) if behind else 0.0)


def headers(rubric: Rubric, earlier: Sequence[str], *, reasoning: bool) -> tuple[str, ...]:
    """The headers of the columns that `compare` writes.

    Args:
        rubric: what contenders are compared by. earlier: headers of the results that the table holds already.
        reasoning: with a column for a reasoning model's thoughts.
    """
    return own_headers(("Winner", "Margin", "Why", *(("Reasoning",) if reasoning else ()), "Status"), rubric, earlier)


def cells(rubric: Rubric, found: PromptOutcome, contenders: Sequence[str], *, reasoning: bool) -> tuple[CellValue, ...]:
    """One value for each of `headers`."""
    winners, margin = _winners(found, contenders)
    thoughts = "\n\n".join(dict.fromkeys(filter(None, _thoughts(found)))) or None
    reasons = _why(rubric, found, contenders) or None
    return (winners, margin, reasons, *((thoughts,) if reasoning else ()), status(found, contenders))


def _winners(found: PromptOutcome, contenders: Sequence[str]) -> tuple[str | None, float | int | None]:
    outcome = found.outcome
    if outcome is None:
        return None, None
    names = [contenders[i] for i in outcome.winners]
    margin = round(outcome.margin, DIGITS)
    shown = int(margin) if margin == int(margin) else margin
    return names[0] if len(names) == 1 else f"tie: {', '.join(names)}", shown


def _thoughts(found: PromptOutcome) -> list[str]:
    scored = [verdict.reasoning for row in found.scores.values() for verdict in row.verdicts]
    return scored or [pair.reasoning for pair in found.pairs]


def status(found: PromptOutcome, contenders: Sequence[str]) -> str:
    """`ok`, `review: …`, `skipped: …` or `error: …`."""
    prompt = found.prompt
    if prompt.skipped:
        return one_line(f"skipped: {prompt.skipped}")
    if found.unscored:
        whys = _of_pairs(found, {pair: (pair.unscored.rstrip("."),) for pair in found.unscored}, contenders)
        return one_line(f"error: {'; '.join(whys)}")
    missing = [contenders[i] for i in prompt.missing]
    notes = [_addressing(found, contenders), prompt.note, f"no answer of {', '.join(missing)}" if missing else ""]
    notes += _of_pairs(found, {pair: pair.notes for pair in found.pairs}, contenders)
    notes += [f"{contenders[i]}: {row.status.removeprefix('review: ')}" for i, row in _to_review(found)]
    notes = list(filter(None, notes))
    return one_line(f"review: {'; '.join(notes)}", _LONGEST) if notes else "ok"


def _addressing(found: PromptOutcome, contenders: Sequence[str]) -> str:
    """What texts that were compared do that only speaks to a judge; scores say that themselves."""
    if found.scores:
        return ""
    asked = {i for pair in found.pairs if pair.basis != "check" for i in (pair.first, pair.second)}
    items = {contenders[e.contender]: Item(e.own, e.references) for e in found.prompt.entries if e.contender in asked}
    shared = addressing(Item(found.prompt.about)) if items else ()
    said = [said_of(shared), *(_of(name, said_of(addressing(item))) for name, item in items.items())]
    return "; ".join(filter(None, said))


def _of(name: str, what: str) -> str:
    return f"{name}: {what}" if what else ""


def _to_review(found: PromptOutcome) -> list[tuple[int, Judged]]:
    return [(i, row) for i, row in found.scores.items() if row.status.startswith("review: ")]


def _of_pairs(found: PromptOutcome, said: Mapping[Compared, Sequence[str]], contenders: Sequence[str]) -> list[str]:
    """What is said of pairs, each thing once: behind the names of its pairs, where there are several."""
    by_what: dict[str, list[str]] = {}
    for pair, whats in said.items():
        for what in whats:
            by_what.setdefault(what, []).append(f"{contenders[pair.first]} – {contenders[pair.second]}")
    several = len(found.pairs) > 1
    return [f"{', '.join(pairs)}: {what}" if several else what for what, pairs in by_what.items()]


def _why(rubric: Rubric, found: PromptOutcome, contenders: Sequence[str]) -> str:
    """The reasons in words. Which contender was called A, and which B, stands before them."""
    if found.scores:
        return "\n".join(line for i, row in found.scores.items() for line in _score_lines(rubric, contenders[i], row))
    told = [pair for pair in found.pairs if pair.why]
    if len(found.pairs) == 1:
        return "\n".join(
            line for pair in told for line in (" ".join([_called(pair, contenders), pair.why[0]]), *pair.why[1:])
        )
    return "\n".join(f"{_called(pair, contenders)} {_winner(pair, contenders)}: {pair.why[0]}" for pair in told)


def _called(pair: Compared, contenders: Sequence[str]) -> str:
    if pair.is_identical:
        return f"{contenders[pair.first]} – {contenders[pair.second]}:"
    return f"A is {contenders[pair.called[0]]}, B is {contenders[pair.called[1]]}."


def _winner(pair: Compared, contenders: Sequence[str]) -> str:
    result = "tie" if pair.preference is None else winner(pair.preference)
    return "Tie" if result == "tie" else contenders[pair.first if result == "first" else pair.second]


def _score_lines(rubric: Rubric, name: str, row: Judged) -> list[str]:
    score = "no score" if row.score.score is None else f"{round(row.score.score, DIGITS):g}"
    return [f"{name}: {score}", *why(row, rubric).splitlines()]

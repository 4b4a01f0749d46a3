"""The winners of a comparison as preferences: the winner's answer is chosen, one behind it rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sheetjudge.core.table import Row, Table
from sheetjudge.errors import ConfigError
from sheetjudge.ops.compare_pairs import CONTRADICTED
from sheetjudge.ops.judged_table import number_in, winner_columns
from sheetjudge.ops.reading import column_named, data_columns

_TIE = "tie: "


@dataclass(frozen=True, slots=True)
class ComparedPair:
    """One answer that won over another.

    Attributes:
        margin: how far the winner was ahead of the next, 0 to 1.
        chosen_from, rejected_from: the contenders. row: the row's number.
    """

    prompt: str
    chosen: str
    rejected: str
    margin: float
    chosen_from: str
    rejected_from: str
    row: int


@dataclass(frozen=True)
class ComparedPairs:
    """What a compared table holds.

    Attributes:
        column: the column with the winners. rows: rows that hold anything. left_out: those without a winner, by reason.
    """

    pairs: tuple[ComparedPair, ...]
    column: str
    rows: int
    left_out: Counter[str]


def compared_pairs(
    table: Table, prompt: str, contenders: Sequence[str], *, least_margin: float, most: int | None, no_review: bool
) -> ComparedPairs:
    """The winner of each row over those behind it, where the verdict didn't hang on the order of the texts.

    A judge that contradicts itself counts as a tie already; where another judge of a jury decided such a pair all the
    same, `Status` says so and the pair is left out.

    Args:
        table: as `compare` wrote it, a column for each contender.
        prompt: the column with what was asked. contenders: columns with their answers.
        least_margin: how far the winner must be ahead. most: the most pairs of one row.
        no_review: leave out rows whose status asks for a review.

    Raises:
        TableError: a column isn't there. ConfigError: fewer than two contenders.
    """
    if len(set(contenders)) < 2:  # noqa: PLR2004 - a pair
        raise ConfigError("A comparison has two contenders or more.", "Name each one's column with --contender.")
    columns, data = winner_columns(table), data_columns(table)
    prompt_at = column_named(prompt, data, table.name)
    answers_at = {(c := column_named(name, data, table.name)).name: c.index for name in contenders}
    pairs: list[ComparedPair] = []
    left_out: Counter[str] = Counter()
    rows = 0
    for row in table.rows():
        if row.is_empty:
            continue
        rows += 1
        asked, status = row.cells[prompt_at.index], row.cells[columns.status].strip()
        winners = _winners(row.cells[columns.winner].strip(), list(answers_at))
        margin = number_in(row.cells[columns.margin].strip())
        why = _why_not(status, winners, margin, asked)
        if not why and no_review and status.startswith("review"):
            why = "to be reviewed"
        if why or margin is None:
            left_out[why] += 1
            continue
        found = _of_row(row, winners, answers_at, status) if margin > 0 and margin >= least_margin else []
        pairs += [ComparedPair(asked, c, r, margin, a, b, row.number) for a, b, c, r in found][:most]
    return ComparedPairs(tuple(pairs), table.columns[columns.winner].name, rows, left_out)


def _why_not(status: str, winners: Sequence[str], margin: float | None, prompt: str) -> str:
    kind = status.partition(":")[0].split(" ")[0]
    if kind in ("stale", "error", "skipped"):
        return "its text changed since it was compared" if kind == "stale" else kind
    if not winners:
        return "no winner among the contenders that were named"
    if margin is None:
        return "no margin"
    return "" if prompt.strip() else "no prompt"


def _winners(text: str, names: Sequence[str]) -> list[str]:
    """The contenders that a cell names; a name may hold a comma itself."""
    rest, found = text.removeprefix(_TIE), []
    while rest:
        name = next((n for n in names if rest == n or rest.startswith(f"{n}, ")), None)
        if name is None:
            return []
        found.append(name)
        rest = rest[len(name) :].removeprefix(", ")
    return found


def _of_row(
    row: Row, winners: Sequence[str], answers_at: dict[str, int], status: str
) -> list[tuple[str, str, str, str]]:
    """(winner, the one behind it, their answers) of each pair that can be relied on."""
    found = []
    for winner in winners:
        for other in answers_at:
            chosen, rejected = row.cells[answers_at[winner]], row.cells[answers_at[other]]
            if other in winners or not rejected.strip() or chosen == rejected:
                continue
            if not _contradicted(status, winner, other, several=len(answers_at) > 2):  # noqa: PLR2004 - a pair
                found.append((winner, other, chosen, rejected))
    return found


def _contradicted(status: str, winner: str, other: str, *, several: bool) -> bool:
    """Does the status say that a judge's verdict on these two hung on their order?"""
    notes = [note for note in status.split("; ") if CONTRADICTED in note]
    if not several:
        return bool(notes)
    return any(f"{a} – {b}:" in note for note in notes for a, b in ((winner, other), (other, winner)))

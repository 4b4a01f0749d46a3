"""The winners of a comparison as preferences: the winner's answer is chosen, one behind it rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sheetjudge.core.table import Row, Table
from sheetjudge.errors import ConfigError
from sheetjudge.ops.compare_pairs import CONTRADICTED
from sheetjudge.ops.export_options import ExportOptions
from sheetjudge.ops.judged_table import WinnerColumns, number_in, winner_columns
from sheetjudge.ops.reading import column_named, data_columns

TIE = "tie: "
"""How a cell begins that names several winners."""


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


@dataclass(frozen=True)
class _Outcome:
    """What a table says of one prompt.

    Attributes:
        number: of its row, the first of several. asked: the prompt.
        winner, margin, status, why: the cells of the results.
        answers: by contender, in order.
    """

    number: int
    asked: str
    winner: str
    margin: str
    status: str
    why: str
    answers: Mapping[str, str]


def compared_pairs(table: Table, options: ExportOptions) -> ComparedPairs:
    """The winner of each prompt over those behind it, where the verdict didn't hang on the order of the texts.

    A pair on which the judges found otherwise, though the winner won over the others together, is left out.
    A judge that contradicts itself counts as a tie already; where another judge of a jury decided such a pair all the
    same, `Status` says so and the pair is left out.

    Args:
        table: as `compare` wrote it, a column for each contender or a row for each answer.
        options: `contenders`, or `by` and `answer` with `group`, say where the answers are; `min_margin`, how far the
            winner must be ahead; `pairs`, the most of one prompt; `no_review` leaves out what is to be reviewed.

    Raises:
        TableError: a column isn't there. ConfigError: fewer than two contenders.
    """
    columns = winner_columns(table)
    outcomes = list(_long(table, columns, options) if options.by else _wide(table, columns, options))
    names = list(dict.fromkeys(name for outcome in outcomes for name in outcome.answers))
    pairs: list[ComparedPair] = []
    left_out: Counter[str] = Counter()
    for told in outcomes:
        winners, margin = winners_named(told.winner, names), number_in(told.margin)
        why = _why_not(told.status, winners, margin, told.asked)
        if not why and options.no_review and told.status.startswith("review"):
            why = "to be reviewed"
        if why or margin is None:
            left_out[why] += 1
            continue
        found = _of_prompt(told, winners, several=len(names) > 2) if 0 < margin >= options.min_margin else []  # noqa: PLR2004
        pairs += [ComparedPair(told.asked, c, r, margin, a, b, told.number) for a, b, c, r in found][: options.pairs]
    return ComparedPairs(tuple(pairs), table.columns[columns.winner].name, len(outcomes), left_out)


def _wide(table: Table, columns: WinnerColumns, options: ExportOptions) -> Iterator[_Outcome]:
    """A row for each prompt."""
    if len(set(options.contenders)) < 2:  # noqa: PLR2004 - a pair
        raise ConfigError("A comparison has two contenders or more.", "Name each one's column with --contender.")
    data = data_columns(table)
    prompt_at = column_named(options.prompt, data, table.name)
    answers_at = [column_named(name, data, table.name) for name in options.contenders]
    for row in table.rows():
        if not row.is_empty:
            yield _outcome(row, columns, row.cells[prompt_at.index], {c.name: row.cells[c.index] for c in answers_at})


def _long(table: Table, columns: WinnerColumns, options: ExportOptions) -> Iterator[_Outcome]:
    """The rows of each prompt together; the same outcome stands beside all of them, but for those that were skipped."""
    data = data_columns(table)
    prompt_at, answer_at, by_at = (
        column_named(name or "", data, table.name) for name in (options.prompt, options.answer, options.by)
    )
    group_at = prompt_at if options.group is None else column_named(options.group, data, table.name)
    groups: dict[str, list[Row]] = {}
    for row in table.rows():
        if row.cells[columns.status].startswith("skipped"):
            yield _outcome(row, columns, row.cells[prompt_at.index], {})
        elif not row.is_empty:
            groups.setdefault(row.cells[group_at.index].strip(), []).append(row)
    for rows in groups.values():
        stale = next((row for row in rows if row.cells[columns.status].startswith("stale")), rows[0])
        answers = {row.cells[by_at.index].strip(): row.cells[answer_at.index] for row in rows}
        yield replace(_outcome(stale, columns, rows[0].cells[prompt_at.index], answers), number=rows[0].number)


def _outcome(row: Row, columns: WinnerColumns, asked: str, answers: Mapping[str, str]) -> _Outcome:
    winner, margin, status = (row.cells[at].strip() for at in (columns.winner, columns.margin, columns.status))
    why = "" if columns.why is None else row.cells[columns.why]
    return _Outcome(row.number, asked, winner, margin, status, why, answers)


def _why_not(status: str, winners: Sequence[str], margin: float | None, prompt: str) -> str:
    kind = status.partition(":")[0].split(" ")[0]
    if kind in ("stale", "error", "skipped"):
        return "its text changed since it was compared" if kind == "stale" else kind
    if not winners:
        return "no winner among the contenders that were named"
    if margin is None:
        return "no margin"
    if kind == "review" and status.endswith("…"):
        return "its Status is cut, so that it can't be told which verdicts hung on the order"
    return "" if prompt.strip() else "no prompt"


def winners_named(text: str, names: Sequence[str]) -> list[str]:
    """The contenders that a cell names; a name may hold a comma itself, or begin as a tie does."""
    if text in names:
        return [text]
    rest, found = text.removeprefix(TIE), []
    while rest:
        name = next((n for n in names if rest == n or rest.startswith(f"{n}, ")), None)
        if name is None:
            return []
        found.append(name)
        rest = rest[len(name) :].removeprefix(", ")
    return found


def _of_prompt(told: _Outcome, winners: Sequence[str], *, several: bool) -> list[tuple[str, str, str, str]]:
    """(winner, the one behind it, their answers) of each pair that can be relied on."""
    found = []
    for winner in winners:
        for other, rejected in told.answers.items():
            chosen = told.answers.get(winner, "")
            if other in winners or not chosen.strip() or not rejected.strip() or chosen == rejected:
                continue
            if _contradicted(told.status, winner, other, several=several) or _lost(told.why, winner, other):
                continue
            found.append((winner, other, chosen, rejected))
    return found


def _lost(why: str, winner: str, other: str) -> bool:
    """Do the reasons say that between these two the winner of the prompt was not the better one?

    Among several, who is better than most wins, and may have lost to one of those behind it.
    """
    heads = (f"A is {winner}, B is {other}. ", f"A is {other}, B is {winner}. ")
    said = [line.removeprefix(head) for line in why.split("\n") for head in heads if line.startswith(head)]
    # The longer name first, since it may begin with the other one.
    names = sorted((winner, other, "Tie"), key=len, reverse=True)
    return any(next((n for n in names if line.startswith(f"{n}: ")), winner) != winner for line in said)


def _contradicted(status: str, winner: str, other: str, *, several: bool) -> bool:
    """Does the status say that a judge's verdict on these two hung on their order?"""
    notes = [note for note in status.removeprefix("review: ").split("; ") if CONTRADICTED in note]
    # Before it stand the names of the pairs that it is of, but where only two answered.
    heads = [note.rpartition(": ")[0] for note in notes]
    return any(not several or not head or _is_among(head, winner, other) for head in heads)


def _is_among(pairs: str, one: str, other: str) -> bool:
    return any(f", {a} – {b}, " in f", {pairs}, " for a, b in ((one, other), (other, one)))

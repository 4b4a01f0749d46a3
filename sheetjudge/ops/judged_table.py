"""A table that was judged before: where its scores are, and what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sheetjudge.core.table import Row, Table
from sheetjudge.errors import TableError
from sheetjudge.ops.reading import column_named
from sheetjudge.tables.earlier_results import PREFIX_MARK
from sheetjudge.tables.file_table import FileTable
from sheetjudge.tables.sheet_table import SheetTable

_NUMBERED = re.compile(r" \(\d+\)$")
# A comma before three digits may part thousands as well as decimals, so it is not read at all.
_DECIMAL_COMMA = re.compile(r"([-+]?\d+),(\d{1,2}|\d{4,})")


@dataclass(frozen=True, slots=True)
class ScoreColumns:
    """Where the results of one run stand, by index; None where there is no such column.

    Attributes:
        score: the row's score. name: what the column is called.
    """

    score: int
    name: str
    status: int | None = None
    tier: int | None = None


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A row of a judged table.

    Attributes:
        score: None where it has none that counts. why: then the reason, in words.
        review: its status asks a person to look at it.
    """

    row: Row
    score: float | None
    why: str = ""
    tier: int | None = None
    review: bool = False


def score_columns(table: Table, named: str | None) -> ScoreColumns:
    """Where the scores of a table are.

    Args:
        table: opened.
        named: the column that a person named; None for the one that sheetjudge wrote.

    Raises:
        TableError: there is no such column, or results of several rubrics to choose from.
    """
    blocks = list(_blocks(table))
    if named is not None:
        column = column_named(named, table.columns, table.name)
        own = next((b for b in blocks if b.score == column.index), None)
        return own or ScoreColumns(column.index, column.name)
    if not blocks:
        raise TableError(
            f"{table.name} holds no scores of sheetjudge.", "Score it first, or name the column with --score COLUMN."
        )
    if len(blocks) > 1:
        names = " or ".join(f"--score {block.name!r}" for block in blocks)
        raise TableError(f"{table.name} holds the results of {len(blocks)} rubrics.", f"Say which: {names}.")
    return blocks[0]


@dataclass(frozen=True, slots=True)
class WinnerColumns:
    """Where the results of a comparison stand, by index; None where there is no such column."""

    winner: int
    margin: int
    status: int
    why: int | None = None


def winner_columns(table: Table, named: str | None = None) -> WinnerColumns:
    """Where the winners of a compared table are.

    Args:
        table: opened. named: the column with the winners that a person means; None for the only one.

    Raises:
        TableError: there are none, or those of several rubrics.
    """
    found = list(_compared(table))
    if named is not None:
        index = column_named(named, table.columns, table.name).index
        found = [columns for columns in found if columns.winner == index]
    if len(found) != 1:
        what = f"the winners by {len(found)} rubrics" if found else "no winners"
        raise TableError(f"{table.name} holds {what}.", "Compare its contenders first, by one rubric.")
    return found[0]


def _compared(table: Table) -> Iterator[WinnerColumns]:
    for roles in result_roles(table):
        for role in roles:
            prefix = role.removesuffix("Winner")
            margin, status = roles.get(f"{prefix}Margin"), roles.get(f"{prefix}Status")
            if role.endswith("Winner") and margin is not None and status is not None:
                yield WinnerColumns(roles[role], margin, status, roles.get(f"{prefix}Why"))


def is_compared(table: Table, named: str | None) -> bool:
    """Are the results that a person means those of a comparison of contenders, and no scores?"""
    winners = {columns.winner for columns in _compared(table)}
    if named is None:
        return bool(winners) and not any(_blocks(table))
    return column_named(named, table.columns, table.name).index in winners


def judged_table(table: Table, columns: ScoreColumns) -> Iterator[JudgedRow]:
    """The rows of `table` that hold anything, with what their scores say."""
    for row in table.rows():
        if not row.is_empty:
            yield _judged(row, columns)


def _judged(row: Row, columns: ScoreColumns) -> JudgedRow:
    text = row.cells[columns.score].strip()
    status = "" if columns.status is None else row.cells[columns.status].strip()
    kind = status.partition(":")[0].split(" ")[0]
    if kind in ("stale", "error", "skipped"):
        return JudgedRow(row, None, "its text changed since it was judged" if kind == "stale" else kind)
    if not text:
        return JudgedRow(row, None, "no score")
    score = number_in(text)
    if score is None:
        return JudgedRow(row, None, "the score is no number")
    tier = None if columns.tier is None else number_in(row.cells[columns.tier].strip())
    return JudgedRow(row, score, "", None if tier is None else int(tier), review=kind == "review")


def number_in(text: str) -> float | None:
    """The finite number that a cell shows, with a point or a comma before its decimals; None for anything else."""
    if match := _DECIMAL_COMMA.fullmatch(text):
        text = f"{match[1]}.{match[2]}"
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number - number == 0 and "_" not in text else None


def _blocks(table: Table) -> Iterator[ScoreColumns]:
    for roles in result_roles(table):
        for role, index in roles.items():
            prefix = role.removesuffix("Score")
            if role.endswith("Score") and prefix in ("", *(r[: -len("Status")] for r in roles if r.endswith("Status"))):
                yield ScoreColumns(
                    index, table.columns[index].name, roles.get(f"{prefix}Status"), roles.get(f"{prefix}Tier")
                )


def result_roles(table: Table) -> Iterator[Mapping[str, int]]:
    """The results of each run that the table holds: a column's index by the header that it was made under."""
    if isinstance(table, FileTable):
        for block in table.blocks:
            yield {_NUMBERED.sub("", table.columns[index].header): index for index in block.columns}
    elif isinstance(table, SheetTable):
        found: dict[str, dict[str, int]] = {}
        for role, index in table.layout.results.items():
            prefix = role[: role.rindex(PREFIX_MARK)] if PREFIX_MARK in role else ""
            found.setdefault(prefix, {})[role] = index
        yield from found.values()

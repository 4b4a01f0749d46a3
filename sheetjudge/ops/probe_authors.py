"""Who wrote the rows of a probe, which of them are a judge's own kin, and what people gave to each row."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sheetjudge.core.rubric import Rubric, Scale
from sheetjudge.core.table import Column, Row, Table
from sheetjudge.core.yaml_nodes import nearest
from sheetjudge.engine.run import Work
from sheetjudge.errors import ConfigError
from sheetjudge.llm.families import families, model_part
from sheetjudge.ops.agree_labels import read_answer
from sheetjudge.ops.reading import Reading, choose_columns, column_named, data_columns

_SHOWN = 8


@dataclass(frozen=True)
class Authors:
    """Who wrote what.

    Attributes:
        column: with the author of each row. people: columns with what people gave to it.
        scale: on which they gave it.
        own: for each judge the authors that are its own, as the column has them; none where nobody is.
    """

    column: Column
    people: tuple[Column, ...]
    scale: Scale
    own: tuple[frozenset[str], ...] = ()

    def of(self, row: Row) -> str:
        """Who wrote a row; "" where nobody is named."""
        return " ".join(row.cells[self.column.index].split())

    def given(self, row: Row) -> float | None:
        """What people gave to a row on average, in units of the score; None where nobody did.

        Raises:
            ConfigError: a cell holds no score.
        """
        found = []
        for column in self.people:
            answer = read_answer(self.scale, row.cells[column.index])
            if isinstance(answer, str):
                raise ConfigError(
                    f"Row {row.number}: {column.name} is {row.cells[column.index]!r}: {answer}.",
                    "People's scores have to be on the rubric's scale, of the row as a whole.",
                )
            if answer is not None:
                found.append(answer)
        return sum(found) / len(found) if found else None

    def is_fit(self, row: Row) -> bool:
        """Can the row tell anything of own and others? It has an author, and people's score where those are read."""
        return bool(self.of(row)) and (not self.people or self.given(row) is not None)

    def kind(self, row: Row) -> tuple[bool, ...]:
        """For each judge: is the row its own?"""
        return tuple(self.of(row) in own for own in self.own)


def columns_apart(author: str | None, people: Sequence[str]) -> Callable[[Table, Rubric, Iterable[str], int], Reading]:
    """How to choose what judges see where a table says who wrote a row, and what people gave to it: neither is shown.

    Raises:
        ConfigError: one of those columns is to be read.
    """

    def choose(table: Table, rubric: Rubric, read: Iterable[str], most: int) -> Reading:
        named = tuple(read)
        apart = [column_named(name, data_columns(table), table.name) for name in filter(None, (author, *people))]
        chosen = choose_columns(table, rubric, named, most)
        shown = {*(chosen.fields if named else ()), *(column for _, column in chosen.references)}
        if taken := next((column for column in apart if column in shown), None):
            raise ConfigError(
                f"A judge that reads {taken.name} could take sides.",
                "Leave it out of --read and of the rubric's asks.",
            )
        left = tuple(column for column in chosen.fields if column not in apart)
        if not left:
            raise ConfigError(f"{table.name} has nothing else to judge.", "Name what is judged with --read.")
        return replace(chosen, fields=left)

    return choose


def authors_of(
    table: Table, rows: Iterable[Row], scale: Scale, judges: Sequence[str], *, author: str, own: Sequence[str],
    people: Sequence[str],
) -> Authors:  # fmt: skip
    """Who wrote the rows, and whose own some of them are.

    Args:
        table: with the columns. rows: those that may be drawn. scale: of people's scores. judges: their names.
        author: the column with each row's author. own: authors that are the judges' own; none to go by the names.
        people: columns with what people gave.

    Raises:
        TableError: a column isn't there. ConfigError: nobody is a judge's own, or everybody is.
    """
    data = data_columns(table)
    columns = tuple(column_named(name, data, table.name) for name in people)
    found = Authors(column_named(author, data, table.name), columns, scale)
    names = tuple(dict.fromkeys(name for row in rows if (name := found.of(row))))
    if own:
        kin = frozenset(_named(one, names, found.column.name) for one in own)
        all_own = tuple(kin for _ in judges)
    else:
        all_own = tuple(frozenset(name for name in names if _is_kin(name, judge)) for judge in judges)
    if not any(all_own):
        raise ConfigError(
            f"{found.column.name} names nobody of the judge's own ({', '.join(judges)}): {_listed(names)}.",
            "Say who is: --own NAME.",
        )
    if all(not kin or kin >= set(names) for kin in all_own):
        raise ConfigError(f"{found.column.name} names nobody but the judge's own: {_listed(names)}.")
    return replace(found, own=all_own)


def _named(name: str, names: Sequence[str], column: str) -> str:
    by_fold = {_folded(one): one for one in names}
    if (known := by_fold.get(_folded(name))) is not None:
        return known
    near = nearest(name, names)
    hint = f"Did you mean {near!r}?" if near else f"There are {_listed(names)}."
    raise ConfigError(f"{column} names no {name!r}.", hint)


def _is_kin(author: str, judge: str) -> bool:
    part = model_part(judge)
    if _folded(author) in {_folded(judge), _folded(part), _folded(part.rpartition(":")[2])}:
        return True
    return bool(families(author) & families(judge))


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}" if names else "nobody"


def drawn_evenly(
    fit: Iterable[Work], count: int, lot: Callable[[Work], Any], kind: Callable[[Row], Any]
) -> tuple[Work, ...]:
    """So many rows by lot, of each kind as many as there are of it or its fair share.

    Args:
        fit: rows that may be drawn. count: how many are. lot: of a row, lowest first. kind: of a row.
    """
    by_kind: dict[Any, list[tuple[Any, int, Work]]] = {}
    for work in fit:
        by_kind.setdefault(kind(work.row), []).append((lot(work), work.row.position, work))
    lots = [heapq.nsmallest(count, some, key=lambda one: one[:2]) for some in by_kind.values()]
    in_turn = [(place, one[0], one[1], one[2]) for some in lots for place, one in enumerate(some)]
    return tuple(one[3] for one in heapq.nsmallest(count, in_turn, key=lambda one: one[:3]))

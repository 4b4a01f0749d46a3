"""Where contenders' answers stand in a table, a column or a row for each: prompt by prompt, ready to be shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Protocol

from sheetjudge.core.keys import keyed_mark
from sheetjudge.core.rubric import Rubric
from sheetjudge.core.table import Column, Row, Table
from sheetjudge.core.verdict import Verdict
from sheetjudge.judging.protocol import Item, Pair
from sheetjudge.ops.checking import RowChecks
from sheetjudge.ops.reading import Reading

Texts = tuple[tuple[str, str], ...]
"""(column name, text) of what a judge sees."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One contender's answer to one prompt.

    Attributes:
        contender: its index.
        own: what competes; the names tell nothing of who wrote it.
        references: what an ask names, where it differs between the answers.
        checks: verdicts of the rubric's checks, by criterion id.
    """

    contender: int
    own: Texts
    references: Mapping[str, str] = field(default_factory=dict)
    checks: Mapping[str, Verdict] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """Characters that compete."""
        return sum(len(text) for _, text in self.own)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What contenders answered, and their answers.

    Attributes:
        number: tells prompts apart.
        rows: the rows that get the outcome.
        about: what all answers share, shown once.
        entries: the answers, one a contender.
        missing: contenders without an answer.
        note: what a reader must know.
        skipped: why there is nothing to compare, or "".
    """

    number: int
    rows: tuple[Row, ...]
    about: Texts = ()
    entries: tuple[Entry, ...] = ()
    missing: tuple[int, ...] = ()
    note: str = ""
    skipped: str = ""

    def pairs(self) -> Iterator[tuple[Entry, Entry]]:
        """Each two answers once."""
        return combinations(self.entries, 2)


class Contest(Protocol):
    """Contenders and their answers in a table.

    Attributes:
        contenders: their names.
        found_by: how they are told apart: the names of the columns `by` and `group`; empty where each has a column.
        count: number of prompts, those without anything to compare among them.
    """

    @property
    def contenders(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def found_by(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def count(self) -> int: ...  # noqa: D102

    def prompts(self, limit: int | None) -> Iterator[Prompt]:
        """The prompts in the table's order; of the first `limit`, where a limit is given."""
        ...


class Wide:
    """A column for each contender, a row for each prompt.

    Args:
        table: the rows. rubric: its checks are made on each answer.
        reading: all columns that are read. columns: the contenders' own.
    """

    def __init__(self, table: Table, rubric: Rubric, reading: Reading, columns: Sequence[Column]) -> None:
        self.contenders = tuple(column.name for column in columns)
        self.found_by: Mapping[str, str] = {}
        self.count = table.row_count
        self._table, self._reading, self._columns = table, reading, tuple(columns)
        self._shared = tuple(c for c in reading.fields if c not in columns)
        self._checks = [RowChecks(rubric, table, replace(reading, fields=(column,))) for column in columns]

    def prompts(self, limit: int | None) -> Iterator[Prompt]:
        """A prompt for each row."""
        taken = 0
        for row in self._table.rows():
            if limit is not None and taken >= limit:
                return
            prompt = self._prompt(row)
            taken += not prompt.skipped
            yield prompt

    def _prompt(self, row: Row) -> Prompt:
        skipped, note = _odd(self._reading, row)
        if skipped:
            return Prompt(row.position, (row,), skipped=skipped)
        references = {name: row.cells[c.index] for name, c in self._reading.references}
        about = {c.name: row.cells[c.index] for c in self._shared} | references
        name = _neutral(about)
        entries = tuple(
            Entry(i, ((name, row.cells[c.index]),), {}, self._checks[i].verdicts(row))
            for i, c in enumerate(self._columns)
            if row.cells[c.index].strip()
        )
        present = {entry.contender for entry in entries}
        missing = tuple(i for i in range(len(self._columns)) if i not in present)
        note = "; ".join(filter(None, (_blank(references), note)))
        prompt = Prompt(row.position, (row,), tuple(about.items()), entries, missing, note)
        return replace(prompt, skipped=_too_few(prompt, self.contenders))


class Long:
    """A row for each answer, with its contender and its prompt in columns of their own.

    Args:
        table: the rows. rubric: its checks are made on each answer.
        reading: all columns that are read; of these `group` says to which prompt a row belongs.
        by: names the contender. group: tells prompts apart; judges see its text.
    """

    def __init__(self, table: Table, rubric: Rubric, reading: Reading, by: Column, group: Column) -> None:
        self._table, self._reading, self._by, self._group = table, reading, by, group
        self._own = tuple(c for c in reading.fields if c != group)
        self._checks = RowChecks(rubric, table, replace(reading, fields=self._own))
        names: dict[str, int] = {}
        self._groups: dict[str, list[Row]] = {}
        for row in table.rows():
            self._groups.setdefault(row.cells[group.index].strip(), []).append(row)
            if (name := row.cells[by.index].strip()) and row.cells[group.index].strip():
                names.setdefault(name, len(names))
        self._index = names
        self.contenders = tuple(names)
        self.found_by: Mapping[str, str] = {"by": by.name, "group": group.name}
        self.count = len(self._groups)

    def prompts(self, limit: int | None) -> Iterator[Prompt]:
        """A prompt for each group of rows, and one that is skipped for each row that belongs to none."""
        taken = number = 0
        for group, rows in self._groups.items():
            if limit is not None and taken >= limit:
                return
            for prompt in self._grouped(group, rows):
                number += 1
                taken += not prompt.skipped
                yield replace(prompt, number=number)

    def _grouped(self, group: str, rows: Sequence[Row]) -> Iterator[Prompt]:
        if not group:
            yield from (Prompt(0, (row,), skipped=f"nothing in {self._group.name}") for row in rows)
            return
        answers: dict[int, Row] = {}
        notes = []
        for row in rows:
            why, note = self._why_not(row, answers)
            if why:
                yield Prompt(0, (row,), skipped=why)
                continue
            answers[self._index[row.cells[self._by.index].strip()]] = row
            notes.append(note)
        if answers:
            yield self._prompt(answers, notes)

    def _why_not(self, row: Row, answers: Mapping[int, Row]) -> tuple[str, str]:
        skipped, note = _odd(self._reading, row)
        name = row.cells[self._by.index].strip()
        if not skipped and not name:
            skipped = f"nothing in {self._by.name}"
        if not skipped and not any(row.cells[c.index].strip() for c in self._own):
            skipped = f"no answer in {', '.join(c.name for c in self._own)}"
        if not skipped and (earlier := answers.get(self._index[name])):
            skipped = f"row {earlier.number} holds an answer of {name} already"
        return skipped, note

    def _prompt(self, answers: Mapping[int, Row], notes: Sequence[str]) -> Prompt:
        rows = tuple(answers.values())
        same = {c for c in self._own if len(rows) > 1 and len({row.cells[c.index] for row in rows}) == 1}
        # Columns that read the same in all answers belong to the prompt, unless nothing else is left to compare.
        own = [c for c in self._own if c not in same] or list(self._own)
        shared = [self._group, *(c for c in self._own if c not in own)]
        about = {c.name: rows[0].cells[c.index] for c in shared}
        entries = tuple(
            Entry(
                i,
                tuple((c.name, row.cells[c.index]) for c in own),
                {name: row.cells[c.index] for name, c in self._reading.references if c != self._group},
                self._checks.verdicts(row),
            )
            for i, row in answers.items()
        )
        blanks = [_blank(entry.references) for entry in entries]
        missing = tuple(i for i in range(len(self.contenders)) if i not in answers)
        note = "; ".join(dict.fromkeys(filter(None, (*blanks, *notes))))
        prompt = Prompt(0, rows, tuple(about.items()), entries, missing, note)
        return replace(prompt, skipped=_too_few(prompt, self.contenders))


def _odd(reading: Reading, row: Row) -> tuple[str, str]:
    skipped, note = reading.odd.of(row) if reading.odd is not None else ("", "")
    return skipped or ("empty row" if row.is_empty else ""), note


def _blank(references: Mapping[str, str]) -> str:
    blank = [name for name, text in references.items() if not text.strip()]
    return f"{', '.join(blank)} is empty" if blank else ""


def _too_few(prompt: Prompt, contenders: Sequence[str]) -> str:
    if len(prompt.entries) > 1:
        return ""
    if not prompt.entries:
        return "no contender has an answer"
    return f"only {contenders[prompt.entries[0].contender]} has an answer"


def _neutral(taken: Mapping[str, str]) -> str:
    """What the column of a text that competes is called: a contender's name would tell a judge who wrote it."""
    return next(name for n in range(len(taken) + 1) if (name := f"Text {n}" if n else "Text") not in taken)


def shown_pair(
    prompt: Prompt, first: Entry, second: Entry, contenders: Sequence[str], most: int, secret: bytes
) -> tuple[Pair, bool, str]:
    """Two answers as a judge sees them, in an order that is drawn by lot but the same on every run.

    Args:
        prompt: what they answer.
        first, second: the answers.
        contenders: names, for the note on what was cut.
        most: characters that are shown at the most.
        secret: the key of the lot.

    Returns:
        The pair, whether `second` stands first in it, and a note on what was cut.
    """
    lot = "\0".join(sorted("\0".join(text for _, text in entry.own) for entry in (first, second)))
    # By the texts, not by their names or places: who is listed first has no say in it.
    is_turned = bool(int(keyed_mark(secret, lot)[-1], 16) & 1) != (first.own > second.own)
    ahead, behind = (second, first) if is_turned else (first, second)
    (about, one, other), note = _fitting(prompt.about, (ahead, behind), contenders, most)
    return Pair(one, other, about.fields), is_turned, note


def shown_alone(prompt: Prompt, entry: Entry, contenders: Sequence[str], most: int) -> tuple[Item, str]:
    """One answer as a judge of rows sees it, with what it answers; and a note on what was cut."""
    (about, own), note = _fitting(prompt.about, (entry,), contenders, most)
    return Item((*about.fields, *own.fields), own.references), note


def _fitting(
    about: Texts, entries: Sequence[Entry], contenders: Sequence[str], most: int
) -> tuple[tuple[Item, ...], str]:
    """What is shared and each answer, cut so that together they fit; and a note on what was cut."""
    labels, texts = [name for name, _ in about], [text for _, text in about]
    for entry in entries:
        several = len(entry.own) + len(entry.references) > 1
        who = contenders[entry.contender]
        for name, text in (*entry.own, *entry.references.items()):
            labels.append(f"{who} ({name})" if several else who)
            texts.append(text)
    columns = tuple(Column(n, label, label) for n, label in enumerate(labels))
    work = Reading(columns, (), most).work(Row(0, 0, tuple(texts)))
    assert work.item is not None  # noqa: S101 - an answer isn't empty
    shown = iter(text for _, text in work.item.fields)
    items = [Item(tuple((name, next(shown)) for name, _ in about))]
    for entry in entries:
        own = tuple((name, next(shown)) for name, _ in entry.own)
        items.append(Item(own, {name: next(shown) for name in entry.references}))
    return tuple(items), work.note

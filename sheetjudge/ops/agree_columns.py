"""Whose answers a column holds, and to which criterion: found by its header, refused where that isn't clear.

A header is a rater's name alone (`Ana`: the row as a whole), or a rater and a criterion, in this order or the other:
`Ana · question`, `ANA: question`, `question (Ana)`, `Human question`. A criterion alone is a label by `Human`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sheetjudge.core.table import Column
from sheetjudge.core.yaml_nodes import nearest
from sheetjudge.errors import TableError
from sheetjudge.ops.reading import column_named

OVERALL = "overall"
"""What the row as a whole is called among criteria."""

PERSON = "Human"
"""Whoever isn't named."""

_WHOLE_ROW = frozenset({OVERALL, "score", "total", "grade"})
_PARTED = re.compile(r"\s*[·:|/–—]\s*|\s+-\s+")
_BRACKETS = re.compile(r"(.+?)\s*[(\[](.+)[)\]]")
# A name and a criterion are shorter; a table without headers has a whole text in the place of one.
_LONGEST_TAKEN_APART = 500


@dataclass(frozen=True, slots=True)
class Matched:
    """A column with answers.

    Attributes:
        rater: whose. criterion: the criterion's id, or OVERALL. column: where they stand.
    """

    rater: str
    criterion: str
    column: Column


def match_columns(
    named: Iterable[str], columns: Sequence[Column], criteria: Collection[str], table: str, option: str
) -> tuple[Matched, ...]:
    """The columns that a person named.

    Args:
        named: each a column's name; a rater's name, for all columns headed by it and a criterion; or `LABEL=COLUMN`,
            which reads COLUMN as if LABEL were its header (`question=Mark 1`, `Ana · question=Column F`).
        columns: those that may be meant.
        criteria: ids that are known; empty where any word after a rater's name is a criterion.
        table, option: what they are called, for errors.

    Raises:
        TableError: there is no such column, or it isn't clear whose it is or what it is about.
    """
    header = _Headers(columns, criteria, table, option)
    found: dict[tuple[str, str], Matched] = {}
    for spec in named:
        for match in header.matches(spec):
            key = (_loosely(match.rater), _loosely(match.criterion))
            before = found.get(key)
            if before is not None and before.column != match.column:
                raise TableError(
                    f"Both {before.column.name!r} and {match.column.name!r} of {table} are {_told(match)}.",
                    f"Say whose they are: {option} 'NAME · {match.criterion}={match.column.name}'.",
                )
            first = next((m.rater for (rater, _), m in found.items() if rater == key[0]), match.rater)
            found[key] = Matched(first, match.criterion, match.column)
    _check_once(found.values(), table)
    return tuple(found.values())


def taken_by_criterion(found: Iterable[Matched], named: Iterable[str]) -> tuple[str, ...]:
    """What must be said of columns that nobody named, and that are headed as a criterion is: they may hold data.

    Args:
        found: as matched. named: what a person named.
    """
    said = {spec.rpartition("=")[2].strip() for spec in named}
    return tuple(
        f"{match.column.name!r} is headed as a criterion is, and taken for labels by {match.rater}. If it holds"
        " something else, name each column with labels by what it is about: --human CRITERION=COLUMN."
        for match in found
        if _loosely(match.column.name) == _loosely(match.criterion) and match.column.name not in said
    )


def _told(match: Matched) -> str:
    about = "the row as a whole" if match.criterion == OVERALL else f"{match.criterion!r}"
    return f"{match.rater}'s about {about}"


def _check_once(found: Iterable[Matched], table: str) -> None:
    seen: dict[int, Matched] = {}
    for match in found:
        before = seen.setdefault(match.column.index, match)
        if before is not match:
            raise TableError(
                f"Column {match.column.name!r} of {table} is named twice: as {_told(before)} and as {_told(match)}.",
                "Name it once.",
            )


class _Headers:
    def __init__(self, columns: Sequence[Column], criteria: Collection[str], table: str, option: str) -> None:
        self.columns, self.table, self.option = columns, table, option
        self.known = {_loosely(name): name for name in criteria}

    def matches(self, spec: str) -> list[Matched]:
        column = self._column(spec)
        if column is not None:
            return self._named(column)
        label, equals, name = spec.partition("=")
        if equals:
            column = column_named(name.strip(), self.columns, self.table)
            return [self._labelled(label.strip(), column)]
        gathered = self._of(spec)
        if not gathered:
            column_named(spec, self.columns, self.table, f" ({self.option})")
        return gathered

    def _column(self, name: str) -> Column | None:
        try:
            return column_named(name, self.columns, self.table)
        except TableError:
            return None

    def _named(self, column: Column) -> list[Matched]:
        """The column, and where it is headed by a name alone all others of the same rater."""
        rater, criterion = self._said(column.name)
        if criterion is None and self.known and _is_parted(column.name):
            self._refuse(column)
        own = Matched(rater, criterion or OVERALL, column)
        return [own] if criterion is not None else [own, *(m for m in self._of(rater) if m.column != column)]

    def _refuse(self, column: Column) -> None:
        last = _PARTED.split(column.name[-_LONGEST_TAKEN_APART:].strip(" )]").replace("(", "/"))[-1]
        near = nearest(last, self.known.values())
        hint = f"Did you mean {near!r}? If so, " if near else "If it is about one of them, "
        raise TableError(
            f"It isn't clear what {column.name!r} of {self.table} is about: the criteria are"
            f" {', '.join(self.known.values())}.",
            f"{hint}write {self.option} '{near or 'CRITERION'}={column.name}', and '{OVERALL}={column.name}' if it is"
            " about the row as a whole.",
        )

    def _of(self, rater: str) -> list[Matched]:
        """The columns headed by this rater's name and a criterion."""
        found = []
        for column in self.columns:
            name, criterion = self._said(column.name)
            if criterion is not None and _loosely(name) == _loosely(rater):
                found.append(Matched(rater, criterion, column))
        return found

    def _labelled(self, label: str, column: Column) -> Matched:
        """The column, as if it were headed `label`."""
        rater, criterion = self._said(label)
        if criterion is None and not self.known:
            # No criterion is known, and a name would have been written with one: `Ana · question=COLUMN`.
            return self._about(label, column)
        if (known := self._criterion(label)) is not None:
            return self._about(known, column)
        if criterion is None and self.known and _is_parted(label):
            self._refuse(Column(column.index, label, label))
        return Matched(rater, criterion or OVERALL, column)

    def _about(self, criterion: str, column: Column) -> Matched:
        """The column as one about this criterion; its header says whose, unless it names another criterion."""
        rater, said = self._said(column.name)
        is_named = said is None or _loosely(said) == _loosely(criterion)
        return Matched(rater if is_named else column.name, criterion, column)

    def _criterion(self, word: str) -> str | None:
        folded = _loosely(word)
        if folded in self.known:
            return self.known[folded]
        return OVERALL if folded in _WHOLE_ROW else None

    def _said(self, header: str) -> tuple[str, str | None]:
        """Rater and criterion that a header names; None for the criterion where it names none."""
        text = header.strip()
        if _loosely(text) in self.known:
            return PERSON, self.known[_loosely(text)]
        for first, second in _split(text, with_blanks=bool(self.known)):
            for rater, word in ((first, second), (second, first)):
                if (criterion := self._criterion(word)) is not None:
                    return rater, criterion
        if not self.known and (parts := _split(text, with_blanks=False)):
            return parts[0]
        return text, None


def _is_parted(header: str) -> bool:
    """Whether a header seems to say two things, as `Reviewer (2)` doesn't."""
    if len(header) > _LONGEST_TAKEN_APART:
        return False
    match = _BRACKETS.fullmatch(header.strip())
    return bool(_PARTED.search(header.strip())) or (match is not None and not match[2].isdigit())


def _split(text: str, *, with_blanks: bool) -> list[tuple[str, str]]:
    """Every way to take a header apart into two; none where it is too long for that."""
    if len(text) > _LONGEST_TAKEN_APART:
        return []
    found = [(text[: m.start()], text[m.end() :]) for m in _PARTED.finditer(text)]
    if match := _BRACKETS.fullmatch(text):
        found.append((match[1], match[2]))
    if with_blanks:
        found += [(text[: m.start()], text[m.end() :]) for m in re.finditer(r"\s+", text)]
    return [(first.strip(), second.strip()) for first, second in found if first.strip() and second.strip()]


def _loosely(name: str) -> str:
    return "".join(name.split()).casefold()

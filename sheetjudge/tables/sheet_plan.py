"""What has to be written so that every row of a tab shows its own results, whatever people did meanwhile.

Only values. A result belongs to the texts that were judged, so a row gets it if and only if its present texts have
their fingerprint. Where that leaves a row without results of its own it becomes `stale`; a cell that a person filled
or changed is never touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from sheetjudge.core.row_marks import NOT_JUDGED, Mark, Shown, new_id, value_text, word, words_of
from sheetjudge.tables.sheet_owners import REVIEW, Owners, same
from sheetjudge.tables.sheet_rows import Edit, Ledger, Present, Result, Written

STALE = "stale"
_NOTHING: Mapping[int, Written] = MappingProxyType({})


def plan(
    ledger: Ledger,
    rows: Sequence[Present],
    *,
    is_final: bool,
    remade: frozenset[int] = frozenset(),
    absent: frozenset[int] = frozenset(),
    has_lost_marks: bool = False,
    written: Mapping[int, Written] = _NOTHING,
) -> list[Edit]:
    """The edits that put the rows right; none where they are.

    Args:
        ledger: what the run knows; takes note of what the rows hold now.
        rows: the tab's rows, in order.
        is_final: no more results will come.
        remade: columns of results that were made again in this run, after somebody deleted them.
        absent: carried columns that somebody deleted; their values are None.
        has_lost_marks: the column of marks, too, was deleted in this run.
        written: the last edits, by the index of the row that they went to.
    """
    owners = Owners(ledger, rows, has_lost_marks=has_lost_marks, written=written)
    planning = _Planning(ledger, rows, owners, is_final=is_final, remade=remade, has_lost_marks=has_lost_marks)
    planning.absent = absent
    return planning.edits()


class _Planning:
    """One look at the rows of a tab."""

    def __init__(
        self,
        ledger: Ledger,
        rows: Sequence[Present],
        owners: Owners,
        *,
        is_final: bool,
        remade: frozenset[int],
        has_lost_marks: bool,
    ) -> None:
        self.ledger = ledger
        self.rows = rows
        self.owners = owners
        self.is_final = is_final
        self.remade = remade
        self.absent: frozenset[int] = frozenset()
        self.has_lost_marks = has_lost_marks
        self.ids: set[str] = set()
        self.persons: dict[str, Mapping[int, Shown]] = {}
        self.nothing = [None] * len(ledger.roles)
        last = max((i for i, row in enumerate(rows) if not row.is_blank), default=-1)
        self.filled = last + 1 + ledger.trailing

    def edits(self) -> list[Edit]:
        self._remember()
        twice = {}
        for at, row in enumerate(self.rows):
            if row.home is not None:
                if row.home.id in self.ids:
                    twice[at] = replace(row.home, id=new_id())
                self.ids.add(row.home.id)
        found = []
        for at, row in enumerate(self.rows):
            edit = self._edit(at, row)
            if at in twice:
                edit = Edit(at, {}, twice[at]) if edit is None else replace(edit, mark=_under(edit, twice[at].id))
            if edit is not None:
                found.append(edit)
        self.ledger.persons = self.persons
        return found

    def _remember(self) -> None:
        """Keep what rows hold that is their own, in case that it is displaced."""
        seen = self.ledger.seen
        for row in self.rows:
            before = seen.get(row.fingerprint)
            if before == (row.mark, row.values):
                continue
            if row.home is not None:
                if not self.owners.is_whole(row):
                    continue
                values = list(row.values)
                if before is not None:
                    for i in self.remade:
                        values[i] = values[i] if value_text(values[i]) else before[1][i]
                seen[row.fingerprint] = (row.home, tuple(values))
            elif (
                row.mark is None
                and not self.owners.is_astray(row)
                and (before is None or before[0] is None)
                and any(map(value_text, row.values))
            ):
                seen[row.fingerprint] = (None, row.values)

    def _edit(self, at: int, row: Present) -> Edit | None:
        if self.owners.is_undecided(row, is_final=self.is_final):
            if found := self.owners.strangers(row):
                self.persons[row.fingerprint] = found
            return None
        result = self.ledger.results.get(row.fingerprint)
        is_beyond = row.is_blank and at >= self.filled
        if result is not None and not is_beyond:
            return self._fill(at, row, result)
        if row.home is not None and not is_beyond:
            return self._tend(at, row, row.home)
        return self._without_result(at, row, is_beyond=is_beyond)

    def _without_result(self, at: int, row: Present, *, is_beyond: bool) -> Edit | None:
        kept = self.owners.kept_elsewhere(row)
        if kept is not None and not row.is_blank:
            return self._put_back(at, row, *kept)
        before = self.ledger.marks.get(row.fingerprint) if self.has_lost_marks and row.mark is None else None
        if before is not None and any(map(value_text, row.values)) and self.owners.holds_only(row.values, before.words):
            return Edit(at, {}, before)
        is_awaited = row.fingerprint in self.ledger.awaited
        if row.is_blank or is_beyond or (is_awaited and not self.is_final and row.mark is not None):
            return self._cleared(at, row)
        if row.mark is not None or (self.is_final and not is_awaited):
            return self._stale(at, row)
        if self.owners.is_astray(row):
            # Results without a mark, left here by a sort of some columns only: later nobody could tell whose they are.
            return self._cleared(at, row)
        back = {i: v for i, v in self.owners.overtaken(row, self.nothing).items() if not value_text(row.values[i])}
        return Edit(at, back, row.mark) if back else None

    def _fill(self, at: int, row: Present, result: Result) -> Edit | None:
        """Write a result of this run, around what a person wrote."""
        ledger = self.ledger
        carried, words = self._carried(row, result)
        wanted: list[Shown] = [*result.values, *carried]
        persons = self._persons(row, wanted)
        edited = [i for i in persons if i != ledger.status and i < len(ledger.headers)]
        if ledger.status is not None and edited:
            wanted[ledger.status] = self._review(edited)
            words |= words_of(ledger.headers, wanted[: len(ledger.headers)])
        else:
            words |= result.words
        rubric = ledger.basis.rubric if result.is_settled else NOT_JUDGED
        mark = Mark(self._id(row), row.fingerprint, rubric, ledger.basis.asked, words)
        cells: dict[int, Shown] = {i: v for i, v in enumerate(wanted) if i not in persons}
        cells |= {i: v for i, v in persons.items() if not same(row.values[i], v)}
        return self._if_needed(at, row, cells, mark)

    def _carried(self, row: Present, result: Result) -> tuple[Sequence[Shown], frozenset[str]]:
        """What belongs into the carried columns beside these texts, and the words of what is sheetjudge's of that.

        Nothing where the texts are new, or the earlier results are of another version of the rubric.
        """
        first = len(self.ledger.headers)
        roles = self.ledger.roles[first:]
        kept = self.owners.kept_elsewhere(row) if roles else None
        if roles and row.home is not None and self.owners.is_whole(row):
            kept = row.home, row.values
        if kept is None and self.owners.is_adoptable(row, result):
            left = row.values[first:]
            return left, words_of(roles, left)
        if kept is None:
            return [None] * len(roles), frozenset()
        mark, values = kept
        found = list(zip(roles, values[first:], strict=True))
        ours = frozenset(word(role, v) for role, v in found if value_text(v)) & mark.words
        if mark.rubric == self.ledger.basis.rubric:
            return [v for _, v in found], ours
        return [None if word(role, v) in ours else v for role, v in found], frozenset()

    def _tend(self, at: int, row: Present, mark: Mark) -> Edit | None:
        """A row with results of an earlier run, or none: look after its status."""
        ledger = self.ledger
        before = ledger.seen.get(row.fingerprint)
        lost = {
            i: before[1][i]
            for i in self.remade
            if before is not None and not value_text(row.values[i]) and value_text(before[1][i])
        }
        edited = self.owners.edited(row, mark)
        if edited and not self.owners.is_whole(row):
            kept = self.owners.kept_elsewhere(row)
            return self._put_back(at, row, *kept) if kept is not None else self._stale(at, row)
        status = self._status_of(row, mark, edited)
        if status is None or ledger.status is None:
            return Edit(at, lost, mark) if lost else None
        words = mark.words | {word(ledger.roles[ledger.status], status)}
        return self._if_needed(at, row, lost | {ledger.status: status}, replace(mark, words=words))

    def _status_of(self, row: Present, mark: Mark, edited: Sequence[int]) -> str | None:
        """The status that a row from an earlier run should have now; None for the one that it has."""
        ledger = self.ledger
        if ledger.status is None or mark.rubric == NOT_JUDGED:
            return None
        shown = row.values[ledger.status]
        if value_text(shown) and word(ledger.roles[ledger.status], shown) not in mark.words:
            return None
        if self.is_final and mark.rubric != ledger.basis.rubric:
            return STALE
        return self._review(edited) if edited else None

    def _stale(self, at: int, row: Present) -> Edit | None:
        """Take away results that aren't this row's, and say so."""
        ledger = self.ledger
        cells = self._emptied(row)
        words: frozenset[str] = frozenset()
        if ledger.status is not None and ledger.status in cells:
            cells[ledger.status] = STALE
            words = frozenset({word(ledger.roles[ledger.status], STALE)})
        mark = Mark(self._id(row), row.fingerprint, NOT_JUDGED, ledger.basis.asked, words)
        return self._if_needed(at, row, cells, mark)

    def _cleared(self, at: int, row: Present) -> Edit | None:
        """Take away results that aren't this row's."""
        return self._if_needed(at, row, self._emptied(row), None)

    def _emptied(self, row: Present) -> dict[int, Shown]:
        """A row's cells without what sheetjudge wrote there, and with what a person had written before."""
        persons = self._persons(row, self.nothing)
        return {i: persons.get(i) for i, v in enumerate(row.values) if i not in persons or not same(persons[i], v)}

    def _persons(self, row: Present, wanted: Sequence[Shown], also: frozenset[str] = frozenset()) -> dict[int, Shown]:
        """What is a person's beside this row, and what was before it was written over."""
        found = self.owners.persons(row, wanted, also)
        if self.owners.may_be_overwritten(row):
            found = self.owners.overtaken(row, wanted) | found
            if found:
                self.persons[row.fingerprint] = found
        return found

    def _put_back(self, at: int, row: Present, mark: Mark, values: Sequence[Shown]) -> Edit | None:
        """Give a row its own results of an earlier run again, which were left elsewhere or written over."""
        persons = self._persons(row, values, mark.words)
        wanted = [persons.get(i, v) for i, v in enumerate(values)]
        cells = {i: v for i, v in enumerate(wanted) if i not in persons or not same(row.values[i], v)}
        row_id = mark.id if mark.id not in self.ids else new_id()
        self.ids.add(row_id)
        return self._if_needed(at, row, cells, replace(mark, id=row_id))

    def _if_needed(self, at: int, row: Present, cells: Mapping[int, Shown], mark: Mark | None) -> Edit | None:
        there = {i: v for i, v in cells.items() if i not in self.absent}
        is_marked = row.is_taken or row.mark == mark
        if is_marked and all(same(row.values[i], v) for i, v in there.items()):
            return None
        return Edit(at, there, mark)

    def _id(self, row: Present) -> str:
        if row.home is not None:
            return row.home.id
        known = self.owners.marks.get(row.fingerprint)
        before = self.ledger.seen.get(row.fingerprint, (None, ()))[0]
        for mark in (known, before, row.mark):
            if mark is not None and mark.id not in self.ids:
                self.ids.add(mark.id)
                return mark.id
        return new_id()

    def _review(self, edited: Sequence[int]) -> str:
        return REVIEW + ", ".join(self.ledger.roles[i] for i in sorted(edited))


def _under(edit: Edit, row_id: str) -> Mark | None:
    return edit.mark and replace(edit.mark, id=row_id)

"""Whose is what stands in the cells of results: sheetjudge's, a person's, or another row's?

A mark has a word for each value that was written beside it. So a value without a word is a person's, unless something
shows that rows, marks and results were moved apart: a sort of some columns only, a deleted column of marks, a write
that was overtaken by a sort. There a value that sheetjudge wrote anywhere in the tab is taken for such a one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from sheetjudge.core.row_marks import NOT_JUDGED, Mark, Shown, value_text, word
from sheetjudge.core.table import CellValue
from sheetjudge.tables.sheet_rows import Ledger, Present, Written

REVIEW = "review: edited by a person: "
_LONG_TEXT = 8


class Owners:
    """One look at the rows of a tab.

    Args:
        ledger: what the run knows.
        rows: the tab's rows, in order.
        has_lost_marks: the column of marks was deleted in this run.
        written: the last edits, by the index of the row that they went to.
    """

    def __init__(
        self, ledger: Ledger, rows: Sequence[Present], *, has_lost_marks: bool, written: Mapping[int, Written]
    ) -> None:
        self._ledger = ledger
        self._rows = rows
        self._has_lost_marks = has_lost_marks
        self._was_raced = any(at >= len(rows) or rows[at].fingerprint != w.fingerprint for at, w in written.items())
        self._doubt(written)

    def _doubt(self, written: Mapping[int, Written]) -> None:
        """See which marks came to stand beside other values than they were meant for: somebody sorted meanwhile."""
        beside = {w.mark: w.beside for w in written.values() if w.mark is not None and w.beside}
        if not beside:
            return
        for row in self._rows:
            meant = beside.get(row.mark) if row.mark is not None else None
            if meant is None or row.mark is None:
                continue
            if all(same(row.values[i], value) for i, value in meant.items()):
                self._ledger.doubted.discard(row.mark)
            else:
                self._ledger.doubted.add(row.mark)

    def is_whole(self, row: Present) -> bool:
        """The mark is this row's own, and nothing shows that the values beside it aren't."""
        return row.home is not None and not self._is_mixed(row, row.home.words)

    def is_astray(self, row: Present) -> bool:
        """The mark belongs to another row, or the row's own is elsewhere: nothing here need be this row's.

        Where neither is, somebody changed the row's texts and what they wrote beside them stays theirs.
        """
        if row.mark is None:
            return self._has_lost_marks or self._is_muddled or self._is_left_here(row)
        return row.home is None and self._is_elsewhere(row, row.mark)

    def known(self, row: Present) -> frozenset[str]:
        """Words of what sheetjudge may have written into the cells of a row."""
        found = row.mark.words if row.mark is not None else frozenset()
        if row.home is None:
            for mark in (self.marks.get(row.fingerprint), self._ledger.seen.get(row.fingerprint, (None, ()))[0]):
                found |= mark.words if mark is not None else frozenset()
        return self._everywhere if self.is_astray(row) or self._is_mixed(row, found) else found

    def is_persons(self, i: int, value: Shown, wanted: Shown, known: frozenset[str]) -> bool:
        """Did a person write this? An empty cell is free to be filled."""
        return bool(value_text(value) and not same(value, wanted) and word(self._ledger.roles[i], value) not in known)

    def persons_before(self, row: Present, wanted: Sequence[Shown] | None) -> dict[int, Shown]:
        """What a person had written beside this row before something else was written over it."""
        before = self._ledger.seen.get(row.fingerprint)
        if before is None or (row.mark is None and not self._was_raced and not self.is_astray(row)):
            return {}
        words = before[0].words if before[0] is not None else frozenset()
        return {
            i: v for i, v in enumerate(before[1]) if self.is_persons(i, v, None if wanted is None else wanted[i], words)
        }

    def kept_elsewhere(self, row: Present) -> tuple[Mark, tuple[Shown, ...]] | None:
        """The row's own results, where another row holds them, or as they were seen before."""
        found = self._strayed.get(row.fingerprint)
        if found is not None:
            return found
        mark, values = self._ledger.seen.get(row.fingerprint, (None, ()))
        return (mark, values) if mark is not None and mark.rubric != NOT_JUDGED else None

    def holds_only(self, values: Sequence[Shown], words: frozenset[str]) -> bool:
        """Has every value a word?"""
        return all(word(r, v) in words for r, v in zip(self._ledger.roles, values, strict=True) if value_text(v))

    @cached_property
    def marks(self) -> dict[str, Mark]:
        """Every mark by its fingerprint, wherever it stands."""
        return {row.mark.fingerprint: row.mark for row in self._rows if row.mark is not None}

    def _is_elsewhere(self, row: Present, mark: Mark) -> bool:
        return row.fingerprint in self.marks or mark.fingerprint in self._present

    def _is_left_here(self, row: Present) -> bool:
        """Without a mark, and yet sheetjudge's: a whole set of results with its status, or one of its longer texts."""
        if not any(map(value_text, row.values)):
            return False
        status = self._ledger.status
        has_status = status is not None and bool(value_text(row.values[status]))
        return self._is_displaced(row, frozenset()) or (has_status and self.holds_only(row.values, self._everywhere))

    @cached_property
    def _is_muddled(self) -> bool:
        """Somewhere in the tab results stand beside another row."""
        return any(
            row.mark is not None and row.home is None and self._is_elsewhere(row, row.mark) for row in self._rows
        )

    def _is_mixed(self, row: Present, known: frozenset[str]) -> bool:
        return row.mark in self._ledger.doubted or self._is_displaced(row, known)

    def _is_displaced(self, row: Present, known: frozenset[str]) -> bool:
        """A long text of another row stands here: somebody sorted the results and not the marks."""
        roles, status = self._ledger.roles, self._ledger.status
        return any(
            isinstance(v, str)
            and len(v) >= _LONG_TEXT
            and word(roles[i], v) not in known
            and (word(roles[i], v) in self._everywhere or (i == status and v.startswith(REVIEW)))
            for i, v in enumerate(row.values)
        )

    @cached_property
    def _present(self) -> frozenset[str]:
        """The fingerprints of all rows."""
        return frozenset(row.fingerprint for row in self._rows)

    @cached_property
    def _strayed(self) -> dict[str, tuple[Mark, tuple[Shown, ...]]]:
        """Results that stand beside another row's texts, together with their mark and unchanged."""
        return {
            row.mark.fingerprint: (row.mark, row.values)
            for row in self._rows
            if row.mark is not None
            and row.home is None
            and row.mark.rubric != NOT_JUDGED
            and row.mark not in self._ledger.doubted
            and any(map(value_text, row.values))
            and self.holds_only(row.values, row.mark.words)
        }

    @cached_property
    def _everywhere(self) -> frozenset[str]:
        """Words of everything that sheetjudge wrote into this tab."""
        ours = [row.mark.words for row in self._rows if row.mark is not None]
        if self._has_lost_marks:
            ours += [mark.words for mark, _ in self._ledger.seen.values() if mark is not None]
            ours += [mark.words for mark in self._ledger.marks.values()]
        ours += [result.words for result in self._ledger.results.values()]
        return frozenset().union(*ours)


def same(one: Shown | CellValue, other: Shown | CellValue) -> bool:
    """Are these values the same, however they are written?"""
    return value_text(one) == value_text(other)

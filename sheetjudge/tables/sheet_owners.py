"""Whose is what stands in the cells of results: sheetjudge's, a person's, or another row's?

A mark has a word for each value that was written beside it. So a value without a word is a person's, unless something
shows that rows, marks and results were moved apart: a sort of some columns only, a deleted column of marks, a write
that was overtaken by a sort. There a value that sheetjudge wrote anywhere in the tab is taken for such a one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from sheetjudge.core.row_marks import NOT_JUDGED, Mark, Shown, value_text, word
from sheetjudge.core.table import CellValue
from sheetjudge.tables.sheet_rows import Ledger, Present, Result, Written

REVIEW = "review: edited by a person: "
_LONG_TEXT = 8
# A text that stands in as many rows tells nothing of what was written together with it.
_MOST_TOGETHER = 1000


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
        self._doubt(written)
        self._was_raced = any(
            at >= len(rows) or rows[at].fingerprint != w.fingerprint or w.mark in ledger.doubted
            for at, w in written.items()
        )
        # Marks that would show where those edits went are gone: what they wrote may stand beside any row.
        loose = [w.mark.words for w in written.values() if w.mark is not None] if has_lost_marks else []
        self._loose = frozenset().union(*loose) if self._was_raced else frozenset[str]()
        # What was to be cleared but for a person's cell, and has another value there now: another row was cleared.
        self._remnants = {
            id(rows[at])
            for at, w in written.items()
            if w.mark is None
            and at < len(rows)
            and rows[at].mark is None
            and not all(same(rows[at].values[i], v) for i, v in w.beside.items())
        }

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
                self._ledger.doubted.pop(row.mark, None)
            else:
                self._ledger.doubted[row.mark] = frozenset(range(len(row.values))) - meant.keys()

    def is_whole(self, row: Present) -> bool:
        """The mark is this row's own, and nothing shows that the values beside it aren't."""
        return row.home is not None and not self._is_mixed(row, row.home.words)

    def may_be_overwritten(self, row: Present) -> bool:
        """Something else may have been written over what stood beside this row."""
        return row.home is None or row.mark in self._ledger.doubted

    def is_astray(self, row: Present) -> bool:
        """The mark belongs to another row, or the row's own is elsewhere: nothing here need be this row's.

        Where neither is, somebody changed the row's texts and what they wrote beside them stays theirs.
        """
        if row.mark is None:
            return self._has_lost_marks or id(row) in self._remnants or self._is_left_here(row)
        return row.home is None and self._is_elsewhere(row, row.mark)

    def persons(self, row: Present, wanted: Sequence[Shown], also: frozenset[str] = frozenset()) -> dict[int, Shown]:
        """What a person wrote into a row, by index of the column. An empty cell is free to be filled.

        Args:
            wanted: what is to stand there; None where nothing is.
            also: words that are sheetjudge's, besides those that the row's mark has.
        """
        if self._is_taken_apart and row.mark is None:
            return {i: v for i, v in self._hardly_ours(row).items() if not same(v, wanted[i])}
        known = self._known(row) | also
        last = self._ledger.persons.get(row.fingerprint, {}) if row.mark is None else {}
        return {
            i: v
            for i, v in enumerate(row.values)
            if not same(v, wanted[i])
            and (self._is_unknown(i, v, known) or (value_text(v) and _recurs(v) and same(v, last.get(i))))
        }

    def edited(self, row: Present, mark: Mark) -> list[int]:
        """The run's columns, but for the status, where the row holds something without a word in its own mark."""
        own = enumerate(row.values[: len(self._ledger.headers)])
        return [i for i, v in own if i != self._ledger.status and self._is_unknown(i, v, mark.words)]

    def strangers(self, row: Present) -> dict[int, Shown]:
        """What sheetjudge wrote nowhere in the tab; nothing where that isn't known."""
        if self._is_blind:
            return {}
        return {i: v for i, v in enumerate(row.values) if self._is_unknown(i, v, self._everywhere)}

    def overtaken(self, row: Present, wanted: Sequence[Shown]) -> dict[int, Shown]:
        """What a person had written beside this row before something else was written over it."""
        ledger = self._ledger
        before = ledger.seen.get(row.fingerprint)
        last = self._overwritten.get(row.fingerprint, {})
        if (
            before is None
            or row.home is not None
            or (row.mark is None and not self._was_raced and not self.is_astray(row))
        ):
            found = last
        else:
            words = before[0].words if before[0] is not None else frozenset()
            found = {i: v for i, v in enumerate(before[1]) if self._is_unknown(i, v, words)} | last
        return {i: v for i, v in found.items() if not same(v, wanted[i])}

    def kept_elsewhere(self, row: Present) -> tuple[Mark, tuple[Shown, ...]] | None:
        """The row's own results, where another row holds them, or as they were seen before."""
        found = self._strayed.get(row.fingerprint)
        if found is not None:
            return found
        mark, values = self._ledger.seen.get(row.fingerprint, (None, ()))
        return (mark, values) if mark is not None and mark.rubric != NOT_JUDGED else None

    def is_adoptable(self, row: Present, result: Result) -> bool:
        """The marks are gone, and nothing shows that what stands here was written for another row."""
        others = (self._long_words(row) - result.words) & self._everywhere
        return self._is_blind and row.mark is None and not others

    def holds_only(self, values: Sequence[Shown], words: frozenset[str]) -> bool:
        """Has every value a word?"""
        return all(word(r, v) in words for r, v in zip(self._ledger.roles, values, strict=True) if value_text(v))

    def is_undecided(self, row: Present, *, is_final: bool) -> bool:
        """Whose this is can't be told before all results are known: the marks are gone.

        Not even then, where they were gone before the run began and the row wasn't judged: it's left as it is, unless
        results are seen to have been moved apart.
        """
        if not self._has_lost_marks or row.mark is not None or not any(map(value_text, row.values)):
            return False
        result = self._ledger.results.get(row.fingerprint)
        if is_final:
            return self._is_blind and result is None and not row.is_blank and not self._is_taken_apart
        return result is None or not self.holds_only(row.values, result.words)

    @cached_property
    def marks(self) -> dict[str, Mark]:
        """Every mark by its fingerprint, wherever it stands."""
        return {row.mark.fingerprint: row.mark for row in self._rows if row.mark is not None}

    @cached_property
    def _overwritten(self) -> dict[str, dict[int, Shown]]:
        """What was a person's at the last look, by the texts beside it, and stands nowhere any more.

        It was to be left alone, but rows were moved before the write, and something else was written over it.
        """
        if not self._was_raced or not self._ledger.persons:
            return {}
        there = Counter((i, value_text(v)) for row in self._rows for i, v in enumerate(row.values) if value_text(v))
        found: dict[str, dict[int, Shown]] = {}
        for texts, cells in self._ledger.persons.items():
            for i, v in cells.items():
                if there[i, value_text(v)]:
                    there[i, value_text(v)] -= 1
                else:
                    found.setdefault(texts, {})[i] = v
        return found

    def _known(self, row: Present) -> frozenset[str]:
        """Words of what sheetjudge may have written into the cells of a row."""
        found = row.mark.words if row.mark is not None else frozenset()
        own: frozenset[str] = frozenset()
        if row.home is None:
            own = own.union(*self._words_of(row.fingerprint))
            if self._says_what_was_edited(row, own):
                return own
            found |= own
        if row.mark in self._ledger.doubted:
            return self._known_despite(row, row.mark, own)
        if self._is_displaced(row, found) or (self.is_astray(row) and not self._long_words(row) & found):
            together = [self._written_with[one] for one in self._long_words(row) if one in self._written_with]
            tells = together and all(len(words) <= _MOST_TOGETHER for words in together)
            return found.union(*together, self._loose) if tells else self._everywhere
        return found

    def _known_despite(self, row: Present, doubted: Mark, own: frozenset[str]) -> frozenset[str]:
        """The same beside a mark that was written while rows were moved.

        Where the row's longer texts are its own, so is the rest, but for what was written together with that mark.
        """
        long = self._long_words(row)
        if not long or not long <= own:
            return self._everywhere
        return own | {word(self._ledger.roles[i], row.values[i]) for i in self._ledger.doubted[doubted]}

    def _words_of(self, texts: str) -> Iterator[frozenset[str]]:
        """Words of the results that belong to these texts, wherever their mark is or was."""
        seen = self._ledger.seen.get(texts, (None, ()))[0]
        yield from (mark.words for mark in (self.marks.get(texts), seen) if mark is not None)
        if self._has_lost_marks:
            if texts in self._ledger.marks:
                yield self._ledger.marks[texts].words
            if texts in self._ledger.results:
                yield self._ledger.results[texts].words

    def _long_words(self, row: Present) -> frozenset[str]:
        roles = self._ledger.roles
        return frozenset(
            word(role, v)
            for i, (role, v) in enumerate(zip(roles, row.values, strict=True))
            if i != self._ledger.status and isinstance(v, str) and _is_long(v)
        )

    @cached_property
    def _written_with(self) -> dict[str, set[str]]:
        """By the word of a longer text that stands somewhere: the words of whatever it was written together with.

        They tell a person's number in results that were moved apart from their row, which is none of those.
        """
        needed = frozenset().union(*map(self._long_words, self._rows))
        found: dict[str, set[str]] = {}
        for words in self._sets():
            for one in words & needed:
                found.setdefault(one, set()).update(words)
        return found

    def _is_unknown(self, i: int, value: Shown, known: frozenset[str]) -> bool:
        return bool(value_text(value)) and word(self._ledger.roles[i], value) not in known

    def _is_elsewhere(self, row: Present, mark: Mark) -> bool:
        return row.fingerprint in self.marks or mark.fingerprint in self._present

    def _is_left_here(self, row: Present) -> bool:
        """Without a mark, and yet sheetjudge's: a whole set of results with its status, or one of its longer texts."""
        if not any(map(value_text, row.values)):
            return False
        status = self._ledger.status
        has_status = status is not None and bool(value_text(row.values[status]))
        return self._is_displaced(row, frozenset()) or (has_status and self.holds_only(row.values, self._everywhere))

    @property
    def _is_blind(self) -> bool:
        """The marks are gone, and what they said isn't known from before."""
        return self._has_lost_marks and self._ledger.is_blind

    @cached_property
    def _is_taken_apart(self) -> bool:
        """The marks are gone, and results were moved apart from their rows: nothing tells a person's cells any more."""
        results = self._ledger.results
        return self._is_blind and any(
            row.mark is None and row.fingerprint in results and self._is_displaced(row, results[row.fingerprint].words)
            for row in self._rows
        )

    def _says_what_was_edited(self, row: Present, own: frozenset[str]) -> bool:
        """The status is the one that was written for these texts, and names every cell that isn't sheetjudge's.

        So texts and results stand together, and only the mark was left elsewhere: its stranger's words tell nothing.
        """
        status = self._ledger.status
        named, roles = self._edited_by_status(row), self._ledger.roles
        if status is None or not named:
            return False
        return word(roles[status], row.values[status]) in own and all(
            roles[i] in named for i, v in enumerate(row.values) if self._is_unknown(i, v, own)
        )

    def _edited_by_status(self, row: Present) -> list[str]:
        """The columns that the status calls a person's."""
        status = self._ledger.status
        text = "" if status is None else str(row.values[status] or "")
        return text.removeprefix(REVIEW).split(", ") if text.startswith(REVIEW) else []

    def _hardly_ours(self, row: Present) -> dict[int, Shown]:
        """What is a person's where nothing tells for sure.

        That is what the status calls theirs, and any value of a kind that recurs in results where none has it. Reasons
        and figures with a fraction don't recur: they may be of any row that there was.
        """
        roles, status = self._ledger.roles, self._ledger.status
        named = self._edited_by_status(row)
        return {
            i: v
            for i, v in enumerate(row.values)
            if i != status
            and value_text(v)
            and (roles[i] in named or (_recurs(v) and word(roles[i], v) not in self._everywhere))
        }

    def _is_mixed(self, row: Present, known: frozenset[str]) -> bool:
        return row.mark in self._ledger.doubted or self._is_displaced(row, known)

    def _is_displaced(self, row: Present, known: frozenset[str]) -> bool:
        """A long text of another row stands here: somebody sorted the results and not the marks."""
        roles, status = self._ledger.roles, self._ledger.status
        return any(
            isinstance(v, str)
            and _is_long(v)
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
        return frozenset().union(*self._sets())

    def _sets(self) -> Iterator[frozenset[str]]:
        """The words of each row's results, present and past."""
        yield from (row.mark.words for row in self._rows if row.mark is not None)
        yield from (mark.words for mark, _ in self._ledger.seen.values() if mark is not None)
        yield from (mark.words for mark in self._ledger.marks.values())
        yield from (result.words for result in self._ledger.results.values())


def _is_long(text: str) -> bool:
    return len(text) >= _LONG_TEXT


def _recurs(value: Shown) -> bool:
    return not _is_long(value) if isinstance(value, str) else value is not None and value == int(value)


def same(one: Shown | CellValue, other: Shown | CellValue) -> bool:
    """Are these values the same, however they are written?"""
    return value_text(one) == value_text(other)

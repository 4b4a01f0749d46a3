"""What has to be written so that every row of a tab shows its own results, whatever people did meanwhile.

Only values: `sheet_target` reads and writes. A result belongs to the texts that were judged, so a row gets it if and
only if its present texts have their fingerprint. Where that leaves a row without results of its own it becomes
`stale`; a cell that a person filled or changed is never touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

from sheetjudge.core.row_marks import NOT_JUDGED, Basis, Mark, Shown, new_id, value_text, word, words_of
from sheetjudge.core.table import CellValue

STALE = "stale"
_REVIEW = "review: edited by a person: "
_LONG_TEXT = 8
_NOTHING: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Present:
    """A row of the tab at one moment.

    Attributes:
        fingerprint: of its inputs. is_blank: there is nothing in them.
        values: what the columns of results hold.
        mark: its mark. is_taken: the mark's cell holds something that is no mark.
    """

    fingerprint: str
    is_blank: bool
    values: tuple[Shown, ...]
    mark: Mark | None = None
    is_taken: bool = False

    @property
    def home(self) -> Mark | None:
        """The mark, if it is this row's own."""
        return self.mark if self.mark is not None and self.mark.fingerprint == self.fingerprint else None


@dataclass(frozen=True, slots=True)
class Edit:
    """What to write into one row.

    Attributes:
        row: its index among the rows that were planned for.
        cells: value by index of the column of results.
        mark: the new mark; None to leave none.
    """

    row: int
    cells: Mapping[int, Shown]
    mark: Mark | None


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found for the rows with one fingerprint.

    Attributes:
        values: one for each column of results. words: a word for each that isn't empty.
        is_settled: need not be judged again.
    """

    values: tuple[CellValue, ...]
    words: frozenset[str]
    is_settled: bool = True


class Ledger:
    """All that a run knows of a tab's rows.

    Args:
        roles: what the columns of results hold, in order.
        basis: what the results rest on.
        read: fingerprints of the rows that were read at the start. settled: of those that will not be judged.
        trailing: how many rows without inputs were read after the last one with some.

    Attributes:
        results: what the run found, by fingerprint. seen: marks and values that rows were last seen with.
        marks: those that were read at the start.
        status: number of the column that holds the status.
    """

    def __init__(
        self,
        roles: Sequence[str],
        basis: Basis,
        read: frozenset[str],
        settled: frozenset[str] = frozenset(),
        trailing: int = 0,
    ) -> None:
        self.roles = tuple(roles)
        self.basis = basis
        self.read = read
        self.awaited = read - settled
        self.trailing = trailing
        self.results: dict[str, Result] = {}
        self.marks: dict[str, Mark] = {}
        self.seen: dict[str, tuple[Mark | None, tuple[Shown, ...]]] = {}
        self.status = next((i for i, role in enumerate(self.roles) if role.endswith("Status")), None)

    def add(self, fingerprint: str, result: Result) -> None:
        """Take what the run found. Rows with the same texts get the same result: the first that is none of failure."""
        known = self.results.get(fingerprint)
        if known is None or (result.is_settled and not known.is_settled):
            self.results[fingerprint] = result

    def plan(
        self,
        rows: Sequence[Present],
        *,
        is_final: bool,
        remade: frozenset[int] = frozenset(),
        has_lost_marks: bool = False,
        written: Mapping[int, str] = _NOTHING,
    ) -> list[Edit]:
        """The edits that put the rows right; none where they are.

        Args:
            rows: the tab's rows, in order.
            is_final: no more results will come.
            remade: columns of results that were made again in this run, after somebody deleted them.
            has_lost_marks: the column of marks, too, was deleted in this run.
            written: where the last edits went: fingerprint of the row that they were for, by index.
        """
        planning = _Planning(self, rows, is_final=is_final, remade=remade, has_lost_marks=has_lost_marks)
        planning.was_raced = any(at >= len(rows) or rows[at].fingerprint != meant for at, meant in written.items())
        return planning.edits()


class _Planning:
    """One look at the rows of a tab."""

    def __init__(
        self,
        ledger: Ledger,
        rows: Sequence[Present],
        *,
        is_final: bool,
        remade: frozenset[int],
        has_lost_marks: bool,
    ) -> None:
        self.ledger = ledger
        self.rows = rows
        self.is_final = is_final
        self.remade = remade
        self.has_lost_marks = has_lost_marks
        self.was_raced = False
        self.ids: set[str] = set()
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
                edit = Edit(at, {}, twice[at]) if edit is None else replace(edit, mark=self._under(edit, twice[at].id))
            if edit is not None:
                found.append(edit)
        return found

    def _remember(self) -> None:
        """Keep what rows hold that is their own, in case that it is displaced."""
        seen = self.ledger.seen
        for row in self.rows:
            before = seen.get(row.fingerprint)
            if before == (row.mark, row.values):
                continue
            if row.home is not None:
                if self._is_displaced(row, row.home.words):
                    continue
                values = list(row.values)
                if before is not None:
                    for i in self.remade:
                        values[i] = values[i] if value_text(values[i]) else before[1][i]
                seen[row.fingerprint] = (row.home, tuple(values))
            elif (
                row.mark is None
                and not self._is_astray(row)
                and (before is None or before[0] is None)
                and any(map(value_text, row.values))
            ):
                seen[row.fingerprint] = (None, row.values)

    def _under(self, edit: Edit, row_id: str) -> Mark | None:
        return edit.mark and replace(edit.mark, id=row_id)

    def _edit(self, at: int, row: Present) -> Edit | None:
        result = self.ledger.results.get(row.fingerprint)
        is_beyond = row.is_blank and at >= self.filled
        if result is not None and not is_beyond:
            return self._fill(at, row, result)
        if row.home is not None and not is_beyond:
            return self._tend(at, row, row.home)
        return self._without_result(at, row, is_beyond=is_beyond)

    def _without_result(self, at: int, row: Present, *, is_beyond: bool) -> Edit | None:
        kept = self._kept_elsewhere(row)
        if kept is not None and not row.is_blank:
            return self._put_back(at, row, *kept)
        before = self.ledger.marks.get(row.fingerprint) if self.has_lost_marks and row.mark is None else None
        if before is not None and any(map(value_text, row.values)) and self._holds_only(row.values, before.words):
            return Edit(at, {}, before)
        is_awaited = row.fingerprint in self.ledger.awaited
        if row.is_blank or is_beyond or (is_awaited and not self.is_final and row.mark is not None):
            return self._cleared(at, row)
        if row.mark is not None or (self.is_final and not is_awaited):
            return self._stale(at, row)
        if self._is_astray(row):
            # Results without a mark, left here by a sort of some columns only: later nobody could tell whose they are.
            return self._cleared(at, row)
        back = {i: v for i, v in self._persons_before(row, None).items() if not value_text(row.values[i])}
        return Edit(at, back, row.mark) if back else None

    def _fill(self, at: int, row: Present, result: Result) -> Edit | None:
        """Write a result of this run, around what a person wrote."""
        ledger = self.ledger
        known = self._known(row)
        wanted: list[CellValue] = list(result.values)
        persons = {i: v for i, v in enumerate(row.values) if self._is_persons(i, v, wanted[i], known)}
        if row.home is None:
            persons = self._persons_before(row, wanted) | persons
        edited = [i for i in persons if i != ledger.status]
        if ledger.status is not None and edited:
            wanted[ledger.status] = self._review(edited)
        rubric = ledger.basis.rubric if result.is_settled else NOT_JUDGED
        words = words_of(ledger.roles, wanted) if edited else result.words
        mark = Mark(self._id(row), row.fingerprint, rubric, ledger.basis.asked, words)
        cells: dict[int, Shown] = {i: v for i, v in enumerate(wanted) if i not in persons}
        cells |= {i: v for i, v in persons.items() if not _same(row.values[i], v)}
        return self._if_needed(at, row, cells, mark)

    def _tend(self, at: int, row: Present, mark: Mark) -> Edit | None:
        """A row with results of an earlier run, or none: look after its status."""
        ledger = self.ledger
        before = ledger.seen.get(row.fingerprint)
        lost = {
            i: before[1][i]
            for i in self.remade
            if before is not None and not value_text(row.values[i]) and value_text(before[1][i])
        }
        edited = [
            i for i, v in enumerate(row.values) if i != ledger.status and self._is_persons(i, v, None, mark.words)
        ]
        if edited and self._is_displaced(row, mark.words):
            kept = self._kept_elsewhere(row)
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
        if self._is_persons(ledger.status, row.values[ledger.status], None, mark.words):
            return None
        if self.is_final and mark.rubric != ledger.basis.rubric:
            return STALE
        return self._review(edited) if edited else None

    def _stale(self, at: int, row: Present) -> Edit | None:
        """Take away results that aren't this row's, and say so."""
        ledger = self.ledger
        known = self._known(row)
        cells: dict[int, Shown] = {i: None for i, v in enumerate(row.values) if not self._is_persons(i, v, None, known)}
        cells |= {i: v for i, v in self._persons_before(row, None).items() if i in cells}
        words: frozenset[str] = frozenset()
        if ledger.status in cells and ledger.status is not None:
            cells[ledger.status] = STALE
            words = frozenset({word(ledger.roles[ledger.status], STALE)})
        mark = Mark(self._id(row), row.fingerprint, NOT_JUDGED, ledger.basis.asked, words)
        return self._if_needed(at, row, cells, mark)

    def _cleared(self, at: int, row: Present) -> Edit | None:
        """Take away results that aren't this row's."""
        known = self._known(row)
        cells: dict[int, Shown] = {i: None for i, v in enumerate(row.values) if not self._is_persons(i, v, None, known)}
        cells |= {i: v for i, v in self._persons_before(row, None).items() if i in cells}
        return self._if_needed(at, row, cells, None)

    def _put_back(self, at: int, row: Present, mark: Mark, values: Sequence[Shown]) -> Edit | None:
        """Give a row its own results of an earlier run again, which were left elsewhere or written over."""
        known = self._known(row) | mark.words
        cells = {i: values[i] for i, v in enumerate(row.values) if not self._is_persons(i, v, values[i], known)}
        row_id = mark.id if mark.id not in self.ids else new_id()
        self.ids.add(row_id)
        return self._if_needed(at, row, cells, replace(mark, id=row_id))

    def _if_needed(self, at: int, row: Present, cells: Mapping[int, Shown], mark: Mark | None) -> Edit | None:
        is_marked = row.is_taken or row.mark == mark
        if is_marked and all(_same(row.values[i], v) for i, v in cells.items()):
            return None
        return Edit(at, cells, mark)

    def _id(self, row: Present) -> str:
        if row.home is not None:
            return row.home.id
        known = self._marks.get(row.fingerprint)
        before = self.ledger.seen.get(row.fingerprint, (None, ()))[0]
        for mark in (known, before, row.mark):
            if mark is not None and mark.id not in self.ids:
                self.ids.add(mark.id)
                return mark.id
        return new_id()

    def _known(self, row: Present) -> frozenset[str]:
        """Words of what sheetjudge may have written into the cells of a row."""
        found = row.mark.words if row.mark is not None else frozenset()
        if row.home is None:
            for mark in (self._marks.get(row.fingerprint), self.ledger.seen.get(row.fingerprint, (None, ()))[0]):
                found |= mark.words if mark is not None else frozenset()
        return self._everywhere if self._is_astray(row) or self._is_displaced(row, found) else found

    def _is_astray(self, row: Present) -> bool:
        """The mark belongs to another row, or the row's own is elsewhere: nothing here need be this row's.

        Where neither is, somebody changed the row's texts and what they wrote beside them stays theirs.
        """
        if row.mark is None:
            return self.has_lost_marks or self._is_muddled
        return row.home is None and self._is_elsewhere(row, row.mark)

    def _is_elsewhere(self, row: Present, mark: Mark) -> bool:
        return row.fingerprint in self._marks or mark.fingerprint in self._present

    @cached_property
    def _is_muddled(self) -> bool:
        """Somewhere in the tab results stand beside another row."""
        return any(row.mark is not None and row.home is None and self._is_elsewhere(row, row.mark) for row in self.rows)

    def _is_displaced(self, row: Present, known: frozenset[str]) -> bool:
        """A long text of another row stands here: somebody sorted the results and not the marks."""
        roles = self.ledger.roles
        return any(
            isinstance(v, str)
            and len(v) >= _LONG_TEXT
            and word(roles[i], v) not in known
            and (word(roles[i], v) in self._everywhere or (i == self.ledger.status and v.startswith(_REVIEW)))
            for i, v in enumerate(row.values)
        )

    def _is_persons(self, i: int, value: Shown, wanted: Shown, known: frozenset[str]) -> bool:
        """Did a person write this? An empty cell is free to be filled."""
        return bool(value_text(value) and not _same(value, wanted) and word(self.ledger.roles[i], value) not in known)

    def _persons_before(self, row: Present, wanted: Sequence[CellValue] | None) -> dict[int, Shown]:
        """What a person had written beside this row before something else was written over it."""
        before = self.ledger.seen.get(row.fingerprint)
        if before is None or (row.mark is None and not self.was_raced and not self._is_astray(row)):
            return {}
        words = before[0].words if before[0] is not None else frozenset()
        return {
            i: v
            for i, v in enumerate(before[1])
            if self._is_persons(i, v, None if wanted is None else wanted[i], words)
        }

    def _kept_elsewhere(self, row: Present) -> tuple[Mark, tuple[Shown, ...]] | None:
        """The row's own results, where another row holds them, or as they were seen before."""
        found = self._whole.get(row.fingerprint)
        if found is not None:
            return found
        mark, values = self.ledger.seen.get(row.fingerprint, (None, ()))
        return (mark, values) if mark is not None and mark.rubric != NOT_JUDGED else None

    @cached_property
    def _present(self) -> frozenset[str]:
        """The fingerprints of all rows."""
        return frozenset(row.fingerprint for row in self.rows)

    @cached_property
    def _marks(self) -> dict[str, Mark]:
        """Every mark by its fingerprint, wherever it stands."""
        return {row.mark.fingerprint: row.mark for row in self.rows if row.mark is not None}

    @cached_property
    def _whole(self) -> dict[str, tuple[Mark, tuple[Shown, ...]]]:
        """Results that stand beside another row's texts, together with their mark and unchanged."""
        return {
            row.mark.fingerprint: (row.mark, row.values)
            for row in self.rows
            if row.mark is not None
            and row.home is None
            and row.mark.rubric != NOT_JUDGED
            and any(map(value_text, row.values))
            and self._holds_only(row.values, row.mark.words)
        }

    @cached_property
    def _everywhere(self) -> frozenset[str]:
        """Words of everything that sheetjudge wrote into this tab."""
        ours = [row.mark.words for row in self.rows if row.mark is not None]
        if self.has_lost_marks:
            ours += [mark.words for mark, _ in self.ledger.seen.values() if mark is not None]
            ours += [mark.words for mark in self.ledger.marks.values()]
        ours += [result.words for result in self.ledger.results.values()]
        return frozenset().union(*ours)

    def _holds_only(self, values: Sequence[Shown], words: frozenset[str]) -> bool:
        return all(word(r, v) in words for r, v in zip(self.ledger.roles, values, strict=True) if value_text(v))

    def _review(self, edited: Sequence[int]) -> str:
        return _REVIEW + ", ".join(self.ledger.roles[i] for i in sorted(edited))


def _same(one: Shown, other: Shown) -> bool:
    return value_text(one) == value_text(other)

"""The person of the write-back trials: works in the sheet at random moments, and knows what they typed themselves."""

from __future__ import annotations

import json
import random
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sheetjudge.sandbox.faults import Seen
from sheetjudge.sandbox.problems import ApiError
from sheetjudge.sandbox.running import Sandbox

DATA = ("Name", "Essay", "Topic", "Notes")
JUDGED = ("Essay", "Topic")
RESULTS = ("Score", "clarity", "Rank", "Why", "Status")
MOST_EDITS = 25
HIGHEST = 5
MOVES = ("do_sort", "do_sort_selection", "do_insert", "do_delete", "do_move_row", "do_paste", "do_copy")
ABRUPT = ("do_insert", "do_delete", "do_move_row", "do_paste", "do_insert_column", "do_move_column")


def truth(texts: tuple[str, ...]) -> dict[str, Any]:
    """The right results of a row with these texts."""
    number = zlib.crc32("\0".join(texts).encode())
    value = number % 5 + 1
    ranks = {"Rank": number % 1000 + 10}
    return {"Score": value, "clarity": value, **ranks, "Why": f"clarity: Because {number:08x}", "Status": "ok"}


@dataclass(frozen=True)
class Small:
    """A small number that was typed over a result, where sheetjudge could have written the same one.

    Attributes:
        note: a note on the cell, that moves with it. value: the number. header: of the column.
    """

    note: str
    value: float
    header: str


class Worker:
    """A person at the sheet, who edits it at random moments until they have had enough.

    Attributes:
        typed: all texts and numbers that they typed over results. own: those that they haven't taken away themselves.
        fresh: those that were typed since the last look at the results. lost: those that a write took away; in_window:
            while they were fresh, be it by the same number; or small numbers while rows were moved since that look
            (has_moved), and anything while texts were changed, too (has_typed).
        data_changed: how often a write changed a cell that isn't sheetjudge's. rows_lost: rows that one took away.
        beside: the texts that a small number has stood beside, by its note: there it may be put back.
        first_read: the spreadsheet as it was at the last look.
    """

    def __init__(self, google: Sandbox, url: str, rng: random.Random) -> None:
        self.person = google.spreadsheet(url)
        self.rng = rng
        self.left = rng.randrange(3, MOST_EDITS)
        self.eagerness = rng.choice((0.05, 0.15, 0.4))
        self.pounces = rng.random() < 0.25
        self.counter = 0
        self.own: set[str | Small] = set()
        self.typed: set[str | Small] = set()
        self.fresh: set[str | Small] = set()
        self.lost: set[str | Small] = set()
        self.in_window: set[str | Small] = set()
        self.beside: dict[str, set[tuple[str, ...]]] = {}
        self.has_moved = self.has_typed = False
        self.data_changed = 0
        self.rows_lost = 0
        self.edits: Counter[str] = Counter()
        self.first_read: Any = None

    def __call__(self, moment: str, seen: Seen) -> None:
        """Watch what the program does, and work in between."""
        self.look()
        if moment == "after":
            self.watch(moment, seen)
        if seen.name == "sheets.values.batchGetByDataFilter" and moment == "after" and b"UNFORMATTED" in seen.body:
            self.fresh.clear()
            self.has_moved = self.has_typed = False
        is_write = moment == "before" and b"updateCells" in seen.body
        if self.left and is_write and self.pounces and self.rng.random() < 0.7:
            self.left -= 1
            self.edit(self.rng.choice(ABRUPT))
        elif self.left and self.rng.random() < self.eagerness:
            self.left -= 1
            self.edit()
        if moment == "before":
            if b"FORMATTED_VALUE" in seen.body and b"UNFORMATTED" not in seen.body:
                # What is read now is what the last look rests on: later edits are for the next run.
                self.first_read = self.person.book
            self.watch(moment, seen)

    def look(self) -> None:
        """See beside which texts the small numbers stand."""
        if not self.beside:
            return
        for number, row in enumerate(self.tab.rows):
            for cell in row:
                if cell is not None and cell.note in self.beside:
                    self.beside[cell.note].add(texts_of(self.person.book, number))

    def watch(self, moment: str, seen: Seen) -> None:
        """Compare what stood there before a request with what stands there after it."""
        if seen.name != "sheets.batchUpdate":
            return
        if moment == "before":
            self.state = self.person.book
            return
        if self.person.book is self.state:
            return
        then, now = data_of(self.state), data_of(self.person.book)
        if then != now:
            self.data_changed += 1
            self.rows_lost += (Counter(then) - Counter(now)).total()
        gone = self.own_in(self.state) - self.own_in(self.person.book)
        over = gone | self.overwritten_alike()
        self.in_window |= over & self.fresh
        if self.has_moved:
            self.in_window |= over if self.has_typed else {one for one in over if isinstance(one, Small)}
        self.lost |= gone

    def overwritten_alike(self) -> set[str | Small]:
        """Small numbers whose row was written over, where the same number was written: nobody can tell them apart."""
        found: set[str | Small] = set()
        known = {one.note: one for one in self.own if isinstance(one, Small)}
        for then, now in zip(self.state.sheets[0].rows, self.tab.rows, strict=False):
            noted = [known[c.note] for c in now if c is not None and c.note in known] if known else []
            if noted and [c.effective if c else None for c in then] != [c.effective if c else None for c in now]:
                found.update(noted)
        return found

    def own_in(self, book: Any) -> set[str | Small]:
        """What of theirs stands in a spreadsheet.

        A small number stands where it was typed, or beside texts that it stood beside: there it may have been put back.
        """
        if not self.own:
            return set()
        sheet = book.sheets[0]
        shown: set[str | Small] = {str(c.effective) for row in sheet.rows for c in row if c is not None}
        smalls = [one for one in self.own if isinstance(one, Small)]
        if smalls:
            noted = {(c.note, c.effective) for row in sheet.rows for c in row if c is not None and c.note}
            beside = beside_texts(book)
            shown |= {
                one
                for one in smalls
                if (one.note, one.value) in noted
                or any((one.header, one.value) in beside.get(texts, ()) for texts in self.beside[one.note])
            }
        return self.own & shown

    def is_own(self, cell: Any, header: str, texts: tuple[str, ...], status: str) -> bool:
        """Did they type what stands in this cell, or what was put back beside these texts?

        A small number may have been put back as part of a row that was moved apart again since. Then the status of the
        row says that it is a person's.
        """
        is_said = status.startswith("review: edited by a person: ") and header in status
        return str(cell.effective) in self.typed or any(
            (one.header, one.value) == (header, cell.effective)
            and (is_said or one.value > HIGHEST or cell.note == one.note or texts in self.beside[one.note])
            for one in self.typed
            if isinstance(one, Small)
        )

    def edit(self, kind: str = "") -> None:
        """One edit, of a random kind if none is given."""
        kinds = [name for name in dir(self) if name.startswith("do_")]
        often = ["do_type", "do_type", "do_sort", "do_sort_selection", "do_result", "do_result", "do_small", "do_small"]
        kind = kind or self.rng.choice([*kinds, *often])
        before = self.own_in(self.person.book)
        try:
            getattr(self, kind)()
        except ApiError:
            return
        gone = before - self.own_in(self.person.book)
        self.own = {one for one in self.own if one not in gone}
        self.edits[kind[3:]] += 1
        self.has_moved |= kind in MOVES
        self.has_typed |= kind == "do_type"

    @property
    def tab(self) -> Any:
        return self.person.book.sheets[0]

    @property
    def height(self) -> int:
        return max((i for i, row in enumerate(self.tab.rows) if any(c and c.effective for c in row)), default=1) + 1

    def a_row(self) -> int:
        return self.rng.randrange(1, max(self.height, 2))

    def column(self, header: str) -> int | None:
        heads = [c.effective if c else None for c in self.tab.rows[0]]
        return heads.index(header) if header in heads else None

    def a_text(self, what: str) -> str:
        self.counter += 1
        return f"{what} {self.counter} by hand {self.rng.randrange(10**6)}"

    def put(self, row: int, column: int, value: Any, note: str = "") -> None:
        kind = "stringValue" if isinstance(value, str) else "numberValue"
        start = {"sheetId": 0, "rowIndex": row, "columnIndex": column}
        cell = {"userEnteredValue": {kind: value}, "note": note}
        request = {"start": start, "rows": [{"values": [cell]}], "fields": "userEnteredValue,note"}
        self.person.do({"updateCells": request})

    def do_type(self) -> None:
        """Change a text that is judged."""
        self.put(self.a_row(), self.column(self.rng.choice(("Essay", "Topic"))) or 0, self.a_text("text"))

    def do_notes(self) -> None:
        column = self.column("Notes")
        if column is not None:
            self.put(self.a_row(), column, self.a_text("note"))

    def do_result(self) -> None:
        """Change a result by hand."""
        column = self.column(self.rng.choice(("Score", "Why")))
        if column is None:
            return
        self.counter += 1
        value: Any = 1000 + self.counter if self.tab.rows[0][column].effective == "Score" else self.a_text("mine")
        self.note_down(value if isinstance(value, str) else str(float(value)))
        self.put(self.a_row(), column, value)

    def note_down(self, what: str | Small) -> None:
        """Remember what was typed."""
        for known in (self.own, self.typed, self.fresh):
            known.add(what)

    def do_small(self) -> None:
        """Type a number over a result that could be sheetjudge's, were it not in this row."""
        header = self.rng.choice(("Score", "clarity"))
        column, row = self.column(header), self.a_row()
        cells = self.tab.rows[row] if row < len(self.tab.rows) else ()
        if column is None or column >= len(cells) or cells[column] is None or cells[column].effective is None:
            return
        right = truth(texts_of(self.person.book, row))[header]
        value = float(self.rng.choice([n for n in range(1, 8) if n not in (right, cells[column].effective)]))
        self.counter += 1
        small = Small(f"small {self.counter}", value, header)
        self.beside[small.note] = {texts_of(self.person.book, row)}
        self.note_down(small)
        self.put(row, column, value, small.note)

    def sort(self, left: int, right: int) -> None:
        area = {"sheetId": 0, "startRowIndex": 1, "endRowIndex": self.height}
        area |= {"startColumnIndex": left, "endColumnIndex": right}
        order = self.rng.choice(("ASCENDING", "DESCENDING"))
        spec = {"dimensionIndex": self.rng.randrange(left, right), "sortOrder": order}
        self.person.do({"sortRange": {"range": area, "sortSpecs": [spec]}})

    def do_sort(self) -> None:
        """Sort all columns."""
        self.sort(0, self.tab.column_count)

    def do_sort_selection(self) -> None:
        """Sort some columns, among them all that are judged, and leave the others where they are."""
        columns = [self.column("Essay"), self.column("Topic")]
        if None in columns:
            return
        ours = [i for h in RESULTS if (i := self.column(h)) is not None]
        right = self.rng.choice([max(columns) + 1, max([*columns, *ours]) + 1, max(columns) + 2])  # type: ignore[type-var]
        left = 0 if self.rng.random() < 0.5 else min(columns)  # type: ignore[type-var]
        if len({left <= i < right for i in ours}) < 2:
            self.sort(left, right)

    def span(self, row: int, count: int = 1) -> dict[str, Any]:
        return {"sheetId": 0, "dimension": "ROWS", "startIndex": row, "endIndex": row + count}

    def do_insert(self) -> None:
        self.person.do({"insertDimension": {"range": self.span(self.a_row(), self.rng.randrange(1, 4))}})

    def do_insert_above_header(self) -> None:
        if self.rng.random() < 0.2:
            return
        self.do_paste()

    def do_paste(self) -> None:
        """A new row, typed in."""
        row = self.a_row()
        self.person.do({"insertDimension": {"range": self.span(row)}})
        for header in DATA:
            column = self.column(header)
            if column is not None:
                self.put(row, column, self.a_text(header))

    def do_copy(self) -> None:
        """A copy of a whole row, results and marks with it."""
        row = self.a_row()
        self.person.do({"insertDimension": {"range": self.span(row)}})
        source = {"sheetId": 0, "startRowIndex": row + 1, "endRowIndex": row + 2}
        target = {"sheetId": 0, "startRowIndex": row, "endRowIndex": row + 1}
        self.person.do({"copyPaste": {"source": source, "destination": target, "pasteType": "PASTE_NORMAL"}})

    def do_delete(self) -> None:
        if self.height > 20:
            self.person.do({"deleteDimension": {"range": self.span(self.a_row(), self.rng.randrange(1, 4))}})

    def do_move_row(self) -> None:
        self.person.do({"moveDimension": {"source": self.span(self.a_row()), "destinationIndex": self.a_row()}})

    def do_move_column(self) -> None:
        column, to = self.rng.randrange(0, 9), self.rng.randrange(0, 9)
        source = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": column, "endIndex": column + 1}
        self.person.do({"moveDimension": {"source": source, "destinationIndex": to}})

    def do_insert_column(self) -> None:
        column = self.rng.randrange(0, 9)
        area = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": column, "endIndex": column + 1}
        self.person.do({"insertDimension": {"range": area}})

    def do_delete_our_column(self) -> None:
        """Delete a column of results, or the hidden one: seldom."""
        column = self.column(self.rng.choice(("sheetjudge", "clarity")))
        if column is not None and self.rng.random() < 0.3:
            area = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": column, "endIndex": column + 1}
            self.person.do({"deleteDimension": {"range": area}})

    def do_unhide(self) -> None:
        area = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 20}
        shown = {"range": area, "properties": {"hiddenByUser": False}, "fields": "hiddenByUser"}
        self.person.do({"updateDimensionProperties": shown})

    def do_rename(self) -> None:
        self.person.rename(f"Tab {self.rng.randrange(10**6)}")


def ours(book: Any) -> set[int]:
    """Indexes of the columns that are sheetjudge's."""
    found = set()
    for one in book.metadata:
        says = json.loads(one.get("metadataValue", "{}")) if one["metadataKey"] == "sheetjudge" else {}
        if ("role" in says or "marks" in says) and "dimensionRange" in one["location"]:
            found.add(one["location"]["dimensionRange"]["startIndex"])
    return found


def data_of(book: Any) -> list[tuple[Any, ...]]:
    """What stands in the columns that are a person's, row by row, without empty columns."""
    managed = ours(book)
    rows = [[c.effective if c else None for c in row] for row in book.sheets[0].rows]
    found = [tuple(v for i, v in enumerate(row) if i not in managed and v is not None) for row in rows]
    while found and not found[-1]:
        found.pop()
    return found


def texts_of(book: Any, row: int) -> tuple[str, ...]:
    """The texts of a row that are judged."""
    rows = book.sheets[0].rows
    heads = [c.effective if c else None for c in rows[0]]
    at = [heads.index(name) if name in heads else -1 for name in JUDGED]
    cells = rows[row] if row < len(rows) else ()
    return tuple(str(cells[i].effective or "") if 0 <= i < len(cells) and cells[i] else "" for i in at)


def beside_texts(book: Any) -> dict[tuple[str, ...], set[tuple[str, Any]]]:
    """(header, value) of each result beside the texts of its row."""
    rows = book.sheets[0].rows
    heads = [c.effective if c else None for c in rows[0]]
    found: dict[tuple[str, ...], set[tuple[str, Any]]] = {}
    for number, row in enumerate(rows):
        known = found.setdefault(texts_of(book, number), set())
        known.update((head, c.effective) for head, c in zip(heads, row, strict=False) if head in RESULTS and c)
    return found

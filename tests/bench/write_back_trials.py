"""Seeded trials of writing back into a sheet while a person works in it and the network fails.

    python tests/bench/write_back_trials.py [--trials 1000] [--first 0] [--processes 2] [--without fence|looks|texts]

Each trial is a run of 50 to 500 rows (often a second one after it) against the local Google. A person sorts, inserts,
deletes, moves, copies and edits at random moments between requests and while one is on its way; requests fail with
429, 500, 503 or a dropped connection, before or after they were done. A row's right score follows from its texts, so
every row can be checked at the end. `--without` takes a part of the protection away, to show that the trials notice.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import tempfile
import time
import zlib
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sheetjudge import sandbox  # noqa: E402
from sheetjudge.core.row_marks import Basis, version_of  # noqa: E402
from sheetjudge.errors import SheetjudgeError  # noqa: E402
from sheetjudge.sandbox.faults import Fault, Seen, quota_error, server_error  # noqa: E402
from sheetjudge.sandbox.problems import ApiError  # noqa: E402
from sheetjudge.tables import sheet_places, sheet_target  # noqa: E402
from sheetjudge.tables.sheet_table import SheetTable, open_sheet  # noqa: E402
from sheetjudge.tables.sheets import Patience  # noqa: E402

HEADERS = ("Score", "clarity", "Why", "Status")
DATA = ("Name", "Essay", "Topic", "Notes")
INPUTS = (1, 2)
PARTS = ("fence", "looks", "texts")
MOST_EDITS = 25
BAD = ("wrong row", "person's cells overwritten", "rows lost", "data cells changed", "no status", "not finished")


def truth(texts: tuple[str, ...]) -> tuple[int, int, str, str]:
    """The right results of a row with these texts."""
    number = zlib.crc32("\0".join(texts).encode())
    return number % 5 + 1, number // 5 % 2, f"Because {number:08x}", "ok"


class Worker:
    """A person at the sheet, who edits it at random moments until they have had enough."""

    def __init__(self, google: sandbox.Sandbox, url: str, rng: random.Random) -> None:
        self.person = google.spreadsheet(url)
        self.rng = rng
        self.left = rng.randrange(3, MOST_EDITS)
        self.eagerness = rng.choice((0.05, 0.15, 0.4))
        self.counter = 0
        self.own: set[str] = set()
        self.fresh: set[str] = set()
        self.lost: set[str] = set()
        self.in_window: set[str] = set()
        self.data_changed = 0
        self.rows_lost = 0
        self.edits: Counter[str] = Counter()
        self.first_read: Any = None

    def __call__(self, moment: str, seen: Seen) -> None:
        """Watch what the program does, and work in between."""
        if seen.name == "sheets.values.batchGetByDataFilter" and moment == "after" and b"UNFORMATTED" in seen.body:
            self.fresh.clear()
        if self.left and self.rng.random() < self.eagerness:
            self.left -= 1
            self.edit()
        if moment == "before" and b"FORMATTED_VALUE" in seen.body and b"UNFORMATTED" not in seen.body:
            # What is read now is what the last look rests on: later edits are for the next run.
            self.first_read = self.person.book

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
        self.in_window |= gone & self.fresh
        self.lost |= gone

    def own_in(self, book: Any) -> set[str]:
        """The texts and numbers of theirs that stand in a spreadsheet."""
        if not self.own:
            return set()
        shown = {str(c.effective) for row in book.sheets[0].rows for c in row if c is not None}
        return self.own & shown

    def edit(self) -> None:
        """One edit of a random kind."""
        kinds = [name for name in dir(self) if name.startswith("do_")]
        kind = self.rng.choice([*kinds, "do_type", "do_type", "do_sort", "do_sort_selection", "do_result", "do_result"])
        before = self.own_in(self.person.book)
        try:
            getattr(self, kind)()
        except ApiError:
            return
        self.own -= before - self.own_in(self.person.book)
        self.edits[kind[3:]] += 1

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

    def put(self, row: int, column: int, value: Any) -> None:
        kind = "stringValue" if isinstance(value, str) else "numberValue"
        start = {"sheetId": 0, "rowIndex": row, "columnIndex": column}
        cell = {"userEnteredValue": {kind: value}}
        request = {"start": start, "rows": [{"values": [cell]}], "fields": "userEnteredValue"}
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
        self.own.add(str(float(value)) if not isinstance(value, str) else value)
        self.fresh.add(str(float(value)) if not isinstance(value, str) else value)
        self.put(self.a_row(), column, value)

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
        ours = [i for h in HEADERS if (i := self.column(h)) is not None]
        right = self.rng.choice([max(columns) + 1, max([*columns, *ours]) + 1, max(columns) + 2])  # type: ignore[type-var]
        self.sort(0 if self.rng.random() < 0.5 else min(columns), right)  # type: ignore[type-var]

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


def run_once(table: SheetTable, rng: random.Random, counts: Counter[str], clock: list[float]) -> None:
    """What `score` does, with results that follow from the texts, and flushes at random moments."""
    inputs = tuple(next(c.index for c in table.columns if c.header == DATA[i]) for i in INPUTS)
    basis = Basis(inputs, version_of("rubric"), version_of("asked"))
    target = sheet_target.SheetTarget(table, basis, everything=False, now=lambda: clock[0])
    is_settled = table.settled(HEADERS, basis)
    target.open(HEADERS)
    rows = [row for row in table.rows() if not is_settled(row)]
    counts["judged"] += len(rows)
    if rng.random() < 0.5:
        rng.shuffle(rows)
    chance = rng.choice((2, 5)) / max(len(rows), 1)
    stop = rng.randrange(len(rows)) if rows and rng.random() < 0.1 else None
    for at, row in enumerate(rows):
        if at == stop:
            counts["stopped early"] += 1
            break
        texts = tuple(row.cells[i] for i in inputs)
        if not any(texts):
            target.put(row, (None, None, None, "skipped: empty row"))
        elif rng.random() < 0.02:
            target.put(row, (None, None, None, "error: the judge gave no verdict"))
        else:
            target.put(row, truth(texts))
        if rng.random() < chance:
            target.flush()
    target.close()


def trial(google: sandbox.Sandbox, seed: int) -> Counter[str]:
    """One trial; what came of it, counted."""
    rng = random.Random(seed)
    counts: Counter[str] = Counter(trials=1)
    rows = [
        [f"name {i}", f"essay {i} {rng.randrange(10**6)}", rng.choice(("Art", "Law", f"Topic {i}")), f"note {i}"]
        for i in range(rng.randrange(50, 501))
    ]
    for _ in range(rng.randrange(4)):
        rows.insert(rng.randrange(len(rows)), ["", "", "", ""])
    url = google.load(f"Trial {seed}", [list(DATA), *rows])
    worker = Worker(google, url, rng)
    moods = random.Random(seed + 1)
    share = moods.choice((0.0, 0.01, 0.04))
    troubles = [
        Fault(error=quota_error("Read", 60, "p", per_user=True)), Fault(error=server_error(500)),
        Fault(error=server_error(503)), Fault(late_error=server_error(502)), Fault(drop="before"), Fault(drop="after"),
    ]  # fmt: skip
    google.forget()
    google.clear_log()
    google.observe(
        lambda m, s: (worker(m, s), worker.watch(m, s)) if m == "before" else (worker.watch(m, s), worker(m, s))
    )
    google.faults.add(lambda _: moods.choice(troubles) if moods.random() < share else None)
    patience = Patience(tries=12, sleep=lambda _: None)
    try:
        for _ in range(rng.choice((1, 2))):
            table = open_sheet(url, credentials=str(google.credentials), environment={}, patience=patience)
            run_once(table, rng, counts, [0.0])
            worker.left += rng.randrange(3)
        google.forget()
    except SheetjudgeError as error:
        google.forget()
        counts["not finished"] += 1
        print(f"trial {seed}: {type(error).__name__}: {error}", file=sys.stderr)
        return counts
    counts["requests"] = len(google.log)
    counts["edits"] = worker.edits.total()
    check(worker, counts, seed)
    google.world.files.pop(worker.person.book_id)
    return counts


def check(worker: Worker, counts: Counter[str], seed: int) -> None:
    """Look at every row at the end."""
    book = worker.first_read
    now = worker.own_in(worker.person.book)
    over = (worker.lost - worker.in_window) & worker.own - now
    if over:
        print(f"trial {seed}: a person's cells are gone: {sorted(over)}", file=sys.stderr)
    counts["person's cells overwritten"] += len((worker.lost - worker.in_window) & worker.own - now)
    counts["edited in the window of a write"] += len(worker.in_window & worker.own - now)
    counts["rows lost"] += worker.rows_lost
    counts["data cells changed"] += worker.data_changed
    rows = [[c.effective if c else None for c in row] for row in book.sheets[0].rows]
    heads = rows[0]
    at = {name: heads.index(name) for name in (*DATA, *HEADERS) if name in heads}
    for number, row in enumerate(rows[1:], start=2):
        cells = {name: row[i] if i < len(row) and row[i] is not None else "" for name, i in at.items()}
        score, status = cells["Score"], str(cells["Status"])
        texts = (str(cells["Essay"]), str(cells["Topic"]))
        if not any(texts):
            counts["wrong row"] += isinstance(score, float) and str(score) not in worker.own
            continue
        counts["rows"] += 1
        right = truth(texts)
        is_wrong = (score != "" and score != right[0] and str(score) not in worker.own) or (
            cells["Why"] not in ("", right[2]) and cells["Why"] not in worker.own
        )
        if is_wrong:
            counts["wrong row"] += 1
            print(f"trial {seed}: row {number}: {row}", file=sys.stderr)
        word = status.split(":", maxsplit=1)[0]
        counts[word if word in ("ok", "stale", "skipped", "error", "review") else "no status"] += 1
        if word not in ("ok", "stale", "skipped", "error", "review") and counts["stopped early"]:
            counts["no status"] -= 1
            counts["not reached"] += 1
        elif word not in ("ok", "stale", "skipped", "error", "review"):
            print(f"trial {seed}: row {number} of {len(rows)}: {row}", file=sys.stderr)


def without(part: str) -> None:
    """Take a part of the protection away."""
    if part == "fence":
        sheet_places.Place.fence = lambda *_: []  # type: ignore[method-assign, assignment]
    elif part == "looks":
        sheet_target._ROUNDS = sheet_target._LAST_ROUNDS = 1
        sheet_target.SheetTarget._settle = _write_once  # type: ignore[method-assign, assignment]
    elif part == "texts":
        sheet_target.SheetTarget._settle = _write_by_number  # type: ignore[method-assign, assignment]
        sheet_places.Place.fence = lambda *_: []  # type: ignore[method-assign, assignment]


def _write_once(self: Any, _rounds: int, *, is_final: bool) -> bool:
    view = self._session.view()
    self._write(view, self._ledger.plan(view.rows, is_final=is_final))
    return True


def _write_by_number(self: Any, _rounds: int, *, is_final: bool) -> bool:
    from dataclasses import replace

    view = self._session.view()
    read = [self._texts(row) for row in self._table.rows()]
    rows = [
        replace(row, fingerprint=sheet_target.fingerprint(read[at])) if at < len(read) else row
        for at, row in enumerate(view.rows)
    ]
    self._write(view, self._ledger.plan(rows, is_final=is_final))
    return True


def trials(seeds: range, part: str = "") -> Counter[str]:
    """Many trials in this process."""
    # A connection that is dropped on purpose is no news.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    if part:
        without(part)
    total: Counter[str] = Counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        sandbox.start(credentials=Path(folder) / "key.json", seed=1) as google,
    ):
        for seed in seeds:
            total += trial(google, seed)
    return total


def is_good(total: Counter[str]) -> bool:
    """Nothing went wrong that must not."""
    return not any(total[name] for name in BAD)


def main() -> int:
    """Run the trials and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--without", choices=PARTS, default="")
    asked = parser.parse_args()
    began = time.monotonic()
    ends = [asked.first + asked.trials * k // asked.processes for k in range(asked.processes + 1)]
    with ProcessPoolExecutor(asked.processes) as pool:
        parts = [pool.submit(trials, range(a, b), asked.without) for a, b in pairwise(ends)]
        total = sum((part.result() for part in parts), Counter())
    for name in (*BAD, *sorted(set(total) - set(BAD))):
        print(f"{total[name]:>10,}  {name}")
    print(f"{time.monotonic() - began:10.0f}  seconds")
    return 0 if is_good(total) else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""Seeded trials of writing back into a sheet while a person works in it and the network fails.

    python tests/bench/write_back_trials.py [--trials 1000] [--first 0] [--processes 2] [--without fence|looks|texts]

Each trial is one to three runs over 50 to 500 rows against the local Google: a run is the whole `score` operation, or
its target alone (with flushes at random moments), or a target that writes ranks too. A person sorts, inserts, deletes,
moves, copies and edits at random moments between requests and while one is on its way (in a quarter of the trials
right before a write); requests fail with 429, 500, 503 or a dropped connection, before or after they were done; some
runs are stopped early, some die without a word. A row's right results follow from its texts, so every row can be
checked at the end. What nobody could tell from edits by hand, the person doesn't do: sort some columns of results apart
from the others. `--without` takes a part of the protection away, to show that the trials notice.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import re
import secrets
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sheetjudge import sandbox  # noqa: E402
from sheetjudge.core.chat import Request  # noqa: E402
from sheetjudge.core.row_marks import Basis, version_of  # noqa: E402
from sheetjudge.engine.budget import Ceiling  # noqa: E402
from sheetjudge.engine.journal import Journal  # noqa: E402
from sheetjudge.engine.patience import RetryPolicy  # noqa: E402
from sheetjudge.errors import SheetjudgeError, Stopped  # noqa: E402
from sheetjudge.judging.asking import Asking  # noqa: E402
from sheetjudge.llm.fake import FakeModel  # noqa: E402
from sheetjudge.ops.judges import Pace, seat_judges  # noqa: E402
from sheetjudge.ops.reading import choose_columns  # noqa: E402
from sheetjudge.ops.rubrics import find_rubric  # noqa: E402
from sheetjudge.ops.score import ScoreJob, score  # noqa: E402
from sheetjudge.sandbox.faults import Fault, quota_error, server_error  # noqa: E402
from sheetjudge.tables import sheet_places, sheet_target  # noqa: E402
from sheetjudge.tables.sheet_layout import lease_number  # noqa: E402
from sheetjudge.tables.sheet_places import Lease  # noqa: E402
from sheetjudge.tables.sheet_table import SheetTable, open_sheet  # noqa: E402
from sheetjudge.tables.sheets import Patience  # noqa: E402
from tests.bench.write_back_worker import DATA, JUDGED, RESULTS, Worker, texts_of, truth  # noqa: E402

HEADERS = ("Score", "clarity", "Why", "Status")
PARTS = ("fence", "looks", "texts")
BAD = ("wrong row", "person's cells overwritten", "rows lost", "data cells changed", "no status", "not finished")
WORDS = ("ok", "stale", "skipped", "error", "review")
RUBRIC = "name: Essays\ncriteria:\n  - id: clarity\n    ask: Is it clear?\n    scale: 1-5\n"
_ASKED = re.compile(r"^\[\w+\] (Essay|Topic):\n(.*)$", re.MULTILINE)


@dataclass
class Trial:
    """One trial under way.

    Attributes:
        rng: its choices. counts: what came of it.
        journal: of the runs through the whole operation.
    """

    google: sandbox.Sandbox
    url: str
    rng: random.Random
    counts: Counter[str]
    journal: Path

    def run(self, table: SheetTable, *, may_die: bool) -> None:
        """One run, of a random kind."""
        kind = self.rng.choice(("target", "target", "score", "score", "rank"))
        self.counts[f"runs of {kind}"] += 1
        if kind == "score":
            self.score(table)
        else:
            self.target(table, RESULTS if kind == "rank" else HEADERS, may_die=may_die)

    def target(self, table: SheetTable, headers: tuple[str, ...], *, may_die: bool) -> None:
        """What `score` does, with results that follow from the texts, and flushes at random moments."""
        rng, counts = self.rng, self.counts
        basis = basis_of(table, "rank" if headers is RESULTS else "score")
        target = sheet_target.SheetTarget(table, basis, everything=False, now=lambda: 0.0)
        is_settled = table.settled(headers, basis)
        target.open(headers)
        rows = [row for row in table.rows() if not is_settled(row)]
        counts["judged"] += len(rows)
        if rng.random() < 0.5:
            rng.shuffle(rows)
        chance = rng.choice((2, 5)) / max(len(rows), 1)
        stop = rng.randrange(len(rows)) if rows and rng.random() < 0.15 else None
        blank = (None,) * (len(headers) - 1)
        for at, row in enumerate(rows):
            if at == stop:
                if may_die and rng.random() < 0.6:
                    counts["died"] += 1
                    expire_lease(self.google, self.url)
                    return
                counts["stopped early"] += 1
                break
            texts = tuple(row.cells[i] for i in basis.inputs)
            if not any(texts):
                target.put(row, (*blank, "skipped: empty row"))
            elif rng.random() < 0.02:
                target.put(row, (*blank, "error: the judge gave no verdict"))
            else:
                right = truth(texts)
                target.put(row, tuple(right[header] for header in headers))
            if rng.random() < chance:
                target.flush()
        target.close()

    def score(self, table: SheetTable) -> None:
        """The whole operation, with a judge that knows the truth and sometimes gives no verdict."""
        rng = self.rng
        failing = rng.choice((0.0, 0.02))
        model = FakeModel(lambda q: "no verdict" if rng.random() < failing else reply(q), logprobs=False)
        rubric = find_rubric(str(self.journal.parent / "rubric.yaml"))
        bench = seat_judges(
            [(model, False)],
            rubric,
            asking=Asking(logprobs=False),
            secret=b"a secret of the trials",
            pace=Pace(concurrency=8, policy=RetryPolicy(tries=1)),
            ceiling=Ceiling(),
            journal=Journal(self.journal),
        )
        ticks = iter(range(0, 10**9, rng.choice((1, 50))))
        basis = basis_of(table, "score")
        target = sheet_target.SheetTarget(table, basis, everything=False, now=lambda: float(next(ticks)) / 100)
        job = ScoreJob(
            table,
            rubric,
            choose_columns(table, rubric, JUDGED),
            bench,
            target,
            in_place=True,
            is_settled=table.settled(HEADERS, basis),
        )
        stop = rng.randrange(1, table.row_count) if rng.random() < 0.1 else None

        def on_progress(progress: Any) -> None:
            if progress.done == stop:
                bench.stop.ask(Stopped("Enough.", ""))

        async def go() -> None:
            try:
                result = await score(job, on_progress)
            finally:
                await bench.aclose()
            self.counts["stopped early"] += result.stopped is not None
            self.counts["judged"] += result.summary.rows.total()

        asyncio.run(go())


def reply(request: Request) -> str:
    """What a judge says that knows the truth."""
    shown = dict(found for message in request.messages for found in _ASKED.findall(message.content))
    right = truth(tuple(shown.get(name, "") for name in JUDGED))
    reason = right["Why"].removeprefix("clarity: ")
    return json.dumps({"clarity": {"reason": reason, "score": right["clarity"]}})


def basis_of(table: SheetTable, asked: str) -> Basis:
    """What results rest on."""
    inputs = tuple(next(c.index for c in table.columns if c.header == name) for name in JUDGED)
    return Basis(inputs, version_of("rubric"), version_of(asked))


def expire_lease(google: sandbox.Sandbox, url: str) -> None:
    """Let so much time pass that a dead run's lease has ended."""
    person = google.spreadsheet(url)
    lookup = {"developerMetadataLookup": {"metadataId": lease_number(person.book_id, 0)}}
    ended = {"metadataValue": Lease("a dead run", "elsewhere", 1, 0.0).text}
    change = {"dataFilters": [lookup], "developerMetadata": ended, "fields": "metadataValue"}
    if any(one["metadataId"] == lease_number(person.book_id, 0) for one in person.book.metadata):
        person.do({"updateDeveloperMetadata": change})


def trial(google: sandbox.Sandbox, seed: int, folder: Path) -> Counter[str]:
    """One trial; what came of it, counted. Seeds that are the same give the same trial, whatever ran before."""
    rng = random.Random(seed)
    # A person may sort by the column of marks, so that the rows' ids decide what happens, too.
    secrets.token_bytes = random.Random(seed + 3).randbytes  # type: ignore[assignment]
    google.world._random.seed(seed + 4)
    counts: Counter[str] = Counter(trials=1)
    rows = [
        [f"name {i}", f"essay {i} {rng.randrange(10**6)}", rng.choice(("Art", "Law", f"Topic {i}")), f"note {i}"]
        for i in range(rng.randrange(50, 501))
    ]
    for _ in range(rng.randrange(4)):
        rows.insert(rng.randrange(len(rows)), ["", "", "", ""])
    url = google.load(f"Trial {seed}", [list(DATA), *rows])
    worker = Worker(google, url, random.Random(seed + 1))
    moods = random.Random(seed + 2)
    share = moods.choice((0.0, 0.01, 0.04))
    troubles = [
        Fault(error=quota_error("Read", 60, "p", per_user=True)), Fault(error=server_error(500)),
        Fault(error=server_error(503)), Fault(late_error=server_error(502)), Fault(drop="before"), Fault(drop="after"),
    ]  # fmt: skip
    google.forget()
    google.clear_log()
    google.observe(worker)
    google.faults.add(lambda _: moods.choice(troubles) if moods.random() < share else None)
    patience = Patience(tries=12, sleep=lambda _: None)
    runs = rng.choice((1, 2, 2, 3))
    at_work = Trial(google, url, rng, counts, folder / "journal.sqlite3")
    try:
        for left in reversed(range(runs)):
            # Another machine has another journal.
            at_work.journal = folder / f"journal {rng.randrange(2)} of {seed}"
            table = open_sheet(url, credentials=str(google.credentials), environment={}, patience=patience)
            at_work.run(table, may_die=left > 0)
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
        print(f"trial {seed}: a person's cells are gone: {over}", file=sys.stderr)
    counts["person's cells overwritten"] += len(over)
    counts["edited in the window of a write"] += len(worker.in_window & worker.own - now)
    counts["rows lost"] += worker.rows_lost
    counts["data cells changed"] += worker.data_changed
    heads = [c.effective if c else None for c in book.sheets[0].rows[0]]
    at = {name: heads.index(name) for name in RESULTS if name in heads}
    for number, row in enumerate(book.sheets[0].rows[1:], start=1):
        texts = texts_of(book, number)
        right = truth(texts) if any(texts) else {}
        shown = [c.effective if c else None for c in row]
        cells = {name: row[i] for name, i in at.items() if i < len(row) and row[i] is not None}
        status = str(cells["Status"].effective if "Status" in cells else "")
        wrong = [
            name
            for name, cell in cells.items()
            if name != "Status"
            and cell.effective not in (None, "", right.get(name))
            and not worker.is_own(cell, name, texts, status)
        ]
        if wrong:
            counts["wrong row"] += 1
            print(f"trial {seed}: row {number + 1}: {wrong} of {shown}", file=sys.stderr)
        if not any(texts):
            continue
        counts["rows"] += 1
        word = status.split(":", maxsplit=1)[0]
        if word in WORDS:
            counts[word] += 1
        elif counts["stopped early"] or counts["died"]:
            counts["not reached"] += 1
        else:
            counts["no status"] += 1
            print(f"trial {seed}: row {number + 1}: {shown}", file=sys.stderr)


def without(part: str) -> None:
    """Take a part of the protection away."""
    if part == "fence":
        sheet_places.Place.fence = lambda *_: []  # type: ignore[method-assign, assignment]
    elif part == "looks":
        sheet_target.SheetTarget._settle = _write_once  # type: ignore[method-assign, assignment]
    elif part == "texts":
        sheet_target.SheetTarget._settle = _write_by_number  # type: ignore[method-assign, assignment]
        sheet_places.Place.fence = lambda *_: []  # type: ignore[method-assign, assignment]


def _write_once(self: Any, _rounds: int, *, is_final: bool) -> bool:
    view = self._session.view()
    self._write(view, sheet_target.plan(self._ledger, view.rows, is_final=is_final))
    return True


def _write_by_number(self: Any, _rounds: int, *, is_final: bool) -> bool:
    view = self._session.view()
    read = [self._texts(row) for row in self._table.rows()]
    rows = [
        replace(row, fingerprint=sheet_target.fingerprint(read[at])) if at < len(read) else row
        for at, row in enumerate(view.rows)
    ]
    self._write(view, sheet_target.plan(self._ledger, rows, is_final=is_final))
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
        (Path(folder) / "rubric.yaml").write_text(RUBRIC, "utf-8")
        for seed in seeds:
            total += trial(google, seed, Path(folder))
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

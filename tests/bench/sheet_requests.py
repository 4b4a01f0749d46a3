"""Requests that it takes to read a sheet and write its results back, beside a loop over the rows.

    python tests/bench/sheet_requests.py [--rows 1000 10000 100000] [--results 4]

The table has 8 columns of 25 characters; the results are a score, columns of 25 characters, and a status. Everything
is written at the end, as one flush: the final state. A loop that reads and writes row by row needs two requests a row.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sheetjudge import sandbox  # noqa: E402
from sheetjudge.tables.sheet_table import open_sheet  # noqa: E402


class Used(NamedTuple):
    """What it took: requests that read, and that write; bytes of the largest request or answer; seconds."""

    reads: int
    writes: int
    largest: int
    seconds: float


def measure(google: sandbox.Sandbox, rows: int, results: int) -> Used:
    """Read one sheet and write it back."""
    cells = ([f"{n:025d}" for n in range(start, start + 8)] for start in range(rows))
    url = google.load("Large", [[f"c{n}" for n in range(8)], *cells])
    google.clear_log()
    began = time.monotonic()
    table = open_sheet(url, credentials=str(google.credentials), environment={})
    target = table.target()
    target.open(["Score", *(f"r{n}" for n in range(results - 2)), "Status"])
    for row in table.rows():
        target.put(row, (row.position % 5 + 1, *row.cells[: results - 2], "ok"))
    target.close()
    log = google.log
    writes = sum(one.seen.writes for one in log)
    google.world.files.clear()
    return Used(len(log) - writes, writes, max(max(one.sent, one.received) for one in log), time.monotonic() - began)


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--results", type=int, default=4, help="Columns of results.")
    asked = parser.parse_args()
    print(f"{'rows':>9} {'reads':>7} {'writes':>7} {'all':>7} {'row loop':>9} {'largest MB':>10} {'seconds':>8}")
    with tempfile.TemporaryDirectory() as folder, sandbox.start(credentials=Path(folder) / "k.json", seed=1) as google:
        for rows in asked.rows:
            used = measure(google, rows, asked.results)
            print(
                f"{rows:>9,} {used.reads:>7} {used.writes:>7} {used.reads + used.writes:>7} {2 * rows:>9,}"
                f" {used.largest / 1e6:>10.1f} {used.seconds:>8.1f}"
            )


if __name__ == "__main__":
    main()

"""Requests that are refused while several processes ask as the same user, with and without their shared quota.

    python tests/bench/sheet_quota.py [--processes 2] [--calls 150] [--minute 6]

The local Google enforces 60 reads a minute and user; a minute is made shorter here so that one needn't wait for it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sheetjudge import sandbox  # noqa: E402
from sheetjudge.sandbox.faults import Quota as ServerQuota  # noqa: E402
from sheetjudge.tables.credentials import find_identity  # noqa: E402
from sheetjudge.tables.quota import Quota  # noqa: E402
from sheetjudge.tables.sheets import Patience, SheetsApi  # noqa: E402


def work(host: str, book: str, key: str, database: str, calls: int, minute: float) -> None:
    """What one process does: read, over and over."""
    identity = find_identity(key, home=None, environment={}, host=host)
    quota = Quota(Path(database), seconds=minute + 0.5) if database else None
    patience = Patience(tries=60, first=minute / 60, longest=minute)
    api = SheetsApi(book, identity, host=host, patience=patience, quota=quota)
    for _ in range(calls):
        api.describe("properties.title")


def main() -> None:
    """Print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--calls", type=int, default=150, help="By each process.")
    parser.add_argument("--minute", type=float, default=6.0, help="Seconds of the server's minute.")
    asked = parser.parse_args()
    print(f"{'shared quota':<14} {'answered':>9} {'refused':>8} {'seconds':>8}")
    for is_shared in (True, False):
        with (
            tempfile.TemporaryDirectory() as folder,
            sandbox.start(credentials=Path(folder) / "k.json", seed=1) as google,
            ProcessPoolExecutor(asked.processes) as pool,
        ):
            book = google.spreadsheet(google.load("T", [["A"], ["text"]])).book_id
            google.faults.add(ServerQuota(window=asked.minute))
            database = str(Path(folder) / "q.sqlite3") if is_shared else ""
            began = time.monotonic()
            given = (google.base_url, book, str(google.credentials), database, asked.calls, asked.minute)
            for one in [pool.submit(work, *given) for _ in range(asked.processes)]:
                one.result()
            took = time.monotonic() - began
            statuses = [one.status for one in google.log]
            print(f"{'yes' if is_shared else 'no':<14} {statuses.count(200):>9} {statuses.count(429):>8} {took:>8.1f}")


if __name__ == "__main__":
    main()

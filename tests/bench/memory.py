"""Memory and time of `sheetjudge score` by the number of rows: the command in a process of its own, the fake judge.

    python tests/bench/memory.py [--rows 1000 10000 100000] [--json]

Prints for each size the peak resident memory, CPU and wall time, raw, and CPU a row against that of the size before:
a time that is linear keeps it at 1. The table has eight columns of about 25 characters.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MOST_MEBIBYTES = 400


def write_table(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([f"Column {n}" for n in range(8)])
        for row in range(rows):
            writer.writerow([f"row {row}, column {n}, words" for n in range(8)])


def measure(rows: int, more: tuple[str, ...] = ()) -> dict[str, Any]:
    """One run over a table of so many rows; bytes and seconds as the operating system counts them."""
    with tempfile.TemporaryDirectory(prefix="sheetjudge-bench-") as name:
        folder = Path(name)
        write_table(folder / "table.csv", rows)
        command = [
            sys.executable, "-m", "sheetjudge", "score", str(folder / "table.csv"),
            "--rubric", "Is it clear and short?", "--judge", "fake", "--out", str(folder / "out.csv"), "--quiet", *more,
        ]  # fmt: skip
        began = time.perf_counter()
        with (folder / "said").open("wb") as said:
            process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, "SHEETJUDGE_HOME": str(folder / "home")}, stdout=said, stderr=said
            )
            _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        if status:
            raise SystemExit((folder / "said").read_text())
        with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
            scored = sum(bool(row["Score"]) for row in csv.DictReader(file))
        assert scored == rows, f"{scored} of {rows} rows were scored"
    peak = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return {"rows": rows, "peak_mib": peak, "cpu_s": usage.ru_utime + usage.ru_stime, "wall_s": wall}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    start = measure(1)
    runs = [measure(rows) for rows in given.rows]
    for run in runs:
        # What a run costs whatever its size is the interpreter's start and the imports.
        run["cpu_ms_a_row"] = 1000 * (run["cpu_s"] - start["cpu_s"]) / run["rows"]
    machine = {
        "machine": platform.platform(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    if given.json:
        print(json.dumps({**machine, "start": start, "runs": runs}, indent=2))
    else:
        print(", ".join(f"{key} {value}" for key, value in machine.items()))
        print(f"Start alone: {start['peak_mib']:.0f} MiB, {start['cpu_s']:.2f} s CPU, {start['wall_s']:.2f} s wall.")
        for before, run in zip([None, *runs], runs, strict=False):
            ratio = f"; {run['cpu_ms_a_row'] / before['cpu_ms_a_row']:.2f} x a row of the size before" if before else ""
            print(
                f"{run['rows']:>9,} rows: peak {run['peak_mib']:.0f} MiB, {run['cpu_s']:.2f} s CPU"
                f" ({run['cpu_ms_a_row']:.3f} ms a row{ratio}), {run['wall_s']:.2f} s wall."
            )
    if max(run["peak_mib"] for run in runs) > MOST_MEBIBYTES:
        raise SystemExit(f"More than {MOST_MEBIBYTES} MiB.")


if __name__ == "__main__":
    main()

"""What `sheetjudge rank` costs beside its calls: 10,000 rows, a judge that takes 50 ms, 64 calls in flight.

    python tests/bench/rank_throughput.py [--rows 10000] [--comparisons 5 a row] [--in-flight 64] [--latency-ms 50]

The mark: the wall time of the whole command, its start and the writing of the results included, within 1.3 times of
calls x latency / calls in flight. The server runs in a process of its own on the same machine.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from http_throughput import ROOT, environment, start_server

MARK = 1.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--comparisons", type=int)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--latency-ms", type=float, default=50)
    parser.add_argument("--top", type=int)
    given = parser.parse_args()
    rng = random.Random(0)
    server, url, name = start_server(given.latency_ms)
    try:
        with tempfile.TemporaryDirectory(prefix="sheetjudge-bench-") as folder:
            table, out = Path(folder) / "table.csv", Path(folder) / "out.csv"
            with table.open("w", encoding="utf-8", newline="") as file:
                rows = [[f"Row {n}. quality={rng.random():.4f} and a few more words."] for n in range(given.rows)]
                csv.writer(file).writerows([["Text"], *rows])
            command = [
                sys.executable, "-m", "sheetjudge", "rank", str(table), "--rubric", "Is the row clear?", "--judge",
                f"{url}#m", "--concurrency", str(given.in_flight), "--out", str(out), "--json", "--quiet",
                "--certainty", "1", *(["--top", str(given.top)] if given.top else []),
                *(["--comparisons", str(given.comparisons)] if given.comparisons else []),
            ]  # fmt: skip
            variables = environment() | {"SHEETJUDGE_HOME": folder}
            began = time.perf_counter()
            ran = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
            wall = time.perf_counter() - began
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
    finally:
        server.kill()
        server.wait()
    if ran.returncode:
        raise SystemExit(ran.stderr)
    found = json.loads(ran.stdout)
    calls = found["usage"]["calls"]
    ideal = calls * given.latency_ms / 1000 / given.in_flight
    print(f"{name}; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{given.rows:,} rows, {found['comparisons']['decided']:,} comparisons, {calls:,} calls; {found['ended']}")
    print(f"certainty {found['certainty']:.3f}")
    cpu = used.ru_utime + used.ru_stime
    print(f"CPU {cpu:.1f} s, {1000 * cpu / calls:.2f} ms a call")
    print(f"wall {wall:.1f} s; calls x latency / in flight {ideal:.1f} s; {wall / ideal:.2f} times (mark {MARK})")


if __name__ == "__main__":
    main()

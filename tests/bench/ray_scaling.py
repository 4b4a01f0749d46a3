"""Rows per second of `score --engine ray` on one, two and four workers, with a judge of fixed latency.

    python tests/bench/ray_scaling.py [--rows 4000] [--latency 0.2] [--in-flight 32] [--workers 1 2 4]

Each worker may have so many calls in flight, so that twice the workers are ideally twice as fast; the cluster's start
is not in the figures. Prints the raw times and the ratios to one worker.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ["PYTHONPATH"] = str(ROOT)

from sheetjudge.ops.ray_score import RayOptions, ray_job, score_on_ray  # noqa: E402
from tests.ops.scoring import JudgeServer, write_rubric, write_table  # noqa: E402


def timed(folder: Path, url: str, workers: int, in_flight: int) -> float:
    options = RayOptions(
        table=str(folder / "table.csv"),
        rubric=str(folder / "rubric.yaml"),
        judges=(f"{url}#m",),
        out=str(folder / f"out-{workers}"),
        journal=str(folder / f"journal-{workers}.sqlite3"),
        concurrency=in_flight * workers,
        workers=workers,
        block_rows=200,
    )
    first: list[float] = []

    def show(progress: object) -> None:
        if getattr(progress, "done", 0) and not first:
            first.append(time.perf_counter())

    with ray_job(options, {"SHEETJUDGE_HOME": str(folder / "home")}) as job:
        result = asyncio.run(score_on_ray(job, show))
    assert result.exit_code == 0, result.stopped
    return time.perf_counter() - first[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--in-flight", type=int, default=32)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    given = parser.parse_args()
    import ray

    ray.init(num_cpus=max(given.workers), include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, Ray {ray.__version__}")
    with tempfile.TemporaryDirectory() as name, JudgeServer(latency=given.latency) as server:
        folder = Path(name)
        write_table(folder / "table.csv", given.rows)
        write_rubric(folder)
        base = 0.0
        for workers in given.workers:
            seconds = timed(folder, server.url, workers, given.in_flight)
            rate = given.rows / seconds
            base = base or rate
            print(f"{workers} workers: {given.rows:,} rows in {seconds:.1f} s, {rate:,.0f} rows/s, {rate / base:.2f}x")


if __name__ == "__main__":
    main()

"""How soon a command answers: `--help`, and the first request of `score` at a judge, each in a process of its own.

    python tests/bench/start.py [--rounds 5]

Marks: help within 0.2 s, the first request within 1 s of the process's start.
"""

from __future__ import annotations

import argparse
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = (sys.executable, "-m", "sheetjudge")
ROOT = Path(__file__).parents[2]


def help_seconds() -> float:
    begun = time.perf_counter()
    subprocess.run([*COMMAND, "--help"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def first_request_seconds() -> float:
    """From the start of the process until the judge's server has the first bytes of a request."""
    with socket.create_server(("127.0.0.1", 0)) as server, tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.csv"
        table.write_text("Answer\n" + "Some words.\n" * 1000)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/v1#model"
        command = [
            *COMMAND,
            "score",
            table,
            "--rubric",
            "Is it clear?",
            "--judge",
            address,
            "--out",
            f"{folder}/out.csv",
        ]
        environment = {**os.environ, "SHEETJUDGE_HOME": folder}
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
        try:
            connection, _ = server.accept()
            with connection:
                connection.recv(1)
                return time.perf_counter() - begun
        finally:
            process.kill()
            process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for name, measure in (("--help", help_seconds), ("first request of score", first_request_seconds)):
        seconds = [measure() for _ in range(rounds)]
        print(f"{name:24} median {statistics.median(seconds):.2f} s   ({' '.join(f'{s:.2f}' for s in seconds)})")


if __name__ == "__main__":
    main()

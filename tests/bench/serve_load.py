"""Many jobs at once through a real `sheetjudge serve`, killed in the middle and started again.

Prints whether any job or score was lost, how often a verdict was paid for, how long status answers took while all
that went on, and how much memory the backend held.

    python tests/bench/serve_load.py [--jobs 50] [--rows 200] [--latency 50] [--jobs-at-once 4] [--quota]

Google's quota (60 reads and 60 writes a minute) is lifted unless --quota is given: with it, these jobs take as long as
their requests to the sheets do.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import requests  # noqa: E402
from aiohttp import web  # noqa: E402

from sheetjudge import sandbox  # noqa: E402
from tests.ops.scoring import truth  # noqa: E402
from tests.service.backend import Backend  # noqa: E402

JOBS_OF_ONE = 5
CALLS_AT_ONCE = 32
_POLL_SECONDS = 2.0
_ROW = re.compile(r"row-(\d+)\.")


@dataclass
class Found:
    """What came of it.

    Attributes:
        states: of the jobs at the end. wrong: cells that don't hold their row's score.
        calls: to the judge. twice: rows that were asked about more than once.
        status: seconds of each status answer. away: those that nobody gave.
        memory: MB, the most that the backend held, before and after the kill. seconds: in all.
    """

    states: Counter[str] = field(default_factory=Counter)
    wrong: int = 0
    calls: int = 0
    twice: int = 0
    status: list[float] = field(default_factory=list)
    away: int = 0
    memory: float = 0.0
    seconds: float = 0.0


# --- the judge, in a process of its own -------------------------------------------------------------------------------


async def judge(latency: float) -> None:
    """Answers each row with `truth` after so many seconds; GET / tells how often it was asked about which row."""
    asked: Counter[int] = Counter()

    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        row = int(_ROW.search(body["messages"][-1]["content"])[1])  # type: ignore[index]
        asked[row] += 1
        await asyncio.sleep(latency)
        properties = body["response_format"]["json_schema"]["schema"]["properties"]
        content = json.dumps({name: {"reason": "So it is.", "score": truth(row, name)} for name in properties})
        choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 300, "completion_tokens": 30, "total_tokens": 330}
        return web.json_response({"id": "x", "object": "chat.completion", "choices": [choice], "usage": usage})

    async def told(_request: web.Request) -> web.Response:
        return web.json_response({"calls": asked.total(), "rows": dict(asked)})

    app = web.Application()
    app.router.add_post("/v1/chat/completions", answer)
    app.router.add_get("/", told)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    print(site._server.sockets[0].getsockname()[1], flush=True)  # type: ignore[union-attr]
    await asyncio.Event().wait()


class Judge:
    """That process."""

    def __init__(self, latency: float) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--judge", str(latency)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert self._process.stdout is not None
        self.address = f"http://127.0.0.1:{self._process.stdout.readline().strip()}"

    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(self.address, timeout=10).json()
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


# --- the load ---------------------------------------------------------------------------------------------------------


class Watch:
    """Asks for each job's status every two seconds, as sidebars do, and looks at the backend's memory."""

    def __init__(self, backend: Backend, found: Found) -> None:
        self._backend, self._found = backend, found
        self.jobs: dict[str, tuple[str, dict[str, str]]] = {}
        self._end = threading.Event()
        self._pool = ThreadPoolExecutor(32)
        self._thread = threading.Thread(target=self._go)
        self._thread.start()

    def _go(self) -> None:
        while not self._end.is_set():
            began = time.monotonic()
            for job, (state, headers) in list(self.jobs.items()):
                if state not in ("queued", "running"):
                    continue
                self._pool.submit(self._look, job, headers)
                self._end.wait(_POLL_SECONDS / max(len(self.jobs), 1))
            with suppress(OSError, IndexError):
                self._found.memory = max(self._found.memory, self._backend.memory)
            self._end.wait(max(_POLL_SECONDS - (time.monotonic() - began), 0.05))

    def _look(self, job: str, headers: dict[str, str]) -> None:
        began = time.monotonic()
        try:
            answer = requests.get(f"{self._backend.url}/v1/jobs/{job}", headers=headers, timeout=30)
            answer.raise_for_status()
        except requests.RequestException:
            self._found.away += 1
            return
        self._found.status.append(time.monotonic() - began)
        self.jobs[job] = (answer.json()["state"], headers)

    @property
    def open(self) -> int:
        return sum(state in ("queued", "running") for state, _ in self.jobs.values())

    def end(self) -> None:
        self._end.set()
        self._thread.join()
        self._pool.shutdown()


def submitted(backend: Backend, url: str, person: str) -> requests.Response:
    """The answer to a submission, tried again as long as it is told to."""
    while (answer := backend.submit(url, person)).status_code in (429, 503):
        time.sleep(float(answer.headers["Retry-After"]))
    return answer


def lift_quota(home: Path, host: str, who: str) -> None:
    """Put a folder where the quota would be kept: a quota that can't be kept holds nobody up."""
    name = hashlib.blake2b(f"{host} {who}".encode(), digest_size=8).hexdigest()
    (home / f"quota-{name}.sqlite3").mkdir(parents=True)


def load(folder: Path, *, jobs: int, rows: int, latency: float, at_once: int, has_quota: bool) -> Found:
    """Submit all jobs, kill the backend when a good third of the calls are made, start it again, wait for the end."""
    found = Found()
    with sandbox.start(credentials=folder / "key.json", seed=3) as google, Judge(latency) as asked:
        google.credentials = str(google.credentials)
        urls = [
            google.load(
                f"Sheet {n}", [["ID", "Answer"], *([str(r), f"It is row-{n * rows + r}."] for r in range(rows))]
            )
            for n in range(jobs)
        ]
        people = [f"person{n // JOBS_OF_ONE}@example.com" for n in range(jobs)]
        for url, person in zip(urls, people, strict=True):
            google.share(url, "writer", person)
        home = folder / "home"
        home.mkdir()
        if not has_quota:
            lift_quota(home, google.base_url, google.email)
        options = ("--judge", f"Fast={asked.address}/v1#m", "--jobs-at-once", str(at_once))
        began = time.monotonic()
        with Backend(google, home, *options) as backend:
            watch = Watch(backend, found)
            try:
                with ThreadPoolExecutor(16) as pool:
                    taken = list(pool.map(lambda pair: submitted(backend, *pair), zip(urls, people, strict=True)))
                assert [answer.status_code for answer in taken] == [202] * jobs, [a.text for a in taken]
                for answer, person in zip(taken, people, strict=True):
                    watch.jobs[answer.json()["id"]] = ("queued", backend.headers(person))
                while asked.told()["calls"] < jobs * rows // 3:
                    time.sleep(0.05)
                backend.end(signal.SIGKILL)
                backend.begin()
                while watch.open:
                    time.sleep(0.2)
            finally:
                watch.end()
        found.seconds = time.monotonic() - began
        found.states = Counter(state for state, _ in watch.jobs.values())
        told = asked.told()
        found.calls, found.twice = told["calls"], sum(count > 1 for count in told["rows"].values())
        for n, url in enumerate(urls):
            head, *cells = google.spreadsheet(url).rows()
            at = head.index("Score")
            found.wrong += sum(row[at] != str(truth(n * rows + r)) for r, row in enumerate(cells))
    return found


def main() -> int:
    """Run it and print what came of it; 1 where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=50)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--latency", type=float, default=50, help="milliseconds of a call")
    parser.add_argument("--jobs-at-once", type=int, default=4)
    parser.add_argument("--quota", action="store_true", help="keep to Google's quota")
    parser.add_argument("--judge", type=float, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.judge is not None:
        asyncio.run(judge(given.judge))
        return 0
    with tempfile.TemporaryDirectory(prefix="serve-load-") as folder:
        found = load(
            Path(folder), jobs=given.jobs, rows=given.rows, latency=given.latency / 1000, at_once=given.jobs_at_once,
            has_quota=given.quota,
        )  # fmt: skip
    status = sorted(found.status)
    at = lambda share: status[int(share * (len(status) - 1))] * 1000  # noqa: E731
    print(f"{given.jobs} jobs of {given.rows} rows, {given.latency:g} ms a call: {found.seconds:.0f} s, "
          f"{dict(found.states)}, {found.wrong} wrong scores")  # fmt: skip
    print(f"calls: {found.calls:,} for {given.jobs * given.rows:,} rows; asked twice: {found.twice} rows, where "
          f"up to {CALLS_AT_ONCE * given.jobs_at_once} calls were in flight at kill -9")  # fmt: skip
    print(f"status answers: {len(status):,}; median {statistics.median(status) * 1000:.0f} ms, 95% {at(0.95):.0f} ms, "
          f"99% {at(0.99):.0f} ms, longest {status[-1] * 1000:.0f} ms; {found.away} while it was away")  # fmt: skip
    print(f"memory: {found.memory:.0f} MB at the most")
    is_kept = (
        found.states == {"done": given.jobs} and not found.wrong and found.twice <= CALLS_AT_ONCE * given.jobs_at_once
    )
    return 0 if is_kept and statistics.median(status) < 0.2 else 1


if __name__ == "__main__":
    sys.exit(main())

"""What the tests of a scoring run share: tables, jobs with short waits, the command in a process, and a server that
knows which score it gave to which row."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from sheetjudge.cli import main
from sheetjudge.core.chat import Model
from sheetjudge.engine.budget import Ceiling
from sheetjudge.engine.journal import Journal
from sheetjudge.engine.patience import RetryPolicy
from sheetjudge.judging.asking import Asking
from sheetjudge.llm.openai_api import OpenAIModel
from sheetjudge.llm.transport import Endpoint, Timeouts
from sheetjudge.ops.judges import Pace, seat_judges
from sheetjudge.ops.reading import choose_columns
from sheetjudge.ops.rubrics import find_rubric
from sheetjudge.ops.score import ScoreJob, ScoreResult, score
from sheetjudge.tables.open import TableOptions, open_any, target_for
from tests.servers.chat_server import Answer, ChatServer, Fault, Reply, chat, error

ROOT = Path(__file__).resolve().parents[2]
RUBRIC = """\
name: Answers
criteria:
  - id: clear
    ask: Is the answer clear?
    scale: 1-5
"""
QUICK = RetryPolicy(first_wait=0.01, most_wait=0.02)


def write_rubric(folder: Path, text: str = RUBRIC, name: str = "rubric.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def write_table(path: Path, rows: int | Sequence[Sequence[str]], header: Sequence[str] = ("ID", "Answer")) -> Path:
    """A CSV: so many rows whose text holds `row-N.`, or the rows themselves."""
    if isinstance(rows, int):
        rows = [[str(n), f"This is row-{n}. It says a little about its subject."] for n in range(rows)]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def read_csv(path: Path | str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- in this process ------------------------------------------------------------------------------------------------


def make_job(
    table: Path,
    rubric: Path | str,
    models: Iterable[Model],
    *,
    journal: Path,
    out: Path | None = None,
    policy: RetryPolicy = QUICK,
    concurrency: int = 16,
    ceiling: Ceiling | None = None,
    asking: Asking | None = None,
    limit: int | None = None,
    read: Sequence[str] = (),
) -> ScoreJob:
    """A job as the command makes it, with models and waits of the test's own."""
    opened = open_any(str(table), TableOptions())
    found = find_rubric(str(rubric))
    bench = seat_judges(
        [(model, False) for model in models],
        found,
        asking=asking or Asking(),
        secret=b"a secret of the tests",
        pace=Pace(concurrency=concurrency, policy=policy),
        ceiling=ceiling or Ceiling(),
        journal=Journal(journal),
    )
    target = None if out is None else target_for(opened, str(out))
    return ScoreJob(opened, found, choose_columns(opened, found, read), bench, target, limit)


def run_job(job: ScoreJob, on_progress: Callable[[Any], None] = lambda _: None) -> ScoreResult:
    async def go() -> ScoreResult:
        try:
            return await score(job, on_progress)
        finally:
            await job.bench.aclose()

    return asyncio.run(go())


def hosted(url: str, *, timeout: float = 10.0, model: str = "m", **changes: Any) -> OpenAIModel:
    return OpenAIModel(model, Endpoint(f"{url}/chat/completions", timeouts=Timeouts(timeout, timeout)), **changes)


# --- the command ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def error_lines(self) -> list[str]:
        """Standard error without what is said before a run."""
        return [line for line in self.err.splitlines() if not line.startswith(("Scoring ", "Columns ", "Note: "))]

    @property
    def said(self) -> str:
        return self.out + self.err


def start(*args: Any, env: Mapping[str, str] | None = None, **changes: Any) -> subprocess.Popen[str]:
    """The command in a process of its own, not waited for."""
    return subprocess.Popen(
        [sys.executable, "-m", "sheetjudge", *map(str, args)],
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdin=changes.pop("stdin", subprocess.DEVNULL),
        stdout=changes.pop("stdout", subprocess.PIPE),
        stderr=changes.pop("stderr", subprocess.PIPE),
        text=True,
        encoding="utf-8",
        **changes,
    )


def ended(process: subprocess.Popen[str], timeout: float = 120, text: str | None = None) -> Ran:
    out, err = process.communicate(text, timeout=timeout)
    return Ran(process.returncode, out or "", err or "")


def sheetjudge(*args: Any, stdin: str | None = None, env: Mapping[str, str] | None = None, **changes: Any) -> Ran:
    """The command, run to its end."""
    if stdin is not None:
        changes["stdin"] = subprocess.PIPE
    return ended(start(*args, env=env, **changes), text=stdin)


def inside(*args: Any, stdin: str | None = None, env: Mapping[str, str] | None = None) -> Ran:
    """The command, run in this process: the same arguments, streams and exit code for a tenth of the time."""
    before = sys.argv
    with CliRunner().isolation(input=stdin, env=dict(env or {})) as (out, err, _):
        sys.argv = ["sheetjudge", *map(str, args)]
        try:
            main()
        except SystemExit as end:
            code = end.code
        finally:
            sys.argv = before
        sys.stdout.flush()
        sys.stderr.flush()
        return Ran(int(code or 0), out.getvalue().decode(), err.getvalue().decode())


def send(process: subprocess.Popen[str], number: signal.Signals) -> None:
    os.kill(process.pid, number)


# --- a judge that knows the truth -------------------------------------------------------------------------------------

_ROW = re.compile(r"row-(\d+)\.")


def truth(row: int, criterion: str = "clear") -> int:
    """The score that `JudgeServer` gives: 1 to 5."""
    return hashlib.sha256(f"{row} {criterion}".encode()).digest()[0] % 5 + 1


@dataclass
class Faults:
    """Shares of the calls that go wrong in each way; drawn afresh for each call."""

    shares: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0

    def draw(self, number: int) -> str:
        at = random.Random(f"{self.seed} {number}").random()
        for kind, share in self.shares.items():
            at -= share
            if at < 0:
                return kind
        return "ok"


MIXED = {"429": 0.05, "500": 0.03, "broken": 0.03, "hang": 0.02, "close": 0.01}


class JudgeServer(ChatServer):
    """Answers each row with `truth`, going wrong as told, and keeps what happened to each question.

    Attributes:
        logs: question (a hash of its messages) -> what happened to each of its calls, in order.
        rows: question -> the row that it is about.
    """

    def __init__(
        self, faults: Faults | None = None, *, latency: float = 0.0, together: int = 0, usage: Any = None
    ) -> None:
        super().__init__(self._decide, latency=latency, together=together)
        self.faults = faults or Faults()
        self.usage = usage
        self.logs: dict[str, list[str]] = defaultdict(list)
        self.rows: dict[str, int] = {}
        self.per_row: Counter[int] = Counter()

    def _decide(self, body: dict[str, Any], number: int) -> Answer:
        text = "\n".join(m["content"] for m in body["messages"])
        found = _ROW.search(text)
        row = int(found[1]) if found else -1
        question = hashlib.sha256(json.dumps(body["messages"]).encode()).hexdigest()
        kind = self.faults.draw(number)
        self.rows[question] = row
        self.logs[question].append(kind)
        self.per_row[row] += 1
        return self._answer(kind, row, body)

    def _answer(self, kind: str, row: int, body: dict[str, Any]) -> Answer:
        if kind == "429":
            return error(429, "Rate limit reached for requests.", {"Retry-After": "0"})
        if kind == "500":
            return error(500, "The server had an error.")
        if kind in ("hang", "close"):
            return Fault(kind)
        if kind == "broken":
            return Reply(body=self._chat('{"clear": {"reason": "It sta'))
        properties = body["response_format"]["json_schema"]["schema"]["properties"]
        verdict = {name: {"reason": "Said by the server.", "score": truth(row, name)} for name in properties}
        return Reply(body=self._chat(json.dumps(verdict)))

    def _chat(self, content: str) -> dict[str, Any]:
        return chat(content, **({"usage": self.usage} if self.usage else {}))

    @property
    def calls(self) -> int:
        return len(self.requests)

    def wait_for_calls(self, count: int, seconds: float = 120.0) -> None:
        """Wait until so many calls have come in."""
        deadline = time.monotonic() + seconds
        while self.calls < count:
            assert time.monotonic() < deadline, f"{self.calls} of {count} calls came"
            threading.Event().wait(0.002)

"""What the tests of the queue share: a sheet with a queue in it, people who ask, and workers in this process."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sheetjudge.ops.office import open_office
from sheetjudge.ops.settings import load_settings
from sheetjudge.service.offer import make_offer
from sheetjudge.service.queue_desk import Desk, Pace
from sheetjudge.service.queue_doer import QueueDoer
from sheetjudge.service.requests import Place
from sheetjudge.tables.credentials import find_identity
from sheetjudge.tables.job_tab import COLUMNS, TAB, JobTab
from sheetjudge.tables.sheets import Patience, SheetsApi
from tests.ops.scoring import truth

QUICK = Pace(poll=0.04, slowest=0.08, beats=(0.02, 0.05), silence=60.0)
NOBODY_WAITS = Patience(tries=3, first=0.0, longest=0.0, sleep=lambda _: None)


def answers(rows: int) -> list[list[str]]:
    return [["ID", "Answer"], *([str(n), f"This is row-{n}. It says a little about its subject."] for n in range(rows))]


@dataclass
class Queue:
    """A spreadsheet with a queue in it, as people see it."""

    google: Any
    url: str
    asked: int = 0

    @property
    def book_id(self) -> str:
        return self.person.book_id

    @property
    def person(self) -> Any:
        return self.google.spreadsheet(self.url)

    def request(self, **said: Any) -> dict[str, Any]:
        usual = {"version": 1, "kind": "run", "spreadsheet": self.book_id, "sheet": 0, "operation": "score"}
        return {**usual, "rubric": "Is the answer clear?", "read": ["Answer"], **said}

    def open_tab(self) -> None:
        """Make the tab as the sidebar does."""
        person = self.person
        if person.book.titled(TAB) is None:
            person.do({"addSheet": {"properties": {"title": TAB, "hidden": True}}})
            person.type(f"'{TAB}'!A1", [list(COLUMNS)])

    def ask(self, job: str | None = None, *, id: str = "", cancel: str = "", **said: Any) -> str:  # noqa: A002
        """Append a job as the sidebar does; answers its id."""
        self.open_tab()
        self.asked += 1
        name = id or f"j{self.asked}"
        text = json.dumps(self.request(**said)) if job is None else job
        asked = f"2026-11-22T08:00:{self.asked:02d}.000Z"
        row = len(self.person.rows(TAB)) + 1
        self.person.type(f"'{TAB}'!A{row}", [[name, text, "person@example.com", asked, cancel]])
        return name

    def rows(self) -> list[dict[str, str]]:
        """The jobs as the tab shows them, the offer among them."""
        if self.person.book.titled(TAB) is None:
            return []
        header, *rows = self.person.rows(TAB)
        return [dict(zip(header, [*row, *[""] * len(header)], strict=False)) for row in rows]

    def row(self, job: str) -> dict[str, str]:
        return next((row for row in self.rows() if row.get("id") == job), {})

    def number(self, job: str) -> int:
        """The 1-based row of the tab in which a job stands."""
        return next(n for n, row in enumerate(self.person.rows(TAB), start=1) if row and row[0] == job)

    def put(self, job: str, column: str, text: str) -> None:
        self.person.type(f"'{TAB}'!{chr(ord('A') + COLUMNS.index(column))}{self.number(job)}", text)

    def state(self, job: str) -> str:
        return self.row(job).get("state", "")

    def has_ended(self, *jobs: str) -> bool:
        return all(self.state(job) in ("done", "stopped", "failed", "cancelled") for job in jobs)

    def holds(self) -> list[str]:
        """Whose jobs are held, by the metadata of the tab."""
        entries = [json.loads(one["metadataValue"])["hold"] for one in self.person.book.metadata
                   if one["metadataKey"] == "sheetjudge-job"]  # fmt: skip
        return sorted(entry[0] for entry in entries if entry[0] != "offer")

    def scores(self) -> list[str]:
        header, *rows = self.person.rows()
        at = header.index("Score") if "Score" in header else len(header)
        return [[*row, *[""] * len(header), ""][at] for row in rows]


def queue_of(rows: int) -> Any:
    """A fixture: a sheet of so many answers, with a queue in it."""

    @pytest.fixture
    def queue(google: Any) -> Iterator[Queue]:
        yield Queue(google, google.load("Answers", answers(rows)))
        google.forget()

    return queue


def true_scores(rows: int) -> list[str]:
    return [str(truth(n)) for n in range(rows)]


@dataclass
class Told:
    """Keeps what a worker says."""

    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __call__(self, event: str, /, **facts: Any) -> None:
        self.events.append((event, facts))

    def of(self, event: str) -> list[dict[str, Any]]:
        return [facts for name, facts in self.events if name == event]


class Clock:
    """A clock that a test may push on."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@contextmanager
def worker(
    queue: Queue,
    *judges: str,
    home: Path,
    pace: Pace = QUICK,
    clock: Callable[[], float] = time.monotonic,
    **offered: Any,
) -> Iterator[Desk]:
    """A worker at one sheet, not begun; `desk.told.events` is what it says."""
    environment = {"SHEETJUDGE_HOME": str(home), "OPENAI_API_KEY": "sk-something-secret"}
    identity = find_identity(
        str(queue.google.credentials), home=home, environment=environment, host=queue.google.base_url
    )
    api = SheetsApi(queue.book_id, identity, host=queue.google.base_url, patience=NOBODY_WAITS)
    offer = make_offer(judges or ("fake",), environment, **offered)
    assert load_settings(environment).home == home
    with open_office(environment) as office:
        doer = QueueDoer(office, offer, Place(queue.google.base_url, str(queue.google.credentials)))
        yield Desk(JobTab(api), doer, [], asyncio.Semaphore(4), f"worker {home.name}", Told(), pace, clock=clock)


async def until(condition: Callable[[], Any], *working: asyncio.Task[Any], seconds: float = 120.0) -> Any:
    """Wait until something is true, and fail with whatever ends a worker before."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        for task in working:
            if task.done():
                task.result()
        assert time.monotonic() < deadline, "it didn't come to be"
        await asyncio.sleep(0.02)
    return found


def served(queue: Queue, desk: Desk, *jobs: str, condition: Callable[[], Any] | None = None) -> None:
    """Have a worker work until jobs have ended, or something else is true, and then close."""

    async def go() -> None:
        task = asyncio.create_task(desk.serve())
        try:
            await until(condition or (lambda: queue.has_ended(*jobs)), task)
            desk.close()
            await asyncio.wait_for(task, 60)
        finally:
            task.cancel()

    asyncio.run(go())

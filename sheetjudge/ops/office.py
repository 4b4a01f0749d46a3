"""What all unattended jobs of a process work with: the store, the log, the journal, and the rates that they share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sheetjudge.engine.job_store import JobStore
from sheetjudge.engine.journal import Journal
from sheetjudge.engine.limits import Rate
from sheetjudge.ops.run_log import Log, RunLog
from sheetjudge.ops.set_up import Shared
from sheetjudge.ops.settings import load_settings

JOBS_FILE, LOG_FILE = "jobs.sqlite3", "runs.log"


@dataclass(frozen=True)
class Office:
    """What all jobs of a process work with.

    Attributes:
        environment: environment variables. store: of the jobs. log: of the runs. journal: of the answers.
        now: the time, in seconds since 1970.
    """

    environment: Mapping[str, str]
    store: JobStore
    log: Log
    journal: Journal
    now: Callable[[], float] = time.time
    rates: dict[tuple[str, float], Rate] = field(default_factory=dict)

    def shared(self) -> Shared:
        """What the jobs have in common."""

        def rate(name: str, per_minute: float) -> Rate:
            return self.rates.setdefault((name, per_minute), Rate(per_minute))

        return Shared(_KeptOpen(self.journal), rate)


@contextmanager
def open_office(
    environment: Mapping[str, str], *, log: str | None = None, now: Callable[[], float] = time.time
) -> Iterator[Office]:
    """The store, the log and the journal where the settings have them; closed at the end.

    Args:
        environment: environment variables. log: path of the log's file; None for the usual one.
        now: the time, in seconds since 1970.
    """
    settings = load_settings(environment)
    journal = Journal(settings.journal)
    store = JobStore(settings.data / JOBS_FILE)
    try:
        yield Office(environment, store, RunLog(Path(log) if log else settings.data / LOG_FILE, now), journal, now)
    finally:
        store.close()
        journal.close()


class _KeptOpen:
    """A journal that several runs share: none of them closes it."""

    def __init__(self, journal: Journal) -> None:
        self.path = journal.path
        self.get = journal.get
        self.put = journal.put
        self.fact = journal.fact
        self.add_to_fact = journal.add_to_fact
        self.run_started = journal.run_started
        self.run_ended = journal.run_ended

    def close(self) -> None:
        """Whoever opened it closes it."""

"""What the tests of the backend share: requests as a sidebar writes them, and a runner that is looked at."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import contextmanager
from typing import Any

from sheetjudge.ops.office import open_office
from sheetjudge.service.offer import make_offer
from sheetjudge.service.requests import Place
from sheetjudge.service.runner import Runner
from sheetjudge.service.told import spec_of, told

WORDS = "Is the answer clear?"
JUDGED = [["ID", "Answer"], *[[str(n), f"It is row-{n}. Good."] for n in range(20)]]


def parts(url: str) -> tuple[str, int]:
    """Spreadsheet and tab of an address."""
    path, _, gid = url.partition("#gid=")
    return path.split("/d/")[1].split("/")[0], int(gid or 0)


def request(url: str = "", **changes: Any) -> str:
    """A request's JSON text; what is None is left out."""
    spreadsheet, sheet = parts(url) if url else (None, None)
    said = {
        "version": 1, "kind": "run", "spreadsheet": spreadsheet, "sheet": sheet, "operation": "score",
        "rubric": WORDS, "read": ["Answer"], **changes,
    }  # fmt: skip
    return json.dumps({key: value for key, value in said.items() if value is not None})


def wait_for(what, seconds: float = 120.0):
    """The first true value of `what()`."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it never came"
        threading.Event().wait(0.01)
    return found


@contextmanager
def running(folder, google, judges, *, ceiling=None, max_rows=1000, **changes):
    """A runner at work in a thread of its own."""
    environment = {"SHEETJUDGE_HOME": str(folder), "SHEETJUDGE_SECRET": "a secret of the tests"}
    offer = make_offer(judges, environment, ceiling=ceiling, max_rows=max_rows)
    place = Place(google.base_url, google.credentials)
    made: list[Runner] = []
    is_ready = threading.Event()

    async def go():
        with open_office(environment) as office:
            made.append(Runner(office, offer, place, **changes))
            is_ready.set()
            await made[0].run()

    thread = threading.Thread(target=lambda: asyncio.run(go()))
    thread.start()
    try:
        assert is_ready.wait(10)
        yield made[0]
    finally:
        made[0].ask_to_stop()
        thread.join(40)
        assert not thread.is_alive()


def submit(store, text, owner="ann@example.com", name="tab"):
    return store.submit(name, spec_of(text), now=time.time(), owner=owner)


def end_of(store, job, seconds: float = 60.0):
    """The job as it is told once it is through."""
    wait_for(lambda: store.get(job).state not in ("queued", "running"), seconds)
    return told(store.get(job))

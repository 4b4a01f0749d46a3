"""The backend as a process: an HTTP server on one thread, the runner of jobs on another, one end for both."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sheetjudge.engine.job_store import JobStore
from sheetjudge.engine.journal import Journal
from sheetjudge.errors import ConfigError, MissingExtra
from sheetjudge.ops.office import Office
from sheetjudge.ops.run_log import Log
from sheetjudge.ops.settings import Settings, delimiter_secret, load_settings
from sheetjudge.service.auth import Door
from sheetjudge.service.nonces import UsedNonces
from sheetjudge.service.offer import Offer
from sheetjudge.service.proof import Prover
from sheetjudge.service.requests import Place
from sheetjudge.service.runner import CALM_SECONDS, QUICK_AT_ONCE, RUNS_AT_ONCE, Runner

JOBS_FILE = "serve.sqlite3"

_HEADERS_SECONDS = 10.0
_LONGEST_HEADERS = 32 * 1024
_GRACE_SECONDS = 2
_SPARE_SECONDS = 2.0
_BACKLOG = 2048


@dataclass(frozen=True)
class Serving:
    """How the backend is to run.

    Attributes:
        offer: what may be asked. door: tells who asks. place: where Google is.
        host, port: where to listen; 0 picks a port. log: gets a line of JSON for each request and job.
        trusted: addresses of proxies whose word on the caller's address is taken, with commas between.
        runs_at_once: runs under way. calm: seconds that they get at the end.
        limits: as `app.Limits`, by name.
    """

    offer: Offer
    door: Door
    place: Place
    log: Log
    host: str = "127.0.0.1"
    port: int = 8080
    trusted: str = "127.0.0.1"
    runs_at_once: int = RUNS_AT_ONCE
    calm: float = CALM_SECONDS
    limits: Mapping[str, Any] = field(default_factory=dict)


def serve(
    serving: Serving, environment: Mapping[str, str], *, on_ready: Callable[[str], None] = lambda _: None
) -> None:
    """Serve until SIGTERM or Ctrl-C; then end calmly: what runs is put back into the queue.

    Args:
        serving: how.
        environment: environment variables.
        on_ready: is given the address when requests are taken.

    Raises:
        MissingExtra: the packages of the extra aren't there. SheetjudgeError: the store or the journal can't be used.
        ConfigError: the port can't be had.
    """
    try:
        import uvicorn

        from sheetjudge.service.app import Backend, Limits
    except ImportError as error:
        raise MissingExtra(error.name or "uvicorn", "serve", "sheetjudge serve") from error
    settings = load_settings(environment)
    # Two threads need the secret, and it is made once.
    delimiter_secret(settings.home, environment)
    limits = Limits(**serving.limits)
    path = settings.data / JOBS_FILE
    JobStore(path).close()
    nonces = UsedNonces(path)
    listening = _listening(serving.host, serving.port)
    with (
        listening,
        _logged(serving.log),
        _signals_end_calmly(),
        _runner_at_work(serving, settings, environment) as runner,
    ):
        store = JobStore(path)
        prover = Prover(serving.place, settings.home, environment, nonces)
        backend = Backend(serving.offer, serving.door, prover, store, serving.log, runner.wake, limits)
        config = uvicorn.Config(
            backend.app(),
            loop="asyncio",
            http=_protocol(),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=True,
            forwarded_allow_ips=serving.trusted,
            server_header=False,
            limit_concurrency=limits.connections,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            h11_max_incomplete_event_size=_LONGEST_HEADERS,
        )
        try:
            on_ready(_address(listening))
            uvicorn.Server(config).run(sockets=[listening])
        finally:
            store.close()


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ConfigError(
            f"{host}:{port} can't be listened on ({error.strerror}).", "Choose another with --port or --host."
        ) from None


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


@contextmanager
def _signals_end_calmly() -> Iterator[None]:
    """The HTTP server ends at SIGTERM and Ctrl-C, and then sends itself the same again: by then the runs are ending."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def _protocol() -> type[Any]:
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Protocol(H11Protocol):
        """Doesn't wait for ever for a request that was begun, or wasn't."""

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._wait_for_headers()

        def data_received(self, data: bytes) -> None:
            before = self.cycle
            super().data_received(data)
            if self.cycle is not before:
                self._late.cancel()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if not self.transport.is_closing():
                self._wait_for_headers()

        def connection_lost(self, exc: Exception | None) -> None:
            self._late.cancel()
            super().connection_lost(exc)

        def _wait_for_headers(self) -> None:
            self._late = self.loop.call_later(_HEADERS_SECONDS, self._give_up)

        def _give_up(self) -> None:
            if not self.transport.is_closing():
                self.transport.close()

    return Protocol


@contextmanager
def _runner_at_work(serving: Serving, settings: Settings, environment: Mapping[str, str]) -> Iterator[Runner]:
    """A runner on a thread of its own, with a store and a journal of its own; ended and waited for."""
    journal, store = Journal(settings.journal), JobStore(settings.data / JOBS_FILE)
    office = Office(environment, store, serving.log, journal)
    runner = Runner(
        office, serving.offer, serving.place, serving.runs_at_once, max(QUICK_AT_ONCE, 1), calm=serving.calm
    )
    thread = threading.Thread(target=lambda: asyncio.run(runner.run()), name="runner", daemon=True)
    thread.start()
    try:
        yield runner
    finally:
        runner.ask_to_stop()
        thread.join(serving.calm + _SPARE_SECONDS)
        # Where a call to Google hangs, its thread can't be ended; the jobs are in the queue again by then.
        if not thread.is_alive():
            store.close()
            journal.close()


@contextmanager
def _logged(log: Log) -> Iterator[None]:
    """What the HTTP server has to say goes to the log."""

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            with suppress(Exception):
                log.write("server", level=record.levelname.lower(), says=str(record.msg)[:200])

    logger = logging.getLogger("uvicorn.error")
    lines, usual = Lines(logging.WARNING), logger.propagate
    logger.addHandler(lines)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(lines)
        logger.propagate = usual


def log_of(file: str | None, now: Callable[[], float]) -> Log:
    """The log in a file, which is moved aside when it is full; on standard error where none is named."""
    import sys

    from sheetjudge.ops.run_log import LineLog, RunLog

    return RunLog(Path(file), now) if file else LineLog(sys.stderr, now)

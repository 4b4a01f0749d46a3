"""The routes of the HTTP backend."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router

from sheetjudge import __version__
from sheetjudge.engine.job_store import JobStore, Record
from sheetjudge.errors import SheetjudgeError
from sheetjudge.ops.run_log import Log
from sheetjudge.service.auth import Door
from sheetjudge.service.guard import App, Guard, Receive, Scope, Send
from sheetjudge.service.limits import Buckets
from sheetjudge.service.offer import Offer, offered_rubrics
from sheetjudge.service.proof import Prover
from sheetjudge.service.refusals import Refused
from sheetjudge.service.requests import Request, read_request
from sheetjudge.service.told import asked_of, spec_of, told

T = TypeVar("T")

_NONCE = re.compile(r"[A-Za-z0-9_-]{32,200}")
_JOB_ID = re.compile(r"[0-9a-f]{16}")
_MOST_LISTED, _USUALLY_LISTED, _LOOKED_THROUGH = 100, 10, 300


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one may ask.

    Attributes:
        jobs_per_person: jobs that wait or run. jobs: those of all people together.
        person, person_burst: requests of one person a minute, and at once. submissions: jobs of one person a minute.
        address, address_burst: requests from one address a minute, and at once (all scripts share Google's addresses).
        at_once: requests under way. connections: open at the same time.
    """

    jobs_per_person: int = 5
    jobs: int = 1000
    person: float = 240
    person_burst: float = 60
    submissions: float = 60
    address: float = 3000
    address_burst: float = 300
    at_once: int = 200
    connections: int = 1000


@dataclass
class Backend:
    """What the routes work with.

    Attributes:
        offer: what may be asked. door: tells who asks. prover: checks that they may edit a spreadsheet.
        store: of the jobs; used from one thread of the backend's own.
        wake: tells the runner that there is something to do. limits: how much one may ask. now: seconds since 1970.
    """

    offer: Offer
    door: Door
    prover: Prover
    store: JobStore
    log: Log
    wake: Callable[[], None]
    limits: Limits = field(default_factory=Limits)
    now: Callable[[], float] = time.time
    _desk: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="store"))

    def __post_init__(self) -> None:
        self._people = Buckets(self.limits.person, self.limits.person_burst)
        self._submissions = Buckets(self.limits.submissions, self.limits.submissions)
        self._submitting: dict[str, int] = {}

    def app(self) -> App:
        """The ASGI app."""
        routes = [
            self._route("/v1/health", self.health, is_open=True),
            self._route("/openapi.json", self.openapi, is_open=True),
            self._route("/v1/judges", self.judges),
            self._route("/v1/rubrics", self.rubrics),
            self._route("/v1/jobs", self.jobs),
            self._route("/v1/jobs", self.submit, method="POST"),
            self._route("/v1/jobs/{id}", self.job),
            self._route("/v1/jobs/{id}/cancel", self.cancel, method="POST"),
            self._route("/v1/jobs/{id}/resume", self.resume, method="POST"),
        ]
        router = Router(routes, redirect_slashes=False, default=_nothing_here)

        async def routed(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                # So that the router raises what it would answer in plain text.
                await router({**scope, "app": router}, receive, send)
            except HTTPException as error:
                raise Refused(error.status_code, why="http") from None

        limits = self.limits
        return Guard(routed, self.log, Buckets(limits.address, limits.address_burst), limits.at_once)

    def _route(
        self,
        path: str,
        answer: Callable[[HttpRequest, str], Awaitable[Response]],
        *,
        method: str = "GET",
        is_open: bool = False,
    ) -> Route:
        async def endpoint(request: HttpRequest) -> Response:
            request.scope["state"]["route"] = path
            person = "" if is_open else await self._person(request)
            return await answer(request, person)

        return Route(path, endpoint, methods=[method])

    async def _person(self, request: HttpRequest) -> str:
        person = await self.door.person(request.scope["headers"])
        request.scope["state"]["person"] = person
        _within(self._people, person, "Too many requests.")
        return person

    async def _stored(self, call: Callable[[], T]) -> T:
        """A call to the store, one at a time, beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._desk, call)

    # --- what there is ------------------------------------------------------------------------------------------------

    async def health(self, _request: HttpRequest, _person: str) -> Response:
        """Is it up?"""
        return JSONResponse({"status": "ok", "version": __version__})

    async def openapi(self, _request: HttpRequest, _person: str) -> Response:
        """What there is to ask."""
        return JSONResponse(openapi())

    async def judges(self, _request: HttpRequest, _person: str) -> Response:
        """Who may be asked."""
        return JSONResponse(self.offer.as_json())

    async def rubrics(self, _request: HttpRequest, _person: str) -> Response:
        """The shipped rubrics."""
        return JSONResponse({"rubrics": await asyncio.to_thread(offered_rubrics)})

    # --- jobs ---------------------------------------------------------------------------------------------------------

    async def submit(self, http: HttpRequest, person: str) -> Response:
        """Take a job."""
        text, nonce = _submitted(await http.body())
        request = self._read(text)
        _within(self._submissions, person, "Too many jobs in a minute.")
        with self._one_more(person) as more:
            await self._check_room(person, more)
            await self._prove(request, nonce, person, text)
            spec = spec_of(text, judge=request.judge, spreadsheet=request.spreadsheet)
            name = f"{request.kind} {request.tab}"
            job = await self._stored(lambda: self.store.submit(name, spec, now=self.now(), owner=person))
        self.log.write("job_submitted", job=job, who=person, kind=request.kind, operation=request.operation)
        self.wake()
        return JSONResponse({"id": job}, status_code=202)

    async def jobs(self, http: HttpRequest, person: str) -> Response:
        """The caller's own jobs, newest first."""
        spreadsheet = http.query_params.get("spreadsheet", "")
        limit = _limit(http.query_params.get("limit", ""))
        records = await self._stored(lambda: self.store.records(owner=person, limit=_LOOKED_THROUGH))
        found = [r for r in records if not spreadsheet or asked_of(r).get("spreadsheet") == spreadsheet]
        return JSONResponse({"jobs": [told(record) for record in found[:limit]]})

    async def job(self, http: HttpRequest, person: str) -> Response:
        """How far a job is, and what came of it."""
        return JSONResponse(told(await self._own(http, person)))

    async def cancel(self, http: HttpRequest, person: str) -> Response:
        """End a job."""
        record = await self._own(http, person)
        done = await self._stored(lambda: self.store.cancel(record.id, now=self.now()))
        self.log.write("job_cancelled", job=record.id, who=person, done=done)
        self.wake()
        return JSONResponse({"cancelled": done})

    async def resume(self, http: HttpRequest, person: str) -> Response:
        """Go on with a job that was stopped. It may spend up to its ceiling again."""
        record = await self._own(http, person)
        _within(self._submissions, person, "Too many jobs in a minute.")
        with self._one_more(person) as more:
            await self._check_room(person, more)
            done = await self._stored(lambda: self.store.resume(record.id, now=self.now()))
        self.log.write("job_resumed", job=record.id, who=person, done=done)
        self.wake()
        return JSONResponse({"resumed": done})

    # --- their parts --------------------------------------------------------------------------------------------------

    def _read(self, text: str) -> Request:
        try:
            return read_request(text, self.offer)
        except SheetjudgeError as error:
            raise Refused(400, error.what, error.advice, why="request") from None

    @contextmanager
    def _one_more(self, person: str) -> Iterator[int]:
        """How many of a person's jobs are on their way in: many posts at once must not pass the limit together."""
        self._submitting[person] = self._submitting.get(person, 0) + 1
        try:
            yield self._submitting[person]
        finally:
            self._submitting[person] -= 1
            if not self._submitting[person]:
                del self._submitting[person]

    async def _check_room(self, person: str, more: int) -> None:
        limits = self.limits
        waiting = await self._stored(lambda: self.store.records(is_open=True, limit=limits.jobs + 1))
        own = sum(record.owner == person for record in waiting)
        if own + more > limits.jobs_per_person:
            raise Refused(
                429, f"You have {own} jobs waiting or running, and {limits.jobs_per_person} may be.",
                "Wait for one to end, or stop one.", retry_after=15, why="jobs per person",
            )  # fmt: skip
        if len(waiting) >= limits.jobs:
            raise Refused(503, "Too many jobs are waiting.", "Try again later.", retry_after=60, why="jobs")

    async def _prove(self, request: Request, nonce: str, person: str, text: str) -> None:
        if request.kind == "draft":
            # It is about no spreadsheet, but a nonce counts once all the same.
            if not await asyncio.to_thread(lambda: self.prover.nonces.use(nonce, now=self.now())):
                raise Refused(403, why="used nonce")
            return
        await asyncio.to_thread(self.prover.check, request.spreadsheet, nonce, person, text)

    async def _own(self, http: HttpRequest, person: str) -> Record:
        job = http.path_params["id"]
        record = await self._stored(lambda: self.store.get(job)) if _JOB_ID.fullmatch(job) else None
        if record is None or record.owner != person:
            raise Refused(404, "There is no such job.", why="no job of theirs")
        return record


def openapi() -> dict[str, Any]:
    """The description of the API (OpenAPI 3.1)."""
    text = (resources.files("sheetjudge.service") / "openapi.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    found["info"]["version"] = __version__
    return found


def _submitted(body: bytes) -> tuple[str, str]:
    try:
        said = json.loads(body)
        text, nonce = said["job"], said["nonce"]
        is_right = isinstance(text, str) and isinstance(nonce, str) and set(said) == {"job", "nonce"}
        text.encode()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        is_right = False
    if not is_right:
        raise Refused(400, 'The body has to be {"job": "…", "nonce": "…"}.', "Update the sidebar.", why="body")
    if not _NONCE.fullmatch(nonce):
        raise Refused(400, "The nonce has to be 32 to 200 letters, digits, - and _.", why="nonce")
    return text, nonce


def _limit(text: str) -> int:
    if not text:
        return _USUALLY_LISTED
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= _MOST_LISTED:
        raise Refused(400, f"limit has to be a number from 1 to {_MOST_LISTED}.", why="limit")
    return int(text)


def _within(buckets: Buckets, person: str, what: str) -> None:
    wait = buckets.take(person)
    if wait:
        raise Refused(429, what, "Wait a moment.", retry_after=int(wait) + 1, why="rate of a person")


async def _nothing_here(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise Refused(404, why="no route")

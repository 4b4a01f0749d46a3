"""Posting from this process and from one of its own: the same answers, the same errors, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sheetjudge.errors import CallTimedOut, ConnectionFailed, RequestRefused
from sheetjudge.llm.posting import Busy, Posting
from sheetjudge.llm.transport import Answer, Endpoint, Timeouts
from tests.servers.chat_server import Fault, Reply, closed_port

BODY = b'{"messages": [{"content": "x"}]}'
KEY = "sk-secret-0123456789abcdef"
WAYS = pytest.mark.parametrize("apart", [False, True], ids=["here", "apart"])


def to(url: str, **changes) -> Endpoint:
    return Endpoint(
        f"{url}/chat/completions",
        {"Authorization": f"Bearer {KEY}"},
        **{"timeouts": Timeouts(5, 10), **changes},
    )


@asynccontextmanager
async def posting_to(endpoint: Endpoint, *, apart: bool = True):
    """Posts as it says from the first call on."""
    posting = Posting(endpoint, pays=lambda _in_flight: apart)
    try:
        if apart:
            # Until the process is ready calls go from here: to nowhere, so that the server sees the test's alone.
            with closed_port() as port:
                while not posting.is_apart:
                    with pytest.raises(ConnectionFailed):
                        await posting.post(BODY, f"http://127.0.0.1:{port}/")
        yield posting
    finally:
        await posting.aclose()


def post(endpoint: Endpoint, url: str = "", *, apart: bool) -> Answer:
    async def run() -> Answer:
        async with posting_to(endpoint, apart=apart) as posting:
            return await posting.post(BODY, url)

    return asyncio.run(run())


def with_process(url: str, work: Callable[[Posting, int], Awaitable[object]]) -> object:
    """What `work` returns of a posting and the number of its process."""

    async def run() -> object:
        before = set(children())
        async with posting_to(to(url)) as posting:
            (process,) = set(children()) - before
            return await work(posting, process)

    return asyncio.run(run())


def children() -> list[int]:
    """The processes that this one started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if int(parent) == os.getpid() and state != "Z":
            found.append(int(stat.parent.name))
    return found


@WAYS
def test_status_headers_and_body_come_back_as_they_are(serve, apart):
    server = serve(lambda *_: Reply(429, b"no \xff JSON", {"Retry-After": "7"}))
    answer = post(to(server.url), apart=apart)
    assert (answer.status, answer.body) == (429, b"no \xff JSON")
    assert {name.lower(): value for name, value in answer.headers.items()}["retry-after"] == "7"
    assert server.headers[-1]["Authorization"] == f"Bearer {KEY}"


def test_a_file_of_the_folder_that_is_worked_in_is_no_module_of_the_process(serve, tmp_path, monkeypatch):
    for name in ("json", "pickle", "asyncio"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('run from the folder of somebody else')")
    monkeypatch.chdir(tmp_path)
    assert post(to(serve().url), apart=True).status == 200


@WAYS
def test_another_address_of_the_host_is_reached(serve, apart):
    server = serve()
    post(to(f"{server.url}/elsewhere"), f"{server.url}/chat/completions", apart=apart)
    assert server.paths == ["/v1/chat/completions"]


@WAYS
def test_a_redirect_is_not_followed_with_the_key(serve, apart):
    server = serve(lambda *_: Reply(307, b"", {"Location": "/v1/other"}))
    assert post(to(server.url), apart=apart).status == 307
    assert len(server.paths) == 1


@WAYS
@pytest.mark.parametrize(
    ("answer", "changes", "kind", "words"),
    [
        (Fault("close"), {}, ConnectionFailed, "without an answer"),
        (Fault("half"), {}, ConnectionFailed, "half-way"),
        (Fault("hang"), {"timeouts": Timeouts(5, 0.2)}, CallTimedOut, "no complete answer within 0.2 s"),
        (Reply(body=b"x" * 2**21), {"max_reply_bytes": 2**20}, RequestRefused, "more than 1 MiB"),
    ],
)
def test_what_goes_wrong_is_the_same_error(serve, apart, answer, changes, kind, words):
    server = serve(lambda *_: answer)
    with pytest.raises(kind, match=words) as caught:
        post(to(server.url, **changes), apart=apart)
    assert caught.value.retryable == (kind is not RequestRefused)


@WAYS
def test_a_proxy_is_used_and_its_password_not_told(apart):
    with closed_port() as port, pytest.raises(ConnectionFailed, match="proxy") as caught:
        post(to("http://judge.example/v1", proxy=f"http://me:hush@127.0.0.1:{port}"), apart=apart)
    assert "hush" not in str(caught.value)


@WAYS
def test_many_calls_at_once_get_their_own_answers(serve, apart):
    server = serve(lambda request, _: Reply(body={"said": request["messages"][0]["content"]}))

    async def run() -> list[Answer]:
        async with posting_to(to(server.url), apart=apart) as posting:
            bodies = [b'{"messages": [{"content": "%d"}]}' % n for n in range(200)]
            return await asyncio.gather(*map(posting.post, bodies))

    assert [answer.body for answer in asyncio.run(run())] == [b'{"said": "%d"}' % n for n in range(200)]


@WAYS
def test_a_cancelled_call_lets_its_connection_go_and_the_next_call_works(serve, apart):
    server = serve(lambda _, number: Fault("hang") if number == 0 else None)

    async def run() -> Answer:
        async with posting_to(to(server.url), apart=apart) as posting:
            first = asyncio.create_task(posting.post(BODY))
            await asyncio.to_thread(server.wait_for_request)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            return await posting.post(BODY)

    assert asyncio.run(run()).status == 200


def test_until_the_process_is_ready_and_in_another_event_loop_calls_go_from_here(serve):
    server = serve()
    posting = Posting(to(server.url), pays=lambda _in_flight: True)

    async def once() -> tuple[bool, int]:
        return posting.is_apart, (await posting.post(BODY)).status

    async def until_apart() -> None:
        while not posting.is_apart:
            await posting.post(BODY)

    assert asyncio.run(once()) == (False, 200)
    other = Posting(to(server.url), pays=lambda _in_flight: True)
    posting, first = other, posting
    asyncio.run(until_apart())
    assert asyncio.run(once()) == (False, 200)
    for each in (first, other):
        asyncio.run(each.aclose())


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes")
class TestProcess:
    def test_it_is_told_the_key_over_its_socket_alone(self, serve):
        def shown(process: int) -> bytes:
            return b"".join(Path(f"/proc/{process}/{name}").read_bytes() for name in ("cmdline", "environ"))

        async def look(_posting: Posting, process: int) -> bytes:
            return shown(process)

        found = with_process(serve().url, look)
        assert b"posting" in found
        assert KEY.encode() not in found

    def test_when_it_dies_its_calls_can_be_tried_again_and_go_from_here(self, serve):
        server = serve(lambda _, number: Fault("hang") if number == 0 else None)

        async def die(posting: Posting, process: int) -> tuple[bool, int]:
            under_way = asyncio.create_task(posting.post(BODY))
            await asyncio.to_thread(server.wait_for_request)
            os.kill(process, signal.SIGKILL)
            with pytest.raises(ConnectionFailed, match="has ended") as caught:
                await under_way
            assert caught.value.retryable
            return posting.is_apart, (await posting.post(BODY)).status

        assert with_process(server.url, die) == (False, 200)

    def test_it_outlives_the_signals_that_ask_the_run_to_stop(self, serve):
        async def ask_it(posting: Posting, process: int) -> tuple[int, bool]:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                os.kill(process, number)
            return (await posting.post(BODY)).status, posting.is_apart

        assert with_process(serve().url, ask_it) == (200, True)

    def test_it_ends_when_it_is_let_go(self, serve):
        async def close(posting: Posting, process: int) -> bool:
            await posting.aclose()
            await posting.aclose()
            return process in children()

        assert with_process(serve().url, close) is False

    def test_it_ends_with_this_process_and_so_do_its_calls(self, serve):
        """Killed as by `kill -9`, with a call under way."""
        server = serve(lambda request, _: Fault("hang") if request["messages"][0]["content"] == "hang" else None)
        script = f"""
import asyncio
from sheetjudge.llm.posting import Posting
from sheetjudge.llm.transport import Endpoint
async def run():
    posting = Posting(Endpoint({server.url!r} + "/chat/completions"), pays=lambda _: True)
    while not posting.is_apart:
        await posting.post(b'{{"messages": [{{"content": "x"}}]}}')
    print(posting.is_apart, flush=True)
    await posting.post(b'{{"messages": [{{"content": "hang"}}]}}')
asyncio.run(run())
"""
        parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
        try:
            assert parent.stdout.readline()
            while server.requests[-1]["messages"][0]["content"] != "hang":
                time.sleep(0.01)
        finally:
            parent.kill()
            parent.wait()
            parent.stdout.close()
        while server.in_flight:
            time.sleep(0.01)


class Ticks:
    """Clocks in step: so many seconds go by in every look, of which the thread works a share."""

    def __init__(self, share: float) -> None:
        self.share = share
        self.now = 0.0

    def clock(self) -> float:
        self.now += 10
        return self.now

    def used(self) -> float:
        return self.share * (self.now + 10)


@pytest.mark.parametrize(
    ("share", "in_flight", "processors", "pays"),
    [(0.9, 64, 4, True), (0.5, 64, 4, False), (0.9, 8, 4, False), (0.9, 64, 1, False)],
)
def test_it_pays_for_a_busy_loop_with_many_calls_at_once_where_a_processor_is_left(share, in_flight, processors, pays):
    ticks = Ticks(share)
    busy = Busy(ticks.clock, ticks.used, lambda: processors)
    assert any(busy(in_flight) for _ in range(20_000)) is pays


def test_a_short_run_starts_no_process():
    ticks = Ticks(1.0)
    busy = Busy(ticks.clock, ticks.used, lambda: 4)
    assert not any(busy(64) for _ in range(2000))

"""What a hosted call costs the client: this package beside bare aiohttp and the openai package's client.

    python tests/bench/http_throughput.py [--calls 1000] [--in-flight 64] [--latency-ms 50] [--rounds 5] [--json]

Each way puts the same questions to the same server, in a process of its own, in turn within each round. Wall and CPU
are measured from the first call on (imports and the construction of the client are told apart, as `start`). The server
is ../shared/tools/judge_server.py where it and its packages are there, else the test server, which is slower and in
some rounds the limit; both run in a process of their own.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import importlib.util
import json
import os
import platform
import resource
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FAST_SERVER = ROOT.parent / "shared" / "tools" / "judge_server.py"
RUBRIC = "You are a strict judge. Read the row, give a reason first and then the score.\n" * 20
SCHEMA = {
    "type": "object",
    "properties": {
        "clear": {
            "type": "object",
            "properties": {"reason": {"type": "string"}, "score": {"type": "integer", "minimum": 1, "maximum": 5}},
            "required": ["reason", "score"],
            "additionalProperties": False,
        }
    },
    "required": ["clear"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "verdict", "strict": True, "schema": SCHEMA}}

Ask = Callable[[str], Awaitable[str]]
Close = Callable[[], Awaitable[Any]]


def messages(row: str) -> list[dict[str, str]]:
    return [{"role": "system", "content": RUBRIC}, {"role": "user", "content": row}]


async def bare_aiohttp(url: str, in_flight: int) -> tuple[Ask, Close]:
    import aiohttp

    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=in_flight), headers={"Authorization": "Bearer key"}
    )

    async def ask(row: str) -> str:
        body = {"model": "m", "messages": messages(row), "response_format": FORMAT, "temperature": 0.0}
        async with session.post(f"{url}/chat/completions", json=body) as response:
            return (await response.json())["choices"][0]["message"]["content"]

    return ask, session.close


async def sheetjudge(url: str, _in_flight: int) -> tuple[Ask, Close]:
    # What a run imports before its first call: part of `start`, as aiohttp and openai are for the others.
    import aiohttp  # noqa: F401

    from sheetjudge.core.chat import Message, Request
    from sheetjudge.llm.openai_api import OpenAIModel
    from sheetjudge.llm.transport import Endpoint

    model = OpenAIModel("m", Endpoint(f"{url}/chat/completions", {"Authorization": "Bearer key"}))
    rubric = Message("system", RUBRIC)

    async def ask(row: str) -> str:
        request = Request((rubric, Message("user", row)), schema=SCHEMA, temperature=0.0)
        return (await model.complete(request)).text

    return ask, model.aclose


async def openai_client(url: str, in_flight: int, *, on_aiohttp: bool = False) -> tuple[Ask, Close]:
    from openai import AsyncOpenAI, DefaultAioHttpClient

    transport = {"http_client": DefaultAioHttpClient()} if on_aiohttp else {}
    client = AsyncOpenAI(api_key="key", base_url=url, max_retries=0, **transport)
    semaphore = asyncio.Semaphore(in_flight)

    async def ask(row: str) -> str:
        async with semaphore:
            reply = await client.chat.completions.create(
                model="m", messages=messages(row), response_format=FORMAT, temperature=0.0
            )
        return reply.choices[0].message.content

    return ask, client.close


async def openai_on_aiohttp(url: str, in_flight: int) -> tuple[Ask, Close]:
    return await openai_client(url, in_flight, on_aiohttp=True)


WAYS = {
    "bare aiohttp": bare_aiohttp,
    "sheetjudge": sheetjudge,
    "AsyncOpenAI + semaphore": openai_client,
    "AsyncOpenAI, its aiohttp transport": openai_on_aiohttp,
}


async def measure(way: str, url: str, calls: int, in_flight: int) -> dict[str, float]:
    """One way, in this process: seconds of wall and CPU for all calls, and for getting ready."""
    started = time.perf_counter()
    ask, close = await WAYS[way](url, in_flight)
    ready = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_SELF)
    rows = iter(range(calls))
    answered = 0

    async def worker() -> None:
        nonlocal answered
        for i in rows:
            json.loads(await ask(f"Row {i}. quality=0.{i % 100:02d} " + "A sentence of the row's own text. " * 10))
            answered += 1

    await asyncio.gather(*(worker() for _ in range(in_flight)))
    wall = time.perf_counter() - ready
    after = resource.getrusage(resource.RUSAGE_SELF)
    await close()
    assert answered == calls
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": wall, "cpu_s": cpu, "start_s": ready - started}


def serve(latency_ms: float) -> None:
    """The test server, in this process, until it is ended."""
    from tests.servers.chat_server import ChatServer

    with ChatServer(latency=latency_ms / 1000) as server:
        print(server.port, flush=True)
        sys.stdin.read()


def start_server(latency_ms: float) -> tuple[subprocess.Popen[str], str, str]:
    wanted = ("uvloop", "httptools", "orjson")
    if FAST_SERVER.exists() and all(importlib.util.find_spec(name) for name in wanted):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, str(FAST_SERVER), "--port", str(port), "--latency-ms", str(latency_ms)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        return process, f"http://127.0.0.1:{port}/v1", FAST_SERVER.name
    command = [sys.executable, __file__, "--serve", "--latency-ms", str(latency_ms)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, env=environment())
    assert process.stdout is not None
    return process, f"http://127.0.0.1:{int(process.stdout.readline())}/v1", "tests/servers/chat_server.py"


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def report(results: dict[str, list[dict[str, float]]], calls: int) -> None:
    base = [r["wall_s"] for r in results["bare aiohttp"]]
    print(f"\n{'':36}{'wall s':>8}{'(all rounds)':>34}{'x bare':>8}{'CPU ms/call':>13}{'start s':>9}")
    for way, rounds in results.items():
        walls = [r["wall_s"] for r in rounds]
        # Each round's ways ran one after the other, so that a ratio within a round is the fairest.
        ratio = statistics.median(w / b for w, b in zip(walls, base, strict=True))
        cpu = statistics.median(r["cpu_s"] for r in rounds) / calls * 1000
        start = statistics.median(r["start_s"] for r in rounds)
        listed = " ".join(f"{w:.3f}" for w in walls)
        print(f"{way:36}{statistics.median(walls):8.3f}{listed:>34}{ratio:8.2f}{cpu:13.2f}{start:9.2f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--latency-ms", type=float, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.latency_ms)
        return
    if given.way:
        print(json.dumps(asyncio.run(measure(given.way, given.url, given.calls, given.in_flight))))
        return
    server, url, name = start_server(given.latency_ms)
    results: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    try:
        for _ in range(given.rounds):
            for way in WAYS:
                command = [sys.executable, __file__, "--way", way, "--url", url]
                command += ["--calls", str(given.calls), "--in-flight", str(given.in_flight)]
                done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=True)
                results[way].append(json.loads(done.stdout.splitlines()[-1]))
    finally:
        server.kill()
        server.wait()
    versions = {p: importlib.metadata.version(p) for p in ("aiohttp", "openai", "httpx2")}
    setting = {
        "calls": given.calls,
        "in_flight": given.in_flight,
        "latency_ms": given.latency_ms,
        "ideal_s": given.calls * given.latency_ms / 1000 / given.in_flight,
        "server": name,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
        **versions,
    }
    if given.json:
        print(json.dumps({"setting": setting, "results": results}, indent=1))
        return
    print(", ".join(f"{k} {v:.2f}" if isinstance(v, float) else f"{k} {v}" for k, v in setting.items()))
    report(results, given.calls)


if __name__ == "__main__":
    main()

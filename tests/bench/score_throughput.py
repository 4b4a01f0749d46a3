"""What a whole run costs beside its calls: `score` against bare aiohttp and an AsyncOpenAI loop on the same work.

    python tests/bench/score_throughput.py [--rows 1000] [--in-flight 64] [--latency-ms 50] [--rounds 5]
                                           [--no-logprobs] [--json]

Every way sends the same questions (those of the judge: rubric, row, schema, and the wish for token probabilities unless
--no-logprobs) to the same server, each in a process of its own, one after the other within each round. Bare aiohttp and
the AsyncOpenAI loop take the score out of each reply and keep it in a list. `ops.score` reads a CSV, journals each
answer, scores by expectation and writes a CSV; `the command` is `sheetjudge score` for the same.

Two figures for each: the run from its first call on (for `ops.score` from the opening of the table on), and the whole
process with the interpreter's start and all imports. Marks: the run within 1.25 of bare aiohttp, and less CPU than the
AsyncOpenAI loop.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from http_throughput import ROOT, environment, start_server

SENTENCE = "Is the row clear and to the point?"
WAYS = ("bare aiohttp", "ops.score", "the command", "AsyncOpenAI + semaphore")


def row_text(number: int) -> str:
    return f"Row {number}. quality=0.{number % 100:02d} " + "A sentence of the row's own text. " * 10


def bodies(rows: int, *, logprobs: bool) -> list[dict[str, Any]]:
    """The judge's own requests, as the wire takes them."""
    from sheetjudge.judging.asking import Asking
    from sheetjudge.judging.pointwise import PointwiseJudge
    from sheetjudge.judging.protocol import Item
    from sheetjudge.ops.rubrics import find_rubric

    judge = PointwiseJudge(find_rubric(SENTENCE), Asking(logprobs=logprobs), b"secret")
    found = []
    for number in range(rows):
        (ask,) = next(judge.judge(Item((("Text", row_text(number)),))))
        request = ask.request
        schema = {"name": request.schema_name, "strict": True, "schema": request.schema}
        body: dict[str, Any] = {
            "model": "m",
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            "temperature": request.temperature,
            "max_tokens": request.max_tokens,
            "response_format": {"type": "json_schema", "json_schema": schema},
        }
        found.append(body | ({"logprobs": True, "top_logprobs": 20} if logprobs else {}))
    return found


def score_of(text: str) -> Any:
    (answer,) = json.loads(text).values()
    return answer["score"]


async def bare_aiohttp(url: str, asked: list[dict[str, Any]], in_flight: int) -> list[Any]:
    import aiohttp

    scores: list[Any] = []
    rest = iter(asked)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=in_flight), headers={"Authorization": "Bearer key"}
    ) as session:

        async def worker() -> None:
            for body in rest:
                async with session.post(f"{url}/chat/completions", json=body) as response:
                    reply = await response.json()
                scores.append(score_of(reply["choices"][0]["message"]["content"]))

        await asyncio.gather(*(worker() for _ in range(in_flight)))
    return scores


async def async_openai(url: str, asked: list[dict[str, Any]], in_flight: int) -> list[Any]:
    from openai import AsyncOpenAI

    semaphore = asyncio.Semaphore(in_flight)
    async with AsyncOpenAI(api_key="key", base_url=url, max_retries=0) as client:

        async def one(body: dict[str, Any]) -> Any:
            async with semaphore:
                reply = await client.chat.completions.create(**body)
            return score_of(reply.choices[0].message.content or "")

        return list(await asyncio.gather(*map(one, asked)))


def used() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def inner(given: argparse.Namespace, folder: Path) -> dict[str, float]:
    """One way in this process: seconds of wall and CPU of the run."""
    if given.way == "ops.score":
        from sheetjudge.ops.options import RunOptions
        from sheetjudge.ops.score import score
        from sheetjudge.ops.set_up import score_job

        options = RunOptions(
            str(folder / "table.csv"), SENTENCE, judges=(f"{given.url}#m",), concurrency=given.in_flight,
            no_logprobs=given.no_logprobs, out=str(folder / "out.csv"),
        )  # fmt: skip
        import aiohttp  # noqa: F401 - the others' imports are outside their run too

        began, cpu = time.perf_counter(), used()
        job = score_job(options, {"SHEETJUDGE_HOME": str(folder / "home")})

        async def go() -> int:
            try:
                return (await score(job)).summary.scored
            finally:
                await job.bench.aclose()

        scored = asyncio.run(go())
    else:
        asked = bodies(given.rows, logprobs=not given.no_logprobs)
        way = bare_aiohttp if given.way == "bare aiohttp" else async_openai
        __import__("aiohttp" if given.way == "bare aiohttp" else "openai")
        began, cpu = time.perf_counter(), used()
        scored = len(asyncio.run(way(given.url, asked, given.in_flight)))
    result = {"wall_s": time.perf_counter() - began, "cpu_s": used() - cpu}
    assert scored == given.rows
    return result


def measure(way: str, url: str, given: argparse.Namespace) -> dict[str, float]:
    """One way in a process of its own: the run's figures, and those of the whole process."""
    with tempfile.TemporaryDirectory(prefix="sheetjudge-bench-") as name:
        folder = Path(name)
        with (folder / "table.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["Text"], *([row_text(n)] for n in range(given.rows))])
        flags = ["--no-logprobs"] if given.no_logprobs else []
        if way == "the command":
            command = [
                sys.executable, "-m", "sheetjudge", "score", str(folder / "table.csv"), "--rubric", SENTENCE,
                "--judge", f"{url}#m", "--concurrency", str(given.in_flight), "--out", str(folder / "out.csv"), *flags,
            ]  # fmt: skip
        else:
            command = [
                sys.executable, __file__, "--way", way, "--url", url, "--folder", name, "--rows", str(given.rows),
                "--in-flight", str(given.in_flight), *flags,
            ]  # fmt: skip
        with (folder / "said").open("wb") as said:
            began = time.perf_counter()
            variables = environment() | {"SHEETJUDGE_HOME": str(folder / "home")}
            process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=said, stderr=said)
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - began
        text = (folder / "said").read_text()
        if status:
            raise SystemExit(text)
        found = {} if way == "the command" else json.loads(text.splitlines()[-1])
        return {**found, "process_wall_s": wall, "process_cpu_s": usage.ru_utime + usage.ru_stime}


def report(results: dict[str, list[dict[str, float]]], rows: int) -> None:
    columns = ("wall_s", "cpu_s", "process_wall_s", "process_cpu_s")
    for column in columns:
        print(f"\n{column}")
        base = [r[column] for r in results["bare aiohttp"]]
        for way, rounds in results.items():
            values = [r[column] for r in rounds if column in r]
            if not values:
                continue
            # Each round's ways ran one after the other, so a ratio within a round is the fairest.
            ratio = statistics.median(v / b for v, b in zip(values, base, strict=True))
            listed = " ".join(f"{v:.3f}" for v in values)
            per_row = 1000 * statistics.median(values) / rows
            print(
                f"  {way:26}{statistics.median(values):8.3f}  {ratio:5.2f} x bare  {per_row:6.2f} ms a row   ({listed})"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--latency-ms", type=float, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-logprobs", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        print(json.dumps(inner(given, given.folder)))
        return
    server, url, name = start_server(given.latency_ms)
    results: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    try:
        for _ in range(given.rounds):
            for way in WAYS:
                results[way].append(measure(way, url, given))
    finally:
        server.kill()
        server.wait()
    setting = {
        "rows": given.rows,
        "in_flight": given.in_flight,
        "latency_ms": given.latency_ms,
        "logprobs": not given.no_logprobs,
        "ideal_s": given.rows * given.latency_ms / 1000 / given.in_flight,
        "server": name,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
    }
    if given.json:
        print(json.dumps({"setting": setting, "results": results}, indent=1))
        return
    print(", ".join(f"{k} {v}" for k, v in setting.items()))
    report(results, given.rows)


if __name__ == "__main__":
    main()

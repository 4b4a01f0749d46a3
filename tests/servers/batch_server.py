"""The Batch API of OpenAI on the loopback: files, batches, their life, and what can go wrong with them.

Chat completions beside it are answered too. Requests are answered by `JudgeServer`'s truth about `row-N.`; each line
of a file that was submitted is counted, so that what is paid for twice is seen.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from tests.ops.scoring import _ROW, truth
from tests.servers.chat_server import chat


@dataclass
class Batch:
    id: str
    file: str
    metadata: dict[str, str]
    lines: list[dict[str, Any]]
    status: str = "validating"
    looks: int = 0
    output: str = ""
    errors: str = ""
    problem: str = ""


@dataclass
class BatchServer:
    """Started by `with`; `url` ends in /v1.

    Attributes:
        looks: polls until a batch is done. waiting: most requests that may wait at once, or None.
        fault: called with the name of each step before it is done ("upload", "submit", "look", "list", "content",
            "chat"); answers "" for none, "drop" to break the connection before, "lose" after it was done, or a status.
        fate: called with each line of a batch; answers "ok", "broken", "expired" or a status.
        answered: how often each custom id was answered and so paid for.
    """

    looks: int = 2
    waiting: int | None = None
    fault: Callable[[str], str] = lambda _: ""
    fate: Callable[[dict[str, Any]], str] = lambda _: "ok"
    lag: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)
    chats: int = 0
    url: str = ""

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()

        async def serve() -> None:
            app = web.Application(client_max_size=1 << 30)
            app.add_routes(
                [
                    web.post("/v1/files", self._upload),
                    web.get("/v1/files/{id}/content", self._content),
                    web.delete("/v1/files/{id}", self._delete),
                    web.post("/v1/batches", self._submit),
                    web.get("/v1/batches", self._list),
                    web.get("/v1/batches/{id}", self._look),
                    web.post("/v1/chat/completions", self._chat),
                ]
            )
            runner = web.AppRunner(app)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
            ready.set()

        def go() -> None:
            asyncio.set_event_loop(self._loop)
            self._loop.run_until_complete(serve())
            self._loop.run_forever()

        threading.Thread(target=go, daemon=True).start()
        assert ready.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    def wait_for(self, step: str, count: int = 1, seconds: float = 120.0) -> None:
        """Wait until a step was asked for so often."""
        import time

        deadline = time.monotonic() + seconds
        while self.steps.count(step) < count:
            assert time.monotonic() < deadline, self.steps
            threading.Event().wait(0.005)

    async def _step(self, name: str, request: web.Request, do: Callable[[], Any]) -> web.Response:
        self.steps.append(name)
        fault = self.fault(name)
        if fault == "drop":
            request.transport.close()
        elif fault.isdecimal():
            return web.json_response({"error": {"message": "No."}}, status=int(fault))
        answer = do() if fault != "drop" else {}
        if fault == "lose":
            request.transport.close()
        return answer if isinstance(answer, web.Response) else web.json_response(answer)

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        data = form["file"].file.read()

        def do() -> Any:
            name = f"file-{len(self.files)}"
            self.files[name] = data
            return {"id": name, "object": "file", "bytes": len(data), "created_at": 1, "filename": "x",
                    "purpose": "batch", "status": "processed"}  # fmt: skip

        return await self._step("upload", request, do)

    async def _content(self, request: web.Request) -> web.Response:
        data = self.files.get(request.match_info["id"])
        return await self._step("content", request, lambda: web.Response(body=data or b"", status=200 if data else 404))

    async def _delete(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]

        def do() -> Any:
            self.files.pop(name, None)
            return {"id": name, "object": "file", "deleted": True}

        return await self._step("delete", request, do)

    async def _submit(self, request: web.Request) -> web.Response:
        asked = await request.json()

        def do() -> Any:
            data = self.files.get(asked["input_file_id"])
            if data is None:
                return web.json_response({"error": {"message": "no such file"}}, status=400)
            lines = [json.loads(line) for line in data.splitlines()]
            batch = Batch(f"batch_{len(self.batches)}", asked["input_file_id"], asked.get("metadata") or {}, lines)
            ids = [line["custom_id"] for line in lines]
            assert len(ids) == len(set(ids)), "custom ids must be different"
            in_line = sum(len(b.lines) for b in self.batches.values() if b.status in {"validating", "in_progress"})
            if self.waiting is not None and in_line + len(lines) > self.waiting:
                batch.status, batch.problem = "failed", "token_limit_exceeded"
            self.batches[batch.id] = batch
            return self._told(batch)

        return await self._step("submit", request, do)

    async def _list(self, request: web.Request) -> web.Response:
        def do() -> Any:
            newest = list(reversed(self.batches.values()))
            seen = self.steps.count("list")
            data = [] if seen <= self.lag else [self._told(batch) for batch in newest]
            return {"object": "list", "data": data, "has_more": False}

        return await self._step("list", request, do)

    async def _look(self, request: web.Request) -> web.Response:
        batch = self.batches.get(request.match_info["id"])

        def do() -> Any:
            if batch is None:
                return web.json_response({"error": {"message": "no such batch"}}, status=404)
            if batch.status in {"validating", "in_progress"}:
                batch.looks += 1
                batch.status = "in_progress"
                if batch.looks >= self.looks:
                    self._finish(batch)
            return self._told(batch)

        return await self._step("look", request, do)

    async def _chat(self, request: web.Request) -> web.Response:
        body = await request.json()

        def do() -> Any:
            self.chats += 1
            return self._reply(body, "ok")

        return await self._step("chat", request, do)

    def _finish(self, batch: Batch) -> None:
        done, failed = [], []
        fates = [self.fate(line) for line in batch.lines]
        for line, fate in zip(batch.lines, fates, strict=True):
            answer: dict[str, Any] = {"id": "r", "custom_id": line["custom_id"], "response": None, "error": None}
            if fate == "expired":
                failed.append({**answer, "error": {"code": "batch_expired", "message": "It took too long."}})
            elif fate.isdecimal():
                refused = {"status_code": int(fate), "request_id": "q", "body": {"error": {"message": "No."}}}
                failed.append({**answer, "response": refused})
            else:
                self.answered[line["custom_id"]] += 1
                reply = {"status_code": 200, "request_id": "q", "body": self._reply(line["body"], fate)}
                done.append({**answer, "response": reply})
        batch.status = "expired" if "expired" in fates else "completed"
        for name, lines in (("output", done), ("errors", failed)):
            if lines:
                # The order of answers is not that of the questions.
                file = f"file-{batch.id}-{name}"
                self.files[file] = "".join(json.dumps(one) + "\n" for one in reversed(lines)).encode()
                setattr(batch, name, file)

    def _reply(self, body: dict[str, Any], fate: str) -> dict[str, Any]:
        found = _ROW.search("\n".join(m["content"] for m in body["messages"]))
        row = int(found[1]) if found else -1
        properties = body["response_format"]["json_schema"]["schema"]["properties"]
        verdict = {name: {"reason": "Said by the server.", "score": truth(row, name)} for name in properties}
        content = json.dumps(verdict) if fate == "ok" else "I would rather not say."
        return chat(content, usage={"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100})

    def _told(self, batch: Batch) -> dict[str, Any]:
        problems = [{"code": batch.problem, "message": "Too much waits.", "line": None, "param": None}]
        return {
            "id": batch.id, "object": "batch", "endpoint": "/v1/chat/completions", "input_file_id": batch.file,
            "completion_window": "24h", "created_at": 1, "status": batch.status, "metadata": batch.metadata,
            "output_file_id": batch.output or None, "error_file_id": batch.errors or None,
            "errors": {"object": "list", "data": problems} if batch.problem else None,
            "request_counts": {"total": len(batch.lines), "completed": len(batch.lines) if batch.output else 0,
                               "failed": 0},
        }  # fmt: skip

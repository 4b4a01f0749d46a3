"""One run of vLLM's async engine: started once, asked, and ended with everything that it began."""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sheetjudge.errors import ConnectionFailed, JudgeUnusable, RequestRefused, SheetjudgeError
from sheetjudge.llm import vllm_log
from sheetjudge.llm.vllm_failures import start_failure
from sheetjudge.llm.words import one_line


class Running:
    """An engine, from before its start to its end.

    Args:
        name: the judge's. model: a folder, or a name on the hub.
        arguments: vLLM's engine arguments.
        learn: gets the engine as soon as it runs; what it raises ends the engine.
    """

    def __init__(self, name: str, model: str, arguments: Mapping[str, Any], learn: Callable[[Any], None]) -> None:
        self._name = name
        self._model = model
        self._arguments = arguments
        self._learn = learn
        self._folder: Path | None = None
        self._numbers = itertools.count()
        self._starting = asyncio.Lock()
        self._engine: Any = None
        self._closed = False

    @property
    def has_begun(self) -> bool:
        """Does the engine run?"""
        return self._engine is not None

    @property
    def log(self) -> Path | None:
        """Where vLLM writes its log; None before the start, and after the end."""
        return self._folder and self._folder / vllm_log.NAME

    async def start(self) -> None:
        """Start the engine where it doesn't run yet.

        Raises:
            SetupError: whatever vLLM says.
        """
        async with self._starting:
            if self._closed:
                raise ConnectionFailed("The judge has been closed.")
            if self._engine is None:
                self._folder = Path(tempfile.mkdtemp(prefix="sheetjudge-vllm-"))
                log = vllm_log.prepare(self._folder, os.environ)
                try:
                    await self._start(log)
                except BaseException:
                    self._forget()
                    raise

    async def _start(self, log: Path) -> None:
        others = set(multiprocessing.active_children())
        try:
            self._engine = await asyncio.to_thread(_started, self._model, self._arguments, log)
            self._learn(self._engine)
        except asyncio.CancelledError:
            # The thread can't be cancelled; without the engine's processes it ends by itself.
            for process in set(multiprocessing.active_children()) - others:
                process.kill()
            raise
        except SheetjudgeError:
            await self._end()
            raise
        except Exception as error:  # noqa: BLE001 - vLLM fails to start in many ways, and says in its log why
            raise start_failure(self._name, self._cause() or str(error) or type(error).__name__) from None

    async def generated(self, prompt: Sequence[int], settings: Any, **extra: Any) -> Any:
        """The whole reply to the tokens of a prompt.

        Raises:
            JudgeUnusable: the engine has ended. RequestRefused: vLLM doesn't take this.
        """
        from vllm.v1.engine.exceptions import EngineDeadError

        try:
            asked = {"prompt_token_ids": list(prompt)}
            # Only the finished reply comes.
            *_, reply = [r async for r in self._engine.generate(asked, settings, f"{next(self._numbers)}", **extra)]
        except EngineDeadError:
            said = one_line(self._cause()) or "it does not say why"
            raise JudgeUnusable(f"vLLM's engine has ended: {said}.") from None
        except Exception as error:  # noqa: BLE001 - vLLM refuses a request with errors of many kinds
            raise RequestRefused(f"vLLM refused the request: {one_line(str(error), limit=300)}.") from None
        return reply

    async def aclose(self) -> None:
        """End the engine. May be called twice."""
        self._closed = True
        await self._end()
        self._forget()

    async def _end(self) -> None:
        engine, self._engine = self._engine, None
        if engine is None:
            return
        handler = engine.output_handler
        await asyncio.to_thread(engine.shutdown)
        if handler is not None:
            await asyncio.gather(handler, return_exceptions=True)
        # Its end calls this once more, perhaps at the interpreter's own end, when what it needs is gone.
        engine.shutdown = lambda *_, **__: None

    def _forget(self) -> None:
        folder, self._folder = self._folder, None
        if folder is not None:
            vllm_log.undo(os.environ)
            shutil.rmtree(folder, ignore_errors=True)

    def _cause(self) -> str:
        with suppress(OSError):
            return vllm_log.cause(self.log.read_text("utf-8", "replace")) if self.log else ""
        return ""


def _started(model: str, arguments: Mapping[str, Any], log: Path) -> Any:
    with vllm_log.caught(log):
        from vllm.engine.arg_utils import AsyncEngineArgs
        from vllm.usage.usage_lib import UsageContext
        from vllm.v1.engine.async_llm import AsyncLLM

        options = AsyncEngineArgs(model=str(Path(model).expanduser()), **arguments)
        # Rows by the thousand want throughput: as large a step, and as many replies at a time, as vLLM takes by itself
        # where it is given all prompts at once. As an engine inside something else its steps are small, for latency.
        return AsyncLLM.from_engine_args(options, usage_context=UsageContext.LLM_CLASS)

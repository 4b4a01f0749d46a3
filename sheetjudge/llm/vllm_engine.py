"""A judge that runs in this process on a GPU (or, with vLLM's build for it, a CPU): vLLM's async engine.

Calls go to the engine as they come and it batches them as they run; what prompts begin with alike it computes once.
Samples of one question are calls of their own: the engine would make them so in any case, and computes their prompt
once because it is the same.
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Mapping, Sequence
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
from sheetjudge.errors import ContextTooLong, MissingExtra, RequestRefused
from sheetjudge.llm.replies import belonging
from sheetjudge.llm.thoughts import split_reasoning
from sheetjudge.llm.vllm_files import check_folder, folder_of, mark_of
from sheetjudge.llm.vllm_options import read_options
from sheetjudge.llm.vllm_prompts import Prompt, prompt_of
from sheetjudge.llm.vllm_running import Running
from sheetjudge.llm.vllm_thinking import Thinking, parser_for, thoughts_at_most

# Calls that keep an engine busy where nobody says how many it works on at the same time.
_AT_ONCE = 1024


def is_installed() -> bool:
    """Whether vLLM is there; a folder of its name, which Python would take for a package as well, isn't vLLM."""
    found = importlib.util.find_spec("vllm")
    return found is not None and found.origin is not None


class VllmEngine:
    """A `LikelihoodModel` over vLLM's `AsyncLLM`, started by `start` or by the first call.

    Args:
        model: a folder, or a name on the Hugging Face hub.
        options: vLLM's engine arguments, parameters of sampling and `enable_thinking`, as the user wrote them.

    Raises:
        MissingExtra: vLLM isn't installed.
        InputError: there is no such model, or no such option.
        JudgeUnusable: the model has no chat template.

    Attributes:
        reach: the most tokens of a prompt and its reply; 0 before the engine runs.
        at_once: calls in flight that keep the engine busy.
        is_running: the engine was started.
    """

    host = ""
    price: Price | None = Price(0.0, 0.0)

    def __init__(self, model: str, options: Mapping[str, str]) -> None:
        if not is_installed():
            raise MissingExtra("vllm", "vllm", "The judge vllm")
        self._options = read_options(options)
        folder = folder_of(model, str(self._options.engine.get("revision", "")))
        check_folder(folder, model)
        self._parser = parser_for(folder, self._options.engine.get("reasoning_parser"))
        self.name = f"vllm:{model}"
        self.notes: list[str] = []
        # Twice what runs at the same time: while replies are read and kept, the next questions are there already.
        self.at_once = 2 * int(self._options.engine.get("max_num_seqs", _AT_ONCE // 2))
        self.identity: Mapping[str, Any] = {
            "engine": "vllm",
            "model": mark_of(folder),
            "options": {**self._options.answers, **({"reasoning_parser": self._parser} if self._parser else {})},
        }
        self.reach = 0
        self._model = model
        self._tokenizer: Any = None
        self._thinking: Thinking | None = None
        self._defaults: dict[str, Any] = {}
        arguments = {
            "enable_prefix_caching": True,
            "disable_log_stats": True,
            **self._options.engine,
            "reasoning_parser": self._parser,
        }
        self._running = Running(self.name, model, arguments, self._learn)

    @property
    def is_running(self) -> bool:
        """Was the engine started?"""
        return self._running.has_begun

    @property
    def log(self) -> Path | None:
        """The file with what vLLM says, while the engine is being started and while it runs."""
        return self._running.log

    async def start(self) -> None:
        """Start the engine where it doesn't run yet.

        Raises:
            SetupError: the model doesn't fit, its dtype isn't there, there is no GPU: whatever vLLM says.
        """
        await self._running.start()

    def tokens(self, text: str) -> int:
        """How many tokens a text takes. Asked once the engine runs."""
        return len(self._tokenizer.encode(text, add_special_tokens=False))

    def _learn(self, engine: Any) -> None:
        self._tokenizer = engine.renderer.tokenizer
        self.reach = engine.model_config.max_model_len
        self._defaults = engine.model_config.get_diff_sampling_param() or {}
        self._defaults.pop("max_tokens", None)
        if self._parser:
            budget = engine.vllm_config.reasoning_config
            self._thinking = Thinking(
                self._parser,
                self._tokenizer,
                self._options.template,
                has_budget=budget is not None and budget.enabled,
            )

    async def complete(self, request: Request) -> Completion:
        """A reply through the model's chat template; where there is a schema, the engine enforces it.

        Raises:
            ContextTooLong: the request doesn't fit.
            SetupError: the engine can't be started.
        """
        await self.start()
        prompt = self._prompt(request.messages)
        room = self.reach - len(prompt.tokens)
        if room < 1:
            raise self._too_long(len(prompt.tokens))
        thinking = self._thinking
        if thinking is not None and thinking.is_over(prompt.opening):
            thinking = None
        settings = self._settings(request, min(request.max_tokens or room, room), thinking)
        known = {}
        if self._thinking is not None:
            known = {"reasoning_ended": thinking is None, "reasoning_parser_kwargs": self._thinking.kwargs}
        reply = await self._running.generated(prompt.tokens, settings, **known)
        return self._completion(reply, request, thinking)

    def _settings(self, request: Request, most_tokens: int, thinking: Thinking | None) -> Any:
        from vllm.sampling_params import RequestOutputKind, SamplingParams, StructuredOutputsParams

        wanted = {**self._defaults, **self._options.sampling, **request.extra}
        if request.temperature is not None:
            wanted["temperature"] = request.temperature
        if "seed" in wanted:
            wanted["seed"] += request.sample
        said = wanted.pop("thinking_token_budget", None)
        if thinking is not None:
            # The marks around the thoughts are needed to take the reply apart.
            wanted["skip_special_tokens"] = False
            if thinking.has_budget:
                wanted["thinking_token_budget"] = thoughts_at_most(said, most_tokens)
        schema = StructuredOutputsParams(json=dict(request.schema)) if request.schema is not None else None
        return SamplingParams(
            **wanted,
            max_tokens=most_tokens,
            logprobs=request.top_logprobs or None,
            structured_outputs=schema,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )

    def _completion(self, reply: Any, request: Request, thinking: Thinking | None) -> Completion:
        written = reply.outputs[0]
        finish = written.finish_reason or "stop"
        thoughts = 0
        if thinking is None:
            text, reasoning = split_reasoning(written.text)
        else:
            reasoning, text, thoughts = thinking.taken_apart(written.text, written.token_ids, is_whole=finish == "stop")
        logprobs = None
        if written.logprobs:
            logprobs = belonging([_token(e, n) for e, n in zip(written.logprobs, written.token_ids, strict=True)], text)
        return Completion(
            text,
            reasoning,
            logprobs or None,
            finish=finish,
            model=self._model,
            format="text" if request.schema is None else "json_schema",
            usage=Usage(len(reply.prompt_token_ids), len(written.token_ids), reply.num_cached_tokens or 0, thoughts),
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
        context = self._prompt(request.messages).tokens if request.messages else plain
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
            reply = await self._running.generated([*context, *part], _scoring(uncached=uncached))
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
        await self._running.aclose()

    def _prompt(self, messages: Sequence[Message]) -> Prompt:
        marks = self._thinking.marks if self._thinking else ()
        return prompt_of(self._tokenizer, messages, self._options.template, marks)

    def _too_long(self, tokens: int) -> ContextTooLong:
        return ContextTooLong(
            f"The row and the rubric take {tokens:,} tokens; this model reads {self.reach:,}.",
            "Shorten it, or raise --judge-option max_model_len where the model allows.",
        )


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

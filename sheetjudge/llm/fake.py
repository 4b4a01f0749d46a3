"""A model that is none: deterministic answers, scripted replies and faults, for tests and trial runs.

Its answers mean nothing; they are valid, and the same for the same question on every machine.
"""

from __future__ import annotations

import asyncio
import json
import math
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sheetjudge.core.chat import (
    Completion,
    LikelihoodRequest,
    Likelihoods,
    Price,
    ReplyFormat,
    Request,
    TokenLogprob,
    Usage,
)
from sheetjudge.llm.instances import Draws, instance_of

Scripted = str | Completion | BaseException
Script = Callable[[Request], Scripted | None] | Iterable[Scripted | None]

_dump = json.JSONEncoder(ensure_ascii=False).encode
_CHARACTERS_A_TOKEN = 4
_FREE = Price(0.0, 0.0)


class FakeModel:
    """`LikelihoodModel` without a model.

    Args:
        script: what to answer: a function of the request, or replies in the order of the calls. A string is the
            reply's text, a `Completion` the whole reply, an exception is raised; None, and the calls after the last
            scripted one, get the deterministic answer.
        faults: number of the call (from 0) -> the exception that it raises.
        latency: seconds that each call takes; or a function of the call's number that gives them.
        seed: another seed, other answers.
        name: the judge as shown to people.
        price: what a token costs; nothing by default.
        logprobs: give token probabilities when the request asks for them.

    Attributes:
        calls: calls begun.
        answered: calls that ended in a completion.
        in_flight: calls under way.
        most_in_flight: the most that were under way at once.
        requests: the requests, in the order of the calls, where `keep_requests` is true.
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        faults: Mapping[int, BaseException] | None = None,
        latency: float | Callable[[int], float] = 0.0,
        seed: int = 0,
        name: str = "fake",
        price: Price | None = _FREE,
        logprobs: bool = True,
        keep_requests: bool = False,
    ) -> None:
        self.name = name
        self.identity: Mapping[str, Any] = {"fake": name, "seed": seed}
        self.host = ""
        self.price = price
        self.calls = 0
        self.answered = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.requests: list[Request | LikelihoodRequest] = []
        self.closed = False
        self._answer_to: Callable[[Request], Scripted | None] | None = script if callable(script) else None
        self._script: Iterator[Scripted | None] = iter(()) if script is None or callable(script) else iter(script)
        self._faults = dict(faults or {})
        self._latency = latency
        self._seed = seed
        self._logprobs = logprobs
        self._keep = keep_requests

    async def complete(self, request: Request) -> Completion:
        """The scripted reply, or a valid instance of the request's schema that follows from its last message."""
        await self._pass_through(request)
        scripted = self._answer_to(request) if self._answer_to else next(self._script, None)
        if isinstance(scripted, BaseException):
            raise scripted
        self.answered += 1
        if isinstance(scripted, Completion):
            return scripted
        return self._completion(request, self._text(request) if scripted is None else scripted)

    async def likelihoods(self, request: LikelihoodRequest) -> Likelihoods:
        """Log probabilities between -4 and 0, one for each word of a continuation, that follow from the texts."""
        await self._pass_through(request)
        self.answered += 1
        before = request.messages[-1].content if request.messages else request.context
        draws = Draws(_hash(before) ^ self._seed)
        rows = tuple(
            tuple(-4.0 * draws.below(1000) / 1000 for _ in range(len(text.split()) or 1))
            for text in request.continuations
        )
        usage = Usage(_tokens(before) + sum(map(_tokens, request.continuations)))
        return Likelihoods(rows, self.name, usage, self.price.cost(usage) if self.price else None)

    async def aclose(self) -> None:
        """Note that it was closed."""
        self.closed = True

    async def _pass_through(self, request: Request | LikelihoodRequest) -> None:
        """Count the call, take the time that it is to take, and fail if it is to fail."""
        number = self.calls
        self.calls += 1
        if self._keep:
            self.requests.append(request)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            latency = self._latency(number) if callable(self._latency) else self._latency
            if latency:
                await asyncio.sleep(latency)
            if number in self._faults:
                raise self._faults[number]
        finally:
            self.in_flight -= 1

    def _text(self, request: Request) -> str:
        if request.schema is None:
            return "fake"
        last = request.messages[-1].content if request.messages else ""
        draws = Draws(_hash(last) ^ (self._seed << 8) ^ (request.sample << 16))
        return _dump(instance_of(request.schema, draws, "A made-up reason."))

    def _completion(self, request: Request, text: str) -> Completion:
        usage = Usage(sum(_tokens(m.content) for m in request.messages), _tokens(text))
        used: ReplyFormat = "text" if request.schema is None else "json_schema"
        completion = Completion(
            text, model=self.name, format=used, usage=usage, cost=self.price.cost(usage) if self.price else None
        )
        if request.top_logprobs and self._logprobs:
            return replace(completion, logprobs=_logprobs(text, request.top_logprobs))
        return completion


def _hash(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def _tokens(text: str) -> int:
    return len(text) // _CHARACTERS_A_TOKEN + 1


def _logprobs(text: str, most: int) -> tuple[TokenLogprob, ...]:
    """One token a character. A digit shares its probability with its neighbours: 0.6 for itself, the rest for them."""
    sure = math.log(0.999)
    tokens = []
    for character in text:
        if not character.isdecimal():
            tokens.append(TokenLogprob(character, sure, ((character, sure),)))
            continue
        near = [str(d) for d in (int(character) - 1, int(character) + 1) if 0 <= d <= 9]  # noqa: PLR2004
        own = math.log(0.6)
        top = [(character, own), *((d, math.log(0.4 / len(near))) for d in near)][:most]
        tokens.append(TokenLogprob(character, own, tuple(top)))
    return tuple(tokens)

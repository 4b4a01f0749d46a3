"""Puts one question to one model: from the journal where it was answered before, else asked, with retries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import tenacity

from sheetjudge.core.chat import AnyCompletion, LikelihoodModel, Model, Request
from sheetjudge.core.keys import answer_key
from sheetjudge.engine.budget import Amount, Budget, Ceiling, most_of
from sheetjudge.engine.journal import AnswerStore
from sheetjudge.engine.limits import Gate, Rate
from sheetjudge.engine.patience import Health, RetryPolicy
from sheetjudge.engine.tally import Tally
from sheetjudge.errors import (
    CallTimedOut,
    ConfigError,
    ConnectionFailed,
    Interrupted,
    JudgeUnusable,
    ModelError,
    RateLimited,
    ReplyError,
)
from sheetjudge.judging.protocol import Ask, Reply

_ONE_CALL = Amount(calls=1)
_NOTHING = Amount()


@dataclass(frozen=True, slots=True)
class _Question:
    """An ask, and its key in the journal under the model's identity of that moment."""

    ask: Ask
    identity: Mapping[str, Any]
    key: bytes


class _Unkept(NamedTuple):
    """Answers on their way into the journal, and what is told when they are there."""

    answers: list[tuple[bytes, str, AnyCompletion]]
    committed: asyncio.Future[None]


class Caller:
    """Asks one model on behalf of a judge.

    Args:
        model: who is asked.
        journal: where answers are kept and found.
        gate: bounds calls in flight.
        budget: the run's ceiling.
        policy: retries.
        health: shared by the callers of one model.
        tally: counters to update.
        requests, tokens: rates to keep, or None.
        stopping: says whether the run is being stopped; no call is begun then.
        sleep: for waits between tries; injected by tests.

    Attributes:
        first: awaited before anything is asked; what it raises ends the run. None where there is nothing to wait for.
    """

    first: Callable[[], Awaitable[None]] | None = None

    def __init__(
        self,
        model: Model,
        *,
        journal: AnswerStore,
        gate: Gate,
        budget: Budget,
        policy: RetryPolicy,
        health: Health,
        tally: Tally,
        requests: Rate | None = None,
        tokens: Rate | None = None,
        stopping: Callable[[], bool] = lambda: False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.model = model
        self._journal = journal
        self._gate = gate
        self._budget = budget
        self._policy = policy
        self._health = health
        self._tally = tally
        self._requests = requests
        self._tokens = tokens
        self._stopping = stopping
        self._sleep = sleep
        self._asked: dict[bytes, asyncio.Future[Reply]] = {}
        self._unkept: list[_Unkept] = []
        self._committing: set[asyncio.Future[None]] = set()
        self._most_matters = tokens is not None or budget.ceiling != Ceiling()

    async def put(self, ask: Ask) -> Reply:
        """The reply to one ask. The same question is never in flight twice.

        Raises:
            Stopped, JudgeUnusable, SetupError: the run can't go on.
        """
        identity = self.model.identity
        key = answer_key(identity, ask.request)
        kept = self._from_journal(key, ask)
        if kept is not None:
            return kept
        if (asked := self._asked.get(key)) is not None:
            return await asyncio.shield(asked)
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._asked[key] = future
        try:
            reply = await self._answered(ask, identity, key)
        except BaseException as error:
            future.set_exception(
                Interrupted("The run was stopped.") if isinstance(error, asyncio.CancelledError) else error
            )
            future.exception()  # somebody else may be waiting, or nobody: either is fine
            raise
        else:
            future.set_result(reply)
            return reply
        finally:
            del self._asked[key]

    def beside(self, journal: AnswerStore, tally: Tally) -> Caller:
        """Another caller of this model, under the same limits and budget, with a journal and counters of its own."""
        return Caller(
            self.model,
            journal=journal,
            gate=self._gate,
            budget=self._budget,
            policy=self._policy,
            health=self._health,
            tally=tally,
            requests=self._requests,
            tokens=self._tokens,
            stopping=self._stopping,
            sleep=self._sleep,
        )

    async def ready(self) -> None:
        """Wait until something may be asked."""
        if self.first is not None:
            await self.first()

    def _from_journal(self, key: bytes, ask: Ask) -> Reply | None:
        kept = self._journal.get(key)
        if kept is None:
            return None
        try:
            value = ask.read(kept)
        except ReplyError:
            # Only readable answers are kept, so the reader has become stricter since: ask afresh.
            return None
        self._tally.served += 1
        return Reply(value, None, kept)

    async def _answered(self, ask: Ask, identity: Mapping[str, Any], key: bytes) -> Reply:
        await self.ready()
        try:
            reply = await self._tried(_Question(ask, identity, key))
        except ModelError as error:
            if error.retryable:
                self._health.gave_up(self.model.name, error)
            elif isinstance(error, JudgeUnusable):
                raise
            else:
                self._health.refused(self.model.name, error)
            return Reply(error=error)
        # Answers come in bursts. The calls that wait for their place in flight go out before this one is worked on.
        await asyncio.sleep(0)
        return reply

    async def _kept(self, question: _Question, completion: AnyCompletion) -> Reply:
        """The reply read and, where it can be read, in the journal.

        All this while its place in flight is taken: a place that is free before would mean that a killed run loses
        this answer and the call that took its place.
        """
        ask, key, identity = question.ask, question.key, self.model.identity
        try:
            value = ask.read(completion)
        except ReplyError as error:
            self._tally.failed(error)
            return Reply(error=error, completion=completion)
        slim = ask.slim(completion, value)
        if identity is not question.identity:
            # A first call may have found out what the endpoint supports, and then asked otherwise.
            key = answer_key(identity, ask.request)
        keys = [key] if ask.mends is None else [key, answer_key(identity, ask.mends)]
        await self._keep(keys, slim)
        return Reply(value, None, slim)

    async def _keep(self, keys: Iterable[bytes], answer: AnyCompletion) -> None:
        """Commit an answer under its keys, together with those that came in the same turn of the event loop."""
        loop = asyncio.get_running_loop()
        if not self._unkept:
            loop.call_soon(self._commit)
        committed = loop.create_future()
        self._unkept.append(_Unkept([(key, self.model.name, answer) for key in keys], committed))
        await committed

    def _commit(self) -> None:
        unkept, self._unkept = self._unkept, []
        waiting = [one.committed for one in unkept]
        try:
            elsewhere = self._journal.put([answer for one in unkept for answer in one.answers])
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait have to hear of it
            _tell(waiting, error)
        else:
            if elsewhere is None:
                _tell(waiting)
            else:
                self._committing.add(task := asyncio.ensure_future(_when_done(elsewhere, waiting)))
                task.add_done_callback(self._committing.discard)

    async def _tried(self, question: _Question) -> Reply:
        try:
            return await self._once(question)
        except ModelError as error:
            if not self._worth_retrying(error):
                raise
            failed = [error]

        # tenacity costs more than the rest of a call's bookkeeping, so it comes in with the first failure, which it
        # is shown as its first attempt.
        async def again() -> Reply:
            if failed:
                raise failed.pop()
            return await self._once(question, retry=True)

        retrying = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(self._policy.tries) | tenacity.stop_before_delay(self._policy.seconds),
            wait=self._policy.waiting,
            retry=tenacity.retry_if_exception(self._worth_retrying),
            sleep=self._sleep,
            reraise=True,
        )
        return await retrying(again)

    def _worth_retrying(self, error: BaseException) -> bool:
        if isinstance(error, ConnectionFailed) and not self._health.ever_answered and not self._tally.in_flight:
            # A host that never answered, with nothing left that it might answer, is more likely misspelt than busy:
            # say so soon.
            return self._health.unconnected < 3  # noqa: PLR2004 - two retries
        return self._policy.worth_it(error)

    async def _once(self, question: _Question, *, retry: bool = False) -> Reply:
        ask = question.ask
        most = most_of(ask.request, self.model.price) if self._most_matters else _ONE_CALL
        if self._requests:
            await self._requests.take(1)
        if self._tokens:
            await self._tokens.take(most.tokens)
        async with self._gate as turn:
            self._go_on()
            await self._budget.reserve(most)
            if self._stopping():
                self._budget.settle(most, _NOTHING)
            self._go_on()
            self._tally.calls += 1
            self._tally.retries += retry
            return await self._kept(question, await self._call(ask, most, turn))

    def _go_on(self) -> None:
        if self._stopping():
            raise Interrupted("The run was stopped.", "The same command again takes up where it stopped.")

    async def _call(self, ask: Ask, most: Amount, turn: int) -> AnyCompletion:
        spent = most
        self._tally.in_flight += 1
        try:
            completion = await _ask_model(self.model, ask)
            spent = _spent(completion, most)
        except ModelError as error:
            if not isinstance(error, CallTimedOut | ConnectionFailed):
                # A call that was refused costs nothing; one that was cut off may have been billed all the same.
                spent = Amount(calls=1)
            self._tally.failed(error)
            if isinstance(error, RateLimited):
                self._gate.refused(turn)
            elif isinstance(error, ConnectionFailed):
                self._health.unconnected += 1
            raise
        finally:
            self._tally.in_flight -= 1
            self._budget.settle(most, spent)
        self._gate.succeeded(turn)
        self._health.answered()
        self._tally.paid(completion)
        return completion


async def _when_done(elsewhere: Awaitable[None], waiting: Iterable[asyncio.Future[None]]) -> None:
    try:
        await elsewhere
    except Exception as error:  # noqa: BLE001 - as in `_commit`
        _tell(waiting, error)
    else:
        _tell(waiting)


def _tell(waiting: Iterable[asyncio.Future[None]], error: Exception | None = None) -> None:
    for committed in waiting:
        if committed.done():
            continue  # whoever waited was cancelled
        if error is None:
            committed.set_result(None)
        else:
            committed.set_exception(error)


def _spent(completion: AnyCompletion, most: Amount) -> Amount:
    """What an answered call cost; what the server didn't say counts with the most that it can have been."""
    tokens = completion.usage.prompt + completion.usage.completion
    return Amount(most.usd if completion.cost is None else completion.cost, tokens or most.tokens, 1)


async def _ask_model(model: Model, ask: Ask) -> AnyCompletion:
    if isinstance(ask.request, Request):
        return await model.complete(ask.request)
    if not isinstance(model, LikelihoodModel):
        raise ConfigError(
            f"{model.name} gives no probabilities of given text, so it can't be asked by likelihood.",
            "Use --method chat.",
        )
    return await model.likelihoods(ask.request)

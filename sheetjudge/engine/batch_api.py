"""Questions through the OpenAI Batch API, as a state machine that survives restarts and never submits twice.

Every step is written down before the next one is taken. A file whose submission was begun but whose answer was lost is
looked for among the server's batches, by the token in their metadata, before it is submitted.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import tenacity

from sheetjudge.core.chat import Request
from sheetjudge.engine.batch_answers import BatchAnswers, lines_of
from sheetjudge.engine.batch_book import BatchBook, Sent
from sheetjudge.engine.batch_values import Batched, Limits, Question, Sleep
from sheetjudge.engine.budget import Amount, Budget, most_of
from sheetjudge.engine.journal import AnswerStore
from sheetjudge.engine.tally import Tally
from sheetjudge.errors import BudgetReached, ConnectionFailed, ModelError, RequestRefused, Stopped
from sheetjudge.llm.batches import DISCOUNT, ENDPOINT, BatchApi, BatchState
from sheetjudge.llm.openai_api import OpenAIModel

T = TypeVar("T")

_TRIES = 8
_FINDING_TRIES = 3


class Batches:
    """The batches of one model in one run.

    Args:
        model: who is asked. api: its endpoint's batches. book: where they are written down.
        journal: where answers go. budget, tally: the run's.
        questions: all that the run wants to know and the journal doesn't answer, from the start at each call.
        stopping: says whether the run is being stopped. sleep: waits, for so long at the most.
        on_state: called with how far the batches are, for a person.
        limits: of one batch.
    """

    def __init__(
        self,
        model: OpenAIModel,
        api: BatchApi,
        book: BatchBook,
        *,
        journal: AnswerStore,
        budget: Budget,
        tally: Tally,
        questions: Callable[[], Iterable[Question]],
        stopping: Callable[[], bool] = lambda: False,
        sleep: Sleep = asyncio.sleep,
        on_state: Callable[[BatchState], None] = lambda _: None,
        limits: Limits | None = None,
    ) -> None:
        self._model = model
        self._api = api
        self._book = book
        self._budget = budget
        self._questions = questions
        self._stopping = stopping
        self._sleep = sleep
        self._on_state = on_state
        self._limits = limits or Limits()
        self._most = self._limits.requests
        self._reserved: dict[str, Amount] = {}
        self._answers = BatchAnswers(model, journal=journal, budget=budget, tally=tally, questions=questions)

    @property
    def result(self) -> Batched:
        """What went through batches so far."""
        return self._answers.result

    async def go(self, rounds: int = 3) -> Batched:
        """Ask until every question has its answer, or was in so many batches.

        Raises:
            Stopped: the run was stopped, or the budget has no room; what was submitted is taken up by the next run.
            ModelError: the endpoint has no batches.
        """
        for sent in self._book.adopt():
            await self._take_up(sent)
        while True:
            while await self._send_part(rounds):
                pass
            if not self._book.sent():
                self._check_others()
                return self.result
            await self._through()

    def _check_others(self) -> None:
        if any(self._book.is_on_its_way(question.key) for question in self._questions()):
            raise Stopped(
                "What is left to ask is on its way in the batches of another run.",
                "Run the same command again when that one is done.",
            )

    async def _take_up(self, sent: Sent) -> None:
        """Bring a batch of an earlier run to where this one can wait for it."""
        if sent.state == "made":
            self._book.forget(sent.token)
            return
        self.result.resumed += 1
        if sent.state == "uploaded":
            await self._submit(sent.token, sent.file, may_be_there=True)

    async def _send_part(self, rounds: int) -> bool:
        """Send the next batch. False where nothing is left to ask, or no more has room for now."""
        chosen, most = self._chosen(q for q in self._questions() if self._answers.failures.get(q.key, 0) < rounds)
        if not chosen:
            return False
        token, taken = self._book.claim((q.key for q in chosen), time.time())
        if not taken:
            self._book.forget(token)
            return False
        with tempfile.NamedTemporaryFile(prefix="sheetjudge-", suffix=".jsonl") as file:
            for question in chosen:
                if question.key in taken:
                    file.write(self._line(question))
            file.flush()
            uploaded = await self._retried(lambda: self._api.upload(Path(file.name), f"sheetjudge-{token}.jsonl"))
        self._book.uploaded(token, uploaded)
        await self._submit(token, uploaded, may_be_there=False)
        self.result.submitted += 1
        await self._budget.reserve(most)
        self._reserved[token] = most
        return True

    async def _submit(self, token: str, file: str, *, may_be_there: bool) -> None:
        """Submit a file once: where that may have been done before, look for the batch first."""
        for tried in range(1, _TRIES + 1):
            found = await self._found(token, file) if may_be_there else None
            try:
                state = found or await self._api.submit(file, token)
            except ModelError as error:
                if not error.retryable:
                    self._book.forget(token)
                    raise
                if tried == _TRIES:
                    raise
                may_be_there = True
                await self._pause(tried)
            else:
                self._book.submitted(token, state.id)
                return

    async def _found(self, token: str, file: str) -> BatchState | None:
        for tried in range(1, _FINDING_TRIES + 1):
            found = await self._retried(lambda: self._api.find(file, token))
            if found is not None:
                return found
            # A list may lag behind what was just submitted.
            await self._pause(tried)
        return None

    async def _through(self) -> None:
        """Wait until all batches that were submitted have ended, and take their answers."""
        wait = self._limits.first_wait
        while sent := self._book.sent():
            for one in sent:
                state = await self._looked(one)
                if state is None or state.is_ended:
                    await self._take(one, state)
                    wait = self._limits.first_wait
                else:
                    self._on_state(state)
            if not self._book.sent():
                return
            self._go_on()
            await self._sleep(wait)
            self._go_on()
            wait = min(wait * 1.5, self._limits.most_wait)

    async def _looked(self, sent: Sent) -> BatchState | None:
        try:
            return await self._retried(lambda: self._api.look(sent.batch))
        except RequestRefused:
            # The server has forgotten it: its questions are asked anew.
            return None

    async def _take(self, sent: Sent, state: BatchState | None) -> None:
        """Put a batch's answers into the journal and forget it."""
        if state is not None:
            self._on_state(state)
            if state.is_too_much:
                self._most = max(1, self._most // 2)
                await self._pause(1)
            elif state.status == "failed":
                self._book.forget(sent.token)
                raise RequestRefused(f"{self._model.name} refused a batch: {state.said or 'without a word'}.")
            else:
                await self._take_answers(sent, state)
        self._book.forget(sent.token)
        if (most := self._reserved.pop(sent.token, None)) is not None:
            self._budget.settle(most, Amount())
        for file in filter(None, (sent.file, *((state.output, state.errors) if state else ()))):
            # A file that can't be deleted goes by itself after the time that the server keeps files.
            with suppress(ModelError):
                await self._api.forget(file)

    async def _take_answers(self, sent: Sent, state: BatchState) -> None:
        lines: dict[bytes, Any] = {}
        with tempfile.TemporaryDirectory(prefix="sheetjudge-") as folder:
            for number, file in enumerate(filter(None, (state.output, state.errors))):
                path = Path(folder) / str(number)
                await self._retried(partial(self._api.fetch, file, path))
                lines |= lines_of(path)
        self._answers.keep(lines)
        for key in self._book.keys(sent.token):
            if key not in lines:
                self._answers.missed(key, "no answer")

    def _chosen(self, questions: Iterable[Question]) -> tuple[list[Question], Amount]:
        chosen: list[Question] = []
        most, size = Amount(), 0
        seen: set[bytes] = set()
        for question in questions:
            if len(chosen) >= self._most:
                break
            if question.key in seen or self._book.is_on_its_way(question.key):
                continue
            cost = most_of(question.ask.request, self._model.price)
            cost = Amount(cost.usd * DISCOUNT, cost.tokens, cost.calls)
            size += len(self._line(question))
            if not self._budget.has_room(most + cost):
                if not chosen and not self._book.sent():
                    raise BudgetReached(
                        f"The budget of {self._budget.ceiling} could be passed by the next question.",
                        "Raise it and run the same command again: what was judged is not paid for twice.",
                    )
                break
            if size > self._limits.size and chosen:
                break
            seen.add(question.key)
            chosen.append(question)
            most += cost
        return chosen, most

    def _line(self, question: Question) -> bytes:
        assert isinstance(question.ask.request, Request)  # noqa: S101 - no other kind goes through a batch
        head = json.dumps({"custom_id": question.key.hex(), "method": "POST", "url": ENDPOINT})[:-1]
        return head.encode() + b', "body": ' + self._model.call(question.ask.request).body + b"}\n"

    def _go_on(self) -> None:
        if self._stopping():
            raise Stopped(
                "The run was stopped while a batch is on its way.",
                "Run the same command again: it takes the batch up and pays for nothing twice.",
            )

    async def _pause(self, tried: int) -> None:
        self._go_on()
        await self._sleep(min(self._limits.first_wait * 2**tried, self._limits.most_wait))
        self._go_on()

    async def _retried(self, step: Callable[[], Awaitable[T]]) -> T:
        """A step that may be repeated, until it succeeds."""
        retrying = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(_TRIES),
            wait=lambda state: min(self._limits.first_wait * 2.0**state.attempt_number, self._limits.most_wait),
            retry=tenacity.retry_if_exception(
                lambda e: isinstance(e, ModelError) and (e.retryable or isinstance(e, ConnectionFailed))
            ),
            sleep=self._sleep,
            reraise=True,
        )

        # tenacity takes only what it sees to be a coroutine function for one.
        async def once() -> T:
            return await step()

        return await retrying(once)

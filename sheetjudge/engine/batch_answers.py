"""The answers of a batch: read to what was asked, counted, and kept in the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sheetjudge.core.chat import Completion, Request
from sheetjudge.engine.batch_values import Batched, Question
from sheetjudge.engine.budget import Amount, Budget
from sheetjudge.engine.journal import AnswerStore
from sheetjudge.engine.tally import Tally
from sheetjudge.errors import ModelError, ReplyError
from sheetjudge.llm.batches import DISCOUNT, answer_of, error_of
from sheetjudge.llm.openai_api import OpenAIModel
from sheetjudge.llm.transport import Answer
from sheetjudge.llm.wire import decoded, encoded

_AT_ONCE = 500


class BatchAnswers:
    """Takes answers in.

    Args:
        model: who gave them. journal: where they go. budget, tally: the run's.
        questions: all that the run wants to know and the journal doesn't answer, from the start at each call.

    Attributes:
        result: what went through batches. failures: of each question, how often it came back without an answer.
    """

    def __init__(
        self,
        model: OpenAIModel,
        *,
        journal: AnswerStore,
        budget: Budget,
        tally: Tally,
        questions: Callable[[], Iterable[Question]],
    ) -> None:
        self.result = Batched()
        self.failures: dict[bytes, int] = {}
        self._model = model
        self._journal = journal
        self._budget = budget
        self._tally = tally
        self._questions = questions

    def keep(self, lines: Mapping[bytes, Any]) -> None:
        """Read the answers to what is asked now, and keep them."""
        answers: list[tuple[bytes, str, Completion]] = []
        for question in self._questions():
            line = lines.get(question.key)
            if line is None:
                continue
            found = self._read(question, line)
            if found is not None:
                answers.append((question.key, self._model.name, found))
                if len(answers) >= _AT_ONCE:
                    self._journal.put(answers)
                    answers = []
        self._journal.put(answers)

    def _read(self, question: Question, line: Mapping[str, Any]) -> Completion | None:
        ask = question.ask
        assert isinstance(ask.request, Request)  # noqa: S101 - no other kind goes through a batch
        _, status, body = answer_of(line)
        if not status:
            self.missed(question.key, error_of(line))
            return None
        self._tally.calls += 1
        try:
            completion = self._model.read(Answer(status, {}, encoded(body)), self._model.call(ask.request))
            if completion.cost is not None:
                completion = replace(completion, cost=completion.cost * DISCOUNT)
            self._tally.paid(completion)
            usage = completion.usage
            self._budget.settle(Amount(), Amount(completion.cost or 0.0, usage.prompt + usage.completion, 1))
            value = ask.read(completion)
        except (ModelError, ReplyError) as error:
            self._tally.failed(error)
            self.missed(question.key, type(error).__name__)
            return None
        self.result.answered += 1
        slim: Completion = ask.slim(completion, value)
        return slim

    def missed(self, key: bytes, why: str) -> None:
        """Count a question that came back without an answer."""
        self.failures[key] = self.failures.get(key, 0) + 1
        self.result.missed(why)


def lines_of(path: Path) -> Iterator[tuple[bytes, Any]]:
    """The key and the content of each line of a batch's output that can be read."""
    with path.open("rb") as file:
        for raw in file:
            try:
                line = decoded(raw)
                key = bytes.fromhex(line["custom_id"])
            except (ValueError, KeyError, TypeError):
                continue
            yield key, line

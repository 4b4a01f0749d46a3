"""The chat judge: one row, its criteria, a reason and a score for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from sheetjudge.core.chat import Completion, Request
from sheetjudge.core.rubric import Criterion, Rubric
from sheetjudge.core.verdict import Verdict, unscored
from sheetjudge.core.visible import well_formed
from sheetjudge.errors import ReplyError
from sheetjudge.judging.distribution import Distribution, expectation, only_scores, score_distribution
from sheetjudge.judging.parse import Answer, PartialReplyError, read_answers
from sheetjudge.judging.pool import pooled
from sheetjudge.judging.prompts import messages_for, repair_messages, system_text, verdict_schema
from sheetjudge.judging.protocol import Ask, Item, Reply, Steps

# Alternatives asked for each token: the most that OpenAI's API gives.
TOP_LOGPROBS = 20


@dataclass(frozen=True)
class Asking:
    """How a chat judge is asked.

    Attributes:
        samples: replies drawn for each question. With more than one the model's own temperature is left alone.
        per_criterion: one call for each criterion instead of one for the row.
        logprobs: ask for token probabilities and score by their expectation where they come back.
        max_tokens: the most that a reply may take, a reasoning model's thoughts included.
        keep_reasoning: keep a reasoning model's thoughts with the verdict.
        extra: further request parameters, passed on as they are.
    """

    samples: int = 1
    per_criterion: bool = False
    logprobs: bool = True
    max_tokens: int = 4096
    keep_reasoning: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


class PointwiseJudge:
    """Asks a chat model for a reason and a score on each criterion of a rubric.

    Args:
        rubric: its criteria with an ask are judged; checks are not this judge's business.
        asking: how to ask.
        secret: key of the row delimiters.
    """

    def __init__(self, rubric: Rubric, asking: Asking, secret: bytes) -> None:
        self.criteria = rubric.asked
        self.asking = asking
        self._secret = secret
        groups = [(c,) for c in self.criteria] if asking.per_criterion else [self.criteria]
        self._groups = tuple(_Group(g, system_text(rubric, g), verdict_schema(g)) for g in groups if g)

    def judge(self, item: Item) -> Steps[tuple[Verdict, ...]]:
        """One verdict for each criterion, in the rubric's order.

        A reply that can't be read is asked for once more, with what was wrong with it; a criterion that has no valid
        answer in either reply is unscored in that sample. A criterion's value is the mean over its valid samples.
        """
        asked = self._asks(item)
        replies = yield tuple(ask for _, ask in asked)
        pending = [i for i, reply in enumerate(replies) if isinstance(reply.error, ReplyError)]
        repaired: dict[int, Reply] = {}
        if pending:
            again = yield tuple(_repair(asked[i][1], replies[i]) for i in pending)
            repaired = dict(zip(pending, again, strict=True))
        readings: dict[str, list[Verdict]] = {c.id: [] for c in self.criteria}
        for i, (group, _) in enumerate(asked):
            for criterion in group.criteria:
                verdict = self._verdict(criterion, repaired.get(i, replies[i]))
                if verdict.unscored and i in repaired:
                    # What the first reply said validly still stands when the second one failed.
                    first = self._verdict(criterion, replies[i])
                    verdict = verdict if first.unscored else first
                readings[criterion.id].append(verdict)
        return tuple(pooled(c, readings[c.id], "sample") for c in self.criteria)

    def _asks(self, item: Item) -> list[tuple[_Group, Ask]]:
        asking = self.asking
        asks = []
        for group in self._groups:
            messages = messages_for(group.system, item, self._secret)
            request = Request(
                messages=messages,
                schema=group.schema,
                # One reply is wanted as repeatable as it gets; samples are wanted as the model spreads them.
                temperature=0.0 if asking.samples == 1 else None,
                max_tokens=asking.max_tokens,
                top_logprobs=TOP_LOGPROBS if asking.logprobs else 0,
                extra=asking.extra,
            )
            read = partial(read_answers, criteria=group.criteria, material=messages[-1].content)
            asks += [
                (group, Ask(replace(request, sample=n) if n else request, read, self._slim))
                for n in range(asking.samples)
            ]
        return asks

    def _slim(self, completion: Completion, answers: Mapping[str, Answer]) -> Completion:
        reasoning = completion.reasoning if self.asking.keep_reasoning else ""
        logprobs = completion.logprobs
        if logprobs and "".join(token.token for token in logprobs) == completion.text:
            logprobs = only_scores(logprobs, [answer.span for answer in answers.values() if answer.span])
        if logprobs is completion.logprobs and reasoning == completion.reasoning:
            return completion
        return replace(completion, reasoning=reasoning, logprobs=logprobs)

    def _verdict(self, criterion: Criterion, reply: Reply) -> Verdict:
        answers: Mapping[str, Answer] = reply.value or {}
        why = ""
        if isinstance(reply.error, PartialReplyError):
            answers = reply.error.answers
            why = reply.error.problems.get(criterion.id, "")
        elif reply.error is not None:
            why = str(reply.error)
        answer = answers.get(criterion.id)
        if answer is None or not isinstance(reply.completion, Completion):
            return unscored(criterion.id, why)
        reasoning = well_formed(reply.completion.reasoning) if self.asking.keep_reasoning else ""
        return _scored(criterion, answer, reply.completion, reasoning)


@dataclass(frozen=True)
class _Group:
    criteria: Sequence[Criterion]
    system: str
    schema: Mapping[str, Any]


def _repair(ask: Ask, reply: Reply) -> Ask:
    assert isinstance(ask.request, Request)  # noqa: S101 - this judge puts no other kind
    text = reply.completion.text if isinstance(reply.completion, Completion) else ""
    problem = reply.error.what if reply.error else ""
    messages = repair_messages(ask.request.messages, text, problem)
    max_tokens = ask.request.max_tokens
    if isinstance(reply.completion, Completion) and reply.completion.finish == "length" and max_tokens:
        # The same limit would cut the same reply off again.
        max_tokens *= 4
    return replace(ask, request=replace(ask.request, messages=messages, max_tokens=max_tokens), mends=ask.request)


def _scored(criterion: Criterion, answer: Answer, completion: Completion, reasoning: str) -> Verdict:
    scale = criterion.scale
    distribution = _distribution(criterion, answer, completion)
    stated = scale.value_of(answer.label) if scale.ordered else None
    if distribution is None:
        value, basis = stated, "stated"
    else:
        value, basis = (expectation(distribution, scale) if scale.ordered else None), "expectation"
    label = answer.label
    if scale.kind == "yes/no" and value is not None:
        label = scale.nearest_label(value)
    return Verdict(
        criterion.id,
        value=value,
        label=label,
        distribution=distribution or (),
        basis="expectation" if basis == "expectation" else "stated",
        reason=answer.reason,
        reasoning=reasoning,
    )


def _distribution(criterion: Criterion, answer: Answer, completion: Completion) -> Distribution | None:
    if not completion.logprobs:
        return None
    written = "".join(token.token for token in completion.logprobs)
    span = answer.span
    if written != completion.text:
        # Tokens that hold half a character, or a reasoning part that was taken off: look in the tokens' own text.
        try:
            found = read_answers(replace(completion, text=written), [criterion])[criterion.id]
        except ReplyError:
            return None
        if found.label != answer.label:
            return None
        span = found.span
    return score_distribution(completion.logprobs, span, criterion.scale) if span else None

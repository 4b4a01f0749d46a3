"""How a chat model is asked: a reason and an answer for each of some criteria, sampled, and repaired once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from sheetjudge.core.chat import Completion, Request, token_texts
from sheetjudge.core.rubric import Criterion
from sheetjudge.core.verdict import Verdict, unscored
from sheetjudge.core.visible import well_formed
from sheetjudge.errors import ReplyError
from sheetjudge.judging.distribution import Distribution, expectation, only_scores, score_distribution
from sheetjudge.judging.parse import Answer, PartialReplyError, read_answers
from sheetjudge.judging.prompts import messages_for, repair_messages
from sheetjudge.judging.protocol import Ask, Reply, Steps

# Alternatives asked for each token: the most that OpenAI's API gives.
TOP_LOGPROBS = 20


@dataclass(frozen=True)
class Asking:
    """How a chat judge is asked.

    Attributes:
        samples: replies drawn for each question. With more than one the model's own temperature is left alone.
        sample: index of the first of them, above 0 where the judge gave others before. is_sampled: it gave others, or
            may be asked for them, so that the temperature is left alone for one reply as well.
        per_criterion: one call for each criterion instead of one for the row.
        logprobs: ask for token probabilities and score by their expectation where they come back.
        max_tokens: the most that a reply may take, a reasoning model's thoughts included.
        keep_reasoning: keep a reasoning model's thoughts with the verdict.
        extra: further request parameters, passed on as they are.
    """

    samples: int = 1
    sample: int = 0
    is_sampled: bool = False
    per_criterion: bool = False
    logprobs: bool = True
    max_tokens: int = 4096
    keep_reasoning: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """What one call asks about some material, the same words for all of it.

    Attributes:
        criteria: each gets a reason and an answer.
        system: the system message.
        schema: JSON Schema of the reply.
        key: name of the answer beside its reason in the reply.
        needed: ids without whose answers a reply can't be used; None for all.
        after: what is asked behind the material, where only the words before it are the same for several questions.
    """

    criteria: Sequence[Criterion]
    system: str
    schema: Mapping[str, Any]
    key: str = "score"
    needed: Collection[str] | None = None
    after: str = ""


def answers(questions: Sequence[Question], material: str, asking: Asking) -> Steps[dict[str, list[Verdict]]]:
    """Put the questions about `material`, and read the replies.

    A reply that can't be used is asked for once more, with what was wrong with it; a criterion that has no valid
    answer in either reply is unscored in that sample.

    Returns:
        For each criterion, by id, the verdicts of the samples in order.
    """
    asked = [(question, ask) for question in questions for ask in _asks(question, material, asking)]
    replies = yield tuple(ask for _, ask in asked)
    pending = [i for i, reply in enumerate(replies) if isinstance(reply.error, ReplyError)]
    repaired: dict[int, Reply] = {}
    if pending:
        again = yield tuple(_repair(asked[i][1], replies[i]) for i in pending)
        repaired = dict(zip(pending, again, strict=True))
    readings: dict[str, list[Verdict]] = {c.id: [] for question in questions for c in question.criteria}
    for i, (question, _) in enumerate(asked):
        for criterion in question.criteria:
            verdict = _verdict(question, criterion, repaired.get(i, replies[i]), asking)
            if verdict.unscored and i in repaired:
                # What the first reply said validly still stands when the second one failed.
                first = _verdict(question, criterion, replies[i], asking)
                verdict = verdict if first.unscored else first
            readings[criterion.id].append(verdict)
    return readings


def _asks(question: Question, material: str, asking: Asking) -> list[Ask]:
    request = Request(
        messages=messages_for(question.system, f"{material}\n\n{question.after}" if question.after else material),
        schema=question.schema,
        # One reply is wanted as repeatable as it gets; samples are wanted as the model spreads them.
        temperature=0.0 if asking.samples == 1 and not asking.is_sampled else None,
        max_tokens=asking.max_tokens,
        top_logprobs=TOP_LOGPROBS if asking.logprobs else 0,
        extra=asking.extra,
    )
    read = partial(
        read_answers, criteria=question.criteria, material=material, key=question.key, needed=question.needed
    )
    slim = partial(_slim, keep_reasoning=asking.keep_reasoning)
    wanted = range(asking.sample, asking.sample + asking.samples)
    return [Ask(replace(request, sample=n) if n else request, read, slim) for n in wanted]


def _slim(completion: Completion, given: Mapping[str, Answer], *, keep_reasoning: bool) -> Completion:
    reasoning = completion.reasoning if keep_reasoning else ""
    logprobs = completion.logprobs
    if logprobs and "".join(token_texts(logprobs)) == completion.text:
        logprobs = only_scores(logprobs, [answer.span for answer in given.values() if answer.span])
    if logprobs is completion.logprobs and reasoning == completion.reasoning:
        return completion
    return replace(completion, reasoning=reasoning, logprobs=logprobs)


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


def _verdict(question: Question, criterion: Criterion, reply: Reply, asking: Asking) -> Verdict:
    given: Mapping[str, Answer] = reply.value or {}
    why = ""
    if isinstance(reply.error, PartialReplyError):
        given = reply.error.answers
        why = reply.error.problems.get(criterion.id, "")
    elif reply.error is not None:
        why = str(reply.error)
    answer = given.get(criterion.id)
    if answer is None or not isinstance(reply.completion, Completion):
        return unscored(criterion.id, why)
    reasoning = well_formed(reply.completion.reasoning) if asking.keep_reasoning else ""
    return _scored(criterion, answer, _distribution(question, criterion, answer, reply.completion), reasoning)


def _scored(criterion: Criterion, answer: Answer, distribution: Distribution | None, reasoning: str) -> Verdict:
    scale = criterion.scale
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


def _distribution(
    question: Question, criterion: Criterion, answer: Answer, completion: Completion
) -> Distribution | None:
    if not completion.logprobs:
        return None
    written = "".join(token_texts(completion.logprobs))
    span = answer.span
    if written != completion.text:
        # Tokens that hold half a character, or a reasoning part that was taken off: look in the tokens' own text.
        try:
            found = read_answers(replace(completion, text=written), [criterion], key=question.key)[criterion.id]
        except ReplyError:
            return None
        if found.label != answer.label:
            return None
        span = found.span
    return score_distribution(completion.logprobs, span, criterion.scale) if span else None

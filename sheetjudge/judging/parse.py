"""A model's reply read as answers to criteria. What isn't a valid answer is an error, never a number."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sheetjudge.core.chat import Completion
from sheetjudge.core.rubric import Criterion, Scale
from sheetjudge.errors import ReplyError


@dataclass(frozen=True, slots=True)
class Answer:
    """One criterion's answer in a reply.

    Attributes:
        label: the allowed answer that was given.
        reason: the reason given with it.
        span: where the score's JSON text lies in the reply, (start, end) in characters; None where it isn't known.
    """

    label: str
    reason: str
    span: tuple[int, int] | None


class PartialReplyError(ReplyError):
    """A reply in which only some criteria have a valid answer.

    Args:
        answers: the valid ones, by criterion id.
        problems: what is wrong with each other one, by criterion id.
    """

    def __init__(self, what: str, answers: Mapping[str, Answer], problems: Mapping[str, str]) -> None:
        super().__init__(what)
        self.answers = answers
        self.problems = problems


def read_answers(completion: Completion, criteria: Sequence[Criterion]) -> dict[str, Answer]:
    """The answers in a reply, by criterion id.

    The reply is one JSON object; where a model adds talk or a code fence, the last object that has the criteria
    counts, so that a model which corrects itself is taken at its last word.

    Raises:
        ReplyError: no such object; the message says why, for the model and for a person.
        PartialReplyError: some answers are valid, others missing or not allowed.
    """
    text = completion.text
    if completion.finish == "content_filter":
        raise ReplyError("the endpoint's content filter withheld the reply.")
    found = _last_object(text, {c.id for c in criteria})
    if found is None:
        raise ReplyError(_why_no_object(completion))
    start, value = found
    spans = _score_spans(text, start)
    answers: dict[str, Answer] = {}
    problems: dict[str, str] = {}
    for criterion in criteria:
        given = value.get(criterion.id)
        try:
            label, reason = _one_answer(criterion, given)
        except ReplyError as error:
            problems[criterion.id] = error.what
        else:
            answers[criterion.id] = Answer(label, reason, spans.get(criterion.id))
    if problems:
        raise PartialReplyError(" ".join(problems.values()), answers, problems)
    return answers


def _why_no_object(completion: Completion) -> str:
    if completion.finish == "length":
        return "the reply was cut off at its token limit before the JSON object was complete."
    if not completion.text.strip():
        return "the reply is empty."
    return "the reply holds no JSON object with the rubric's criteria."


def _last_object(text: str, ids: set[str]) -> tuple[int, dict[str, Any]] | None:
    best: tuple[int, dict[str, Any]] | None = None
    for start, value in _objects(text):
        if ids & value.keys():
            best = (start, value)
    return best


def _objects(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    decoder = json.JSONDecoder(strict=False)
    at = text.find("{")
    tries = 0
    while at >= 0 and tries < 200:  # noqa: PLR2004 - a reply of nothing but braces must not take quadratic time
        tries += 1
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at = text.find("{", at + 1)
            continue
        if isinstance(value, dict):
            yield at, value
        at = text.find("{", end)


def _one_answer(criterion: Criterion, given: Any) -> tuple[str, str]:
    if given is None:
        raise ReplyError(f'"{criterion.id}" is missing.')
    reason = ""
    score = given
    if isinstance(given, dict):
        reason = str(given.get("reason") or "")
        score = given.get("score")
    label = _as_label(criterion.scale, score)
    if label is None:
        shown = json.dumps(score, ensure_ascii=False)[:60]
        raise ReplyError(f'the score of "{criterion.id}" is {shown}, which is not on the scale {criterion.scale}.')
    return label, " ".join(reason.split())


def _as_label(scale: Scale, score: Any) -> str | None:
    if scale.kind == "integer":
        return _as_integer(scale, score)
    if isinstance(score, bool):
        if scale.kind != "yes/no":
            return None
        return "yes" if score else "no"
    if not isinstance(score, str):
        return None
    wanted = score.strip().casefold()
    matches = [label for label in scale.labels if label.casefold() == wanted]
    return next((label for label in matches if label == score.strip()), matches[0] if matches else None)


def _as_integer(scale: Scale, score: Any) -> str | None:
    if isinstance(score, str):
        try:
            score = float(score)
        except ValueError:
            return None
    if isinstance(score, bool) or not isinstance(score, int | float):
        return None
    # The comparison also refuses NaN and the infinities, which JSON decoders let through.
    if not scale.low <= score <= scale.high or score != int(score):
        return None
    return str(int(score))


def _score_spans(text: str, start: int) -> dict[str, tuple[int, int]]:
    """Where each criterion's score stands in the object that begins at `start`, by walking its JSON text."""
    spans: dict[str, tuple[int, int]] = {}
    for path, begin, end in _leaves(text, start):
        if len(path) == 1 or (len(path) == 2 and path[1] == "score"):  # noqa: PLR2004 - {id: score} or {id: {score: …}}
            spans[path[0]] = (begin, end)
    return spans


def _leaves(text: str, start: int) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """(path of keys, start, end) of each scalar in the object at `start`; the text is known to be valid JSON."""
    decoder = json.JSONDecoder(strict=False)
    path: list[str] = []
    at = start + 1
    while True:
        at = _skip(text, at, " \t\r\n,")
        if text[at] == "}":
            at += 1
            if not path:
                return
            path.pop()
            continue
        key, at = decoder.raw_decode(text, at)
        at = _skip(text, at, " \t\r\n:")
        if text[at] == "{":
            path.append(key)
            at += 1
            continue
        _, end = decoder.raw_decode(text, at)
        yield (*path, key), at, end
        at = end


def _skip(text: str, at: int, chars: str) -> int:
    while text[at] in chars:
        at += 1
    return at

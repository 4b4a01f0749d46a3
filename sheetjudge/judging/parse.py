"""A model's reply read as answers to criteria. What isn't a valid answer is an error, never a number."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sheetjudge.core.chat import Completion
from sheetjudge.core.rubric import Criterion, Scale
from sheetjudge.core.visible import well_formed
from sheetjudge.errors import ReplyError

LONGEST_SHOWN = 60

_CUT_OFF = {"length": "cut off at its token limit", "error": "broken off by the endpoint"}

_BRACE = re.compile(r"[{}]")
# JSON, or what a model writes that means it: other quotes.
_OBJECT_START = re.compile(r"\{\s*+[\"'\u201c\u2018]")
_NAME = re.compile(r"[\"'\u2018-\u201d]([\w-]{1,40})[\"'\u2018-\u201d]\s{0,8}:")
_NO_MARKS = dict.fromkeys(map(ord, "\"'`\\\u2018\u2019\u201c\u201d\u201e"))
_DECODER = json.JSONDecoder(strict=False)
_INTEGER = re.compile(r"[-+]?[0-9]{1,9}(?:\.0*)?")


@dataclass(frozen=True, slots=True)
class Answer:
    """One criterion's answer in a reply.

    Attributes:
        label: the allowed answer that was given.
        reason: the reason given with it.
        span: where the score's JSON text lies in the reply, (start, end) in characters; None where it is a number
            with an exponent, whose digits are not the answer's.
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


def read_answers(
    completion: Completion,
    criteria: Sequence[Criterion],
    material: str = "",
    *,
    key: str = "score",
    needed: Collection[str] | None = None,
) -> dict[str, Answer]:
    """The answers in a reply, by criterion id.

    The reply is one JSON object. Where a model adds talk or a code fence, the last object that has all the criteria
    counts (else the last that has the most of them), so that a model which corrects itself is taken at its last word,
    valid or not, also where that is no JSON or holds the criteria further inside. Two kinds of objects never count, for
    their text is the row's author's and not the judge's: those that stand in the row itself, and those inside an
    object that isn't valid JSON (a quotation in a reason whose quotes the model forgot to escape).

    Args:
        completion: the reply.
        criteria: whose answers are wanted.
        material: the row as the judge saw it.
        key: name of the answer beside its reason.
        needed: ids of the criteria without which the reply can't be used; None for all.

    Raises:
        ReplyError: no such object; the message says why, for the model and for a person.
        PartialReplyError: some answers are valid, needed ones missing or not allowed.
    """
    text = completion.text
    if completion.finish == "content_filter":
        raise ReplyError("the endpoint's content filter withheld the reply.")
    if completion.finish == "refusal":
        raise ReplyError(f"the judge refused to answer: {' '.join(text.split())[:200]}")
    found = _deciding_object(text, {c.id for c in criteria}, material)
    if found is None:
        raise ReplyError(_why_no_object(completion))
    if completion.finish in _CUT_OFF and text[found.end :].strip("` \t\r\n"):
        raise ReplyError(f"the reply was {_CUT_OFF[completion.finish]} while it went on after its JSON object.")
    spans = _answer_spans(text, found.start, key)
    answers: dict[str, Answer] = {}
    problems: dict[str, str] = {}
    for criterion in criteria:
        given = found.value.get(criterion.id)
        try:
            label, reason = _one_answer(criterion, given, key)
        except ReplyError as error:
            problems[criterion.id] = error.what
        else:
            answers[criterion.id] = Answer(label, reason, _plain(text, spans.get(criterion.id)))
    if problems.keys() & (problems if needed is None else needed):
        raise PartialReplyError(" ".join(problems.values()), answers, problems)
    return answers


def _why_no_object(completion: Completion) -> str:
    if completion.finish in _CUT_OFF:
        return f"the reply was {_CUT_OFF[completion.finish]} before the JSON object was complete."
    if not completion.text.strip():
        return "the reply is empty."
    return "the reply holds no JSON object with the rubric's criteria."


@dataclass(frozen=True, slots=True)
class _Object:
    """An object in a reply; `value` is empty where it isn't valid JSON."""

    start: int
    end: int
    value: Mapping[str, Any]


def _deciding_object(text: str, ids: set[str], material: str) -> _Object | None:
    every = list(_objects(text))
    named = [found for found in every if ids & found.value.keys()]
    if not named:
        return None
    quotable = _bare(material) if "{" in material else ""

    def is_quoted(found: _Object) -> bool:
        return bool(quotable) and _bare(text[found.start : found.end]) in quotable

    for found in sorted(named, key=lambda found: (len(ids & found.value.keys()), found.start), reverse=True):
        if is_quoted(found):
            continue
        most = len(ids & found.value.keys())
        if any(
            _speaks_of(ids, text, later) >= most and not is_quoted(later)
            for later in every
            if later.start > found.start
        ):
            raise ReplyError("the reply goes on after its JSON object with one that can't be read as the verdict.")
        return found
    raise ReplyError("the reply only repeats a verdict that stands in the row's own text.")


def _speaks_of(ids: set[str], text: str, found: _Object) -> int:
    """How many criteria are named in an object that isn't valid JSON, or that names them further inside alone."""
    if ids & found.value.keys():
        return 0
    return len(ids.intersection(_NAME.findall(text, found.start, found.end)))


def _bare(text: str) -> str:
    """`text` without what changes when a model quotes, or makes JSON of what is nearly so.

    That is white space, quotation marks, backslashes, a last comma, and capitals.
    """
    return "".join(text.split()).translate(_NO_MARKS).replace(",}", "}").casefold()


def _objects(text: str) -> Iterator[_Object]:
    """The objects in `text`, left to right, none inside another, also those that aren't valid JSON.

    Raises:
        ReplyError: finding them would take more than linear time, as no reply to the question does.
    """
    effort = 20 * len(text) + 10_000
    end = 0
    while begin := _OBJECT_START.search(text, end):
        at = begin.start()
        try:
            value, end = _DECODER.raw_decode(text, at)
            yield _Object(at, end, value)
        except RecursionError:
            effort = -1
        except ValueError as error:
            # An integer of thousands of digits is a plain ValueError, without a place. With a place, finding the
            # line that it is on costs a look at everything before it, if a quick one.
            place = getattr(error, "pos", len(text))
            effort -= place - at + place // 16
            end = _braces_end(text, at)
            yield _Object(at, end, {})
        if effort < 0:
            raise ReplyError("the reply's braces are too tangled to be read.")


def _braces_end(text: str, start: int) -> int:
    """Where the braces that open at `start` are closed, strings not told apart; the text's end where they never are.

    What was meant as JSON and is none is passed over as a whole: it may quote anything.
    """
    depth = 0
    for brace in _BRACE.finditer(text, start):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return brace.end()
    return len(text)


def _one_answer(criterion: Criterion, given: Any, key: str) -> tuple[str, str]:
    if given is None:
        raise ReplyError(f'"{criterion.id}" is missing.')
    reason: Any = ""
    score = given
    if isinstance(given, dict):
        reason = given.get("reason")
        score = given.get(key)
    label = _as_label(criterion.scale, score)
    if label is None:
        where = "one of" if criterion.scale.kind == "labels" else "on the scale"
        what = f'the {key} of "{criterion.id}" is {_shown(score)}, which is not {where} {criterion.scale}.'
        raise ReplyError(what)
    return label, " ".join(well_formed(reason).split()) if isinstance(reason, str) else ""


def _shown(score: Any) -> str:
    if isinstance(score, dict | list):
        return "an object" if isinstance(score, dict) else "a list"
    shown = json.dumps(well_formed(score) if isinstance(score, str) else score, ensure_ascii=False)
    return shown if len(shown) <= LONGEST_SHOWN else shown[: LONGEST_SHOWN - 1] + "…"


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
        # float() would also take "1_0", "nan" and the digits of other scripts.
        if not _INTEGER.fullmatch(score.strip()):
            return None
        score = float(score)
    if isinstance(score, bool) or not isinstance(score, int | float):
        return None
    # The comparison also refuses NaN and the infinities, which JSON decoders let through.
    if not scale.low <= score <= scale.high or score != int(score):
        return None
    return str(int(score))


def _answer_spans(text: str, start: int, key: str) -> dict[str, tuple[int, int]]:
    """Where each criterion's answer stands in the object that begins at `start`, by walking its JSON text."""
    spans: dict[str, tuple[int, int]] = {}
    for path, begin, end in _leaves(text, start):
        if len(path) == 1 or (len(path) == 2 and path[1] == key):  # noqa: PLR2004 - {id: score} or {id: {score: …}}
            spans[path[0]] = (begin, end)
    return spans


def _leaves(text: str, start: int) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """(path of keys, start, end) of each scalar in the object at `start`; the text is known to be valid JSON."""
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
        key, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at, " \t\r\n:")
        if text[at] == "{":
            path.append(key)
            at += 1
            continue
        _, end = _DECODER.raw_decode(text, at)
        yield (*path, key), at, end
        at = end


def _plain(text: str, span: tuple[int, int] | None) -> tuple[int, int] | None:
    is_power = span is not None and text[span[0]] in "-0123456789" and "e" in text[span[0] : span[1]].lower()
    return None if is_power else span


def _skip(text: str, at: int, chars: str) -> int:
    while text[at] in chars:
        at += 1
    return at

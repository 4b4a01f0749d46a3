"""A first rubric from one sentence, written by a judge model and checked by the rubric reader.

Where no model can be asked for one, it is put together from the sentence's own words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from sheetjudge.core.chat import Completion, Message, Model, Request
from sheetjudge.core.criterion_ids import unused_id
from sheetjudge.core.rubric import Rubric
from sheetjudge.core.rubric_file import error_of, read_rubric
from sheetjudge.core.rubric_reader import LONGEST_NAME
from sheetjudge.core.yaml_nodes import shorten
from sheetjudge.engine.budget import Budget, Ceiling
from sheetjudge.engine.caller import Caller
from sheetjudge.engine.journal import AnswerStore, Journal
from sheetjudge.engine.limits import Gate
from sheetjudge.engine.patience import Health, RetryPolicy
from sheetjudge.engine.tally import Tally
from sheetjudge.errors import ConfigError, ReplyError, RubricError
from sheetjudge.judging.protocol import Ask
from sheetjudge.ops.judge_config import judge_config
from sheetjudge.ops.settings import load_settings

LONGEST_SENTENCE = 10_000
_SMALL = ("embedded", "gguf")
_LEAST, _MOST = 1, 8
_MOST_WEIGHT = 5
_MOST_TOKENS = 4096
_LEVELS = ("1", "3", "5")
_RULES = """\
You write rubrics by which texts are judged. Somebody tells you in a sentence or two what matters to them. Write the \
rubric that an experienced assessor would: two to six criteria that don't overlap and that together cover what was \
said, and nothing that wasn't.

For each criterion write
- "ask": one question that can be answered by reading the text alone, about one thing
- "statement": the same as a sentence that is true of a text that meets it fully
- "weight": 1, 2 or 3, by how much it matters to the person
- "levels": what one sees in a text of level 1 (worst), 3 and 5 (best), a short sentence each; so exact that two \
people would choose the same level

"name" is a title of two to six words, "about" one sentence that says what is judged. Write in the language of the \
sentence. Don't use braces. Reply with one JSON object of exactly this form and nothing else:
{"name": "...", "about": "...", "criteria": [{"ask": "...", "statement": "...", "weight": 1, \
"levels": {"1": "...", "3": "...", "5": "..."}}]}"""
_TEXT = {"type": "string"}
_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "name": _TEXT,
        "about": _TEXT,
        "criteria": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "ask": _TEXT,
                    "statement": _TEXT,
                    "weight": {"type": "integer", "enum": [1, 2, 3]},
                    "levels": {
                        "type": "object",
                        "properties": dict.fromkeys(_LEVELS, _TEXT),
                        "required": list(_LEVELS),
                        "additionalProperties": False,
                    },
                },
                "required": ["ask", "statement", "weight", "levels"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["name", "about", "criteria"],
    "additionalProperties": False,
}
_SEPARATORS = re.compile(r"[;\n]|(?<=[^\d\W]),(?=\s)|[.!?](?=\s|$)")
_AND = re.compile(r"^(?:and|und|et|y|or|oder)\s+", re.IGNORECASE)
_BRACES = str.maketrans("{}", "()")


@dataclass(frozen=True)
class Draft:
    """A rubric to start from.

    Attributes:
        rubric: what it says. note: where it isn't a judge's work, why; else "".
        tally: calls and money that went into it.
    """

    rubric: Rubric
    note: str
    tally: Tally


async def draft_rubric(
    sentence: str,
    judge: str,
    environment: Mapping[str, str],
    *,
    budget: float | None = None,
    journal: AnswerStore | None = None,
) -> Draft:
    """Draft a rubric.

    Args:
        sentence: what matters, in words.
        judge: who writes it, as `--judge` takes it; "" for the configured one. Models that run inside sheetjudge are
            too small for that: then a template is made of the sentence.
        environment: environment variables.
        budget: US dollars at the most.
        journal: where answers are kept; None for the usual one.

    Raises:
        ConfigError: there is no sentence, or no such judge.
        ModelError, Stopped: the judge can't be asked.
    """
    sentence = " ".join(sentence.split())
    if len(sentence.split()) < 2 or len(sentence) > LONGEST_SENTENCE:  # noqa: PLR2004
        raise ConfigError("A rubric is drafted from a sentence that says what matters.", "Write a few words.")
    settings = load_settings(environment)
    judge = judge or settings.judge or "embedded"
    if judge.partition(":")[0] in _SMALL:
        note = f"{judge} is too small to write rubrics, so this one was put together from your words. Edit it."
        return Draft(template(sentence), note, Tally())
    own = Journal(settings.journal) if journal is None else None
    kept = own or journal
    assert kept is not None  # noqa: S101 - one of them is there
    try:
        return await _drafted(sentence, judge, environment, kept, budget)
    finally:
        if own is not None:
            own.close()


async def _drafted(
    sentence: str, judge: str, environment: Mapping[str, str], journal: AnswerStore, budget: float | None
) -> Draft:
    from sheetjudge.llm.providers import parse_judge

    settings = load_settings(environment)
    config = judge_config(
        settings.providers, environment, timeout=settings.timeout, stored=journal.fact, learned=journal.add_to_fact
    )
    model = parse_judge(judge, {}, config)
    tally, ceiling = Tally(), Budget(Ceiling(budget))
    try:
        ceiling.require_prices({model.name: model.price})
        caller = Caller(
            model, journal=journal, gate=Gate(1), budget=ceiling, policy=RetryPolicy(), health=Health(10), tally=tally
        )
        rubric, complaint = await _asked(sentence, model, caller)
    finally:
        await model.aclose()
    if rubric is not None:
        return Draft(rubric, "", tally)
    note = f"What {judge} wrote was no rubric ({complaint}), so this one was put together from your words. Edit it."
    return Draft(template(sentence), note, tally)


async def _asked(sentence: str, model: Model, caller: Caller) -> tuple[Rubric | None, str]:
    """The rubric that the model writes, at the second try where the first is none; else what is wrong with it."""
    messages = [Message("system", _RULES), Message("user", f"What matters: {sentence}")]
    complaint, first = "", None
    for _ in range(2):
        request = Request(tuple(messages), schema=_SCHEMA, schema_name="rubric", max_tokens=_MOST_TOKENS)
        reply = await caller.put(Ask(request, _read, mends=first))
        if reply.value is not None:
            return reply.value, ""
        if not isinstance(reply.error, ReplyError) or reply.completion is None:
            raise reply.error or ConfigError(f"{model.name} gave no answer.")
        complaint, first = str(reply.error), request
        wrong = reply.completion.text if isinstance(reply.completion, Completion) else ""
        messages += [
            Message("assistant", wrong),
            Message("user", f"That is no valid rubric: {complaint} Reply with the corrected JSON object only."),
        ]
    return None, complaint


def _read(completion: Any) -> Rubric:
    """The rubric in a reply.

    Raises:
        ReplyError: it holds none.
    """
    text = completion.text
    start, end = text.find("{"), text.rfind("}")
    try:
        said = json.loads(text[start : end + 1])
    except (ValueError, RecursionError):
        raise ReplyError("It is no JSON object.") from None
    try:
        criteria = [_criterion(one) for one in said["criteria"]]
        content = {"name": _line(said["name"])[:LONGEST_NAME], "about": _line(said.get("about", ""))}
    except (KeyError, TypeError, AttributeError) as error:
        raise ReplyError(f"It lacks a part of the form ({error}).") from None
    if not _LEAST <= len(criteria) <= _MOST:
        raise ReplyError(f"It has {len(criteria)} criteria; two to six are wanted.")
    return _checked(content, criteria)


def _criterion(one: Mapping[str, Any]) -> dict[str, Any]:
    levels = {int(level): _line(one["levels"][level]) for level in _LEVELS}
    weight = one["weight"]
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= _MOST_WEIGHT:
        raise ReplyError(f"The weight {weight!r} is not 1, 2 or 3.")
    return {"ask": _line(one["ask"]), "statement": _line(one["statement"]), "weight": weight, "levels": levels}


def _line(text: Any) -> str:
    if not isinstance(text, str):
        raise ReplyError(f"{text!r} is no text.")
    return " ".join(text.split()).translate(_BRACES)


def _checked(content: Mapping[str, Any], criteria: Sequence[Mapping[str, Any]]) -> Rubric:
    """The rubric, after all that the reader of rubric files looks at."""
    named: list[dict[str, Any]] = []
    for one in criteria:
        told = {key: value for key, value in one.items() if value not in ("", 1)}
        named.append({"id": unused_id(str(one["ask"]), [c["id"] for c in named]), **told})
    data = {key: value for key, value in content.items() if value} | {"scale": "1-5", "criteria": named}
    reading = read_rubric(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))
    if reading.rubric is None:
        raise ReplyError(str(error_of(reading.problems)))
    return reading.rubric


def template(sentence: str) -> Rubric:
    """A rubric with a criterion for each thing that a sentence names.

    Raises:
        RubricError: the words are none.
    """
    parts = [part for part in map(_part, _SEPARATORS.split(sentence)) if part]
    if not parts:
        raise RubricError("There is no sentence to draft a rubric from.", "Say in a sentence what matters.")
    if len(parts) > _MOST:
        parts = [*parts[: _MOST - 1], "; ".join(parts[_MOST - 1 :])]
    criteria = [
        {
            "ask": f"{part[0].upper()}{part[1:]}: how well does the text meet this?",
            "statement": "",
            "weight": 1,
            "levels": {1: "Nothing of it is there.", 3: "In part, or without detail.", 5: "Fully, and in detail."},
        }
        for part in parts
    ]
    try:
        return _checked({"name": shorten(_line(sentence), LONGEST_NAME)}, criteria)
    except ReplyError as error:
        raise RubricError(error.what, error.advice) from None


def _part(text: str) -> str:
    words = _AND.sub("", _line(text)).strip(" .:,-")
    return words if any(c.isalnum() for c in words) else ""

"""From a chat to the numbers of its tokens, by the model's own template."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sheetjudge.core.chat import Message


class Prompt(NamedTuple):
    """The tokens of a chat up to where the assistant's turn begins, and those of them behind the last message."""

    tokens: list[int]
    opening: list[int]


def prompt_of(
    tokenizer: Any, messages: Sequence[Message], template: Mapping[str, Any], marks: Collection[str] = ()
) -> Prompt:
    """The tokens of a chat.

    A message that holds a mark is put in after the template was applied and is cut into tokens on its own, with a cut
    inside of the mark, as the text that it is.

    Args:
        tokenizer: the model's.
        messages: the chat.
        template: variables for its template.
        marks: what steers a reply besides the tokenizer's special tokens.
    """
    found = {mark for mark in (*tokenizer.all_special_tokens, *marks) if len(mark) > 1}
    inside = re.compile("|".join(map(re.escape, sorted(found, key=len, reverse=True))) or r"(?!)")
    places = [f"\ue000{i}\ue001" if inside.search(m.content) else m.content for i, m in enumerate(messages)]
    turns = [{"role": m.role, "content": place} for m, place in zip(messages, places, strict=True)]
    rest = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True, **template)
    opening = _encoded(tokenizer, rest.rpartition(places[-1].strip())[2])
    tokens: list[int] = []
    for message, place in zip(messages, places, strict=True):
        if place != message.content:
            before, there, rest = rest.partition(place)
            tokens += _encoded(tokenizer, before)
            tokens += _as_text(tokenizer, message.content, inside) if there else []
    return Prompt(tokens + _encoded(tokenizer, rest), opening)


def _as_text(tokenizer: Any, text: str, marks: re.Pattern[str]) -> list[int]:
    tokens: list[int] = []
    at = 0
    for mark in marks.finditer(text):
        tokens += _encoded(tokenizer, text[at : mark.start() + 1])
        at = mark.start() + 1
    return tokens + _encoded(tokenizer, text[at:])


def _encoded(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer.encode(text, add_special_tokens=False))

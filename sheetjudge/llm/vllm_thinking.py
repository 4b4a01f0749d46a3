"""Models that think before they answer: which of vLLM's reasoning parsers reads them, and their thoughts kept apart.

With a parser, vLLM holds a reply to its schema only from the end of its thoughts on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sheetjudge.errors import ConfigError
from sheetjudge.llm.vllm_files import template_of

NO_PARSER = "none"
# A reply's tokens are for thoughts and answer together. So much of them is the most that may be thoughts.
_MOST_THOUGHTS = 0.75


def parser_for(folder: Path, said: Any) -> str:
    """The name of the reasoning parser for a model; "" for one that doesn't think.

    Args:
        folder: the model's.
        said: what the user chose; None where he left it open. Then `<think>` in the chat template tells: Qwen3's
            switches thinking on and off, DeepSeek-R1's and its distills' always opens it.
    """
    if said is not None:
        return "" if said == NO_PARSER else str(said)
    template = template_of(folder)
    if "<think>" not in template or "</think>" not in template:
        return ""
    return "qwen3" if "enable_thinking" in template else "deepseek_r1"


class Thoughts(NamedTuple):
    """A reply taken apart: what was thought, the answer, and how many tokens the thoughts took."""

    reasoning: str
    answer: str
    tokens: int


class Thinking:
    """A model's thinking, as one of vLLM's reasoning parsers knows it.

    Args:
        name: the parser's. tokenizer: the model's. template: variables of its chat template.
        has_budget: the engine can end thoughts that take too long.

    Raises:
        ConfigError: there is no such parser, or it doesn't fit the model.
    """

    def __init__(self, name: str, tokenizer: Any, template: Mapping[str, Any], *, has_budget: bool) -> None:
        from vllm.reasoning import ReasoningParserManager

        self.kwargs = {"chat_template_kwargs": dict(template)}
        self.has_budget = has_budget
        self._tokenizer = tokenizer
        try:
            self._parser = ReasoningParserManager.get_reasoning_parser(name)
            first = self._parser(tokenizer, **self.kwargs)
        except (KeyError, RuntimeError, ValueError) as error:
            raise ConfigError(
                f"vLLM's reasoning parser {name} doesn't go with this model: {error}.",
                "Choose another with --judge-option reasoning_parser=…, or none.",
            ) from error
        self.marks: Collection[str] = [m for m in (first.reasoning_start_str, first.reasoning_end_str) if m]
        self._end_mark: str = first.reasoning_end_str or ""
        self._end: list[int] = list(tokenizer.encode(self._end_mark, add_special_tokens=False))

    def is_over(self, opening: Sequence[int]) -> bool:
        """Does the template's opening of the assistant's turn end the thoughts already (thinking switched off)?"""
        return bool(self._parser(self._tokenizer, **self.kwargs).is_reasoning_end(list(opening)))

    def taken_apart(self, text: str, tokens: Sequence[int], *, is_whole: bool) -> Thoughts:
        """The thoughts and the answer of a reply.

        Args:
            text: as written, with marks. tokens: it is made of. is_whole: the model ended it by itself.
        """
        reasoning, answer = self._parsed(text)
        if self._end_mark and self._end_mark in text:
            # Parsers drop a mark that comes once more; the answer has to stay what its tokens say.
            answer = text.partition(self._end_mark)[2]
        answer = (answer or "").lstrip()
        if not answer and is_whole and not any(mark in text for mark in self.marks):
            # It answered without a thought.
            return Thoughts("", text, 0)
        return Thoughts((reasoning or "").strip(), answer, self._thoughts_in(list(tokens)) if answer else len(tokens))

    def _parsed(self, text: str) -> tuple[str | None, str | None]:
        from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest

        parser = self._parser(self._tokenizer, **self.kwargs)
        found: tuple[str | None, str | None] = parser.extract_reasoning(
            text, ChatCompletionRequest(messages=[], model="")
        )
        return found

    def _thoughts_in(self, tokens: list[int]) -> int:
        """How many tokens the thoughts took, with the mark that ends them; 0 where that mark isn't known."""
        size = len(self._end)
        ends = (at + size for at in range(len(tokens)) if size and tokens[at : at + size] == self._end)
        return next(ends, 0)


def thoughts_at_most(said: int | None, most_tokens: int) -> int:
    """Tokens that the thoughts of a reply of `most_tokens` may take, so that there is room for its answer."""
    room = int(most_tokens * _MOST_THOUGHTS)
    return room if said is None else min(said, room)

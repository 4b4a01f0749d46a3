"""An endpoint that gives the probability of given text, with a language model of a few lines behind it.

The model's tokens are single characters and, where they stand next to each other, the pairs in `PAIRS`; so a context's
last token can merge with the beginning of what follows. Each token's log probability follows from it and the one
before. What the endpoint knows is chosen: `tokenize`, `prompt_logprobs`, `echo`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from tests.servers.chat_server import Answer, ChatServer, Reply, chat, error

PAIRS = frozenset({".I", " a", "is", "th"})
REPLY = "\x02"  # where the assistant's turn begins


def cut(text: str) -> list[str]:
    """The tokens of a text, pairs first, from left to right."""
    tokens: list[str] = []
    while text:
        size = 2 if text[:2] in PAIRS else 1
        tokens.append(text[:size])
        text = text[size:]
    return tokens


def logprob(before: str, token: str) -> float:
    return -(1 + zlib.crc32(f"{before}|{token}".encode()) % 999) / 100


def logprobs(tokens: Iterable[str]) -> list[float]:
    """Of each token but the first."""
    return [logprob(before, token) for before, token in pairwise(tokens)]


def numbers(tokens: Iterable[str]) -> list[int]:
    return [int.from_bytes(token.encode(), "big") + 1 for token in tokens]


def token_of(number: int) -> str:
    number -= 1
    return number.to_bytes((number.bit_length() + 7) // 8, "big").decode()


def templated(messages: list[dict[str, str]]) -> str:
    return "".join(f"\x01{m['content']}" for m in messages) + REPLY


class LikelihoodServer(ChatServer):
    """See the module. `knows` may change while it runs."""

    def __init__(self, *knows: str, latency: float = 0.0) -> None:
        super().__init__(self._answer, latency=latency)
        self.knows = set(knows)
        self.reach = 10_000

    def _answer(self, body: dict[str, Any], number: int) -> Answer:
        path = self.paths[number]
        if path == "/tokenize" and "tokenize" in self.knows:
            return Reply(body={"tokens": numbers(self._text(body)), "count": 0})
        if path == "/v1/completions" and "prompt" in body:
            if isinstance(body["prompt"], list) and "prompt_logprobs" in self.knows:
                return self._of_numbers(body["prompt"])
            if body.get("echo") and "echo" in self.knows:
                return self._echo(body["prompt"])
        if path == "/v1/chat/completions":
            return self._chat(body)
        return error(404, "Not Found")

    def _text(self, body: dict[str, Any]) -> list[str]:
        return cut(templated(body["messages"]) if "messages" in body else body["prompt"])

    def _of_numbers(self, prompts: list[list[int]]) -> Reply:
        if max(map(len, prompts)) > self.reach:
            return error(400, f"This model's maximum context length is {self.reach} tokens.")
        choices = [
            {"index": i, "text": "x", "prompt_logprobs": self._entries([token_of(n) for n in prompt])}
            for i, prompt in enumerate(prompts)
        ]
        usage = {"prompt_tokens": sum(map(len, prompts)), "completion_tokens": len(prompts)}
        return Reply(body={"choices": choices[::-1], "usage": usage})

    def _entries(self, tokens: list[str]) -> list[Any]:
        listed = zip(numbers(tokens)[1:], logprobs(tokens), strict=True)
        return [None, *({str(n): {"logprob": p, "rank": 1}} for n, p in listed)]

    def _chat(self, body: dict[str, Any]) -> Reply:
        if "prompt_logprobs" not in body or "prompt_logprobs" not in self.knows:
            return Reply(body=chat())
        *before, last = body["messages"]
        text = templated(body["messages"])
        if body["continue_final_message"]:
            text = templated(before) + last["content"]
        return Reply(body=chat() | {"prompt_logprobs": self._entries(cut(text))})

    def _echo(self, prompt: str) -> Reply:
        tokens = cut(prompt)
        told = {
            "tokens": [*tokens, "!"],
            "token_logprobs": [None, *logprobs(tokens), -1.0],
            "text_offset": [0] * (len(tokens) + 1),
        }
        body = {"choices": [{"index": 0, "text": prompt + "!", "logprobs": told}]}
        return Reply(body=body | {"usage": {"prompt_tokens": len(tokens), "completion_tokens": 1}})

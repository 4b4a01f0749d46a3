"""What an endpoint takes, as far as it is known, and how to ask for less where it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from sheetjudge.core.chat import ReplyFormat

MaxTokensName = Literal["max_tokens", "max_completion_tokens", ""]
LikelihoodWay = Literal["tokens", "chat", "echo", ""]

# The better ones first; `given_text` says what each is.
LIKELIHOOD_WAYS: tuple[LikelihoodWay, ...] = ("tokens", "chat", "echo")

TEMPERATURE_0 = "temperature 0"
"""What a call asks for beside `temperature` where that is 0: some servers take only what is above it."""

_FORMATS: tuple[ReplyFormat, ...] = ("json_schema", "json_object", "text")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What is asked of an endpoint. A run begins with what its provider documents and steps down where it refuses.

    Attributes:
        format: the strictest response format that is asked for.
        logprobs: ask for token probabilities when the request wants them.
        top_logprobs: the most alternatives a token that the endpoint gives.
        temperature: send the request's temperature (reasoning models refuse it).
        seed: send a seed where the options hold one.
        max_tokens: the parameter that limits the reply; "" sends none.
        renamed: the other name of that parameter was refused.
        system: send what the judge is told in a system message of its own (chat templates such as Gemma's refuse one).
        likelihood: the way in which the probability of given text is asked; "" where it isn't known yet.
    """

    format: ReplyFormat = "json_schema"
    logprobs: bool = True
    top_logprobs: int = 20
    temperature: bool = True
    seed: bool = True
    max_tokens: MaxTokensName = "max_tokens"
    renamed: bool = False
    system: bool = True
    likelihood: LikelihoodWay = ""

    def to_mapping(self) -> dict[str, Any]:
        """Plain values, for the journal."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], base: Capabilities | None = None) -> Capabilities:
        """The reverse of `to_mapping`. What isn't there, unknown or of the wrong kind is as in `base`.

        A stored value only decides what is tried first, so an unreadable one is worth no error.
        """
        base = base or cls()
        allowed: dict[str, tuple[Any, ...]] = {
            "format": _FORMATS,
            "logprobs": (True, False),
            "top_logprobs": tuple(range(1, 101)),
            "temperature": (True, False),
            "seed": (True, False),
            "max_tokens": ("max_tokens", "max_completion_tokens", ""),
            "renamed": (True, False),
            "system": (True, False),
            "likelihood": (*LIKELIHOOD_WAYS, ""),
        }
        known = {
            name: values[name]
            for name, choices in allowed.items()
            if name in values and type(values[name]) is type(choices[0]) and values[name] in choices
        }
        return replace(base, **known)


def without(given: Capabilities, option: str, most: int | None = None) -> tuple[Capabilities, str] | None:
    """What to ask for after an option was refused, and a note that says so; None where there is nothing less to ask.

    Args:
        given: what was asked.
        option: the request's option that the endpoint refused, by its name on the wire.
        most: for `top_logprobs`, the most that the endpoint says it takes.
    """
    if option == "top_logprobs" and most and 0 < most < given.top_logprobs:
        return replace(given, top_logprobs=most), f"gives at most {most} alternatives a token"
    if option in ("max_tokens", "max_completion_tokens") and not given.renamed:
        other: MaxTokensName = "max_completion_tokens" if option == "max_tokens" else "max_tokens"
        return replace(given, max_tokens=other, renamed=True), ""
    if option not in _LESS:
        return None
    changes, note = _LESS[option]
    return replace(given, **changes), note


_NO_LOGPROBS = ({"logprobs": False}, "gives no token probabilities: scores are the reply's own figures")
_NO_LIMIT = ({"max_tokens": ""}, "takes no limit on the length of a reply")
_LESS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "json_schema": ({"format": "json_object"}, "doesn't take JSON schemas: asked in JSON mode"),
    "json_object": ({"format": "text"}, "has no JSON mode: asked for plain text"),
    "logprobs": _NO_LOGPROBS,
    "top_logprobs": _NO_LOGPROBS,
    "temperature": ({"temperature": False}, "takes no temperature: the model's own is used"),
    "seed": ({"seed": False}, "takes no seed"),
    "max_tokens": _NO_LIMIT,
    "max_completion_tokens": _NO_LIMIT,
    "system": ({"system": False}, "takes no system message: what it says stands before the row's text"),
}

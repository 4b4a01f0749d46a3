"""The options that a user gives for one judge: read, checked, and sorted into what is sent and what is for us."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any

from sheetjudge.core.chat import Price
from sheetjudge.errors import ConfigError

_SENT = {
    "frequency_penalty",
    "logit_bias",
    "min_p",
    "presence_penalty",
    "reasoning_effort",
    "repetition_penalty",
    "seed",
    "service_tier",
    "top_k",
    "top_p",
    "user",
    "verbosity",
}
_OURS = {
    "api_key_env",
    "base_url",
    "ca_file",
    "connect_timeout",
    "format",
    "logprobs",
    "price_cached",
    "price_completion",
    "price_prompt",
    "timeout",
}


def sent(options: Mapping[str, str]) -> dict[str, Any]:
    """The options that go into each request."""
    found: dict[str, Any] = {}
    for name, text in options.items():
        if name in _OURS:
            continue
        plain = name.removeprefix("body.")
        if plain == name and name not in _SENT:
            near = difflib.get_close_matches(name, sorted(_SENT | _OURS), 1)
            raise ConfigError(
                f"A judge has no option {name!r}.",
                (f"Did you mean {near[0]}? " if near else "")
                + f"To send any parameter as it is, write body.{name}=VALUE.",
            )
        try:
            found[plain] = json.loads(text)
        except ValueError:
            found[plain] = text
    if "seed" in found and not isinstance(found["seed"], int):
        raise ConfigError(f"The seed {found['seed']!r} isn't a whole number.", "Write seed=1, say.")
    return found


def forced(options: Mapping[str, str]) -> dict[str, Any]:
    """What the user decided himself of what the endpoint is asked: values of `Capabilities` by name."""
    values: dict[str, Any] = {}
    if "format" in options:
        values["format"] = _choice(options, "format", "json_schema", "json_object", "text")
    if "logprobs" in options:
        values["logprobs"] = _choice(options, "logprobs", "yes", "no") == "yes"
    return values


def stated_price(options: Mapping[str, str]) -> Price | None:
    """The price that the user states, in US dollars per million tokens; None where he doesn't."""
    if not {"price_prompt", "price_completion", "price_cached"} & set(options):
        return None
    if not {"price_prompt", "price_completion"} <= set(options):
        raise ConfigError("A price needs both its parts.", "Set price_prompt and price_completion (USD per million).")
    return Price(
        number(options, "price_prompt", 0.0),
        number(options, "price_completion", 0.0),
        number(options, "price_cached", 0.0) if "price_cached" in options else None,
    )


def number(options: Mapping[str, str], name: str, unset: float) -> float:
    """The option as a number from 0 on, or `unset`."""
    if name not in options:
        return unset
    try:
        value = float(options[name])
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise ConfigError(f"The option {name}={options[name]} isn't a number from 0 on.", f"Write {name}=30, say.")
    return value


def _choice(options: Mapping[str, str], name: str, *choices: str) -> str:
    if options[name] not in choices:
        raise ConfigError(f"The option {name}={options[name]} isn't known.", f"Write one of {', '.join(choices)}.")
    return options[name]

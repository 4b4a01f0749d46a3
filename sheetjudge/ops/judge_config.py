"""From the configuration's `[providers.NAME]` tables to what models are made from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sheetjudge.core.chat import Price
from sheetjudge.errors import ConfigError
from sheetjudge.llm.addresses import is_sendable
from sheetjudge.llm.capabilities import Capabilities
from sheetjudge.llm.providers import KINDS, JudgeConfig, ProviderConfig
from sheetjudge.llm.transport import Timeouts

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_KEYS = ("base_url", "key_env", "prices", "supports", "headers")


def judge_config(
    providers: Mapping[str, Mapping[str, Any]],
    environment: Mapping[str, str],
    *,
    timeout: float,
    stored: Callable[[str], Any],
    learned: Callable[[str, Mapping[str, Any]], None] | None = None,
    needs_keys: bool = True,
) -> JudgeConfig:
    """What models are made from.

    Args:
        providers: tables of the configuration file, by provider.
        environment: the environment's variables.
        timeout: seconds that one call may take.
        stored: what an earlier run found out about an endpoint, by its name.
        learned: keeps such a finding at once, so that it outlives a run that is killed.
        needs_keys: a key that isn't there is an error; not where nobody will be asked.

    Raises:
        ConfigError: names the table and the key that is wrong.
    """
    return JudgeConfig(
        environ=environment,
        providers={name: _provider(name, table) for name, table in providers.items()},
        timeouts=Timeouts(total=timeout),
        stored=stored,
        learned=learned,
        needs_keys=needs_keys,
    )


def _provider(name: str, table: Mapping[str, Any]) -> ProviderConfig:
    if name not in KINDS:
        raise ConfigError(f"[providers.{name}] is no provider.", f"The providers are {', '.join(KINDS)}.")
    for key, value in table.items():
        wanted = str if key in ("base_url", "key_env") else dict
        if key not in _KEYS:
            raise ConfigError(f"[providers.{name}] has no key {key!r}.", f"Its keys are {', '.join(_KEYS)}.")
        if not isinstance(value, wanted):
            raise ConfigError(f"[providers.{name}] {key} has to be {'text' if wanted is str else 'a table'}.")
    for header, value in table.get("headers", {}).items():
        if not isinstance(value, str) or not is_sendable(value) or not _HEADER.fullmatch(header):
            raise ConfigError(
                f"[providers.{name}] headers: {header!r} has to be a header's name, with text on one line."
            )
    for option, value in table.get("supports", {}).items():
        known = Capabilities().to_mapping()
        if option not in known:
            raise ConfigError(f"[providers.{name}] supports has no {option!r}.", f"It has {', '.join(known)}.")
        if Capabilities.from_mapping({option: value}).to_mapping()[option] != value:
            raise ConfigError(f"[providers.{name}] supports: {option} can't be {value!r}.")
    prices = {
        model: price_from(numbers, f"[providers.{name}] {model}") for model, numbers in table.get("prices", {}).items()
    }
    return ProviderConfig(**{**table, "prices": prices})


def _as_written(numbers: Any) -> str:
    return ",".join(map(str, numbers)) if isinstance(numbers, list | tuple) else str(numbers)


def price_from(numbers: Any, where: str) -> Price:
    """A price from two or three numbers: dollars per million tokens of prompt, reply and cached prompt.

    Raises:
        ConfigError: says `where`, and what is wanted.
    """
    try:
        values = [float(n) for n in numbers]
    except (TypeError, ValueError):
        values = []
    if len(values) not in (2, 3) or not all(0 <= n < float("inf") for n in values):
        raise ConfigError(
            f"{where}: {_as_written(numbers)!r} is no price.",
            "A price is dollars per million tokens of prompt and reply (and of cached prompt), such as 0.25,2.",
        )
    return Price(values[0], values[1], values[2] if len(values) > 2 else None)  # noqa: PLR2004

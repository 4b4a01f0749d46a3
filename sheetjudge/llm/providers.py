"""From the judge that a user names (`openai:gpt-5-mini`) to the model that is asked."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sheetjudge.core.chat import Model, Price
from sheetjudge.errors import ConfigError
from sheetjudge.llm.addresses import Judge, address_and_headers, base_url_of, checked, is_local, key_of
from sheetjudge.llm.capabilities import Capabilities
from sheetjudge.llm.judge_options import forced, number, sent, stated_price
from sheetjudge.llm.openai_api import OpenAIModel
from sheetjudge.llm.presets import PRESETS, Preset
from sheetjudge.llm.prices import price_of, priced_models
from sheetjudge.llm.transport import Endpoint, Timeouts, proxy_for

KINDS = ("embedded", "fake", *PRESETS, "gguf", "vllm", "http", "https")


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """What the configuration says of one provider; unset values leave the preset's.

    Attributes:
        base_url: another address.
        key_env: another variable of the key.
        prices: model -> price.
        supports: values of `Capabilities` by name.
        headers: further headers; their values are kept secret.
    """

    base_url: str = ""
    key_env: str = ""
    prices: Mapping[str, Price] = field(default_factory=dict)
    supports: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class JudgeConfig:
    """What models are made from, besides their name.

    Attributes:
        environ: the environment's variables; nothing else is read.
        providers: provider -> what the configuration says of it; `http` is any address that is given in full.
        timeouts: for every call.
        on_note: called with each thing that a person should know of how a model is asked.
        stored: `capabilities_key` -> what an earlier run found out (`Capabilities.to_mapping()`), or None.
        learned: called with both when something is found out, before any answer to a question asked in the new way.
        needs_keys: a key that isn't there is an error; not where nobody will be asked.
        cache: folder where the embedded judge may keep its weights in a faster form; None keeps nothing.
    """

    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    providers: Mapping[str, ProviderConfig] = field(default_factory=dict)
    timeouts: Timeouts = field(default_factory=Timeouts)
    on_note: Callable[[str], None] | None = None
    stored: Callable[[str], Mapping[str, Any] | None] | None = None
    learned: Callable[[str, Mapping[str, Any]], None] | None = None
    needs_keys: bool = True
    cache: Path | None = None


def parse_judge(spec: str, options: Mapping[str, str], config: JudgeConfig) -> Model:
    """The model that `spec` names.

    Args:
        spec: `embedded`, `fake`, `fake:SEED`, `PROVIDER:MODEL`, `gguf:PATH`, or `http://HOST/v1#MODEL`.
        options: what the user set for it. `api_key_env`, `base_url`, `ca_file`, `connect_timeout`, `format`,
            `logprobs` (yes or no), `price_prompt`, `price_completion`, `price_cached`, `timeout` are used here;
            known parameters (`reasoning_effort`, `seed`, …) and any `body.NAME` go into each request.
        config: environment and configuration.

    Raises:
        ConfigError: an unknown judge or option, or a value that can't be used.
        AccessError: the key's variable isn't set, and keys are needed.
        MissingExtra: the judge needs a package that isn't installed.
    """
    spec = spec.strip()
    kind, _, model = spec.partition(":")
    if kind not in KINDS:
        raise _unknown(spec, kind)
    if kind in ("embedded", "gguf"):
        return _local(kind, model, options, config)
    if kind == "vllm":
        return _vllm(spec, model, options)
    if kind == "fake":
        return _fake(spec, model, options)
    preset = PRESETS.get(kind)
    if preset is None:
        kind = "http"
        address, _, model = spec.partition("#")
        preset = Preset(address, "")
    if not model:
        known = priced_models(kind)
        form = "http://HOST/v1#MODEL" if kind == "http" else f"{kind}:MODEL"
        raise ConfigError(
            f"The judge {spec!r} names no model.", f"Write {form}" + (f" ({kind}:{known[0]}, say)." if known else ".")
        )
    return _hosted(Judge(spec, kind, model, preset), options, config)


def _unknown(spec: str, kind: str) -> ConfigError:
    for provider in PRESETS:
        near = difflib.get_close_matches(spec, priced_models(provider), 1, 0.75)
        if near and ":" not in spec:
            return ConfigError(f"There is no judge {spec!r}.", f"Did you mean {provider}:{near[0]}?")
    near = difflib.get_close_matches(kind, KINDS, 1, 0.5)
    model = spec.partition(":")[2]
    advice = f"Did you mean {near[0]}{f':{model}' if model else ''}? " if near else ""
    return ConfigError(f"There is no judge {spec!r}.", f"{advice}Known: {', '.join(KINDS[:-2])}, http://HOST/v1#MODEL.")


def _local(kind: str, path: str, options: Mapping[str, str], config: JudgeConfig) -> Model:
    from sheetjudge.llm.llama_cpp import embedded, gguf

    if extra := set(options) - {"threads"}:
        raise ConfigError(f"The judge {kind!r} has no option {min(extra)!r}.", "It has threads.")
    threads = int(number(options, "threads", 0)) or None
    if kind == "embedded":
        return embedded(threads, config.cache)
    if not path:
        raise ConfigError("The judge 'gguf' names no file.", "Write gguf:PATH/TO/MODEL.gguf.")
    return gguf(Path(path).expanduser(), threads)


def _vllm(spec: str, model: str, options: Mapping[str, str]) -> Model:
    from sheetjudge.llm.vllm_engine import VllmEngine

    if not model:
        raise ConfigError(f"The judge {spec!r} names no model.", "Write vllm:FOLDER or vllm:OWNER/NAME.")
    return VllmEngine(model, options)


def _fake(spec: str, seed: str, options: Mapping[str, str]) -> Model:
    from sheetjudge.llm.fake import FakeModel

    if extra := {name for name in options if name != "latency_ms" and not name.startswith("price_")}:
        raise ConfigError(f"The judge 'fake' has no option {min(extra)!r}.", "It has latency_ms and a price.")
    if seed and not seed.isdecimal():
        raise ConfigError(f"The judge {spec!r} isn't known.", "Write fake or fake:SEED with a whole number.")
    latency = number(options, "latency_ms", 0.0) / 1000
    return FakeModel(seed=int(seed or 0), name=spec, latency=latency, price=stated_price(options) or Price(0.0, 0.0))


def _hosted(judge: Judge, options: Mapping[str, str], config: JudgeConfig) -> OpenAIModel:
    preset, provider = judge.preset, config.providers.get(judge.kind, ProviderConfig())
    base_url = checked(options.get("base_url") or provider.base_url or base_url_of(judge, config.environ))
    named = options.get("api_key_env") or provider.key_env
    variable, key = key_of(judge, named, config.environ, is_needed=config.needs_keys)
    url, headers = address_and_headers(judge, base_url, (variable, key), config.environ)
    headers |= provider.headers
    model = OpenAIModel(
        judge.model,
        Endpoint(
            url,
            headers,
            proxy=proxy_for(url, config.environ),
            timeouts=Timeouts(
                number(options, "connect_timeout", config.timeouts.connect),
                number(options, "timeout", config.timeouts.total),
            ),
            ca_file=options.get("ca_file") or config.environ.get("SSL_CERT_FILE", ""),
        ),
        name=judge.spec,
        options={**preset.options, **sent(options)},
        price=stated_price(options) or provider.prices.get(judge.model) or _published(judge, base_url),
        capabilities=Capabilities.from_mapping(provider.supports, preset.capabilities),
        key_variable=variable,
        secrets=tuple(secret for secret in (key, *provider.headers.values()) if secret),
        logprobs_as_count=preset.logprobs_as_count,
        on_note=config.on_note,
        on_learned=config.learned,
    )
    if config.stored is not None and (stored := config.stored(model.capabilities_key)):
        model.restore(stored)
    model.restore(forced(options))
    if preset.note:
        model.note(preset.note)
    if key and url.startswith("http:") and not is_local(url):
        model.note("is reached without encryption: the key and the rows can be read on the way")
    return model


def _published(judge: Judge, base_url: str) -> Price | None:
    if judge.kind == "ollama":
        # Its cloud models run elsewhere, for money.
        return Price(0.0, 0.0) if is_local(base_url) and not judge.model.endswith("cloud") else None
    # Behind another address than the provider's own, the provider's prices say nothing.
    return price_of(judge.kind, judge.model) if base_url.rstrip("/") == judge.preset.base_url else None

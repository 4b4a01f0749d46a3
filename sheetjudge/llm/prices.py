"""What hosted models cost: US dollars per million tokens, as far as published and known here.

Sources: DeepSeek's own page (api-docs.deepseek.com/quick_start/pricing; the peak rates, so that an estimate is never
too low), the others from genai-prices 0.2.3 (github.com/pydantic/genai-prices), a collection of the providers' price
pages whose newest recorded change is of the day in `AS_OF`. Rates for prompts of up to 200,000 tokens.

Only exact names are looked up: a dated name of a model may cost something else than its newest one. A model that isn't
here has no known price, which is not the same as none; the configuration can name any price.
"""

from __future__ import annotations

from collections.abc import Mapping

from sheetjudge.core.chat import Price

AS_OF = "2026-11-03"

# provider -> model -> (prompt, completion, cached prompt or None)
_RATES: Mapping[str, Mapping[str, tuple[float, float, float | None]]] = {
    "openai": {
        "gpt-4.1": (2, 8, 0.5),
        "gpt-4.1-mini": (0.4, 1.6, 0.1),
        "gpt-4.1-nano": (0.1, 0.4, 0.025),
        "gpt-4o": (2.5, 10, 1.25),
        "gpt-4o-mini": (0.15, 0.6, 0.075),
        "gpt-5": (1.25, 10, 0.125),
        "gpt-5-mini": (0.25, 2, 0.025),
        "gpt-5-nano": (0.05, 0.4, 0.005),
        "gpt-5.1": (1.25, 10, 0.125),
        "gpt-5.2": (1.75, 14, 0.175),
        "gpt-5.4": (2.5, 15, 0.25),
        "gpt-5.4-mini": (0.75, 4.5, 0.075),
        "gpt-5.4-nano": (0.2, 1.25, 0.02),
        "gpt-6-luna": (0.1, 0.5, 0.01),
        "gpt-6-sol": (2, 10, 0.2),
        "gpt-6.1-sol": (2, 10, 0.1),
        "gpt-6.1-terra": (1, 5, 0.05),
        "o3": (2, 8, 0.5),
        "o4-mini": (1.1, 4.4, 0.275),
    },
    "deepseek": {
        "deepseek-flash": (0.3, 1.2, 0.006),
        "deepseek-v4-pro": (1.32, 3.96, 0.044),
    },
    "groq": {
        "llama-3.1-8b-instant": (0.05, 0.08, None),
        "llama-3.3-70b-versatile": (0.59, 0.79, None),
        "openai/gpt-oss-120b": (0.15, 0.6, 0.075),
        "openai/gpt-oss-20b": (0.075, 0.3, 0.0375),
        "qwen/qwen3-32b": (0.29, 0.59, None),
    },
    "fireworks": {
        "accounts/fireworks/models/deepseek-v4p1-flash": (0.3, 1.2, 0.006),
        "accounts/fireworks/models/glm-5p3": (1.4, 4.4, 0.26),
        "accounts/fireworks/models/gpt-oss-20b": (0.07, 0.3, 0.035),
        "accounts/fireworks/models/kimi-k2p6": (0.95, 4, 0.16),
        "accounts/fireworks/models/llama-v3p1-8b-instruct": (0.2, 0.2, None),
    },
    "together": {
        "deepseek-ai/DeepSeek-V4.1-Flash": (0.3, 1.2, 0.006),
        "meta-llama/Llama-3.3-70B-Instruct-Turbo": (0.88, 0.88, None),
        "openai/gpt-oss-120b": (0.15, 0.6, None),
        "Qwen/Qwen3.5-9B": (0.17, 0.25, None),
        "zai-org/GLM-5.3": (1.4, 4.4, 0.26),
    },
    "mistral": {
        "ministral-14b-2512": (0.2, 0.2, 0.02),
        "ministral-3b-2512": (0.1, 0.1, 0.01),
        "ministral-8b-2512": (0.15, 0.15, 0.015),
        "mistral-large-2512": (0.5, 1.5, 0.05),
        "mistral-medium-latest": (1.5, 7.5, 0.15),
        "mistral-small-2603": (0.15, 0.6, 0.015),
        "mistral-small-latest": (0.15, 0.6, 0.015),
    },
    "gemini": {
        "gemini-2.5-flash": (0.3, 2.5, 0.03),
        "gemini-2.5-flash-lite": (0.1, 0.4, 0.01),
        "gemini-2.5-pro": (1.25, 10, 0.125),
        "gemini-3.1-flash-lite": (0.25, 1.5, 0.025),
        "gemini-3.5-flash": (1.5, 9, 0.15),
        "gemini-3.5-flash-lite": (0.3, 2.5, 0.03),
    },
}


def price_of(provider: str, model: str) -> Price | None:
    """The published price of a provider's model, with its day; None where it isn't known."""
    rates = _RATES.get(provider, {}).get(model)
    return None if rates is None else Price(rates[0], rates[1], rates[2], AS_OF)


def priced_models(provider: str) -> tuple[str, ...]:
    """Names of the provider's models whose price is known."""
    return tuple(_RATES.get(provider, ()))

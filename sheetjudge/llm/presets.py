"""What is known of each provider of hosted models: address, key variable, and what its endpoint takes.

Where documentation says nothing, the stricter form is asked first and given up on refusal, so an entry that is out of
date costs a few refused calls, not a wrong answer. Each can be overridden by the configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sheetjudge.llm.capabilities import Capabilities


@dataclass(frozen=True, slots=True)
class Preset:
    """One provider.

    Attributes:
        base_url: where `/chat/completions` is appended; "" where the environment has to name it.
        key_variable: environment variable of the key; "" where none is needed.
        capabilities: what its endpoint documents.
        options: parameters sent with every request.
        logprobs_as_count: `logprobs` is the number of alternatives, not a yes.
        note: what a person should know of it.
    """

    base_url: str
    key_variable: str
    capabilities: Capabilities = field(default_factory=Capabilities)
    options: Mapping[str, Any] = field(default_factory=dict)
    logprobs_as_count: bool = False
    note: str = ""


PRESETS: Mapping[str, Preset] = {
    # platform.openai.com/docs/api-reference/chat: max_tokens is deprecated, and refused by reasoning models.
    "openai": Preset("https://api.openai.com/v1", "OPENAI_API_KEY", Capabilities(max_tokens="max_completion_tokens")),
    "azure": Preset("", "AZURE_OPENAI_API_KEY", Capabilities(max_tokens="max_completion_tokens")),
    # api-docs.deepseek.com/api/create-chat-completion: response_format is text or json_object; no seed.
    "deepseek": Preset("https://api.deepseek.com", "DEEPSEEK_API_KEY", Capabilities(format="json_object", seed=False)),
    # console.groq.com/docs/openai: logprobs and top_logprobs are refused; schemas are taken for some models.
    "groq": Preset(
        "https://api.groq.com/openai/v1",
        "GROQ_API_KEY",
        Capabilities(logprobs=False, max_tokens="max_completion_tokens"),
    ),
    # docs.fireworks.ai/api-reference/post-chatcompletions: top_logprobs is from 0 to 5.
    "fireworks": Preset("https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY", Capabilities(top_logprobs=5)),
    # docs.together.ai/reference/chat-completions: logprobs is an integer from 0 to 20.
    "together": Preset("https://api.together.xyz/v1", "TOGETHER_API_KEY", logprobs_as_count=True),
    # docs.mistral.ai/api: no logprobs; the seed is called random_seed; unknown parameters are refused (422).
    "mistral": Preset("https://api.mistral.ai/v1", "MISTRAL_API_KEY", Capabilities(logprobs=False, seed=False)),
    # ai.google.dev/gemini-api/docs/openai: neither logprobs nor seed is documented for this endpoint.
    "gemini": Preset(
        "https://generativelanguage.googleapis.com/v1beta/openai",
        "GEMINI_API_KEY",
        Capabilities(logprobs=False, seed=False),
    ),
    # openrouter.ai/docs: require_parameters keeps to providers that take all that is asked; usage holds the cost.
    "openrouter": Preset(
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        options={"provider": {"require_parameters": True}, "usage": {"include": True}},
    ),
    "portkey": Preset("https://api.portkey.ai/v1", "PORTKEY_API_KEY"),
    # docs.ollama.com/api/openai-compatibility: response_format, seed, logprobs and max_tokens are taken.
    "ollama": Preset(
        "http://localhost:11434/v1",
        "",
        note="cuts a prompt that is longer than its context length without saying so: set OLLAMA_CONTEXT_LENGTH high",
    ),
}

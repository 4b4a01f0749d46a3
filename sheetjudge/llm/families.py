"""Which family a model is of, by its name: who made it, as far as names tell."""

from __future__ import annotations

import re

# Words of names; figures in them count as other words, so that `qwen3` is one of qwen.
_FAMILIES = {
    "GPT": ("gpt", "chatgpt", "openai", "davinci"),
    "Claude": ("claude", "anthropic"),
    "Gemini": ("gemini", "gemma", "palm", "bard"),
    "Llama": ("llama",),
    "Mistral": ("mistral", "mixtral", "ministral", "magistral", "codestral"),
    "Qwen": ("qwen", "qwq"),
    "DeepSeek": ("deepseek",),
    "Grok": ("grok",),
    "Command": ("cohere", "command", "aya"),
    "Phi": ("phi",),
    "GLM": ("glm", "chatglm", "zhipu"),
    "Kimi": ("kimi", "moonshot"),
    "Nova": ("nova", "titan"),
    "Granite": ("granite",),
    "Nemotron": ("nemotron",),
    "OLMo": ("olmo", "tulu"),
    "SmolLM": ("smollm",),
    "Falcon": ("falcon",),
    "Yi": ("yi",),
}
_OF = {word: family for family, words in _FAMILIES.items() for word in words}
_REASONING = re.compile(r"(?:^|[^a-z0-9])o[1345](?:$|[^a-z0-9])")


def model_part(judge: str) -> str:
    """A judge's name without the server's: what stands behind the `#` of an address."""
    return judge.rpartition("#")[2]


def families(name: str) -> frozenset[str]:
    """The families that a name speaks of; several for what was distilled from one into another.

    Args:
        name: of a model or a judge, as people write it (`gpt-5-mini`, `Claude 3.5 Sonnet`, `openai:o3`).
    """
    folded = model_part(name).casefold()
    found = {_OF[word] for word in re.findall(r"[a-z]+", folded) if word in _OF}
    return frozenset(found | {"GPT"} if _REASONING.search(folded) else found)

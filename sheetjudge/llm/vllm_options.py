"""What a user may set for a judge that vLLM runs, sorted by where it goes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sheetjudge.errors import ConfigError

# Options that change how fast or on what the model runs, and no answer: they stay out of the journal's key.
_SPEED = frozenset(
    {
        "block_size",
        "cpu_offload_gb",
        "data_parallel_size",
        "enforce_eager",
        "gpu_memory_utilization",
        "max_model_len",
        "max_num_batched_tokens",
        "max_num_seqs",
        "pipeline_parallel_size",
        "swap_space",
        "tensor_parallel_size",
    }
)
_MODEL = frozenset(
    {"dtype", "hf_overrides", "kv_cache_dtype", "quantization", "reasoning_parser", "revision", "trust_remote_code"}
)
_SAMPLING = frozenset(
    {"min_p", "presence_penalty", "repetition_penalty", "seed", "thinking_token_budget", "top_k", "top_p"}
)
_TEMPLATE = frozenset({"enable_thinking"})


@dataclass(frozen=True, slots=True)
class VllmOptions:
    """A user's options by where they go.

    Attributes:
        engine: to the engine. sampling: into each request. template: to the chat template.
    """

    engine: Mapping[str, Any]
    sampling: Mapping[str, Any]
    template: Mapping[str, Any]

    @property
    def answers(self) -> dict[str, Any]:
        """Those that answers depend on."""
        return {k: v for k, v in {**self.engine, **self.sampling, **self.template}.items() if k not in _SPEED}


def read_options(options: Mapping[str, str]) -> VllmOptions:
    """The options as vLLM takes them.

    Raises:
        ConfigError: one isn't known, or can't be used.
    """
    known = _SPEED | _MODEL | _SAMPLING | _TEMPLATE
    found: dict[str, Any] = {}
    for name, text in options.items():
        if name not in known:
            raise ConfigError(f"The judge vllm has no option {name!r}.", f"It has {', '.join(sorted(known))}.")
        try:
            found[name] = {"yes": True, "no": False}[text] if text in ("yes", "no") else json.loads(text.lower())
        except ValueError:
            found[name] = text
    thoughts = found.get("thinking_token_budget", 0)
    if not isinstance(thoughts, int) or isinstance(thoughts, bool) or thoughts < 0:
        raise ConfigError(
            f"thinking_token_budget={thoughts} isn't a number of tokens.", "Write thinking_token_budget=1024, say."
        )

    def those(names: frozenset[str]) -> dict[str, Any]:
        return {name: value for name, value in found.items() if name in names}

    return VllmOptions(those(_SPEED | _MODEL), those(_SAMPLING), those(_TEMPLATE))

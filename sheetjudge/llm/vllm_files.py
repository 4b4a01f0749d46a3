"""A model's folder, as far as it can be known before vLLM is started: where it is, what it holds, and its mark."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from sheetjudge.errors import InputError, JudgeUnusable, MissingExtra
from sheetjudge.llm.words import one_line

_SAMPLE = 4096
_TEXTS = ("*.json", "*.jinja", "*.model", "*.txt")


def folder_of(model: str, revision: str) -> Path:
    """Where the model's files are: a folder, or that of a model of the Hugging Face hub, without its weights.

    Raises:
        InputError: there is no such model.
        MissingExtra: a hub's name was given and the package isn't installed.
    """
    path = Path(model).expanduser()
    if path.is_dir():
        return path
    if path.is_absolute() or model.startswith((".", "~")) or model.count("/") != 1:
        raise InputError(f"There is no model folder {model}.", "Write vllm:FOLDER or vllm:OWNER/NAME.")
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise MissingExtra("vllm", "vllm", "The judge vllm") from None
    try:
        return Path(snapshot_download(model, revision=revision or None, allow_patterns=list(_TEXTS)))
    except Exception as error:  # noqa: BLE001 - the hub's errors are many; each says what is wrong
        said = one_line(str(error), limit=200)
        raise InputError(f"The model {model} can't be had: {said}.", "Check its name, or log in to the hub.") from None


def check_folder(folder: Path, model: str) -> None:
    """Refuse what no chat judge can be made of.

    Raises:
        InputError: it isn't a model's folder.
        JudgeUnusable: there is no chat template.
    """
    if not (folder / "config.json").is_file() and not (folder / "params.json").is_file():
        raise InputError(f"The folder {model} holds no model.", "It has to hold config.json and the weights.")
    if not template_of(folder):
        raise JudgeUnusable(
            f"The model {model} has no chat template.",
            "Choose its instruction-tuned form, or put a chat_template.jinja into its folder.",
        )


def template_of(folder: Path) -> str:
    """The model's chat template; "" where it has none. Of Mistral's own form of tokenizer only that it has one."""
    if (folder / "chat_template.jinja").is_file():
        return (folder / "chat_template.jinja").read_text("utf-8", "replace")
    for name in ("chat_template.json", "tokenizer_config.json"):
        try:
            found = json.loads((folder / name).read_text("utf-8")).get("chat_template")
        except (OSError, ValueError, AttributeError):
            continue
        if found:
            # Either the template, or several with their names.
            return found if isinstance(found, str) else json.dumps(found)
    return "tekken.json" if (folder / "tekken.json").is_file() else ""


def mark_of(folder: Path) -> str:
    """Hex digits that another model doesn't have: of a snapshot of the hub its commit, else a hash of the files.

    Small files count whole. Of weights in safetensors the list of tensors counts and a sample from the middle of each,
    so that a hundred gigabytes take no longer than one; a model that was trained further differs in all of them that
    were trained. Weights in another form count whole.
    """
    if folder.parent.name == "snapshots":
        return folder.name
    found = hashlib.sha256()
    for path in sorted(p for p in folder.iterdir() if p.is_file()):
        found.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        if path.suffix == ".safetensors":
            _add_samples(found, path)
        else:
            with path.open("rb") as file:
                found.update(hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()


def _add_samples(found: hashlib._Hash, path: Path) -> None:
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = file.read(min(size, 2**27))
        found.update(header)
        try:
            tensors = json.loads(header)
        except ValueError:
            raise InputError(f"{path.name} isn't a whole safetensors file.", "Download it again.") from None
        for name in sorted(tensors.keys() - {"__metadata__"}):
            begin, end = tensors[name]["data_offsets"]
            file.seek(8 + size + begin + max(0, (end - begin) // 2 - _SAMPLE // 2))
            found.update(file.read(min(_SAMPLE, end - begin)))

"""Jobs as files: a run written down in YAML, read by the same schema that is published for editors."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from sheetjudge.core.yaml_nodes import Node, Wrong, did_you_mean, load, nearest, number_of, text_of, truth_of
from sheetjudge.errors import ConfigError

_MOST_SHOWN = 5
_VARIABLE = re.compile(r"\$(\$|\{([A-Za-z_][A-Za-z0-9_]*)\})")
_OF_AN_OPERATION = {
    "rank": ("rubric", "group", "top", "comparisons", "certainty", "no_pairs", "both_orders"),
    "compare": ("rubric", "contender", "by", "group", "no_pairs", "one_order"),
    "filter": ("keep", "recall", "precision", "confidence", "escalate_to", "proxy", "only_kept"),
    "score": (
        "rubric",
        "batch",
        "disagreement",
        "escalate_to",
        "if_margin_below",
        "confidence",
        "group",
        "best",
        "threshold",
        "escalate_samples",
    ),
}
_SPECIAL = frozenset(key for keys in _OF_AN_OPERATION.values() for key in keys)
_PATHS = ("table", "rubric", "out", "credentials", "journal")


@dataclass(frozen=True)
class Job:
    """A run written down.

    Attributes:
        name: what people call it. operation: the verb.
        said: what is said of the run, by the names of the schema; values of JSON. `${NAME}` stands for a variable of
            the environment until `with_variables` puts it in, so that a secret is kept nowhere.
        folder: where relative paths start; None for the current one.
    """

    name: str
    operation: str
    said: Mapping[str, Any] = field(default_factory=dict)
    folder: Path | None = None

    def with_variables(self, environment: Mapping[str, str]) -> Job:
        """The same with the environment's variables in their places.

        Raises:
            ConfigError: one isn't set.
        """
        return Job(self.name, self.operation, _filled(self.said, environment, self.name), self.folder)

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON, for `job_from_json`."""
        return {
            "name": self.name,
            "operation": self.operation,
            "said": dict(self.said),
            "folder": None if self.folder is None else str(self.folder),
        }


def job_from_json(data: Mapping[str, Any]) -> Job:
    """The job that `as_json` was made of."""
    folder = data.get("folder")
    return Job(data["name"], data["operation"], data["said"], None if folder is None else Path(folder))


def job_schema() -> str:
    """The JSON Schema (2020-12) of a job file, for editors."""
    return (resources.files("sheetjudge.ops") / "job.schema.json").read_text(encoding="utf-8")


def read_job(path: str) -> Job:
    """The job in a file.

    Raises:
        ConfigError: the file can't be read or describes no job; says in which lines and what to do.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"There is no job file {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = "it isn't UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise ConfigError(f"The job file {path} can't be read: {reason}.") from None
    return parse_job(text, path, name=file.stem, folder=file.resolve().parent)


def parse_job(text: str, source: str, *, name: str, folder: Path | None = None) -> Job:
    """The job that a YAML text describes.

    Args:
        text: the file's content. source: its name, for errors.
        name: of the job, where the file gives none. folder: where relative paths start.

    Raises:
        ConfigError: it describes none; names the lines, the keys and the nearest right ones.
    """
    root, wrong = load(text)
    said: Any = {}
    if root is None:
        wrong = wrong or [Wrong(Node(1, ""), "The file is empty.", "A job needs a table.")]
    else:
        schema = json.loads(job_schema())
        said = _Reader(wrong, schema["$defs"]).read(root, schema)
    if not wrong:
        wrong += _misplaced(root, said)
    if wrong:
        raise _error(wrong, source)
    operation = said.pop("operation", "score")
    return Job(said.pop("name", name), operation, said, folder)


class _Reader:
    """Reads nodes as a schema says, and goes on after what is wrong."""

    def __init__(self, wrong: list[Wrong], definitions: Mapping[str, Any]) -> None:
        self.wrong = wrong
        self._definitions = definitions

    def read(self, node: Node, schema: Mapping[str, Any]) -> Any:
        """The node's value; None where it is wrong, which is then noted."""
        try:
            if "oneOf" in schema:
                # Either yes or no, or more about it.
                schema = schema["oneOf"][node.entries is not None]
            if "$ref" in schema:
                return self._texts(node)
            if schema.get("type") == "object":
                return self._mapping(node, schema)
            return _scalar(node, schema)
        except Wrong as wrong:
            self.wrong.append(wrong)
            return None

    def _mapping(self, node: Node, schema: Mapping[str, Any]) -> dict[str, Any]:
        known: Mapping[str, Any] = schema.get("properties", {})
        if node.entries is None:
            raise Wrong(node, f"{node.path or 'The file'} is {node.what()}, not a mapping.", _keys(known))
        found = {}
        for key, value in node.entries:
            inner = known.get(key.text, schema["additionalProperties"])
            if inner is False:
                what = f"{node.path or 'A job'} has no key {key.text!r}."
                self.wrong.append(Wrong(key, what, did_you_mean(key.text, known, "keys")))
                continue
            found[key.text] = self.read(value, inner)
        for key in schema.get("required", ()):
            if key not in found:
                self.wrong.append(Wrong(node, f"{node.path or 'The job'} has no {key!r}.", "Add it."))
        return found

    def _texts(self, node: Node) -> list[str]:
        if node.items is None:
            return [text_of(node)]
        if not node.items:
            raise Wrong(node, f"{node.path} is an empty list.", "Write one, or take the line out.")
        return [text_of(item) for item in node.items]


def _scalar(node: Node, schema: Mapping[str, Any]) -> Any:
    if "enum" in schema:
        return _one_of(node, schema["enum"])
    kind = schema["type"]
    if isinstance(kind, list):
        return text_of(node)
    if kind == "boolean":
        truth = truth_of(node)
        if truth is None:
            raise Wrong(node, f"{node.path} is {node.what()}, neither yes nor no.", "Write yes or no.")
        return truth
    if kind == "string":
        text = text_of(node)
        pattern = schema.get("pattern")
        if pattern and not re.search(pattern, text):
            raise Wrong(node, f"{node.path} is {text!r}.", f"It is to be: {schema['description']}")
        if len(text) > schema.get("maxLength", len(text)):
            raise Wrong(node, f"{node.path} is longer than {schema['maxLength']} characters.")
        return text
    number = number_of(node)
    if kind == "integer" and number != int(number):
        raise Wrong(node, f"{node.path} is {node.text}, not a whole number.")
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    is_within = (low is None or number >= low) and (high is None or number <= high)
    if not is_within or (above is not None and number <= above) or (below is not None and number >= below):
        raise Wrong(node, f"{node.path} is {node.text}.", f"It is to be {_range(low, high, above, below)}.")
    return int(number) if kind == "integer" else number


def _range(low: Any, high: Any, above: Any, below: Any) -> str:
    bounds = [f"at least {low}" if low is not None else "", f"at most {high}" if high is not None else ""]
    bounds += [f"above {above}" if above is not None else "", f"below {below}" if below is not None else ""]
    return " and ".join(filter(None, bounds))


def _one_of(node: Node, options: list[str]) -> str:
    text = text_of(node)
    if text in options:
        return text
    close = nearest(text, options)
    advice = f"Did you mean {close!r}?" if close else f"It is one of {', '.join(options)}."
    raise Wrong(node, f"{node.path} is {text!r}.", advice)


def _keys(known: Mapping[str, Any]) -> str:
    return f"Its keys are {', '.join(known)}." if known else ""


def _misplaced(root: Node | None, said: Mapping[str, Any]) -> list[Wrong]:
    """Keys that this operation doesn't take, or lacks."""
    operation = said.get("operation", "score")
    allowed = _OF_AN_OPERATION[operation]
    assert root is not None  # noqa: S101 - it was read
    found = [
        Wrong(key, f"{key.text} says nothing to {operation}.", f"{operation} takes {', '.join(allowed)}.")
        for key, _ in root.entries or ()
        if key.text in _SPECIAL and key.text not in allowed
    ]
    needed = "keep" if operation == "filter" else "rubric"
    if needed not in said:
        found.append(Wrong(root, f"A job that is to {operation} needs {needed!r}.", "Add it."))
    return found


def _error(wrong: list[Wrong], source: str) -> ConfigError:
    ordered = sorted(wrong, key=lambda w: w.line)
    told = [f"line {w.line}: {w.what} {w.advice}".strip() for w in ordered[:_MOST_SHOWN]]
    rest = f" (and {len(ordered) - _MOST_SHOWN} more)" if len(ordered) > _MOST_SHOWN else ""
    return ConfigError(f"{source} {' Also '.join(told)}{rest}")


def _filled(value: Any, environment: Mapping[str, str], job: str) -> Any:
    if isinstance(value, str):

        def put(found: re.Match[str]) -> str:
            if found[1] == "$":
                return "$"
            if found[2] not in environment:
                raise ConfigError(f"The job {job!r} uses ${{{found[2]}}}, which isn't set.", "Set that variable.")
            return environment[found[2]]

        return _VARIABLE.sub(put, value)
    if isinstance(value, Mapping):
        return {key: _filled(inner, environment, job) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(inner, environment, job) for inner in value]
    return value


def located(job: Job) -> Mapping[str, Any]:
    """What is said of the run, with relative paths that are there when they start at the job's folder."""
    if job.folder is None:
        return job.said
    said = dict(job.said)
    for key in _PATHS:
        text = said.get(key)
        if isinstance(text, str) and "://" not in text:
            path = job.folder / text
            # A rubric may also be a shipped name, a tab or a sentence, and a table an ID.
            if key in {"out", "journal"} or path.is_file():
                said[key] = str(path)
    canaries = said.get("canaries")
    if isinstance(canaries, Mapping) and "file" in canaries:
        said["canaries"] = {**canaries, "file": str(job.folder / canaries["file"])}
    return said

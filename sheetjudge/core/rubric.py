"""Rubric, Criterion and Scale: what people want to know of a row, as frozen values."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

# `{Ideal answer}` in an ask names a column; doubled braces stand for themselves.
_REFERENCE = re.compile(r"\{\{|\}\}|\{([^{}\n]+)\}")


@dataclass(frozen=True)
class Scale:
    """The answers that a criterion allows.

    Attributes:
        kind: `integer` (from `low` to `high`), `yes/no`, or `labels`.
        low, high: first and last value. For yes/no 0 and 1; for labels 0 and the last label's index.
        names: the labels of a `labels` scale, lowest first; empty for the others.
        ordered: False for labels that are only different (a topic, say): they have no value and join no mean.
    """

    kind: Literal["integer", "yes/no", "labels"]
    low: int
    high: int
    names: tuple[str, ...] = ()
    ordered: bool = True

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Every allowed answer as text, lowest first: `("1", …, "5")`, `("no", "yes")` or the names."""
        if self.kind == "integer":
            return tuple(str(n) for n in range(self.low, self.high + 1))
        return ("no", "yes") if self.kind == "yes/no" else self.names

    def value_of(self, label: str) -> float:
        """The value of an allowed answer: the integer itself, no 0 and yes 1, or a label's index.

        Raises:
            KeyError: `label` is not allowed.
        """
        try:
            return float(self.low + self.labels.index(label))
        except ValueError:
            raise KeyError(label) from None

    def normalised(self, value: float) -> float:
        """`value` in scale units, mapped to 0 (bottom) … 1 (top)."""
        return (value - self.low) / (self.high - self.low)

    def at(self, share: float) -> float:
        """The value in scale units that lies `share` (0 … 1) of the way from bottom to top."""
        return self.low + share * (self.high - self.low)

    def nearest_label(self, value: float) -> str:
        """The allowed answer nearest to `value` (scale units); halves go up."""
        index = int(value - self.low + 0.5)
        return self.labels[min(max(index, 0), len(self.labels) - 1)]

    def __str__(self) -> str:
        if self.kind == "integer":
            return f"{self.low}..{self.high}" if self.low < 0 else f"{self.low}-{self.high}"
        return "yes/no" if self.kind == "yes/no" else ", ".join(self.names)


YES_NO = Scale("yes/no", 0, 1)


def integer_scale(low: int, high: int) -> Scale:
    """Integers from `low` to `high`, both allowed. The caller makes sure that low < high."""
    return Scale("integer", low, high)


def label_scale(names: tuple[str, ...], *, ordered: bool = True) -> Scale:
    """Named labels, lowest first. The caller makes sure that there are two or more, all different."""
    return Scale("labels", 0, len(names) - 1, names, ordered)


@dataclass(frozen=True)
class Criterion:
    """One question about a row.

    Attributes:
        id: short name, unique in the rubric; a column's header.
        ask: the question in plain words. `{Column}` names a column of the table. Empty for a check.
        scale: the allowed answers.
        statement: the same as a plain statement that is true of a row that fully meets the criterion, for judges
            that work by likelihood; "" where the rubric gives none.
        weight: share in the row's score, 0 or more.
        required: None, or the least value (scale units) with which the gate is passed.
        levels: description of each described answer, label -> text, in the order of the scale.
        check: None, or the deterministic check that answers instead of a judge, as in the rubric file.
    """

    id: str
    ask: str
    scale: Scale
    statement: str = ""
    weight: float = 1.0
    required: float | None = None
    levels: Mapping[str, str] = field(default_factory=dict)
    check: Mapping[str, Any] | None = None

    @property
    def references(self) -> tuple[str, ...]:
        """Names of the columns that the ask and the statement name in braces, in order, each once."""
        found = [m.group(1).strip() for text in (self.ask, self.statement) for m in _REFERENCE.finditer(text) if m[1]]
        return tuple(dict.fromkeys(found))


def with_references(text: str, values: Mapping[str, str]) -> str:
    """`text` with each `{Column}` replaced by `values[Column]`; `{{` and `}}` become single braces."""

    def put(m: re.Match[str]) -> str:
        return m[0][0] if m[1] is None else values[m[1].strip()]

    return _REFERENCE.sub(put, text)


@dataclass(frozen=True)
class Rubric:
    """A named list of criteria, written by people.

    Attributes:
        name: as people call it.
        about: what is being judged, and what the judge should know; shown to the judge.
        scale: the scale of the row's score, and of each criterion that names none.
        criteria: in the order of their columns.
        locale: how numbers are written in the rows: `en` (1,234.56), `de` (1.234,56), …
    """

    name: str
    criteria: tuple[Criterion, ...]
    scale: Scale
    about: str = ""
    locale: str = "en"

    @property
    def asked(self) -> tuple[Criterion, ...]:
        """The criteria that a judge answers."""
        return tuple(c for c in self.criteria if c.check is None)

    @cached_property
    def version(self) -> str:
        """Twelve hex digits of a SHA-256 over everything that the rubric says."""

        def told(scale: Scale) -> list[Any]:
            return [scale.kind, scale.low, scale.high, scale.names, scale.ordered]

        content: list[Any] = [self.name, self.about, told(self.scale), self.locale]
        for c in self.criteria:
            levels = list(c.levels.items())
            content.append([c.id, c.ask, told(c.scale), c.statement, c.weight, c.required, levels, c.check])
        told_all = json.dumps(content, ensure_ascii=False, default=dict)
        return hashlib.sha256(told_all.encode("utf-8", "surrogatepass")).hexdigest()[:12]

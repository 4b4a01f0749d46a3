"""What a person can say of a run, by the names of the commands' options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sheetjudge.stats.jury import MOST_DISAGREEMENT

Options = TypeVar("Options", bound="RunOptions")


@dataclass(frozen=True)
class RunOptions:
    """What a person can say of any run; None where they left it to the settings. A verb adds its own.

    Attributes:
        dry_run: nobody is asked and nothing is written, so that no key is needed.
        writes: results go somewhere; False for what asks, and leaves its results to whoever called it.
    """

    table: str
    rubric: str
    read: tuple[str, ...] = ()
    tab: str | None = None
    header_row: int = 1
    encoding: str | None = None
    file_format: str | None = None
    credentials: str | None = None
    limit: int | None = None
    rows: str | None = None
    judges: tuple[str, ...] = ()
    judge_option: tuple[str, ...] = ()
    samples: int = 1
    per_criterion: bool = False
    method: str | None = None
    no_logprobs: bool = False
    keep_reasoning: bool = False
    max_tokens: int = 4096
    concurrency: int | None = None
    rpm: float | None = None
    tpm: float | None = None
    timeout: float | None = None
    tries: int = 6
    budget: float | None = None
    budget_tokens: int | None = None
    budget_calls: int | None = None
    price: str | None = None
    out: str | None = None
    journal: str | None = None
    dry_run: bool = False
    writes: bool = True
    as_json: bool = False
    judge_all: bool = False
    disagreement: float = MOST_DISAGREEMENT


def as_options(kind: type[Options], given: Mapping[str, Any]) -> Options:
    """Options from a command's parameters, by name; others are ignored."""
    known = kind.__dataclass_fields__
    return kind(**{name: value for name, value in given.items() if name in known})

"""What a person can say of an export, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sheetjudge import __version__
from sheetjudge.ops.whereabouts import Whereabouts


@dataclass(frozen=True, kw_only=True)
class ExportOptions(Whereabouts):
    """What a person can say of an export. The names are those of the command's options.

    Attributes:
        prompt, answer: columns with what was asked and what was answered.
        contenders: in place of `answer`, a column for each of those that were compared.
        by: the column that says whose answer a row holds, where rows were compared.
        group: a column with the same value for answers to the same prompt; None for the prompt itself.
        score: the column with the scores; None for the one that sheetjudge wrote.
        preferences, advantages: files to write; `-` for standard output.
        min_margin: difference in score that a pair needs at least. pairs: the most pairs of one prompt.
        chat: prompts and answers as lists of messages.
        no_review: leave out rows whose status asks for a review.
    """

    prompt: str
    answer: str | None = None
    contenders: tuple[str, ...] = ()
    by: str | None = None
    group: str | None = None
    score: str | None = None
    preferences: str | None = None
    advantages: str | None = None
    min_margin: float = 0.0
    pairs: int | None = None
    chat: bool = False
    no_review: bool = False


@dataclass(frozen=True)
class ExportResult:
    """What was exported.

    Attributes:
        table: its name. column: the column that the scores came from.
        rows: rows that hold anything. answers: those exported; left_out: the others, by reason.
        groups: prompts. flat: prompts without variance, one answer or all with the same score.
        pairs: pairs written, None where none were asked for. unpaired: prompts that made none.
        files: what was written.
        is_compared: what has winners, no scores; each prompt counts as one answer.
    """

    table: str
    column: str
    rows: int
    answers: int
    left_out: Counter[str]
    groups: int
    flat: int
    pairs: int | None
    unpaired: int
    files: tuple[str, ...]
    is_compared: bool = False

    @property
    def exit_code(self) -> int:
        """0 done, 1 some rows had no score that counts."""
        return 1 if self.rows > self.answers + self.left_out["skipped"] else 0

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "operation": "export",
            "table": self.table,
            "score_column": self.column,
            "rows": self.rows,
            "answers": self.answers,
            "left_out": dict(self.left_out.most_common()),
            "groups": self.groups,
            "groups_without_variance": self.flat,
            "pairs": self.pairs,
            "groups_without_pairs": self.unpaired,
            "files": list(self.files),
            "sheetjudge": __version__,
        }

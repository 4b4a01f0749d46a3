"""One check: from its description in a rubric to a verdict on a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sheetjudge.core.checks import counts, dates, json_text, numbers, texts
from sheetjudge.core.checks.options import CheckResult, Compiled, Test, options_of, wrong
from sheetjudge.core.rubric import Criterion
from sheetjudge.core.verdict import Verdict, unscored
from sheetjudge.core.yaml_nodes import did_you_mean

_KINDS: Mapping[str, Callable[[Any, str], Compiled]] = {
    "words": counts.words,
    "characters": counts.characters,
    "contains": texts.contains,
    "matches": texts.matches,
    "number": numbers.number,
    "equals": numbers.equals,
    "url": texts.url,
    "date": dates.date,
    "json": json_text.json_text,
}
KINDS = tuple(_KINDS)


@dataclass(frozen=True)
class Check:
    """A check that is ready to run.

    Attributes:
        spec: its description in the one form that every way of writing it comes to.
        column: the column that it reads; "" for the whole text that the judge reads.
        columns: every column that it needs, each once.
    """

    spec: Mapping[str, Any]
    column: str
    columns: tuple[str, ...]
    test: Test

    def run(self, text: str, cells: Mapping[str, str]) -> CheckResult:
        """Check one row.

        Args:
            text: what the judge reads of the row, without the names of its columns.
            cells: column name -> text, with each of `columns` at least.

        Raises:
            KeyError: `cells` lacks one of `columns`.
        """
        return self.test(cells[self.column] if self.column else text, cells)


def compile_check(spec: Any, locale: str = "en") -> Check:
    """A check from its description, `{"words": {"max": 900}, "column": "Abstract"}` say.

    Raises:
        RubricError: the description is wrong; `key` begins with `check`.
    """
    if isinstance(spec, str):
        spec = {spec: None}
    if not isinstance(spec, Mapping):
        raise wrong("check", "is no mapping.", "Write {words: {max: 900}}, say.")
    kinds = [key for key in spec if key != "column"]
    for key in kinds:
        if key not in KINDS:
            raise wrong(f"check.{key}", "is no kind of check.", did_you_mean(str(key), (*KINDS, "column"), "kinds"))
    if len(kinds) != 1:
        state = f"has {len(kinds)} kinds: {', '.join(kinds)}." if kinds else "says nothing to check."
        advice = "Make each a criterion of its own." if kinds else f"The kinds are {', '.join(KINDS)}."
        raise wrong("check", state, advice)
    column = options_of("check", dict(spec), (*KINDS, "column")).text("column") if "column" in spec else ""
    compiled = _KINDS[kinds[0]](spec[kinds[0]], locale)
    columns = dict.fromkeys(name for name in (column, *compiled.columns) if name)
    full = {kinds[0]: compiled.options, **({"column": column} if column else {})}
    return Check(full, column, tuple(columns), compiled.test)


def check_columns(criterion: Criterion) -> tuple[str, ...]:
    """Names of the columns that a criterion's check reads, each once; () for a criterion without a check."""
    return compile_check(criterion.check).columns if criterion.check is not None else ()


def verdict_of(criterion: Criterion, result: CheckResult) -> Verdict:
    """A check's result as a verdict: the top of the criterion's scale where it passed, else the bottom."""
    if result.passed is None:
        return unscored(criterion.id, result.reason)
    scale = criterion.scale
    value, label = (scale.high, scale.labels[-1]) if result.passed else (scale.low, scale.labels[0])
    return Verdict(criterion.id, value=float(value), label=label, basis="check", reason=result.reason)

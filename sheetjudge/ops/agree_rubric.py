"""Whether a rubric that a person names is the one that a table was judged by, as far as its columns tell."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sheetjudge.core.rubric import Rubric
from sheetjudge.core.table import Table
from sheetjudge.errors import ConfigError
from sheetjudge.ops.agree_table import Results
from sheetjudge.ops.row_values import prefixed


def check_rubric(table: Table, results: Results, rubric: Rubric) -> tuple[str, ...]:
    """Hold a rubric against the columns of results, which it is to give questions, scales and weights.

    Args:
        table: its name is said. results: what sheetjudge wrote, or a column that a person named. rubric: as named.

    Returns:
        What a reader must know, one sentence each: how the two differ, where it may be an earlier version.

    Raises:
        ConfigError: the table was judged by something else.
    """
    if results.is_filtered:
        raise ConfigError(
            f"{table.columns[results.columns.score].name!r} of {table.name} was written by filter, which judges by"
            f" --keep, and not by the rubric {rubric.name!r}.",
            "Leave --rubric out.",
        )
    ids = [c.id for c in rubric.criteria]
    if not results.criteria:
        return ()
    if not set(ids) & set(results.criteria):
        raise ConfigError(
            f"The rubric {rubric.name!r} asks nothing of what {table.name} was judged by: {_listed(results.criteria)}.",
            "Name the rubric that it was judged by, or leave --rubric out.",
        )
    return tuple(_differences(table, results, rubric, ids))


def _differences(table: Table, results: Results, rubric: Rubric, ids: Collection[str]) -> Iterator[str]:
    (header,) = prefixed(("",), rubric)
    if results.prefix not in ("", header):
        yield f"The results are headed {results.prefix + 'Score'!r}, and the rubric is called {rubric.name!r}."
    new = [name for name in ids if name not in results.criteria]
    gone = [name for name in results.criteria if name not in ids]
    apart = "; is it the one that the table was judged by?"
    if new:
        yield f"The rubric {rubric.name!r} asks for {_listed(new)}, of which {table.name} holds no results{apart}"
    if gone:
        yield f"{table.name} holds results for {_listed(gone)}, for which the rubric {rubric.name!r} doesn't ask{apart}"


def _listed(names: Collection[str], most: int = 12) -> str:
    shown = ", ".join(list(names)[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"

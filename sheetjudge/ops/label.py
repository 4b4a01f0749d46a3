"""`label`: which rows people should label, so that few labels tell how far the judge is to be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sheetjudge.core.row_marks import fingerprint
from sheetjudge.core.table import Column, Row, Table
from sheetjudge.core.words import counted
from sheetjudge.engine.journal import Journal
from sheetjudge.errors import ConfigError, SheetjudgeError
from sheetjudge.ops.agree_columns import PERSON
from sheetjudge.ops.agree_labels import scale_of
from sheetjudge.ops.judged_table import judged_table, score_columns
from sheetjudge.ops.reading import data_columns
from sheetjudge.ops.settings import load_settings
from sheetjudge.ops.under_way import new_run_id
from sheetjudge.ops.whereabouts import Whereabouts, table_options
from sheetjudge.stats.label_choice import choose_rows, half_width_of_correlation, half_width_of_share
from sheetjudge.tables.json_lines import STANDARD_OUTPUT
from sheetjudge.tables.open import open_any, target_for
from sheetjudge.tables.sheet_table import SheetTable

ORDER = "To label"
"""Header of the column with the order in which to label."""

OPERATION = "label"
"""What the journal calls it."""

LEVEL = 0.95

_REVIEWED = 2.0
"""Where judges disagree or were close, a score says half as much."""


@dataclass(frozen=True, kw_only=True)
class LabelOptions(Whereabouts):
    """What a person can say of `label`. The names are those of the command's options.

    Attributes:
        rows: how many rows are to have labels in the end, with those that have one.
        human: headers of the columns that are to hold the labels; those that aren't there are made.
        score: the score column that is meant, where the table holds several.
        scale: what people may answer: the cells offer it. seed: of the draw.
        out: the file for the rows of a file; "-" for standard output.
    """

    rows: int = 50
    human: tuple[str, ...] = (PERSON,)
    score: str | None = None
    scale: str | None = None
    seed: int = 0
    out: str | None = None


@dataclass(frozen=True)
class LabelResult:
    """What is to be labelled.

    Attributes:
        table: its name. scored: rows with a score. labelled: rows that have a label already.
        rows: numbers of the rows to label, in order. strata: how many of them by rising score.
        share: how far a share of rows (exact agreement) will be off at most, 0 to 1; now: how far it is now.
        correlation: the same for a rank correlation or a weighted kappa of 0.6.
        notes: what a person should know, one sentence each.
    """

    table: str
    scored: int
    labelled: int
    rows: tuple[int, ...]
    strata: tuple[int, ...]
    share: float
    now: float
    correlation: float
    human: tuple[str, ...]
    notes: tuple[str, ...] = ()
    exit_code: int = 0

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "operation": OPERATION,
            "table": self.table,
            "scored": self.scored,
            "labelled": self.labelled,
            "rows": list(self.rows),
            "strata": list(self.strata),
            "human": list(self.human),
            "level": LEVEL,
            "half_width": {"share": self.share, "share_now": self.now, "correlation": self.correlation},
            "notes": list(self.notes),
        }


def label(options: LabelOptions, environment: Mapping[str, str]) -> LabelResult:
    """Choose rows to label, and put the order and empty columns for the labels beside the rows.

    Args:
        options: what a person said. environment: environment variables.

    Raises:
        SheetjudgeError: whatever is wrong, in one line.
    """
    scale = scale_of(options.scale) if options.scale is not None else None
    where = table_options(options, environment, to_write=options.out is None)
    table = open_any(options.table, where)
    in_place = isinstance(table, SheetTable) and options.out is None
    if not in_place and options.out is None:
        raise ConfigError(f"It isn't said where {table.name} with its new columns goes.", "Name a file: --out FILE.")
    ours = frozenset((ORDER, *options.human))

    def texts(columns: tuple[Column, ...], managed: frozenset[int], row: Row) -> str:
        return fingerprint([row.cells[c.index] for c in columns if c.index not in managed and c.header not in ours])

    # By their texts, so that the same rows are drawn wherever they stand.
    judged = sorted(
        judged_table(table, score_columns(table, options.score)),
        key=lambda one: (texts(table.columns, table.managed, one.row), one.row.number),
    )
    own = [c for c in data_columns(table) if c.header in options.human]
    done = [at for at, one in enumerate(judged) if any(one.row.cells[c.index].strip() for c in own)]
    scores = [one.score for one in judged]
    unsure = [_REVIEWED if one.review else 1.0 for one in judged]
    choice = choose_rows(scores, options.rows, unsure=unsure, labelled=done, seed=options.seed)
    order = {judged[at].row.number: n for n, at in enumerate(choice.rows, start=1)}
    new = tuple(name for name in options.human if name not in {c.header for c in own})
    if isinstance(table, SheetTable) and in_place:
        from sheetjudge.tables.label_columns import Labelling, put_label_columns

        wanted = {texts(table.columns, table.managed, row): order.get(row.number) for row in table.rows()}
        put_label_columns(table, Labelling(ORDER, options.human, wanted, scale.labels if scale else ()), texts)
    else:
        _write(table, options, order, new)
        _remember(table, options, environment)
    scored = sum(score is not None for score in scores)
    count = len(done) + len(order)
    return LabelResult(
        table.name,
        scored,
        len(done),
        tuple(order),
        choice.of_stratum,
        half_width_of_share(count, max(scored, count), LEVEL),
        half_width_of_share(len(done), max(scored, count), LEVEL),
        half_width_of_correlation(count, level=LEVEL),
        options.human,
        (*table.notes, *_more_than_asked(options.rows, count if order else 0)),
    )


def _more_than_asked(asked: int, count: int) -> tuple[str, ...]:
    if count <= asked:
        return ()
    rows = counted(count, "row")
    return (f"{rows} will have a label, and {asked:,} were asked for: each height of the score takes its share.",)


def _remember(table: Table, options: LabelOptions, environment: Mapping[str, str]) -> None:
    """Note of which table the file was made, so that a report of it knows what judged that one."""
    journal = load_settings(environment).journal
    if options.out == STANDARD_OUTPUT or not journal.exists():
        return
    # The rows are chosen and written: a journal that can't be written must not undo that.
    with suppress(SheetjudgeError):
        kept = Journal(journal)
        try:
            run, story = new_run_id(), {"operation": OPERATION, "table": table.name, "results": options.out}
            kept.run_started(run, story)
            kept.run_ended(run, "done", story)
        finally:
            kept.close()


def _write(table: Table, options: LabelOptions, order: Mapping[int, int], new: tuple[str, ...]) -> None:
    target = target_for(table, options.out)
    target.open((ORDER, *new))
    try:
        for row in table.rows():
            target.put(row, (order.get(row.number), *[None] * len(new)))
        target.close()
    except BaseException:
        target.abandon()
        raise

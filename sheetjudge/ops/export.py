"""`export`: a table of judged answers as data that a model can be trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from sheetjudge.core.table import Column, Table
from sheetjudge.errors import ConfigError, TableError
from sheetjudge.ops.export_compared import compared_pairs
from sheetjudge.ops.export_options import ExportOptions, ExportResult
from sheetjudge.ops.judged_table import JudgedRow, judged_table, score_columns
from sheetjudge.ops.reading import column_named, data_columns
from sheetjudge.ops.whereabouts import table_options
from sheetjudge.stats.training import Scored, advantages, preferences
from sheetjudge.tables.file_table import FileTable
from sheetjudge.tables.json_lines import STANDARD_OUTPUT, write_json_lines
from sheetjudge.tables.open import open_any


@dataclass(frozen=True)
class Answer:
    """One answer with a score."""

    row: int
    text: str
    scored: Scored


@dataclass
class Group:
    """The answers to one prompt."""

    name: str
    prompt: str
    answers: list[Answer] = field(default_factory=list)


def export(options: ExportOptions, environment: Mapping[str, str]) -> ExportResult:
    """Read a judged table and write what was asked for.

    Rows without a score that counts (unscored, skipped, stale) are left out and counted. The files follow what
    trainers read: a preference dataset has `prompt`, `chosen` and `rejected` (TRL's explicit-prompt format, plain or
    conversational), with `margin`, `score_chosen` and `score_rejected` beside them; a row of advantages has `prompt`,
    `completion`, `reward`, `advantage` (GRPO) and `advantage_centred` (Dr. GRPO).

    Raises:
        SheetjudgeError: whatever is wrong, in one line; then nothing is written.
    """
    _check(options)
    table = open_any(
        options.table,
        table_options(options, environment),
    )
    _check_apart(options, table)
    if options.contenders or options.by:
        return _compared(options, table)
    columns = score_columns(table, options.score)
    rows = list(judged_table(table, columns))
    groups, left_out = _grouped(rows, table, options)
    if not groups:
        why = ", ".join(f"{count:,} × {reason}" for reason, count in left_out.most_common(3))
        raise TableError(f"No row of {table.name} has a score in {columns.name!r} ({why}).", "Score the table first.")
    found = list(_pairs(groups, options)) if options.preferences else []
    if options.preferences:
        _check_any(found, table)
    if options.preferences:
        write_json_lines(options.preferences, (item for _, item in found))
    if options.advantages:
        write_json_lines(options.advantages, _advantages(groups, options))
    paired = {name for name, _ in found}
    return ExportResult(
        table.name,
        columns.name,
        len(rows),
        sum(len(group.answers) for group in groups),
        left_out,
        len(groups),
        sum(not advantages([a.scored.score for a in group.answers]).has_variance for group in groups),
        len(found) if options.preferences else None,
        sum(group.name not in paired for group in groups) if options.preferences else 0,
        tuple(place for place in (options.preferences, options.advantages) if place),
    )


def _compared(options: ExportOptions, table: Table) -> ExportResult:
    """Preferences from the winners of a comparison."""
    found = compared_pairs(table, options)
    _check_any(found.pairs, table)
    assert options.preferences is not None  # noqa: S101 - `_check` saw to it
    write_json_lines(
        options.preferences,
        (
            {
                "prompt": _said("user", pair.prompt, options),
                "chosen": _said("assistant", pair.chosen, options),
                "rejected": _said("assistant", pair.rejected, options),
                "margin": pair.margin,
                "chosen_from": pair.chosen_from,
                "rejected_from": pair.rejected_from,
                "row": pair.row,
            }
            for pair in found.pairs
        ),
    )
    prompts = found.rows - found.left_out.total()
    return ExportResult(
        table.name,
        found.column,
        found.rows,
        prompts,
        found.left_out,
        prompts,
        0,
        len(found.pairs),
        prompts - len({pair.row for pair in found.pairs}),
        (options.preferences,),
        is_compared=True,
    )


def _check_any(pairs: Sequence[object], table: Table) -> None:
    if not pairs:
        raise TableError(
            f"No two answers to the same prompt of {table.name} differ as asked for.",
            "Check --prompt (and --group): answers to compare need the same value there.",
        )


def _check(options: ExportOptions) -> None:
    if bool(options.answer) == bool(options.contenders):
        raise ConfigError(
            "It isn't said where the answers are.",
            "Name their column with --answer, or, in a table that was compared, each contender's with --contender.",
        )
    if options.by and options.contenders:
        raise ConfigError("--by says whose answer a row holds, --contender names columns.", "Give one of them.")
    if (options.contenders or options.by) and (options.advantages or options.score):
        raise ConfigError(
            "A comparison has winners and no scores.", "With --contender or --by leave out --advantages and --score."
        )
    if options.contenders and options.group:
        raise ConfigError("With --contender each row is a prompt of its own.", "Leave --group out.")
    places = [place for place in (options.preferences, options.advantages) if place]
    if not places:
        raise ConfigError("Nothing is asked for.", "Say --preferences FILE, --advantages FILE, or both.")
    for place in places:
        if place != STANDARD_OUTPUT and Path(place).suffix.lower() not in (".jsonl", ".ndjson"):
            raise ConfigError(f"{place} isn't called .jsonl.", "JSON Lines is what is written: name a .jsonl file.")
    if len(set(places)) < len(places):
        raise ConfigError(f"{places[0]} is to hold both.", "Name a file for each.")


def _check_apart(options: ExportOptions, table: Table) -> None:
    for place in (options.preferences, options.advantages):
        if place and isinstance(table, FileTable) and Path(place).exists() and Path(place).samefile(table.path):
            raise TableError(f"{place} is the table itself.", "Name another file; the input stays as it is.")


def _grouped(rows: Sequence[JudgedRow], table: Table, options: ExportOptions) -> tuple[list[Group], Counter[str]]:
    data = data_columns(table)
    prompt_at, answer_at = (column_named(name, data, table.name) for name in (options.prompt, options.answer or ""))
    group_at = prompt_at if options.group is None else column_named(options.group, data, table.name)
    groups: dict[str, Group] = {}
    left_out: Counter[str] = Counter()
    for row in rows:
        prompt, answer, name = (row.row.cells[c.index] for c in (prompt_at, answer_at, group_at))
        why = row.why or _missing(((prompt_at, prompt), (answer_at, answer), (group_at, name)))
        if not why and row.review and options.no_review:
            why = "to be reviewed"
        if why or row.score is None:
            left_out[why] += 1
            continue
        # A blank at the end, which nobody sees, makes no other prompt; `rank` and `compare` take it for none, either.
        group = groups.setdefault(name.strip(), Group(name.strip(), prompt))
        if group.prompt.strip() != prompt.strip():
            raise TableError(
                f"Row {row.row.number} of {table.name} has another {prompt_at.name!r} than the rows before it with the"
                f" same {group_at.name!r}.",
                "Answers of one group must be answers to one prompt.",
            )
        group.answers.append(Answer(row.row.number, answer, Scored(row.score, row.tier)))
    return list(groups.values()), left_out


def _missing(cells: Sequence[tuple[Column, str]]) -> str:
    return next((f"nothing in {column.name}" for column, text in cells if not text.strip()), "")


def _pairs(groups: Sequence[Group], options: ExportOptions) -> Iterator[tuple[str, dict[str, Any]]]:
    for group in groups:
        answers = group.answers
        # The same text can't be better than itself, whatever scores it was given.
        pairs = (
            pair
            for pair in preferences([a.scored for a in answers], least_margin=options.min_margin)
            if answers[pair.chosen].text != answers[pair.rejected].text
        )
        for pair in islice(pairs, options.pairs):
            chosen, rejected = answers[pair.chosen], answers[pair.rejected]
            yield (
                group.name,
                {
                    "prompt": _said("user", group.prompt, options),
                    "chosen": _said("assistant", chosen.text, options),
                    "rejected": _said("assistant", rejected.text, options),
                    "margin": pair.margin,
                    "score_chosen": chosen.scored.score,
                    "score_rejected": rejected.scored.score,
                    "row_chosen": chosen.row,
                    "row_rejected": rejected.row,
                },
            )


def _advantages(groups: Sequence[Group], options: ExportOptions) -> Iterator[dict[str, Any]]:
    for group in groups:
        found = advantages([answer.scored.score for answer in group.answers])
        for answer, scaled, centred in zip(group.answers, found.scaled, found.centred, strict=True):
            yield {
                "prompt": _said("user", group.prompt, options),
                "completion": _said("assistant", answer.text, options),
                "reward": answer.scored.score,
                "advantage": scaled,
                "advantage_centred": centred,
                "group": group.name,
                "group_size": len(group.answers),
                "group_mean": found.mean,
                "group_std": found.deviation,
                "no_variance": not found.has_variance,
                "row": answer.row,
            }


def _said(role: str, text: str, options: ExportOptions) -> str | list[dict[str, str]]:
    return [{"role": role, "content": text}] if options.chat else text

"""Labels and verdicts read out of a table, on the scale that they are on: given, or told by the answers themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import numpy as np

from sheetjudge.core.rubric import YES_NO, Rubric, Scale
from sheetjudge.core.table import Column, Table
from sheetjudge.core.yaml_nodes import shorten
from sheetjudge.errors import TableError
from sheetjudge.ops.agree_columns import OVERALL, Matched
from sheetjudge.ops.agree_labels import Unread, inferred_scale, read_answer
from sheetjudge.ops.agree_table import JUDGE, Answers, Criterion, Floats, Kept, Labels, Results
from sheetjudge.ops.judged_table import judged_table, number_in
from sheetjudge.ops.jury_voices import voices_in

_LONGEST_TITLE = 200
_LEAST_MARKS = 5
_MOST_WORDS = 5


def read_labels(
    table: Table,
    people: Sequence[Matched],
    judges: Sequence[Matched],
    results: Results | None,
    rubric: Rubric | None,
    scale: Scale | None,
    *,
    group: Column | None = None,
    texts: Sequence[Column] = (),
) -> Labels:
    """Read the answers of people and judges.

    Args:
        table: where they are. people, judges: their columns. results: of sheetjudge; None for none.
        rubric: gives the scales; without one `scale` does, or the answers themselves do.
        group: the column that groups rows. texts: those whose length counts.

    Raises:
        TableError: nothing that people labelled was judged, or a column holds no answers.
    """
    rows = _kept(table, people, judges, results, group, texts)
    labels = Labels(rows, unscored=[""] * len(rows))
    about = dict.fromkeys(match.criterion for match in people)
    judged = {match.criterion for match in judges} | ({OVERALL, *results.criteria} if results else set())
    cells_of = _Texts(table, rows, results, labels)
    wanted = [name for name in about if name in judged]
    for name in sorted(wanted, key=lambda name: _place(name, rubric)):
        cells = [(m.rater, m.column.name, cells_of.of(m.column.index)) for m in people if m.criterion == name]
        verdicts = [(m.rater, m.column.name, cells_of.of(m.column.index)) for m in judges if m.criterion == name]
        if results is not None and (name == OVERALL or name in results.criteria):
            at = results.columns.score if name == OVERALL else results.criteria[name]
            verdicts.insert(0, (JUDGE, table.columns[at].name, cells_of.judged(at, is_score=name == OVERALL)))
        given = _scale_in(rubric, name) if rubric is not None else scale
        part = _criterion(name, cells, verdicts, given, rows, labels.unread)
        if part.people:
            labels.criteria[name] = part
        else:
            labels.left.append(_unlabelled(name, cells, part.scale))
    if rubric is not None and results is not None:
        labels.checks = _checks(rubric, results, cells_of, rows)
    if wanted and not labels.criteria:
        raise _nothing_in(table, people, labels)
    if left := [name for name in about if name not in judged]:
        labels.left.append(f"Labelled and not judged, so left out: {', '.join(left)}.")
    return labels


def _unlabelled(name: str, people: Sequence[Cells], scale: Scale) -> str:
    if not any(text for _, _, texts in people for text in texts):
        return f"Nobody has labelled {_about(name)} yet, so that it is left out."
    return f"No label about {_about(name)} can be read as an answer of {scale}, so that it is left out."


def _nothing_in(table: Table, people: Sequence[Matched], labels: Labels) -> TableError:
    """Why there is nothing to compare: no label is there, or none can be read."""
    columns = ", ".join(dict.fromkeys(repr(m.column.name) for m in people))
    named = {m.column.name for m in people}
    lost = [cell for cell in labels.unread if cell.column in named]
    if not lost:
        return TableError(f"{table.name} has no label yet in {columns}.", "Fill some in, and run this again.")
    first = lost[0]
    return TableError(
        f"No label in {columns} of {table.name} can be read: that of row {first.row} is {shorten(first.text)!r}, and"
        f" {first.why}.",
        "Say what the answers are with --rubric or --scale; where a column is about one criterion, say which: --human"
        " CRITERION=COLUMN.",
    )


def _checks(rubric: Rubric, results: Results, cells: _Texts, rows: Sequence[Kept]) -> Answers:
    """What deterministic checks found. sheetjudge wrote it, so that each cell is an answer, or blank."""
    return {
        c.id: _values(
            cells.judged(results.criteria[c.id], is_score=False), rows, c.id, partial(read_answer, c.scale), []
        )
        for c in rubric.criteria
        if c.check is not None and c.id in results.criteria
    }


def _kept(
    table: Table,
    people: Sequence[Matched],
    judges: Sequence[Matched],
    results: Results | None,
    group: Column | None,
    texts: Sequence[Column],
) -> tuple[Kept, ...]:
    wanted = {match.column.index for match in (*people, *judges)}
    wanted |= {results.columns.score, *results.criteria.values()} if results is not None else set()
    criteria = tuple(results.criteria) if results is not None else ()
    why = results.why if results is not None else None
    title = next((c.index for c in table.columns if c.index not in table.managed), 0)
    return tuple(
        Kept(
            row.number,
            row.cells[title][:_LONGEST_TITLE],
            sum(len(row.cells[c.index].strip()) for c in texts),
            row.cells[group.index].strip() if group is not None else "",
            {index: row.cells[index].strip() for index in wanted},
            voices_in(row.cells[why], criteria) if why is not None else {},
        )
        for row in table.rows()
        if not row.is_empty
    )


def _place(name: str, rubric: Rubric | None) -> int:
    """Criteria in the order of the rubric, the row as a whole last."""
    if name == OVERALL:
        return 1 << 30
    ids = [c.id for c in rubric.criteria] if rubric is not None else []
    return ids.index(name) if name in ids else len(ids)


def _scale_in(rubric: Rubric, name: str) -> Scale:
    return rubric.scale if name == OVERALL else next(c.scale for c in rubric.criteria if c.id == name)


class _Texts:
    """Cells by column; those of results only where they count."""

    def __init__(self, table: Table, rows: Sequence[Kept], results: Results | None, labels: Labels) -> None:
        self._rows = rows
        self._whys: list[str] = [""] * len(rows)
        if results is not None:
            self._whys = [row.why for row in judged_table(table, results.columns)]
            labels.unscored[:] = self._whys

    def of(self, index: int) -> list[str]:
        return [row.cells[index] for row in self._rows]

    def judged(self, index: int, *, is_score: bool) -> list[str]:
        # Of a row that failed on one criterion the others have their verdicts.
        gone = [bool(why) and (is_score or why not in ("error", "no score")) for why in self._whys]
        return ["" if lost else text for lost, text in zip(gone, self.of(index), strict=True)]


Cells = tuple[str, str, list[str]]


def _criterion(
    name: str,
    people: Sequence[Cells],
    judges: Sequence[Cells],
    given: Scale | None,
    rows: Sequence[Kept],
    unread: list[Unread],
) -> Criterion:
    labels = [text for _, _, texts in people for text in texts if text]
    verdicts = [[text for text in texts if text] for _, _, texts in judges]
    scale = given or inferred_scale(labels, *verdicts)
    if not labels:
        return Criterion(scale or YES_NO)
    if scale is None:
        raise TableError(
            f"The labels in {people[0][1]!r} are no marks, no yes or no, and too many different words, or numbers too"
            " far apart.",
            "Say what the answers are: --rubric RUBRIC, or --scale 1-5, yes/no, or 'weak, fair, strong'. Where most"
            " numbers lie outside of the scale, only their order is compared.",
        )
    found = Criterion(scale)
    if given is None:
        _check_words(scale, people, judges)
        found.notes.append(_inferred(name, scale))
    if scale.kind == "yes/no" and any(text.casefold() == "false" for text in labels):
        found.notes.append(
            f"FALSE about {_about(name)} counts as a no; a box that nobody has looked at yet shows it too."
        )
    off = [
        (rater, column)
        for rater, column, texts in (*people, *judges)
        if _is_off(scale, texts, is_guessed=given is None)
    ]
    if off:
        rater, column = off[0]
        found.by_order = f"{rater}'s marks in {column!r} aren't on {scale}, so that only the order of rows is compared"
    if given is None:
        found.notes += _apart(name, scale, people, [one for one in judges if one[:2] not in off])
    for side, answers in ((people, found.people), (judges, found.judges)):
        for rater, column, texts in side:
            read = _any_number if (rater, column) in off else partial(read_answer, scale)
            answers[rater] = _values(texts, rows, column, read, unread)
    blank = [rater for rater, values in found.people.items() if np.isnan(values).all()]
    found.people = {rater: values for rater, values in found.people.items() if rater not in blank}
    found.notes += [f"{rater} gave no label about {_about(name)}." for rater in blank if found.people]
    return found


def _about(name: str) -> str:
    return "the row as a whole" if name == OVERALL else repr(name)


def _inferred(name: str, scale: Scale) -> str:
    about = _about(name)
    if scale.kind == "labels":
        return f"Without a rubric, the answers about {about} are taken as labels without an order: {scale}."
    return f"Without a rubric, the answers about {about} are taken to be on {scale}, as far as they go."


def _check_words(scale: Scale, people: Sequence[Cells], judges: Sequence[Cells]) -> None:
    """Make sure that words aren't held against numbers, which they are none of."""
    for _, column, texts in judges if scale.kind == "labels" else ():
        filled = [text for text in texts if text]
        if 2 * len(_numbers(filled)) > len(filled):
            raise TableError(
                f"The labels in {people[0][1]!r} are words, and the answers in {column!r} are numbers.",
                "Say what the words are, from lowest to highest: --scale 'weak, fair, strong'. Then the order of rows"
                " is compared.",
            )


def _apart(name: str, scale: Scale, people: Sequence[Cells], judges: Sequence[Cells]) -> Iterator[str]:
    """What must be said where raters of one scale may have used two, which marks alone can't tell."""
    if scale.kind == "labels":
        for _, column, texts in judges:
            words = {text.casefold(): text for text in texts if text}
            theirs = {text.casefold(): text for _, _, own in people for text in own if text}
            if words and not words.keys() & theirs.keys():
                said = [", ".join(map(repr, list(told.values())[:_MOST_WORDS])) for told in (theirs, words)]
                yield f"No answer of people about {_about(name)} ({said[0]}) is one that {column!r} holds ({said[1]})."
    if scale.kind != "integer":
        return
    highest = {
        column: max(numbers)
        for _, column, texts in (*people, *judges)
        if len(numbers := _numbers(texts)) >= _LEAST_MARKS
    }
    if highest and max(highest.values()) - min(highest.values()) > (scale.high - scale.low) / 2:
        told = ", ".join(f"{mark:g} in {column!r}" for column, mark in highest.items())
        yield (
            f"Marks about {_about(name)} go up to {told}: if those are two scales, only rank correlations mean"
            " anything."
        )


def _is_off(scale: Scale, texts: Iterable[str], *, is_guessed: bool) -> bool:
    """Most of what stands there are numbers that lie outside of the scale, or that stand where words do.

    A scale that was guessed holds all marks of whoever seems to be on it, so that a single one beyond it tells.
    """
    if not scale.ordered:
        return False
    filled = [text for text in texts if text]
    numbers = [text for text in filled if number_in(text) is not None]
    off = [text for text in numbers if isinstance(read_answer(scale, text), str)]
    if is_guessed and scale.kind == "integer":
        return bool(off)
    return 2 * len(off) > len(numbers if scale.kind == "integer" else filled)


def _numbers(texts: Iterable[str]) -> list[float]:
    return [number for text in texts if text and (number := number_in(text)) is not None]


def _any_number(text: str) -> float | str | None:
    number = number_in(text) if text else None
    return "it is no number" if text and number is None else number


def _values(
    texts: Sequence[str],
    rows: Sequence[Kept],
    column: str,
    read: Callable[[str], float | str | None],
    unread: list[Unread],
) -> Floats:
    values = np.full(len(texts), np.nan)
    for at, text in enumerate(texts):
        answer = read(text)
        if isinstance(answer, str):
            unread.append(Unread(rows[at].number, column, text, answer))
        elif answer is not None:
            values[at] = answer
    return values

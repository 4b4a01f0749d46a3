"""What `agree` says to a person: tables of figures, and what they come to in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sheetjudge.cli.say import counted
from sheetjudge.core.rubric import Scale
from sheetjudge.core.visible import well_formed
from sheetjudge.core.yaml_nodes import shorten
from sheetjudge.ops.agree import JURY
from sheetjudge.ops.agree_columns import OVERALL, Matched
from sheetjudge.ops.agree_result import AgreeResult, ApartRow, CriterionResult
from sheetjudge.ops.agree_table import JUDGE
from sheetjudge.report.agree_words import (
    HEADINGS,
    above_words,
    annotator_sentence,
    beside_words,
    figure_text,
    judge_sentences,
    length_sentence,
    pair_name,
    test_words,
    whole_sentences,
)
from sheetjudge.report.label_words import threshold_sentences, weights_sentences
from sheetjudge.stats.advice import is_marked
from sheetjudge.stats.agreement_interval import Figure
from sheetjudge.stats.agreement_values import Agreement, main_measure

_SHORT = ("kappa_quadratic", "alpha", "spearman", "spearman_within", "exact", "within_one")
_MOST_UNREAD = 5
_MOST_LABEL = 36
_MATRIX = 7


def result_text(result: AgreeResult, *, everything: bool = False) -> str:
    """The whole finding.

    Args:
        result: what was found.
        everything: every measure, every two raters, and every confusion matrix.
    """
    lines = _opening(result)
    for found in result.criteria:
        lines += ["", *_criterion(found, everything=everything)]
    lines += _advice(result)
    lines += _unread(result)
    lines += [f"Note: {note}" for note in result.notes]
    # A header may hold a line break, and would break the line that quotes it.
    return "\n".join(_begun(line.replace("\n", " ")) for line in lines)


def _begun(line: str) -> str:
    """A sentence begins with a capital; the lines of tables are set in."""
    return line[:1].upper() + line[1:] if line.startswith(JUDGE) else line


def _opening(result: AgreeResult) -> list[str]:
    level = result.criteria[0].agreement.level
    together = f"; rows with the same {result.group!r} stand or fall together" if result.group is not None else ""
    labelled = f"{counted(result.labelled, 'row')} of {result.rows:,} in {result.table} labelled by people."
    lines = [f"{labelled} Intervals hold {level:.0%}{together}."]
    for what, matched in (("People", result.people), ("Judges", result.judges)):
        lines += [f"{what}: {_matched(matched)}."] if matched else []
    if result.unscored:
        why = ", ".join(f"{count:,} × {reason}" for reason, count in result.unscored.most_common(3))
        lines.append(f"Labelled but not scored, and so in no figure: {why}.")
    return lines


def _matched(matched: Iterable[Matched]) -> str:
    """Who answered what, with the column's name where that doesn't say it already."""
    by_rater: dict[str, list[str]] = {}
    for match in matched:
        said = match.column.name
        for word in (match.rater, match.criterion):
            said = said.replace(word, "")
        plain = any(c.isalnum() for c in said) or (
            match.criterion == OVERALL and match.criterion not in match.column.name
        )
        by_rater.setdefault(match.rater, []).append(
            f"{match.criterion} ({match.column.name!r})" if plain else match.criterion
        )
    return "; ".join(f"{rater}: {', '.join(columns)}" for rater, columns in by_rater.items())


def _criterion(found: CriterionResult, *, everything: bool) -> list[str]:
    agreement = found.agreement
    on = "by order" if found.by_order else str(agreement.scale)
    lines = [f"{found.name} ({on}), {counted(agreement.rows, 'labelled row')}"]
    names = [name for name in (HEADINGS if everything else _SHORT) if name in agreement.measures]
    if "kappa_quadratic" not in names and "kappa" in agreement.measures and "kappa" not in names:
        names.insert(0, "kappa")
    lines += _aligned(["", *(HEADINGS[name] for name in names)], _rows(agreement, names, everything=everything))
    lines += _reasons(agreement, names)
    if len(agreement.judges) > 1 and not everything:
        lines += _beside(found)
    else:
        for judge in agreement.judges:
            lines += judge_sentences(judge, agreement)
            if judge.judge in found.tests and len(agreement.people) > 2:  # noqa: PLR2004
                lines.append(annotator_sentence(judge.judge, found.tests[judge.judge]))
    for name, whole in found.whole.items():
        lines += whole_sentences(name, whole)
    if found.weights is not None:
        lines += [well_formed(line) for line in weights_sentences(found.weights)]
    for name, threshold in found.thresholds.items():
        lines += threshold_sentences(name, threshold, agreement.scale)
    if found.by_order:
        lines.append(f"{found.by_order}.")
    if len(agreement.people) == 1:
        lines.append(f"Only {agreement.people[0]} labelled, so how far people agree among themselves isn't known.")
    lines += _matrices(agreement, everything=everything)
    lines += _apart(found)
    return lines


def _beside(found: CriterionResult) -> list[str]:
    """Several judges side by side: each beside people among themselves, its leniency, and the test."""
    agreement = found.agreement
    rows = []
    tested = len(agreement.people) > 2 and bool(found.tests)  # noqa: PLR2004
    main = main_measure(agreement.measures)
    for judge in agreement.judges:
        apart = judge.beyond.get(main)
        row = [judge.judge, "" if apart is None else beside_words(apart)]
        row.append(above_words(judge))
        if tested:
            row.append(test_words(found.tests[judge.judge]))
        rows.append(row)
    headings = ["", "than people with each other", "marks beside people's"]
    if tested:
        epsilon = next(iter(found.tests.values())).epsilon
        headings.append(f"annotator test (ε {epsilon:g}): wins, as good or better")
    shown = [at for at in range(len(headings)) if not at or any(row[at] for row in rows)]
    if len(shown) == 1:
        return []
    return _aligned([headings[at] for at in shown], [[row[at] for at in shown] for row in rows])


# --- figures ----------------------------------------------------------------------------------------------------------


def _rows(agreement: Agreement, names: Sequence[str], *, everything: bool) -> list[list[str]]:
    many = len(agreement.people) > 1
    rows = []
    for judge in agreement.judges:
        people = "people" if many else agreement.people[0]
        rows.append(_row(f"{judge.judge} – {people}", judge.mean, names))
    if agreement.ceiling is not None:
        rows.append(_row("people – each other", agreement.ceiling.mean, names))
    if agreement.ceiling is not None and agreement.ceiling.rest and (everything or len(agreement.judges) == 1):
        rows += [_row(f"{judge.judge} – rest of people", judge.rest, names) for judge in agreement.judges]
        rows.append(_row("a person – rest of people", agreement.ceiling.rest, names))
    rows.append(["chance", *(_chance(agreement.judges[0].mean[name]) for name in names)])
    if many and (everything or len(agreement.judges) == 1):
        rows += [_row(pair_name(pair), pair.figures, names) for judge in agreement.judges for pair in judge.pairs]
    if agreement.ceiling is not None and everything:
        rows += [_row(pair_name(pair), pair.figures, names) for pair in agreement.ceiling.pairs]
    return rows


def _row(label: str, figures: Mapping[str, Figure], names: Sequence[str]) -> list[str]:
    return [shorten(label, _MOST_LABEL), *(figure_text(figures[name], name) for name in names)]


def _chance(figure: Figure) -> str:
    return "" if figure.chance is None else f"{figure.chance:.0%}" if figure.chance else "0"


def _aligned(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    from rich.cells import cell_len

    widths = [max(cell_len(line[at]) for line in (heading, *rows)) for at in range(len(heading))]
    return [
        "  "
        + "   ".join(text + " " * (width - cell_len(text)) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in (heading, *rows)
    ]


def _reasons(agreement: Agreement, names: Sequence[str]) -> list[str]:
    """Why figures have no value or no interval, or what they leave out; each reason once."""
    shown = [judge.mean for judge in agreement.judges] + ([agreement.ceiling.mean] if agreement.ceiling else [])
    whys = dict.fromkeys(figures[name].why for figures in shown for name in names if name in figures)
    return [f"  {why[:1].upper()}{why[1:]}." for why in whys if why]


def _matrices(agreement: Agreement, *, everything: bool) -> list[str]:
    """Which answers stand against which: the judge's in lines, people's in columns."""
    size = len(agreement.scale.labels)
    if size > _MATRIX and not everything:
        return []
    lines: list[str] = []
    for judge in agreement.judges if everything or len(agreement.judges) == 1 else ():
        tables = [pair.confusion for pair in judge.pairs if pair.confusion]
        if not tables:
            continue
        total = [[sum(table[i][j] for table in tables) for j in range(size)] for i in range(size)]
        lines += [f"Answers of {judge.judge} (lines) beside people's (columns):", *_matrix(total, agreement.scale)]
    return lines


def _matrix(table: Sequence[Sequence[int]], scale: Scale) -> list[str]:
    labels = [shorten(label, 12) for label in scale.labels]
    return _aligned(["", *labels], [[label, *map(str, line)] for label, line in zip(labels, table, strict=True)])


# --- rows and rubric --------------------------------------------------------------------------------------------------


def _apart(found: CriterionResult) -> list[str]:
    lines: list[str] = []
    judges = {judge: rows for judge, rows in found.apart.items() if rows}
    scale = found.agreement.scale
    shown = {judge: rows for judge, rows in judges.items() if len(found.apart) == 1 or judge == JURY}
    for judge, rows in shown.items():
        lines.append(f"Where {judge} and people are furthest apart:")
        lines += [_apart_line(far, judge, scale) for far in rows]
    return lines


def _apart_line(far: ApartRow, judge: str, scale: Scale) -> str:
    people = ", ".join(f"{name} {_answer(value, scale)}" for name, value in far.found.people.items())
    title = shorten(well_formed(far.title), 48)
    return f"  row {far.number}: {judge} {_answer(far.found.judge, scale)}, {people}  {title}"


def _answer(value: float, scale: Scale) -> str:
    return f"{round(value, 2):g}" if scale.kind == "integer" else scale.nearest_label(value)


def _advice(result: AgreeResult) -> list[str]:
    lines = [_divided(result)] if _divided(result) else []
    lines += [
        f"{same.rater} answers {same.answer} on {same.share:.0%} of {counted(same.rows, 'row')} for"
        f" {same.criterion}: it hardly tells rows apart."
        for same in result.advice.unvaried
    ]
    for pair in result.advice.repeats:
        theirs = f"; for people it is {figure_text(pair.people, 'spearman')}" if pair.people.value is not None else ""
        lines.append(
            f"{pair.first} and {pair.second} repeat each other for {pair.judge}: rank correlation"
            f" {figure_text(pair.correlation, 'spearman')}{theirs}."
        )
    lines += [length_sentence(found) for found in result.advice.follows if is_marked(found)]
    return ["", "About the rubric:", *(f"  {_begun(line)}" for line in lines)] if lines else []


def _divided(result: AgreeResult) -> str:
    """The criterion on which judges and people agree least, of several."""
    shown = []
    for found in result.criteria[:-1] if result.criteria[-1].name == "overall" else result.criteria:
        name = main_measure(found.agreement.measures)
        told = [figure for judge in found.agreement.judges if (figure := judge.mean[name]).value is not None]
        if told:
            best = max(told, key=lambda figure: figure.value or 0.0)
            shown.append((best.value or 0.0, found.name, figure_text(best, name)))
    if len(shown) < 2:  # noqa: PLR2004
        return ""
    _, name, text = min(shown)
    return f"Judge and people agree least on {name} ({text}): look at its rows first, and at its levels."


def _unread(result: AgreeResult) -> list[str]:
    if not result.unread:
        return []
    lines = ["", f"{counted(len(result.unread), 'label')} that can't be read, taken for empty:"]
    lines += [
        f"  row {cell.row}, {cell.column}: {shorten(well_formed(cell.text))!r}: {cell.why}."
        for cell in result.unread[:_MOST_UNREAD]
    ]
    left = len(result.unread) - _MOST_UNREAD
    return [*lines, *([f"  and {left:,} more (--json has them all)."] if left > 0 else [])]

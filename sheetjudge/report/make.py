"""`report`: a judged table becomes one page that holds all of it and asks the network for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sheetjudge import __version__
from sheetjudge.core.rubric import Rubric
from sheetjudge.core.table import Table
from sheetjudge.core.words import counted
from sheetjudge.errors import ConfigError, TableError
from sheetjudge.ops.agree import agree_on, opened
from sheetjudge.ops.agree_columns import PERSON, match_columns
from sheetjudge.ops.agree_result import AgreeResult
from sheetjudge.ops.agree_rubric import check_rubric
from sheetjudge.ops.agree_table import JUDGE, results_in
from sheetjudge.ops.judged_table import is_compared, score_columns
from sheetjudge.ops.reading import column_named, data_columns
from sheetjudge.ops.settings import load_settings
from sheetjudge.report.about_agreement import about_agreement, about_disagreements, labels_of
from sheetjudge.report.about_probes import about_probes
from sheetjudge.report.about_runs import about_costs, about_repeating, moment
from sheetjudge.report.about_scores import (
    about_judging,
    about_map,
    about_ranking,
    about_rows,
    about_scores,
    chosen,
    in_order,
    told,
)
from sheetjudge.report.agree_words import HEADINGS, figure_text
from sheetjudge.report.judgements import Judgements, read_judgements
from sheetjudge.report.made import SECTIONS, Report, page_of, role_of, run_under_way, runs_json
from sheetjudge.report.make_compared import report_compared
from sheetjudge.report.options import ReportOptions
from sheetjudge.report.probes import read_probe
from sheetjudge.report.runs import RunFacts, named_run, runs_of
from sheetjudge.report.short import (
    ShortReport,
    about_doing_it_again,
    about_means,
    about_money,
    about_people,
    about_places,
    about_rows_briefly,
    about_spread,
    about_tried,
)
from sheetjudge.report.spread import summary
from sheetjudge.stats.agreement_values import main_measure
from sheetjudge.tables.report_tab import ReportContent
from sheetjudge.tables.sheet_table import SheetTable

_CHARTS = ("scores", "criteria", "ranking")


def report(options: ReportOptions, environment: Mapping[str, str], *, now: float) -> Report:
    """Make the report of a judged table. Nothing is asked and nothing is written.

    Args:
        options: what a person said. environment: environment variables. now: seconds since 1970.

    Raises:
        SheetjudgeError: whatever is wrong, in one line.
    """
    table, rubric = opened(options.of_agreement, environment)
    if options.in_sheet and not isinstance(table, SheetTable):
        raise ConfigError(f"{table.name} is no Google Sheet, so it has no place for a tab.", "Leave out --in-sheet.")
    settings = load_settings(environment)
    group = column_named(options.group, table.columns, table.name) if options.group is not None else None
    if is_compared(table, options.score):
        return report_compared(table, rubric, group, options, settings, now)
    columns = score_columns(table, options.score)
    found = read_judgements(table, columns, rubric, group)
    differences = check_rubric(table, results_in(table, columns), rubric) if rubric is not None else ()
    found = replace(found, notes=(*run_under_way(table), *found.notes, *differences))
    names = [asked.name for asked in found.criteria]
    runs = (named_run(options.run, settings),) if options.run is not None else runs_of(table.name, names, settings)
    found = replace(found, notes=(*found.notes, *_other_criteria(runs, names)))
    result, absent = _agreement(table, rubric, options)
    shown = _sections(table, found, rubric, runs, result, absent, options)
    short = _short(found, shown, result, role_of(table, columns.score), now) if options.in_sheet else None
    html = page_of(found.table, _lead(found), _tiles(found, result), shown, now)
    return Report(html, table, len(found.lines), "row", _figures(found, result, runs), short)


def _other_criteria(runs: Sequence[RunFacts], names: Sequence[str]) -> tuple[str, ...]:
    """What must be said of a run that was named and asked for something else than stands in the table."""
    others = [run for run in runs if run.criteria and set(run.criteria) != set(names)]
    here = f"and the columns here are {', '.join(names)}" if names else "and no column here holds answers to criteria"
    return tuple(f"The run {run.id or 'that was named'} asked for {', '.join(run.criteria)}, {here}." for run in others)


def _figures(found: Judgements, result: AgreeResult | None, runs: Sequence[RunFacts]) -> dict[str, Any]:
    scores = summary(found.scores)
    return {
        "rows": len(found.lines),
        "scored": scores.count,
        "mean": scores.mean,
        "unscored": dict(found.unscored.most_common()),
        "review": dict(found.reviewed.most_common()),
        "criteria": {
            asked.name: {"answered": own.count, "mean": own.mean if asked.scale and asked.scale.ordered else None}
            for at, asked in enumerate(found.criteria)
            for own in [summary(found.values(at))]
        },
        "agreement": None if result is None else result.as_json(),
        "runs": runs_json(runs),
    }


def _short(
    found: Judgements, shown: Mapping[str, Any], result: AgreeResult | None, about: str, now: float
) -> ReportContent:
    """What the sections say, in short."""
    page = ShortReport(found.table, f"{_lead(found)} Made by sheetjudge {__version__} on {moment(now)}.")
    page.heading(SECTIONS["judged"])
    page.facts(shown["judged"]["facts"])
    page.notes(shown["judged"]["notes"])
    about_rows_briefly(page, found)
    about_means(page, found)
    about_spread(page, found)
    about_places(page, found)
    about_people(page, result, shown["agreement"]["absent"])
    about_tried(page, shown.get("probes", ()))
    about_money(page, shown["costs"])
    about_doing_it_again(page, shown["repeat"])
    charts = {name: page.charts[name] for name in _CHARTS if name in page.charts}
    return ReportContent(about, tuple(page.lines), charts)


def _agreement(table: Table, rubric: Rubric | None, options: ReportOptions) -> tuple[AgreeResult | None, str]:
    """The judge beside people; None with the reason in words where nobody labelled."""
    if not options.human:
        try:
            match_columns((PERSON,), data_columns(table), (), table.name, "--human")
        except TableError:
            return None, (
                "No column holds people's labels, so how far this judge can be trusted isn't known. Have sheetjudge"
                " label pick rows, label them, and make this page again with --human COLUMN."
            )
    try:
        return agree_on(table, rubric, options.of_agreement), ""
    except TableError as error:
        if options.human:
            raise
        return None, str(error)


def _sections(
    table: Table,
    found: Judgements,
    rubric: Rubric | None,
    runs: Sequence[RunFacts],
    result: AgreeResult | None,
    absent: str,
    options: ReportOptions,
) -> dict[str, Any]:
    """What each section shows, in order; a section without anything to show isn't there."""
    lines = chosen(in_order(found.lines))
    shown: dict[str, Any] = {"judged": about_judging(found, rubric, runs), "scores": about_scores(found)}
    if found.is_ranked:
        shown["ranking"] = about_ranking(found)
    if found.criteria:
        shown["map"] = about_map(found, lines)
    shown["agreement"] = {"absent": absent}
    if result is not None:
        shown["agreement"] = about_agreement(result, labels_of(result, table), found)
        shown["disagreements"] = about_disagreements(result, found, table)
    shown["probes"] = about_probes([read_probe(name) for name in options.probe], runs)
    shown["rows"] = about_rows(found, lines)
    shown["costs"] = about_costs(runs, named=options.run is not None)
    shown["repeat"] = about_repeating(options, rubric, runs, __version__)
    return {name: content for name, content in shown.items() if content}


def _lead(found: Judgements) -> str:
    rows, scored = len(found.lines), sum(line.score is not None for line in found.lines)
    how = f"{counted(rows, 'row')}, {scored:,} of them with a score"
    criteria = f", by {counted(len(found.criteria), 'criterion', 'criteria')}" if found.criteria else ""
    return f"{how}{criteria}."


def _tiles(found: Judgements, result: AgreeResult | None) -> list[dict[str, str]]:
    scores = summary(found.scores)
    unscored, reviewed = found.unscored.total(), found.reviewed.total()
    spread = f"on {found.scale}; middle half {told(scores.first)} to {told(scores.third)}" if scores.count else ""
    tiles = [
        {"name": "Mean score", "value": told(scores.mean), "note": spread},
        {"name": "Scored", "value": f"{scores.count:,}", "note": f"of {counted(len(found.lines), 'row')}"},
        {"name": "Without a score", "value": f"{unscored:,}", "note": "in no mean" if unscored else ""},
        {"name": "To be reviewed", "value": f"{reviewed:,}", "note": "by a person" if reviewed else ""},
    ]
    if result is not None:
        last = result.criteria[-1]
        own = next((judge for judge in last.agreement.judges if judge.judge == JUDGE), last.agreement.judges[0])
        name = main_measure(last.agreement.measures)
        ceiling = last.agreement.ceiling
        beside = "" if ceiling is None else f"; people with each other {told(ceiling.mean[name].value)}"
        figure = own.mean[name]
        interval = figure_text(figure, name).removeprefix(told(figure.value)).strip()
        tiles.append({
            "name": "Agreement with people",
            "value": told(figure.value),
            "note": f"{HEADINGS[name]} {interval}{beside}" if figure.value is not None else figure.why,
        })  # fmt: skip
    return tiles

"""The report in short: the lines and charts of its tab in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sheetjudge.core.table import CellValue
from sheetjudge.core.visible import made_visible
from sheetjudge.core.words import counted
from sheetjudge.core.yaml_nodes import shorten
from sheetjudge.ops.agree_result import AgreeResult
from sheetjudge.report.agree_words import HEADINGS
from sheetjudge.report.judgements import Asked, Judgements, Line
from sheetjudge.report.spread import LEVEL, Floats, answer_bins, mean_interval, score_bins, summary
from sheetjudge.stats.agreement_values import main_measure
from sheetjudge.tables.chart_specs import ChartSource
from sheetjudge.tables.report_lines import Look, ReportLine

MOST_RANKED = 20
MOST_REASONS, LONGEST_REASON = 5, 160
_MOST_RUNS, _MOST_CRITERIA = 5, 40
_LONGEST_NAME, _LONGEST_TEXT = 80, 600
FIGURE, COUNT, SHARE = "0.00", "#,##0", "0%"
"""How figures, counts and shares are shown."""


class ShortReport:
    """Lines and charts as they come together; indexes of lines are those of the tab's rows."""

    def __init__(self, title: str, lead: str) -> None:
        self.lines: list[ReportLine] = []
        self.charts: dict[str, ChartSource] = {}
        self._line("title", short_text(title, _LONGEST_NAME))
        self._line("lead", short_text(lead))

    def heading(self, text: str) -> None:
        """Begin a part."""
        self._line("line")
        self._line("heading", text)

    def facts(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Names with what is to be said of them."""
        for name, told in pairs:
            self._line("fact", short_text(name, _LONGEST_NAME), short_text(told))

    def notes(self, texts: Iterable[str]) -> None:
        """Sentences, each on a line of its own."""
        for text in texts:
            self._line("fact", "", short_text(text))

    def table(
        self, header: Sequence[str], rows: Iterable[Sequence[CellValue]], patterns: Mapping[int, str] | None = None
    ) -> tuple[int, int]:
        """Lines below the names of their columns.

        Returns:
            Index of the header's line, and that behind the last.
        """
        top = len(self.lines)
        self._line("header", *header)
        for row in rows:
            name, *rest = row
            # Digits that say nothing are left out, and what is written reads back the same.
            values = [round(v, 6) if isinstance(v, float) else short_text(v) if isinstance(v, str) else v for v in rest]
            self.lines.append(ReportLine((short_text(str(name), _LONGEST_NAME), *values), "line", patterns))
        return top, len(self.lines)

    def _line(self, look: Look, *cells: CellValue) -> None:
        self.lines.append(ReportLine(cells, look))


def short_text(text: str, most: int = _LONGEST_TEXT) -> str:
    """A text as a cell of the report shows it: not too long, with everything visible."""
    return shorten(made_visible(text), most)


def about_rows_briefly(page: ShortReport, found: Judgements) -> None:
    """How many rows have a score, which don't and why, and which a person should look at."""
    page.heading("Rows")
    rows: list[tuple[CellValue, ...]] = [("With a score", "", sum(line.score is not None for line in found.lines))]
    for name, counts in (("Without a score", found.unscored), ("To be reviewed", found.reviewed)):
        rows.append((name, "in no mean and in no chart" if name.startswith("Without") else "", counts.total()))
        rows += [
            ("", short_text(f"· {reason}", LONGEST_REASON), count) for reason, count in counts.most_common(MOST_REASONS)
        ]
    page.table(("Rows", "", "Count"), rows, {2: COUNT})


def about_means(page: ShortReport, found: Judgements) -> None:
    """The mean of the scores and of each criterion with its interval, and a chart of them."""
    criteria = [(asked, found.values(at)) for at, asked in enumerate(found.criteria)][:_MOST_CRITERIA]
    ordered = [(asked, values) for asked, values in criteria if asked.scale is not None and asked.scale.ordered]
    page.heading("Means")
    header = ("", "On", "Rows", "Mean", "From", "To")
    patterns = {2: COUNT, 3: FIGURE, 4: FIGURE, 5: FIGURE}
    page.table(
        header, [("Score", str(found.scale), *_mean(found.scores, (found.scale.low, found.scale.high)))], patterns
    )
    if ordered:
        rows = [(asked.name, _answers(asked), *_mean(values, _ends(asked))) for asked, values in ordered]
        _chart_of_means(page, ordered, page.table(("Criterion", *header[1:]), rows, patterns))
    labels = [(asked, values) for asked, values in criteria if asked.scale is not None and not asked.scale.ordered]
    page.facts((asked.name, _most_given(asked, values)) for asked, values in labels)
    page.notes([f"From and to hold {LEVEL:.0%}, were the rows drawn at random from many like them."])


def _chart_of_means(page: ShortReport, ordered: Sequence[tuple[Asked, Floats]], place: tuple[int, int]) -> None:
    if not any(summary(values).count for _, values in ordered):
        return
    scales = {_ends(asked) for asked, _ in ordered}
    title, up = "Means of the criteria", "mean"
    if len(scales) == 1:
        low, high = next(iter(scales))
    else:
        # What is on different scales can be drawn beside each other only as shares of them.
        rows = [
            (
                asked.name,
                "",
                *_mean((values - _ends(asked)[0]) / (_ends(asked)[1] - _ends(asked)[0] or 1.0), (0.0, 1.0)),
            )
            for asked, values in ordered
        ]
        header = ("As shares of the scale", "", "Rows", "Mean", "From", "To")
        place = page.table(header, rows, {2: COUNT, 3: SHARE, 4: SHARE, 5: SHARE})
        low, high, up = 0.0, 1.0, "share of the scale"
    told = "; ".join(f"{asked.name} {summary(values).mean or 0:.2f}" for asked, values in ordered)
    page.charts["criteria"] = ChartSource(
        "columns", title, f"Dots are the ends of {LEVEL:.0%} intervals", *place, 0, (3,), (4, 5), low, high, up=up,
        told=short_text(f"{title}: {told}"),
    )  # fmt: skip


def _ends(asked: Asked) -> tuple[float, float]:
    return (0.0, 1.0) if asked.scale is None else (float(asked.scale.low), float(asked.scale.high))


def _mean(values: Floats, ends: tuple[float, float]) -> tuple[CellValue, ...]:
    """Rows, mean, and the ends of its interval, which don't lie off the scale."""
    told = summary(values)
    reach = mean_interval(values)
    low, high = (None, None) if reach is None else (max(reach[0], ends[0]), min(reach[1], ends[1]))
    return told.count, told.mean, low, high


def _answers(asked: Asked) -> str:
    scale = asked.scale
    if scale is None:
        return ""
    return "yes counts 1, no 0" if scale.kind == "yes/no" else str(scale)


def _most_given(asked: Asked, values: Floats) -> str:
    if asked.scale is None:
        return ""
    given = sorted(answer_bins(values, asked.scale), key=lambda part: -part.count)
    return ", ".join(f"{part.label} {part.count:,}" for part in given if part.count) or "no answers"


def about_spread(page: ShortReport, found: Judgements) -> None:
    """How the scores are spread, and a chart of it."""
    told = summary(found.scores)
    if not told.count:
        return
    page.heading("How the scores are spread")
    bins = score_bins(found.scores, found.scale)
    rows = [(part.label.replace(" to ", "–"), "", part.count, part.count / told.count) for part in bins]
    place = page.table(("Score", "", "Rows", "Share"), rows, {2: COUNT, 3: SHARE})
    words = "; ".join(f"{part.label}: {part.count:,}" for part in bins if part.count)
    page.charts["scores"] = ChartSource(
        "columns", "How the scores are spread", f"{counted(told.count, 'row')}, mean {told.mean or 0:.2f}", *place, 0,
        (2,), low=0.0, along="score", up="rows", told=short_text(f"Scores by how many rows have them: {words}"),
    )  # fmt: skip


def about_places(page: ShortReport, found: Judgements) -> None:
    """Who stands where by `rank`, and a chart of the strengths."""
    lines = [line for line in found.lines if line.place is not None and line.place.strength is not None]
    if not lines:
        return
    page.heading("Ranking")
    groups = {line.group for line in lines}
    ordered = sorted(lines, key=lambda line: (line.group, -_strength(line)))[:MOST_RANKED]
    rows = [(_called(line), line.group, *_place(line)) for line in ordered]
    header = ("Row", "" if groups == {""} else "Group", "Strength", "From", "To", "Rank", "Tier")
    place = page.table(header, rows, {2: FIGURE, 3: FIGURE, 4: FIGURE})
    some = f"The first {len(ordered):,} of {len(lines):,} rows. " if len(ordered) < len(lines) else ""
    page.notes([f"{some}From and to hold 90%. Rows of a tier can't be told apart."])
    if len(groups) == 1:
        page.charts["ranking"] = ChartSource(
            "points", "Strength by comparisons and scores", f"{some}Small dots are the ends of 90% intervals", *place,
            0, (2,), (3, 4), up="strength",
            told=short_text("Strengths, the strongest first: " + "; ".join(f"{row[0]} {row[2]:.2f}" for row in rows)),
        )  # fmt: skip


def _strength(line: Line) -> float:
    return 0.0 if line.place is None else line.place.strength or 0.0


def _called(line: Line) -> str:
    return line.title or f"row {line.number}"


def _place(line: Line) -> tuple[float | None, ...]:
    place = line.place
    return () if place is None else (place.strength, place.low, place.high, place.rank, place.tier)


def about_people(page: ShortReport, result: AgreeResult | None, absent: str) -> None:
    """The judge beside people, a line for each criterion."""
    page.heading("Agreement with people")
    if result is None:
        page.notes([absent])
        return
    rows = []
    for part in result.criteria:
        agreement = part.agreement
        name = main_measure(agreement.measures)
        ceiling = None if agreement.ceiling is None else agreement.ceiling.mean[name].value
        for judge in agreement.judges:
            told = judge.mean[name]
            by = HEADINGS[name] if len(agreement.judges) == 1 else f"{judge.judge}: {HEADINGS[name]}"
            measure = by if told.value is not None else told.why
            rows.append((part.name, measure, judge.rows, told.value, told.low, told.high, ceiling))
    page.table(
        ("Criterion", "Measure", "Rows", "Judge", "From", "To", "People"),
        rows,
        {2: COUNT, 3: FIGURE, 4: FIGURE, 5: FIGURE, 6: FIGURE},
    )
    level = result.criteria[0].agreement.level
    note = f"0 is what chance would give, 1 is perfect. From and to hold {level:.0%}. People: with each other, the most"
    page.notes([f"{note} that a judge can be held to; empty where one person labelled."])


def about_tried(page: ShortReport, probes: Sequence[Mapping[str, Any]]) -> None:
    """What attacks and biases do to the judge, a line for each; as the page has it."""
    if not probes:
        return
    page.heading("Attacks and biases")
    for probe in probes:
        page.notes([str(probe["told"])])
        for part in probe["parts"]:
            told = [(str(line["name"]), f"{line['verdict']}: {line['effect']}") for line in part["lines"]]
            page.table((part["title"], "What it does to the score"), told)
        page.notes(map(str, probe["sentences"]))


def about_money(page: ShortReport, costs: Mapping[str, Any]) -> None:
    """What it cost."""
    page.heading("Costs")
    page.notes([costs["absent"] or costs["told"]])
    runs = costs.get("runs", ())[:_MOST_RUNS]
    if runs:
        rows = [(run["when"], f"{run['what']}, {run['judges']}", run["calls"], run["cost"]) for run in runs]
        page.table(("When", "Run", "Calls", "Cost"), rows)


def about_doing_it_again(page: ShortReport, repeat: Mapping[str, Any]) -> None:
    """Versions, and the commands."""
    page.heading("Versions, and how to repeat it")
    page.facts(repeat["facts"])
    if repeat["judging"]:
        page.facts([("Judge again", repeat["judging"])])
        page.notes(filter(None, [repeat["unknown"]]))
    page.facts([("Make this again", repeat["report"])])

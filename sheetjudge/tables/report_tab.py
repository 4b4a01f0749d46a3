"""The tab in which a report stands beside the table that it is about, with charts that the spreadsheet draws itself.

The tab is known by developer metadata that hangs on it: what it is about, its own id (so that a copy of it is a
person's), the charts that were made, and a word for each cell that was written. A second report goes to the same tab
and changes the same charts. What a person wrote into the report is never written over unasked.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sheetjudge.core.row_marks import value_text
from sheetjudge.errors import AccessError, TableError
from sheetjudge.tables.chart_specs import HEIGHT, ChartSource, chart_position, chart_spec
from sheetjudge.tables.report_lines import (
    COLUMNS,
    Change,
    ReportLine,
    strange_cells,
    widths,
    words_of_lines,
    written,
)
from sheetjudge.tables.report_tab_look import END, Seen, look_at_report
from sheetjudge.tables.sheet_layout import REPORT, metadata_value
from sheetjudge.tables.sheet_places import Place, create_metadata, delete_metadata
from sheetjudge.tables.sheet_writing import cell_value

if TYPE_CHECKING:
    from sheetjudge.tables.sheet_table import SheetTable

TITLE = "sheetjudge report"
_TRIES, _MOST_REFUSALS = 8, 3
_CHARTS_AT = COLUMNS + 1
_FIRST_CHART, _CHART_ROWS = 2, HEIGHT // 21 + 2
_SPARE_ROWS, _SPARE_COLUMNS = 10, 12
_MOST_NAMED = 8


@dataclass(frozen=True)
class ReportContent:
    """What stands in the tab of a report.

    Attributes:
        about: the column of results that it is about, by the header under which it was made.
        lines: from the first row on. charts: by a name that stays the same from report to report.
    """

    about: str
    lines: tuple[ReportLine, ...]
    charts: Mapping[str, ChartSource]


@dataclass(frozen=True, slots=True)
class ReportTab:
    """A report's tab that was written.

    Attributes:
        title: of the tab. url: where a person sees it. is_new: it was made.
        charts: how many it has of the report's. notes: what a person should know.
        is_unchanged: it said all this already.
    """

    title: str
    url: str
    is_new: bool
    charts: int
    notes: tuple[str, ...] = ()
    is_unchanged: bool = False


def write_report_tab(table: SheetTable, content: ReportContent, *, even_edited: bool = False) -> ReportTab:
    """Write a report into its tab, which is made if there is none yet.

    Args:
        table: what it is about. content: what it says.
        even_edited: also over what a person wrote into the report.

    Raises:
        TableError: somebody changed cells of the report, or edits the tab all the time; nothing was changed.
        AccessError: the spreadsheet may not be changed, or Google gives no answer.
    """
    from sheetjudge.tables.sheets import Uncertain

    api, about = table.api, [table.layout.sheet_id, content.about]
    made, failures = False, 0
    refusals: list[str] = []
    notes: tuple[str, ...] = ()
    for _ in range(_TRIES):
        seen = look_at_report(api, about)
        strange = strange_cells(seen.cells, seen.record.words)
        if strange and not even_edited:
            raise _would_be_lost(seen, strange)
        writing = _Writing(seen, about, content, api.spreadsheet)
        if writing.is_there():
            break
        try:
            api.change(writing.changes())
        except Uncertain as error:
            # The next look shows whether it was done.
            made = made or seen.sheet_id is None
            failures += 1
            if not api.pause(failures):
                what = f"Google doesn't answer to changes of {seen.book!r}."
                raise AccessError(what, "Run the same command again later.") from error
        except TableError as error:
            # Somebody changed the tab meanwhile, or Google doesn't take the charts.
            refusals.append(str(error))
            if len(refusals) >= _MOST_REFUSALS and refusals[-1] == refusals[-2]:
                if not content.charts:
                    raise
                content = replace(content, charts={})
                notes = (f"The charts are left out, since they were refused. {error.what}",)
                refusals = []
        else:
            return _done(table, writing, is_new=seen.sheet_id is None, notes=notes)
    else:
        raise TableError(f"The tab {TITLE!r} was edited all the time.", "Try again in a quiet moment.")
    return replace(_done(table, writing, is_new=made, notes=notes), is_unchanged=not failures)


def _done(table: SheetTable, writing: _Writing, *, is_new: bool, notes: tuple[str, ...]) -> ReportTab:
    host = table.address.host or "https://docs.google.com"
    url = f"{host}/spreadsheets/d/{table.address.spreadsheet}/edit#gid={writing.sheet_id}"
    if is_new and writing.title != TITLE:
        notes = (_other_title(writing.title), *notes)
    return ReportTab(writing.title, url, is_new, len(writing.content.charts), notes)


def _other_title(title: str) -> str:
    return f"The tab {TITLE!r} that was there isn't this report's and was left alone: the report is in {title!r}."


def _would_be_lost(seen: Seen, strange: Sequence[str]) -> TableError:
    more = f" and {len(strange) - _MOST_NAMED:,} more" if len(strange) > _MOST_NAMED else ""
    return TableError(
        f"In the tab {seen.title!r} of {seen.book!r} somebody changed cells of the report:"
        f" {', '.join(strange[:_MOST_NAMED])}{more}.",
        "Copy the tab, or what is to be kept of it, then run the command again with --edited. What stands below or"
        " to the right of the report is never touched.",
    )


class _Writing:
    """One report on its way into a tab that was looked at."""

    def __init__(self, seen: Seen, about: Sequence[Any], content: ReportContent, spreadsheet: str) -> None:
        self.content = content
        self.sheet_id = secrets.randbelow(2**31 - 2) + 1 if seen.sheet_id is None else seen.sheet_id
        self.title = seen.title or _free_title(seen.titles)
        self._seen = seen
        self._about = list(about)
        self._number = seen.number or _number(spreadsheet, about)
        own = max(len(content.lines), _FIRST_CHART + _CHART_ROWS * len(content.charts))
        self._rows = max(own, seen.end)
        self._columns = max(COLUMNS, seen.edge)
        self._slots = {name: _FIRST_CHART + at * _CHART_ROWS for at, name in enumerate(content.charts)}
        self._ids = {name: self._known(name) or secrets.randbelow(2**31 - 2) + 1 for name in content.charts}

    def is_there(self) -> bool:
        """Is all of it in the tab already, down to the charts?"""
        seen = self._seen
        charts = {name: chart[0] for name, chart in seen.record.charts.items()}
        return (
            seen.sheet_id is not None
            and seen.record.words == words_of_lines(self.content.lines)
            and charts == self._ids
            and all(number in seen.charts for number in charts.values())
            and not strange_cells(seen.cells, seen.record.words)
            and _texts(seen.cells) == _texts([line.cells for line in self.content.lines])
        )

    def changes(self) -> list[Change]:
        """The requests, refused as a whole where the report has moved or somebody else wrote it anew."""
        seen, sheet_id = self._seen, self.sheet_id
        start = self._made() if seen.sheet_id is None else self._taken_over()
        return [
            *start,
            *written(self.content.lines, sheet_id, self._rows, self._columns),
            *self._drawn(),
            create_metadata(self._number, self._says(), {"sheetId": sheet_id}),
        ]

    def _made(self) -> list[Change]:
        grid = {
            "rowCount": self._rows + _SPARE_ROWS,
            "columnCount": _CHARTS_AT + _SPARE_COLUMNS,
            "hideGridlines": True,
        }
        properties = {"sheetId": self.sheet_id, "title": self.title, "gridProperties": grid}
        ends = (("row", "ROWS", self._rows - 1), ("column", "COLUMNS", self._columns - 1))
        return [
            {"addSheet": {"properties": properties}},
            *widths(self.sheet_id),
            *(_end(name, dimension, index).created(self.sheet_id) for name, dimension, index in ends),
        ]

    def _taken_over(self) -> list[Change]:
        """Requests for a tab that is there: hold the report where it was seen, and make room for what is longer."""
        seen, sheet_id = self._seen, self.sheet_id
        changes = [change for place in seen.ends.values() for change in place.fence(sheet_id)]
        lookup = {"metadataId": seen.number, "metadataValue": seen.value}
        changes.append({"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": lookup}}})
        changes += _room(sheet_id, "ROWS", seen.end, self._rows, seen.rows)
        if seen.columns <= _CHARTS_AT:
            changes += _room(sheet_id, "COLUMNS", seen.columns, _CHARTS_AT + _SPARE_COLUMNS, seen.columns)
        for name, dimension, index in (("row", "ROWS", self._rows - 1), ("column", "COLUMNS", self._columns - 1)):
            old = seen.ends.get(name)
            if old is None or old.index != index:
                changes += [delete_metadata(old.number)] if old is not None else []
                changes.append(_end(name, dimension, index).created(sheet_id))
        return changes

    def _drawn(self) -> list[Change]:
        """Requests about the charts: ours are changed, made where they are missing, and deleted where they are over."""
        seen, sheet_id = self._seen, self.sheet_id
        kept = set(self._ids.values())
        changes: list[Change] = []
        for name, chart in seen.record.charts.items():
            if name not in self._ids and chart[0] in seen.charts and chart[0] not in kept:
                changes.append({"deleteEmbeddedObject": {"objectId": chart[0]}})
        for name, source in self.content.charts.items():
            number, spec = self._ids[name], chart_spec(source, sheet_id)
            place = chart_position(sheet_id, self._slots[name], _CHARTS_AT)
            if number not in seen.charts:
                changes.append({"addChart": {"chart": {"chartId": number, "spec": spec, "position": place}}})
                continue
            changes.append({"updateChartSpec": {"chartId": number, "spec": spec}})
            if self._stands_elsewhere(name):
                move = {"objectId": number, "newPosition": place, "fields": "anchorCell"}
                changes.append({"updateEmbeddedObjectPosition": move})
        return changes

    def _stands_elsewhere(self, name: str) -> bool:
        """Is a chart still where it was put, and belongs elsewhere now? One that a person moved stays where it is."""
        put, now = self._put(name), _anchor(self._seen.charts[self._ids[name]])
        return put is not None and now == put and now != (self._slots[name], _CHARTS_AT)

    def _put(self, name: str) -> tuple[int, int] | None:
        chart = self._seen.record.charts.get(name)
        return None if chart is None else (int(chart[1]), int(chart[2]))

    def _known(self, name: str) -> int | None:
        """The id of the chart with this name: as it was noted, or of one with its title, should ids have changed."""
        chart = self._seen.record.charts.get(name)
        if chart is not None and chart[0] in self._seen.charts:
            return int(chart[0])
        noted = {one[0] for one in self._seen.record.charts.values()}
        title = self.content.charts[name].title
        found = (number for number, one in self._seen.charts.items() if one.get("spec", {}).get("title") == title)
        return next((number for number in found if chart is not None and number not in noted), None)

    def _says(self) -> str:
        charts = {name: [number, self._slots[name], _CHARTS_AT] for name, number in self._ids.items()}
        for name, number in self._ids.items():
            if number in self._seen.charts and not self._is_ours_to_place(name):
                charts[name] = [number, *(self._put(name) or (-1, -1))]
        size = [self._rows, self._columns]
        words = words_of_lines(self.content.lines)
        says = {"of": self._about, "in": self.sheet_id, "size": size, "charts": charts, "words": words}
        return metadata_value(REPORT, says)

    def _is_ours_to_place(self, name: str) -> bool:
        return self._put(name) == _anchor(self._seen.charts[self._ids[name]])


def _anchor(chart: Mapping[str, Any]) -> tuple[int, int]:
    cell = chart.get("position", {}).get("overlayPosition", {}).get("anchorCell", {})
    return cell.get("rowIndex", 0), cell.get("columnIndex", 0)


def _texts(rows: Sequence[Sequence[Any]]) -> list[list[str]]:
    """Cells as they are compared: without empty ones at the ends."""
    found = []
    for row in rows:
        texts = [value_text(cell_value(value)) for value in row]
        while texts and not texts[-1]:
            texts.pop()
        found.append(texts)
    while found and not found[-1]:
        found.pop()
    return found


def _room(sheet_id: int, dimension: str, at: int, end: int, size: int) -> list[Change]:
    """Requests that put rows or columns in, so that what stands behind `at` is not written over."""
    if end <= at:
        return []
    if at >= size:
        return [{"appendDimension": {"sheetId": sheet_id, "dimension": dimension, "length": end - size}}]
    span = {"sheetId": sheet_id, "dimension": dimension, "startIndex": at, "endIndex": end}
    return [{"insertDimension": {"range": span, "inheritFromBefore": False}}]


def _end(name: str, dimension: str, index: int) -> Place:
    return Place(secrets.randbelow(2**31 - 2) + 1, metadata_value(END, name), dimension, index)


def _free_title(titles: Sequence[str]) -> str:
    taken = {title.casefold() for title in titles}
    number, title = 1, TITLE
    while title.casefold() in taken:
        number += 1
        title = f"{TITLE} {number}"
    return title


def _number(spreadsheet: str, about: Sequence[Any]) -> int:
    """The id of the tab's metadata, the same for every run: of two that make the tab at once, one is refused."""
    digest = hashlib.blake2b(f"report {spreadsheet} {about}".encode("utf-8", "replace"), digest_size=4).digest()
    return int.from_bytes(digest, "big") % (2**31 - 1) + 1

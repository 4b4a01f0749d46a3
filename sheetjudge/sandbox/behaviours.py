"""What the local Google does as Google does, and how sure that is.

`recorded`: Google's own recorded answers show it. `documented`: Google's reference or guides say it. `assumed`: neither
does, so a run on a real scratch sheet has to confirm it before anything important rests on it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Evidence = Literal["recorded", "documented", "assumed"]


class Behaviour(NamedTuple):
    """One behaviour.

    Args:
        name: short and unique, by which a probe refers to it.
        evidence: how sure it is.
        says: what happens.
        source: the recording or the page that shows it; empty for what is assumed.
    """

    name: str
    evidence: Evidence
    says: str
    source: str = ""


_REFERENCE = "https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets"
_REQUESTS = _REFERENCE + "/request"
_VALUES = "https://developers.google.com/workspace/sheets/api/guides/values"
_METADATA = "https://developers.google.com/workspace/sheets/api/guides/metadata"
_LIMITS = "https://developers.google.com/workspace/sheets/api/limits"
_TABLES = "https://developers.google.com/workspace/sheets/api/guides/tables"
_CONDITIONS = "https://developers.google.com/workspace/sheets/api/guides/conditional-format"
_CHARTS = _REFERENCE + "/charts"
_PARAMETERS = "https://cloud.google.com/apis/docs/system-parameters"
_DRIVE_ERRORS = "https://developers.google.com/workspace/drive/api/guides/handle-errors"
_HELP_SIZE = "https://support.google.com/drive/answer/37603"


def _recorded(name: str, says: str, test: str) -> Behaviour:
    return Behaviour(name, "recorded", says, test)


def _documented(name: str, says: str, page: str) -> Behaviour:
    return Behaviour(name, "documented", says, page)


def _assumed(name: str, says: str) -> Behaviour:
    return Behaviour(name, "assumed", says)


VALUES = (
    _recorded("values.trim", "Trailing empty rows and cells are left out.", "WorksheetTest.test_get_all_values"),
    _recorded("values.range", "Ranges come back closed to the grid.", "WorksheetTest.test_range_unbounded"),
    _recorded("values.reversed", "D4:A1 is A1:D4.", "WorksheetTest.test_range_reversed"),
    _recorded("values.quoting", "D3, worksheet 2 and emoji titles are quoted.", "SpreadsheetTest.test_values_get"),
    _recorded("values.null", "null leaves a cell alone.", "WorksheetTest.test_update_cells_noncontiguous"),
    _recorded("values.empty", "An empty text clears a cell.", "WorksheetTest.test_get_all_records"),
    _recorded("values.not_a_list", "Values that are no list: 400.", "WorksheetTest.test_add_validation"),
    _recorded("values.formulas", "=4/2 is 2.", "WorksheetTest.test_get_all_records_value_render_options"),
    _recorded("values.dates", "2020-01-01 is 43831.", "WorksheetTest.test_get_all_records_value_render_options"),
    _recorded("values.numbers", "0042 typed is 42.", "WorksheetTest.test_update_cell"),
    _recorded(
        "values.by_name", "A named range is a range.", "WorksheetTest.test_get_values_merge_cells_with_named_range"
    ),
    _recorded("values.batch_counts", "Totals count rows and columns once.", "WorksheetTest.test_batch_update"),
    _recorded("append.first", "An empty tab is filled from A1.", "WorksheetTest.test_append_row"),
    _recorded("append.last_table", "The last table is taken.", "WorksheetTest.test_append_row_with_empty_value"),
    _documented("append.region", "A table ends at empty rows and columns; a cell outside is no table.", _VALUES),
    _documented("append.grows", "Rows are added where the grid ends.", _VALUES),
    _documented("raw", "RAW text is never parsed.", _REFERENCE + ".values"),
    _documented("cell.limit", "A cell holds 50,000 characters, a spreadsheet 10 million cells.", _HELP_SIZE),
    _assumed("append.grows_columns", "Columns are added where the grid ends."),
    _assumed("update.beyond_grid", "An update that reaches past the grid is refused, and doesn't enlarge it."),
    _assumed("sheet.resize_rows_first", "A resize is refused if its rows with the old columns hold too many cells."),
    _assumed("read.beyond_grid", "A read that starts inside the grid is cut at its edge; one outside is refused."),
    _assumed("title.case", "A range finds its tab whatever the case of its title."),
    _assumed("typed.formats", "What typing brings: 10% a percent format, $3.50 a currency, 1e5 a scientific one."),
    _assumed("region", "A locale or a time zone that Google doesn't know is refused: 400."),
    _assumed("typed.locale", "Typing follows en_US, whatever locale the spreadsheet has."),
    _assumed("shown.digits", "A number without a format shows ten significant digits."),
)

SHEETS = (
    _recorded("sheet.add", "A new tab comes last, with a random id.", "SpreadsheetTest.test_worksheets"),
    _recorded("sheet.hide_all", "The last visible tab can't be hidden.", "WorksheetTest.test_hide_show_worksheet"),
    _recorded("sheet.index", "Moving to 0 shifts the rest.", "WorksheetTest.test_worksheet_update_index"),
    _recorded("sheet.color", "Colours keep 8 bits a channel.", "WorksheetTest.test_update_tab_color"),
    _recorded("sheet.defaults", "False and 0 are left out of properties.", "WorksheetTest.test_freeze"),
    _recorded("sheet.group", "A group turns its control toggle on.", "WorksheetTest.test_group_rows"),
    _recorded("sheet.filter", "A filter's range comes back closed.", "WorksheetTest.test_basic_filters"),
    _recorded("sheet.merge", "A merge over merges replaces them.", "CellTest.test_merge_cells"),
    _recorded("sheet.format", "A colour comes back with its style.", "WorksheetTest.test_format"),
    _recorded("sheet.notes", "Notes, row by row; empty rows stay.", "WorksheetTest.test_get_notes_2nd_sheet"),
    _documented("sheet.before_move", "Indexes of a move count before the move.", _REFERENCE + "/sheets"),
    _documented("sheet.groups_nest", "Groups nest by depth; overlapping ones become a union.", _REQUESTS),
    _documented("sheet.filter_specs", "A filter's criteria come back in both forms; filterSpecs go first.", _REFERENCE),
    _documented("sheet.filter_view", "updateFilterView changes what its mask names, the range, say.", _REQUESTS),
    _documented(
        "sheet.protected_for", "Who may edit a protected range is seen by those who may.", _REFERENCE + "/sheets"
    ),
    _documented("sheet.banding", "Alternating colours lie over a range of their own.", _REQUESTS),
    _documented("sheet.table", "A table names its columns in its first row; updateTable changes its range.", _TABLES),
    _documented("sheet.gradient", "A gradient rule colours numbers only, between its points.", _CONDITIONS),
    _documented("sheet.compact", "prettyPrint=false answers without spare blanks.", _PARAMETERS),
    _assumed("sheet.by_filter", "getByDataFilter of one row answers all filters, tables and rules of its tab."),
    _assumed("sheet.table_delete", "Deleting a table deletes what it holds."),
    _assumed("sheet.banding_twice", "Alternating colours can't lie over others."),
    _assumed("sheet.merge_drops", "Merging drops all values but the first."),
    _assumed("sheet.merge_covered", "A value written into a cell that a merge covers is kept, unseen."),
    _assumed("sheet.part_merge", "A part of a merge can't be merged, unmerged or sorted."),
    _assumed("sheet.protected", "A write to what others protected answers 400 and changes nothing."),
    _assumed("sheet.column_width", "A column that fits its text is 8.5 pixels wide for each A."),
)

CHARTS = (
    _documented("chart.taken", "An id that a chart has already is refused.", _REQUESTS),
    _documented("chart.size", "A chart without a size is 600 x 371 pixels large.", _CHARTS),
    _documented(
        "chart.lines", "A series lies in one row or one column; domain and series have as many ranges.", _CHARTS
    ),
    _documented("chart.styles", "Styles of lines and points are for series that have lines.", _CHARTS),
    _documented("chart.spec", "updateChartSpec neither moves a chart nor resizes it.", _REQUESTS),
    _documented("chart.mask", "A new position over cells names at least one field.", _REQUESTS),
    _assumed("chart.marks", "A chart may have columns, and points without lines that mark the ends of intervals."),
    _assumed("chart.unknown", "Changing, moving or deleting a chart that isn't there is refused."),
    _assumed("chart.no_kind", "A chart that draws nothing is refused."),
    _assumed("chart.follows", "A chart's place and its ranges follow their cells."),
    _assumed("chart.deleted", "A chart stays when its cell is deleted, and when a column that it draws is deleted."),
    _assumed("chart.copied_tab", "A copied tab carries copies of its charts, under new ids, which draw the copy."),
    _assumed("chart.copied_book", "A copied spreadsheet carries its charts, under the same ids."),
)

EDITS = (
    _recorded("edit.insert", "Inserted columns push the rest to the right.", "WorksheetTest.test_insert_cols"),
    _recorded("edit.delete", "Deleted rows pull the rest up.", "WorksheetTest.test_delete_row"),
    _recorded("edit.cut", "Cut cells leave nothing behind.", "WorksheetTest.test_copy_cut_range"),
    _documented("edit.atomic", "A batch is applied whole or not at all.", _REFERENCE + "/batchUpdate"),
    _documented("edit.clears", "updateCells with a range clears what its rows don't cover.", _REQUESTS),
    _documented("edit.move", "moveDimension counts its destination before the move.", _REQUESTS),
    _documented("edit.inherit", "Inserted rows take format and size from before or behind.", _REQUESTS),
    _documented("edit.repeat", "A repeated formula's references move along.", _REQUESTS),
    _assumed("edit.sort_order", "Numbers, then texts without regard to case, then truth values; empty cells last."),
    _assumed("edit.sort_cells", "A sort moves cells only: heights, hidden rows and metadata stay where they are."),
    _assumed("edit.sort_filter", "A basic filter's sortSpecs sort the cells in its range below the first row."),
    _assumed("edit.ranges_follow", "Filters, merges, formats, protections and named ranges follow their cells."),
    _assumed("edit.filters_follow", "Criteria and sorts of a filter stay with their columns."),
    _assumed("edit.rules_end", "A conditional format whose columns are all deleted is gone."),
    _assumed("edit.references", "References in formulas follow inserts, deletes and moves, and end in #REF!."),
)

METADATA = (
    _documented("metadata.unique", "An id is unique; one that is in use is refused.", _METADATA),
    _documented("metadata.follows", "Metadata follows its row, column or tab, and goes with it.", _METADATA),
    _documented("metadata.project", "PROJECT metadata is seen by its own project only.", _METADATA),
    _documented("metadata.intersecting", "A lookup's location means what intersects it, unless EXACT.", _METADATA),
    _documented("metadata.storage", "30,000 characters for the spreadsheet and for each tab.", _METADATA),
    _documented("metadata.single", "A location is exactly one row or one column.", _REFERENCE + ".developerMetadata"),
    _assumed("metadata.delete_none", "Deleting what matches nothing succeeds and deletes nothing."),
    _assumed("metadata.fence", "An id that was deleted earlier in a batch can be created again in that batch."),
    _assumed("metadata.sheet_intersects", "A tab's own metadata intersects its rows, columns and ranges."),
    _assumed("metadata.copied_tab", "A copied tab carries copies of its metadata, under new ids."),
    _assumed("metadata.copied_book", "A copied spreadsheet carries its metadata, under the same ids."),
    _assumed("metadata.cut_paste", "Cutting cells moves no metadata of rows and columns."),
)

ACCESS = (
    _recorded("drive.copy_name", "A copy without a name is Copy of ...", "ClientTest.test_copy"),
    _recorded("drive.import", "An import replaces all tabs by one with a new id.", "ClientTest.test_import_csv"),
    _recorded("drive.export", "A CSV ends without a line break.", "SpreadsheetTest.test_export_spreadsheet"),
    _assumed("drive.unknown_folder", "A file can't be made in a folder that isn't there: 404."),
    _documented("drive.owner", "Whoever makes an owner says transferOwnership, else 403.", _DRIVE_ERRORS),
    _documented("quota", "60 reads and 60 writes a minute a user, 300 a project.", _LIMITS),
    _documented("quota.answer", "429 RESOURCE_EXHAUSTED with RATE_LIMIT_EXCEEDED.", _LIMITS),
    _assumed("quota.no_retry_after", "The 429 carries no Retry-After."),
    _assumed("quota.refused_free", "A refused request doesn't count against the quota."),
    _assumed("access.unshared", "An unshared spreadsheet answers 403, an unknown one 404."),
    _assumed("access.reader", "A reader's write answers 403."),
)

BEHAVIOURS: tuple[Behaviour, ...] = VALUES + SHEETS + CHARTS + EDITS + METADATA + ACCESS


def assumed() -> list[Behaviour]:
    """What only a real sheet can confirm."""
    return [one for one in BEHAVIOURS if one.evidence == "assumed"]


def markdown() -> str:
    """The table, for people."""
    lines = ["| behaviour | evidence | what happens | source |", "| --- | --- | --- | --- |"]
    lines += [f"| {one.name} | {one.evidence} | {one.says} | {one.source} |" for one in BEHAVIOURS]
    return "\n".join(lines) + "\n"

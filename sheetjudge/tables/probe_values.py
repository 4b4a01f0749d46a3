"""Probes of values: how cells are read and typed, and what happens at the edges of the grid."""

from __future__ import annotations

from collections.abc import Callable

from sheetjudge.errors import TableError
from sheetjudge.tables.probe import COLUMNS, ROWS, CannotTell, Otherwise, Probe, Scratch, expect

_LETTER_PIXELS = 8.5
_LONG = "A" * 40


def _size(tab: Scratch) -> tuple[int, int]:
    grid = tab.looks("properties(gridProperties(rowCount,columnCount))")["properties"]["gridProperties"]
    return grid["rowCount"], grid["columnCount"]


def _is_refused(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except TableError:
        return True
    return False


def _append_grows_columns(tab: Scratch) -> None:
    tab.api.type_values(f"'{tab.title}'!A1", [["x"] * (COLUMNS + 2)], appended=True)
    expect(_size(tab)[1], COLUMNS + 2)


def _update_beyond_grid(tab: Scratch) -> None:
    row = [["x"] * (COLUMNS + 2)]
    if not _is_refused(lambda: tab.api.type_values(f"'{tab.title}'!A1", row)):
        raise Otherwise("an update past the last column was taken")
    expect((_size(tab), tab.cells()), ((ROWS, COLUMNS), []))


def _read_beyond_grid(tab: Scratch) -> None:
    tab.change(tab.write([["a"]]))
    rows, _ = tab.api.values(f"'{tab.title}'!A1:ZZ1000")
    expect(rows, [["a"]])
    if not _is_refused(lambda: tab.api.values(f"'{tab.title}'!A{ROWS + 5}:B{ROWS + 6}")):
        raise Otherwise("a read that starts below the grid was answered")


def _title_case(tab: Scratch) -> None:
    tab.change(tab.write([["a"]]))
    try:
        rows, _ = tab.api.values(f"'{tab.title.upper()}'!A1")
    except TableError:
        raise Otherwise("a title in capitals found no tab") from None
    expect(rows, [["a"]])


def _typed_formats(tab: Scratch) -> None:
    locale = tab.api.describe("properties.locale")["properties"].get("locale", "en_US")
    if locale != "en_US":
        raise CannotTell(f"the spreadsheet's locale is {locale}, not en_US")
    tab.api.type_values(f"'{tab.title}'!A1", [["10%", "$3.50", "1e5"]])
    expect(tab.cells(), [[0.1, 3.5, 100000]])
    rows = tab.looks("data(rowData(values(userEnteredFormat(numberFormat(type)))))")["data"][0]["rowData"]
    kinds = [cell.get("userEnteredFormat", {}).get("numberFormat", {}).get("type") for cell in rows[0]["values"]]
    expect(kinds, ["PERCENT", "CURRENCY", "SCIENTIFIC"])


def _shown_digits(tab: Scratch) -> None:
    tab.change(tab.write([[1 / 3, 123456.7890123]]))
    rows, _ = tab.api.values(f"'{tab.title}'!A1:B1")
    expect(rows, [["0.3333333333", "123456.789"]])


def _column_width(tab: Scratch) -> None:
    tab.change(tab.write([[_LONG]]), {"autoResizeDimensions": {"dimensions": tab.span("COLUMNS", 0, 1)}})
    width = tab.looks("data(columnMetadata(pixelSize))")["data"][0]["columnMetadata"][0]["pixelSize"]
    letter = width / len(_LONG)
    if abs(letter - _LETTER_PIXELS) > 1:
        raise Otherwise(f"it is {letter:.1f} pixels wide for each")


VALUE_PROBES = (
    Probe(
        "append.grows_columns",
        "Columns are added where the grid ends.",
        is_needed=False,
        tries=_append_grows_columns,
    ),
    Probe(
        "update.beyond_grid",
        "An update that reaches past the grid is refused, and doesn't enlarge it.",
        is_needed=False,
        tries=_update_beyond_grid,
    ),
    Probe(
        "read.beyond_grid",
        "A read that starts inside the grid is cut at its edge; one outside is refused.",
        is_needed=True,
        tries=_read_beyond_grid,
    ),
    Probe("title.case", "A range finds its tab whatever the case of its title.", is_needed=False, tries=_title_case),
    Probe(
        "typed.formats",
        "What typing brings: 10% a percent format, $3.50 a currency, 1e5 a scientific one.",
        is_needed=False,
        tries=_typed_formats,
    ),
    Probe(
        "shown.digits",
        "A number without a format shows ten significant digits.",
        is_needed=False,
        tries=_shown_digits,
    ),
    Probe(
        "sheet.column_width",
        "A column that fits its text is 8.5 pixels wide for each A.",
        is_needed=False,
        tries=_column_width,
    ),
)

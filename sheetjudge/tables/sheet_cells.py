"""Cells of a sheet that don't show what was put in: errors, values still to come, links, images, volatile formulas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from sheetjudge.tables.sheets import SheetsApi

Kind = Literal["error", "link", "image"]
Place = tuple[int, int]
"""0-based row and column."""

ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#ERROR!", "Loading..."})
"""What a formula without a value shows. A person may have written the same as text."""

VOLATILE = "\0volatile"
"""Stands in a row's fingerprint for what a volatile formula shows."""

# Where a sheet has more cells, columns are looked through to their end only if something odd is seen above.
_MOST_CELLS = 80_000
_CELL_BYTES, _ANSWER_BYTES = 24, 2_400_000

_CELL_FIELDS = "userEnteredValue.formulaValue,hyperlink,textFormatRuns(startIndex,format.link),chipRuns"
_ERROR_FIELDS = ",effectiveValue.errorValue"

# IMPORTRANGE isn't one: it shows what stands in another sheet, and changes when that does.
_VOLATILE = re.compile(
    r"\b(NOW|TODAY|RAND|RANDBETWEEN|RANDARRAY|GOOGLEFINANCE|IMPORTXML|IMPORTHTML|IMPORTDATA|IMPORTFEED)\s*\(",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"=\s*IMAGE\s*\(", re.IGNORECASE)
_LINK = re.compile(r"=\s*HYPERLINK\s*\(", re.IGNORECASE)
_ADDRESSES = ("http://", "https://", "www.")
_ADDRESS = re.compile(r"\S+\s*")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_REFERENCE = re.compile(r"(?<![A-Z0-9_.!'$])\$?([A-Z]{1,3})\$?([0-9]{1,7})(?![A-Z0-9_(])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OddCell:
    """What is odd about a cell.

    Attributes:
        kind: an `error`, only a `link`, or an `image`.
        says: the error that it shows; else "".
    """

    kind: Kind
    says: str = ""


@dataclass(frozen=True, slots=True)
class OddCells:
    """The odd cells of a tab.

    Attributes:
        cells: by their places in the grid.
        forms: of volatile formulas, by column: their texts without what depends on where they stand.
        volatile: the function that makes it so, for every cell with one of these forms.
    """

    cells: Mapping[Place, OddCell]
    forms: Mapping[int, frozenset[str]]
    volatile: Mapping[Place, str]


NO_ODD_CELLS = OddCells({}, {}, {})


def is_error_text(text: str) -> bool:
    """Does a cell that shows this hold no value, if it is a formula?"""
    return text in ERRORS


def volatile_function(formula: str) -> str:
    """The first function in a formula whose value changes by itself, or "".

    >>> volatile_function('=B2&" of TODAY(): "&rand()')
    'RAND'
    """
    found = _VOLATILE.search(_QUOTED.sub('""', formula))
    return found[1].upper() if found else ""


def form_of(formula: str) -> str:
    """A formula without what changes when it is moved: its references to cells.

    >>> form_of("=B2-$H$1"), form_of("=LOG10(AB7)")
    ('=@-@', '=LOG10(@)')
    """
    return _REFERENCE.sub("@", formula)


def is_volatile(formula: object, forms: frozenset[str]) -> bool:
    """Is what was entered into a cell a volatile formula, one of these forms say?"""
    if not isinstance(formula, str) or not formula.startswith("="):
        return False
    return form_of(formula) in forms or bool(volatile_function(formula))


def find_odd_cells(api: SheetsApi, sheet_id: int, rows: Sequence[Sequence[str]], columns: Sequence[int]) -> OddCells:
    """Look through the cells of a tab.

    Args:
        api: the way to the spreadsheet. sheet_id: the tab.
        rows: what all its cells show. columns: indexes of those to look at.
    """
    if not rows or not columns:
        return NO_ODD_CELLS
    fields = _CELL_FIELDS
    with_errors = {c for row in rows for c in columns if c < len(row) and row[c] in ERRORS}
    if with_errors:
        fields += _ERROR_FIELDS
    top = max(min(len(rows), _MOST_CELLS // len(columns)), 1)
    found = dict(cells_with(api, sheet_id, fields, columns, 0, top))
    suspicious = sorted({column for _, column in found} | with_errors) if top < len(rows) else []
    if suspicious:
        height = max(_ANSWER_BYTES // (2 * _CELL_BYTES * len(suspicious)), 1)
        for first in range(top, len(rows), height):
            found.update(cells_with(api, sheet_id, fields, suspicious, first, min(first + height, len(rows))))
    return _sorted_out(found, rows, columns)


def cells_with(
    api: SheetsApi, sheet_id: int, fields: str, columns: Sequence[int], first: int, end: int
) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Place and CellData of every cell that has any of `fields`, in these columns and the rows before `end`."""
    area = {
        "sheetId": sheet_id,
        "startRowIndex": first,
        "endRowIndex": end,
        "startColumnIndex": min(columns),
        "endColumnIndex": max(columns) + 1,
    }
    wanted = set(columns)
    answer = api.describe_area(area, f"sheets.data(startRow,startColumn,rowData.values({fields}))")
    for sheet in answer.get("sheets", []):
        for block in sheet.get("data", []):
            top, left = block.get("startRow", 0), block.get("startColumn", 0)
            for at, row in enumerate(block.get("rowData", []), start=top):
                for column, cell in enumerate(row.get("values", []), start=left):
                    if column in wanted and any(cell.values()):
                        yield (at, column), cell


def _sorted_out(
    found: Mapping[Place, Mapping[str, Any]], rows: Sequence[Sequence[str]], columns: Sequence[int]
) -> OddCells:
    formulas = {place: text for place, cell in found.items() if (text := _formula(cell))}
    volatile = _volatile(formulas)
    odd: dict[Place, OddCell] = {}
    for (row, column), cell in found.items():
        text = rows[row][column] if column < len(rows[row]) else ""
        kind = _kind(cell, text)
        if kind is not None:
            odd[row, column] = OddCell(kind, text if kind == "error" else "")
    for at, cells in enumerate(rows):
        for column in columns:
            if (
                column < len(cells)
                and cells[column].lower().startswith(_ADDRESSES)
                and _ADDRESS.fullmatch(cells[column])
            ):
                odd.setdefault((at, column), OddCell("link"))
    forms: dict[int, dict[str, str]] = {}
    for place, name in volatile.items():
        forms.setdefault(place[1], {})[form_of(formulas[place])] = name
    # Another formula of the same form can't be told from it later on.
    alike = {
        place: forms[place[1]][form]
        for place, text in formulas.items()
        if place[1] in forms and (form := form_of(text)) in forms[place[1]]
    }
    return OddCells(odd, {column: frozenset(texts) for column, texts in forms.items()}, alike)


def _kind(cell: Mapping[str, Any], text: str) -> Kind | None:
    formula = _formula(cell)
    if text in ERRORS and (formula or cell.get("effectiveValue", {}).get("errorValue")):
        return "error"
    if _IMAGE.match(formula):
        return "image"
    if text.strip() and (_LINK.match(formula) or _is_linked(cell) or _is_chip(cell, text)):
        return "link"
    return None


def _formula(cell: Mapping[str, Any]) -> str:
    return str(cell.get("userEnteredValue", {}).get("formulaValue", ""))


def _is_linked(cell: Mapping[str, Any]) -> bool:
    """Does all of the text lead elsewhere? A link in the middle of a text makes it no less of a text."""
    runs = cell.get("textFormatRuns", [])
    whole = not runs or (not runs[0].get("startIndex", 0) and all(run.get("format", {}).get("link") for run in runs))
    return bool(cell.get("hyperlink")) and whole


def _is_chip(cell: Mapping[str, Any], text: str) -> bool:
    """Is all of the text smart chips that stand for documents?"""
    runs = cell.get("chipRuns", [])
    if not runs or not any(run.get("chip", {}).get("richLinkProperties") for run in runs):
        return False
    plain = text.encode("utf-16-le")  # indexes of runs count in its units
    ends = [run.get("startIndex", 0) for run in runs[1:]] + [len(plain) // 2]
    starts = [run.get("startIndex", 0) for run in runs]
    if starts[0] and plain[: 2 * starts[0]].decode("utf-16-le", "replace").strip():
        return False
    return not any(
        plain[2 * start : 2 * end].decode("utf-16-le", "replace").strip()
        for start, end, run in zip(starts, ends, runs, strict=True)
        if not run.get("chip", {}).get("richLinkProperties")
    )


def _volatile(formulas: Mapping[Place, str]) -> dict[Place, str]:
    """The volatile formulas, and those that build on them in the same tab: place -> function."""
    found = {place: name for place, text in formulas.items() if (name := volatile_function(text))}
    if not found:
        return {}
    uses = {place: set(_references(text)) for place, text in formulas.items()}
    while more := {place: name for place, at in uses.items() if place not in found for name in _names(at, found)}:
        found |= more
    return found


def _names(places: Iterable[Place], found: Mapping[Place, str]) -> list[str]:
    return [found[place] for place in places if place in found][:1]


def _references(formula: str) -> Iterator[Place]:
    for letters, digits in _REFERENCE.findall(_QUOTED.sub('""', formula)):
        column = 0
        for letter in letters.upper():
            column = 26 * column + ord(letter) - ord("A") + 1
        yield int(digits) - 1, column - 1

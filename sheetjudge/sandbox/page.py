"""The page on which a person looks at a spreadsheet of the local Google."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from sheetjudge.sandbox.a1 import column_letters
from sheetjudge.sandbox.book import Book
from sheetjudge.sandbox.cells import Cell
from sheetjudge.sandbox.display import show
from sheetjudge.sandbox.pictures import chart_picture
from sheetjudge.sandbox.sheet import Sheet

_SHOWN_ROWS = 1000
_STYLE = """
body { font: 14px/1.4 system-ui, sans-serif; margin: 2rem; color: #1f2328 }
table { border-collapse: collapse; margin: .5rem 0 2rem }
td, th { border: 1px solid #d0d7de; padding: .2rem .5rem; vertical-align: top; max-width: 40rem; white-space: pre-wrap }
figure { display: inline-block; margin: 0 1rem 1rem 0; border: 1px solid #d0d7de }
figure svg { display: block; max-width: 100%; height: auto }
th { background: #f6f8fa; font-weight: 500; color: #59636e }
"""


def _page(title: str, body: str) -> str:
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f"<!doctype html><html lang='en'><head>{head}</head><body>{body}</body></html>"


def spreadsheet_page(book: Book) -> str:
    """All tabs of a spreadsheet as tables with their charts; every text of a cell is escaped."""
    tabs = "".join(_tab(book, sheet) for sheet in book.sheets if not sheet.properties.get("hidden"))
    return _page(book.title, f"<h1>{escape(book.title)}</h1>{tabs}")


def _tab(book: Book, sheet: Sheet) -> str:
    height = max((at for at, row in enumerate(sheet.rows, start=1) if any(map(_says_something, row))), default=0)
    filled = sheet.rows[:height]
    width = max((at for row in filled for at, cell in enumerate(row, start=1) if _says_something(cell)), default=0)
    columns = [at for at in range(width) if not sheet.column_properties.get(at, {}).get("hiddenByUser")]
    head = "".join(f"<th>{column_letters(at)}</th>" for at in columns)
    rows = "".join(
        f"<tr><th>{at + 1}</th>{''.join(_cell(row[c] if c < len(row) else None) for c in columns)}</tr>"
        for at, row in enumerate(filled[:_SHOWN_ROWS])
    )
    rest = height - _SHOWN_ROWS
    more = f"<p>{rest} more rows.</p>" if rest > 0 else ""
    title = f"<h2 id='gid={sheet.sheet_id}'>{escape(sheet.title)}</h2>"
    charts = "".join(f"<figure>{chart_picture(book, chart)}</figure>" for chart in sheet.charts)
    return f"{title}<table dir='auto'><tr><th></th>{head}</tr>{rows}</table>{more}{charts}"


def _says_something(cell: Cell | None) -> bool:
    return cell is not None and (cell.effective is not None or bool(cell.note))


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "<td></td>"
    note = f" title='{escape(cell.note, quote=True)}'" if cell.note else ""
    return f"<td dir='auto'{note}>{escape(show(cell.effective, (cell.format or {}).get('numberFormat')))}</td>"


def file_list_page(books: Sequence[Book]) -> str:
    """The list of all spreadsheets."""
    items = "".join(
        f"<li><a href='/spreadsheets/d/{escape(book.book_id, quote=True)}/edit'>{escape(book.title)}</a></li>"
        for book in books
    )
    return _page("Spreadsheets", f"<h1>Spreadsheets</h1><ul>{items}</ul>")

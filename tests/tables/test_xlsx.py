"""XLSX: cells as a person sees them, and workbooks that keep all that is in them."""

from __future__ import annotations

import datetime as dt
import io
import re
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.table import Table as Listing
from table_tools import RESULTS, cells, headers, names, read, score, write

from sheetjudge.errors import TableError
from sheetjudge.tables.files import open_table
from sheetjudge.tables.output import open_target
from sheetjudge.tables.xlsx_text import LONGEST_CELL

DAY = dt.datetime(2025, 1, 2)  # noqa: DTZ001  a workbook's dates have no time zone


def workbook(path, rows, formats=None, title="Data"):
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for place, code in (formats or {}).items():
        sheet[place].number_format = code
    book.save(path)
    return path


def edit(path, change, part="xl/worksheets/sheet1.xml"):
    """Change the XML of a part, the first tab's unless another is named."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts[part] = change(parts[part].decode()).encode()
    with zipfile.ZipFile(path, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)


def with_values_of_formulas(path, values):
    """Put cached values beside formulas, as a spreadsheet program does when it saves."""

    def change(xml):
        for formula, value in values.items():
            xml = re.sub(rf"(<f>{re.escape(formula)}</f>)<v ?/?>(</v>)?", rf"\g<1><v>{value}</v>", xml)
        return xml

    edit(path, change)


def test_cells_are_read_as_they_are_shown(tmp_path):
    path = workbook(
        tmp_path / "t.xlsx",
        [
            ["ID", "When", "Share", "Flag", "Note", "Price", "Text"],
            [7, DAY, 0.5, True, "a\nb", 3.0, "007"],
            [None, None, None, False, "#N/A", 0.1 + 0.2, "=not"],
        ],
        {"A2": "000", "B2": "d mmm yyyy", "C2": "0%", "G3": "@"},
    )
    table = open_table(path)
    assert cells(table)[0] == ("007", "2 Jan 2025", "50%", "TRUE", "a\nb", "3", "007")
    assert cells(table)[1][3:6] == ("FALSE", "#N/A", "0.3")


def test_formulas_show_their_values_and_those_never_calculated_are_said(tmp_path):
    path = workbook(tmp_path / "t.xlsx", [["n", "double", "triple"], [2, "=A2*2", "=A2*3"]])
    with_values_of_formulas(path, {"A2*2": "4"})
    table = open_table(path)
    assert cells(table) == [("2", "4", "")]
    assert [note for note in table.notes if "1 formula" in note and "never calculated" in note]
    # openpyxl, like XlsxWriter, asks for it; a spreadsheet program that has done it doesn't.
    assert [note for note in table.notes if "1 formula" in note and "asks to be calculated" in note]
    edit(path, lambda xml: xml.replace(' fullCalcOnLoad="1"', ""), "xl/workbook.xml")
    assert [note for note in open_table(path).notes if "asks to be calculated" in note] == []


def test_empty_rows_keep_their_numbers_and_formatted_ones_at_the_end_are_none(tmp_path):
    book = Workbook()
    sheet = book.active
    sheet["A1"], sheet["A2"], sheet["A5"] = "h", "one", "two"
    sheet["A9"].number_format = "0.00"
    book.save(tmp_path / "t.xlsx")
    table = open_table(tmp_path / "t.xlsx")
    assert [(r.number, r.cells[0]) for r in table.rows()] == [(2, "one"), (3, ""), (4, ""), (5, "two")]


def test_a_workbook_that_lies_about_its_size_is_read_whole(tmp_path):
    path = workbook(tmp_path / "t.xlsx", [["a", "b"], [1, 2], [3, 4]])
    edit(path, lambda xml: xml.replace('ref="A1:B3"', 'ref="A1:A2"'))
    assert cells(open_table(path)) == [("1", "2"), ("3", "4")]


def test_rows_with_hints_of_their_width_lose_them(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["a"], [1]])
    edit(path, lambda xml: re.sub(r"<row r", '<row spans="1:1" r', xml))
    score(open_table(path), tmp_path / "b.xlsx")
    with zipfile.ZipFile(tmp_path / "b.xlsx") as package:
        assert b"spans" not in package.read("xl/worksheets/sheet1.xml")
    assert cells(open_table(tmp_path / "b.xlsx")) == [("1", "4.5", "5", "Clear.", "ok")]


def test_the_first_visible_tab_is_read_unless_one_is_named(tmp_path):
    book = Workbook()
    book.active.title = "Hidden"
    book.active.sheet_state = "hidden"
    for title in ("Answers", "Other"):
        sheet = book.create_sheet(title)
        sheet.append(["h"])
        sheet.append([title])
    book.save(tmp_path / "t.xlsx")
    table = open_table(tmp_path / "t.xlsx")
    assert cells(table) == [("Answers",)]
    assert [note for note in table.notes if "2 tabs" in note]
    assert cells(open_table(tmp_path / "t.xlsx", tab="Other")) == [("Other",)]
    with pytest.raises(TableError, match=r"no tab 'Answer'.*Did you mean 'Answers'"):
        open_table(tmp_path / "t.xlsx", tab="Answer")


def test_escapes_in_text_stand_for_their_characters(tmp_path):
    path = workbook(tmp_path / "t.xlsx", [["h"], ["a_x000D_b"]])
    assert cells(open_table(path)) == [("a\rb",)]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"a,b\n1,2\n", "isn't an XLSX workbook"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 64, "of the old kind"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (b"PK\x05\x06" + b"\0" * 18, "damaged"),
    ],
)
def test_what_is_no_workbook_is_told_in_one_line(tmp_path, content, why):
    with pytest.raises(TableError, match=why) as caught:
        open_table(write(tmp_path / "t.xlsx", content))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml.replace("</sheetData>", "<row><c></sheetData>"),
        lambda xml: xml[: len(xml) // 2],
        lambda xml: (
            "<!DOCTYPE x ["
            '<!ENTITY a0 "aaaaaaaaaa">'
            + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
            + "]>"
            + xml.replace("<v>", "<v>&a9;", 1)
        ),
        lambda xml: xml.replace(
            "</sheetData>", f'<row r="9"><c r="A9" t="str"><v>{"A" * 2**25}</v></c></row></sheetData>'
        ),
    ],
    ids=["unclosed", "half", "entities", "a huge cell"],
)
def test_a_tab_that_is_damaged_further_down_is_told_in_one_line(tmp_path, change):
    path = workbook(tmp_path / "t.xlsx", [["a"], [1], [2]])
    edit(path, change)
    with pytest.raises(TableError) as caught:
        cells(open_table(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("part", ["_rels/.rels", "xl/_rels/workbook.xml.rels", "xl/workbook.xml"])
@settings(max_examples=30)
@given(data=st.data())
def test_a_workbook_with_a_damaged_part_is_read_and_written_or_told_in_one_line(part, data):
    """openpyxl puts up with more than it takes to find a tab again."""
    with tempfile.TemporaryDirectory() as folder:
        path = workbook(Path(folder) / "t.xlsx", [["a"], ["x"]])
        with zipfile.ZipFile(path) as package:
            xml = package.read(part).decode()
        at = data.draw(st.integers(0, len(xml)))
        put = data.draw(st.sampled_from(["", "<", ">", '"', "&", "x", "/", "\x00", "<x/>"]))
        edit(path, lambda xml: xml[:at] + put + xml[at + data.draw(st.integers(0, 8)) :], part)
        try:
            score(open_table(path), Path(folder) / "out.xlsx")
        except TableError as error:
            said = str(error)
        else:
            said = ""
            assert cells(open_table(Path(folder) / "out.xlsx")) == [("x", "4.5", "5", "Clear.", "ok")]
        assert "\n" not in said


def test_a_workbook_gets_columns_and_keeps_everything_else(tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.append(["ID", "Answer", "Double"])
    sheet.append([7, "x", "=A2*2"])
    sheet.append([8, "y", "=A3*2"])
    sheet["A2"].number_format = "000"
    sheet.freeze_panes = "A2"
    sheet.add_table(Listing(displayName="T", ref="A1:B3"))
    book.create_sheet("Other")["A1"] = "kept"
    source = tmp_path / "in.xlsx"
    book.save(source)
    with_values_of_formulas(source, {"A2*2": "14", "A3*2": "16"})
    score(open_table(source), tmp_path / "out.xlsx")

    table = open_table(tmp_path / "out.xlsx")
    assert headers(table) == ["ID", "Answer", "Double", *RESULTS]
    assert cells(table)[0] == ("007", "x", "14", "4.5", "5", "Clear.", "ok")
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(tmp_path / "out.xlsx") as new:
        assert new.testzip() is None
        assert old.namelist() == new.namelist()
        changed = [name for name in old.namelist() if old.read(name) != new.read(name)]
        xml = new.read("xl/worksheets/sheet1.xml")
    assert changed == ["xl/worksheets/sheet1.xml"]
    assert b'<dimension ref="A1:G3"' in xml
    again = load_workbook(tmp_path / "out.xlsx")
    assert again["Sheet"]["C2"].value == "=A2*2"
    assert again["Sheet"]["D2"].value == 4.5
    assert again["Sheet"].freeze_panes == "A2"
    assert list(again["Sheet"].tables) == ["T"]


def test_rows_and_cells_that_a_workbook_leaves_out_are_made(tmp_path):
    book = Workbook()
    sheet = book.active
    sheet["A1"], sheet["A2"], sheet["A5"] = "h", "one", "two"
    sheet.row_dimensions[3].height = 30  # a row without cells
    book.save(tmp_path / "in.xlsx")
    score(open_table(tmp_path / "in.xlsx"), tmp_path / "out.xlsx")
    rows = cells(open_table(tmp_path / "out.xlsx"))
    assert [row[0] for row in rows] == ["one", "", "", "two"]
    assert [row[1:] for row in rows] == [("4.5", "5", "Clear.", "ok")] * 4


def as_strict(path):
    """Save as Excel's "Strict Open XML Spreadsheet" is saved."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    with zipfile.ZipFile(path, "w") as package:
        for name, content in parts.items():
            for usual in (b"spreadsheetml/2006/main", b"officeDocument/2006/relationships"):
                strict = b"http://purl.oclc.org/ooxml/" + usual.replace(b"/2006", b"")
                content = content.replace(b"http://schemas.openxmlformats.org/" + usual, strict)  # noqa: PLW2901
            package.writestr(name, content)
    return path


def test_a_strict_workbook_is_read_and_written_like_any_other(tmp_path):
    rows = [["a", "b"], ["007", DAY], ["x", 1.5], [None, None], ["<&>", True]]
    usual = workbook(tmp_path / "usual.xlsx", rows, {"B2": "d.m.yyyy"})
    strict = as_strict(workbook(tmp_path / "strict.xlsx", rows, {"B2": "d.m.yyyy"}))
    assert cells(open_table(strict)) == cells(open_table(usual))
    assert cells(open_table(strict))[0] == ("007", "2.1.2025")
    for source in (usual, strict):
        score(open_table(source), tmp_path / f"{source.stem}-out.xlsx")
    written = tmp_path / "strict-out.xlsx"
    assert cells(open_table(written)) == cells(open_table(tmp_path / "usual-out.xlsx"))
    with zipfile.ZipFile(strict) as old, zipfile.ZipFile(written) as new:
        changed = [name for name in old.namelist() if old.read(name) != new.read(name)]
    assert changed == ["xl/worksheets/sheet1.xml"]


shapes = st.lists(  # for each row, None where the tab leaves it out: for each cell, None or formatted or text
    st.none() | st.lists(st.sampled_from([None, "", "x", "007"]), max_size=8), min_size=1, max_size=5
)


@settings(max_examples=15)
@given(shapes, st.sampled_from(["", "x:"]), st.booleans(), st.sampled_from(["", ' note="a>b"']))
@example(shape=[[], ["x", None, None, "", ""]], x="", short=True, more="")
@example(shape=[["x", None, "007", "", None, "", ""]], x="x:", short=True, more=' note="a>b"')
def test_however_a_workbook_writes_what_is_empty_its_cells_stay_and_results_come_beside(shape, x, short, more):
    """Spreadsheet programs write an empty row, and a cell that is only formatted, as one tag; libraries as two."""

    def cell(place, text):
        if text == "":
            return f'<{x}c r="{place}" s="0"/>' if short else f'<{x}c r="{place}" s="0"></{x}c>'
        return f'<{x}c r="{place}" t="inlineStr"><{x}is><{x}t>{text}</{x}t></{x}is></{x}c>'

    rows = {1: cell("A1", "h") + cell("C1", "i")}
    for number, texts in enumerate([*shape, ["end"]], start=2):
        if texts is not None:
            filled = [(f"{'ABCDEFGH'[i]}{number}", text) for i, text in enumerate(texts) if text is not None]
            rows[number] = "".join(cell(*one) for one in filled)
    data = "".join(
        f'<{x}row r="{n}"{more}>{inner}</{x}row>' if inner or not short else f'<{x}row r="{n}"{more}/>'
        for n, inner in rows.items()
    )
    with tempfile.TemporaryDirectory() as folder:
        path = workbook(Path(folder) / "in.xlsx", [["h"]])
        space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        name = f"xmlns:{x[:-1]}" if x else "xmlns"
        sheet = f'<{x}worksheet {name}="{space}"><{x}sheetData>{data}</{x}sheetData></{x}worksheet>'
        edit(path, lambda _xml: sheet)
        before = cells(open_table(path))
        out = Path(folder) / "out.xlsx"
        for source, results in ((path, RESULTS), (out, ("Score", "Status"))):
            target = open_target(Path(folder) / "next.xlsx", table := open_table(source))
            target.open(results)
            for row in table.rows():
                target.put(row, [row.number, *["ok"] * (len(results) - 1)])
            target.close()
            (Path(folder) / "next.xlsx").replace(out)
            written = open_table(out)
            width, after = len(written.columns) - len(results), cells(written)
            assert [row[: len(old)] for row, old in zip(after, before, strict=True)] == before
            assert [row[width:] for row in after] == [
                (str(n), *["ok"] * (len(results) - 1)) for n in range(2, len(after) + 2)
            ]


def test_results_never_go_over_cells_that_hold_something(tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.append(["h", None, None, None])
    sheet.append(["one", None, None, '=""'])
    sheet["C2"].number_format = "0.00"  # formatted and empty: nothing to lose
    book.save(tmp_path / "in.xlsx")
    score(open_table(tmp_path / "in.xlsx"), tmp_path / "out.xlsx")
    again = load_workbook(tmp_path / "out.xlsx").active
    assert again["D2"].value == '=""'
    assert [again.cell(1, column).value for column in range(5, 9)] == list(RESULTS)


def test_scoring_a_scored_workbook_again_takes_the_same_columns(tmp_path):
    workbook(tmp_path / "a.xlsx", [["h"], ["one"]])
    score(open_table(tmp_path / "a.xlsx"), tmp_path / "b.xlsx")
    table = open_table(tmp_path / "b.xlsx")
    assert table.managed == {1, 2, 3, 4}
    score(table, tmp_path / "c.xlsx", values=(1, None, "Poor.", "ok"))
    again = open_table(tmp_path / "c.xlsx")
    assert headers(again) == ["h", *RESULTS]
    assert cells(again) == [("one", "1", "", "Poor.", "ok")]


def test_other_criteria_take_the_place_of_the_earlier_ones(tmp_path):
    workbook(tmp_path / "a.xlsx", [["h"], ["one"]])
    score(open_table(tmp_path / "a.xlsx"), tmp_path / "b.xlsx")
    new = ("Score", "depth", "style", "Why", "Status")
    score(open_table(tmp_path / "b.xlsx"), tmp_path / "c.xlsx", values=(1, 2, 3, "W", "ok"), new=new)
    assert headers(open_table(tmp_path / "c.xlsx")) == ["h", *new]


def test_text_never_becomes_a_formula_in_a_workbook(tmp_path):
    workbook(tmp_path / "a.xlsx", [["h"], ["one"]])
    table = open_table(tmp_path / "a.xlsx")
    for place, source in (("b.xlsx", table), ("c.xlsx", read("h\n=1+1\n"))):
        score(source, tmp_path / place, values=(1, 2, "=HYPERLINK(1)", "ok"))
        sheet = load_workbook(tmp_path / place).active
        assert sheet["D2"].value == "=HYPERLINK(1)"
        assert sheet["D2"].data_type == "s"
    assert sheet["A2"].data_type == "s"


def test_a_result_too_long_for_a_cell_is_cut_with_a_mark(tmp_path):
    workbook(tmp_path / "a.xlsx", [["h"], ["one"]])
    for source in (open_table(tmp_path / "a.xlsx"), read("h\none\n")):
        score(source, tmp_path / "b.xlsx", values=(1, 2, "😀" * 20_000, "ok"))
        why = cells(open_table(tmp_path / "b.xlsx"))[0][3]
        assert why.endswith("[cut]")
        assert len(why.encode("utf-16-le")) // 2 <= LONGEST_CELL


def test_an_input_that_no_workbook_can_hold_is_refused_before_anything_is_paid(tmp_path):
    target = open_target(tmp_path / "out.xlsx", read(f"h\nshort\n{'x' * 40_000}\n"))
    with pytest.raises(TableError, match=r"Row 3, column A \(h\) is longer than the 32,767"):
        target.open(RESULTS)
    assert list(tmp_path.iterdir()) == []


def test_names_without_a_header_are_made_from_the_columns_letter(tmp_path):
    path = workbook(tmp_path / "t.xlsx", [["a", None, "a"], [1, 2, 3]])
    assert names(open_table(path)) == ["a", "Column B", "a (2)"]


def test_a_workbook_needs_no_ending_to_be_read_and_written(tmp_path):
    whole = workbook(tmp_path / "t.xlsx", [["a", "b"], ["007", "x"]]).read_bytes()
    table = open_table("-", stdin=io.BytesIO(whole))
    assert cells(table) == [("007", "x")]
    (tmp_path / "t.data").write_bytes(whole)
    assert cells(open_table(tmp_path / "t.data", file_format="xlsx")) == [("007", "x")]
    target = open_target(tmp_path / "out.xlsx", table)
    target.open(["Score"])
    target.close()
    assert [c.value for c in load_workbook(tmp_path / "out.xlsx").active[2]][:2] == ["007", "x"]

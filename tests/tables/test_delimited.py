"""CSV and TSV: every cell exactly as it stands in the file."""

from __future__ import annotations

import codecs
import os
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from table_tools import cells, headers, names, read, write

from sheetjudge.errors import TableError
from sheetjudge.tables.files import open_table
from sheetjudge.tables.output import open_target


@pytest.mark.parametrize(
    "text", ["007", "1e5", "2025-01-02", "1,234.50", " padded ", "TRUE", "NA", "null", "😀 é 漢", "=1+1", "\x00nul\x07"]
)
def test_a_cell_stays_the_text_that_it_is(text):
    table = read(f'a,b\n"{text}",x\n')
    assert cells(table) == [(text, "x")]


@pytest.mark.parametrize("inside", ["one\ntwo", "one\r\ntwo", "one\rtwo", "one\n\ntwo\n", 'say ""so""'])
def test_line_breaks_and_quotes_inside_a_cell_are_kept(inside):
    table = read(f'a,b\r\n"{inside}",x\r\n')
    assert cells(table) == [(inside.replace('""', '"'), "x")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_an_empty_row_in_the_middle_is_a_row_and_blank_lines_at_the_end_are_none(end):
    table = read(end.join(["a,b", "1,2", "", "3,4", "", "", ""]))
    assert [(row.number, row.cells) for row in table.rows()] == [(2, ("1", "2")), (3, ("", "")), (4, ("3", "4"))]
    assert table.row_count == 3
    assert [row.is_empty for row in table.rows()] == [False, True, False]


def test_a_last_line_without_a_line_end_is_read():
    assert cells(read("a\n1")) == [("1",)]


def test_short_rows_are_filled_and_wide_rows_make_columns_without_a_header():
    table = read("a,b\n1\n1,2,3,4\n")
    assert names(table) == ["a", "b", "Column C", "Column D"]
    assert headers(table) == ["a", "b", "", ""]
    assert cells(table) == [("1", "", "", ""), ("1", "2", "3", "4")]


def test_duplicate_and_missing_headers_get_names_of_their_own():
    table = read("Grade,,Grade,Grade (2)\n1,2,3,4\n")
    assert names(table) == ["Grade", "Column B", "Grade (3)", "Grade (2)"]


def test_rows_may_be_read_again_and_while_being_read():
    table = read("a\n1\n2\n")
    first, second = table.rows(), table.rows()
    assert next(first).cells == ("1",)
    assert [row.cells for row in second] == [("1",), ("2",)]
    assert next(first).cells == ("2",)


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("a;b\n1,5;2\n", "semicolons"),
        ("a;b;c\n1;2;3\n4;5;6\n", "semicolons"),
        ("a\tb\n1,5\t2\n", "tabs"),
        ("Name, first;b\n1;2\n", "semicolons"),
        ("Name, first\tb, c\n1\t2\n", "tabs"),
        ("a;\tb\n1\tc;d\n", "tabs"),
        ("id;text, long;score\n1;a, b;4\n1;c, d;5\n", "semicolons"),
    ],
)
def test_a_csv_that_is_separated_otherwise_is_found_out_and_said(content, note):
    table = read(content)
    assert cells(table)[0][0] in {"1,5", "1"}
    assert [n for n in table.notes if note in n]


@pytest.mark.parametrize(
    "content",
    ["a,b\nx;y,2\n", "Pros; cons\njust text\nmore text\n", "Text\none; two, three\nfour; five\n", 'a,"b;c;d"\n1,2\n'],
)
def test_semicolons_in_the_text_of_a_csv_separate_nothing(content):
    table = read(content)
    assert table.notes == ()
    assert table.columns[0].name == content.split("\n", maxsplit=1)[0].split(",")[0]


def test_a_sep_line_of_excel_names_the_separator_and_is_no_row():
    table = read("sep=|\r\na|b\r\n1,2|3\r\n")
    assert names(table) == ["a", "b"]
    assert cells(table) == [("1,2", "3")]


def test_a_tsv_is_separated_by_tabs_alone(tmp_path):
    table = open_table(write(tmp_path / "t.tsv", "a;b\tc,d\n1;2\t3,4\n"))
    assert names(table) == ["a;b", "c,d"]
    assert cells(table) == [("1;2", "3,4")]


def test_headers_may_stand_in_a_later_row():
    table = read("My survey\n\nName,Answer\nAnn,Yes\n", header_row=3)
    assert names(table) == ["Name", "Answer"]
    assert [(row.number, row.cells) for row in table.rows()] == [(4, ("Ann", "Yes"))]


def test_a_cell_longer_than_the_csv_module_allows_by_itself_is_read():
    text = "x" * 400_000
    assert cells(read(f"a\n{text}\n")) == [(text,)]


@pytest.mark.parametrize(
    ("content", "line"),
    [('a,b\n1,2\n"open,3\n4,5\n', 3), ('a,b\n"x\ny",2\n1,"never closed', 4), ('"a,b\n1,2\n', 1)],
)
def test_a_quote_that_is_never_closed_is_an_error_with_its_line(content, line):
    with pytest.raises(TableError, match=f"line {line}: a quote is opened and never closed"):
        read(content)


def by_the_book(text):
    """The records of RFC 4180, or None where the text isn't of that form."""
    records, record, at = [], [], 0
    while at < len(text):
        if text[at] == '"':
            found = re.compile(r'"((?:[^"]|"")*)"(?=,|\n|\Z)').match(text, at)
            if not found:
                return None
            cell, at = found[1].replace('""', '"'), found.end()
        else:
            found = re.compile(r"[^,\n]*").match(text, at)
            cell, at = found[0], found.end()
        record.append(cell)
        if at == len(text) or text[at] == "\n":
            records.append(record)
            record = []
        elif at == len(text) - 1:
            records.append([*record, ""])
        at += 1
    return records


@given(st.lists(st.sampled_from(["a", "b c", '"', '""', ",", "\n", '"a', 'b"', '"x",']), max_size=14).map("".join))
@example('1,"x\n2,y\n3,"z"\n4,w')
@example('1,"He said "hi" to me"')
@example('1,"say \\"hi\\", ok"')
def test_text_between_quotes_is_read_by_the_book_or_refused(body):
    """Rows are never run together, and no quote is lost, because one is missing somewhere."""
    expected = by_the_book(f"h,i\n{body}x\n")
    if expected is None:
        with pytest.raises(TableError, match=r"line \d+: (a quote is opened and never closed|a cell that is between)"):
            read(f"h,i\n{body}x\n", file_format="csv")
        return
    table = read(f"h,i\n{body}x\n", file_format="csv")
    width = max(map(len, expected))
    wanted = [tuple(r) + ("",) * (width - len(r)) for r in expected[1:]]
    assert cells(table) == [("",) * width if row == ("",) * width else row for row in wanted]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "is empty"),
        ("\n\n\n", "is empty"),
        ("\ufeff", "is empty"),
        ("a,b\n", "has a header but no rows"),
        ("a,b\n\n\n", "has a header but no rows"),
        (",,\n1,2,3\n", "Row 1 .* is empty.*Row 2 is the first with text"),
    ],
)
def test_a_file_without_a_table_in_it_is_a_one_line_error(content, why):
    with pytest.raises(TableError, match=why) as caught:
        read(content)
    assert "\n" not in str(caught.value)
    assert caught.value.advice


@pytest.mark.parametrize("content", ["a\n1\n", "a\n1\n2\n3\n4\n", "a\n1\n2\n4\n"])
def test_a_file_that_has_changed_since_it_was_opened_is_an_error(tmp_path, content):
    path = write(tmp_path / "t.csv", "a\n1\n2\n3\n")
    os.utime(path, ns=(1, 1))
    table = open_table(path)
    write(path, content)
    with pytest.raises(TableError, match="has changed since it was opened"):
        list(table.rows())


def test_a_file_that_loses_rows_while_it_is_read_is_an_error(tmp_path):
    path = write(tmp_path / "t.csv", "a\n" + "x" * 50 + "\n" * 100_000 + "y\n")
    rows = open_table(path).rows()
    next(rows)
    write(path, "a\n")
    with pytest.raises(TableError, match="has changed since it was opened"):
        list(rows)


def test_many_rows_are_read_without_keeping_them(tmp_path):
    import tracemalloc

    path = tmp_path / "big.csv"
    path.write_text("id,text\n" + "".join(f"{n},{'word ' * 100}\n" for n in range(30_000)))
    tracemalloc.start()
    try:
        table = open_table(path)
        count = sum(1 for _ in table.rows())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == table.row_count == 30_000
    assert peak < 6_000_000


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_a_spreadsheet_s_old_encoding_comes_back_in_one_that_it_knows(tmp_path, encoding):
    source = tmp_path / "excel.csv"
    source.write_bytes("Größe;Text\r\n1;Ça va\r\n2;Straße\r\n".encode(encoding))
    table = open_table(source)
    target = open_target(tmp_path / "out.csv", table)
    target.open(["Score"])
    target.close()
    assert (tmp_path / "out.csv").read_bytes().startswith(codecs.BOM_UTF8 + "Größe;Text;Score".encode())

"""Any table of text goes through any format and comes back the same, with its results beside it."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from table_tools import RESULTS, cells, headers, read

from sheetjudge.tables.files import FORMATS, open_table
from sheetjudge.tables.output import open_target

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TRICKY = st.sampled_from(
    [
        *(
            "007",
            "1e5",
            "2025-01-02",
            "=1+1",
            "+1",
            "-x",
            "@a",
            "'",
            '"',
            '""',
            ",",
            ";",
            "\t",
            "\r",
            "\n",
            "\r\n",
            " ",
        ),
        *(" a ", "_x000D_", "_x005F_x000D_", "#N/A", "TRUE", "nan", "null", "😀", "\x00", "\x1f", "\ufeff", "\u2028"),
        *("\ufffe", "a\x85b"),
    ]
)
CELL = TRICKY | TEXT
HEADER = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).filter(
    lambda text: text.strip() and text == text.strip()
)
QUICK = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def tables(draw):
    """Different headers, and rows none of which is blank at the end (a blank line there is no row)."""
    header = draw(st.lists(HEADER, min_size=1, max_size=4, unique=True))
    row = st.lists(CELL, min_size=len(header), max_size=len(header))
    rows = draw(st.lists(row, min_size=1, max_size=5).filter(lambda rows: any(rows[-1])))
    return header, rows


def as_csv(header, rows, delimiter=","):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    return read(out.getvalue(), file_format="tsv" if delimiter == "\t" else None)


@pytest.mark.parametrize("target_format", FORMATS)
@example(([","], [[","]]))
@example(([",,,,,,,,"], [[",,,,,,,,"]]))
@QUICK
@given(tables())
def test_every_cell_comes_back(tmp_path, target_format, content):
    header, rows = content
    source = as_csv(header, rows, "\t")
    assert cells(source) == [tuple(row) for row in rows]
    # Twice: into the format, and from a file of that format into another of the same.
    for step in ("one", "two"):
        place = tmp_path / f"{step}.{target_format}"
        target = open_target(place, source)
        target.open(RESULTS)
        for row in source.rows():
            target.put(row, (row.position + 0.5, None, "=x", "ok"))
        target.close()
        source = open_table(place)
        width = len(header)
        assert [row[:width] for row in cells(source)] == [tuple(row) for row in rows]
        assert headers(source)[:width] == header
        assert [row[width] for row in cells(source)] == [str(n + 0.5) for n in range(len(rows))]
        assert len(source.managed) == len(RESULTS)


@QUICK
@given(tables(), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_a_csv_keeps_its_line_end_and_its_mark(tmp_path, content, newline, mark):
    header, rows = content
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=newline, quoting=csv.QUOTE_ALL)
    writer.writerows([header, *rows])
    source = read(("\ufeff" if mark else "") + out.getvalue())
    target = open_target(tmp_path / "o.csv", source)
    target.open(["Score"])
    for row in source.rows():
        target.put(row, [1])
    target.close()
    data = (tmp_path / "o.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") is mark
    assert data.endswith(b"1" + newline.encode())
    assert [row[:-1] for row in cells(open_table(tmp_path / "o.csv"))] == [tuple(row) for row in rows]


@QUICK
@given(st.permutations(list(range(40))), st.lists(st.integers(0, 39), max_size=6))
def test_rows_come_out_in_order_however_they_come_in(tmp_path, order, flushes):
    source = read("n\n" + "".join(f"{n}\n" for n in range(40)))
    rows = list(source.rows())
    target = open_target(tmp_path / "o.csv", source)
    target.open(["Score"])
    for step, position in enumerate(order):
        target.put(rows[position], [position * 2])
        if step in flushes:
            target.flush()
    target.close()
    assert cells(open_table(tmp_path / "o.csv")) == [(str(n), str(2 * n)) for n in range(40)]


@QUICK
@given(st.sets(st.integers(0, 19)))
def test_rows_without_results_keep_their_cells(tmp_path, scored):
    source = read("n,m\n" + "".join(f"{n},x\n" for n in range(20)))
    for ending in ("csv", "jsonl"):
        target = open_target(tmp_path / f"o.{ending}", source)
        target.open(["Score", "Status"])
        for row in source.rows():
            if row.position in scored:
                target.put(row, [1, "ok"])
        target.close()
        expected = [(str(n), "x", *(("1", "ok") if n in scored else ("", ""))) for n in range(20)]
        assert cells(open_table(tmp_path / f"o.{ending}")) == expected

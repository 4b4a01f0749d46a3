"""JSON Lines and Parquet: values as they are written, and written back in their own types."""

from __future__ import annotations

import contextlib
import datetime as dt
import decimal
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from table_tools import RESULTS, cells, headers, read, score, write

from sheetjudge.errors import TableError
from sheetjudge.tables.files import open_table


def test_keys_become_columns_in_the_order_of_their_first_appearance():
    table = read('{"b": "1", "a": "2"}\n\n{"c": "3", "a": "4"}\n', file_format="jsonl")
    assert headers(table) == ["b", "a", "c"]
    assert [(row.number, row.cells) for row in table.rows()] == [(1, ("1", "2", "")), (2, ("", "4", "3"))]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1e5", "1e5"), ("1.10", "1.10"), ("007e0", None), ("12345678901234567890", "12345678901234567890"),
        ("true", "true"), ("false", "false"), ("null", ""), ('""', ""), ('"007"', "007"), ('"\\u00e9\\n"', "é\n"),
        ('"a\u2028b"', "a\u2028b"), ('"\\ud83d\\ude00"', "😀"), ('"\\ud83d"', "\ufffd"),
        ('{"x": [1.10, null, "é"]}', '{"x": [1.10, null, "é"]}'), ("[]", "[]"),
    ],
)  # fmt: skip
def test_values_are_the_text_that_stands_in_the_file(value, text):
    content = f'{{"v": {value}, "w": "x"}}\n'
    if text is None:
        with pytest.raises(TableError, match="line 1"):
            read(content, file_format="jsonl")
    else:
        assert cells(read(content, file_format="jsonl")) == [(text, "x")]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('{"a": 1}\n{"a": \n', "line 2, column 7"),
        ('{"a": 1}\n\n[1]\n', "line 3: an array, not an object"),
        ('[{"a": 1}]', "line 1: an array.*jq"),
        ('[{"a": 1},\n{"a": 2}]', "line 1, column 11: .*jq"),
        ('{\n"a": 1\n}', "line 1, column 2: .*jq"),
        ("5\n", "line 1: a single value"),
        ("\n\n", "holds no rows"),
        ("{}\n", "holds no rows"),
    ],
)
def test_what_is_no_json_lines_is_told_with_its_line(content, why):
    with pytest.raises(TableError, match=why) as caught:
        read(content, file_format="jsonl")
    assert "\n" not in str(caught.value)


@given(st.integers(1, 3000), st.sampled_from(['{"x\\u0041": %}', "[%]", '[1, {"x": %}]']))
@example(600, "[%]")
@example(400, '{"x\\u0041": %}')
def test_values_nested_however_deep_are_read_and_written_or_refused(depth, around):
    before, after = around.split("%")
    value = before * depth + "1" + after * depth
    if depth > 40:
        with contextlib.suppress(TableError):
            cells(read(f'{{"a": {value}}}\n', file_format="jsonl"))
        return
    table = read(f'{{"a": {value}}}\n', file_format="jsonl")
    assert cells(table) == [(value.replace("\\u0041", "A"),)]


def test_objects_are_written_back_as_they_were(tmp_path):
    source = write(tmp_path / "a.jsonl", '{"id": 1.10, "Score": null, "x": {"k": [1e5, true]}}\n{"id": "007"}\n')
    score(open_table(source), tmp_path / "b.jsonl")
    score(open_table(tmp_path / "b.jsonl"), tmp_path / "c.jsonl", values=(2, None, "=W", "ok"))
    lines = (tmp_path / "c.jsonl").read_text().splitlines()
    assert lines[0].startswith('{"id": 1.10, "Score": null, "x": {"k": [1e5, true]}, ')
    first, second = map(json.loads, lines)
    assert first["Score"] is None
    assert second["id"] == "007"


def test_scoring_json_lines_again_replaces_the_results(tmp_path):
    source = write(tmp_path / "a.jsonl", '{"id": 1}\n{"id": 2}\n')
    score(open_table(source), tmp_path / "b.jsonl")
    score(open_table(tmp_path / "b.jsonl"), tmp_path / "c.jsonl", values=(2, None, "=W", "ok"))
    assert [json.loads(line) for line in (tmp_path / "c.jsonl").read_text().splitlines()] == [
        {"id": n, "Score": 2, "clarity": None, "Why": "=W", "Status": "ok"} for n in (1, 2)
    ]


def parquet(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


def test_parquet_values_are_shown_as_a_person_writes_them(tmp_path):
    path = parquet(
        tmp_path / "t.parquet",
        text=["007", None],
        whole=pa.array([3, None]),
        double=[1.0, float("nan")],
        single=pa.array([0.1, 2.5], pa.float32()),
        flag=[True, False],
        day=[dt.date(2025, 1, 2), None],
        moment=pa.array([dt.datetime(2025, 1, 2, 3, 4, 5), None], pa.timestamp("ns")),  # noqa: DTZ001
        price=[decimal.Decimal("1.10"), decimal.Decimal("2.00")],
        kind=pa.array(["x", "y"]).dictionary_encode(),
        raw=[b"ab", b"\xff\x00"],
        nested=[[1, 2], None],
        struct=[{"a": "é"}, None],
    )
    first, second = cells(open_table(path))
    assert first == (
        "007", "3", "1", "0.1", "true", "2025-01-02", "2025-01-02 03:04:05", "1.10", "x", "ab", "[1, 2]", '{"a": "é"}'
    )  # fmt: skip
    assert second == ("", "", "", "2.5", "false", "", "", "2.00", "y", "ff00", "", "")


def test_parquet_columns_keep_their_types_and_metadata(tmp_path):
    path = tmp_path / "a.parquet"
    schema = pa.schema([("n", pa.int16()), ("when", pa.date32())], metadata={"by": "me"})
    pq.write_table(pa.table({"n": [1, 2], "when": [dt.date(2025, 1, 2), None]}, schema=schema), path)
    score(open_table(path), tmp_path / "b.parquet")
    table = open_table(tmp_path / "b.parquet")
    assert table.managed == {2, 3, 4, 5}
    score(table, tmp_path / "c.parquet", values=(1.5, "good", "=W", "ok"))
    written = pq.read_table(tmp_path / "c.parquet")
    assert written.column_names == ["n", "when", *RESULTS]
    assert [str(kind) for kind in written.schema.types] == [
        "int16",
        "date32[day]",
        "double",
        "string",
        "string",
        "string",
    ]
    assert written.schema.metadata[b"by"] == b"me"
    assert written["n"].to_pylist() == [1, 2]


def test_many_batches_of_parquet_stay_beside_their_rows(tmp_path):
    path = parquet(tmp_path / "a.parquet", n=list(range(10_000)))
    table = open_table(path)
    from sheetjudge.tables.output import open_target

    target = open_target(tmp_path / "b.parquet", table)
    target.open(["Score"])
    for row in reversed(list(table.rows())):
        target.put(row, [float(row.position)])
    target.close()
    written = pq.read_table(tmp_path / "b.parquet")
    assert written["n"].to_pylist() == written["Score"].to_pylist()


@pytest.mark.parametrize("content", [b"no parquet at all", b"PAR1" + b"\0" * 20 + b"PAR1"])
def test_what_is_no_parquet_is_told_in_one_line(tmp_path, content):
    with pytest.raises(TableError, match="isn't a Parquet file, or is damaged") as caught:
        open_table(write(tmp_path / "t.parquet", content))
    assert "\n" not in str(caught.value)


def test_a_parquet_whose_names_are_no_utf8_is_told_in_one_line(tmp_path):
    pq.write_table(pa.table({"zzzz": ["x"]}), tmp_path / "t.parquet")
    damaged = (tmp_path / "t.parquet").read_bytes().replace(b"zzzz", b"\xff\xfe\xff\xfe")
    with pytest.raises(TableError, match="isn't a Parquet file, or is damaged") as caught:
        open_table(write(tmp_path / "t.parquet", damaged))
    assert "\n" not in str(caught.value)


def test_a_parquet_whose_text_is_no_utf8_is_told_with_its_column(tmp_path):
    text = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.array([0, 1], pa.int32()).buffers()[1], pa.py_buffer(b"\xff")]
    )
    pq.write_table(pa.table({"fine": ["x"], "old": text}), tmp_path / "t.parquet")
    with pytest.raises(TableError, match="column 'old'"):
        open_table(tmp_path / "t.parquet")


def test_a_parquet_without_rows_is_an_error(tmp_path):
    with pytest.raises(TableError, match="no rows"):
        open_table(parquet(tmp_path / "t.parquet", n=pa.array([], pa.int64())))


@pytest.mark.parametrize("name", ["t.jsonl", "t.parquet"])
def test_a_header_row_is_refused_where_columns_have_names(tmp_path, name):
    path = tmp_path / name
    if name.endswith("l"):
        write(path, '{"a": 1}\n')
    else:
        parquet(path, a=[1])
    with pytest.raises(TableError, match="no header row 2"):
        open_table(path, header_row=2)

"""Edits are packed into few blocks and small payloads, each value at its place."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.core.row_marks import Mark, fingerprint, new_id, version_of
from sheetjudge.tables.sheet_rows import Edit, Present
from sheetjudge.tables.sheet_writing import LONGEST_CELL, PAYLOAD_BYTES, batches, cell_value

MARK = Mark(new_id(), fingerprint(["x"]), version_of("r"), version_of("a"))
ROWS = [Present(fingerprint([str(n)]), is_blank=False, values=(None,) * 3) for n in range(400)]


def placed(found):
    """What each cell gets: (row, column) -> value."""
    cells = {}
    for batch in found:
        for change in batch:
            ((kind, block),) = change.items()
            assert block["fields"] == "userEnteredValue"
            for row, column, cell in repeated(block) if kind == "repeatCell" else written(block):
                assert (row, column) not in cells
                cells[row, column] = next(iter(cell.get("userEnteredValue", {"": ""}).values()))
    return cells


def written(block):
    for row, values in enumerate(block["rows"], start=block["start"]["rowIndex"]):
        for column, cell in enumerate(values["values"], start=block["start"]["columnIndex"]):
            yield row, column, cell


def repeated(block):
    area = block["range"]
    for row in range(area["startRowIndex"], area["endRowIndex"]):
        for column in range(area["startColumnIndex"], area["endColumnIndex"]):
            yield row, column, block["cell"]


@given(
    edits=st.dictionaries(
        st.integers(0, 60),
        st.dictionaries(st.integers(0, 2), st.sampled_from(["ok", 1, 1.0, True, None, "", "x"]), max_size=3),
    ),
    columns=st.lists(st.integers(0, 40), min_size=4, max_size=4, unique=True),
    first=st.integers(1, 5),
)
def test_every_value_and_every_mark_goes_to_its_own_cell(edits, columns, first):
    expected = {(first + row, columns[3]): str(MARK) for row in edits}
    for row, cells in edits.items():
        expected |= {(first + row, columns[i]): "" if value is None else value for i, value in cells.items()}
    wanted = [Edit(row, edits[row], MARK) for row in sorted(edits)]
    assert placed(batches(wanted, ROWS, columns[:3], columns[3], 0, first)) == expected


def test_neighbours_share_a_block():
    edits = [Edit(row, {0: "a", 1: "b"}, MARK) for row in (1, 2, 3, 6)]
    (batch,) = batches(edits, ROWS, [5, 6], 7, 9, 1)
    assert [change["updateCells"]["start"] for change in batch] == [
        {"sheetId": 9, "rowIndex": 2, "columnIndex": 5},
        {"sheetId": 9, "rowIndex": 7, "columnIndex": 5},
    ]


def test_the_same_value_in_many_rows_is_written_once():
    edits = [Edit(row, {0: row, 1: "ok" if row < 300 else "stale"}, MARK) for row in range(400) if row != 100]
    (batch,) = batches(edits, ROWS, [5, 6], 7, 9, 1)
    repeats = [change["repeatCell"] for change in batch if "repeatCell" in change]
    spans = [(r["range"]["startRowIndex"], r["range"]["endRowIndex"], r["cell"]) for r in repeats]
    ok, stale = ({"userEnteredValue": {"stringValue": text}} for text in ("ok", "stale"))
    assert spans == [(1, 101, ok), (102, 301, ok), (301, 401, stale)]
    assert len(placed([batch])) == 3 * 399


def test_all_cells_of_a_row_are_in_one_batch():
    edits = [Edit(row, {0: f"{row}" + "é" * 5000, 1: row, 2: "ok"}, MARK) for row in range(400)]
    rows = [{row for row, _ in placed([batch])} for batch in batches(edits, ROWS, [1, 5, 6], 3, 0, 1)]
    assert len(rows) > 1
    assert sum(map(len, rows)) == 400
    assert all(len(placed([batch])) % 4 == 0 for batch in batches(edits, ROWS, [1, 5, 6], 3, 0, 1))


def test_a_persons_text_in_the_column_of_marks_stays():
    taken = [Present(fingerprint(["0"]), is_blank=False, values=(None,), is_taken=True)]
    (batch,) = batches([Edit(0, {0: "a"}, MARK)], taken, [5], 6, 0, 1)
    assert placed([batch]) == {(1, 5): "a"}


def test_payloads_stay_small():
    edits = [Edit(row, {0: f"{row}" + "é" * 5000, 1: row}, MARK) for row in range(400)]
    found = list(batches(edits, ROWS, [1, 2], 3, 0, 1))
    assert max(len(json.dumps(batch, ensure_ascii=False).encode()) for batch in found) <= PAYLOAD_BYTES * 1.05
    assert len(found) <= 3
    assert len(placed(found)) == 3 * 400


def test_values_as_a_cell_can_hold_them():
    assert cell_value(None) is None
    assert cell_value("=1") == "=1"
    assert cell_value(4.5) == 4.5
    assert cell_value(float("nan")) == "nan"
    assert cell_value("a\ud83d") == "a\ufffd"
    cut = cell_value("x" * 60_000)
    assert len(cut) == LONGEST_CELL
    assert cut.endswith("[cut]")
    cut = cell_value("x" + "😀" * 30_000)
    assert len(cut.encode("utf-16-le")) // 2 <= LONGEST_CELL
    assert cut.endswith("😀 … [cut]")
    assert cell_value("a\x00b\x1b[2J\tc\nd\r\n") == "a\ufffdb\ufffd[2J\tc\nd\r\n"

"""Results are packed into few ranges and small payloads, each value at its place."""

from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.tables.sheet_layout import SheetLayout
from sheetjudge.tables.sheet_target import LONGEST_CELL, PAYLOAD_BYTES, cell_json, payloads

LAYOUT = SheetLayout("Book", "It's a tab", 0, 1000, 30, {})


def column_index(letters):
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def placed(batches):
    """What each cell gets: (row, column) -> value."""
    found = {}
    for batch in batches:
        for part in batch:
            first, top, last, bottom = re.fullmatch(
                r"'It''s a tab'!([A-Z]+)(\d+):([A-Z]+)(\d+)", part["range"]
            ).groups()
            assert int(bottom) - int(top) + 1 == len(part["values"])
            for row, cells in enumerate(part["values"], start=int(top)):
                assert len(cells) == column_index(last) - column_index(first) + 1
                for column, value in enumerate(cells, start=column_index(first)):
                    assert (row, column) not in found
                    found[row, column] = value
    return found


@given(
    st.dictionaries(
        st.integers(2, 60), st.lists(st.text(max_size=3) | st.integers() | st.none(), min_size=4, max_size=4)
    ),
    st.lists(st.integers(0, 40), min_size=4, max_size=4, unique=True),
)
def test_every_value_goes_to_its_own_cell(rows, columns):
    expected = {(row, columns[i]): cell_json(values[i]) for row, values in rows.items() for i in range(4)}
    assert placed(payloads(rows, LAYOUT, columns)) == expected


def test_neighbours_share_a_range():
    (batch,) = payloads({row: ["a", "b"] for row in (2, 3, 4, 7)}, LAYOUT, [5, 6])
    assert [part["range"] for part in batch] == ["'It''s a tab'!F2:G4", "'It''s a tab'!F7:G7"]


def test_payloads_stay_small():
    rows = {row: ["é" * 5000, row] for row in range(2, 400)}
    batches = list(payloads(rows, LAYOUT, [1, 2]))
    assert max(len(json.dumps(batch)) for batch in batches) <= PAYLOAD_BYTES * 1.01
    assert len(batches) <= 9
    assert len(placed(batches)) == 2 * 398


def test_values_as_the_api_takes_them():
    assert cell_json(None) == ""
    assert cell_json("=1") == "=1"
    assert cell_json(4.5) == 4.5
    assert cell_json(float("nan")) == "nan"
    assert cell_json("a\ud83d") == "a\ufffd"
    cut = cell_json("x" * 60_000)
    assert len(cut) == LONGEST_CELL
    assert cut.endswith("[cut]")

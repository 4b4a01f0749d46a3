"""Headers of results beside those of another rubric."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from sheetjudge.core.rubric_file import rubric_from_sentence
from sheetjudge.ops.row_values import own_headers
from sheetjudge.tables.guard import without_formula

EARLIER = ("Style · tone", "tone", "pace")


@given(st.text(max_size=60))
@example('=HYPERLINK("http://x";"Click")')
@example("@SUM(1)|cmd")
@example("= = + 1")
@example("\u200b=1")
@example("-- --")
def test_no_header_is_a_formula_whatever_a_rubric_is_called(name):
    rubric = replace(rubric_from_sentence("Is the answer clear?"), name=name)
    headers = own_headers(("Score", "clear", "Why", "Status"), rubric, EARLIER)
    assert [header.rpartition(" · ")[2] for header in headers] == ["Score", "clear", "Why", "Status"]
    assert all(header.rpartition(" · ")[0] for header in headers)
    assert all(without_formula(header) == header for header in headers)
    assert len({header.rpartition(" · ")[0] for header in headers}) == 1

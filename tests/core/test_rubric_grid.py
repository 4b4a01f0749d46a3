from hypothesis import given, settings
from rubric_strategies import rubrics

from sheetjudge.core.rubric_grid import read_grid, rubric_grid


@settings(max_examples=300)
@given(rubrics())
def test_a_rubric_that_was_written_into_a_tab_reads_back_the_same(rubric):
    grid = rubric_grid(rubric)
    reading = read_grid(grid, "Other")
    assert reading.problems == ()
    assert reading.rubric == rubric
    assert reading.rubric.version == rubric.version

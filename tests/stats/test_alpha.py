"""Krippendorff's alpha against published figures and a plain computation."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sheetjudge.stats.alpha import IntervalAlpha, NominalAlpha

# The example of Krippendorff (2011), section C: four observers, twelve units, missing data.
OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)
UNITS = [[v for v in unit if v is not None] for unit in zip(*OBSERVERS, strict=True)]


def alpha(kind, units):
    found = kind()
    for unit in units:
        found.add(unit)
    return found.value


def test_as_published():
    assert alpha(IntervalAlpha, UNITS) == pytest.approx(0.849, abs=5e-4)
    assert alpha(NominalAlpha, [[str(v) for v in unit] for unit in UNITS]) == pytest.approx(0.743, abs=5e-4)


def plainly(units, distance):
    """The definition: 1 - observed / expected disagreement, over all ordered pairs."""
    units = [unit for unit in units if len(unit) > 1]
    values = [v for unit in units for v in unit]
    n = len(values)
    observed = sum(sum(distance(a, b) for a, b in permutations(u, 2)) / (len(u) - 1) for u in units) / n
    expected = sum(distance(a, b) for a, b in permutations(values, 2)) / (n * (n - 1))
    return 1 - observed / expected


units = st.lists(st.lists(st.integers(1, 5), max_size=4), min_size=1, max_size=12)


@given(units)
def test_as_defined(found):
    values = {v for unit in found if len(unit) > 1 for v in unit}
    assume(len(values) > 1)
    assert alpha(IntervalAlpha, found) == pytest.approx(plainly(found, lambda a, b: (a - b) ** 2))
    labels = [[str(v) for v in unit] for unit in found]
    assert alpha(NominalAlpha, labels) == pytest.approx(plainly(labels, lambda a, b: a != b))


@pytest.mark.parametrize("found", [[], [[3], []], [[3, 3], [3, 3, 3]], [[0.1, 0.1], [0.1, 0.1]]])
def test_what_cannot_be_told(found):
    assert alpha(IntervalAlpha, found) is None
    assert alpha(NominalAlpha, [[str(v) for v in unit] for unit in found]) is None


@given(units, st.floats(0.1, 100), st.floats(-100, 100))
def test_the_unit_and_the_origin_of_the_scale_mean_nothing(found, unit, origin):
    values = {v for u in found if len(u) > 1 for v in u}
    assume(len(values) > 1)
    moved = [[origin + unit * v for v in u] for u in found]
    assert alpha(IntervalAlpha, moved) == pytest.approx(alpha(IntervalAlpha, found), abs=1e-4)

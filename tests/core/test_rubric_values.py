"""Scales, references to columns, and a rubric's version."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.core.rubric import YES_NO, Criterion, Rubric, Scale, integer_scale, label_scale, with_references

scales = st.one_of(
    st.just(YES_NO),
    st.tuples(st.integers(-50, 50), st.integers(1, 100)).map(lambda pair: integer_scale(pair[0], sum(pair))),
    st.lists(st.text(min_size=1), min_size=2, max_size=6, unique=True).map(lambda names: label_scale(tuple(names))),
)


class TestScale:
    @given(scales)
    def test_labels_and_values_correspond(self, scale):
        assert [scale.value_of(label) for label in scale.labels] == list(range(scale.low, scale.high + 1))
        assert [scale.nearest_label(scale.value_of(label)) for label in scale.labels] == list(scale.labels)

    @given(scales, st.floats(0, 1))
    def test_shares_and_values_correspond(self, scale, share):
        value = scale.at(share)
        assert scale.low <= value <= scale.high
        assert scale.normalised(value) == pytest.approx(share, abs=1e-12)
        assert (scale.normalised(scale.low), scale.normalised(scale.high)) == (0.0, 1.0)

    @given(scales, st.floats(-200, 200))
    def test_the_nearest_label_is_the_nearest(self, scale, value):
        nearest = scale.value_of(scale.nearest_label(value))
        assert abs(nearest - value) <= min(abs(scale.value_of(label) - value) for label in scale.labels) + 1e-9

    def test_halves_go_up(self):
        assert [integer_scale(-2, 2).nearest_label(v) for v in (-1.5, -0.5, 0.5, 1.5)] == ["-1", "0", "1", "2"]
        assert YES_NO.nearest_label(0.5) == "yes"

    @given(scales, st.text())
    def test_other_answers_have_no_value(self, scale, answer):
        if answer not in scale.labels:
            with pytest.raises(KeyError):
                scale.value_of(answer)

    @pytest.mark.parametrize(
        ("scale", "text"),
        [
            (integer_scale(1, 5), "1-5"),
            (integer_scale(-2, 2), "-2..2"),
            (integer_scale(-5, -1), "-5..-1"),
            (YES_NO, "yes/no"),
            (label_scale(("a", "b")), "a, b"),
        ],
    )
    def test_as_a_person_writes_it(self, scale, text):
        assert str(scale) == text


class TestReferences:
    @pytest.mark.parametrize(
        ("ask", "names"),
        [
            ("plain", ()),
            ("{A}", ("A",)),
            ("{A} and { B } and {A}", ("A", "B")),
            ("{{A}}", ()),
            ("{{{A}}}", ("A",)),
            ("{{{{A}}}}", ()),
            ("{A\nB}", ()),
            ("{}", ()),
            ("{Ideal answer} }}{{", ("Ideal answer",)),
        ],
    )
    def test_names(self, ask, names):
        assert Criterion("c", ask, YES_NO).references == names

    def test_those_of_the_statement_too(self):
        assert Criterion("c", "{A}", YES_NO, statement="{B} {A}").references == ("A", "B")

    @pytest.mark.parametrize(
        ("text", "filled"),
        [
            ("{A}!", "one!"),
            ("{ A }{B}", "one{A}"),
            ("{{A}} {A}", "{A} one"),
            ("{{{A}}}", "{one}"),
            ("}}{{", "}{"),
            ("a } b", "a } b"),
        ],
    )
    def test_filled_in_once(self, text, filled):
        assert with_references(text, {"A": "one", "B": "{A}"}) == filled

    @given(st.text("{}A B\n"), st.text("{}AB"))
    def test_what_is_named_is_what_is_filled_in(self, text, value):
        names = Criterion("c", text, YES_NO).references
        filled = with_references(text, dict.fromkeys(names, value))
        assert isinstance(filled, str)
        if not names:
            assert with_references(text, {}) == filled
        for missing in names:
            with pytest.raises(KeyError):
                with_references(text, {name: value for name in names if name != missing})


CRITERION = Criterion("a", "Is it {B}?", integer_scale(1, 5), levels={"1": "bad", "5": "good"})
CHECK = Criterion("n", "", YES_NO, check={"words": {"max": 9}})
RUBRIC = Rubric("R", (CRITERION, CHECK), integer_scale(1, 5), about="About.")
OF_CRITERION = {
    "id": "b",
    "ask": "Is it?",
    "scale": integer_scale(1, 4),
    "statement": "It is.",
    "weight": 2.0,
    "required": 3.0,
    "levels": {"1": "bad", "5": "fine"},
    "check": {"words": {"max": 8}},
}
OF_RUBRIC = {"name": "S", "criteria": (CRITERION,), "scale": integer_scale(0, 5), "about": "", "locale": "de"}


class TestVersion:
    def test_twelve_hex_digits_the_same_for_the_same_rubric(self):
        assert len(RUBRIC.version) == 12
        int(RUBRIC.version, 16)
        same = Rubric(
            "R",
            (replace(CRITERION, levels=dict(CRITERION.levels)), replace(CHECK)),
            Scale("integer", 1, 5),
            about="About.",
        )
        assert same.version == RUBRIC.version

    def test_every_field_is_tried(self):
        assert set(OF_CRITERION) == {f.name for f in fields(Criterion)}
        assert set(OF_RUBRIC) == {f.name for f in fields(Rubric)}

    @pytest.mark.parametrize(("name", "value"), OF_RUBRIC.items())
    def test_changes_with_each_field_of_the_rubric(self, name, value):
        assert replace(RUBRIC, **{name: value}).version != RUBRIC.version

    @pytest.mark.parametrize(("name", "value"), OF_CRITERION.items())
    def test_changes_with_each_field_of_a_criterion(self, name, value):
        changed = replace(RUBRIC, criteria=(replace(CRITERION, **{name: value}), CHECK))
        assert changed.version != RUBRIC.version

    def test_changes_with_order(self):
        assert replace(RUBRIC, criteria=(CHECK, CRITERION)).version != RUBRIC.version
        turned = replace(CRITERION, scale=label_scale(("x", "y")))
        other = replace(CRITERION, scale=label_scale(("x", "y"), ordered=False))
        assert replace(RUBRIC, criteria=(turned,)).version != replace(RUBRIC, criteria=(other,)).version


def test_a_judge_is_asked_what_is_no_check():
    assert RUBRIC.asked == (CRITERION,)

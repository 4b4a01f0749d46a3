"""Rubrics of every kind that a file can describe."""

from __future__ import annotations

from hypothesis import strategies as st

from sheetjudge.core.checks import compile_check
from sheetjudge.core.criterion_ids import MANAGED_NAMES
from sheetjudge.core.rubric import YES_NO, Criterion, Rubric, integer_scale, label_scale

sentences = (
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\ufeff"))
    .map(str.strip)
    .filter(bool)
)
asks = sentences.map(lambda t: t.replace("{", "{{").replace("}", "}}")) | st.just("Like {Ideal answer}?")
names = st.text("abcÄ漢_-09", min_size=1, max_size=12).filter(lambda t: t[0] not in "-_")
labels = sentences.map(lambda t: " ".join(t.split())[:20].strip()).filter(bool)
label_lists = st.lists(labels | st.sampled_from(["yes", "no", "007", "1", "null", "~", "a, b", "true"]),
                       min_size=2, max_size=4, unique_by=str.casefold)  # fmt: skip


def is_words(found) -> bool:
    numbers = all(name.lstrip("+-−").isdecimal() for name in found)  # noqa: RUF001
    return not numbers and {name.casefold() for name in found} != {"yes", "no"}


scales = st.one_of(
    st.just(YES_NO),
    st.builds(lambda low, size: integer_scale(low, low + size), st.integers(-9, 9), st.integers(1, 100)),
    label_lists.filter(is_words).map(lambda found: label_scale(tuple(found))),
    label_lists.map(lambda found: label_scale(tuple(found), ordered=False)),
)
counts = st.integers(0, 10**6)
checks = st.one_of(
    st.tuples(counts, counts).map(lambda t: {"words": {"min": min(t), "max": max(t)}}),
    st.fixed_dictionaries({"characters": st.fixed_dictionaries({"max": counts})}, optional={"column": labels}),
    st.lists(st.text("aé1 ", min_size=1).filter(str.strip), min_size=1).map(lambda t: {"contains": {"any": t}}),
    st.floats(-1e9, 1e9).map(lambda x: {"number": {"min": x}}),
    st.sampled_from(["007", "yes", "1e5", "null", "a: b", "{x}", "#"]).map(lambda v: {"equals": {"value": v}}),
    st.sampled_from([{"column": "B", "tolerance": "5%"}, {"column": "B", "as": "text"}]).map(lambda v: {"equals": v}),
    st.sampled_from(["^[0-9]+$", "yes", r"\d{3}", "'"]).map(lambda p: {"matches": {"pattern": p, "not": True}}),
    st.just({"url": {"https": True, "host": ["example.org"]}}),
    st.just({"date": {"after": "2024-12-31", "format": "%d.%m.%Y"}}),
    st.just({"json": {"schema": {"type": "object", "properties": {"yes": {"const": None}, "n": {"minimum": 1.5}},
                              "required": ["yes"]}}}),
)  # fmt: skip


@st.composite
def criteria(draw, row_scale):
    is_check = draw(st.booleans())
    scale = draw(scales.filter(lambda s: s.ordered or not is_check))
    described = draw(st.lists(st.sampled_from(scale.labels), unique=True, max_size=4))
    required = draw(st.sampled_from(scale.labels[1:])) if scale.ordered and draw(st.booleans()) else None
    return Criterion(
        id="",
        ask="" if is_check else draw(asks),
        scale=row_scale if draw(st.booleans()) and not is_check and not described and not required else scale,
        statement=draw(asks | st.just("")),
        weight=draw(st.floats(0, 1e6) | st.integers(0, 9).map(float)),
        required=None if required is None else scale.value_of(required),
        levels={label: draw(sentences) for label in scale.labels if label in described},
        check=compile_check(draw(checks)).spec if is_check else None,
    )


@st.composite
def rubrics(draw):
    row_scale = draw(scales.filter(lambda s: s.ordered))
    ids = draw(st.lists(names.filter(lambda n: n.casefold() not in map(str.casefold, MANAGED_NAMES)),
                        min_size=1, max_size=3, unique_by=str.casefold))  # fmt: skip
    found = [Criterion(**{**vars(draw(criteria(row_scale))), "id": name}) for name in ids]
    if all(c.weight == 0 for c in found):
        found[0] = Criterion(**{**vars(found[0]), "weight": 1.0})
    return Rubric(
        name=" ".join(draw(sentences).split())[:100].strip() or "N",
        criteria=tuple(found),
        scale=row_scale,
        about=draw(sentences | st.just("")),
        locale=draw(st.sampled_from(["en", "de", "pt-BR"])),
    )

"""Token probabilities become the distribution that the model really had, or nothing."""

from __future__ import annotations

import json
import math
import re
from itertools import accumulate, pairwise

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sheetjudge.core.chat import TokenLogprob
from sheetjudge.core.rubric import YES_NO, integer_scale, label_scale
from sheetjudge.judging.distribution import LEAST_COVERAGE, expectation, mixed, only_scores, score_distribution

ONE_TO_FIVE = integer_scale(1, 5)
NOUGHT_TO_TEN = integer_scale(0, 10)
DEPTH = label_scale(("very low", "low", "high", "very high"))


def token(text, p, **others):
    """A token of probability `p`; `others` are given as a mapping text -> probability under `top`."""
    top = {text: p} | others.get("top", {})
    ranked = sorted(top.items(), key=lambda pair: -pair[1])
    return TokenLogprob(text, math.log(p), tuple((t, math.log(q)) for t, q in ranked))


def sure(text):
    return TokenLogprob(text, 0.0)


def distribution(tokens, scale, score):
    """The distribution where `score` (JSON text) stands in the tokens' text; the last place where it does."""
    text = "".join(t.token for t in tokens)
    begin = text.rindex(score)
    found = score_distribution(tokens, (begin, begin + len(score)), scale)
    return None if found is None else {label: p for label, p in found if p}


class TestNumbers:
    def test_of_one_token(self):
        tokens = [sure('{"a":'), token("4", 0.5, top={"5": 0.3, "3": 0.2}), sure("}")]
        assert distribution(tokens, ONE_TO_FIVE, "4") == pytest.approx({"3": 0.2, "4": 0.5, "5": 0.3})

    @pytest.mark.parametrize("four", ["4", " 4", "4}", " 4}", '": 4', '": 4}', "4,\n"])
    def test_merged_with_what_stands_around_them(self, four):
        tokens = [
            sure('{"a'),
            *([] if '"' in four else [sure('":')]),
            token(four, 0.6, top={four.replace("4", "2"): 0.4}),
        ]
        if "}" not in four:
            tokens.append(sure("}"))
        assert distribution(tokens, ONE_TO_FIVE, "4") == pytest.approx({"2": 0.4, "4": 0.6})

    def test_blanks_before_an_alternative_change_nothing(self):
        tokens = [sure('{"a":'), token(" 4", 0.4, top={"4": 0.2, "  4": 0.1, "\n3": 0.1, "3": 0.2}), sure("}")]
        assert distribution(tokens, ONE_TO_FIVE, "4") == pytest.approx({"4": 0.7, "3": 0.3})

    def test_alternatives_that_say_nothing_yet_are_left_out(self):
        tokens = [
            sure('{"a":'),
            token(" 4", 0.6, top={" ": 0.2, "\n": 0.1, ' "': 0.05, " five": 0.03, "": 0.02}),
            sure("}"),
        ]
        assert distribution(tokens, ONE_TO_FIVE, "4") == {"4": 1.0}

    def test_an_alternative_with_another_beginning_is_left_out(self):
        tokens = [sure('{"a'), token('": 4', 0.7, top={'": ': 0.1, '4": 1': 0.1, "4": 0.1}), sure("}")]
        assert distribution(tokens, ONE_TO_FIVE, "4") == {"4": 1.0}

    def test_digit_by_digit(self):
        tokens = [
            sure('{"a":'),
            token("1", 0.6, top={"7": 0.4}),
            token("0", 0.25, top={"}": 0.5, ",": 0.25}),
            sure("}"),
        ]
        assert distribution(tokens, NOUGHT_TO_TEN, "10") == pytest.approx({"10": 0.15, "1": 0.45, "7": 0.4})

    def test_the_shorter_number_where_the_longer_was_possible(self):
        tokens = [sure('{"a":'), token("1", 0.6, top={"7": 0.4}), token("}", 0.75, top={"0": 0.25})]
        assert distribution(tokens, NOUGHT_TO_TEN, "1") == pytest.approx({"10": 0.15, "1": 0.45, "7": 0.4})

    def test_an_alternative_that_begins_several_is_shared_among_them(self):
        tokens = [sure('{"a":'), token("7", 0.6, top={"1": 0.4}), sure("}")]
        assert distribution(tokens, NOUGHT_TO_TEN, "7") == pytest.approx({"7": 0.6, "1": 0.2, "10": 0.2})

    def test_but_not_where_the_model_writes_numbers_whole(self):
        tokens = [sure('{"a":'), token(" 2", 0.6, top={" 1": 0.39, " 10": 0.01}), sure("}")]
        assert distribution(tokens, NOUGHT_TO_TEN, "2") == pytest.approx({"2": 0.6, "1": 0.39, "10": 0.01})

        tokens = [sure('{"a":'), TokenLogprob(" 10", math.log(0.6), ((" 1", math.log(0.4)),)), sure("}")]
        assert distribution(tokens, NOUGHT_TO_TEN, "10") == pytest.approx({"10": 0.6, "1": 0.4})

    def test_three_digits(self):
        tokens = [
            sure('{"a":'),
            token("1", 0.9, top={"9": 0.1}),
            token("0", 0.8, top={"5": 0.2}),
            token("0", 0.5, top={"}": 0.5}),
            sure("}"),
        ]
        found = distribution(tokens, integer_scale(0, 100), "100")
        assert found["100"] == pytest.approx(0.36)
        assert found["10"] == pytest.approx(0.36)
        assert found["15"] == pytest.approx(0.18)
        assert found["9"] == found["99"] == pytest.approx(0.1 / 11)

    def test_below_zero(self):
        tokens = [
            sure('{"a":'),
            token(" -", 0.7, top={" 1": 0.2, " 0": 0.1}),
            token("2", 0.9, top={"1": 0.1}),
            sure("}"),
        ]
        found = distribution(tokens, integer_scale(-2, 2), "-2")
        assert found == pytest.approx({"-2": 0.63, "-1": 0.07, "0": 0.1, "1": 0.2})

    def test_a_number_written_as_text_tells_nothing(self):
        tokens = [sure('{"a":'), sure('"'), token("4", 0.6, top={"5": 0.4}), sure('"}')]
        assert distribution(tokens, ONE_TO_FIVE, '"4"') is None


class TestWords:
    def test_labels_that_begin_alike(self):
        tokens = [
            sure('{"a": '),
            token('"', 0.9, top={'"low': 0.1}),
            token("very", 0.8, top={"high": 0.2}),
            token(" low", 0.75, top={" high": 0.25}),
            sure('"}'),
        ]
        found = distribution(tokens, DEPTH, '"very low"')
        assert found == pytest.approx({"low": 0.1, "high": 0.18, "very low": 0.54, "very high": 0.18})

    def test_one_label_that_goes_on_as_another(self):
        scale = label_scale(("good", "good enough"), ordered=False)
        tokens = [sure('{"a": '), sure('"good'), token('"', 0.3, top={" enough": 0.6, '",': 0.1}), sure("}")]
        assert distribution(tokens, scale, '"good"') == pytest.approx({"good": 0.4, "good enough": 0.6})

    @pytest.mark.parametrize("yes", ['"yes', ' "yes', '"yes"', ' "yes"}', '": "yes"}}', '"y'])
    def test_yes_with_quotes_merged(self, yes):
        tokens = [sure('{"a'), *([] if yes.startswith('":') else [sure('":')])]
        tokens += [
            token(yes, 0.7, top={yes.replace("yes", "no").replace("y", "n"): 0.3}),
            sure('yes"}'[len(yes.split("y")[1]) + 1 :] or " "),
        ]
        assert distribution(tokens, YES_NO, '"yes"') == pytest.approx({"yes": 0.7, "no": 0.3})

    def test_in_another_case(self):
        tokens = [sure('{"a": "'), token("Yes", 0.45, top={"no": 0.4, "NO": 0.15}), sure('"}')]
        assert distribution(tokens, YES_NO, '"Yes"') == pytest.approx({"yes": 0.45, "no": 0.55})

    def test_labels_in_capitals(self):
        tokens = [sure('{"a": "'), token("good", 0.7, top={"Poor": 0.2, "GOOD": 0.1}), sure('"}')]
        assert distribution(tokens, label_scale(("Poor", "Good")), '"good"') == pytest.approx(
            {"Poor": 0.2, "Good": 0.8}
        )

    @pytest.mark.parametrize(("written", "score"), [("true", "true"), ("\\u0079es", '"\\u0079es"'), (" yes", '" yes"')])
    def test_an_answer_spelt_otherwise_leaves_no_rival_alone_on_the_scale(self, written, score):
        quote = "" if score == "true" else '"'
        tokens = [sure('{"a": ' + quote), token(written, 0.4, top={"no" if quote else '"no"': 0.6}), sure(quote + "}")]
        assert distribution(tokens, YES_NO, score) is None


class TestNothing:
    def test_too_little_of_the_probability(self):
        assert distribution([sure('{"a":'), token("4", 0.3, top={"5": 0.1}), sure("}")], ONE_TO_FIVE, "4") is None

    @pytest.mark.parametrize(
        "alone", [TokenLogprob("4", math.log(0.6)), TokenLogprob("4", math.log(0.6), (("4", math.log(0.6)),))]
    )
    def test_a_token_without_alternatives(self, alone):
        assert distribution([sure('{"a":'), alone, sure("}")], ONE_TO_FIVE, "4") is None

    def test_a_token_that_is_certain_needs_none(self):
        assert distribution([sure('{"a":'), TokenLogprob("4", -1e-4), sure("}")], ONE_TO_FIVE, "4") == {"4": 1.0}

    def test_tokens_of_another_text(self):
        assert score_distribution([sure('{"a": 4}')], (40, 41), ONE_TO_FIVE) is None
        assert score_distribution([], (0, 1), ONE_TO_FIVE) is None
        assert score_distribution([sure("x"), token("y", 0.5, top={"4": 0.5})], (1, 2), ONE_TO_FIVE) is None

    def test_a_reply_that_ends_where_the_number_may_go_on(self):
        assert distribution([sure('{"a":'), token("1", 0.6, top={"7": 0.4})], NOUGHT_TO_TEN, "1") is None

    @pytest.mark.parametrize("figure", [math.nan, math.inf, -math.inf, 800.0, 1e-9])
    def test_figures_that_are_no_log_probabilities(self, figure):
        tokens = [sure('{"a":'), TokenLogprob("4", math.log(0.6), (("4", math.log(0.6)), ("5", figure))), sure("}")]
        found = distribution(tokens, ONE_TO_FIVE, "4")
        assert found is not None
        assert sum(found.values()) == pytest.approx(1.0)
        tokens = [sure('{"a":'), TokenLogprob("4", figure, (("5", math.log(0.3)),)), sure("}")]
        found = distribution(tokens, ONE_TO_FIVE, "4")
        assert found is None or all(0 <= p <= 1 for p in found.values())


# A model that has a probability for each answer and writes each answer in tokens of its own: what it would report.

scales = st.one_of(
    st.sampled_from([ONE_TO_FIVE, NOUGHT_TO_TEN, integer_scale(0, 100), integer_scale(-12, 12), YES_NO, DEPTH]),
    st.lists(st.text('abc "\\é', min_size=1, max_size=4), min_size=2, max_size=5, unique_by=lambda s: s.strip())
    .filter(lambda names: all(name == name.strip() for name in names))
    .map(lambda names: label_scale(tuple(names))),
)


@st.composite
def reports(draw):
    """(tokens of a reply, span of its score, scale, true probability of each label, what each path's text was).

    The texts of all labels are cut into tokens at random; the report along the sampled one follows from them exactly.
    """
    scale = draw(scales)
    labels = draw(st.lists(st.sampled_from(scale.labels), min_size=1, max_size=8, unique=True))
    weights = [draw(st.integers(1, 50)) for _ in labels]
    truth = {label: w / sum(weights) for label, w in zip(labels, weights, strict=True)}
    before, lead = '{"é": {"reason": "2 of {3}", "score', draw(st.sampled_from(['": ', '":', '" :\n ']))
    merged = draw(st.integers(0, len(lead)))
    head = _cut(draw, before + lead[:merged])
    paths = {}
    for label in labels:
        score = label if scale.kind == "integer" else json.dumps(label, ensure_ascii=False)
        paths[label] = (*head, *_cut(draw, lead[merged:] + score + "}}\n"))
    sampled = draw(st.sampled_from(labels))
    tokens, reached = [], ()
    for text in paths[sampled]:
        following = {}
        for label, path in paths.items():
            if path[: len(reached)] == reached:
                following[path[len(reached)]] = following.get(path[len(reached)], 0.0) + truth[label]
        total = sum(following.values())
        ranked = sorted(following.items(), key=lambda pair: -pair[1])
        top = tuple((t, math.log(p / total)) for t, p in ranked)
        tokens.append(TokenLogprob(text, math.log(following[text] / total), top))
        reached = (*reached, text)
    begin = len(before + lead)
    whole = sampled if scale.kind == "integer" else json.dumps(sampled, ensure_ascii=False)
    return tokens, (begin, begin + len(whole)), scale, truth, paths, sampled


def _cut(draw, text):
    places = (
        sorted(draw(st.sets(st.integers(1, len(text) - 1), max_size=6)) | {0, len(text)})
        if len(text) > 1
        else [0, len(text)]
    )
    return tuple(text[a:b] for a, b in pairwise(places) if b > a)


def expected(span, scale, truth, paths, sampled):
    """The true distribution given the tokens before the score's first one.

    A label that parted from the sampled one at an ambiguous token is shared among those that it could have become.
    """
    tails = {
        label: (label if scale.kind == "integer" else json.dumps(label, ensure_ascii=False)) + "}}\n"
        for label in scale.labels
    }
    ends = list(accumulate(map(len, paths[sampled])))
    before_score = max([0, *(end for end in ends if end <= span[0])])
    given = 0.0
    masses = dict.fromkeys(scale.labels, 0.0)
    for label, p in truth.items():
        shared = 0
        while shared < len(paths[label]) and paths[label][shared] == (*paths[sampled], None)[shared]:
            shared += 1
        seen = "".join(paths[label][: shared + 1])[span[0] :].lstrip()
        if label != sampled and len("".join(paths[label][:shared])) < before_score:
            continue  # it parted before the score's first token
        given += p
        if not seen and label != sampled:
            continue  # nothing of the score was visible yet
        possible = [other for other, tail in tails.items() if tail.startswith(seen)] if label != sampled else [label]
        if scale.kind == "integer" and seen in possible:
            reached = "".join(paths[sampled][:shared])
            beside = [path for path in map(paths.get, truth) if path[:shared] == paths[sampled][:shared]]
            ends = ("".join(path[: shared + 1])[max(span[0], len(reached)) :] for path in beside)
            if any(re.match(r"\s*-?[0-9]{2}", end) for end in ends):
                possible = [seen]  # a number stands there in one piece, so this one is whole as well
        for other in possible:
            masses[other] += p / len(possible)
    return {label: mass / given for label, mass in masses.items()}


@given(reports())
def test_the_models_own_distribution_comes_out(report):
    tokens, span, scale, truth, paths, sampled = report
    wanted = expected(span, scale, truth, paths, sampled)
    coverage = sum(wanted.values())
    assume(abs(coverage - LEAST_COVERAGE) > 1e-6)
    found = score_distribution(tokens, span, scale)
    if coverage < LEAST_COVERAGE:
        assert found is None
        return
    assert [label for label, _ in found] == list(scale.labels)
    assert dict(found) == pytest.approx({label: p / coverage for label, p in wanted.items()}, abs=1e-9)
    assert sum(p for _, p in found) == pytest.approx(1.0)
    assert scale.low <= expectation(found, scale) <= scale.high


@given(reports(), reports(), st.booleans())
def test_only_the_tokens_at_the_scores_are_needed(first, second, also_empty):
    tokens, offset, spans = [], 0, []
    for part, span, scale, *_ in (first, second):
        for piece in part:
            tokens += [piece, TokenLogprob("", 0.0)] if also_empty else [piece]
        spans.append(((span[0] + offset, span[1] + offset), scale))
        offset += sum(len(t.token) for t in part)
    kept = only_scores(tokens, [span for span, _ in spans])
    assert "".join(t.token for t in kept) == "".join(t.token for t in tokens)
    assert len(kept) <= len(tokens)
    for span, scale in spans:
        assert score_distribution(kept, span, scale) == score_distribution(tokens, span, scale)


def test_only_scores_drops_the_alternatives_of_everything_else():
    tokens = [token(c, 0.5, top={"x": 0.5}) for c in '{"a":4}']
    kept = only_scores(tokens, [(5, 6)])
    assert [t.token for t in kept] == ['{"a":', "4", "}"]
    assert [bool(t.top) for t in kept] == [False, True, True]
    assert [t.token for t in only_scores(tokens, [])] == ['{"a":4}']
    assert only_scores([], []) == ()


@given(st.lists(st.lists(st.floats(0.01, 1), min_size=5, max_size=5), min_size=1, max_size=6))
def test_a_mixture_is_the_mean_of_its_parts(rows):
    parts = [tuple((str(i + 1), w / sum(row)) for i, w in enumerate(row)) for row in rows]
    mixture = mixed(parts)
    assert sum(p for _, p in mixture) == pytest.approx(1.0)
    means = [expectation(part, ONE_TO_FIVE) for part in parts]
    assert expectation(mixture, ONE_TO_FIVE) == pytest.approx(sum(means) / len(means))


@given(st.sampled_from([ONE_TO_FIVE, YES_NO, integer_scale(-2, 2), DEPTH]), st.integers(0, 4))
@example(integer_scale(0, 100), 100)
def test_a_certain_answer_has_its_own_value(scale, index):
    label = scale.labels[index % len(scale.labels)]
    assert expectation(((label, 1.0000000001),), scale) == pytest.approx(scale.value_of(label))
    assert expectation(((scale.labels[-1], 1.0000000001),), scale) == scale.high

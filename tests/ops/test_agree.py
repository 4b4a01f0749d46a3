"""`agree`: what is read of a table, what is said, and what isn't."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score

from sheetjudge.core.rubric import YES_NO, integer_scale, label_scale
from sheetjudge.errors import ConfigError
from sheetjudge.ops.agree_labels import inferred_scale, read_answer, scale_of
from sheetjudge.sandbox import start as start_sandbox
from tests.ops.scoring import JudgeServer, inside, truth, write_rubric, write_table

RUBRIC = """\
name: Grants
scale: 1-5
criteria:
  - {id: question, ask: Is there one clear question, weight: 3}
  - {id: budget, ask: Is the budget justified, scale: yes/no}
"""
HEADER = [
    "Id",
    "Text",
    "Ana · question",
    "ANA: budget",
    "Ben (question)",
    "Score",
    "question",
    "budget",
    "Why",
    "Status",
]


def mark(row, shift):
    return (row * 7 + row // 5 * shift) % 5 + 1


def row(n, **changes):
    question, budget = mark(n, 0), "yes" if n % 3 else "no"
    score = (3 * question + (5 if budget == "yes" else 1)) / 4
    cells = {
        "Id": f"P{n}", "Text": "word " * (n % 11 + 1), "Ana · question": str(mark(n, n % 4 == 0)),
        "ANA: budget": "Yes" if n % 4 else "no", "Ben (question)": str(mark(n, n % 3 == 0)), "Score": f"{score:g}",
        "question": str(question), "budget": budget, "Why": "", "Status": "ok",
    }  # fmt: skip
    return [(cells | changes)[name] for name in HEADER]


ROWS = [row(n) for n in range(40)]


@pytest.fixture
def rubric(tmp_path):
    return write_rubric(tmp_path, RUBRIC)


def agreed(tmp_path, *options, rows=None, header=HEADER):
    table = write_table(tmp_path / "t.csv", rows or ROWS, header)
    return inside("agree", table, *options)


def found(tmp_path, *options, **more):
    ran = agreed(tmp_path, *options, "--json", **more)
    assert ran.code in (0, 1), ran.err
    told = json.loads(ran.out)
    return told, {part["criterion"]: part for part in told["criteria"]}


OTHERS = """\
name: Replies
criteria:
  - {id: tone, ask: Is it polite}
  - {id: budget, ask: Is the budget justified, scale: yes/no}
"""


def test_a_rubric_that_asks_nothing_of_what_was_judged_is_refused(tmp_path):
    other = write_rubric(tmp_path, OTHERS.replace("id: budget", "id: length"))
    ran = agreed(tmp_path, "--human", "Ana", "--rubric", other)
    assert ran.code == 2
    assert "'Replies' asks nothing of what t.csv was judged by: question, budget." in ran.err


def test_a_rubric_that_asks_something_else_is_told_of(tmp_path):
    told, _ = found(tmp_path, "--human", "Ben=Ben (question)", "--rubric", write_rubric(tmp_path, OTHERS))
    said = " ".join(told["notes"])
    assert "asks for tone, of which t.csv holds no results" in said
    assert "holds results for question, for which the rubric 'Replies' doesn't ask" in said
    same, _ = found(tmp_path, "--human", "Ana", "--rubric", write_rubric(tmp_path, RUBRIC))
    assert not any("asks for" in note or "doesn't ask" in note for note in same["notes"])


def test_a_criterion_that_is_called_as_a_filters_column_is_makes_no_filter(tmp_path, rubric):
    rows = [[*cells[:8], "yes", *cells[8:]] for cells in ROWS]
    _, parts = found(
        tmp_path, "--human", "Ana", "--rubric", rubric, rows=rows, header=[*HEADER[:8], "Keep", *HEADER[8:]]
    )
    assert parts["question"]["rows"] == 40


def test_results_under_another_rubrics_name_are_told_of(tmp_path, rubric):
    named = ["Score", "question", "budget", "Why", "Status"]
    for name, is_told in (("Grants", False), ("Other", True)):
        header = [f"{name} · {text}" if text in named else text for text in HEADER]
        told, _ = found(tmp_path, "--human", "Ana", "--rubric", rubric, header=header)
        assert any("'Other · Score', and the rubric is called 'Grants'" in note for note in told["notes"]) == is_told


def test_labels_stand_beside_what_sheetjudge_wrote(tmp_path, rubric):
    told, parts = found(tmp_path, "--human", "Ana", "--human", "Ben", "--rubric", rubric)
    assert list(parts) == ["question", "budget", "overall"]
    assert told["people"] == [
        {"rater": "Ana", "criterion": "question", "column": "Ana · question"},
        {"rater": "Ana", "criterion": "budget", "column": "ANA: budget"},
        {"rater": "Ben", "criterion": "question", "column": "Ben (question)"},
    ]
    (judge,) = parts["question"]["judges"]
    with_ana = judge["pairs"][0]
    expected = cohen_kappa_score([int(r[6]) for r in ROWS], [int(r[2]) for r in ROWS], weights="quadratic")
    assert with_ana["figures"]["kappa_quadratic"]["value"] == pytest.approx(expected)
    assert with_ana["figures"]["kappa_quadratic"]["low"] < expected < with_ana["figures"]["kappa_quadratic"]["high"]
    assert sum(map(sum, with_ana["confusion"])) == 40
    assert parts["question"]["ceiling"]["mean"]["kappa_quadratic"]["value"] is not None
    assert parts["budget"]["scale"] == "yes/no"
    assert parts["budget"]["ceiling"] is None


def test_the_row_as_a_whole_is_drawn_from_labels_as_the_rubric_weighs_them(tmp_path, rubric):
    _, parts = found(tmp_path, "--human", "Ana", "--rubric", rubric)
    (pair,) = parts["overall"]["judges"][0]["pairs"]
    mine = [(3 * int(r[2]) + (5 if r[3] == "Yes" else 1)) / 4 for r in ROWS]
    theirs = [float(r[5]) for r in ROWS]
    assert pair["figures"]["above"]["value"] == pytest.approx(sum(theirs) / 40 - sum(mine) / 40)


def test_a_check_that_failed_counts_for_people_too(tmp_path):
    checked = RUBRIC + "  - {id: length, check: {words: {min: 3}}, weight: 0, required: true}\n"
    header = [*HEADER[:8], "length", *HEADER[8:]]
    rows = [[*cells[:8], "no" if n < 4 else "yes", *cells[8:]] for n, cells in enumerate(ROWS)]
    rubric = write_rubric(tmp_path, checked)
    _, parts = found(tmp_path, "--human", "Ana", "--rubric", rubric, rows=rows, header=header)
    (pair,) = parts["overall"]["judges"][0]["pairs"]
    assert sum(pair["confusion"][0]) >= 4
    people = [1.0 if n < 4 else (3 * int(r[2]) + (5 if r[3] == "Yes" else 1)) / 4 for n, r in enumerate(ROWS)]
    theirs = [1.0 if n < 4 else float(r[5]) for n, r in enumerate(ROWS)]
    assert pair["figures"]["above"]["value"] == pytest.approx(sum(theirs) / 40 - sum(people) / 40)


def test_rows_without_a_verdict_are_counted_and_never_numbers(tmp_path, rubric):
    lost = {3: "error: timed out", 5: "stale", 7: "skipped: nothing in Text"}
    rows = [
        row(n, **({"Status": lost[n]} | ({} if n == 5 else {"Score": "", "question": "", "budget": ""})))
        if n in lost
        else ROWS[n]
        for n in range(40)
    ]
    ran = agreed(tmp_path, "--human", "Ana", "--rubric", rubric, rows=rows)
    assert ran.code == 1
    for why in ("1 × error", "1 × its text changed since it was judged", "1 × skipped"):
        assert why in ran.out
    told, parts = found(tmp_path, "--human", "Ana", "--rubric", rubric, rows=rows)
    assert told["unscored"] == {"error": 1, "its text changed since it was judged": 1, "skipped": 1}
    judge = parts["question"]["judges"][0]
    assert (judge["rows"], judge["unscored"], judge["pairs"][0]["rows"]) == (37, 3, 37)


def test_a_row_that_failed_on_one_criterion_counts_for_the_others(tmp_path, rubric):
    rows = [row(0, Score="", budget="", Status="error: budget unscored: timed out"), *ROWS[1:]]
    _, parts = found(tmp_path, "--human", "Ana", "--rubric", rubric, rows=rows)
    assert [parts[name]["judges"][0]["rows"] for name in ("question", "budget")] == [40, 39]


def test_labels_that_cannot_be_read_are_told_by_row_and_blanks_are_not(tmp_path, rubric):
    changed = {2: {"Ana · question": "good"}, 4: {"Ana · question": "9"}, 6: {"Ana · question": " "}}
    rows = [row(n, **changed.get(n, {})) for n in range(40)]
    ran = agreed(tmp_path, "--human", "Ana", "--rubric", rubric, rows=rows)
    assert ran.code == 1
    assert "2 labels that can't be read" in ran.out
    assert "row 4, Ana · question: 'good': it is no answer of 1-5." in ran.out
    assert "row 6, Ana · question: '9': it isn't on 1-5." in ran.out
    told, parts = found(tmp_path, "--human", "Ana", "--rubric", rubric, rows=rows)
    assert [cell["row"] for cell in told["unread"]] == [4, 6]
    assert parts["question"]["rows"] == 37


def test_verdicts_from_elsewhere_and_their_jury(tmp_path):
    header = ["Story", "Ana · tone", "Ben · tone", "Big: tone", "Small: tone", "Mood"]
    rows = [
        [f"s{n}", mark(n, n % 4 == 0), mark(n, n % 3 == 0), mark(n, 0) + 0.25, mark(n, n % 2), "fine"]
        for n in range(40)
    ]
    options = ("--human", "Ana", "--human", "Ben", "--judge-column", "Big", "--judge-column", "Small", "--scale", "1-6")
    _, parts = found(tmp_path, *options, rows=rows, header=header)
    assert [judge["judge"] for judge in parts["tone"]["judges"]] == ["Big", "Small", "jury"]
    above = {judge["judge"]: judge["mean"]["above"]["value"] for judge in parts["tone"]["judges"]}
    assert above["jury"] == pytest.approx((above["Big"] + above["Small"]) / 2)
    ran = agreed(tmp_path, *options, rows=rows, header=header)
    for shown in ("Big – people", "Small – people", "jury – people", "people – each other", "chance"):
        assert shown in ran.out


def test_results_and_verdicts_from_elsewhere_side_by_side(tmp_path, rubric):
    rows = [[*cells, str(mark(n, 1))] for n, cells in enumerate(ROWS)]
    _, parts = found(
        tmp_path, "--human", "Ana", "--rubric", rubric, "--score", "Score", "--judge-column", "GPT · question",
        rows=rows, header=[*HEADER, "GPT · question"],
    )  # fmt: skip
    assert [judge["judge"] for judge in parts["question"]["judges"]] == ["the judge", "GPT", "jury"]


def test_words_are_read_by_the_scale(tmp_path):
    header = ["Text", "Human", "Model"]
    words = ("weak", "fair", "strong")
    rows = [[f"t{n}", words[n % 3].upper(), words[n * 2 % 3 if n % 5 else n % 3]] for n in range(30)]
    options = ("--judge-column", "Model", "--scale", "weak, fair, strong")
    told, parts = found(tmp_path, *options, rows=rows, header=header)
    assert told["people"] == [{"rater": "Human", "criterion": "overall", "column": "Human"}]
    figures = parts["overall"]["judges"][0]["mean"]
    expected = cohen_kappa_score([words.index(r[2]) for r in rows], [n % 3 for n in range(30)], weights="linear")
    assert figures["kappa_linear"]["value"] == pytest.approx(expected)
    assert not told["notes"]


def test_labels_without_a_rubric_are_taken_without_an_order_and_that_is_said(tmp_path):
    rows = [[f"t{n}", ("bug", "praise")[n % 2], ("bug", "praise")[n % 4 // 2]] for n in range(30)]
    told, parts = found(tmp_path, "--judge-column", "Model", rows=rows, header=["Text", "Human", "Model"])
    assert "labels without an order: bug, praise" in told["notes"][0]
    assert parts["overall"]["measures"] == ["exact", "kappa", "alpha"]


def test_marks_on_another_scale_are_compared_by_order_and_that_is_said(tmp_path, rubric):
    rows = [[*cells, str(10 * int(cells[6]) + n % 7)] for n, cells in enumerate(ROWS)]
    ran = agreed(tmp_path, "--human", "Points", "--rubric", rubric, rows=rows, header=[*HEADER, "Points"])
    assert ran.code == 0
    assert "Points's marks in 'Points' aren't on 1-5, so that only the order of rows is compared." in ran.out
    assert "kappa" not in ran.out


def test_too_few_labels_say_what_they_cannot_tell(tmp_path, rubric):
    rows = [row(n, **({} if n < 6 else {"Ana · question": "", "ANA: budget": ""})) for n in range(40)]
    ran = agreed(tmp_path, "--human", "Ana · question", "--rubric", rubric, rows=rows)
    assert "Whether the judge agrees with people can't be told: 6 rows are too few to tell." in ran.out
    assert "Only Ana labelled" in ran.out


def test_a_box_that_is_not_ticked_is_a_no_and_that_is_told(tmp_path, rubric):
    rows = [row(n, **{"ANA: budget": "TRUE" if n % 4 else "FALSE"}) for n in range(40)]
    told, parts = found(tmp_path, "--human", "Ana", "--rubric", rubric, rows=rows)
    assert parts["budget"]["rows"] == 40
    assert "FALSE about 'budget' counts as a no; a box that nobody has looked at yet shows it too." in told["notes"]


@given(
    st.sampled_from(
        [("yes", "no"), ("weak", "fair", "strong"), ("bug", "praise", "spam"), ("1", "2", "5"), ("0.1", "3,5")]
    ),
    st.sampled_from(
        [(), ("--scale", "weak, fair, strong"), ("--scale", "{labels: [bug, praise, spam], ordered: false}")]
    ),
    st.randoms(use_true_random=False),
    st.integers(1, 45),
    st.booleans(),
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_people_who_share_the_work_have_the_judge_in_common_and_no_row(tmp_path, words, scale, random, rows, shares):
    table = [
        [
            str(n),
            *(random.choice(words) if not shares or n % 2 == person else "" for person in range(2)),
            random.choice(words),
        ]
        for n in range(rows)
    ]
    options = ("--human", "Ana", "--human", "Ben", "--judge-column", "GPT", *scale)
    ran = agreed(tmp_path, *options, "--json", rows=table, header=["Id", "Ana", "Ben", "GPT"])
    assert ran.code in (0, 1, 2)
    assert "Traceback" not in ran.err
    if ran.code < 2:
        ceiling = json.loads(ran.out, parse_constant=refused)["criteria"][0]["ceiling"]
        if shares and ceiling is not None:
            assert ceiling["alpha"]["value"] is None
            assert all(pair["rows"] == 0 for pair in ceiling["pairs"])


def refused(constant):
    raise AssertionError(f"{constant} is no number")


def test_numbers_that_are_on_no_scale_are_refused_and_compared_by_order_on_request(tmp_path):
    rows = [[str(n), str(10 ** (n % 17)), str(n % 17)] for n in range(30)]
    said = agreed(tmp_path, "--human", "Ana", "--judge-column", "GPT", rows=rows, header=["Id", "Ana", "GPT"])
    assert (said.code, "too far apart" in said.err) == (2, True)
    _, parts = found(
        tmp_path, "--human", "Ana", "--judge-column", "GPT", "--scale", "1-5", rows=rows, header=["Id", "Ana", "GPT"]
    )
    assert parts["overall"]["only_order"]
    assert parts["overall"]["judges"][0]["mean"]["spearman"]["value"] == pytest.approx(1)


def test_columns_without_a_label_yet(tmp_path, rubric):
    rows = [row(n, **{"Ana · question": "", "ANA: budget": "", "Ben (question)": ""}) for n in range(40)]
    ran = agreed(tmp_path, "--human", "Ana", "--rubric", rubric, rows=rows)
    assert (ran.code, "no label yet in 'Ana · question', 'ANA: budget'" in ran.err) == (2, True)
    rows = [row(n, **{"Ana · question": ""}) for n in range(40)]
    told, parts = found(tmp_path, "--human", "Ana", "--human", "Ben", "--rubric", rubric, rows=rows)
    assert parts["question"]["people"] == ["Ben"]
    assert "Ana gave no label about 'question'." in told["notes"]


def test_three_people_have_the_annotator_test(tmp_path, rubric):
    rows = [[*cells, str(mark(n, n % 2))] for n, cells in enumerate(ROWS)]
    more = {"rows": rows, "header": [*HEADER, "Cleo: question"]}
    people = [part for name in ("Ana · question", "Ben", "Cleo") for part in ("--human", name)]
    _, parts = found(tmp_path, *people, "--rubric", rubric, "--epsilon", "0.1", **more)
    test = parts["question"]["annotator_tests"]["the judge"]
    assert (test["epsilon"], [contest["person"] for contest in test["contests"]]) == (0.1, ["Ana", "Ben", "Cleo"])
    assert (
        "Alternative annotator test (ε = 0.1): the judge wins"
        in agreed(tmp_path, *people, "--rubric", rubric, "--epsilon", "0.1", **more).out
    )


def test_groups_and_length(tmp_path, rubric):
    rows = [[*cells, f"g{n // 3}"] for n, cells in enumerate(ROWS)]
    told, parts = found(
        tmp_path, "--human", "Ana", "--rubric", rubric, "--group", "Topic", rows=rows, header=[*HEADER, "Topic"]
    )
    assert (told["group"], parts["question"]["groups"]) == ("Topic", 14)
    assert "spearman_within" in parts["question"]["judges"][0]["mean"]
    assert told["advice"]["length_of"] == ["Text"]
    told, _ = found(tmp_path, "--human", "Ana", "--rubric", rubric, "--read", "Id")
    assert told["advice"]["length_of"] == ["Id"]


@pytest.mark.parametrize("named", [(), ("--human", "Human")])
def test_the_column_of_groups_is_no_label_though_it_is_headed_as_a_criterion_is(tmp_path, named):
    rows = [[*cells, str(mark(n, 1)), f"g{n // 3}"] for n, cells in enumerate(ROWS)]
    told, _ = found(tmp_path, *named, "--group", "Budget", rows=rows, header=[*HEADER, "Human", "Budget"])
    assert [person["column"] for person in told["people"]] == ["Human"]
    ran = agreed(tmp_path, "--human", "Budget", "--group", "Budget", rows=rows, header=[*HEADER, "Human", "Budget"])
    assert (ran.code, "for the labels and for the groups" in ran.err) == (2, True)


@given(st.lists(st.sampled_from(["", "  ", "g1", "g2"]), min_size=40, max_size=40))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_row_without_a_group_stands_alone(tmp_path, named):
    alone = [name if name.strip() else f"only {n}" for n, name in enumerate(named)]
    options = ("--human", "Ana · question", "--judge-column", "question=Rated", "--scale", "1-5", "--group", "Topic")
    blank, full = (
        found(
            tmp_path,
            *options,
            rows=[[*ROWS[n], str(mark(n, n % 7 == 0)), group] for n, group in enumerate(groups)],
            header=[*HEADER, "Rated", "Topic"],
        )[1]
        for groups in (named, alone)
    )
    assert blank == full


def test_a_criterion_that_never_varies_is_named(tmp_path, rubric):
    rows = [row(n, budget="yes") for n in range(40)]
    assert (
        "The judge answers yes on 100% of 40 rows for budget: it hardly tells rows apart."
        in agreed(tmp_path, "--human", "Ana", "--rubric", rubric, rows=rows).out
    )


def test_the_rows_furthest_apart_are_shown_with_their_titles(tmp_path, rubric):
    rows = [row(0, **{"question": "5", "Ana · question": "1"}), *ROWS[1:]]
    assert "row 2: the judge 5, Ana 1  P0" in agreed(tmp_path, "--human", "Ana", "--rubric", rubric, rows=rows).out


@pytest.mark.parametrize(
    ("options", "header", "said"),
    [
        (("--human", "Ana"), [*HEADER[:5], "a", "b", "c", "d", "e"], "Run sheetjudge score on it first"),
        ((), HEADER, "Name it: --human COLUMN"),
        (("--human", "Anna"), HEADER, "no column 'Anna'"),
        (("--human", "Text"), HEADER, "Say what the answers are"),
        (("--human", "Ana", "--scale", "1-5", "--rubric", "essay"), HEADER, "Leave one out"),
        (("--human", "Ana", "--scale", "good"), HEADER, "is no scale"),
        (("--human", "Ana", "--group", "Topic"), HEADER, "no column 'Topic'"),
        (("--human", "Ana", "--judge-column", "Ben (question)", "--rubric", "essay"), HEADER, "isn't clear"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(tmp_path, options, header, said):
    ran = agreed(tmp_path, *options, header=header)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1


def test_what_people_labelled_and_nobody_judged_is_told(tmp_path, rubric):
    told, parts = found(tmp_path, "--human", "question=Ana · question", "--human", "Ben · budget=ANA: budget",
                        "--judge-column", "GPT · question=Ben (question)", "--rubric", rubric)  # fmt: skip
    assert list(parts) == ["question"]
    assert "Labelled and not judged, so left out: budget." in told["notes"]


def test_a_sheet_that_was_scored_in_place(tmp_path):
    texts = [[f"This is row-{n}. It says so.", str(min(5, truth(n) + n % 2))] for n in range(15)]
    key = tmp_path / "key.json"
    with start_sandbox(credentials=key) as google, JudgeServer() as server:
        url = google.load("Answers", [["Answer", "Ana · clear"], *texts])
        google_options = ("--credentials", key, "--rubric", write_rubric(tmp_path))
        scored = inside("score", url, *google_options, "--read", "Answer", "--judge", f"{server.url}#m")
        assert scored.code == 0, scored.err
        ran = inside("agree", url, *google_options, "--human", "Ana", "--json")
    assert ran.code == 0, ran.err
    (part,) = json.loads(ran.out)["criteria"]
    figures = part["judges"][0]["mean"]
    expected = cohen_kappa_score([truth(n) for n in range(15)], [int(t[1]) for t in texts], weights="quadratic")
    assert figures["kappa_quadratic"]["value"] == pytest.approx(expected)


def test_model_text_and_cell_text_command_no_terminal(tmp_path, rubric):
    rows = [row(n, Id="\x1b[2Jgone", **({"Ana · question": "\x1b]0;title\x07"} if n == 1 else {})) for n in range(40)]
    ran = agreed(tmp_path, "--human", "Ana", "--rubric", rubric, rows=rows)
    assert "\x1b" not in ran.out


# --- cells ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scale", "text", "value"),
    [
        (integer_scale(1, 5), " 4 ", 4.0), (integer_scale(1, 5), "3,5", 3.5), (integer_scale(1, 5), "", None),
        (YES_NO, "TRUE", 1.0), (YES_NO, "n", 0.0), (YES_NO, "0.25", 0.25),
        (label_scale(("Weak", "Strong")), "strong", 1.0),
    ],
)  # fmt: skip
def test_answers_are_read_by_the_scale(scale, text, value):
    assert read_answer(scale, text) == value


@pytest.mark.parametrize(
    ("scale", "text"),
    [
        (integer_scale(1, 5), "four"), (integer_scale(1, 5), "6"), (integer_scale(1, 5), "4/5"),
        (integer_scale(1, 5), "nan"), (YES_NO, "maybe"), (label_scale(("weak", "strong")), "str"),
        (label_scale(("weak", "strong")), "1"), (integer_scale(1, 5), "n/a"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_never_one(scale, text):
    assert isinstance(read_answer(scale, text), str)


@given(st.integers(-20, 20), st.integers(1, 30), st.text(max_size=8))
def test_a_cell_is_an_answer_of_the_scale_or_none(low, size, text):
    scale = integer_scale(low, low + size)
    for written in (text, str(low + size // 2), str(low + size + 1)):
        answer = read_answer(scale, written)
        assert answer is None or isinstance(answer, str) or scale.low <= answer <= scale.high


def test_scales_in_words():
    assert scale_of("1-5") == integer_scale(1, 5)
    assert scale_of("yes/no") == YES_NO
    assert scale_of("weak, fair, strong") == label_scale(("weak", "fair", "strong"))
    with pytest.raises(ConfigError):
        scale_of("a: [b")


def test_scales_by_what_stands_there():
    assert inferred_scale(["1", "4", "5"], ["2.5"]) == integer_scale(1, 5)
    assert inferred_scale(["yes", "No"], ["yes"]) == YES_NO
    assert inferred_scale(["2", "4"], ["1", "5", "3"]) == integer_scale(1, 5), "a judge may give what nobody gave"
    assert inferred_scale(["2", "4"], ["80", "95", "60"]) == integer_scale(2, 4), "but not from another scale"
    assert inferred_scale([f"free text {n}" for n in range(40)], []) is None
    assert inferred_scale(["5"], ["1", "5", "4", "5"]) == integer_scale(1, 5), "one label is no whole scale"
    assert inferred_scale(["2", "4"], ["3"], ["80", "95"]) == integer_scale(2, 4), "each judge by itself"


marks = st.lists(st.sampled_from(["", *map(str, range(-2, 12))]), min_size=12, max_size=12)


@given(marks.filter(any), marks, marks)
@example(["2"] * 12, ["0", "1"] * 6, ["0", "-1"] * 6)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_scale_that_was_guessed_leaves_no_mark_out(tmp_path, people, first, second):
    header = ["Id", "Human", "One", "Two"]
    rows = [[f"P{n}", *cells] for n, cells in enumerate(zip(people, first, second, strict=True))]
    told, parts = found(tmp_path, "--judge-column", "One", "--judge-column", "Two", rows=rows, header=header)
    assert not told["unread"]
    for judge, answers in zip(parts["overall"]["judges"], (first, second), strict=False):
        both = sum(bool(mark and label) for mark, label in zip(answers, people, strict=True))
        assert judge["rows"] == both


@pytest.mark.parametrize("kind", ["words", "scale", "order"])
def test_words_are_held_against_numbers_by_their_order_alone(tmp_path, kind):
    words = ["weak", "fair", "good", "strong", "superb"]
    rows = [[f"P{n}", words[mark(n, n % 4 == 0) - 1], str(mark(n, 0)), "", "ok"] for n in range(40)]
    said = {"words": [], "scale": ["--scale", "1-5"], "order": ["--scale", ", ".join(words)]}[kind]
    ran = agreed(tmp_path, *said, "--json", rows=rows, header=["Id", "Human", "Score", "Why", "Status"])
    if kind != "order":
        assert ran.code == 2
        told = "are words, and the answers in 'Score' are numbers" if kind == "words" else "that of row 2 is 'weak'"
        assert told in ran.err
        assert "no label yet" not in ran.err
        return
    (part,) = json.loads(ran.out)["criteria"]
    own = spearmanr([words.index(r[1]) for r in rows], [int(r[2]) for r in rows]).statistic
    assert part["judges"][0]["mean"]["spearman"]["value"] == pytest.approx(own)
    assert "exact" not in part["judges"][0]["mean"]
    assert part["only_order"]


@pytest.mark.parametrize(("highest", "is_told"), [(5, False), (10, True)])
def test_marks_that_may_be_on_two_scales_are_told_of(tmp_path, highest, is_told):
    marks = [1 + n % highest for n in range(40)]
    rows = [[f"P{n}", str(mark(n, 0)), str(told), "", "ok"] for n, told in enumerate(marks)]
    told, _ = found(tmp_path, rows=rows, header=["Id", "Human", "Score", "Why", "Status"])
    assert any("go up to 5 in 'Human', 10 in 'Score'" in note for note in told["notes"]) == is_told
    assert not told["unread"]


def test_words_that_only_people_use_are_told_of(tmp_path):
    rows = [[f"P{n}", "x" if n % 2 else "", "yes" if n % 3 else "no", "ok"] for n in range(40)]
    told, _ = found(tmp_path, "--human", "M", "--judge-column", "J", rows=rows, header=["Id", "M", "J", "Note"])
    assert any("('x') is one that 'J' holds ('no', 'yes')" in note for note in told["notes"])


def test_a_header_on_two_lines_breaks_no_line(tmp_path):
    header = [text.replace("question", "one\nline").replace("budget", "of\nmoney") for text in HEADER]
    lines = agreed(tmp_path, "--human", "Ana", "--scale", "1-5", header=header).out.splitlines()
    assert any(line.startswith("one line (1-5), 40 labelled rows") for line in lines)
    assert not any(line.startswith(("line", "money")) for line in lines)


@pytest.mark.parametrize(
    ("named", "is_told"),
    [((), True), (("--human", "Human"), True), (("--human", "overall=Human"), False), (("--human", "Budget"), False)],
)
def test_a_column_that_is_headed_as_a_criterion_is_may_hold_something_else(tmp_path, rubric, named, is_told):
    rows = [[*cells, str(mark(n, 1)), "yes" if n % 2 else "no"] for n, cells in enumerate(ROWS)]
    told, _ = found(tmp_path, *named, "--rubric", rubric, rows=rows, header=[*HEADER, "Human", "Budget"])
    assert any("'Budget' is headed as a criterion is" in note for note in told["notes"]) == is_told


def test_why_a_criterion_is_left_out_is_said_as_it_is(tmp_path, rubric):
    def notes(**cells):
        rows = [row(n, **cells) for n in range(40)]
        return found(tmp_path, "--human", "Ana", "--rubric", rubric, rows=rows)[0]["notes"]

    assert "Nobody has labelled 'budget' yet, so that it is left out." in notes(**{"ANA: budget": ""})
    unreadable = "No label about 'budget' can be read as an answer of yes/no, so that it is left out."
    assert unreadable in notes(**{"ANA: budget": "perhaps"})


def test_of_two_columns_with_one_header_the_one_that_was_taken_is_told(tmp_path, rubric):
    rows = [[*cells, "3"] for cells in ROWS]
    told, _ = found(
        tmp_path, "--human", "Ana · question", "--rubric", rubric, rows=rows, header=[*HEADER, "Ana · question"]
    )
    assert any("2 columns are headed 'Ana · question': by that name the first is meant" in n for n in told["notes"])


def test_of_many_rows_some_are_enough_for_advice(tmp_path, monkeypatch, rubric):
    monkeypatch.setattr("sheetjudge.ops.agree.MOST_ADVISED", 30)
    told, parts = found(tmp_path, "--human", "Ana · question", "--rubric", rubric)
    assert "Advice on the rubric rests on 30 of 40 rows, labelled ones first." in told["notes"]
    assert parts["question"]["rows"] == 40
    assert {follows["partial"]["rows"] for follows in told["advice"]["length"]} == {30}


def labelled_table(tmp_path, rows, extra=()):
    header = ["Id", "Text", "Score", "Human", *extra]
    lines = []
    for n in range(rows):
        score = 1 + (n * 37 % 41) / 10
        label = str(round(min(max(score - 0.8, 1), 5))) if n % 5 == 0 else ""
        lines.append([f"P{n}", "text", f"{score:.1f}", label, *([""] * len(extra))])
    return write_table(tmp_path / f"{rows}.csv", lines, header)


def test_labels_speak_of_all_rows_and_of_the_scale(tmp_path):
    table = labelled_table(tmp_path, 200)
    result = inside("agree", table, "--human", "Human", "--score", "Score", "--scale", "1-5", "--json")
    (found,) = json.loads(result.out)["criteria"]
    whole = next(iter(found["all_rows"].values()))
    together, alone = whole["labels_with_judge"], whole["labels_alone"]
    assert (together["rows"], together["labels"]) == (200, 40)
    assert alone["low"] < together["low"] < together["value"] < together["high"] < alone["high"]
    assert together["high"] < whole["judge_mean"]
    assert whole["calibration"]["helps"]
    assert whole["drawn_in_strata"] is False
    said = inside("agree", table, "--human", "Human", "--score", "Score", "--scale", "1-5").out
    assert "Of all 200 rows people would say" in said
    assert "if they were drawn at random" in said
    told = whole["calibration"]
    assert (
        f"off by {told['after']['root_mean_square']:.2f} in place of {told['before']['root_mean_square']:.2f}" in said
    )
    assert "would bring it nearer to people" in said


@pytest.mark.parametrize("seed", range(3))
def test_rows_that_label_drew_count_in_the_strata_of_the_score_that_it_drew_by(tmp_path, seed):
    rng = np.random.default_rng(seed)
    rows = 400
    # Low scores are to be reviewed, so that more of them are labelled; another judge knows nothing of the rows.
    score, other = np.sort(rng.uniform(1, 5, rows)), rng.integers(1, 6, rows)
    want = np.round(score)
    lines = [
        [f"P{n}", "text", f"{score[n]:.3f}", "", "review: close" if n < rows // 3 else "ok", f"{other[n]}"]
        for n in range(rows)
    ]
    table = write_table(tmp_path / "t.csv", lines, ["Id", "Text", "Score", "Why", "Status", "GPT"])
    drawn = tmp_path / "drawn.csv"
    inside("label", table, "--rows", "80", "--seed", seed, "--out", drawn)
    with drawn.open(encoding="utf-8", newline="") as file:
        header, *told = csv.reader(file)
    for n, line in enumerate(told):
        line[header.index("Human")] = f"{want[n]:g}" if line[header.index("To label")] else ""
    write_table(drawn, told, header)
    options = ("--judge-column", "GPT", "--scale", "1-5", "--json")
    whole = json.loads(inside("agree", drawn, "--score", "Score", *options).out)["criteria"][0]["all_rows"]
    assert whole["GPT"]["labels_alone"] == whole["the judge"]["labels_alone"], "labels are what they are by any judge"
    for told in (whole["GPT"]["labels_alone"], whole["GPT"]["labels_with_judge"]):
        assert told["low"] < want.mean() < told["high"]
    said = json.loads(inside("agree", drawn, *options).out)
    assert said["criteria"][0]["all_rows"] == {}
    assert "drawn by a score that isn't named" in " ".join(said["notes"])


def test_rows_that_label_drew_count_in_their_strata_and_too_few_labels_say_nothing(tmp_path):
    drawn = labelled_table(tmp_path, 200, ["To label"])
    said = inside("agree", drawn, "--human", "Human", "--score", "Score", "--scale", "1-5").out
    assert "drawn by sheetjudge label" in said
    few = labelled_table(tmp_path, 40)
    found = inside("agree", few, "--human", "Human", "--score", "Score", "--scale", "1-5", "--json").out
    assert json.loads(found)["criteria"][0]["all_rows"] == {}

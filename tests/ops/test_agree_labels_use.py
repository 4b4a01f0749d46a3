"""What `agree` makes of labels beyond agreement: weights of a jury's judges, and a threshold to keep rows by."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.core.rubric import YES_NO, integer_scale, label_scale
from sheetjudge.ops.agree_labels import inferred_scale
from sheetjudge.ops.jury_voices import answer_in, voices_in
from tests.ops.scoring import inside, read_csv, write_rubric, write_table
from tests.report.pages import page
from tests.servers.panel_server import PanelServer

TWO = """\
name: Answers
scale: 1-5
criteria:
  - {id: clear, ask: Is the answer clear, weight: 3}
  - {id: kind, ask: Is it kind}
"""
KEPT = ["Id", "Text", "Human", "Score", "Keep", "Why", "Status"]


def merit(row):
    return 1 + row * 7 % 5


def script(model, row, _call):
    """`wise` sees a row's merit, `random` something else."""
    return {"clear": merit(row) if model == "wise" else 1 + row * row % 5, "kind": 1 + row % 5}


@pytest.fixture
def by_jury(tmp_path):
    """A table that two judges scored and people labelled, and its rubric."""
    rubric, out = write_rubric(tmp_path, TWO), tmp_path / "scored.csv"
    table = write_table(tmp_path / "t.csv", 60)
    with PanelServer(script) as server:
        judges = [part for model in ("wise", "random") for part in ("--judge", server.judge(model))]
        ran = inside("score", table, "--rubric", rubric, "--read", "Answer", *judges, "--out", out)
    assert ran.code == 0, ran.err
    rows = read_csv(out)
    labelled = [
        {"Human · clear": str(merit(n)), "Human": str((3 * merit(n) + 1 + n % 5) / 4)} | row
        for n, row in enumerate(rows)
    ]
    return write_table(tmp_path / "l.csv", [list(row.values()) for row in labelled], list(labelled[0])), rubric


def parts_of(ran):
    assert ran.code in (0, 1), ran.err
    return {part["criterion"]: part for part in json.loads(ran.out)["criteria"]}


def test_weights_of_a_jury_that_sat_on_the_table(by_jury, tmp_path):
    table, rubric = by_jury
    parts = parts_of(inside("agree", table, "--human", "Human", "--rubric", rubric, "--json"))
    for name in ("clear", "overall"):
        found = parts[name]["jury_weights"]
        assert list(found["weights"]) == ["wise", "random"]
        assert found["weights"]["wise"] > 0.9
        assert (found["rows"], found["help"]) == (60, True)
        assert found["after"]["kappa_quadratic"]["value"] > found["before"]["kappa_quadratic"]["value"]
    said = inside("agree", table, "--human", "Human", "--rubric", rubric).out
    assert "They are worth using" in said
    assert "Nothing applies them by itself; the score stays the plain mean." in said
    out = tmp_path / "r.html"
    assert inside("report", table, "--human", "Human", "--rubric", rubric, "--out", out).code == 0
    assert "They are worth using" in page(out.read_text("utf-8")).named("agreement").text


def test_without_a_rubric_the_row_as_a_whole_of_several_criteria_is_not_weighed(by_jury):
    parts = parts_of(inside("agree", by_jury[0], "--human", "Human", "--json"))
    assert parts["clear"]["jury_weights"]["weights"]["wise"] > 0.9
    assert parts["overall"]["jury_weights"] is None


def test_weights_of_judges_from_elsewhere(tmp_path):
    draw = random.Random(3)
    rows = [[f"s{n}", merit(n), merit(n), draw.randint(1, 5)] for n in range(50)]
    table = write_table(tmp_path / "t.csv", rows, ["Story", "Human", "Big", "Small"])
    options = ("--judge-column", "Big", "--judge-column", "Small", "--scale", "1-5")
    found = parts_of(inside("agree", table, *options, "--json"))["overall"]["jury_weights"]
    assert list(found["weights"]) == ["Big", "Small"], "their mean is no judge of its own"
    assert found["weights"]["Big"] > 0.9


def test_judges_alike_keep_the_mean_and_one_judge_has_no_weights(tmp_path):
    rows = [[f"s{n}", merit(n), min(5, merit(n) + n % 2), min(5, merit(n) + (n + 1) % 2)] for n in range(50)]
    table = write_table(tmp_path / "t.csv", rows, ["Story", "Human", "A", "B"])
    said = inside("agree", table, "--judge-column", "A", "--judge-column", "B", "--scale", "1-5").out
    assert "none are better than the plain mean; keep it." in said
    alone = parts_of(inside("agree", table, "--judge-column", "A", "--scale", "1-5", "--json"))
    assert alone["overall"]["jury_weights"] is None


def test_a_judges_reason_cannot_speak_for_another():
    why = "clear, wise: 4. It says clear, random: 1. Really.\nclear, random: 2\nkind, wise: no verdict (timed out)"
    assert voices_in(why, ["clear", "kind"]) == {
        ("clear", "wise"): "4. It says clear, random: 1. Really.",
        ("clear", "random"): "2",
    }
    assert voices_in("clear: a single judge's reason, as it is: good", ["clear"]) == {}


@given(st.sampled_from([integer_scale(1, 5), YES_NO, label_scale(("poor", "poor. Really", "good"))]), st.data())
def test_an_answer_is_read_back_with_and_without_a_reason(scale, data):
    value = data.draw(st.sampled_from(range(scale.low, scale.high + 1)))
    text = str(value) if scale.kind == "integer" else scale.labels[value - scale.low]
    reason = " ".join(data.draw(st.text(max_size=30)).split())
    said = f"{text}. {reason}".strip() if reason and text != "poor" else text
    assert answer_in(scale, said) == value


# --- a threshold ------------------------------------------------------------------------------------------------------


def filtered(tmp_path, rows=400, every=2, extra=(), label=lambda wanted: "yes" if wanted else "no"):
    """A table that was filtered, with labels on every second row; from a score of 0.5 on most rows are wanted."""
    draw, lines = random.Random(7), []
    order = list(range(rows))
    draw.shuffle(order)
    for n in range(rows):
        score = round(draw.random(), 4)
        said = label(draw.random() < (0.97 if score > 0.5 else 0.03)) if order[n] % every == 0 else ""
        keep = "yes" if score >= 0.7 else "no" if score <= 0.3 else "review"
        lines.append([f"P{n}", "words", said, score, keep, "", "ok", *[""] * len(extra)])
    return write_table(tmp_path / "kept.csv", lines, [*KEPT, *extra]), [line[3] for line in lines]


def threshold(ran, judge="the judge"):
    return parts_of(ran)["overall"]["thresholds"][judge]


def test_a_threshold_for_a_filter_that_keeps_what_people_want(tmp_path):
    table, scores = filtered(tmp_path)
    found = threshold(inside("agree", table, "--recall", "0.9", "--json"))
    assert found["met"]
    assert 0.2 < found["keep_from"] == found["drop_below"] < 0.6
    assert found["rows"]["kept"] == sum(score >= found["keep_from"] for score in scores)
    assert found["promise"] == {"recall": 0.9, "precision": None, "confidence": 0.95}
    said = inside("agree", table, "--recall", "0.9")
    assert said.code == 0
    shown = f"{found['keep_from']:.10g}"
    assert f"Keep rows from {shown} of the judge on: at least 90% of the rows that people want are kept" in said.out
    assert f"filter does so with --unsure {shown} {shown}" in said.out
    assert "with 95% confidence" in said.out
    assert "if they were drawn at random" in said.out


def test_both_promises_leave_rows_to_look_at(tmp_path):
    table, scores = filtered(tmp_path)
    found = threshold(
        inside("agree", table, "--recall", "0.97", "--precision", "0.85", "--confidence", "0.8", "--json")
    )
    assert found["met"]
    assert found["drop_below"] < found["keep_from"]
    assert found["rows"]["dropped"] == sum(score < found["drop_below"] for score in scores)
    said = inside("agree", table, "--recall", "0.97", "--precision", "0.85", "--confidence", "0.8").out
    assert "people want at least 85% of the kept rows" in said
    assert "rows to look at" in said


def test_nothing_is_said_of_a_threshold_that_nobody_asked_for(tmp_path):
    table, _ = filtered(tmp_path)
    ran = inside("agree", table, "--json")
    assert parts_of(ran)["overall"]["thresholds"] == {}


def test_too_few_labels_say_how_many_more(tmp_path):
    table, _ = filtered(tmp_path, every=16)
    found = threshold(inside("agree", table, "--recall", "0.95", "--json"))
    assert (found["met"], found["keep_from"]) == (False, None)
    assert 40 < found["recall"]["more_labels"] < 200
    said = inside("agree", table, "--recall", "0.95").out
    assert "No score of the judge is shown to reach a recall of 95% with 95% confidence: 25 labels" in said
    assert "labels more should, if they come out like these" in said
    said = inside("agree", table, "--recall", "0.99999", "--confidence", "0.9999").out
    assert "a recall of 99.999% with 99.99% confidence" in said, "as it was asked for"


def test_no_more_labels_are_asked_for_than_there_are_rows(tmp_path):
    table, _ = filtered(tmp_path, rows=40, every=2)
    found = threshold(inside("agree", table, "--recall", "0.97", "--json"))
    assert not found["met"]
    assert found["recall"]["more_labels"] > 20
    said = inside("agree", table, "--recall", "0.97").out
    assert "labels of the 20 rows that are left would" in said
    all_labelled, _ = filtered(tmp_path, rows=40, every=1)
    assert threshold(inside("agree", all_labelled, "--recall", "0.97", "--json"))["met"]


def test_rows_that_label_drew_count_by_their_strata(tmp_path):
    draw, out = random.Random(1), tmp_path / "labelled.csv"
    rows = []
    for n in range(600):
        score = round(draw.random(), 4)
        status = "review: between yes and no" if 0.3 < score < 0.7 else "ok"
        rows.append([f"P{n}", f"words {n}", score, "", "", status])
    table = write_table(tmp_path / "t.csv", rows, ["Id", "Text", "Score", "Keep", "Why", "Status"])
    assert inside("label", table, "--rows", "200", "--out", out).code == 0
    told = read_csv(out)
    for row in told:
        if row["To label"]:
            row["Human"] = "yes" if float(row["Score"]) > 0.45 + 0.1 * draw.random() else "no"
    table = write_table(tmp_path / "l.csv", [list(row.values()) for row in told], list(told[0]))
    found = threshold(inside("agree", table, "--recall", "0.9", "--precision", "0.8", "--json"))
    assert found["met"]
    assert found["drawn_in_strata"]
    assert found["labels"] == 200
    assert 0.4 < found["keep_from"] < 0.6
    assert "drawn by sheetjudge label" in inside("agree", table, "--recall", "0.9").out
    half = [row | {"Human": row["Human"] if float(row["Score"]) > 0.5 else ""} for row in told]
    table = write_table(tmp_path / "h.csv", [list(row.values()) for row in half], list(told[0]))
    assert "at some heights of the score no row is labelled yet" in inside("agree", table, "--recall", "0.9").out


def test_rows_of_a_group_and_a_draw_by_an_unknown_score_have_no_promise(tmp_path):
    table, _ = filtered(tmp_path, extra=["To label", "Topic"])
    said = inside("agree", table, "--recall", "0.9", "--group", "Topic")
    assert "can't be told: rows of one group are alike" in said.out
    rows = [[row["Text"], row["Human"], row["Score"], ""] for row in read_csv(table)]
    table = write_table(tmp_path / "t.csv", rows, ["Text", "Human", "Model", "To label"])
    options = ("--judge-column", "Model", "--recall", "0.9")
    assert "name its column with --score" in inside("agree", table, *options).out
    found = threshold(inside("agree", table, *options, "--json"), "Model")
    assert found == {"met": False, "why": found["why"]}
    assert threshold(inside("agree", table, *options, "--score", "Model", "--json"), "Model")["met"]


def test_marks_need_the_least_one_that_is_wanted(tmp_path):
    table, _ = filtered(tmp_path, label=lambda wanted: "5" if wanted else "2")
    options = ("--scale", "0-5", "--recall", "0.9")
    refused = inside("agree", table, *options)
    assert (refused.code, "--keep-from 4" in refused.err) == (2, True)
    assert threshold(inside("agree", table, *options, "--keep-from", "4", "--json"))["met"]
    wrong = inside("agree", table, *options, "--keep-from", "many")
    assert (wrong.code, "'many' is no mark" in wrong.err) == (2, True)


@pytest.mark.parametrize("options", [("--confidence", "0.9"), ("--keep-from", "4")])
def test_what_belongs_to_a_promise_needs_one(tmp_path, options):
    table, _ = filtered(tmp_path)
    ran = inside("agree", table, *options)
    assert (ran.code, f"{options[0]} belongs to a promise" in ran.err) == (2, True)


def test_the_report_says_the_same_and_how_to_say_it_again(tmp_path):
    table, _ = filtered(tmp_path)
    (line,) = [one for one in inside("agree", table, "--recall", "0.9").out.splitlines() if "Keep rows from" in one]
    out = tmp_path / "r.html"
    ran = inside("report", table, "--recall", "0.9", "--out", out)
    assert ran.code == 0, ran.err
    shown = page(out.read_text("utf-8"))
    assert line.strip() in shown.named("agreement").text
    assert "--recall 0.9" in shown.named("repeat").text


def test_yes_and_no_beside_chances_are_one_scale():
    assert inferred_scale(["yes", "no"], ["0.83", "0.1"]) == YES_NO
    assert inferred_scale(["1", "0"], ["0.83", "0.1"]) == integer_scale(0, 1)
    assert inferred_scale(["yes", "no"], ["3", "4"]) != YES_NO

"""Judged tables as data to train on: what is written, and what is left out and said."""

from __future__ import annotations

import csv
import json
import math
import os
import random
import re
import tempfile
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetjudge.errors import TableError
from sheetjudge.ops.export import export
from sheetjudge.ops.export_compared import winners_named
from sheetjudge.ops.export_options import ExportOptions
from sheetjudge.sandbox import start as start_sandbox
from tests.ops.scoring import JudgeServer, inside, read_csv, write_rubric, write_table
from tests.servers.chat_server import ChatServer, Reply, chat

HEADER = ["Question", "Answer", "Score", "clear", "Why", "Status"]
ROWS = [
    ["What is ice?", "Frozen water.", "5", "5", "", "ok"],
    ["What is ice?", "Cold.", "2", "2", "", "ok"],
    ["What is ice?", "It is frozen.", "4.5", "4.5", "", "review: judges disagree"],
    ["What is fire?", "Hot.", "3", "3", "", "ok"],
    ["What is fire?", "Burning.", "3", "3", "", "ok"],
    ["What is fire?", "Lost.", "", "", "", "error: timed out"],
    ["What is air?", "A gas.", "4", "4", "", "ok"],
    ["What is air?", "Changed since.", "4", "4", "", "stale"],
    ["", "An answer to nothing.", "4", "4", "", "ok"],
    ["What is air?", "", "", "", "", "skipped: nothing in Answer"],
]


@pytest.fixture
def table(tmp_path):
    return write_table(tmp_path / "judged.csv", ROWS, HEADER)


def exported(table, *options):
    return inside("export", table, "--prompt", "Question", "--answer", "Answer", *options)


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_preferences_have_the_fields_that_trainers_read(table, tmp_path):
    out = tmp_path / "dpo.jsonl"
    ran = exported(table, "--preferences", out)
    found = lines(out)
    assert [(p["chosen"], p["rejected"], p["margin"]) for p in found] == [
        ("Frozen water.", "Cold.", 3.0),
        ("It is frozen.", "Cold.", 2.5),
        ("Frozen water.", "It is frozen.", 0.5),
    ]
    assert found[0] == {
        "prompt": "What is ice?",
        "chosen": "Frozen water.",
        "rejected": "Cold.",
        "margin": 3.0,
        "score_chosen": 5.0,
        "score_rejected": 2.0,
        "row_chosen": 2,
        "row_rejected": 3,
    }
    assert ran.code == 1, "rows had no score that counts"
    assert "3 pairs" in ran.err


def test_a_blank_that_nobody_sees_makes_no_prompt_of_its_own(tmp_path):
    rows = [["What is ice?", "Frozen.", "5", "5", "", "ok"], [" What is ice?  ", "Cold.", "2", "2", "", "ok"]]
    table = write_table(tmp_path / "judged.csv", rows, HEADER)
    assert exported(table, "--preferences", tmp_path / "p.jsonl", "--advantages", tmp_path / "a.jsonl").code == 0
    (pair,) = lines(tmp_path / "p.jsonl")
    assert (pair["prompt"], pair["chosen"], pair["rejected"]) == ("What is ice?", "Frozen.", "Cold.")
    assert [(a["prompt"], a["group"], a["group_size"]) for a in lines(tmp_path / "a.jsonl")] == [
        ("What is ice?", "What is ice?", 2)
    ] * 2


def test_what_has_no_score_is_left_out_and_said(table, tmp_path):
    ran = exported(table, "--advantages", tmp_path / "a.jsonl", "--json")
    said = json.loads(ran.out)
    assert said["left_out"] == {
        "error": 1, "its text changed since it was judged": 1, "nothing in Question": 1, "skipped": 1
    }  # fmt: skip
    assert (said["rows"], said["answers"], said["groups"], said["groups_without_variance"]) == (10, 6, 3, 2)
    texts = [item["completion"] for item in lines(tmp_path / "a.jsonl")]
    assert not {"Lost.", "Changed since.", "An answer to nothing.", ""} & set(texts)


def test_advantages_sum_to_nought_and_groups_without_variance_are_flagged(table, tmp_path):
    exported(table, "--advantages", tmp_path / "a.jsonl")
    found = lines(tmp_path / "a.jsonl")
    ice = [item for item in found if item["prompt"] == "What is ice?"]
    assert sum(item["advantage"] for item in ice) == pytest.approx(0)
    assert [item["advantage_centred"] for item in ice] == pytest.approx([5 - 11.5 / 3, 2 - 11.5 / 3, 4.5 - 11.5 / 3])
    assert [item["reward"] for item in ice] == [5.0, 2.0, 4.5]
    assert {item["group"]: item["no_variance"] for item in found} == {
        "What is ice?": False, "What is fire?": True, "What is air?": True
    }  # fmt: skip
    assert all(math.isfinite(item[key]) for item in found for key in ("advantage", "advantage_centred", "group_std"))


def test_a_conversation_where_it_is_wanted(table, tmp_path):
    exported(table, "--preferences", tmp_path / "p.jsonl", "--chat")
    first = lines(tmp_path / "p.jsonl")[0]
    assert first["prompt"] == [{"role": "user", "content": "What is ice?"}]
    assert first["chosen"] == [{"role": "assistant", "content": "Frozen water."}]


@pytest.mark.parametrize(
    ("options", "margins"),
    [
        (("--min-margin", "1"), [3.0, 2.5]),
        (("--pairs", "1"), [3.0]),
        (("--no-review",), [3.0]),
    ],
)
def test_fewer_pairs(table, tmp_path, options, margins):
    exported(table, "--preferences", tmp_path / "p.jsonl", *options)
    assert [p["margin"] for p in lines(tmp_path / "p.jsonl")] == margins


def test_the_same_text_is_never_better_than_itself(tmp_path):
    table = write_table(
        tmp_path / "t.csv",
        [["q", "same", "5", "", "", "ok"], ["q", "same", "1", "", "", "ok"], ["q", "other", "3", "", "", "ok"]],
        HEADER,
    )
    exported(table, "--preferences", tmp_path / "p.jsonl", "--pairs", "2")
    assert [(p["chosen"], p["rejected"]) for p in lines(tmp_path / "p.jsonl")] == [("same", "other"), ("other", "same")]


def test_rows_that_a_ranking_could_not_tell_apart_make_no_pair(tmp_path):
    header = ["Question", "Answer", "Score", "Rank", "Tier", "Why", "Status"]
    rows = [["q", answer, *cells, "", "ok"] for answer, *cells in (("a", 5, 1, 1), ("b", 4, 2, 1), ("c", 2, 3, 2))]
    table = write_table(tmp_path / "t.csv", rows, header)
    exported(table, "--preferences", tmp_path / "p.jsonl")
    assert [(p["chosen"], p["rejected"]) for p in lines(tmp_path / "p.jsonl")] == [("a", "c"), ("b", "c")]


def test_a_column_of_ones_own_has_the_scores_and_one_that_tells_prompts_apart(tmp_path):
    rows = [["1", "q", "a", "0,5"], ["1", "q", "b", "1.5"], ["2", "q", "c", "9"], ["2", "q", "d", "n/a"]]
    table = write_table(tmp_path / "t.csv", rows, ["Id", "Question", "Answer", "Grade"])
    out = tmp_path / "p.jsonl"
    ran = exported(table, "--preferences", out, "--score", "grade", "--group", "Id")
    assert [(p["chosen"], p["rejected"], p["margin"]) for p in lines(out)] == [("b", "a", 1.0)]
    assert "the score is no number" in ran.err


def test_a_thousand_that_may_be_a_decimal_is_no_number(tmp_path):
    rows = [["q", "a", "1,234"], ["q", "b", "1"], ["q", "c", "2"]]
    table = write_table(tmp_path / "t.csv", rows, ["Question", "Answer", "Grade"])
    exported(table, "--preferences", tmp_path / "p.jsonl", "--score", "Grade")
    assert [p["chosen"] for p in lines(tmp_path / "p.jsonl")] == ["c"]


def test_results_of_two_rubrics_have_to_be_chosen_from(tmp_path):
    header = [*HEADER, "Style · Score", "Style · tone", "Style · Why", "Style · Status"]
    rows = [["q", "a", "5", "5", "", "ok", "1", "1", "", "ok"], ["q", "b", "2", "2", "", "ok", "4", "4", "", "ok"]]
    table = write_table(tmp_path / "t.csv", rows, header)
    ran = exported(table, "--preferences", tmp_path / "p.jsonl")
    assert (ran.code, "--score 'Style · Score'" in ran.err) == (2, True)
    assert exported(table, "--preferences", tmp_path / "p.jsonl", "--score", "Style · Score").code == 0
    assert [p["chosen"] for p in lines(tmp_path / "p.jsonl")] == ["b"]


def test_standard_output_holds_the_data_alone(table):
    ran = exported(table, "--preferences", "-")
    assert [json.loads(line)["margin"] for line in ran.out.splitlines()] == [3.0, 2.5, 0.5]


def test_texts_go_through_unchanged(tmp_path):
    odd = 'Line one\nline "two"\t= 007 \u2028 é 😀'
    table = write_table(tmp_path / "t.csv", [["q", odd, "2"], ["q", "b", "1"]], ["Question", "Answer", "Grade"])
    exported(table, "--preferences", tmp_path / "p.jsonl", "--score", "Grade")
    assert lines_of_bytes(tmp_path / "p.jsonl")[0]["chosen"] == odd


def lines_of_bytes(path):
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "Nothing is asked for"),
        (("--preferences", "out.csv"), "isn't called .jsonl"),
        (("--preferences", "{dir}/a.jsonl", "--advantages", "{dir}/a.jsonl"), "is to hold both"),
        (("--preferences", "{dir}/missing/a.jsonl"), "can't be written"),
        (("--preferences", "{dir}/a.jsonl", "--min-margin", "4"), "No two answers"),
        (("--preferences", "{dir}/a.jsonl", "--score", "Why"), "No row of judged.csv has a score"),
        (("--preferences", "-", "--json"), "standard output"),
    ],
)
def test_what_is_wrong_is_said_in_a_line_and_nothing_is_written(table, tmp_path, options, said):
    ran = exported(table, *(option.format(dir=tmp_path) for option in options))
    assert ran.code == 2
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"judged.csv"}


def test_one_group_is_answers_to_one_prompt(tmp_path):
    rows = [["1", "q", "a", "5"], ["1", "r", "b", "2"]]
    table = write_table(tmp_path / "t.csv", rows, ["Id", "Question", "Answer", "Grade"])
    ran = exported(table, "--preferences", tmp_path / "p.jsonl", "--score", "Grade", "--group", "Id")
    assert (ran.code, "Row 3 of t.csv has another 'Question'" in ran.err) == (2, True)


def test_a_table_without_scores_is_told_from_one_with(tmp_path):
    table = write_table(tmp_path / "t.csv", [["q", "a", "5"]], ["Question", "Answer", "Score"])
    ran = exported(table, "--preferences", tmp_path / "p.jsonl")
    assert (ran.code, "--score COLUMN" in ran.err) == (2, True)


def test_what_score_writes_can_be_exported_from_a_file_and_from_a_sheet(tmp_path):
    rows = [[f"q{n % 4}", f"This is row-{n}. It says so."] for n in range(12)]
    table = write_table(tmp_path / "t.csv", rows, ["Question", "Answer"])
    rubric, out, key = write_rubric(tmp_path), tmp_path / "out.csv", tmp_path / "key.json"
    judged = ("--rubric", rubric, "--read", "Answer")
    with start_sandbox(credentials=key) as google, JudgeServer() as server:
        url = google.load("Answers", [["Question", "Answer"], *rows])
        judge = ("--judge", f"{server.url}#m")
        assert inside("score", table, *judged, *judge, "--out", out).code == 0
        assert inside("score", url, *judged, *judge, "--credentials", key).code == 0
        assert exported(out, "--preferences", tmp_path / "f.jsonl").code == 0
        assert exported(url, "--preferences", tmp_path / "s.jsonl", "--credentials", key).code == 0
    from_file, from_sheet = lines(tmp_path / "f.jsonl"), lines(tmp_path / "s.jsonl")
    assert from_file == from_sheet
    assert from_file
    with out.open(encoding="utf-8", newline="") as file:
        scores = {row["Answer"]: float(row["Score"]) for row in csv.DictReader(file)}
    assert all(p["margin"] == scores[p["chosen"]] - scores[p["rejected"]] > 0 for p in from_file)


STATUSES = ("ok", "review: too long", "error: timed out", "skipped: empty row", "stale")
judged_rows = st.lists(
    st.tuples(st.sampled_from("pqr"), st.integers(0, 50).map(str), st.integers(1, 5), st.sampled_from(STATUSES)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40)
@given(judged_rows)
def test_each_row_is_either_exported_with_its_own_score_or_counted_among_those_left_out(rows):
    scored = {n: score for n, (_, _, score, status) in enumerate(rows) if status.startswith(("ok", "review"))}
    table = [
        [q, a, str(score) if n in scored else "", str(score) if n in scored else "", "", status]
        for n, (q, a, score, status) in enumerate(rows)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path, out = write_table(Path(folder) / "t.csv", table, HEADER), Path(folder) / "a.jsonl"
        options = ExportOptions(
            table=str(path), prompt="Question", answer="Answer", advantages=str(out), preferences=None
        )
        if not scored:
            with pytest.raises(TableError):
                export(options, os.environ)
            return
        result = export(options, os.environ)
        found = lines(out)
    assert {item["row"] - 2: item["reward"] for item in found} == scored
    assert result.left_out.total() == len(rows) - len(scored)
    for question in "pqr":
        group = [item for item in found if item["prompt"] == question]
        assert sum(item["advantage"] for item in group) == pytest.approx(0, abs=1e-9)
        assert sum(item["advantage_centred"] for item in group) == pytest.approx(0, abs=1e-9)


class Swayed(ChatServer):
    """Two judges of pairs by `qN`: the strict one goes by it, the swayed one by the place where they are close.

    Attributes:
        contradicted: pairs of answers, in either order, on which the swayed one contradicts itself.
    """

    def __init__(self):
        super().__init__(self._decide)
        self.contradicted = set()

    def _decide(self, body, _number):
        user = body["messages"][1]["content"]
        a, b = (re.search(rf"text {name} .*?(q\d .*? \d+)\n-----", user, re.DOTALL)[1] for name in "AB")
        gap = int(a[1]) - int(b[1])
        said = "A" if gap > 0 else "B" if gap < 0 else "tie"
        if body["model"] == "swayed" and abs(gap) < 4:
            self.contradicted |= {(a, b), (b, a)}
            said = "A"
        properties = body["response_format"]["json_schema"]["schema"]["properties"]
        return Reply(body=chat(json.dumps({name: {"reason": "So.", "winner": said} for name in properties})))


class TestComparisons:
    HEADER = ("Question", "GPT", "Ours", "Winner", "Margin", "Why", "Status")
    SWAPPED = "review: 1 of 2 judges say otherwise when the texts change places"
    ROWS = (
        ("What is ice?", "Frozen water.", "Cold.", "GPT", "1", "", "ok"),
        ("What is fire?", "Hot.", "Burning gas.", "Ours", "0.25", "", "ok"),
        ("What is air?", "A gas.", "Gas.", "tie: GPT, Ours", "0", "", "ok"),
        ("What is earth?", "Soil.", "A planet.", "Ours", "0.5", "", SWAPPED),
        ("What is sky?", "Up.", "Blue.", "", "", "", "error: timed out"),
        ("What is salt?", "White.", "White.", "GPT", "0.5", "", "review: Ours was cut"),
    )

    def compared(self, tmp_path, *options, rows=ROWS, header=HEADER, contenders=("GPT", "Ours")):
        table, out = write_table(tmp_path / "c.csv", rows, header), tmp_path / "p.jsonl"
        named = [part for name in contenders for part in ("--contender", name)]
        ran = inside("export", table, "--prompt", "Question", *named, "--preferences", out, *options)
        return ran, lines(out) if out.exists() else []

    def test_the_winner_is_chosen_where_the_verdict_did_not_hang_on_the_order(self, tmp_path):
        ran, found = self.compared(tmp_path)
        assert [(p["chosen"], p["rejected"], p["margin"], p["chosen_from"], p["row"]) for p in found] == [
            ("Frozen water.", "Cold.", 1.0, "GPT", 2),
            ("Burning gas.", "Hot.", 0.25, "Ours", 3),
        ]
        assert ran.code == 1, "a prompt had no verdict"
        assert "2 pairs of a chosen and a rejected answer; 3 prompts made none." in ran.err

    def test_fewer(self, tmp_path):
        assert [p["margin"] for p in self.compared(tmp_path, "--min-margin", "0.5")[1]] == [1.0]
        ran, _ = self.compared(tmp_path, "--no-review", "--json")
        assert json.loads(ran.out)["left_out"] == {"to be reviewed": 2, "error": 1}

    def test_of_three_the_winners_are_chosen_over_those_behind(self, tmp_path):
        header = ("Question", "A", "B, the second", "C", "Winner", "Margin", "Why", "Status")
        rows = [
            ("q1", "a", "b", "c", "B, the second", "0.5", "", "ok"),
            ("q2", "a", "b", "c", "tie: A, B, the second", "0.5", "", "ok"),
            (
                "q3",
                "a",
                "b",
                "c",
                "C",
                "0.2",
                "",
                "review: A – C: the judge says otherwise when the texts change places",
            ),
            ("q4", "a", "", "c", "A", "0.2", "", "review: no answer of B, the second"),
        ]
        _, found = self.compared(tmp_path, rows=rows, header=header, contenders=("A", "C", "B, the second"))
        assert [(p["prompt"], p["chosen"], p["rejected"]) for p in found] == [
            ("q1", "b", "a"), ("q1", "b", "c"), ("q2", "a", "c"), ("q2", "b", "c"), ("q3", "c", "b"), ("q4", "a", "c")
        ]  # fmt: skip

    def test_no_pair_is_written_that_judges_found_otherwise(self, tmp_path):
        def better(one, other):
            both = sorted((one, other))
            return random.Random(" ".join(both)).choice([*both, None])

        def behave(body, _number):
            user = body["messages"][1]["content"]
            a, b = (re.search(rf"text {name} .*?(Answer \d+ \d+)\n-----", user, re.DOTALL)[1] for name in "AB")
            said = {a: "A", b: "B", None: "tie"}[better(a, b)]
            properties = body["response_format"]["json_schema"]["schema"]["properties"]
            return Reply(body=chat(json.dumps({name: {"reason": "So.", "winner": said} for name in properties})))

        names = ["GPT", "Ours", "Theirs", "GPT: the next", "Last"]
        rows = [[f"P{n}", *(f"Answer {n} {k}" for k in range(5))] for n in range(40)]
        named = [word for name in names for word in ("--contender", name)]
        with ChatServer(behave) as server:
            ran = inside(
                "compare", write_table(tmp_path / "t.csv", rows, ["Prompt", *names]), "--rubric", "Is it good?",
                "--judge", f"{server.url}#m", *named, "--out", tmp_path / "c.csv", "--journal", tmp_path / "j",
            )  # fmt: skip
        assert ran.code == 0, ran.err
        ran = inside("export", tmp_path / "c.csv", "--prompt", "Prompt", *named, "--preferences", tmp_path / "p.jsonl")
        assert ran.code == 0, ran.err
        found = {(p["chosen"], p["rejected"]) for p in lines(tmp_path / "p.jsonl")}
        wanted = set()
        for row, told in zip(rows, read_csv(tmp_path / "c.csv"), strict=True):
            winners = [row[1 + names.index(name)] for name in winners_named(told["Winner"], names)]
            behind = [text for text in row[1:] if text not in winners]
            wanted |= {(w, other) for w in winners for other in behind if better(w, other) == w}
        assert found == wanted
        assert wanted

    def test_a_contender_may_be_called_as_a_tie_begins(self, tmp_path):
        header = ("Question", "tie: Ours", "Ours", "Winner", "Margin", "Why", "Status")
        rows = [("q1", "a", "b", "tie: Ours", "1", "", "ok"), ("q2", "a", "b", "tie: tie: Ours, Ours", "0", "", "ok")]
        _, found = self.compared(tmp_path, rows=rows, header=header, contenders=header[1:3])
        assert [(p["chosen_from"], p["rejected_from"]) for p in found] == [("tie: Ours", "Ours")]

    def test_a_cut_status_vouches_for_no_pair(self, tmp_path):
        rows = [("q1", "a", "b", "GPT", "1", "", f"review: GPT was too long: {'x' * 80}…")]
        ran, found = self.compared(tmp_path, rows=[*rows, self.ROWS[0]])
        assert [p["prompt"] for p in found] == ["What is ice?"]
        assert "its Status is cut" in ran.err

    @pytest.mark.parametrize("count", [2, 3, 7])
    def test_what_compare_writes_of_orders_is_understood_however_many_contenders_there_are(self, tmp_path, count):
        names = [f"a-model-with-a-long-name-{n}, edition of 2026" for n in range(count)]
        draw = random.Random(count)
        qualities = [[draw.choice([None, *range(8)]) for _ in names] for _ in range(14)]
        rows = [
            [f"P{n}", *("" if q is None else f"q{q} {name} {n}" for q, name in zip(own, names, strict=True))]
            for n, own in enumerate(qualities)
        ]
        header, out = ["Prompt", *names], tmp_path / "c.csv"
        named = [word for name in names for word in ("--contender", name)]
        with Swayed() as server:
            judges = [word for name in ("strict", "swayed") for word in ("--judge", f"{server.url}#{name}")]
            ran = inside(
                "compare", write_table(tmp_path / "t.csv", rows, header), "--rubric", "Is it good?", *judges, *named,
                "--out", out, "--journal", tmp_path / "j", "--quiet",
            )  # fmt: skip
        assert ran.code == 0, ran.err
        wanted = set()
        for row, own in zip(read_csv(out), qualities, strict=True):
            winners = winners_named(row["Winner"], names)
            for winner, other in product(range(count), repeat=2):
                if names[winner] in winners and names[other] not in winners and None not in (own[winner], own[other]):
                    wanted |= {(row[names[winner]], row[names[other]])} - server.contradicted
        inside("export", out, "--prompt", "Prompt", *named, "--preferences", tmp_path / "p.jsonl")
        assert {(p["chosen"], p["rejected"]) for p in lines(tmp_path / "p.jsonl")} == wanted
        assert wanted
        assert server.contradicted

    def test_a_row_for_each_answer(self, tmp_path):
        header = ("Question", "Model", "Answer", "Winner", "Margin", "Why", "Status")
        rows = [
            ("q1", "GPT", "Frozen water.", "GPT", "1", "", "ok"),
            ("q2", "GPT", "Hot.", "tie: GPT, Ours", "0", "", "ok"),
            ("q1", "Ours", "Cold.", "GPT", "1", "", "ok"),
            ("q2", "Ours", "Warm.", "tie: GPT, Ours", "0", "", "ok"),
            ("q1", "Ours", "Cold again.", "", "", "", "skipped: row 4 holds an answer of Ours already"),
            ("q3", "GPT", "Soil.", "Ours", "0.5", "", "ok"),
            ("q3", "Ours", "A planet, edited.", "Ours", "0.5", "", "stale: its text changed"),
        ]
        table, out = write_table(tmp_path / "c.csv", rows, header), tmp_path / "p.jsonl"
        ran = inside(
            "export", table, "--prompt", "Question", "--answer", "Answer", "--by", "Model", "--preferences", out,
            "--json",
        )  # fmt: skip
        assert [(p["prompt"], p["chosen"], p["rejected"], p["rejected_from"], p["row"]) for p in lines(out)] == [
            ("q1", "Frozen water.", "Cold.", "Ours", 2)
        ]
        told = json.loads(ran.out)
        assert told["left_out"] == {"skipped": 1, "its text changed since it was compared": 1}
        assert (told["rows"], told["groups_without_pairs"]) == (4, 1)

    def test_what_compare_writes_beside_a_row_for_each_answer_can_be_exported(self, tmp_path):
        rows = [[f"q{n}", name, f"This is row-{n}{more}."] for n in range(6) for name, more in (("A", ""), ("B", "1"))]
        table, out = write_table(tmp_path / "t.csv", rows, ["Question", "Model", "Text"]), tmp_path / "out.csv"
        where = ("--by", "Model", "--group", "Question")
        ran = inside(
            "compare", table, *where, "--read", "Text", "--rubric", write_rubric(tmp_path), "--judge", "fake",
            "--out", out,
        )  # fmt: skip
        assert ran.code == 0, ran.err
        inside("export", out, "--prompt", "Question", *where, "--answer", "Text", "--preferences", tmp_path / "p.jsonl")
        with out.open(encoding="utf-8", newline="") as file:
            winners = {row["Question"]: row["Winner"] for row in csv.DictReader(file)}
        found = lines(tmp_path / "p.jsonl")
        assert {pair["prompt"]: pair["chosen_from"] for pair in found} == {
            question: winner for question, winner in winners.items() if not winner.startswith("tie")
        }
        assert found

    @pytest.mark.parametrize(
        ("options", "contenders", "said"),
        [
            (("--by", "Question"), ("GPT", "Ours"), "--by says whose answer a row holds"),
            (("--group", "Question"), ("GPT", "Ours"), "each row is a prompt of its own"),
            (("--answer", "GPT"), ("GPT", "Ours"), "It isn't said where the answers are"),
            ((), (), "It isn't said where the answers are"),
            ((), ("GPT",), "two contenders or more"),
            (("--advantages", "a.jsonl"), ("GPT", "Ours"), "winners and no scores"),
            (("--min-margin", "2"), ("GPT", "Ours"), "differ as asked for"),
            ((), ("GPT", "Theirs"), "no column 'Theirs'"),
        ],
    )
    def test_what_is_wrong(self, tmp_path, options, contenders, said):
        ran, found = self.compared(tmp_path, *options, contenders=contenders)
        assert (ran.code, found, said in ran.err) == (2, [], True)

    def test_a_scored_table_has_no_winners(self, tmp_path):
        ran, _ = self.compared(tmp_path, rows=ROWS, header=HEADER, contenders=("Question", "Answer"))
        assert (ran.code, "holds no winners" in ran.err) == (2, True)

    def test_what_compare_writes_can_be_exported(self, tmp_path):
        rows = [[f"q{n}", f"This is row-{n}.", f"Another one, row-{n}, with more words."] for n in range(6)]
        table, out = write_table(tmp_path / "t.csv", rows, ["Question", "GPT", "Ours"]), tmp_path / "out.csv"
        ran = inside(
            "compare", table, "--contender", "GPT", "--contender", "Ours", "--rubric", write_rubric(tmp_path),
            "--judge", "fake", "--out", out,
        )  # fmt: skip
        assert ran.code == 0
        with out.open(encoding="utf-8", newline="") as file:
            winners = {row["Question"]: row["Winner"] for row in csv.DictReader(file)}
        inside("export", out, "--prompt", "Question", "--contender", "GPT", "--contender", "Ours",
               "--preferences", tmp_path / "p.jsonl")  # fmt: skip
        for pair in lines(tmp_path / "p.jsonl"):
            assert winners[pair["prompt"]] == pair["chosen_from"]

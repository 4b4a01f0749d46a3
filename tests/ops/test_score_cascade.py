"""A cascade: the first judge answers for every row, the others only where a decision is close."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from dataclasses import replace

import pytest

from sheetjudge.engine.batch_values import Limits
from sheetjudge.ops.escalate import ScoreOptions, any_score_job
from sheetjudge.ops.score import score
from sheetjudge.sandbox import start as start_sandbox
from sheetjudge.stats.escalation import Best, IfBelow, UntilSure, in_turn, noise_of
from tests.ops.scoring import ended, inside, read_csv, send, start, write_rubric, write_table
from tests.servers.batch_server import BatchServer
from tests.servers.panel_server import PanelServer

RUBRIC = """\
name: Answers
scale: 1-10
criteria:
  - id: clear
    ask: Is the answer clear?
"""
# What `cheap` says of rows 0 to 7; the first four belong to the question A, the others to B.
CHEAP = (8, 7, 3, 7, 9, 5, 5, 1)
STRONG = (6, 9, 3, 8, 9, 5, 5, 1)
MARGIN = ("--if-margin-below", "1.5", "--group", "Question")


def script(model, row, _call):
    return (CHEAP if model == "cheap" else STRONG)[row]


def write_answers(tmp_path, questions="AAAABBBB"):
    rows = [[question, f"This is row-{n}. It says so."] for n, question in enumerate(questions)]
    return write_table(tmp_path / "t.csv", rows, ["Question", "Answer"])


def scored(tmp_path, server, *options, table=None, strong=("strong",)):
    out = tmp_path / "out.csv"
    further = [part for model in strong for part in ("--escalate-to", server.judge(model))]
    ran = inside(
        "score", table or write_answers(tmp_path), "--rubric", write_rubric(tmp_path, RUBRIC), "--read", "Answer",
        "--judge", server.judge("cheap"), *further, "--out", out, *options,
    )  # fmt: skip
    return ran, read_csv(out) if out.exists() else []


class TestMargin:
    def test_only_rows_close_to_the_best_of_their_group_go_to_the_stronger_judge(self, tmp_path):
        with PanelServer(script) as server:
            ran, rows = scored(tmp_path, server, *MARGIN)
        assert ran.code == 0
        assert server.rows["cheap"] == set(range(8))
        assert server.rows["strong"] == {0, 1, 3}
        assert [row["Score"] for row in rows] == ["7", "8", "3", "7.5", "9", "5", "5", "1"]
        assert rows[0]["Why"] == "clear, cheap: 8. cheap says 8.\nclear, strong: 6. strong says 6."
        assert rows[2]["Why"] == "clear, cheap: 3. cheap says 3."
        assert "3 of 8 rows asked about further: 11 answers in place of 16, 31% saved." in ran.err

    def test_a_row_that_the_stronger_judge_made_close_is_asked_about_too(self, tmp_path):
        # Row 2 was clearly behind until the stronger judge brought the leaders down to it.
        cheap, strong = (9, 8, 6), (1, 1, 6)
        with PanelServer(lambda model, row, _: (cheap if model == "cheap" else strong)[row]) as server:
            scored(tmp_path, server, *MARGIN, table=write_answers(tmp_path, "AAA"))
        assert server.rows["strong"] == {0, 1, 2}

    def test_the_best_few_of_the_whole_table(self, tmp_path):
        # 9 8 | 7 7 5 5 3 1: the border is between 8 and 7.
        with PanelServer(script) as server:
            scored(tmp_path, server, "--if-margin-below", "1.5", "--best", "2")
        assert server.rows["strong"] == {0, 1, 3}

    def test_rows_near_a_threshold(self, tmp_path):
        with PanelServer(script) as server:
            scored(tmp_path, server, "--if-margin-below", "1", "--threshold", "5.5")
        assert server.rows["strong"] == {5, 6}

    def test_a_row_that_the_first_judge_could_not_score_is_asked_about(self, tmp_path):
        with PanelServer(
            lambda model, row, _: None if (model, row) == ("cheap", 7) else script(model, row, 0)
        ) as server:
            _, rows = scored(tmp_path, server, *MARGIN)
        assert 7 in server.rows["strong"]
        assert rows[7]["Score"] == "1"
        assert "1 of 2 judges gave no verdict" in rows[7]["Status"]

    def test_rows_without_a_group_are_compared_with_nothing(self, tmp_path):
        with PanelServer(script) as server:
            ran, _ = scored(tmp_path, server, *MARGIN, table=write_answers(tmp_path, [""] * 8))
        assert ran.code == 0
        assert not server.rows["strong"]

    def test_several_stronger_judges_are_asked_about_the_same_rows(self, tmp_path):
        with PanelServer(script) as server:
            ran, _ = scored(tmp_path, server, *MARGIN, "--json", strong=("strong", "other"))
        assert server.rows["strong"] == server.rows["other"] == {0, 1, 3}
        said = json.loads(ran.out)
        assert said["cascade"] == {
            "rows": 8, "asked_further": 3, "answers": 14, "answers_if_all_were_asked": 24, "decisions": 2, "sure": None
        }  # fmt: skip
        assert [name.rpartition("#")[2] for name in said["judges"]] == ["cheap", "strong", "other"]
        assert said["jury"]["judges"]["cheap"]["rows"] == 8

    def test_samples_of_the_first_and_of_the_stronger_judge(self, tmp_path):
        with PanelServer(script) as server:
            ran, _ = scored(tmp_path, server, *MARGIN, "--samples", "3", "--escalate-samples", "2")
        assert {server.asked["cheap", row] for row in range(8)} == {3}
        assert {row: n for (model, row), n in server.asked.items() if model == "strong"} == {0: 2, 1: 2, 3: 2}
        assert f"{len(server.requests)} answers in place of {8 * (3 + 2)}, 25% saved." in ran.err


class TestConfidence:
    SURE = ("--confidence", "0.9", "--group", "Question", "--samples", "3", "--escalate-samples", "2")

    def test_who_is_asked_is_who_the_policy_names(self, tmp_path):
        rng = random.Random(3)
        truth = [rng.uniform(3, 8) for _ in range(24)]
        said = {
            (model, row, call): min(10, max(1, round(rng.gauss(truth[row], 1.2))))
            for model in ("cheap", "strong", "other")
            for row in range(24)
            for call in range(3)
        }
        questions = [f"Q{n // 4}" for n in range(24)]
        with PanelServer(lambda *key: said[key]) as server:
            ran, rows = scored(
                tmp_path, server, *self.SURE, table=write_answers(tmp_path, questions), strong=("strong", "other")
            )
        assert ran.code == 0
        taken, order = played(said, [range(n, n + 4) for n in range(0, 24, 4)])
        names = ("cheap", "strong", "other")
        for row in range(24):
            assert [server.asked[name, row] for name in names] == [order[: taken[row]].count(j) for j in range(3)]
        assert "sure which is the best row of each 'Question'" in ran.err
        assert f"place of {24 * len(order)}" in ran.err
        assert len({row["Score"] for row in rows}) > 10

    def test_a_clear_winner_costs_one_answer_a_row(self, tmp_path):
        with PanelServer(lambda _model, row, _call: (10, 2, 1, 1)[row]) as server:
            ran, _ = scored(tmp_path, server, *self.SURE, "--json", table=write_answers(tmp_path, "AAAA"))
        assert server.asked == {("cheap", row): 1 for row in range(4)}
        story = json.loads(ran.out)["cascade"]
        assert (story["decisions"], story["sure"], story["asked_further"]) == (1, 1, 0)

    def test_where_there_is_nothing_to_decide_nothing_is_counted_as_decided(self, tmp_path):
        def judge(_model, row, _call):
            return None if row == 7 else (10, 2, 9, 9, 9, 9, 9)[row]

        # A group of two, one of one, three rows without any, and one that no judge can score.
        table = write_answers(tmp_path, ["A", "A", "B", "", "", " ", "C", "C"])
        with PanelServer(judge) as server:
            ran, _ = scored(tmp_path, server, *self.SURE, "--json", "--tries", 1, table=table)
        story = json.loads(ran.out)["cascade"]
        assert (story["decisions"], story["sure"]) == (1, 1)

    def test_a_run_that_was_stopped_claims_no_savings(self, tmp_path):
        with PanelServer(script) as server:
            ran, _ = scored(tmp_path, server, *MARGIN, "--budget-calls", 9)
        assert ran.code == 3
        assert "of 8 rows asked about further" in ran.err
        assert "saved" not in ran.err

    def test_what_stays_open_when_judges_are_used_up_is_said(self, tmp_path):
        with PanelServer(lambda *_: 5) as server:
            ran, rows = scored(tmp_path, server, *self.SURE, table=write_answers(tmp_path, "AAAA"))
        assert len(server.requests) == 4 * (3 + 2)
        assert "0 of 1 decision came to be as certain as asked" in ran.err
        assert {row["Status"] for row in rows} == {"review: too close to call with all judges asked"}

    def test_the_same_run_again_asks_nothing_in_whatever_order_the_answers_came(self, tmp_path):
        class Uneven(PanelServer):
            """Rows with many ties, whose answers overtake each other."""

            draw = random.Random(5)
            latency = property(lambda self: self.draw.random() * 0.02, lambda _self, _given: None)

        table = write_answers(tmp_path, [f"Q{n % 12}" for n in range(96)])
        with Uneven(lambda model, row, _: random.Random(f"{model} {row}").choice([4, 5, 5, 6])) as server:
            words = ("--confidence", "0.9", "--group", "Question", "--journal", tmp_path / "j", "--concurrency", 24)
            first, rows = scored(tmp_path, server, *words, table=table, strong=("strong", "other"))
            asked = len(server.requests)
            again, same = scored(tmp_path, server, *words, table=table, strong=("strong", "other"))
            assert (first.code, again.code) == (0, 0)
            assert len(server.requests) == asked > 96
        assert same == rows

    def test_one_judge_is_asked_again_where_no_other_is_named(self, tmp_path):
        with PanelServer(lambda _model, row, _call: (8, 8, 2)[row]) as server:
            scored(
                tmp_path, server, "--confidence", "0.9", "--group", "Question", "--samples", "4",
                table=write_answers(tmp_path, "AAA"), strong=(),
            )  # fmt: skip
        assert [server.asked["cheap", row] for row in range(3)] == [4, 4, 1]
        # A reply that may be followed by others is not asked for at temperature 0.
        assert not [body for body in server.requests if body.get("temperature") == 0]


def played(said, groups):
    """The policy by itself. Returns how many answers each row gets, and the order of judges."""
    order, policy, best = in_turn([0], [1, 2], 3, 2), UntilSure(0.9), Best()
    names = ("cheap", "strong", "other")

    def answers(row, n):
        return [(said[names[j], row, order[:t].count(j)] - 1) / 9 for t, j in enumerate(order[:n])]

    taken = {row: 1 for group in groups for row in group}
    going = list(groups)
    while going:
        noise = noise_of([answers(row, n) for row, n in taken.items() if any(row in group for group in going)], order)
        wants = [policy.wants([answers(row, taken[row]) for row in group], order, best, noise) for group in going]
        for group, wanted in zip(going, wants, strict=True):
            for row, n in zip(group, wanted, strict=True):
                taken[row] += n
        going = [group for group, wanted in zip(going, wants, strict=True) if any(wanted)]
    return taken, order


class TestRuns:
    def test_nothing_is_paid_twice_after_a_stop_and_the_result_is_the_same(self, tmp_path):
        with PanelServer(script) as server:
            ran, rows = scored(tmp_path, server, *MARGIN, "--budget-calls", "9")
            assert ran.code == 3
            assert len(server.requests) == 9
            open_rows = [row for row in rows if "not all judges were asked" in row["Status"]]
            assert {row["Answer"][8:13] for row in open_rows} <= {"row-0", "row-1", "row-3", "row-2"}
            assert open_rows
            again, rows = scored(tmp_path, server, *MARGIN)
            assert again.code == 0
            assert len(server.requests) == 11
            assert [row["Score"] for row in rows] == ["7", "8", "3", "7.5", "9", "5", "5", "1"]
            third, _ = scored(tmp_path, server, *MARGIN)
            assert len(server.requests) == 11
        assert "11 answers from the journal" in third.err

    def test_a_stop_among_the_first_answers_leaves_no_row_that_seems_finished(self, tmp_path):
        with PanelServer(script) as server:
            ran, rows = scored(tmp_path, server, *MARGIN, "--budget-calls", "5", "--concurrency", "1")
        assert ran.code == 3
        assert not [row for row in rows if row["Status"] == "ok"]
        assert sum(bool(row["Score"]) for row in rows) == 5

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 3), (signal.SIGKILL, -signal.SIGKILL)])
    def test_a_run_that_is_ended_among_the_stronger_judges_goes_on_there(self, tmp_path, number, code):
        # Two hundred rows, all close: the stronger judge is in the middle of them when the end comes.
        rows, out = [["A", f"This is row-{n}. It says so."] for n in range(200)], tmp_path / "out.csv"
        table = write_table(tmp_path / "t.csv", rows, ["Question", "Answer"])
        with PanelServer(lambda *_: 7, latency=0.01) as server:
            command = (
                "score", table, "--rubric", write_rubric(tmp_path, RUBRIC), "--read", "Answer", "--out", out, *MARGIN,
                "--judge", server.judge("cheap"), "--escalate-to", server.judge("strong"), "--concurrency", 4,
            )  # fmt: skip
            running = start(*command)
            server.wait_for("strong", 20)
            send(running, number)
            assert ended(running).code == code
            done = len(server.requests)
            assert done < 400
            assert inside(*command).code == 0
            # A killed run loses the calls that were in flight, one that was asked to stop loses none.
            assert len(server.requests) <= 400 + (4 if number == signal.SIGKILL else 0)
            assert {server.asked["cheap", row] for row in range(200)} == {1}
        assert [row["Status"] for row in read_csv(out)] == ["ok"] * 200

    def test_a_dry_run_asks_nobody_and_names_the_most(self, tmp_path):
        with PanelServer(script) as server:
            ran, _ = scored(tmp_path, server, *MARGIN, "--dry-run")
            assert not server.requests
        assert ran.out.count("8 calls") == 2
        assert "These are the most" in ran.out

    def test_what_is_asked_of_whom_is_said_before(self, tmp_path):
        with PanelServer(script) as server:
            ran, _ = scored(tmp_path, server, *MARGIN)
        assert (
            "Asked further where a margin below 1.5 decides which is the best row of each 'Question': http" in ran.err
        )

    def test_checks_count_for_how_close_rows_are(self, tmp_path):
        # The longest answer fails the check, whose weight puts it far behind.
        rubric = RUBRIC + "  - {id: short, check: {words: {max: 8}}, weight: 3}\n"
        answers = [["A", "This is row-0."], ["A", "This is row-1. " + "More words. " * 9]]
        table = write_table(tmp_path / "t.csv", answers, ["Question", "Answer"])
        with PanelServer(lambda *_: 7) as server:
            ran = inside(
                "score", table, "--rubric", write_rubric(tmp_path, rubric), "--read", "Answer",
                "--judge", server.judge("cheap"), "--escalate-to", server.judge("strong"), *MARGIN,
            )  # fmt: skip
        assert ran.code == 0
        assert not server.rows["strong"]

    def test_in_a_sheet_a_new_row_is_compared_with_the_old_ones(self, tmp_path):
        key, rubric = tmp_path / "key.json", write_rubric(tmp_path, RUBRIC)
        with start_sandbox(credentials=key) as google, PanelServer(script) as server:
            rows = [["A", "This is row-2. So."], ["A", "This is row-3. So."]]
            url = google.load("Answers", [["Question", "Answer"], *rows])
            command = (
                "score", url, "--rubric", rubric, "--read", "Answer", "--judge", server.judge("cheap"),
                "--escalate-to", server.judge("strong"), "--credentials", key, *MARGIN,
            )  # fmt: skip
            assert inside(*command).code == 0
            assert not server.rows["strong"]
            google.spreadsheet(url).type("A4", [["A", "This is row-0. So."]])
            assert inside(*command).code == 0
            header, *after = google.spreadsheet(url).rows()
            assert server.rows["strong"] == {0, 3}
            assert server.asked["cheap", 3] == 1, "what was known came from the journal"
        score = header.index("Score")
        assert [float(row[score]) for row in after[:3]] == [3, 7.5, 7]


class TestWhatIsWrong:
    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ((), "needs to know which rows are close"),
            (("--if-margin-below", "1"), "It isn't said what rows are close to"),
            (("--if-margin-below", "1", "--confidence", "0.9", "--group", "Question"), "both say when"),
            (("--if-margin-below", "1", "--threshold", "5", "--best", "2"), "--threshold holds rows against a score"),
            (("--if-margin-below", "1", "--threshold", "11"), "--threshold 11 is no score on 1-10"),
            (("--if-margin-below", "10", "--best", "1"), "is no difference between two scores"),
            (("--if-margin-below", "1", "--group", "Qestion"), "Did you mean 'Question'?"),
            (("--if-margin-below", "0", "--best", "1"), "not in the range"),
            (("--confidence", "1", "--best", "1"), "not in the range"),
            (("--if-margin-below", "1", "--best", "1", "--engine", "ray"), "go with one machine"),
        ],
    )
    def test_is_said_in_a_line_before_anybody_is_asked(self, tmp_path, options, said):
        with PanelServer(script) as server:
            ran, rows = scored(tmp_path, server, *options)
            assert not server.requests
        assert (ran.code, rows) == (2, [])
        assert said in ran.err
        assert len(ran.error_lines) == 1

    @pytest.mark.parametrize("option", ["--if-margin-below=1", "--group=Question", "--best=2", "--threshold=5"])
    def test_there_has_to_be_somebody_to_ask(self, tmp_path, option):
        with PanelServer(script) as server:
            ran, _ = scored(tmp_path, server, option, strong=())
        assert (ran.code, "Name a judge with --escalate-to" in ran.err) == (2, True)

    def test_labels_alone_are_never_close(self, tmp_path):
        rubric = "name: T\ncriteria:\n  - {id: t, ask: Which one, scale: {labels: [a, b], ordered: false}}\n"
        with PanelServer(script) as server:
            ran = inside(
                "score", write_answers(tmp_path), "--rubric", write_rubric(tmp_path, rubric),
                "--judge", server.judge("cheap"), "--escalate-to", server.judge("strong"), *MARGIN,
            )  # fmt: skip
        assert (ran.code, "no row is close to another" in ran.err) == (2, True)

    def test_a_judge_is_named_once(self, tmp_path):
        with PanelServer(script) as server:
            ran, _ = scored(tmp_path, server, *MARGIN, strong=("cheap",))
        assert (ran.code, "A judge is named twice" in ran.err) == (2, True)


def test_the_margin_that_is_asked_for_is_the_one_that_is_used():
    assert IfBelow(1.5 / 9).wants([[7 / 9], [6 / 9], [2 / 9]], (0, 1), Best(), noise_of([], (0, 1))) == [1, 1, 0]


def test_by_batch_go_the_answers_that_every_row_gets(tmp_path):
    with BatchServer() as server:
        options = ScoreOptions(
            str(write_answers(tmp_path)), str(write_rubric(tmp_path)), read=("Answer",), judges=(f"{server.url}#m",),
            samples=3, confidence=0.9, group="Question", batch=True, out=str(tmp_path / "out.csv"),
        )  # fmt: skip
        job = replace(any_score_job(options, os.environ), batch_limits=Limits(first_wait=0.01, most_wait=0.02))

        async def go():
            try:
                return await score(job)
            finally:
                await job.bench.aclose()

        result = asyncio.run(go())
    assert result.cascade.answers > 8, "some rows were close"
    # One for each of eight rows, the first of them directly; what is asked further is asked directly.
    assert (server.answered.total(), server.chats) == (7, result.cascade.answers - 7)

"""Ranking a table: the order, its intervals and tiers, groups, what fails, and going on after a stop."""

from __future__ import annotations

import json
import re

import pytest

from sheetjudge.sandbox import start as start_sandbox
from tests.ops.scoring import ended, inside, read_csv, send, start, write_rubric, write_table
from tests.servers.chat_server import ChatServer, Reply, chat, error

QUALITY = re.compile(r"q(\d+)")
TEXT = re.compile(r"----- text ([AB]) ([0-9a-f]{16}) begins -----\n(.*?)\n----- text \1 \2 ends -----", re.DOTALL)


class Judge(ChatServer):
    """Scores every text with 3, and of two finds the one with the higher `qN` better; goes wrong where a text says so.

    Attributes:
        pairs: the answers of each comparison, A and B.
    """

    def __init__(self, *, always="", score=3, latency=0.0):
        super().__init__(self._decide, latency=latency)
        self.always = always
        self.score = score
        self.pairs = []

    def _decide(self, body, _number):
        user = body["messages"][1]["content"]
        properties = body["response_format"]["json_schema"]["schema"]["properties"]
        texts = {name: text for name, _, text in TEXT.findall(user)}
        if not texts:
            if "unreadable" in user:
                return error(400, "Rude.")
            score = int(QUALITY.search(user)[1]) if self.score is None else self.score
            return Reply(body=chat(json.dumps({name: {"reason": "Seen.", "score": score} for name in properties})))
        self.pairs.append(tuple(re.search(r"q\d.*", texts[name])[0] for name in "AB"))
        if "shy" in user:
            return error(400, "I don't compare this.")
        a, b = (int(QUALITY.search(texts[name])[1]) for name in "AB")
        said = self.always or ("A" if a > b else "B" if b > a else "tie")
        return Reply(body=chat(json.dumps({n: {"reason": f"{said} it is.", "winner": said} for n in properties})))


@pytest.fixture
def judge():
    with Judge() as server:
        yield server


def rank(judge, tmp_path, rows, *options, header=("ID", "Answer"), rubric="Is it good?", code=0):
    """The table's rows with their results, the summary, and the run."""
    table = write_table(tmp_path / "t.csv", rows, header=header)
    out = tmp_path / "out.csv"
    ran = inside(
        "rank", table, "--rubric", rubric, "--judge", f"{judge.url}#m", "--out", out, "--journal",
        tmp_path / "journal", "--json", *options,
    )  # fmt: skip
    assert ran.code == code, ran.err
    return read_csv(out), json.loads(ran.out), ran


def answers(*qualities):
    return [[f"id{n}", f"q{quality} answer {n}"] for n, quality in enumerate(qualities)]


class TestOrder:
    def test_comparisons_decide_what_scores_leave_open(self, judge, tmp_path):
        order = [5, 1, 8, 3, 9, 2, 7, 0, 6, 4]
        rows, found, _ = rank(judge, tmp_path, answers(*order), "--comparisons", 90, "--certainty", 1)
        ranks = {int(QUALITY.search(row["Answer"])[1]): int(row["Rank"]) for row in rows}
        assert [ranks[q] for q in range(9, -1, -1)] == sorted(ranks.values())
        assert ranks[9] == 1
        assert ranks[0] == 10
        assert {row["Score"] for row in rows} == {"3"}
        assert found["comparisons"]["decided"] == 90 == len(judge.pairs)
        assert found["by"] == "pairs"

    def test_the_columns(self, judge, tmp_path):
        rows, _, _ = rank(judge, tmp_path, answers(3, 1, 2))
        assert list(rows[0])[2:] == [
            "Score", "Rank", "Rank from", "Rank to", "Tier", "Strength", "Strength from", "Strength to", "Comparisons",
            "good", "Why", "Status",
        ]  # fmt: skip
        for row in rows:
            assert int(row["Rank from"]) <= int(row["Rank"]) <= int(row["Rank to"])
            assert float(row["Strength from"]) < float(row["Strength"]) < float(row["Strength to"])
            assert row["Status"] == "ok"

    def test_it_stops_when_the_certainty_is_reached_and_says_so(self, judge, tmp_path):
        _, found, _ = rank(judge, tmp_path, answers(*range(12)), "--certainty", 0.7, "--comparisons", 130)
        assert found["ended"] == "the certainty that was asked for is reached"
        assert found["certainty"] >= 0.7
        assert found["comparisons"]["decided"] < 130

    def test_or_when_the_comparisons_are_used_up(self, judge, tmp_path):
        _, found, _ = rank(judge, tmp_path, answers(*range(12)), "--certainty", 1, "--comparisons", 17)
        assert found["ended"] == "the comparisons are used up"
        assert found["comparisons"]["decided"] == 17

    def test_the_best_k(self, judge, tmp_path):
        qualities = [n * 37 % 40 for n in range(40)]
        options = ("--top", 3, "--certainty", 0.97, "--comparisons", 300)
        rows, found, _ = rank(judge, tmp_path, answers(*qualities), *options)
        best = sorted(rows, key=lambda row: int(row["Rank"]))[:3]
        assert {QUALITY.search(row["Answer"])[1] for row in best} == {"39", "38", "37"}
        assert found["top"] == 3

    def test_no_comparison_is_made_twice_and_none_with_itself(self, judge, tmp_path):
        rank(judge, tmp_path, answers(*range(6)), "--certainty", 1, "--comparisons", 1000)
        assert len(judge.pairs) == len(set(judge.pairs)) == 30
        assert all(a != b for a, b in judge.pairs)

    def test_both_orders(self, judge, tmp_path):
        rank(judge, tmp_path, answers(*range(8)), "--both-orders", "--comparisons", 20, "--certainty", 1)
        assert len(judge.pairs) == 20
        assert all((b, a) in judge.pairs for a, b in judge.pairs)


class TestManyRows:
    def test_rounds_are_looked_for_ahead_and_the_same_run_again_asks_nothing(self, tmp_path):
        texts = answers(*(n * 37 % 1000 for n in range(1000)))
        with Judge(score=None) as judge:
            options = ("--comparisons", 700, "--certainty", 1, "--concurrency", 32)
            rubric = write_rubric(tmp_path, "name: Good\nscale: 0-999\ncriteria: [{id: good, ask: 'Is it good?'}]")
            rows, found, _ = rank(judge, tmp_path, texts, *options, rubric=rubric)
            asked = len(judge.requests)
            again, _, _ = rank(judge, tmp_path, texts, *options, rubric=rubric)
            assert len(judge.requests) == asked
        assert found["comparisons"]["decided"] == 700 == len(set(judge.pairs))
        assert found["ended"] == "the comparisons are used up"
        assert again == rows
        best = sorted(rows, key=lambda row: int(row["Rank"]))[:50]
        assert min(int(QUALITY.search(row["Answer"])[1]) for row in best) > 800


class TestTies:
    def test_a_judge_that_finds_no_difference_leaves_all_in_one_place(self, tmp_path):
        with Judge(always="tie") as judge:
            rows, found, _ = rank(judge, tmp_path, answers(*range(8)))
        assert {(row["Rank"], row["Tier"]) for row in rows} == {("1", "1")}
        assert found["comparisons"]["ties"] == found["comparisons"]["decided"] > 0

    def test_a_judge_of_places_is_found_out(self, tmp_path):
        with Judge(always="A") as judge:
            rows, found, ran = rank(judge, tmp_path, answers(*range(8)), "--comparisons", 56, "--certainty", 1)
        bias = found["position_bias"]
        assert bias["bias"] > 0.8
        assert (bias["both_orders"], bias["contradictions"]) == (28, 28)
        assert {row["Tier"] for row in rows} == {"1"}
        assert ran.code == 0

    def test_identical_rows_are_told_as_equal_without_a_call(self, judge, tmp_path):
        rows, _, _ = rank(judge, tmp_path, [["a", "q1 same"], ["b", "q1 same"]], "--read", "Answer")
        assert {row["Rank"] for row in rows} == {"1"}
        assert judge.pairs == []

    def test_rows_that_read_the_same_share_a_place_and_count_each(self, judge, tmp_path):
        texts = [["a", "q9 same"], ["b", "q5 other"], ["c", "q9 same"], ["d", "q1 last"], ["e", "q9 same"]]
        rows, _, _ = rank(judge, tmp_path, texts, "--read", "Answer", "--comparisons", 20, "--certainty", 1)
        assert [row["Rank"] for row in rows] == ["1", "4", "1", "5", "1"]
        same = [{name: cell for name, cell in row.items() if name != "ID"} for row in rows]
        assert same[0] == same[2] == same[4]
        assert len(judge.pairs) == len({frozenset(pair) for pair in judge.pairs}) * 2 == 6

    def test_the_best_k_count_rows_that_read_the_same(self, judge, tmp_path):
        texts = [["a", "q9 same"], ["b", "q9 same"], *([f"{n}", f"q{n} other"] for n in range(8))]
        rows, _, _ = rank(judge, tmp_path, texts, "--read", "Answer", "--top", 3, "--comparisons", 72, "--certainty", 1)
        assert [row["ID"] for row in rows if int(row["Rank"]) <= 3] == ["a", "b", "7"]


class TestScoresAlone:
    def test_no_pairs(self, tmp_path):
        with Judge(score=None) as judge:
            rows, found, _ = rank(judge, tmp_path, answers(2, 5, 5, 1), "--no-pairs", rubric="How good, 1 to 5?")
        assert judge.pairs == []
        assert found["by"] == "scores"
        assert [row["Strength"] for row in rows] == [""] * 4

    @pytest.mark.parametrize("options", [("--comparisons", 0), ("--no-pairs",)])
    def test_equal_scores_share_a_rank(self, judge, tmp_path, options):
        rows, _, _ = rank(judge, tmp_path, answers(2, 5, 5), *options)
        assert [row["Rank"] for row in rows] == ["1", "1", "1"]

    def test_a_judge_by_likelihood_is_not_asked_about_pairs(self, tmp_path):
        table = write_table(tmp_path / "t.csv", answers(1, 2))
        ran = inside(
            "rank", table, "--rubric", "Is it good?", "--judge", "fake", "--method", "likelihood", "--json", "--out",
            tmp_path / "o.csv", "--journal", tmp_path / "j",
        )  # fmt: skip
        assert ran.code in (0, 2), ran.err
        if ran.code == 0:
            assert json.loads(ran.out)["by"] == "scores"


class TestGroups:
    def test_each_group_has_its_own_order_and_only_its_rows_meet(self, judge, tmp_path):
        rows = [[f"P{n % 3}", f"q{n} to P{n % 3}"] for n in range(12)]
        rows, found, _ = rank(
            judge, tmp_path, rows, "--group", "Prompt", "--comparisons", 36, "--certainty", 1,
            header=("Prompt", "Answer"),
        )  # fmt: skip
        for prompt in ("P0", "P1", "P2"):
            own = [row for row in rows if row["Prompt"] == prompt]
            by_rank = sorted(own, key=lambda row: int(row["Rank"]))
            qualities = [int(QUALITY.search(row["Answer"])[1]) for row in by_rank]
            assert qualities == sorted(qualities, reverse=True)
        assert all(a[-2:] == b[-2:] for a, b in judge.pairs)
        assert {entry["group"] for entry in found["ranking"]} == {"P0", "P1", "P2"}

    def test_what_a_group_shares_is_shown_once(self, judge, tmp_path):
        rank(judge, tmp_path, [["P", "q1"], ["P", "q2"]], "--group", "Prompt", header=("Prompt", "Answer"))
        asked = [
            body["messages"][1]["content"] for body in judge.requests if "text A" in body["messages"][1]["content"]
        ]
        assert asked
        assert all(text.count("Prompt:") == 1 for text in asked)

    @pytest.mark.parametrize("options", [(), ("--no-pairs",), ("--top", 1)])
    def test_a_row_without_a_group_competes_with_nobody_and_has_no_rank(self, judge, tmp_path, options):
        rows = [["P", "q1"], ["", "q9 lost"], ["P", "q2"], ["  ", "q8 lost"], ["Z", "q5"]]
        rows, found, ran = rank(
            judge, tmp_path, rows, "--group", "Prompt", "--read", "Answer", *options, header=("Prompt", "Answer"),
        )  # fmt: skip
        assert not any("lost" in text for pair in judge.pairs for text in pair)
        for row in rows:
            lost = "lost" in row["Answer"]
            assert row["Score"] == "3"
            assert (row["Rank"] == "", row["Tier"] == "") == (lost, lost)
            assert row["Status"] == ("review: nothing in Prompt, so it has no rank" if lost else "ok")
        assert {entry["group"] for entry in found["ranking"]} == {"P", "Z"}
        assert (found["rows"]["ok"], found["rows"]["review"], ran.code) == (3, 2, 0)


class TestFew:
    @pytest.mark.parametrize("count", [1, 2])
    def test_one_row_or_two(self, judge, tmp_path, count):
        rows, found, _ = rank(judge, tmp_path, answers(*range(count)))
        assert [row["Rank"] for row in rows] == [str(n) for n in range(count, 0, -1)]
        assert found["comparisons"]["decided"] == (0 if count == 1 else 2)


class TestFailures:
    def test_a_row_without_a_score_has_no_rank(self, judge, tmp_path):
        rows, found, _ = rank(judge, tmp_path, [*answers(3, 1), ["x", "unreadable q9"]], code=1)
        assert [(row["Rank"], row["Status"].partition(":")[0]) for row in rows] == [
            ("1", "ok"),
            ("2", "ok"),
            ("", "error"),
        ]
        assert len(found["ranking"]) == 2

    def test_comparisons_without_a_verdict_are_counted_and_are_no_wins(self, judge, tmp_path):
        rows, found, _ = rank(
            judge, tmp_path, [*answers(3, 1, 2), ["x", "shy q9"]], "--comparisons", 12, "--certainty", 1
        )
        assert found["comparisons"]["decided"] == 6
        assert found["comparisons"]["unscored"] == 6
        assert sum(found["comparisons"]["reasons"].values()) == 6
        shy = rows[3]
        assert shy["Comparisons"] == "0"
        assert shy["Status"] == "review: no comparison of it had a verdict, so its place is by its score"
        assert (found["rows"]["ok"], found["rows"]["review"]) == (3, 1)

    def test_a_judge_of_a_jury_that_gives_no_verdict_is_told_of(self, judge, tmp_path):
        usual = judge.behave

        def behave(body, number):
            compares = "text A" in body["messages"][1]["content"]
            return error(400, "Not me.") if compares and body["model"] == "mute" else usual(body, number)

        judge.behave = behave
        both = ("--judge", f"{judge.url}#mute", "--comparisons", 12, "--certainty", 1)
        _, found, _ = rank(judge, tmp_path, answers(*range(4)), *both)
        assert (found["comparisons"]["decided"], found["comparisons"]["unscored"]) == (12, 0)
        ((who, count),) = found["comparisons"]["without_a_judge"].items()
        assert (who.partition(": ")[0], "Not me" in who, count) == ("mute", True, 12)
        said = inside(
            "rank", tmp_path / "t.csv", "--rubric", "Is it good?", "--judge", f"{judge.url}#m", *both,
            "--out", tmp_path / "o.csv", "--journal", tmp_path / "journal",
        ).err  # fmt: skip
        assert "Comparisons that went on without one of the judges:" in said
        assert re.search(r"^ +12  mute: ", said, re.MULTILINE)

    def test_all_failed(self, judge, tmp_path):
        rows, found, _ = rank(judge, tmp_path, [["x", "unreadable a"], ["y", "unreadable b"]], code=1)
        assert {row["Rank"] for row in rows} == {""}
        assert judge.pairs == []
        assert found["scored"] == 0

    def test_a_row_that_fails_what_is_required_is_below_all_others(self, judge, tmp_path):
        rubric = write_rubric(
            tmp_path,
            "name: R\ncriteria:\n  - id: good\n    ask: Is it good?\n    scale: 1-5\n"
            "  - id: long\n    check: {words: {min: 3}}\n    required: true\n",
        )
        rows, _, _ = rank(
            judge, tmp_path, [*answers(1, 2), ["x", "q9"], ["y", "q8"]], "--read", "Answer", rubric=rubric
        )
        assert [row["Rank"] for row in rows] == ["2", "1", "3", "3"]
        assert all("q9" not in a + b for a, b in judge.pairs)


class TestStopAndGoOn:
    def test_a_budget_stops_it_and_the_same_command_goes_on(self, judge, tmp_path):
        rows = answers(*range(10))
        options = ("--comparisons", 40, "--certainty", 1)
        _, found, _ = rank(judge, tmp_path, rows, *options, "--budget-calls", 25, code=3)
        assert found["stopped"]
        assert found["comparisons"]["decided"] == 15
        _, found, _ = rank(judge, tmp_path, rows, *options)
        assert len(judge.pairs) == len(set(judge.pairs)) == 40
        assert found["usage"]["from_journal"] == 25

    def test_a_second_run_asks_nothing_and_finds_the_same(self, judge, tmp_path):
        first, _, _ = rank(judge, tmp_path, answers(*range(9)))
        calls = len(judge.requests)
        second, _, _ = rank(judge, tmp_path, answers(*range(9)))
        assert len(judge.requests) == calls
        assert first == second

    def test_ctrl_c_writes_what_is_known(self, tmp_path):
        import signal

        with Judge(latency=0.05) as judge:
            table = write_table(tmp_path / "t.csv", answers(*range(12)))
            words = (
                "rank", table, "--rubric", "Is it good?", "--judge", f"{judge.url}#m", "--out", tmp_path / "o.csv",
                "--journal", tmp_path / "j", "--concurrency", 2, "--comparisons", 132, "--certainty", 1, "--quiet",
            )  # fmt: skip
            process = start(*words)
            judge_calls(judge, 30)
            send(process, signal.SIGINT)
            ran = ended(process)
            assert ran.code == 3, ran.err
            rows = read_csv(tmp_path / "o.csv")
            assert all(row["Rank"] and row["Status"] == "ok" for row in rows)
            assert inside(*words).code == 0
            assert len(judge.pairs) == len(set(judge.pairs)) == 132


def judge_calls(judge, count):
    import threading
    import time

    deadline = time.monotonic() + 60
    while len(judge.requests) < count:
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)


class TestDryRun:
    def test_it_counts_the_comparisons_and_asks_nobody(self, judge, tmp_path):
        table = write_table(tmp_path / "t.csv", answers(*range(10)))
        ran = inside("rank", table, "--rubric", "Is it good?", "--judge", f"{judge.url}#m", "--dry-run", "--json")
        assert json.loads(ran.out)["seats"][0]["calls"] == 60
        assert judge.requests == []

    def test_only_rows_of_a_group_are_counted_as_meeting(self, judge, tmp_path):
        groups = ["a", "a", "b", "b", "b", "c", "", " "]
        rows = [[group, f"q{n}"] for n, group in enumerate(groups)]
        table = write_table(tmp_path / "t.csv", rows, header=("Prompt", "Answer"))
        words = ("rank", table, "--rubric", "Is it good?", "--judge", f"{judge.url}#m", "--group", "Prompt", "--json")
        planned = json.loads(inside(*words, "--dry-run").out)["seats"][0]["calls"]
        ran = inside(*words, "--certainty", 1, "--out", tmp_path / "o.csv", "--journal", tmp_path / "j")
        assert planned == len(judge.requests) == len(rows) + 2 + 6, ran.err


class TestWords:
    def test_the_terminal_shows_ranks_with_intervals_and_why_it_stopped(self, judge, tmp_path):
        table = write_table(tmp_path / "t.csv", answers(*range(8)))
        ran = inside("rank", table, "--rubric", "Is it good?", "--judge", f"{judge.url}#m", "--out", tmp_path / "o.csv")
        assert re.search(r"^  1( \(1–\d\))? +1 +\+\d\.\d\d  row 9  id7$", ran.err, re.MULTILINE), ran.err
        assert "are expected to stand the right way round." in ran.err
        assert "comparisons" in ran.err
        assert "50% is no bias" in ran.err

    @pytest.mark.parametrize(("top", "wanted"), [(2, 2), (3, None), (10, None)])
    def test_the_certainty_is_said_of_what_it_is_of(self, judge, tmp_path, top, wanted):
        table = write_table(tmp_path / "t.csv", answers(*range(3)))
        words = (
            "rank", table, "--rubric", "Is it good?", "--judge", f"{judge.url}#m", "--top", top, "--certainty", 1,
            "--out", tmp_path / "o.csv",
        )  # fmt: skip
        ran = inside(*words)
        assert ("Of the best" in ran.err, "Of all pairs of rows" in ran.err) == (wanted is not None, wanted is None)
        assert json.loads(inside(*words, "--json").out)["top"] == wanted

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (("--group", "Nowhere"), "has no column 'Nowhere' to group by"),
            (("--group", "Answer", "--read", "Answer"), "nothing else is read"),
            (("--per-criterion",), "--per-criterion can't be had with pairs"),
        ],
    )
    def test_what_cannot_be_is_said_before_anything_is_asked(self, judge, tmp_path, options, said):
        table = write_table(tmp_path / "t.csv", answers(1, 2))
        ran = inside("rank", table, "--rubric", "Is it good?", "--judge", f"{judge.url}#m", *options)
        assert ran.code == 2
        assert said in ran.err
        assert judge.requests == []


class TestSheet:
    def test_ranks_follow_their_rows_and_a_second_run_leaves_them(self, judge, tmp_path):
        credentials = tmp_path / "credentials.json"
        with start_sandbox(credentials=credentials) as google:
            url = google.load("Answers", [["ID", "Answer"], *answers(2, 9, 5, 7)])
            person = google.spreadsheet(url)
            usual = judge.behave

            def behave(body, number):
                if number == 6:
                    person.sort("A2:B5", 0, descending=True)
                return usual(body, number)

            judge.behave = behave
            words = (
                "rank", url, "--credentials", credentials, "--rubric", "Is it good?", "--judge", f"{judge.url}#m",
                "--journal", tmp_path / "j", "--read", "Answer", "--json",
            )  # fmt: skip
            for _ in range(2):
                ran = inside(*words)
                assert ran.code == 0, ran.err
            rows = person.rows()
        at = rows[0].index("Rank")
        assert {row[0]: int(row[at]) for row in rows[1:]} == {"id0": 4, "id1": 1, "id2": 3, "id3": 2}
        assert rows[0].count("Rank") == 1
        assert len(judge.pairs) == len(set(judge.pairs))

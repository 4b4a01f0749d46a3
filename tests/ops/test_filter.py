"""`filter`: rows kept, dropped or left for review, with and without a promise, in files and in sheets."""

from __future__ import annotations

import json
import re
import signal
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.cli.filter_texts import at_least
from sheetjudge.sandbox import start as start_sandbox
from tests.ops.scoring import ended, inside, read_csv, send, start, write_table
from tests.servers.chat_server import ChatServer, Reply, chat, error

_ROW = re.compile(r"row-(\d+)\.")
WORDS = "asks for less than $10,000"
EVERY = 8


def wanted(row):
    return row % EVERY == 0


class TwoJudges(ChatServer):
    """`strong` knows which rows to keep; `cheap` is wrong about one row in twenty. `fail` names rows that fail."""

    def __init__(self, *, fail=(), cheap_fails=(), **changes):
        super().__init__(self._decide, **changes)
        self.fail, self.cheap_fails = set(fail), set(cheap_fails)

    def _decide(self, body, _number):
        row = int(_ROW.search(body["messages"][-1]["content"])[1])
        strong = body["model"] == "strong"
        if row in (self.fail if strong else self.cheap_fails):
            return error(400, "This content is refused.")
        said = wanted(row) if strong else wanted(row) != (row % 20 == 7)
        answer = {"keep": {"reason": f"{body['model']} says so.", "score": "yes" if said else "no"}}
        return Reply(body=chat(json.dumps(answer)))

    def asked(self, model):
        """Rows that a judge was asked about, in order."""
        return [
            int(_ROW.search(body["messages"][-1]["content"])[1]) for body in self.requests if body["model"] == model
        ]

    def judges(self):
        return ["--judge", f"{self.url}#cheap", "--escalate-to", f"{self.url}#strong"]


def filtered(tmp_path, rows, *args, judges, out="out.csv", words=WORDS):
    table = rows if hasattr(rows, "exists") else write_table(tmp_path / "t.csv", rows)
    ran = inside(
        "filter", table, "--keep", words, "--read", "Answer", *judges, *args,
        *(["--out", tmp_path / out] if out else []), "--no-logprobs", "--quiet",
        env={"SHEETJUDGE_HOME": str(tmp_path / "home")},
    )  # fmt: skip
    return ran, (read_csv(tmp_path / out) if out and (tmp_path / out).exists() else [])


def test_without_a_promise_the_judge_itself_decides(tmp_path):
    with TwoJudges() as server:
        ran, rows = filtered(tmp_path, 40, judges=["--judge", f"{server.url}#strong"])
    assert ran.code == 0, ran.err
    assert [row["Keep"] for row in rows] == ["yes" if wanted(n) else "no" for n in range(40)]
    assert list(rows[0])[-4:] == ["Score", "Keep", "Why", "Status"]
    assert {row["Status"] for row in rows} == {"ok"}
    assert rows[0]["Why"] == "strong says so."
    assert "5 kept, 35 dropped, 0 for review" in ran.err


def test_a_row_without_an_answer_is_for_review_and_never_kept_or_dropped(tmp_path):
    with TwoJudges(fail={3, 8}) as server:
        ran, rows = filtered(tmp_path, 20, "--tries", 1, judges=["--judge", f"{server.url}#strong"])
    assert ran.code == 1
    assert [row["Keep"] for row in rows if row["ID"] in {"3", "8"}] == ["review", "review"]
    assert all(row["Status"].startswith("error: ") and not row["Score"] for row in rows if row["ID"] in {"3", "8"})
    assert "2 for review" in ran.err


def test_scores_between_yes_and_no_are_for_review(tmp_path):
    halves = [{"keep": {"reason": "Hm.", "score": word}} for word in ("yes", "no")]
    with ChatServer(lambda _, number: Reply(body=chat(json.dumps(halves[number % 2])))) as server:
        ran, rows = filtered(
            tmp_path, 1, "--samples", 2, "--concurrency", 1, judges=["--judge", f"{server.url}#strong"]
        )
    assert (ran.code, rows[0]["Keep"], rows[0]["Score"]) == (0, "review", "0.5")
    assert rows[0]["Status"] == "review: between yes and no (0.50)"


def test_without_a_promise_close_rows_go_to_the_strong_judge(tmp_path):
    with TwoJudges(cheap_fails={5, 16}) as server:
        ran, rows = filtered(tmp_path, 20, "--tries", 1, judges=server.judges())
        assert sorted(server.asked("strong")) == [5, 16]
    assert ran.code == 0, ran.err
    assert (rows[16]["Keep"], rows[5]["Keep"]) == ("yes", "no")
    assert rows[16]["Why"].endswith("strong says so.")
    assert "was asked about 2 of 20 rows" in ran.err


def test_a_promise_is_kept_with_fewer_calls(tmp_path):
    with TwoJudges() as server:
        ran, rows = filtered(tmp_path, 600, "--recall", "0.8", judges=server.judges())
        asked = server.asked("strong")
    assert ran.code == 0, ran.err
    assert len(asked) == len(set(asked)) < 450
    kept = {int(row["ID"]) for row in rows if row["Keep"] == "yes"}
    # Every kept row was confirmed, every row that was seen has the strong judge's answer, and few are missed.
    assert all(wanted(n) for n in kept)
    assert {n for n in asked if wanted(n)} == kept
    assert len(kept) >= 0.8 * sum(map(wanted, range(600)))
    assert {row["Keep"] for row in rows} == {"yes", "no"}
    assert f"was asked about {len(asked)} of 600 rows" in ran.err
    assert re.search(
        r"With 0.95 confidence, relative to .*: recall at least 0\.[89]\d+ \(at most \d+ rows? to keep", ran.err
    )


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.floats(0.0, 1.0))
def test_a_bound_is_never_said_to_be_more_than_it_is_nor_less_than_was_promised(right, hidden, share):
    bound = right / (right + hidden)
    promise = bound * share
    for promised in (None, promise, bound):
        said = float(at_least(bound, promised))
        assert (promised or 0.0) - 1e-9 <= said <= bound + 1e-9
        assert said > bound - 1e-4 - 1e-9


def test_a_promise_is_told_as_it_was_asked_for(tmp_path):
    with TwoJudges() as server:
        ran, _ = filtered(tmp_path, 9, "--recall", "0.99999", "--confidence", "0.9999", judges=server.judges())
    assert "recall of at least 0.99999 with 0.9999 confidence" in ran.err


def test_both_promises_together(tmp_path):
    with TwoJudges() as server:
        ran, rows = filtered(
            tmp_path, 800, "--recall", "0.8", "--precision", "0.8", "--confidence", "0.9", "--json",
            judges=server.judges(),
        )  # fmt: skip
    result = json.loads(ran.out)
    assert result["promise"]["met"]
    assert result["promise"]["recall_at_least"] >= 0.8
    assert result["promise"]["precision_at_least"] >= 0.8
    assert result["strong_rows"]["asked"] == len(server.asked("strong")) == 800 - result["strong_rows"]["saved"]
    kept = [int(row["ID"]) for row in rows if row["Keep"] == "yes"]
    right = sum(map(wanted, kept))
    assert right >= 0.8 * len(kept)
    assert right >= 0.8 * 100


def test_rows_that_the_cheap_judge_fails_on_go_to_the_strong_one(tmp_path):
    with TwoJudges(cheap_fails={1, 2, 16}) as server:
        ran, rows = filtered(tmp_path, 200, "--recall", "0.8", "--tries", 1, judges=server.judges())
        assert {1, 2, 16} <= set(server.asked("strong"))
    assert ran.code == 0, ran.err
    assert [rows[n]["Keep"] for n in (1, 2, 16)] == ["no", "no", "yes"]


def test_rows_that_the_strong_judge_fails_on_are_for_review(tmp_path):
    with TwoJudges(fail=range(0, 300, 9)) as server:
        ran, rows = filtered(tmp_path, 300, "--recall", "0.8", "--tries", 1, judges=server.judges())
        asked = set(server.asked("strong"))
    assert ran.code == 1
    failed = {n for n in asked if n % 9 == 0}
    assert {int(row["ID"]) for row in rows if row["Keep"] == "review"} == failed
    assert all(row["Status"].startswith("error: ") for row in rows if row["Keep"] == "review")
    assert "The promise is about the rows that the strong judge answers." in ran.err


def test_a_classifier_of_the_text_in_place_of_a_cheap_judge(tmp_path):
    rows = [[str(n), f"This is row-{n}. It {'asks for a refund' if wanted(n) else 'says thanks'}."] for n in range(400)]
    table = write_table(tmp_path / "t.csv", rows)
    with TwoJudges() as server:
        ran, found = filtered(
            tmp_path, table, "--recall", "0.8", "--proxy", "text", judges=["--escalate-to", f"{server.url}#strong"]
        )
        asked = server.asked("strong")
    assert ran.code == 0, ran.err
    assert not server.asked("cheap")
    assert len(asked) < 300
    assert sum(row["Keep"] == "yes" for row in found) >= 0.8 * 50
    unseen = next(row for row in found if int(row["ID"]) not in asked)
    assert (unseen["Keep"], unseen["Score"], unseen["Why"]) == ("no", "", "Decided by a classifier of the row's words.")


def test_empty_rows_are_skipped_and_kept_by_nobody(tmp_path):
    table = write_table(tmp_path / "t.csv", [["0", "row-0."], ["", ""], ["1", "row-1."]])
    with TwoJudges() as server:
        for proxy in ((), ("--recall", "0.9"), ("--recall", "0.9", "--proxy", "text")):
            judges = ["--escalate-to", f"{server.url}#strong"] if "text" in proxy else server.judges()
            ran, rows = filtered(tmp_path, table, *proxy, judges=judges)
            assert ran.code == 0, ran.err
            assert [(row["Keep"], row["Status"]) for row in rows] == [
                ("yes", "ok"), ("", "skipped: empty row"), ("no", "ok"),
            ]  # fmt: skip


@pytest.mark.parametrize("proxy", [[], ["--proxy", "text"]])
def test_a_table_with_nothing_to_judge(tmp_path, proxy):
    table = write_table(tmp_path / "t.csv", [["", ""], ["", " "]])
    with TwoJudges() as server:
        judges = ["--escalate-to", f"{server.url}#strong"] if proxy else server.judges()
        ran, rows = filtered(tmp_path, table, "--recall", "0.9", *proxy, judges=judges)
    assert (ran.code, [row["Keep"] for row in rows], server.requests) == (0, ["", ""], [])


def test_only_the_kept_rows(tmp_path):
    with TwoJudges() as server:
        ran, rows = filtered(tmp_path, 100, "--recall", "0.8", "--only-kept", judges=server.judges())
    assert ran.code == 0, ran.err
    assert rows
    assert {row["Keep"] for row in rows} == {"yes"}
    assert [int(row["ID"]) for row in rows] == sorted(int(row["ID"]) for row in rows)
    assert all(wanted(int(row["ID"])) for row in rows)
    assert list(rows[0]) == ["ID", "Answer", "Score", "Keep", "Why", "Status"]


def test_a_filter_with_other_words_stands_beside_the_first(tmp_path):
    with TwoJudges() as server:
        judges = ["--judge", f"{server.url}#strong"]
        filtered(tmp_path, 12, judges=judges, out="one.csv")
        _, same = filtered(tmp_path, tmp_path / "one.csv", judges=judges, out="same.csv")
        _, both = filtered(tmp_path, tmp_path / "one.csv", judges=judges, words="is rude", out="both.csv")
        _, rude = filtered(tmp_path, tmp_path / "both.csv", judges=judges, words="is rude", out="third.csv")
    own = ["Score", "Keep", "Why", "Status"]
    assert list(same[0]) == ["ID", "Answer", *own]
    assert list(both[0]) == ["ID", "Answer", *own, *(f"is rude · {name}" for name in own)]
    assert [row["Keep"] for row in both] == [row["Keep"] for row in same]
    assert list(rude[0]) == list(both[0])


def test_a_second_run_asks_nobody_also_where_rows_were_sorted(tmp_path):
    with TwoJudges() as server:
        _, first = filtered(tmp_path, 300, "--recall", "0.8", judges=server.judges())
        calls = len(server.requests)
        backwards = write_table(
            tmp_path / "backwards.csv", [[str(n), first[n]["Answer"]] for n in reversed(range(300))]
        )
        ran, second = filtered(tmp_path, backwards, "--recall", "0.8", judges=server.judges(), out="second.csv")
        assert len(server.requests) == calls
    assert ran.code == 0
    assert {row["ID"]: row["Keep"] for row in first} == {row["ID"]: row["Keep"] for row in second}


def test_a_budget_stops_the_run_and_the_next_takes_up_where_it_stopped(tmp_path):
    with TwoJudges() as server:
        ran, rows = filtered(tmp_path, 300, "--recall", "0.8", "--budget-calls", 350, judges=server.judges())
        assert ran.code == 3
        assert len(server.requests) <= 350
        assert "Not reached yet: recall of at least 0.8" in ran.err
        assert f"was asked about {len(server.asked('strong'))} of 300 rows before the run was stopped." in ran.err
        assert " saved" not in ran.err
        # What the strong judge has said stands; about the rest nothing is said.
        seen = set(server.asked("strong"))
        for row in rows:
            keep = ("yes" if wanted(int(row["ID"])) else "no") if int(row["ID"]) in seen else ""
            assert row["Keep"] == keep
            assert row["Status"] == ("ok" if keep else "skipped: not reached before the run stopped")
        ran, rows = filtered(tmp_path, 300, "--recall", "0.8", judges=server.judges())
        asked = server.asked("strong")
    assert ran.code == 0
    assert len(asked) == len(set(asked))
    assert {row["Keep"] for row in rows} == {"yes", "no"}


def test_ctrl_c_while_the_strong_judge_is_asked(tmp_path):
    out = tmp_path / "out.csv"
    with TwoJudges(latency=0.05) as server:
        args = (
            "filter", write_table(tmp_path / "t.csv", 200), "--keep", WORDS, *server.judges(), "--recall", "0.9",
            "--out", out, "--no-logprobs", "--concurrency", 8,
        )  # fmt: skip
        env = {"SHEETJUDGE_HOME": str(tmp_path / "home")}
        process = start(*args, env=env)
        while len(server.requests) < 230:
            assert process.poll() is None
            threading.Event().wait(0.002)
        send(process, signal.SIGINT)
        ran = ended(process)
        assert ran.code == 3, ran.err
        assert "Interrupted. Asking the strong judge: " in ran.err
        assert " remain at the most; what was judged is kept. Run the same command again" in ran.err
        again = ended(start(*args, env=env))
        assert again.code == 0, again.err
        asked = server.asked("strong")
        assert len(asked) == len(set(asked))
        assert len(server.asked("cheap")) == 200
    assert all(row["Keep"] in {"yes", "no"} for row in read_csv(out))


def test_a_dry_run_asks_nobody(tmp_path):
    with TwoJudges() as server:
        ran, _ = filtered(tmp_path, 50, "--recall", "0.8", "--dry-run", judges=server.judges())
        assert not server.requests
    assert ran.code == 0
    assert "50 rows to judge" in ran.out
    assert "its figures above are the most" in ran.out
    assert not (tmp_path / "out.csv").exists()


def test_a_filter_and_scores_stand_beside_each_other(tmp_path):
    with TwoJudges() as server:
        _, rows = filtered(tmp_path, 5, judges=["--judge", f"{server.url}#strong"])
        scored = tmp_path / "scored.csv"
        scored.write_text((tmp_path / "out.csv").read_text().replace("Keep", "clear"))
        _, rows = filtered(tmp_path, scored, judges=["--judge", f"{server.url}#strong"], out="both.csv")
        assert [name for name in rows[0] if name.endswith("Status")] == ["Status", f"{WORDS} · Status"]
        again = tmp_path / "again.csv"
        again.write_text((tmp_path / "out.csv").read_text())
        _, rows = filtered(tmp_path, again, judges=["--judge", f"{server.url}#strong"], out="once.csv")
        assert [name for name in rows[0] if name.endswith("Status")] == ["Status"]


def test_into_a_sheet(tmp_path):
    credentials = tmp_path / "key.json"
    env = {"SHEETJUDGE_HOME": str(tmp_path / "home")}
    with TwoJudges() as server, start_sandbox(credentials=credentials) as google:
        url = google.load("Answers", [["ID", "Answer"], *([str(n), f"This is row-{n}. So."] for n in range(120))])
        args = (
            "filter", url, "--credentials", credentials, "--keep", WORDS, "--read", "Answer", *server.judges(),
            "--recall", "0.8", "--no-logprobs", "--quiet",
        )  # fmt: skip
        ran = inside(*args, env=env)
        assert ran.code == 0, ran.err
        header, *rows = google.spreadsheet(url).rows()
        assert header[:4] == ["ID", "Answer", "Score", "Keep"]
        keep = {int(row[0]): row[3] for row in rows[:120]}
        assert {keep[n] for n in server.asked("strong") if wanted(n)} == {"yes"}
        assert set(keep.values()) == {"yes", "no"}
        calls = len(server.requests)
        assert inside(*args, env=env).code == 0
        assert len(server.requests) == calls
        refused = inside(*args, "--only-kept", env=env)
        assert refused.code == 2
        assert "--only-kept doesn't take rows out of a sheet" in refused.err


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--recall", "0.9"], "Name it with --escalate-to"),
        (["--confidence", "0.9"], "--confidence belongs to a promise"),
        (["--proxy", "text"], "--proxy text belongs to a promise"),
        (["--recall", "0.9", "--proxy", "text"], "none is named"),
        (["--recall", "0.9", "--proxy", "text", "--judge", "fake", "--escalate-to", "fake:x"], "2 are named"),
        (["--unsure", "0.7", "0.3"], "the lower one first"),
        (["--recall", "1.5"], "--recall"),
        (["--keep", "rubric.yaml"], "--keep says in words"),
        (["--keep", "costs {less"], "brace"),
    ],
)
def test_what_makes_no_sense_is_said_at_once(tmp_path, args, says):
    keep = [] if "--keep" in args else ["--keep", WORDS]
    ran = inside("filter", write_table(tmp_path / "t.csv", 3), *keep, *args, env={"SHEETJUDGE_HOME": str(tmp_path)})
    assert ran.code == 2
    assert says in ran.err
    assert ran.out == ""

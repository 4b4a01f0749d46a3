"""What a scoring run makes of a table: columns, order, cuts, juries, samples, exit codes."""

from __future__ import annotations

import csv
import io
import json

import pytest

from sheetjudge.core.chat import Message, Request
from sheetjudge.errors import TableError
from sheetjudge.judging.asking import Asking
from sheetjudge.llm.fake import FakeModel
from sheetjudge.sandbox import start as start_sandbox
from tests.ops.scoring import (
    JudgeServer,
    hosted,
    inside,
    make_job,
    read_csv,
    run_job,
    truth,
    write_rubric,
    write_table,
)


def says(score, reason="So."):
    return json.dumps({"clear": {"reason": reason, "score": score}})


def run(tmp_path, rows, models, *, rubric=None, header=("Answer",), **changes):
    out = tmp_path / "out.csv"
    job = make_job(
        write_table(tmp_path / "t.csv", rows, header=header),
        rubric or write_rubric(tmp_path),
        models,
        journal=tmp_path / "journal",
        out=out,
        **changes,
    )
    return run_job(job), read_csv(out)


def stated(score, **changes):
    """A judge that gives every row this score."""
    return FakeModel(lambda _: says(score), logprobs=False, **changes)


def test_rows_without_anything_to_judge_are_skipped(tmp_path):
    model = stated(4)
    result, rows = run(tmp_path, [["One."], [""], ["  "], ["Two."]], [model])
    assert [row["Status"] for row in rows] == ["ok", "skipped: empty row", "skipped: empty row", "ok"]
    assert [row["Score"] for row in rows] == ["4", "", "", "4"]
    assert (model.calls, result.exit_code) == (2, 0)
    assert result.summary.mean == 4


def test_a_row_empty_in_the_columns_that_are_read_is_skipped(tmp_path):
    _, rows = run(tmp_path, [["1", ""], ["2", "Two."]], [stated(4)], header=["ID", "Answer"], read=["Answer"])
    assert [row["Status"] for row in rows] == ["skipped: nothing in Answer", "ok"]


def test_the_judge_sees_the_columns_that_are_read_in_their_order(tmp_path):
    model = stated(4, keep_requests=True)
    run(tmp_path, [["AAA", "BBB", "CCC"]], [model], header=["A", "B", "C"], read=["C", "A"])
    (request,) = model.requests
    text = request.messages[1].content
    assert "BBB" not in text
    assert text.index("CCC") < text.index("AAA")


def test_every_row_has_the_same_prefix(tmp_path):
    model = stated(4, keep_requests=True)
    run(tmp_path, [["One."], ["Two."]], [model])
    assert isinstance(model.requests[0], Request)
    first, second = (request.messages for request in model.requests)
    assert first[0] == second[0] == Message("system", first[0].content)
    assert first[1] != second[1]


def test_a_row_that_is_too_long_is_cut_and_says_so(tmp_path):
    model = stated(4, keep_requests=True)
    long = "begin " + "x" * 100_000 + " end"
    result, rows = run(tmp_path, [[long, "short"]], [model], header=["Answer", "Note"])
    text = model.requests[0].messages[1].content
    assert len(text) < 65_000
    assert "begin" in text
    assert "end" in text
    assert "characters left out here" in text
    assert "short" in text
    assert rows[0]["Status"].startswith("review: Answer was too long: 4")
    assert rows[0]["Answer"] == long, "the table keeps the whole"
    assert result.summary.rows["review"] == 1


def test_an_empty_reference_is_said(tmp_path):
    rubric = write_rubric(tmp_path, "name: R\ncriteria:\n  - id: clear\n    ask: Does it agree with {Ideal}?\n")
    rows = [["Four.", "4"], ["Five.", " "]]
    _, rows = run(tmp_path, rows, [stated(4)], header=["Answer", "Ideal"], rubric=rubric)
    assert [row["Status"] for row in rows] == ["ok", "review: Ideal is empty"]


def test_limit_judges_the_first_rows_that_hold_something(tmp_path):
    model = stated(4)
    result, rows = run(tmp_path, [["One."], [""], ["Two."], ["Three."]], [model], limit=2)
    assert model.calls == 2
    assert [row["Score"] for row in rows] == ["4", "", "4", ""]
    assert [row["Status"] for row in rows] == ["ok", "skipped: empty row", "ok", ""]
    assert result.exit_code == 0


def test_a_jury_takes_the_mean(tmp_path):
    models = [stated(2, name="fake:1", seed=1), stated(5, name="fake:2", seed=2)]
    _, rows = run(tmp_path, [["One."], ["Two."]], models)
    assert [row["Score"] for row in rows] == ["3.5", "3.5"]
    assert [model.calls for model in models] == [2, 2]


def test_a_jury_whose_one_judge_gives_no_verdict_says_so(tmp_path):
    silent = FakeModel(lambda _: "no idea", name="fake:2", seed=2)
    result, rows = run(tmp_path, [["One."]], [stated(2), silent])
    assert rows[0]["Score"] == "2"
    assert rows[0]["Status"].startswith("review: clear: 1 of 2 judges gave no verdict")
    assert result.exit_code == 0


def test_a_jury_that_gives_no_verdict_at_all(tmp_path):
    models = [FakeModel(lambda _: "no idea", name=f"fake:{n}", seed=n) for n in (1, 2)]
    result, rows = run(tmp_path, [["One."]], models)
    assert rows[0]["Score"] == ""
    assert rows[0]["Status"].startswith("error: ")
    assert result.exit_code == 1


def test_samples_take_the_mean_and_leave_the_temperature_alone(tmp_path):
    def script(request):
        assert request.temperature is None
        return says([1, 1, 4][request.sample])

    model = FakeModel(script, logprobs=False)
    _, rows = run(tmp_path, [["One."]], [model], asking=Asking(samples=3))
    assert (rows[0]["Score"], model.calls) == ("2", 3)


def test_one_call_for_each_criterion(tmp_path):
    rubric = write_rubric(
        tmp_path,
        "name: Two\ncriteria:\n- {id: clear, ask: Is it clear, scale: 1-5}\n"
        "- {id: short, ask: Is it short, scale: 1-5}\n",
    )

    def script(request):
        (name,) = request.schema["properties"]
        return json.dumps({name: {"reason": "So.", "score": 2 if name == "clear" else 4}})

    model = FakeModel(script, logprobs=False)
    _, rows = run(tmp_path, [["One."]], [model], rubric=rubric, asking=Asking(per_criterion=True))
    assert model.calls == 2
    assert (rows[0]["clear"], rows[0]["short"], rows[0]["Score"]) == ("2", "4", "3")


def test_an_unscored_required_criterion_leaves_the_row_unscored(tmp_path):
    rubric = write_rubric(
        tmp_path,
        "name: Two\ncriteria:\n- {id: clear, ask: Is it clear, scale: 1-5}\n"
        "- {id: true, ask: Is it true, scale: yes/no, required: true}\n",
    )
    model = FakeModel(lambda _: says(4), logprobs=False)
    result, rows = run(tmp_path, [["One."]], [model], rubric=rubric)
    assert (rows[0]["Score"], rows[0]["clear"]) == ("", "4")
    assert rows[0]["Status"].startswith("error: true unscored")
    assert result.exit_code == 1


def test_a_table_that_fails_while_it_is_read_ends_the_run(tmp_path):
    """What was judged is paid for, so it is kept; the error is one line and no traceback of many tasks."""
    model = stated(4, latency=0.001)
    job = make_job(
        write_table(tmp_path / "t.csv", 50), write_rubric(tmp_path), [model], journal=tmp_path / "journal",
        out=tmp_path / "out.csv", concurrency=2,
    )  # fmt: skip

    def rows():
        for row in type(job.table).rows(job.table):
            if row.position == 20:
                raise TableError("The table changed while it was being read.", "Run it again.")
            yield row

    object.__setattr__(job.table, "rows", rows)
    with pytest.raises(TableError, match="changed"):
        run_job(job)
    assert 0 < model.calls <= 20
    assert [p.name for p in tmp_path.iterdir() if "out" in p.name] == []
    later = stated(4)
    run(tmp_path, 50, [later], header=("ID", "Answer"))
    assert model.calls + later.calls == 50


def test_an_error_in_our_own_code_is_not_swallowed(tmp_path):
    job = make_job(
        write_table(tmp_path / "t.csv", 500), write_rubric(tmp_path), [stated(4)], journal=tmp_path / "journal",
        out=tmp_path / "out.csv", concurrency=2,
    )  # fmt: skip

    def show(progress):
        if progress.done == 30:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_job(job, show)
    assert [p.name for p in tmp_path.iterdir() if "out" in p.name] == []


def test_a_model_s_error_of_another_kind_is_not_swallowed(tmp_path):
    job = make_job(
        write_table(tmp_path / "t.csv", 50), write_rubric(tmp_path), [FakeModel(faults={7: KeyError("a bug")})],
        journal=tmp_path / "journal", out=tmp_path / "out.csv",
    )  # fmt: skip
    with pytest.raises(ExceptionGroup) as caught:
        run_job(job)
    assert caught.group_contains(KeyError)


# --- the command's streams --------------------------------------------------------------------------------------------


def test_standard_input_to_standard_output(tmp_path):
    ran = inside("score", "-", "--rubric", write_rubric(tmp_path), "--judge", "fake", stdin="ID,Answer\n007,One.\n")
    (row,) = csv.DictReader(io.StringIO(ran.out))
    assert ran.code == 0
    assert list(row) == ["ID", "Answer", "Score", "clear", "Why", "Status"]
    assert (row["ID"], row["Status"]) == ("007", "ok")
    assert "1 row in" in ran.err


def test_json_for_machines(tmp_path):
    table = write_table(tmp_path / "t.csv", 3)
    with JudgeServer() as server:
        ran = inside("score", table, "--rubric", write_rubric(tmp_path), "--judge", f"{server.url}#m", "--json")
    found = json.loads(ran.out)
    assert found["rows"] == {"ok": 3, "review": 0, "skipped": 0, "error": 0}
    assert found["mean"] == pytest.approx(sum(map(truth, range(3))) / 3)
    assert found["criteria"]["clear"]["basis"] == {"stated": 3}
    assert (found["usage"]["calls"], found["stopped"]) == (3, None)
    assert any("oken probabilities" in note for note in found["notes"]), "that they are missing is said"


def test_some_rows_unscored_is_exit_code_one(tmp_path):
    class OneBroken(JudgeServer):
        def _answer(self, kind, row, body):
            return super()._answer("broken" if row == 1 else kind, row, body)

    table, out = write_table(tmp_path / "t.csv", 3), tmp_path / "out.csv"
    with OneBroken() as server:
        ran = inside("score", table, "--rubric", write_rubric(tmp_path), "--judge", f"{server.url}#m", "--out", out)
    assert ran.code == 1
    assert [row["Score"] == "" for row in read_csv(out)] == [False, True, False]
    assert "1 error" in ran.err


def test_no_call_has_to_be_made_for_checks_alone(tmp_path):
    rubric = write_rubric(tmp_path, "name: Length\ncriteria:\n- {id: length, check: {words: {max: 5}}}\n")
    table, out = (
        write_table(tmp_path / "t.csv", [["One."], ["One two three four five six."]], ["Answer"]),
        tmp_path / "o.csv",
    )
    ran = inside("score", table, "--rubric", rubric, "--out", out)
    assert ran.code == 0
    assert [row["length"] for row in read_csv(out)] == ["yes", "no"]


def test_concurrency_bounds_the_calls_in_flight(tmp_path):
    with JudgeServer(latency=0.01) as server:
        job = make_job(
            write_table(tmp_path / "t.csv", 60), write_rubric(tmp_path), [hosted(server.url)],
            journal=tmp_path / "journal", concurrency=7, asking=Asking(samples=3),
        )  # fmt: skip
        run_job(job)
        assert server.most_in_flight <= 7
        assert server.calls == 180


# --- sheets -----------------------------------------------------------------------------------------------------------


def test_a_sheet_is_scored_in_place_and_a_trial_keeps_earlier_scores(tmp_path):
    credentials = tmp_path / "key.json"
    rubric = write_rubric(tmp_path)
    with start_sandbox(credentials=credentials) as google, JudgeServer() as server:
        url = google.load("Answers", [["ID", "Answer"], *([str(n), f"This is row-{n}. It says so."] for n in range(6))])
        command = ("score", url, "--rubric", rubric, "--judge", f"{server.url}#m", "--credentials", credentials)
        assert inside(*command).code == 0
        rows = google.spreadsheet(url).rows()
        assert rows[0][:7] == ["ID", "Answer", "Score", "clear", "Why", "sheetjudge", "Status"]
        assert [row[2] for row in rows[1:7]] == [str(truth(n)) for n in range(6)]
        write_rubric(tmp_path, rubric.read_text().replace("clear?", "very clear?"))
        assert inside(*command, "--limit", 2).code == 0
        assert inside(*command, "--budget-calls", 1).code == 3
        after = google.spreadsheet(url).rows()
        assert [row[:5] for row in after] == [row[:5] for row in rows], "rows that were not reached keep what they had"
        assert after[-1][6] == "stale", "but they say that it rests on another rubric"

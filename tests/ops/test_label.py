"""`label`: rows for people to label, in a file and in a sheet."""

from __future__ import annotations

import csv
import json

import pytest
from click.testing import CliRunner

from sheetjudge import sandbox
from sheetjudge.cli import cli
from sheetjudge.errors import SheetjudgeError
from tests.ops.scoring import ended, start


def invoke(*arguments):
    return CliRunner().invoke(cli, [*map(str, arguments)], catch_exceptions=True)


@pytest.fixture
def scored(tmp_path):
    path = tmp_path / "scored.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = [[f"answer {i}", f"{i % 41 / 10 + 1:.1f}", "ok"] for i in range(120)]
        csv.writer(file).writerows([["Answer", "Grade", "Note"], *rows, ["unscored", "", ""]])
    return path


def labelled_csv(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_files_rows_get_an_order_and_an_empty_column(scored, tmp_path):
    out = tmp_path / "to label.csv"
    result = invoke("label", scored, "--score", "Grade", "--rows", 30, "--out", out, "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.output)
    rows = labelled_csv(out)
    assert [r["Answer"] for r in rows] == [r["Answer"] for r in labelled_csv(scored)]
    order = {int(r["To label"]): n for n, r in enumerate(rows, start=2) if r["To label"]}
    assert [order[k] for k in range(1, 31)] == said["rows"]
    assert {r["Human"] for r in rows} == {""}
    assert said["strata"] == [6, 6, 6, 6, 6]
    assert 0.1 < said["half_width"]["share"] < 0.2
    again = invoke("label", scored, "--score", "Grade", "--rows", 30, "--out", tmp_path / "again.csv", "--json")
    assert json.loads(again.output)["rows"] == said["rows"]


@pytest.mark.parametrize(("asked", "is_told"), [(3, True), (30, False)])
def test_more_rows_than_were_asked_for_are_told_of(scored, tmp_path, asked, is_told):
    said = invoke("label", scored, "--score", "Grade", "--rows", asked, "--out", tmp_path / "l.csv", "--json")
    told = json.loads(said.output)
    assert (len(told["rows"]) > asked) == is_told
    assert any(f"10 rows will have a label, and {asked} were asked for" in note for note in told["notes"]) == is_told


def test_nobody_is_told_to_label_more_rows_than_there_are(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("Answer,Grade,Human\n" + "".join(f"a{n},{n},3\n" for n in range(8)))
    told = invoke("label", table, "--score", "Grade", "--out", tmp_path / "l.csv").output
    assert "No more rows need a label for that. Every row with a score has one." in told


def test_labels_that_are_there_count(scored, tmp_path):
    out = tmp_path / "to label.csv"
    invoke("label", scored, "--score", "Grade", "--rows", 20, "--out", out)
    rows = labelled_csv(out)
    for row in rows:
        row["Human"] = "4" if row["To label"] else ""
    done = tmp_path / "done.csv"
    with done.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [name for name in rows[0] if name != "To label"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    said = json.loads(
        invoke("label", done, "--score", "Grade", "--rows", 50, "--out", tmp_path / "x.csv", "--json").output
    )
    assert (said["labelled"], len(said["rows"])) == (20, 30)
    assert not {r["Answer"] for r in rows if r["Human"]} & {rows[n - 2]["Answer"] for n in said["rows"]}
    told = invoke("label", done, "--score", "Grade", "--rows", 20, "--out", tmp_path / "y.csv")
    assert "No more rows need a label for that. Ask for more with --rows." in told.output


def test_bad_input_is_told_in_a_line(scored):
    assert "--out FILE" in str(invoke("label", scored, "--score", "Grade").exception)
    assert "holds no scores" in str(invoke("label", scored, "--out", "-").exception)
    refused = invoke("label", scored, "--score", "Grade", "--scale", "nothing", "--out", "-").exception
    assert isinstance(refused, SheetjudgeError)


@pytest.fixture
def google(tmp_path):
    with sandbox.start(credentials=tmp_path / "key.json", seed=1) as running:
        yield running


def test_a_sheet_gets_the_columns_beside_its_rows_wherever_they_are_moved(google):
    rows = [[f"answer {i}", str(i % 5 + 1)] for i in range(60)]
    url = google.load("Answers", [["Answer", "Grade"], *rows])
    person = google.spreadsheet(url)
    moved = []

    def person_sorts(moment, seen):
        if moment == "before" and b"updateCells" in seen.body and len(moved) < 2:
            moved.append(True)
            area = {"sheetId": 0, "startRowIndex": 1, "startColumnIndex": 0}
            order = "DESCENDING" if len(moved) == 1 else "ASCENDING"
            person.do({"sortRange": {"range": area, "sortSpecs": [{"dimensionIndex": 0, "sortOrder": order}]}})

    google.observe(person_sorts)
    asked = ("label", url, "--credentials", google.credentials, "--score", "Grade", "--rows", 20, "--scale", "1-5")
    said = json.loads(invoke(*asked, "--json").output)
    assert len(moved) == 2
    head, *now = person.rows()
    assert head == ["Answer", "Grade", "To label", "Human"]
    order = {row[0]: row[2] for row in now if len(row) > 2 and row[2]}
    assert order == {f"answer {n - 2}": str(k) for k, n in enumerate(said["rows"], start=1)}
    sheet = person.book.sheets[0]
    at = next(i for i, row in enumerate(sheet.rows) if len(row) > 2 and row[2] and row[2].effective == 1)
    rule = sheet.rows[at][3].extra["dataValidation"]
    assert [v["userEnteredValue"] for v in rule["condition"]["values"]] == ["1", "2", "3", "4", "5"]
    changes = len([one for one in google.log if one.seen.name == "sheets.batchUpdate"])
    assert invoke(*asked).exit_code == 0
    assert len([one for one in google.log if one.seen.name == "sheets.batchUpdate"]) == changes


def test_a_run_that_was_killed_after_any_of_its_changes_is_made_whole_by_the_next(google, tmp_path):
    def labelled(kill_after):
        """The tab, cells with their looks and what they offer, after a run that is killed and one that isn't."""
        rows = [[f"answer {i}", str(i % 5 + 1)] for i in range(20)]
        url = google.load("Answers", [["Answer", "Grade"], *rows])
        asked = ("label", url, "--credentials", google.credentials, "--score", "Grade", "--rows", 6, "--scale", "1-5")
        changes, running = 0, []

        def kill(moment, seen):
            nonlocal changes
            if moment == "after" and seen.writes and len(running) == 1:
                changes += 1
                if changes == kill_after:
                    running[0].kill()

        google.observe(kill)
        for _ in range(2):
            # Homes of their own: they would keep to Google's quota together, and wait.
            home = {"SHEETJUDGE_HOME": str(tmp_path / f"home {kill_after} {len(running)}")}
            running.append(start(*asked, env=home))
            ended(running[-1])
        google.forget()
        assert running[-1].returncode == 0
        assert (running[0].returncode == 0) == (changes < kill_after)
        return changes, google.spreadsheet(url).book.sheets[0].rows

    count, whole = labelled(99)
    assert count >= 3
    for kill_after in range(1, count + 1):
        assert labelled(kill_after)[1] == whole

"""`report --in-sheet`: a short form of the report in a tab of the spreadsheet, with charts of its own figures."""

from __future__ import annotations

import json
import statistics
from types import SimpleNamespace

import pytest

from sheetjudge.sandbox import start as start_sandbox
from sheetjudge.sandbox.a1 import box_of
from sheetjudge.tables.sheet_table import open_sheet
from tests.ops.scoring import inside, write_rubric, write_table
from tests.report.pages import HOSTILE

RUBRIC = """\
name: Grants
scale: 1-5
criteria:
  - {id: question, ask: Is there one clear question, weight: 3}
  - {id: budget, ask: Is the budget justified, scale: yes/no}
  - {id: topic, ask: What is it about, scale: {labels: [art, bees, law], ordered: false}}
"""
TEXTS = [f"Proposal {n}: " + "words " * (n % 7) for n in range(14)]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with start_sandbox(credentials=tmp_path_factory.mktemp("google") / "key.json", seed=3) as google:
        yield google


@pytest.fixture
def sheet(server, tmp_path):
    """A sheet with proposals, and the commands about it."""
    server.forget()
    rows = [["Id", "Proposal", "Ana", "Ben"]]
    rows += [[f"P{n}", text, str(n % 5 + 1), str((n + n // 3) % 5 + 1)] for n, text in enumerate(TEXTS)]
    url = server.load("Grants 2026", rows)
    env = {"SHEETJUDGE_HOME": str(tmp_path / "home")}
    rubric = write_rubric(tmp_path, RUBRIC)
    where = (url, "--credentials", server.credentials, "--rubric", rubric)

    def judge(verb="score"):
        ran = inside(verb, *where, "--read", "Proposal", "--judge", "fake", env=env)
        assert ran.code == 0, ran.err

    def report(*more, code=0):
        ran = inside("report", *where, "--in-sheet", *more, env=env)
        assert ran.code == code, ran.err
        return ran

    person = server.spreadsheet(url)
    return SimpleNamespace(url=url, person=person, judge=judge, report=report, where=where, env=env, google=server)


def tab(sheet):
    return next(one for one in sheet.person.book.sheets if one.title == "sheetjudge report")


def lines(sheet):
    """The tab's rows as texts and numbers."""
    return [[None if cell is None else cell.effective for cell in row] for row in tab(sheet).rows]


def under(sheet, heading, name):
    """The line with a name, below a heading."""
    rows = lines(sheet)
    start = next(at for at, row in enumerate(rows) if row and row[0] == heading)
    return next(row for row in rows[start:] if row and row[0] == name)


def drawn(sheet, title):
    """What a chart draws: the texts along it, and the numbers of each series by its name."""
    (chart,) = [one for one in tab(sheet).charts if one["spec"]["title"] == title]
    basic = chart["spec"]["basicChart"]

    def cells(data):
        (area,) = data["sourceRange"]["sources"]
        box = box_of(area)
        found = [lines(sheet)[row][box.left] for row in range(box.top, box.bottom)]
        return found[0], found[1:]

    return cells(basic["domains"][0]["domain"])[1], dict(cells(one["series"]) for one in basic["series"])


def results(sheet, header):
    head, *rows = sheet.person.rows("Sheet1")
    at = head.index(header)
    return [row[at] for row in rows if len(row) > at and row[at]]


def test_the_figures_of_the_tab_and_its_charts_are_the_tables(sheet):
    sheet.judge()
    ran = sheet.report()
    assert "Made: the tab 'sheetjudge report' with 2 charts: http" in ran.err
    assert ran.out == "", "no page was asked for"
    scores = [float(text) for text in results(sheet, "Score")]
    score = under(sheet, "Means", "Score")
    assert score[2] == len(scores)
    assert score[3] == pytest.approx(statistics.fmean(scores), abs=0.01)
    assert score[4] < score[3] < score[5]
    names, series = drawn(sheet, "Means of the criteria")
    assert names == ["question", "budget"]
    question = statistics.fmean(float(text) for text in results(sheet, "question"))
    yes = results(sheet, "budget").count("yes") / len(scores)
    assert series["Mean"] == pytest.approx([(question - 1) / 4, yes], abs=0.02), "shares, since the scales differ"
    assert all(
        low <= mean <= high for low, mean, high in zip(series["From"], series["Mean"], series["To"], strict=True)
    )
    _, spread = drawn(sheet, "How the scores are spread")
    assert sum(spread["Rows"]) == len(scores)
    given = under(sheet, "Means", "topic")[1]
    assert all(f"{label} {results(sheet, 'topic').count(label)}" in given for label in set(results(sheet, "topic")))


def test_it_says_what_judged_what_it_cost_and_how_to_repeat_it(sheet):
    sheet.judge()
    sheet.report("--human", "Ana", "--human", "Ben")
    assert under(sheet, "What was judged by what", "Judges")[1] == "fake"
    assert under(sheet, "Rows", "With a score")[2] == len(TEXTS)
    assert under(sheet, "Agreement with people", "overall")[2] == len(TEXTS)
    assert "1 run, " in " ".join(str(row[1]) for row in lines(sheet) if len(row) > 1)
    command = under(sheet, "Versions, and how to repeat it", "Make this again")[1]
    assert command.startswith("sheetjudge report ")
    assert "--in-sheet" in command
    again = under(sheet, "Versions, and how to repeat it", "Judge again")[1]
    assert again.startswith(f"sheetjudge score '{sheet.url}'"), again


def test_a_rubric_that_is_not_named_is_a_word_that_is_explained(sheet):
    sheet.judge()
    url, *credentials = sheet.where[:3]
    ran = inside("report", url, *credentials, "--in-sheet", env=sheet.env)
    assert ran.code == 0, ran.err
    assert "--rubric RUBRIC " in under(sheet, "Versions, and how to repeat it", "Judge again")[1]
    told = " ".join(str(cell) for row in lines(sheet) for cell in row)
    assert "RUBRIC stands for the rubric called 'Grants" in told


def test_a_second_report_is_in_the_same_place_and_a_ranking_joins_its_charts(sheet):
    sheet.judge()
    first = sheet.report()
    before = {chart["spec"]["title"]: chart["chartId"] for chart in tab(sheet).charts}
    sheet.judge("rank")
    second = sheet.report()
    assert "Written anew" in second.err
    assert first.err.split("http")[-1] == second.err.split("http")[-1]
    now = {chart["spec"]["title"]: chart["chartId"] for chart in tab(sheet).charts}
    assert before.items() < now.items()
    assert len(sheet.person.book.sheets) == 2
    names, series = drawn(sheet, "Strength by comparisons and scores")
    assert len(names) == len(series["Strength"])
    assert series["Strength"] == sorted(series["Strength"], reverse=True)
    assert all(a <= b <= c for a, b, c in zip(series["From"], series["Strength"], series["To"], strict=True))


def test_what_probes_found_has_a_line_each(sheet, tmp_path):
    effect = {"rows": 20, "mean": 1.5, "low": 1.0, "high": 2.0, "raised": 0.75, "raised_low": 0.5, "raised_high": 0.9}
    attack = {"name": "says it is the system", "taken_in": True, "flagged": 17, "with_defences": effect}
    told = {
        "judges": ["fake"], "rubric": {"name": "Grants", "version": "abc"}, "rows": [*range(20)], "level": 0.95,
        "scale": {"low": 1, "high": 5}, "answers_apart": effect,
        "biases": [{"name": "longer", "moved": True, **effect}],
        "attacks": [attack | {"without_defences": effect}],
    }  # fmt: skip
    (tmp_path / "probe.json").write_text(json.dumps(told))
    sheet.judge()
    sheet.report("--probe", tmp_path / "probe.json")
    attacked = under(sheet, "Attacks and biases", "says it is the system")[1]
    assert attacked == "the judge falls for it: +1.50 [+1.00, +2.00]"
    assert under(sheet, "Attacks and biases", "longer")[1].startswith("the judge is moved by it")
    assert any("1.50 apart on 20 rows" in str(row[1]) for row in lines(sheet) if len(row) > 1)


def test_a_persons_words_in_it_are_kept_and_the_page_is_written_all_the_same(sheet, tmp_path):
    sheet.judge()
    sheet.report()
    sheet.person.type("sheetjudge report!B3", [["ask Ana about this"]])
    out = tmp_path / "page.html"
    ran = sheet.report("--out", out, code=2)
    assert "changed cells of the report: B3" in ran.err
    assert out.stat().st_size > 10_000
    assert lines(sheet)[2][1] == "ask Ana about this"
    sheet.report("--edited")
    assert not any(lines(sheet)[2])


def test_machines_are_told_where_it_is(sheet):
    sheet.judge()
    told = json.loads(sheet.report("--json").out)["tab"]
    assert told["title"] == "sheetjudge report"
    assert told["url"].endswith(f"#gid={tab(sheet).sheet_id}")
    assert (told["is_new"], told["charts"]) == (True, 2)


def test_texts_of_rows_are_texts_in_it(sheet):
    sheet.person.do({"updateCells": {
        "start": {"sheetId": 0, "rowIndex": 1, "columnIndex": 0}, "fields": "userEnteredValue",
        "rows": [{"values": [{"userEnteredValue": {"stringValue": text}}]} for text in HOSTILE],
    }})  # fmt: skip
    sheet.judge("rank")
    sheet.report()
    shown = [row[0] for row in lines(sheet) if row and isinstance(row[0], str)]
    assert any(text.startswith("=HYPERLINK") for text in shown)
    assert "\u202e" not in "".join(shown)
    assert all(cell.entered == cell.effective for _, _, cell in tab(sheet).filled(tab(sheet).whole)), "no formula"


def test_a_file_has_no_place_for_it(tmp_path):
    table = write_table(tmp_path / "t.csv", [["a", "3"]], ["Title", "Score"])
    ran = inside("report", table, "--in-sheet", "--out", tmp_path / "r.html")
    assert ran.code == 2
    assert "is no Google Sheet" in ran.err
    assert not (tmp_path / "r.html").exists()
    ran = inside("report", table, "--edited", "--out", tmp_path / "r.html")
    assert (ran.code, "Add --in-sheet" in ran.err) == (2, True)


def test_the_tab_of_a_report_is_not_judged(sheet):
    sheet.judge()
    gid = tab(sheet).sheet_id if sheet.report() else 0
    url = f"{sheet.url.partition('#')[0]}#gid={gid}"
    ran = inside("score", url, *sheet.where[1:], "--judge", "fake", env=sheet.env)
    assert ran.code == 2
    assert "is a report that sheetjudge wrote" in ran.err
    assert "--tab: 'Sheet1'" in ran.err


def test_it_says_that_a_run_is_under_way(sheet):
    sheet.judge()
    held = open_sheet(sheet.url, credentials=str(sheet.google.credentials), environment={}).target()
    held.open(("Score", "question", "budget", "topic", "Why", "Status"))
    sheet.report()
    held.abandon()
    told = [str(cell) for row in lines(sheet) for cell in row if cell]
    assert any(text.startswith("A run was writing to this tab") for text in told)
    sheet.report()
    assert not any("A run was writing" in str(cell) for row in lines(sheet) for cell in row)


def test_clear_leaves_the_report_and_says_so(sheet):
    sheet.judge()
    sheet.report()
    before = lines(sheet)
    ran = inside("clear", *sheet.where[:3], env=sheet.env)
    assert ran.code == 0, ran.err
    assert "The report in 'sheetjudge report' stays" in ran.out
    assert lines(sheet) == before
    told = json.loads(inside("clear", *sheet.where[:3], "--json", env=sheet.env).out)
    assert (told["cleared"], told["reports"]) == (False, ["sheetjudge report"])

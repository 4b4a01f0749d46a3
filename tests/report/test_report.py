"""`report`: one page that says what the table says, holds every text as text, and asks nobody for anything."""

from __future__ import annotations

import json
import statistics
from itertools import pairwise
from math import isclose

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetjudge.core.rubric import YES_NO, integer_scale
from sheetjudge.core.visible import made_visible
from sheetjudge.report.drawing import Axis, fitted
from sheetjudge.report.spread import answer_bins, calibrated, score_bins
from sheetjudge.sandbox import start as start_sandbox
from tests.ops.scoring import inside, write_rubric, write_table
from tests.report.pages import HEADER, HOSTILE, judged, page, reported, rows_in, table_in

RUBRIC = """\
name: Grants <b>of</b> 2026
scale: 1-5
criteria:
  - {id: question, ask: Is there one clear question, weight: 3}
  - {id: budget, ask: Is the budget justified, scale: yes/no}
  - {id: topic, ask: What is it about, scale: {labels: [art, bees, law], ordered: false}}
"""
ROWS = judged(60, ranked=True)
SECTIONS = ["judged", "scores", "ranking", "map", "agreement", "disagreements", "rows", "costs", "repeat"]


def columns(rows, name):
    return [row[HEADER.index(name)] for row in rows]


def test_the_page_has_every_section_and_leads_to_each(tmp_path):
    found = reported(tmp_path, ROWS, "--human", "Ana", "--human", "Ben", "--rubric", write_rubric(tmp_path, RUBRIC))
    assert [section.attributes["id"] for section in found.all("section")] == SECTIONS
    assert [link.attributes["href"] for link in found.all("nav")[0].all("a")] == [f"#{name}" for name in SECTIONS]
    assert all(section.all("h2")[0].text for section in found.all("section"))
    assert [heading.text for heading in found.all("h1")] == ["judged.csv"]


def test_a_section_without_anything_to_say_is_not_there(tmp_path):
    found = reported(tmp_path, judged(12))
    ids = [section.attributes["id"] for section in found.all("section")]
    assert ids == [name for name in SECTIONS if name not in ("ranking", "disagreements")]
    assert "No column holds people's labels" in found.named("agreement").text


def test_its_numbers_are_the_tables(tmp_path):
    found = reported(tmp_path, ROWS)
    scores = [float(text) for text in columns(ROWS, "Score") if text]
    tiles = {tile.all("dt")[0].text: tile.all("dd")[0].texts[0] for tile in found.all("dl")[0].inside}
    assert tiles["Mean score"] == f"{statistics.fmean(scores):.2f}"
    assert tiles["Scored"] == str(len(scores))
    assert tiles["Without a score"] == str(len(ROWS) - len(scores))
    assert tiles["To be reviewed"] == str(sum("review" in text for text in columns(ROWS, "Status")))
    lines = {line[0]: line for line in table_in(found.named("scores"))}
    assert lines["Score"][1] == str(len(scores))
    assert lines["question"][2] == f"{statistics.fmean(float(t) for t in columns(ROWS, 'question') if t):.2f}"
    assert lines["budget"][2] == f"{columns(ROWS, 'budget').count('yes') / len(scores):.2f}"
    assert "topic" not in lines, "labels without an order have no mean"
    assert ["error: no verdict", "6"] in table_in(found.named("judged"))


def test_every_row_stands_there_with_its_answers_the_best_first(tmp_path):
    rows = judged(30)
    shown = rows_in(reported(tmp_path, rows))
    assert len(shown) == len(rows)
    told = {line[0]: line for line in shown}
    for number, row in enumerate(rows, start=2):
        cells = dict(zip(HEADER, row, strict=True))
        assert told[str(number)][2:6] == [cells["Score"], cells["question"], cells["budget"], cells["topic"]]
        assert cells["Why"] in told[str(number)][1]
    scores = [float(line[2]) for line in shown if line[2]]
    assert scores == sorted(scores, reverse=True)
    assert not any(line[2] for line in shown[len(scores) :]), "rows without a score come last"


def test_agreement_is_what_agree_says(tmp_path):
    table = write_table(tmp_path / "t.csv", ROWS, HEADER)
    ran = inside("agree", table, "--human", "Ana", "--human", "Ben", "--json")
    own = next(part for part in json.loads(ran.out)["criteria"] if part["criterion"] == "question")
    figure, ceiling = own["judges"][0]["mean"]["kappa_quadratic"], own["ceiling"]["mean"]["kappa_quadratic"]
    found = reported(tmp_path, ROWS, "--human", "Ana", "--human", "Ben")
    (line,) = table_in(found.named("agreement"))[1:]
    assert line[0] == "question"
    assert line[3].startswith(f"{figure['value']:.2f} [{figure['low']:.2f}, {figure['high']:.2f}]")
    assert line[5].startswith(f"{ceiling['value']:.2f}")
    apart = [far["row"] for far in own["apart"]["the judge"]]
    cards = found.named("disagreements").all("article")
    assert [card.all("h4")[0].text.split()[1] for card in cards] == [str(number) for number in apart]


def test_nothing_runs_and_nothing_is_fetched(tmp_path):
    rows = [[*row] for row in ROWS]
    for row, hostile in zip(rows, HOSTILE, strict=False):
        row[0] = row[HEADER.index("Why")] = row[1] = hostile
    rows[4][-1] = f"error: {HOSTILE[0]}"
    found = reported(tmp_path, rows, "--human", "Ana", "--rubric", write_rubric(tmp_path, RUBRIC))
    tags = {element.tag for element in found.every()}
    assert tags.isdisjoint({"script", "img", "iframe", "object", "embed", "link", "form", "base", "use", "image"})
    for element in found.every():
        assert not [name for name in element.attributes if name.startswith("on") or name in ("src", "style", "srcset")]
        assert element.attributes.get("href", "#").startswith("#")
    (policy,) = [meta for meta in found.all("meta") if "http-equiv" in meta.attributes]
    assert policy.attributes["content"].startswith("default-src 'none'; style-src 'sha256-")
    assert len(found.all("h1")) == len(found.all("style")) == 1


hostile_texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=60),
    st.text(alphabet="<>&\"'{}%#/=\u202e\u2066\ufeff\x00\x0b\ud800 a;", max_size=40),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=hostile_texts, why=hostile_texts, status=hostile_texts, header=hostile_texts)
def test_every_text_is_shown_as_text(tmp_path, title, why, status, header):
    # What a CSV can hold.
    texts = (text.encode("utf-8", "replace").decode() for text in (title, why, status, header))
    title, why, status, header = (text.replace("\0", "").replace("\r", " ") for text in texts)
    name = " ".join(header.split()).replace("·", "") or "criterion"
    if name in HEADER:
        name = "criterion"
    rows = [[f"x{title}", "4", "5", f"x{why}", f"review: x{status}"], ["b", "2", "1", "", "ok"]]
    found = reported(tmp_path, rows, header=["Title", "Score", name, "Why", "Status"])
    shown = found.named("rows")
    tags = [element.tag for element in found.every()]
    assert len(rows_in(found)) == 2
    assert not {"script", "img"} & set(tags)
    assert tags.count("h1") == tags.count("style") == 1
    (said,) = [p for p in shown.all("p") if p.attributes.get("class") == "why"]
    assert said.text == " ".join(made_visible(f"x{why}".strip()).split())
    assert " ".join(made_visible(f"x{title}"[:120]).split()) in shown.text


def test_a_thousand_long_rows_stay_under_two_megabytes(tmp_path):
    rows = judged(1000, ranked=True, why="question: " + "<&> a long reason \u202e " * 400, text="A text & more. " * 300)
    found = tmp_path / "report.html"
    page_of = reported(tmp_path, rows, "--human", "Ana", "--human", "Ben")
    assert found.stat().st_size < 2_000_000
    assert len(rows_in(page_of)) == 1000
    assert "cut in the middle" in page_of.named("rows").text


def test_of_very_many_rows_some_are_shown_and_all_are_counted(tmp_path):
    rows = judged(2500)
    found = reported(tmp_path, rows)
    assert (tmp_path / "report.html").stat().st_size < 2_000_000
    assert len(rows_in(found)) == 1000
    assert "1,000 of 2,500" in found.named("rows").text
    assert found.all("dl")[0].all("dd")[1].texts[0] == "2,250"


def test_the_map_says_which_rows_it_leaves_out(tmp_path):
    assert "3 rows without any answer left out" in reported(tmp_path, judged(30)).named("map").text


def test_of_a_single_row_none_is_the_best_and_the_worst(tmp_path):
    for rows, words in ((1, 0), (2, 2)):
        told = [text.text for text in reported(tmp_path, judged(rows)).named("map").all("text")]
        assert len([word for word in told if word in ("best", "worst")]) == words


def test_every_picture_has_words(tmp_path):
    found = reported(tmp_path, ROWS, "--human", "Ana", "--human", "Ben")
    pictures = found.all("svg")
    assert len(pictures) > 6
    assert all(picture.attributes["aria-label"] and picture.attributes["role"] == "img" for picture in pictures)
    assert all(figure.all("figcaption")[0].text for figure in found.all("figure"))
    assert all(table.all("caption")[0].text for table in found.all("table"))


# --- runs -------------------------------------------------------------------------------------------------------------


def test_a_run_is_found_again_with_its_judge_and_its_cost(tmp_path):
    home = {"SHEETJUDGE_HOME": str(tmp_path / "home")}
    table, scored = write_table(tmp_path / "t.csv", 4), tmp_path / "scored.csv"
    rubric = write_rubric(tmp_path)
    ran = inside(
        "score", table, "--rubric", rubric, "--judge", "fake", "--read", "Answer", "--out", scored, "--json", env=home
    )
    assert ran.code == 0, ran.err
    kept = tmp_path / "run.json"
    kept.write_text(ran.out)
    by_journal = inside("report", scored, "--rubric", rubric, env=home)
    by_file = inside("report", scored, "--run", kept, env=home)
    by_id = inside("report", scored, "--run", json.loads(ran.out)["run"], env=home)
    for told in (by_journal, by_file, by_id):
        assert told.code == 0, told.err
        found = page(told.out)
        assert "fake" in found.named("judged").text
        (line,) = table_in(found.named("costs"))[1:]
        assert line[1] == json.loads(ran.out)["run"]
        assert line[5] == str(json.loads(ran.out)["usage"]["calls"])
    again = page(by_journal.out).named("repeat").all("pre")[0].text
    assert again.startswith("sheetjudge score ")
    assert "--read Answer --judge fake" in again


def test_what_probes_found_stands_there_with_its_figures(tmp_path):
    effect = {"rows": 20, "mean": 1.5, "low": 1.0, "high": 2.0, "raised": 0.75, "raised_low": 0.5, "raised_high": 0.9}
    nothing = dict.fromkeys(effect) | {"rows": 0}
    told = {
        "judges": ["fake"], "rubric": {"name": HOSTILE[0], "version": "abc"}, "rows": [*range(20)], "level": 0.95,
        "scale": {"low": 1, "high": 5}, "answers_apart": effect,
        "attacks": [
            {"name": "says it is the system", "taken_in": True, "flagged": 17, "with_defences": effect,
             "without_defences": nothing},
        ],
        "biases": [{"name": "longer", "moved": False, **nothing}],
    }  # fmt: skip
    file = tmp_path / "probe.json"
    file.write_text(json.dumps(told))
    section = reported(tmp_path, judged(5), "--probe", file).named("probes")
    attacks, biases = (table_in(part)[1] for part in section.all("div"))
    assert attacks[:2] == ["says it is the system", "+1.50 [+1.00, +2.00]"]
    assert attacks[3:] == ["–", "15 of 20", "17", "the judge falls for it"]
    assert biases[0] == "longer"
    assert biases[-1] == "no row to tell by"


@pytest.mark.parametrize(("tried", "is_told"), [("fake", False), ("fake:7", True)])
def test_a_probe_of_another_judge_is_said_to_be_one(tmp_path, tried, is_told):
    home = {"SHEETJUDGE_HOME": str(tmp_path / "home")}
    table, scored, rubric = write_table(tmp_path / "t.csv", 4), tmp_path / "scored.csv", write_rubric(tmp_path)
    how = ("--rubric", rubric, "--read", "Answer")
    ran = inside("score", table, *how, "--judge", "fake", "--out", scored, env=home)
    assert ran.code == 0, ran.err
    probed = inside("probe", table, *how, "--judge", tried, "--bias", "--json", env=home)
    assert probed.code == 0, probed.err
    (tmp_path / "probe.json").write_text(probed.out)
    told = page(inside("report", scored, "--probe", tmp_path / "probe.json", env=home).out).named("probes").text
    assert ("The table was judged by fake, of which this says nothing." in told) == is_told


def test_a_place_and_its_own_stand_there_in_sentences_too(tmp_path):
    place = {"moved": True, "pairs": 20, "same": 0.6, "kappa": None, "contradictions": 0.4, "first": 0.7}
    place |= {"first_low": 0.6, "first_high": 0.8, "level": 0.95}
    own = {"judge": "fake", "own": [HOSTILE[0]], "beside_people": True, "moved": True, "rows": 10, "others": 12}
    own |= {"mean": 0.8, "low": 0.2, "high": 1.4}
    told = {
        "judges": ["fake"], "rubric": {"name": "R", "version": "abc"}, "rows": [*range(20)], "level": 0.95,
        "scale": {"low": 1, "high": 5}, "answers_apart": None, "attacks": [], "biases": [], "place": place,
        "own": [own, {**own, "beside_people": False}, {**own, "mean": None, "low": None, "high": None, "rows": 0}],
    }  # fmt: skip
    file = tmp_path / "probe.json"
    file.write_text(json.dumps(told))
    section = reported(tmp_path, judged(5), "--probe", file).named("probes")
    assert "prefers whichever comes first in 70% of 20 pairs (60% to 80%; 50% would be fair)" in section.text
    assert "it contradicts itself on 40%" in section.text
    _, first, second, third = table_in(section.all("div")[0])
    assert first[1] == "+0.80 [+0.20, +1.40]"
    assert first[3:] == ["10 and 12", "the judge favours its own"]
    assert second[-1] == "it may be merit"
    assert third[-1] == "too few rows to tell by"
    assert HOSTILE[0] in first[0]


def test_a_probe_s_own_words_are_taken(tmp_path):
    home = {"SHEETJUDGE_HOME": str(tmp_path / "home")}
    table = write_table(tmp_path / "t.csv", judged(6), HEADER)
    rubric = ("--rubric", "Is it clear?", "--read", "Text", "--judge", "fake")
    ran = inside("probe", table, *rubric, "--attacks", "--bias", "--rows", "3", "--json", env=home)
    assert ran.code == 0, ran.err
    (tmp_path / "probe.json").write_text(ran.out)
    section = reported(tmp_path, judged(6), "--probe", tmp_path / "probe.json").named("probes")
    told = json.loads(ran.out)
    names = [line[0] for part in section.all("div") for line in table_in(part)[1:]]
    assert names == [one["name"] for one in (*told["attacks"], *told["biases"])]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"attacks": 1}', "no json"])
def test_a_file_that_holds_no_probe_is_refused(tmp_path, text):
    (tmp_path / "probe.json").write_text(text)
    table = write_table(tmp_path / "t.csv", judged(5), HEADER)
    ran = inside("report", table, "--probe", tmp_path / "probe.json", "--out", tmp_path / "r.html")
    assert ran.code == 2
    assert "sheetjudge probe" in ran.err


def test_a_sheet_is_reported_on_with_the_run_that_judged_it(tmp_path):
    home = {"SHEETJUDGE_HOME": str(tmp_path / "home")}
    key = tmp_path / "key.json"
    with start_sandbox(credentials=key) as google:
        url = google.load("Answers", [["Id", "Answer"], *([f"A{n}", f"An answer, number {n}."] for n in range(6))])
        where = (url, "--credentials", key, "--rubric", write_rubric(tmp_path))
        scored = inside("score", *where, "--read", "Answer", "--judge", "fake", env=home)
        assert scored.code == 0, scored.err
        ran = inside("report", *where, env=home)
    assert ran.code == 0, ran.err
    found = page(ran.out)
    assert [line[1].split(" · ")[0] for line in sorted(rows_in(found), key=lambda line: int(line[0]))] == [
        f"A{n}" for n in range(6)
    ]
    assert len(table_in(found.named("costs"))) == 2
    assert "fake" in found.named("judged").text


def test_a_run_that_is_not_there_is_said_so(tmp_path):
    table = write_table(tmp_path / "t.csv", judged(5), HEADER)
    ran = inside(
        "report", table, "--run", "nothing", "--out", tmp_path / "r.html", env={"SHEETJUDGE_HOME": str(tmp_path)}
    )
    assert ran.code == 2
    assert "There is no run 'nothing'" in ran.err
    assert not (tmp_path / "r.html").exists()


def test_a_run_that_judged_something_else_is_told_of_or_refused(tmp_path):
    home = {"SHEETJUDGE_HOME": str(tmp_path / "home")}
    table, judged_before = write_table(tmp_path / "t.csv", 4), write_table(tmp_path / "j.csv", judged(5), HEADER)
    how = ("--rubric", write_rubric(tmp_path), "--judge", "fake", "--read", "Answer", "--json")
    told = {"other": ("score", table, *how, "--out", tmp_path / "o.csv"), "probe": ("probe", table, *how, "--attacks")}
    for name, words in told.items():
        ran = inside(*words, env=home)
        assert ran.code in (0, 1), ran.err
        (tmp_path / f"{name}.json").write_text(ran.out)
    other = inside("report", judged_before, "--run", tmp_path / "other.json", env=home)
    said = page(other.out).named("judged").text
    asked = ", ".join(json.loads((tmp_path / "other.json").read_text())["criteria"])
    assert f"asked for {asked}, and the columns here are question, budget, topic." in said
    probe = inside("report", judged_before, "--run", tmp_path / "probe.json", env=home)
    assert (probe.code, "tried a judge, and judged no table" in probe.err) == (2, True)


def test_the_map_says_where_its_scales_were_guessed(tmp_path):
    without = reported(tmp_path, judged(12)).named("map").text
    with_rubric = reported(tmp_path, judged(12), "--rubric", write_rubric(tmp_path, RUBRIC)).named("map").text
    assert "are the lowest and the highest answer" in without
    assert "are the lowest and the highest answer" not in with_rubric


def test_without_a_run_the_cost_is_unknown_and_never_nothing(tmp_path):
    costs = reported(tmp_path, judged(5)).named("costs").text
    assert "Not known" in costs
    assert "$0" not in costs


@pytest.mark.parametrize("made_by", ["label", "filter", "score"])
def test_a_table_made_from_a_judged_one_is_reported_with_the_run_that_judged_it(tmp_path, made_by):
    home = {"SHEETJUDGE_HOME": str(tmp_path / "home")}
    table, scored, made = write_table(tmp_path / "t.csv", 12), tmp_path / "scored.csv", tmp_path / "made.csv"
    judge = ("--judge", "fake", "--read", "Answer")
    ran = inside("score", table, "--rubric", write_rubric(tmp_path), *judge, "--out", scored, "--json", env=home)
    assert ran.code == 0, ran.err
    how = {
        "label": ("--rows", "4"),
        "filter": ("--keep", "It is polite", *judge),
        "score": ("--rubric", "Is it kind?", *judge),
    }
    again = inside(made_by, scored, *how[made_by], "--out", made, env=home)
    assert again.code in (0, 1), again.err
    told = inside("report", made, "--score", "Score", env=home)
    assert told.code == 0, told.err
    (line,) = table_in(page(told.out).named("costs"))[1:]
    assert line[1:3] == [json.loads(ran.out)["run"], "score"], "and not the run that only passed it on"


def test_a_file_of_labels_out_of_nowhere_has_no_run(tmp_path):
    home = {"SHEETJUDGE_HOME": str(tmp_path / "home")}
    judged_before = write_table(tmp_path / "t.csv", judged(20), HEADER)
    assert inside("label", judged_before, "--rows", "4", "--out", tmp_path / "l.csv", env=home).code == 0
    assert not (tmp_path / "home").exists(), "choosing rows makes no journal"
    told = inside("report", tmp_path / "l.csv", env=home)
    assert "has no run of this table" in page(told.out).named("judged").text


@pytest.mark.parametrize(
    ("verb", "named", "said"),
    [
        ("score", "research-proposal", "--rubric research-proposal"),
        ("rank", "essay", "--rubric essay"),
        ("score", "Is the answer kind?", "--rubric 'Is the answer kind?'"),
        ("score", "name: Two words\ncriteria: [{id: kind, ask: Is it kind}]", "--rubric RUBRIC"),
        ("filter", "It is polite", "--keep 'It is polite'"),
    ],
)
def test_the_command_that_judges_again_names_the_same_rubric(tmp_path, verb, named, said):
    home = {"SHEETJUDGE_HOME": str(tmp_path / "home")}
    table, made = write_table(tmp_path / "t.csv", 3), tmp_path / "made.csv"
    by = named if "\n" not in named else write_rubric(tmp_path, named)
    option = "--keep" if verb == "filter" else "--rubric"
    ran = inside(verb, table, option, by, "--judge", "fake", "--read", "Answer", "--out", made, env=home)
    assert ran.code in (0, 1), ran.err
    section = page(inside("report", made, env=home).out).named("repeat")
    command = section.all("pre")[0].text
    assert f" {said} " in command
    assert ("'Two words', version" in section.text) == (said == "--rubric RUBRIC")


# --- what is refused --------------------------------------------------------------------------------------------------


def test_a_table_that_was_not_judged_is_refused(tmp_path):
    ran = inside("report", write_table(tmp_path / "t.csv", 3), "--out", tmp_path / "r.html")
    assert ran.code == 2
    assert "holds no scores" in ran.err


def test_a_rubric_that_asks_something_else_is_refused(tmp_path):
    table = write_table(tmp_path / "t.csv", judged(5), HEADER)
    ran = inside("report", table, "--rubric", write_rubric(tmp_path), "--out", tmp_path / "r.html")
    assert ran.code == 2
    assert "question, budget, topic" in ran.err


def test_a_filter_has_no_rubric(tmp_path):
    table, kept = write_table(tmp_path / "t.csv", 6), tmp_path / "kept.csv"
    env = {"SHEETJUDGE_HOME": str(tmp_path / "home")}
    ran = inside("filter", table, "--keep", "It is polite", "--judge", "fake", "--out", kept, env=env)
    assert ran.code in (0, 1), ran.err
    for verb in (("report",), ("agree", "--human", "Answer")):
        ran = inside(*verb, kept, "--rubric", write_rubric(tmp_path), env=env)
        assert ran.code == 2
        assert "was written by filter" in ran.err


def test_a_rubric_that_asks_for_more_or_less_is_told_of(tmp_path):
    table = write_table(tmp_path / "t.csv", judged(30), HEADER)
    other = RUBRIC.replace("id: topic", "id: reach").replace("id: budget", "id: costs")
    ran = inside("report", table, "--rubric", write_rubric(tmp_path, other), env={"SHEETJUDGE_HOME": str(tmp_path)})
    assert ran.code == 0, ran.err
    told = page(ran.out).named("judged").text
    assert "asks for costs, reach, of which t.csv holds no results" in told
    assert "t.csv holds results for budget, topic" in told


def test_the_table_is_never_written_over(tmp_path):
    table = write_table(tmp_path / "t.csv", judged(5), HEADER)
    before = table.read_bytes()
    assert inside("report", table, "--out", table).code == 2
    assert table.read_bytes() == before


def test_standard_input_can_be_reported_on(tmp_path):
    text = write_table(tmp_path / "t.csv", ROWS, HEADER).read_text("utf-8")
    ran = inside("report", "-", "--human", "Ana", "--json", stdin=text, env={"SHEETJUDGE_HOME": str(tmp_path)})
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert told["rows"] == 60
    assert told["agreement"]["labelled"] == sum(bool(text) for text in columns(ROWS, "Ana · question"))


# --- the numbers behind the pictures ----------------------------------------------------------------------------------

values = st.lists(st.one_of(st.floats(1, 5), st.just(float("nan"))), min_size=1, max_size=60).map(np.array)


@given(values)
def test_every_value_lies_in_one_bin(told):
    for bins in (score_bins(told, integer_scale(1, 5)), answer_bins(told, integer_scale(1, 5))):
        assert sum(part.count for part in bins) == np.sum(~np.isnan(told))
        assert all(isclose(first.high, second.low) for first, second in pairwise(bins))


def test_answers_lie_under_their_names():
    assert [(b.label, b.count) for b in answer_bins(np.array([0.0, 1.0, 1.0]), YES_NO)] == [("no", 1), ("yes", 2)]
    assert [b.count for b in score_bins(np.array([1.0, 5.0, 5.0, 2.0]), integer_scale(1, 5))] == [1, 1, 0, 0, 2]


@given(values, st.randoms(use_true_random=False))
def test_reliability_counts_each_labelled_row_once(judge, draw):
    people = [np.array([draw.choice([1.0, 3.0, 5.0, np.nan]) for _ in judge]) for _ in range(2)]
    points = calibrated(judge, people, integer_scale(1, 5))
    there = ~np.isnan(judge) & np.any(~np.isnan(np.stack(people)), axis=0)
    assert sum(point.rows for point in points) == there.sum()
    for point in points:
        assert 1 <= point.people <= 5
        assert point.low is None or point.low <= point.people <= point.high
    if there.any():
        mean = np.nanmean(np.stack(people)[:, there], axis=0).mean()
        assert isclose(sum(p.people * p.rows for p in points) / there.sum(), mean)


def test_a_judge_that_says_what_people_say_lies_on_the_line():
    judge = np.repeat([1.0, 2.0, 4.0], 10)
    assert [(p.judge, p.people, p.rows) for p in calibrated(judge, [judge], integer_scale(1, 5))] == [
        (1.0, 1.0, 10), (2.0, 2.0, 10), (4.0, 4.0, 10)
    ]  # fmt: skip


@given(st.text(st.sampled_from("ab \n漢字🙂…"), max_size=30), st.integers(1, 20))
def test_words_in_a_picture_are_no_wider_than_their_room(words, most):
    def wide(text):
        return sum(2 if character in "漢字🙂" else 1 for character in text)

    shown, line = fitted(words, most), " ".join(words.split())
    assert wide(shown) <= most
    assert shown == line if wide(line) <= most else line.startswith(shown.removesuffix("…"))
    assert shown == line or wide(shown) >= most - 1, "as much as there is room for"


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_lie_on_the_axis_and_rise(low, span):
    ticks = Axis(low, low + span, 0, 100).ticks()
    assert ticks == sorted(ticks)
    assert len(ticks) <= 9
    assert all(low - span * 1e-6 <= tick <= low + span * (1 + 1e-6) for tick in ticks)

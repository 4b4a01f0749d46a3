"""`sheetjudge rubric`, and where rubrics are looked for."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sheetjudge.cli.rubric import rubric as command
from sheetjudge.core.rubric_file import parse_rubric
from sheetjudge.errors import ConfigError, RubricError, SheetjudgeError
from sheetjudge.ops.rubrics import find_rubric, list_rubrics

SHIPPED = [
    "answer-helpfulness", "code-review", "community-submission", "customer-support-reply", "essay", "research-proposal",
    "summary-faithfulness", "translation-quality",
]  # fmt: skip
GOOD = "name: Good\ncriteria:\n- {id: a, ask: Is it so, scale: yes/no}\n"


def run(*args):
    return CliRunner().invoke(command, [str(a) for a in args])


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return path


@pytest.fixture
def wrong(tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text("name: W\ncriteria:\n- ask: Is it so?\n  weigth: 2\n- check: {wrods: 3}\n", encoding="utf-8")
    return path


def test_list_names_every_shipped_rubric():
    result = run("list")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == SHIPPED


def test_list_for_machines():
    found = json.loads(run("list", "--json").stdout)
    assert [r["name"] for r in found] == SHIPPED
    assert all(r["criteria"] and r["title"] and len(r["version"]) == 12 for r in found)


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shown_is_a_file_of_the_same_rubric(name):
    shown = run("show", name).stdout
    assert "# yaml-language-server: $schema=rubric.schema.json" in shown.splitlines()
    assert parse_rubric(shown) == find_rubric(name)


def test_show_for_machines():
    shown = json.loads(run("show", "essay", "--json").stdout)
    assert shown["version"] == find_rubric("essay").version
    assert [c["id"] for c in shown["criteria"]] == [c.id for c in find_rubric("essay").criteria]


def test_show_a_sentence_as_a_file_to_start_from():
    assert parse_rubric(run("show", "Is the tone polite?").stdout) == find_rubric("Is the tone polite?")


def test_check_passes_the_shipped_ones(good):
    result = run("check", good)
    assert (result.exit_code, result.stdout) == (0, f"{good}: a rubric of 1 criterion.\n")


def test_check_tells_every_problem_of_every_file(good, wrong):
    result = run("check", wrong, good, wrong.parent / "none.yaml")
    assert result.exit_code == 2
    assert f"{wrong} line 4: criteria[1] has no key 'weigth'. Did you mean 'weight'?" in result.stderr
    assert f"{wrong} line 5: criteria[2].check.wrods is no kind of check. Did you mean 'words'?" in result.stderr
    assert f"{wrong.parent / 'none.yaml'}: There is no such file." in result.stderr
    assert f"{good}: a rubric" in result.stdout


def test_check_for_machines(good, wrong):
    result = run("check", "--json", good, wrong)
    assert result.exit_code == 2
    first, second = json.loads(result.stdout)
    assert first == {"file": str(good), "ok": True, "problems": [], "notes": []}
    assert [(p["line"], p["key"]) for p in second["problems"]] == [
        (4, "criteria[1].weigth"),
        (5, "criteria[2].check.wrods"),
    ]


def test_check_notes_what_is_unwise(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text(
        "name: N\ncriteria:\n- ask: Is it so?\n- ask: Is it good?\n  levels: {1: no, 5: yes}\n", encoding="utf-8"
    )
    result = run("check", path)
    assert result.exit_code == 0
    assert f"{path} line 3: note: " in result.stdout
    assert f"{path} line 4: note: 'good' doesn't describe 2, 3, 4." in result.stdout


def test_the_schema_is_printed():
    assert json.loads(run("schema").stdout)["title"] == "sheetjudge rubric"


def test_errors_are_left_to_the_command_line():
    result = run("show", "reserch-proposal")
    assert isinstance(result.exception, SheetjudgeError)
    assert str(result.exception) == "There is no rubric 'reserch-proposal'. Did you mean 'research-proposal'?"


def test_shipped_rubrics_are_found_by_name():
    assert [s.name for s in list_rubrics()] == SHIPPED
    assert all(find_rubric(s.name) == s.rubric for s in list_rubrics())


def test_a_file_is_found_by_its_ending(good):
    assert find_rubric(str(good)).name == "Good"
    path = good.with_suffix(".YML")
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert find_rubric(str(path)).name == "Good"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("polite", "There is no rubric 'polite'. Shipped are answer-helpfulness"),
        ("", "The rubric is empty."),
        ("  ", "The rubric is empty."),
        ("folder/rubric", "There is no rubric 'folder/rubric'."),
        ("none.yaml", "none.yaml: There is no such file."),
        ("a\0b.yaml", "a\0b.yaml: It can't be read: "),
    ],
)
def test_what_is_no_rubric(spec, said):
    with pytest.raises(RubricError, match="^" + said.replace(".", r"\.")):
        find_rubric(spec)


def test_a_tab_is_not_read_as_a_sentence():
    with pytest.raises(ConfigError, match="tab:My rubric"):
        find_rubric("tab:My rubric")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"name: N\nabout: caf\xe9\n", "line 2: The text isn't UTF-8."),
        (GOOD.encode("utf-16"), "line 1: The text isn't UTF-8."),
        (b"\x00\x01", "line 1: The character U+0000"),
        (b"#" * 900_000, "too large"),
        (b"", "line 1: The file is empty."),
    ],
)
def test_files_that_hold_no_text(tmp_path, content, said):
    path = tmp_path / "r.yaml"
    path.write_bytes(content)
    with pytest.raises(RubricError) as caught:
        find_rubric(str(path))
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)


def test_a_folder_is_no_rubric(tmp_path):
    (tmp_path / "r.yaml").mkdir()
    with pytest.raises(RubricError, match="can't be read"):
        find_rubric(str(tmp_path / "r.yaml"))


def test_a_missing_file_names_its_neighbour(good):
    with pytest.raises(RubricError, match=r"Did you mean .*good\.yaml"):
        find_rubric(str(good.with_name("godo.yaml")))

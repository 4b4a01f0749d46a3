"""A first rubric from one sentence: by a judge, at the second try, or from the sentence's own words."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.core.rubric_dump import dump_rubric
from sheetjudge.core.rubric_file import parse_rubric
from sheetjudge.errors import RubricError
from sheetjudge.ops.rubric_draft import template
from tests.ops.scoring import inside
from tests.servers.chat_server import ChatServer, Reply, chat

SENTENCE = "Proposals that ask a sharp question and can be done with the money"


def criterion(ask, **changes):
    levels = {"1": "None.", "3": "Some.", "5": "All."}
    return {"ask": ask, "statement": "It does.", "weight": 2, "levels": levels, **changes}


GOOD = {
    "name": "Sharp and doable", "about": "Proposals for money.",
    "criteria": [criterion("Is there one sharp question?"), criterion("Is the {budget} enough?", weight=1)],
}  # fmt: skip


def server(*replies):
    """Answers with these texts, one after the other, and the last for ever."""
    texts = [reply if isinstance(reply, str) else json.dumps(reply) for reply in replies]
    return ChatServer(lambda _body, number: Reply(body=chat(texts[min(number, len(texts) - 1)])))


def drafted(tmp_path, judge, *options, sentence=SENTENCE):
    return inside("rubric", "draft", sentence, "--judge", judge, *options, env={"SHEETJUDGE_HOME": str(tmp_path)})


def test_a_judge_writes_a_rubric_that_the_reader_takes(tmp_path):
    with server(GOOD) as judge:
        ran = drafted(tmp_path, f"{judge.url}#m")
        again = drafted(tmp_path, f"{judge.url}#m", "--json")
    assert (ran.code, ran.err) == (0, "")
    rubric = parse_rubric(ran.out)
    assert len({c.id for c in rubric.criteria}) == 2
    assert [c.weight for c in rubric.criteria] == [2, 1]
    # Braces would name a column of a table that nobody has seen.
    assert rubric.criteria[1].ask == "Is the (budget) enough?"
    assert json.loads(again.out)["name"] == "Sharp and doable"
    assert len(judge.requests) == 1, "the same sentence isn't paid for twice"
    assert SENTENCE in json.dumps(judge.requests[0])


@pytest.mark.parametrize(
    "wrong",
    [
        "I would say that it depends.",
        {"name": "X"},
        {**GOOD, "criteria": []},
        {**GOOD, "criteria": [criterion("Is it?")] * 9},
        {**GOOD, "criteria": [criterion("Is it so?", weight=-1)]},
        {**GOOD, "criteria": [criterion("Is it so?", levels={"1": "No."})]},
        {**GOOD, "criteria": [criterion("")]},
        {**GOOD, "criteria": "none"},
        "[" * 5000,
    ],
)
def test_what_is_no_rubric_is_asked_for_once_more_with_the_complaint(tmp_path, wrong):
    with server(wrong, GOOD) as judge:
        ran = drafted(tmp_path, f"{judge.url}#m")
        assert (ran.code, ran.err) == (0, "")
        assert len(parse_rubric(ran.out).criteria) == 2
        assert len(judge.requests) == 2
        assert "no valid rubric" in judge.requests[1]["messages"][-1]["content"]
        assert drafted(tmp_path, f"{judge.url}#m").out == ran.out
        assert len(judge.requests) == 2


def test_twice_no_rubric_is_a_template_that_says_so(tmp_path):
    with server("No.") as judge:
        ran = drafted(tmp_path, f"{judge.url}#m", "--out", tmp_path / "ours.yaml")
        assert len(judge.requests) == 2
    assert ran.code == 0
    assert "put together from your words" in ran.err
    assert parse_rubric((tmp_path / "ours.yaml").read_text()).criteria


def test_a_small_model_is_not_asked(tmp_path):
    ran = drafted(tmp_path, "embedded", sentence="a clear question, a realistic budget; and a named supervisor.")
    assert ran.code == 0
    assert "too small to write rubrics" in ran.err
    asks = [c.ask for c in parse_rubric(ran.out).criteria]
    assert [ask.split(":")[0] for ask in asks] == ["A clear question", "A realistic budget", "A named supervisor"]


def test_a_judge_that_cant_be_asked_is_an_error(tmp_path):
    ran = drafted(tmp_path, "http://127.0.0.1:9/v1#m")
    assert ran.code == 2
    assert "127.0.0.1:9" in ran.err


def test_a_ceiling_holds_for_a_draft(tmp_path):
    with server(GOOD) as judge:
        ran = drafted(tmp_path, f"{judge.url}#m", "--budget", "1")
        assert ran.code == 2
        assert "price" in ran.err
        assert judge.requests == []


@pytest.mark.usefixtures("no_hang")
@pytest.mark.parametrize(("blank", "parts"), [(" ", 2), ("\u00a0", 2), ("\t", 2), (" \n", 4)])
def test_a_sentence_of_white_space_is_read_in_a_moment(blank, parts):
    assert len(template(f"Clear{blank * 50_000}aims; honest{blank}costs").criteria) == parts


@given(st.text(min_size=1, max_size=400))
def test_any_sentence_makes_a_template_or_is_none(sentence):
    try:
        rubric = template(sentence)
    except RubricError:
        return
    assert 1 <= len(rubric.criteria) <= 8
    assert parse_rubric(dump_rubric(rubric)) == rubric
    assert yaml.safe_load(dump_rubric(rubric))["criteria"]

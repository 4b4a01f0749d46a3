"""What a sidebar may ask for, and what not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.errors import ConfigError
from sheetjudge.ops.job_file import job_schema
from sheetjudge.ops.jobs import options_of
from sheetjudge.ops.rubrics import find_rubric
from sheetjudge.ops.verbs import verb_of
from sheetjudge.service.offer import Offer, OfferedJudge, make_offer
from sheetjudge.service.requests import Place, read_request

ID = "a" * 44
OFFER = Offer(
    (
        OfferedJudge("Fast", "openai:gpt-5-mini", is_local=False, is_priced=True),
        OfferedJudge("Own", "http://10.0.0.9/v1#m", is_local=False, is_priced=False),
    ),
    always={"concurrency": 8},
)
SAID = {"version": 1, "kind": "run", "spreadsheet": ID, "sheet": 7, "operation": "score", "rubric": "Is it clear?"}
SECRET = "a secret of the environment"
PLACE = Place("http://127.0.0.1:9", "/keys/key.json")


def read(**changes):
    said = {key: value for key, value in {**SAID, **changes}.items() if value is not ...}
    return read_request(json.dumps(said), OFFER)


def test_a_whole_request_becomes_a_job():
    found = read(read=["Proposal"], rows="2-6,9", limit=5, all=True, judge="Fast", budget=2.5)
    job = found.job(PLACE)
    assert job.operation == "score"
    assert dict(job.said) == {
        "table": f"http://127.0.0.1:9/spreadsheets/d/{ID}/edit#gid=7", "credentials": "/keys/key.json",
        "rubric": "Is it clear? ", "read": ["Proposal"], "rows": "2-6,9", "limit": 5, "all": True,
        "judge": ["openai:gpt-5-mini"], "budget": {"run": 2.5}, "concurrency": 8,
    }  # fmt: skip
    assert read().job(Place()).said["table"].startswith("https://docs.google.com/spreadsheets/d/aaaa")


@pytest.mark.parametrize(
    "changes",
    [
        {"operation": "rank", "group": "Topic", "top": 3},
        {"operation": "filter", "recall": 0.95, "escalate_to": "Fast", "judge": "Own"},
        {"operation": "compare", "contenders": ["A", "B"], "read": ["Prompt"]},
    ],
)
def test_every_operation_gives_options_that_its_verb_takes(changes):
    job = read(**changes).job(PLACE)
    options = options_of(job, verb_of(job.operation).options)
    assert options.table.endswith("#gid=7")
    known = json.loads(job_schema())["properties"]
    assert set(job.said) <= set(known)


def test_empty_values_say_nothing():
    empty = read(read=[], rows="", all=False, limit=None, judge="", budget=None, group="", top=None, contenders=[],
                 recall=None, precision=None, escalate_to="", sentence="")  # fmt: skip
    assert empty.said == read().said


def test_nothing_of_the_environment_gets_into_a_job():
    asked = read(rubric="Does it say ${SECRET} or $$ or $?", read=["${SECRET}"])
    filled = asked.job(PLACE).with_variables({"SECRET": SECRET})
    assert SECRET not in json.dumps(dict(filled.said))
    assert filled.said["rubric"].strip() == "Does it say ${SECRET} or $$ or $?"
    assert filled.said["read"] == ["${SECRET}"]


def test_what_looks_like_a_file_is_words(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my rubric.yaml").write_text("name: Leaked\ncriteria: [{id: x, ask: Leaked?}]\n")
    found = read(rubric="my rubric.yaml").said["rubric"]
    assert [c.ask for c in find_rubric(found).criteria] == ["my rubric.yaml"]
    for path in ("rubric.yaml", "/etc/passwd", "../x.yml", str(tmp_path / "my")):
        with pytest.raises(ConfigError, match="There is no rubric"):
            read(rubric=path)
    assert read(rubric="essay").said["rubric"] == "essay"
    assert read(rubric="tab:My rubric.yaml").said["rubric"] == "tab:My rubric.yaml"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"version": 2}, "version 2, and this backend knows version 1"),
        ({"version": True}, "version True"),
        ({"version": ...}, "version None"),
        ({"kind": "delete"}, "kind is 'delete'"),
        ({"kind": ...}, "doesn't say its kind"),
        ({"operation": "agree"}, "operation is 'agree'"),
        ({"operation": ...}, "doesn't say its operation"),
        ({"rubric": ""}, "doesn't say its rubric"),
        ({"rubric": "esay"}, "Did you mean 'essay'"),
        ({"spreadsheet": "https://docs.google.com/x"}, "no spreadsheet's ID"),
        ({"spreadsheet": 5}, "not a text"),
        ({"sheet": -1}, "whole number"),
        ({"sheet": 1.5}, "whole number"),
        ({"judge": "openai:gpt-5"}, "is not offered here"),
        ({"judge": "http://10.0.0.9/v1#m"}, "is not offered here"),
        ({"read": "Proposal"}, "not a list"),
        ({"read": [""]}, "without a name"),
        ({"rows": "9-2"}, "names no rows"),
        ({"rows": "all"}, "names no rows"),
        ({"limit": 0}, "whole number"),
        ({"limit": True}, "whole number"),
        ({"budget": -1}, "number from 0"),
        ({"budget": "2"}, "number from 0"),
        ({"budget": 1, "judge": "Own"}, "price of 'Own' isn't known"),
        ({"all": "yes"}, "neither true nor false"),
        ({"group": "Topic"}, "group says nothing to score"),
        ({"escalate_to": "Own"}, "escalate_to says nothing to score"),
        ({"operation": "compare"}, "two contenders"),
        ({"operation": "filter", "recall": 0}, "promises nothing"),
        ({"sentence": "What matters"}, "for a draft"),
        ({"kind": "draft"}, "no sentence"),
        ({"creds": "x"}, "no key 'creds'"),
        ({"judge_option": {"base_url": "http://x"}}, "no key 'judge_option'"),
        ({"table": "/etc/passwd"}, "no key 'table'"),
        ({"out": "/tmp/x"}, "no key 'out'"),
        ({"rubric": "word " * 3000}, "longer than 10,000"),
    ],
)  # fmt: skip
def test_what_isnt_foreseen_is_refused_in_words(changes, told):
    with pytest.raises(ConfigError) as error:
        read(**changes)
    assert told in str(error.value)


def test_a_ceiling_can_be_lowered_and_not_raised():
    offer = Offer((OfferedJudge("Fast", "fake", is_local=True, is_priced=True),), ceiling=2.0)
    assert read_request(json.dumps(SAID), offer).said["budget"] == {"run": 2.0}
    assert read_request(json.dumps({**SAID, "budget": 1}), offer).said["budget"] == {"run": 1.0}
    with pytest.raises(ConfigError, match=r"\$2\.00 here at the most"):
        read_request(json.dumps({**SAID, "budget": 3}), offer)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*SAID, "read", "rows", "limit", "budget", "all", "judge", "top", "x"]), JSON))
def test_whatever_comes_is_a_request_or_refused(changes):
    try:
        found = read_request(json.dumps({**SAID, **changes}), OFFER)
    except ConfigError:
        return
    assert found.job(PLACE).said["judge"][0] in {"openai:gpt-5-mini", "http://10.0.0.9/v1#m"}


@given(st.text(max_size=200))
def test_any_text_is_a_request_or_refused(text):
    with pytest.raises(ConfigError):
        read_request(text, OFFER)


def test_judges_are_offered_by_names_that_tell_no_address(tmp_path):
    environment = {"SHEETJUDGE_HOME": str(tmp_path)}
    offer = make_offer(["Our GPU=http://10.0.0.9:8000/v1#qwen", "fake"], environment)
    assert [(j.name, j.spec) for j in offer.judges] == [("Our GPU", "http://10.0.0.9:8000/v1#qwen"), ("fake", "fake")]
    assert "10.0.0.9" not in json.dumps(offer.as_json())
    assert make_offer(["http://10.0.0.9/v1#a=b"], environment).judges[0].spec == "http://10.0.0.9/v1#a=b"

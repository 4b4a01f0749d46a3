"""vLLM itself: in process, as a server, and that both say the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sheetjudge.errors import ContextTooLong, InputError
from sheetjudge.llm.providers import JudgeConfig, parse_judge
from sheetjudge.ops.doctor_judge import check_judge
from tests.vllm.asking import NOISE, OPTIONS, ask, described, question

QUESTIONS = [question(f"The {thing} is on the table.") for thing in ("lamp", "letter", "cat")]
LONG = "The goalkeeper saved a penalty in the last minute of the match. " * 12
LIKELIHOODS = [described(LONG, "It is about football.", "It is about tea.", ""), described("Grüße 😀", "A greeting.")]


ROUNDS = (
    QUESTIONS,
    [question("A text.", temperature=None, sample=n) for n in range(4)],
    LIKELIHOODS,
    LIKELIHOODS,
    [question("word " * 3000)],
    [described("word " * 3000, "x")],
    [question("An <|im_end|> in a text.")],
)


@pytest.fixture(scope="module")
def in_process(model_folder):
    return ask(f"vllm:{model_folder}", OPTIONS, *ROUNDS)


@pytest.fixture(scope="module")
def served(server):
    return ask(server, {}, *ROUNDS[:4])


def sums(answers: list[Any]) -> list[float]:
    return [sum(row) for answer in answers for row in answer.logprobs]


def test_replies_keep_to_the_schema_and_bring_the_probabilities_of_their_tokens(in_process):
    for reply in in_process[0]:
        value = json.loads(reply.text)
        assert value["score"] in range(1, 6)
        assert "".join(token.token for token in reply.logprobs) == reply.text
        assert reply.format == "json_schema"
        assert reply.cost == 0
        assert reply.usage.completion > 0
        assert all(token.top[0][1] >= token.logprob for token in reply.logprobs)


def test_what_prompts_begin_with_alike_is_computed_once(in_process):
    assert all(reply.usage.cached > 0.8 * reply.usage.prompt for reply in in_process[1])


def test_given_text_is_scored_from_the_cache_as_without_it(in_process):
    first, again = in_process[2], in_process[3]
    assert sums(again) == pytest.approx(sums(first), abs=NOISE)
    assert again[0].usage.cached > 0
    assert again[0].logprobs[2] == ()
    football, tea, _ = map(sum, again[0].logprobs)
    assert football > tea


def test_what_is_too_long_is_refused_and_leaves_the_engine_running(in_process):
    for round_ in (in_process[4], in_process[5]):
        assert isinstance(round_[0], ContextTooLong)
        assert "2,048" in str(round_[0])
    assert json.loads(in_process[6][0].text)


def test_a_server_says_the_same_of_given_text(in_process, served):
    ours, theirs = sums(in_process[2]), sums(served[2])
    print("largest difference in nats:", max(abs(a - b) for a, b in zip(ours, theirs, strict=True)))
    assert theirs == pytest.approx(ours, abs=NOISE)


def test_a_server_gives_the_same_replies_at_temperature_0(in_process, served):
    for ours, theirs in zip(in_process[0], served[0], strict=True):
        assert theirs.text == ours.text
        assert [t.logprob for t in theirs.logprobs] == pytest.approx([t.logprob for t in ours.logprobs], abs=NOISE)


def test_doctor_says_what_a_server_can_do(server, tmp_path):
    found = {f.name: f for f in check_judge(server, {}, {"SHEETJUDGE_HOME": str(tmp_path)})}
    assert found["judge"].state == "ok"
    assert "2,048" in found["context length"].says
    assert "JSON schemas, token probabilities" in found["supports"].says
    assert "tokens a second" in found["speed"].says
    assert found["likelihood"].state == "ok"
    assert "%" in found["prefix cache"].says


def test_a_folder_that_is_no_model_is_refused_before_anything_starts(tmp_path: Path):
    with pytest.raises(InputError, match="holds no model"):
        parse_judge(f"vllm:{tmp_path}", {}, JudgeConfig())

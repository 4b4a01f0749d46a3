"""vLLM itself: in process, as a server and on Ray, and that all say the same, in single calls and in whole runs."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from sheetjudge.errors import ContextTooLong, InputError
from sheetjudge.llm.providers import JudgeConfig, parse_judge
from sheetjudge.ops.doctor_judge import check_judge
from tests.ops.scoring import ended, start
from tests.vllm.asking import NOISE, OPTIONS, ask, described, question
from tests.vllm.commands import command, folder, home

__all__ = ["folder"]
# Expectations over the marks of a scale from 1 to 5.
RUN_NOISE = 0.02

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


# --- whole runs -------------------------------------------------------------------------------------------------------


def done(folder, *args, **options):
    ran = ended(start(*command(folder, *args, **options), env=home(folder)), timeout=500)
    assert "Traceback" not in ran.err
    assert ran.code in (0, 1), ran.err
    return ran


@pytest.fixture(scope="module")
def here(folder, model_folder):
    return done(folder, f"vllm:{model_folder}", "here.csv", **OPTIONS)


def results(path: Path) -> list[tuple[float | None, str, str]]:
    import pandas as pd

    table = pd.read_parquet(path).to_dict("records") if path.is_dir() else list(csv.DictReader(path.open()))
    ok = [row["Status"] == "ok" for row in table]
    return [
        (float(r["Score"]), r["Why"], "ok") if o else (None, "", r["Status"]) for r, o in zip(table, ok, strict=True)
    ]


def keys(folder, name):
    with sqlite3.connect(folder / f"{name}.sqlite3") as journal:
        return {bytes(key) for (key,) in journal.execute("SELECT key FROM answers")}


def check_same(one, other):
    assert [why for _, why, _ in one] == [why for _, why, _ in other]
    assert [status for *_, status in one] == [status for *_, status in other]
    differences = [abs(a - b) for (a, *_), (b, *_) in zip(one, other, strict=True) if a is not None and b is not None]
    assert len(differences) >= 3
    print(f"largest difference of {len(differences)} scores: {max(differences):.6f}")
    assert max(differences) < RUN_NOISE


def test_of_the_engine_s_start_only_its_line_is_told(here):
    lines = here.err.splitlines()
    assert lines[2].startswith("Starting vllm:")
    assert lines[3].startswith("Started vllm:")
    assert lines[3].rstrip(".").endswith(" s")
    assert not [line for line in lines if "Triton" in line or "INFO" in line or "WARNING" in line]
    assert here.out == ""


@pytest.mark.usefixtures("here")
def test_a_server_gives_the_same_verdicts(server, folder):
    done(folder, server, "served.csv")
    check_same(results(folder / "here.csv"), results(folder / "served.csv"))


@pytest.mark.usefixtures("here")
def test_ray_gives_the_same_verdicts_under_the_same_keys(folder, model_folder):
    pytest.importorskip("ray")
    done(folder, f"vllm:{model_folder}", "ray", "--engine", "ray", **OPTIONS)
    check_same(results(folder / "here.csv"), results(folder / "ray"))
    assert keys(folder, "here.csv") == keys(folder, "ray")


@pytest.mark.usefixtures("here")
def test_what_the_journal_answers_starts_no_engine(folder, model_folder):
    again = done(folder, f"vllm:{model_folder}", "again.csv", "--journal", folder / "here.csv.sqlite3", **OPTIONS)
    assert "Starting" not in again.err
    assert results(folder / "again.csv") == results(folder / "here.csv")

"""What can be told of a vLLM judge before vLLM is started."""

from __future__ import annotations

import json
import struct

import pytest

from sheetjudge.errors import InputError, JudgeUnusable, MissingExtra
from sheetjudge.llm import vllm_log
from sheetjudge.llm.providers import JudgeConfig, parse_judge
from sheetjudge.llm.vllm_engine import is_installed
from sheetjudge.llm.vllm_files import check_folder, folder_of, mark_of
from sheetjudge.ops.doctor_judge import hit_rate


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "chat_template.jinja").write_text("{{ messages }}")
    weights(tmp_path, bytes(20_000))
    return tmp_path


def weights(folder, data):
    header = json.dumps({"w": {"dtype": "U8", "shape": [len(data)], "data_offsets": [0, len(data)]}}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + data)


@pytest.mark.skipif(is_installed(), reason="vLLM is installed")
def test_without_the_extra_it_is_named(folder):
    with pytest.raises(MissingExtra, match=r"sheetjudge\[vllm\]"):
        parse_judge(f"vllm:{folder}", {}, JudgeConfig())


def test_a_folder_that_is_not_there_and_one_without_a_model_are_refused(tmp_path):
    with pytest.raises(InputError, match="no model folder"):
        folder_of(str(tmp_path / "none"), "")
    with pytest.raises(InputError, match="holds no model"):
        check_folder(tmp_path, "x")


def test_a_model_without_a_chat_template_is_refused_with_advice(folder):
    check_folder(folder, "x")
    (folder / "chat_template.jinja").unlink()
    (folder / "tokenizer_config.json").write_text("{}")
    with pytest.raises(JudgeUnusable, match="instruction-tuned"):
        check_folder(folder, "x")
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ messages }}"}))
    check_folder(folder, "x")


def test_the_mark_is_the_model_s_wherever_it_lies(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("elsewhere")
    for path in folder.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    assert mark_of(other) == mark_of(folder)


@pytest.mark.parametrize("what", ["weights", "template", "size"])
def test_another_model_has_another_mark(folder, what):
    before = mark_of(folder)
    if what == "weights":
        weights(folder, bytes([1]) * 20_000)
    elif what == "size":
        weights(folder, bytes(20_001))
    else:
        (folder / "chat_template.jinja").write_text("{{ messages }}!")
    assert mark_of(folder) != before


def test_a_snapshot_of_the_hub_is_known_by_its_commit(tmp_path):
    snapshot = tmp_path / "snapshots" / "0123abc"
    snapshot.mkdir(parents=True)
    assert mark_of(snapshot) == "0123abc"


def test_the_cause_in_a_log_is_the_error_that_the_others_follow_from():
    log = """\
(EngineCore pid=1) ERROR [core.py:1] Traceback (most recent call last):
(EngineCore pid=1) ERROR [core.py:1] ValueError: No available memory for the cache blocks.
RuntimeError: Engine core initialization failed. See root cause above.
"""
    assert vllm_log.cause(log) == "No available memory for the cache blocks."
    assert vllm_log.cause("INFO all is well\n") == ""


def test_what_the_user_set_for_vllm_stays_and_no_statistics_are_sent(tmp_path):
    environ = {"VLLM_WORKER_MULTIPROC_METHOD": "fork"}
    log = vllm_log.prepare(tmp_path, environ)
    assert log.is_file()
    assert environ["VLLM_WORKER_MULTIPROC_METHOD"] == "fork"
    assert environ["VLLM_NO_USAGE_STATS"] == "1"


def test_the_hit_rate_of_a_prefix_cache_is_read_from_the_metrics():
    metrics = """\
# TYPE vllm:prefix_cache_queries_total counter
vllm:prefix_cache_queries_total{engine="0",model_name="m"} 400.0
vllm:prefix_cache_queries_created{engine="0",model_name="m"} 1.7e+09
vllm:prefix_cache_hits_total{engine="0",model_name="m"} 300.0
"""
    assert hit_rate(metrics) == 0.75
    assert hit_rate("") is None

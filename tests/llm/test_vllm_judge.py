"""What can be told of a vLLM judge before vLLM is started."""

from __future__ import annotations

import json
import struct

import pytest

from sheetjudge.errors import ConfigError, InputError, JudgeUnusable, MissingExtra
from sheetjudge.llm import vllm_log
from sheetjudge.llm.providers import JudgeConfig, parse_judge
from sheetjudge.llm.vllm_engine import is_installed
from sheetjudge.llm.vllm_failures import start_failure
from sheetjudge.llm.vllm_files import check_folder, folder_of, mark_of
from sheetjudge.llm.vllm_options import read_options
from sheetjudge.llm.vllm_thinking import parser_for, thoughts_at_most
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


# As vLLM 0.32 words them; those about a GPU come from its source, since no test here has one.
STARTS = [
    ("Failed to infer device type, please set the environment variable `VLLM_LOGGING_LEVEL=DEBUG`", "no GPU"),
    ("No CUDA GPUs are available", "no GPU"),
    ("libcuda.so.1: cannot open shared object file: No such file or directory", "no GPU"),
    ("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.11 GiB", "doesn't fit"),
    ("No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when", "doesn't fit"),
    ("Worker failed with error 'Available memory on node 0 (19.26/23.46 GiB) is less than", "doesn't fit"),
    (
        (
            "Free memory on device cuda:0 (3.1/79.11 GiB) on startup is less than desired GPU memory utilization (0.92,"
            " 72.8 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes."
        ),
        "gpu_memory_utilization=… lower",
    ),
    (
        (
            "To serve at least one request with the model's max seq len (131072), (16.0 GiB KV cache is needed, which"
            " is larger than the available KV cache memory (9.5 GiB). Try increasing `gpu_memory_utilization`"
        ),
        "max_model_len=… lower",
    ),
    (
        (
            "Bfloat16 is only supported on GPUs with compute capability of at least 8.0. Your Tesla T4 GPU has compute"
            " capability 7.5. You can use float16 instead by explicitly setting the `dtype` flag"
        ),
        "dtype=",
    ),
    (
        (
            "1 validation error for ModelConfig\n  Value error, User-specified max_model_len (99999999) is greater than"
            " the derived max_model_len (max_position_embeddings=8192). To allow overriding this, set the env var"
            " VLLM_ALLOW_LONG_MAX_MODEL_LEN=1. VLLM_ALLOW_LONG_MAX_MODEL_LEN must be used with caution: CUDA array"
            " out-of-bounds errors. [type=value_error, input_value=ArgsKwargs(()), input_type=ArgsKwargs]"
        ),
        "max_model_len=… to at most that",
    ),
    (
        (
            "2 validation errors for ModelConfig\ndtype.literal['auto','half']\n  Input should be 'auto' or 'half'"
            " [type=literal_error, input_value='float12', input_type=str]\n    For further information visit https://x"
        ),
        "dtype=",
    ),
    ("The repository m contains custom code. Please pass the argument `trust_remote_code=True`", "trust_remote_code"),
    ("Something that nobody has seen", "-v"),
    ("", "-v"),
]


@pytest.mark.parametrize(("said", "advice"), STARTS)
def test_what_keeps_vllm_from_starting_is_one_line_with_what_helps(said, advice):
    error = start_failure("vllm:m", said)
    assert advice in error.advice
    assert str(error).startswith("vllm:m can't be started: ")
    assert len(str(error)) < 500
    for noise in ("\n", "validation error", "[type=", "https://", "Try increasing", "VLLM_ALLOW"):
        assert noise not in str(error)


def test_options_go_where_they_belong_and_speed_changes_no_key():
    found = read_options({"dtype": "auto", "max_num_seqs": "8", "enable_thinking": "no", "top_k": "5"})
    assert found.engine == {"dtype": "auto", "max_num_seqs": 8}
    assert found.template == {"enable_thinking": False}
    assert found.answers == {"dtype": "auto", "enable_thinking": False, "top_k": 5}
    for wrong in ({"temperture": "1"}, {"thinking_token_budget": "many"}, {"thinking_token_budget": "-1"}):
        with pytest.raises(ConfigError):
            read_options(wrong)


@pytest.mark.parametrize(
    ("template", "parser"),
    [
        ("{{ messages }}", ""),
        ("{{ messages }}<think>\n … </think>", "deepseek_r1"),
        ("{% if enable_thinking is false %}<think>\n\n</think>{% endif %}", "qwen3"),
    ],
)
def test_the_template_tells_whether_a_model_thinks(folder, template, parser):
    (folder / "chat_template.jinja").write_text(template)
    assert parser_for(folder, None) == parser
    assert parser_for(folder, "none") == ""
    assert parser_for(folder, "granite") == "granite"


def test_thoughts_leave_room_for_the_answer():
    assert thoughts_at_most(None, 4096) == 3072
    assert thoughts_at_most(1000, 4096) == 1000
    assert thoughts_at_most(9000, 4096) == 3072


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

"""An engine that is killed with its run, and engines that can't be started."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from sheetjudge.errors import SetupError
from tests.ops.scoring import ended, start
from tests.vllm.asking import OPTIONS, ask, question
from tests.vllm.commands import command, folder, home

__all__ = ["folder"]


@pytest.mark.parametrize("moment", ["starting", "asked"])
def test_a_killed_run_leaves_no_engine(folder, model_folder, moment):
    run = start(
        *command(folder, f"vllm:{model_folder}", f"killed-{moment}.csv", "-v", **OPTIONS),
        env=home(folder),
    )
    said: list[str] = []
    reading = threading.Thread(target=lambda: said.extend(run.stderr), daemon=True)
    reading.start()
    begun = any if moment == "asked" else lambda _: engines(run.pid)
    wait_for(lambda: run.poll() is not None or begun(line.startswith("Started ") for line in said))
    assert run.poll() is None, said
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    wait_for(lambda: not engines(run.pid))
    reading.join(30)
    if moment == "asked":
        assert any("Loading weights took" in line for line in said), "-v shows vLLM's own log"


def engines(run: int) -> list[int]:
    """The processes that vLLM runs for the process `run`."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != run:
            with suppress(OSError):
                if f"SHEETJUDGE_VLLM_PARENT={run}".encode() in (process / "environ").read_bytes().split(b"\0"):
                    found.append(int(process.name))
    return found


def wait_for(condition, seconds=300.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.1)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"dtype": "float12"}, "dtype"),
        ({"max_model_len": "99999999"}, "max_model_len"),
        ({"quantization": "awq"}, "quantization"),
        ({"reasoning_parser": "deepseek_r1"}, "reasoning_parser"),
        ({"reasoning_parser": "no-such"}, "reasoning_parser"),
    ],
)
def test_what_the_engine_cannot_do_is_one_line(model_folder, options, says):
    with pytest.raises(SetupError, match="can't be started: ") as caught:
        ask(f"vllm:{model_folder}", {**OPTIONS, **options}, [question("A text.")])
    print(caught.value)
    assert f"--judge-option {says}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "pydantic" not in str(caught.value)


def test_a_model_that_does_not_fit_is_one_line_and_nothing_is_written(folder, model_folder, monkeypatch):
    monkeypatch.setenv("VLLM_CPU_KVCACHE_SPACE", "50000")
    ran = ended(
        start(
            *command(folder, f"vllm:{model_folder}", "big.csv", **OPTIONS),
            env=home(folder),
        ),
        timeout=300,
    )
    assert ran.code == 2
    assert "The model doesn't fit" in ran.err.splitlines()[-1]
    assert not (folder / "big.csv").exists()

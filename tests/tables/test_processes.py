"""A process that left its number somewhere: still there, gone, or another with the same number."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from sheetjudge.engine.holders import is_dead, new_holder
from sheetjudge.tables.processes import began_at, is_running


def test_a_process_that_ended_is_not_running():
    process = subprocess.Popen(["true"])
    process.wait()
    assert not is_running(process.pid)
    assert not is_running(process.pid, time.time())


def test_another_process_with_the_same_number_is_not_the_one_that_was_seen():
    if began_at(os.getpid()) is None:
        pytest.skip("the system doesn't say when a process began")
    assert is_running(os.getpid(), time.time())
    assert is_running(os.getpid())
    assert not is_running(os.getpid(), began_at(os.getpid()) - 60)


def test_a_holder_is_known_to_be_dead_where_its_number_was_given_again():
    holder = new_holder()
    assert not is_dead(holder)
    host, process, word, *began = holder.split(" ")
    assert not is_dead(f"{host} {process} {word}"), "as they were named before"
    if began:
        assert is_dead(f"{host} {process} {word} {float(began[0]) - 3600:.0f}")
    assert not is_dead(f"elsewhere {process} {word} 1")

"""An object that reckons beside the event loop, in a thread or in a process."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
from contextlib import closing

import pytest

from sheetjudge.engine.aside import Aside
from sheetjudge.errors import SetupError


class Counter:
    """Counts, and knows where it lives."""

    def __init__(self, start):
        self.count = start

    def add(self, more):
        self.count += more
        return self.count

    def home(self):
        return os.getpid()

    def shout(self):
        print("not an answer")
        return "heard"

    def fail(self):
        raise ValueError("that went wrong")

    def say_half(self):
        os.write(1, pickle.dumps((True, "a long answer" * 100))[:600])
        os._exit(9)

    def end(self, number):
        os.kill(os.getpid(), number)
        return "still here"


def talk(*calls, in_process=True, start=0):
    """What each call returns, of one object."""

    async def go():
        with closing(Aside(Counter, in_process=in_process)) as aside:
            await aside.make(start)
            return [await aside.call(*call) for call in calls]

    return asyncio.run(go())


@pytest.mark.parametrize("in_process", [True, False])
def test_it_keeps_its_state_between_calls(in_process):
    assert talk(("add", 1), ("add", 2), in_process=in_process, start=4) == [5, 7]


def test_a_process_is_another_one_and_a_thread_is_not():
    assert talk(("home",)) != [os.getpid()]
    assert talk(("home",), in_process=False) == [os.getpid()]


def test_a_file_of_the_folder_that_is_worked_in_is_no_module_of_it(tmp_path, monkeypatch):
    for name in ("json", "pickle", "asyncio"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('run from the folder of somebody else')")
    monkeypatch.chdir(tmp_path)
    assert talk(("add", 1)) == [1]


def test_what_it_prints_is_no_answer():
    assert talk(("shout",), ("add", 1)) == ["heard", 1]


@pytest.mark.parametrize("in_process", [True, False])
def test_what_goes_wrong_there_goes_wrong_here(in_process):
    with pytest.raises(ValueError, match="that went wrong"):
        talk(("fail",), in_process=in_process)


def test_it_outlives_the_signals_that_ask_the_run_to_stop():
    assert talk(("end", signal.SIGINT), ("end", signal.SIGTERM), ("end", signal.SIGHUP)) == ["still here"] * 3


def test_a_process_that_is_gone_is_an_error_with_advice():
    with pytest.raises(SetupError, match=r"has ended \(exit code -9\).*short of memory"):
        talk(("end", signal.SIGKILL))


def test_half_an_answer_is_none():
    with pytest.raises(SetupError, match=r"has ended \(exit code 9\)"):
        talk(("say_half",))


def test_it_ends_when_it_is_let_go():
    async def go():
        aside = Aside(Counter, in_process=True)
        await aside.make(0)
        there = await aside.call("home")
        aside.close()
        aside.close()
        return there

    with pytest.raises(ProcessLookupError):
        os.kill(asyncio.run(go()), 0)


def test_letting_go_ends_a_call_under_way():
    async def go():
        aside = Aside(Counter, in_process=True)
        await aside.make(0)
        there = await aside.call("home")
        # Stopped, so that it never answers.
        os.kill(there, signal.SIGSTOP)
        waiting = asyncio.create_task(aside.call("add", 1))
        await asyncio.sleep(0)
        aside.close()
        with pytest.raises(SetupError):
            await waiting

    asyncio.run(go())

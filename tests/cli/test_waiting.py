"""A run waits for another one that writes to the same table."""

from __future__ import annotations

import pytest

from sheetjudge.cli.running import when_free
from sheetjudge.errors import TableBusy


def test_a_run_waits_until_the_other_is_done_and_says_so_once(capsys):
    answers = [TableBusy("Another run is writing to T."), TableBusy("Another run is writing to T."), "a job"]

    def open_job():
        answer = answers.pop(0)
        if isinstance(answer, TableBusy):
            raise answer
        return answer

    assert when_free(open_job, wait=600, pause=0) == "a job"
    assert capsys.readouterr().err == (
        "Another run is writing to T. Waiting for it, up to 10 minutes (Ctrl-C to stop).\n"
    )


def test_a_run_that_waited_long_enough_says_who_holds_the_table():
    calls = []

    def open_job():
        calls.append(1)
        raise TableBusy("Another run (process 1 on host) is writing to T.", "Try later.")

    with pytest.raises(TableBusy, match="process 1 on host"):
        when_free(open_job, wait=0, pause=1)
    assert len(calls) == 1

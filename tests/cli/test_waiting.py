"""A run waits for another one that writes to the same table."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from sheetjudge import sandbox
from sheetjudge.cli.running import when_free
from sheetjudge.errors import TableBusy
from sheetjudge.ops.options import RunOptions
from sheetjudge.ops.set_up import score_job
from sheetjudge.tables.sheet_layout import lease_number
from sheetjudge.tables.sheet_places import Lease


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


def test_who_writes_to_a_sheet_is_seen_before_its_rows_are_read(tmp_path):
    (tmp_path / "r.yaml").write_text("name: L\ncriteria:\n  - id: length\n    check: {words: {min: 1}}\n", "utf-8")
    with sandbox.start(credentials=tmp_path / "k.json", seed=1) as google:
        url = google.load("T", [["Essay"], ["one"]])
        person = google.spreadsheet(url)
        entry = {
            "metadataId": lease_number(person.book_id, 0),
            "metadataKey": "sheetjudge",
            "metadataValue": Lease("another", "elsewhere", 1, 4e9).text,
            "location": {"sheetId": 0},
            "visibility": "DOCUMENT",
        }
        person.do({"createDeveloperMetadata": {"developerMetadata": entry}})
        options = RunOptions(url, str(tmp_path / "r.yaml"), credentials=str(google.credentials))
        environment = {"SHEETJUDGE_HOME": str(tmp_path / "home")}
        with pytest.raises(TableBusy, match=r"process 1 on elsewhere"):
            score_job(options, environment)
        assert list(google.counts()) == ["sheets.get"]
        for reading in (replace(options, dry_run=True), replace(options, out=str(tmp_path / "out.csv"))):
            job = score_job(reading, environment)
            asyncio.run(job.bench.aclose())
            assert job.table.row_count == 1

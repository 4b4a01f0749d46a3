"""Judges that have to be started: when they are, what is shown of it, and what is left where they can't be."""

from __future__ import annotations

import asyncio

import pytest

from sheetjudge.cli.starting import shown_start
from sheetjudge.errors import SetupError
from sheetjudge.llm.fake import FakeModel
from sheetjudge.ops.starting import start_judges
from tests.ops.scoring import make_job, run_job, write_rubric, write_table


class Engine(FakeModel):
    """A judge with a start, which writes a log and fails where it is told to."""

    def __init__(self, folder, *, fails="", reach=0):
        super().__init__(name="engine:m")
        self.folder, self.fails, self.reach = folder, fails, reach
        self.is_running = False
        self.starts = 0
        self.out_at_start = None

    @property
    def log(self):
        path = self.folder / "engine.log"
        return path if path.exists() else None

    async def start(self):
        self.starts += 1
        self.out_at_start = sorted(p.name for p in self.folder.iterdir() if p.name.startswith("out"))
        (self.folder / "engine.log").write_text("loading weights\nready\n")
        await asyncio.sleep(0)
        if self.fails:
            raise SetupError(self.fails)
        self.is_running = True

    def tokens(self, text):
        return len(text.split())


@pytest.fixture
def files(tmp_path):
    write_rubric(tmp_path)
    write_table(tmp_path / "table.csv", 5)
    return tmp_path


def job(files, model, name="out.csv"):
    return make_job(
        files / "table.csv", files / "rubric.yaml", [model], journal=files / "journal.sqlite3", out=files / name
    )


def test_a_judge_is_started_before_results_have_a_place(files):
    model = Engine(files)
    assert run_job(job(files, model)).summary.scored == 5
    assert model.starts == 1
    assert model.out_at_start == []


def test_a_judge_that_cannot_start_leaves_nothing(files):
    with pytest.raises(SetupError, match="No memory"):
        run_job(job(files, Engine(files, fails="No memory.")))
    assert not [p for p in files.iterdir() if p.name.startswith("out")]


def test_a_rubric_without_room_for_a_row_is_refused_before_the_first(files):
    model = Engine(files, reach=50)
    with pytest.raises(SetupError, match=r"The rubric takes \d+ tokens; engine:m reads 50, with the row"):
        run_job(job(files, model))
    assert not [p for p in files.iterdir() if p.name.startswith("out")]


def test_a_rubric_with_room_for_a_row_is_not(files):
    assert run_job(job(files, Engine(files, reach=5_000))).summary.scored == 5


def test_what_the_journal_answers_needs_no_start(files):
    run_job(job(files, Engine(files)))
    model = Engine(files)
    assert run_job(job(files, model, "out2.csv")).summary.scored == 5
    assert model.starts == 0


@pytest.mark.parametrize(
    ("quiet", "verbose", "says"),
    [
        (False, False, ["Starting engine:m.", "Started engine:m in 0 s."]),
        (False, True, ["Starting engine:m.", "loading weights", "ready", "Started engine:m in 0 s."]),
        (True, False, []),
    ],
)
def test_one_line_is_shown_of_it_unless_more_is_wanted(files, capsys, quiet, verbose, says):
    model = Engine(files)
    opened = job(files, model)
    asyncio.run(start_judges(opened, shown_start(quiet=quiet, verbose=verbose)))
    opened.bench.journal.close()
    shown = capsys.readouterr()
    assert shown.err.splitlines() == says
    assert shown.out == ""
    assert model.is_running


def test_the_log_of_a_start_that_failed_is_shown_as_well(files, capsys):
    opened = job(files, Engine(files, fails="No memory."))
    with pytest.raises(SetupError):
        asyncio.run(start_judges(opened, shown_start(quiet=False, verbose=True)))
    opened.bench.journal.close()
    assert "loading weights" in capsys.readouterr().err

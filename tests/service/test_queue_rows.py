"""People at work in the tab of the jobs: rows inserted, sorted, deleted and copied, at the worst of moments."""

from __future__ import annotations

import json
import random

import pytest

from sheetjudge.sandbox.faults import Fault
from sheetjudge.tables.job_tab import COLUMNS, TAB
from tests.ops.scoring import JudgeServer
from tests.service.queue_tools import queue_of, served, true_scores, worker

queue = queue_of(6)


def check_each_has_its_own(queue, jobs):
    for job in jobs:
        row = queue.row(job)
        assert row["state"] == "done", (job, row["said"], row["progress"])
        assert json.loads(row["progress"])["id"] == job
        limit = json.loads(row["job"])["limit"]
        assert json.loads(row["result"])["to_judge"] == limit, "the result is this job's own"
    assert queue.holds() == []


@pytest.mark.parametrize("edit", ["insert", "delete", "sort"])
@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(n, marks=pytest.mark.slow) for n in range(3, 23))])
def test_rows_that_move_before_a_write_get_what_is_theirs(queue, tmp_path, edit, seed):
    """Just before every second batch of the worker's somebody moves the rows of the tab."""
    rng = random.Random(f"{edit} {seed}")
    jobs = [queue.ask(kind="estimate", limit=n) for n in rng.sample(range(1, 7), 4)]
    count = looks = 0

    def meanwhile(moment, seen):
        nonlocal count, looks
        looks += moment == "after" and seen.name == "sheets.get"
        if moment != "before" or seen.name != "sheets.batchUpdate" or settled:
            return
        count += 1
        if count % 2 or count > 40:
            return
        person = queue.person
        last = len(person.rows(TAB))
        if edit == "insert":
            person.insert_rows(rng.randint(2, last), 1, TAB)
        elif edit == "delete":
            empty = [n for n, row in enumerate(person.rows(TAB), start=1) if not row]
            if empty:
                person.delete_rows(rng.choice(empty), 1, TAB)
            else:
                person.insert_rows(2, 2, TAB)
        else:
            person.sort(f"'{TAB}'!A2:K{last}", rng.randint(1, 4), descending=rng.random() < 0.5)

    def is_all_there():
        own = all(json.loads(queue.row(job)["progress"])["id"] == job for job in jobs if queue.row(job)["progress"])
        if not (queue.has_ended(*jobs) and own and not queue.holds()):
            return False
        settled.append(looks)
        return looks > settled[0] + 2

    settled: list[int] = []
    queue.google.observe(meanwhile)
    with worker(queue, home=tmp_path) as desk:
        served(queue, desk, condition=is_all_there)
    assert count > 6
    queue.google.forget()
    check_each_has_its_own(queue, jobs)


def test_the_whole_tab_is_sorted_with_its_header(queue, tmp_path):
    jobs = [queue.ask(kind="estimate", limit=n) for n in (1, 2, 3)]
    queue.person.sort(f"'{TAB}'!A1:K4", 1, descending=True)
    assert queue.person.rows(TAB)[0][0] == "j3"
    with worker(queue, home=tmp_path) as desk:
        served(
            queue,
            desk,
            condition=lambda: all(
                any(row[:1] == [job] and "done" in row for row in queue.person.rows(TAB)) for job in jobs
            ),
        )


def test_a_running_job_whose_row_is_deleted_ends_and_leaves_no_trace(queue, tmp_path):
    with (
        JudgeServer(latency=0.15) as judge,
        worker(queue, f"{judge.url}#m", home=tmp_path, always={"concurrency": 1}) as desk,
    ):
        job, other = queue.ask(), queue.ask(kind="estimate")
        gone: list[str] = []

        def deleted():
            if judge.calls == 2 and not gone:
                queue.person.delete_rows(queue.number(job), 1, TAB)
                gone.append(job)
            return gone and not desk.jobs

        served(queue, desk, condition=deleted)
        assert judge.calls < 6
    assert queue.row(job) == {}
    assert queue.state(other) == "done"
    assert queue.holds() == []
    assert desk.told.of("lost") == [{"job": job, "why": "deleted"}]


def test_a_deleted_tab_is_made_anew_with_what_is_offered(queue, tmp_path):
    job = queue.ask()
    deleted: list[int] = []

    def again():
        if queue.has_ended(job) and not deleted:
            deleted.append(queue.person.tab(TAB).sheet_id)
            queue.person.do({"deleteSheet": {"sheetId": deleted[0]}})
        return deleted and queue.row("offer")

    with worker(queue, home=tmp_path) as desk:
        served(queue, desk, condition=again)
    assert queue.person.tab(TAB).sheet_id != deleted[0]
    assert queue.person.tab(TAB).properties["hidden"] is True
    assert tuple(queue.person.rows(TAB)[0]) == COLUMNS


def test_a_tab_with_other_columns_is_told_of_and_left_alone(queue, tmp_path):
    job = queue.ask()
    queue.person.type(f"'{TAB}'!B1", "work")
    with worker(queue, home=tmp_path) as desk:
        served(queue, desk, condition=lambda: desk.told.of("trouble"))
    assert "doesn't have the columns id, job, by" in desk.told.of("trouble")[0]["said"]
    assert queue.person.rows(TAB)[1][0] == job
    assert len(queue.person.rows(TAB)[1]) == 4


def test_a_copy_of_a_row_is_not_run_twice(queue, tmp_path):
    with JudgeServer() as judge, worker(queue, f"{judge.url}#m", home=tmp_path) as desk:
        job = queue.ask()
        queue.ask(id=job)
        served(
            queue,
            desk,
            condition=lambda: [row["state"] for row in queue.rows() if row["id"] == job] == ["done", "failed"],
        )
        assert judge.calls == 6
    assert "Another row of the queue has the same id" in [row["said"] for row in queue.rows() if row["id"] == job][1]


def test_ids_of_any_kind_are_ids(queue, tmp_path):
    jobs = ["1e5", "TRUE", "=1+1", "a 'quoted' one", "ü" * 300, "offers"]
    for job in jobs:
        queue.ask(kind="estimate", id=f"'{job}", limit=1)
    with worker(queue, home=tmp_path) as desk:
        served(queue, desk, *jobs)
    assert [queue.state(job) for job in jobs] == ["done"] * 6


def test_a_row_without_an_id_and_a_state_written_by_hand(queue, tmp_path):
    unnamed = queue.ask(kind="estimate", id=" ")
    done, odd = queue.ask(kind="estimate", limit=1), queue.ask(kind="estimate", limit=2)
    queue.put(done, "state", "done")
    queue.put(odd, "state", "perhaps?")
    with worker(queue, home=tmp_path) as desk:
        served(queue, desk, odd)
    assert queue.row(unnamed)["state"] == ""
    assert queue.row(done)["worker"] == "", "a person said that it is through"
    assert queue.state(odd) == "done"


def test_answers_that_are_lost_on_their_way_change_nothing(queue, tmp_path):
    lost, count = {0: Fault(drop="after"), 1: Fault(drop="before")}, 0

    def losing(seen):
        # Not for ever: a run waits longer after each that is lost.
        nonlocal count
        count += seen.name == "sheets.batchUpdate"
        return lost.get(count % 4) if seen.name == "sheets.batchUpdate" and count <= 16 else None

    queue.google.faults.add(losing)
    with JudgeServer() as judge, worker(queue, f"{judge.url}#m", home=tmp_path) as desk:
        jobs = [queue.ask(kind="estimate", limit=n, all=True) for n in range(1, 5)]
        run = queue.ask()
        served(queue, desk, condition=lambda: queue.has_ended(run, *jobs) and not queue.holds())
        assert judge.calls == 6
    check_each_has_its_own(queue, jobs)
    assert queue.scores() == true_scores(6)
    assert sorted(facts["job"] for facts in desk.told.of("taken")) == sorted([run, *jobs]), "each was begun once"


def test_a_failure_that_nobody_thought_of_ends_no_worker(queue, tmp_path):
    job = queue.ask(kind="estimate")
    with worker(queue, home=tmp_path) as desk:
        look, failures = desk.tab.look, iter(range(3))

        def failing():
            if next(failures, None) is not None:
                raise KeyError("a row's text")
            return look()

        desk.tab.look = failing
        served(queue, desk, job)
    assert queue.state(job) == "done"
    (told,) = desk.told.of("trouble")
    assert "The worker failed (KeyError at " in told["said"]
    assert "a row's text" not in told["said"]


def test_a_sheet_that_is_no_longer_shared_is_told_of_once(queue, tmp_path):
    job = queue.ask()
    with worker(queue, home=tmp_path) as desk:

        def told():
            if queue.has_ended(job):
                queue.google.share(queue.url, None)
            if desk.told.of("trouble"):
                queue.google.share(queue.url, "writer")
            return desk.told.of("fine again")

        served(queue, desk, condition=told)
    assert len(desk.told.of("trouble")) == 1
    assert "isn't shared" in desk.told.of("trouble")[0]["said"]


def test_old_jobs_that_are_through_are_deleted_and_fifty_are_kept(queue, tmp_path):
    queue.open_tab()
    old = [
        [f"old{n}", "{}", "", "2026-01-01T00:00:00Z", "", "done", "w", f"2026-01-01T00:{n:02d}:00Z"] for n in range(59)
    ]
    old += [
        [f"late{n}", "{}", "", "2026-01-01T00:00:00Z", "", "failed", "w", f"2026-01-02T00:{n:02d}:00Z"]
        for n in range(20)
    ]
    random.Random(1).shuffle(old)
    queue.person.type(f"'{TAB}'!A2", old)
    waits = queue.ask(kind="estimate", limit=1)
    with worker(queue, home=tmp_path) as desk:
        served(queue, desk, condition=lambda: queue.has_ended(waits) and len(queue.rows()) <= 61 and not queue.holds())
    left = [row["id"] for row in queue.rows() if row["id"] != "offer"]
    assert waits in left
    assert set(left) >= {f"late{n}" for n in range(20)}, "the oldest went"
    assert 50 <= len(left) <= 60

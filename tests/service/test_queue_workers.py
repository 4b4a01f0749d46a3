"""Many workers, dead workers, and workers that are told to stop: each job is done once."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from contextlib import ExitStack

import pytest

from sheetjudge.service.queue_desk import Pace
from sheetjudge.tables.job_holds import Hold, hold_number
from sheetjudge.tables.job_tab import TAB
from tests.ops.scoring import JudgeServer, ended, inside, send, start
from tests.service.queue_tools import QUICK, Clock, Queue, answers, queue_of, served, true_scores, until, worker

queue = queue_of(30)


def hold(queue, job, *, host="another-machine", process=1, **said):
    """Another worker's hold on a job's row."""
    held = Hold(job, "somebody", host, process, **said)
    span = {"sheetId": queue.person.tab(TAB).sheet_id, "dimension": "ROWS"}
    at = queue.number(job) - 1
    entry = {"metadataId": hold_number(queue.book_id, job), "metadataKey": "sheetjudge-job", "metadataValue": held.text}
    location = {"dimensionRange": {**span, "startIndex": at, "endIndex": at + 1}}
    made = {**entry, "visibility": "DOCUMENT", "location": location}
    queue.person.do({"createDeveloperMetadata": {"developerMetadata": made}})


# --- several ----------------------------------------------------------------------------------------------------------


def test_several_workers_take_each_job_once(queue, tmp_path):
    jobs = [queue.ask(kind="estimate", limit=n) for n in range(1, 6)]
    jobs += [queue.ask(rows=f"{n}-{n + 9}") for n in range(2, 32, 10)]
    with JudgeServer(latency=0.01) as judge, ExitStack() as stack:
        desks = [stack.enter_context(worker(queue, f"{judge.url}#m", home=tmp_path / name)) for name in "abc"]

        async def go():
            tasks = [asyncio.create_task(desk.serve()) for desk in desks]
            await until(lambda: queue.has_ended(*jobs), *tasks)
            for desk in desks:
                desk.close()
            await asyncio.wait_for(asyncio.gather(*tasks), 60)

        asyncio.run(go())
        assert judge.calls == 30, "each row was judged once, though the workers share no journal"
    taken = [facts["job"] for desk in desks for facts in desk.told.of("taken")]
    assert sorted(taken) == sorted(jobs)
    assert {queue.state(job) for job in jobs} == {"done"}
    assert queue.scores() == true_scores(30)
    assert queue.holds() == []


def test_runs_that_write_to_one_tab_follow_each_other(queue, tmp_path):
    """In two workers as in one: nobody waits with a job in hand for what another is writing."""
    most = 0
    with JudgeServer(latency=0.02) as judge, ExitStack() as stack:
        desks = [stack.enter_context(worker(queue, f"{judge.url}#m", home=tmp_path / name)) for name in "ab"]
        jobs = [queue.ask(rows=f"{n}-{n + 9}") for n in range(2, 32, 10)]

        def watched():
            nonlocal most
            most = max(most, sum(queue.state(job) == "running" for job in jobs))
            return queue.has_ended(*jobs)

        async def go():
            tasks = [asyncio.create_task(desk.serve()) for desk in desks]
            await until(watched, *tasks)
            for desk in desks:
                desk.close()
            await asyncio.wait_for(asyncio.gather(*tasks), 60)

        asyncio.run(go())
    assert most == 1
    assert queue.scores() == true_scores(30)


def test_an_estimate_does_not_wait_for_a_run(queue, tmp_path):
    with (
        JudgeServer(latency=0.1) as judge,
        worker(queue, f"{judge.url}#m", home=tmp_path, always={"concurrency": 1}) as desk,
    ):
        run, estimate = queue.ask(), queue.ask(kind="estimate")
        order = []

        def watched():
            order.extend(job for job in (run, estimate) if queue.has_ended(job) and job not in order)
            if estimate in order and not queue.row(run)["cancel"]:
                queue.put(run, "cancel", "yes")
            return len(order) == 2

        served(queue, desk, condition=watched)
    assert order == [estimate, run]


# --- what is offered --------------------------------------------------------------------------------------------------


def offer_of(queue):
    row = queue.row("offer")
    return json.loads(row["result"]) if row.get("result") else {}


def test_the_offer_says_what_may_be_asked(queue, tmp_path):
    with JudgeServer() as judge, worker(queue, "fake", f"Our GPU={judge.url}#m", home=tmp_path, max_rows=500) as desk:
        served(queue, desk, condition=lambda: offer_of(queue))
        judges = [
            {"name": "fake", "local": True, "price_known": True},
            {"name": "Our GPU", "local": False, "price_known": False},
        ]
        assert judge.url not in json.dumps(queue.person.rows(TAB)), "where a judge is, is nobody's business"
    row = queue.row("offer")
    assert row["state"] == "closed", "nobody is there any more"
    assert offer_of(queue)["judges"] == judges, "and yet a job can be asked for, for when somebody is back"
    with worker(queue, "fake", f"Our GPU={judge.url}#m", home=tmp_path, max_rows=500) as desk:
        seen = []
        served(
            queue, desk, condition=lambda: queue.row("offer")["state"] == "open" and not seen.append(offer_of(queue))
        )
    assert seen[-1] == {"judges": judges, "default": "fake", "ceiling": None, "max_rows": 500, "rubrics": []}
    assert [row["id"] for row in queue.rows()].count("offer") == 1


def test_what_several_workers_offer_stands_together_and_each_job_goes_to_who_offers_it(queue, tmp_path):
    with JudgeServer() as judge, ExitStack() as stack:
        a = stack.enter_context(worker(queue, f"small={judge.url}#a", home=tmp_path / "a"))
        b = stack.enter_context(worker(queue, f"large={judge.url}#b", home=tmp_path / "b"))
        seen = []

        async def go():
            tasks = [asyncio.create_task(desk.serve()) for desk in (a, b)]
            await until(lambda: len(offer_of(queue).get("judges", ())) == 2, *tasks)
            seen.extend(judge["name"] for judge in offer_of(queue)["judges"])
            jobs = [queue.ask(kind="estimate", judge=name) for name in ("large", "small", "large", "huge")]
            await until(lambda: queue.has_ended(*jobs), *tasks)
            a.close(), b.close()
            await asyncio.wait_for(asyncio.gather(*tasks), 60)

        asyncio.run(go())
    assert sorted(seen) == ["large", "small"]
    assert [queue.row(job)["worker"] for job in ("j1", "j2", "j3")] == [b.name, a.name, b.name]
    assert "'huge' is not offered here" in queue.row("j4")["said"]


def test_the_offer_is_kept_fresh_and_that_of_a_dead_worker_goes(queue, tmp_path):
    beats, clock = set(), Clock()
    with JudgeServer() as judge:
        with worker(queue, f"gone={judge.url}#m", home=tmp_path / "a") as gone:
            asyncio.run(gone.round())
            assert offer_of(queue)["judges"][0]["name"] == "gone"
        with worker(queue, "fake", home=tmp_path / "b", clock=clock) as desk:
            desk.now = lambda: time.time() + clock.ahead
            desk._offering.now = desk.now

            def later():
                beats.add(queue.row("offer")["beat"])
                clock.ahead += 1.0
                return [judge["name"] for judge in offer_of(queue)["judges"]] == ["fake"] and len(beats) > 2

            served(queue, desk, condition=later)


# --- dead -------------------------------------------------------------------------------------------------------------


def test_a_worker_that_falls_silent_is_waited_for_and_then_replaced(queue, tmp_path):
    job = queue.ask(kind="estimate")
    hold(queue, job, spec="")
    queue.put(job, "state", "running")
    clock = Clock()
    with worker(queue, home=tmp_path, clock=clock) as desk:

        async def look():
            for _ in range(3):
                await desk.round()
            clock.ahead += QUICK.silence - 1
            await desk.round()

        asyncio.run(look())
        assert desk.told.of("taken") == []
        clock.ahead += 1
        served(queue, desk, job)
    assert desk.told.of("taken")[0]["tries"] == 2


def test_a_worker_whose_sign_of_life_changes_keeps_its_job(queue, tmp_path):
    job = queue.ask(kind="estimate")
    hold(queue, job)
    clock = Clock()
    looks = 0
    with worker(queue, home=tmp_path, clock=clock) as desk:

        def alive():
            nonlocal looks
            looks += 1
            lookup = {"dataFilter": {"developerMetadataLookup": {"metadataId": hold_number(queue.book_id, job)}}}
            queue.person.do({"deleteDeveloperMetadata": lookup})
            hold(queue, job, beat=looks)
            clock.ahead += QUICK.silence / 4
            return looks == 40

        async def go():
            for _ in range(40):
                await desk.round()
                alive()

        asyncio.run(go())
    assert desk.told.of("taken") == []


def test_a_job_that_was_edited_while_its_worker_died_is_not_run_unseen(queue, tmp_path):
    job = queue.ask()
    hold(queue, job, spec="the fingerprint of something else")
    clock = Clock()
    with worker(queue, home=tmp_path, clock=clock) as desk:
        clock.ahead = 0

        def waited():
            clock.ahead += 1
            return queue.has_ended(job)

        served(queue, desk, condition=waited)
    assert queue.state(job) == "failed"
    assert "It was changed after it was taken, and its worker died. Ask again" in queue.row(job)["said"]


def test_a_job_that_kills_its_workers_is_given_up(queue, tmp_path):
    job = queue.ask(kind="estimate")
    from sheetjudge.tables.job_tab import fingerprint

    hold(queue, job, spec=fingerprint(queue.row(job)["job"]), tries=2)
    clock = Clock()
    with worker(queue, home=tmp_path, clock=clock) as desk:

        def waited():
            clock.ahead += 1
            return queue.has_ended(job)

        served(queue, desk, condition=waited)
    assert "3 workers died while they worked on it" in queue.row(job)["said"]


def test_a_worker_that_lost_its_job_to_another_ends_it_and_says_nothing(queue, tmp_path):
    with (
        JudgeServer(latency=0.1) as judge,
        worker(queue, f"{judge.url}#m", home=tmp_path, always={"concurrency": 1}) as desk,
    ):
        job = queue.ask()
        taken = []

        def stolen():
            if judge.calls == 2 and not taken:
                lookup = {"dataFilter": {"developerMetadataLookup": {"metadataId": hold_number(queue.book_id, job)}}}
                queue.person.do({"deleteDeveloperMetadata": lookup})
                hold(queue, job)
                queue.put(job, "worker", "somebody")
                taken.append(job)
            return taken and not desk.jobs

        served(queue, desk, condition=stolen)
        assert judge.calls < 30
    assert desk.told.of("lost") == [{"job": job, "why": "taken over"}]
    assert queue.row(job)["worker"] == "somebody"
    assert queue.state(job) == "running"
    assert queue.holds() == [job]


def command(queue, home, judge, *more):
    return start(
        "worker", queue.url, "--judge", f"ours={judge.url}#m", "--poll", 1, "--concurrency", 2,
        "--credentials", queue.google.credentials, *more,
        env={"SHEETJUDGE_HOME": str(home)},
    )  # fmt: skip


def test_a_worker_is_killed_and_the_next_one_pays_for_nothing_twice(queue, tmp_path):
    with JudgeServer(latency=0.05) as judge:
        job = queue.ask()
        killed = command(queue, tmp_path, judge)
        judge.wait_for_calls(9)
        killed.kill()
        ended(killed)
        assert killed.returncode == -signal.SIGKILL
        assert queue.state(job) == "running"
        assert queue.holds() == [job]
        running = command(queue, tmp_path, judge)
        try:
            asyncio.run(until(lambda: queue.has_ended(job)))
        finally:
            send(running, signal.SIGTERM)
            ran = ended(running)
        assert ran.code == 0, ran.err
        assert 30 <= judge.calls <= 32, "only what was in flight is asked again"
    assert queue.state(job) == "done"
    assert queue.scores() == true_scores(30)
    assert queue.holds() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_that_is_stopped_puts_its_job_back_and_the_next_one_goes_on(queue, tmp_path, number):
    with JudgeServer(latency=0.05) as judge:
        job = queue.ask()
        running = command(queue, tmp_path, judge)
        judge.wait_for_calls(9)
        send(running, number)
        ran = ended(running)
        assert ran.code == 0, ran.err
        assert "Traceback" not in ran.err
        row = queue.row(job)
        assert (row["state"], queue.holds()) == ("queued", [])
        assert row["said"] == "Its worker was stopped; the next one takes it up where it is."
        assert queue.row("offer")["state"] == "closed"
        before = judge.calls
        assert before < 30
        with worker(queue, f"ours={judge.url}#m", home=tmp_path) as desk:
            served(queue, desk, job)
        assert judge.calls == 30
    assert queue.scores() == true_scores(30)


# --- the command ------------------------------------------------------------------------------------------------------


def test_what_a_worker_says(queue, tmp_path):
    with JudgeServer() as judge:
        job, bad = queue.ask(limit=2), queue.ask("garbage")
        running = command(queue, tmp_path, judge, "--log", tmp_path / "log")
        try:
            asyncio.run(until(lambda: queue.has_ended(job, bad)))
        finally:
            send(running, signal.SIGTERM)
            ran = ended(running)
    said = ran.err.splitlines()
    assert said[0].endswith("Looking into 1 of 1 spreadsheet. Judges: ours.")
    assert any(line.endswith(f"Job {job}: taken (run score).") for line in said)
    assert any(line.endswith(f"Job {job}: done.") for line in said)
    assert any(line.endswith(f"Job {bad}: failed (ConfigError).") for line in said)
    events = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [e["event"] for e in events if e.get("job") == bad] == ["queue_taken", "queue_ended"]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["nowhere"], "nowhere is no URL or ID of a spreadsheet"),
        (["{url}", "{url}"], "is named twice"),
        (["{url}", "--judge", "fake", "--judge", "fake"], "Two judges are offered as 'fake'"),
        (["{url}", "--judge", "http://127.0.0.1:1/v1#m", "--budget", "3"], "isn't known"),
        (["{base}/spreadsheets/d/" + "x" * 44 + "/edit", "--judge", "fake"], "knows no spreadsheet with the ID"),
        ([], "Missing argument 'SHEET...'"),
    ],
)
def test_a_worker_that_cannot_begin_says_why(queue, tmp_path, args, told):
    put = [arg.format(url=queue.url, base=queue.google.base_url) for arg in args]
    ran = inside("worker", *put, "--credentials", queue.google.credentials, env={"SHEETJUDGE_HOME": str(tmp_path)})
    assert ran.code == 2
    assert told in ran.err


def test_several_sheets_in_one_worker(google, tmp_path):
    queues = [Queue(google, google.load(f"Answers {n}", answers(3))) for n in range(2)]
    with JudgeServer() as judge:
        jobs = [queue.ask() for queue in queues]
        running = start(
            "worker", *(queue.url for queue in queues), f"{google.base_url}/spreadsheets/d/{'x' * 44}/edit",
            "--judge", f"{judge.url}#m", "--poll", 1, "--credentials", google.credentials,
            env={"SHEETJUDGE_HOME": str(tmp_path)},
        )  # fmt: skip
        try:
            asyncio.run(until(lambda: all(q.has_ended(job) for q, job in zip(queues, jobs, strict=True))))
        finally:
            send(running, signal.SIGTERM)
            ran = ended(running)
    assert [queue.scores() for queue in queues] == [true_scores(3)] * 2
    assert "Looking into 2 of 3 spreadsheets" in ran.err
    assert ran.err.count("knows no spreadsheet") == 1


def test_an_idle_worker_asks_seldom(queue, tmp_path):
    queue.google.clear_log()
    with worker(queue, home=tmp_path, pace=Pace()) as desk:

        async def go():
            return [await desk.round() for _ in range(40)]

        waits = asyncio.run(go())
        reads = [one for one in queue.google.log if not one.seen.writes]
    assert waits[0] <= 5.0
    assert waits[-1] == 15.0
    assert waits == sorted(waits)
    assert sum(waits) > 400
    assert len(reads) <= 43, "one request for each look, and those that made the tab"

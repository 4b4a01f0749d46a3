"""One question to one model: retries, waits, and what is kept, with a fake model and a fake clock."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from sheetjudge.core.chat import Message, Price, Request
from sheetjudge.engine.budget import Budget, Ceiling
from sheetjudge.engine.caller import Caller
from sheetjudge.engine.journal import Journal
from sheetjudge.engine.limits import Gate
from sheetjudge.engine.patience import Health, RetryPolicy
from sheetjudge.engine.tally import Tally
from sheetjudge.errors import (
    BudgetReached,
    CallTimedOut,
    ConnectionFailed,
    ContextTooLong,
    JudgeUnusable,
    RateLimited,
    ReplyError,
    RequestRefused,
    ServerFailed,
    SetupError,
    Stopped,
)
from sheetjudge.judging.protocol import Ask
from sheetjudge.llm.fake import FakeModel
from tests.engine.clock import Clock

POLICY = RetryPolicy(tries=4)


def request(text="a row", sample=0):
    return Request((Message("user", text),), max_tokens=10, sample=sample)


def ask(text="a row", read=lambda completion: completion.text):
    return Ask(request(text), read)


class Desk:
    """A caller with everything that it needs, all of it the test's own."""

    def __init__(self, folder, model, *, policy=POLICY, ceiling=None, most=8, most_failures=5):
        self.clock = Clock()
        self.model = model
        self.tally = Tally()
        self.budget = Budget(ceiling or Ceiling())
        self.journal = Journal(folder / "journal")
        self.stopped = False
        self.health = Health(most_failures)
        self.caller = Caller(
            model,
            journal=self.journal,
            gate=Gate(most),
            budget=self.budget,
            policy=policy,
            health=self.health,
            tally=self.tally,
            stopping=lambda: self.stopped,
            sleep=self.clock.sleep,
        )

    def put(self, *asks):
        async def go():
            return await asyncio.gather(*map(self.caller.put, asks), return_exceptions=True)

        return asyncio.run(go())


@pytest.mark.parametrize("error", [RateLimited, ServerFailed, CallTimedOut])
def test_what_may_pass_is_tried_again(tmp_path, error):
    desk = Desk(tmp_path, FakeModel(["fine", error("no"), error("no"), "ok"]))
    desk.put(ask("first"))
    (reply,) = desk.put(ask())
    assert reply.value == "ok"
    assert desk.model.calls == 4
    assert (desk.tally.calls, desk.tally.retries) == (4, 2)
    assert len(desk.clock.slept) == 2


@pytest.mark.parametrize("error", [RateLimited, ServerFailed, CallTimedOut, ConnectionFailed])
def test_no_call_beyond_the_policy(tmp_path, error):
    desk = Desk(tmp_path, FakeModel(["fine", *[error(f"no {n}") for n in range(20)]]))
    desk.put(ask("first"))
    (reply,) = desk.put(ask())
    assert desk.model.calls == 1 + POLICY.tries
    assert reply.error.what == f"no {POLICY.tries - 1}"
    assert reply.value is None


@pytest.mark.parametrize("error", [RequestRefused, ContextTooLong])
def test_what_stays_refused_is_asked_once(tmp_path, error):
    desk = Desk(tmp_path, FakeModel([error("no"), "ok"]))
    (reply,) = desk.put(ask())
    assert (desk.model.calls, reply.error.what) == (1, "no")


def test_retry_after_is_honoured(tmp_path):
    desk = Desk(tmp_path, FakeModel([RateLimited("wait", retry_after=7.0), "ok"]))
    (reply,) = desk.put(ask())
    assert reply.value == "ok"
    (slept,) = desk.clock.slept
    assert 7.0 <= slept <= 7.75


def test_a_retry_after_of_hours_ends_the_tries(tmp_path):
    desk = Desk(tmp_path, FakeModel(["fine", RateLimited("come back tomorrow", retry_after=9000.0), "ok"]))
    desk.put(ask("first"))
    (reply,) = desk.put(ask())
    assert reply.error.what == "come back tomorrow"
    assert desk.clock.slept == []


def test_the_backoff_grows_and_is_bounded(tmp_path):
    policy = RetryPolicy(tries=12, first_wait=1.0, most_wait=8.0, seconds=1e9)
    desk = Desk(tmp_path, FakeModel(["fine", *[ServerFailed("no")] * 11, "ok"]), policy=policy)
    desk.put(ask("first"))
    desk.put(ask())
    assert len(desk.clock.slept) == 11
    for n, slept in enumerate(desk.clock.slept):
        assert 0 <= slept <= min(8.0, 2.0**n)


def test_a_reply_that_cannot_be_read_is_not_kept(tmp_path):
    def strict(completion):
        if completion.text != "5":
            raise ReplyError("not a score.")
        return 5

    desk = Desk(tmp_path, FakeModel(["dunno", "5"]))
    (first,) = desk.put(ask(read=strict))
    assert (first.value, first.error.what, first.completion.text) == (None, "not a score.", "dunno")
    (second,) = desk.put(ask(read=strict))
    assert second.value == 5
    (third,) = desk.put(ask(read=strict))
    assert third.value == 5
    assert desk.model.calls == 2


def test_a_mended_reply_answers_the_question_that_it_mends(tmp_path):
    desk = Desk(tmp_path, FakeModel(["mended"]))
    desk.put(replace(ask("asked again"), mends=request("the question")))
    (reply,) = desk.put(ask("the question"))
    assert reply.value == "mended"
    assert desk.model.calls == 1


def test_the_same_question_at_once_is_asked_once(tmp_path):
    desk = Desk(tmp_path, FakeModel(latency=0.01))
    replies = desk.put(*[ask("the same")] * 5, ask("another"))
    assert desk.model.calls == 2
    assert len({reply.value for reply in replies[:5]}) == 1


def test_a_failure_reaches_all_who_asked_the_same(tmp_path):
    desk = Desk(tmp_path, FakeModel([JudgeUnusable("wrong key")], latency=0.01))
    replies = desk.put(*[ask("the same")] * 3)
    assert [str(reply) for reply in replies] == ["wrong key"] * 3
    assert desk.model.calls == 1


def test_a_judge_that_never_answered_stops_the_run(tmp_path):
    desk = Desk(tmp_path, FakeModel([ServerFailed("broken")] * 99))
    (error,) = desk.put(ask())
    assert isinstance(error, SetupError)
    assert "fake gave no answer: broken" in str(error)


def test_a_host_that_cannot_be_reached_is_soon_given_up(tmp_path):
    desk = Desk(tmp_path, FakeModel([ConnectionFailed("no route")] * 99), policy=RetryPolicy(tries=50))
    (error,) = desk.put(ask())
    assert isinstance(error, SetupError)
    assert desk.model.calls == 3


def test_a_judge_that_refuses_every_question_stops_the_run(tmp_path):
    desk = Desk(tmp_path, FakeModel([RequestRefused("no such parameter")] * 99), most_failures=3)
    outcomes = [desk.put(ask(f"row {n}"))[0] for n in range(3)]
    assert [type(o).__name__ for o in outcomes] == ["Reply", "Reply", "SetupError"]
    assert "refused every question: no such parameter" in str(outcomes[-1])


def test_a_judge_that_refuses_many_after_an_answer_goes_on(tmp_path):
    desk = Desk(tmp_path, FakeModel(["fine", *[RequestRefused("no")] * 99]), most_failures=3)
    assert all(type(desk.put(ask(f"row {n}"))[0]).__name__ == "Reply" for n in range(9))


def test_a_judge_that_falls_silent_stops_the_run_resumably(tmp_path):
    desk = Desk(tmp_path, FakeModel(["fine", *[ServerFailed("broken")] * 999]), most_failures=3)
    desk.put(ask("first"))
    outcomes = [desk.put(ask(f"row {n}"))[0] for n in range(3)]
    assert [type(o).__name__ for o in outcomes] == ["Reply", "Reply", "Stopped"]
    assert isinstance(outcomes[-1], Stopped)


def test_nothing_is_begun_once_the_run_is_stopping(tmp_path):
    desk = Desk(tmp_path, FakeModel())
    desk.stopped = True
    (error,) = desk.put(ask())
    assert isinstance(error, Stopped)
    assert (desk.model.calls, desk.tally.calls) == (0, 0)


def test_no_retry_once_the_run_is_stopping(tmp_path):
    """The row was not given up: it is as if it had not been reached."""
    desk = Desk(tmp_path, FakeModel(["fine", ServerFailed("no"), "ok"]))
    desk.put(ask("first"))

    async def stop(_):
        desk.stopped = True

    desk.clock.sleep = stop
    desk.caller._sleep = stop
    (error,) = desk.put(ask())
    assert isinstance(error, Stopped)
    assert desk.model.calls == 2
    assert desk.tally.retries == 0


def test_a_journal_that_cannot_be_written_ends_the_call(tmp_path):
    """Whatever goes wrong in a commit, nobody waits for it for ever."""

    class Odd(FakeModel):
        name = "fake\udcff"

    desk = Desk(tmp_path, Odd(name="fake\udcff"))
    (error,) = asyncio.run(asyncio.wait_for(_gathered(desk), 60))
    assert isinstance(error, UnicodeEncodeError)
    desk.journal.close()
    (error,) = asyncio.run(asyncio.wait_for(_gathered(desk), 60))
    assert isinstance(error, SetupError)


async def _gathered(desk):
    return await asyncio.gather(desk.caller.put(ask()), return_exceptions=True)


# --- money ------------------------------------------------------------------------------------------------------------

PRICE = Price(1.0, 1.0)


def test_a_call_that_may_have_been_billed_counts_with_its_most(tmp_path):
    model = FakeModel([CallTimedOut("late"), "ok"], price=PRICE)
    desk = Desk(tmp_path, model, ceiling=Ceiling(tokens=10_000))
    (reply,) = desk.put(ask())
    usage = reply.completion.usage
    spent = desk.budget.spent
    assert spent.calls == 2
    assert spent.tokens > 2 * (usage.prompt + 10), "the first call counts with a byte a token and the longest reply"


def test_a_call_that_was_refused_costs_nothing(tmp_path):
    desk = Desk(tmp_path, FakeModel([RateLimited("later"), "ok"], price=PRICE), ceiling=Ceiling(usd=1.0))
    (reply,) = desk.put(ask())
    assert desk.budget.spent.usd == pytest.approx(reply.completion.cost)
    assert desk.budget.spent.calls == 2


def test_retries_count_towards_a_budget_of_calls(tmp_path):
    desk = Desk(tmp_path, FakeModel(["fine", *[ServerFailed("no")] * 99]), ceiling=Ceiling(calls=3))
    desk.put(ask("first"))
    (error,) = desk.put(ask())
    assert isinstance(error, BudgetReached)
    assert "budget of 3 calls" in str(error)
    assert "3 were made" in str(error)
    assert desk.model.calls == 3


def test_a_budget_says_how_much_of_it_is_left_and_what_a_call_can_take(tmp_path):
    desk = Desk(tmp_path, FakeModel(["fine"], price=PRICE), ceiling=Ceiling(usd=1e-9))
    (error,) = desk.put(ask())
    assert "$0.0000 is spent, and it can cost $" in str(error)


def test_those_who_wait_for_the_budget_go_on_when_some_comes_free(tmp_path):
    """Each call sets its most aside, which is far more than it costs: they have to go one after the other."""
    desk = Desk(tmp_path, FakeModel(price=PRICE, latency=0.001), ceiling=Ceiling(tokens=150))
    replies = desk.put(*[ask(f"row {n}") for n in range(12)])
    answered = [r for r in replies if not isinstance(r, BaseException)]
    assert desk.model.most_in_flight <= 4
    assert len(answered) > 4
    assert all(isinstance(r, BudgetReached) for r in replies if isinstance(r, BaseException))
    assert desk.budget.spent.tokens <= 150

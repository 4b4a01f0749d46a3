"""The gate and the rates, without waiting."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.engine.limits import Gate, Rate
from tests.engine.clock import Clock


def drive(gate, answer, calls, workers=200):
    """Make `calls` calls through the gate, a round of the event loop each; `answer(in flight)` is True where refused.

    Returns:
        The share of calls that was refused, and the mean number in flight.
    """
    seen = []

    async def worker(todo):
        while todo:
            todo.pop()
            async with gate as turn:
                assert gate.in_flight <= gate.most
                refused = answer(gate.in_flight)
                seen.append((refused, gate.in_flight))
                await asyncio.sleep(0)
                gate.refused(turn) if refused else gate.succeeded(turn)

    async def all_workers():
        todo = [None] * calls
        await asyncio.gather(*(worker(todo) for _ in range(workers)))

    asyncio.run(all_workers())
    assert gate.in_flight == 0
    late = seen[len(seen) // 2 :]
    return sum(r for r, _ in late) / len(late), sum(n for _, n in late) / len(late)


@given(most=st.integers(1, 40), share=st.floats(0, 1), seed=st.integers(0, 9))
def test_no_more_in_flight_than_allowed(most, share, seed):
    rng = random.Random(seed)
    gate = Gate(most)
    drive(gate, lambda _: rng.random() < share, 120, workers=50)
    assert 1 <= gate.limit <= most
    assert gate.peak <= most


def test_all_refused_halves_the_limit_once_a_round():
    gate = Gate(64)

    async def go():
        turns = [await gate.__aenter__() for _ in range(64)]
        for turn in turns:
            gate.refused(turn)
        assert gate.limit == 32
        # More of the same round, which was begun before the limit was halved.
        for turn in turns:
            gate.refused(turn)
        assert gate.limit == 32
        for _ in turns:
            await gate.__aexit__()

    asyncio.run(go())


def test_it_recovers_when_the_refusals_end():
    gate = Gate(64)
    drive(gate, lambda _: True, 2000)
    assert gate.limit < 3
    drive(gate, lambda _: False, 20_000)
    assert gate.limit == 64


class Service:
    """A server in ticks of the event loop: a call takes ten, a refusal one, and who is refused comes again later."""

    TICKS = 3000
    CALL = 10

    def __init__(self, takes):
        self.takes = takes
        self.tick = self.at_once = self.area = self.answered = self.refused = 0

    def run(self, gate, workers=64):
        """The share of calls that was refused, and the mean number of calls served at once, after a while."""
        asyncio.run(self._all(gate, workers))
        return self.refused / (self.refused + self.answered), self.area / self.TICKS

    async def _all(self, gate, workers):
        tasks = [asyncio.create_task(self._worker(gate, n)) for n in range(workers)]
        while not all(task.done() for task in tasks):
            await asyncio.sleep(0)
            self.tick += 1
            self.area += self.at_once if 0 <= self.tick - self.TICKS < self.TICKS else 0

    async def _worker(self, gate, number):
        rng = random.Random(number)
        while self.tick < 2 * self.TICKS:
            async with gate as turn:
                if self.takes(self.at_once):
                    self.answered += self.tick > self.TICKS
                    self.at_once += 1
                    await self._sleep(self.CALL)
                    self.at_once -= 1
                    gate.succeeded(turn)
                    continue
                self.refused += self.tick > self.TICKS
                await self._sleep(1)
                gate.refused(turn)
            await self._sleep(rng.randint(1, 40))

    async def _sleep(self, ticks):
        end = self.tick + ticks
        while self.tick < end:  # noqa: ASYNC110 - the ticks are what is counted
            await asyncio.sleep(0)


@pytest.mark.parametrize("room", [3, 8, 30])
def test_it_finds_what_a_server_takes_at_once(room):
    share, at_once = Service(lambda n: n < room).run(Gate(64))
    assert share < 0.1
    assert at_once > 0.8 * room


def test_a_server_that_refuses_one_in_twenty_does_not_starve_the_run():
    rng = random.Random(1)
    _, at_once = Service(lambda _: rng.random() >= 0.05).run(Gate(64))
    assert at_once > 12


def test_a_wait_that_is_cancelled_gives_its_place_on():
    async def go():
        gate = Gate(1)
        await gate.__aenter__()

        async def enter():
            async with gate:
                return "in"

        first, second = asyncio.create_task(enter()), asyncio.create_task(enter())
        await asyncio.sleep(0)
        # The place is handed over to the first waiter in the same turn in which it is cancelled.
        await gate.__aexit__()
        first.cancel()
        assert await asyncio.wait_for(second, 60) == "in"
        assert first.cancelled() or await asyncio.gather(first, return_exceptions=True)
        assert gate.in_flight == 0
        async with gate:
            assert gate.in_flight == 1

    asyncio.run(go())


@given(st.lists(st.floats(0, 30), min_size=1, max_size=60), st.integers(1, 600))
def test_a_rate_is_kept_over_any_time(pauses, per_minute):
    clock = Clock()
    rate = Rate(per_minute, clock, clock.sleep)
    times = []

    async def go():
        for pause in pauses:
            clock.now += pause
            await rate.take(1)
            times.append(clock.now)

    asyncio.run(go())
    for i, begin in enumerate(times):
        for j in range(i, len(times)):
            # One second's worth of burst, and the call that begins the time looked at.
            assert j - i <= per_minute / 60 * (times[j] - begin + 1) + 1 + 1e-6


def test_a_rate_does_not_hold_up_who_is_slower():
    clock = Clock()
    rate = Rate(60, clock, clock.sleep)

    async def go():
        for _ in range(20):
            clock.now += 1
            await rate.take(1)

    asyncio.run(go())
    assert sum(clock.slept) == 0

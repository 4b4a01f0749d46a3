"""How much may go on at once: calls in flight, requests and tokens a minute. All of it for one event loop."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


class Gate:
    """Bounds the calls in flight, and adapts: less when the server says that it is too much, up again on success.

    Additive increase, multiplicative decrease, as TCP does it (Chiu and Jain, 1989). Decreases are by the share of
    calls that was refused, at most by half, as in DCTCP (Alizadeh et al., 2010): a server that refuses one call in
    twenty whatever the load would otherwise hold the gate at some five calls (the limit goes with the inverse square
    root of the share; Mathis et al., 1997), and a thousand rows would wait for nothing.

    A decrease is followed by a whole round of calls that were begun after it before there is another: what was in
    flight together counts once.

    Used as `async with gate as turn`, where `turn` goes back to `succeeded` or `refused`.

    Args:
        most: the most calls in flight; where it starts.
    """

    # Below so many calls the increase is proportional too. A whole call more in each round would mean that a server
    # which takes four at once refuses one call in three, and then a question's tries run out.
    _SMALL = 16

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(most)
        self.in_flight = 0
        self.peak = 0
        self._turn = 0
        self._finished = 0
        self._refused = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> int:
        if self.in_flight >= int(self.limit) or self._waiting:
            ticket: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(ticket)
            try:
                await ticket
            except asyncio.CancelledError:
                if ticket.done() and not ticket.cancelled():
                    # The place was handed over just as the wait was given up: pass it on.
                    self._leave()
                raise
        else:
            self._enter()
        return self._turn

    async def __aexit__(self, *_: object) -> None:
        self._leave()

    def succeeded(self, turn: int) -> None:
        """A call begun in `turn` was answered: room for a little more."""
        self.limit = min(float(self.most), self.limit + 1 / max(self.limit, self._SMALL))
        self._count(turn, refused=False)

    def refused(self, turn: int) -> None:
        """The server asked for less in answer to a call begun in `turn`."""
        self._count(turn, refused=True)

    def _count(self, turn: int, *, refused: bool) -> None:
        if turn != self._turn:
            return
        self._finished += 1
        self._refused += refused
        if self._finished < int(self.limit):
            return
        self.limit = max(1.0, self.limit * (1 - min(self._refused / self._finished, 0.5)))
        self._turn += 1
        self._finished = self._refused = 0

    def _enter(self) -> None:
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)

    def _leave(self) -> None:
        self.in_flight -= 1
        while self._waiting and self.in_flight < int(self.limit):
            ticket = self._waiting.popleft()
            if not ticket.done():
                self._enter()
                ticket.set_result(None)


class Rate:
    """At most so many units a minute, with a burst of one second's worth (a token bucket).

    Args:
        per_minute: units a minute, above 0.
        clock, sleep: seconds, monotonic; injected by tests.
    """

    def __init__(self, per_minute: float, clock: Clock = time.monotonic, sleep: Sleep = asyncio.sleep) -> None:
        self._per_second = per_minute / 60
        self._clock = clock
        self._sleep = sleep
        self._free_at = clock()

    async def take(self, units: float) -> None:
        """Wait until `units` more may go."""
        now = self._clock()
        start = max(self._free_at, now - 1)
        self._free_at = start + units / self._per_second
        if start > now:
            await self._sleep(start - now)

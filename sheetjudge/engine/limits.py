"""How much may go on at once: calls in flight, requests and tokens a minute. All of it for one event loop."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


class Gate:
    """Bounds the calls in flight, and adapts: halved when the server says that it is too much, up again on success.

    Additive increase, multiplicative decrease, as TCP does it (Chiu and Jain, 1989).

    Args:
        most: the most calls in flight; where it starts.
        clock: seconds, monotonic.
    """

    # A burst of refusals is one event: what was in flight together is halved once.
    COOLDOWN = 1.0

    def __init__(self, most: int, clock: Clock = time.monotonic) -> None:
        self.most = most
        self.limit = float(most)
        self.in_flight = 0
        self.peak = 0
        self._clock = clock
        self._halved_at = float("-inf")
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
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

    async def __aexit__(self, *_: object) -> None:
        self._leave()

    def succeeded(self) -> None:
        """A call was answered: room for a little more."""
        self.limit = min(float(self.most), self.limit + 1 / self.limit)

    def refused(self) -> None:
        """The server asked for less."""
        now = self._clock()
        if now - self._halved_at >= self.COOLDOWN:
            self._halved_at = now
            self.limit = max(1.0, self.limit / 2)

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

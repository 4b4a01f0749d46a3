"""How often somebody may ask: token buckets, one for each name, in bounded memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

_MOST_NAMES = 20_000


class Buckets:
    """At most so many requests a minute for each name, with a burst.

    Args:
        per_minute: requests a minute. burst: requests at once, after a pause.
        clock: seconds, monotonic.
    """

    def __init__(self, per_minute: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_minute / 60
        self._burst = burst
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> float:
        """Count a request; 0 where it may go on, else the seconds until one may."""
        now = self._clock()
        left, at = self._left.pop(name, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_second)
        may = left >= 1
        self._left[name] = (left - may, now)
        if len(self._left) > _MOST_NAMES:
            # Who has been quiet for longest has a full bucket by now, or will be let off lightly.
            self._left.popitem(last=False)
        return 0.0 if may else (1 - left) / self._per_second

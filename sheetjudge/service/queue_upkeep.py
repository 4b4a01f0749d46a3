"""Which workers of a spreadsheet are alive, and what of the tab of jobs is old."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, field

from sheetjudge.service.queue_job import FINAL, state_of
from sheetjudge.tables.job_holds import Change, Hold, given_up, new_hold, removed
from sheetjudge.tables.job_tab import OFFER, JobRow, JobsSeen

KEPT_ROWS = 50
"""Jobs that are through and stay in the tab."""

PRUNED = "pruned"
"""What the hold of a row says that is about to be deleted, in place of the job's fingerprint."""

_SPARE_ROWS = 10
# Metadata of a tab has to fit into 30,000 characters.
_MOST_AT_ONCE = 20


@dataclass
class Signs:
    """Signs of life of the workers of a spreadsheet. Each is timed by the clock of whoever looks: no two agree.

    Args:
        owner: this worker. silence: seconds without a sign after which another is taken for dead.
        clock: seconds that only go forward.
    """

    owner: str
    silence: float
    clock: Callable[[], float]
    _seen: dict[str, tuple[str, float]] = field(default_factory=dict)

    def watch(self, seen: JobsSeen) -> None:
        """Note since when each row shows the same sign."""
        signs = {row.key: hold.value if (hold := seen.holds.get(row.key)) else row.beat for row in seen.rows}
        now = self.clock()
        self._seen = {
            key: old if (old := self._seen.get(key)) and old[0] == sign else (sign, now) for key, sign in signs.items()
        }

    def is_silent(self, key: str) -> bool:
        """Did a row show nothing new for too long?"""
        return self.clock() - self._seen[key][1] >= self.silence

    def lives(self, row: JobRow, hold: Hold | None = None) -> bool:
        """Is another worker that holds a row alive?"""
        held = hold or row.hold
        return held is not None and held.owner != self.owner and not held.is_gone() and not self.is_silent(row.key)


def pruning(seen: JobsSeen, owner: str, signs: Signs, own: Container[str]) -> list[list[Change]]:
    """Requests that delete the oldest jobs that are through: first they are held, and where that stands, deleted.

    Args:
        seen: the tab. owner: this worker. signs: of life. own: keys of the jobs that it has in hand.
    """
    through = [row for row in seen.rows if row.key not in own and _is_old(row, seen, signs)]
    held = [row for row in through if row.hold and row.hold.owner == owner and row.hold.spec == PRUNED]
    kept = {row.key for row in held}
    astray = [one for one in seen.holds.values() if one.owner == owner and one.spec == PRUNED and one.key not in kept]
    groups = [[removed(hold)] for hold in astray]
    if held:
        fenced = [change for row in held if row.hold for change in given_up(row.hold, seen.place)]
        return [*groups, [*fenced, *seen.deleted(held)]]
    if len(through) <= KEPT_ROWS + _SPARE_ROWS:
        return groups
    oldest = sorted(through, key=lambda row: (row.id != OFFER, row.beat))[: len(through) - KEPT_ROWS]
    return [*groups, *(seen.held(new_hold(row.key, owner, PRUNED), row) for row in oldest[:_MOST_AT_ONCE])]


def _is_old(row: JobRow, seen: JobsSeen, signs: Signs) -> bool:
    if row.id == OFFER:
        return row.is_copy
    return state_of(row) in FINAL and not signs.lives(row, seen.holds.get(row.key))

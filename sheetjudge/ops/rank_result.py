"""What a ranking came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sheetjudge.core.verdict import PairVerdict
from sheetjudge.engine.budget import Amount
from sheetjudge.engine.tally import Tally
from sheetjudge.errors import SheetjudgeError
from sheetjudge.ops.rank_rows import PairWork
from sheetjudge.ops.result_json import exit_code, result_json
from sheetjudge.ops.row_values import Judged
from sheetjudge.ops.summary import Summary
from sheetjudge.stats.ranking import LEVEL, Place, Ranking

if TYPE_CHECKING:
    from sheetjudge.ops.rank_job import RankJob

# A server that puts a number of its own into each error must not make memory grow with the table.
_MOST_REASONS = 1000


class Compared:
    """Counts over a ranking's comparisons.

    Attributes:
        decided: comparisons with a verdict. ties: those of them without a winner.
        unscored: those without a verdict, by reason.
        silent: verdicts that single judges of a jury didn't give where others did, by judge and reason.
        tried: comparisons of each entrant, by its number.
        bases: how the verdicts came about.
    """

    def __init__(self) -> None:
        self.decided = 0
        self.ties = 0
        self.unscored: Counter[str] = Counter()
        self.silent: Counter[str] = Counter()
        self.tried: Counter[int] = Counter()
        self.bases: set[str] = set()

    def add(self, work: PairWork, verdict: PairVerdict, of_judges: Mapping[str, PairVerdict]) -> None:
        """Count one comparison: what was drawn together, and what each judge said."""
        self.tried.update((work.first.number, work.second.number))
        if verdict.preference is None:
            _count(verdict.unscored, self.unscored)
            return
        self.decided += 1
        for judge, own in of_judges.items():
            if own.preference is None:
                _count(f"{judge}: {own.unscored}", self.silent)
        self.ties += verdict.preference == 0.5  # noqa: PLR2004 - neither
        if verdict.basis != "check":
            self.bases.add(verdict.basis)

    @property
    def failed(self) -> int:
        """Comparisons without a verdict."""
        return self.unscored.total()

    def counts(self) -> dict[str, Any]:
        """The counts for machines."""
        return {
            "decided": self.decided,
            "ties": self.ties,
            "unscored": self.failed,
            "reasons": dict(self.unscored.most_common()),
            "without_a_judge": dict(self.silent.most_common()),
        }


def _count(reason: str, reasons: Counter[str]) -> None:
    known = reason in reasons or len(reasons) < _MOST_REASONS
    reasons[reason if known else "other reasons"] += 1


@dataclass(frozen=True, slots=True)
class Standing:
    """A row in its place.

    Attributes:
        group: number of its group. row: with its scores. place: where it stands there.
        note: what a reader must know of its place.
    """

    group: int
    row: Judged
    place: Place
    note: str


@dataclass(frozen=True)
class RankResult:
    """What a ranking came to.

    Attributes:
        summary: of the scores. compared: of the comparisons.
        ranking: what the comparisons led to; None where rows were ranked on scores alone, or not at all.
        standings: all rows with a place, best first in each group.
        groups: names of the groups; empty where all rows compete.
        ended: why no more comparisons were made.
        stopped: why the run ended early, or None. Whatever was known until then has been written.
        seconds: wall time.
        notes: what a reader must know of how it was judged.
    """

    run: str
    summary: Summary
    compared: Compared
    ranking: Ranking | None
    standings: tuple[Standing, ...]
    groups: tuple[str, ...]
    ended: str
    tally: Tally
    spent: Amount
    stopped: SheetjudgeError | None
    seconds: float
    notes: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 done, 1 some rows unscored, 3 stopped and resumable."""
        return exit_code(self.stopped, self.summary.failed)

    def as_json(self, job: RankJob) -> dict[str, Any]:
        """The whole result for machines."""
        found = self.ranking
        own: dict[str, Any] = {
            "by": "scores" if found is None else "pairs",
            "top": job.top if found is None else found.top,
            **self.summary.counts(),
            "comparisons": self.compared.counts(),
            "ended": self.ended,
            "certainty": None if found is None else found.certainty,
            "asked_for": job.certainty,
            "position_bias": None
            if found is None or found.position_bias is None
            else {
                "bias": found.position_bias,
                "error": found.position_error,
                "both_orders": found.swapped,
                "contradictions": found.contradictions,
            },
            "level": LEVEL,
            "ranking": [self._standing_json(standing) for standing in self.standings],
        }
        return result_json("rank", self, job, own)

    def _standing_json(self, standing: Standing) -> dict[str, Any]:
        group = {"group": self.groups[standing.group]} if self.groups else {}
        return {
            "row": standing.row.row.number,
            **group,
            **asdict(standing.place),
            "score": standing.row.score.score,
        }

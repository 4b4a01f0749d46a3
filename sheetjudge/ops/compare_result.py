"""What a comparison of contenders came to: counts kept as it goes, and the leaderboard at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sheetjudge.engine.budget import Amount
from sheetjudge.engine.tally import Tally
from sheetjudge.errors import SheetjudgeError
from sheetjudge.judging.addressing import ADDRESSED
from sheetjudge.ops.compare_pairs import Compared
from sheetjudge.ops.compare_rows import PromptOutcome, status
from sheetjudge.ops.result_json import exit_code, result_json
from sheetjudge.stats.leaderboard import Leaderboard, Match, leaderboard
from sheetjudge.stats.order_agreement import OrderAgreement, order_agreement

if TYPE_CHECKING:
    from sheetjudge.ops.compare import CompareJob

# A server that puts a number of its own into each error must not make memory grow with the table.
_MOST_REASONS = 1000


class CompareSummary:
    """Counts over a comparison's prompts.

    Attributes:
        contenders: their names.
        rows: rows by their status' first word: `ok`, `review`, `skipped`, `error`.
        unscored: comparisons without a verdict by reason.
        missing: prompts without an answer, by contender.
        won: prompts won outright, by contender; tied: prompts that several won.
        addressed: rows with a text that speaks to the judge.
        identical, by_checks: comparisons that needed no judge.
        bases: comparisons by how they came about.
        matches: the comparisons with a verdict.
    """

    def __init__(self, contenders: Sequence[str]) -> None:
        self.contenders = tuple(contenders)
        self.rows: Counter[str] = Counter()
        self.unscored: Counter[str] = Counter()
        self.missing: Counter[str] = Counter()
        self.won: Counter[str] = Counter()
        self.tied = 0
        self.addressed = 0
        self.identical = 0
        self.by_checks = 0
        self.bases: Counter[str] = Counter()
        self.matches: list[Match] = []
        self._orders: list[tuple[float, float]] = []
        self._criteria: dict[str, dict[str, list[float]]] = {}

    def add(self, found: PromptOutcome) -> None:
        """Count one prompt."""
        said = status(found, self.contenders)
        self.rows[said.partition(":")[0]] += len(found.prompt.rows)
        self.addressed += len(found.prompt.rows) if ADDRESSED in said else 0
        self.missing.update(self.contenders[i] for i in found.prompt.missing)
        for pair in found.pairs:
            self._add_pair(pair)
        if (outcome := found.outcome) is not None:
            self.tied += len(outcome.winners) > 1
            if len(outcome.winners) == 1:
                self.won[self.contenders[outcome.winners[0]]] += 1

    def _add_pair(self, pair: Compared) -> None:
        if pair.preference is None:
            known = pair.unscored in self.unscored or len(self.unscored) < _MOST_REASONS
            self.unscored[pair.unscored if known else "other reasons"] += 1
            return
        self.matches.append(Match(pair.prompt, pair.first, pair.second, pair.preference, pair.lengths))
        self._orders += pair.orders
        self.identical += pair.is_identical
        self.by_checks += pair.basis == "check" and not pair.is_identical
        if pair.basis != "check":
            self.bases[pair.basis] += 1
        for name, preference in pair.criteria:
            totals = self._criteria.setdefault(name, {})
            for contender, share in ((pair.first, preference), (pair.second, 1.0 - preference)):
                total = totals.setdefault(self.contenders[contender], [0.0, 0.0])
                total[0] += share
                total[1] += 1

    @property
    def decided(self) -> int:
        """Comparisons with a verdict."""
        return len(self.matches)

    @property
    def failed(self) -> int:
        """Rows with a comparison that has no verdict."""
        return self.rows["error"]

    @property
    def criteria(self) -> dict[str, dict[str, float]]:
        """For each criterion of several each contender's mean preference over those it met."""
        return {name: {c: s / n for c, (s, n) in totals.items()} for name, totals in self._criteria.items()}

    @cached_property
    def board(self) -> Leaderboard:
        """The leaderboard. Ask at the end."""
        return leaderboard(self.contenders, self.matches)

    @cached_property
    def orders(self) -> OrderAgreement | None:
        """Whether judges said the same in both orders; None where nothing was asked in both. Ask at the end."""
        return order_agreement(self._orders)

    def counts(self) -> dict[str, Any]:
        """The counts for machines, without any text of a row."""
        return {
            "rows": {key: self.rows[key] for key in ("ok", "review", "skipped", "error")},
            "addressing_the_judge": {"rows": self.addressed},
            "comparisons": {
                "decided": self.decided,
                "unscored": self.unscored.total(),
                "identical": self.identical,
                "by_checks": self.by_checks,
            },
            "won": {name: self.won[name] for name in self.contenders},
            "tied": self.tied,
            "missing": {name: self.missing[name] for name in self.contenders},
            "unscored": dict(self.unscored.most_common()),
        }

    def board_json(self) -> dict[str, Any]:
        """The leaderboard for machines: a record for each contender, each value with its interval. Ask at the end."""
        board, orders = self.board, self.orders
        return {
            "contenders": list(self.contenders),
            "leaderboard": [asdict(standing) for standing in board.standings],
            "meetings": [asdict(meeting) for meeting in board.meetings],
            "level": board.level,
            "prompts": board.prompts,
            "groups": [list(group) for group in board.groups],
            "length": None if board.longer is None else {"longer": asdict(board.longer), "step": board.length_step},
            "orders": None if orders is None else asdict(orders),
            "criteria": self.criteria,
        }

    def story(self) -> dict[str, Any]:
        """The counts, and the leaderboard where there is one. Ask at the end."""
        return {**self.counts(), **({"board": self.board_json()} if self.matches else {})}


@dataclass(frozen=True)
class CompareResult:
    """What a comparison of contenders came to.

    Attributes:
        stopped: why it ended early, or None. Whatever was compared until then has been written.
        seconds: wall time.
        notes: what a reader must know of how it was judged.
    """

    run: str
    summary: CompareSummary
    tally: Tally
    spent: Amount
    stopped: SheetjudgeError | None
    seconds: float
    notes: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 done, 1 some rows unscored, 3 stopped and resumable."""
        return exit_code(self.stopped, self.summary.failed)

    def as_json(self, job: CompareJob) -> dict[str, Any]:
        """The whole result for machines."""
        own: dict[str, Any] = {
            "by": "scores" if job.seats is None else "pairs",
            "found_by": dict(job.contest.found_by),
            **self.summary.counts(),
            **self.summary.board_json(),
        }
        return result_json("compare", self, job, own)

"""What a run came to: counts kept as it goes, so that memory doesn't grow with the table."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sheetjudge.core.rubric import Rubric
from sheetjudge.core.verdict import Verdict
from sheetjudge.engine.tally import Tally
from sheetjudge.ops.row_values import Judged
from sheetjudge.stats.jury import MOST_DISAGREEMENT, JuryTally

_SHOWN_ROWS = 5
# A server that puts a number of its own into each error must not make memory grow with the table.
_MOST_REASONS = 1000


@dataclass
class CriterionSummary:
    """How one criterion came out.

    Attributes:
        counts: scored rows by (nearest) allowed answer.
        total, scored: sum and number of the values; labels without an order have none.
        unscored: rows without a verdict on it.
        basis: rows by how the value came about.
    """

    counts: Counter[str] = field(default_factory=Counter)
    values: list[float] = field(default_factory=lambda: [0.0, 0.0])
    unscored: int = 0
    basis: Counter[str] = field(default_factory=Counter)

    def add(self, verdict: Verdict, label: str) -> None:
        """Count one verdict under the answer `label`."""
        if verdict.unscored:
            self.unscored += 1
            return
        self.counts[label] += 1
        self.basis[verdict.basis] += 1
        if verdict.value is not None:
            self.values[0] += verdict.value
            self.values[1] += 1

    @property
    def mean(self) -> float | None:
        """Mean in scale units, or None."""
        return self.values[0] / self.values[1] if self.values[1] else None


class Summary:
    """Counts over a run's rows.

    Attributes:
        rubric: what was asked.
        rows: rows seen by their status' first word: `ok`, `review`, `skipped`, `error`.
        unscored: rows by the reason why a criterion, or all, went unscored.
        criteria: by id.
        jury: the judges, where several were asked about a row.
        addressed: rows whose text speaks to the judge. addressing: the same by what it does.
    """

    def __init__(self, rubric: Rubric, most_disagreement: float = MOST_DISAGREEMENT) -> None:
        self.rubric = rubric
        self.rows: Counter[str] = Counter()
        self.unscored: Counter[str] = Counter()
        self.gates: Counter[str] = Counter()
        self.criteria = {c.id: CriterionSummary() for c in rubric.criteria}
        self.jury = JuryTally(rubric, most_disagreement)
        self.scored = 0
        self.addressed = 0
        self.addressing: Counter[str] = Counter()
        self._total = 0.0
        self._scales = {c.id: c.scale for c in rubric.criteria}
        self._best: list[tuple[float, int, int, str]] = []
        self._worst: list[tuple[float, int, int, str]] = []

    def add(self, row: Judged, title: str) -> None:
        """Count one row; `title` is how to call it to a person."""
        self.rows[row.status.partition(":")[0]] += 1
        for _, reason in row.score.unscored:
            known = reason in self.unscored or len(self.unscored) < _MOST_REASONS
            self.unscored[reason if known else "other reasons"] += 1
        self.gates.update(row.score.failed_gates)
        self.addressed += bool(row.addressing)
        self.addressing.update(row.addressing)
        if row.voices:
            self.jury.add(row.voices)
        for verdict in row.verdicts:
            scale = self._scales[verdict.criterion]
            label = verdict.label
            if scale.kind == "integer" and verdict.value is not None:
                label = scale.nearest_label(verdict.value)
            self.criteria[verdict.criterion].add(verdict, label)
        if row.score.score is None:
            return
        self.scored += 1
        self._total += row.score.score
        entry = (row.score.score, -row.row.position, row.row.number, title)
        _keep(self._best, entry)
        _keep(self._worst, (-entry[0], *entry[1:]))

    def restate(self, before: Judged, after: Judged) -> None:
        """A row that was counted has another status by now."""
        self.rows[before.status.partition(":")[0]] -= 1
        self.rows[after.status.partition(":")[0]] += 1

    @property
    def mean(self) -> float | None:
        """Mean row score on the rubric's scale, or None where no row was scored."""
        return self._total / self.scored if self.scored else None

    @property
    def best(self) -> list[tuple[int, str, float]]:
        """(row number, title, score) of the best rows, best first."""
        return [(number, title, score) for score, _, number, title in sorted(self._best, reverse=True)]

    @property
    def worst(self) -> list[tuple[int, str, float]]:
        """(row number, title, score) of the worst rows, worst first; none that is among the best."""
        among_best = {number for number, _, _ in self.best}
        rows = [(number, title, -score) for score, _, number, title in sorted(self._worst, reverse=True)]
        return [row for row in rows if row[0] not in among_best]

    @property
    def failed(self) -> int:
        """Rows with something unscored."""
        return self.rows["error"]

    def state(self) -> dict[str, Any]:
        """All that it holds, as JSON: for `add_state`."""
        return {
            "rows": dict(self.rows),
            "unscored": dict(self.unscored),
            "gates": dict(self.gates),
            "scored": self.scored,
            "addressed": self.addressed,
            "addressing": dict(self.addressing),
            "total": self._total,
            "jury": self.jury.state(),
            "best": self._best,
            "worst": self._worst,
            "criteria": {
                name: [dict(c.counts), c.values, c.unscored, dict(c.basis)] for name, c in self.criteria.items()
            },
        }

    def add_state(self, state: Mapping[str, Any]) -> None:
        """Count the rows of another summary of the same rubric, by its `state`."""
        self.rows.update(state["rows"])
        self.unscored.update(state["unscored"])
        self.gates.update(state["gates"])
        self.scored += state["scored"]
        # Blocks that an earlier version finished don't tell.
        self.addressed += state.get("addressed", 0)
        self.addressing.update(state.get("addressing", {}))
        self._total += state["total"]
        self.jury.add_state(state["jury"])
        for entry in state["best"]:
            _keep(self._best, tuple(entry))
        for entry in state["worst"]:
            _keep(self._worst, tuple(entry))
        for name, (counts, values, unscored, basis) in state["criteria"].items():
            criterion = self.criteria[name]
            criterion.counts.update(counts)
            criterion.values = [a + b for a, b in zip(criterion.values, values, strict=True)]
            criterion.unscored += unscored
            criterion.basis.update(basis)

    def as_json(self) -> dict[str, Any]:
        """The counts for machines, and the best and worst rows."""
        return {
            **self.counts(),
            "best": [{"row": n, "title": t, "score": s} for n, t, s in self.best],
            "worst": [{"row": n, "title": t, "score": s} for n, t, s in self.worst],
        }

    def counts(self) -> dict[str, Any]:
        """The counts for machines, without any text of a row."""
        return {
            "rows": {key: self.rows[key] for key in ("ok", "review", "skipped", "error")},
            "scored": self.scored,
            "mean": self.mean,
            "criteria": {
                name: {
                    "mean": c.mean,
                    "counts": dict(c.counts),
                    "unscored": c.unscored,
                    "basis": dict(c.basis),
                }
                for name, c in self.criteria.items()
            },
            "unscored": dict(self.unscored.most_common()),
            "gates_not_met": dict(self.gates),
            "addressing_the_judge": {"rows": self.addressed, "by_what": dict(self.addressing)},
            "jury": self.jury.as_json() if self.jury.judges else None,
        }


def _keep(heap: list[tuple[float, int, int, str]], entry: tuple[float, int, int, str]) -> None:
    if len(heap) < _SHOWN_ROWS:
        heapq.heappush(heap, entry)
    else:
        heapq.heappushpop(heap, entry)


def tally_json(tally: Tally) -> Mapping[str, Any]:
    """Calls, tokens and money for machines; an unknown cost is null, never 0."""
    usage = tally.usage
    return {
        "calls": tally.calls,
        "retries": tally.retries,
        "from_journal": tally.served,
        "failed_calls": dict(tally.errors),
        "tokens": {
            "prompt": usage.prompt,
            "completion": usage.completion,
            "cached": usage.cached,
            "reasoning": usage.reasoning,
        },
        "usd": None if tally.unpriced else tally.usd,
    }

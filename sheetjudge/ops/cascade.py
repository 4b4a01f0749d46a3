"""Rows through a cascade: the first judges answer for every row, others only where a decision is close.

Answers come in rounds. After each the policy (`stats.escalation`) says which rows of which groups get which further
answers; a group that needs none is drawn together and let go, so that only open groups are kept in memory, without the
rows' texts.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sheetjudge.core.table import Column, Row
from sheetjudge.core.verdict import Verdict
from sheetjudge.engine.run import Outcome, Work, run
from sheetjudge.judging.pool import pooled
from sheetjudge.ops.checking import RowChecks
from sheetjudge.ops.judges import RowSeat
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.progress import Progress
from sheetjudge.ops.row_values import Judged, judged
from sheetjudge.stats.aggregate import row_score
from sheetjudge.stats.escalation import Border, Line, Noise, Policy, UntilSure, has_decision, noise_of
from sheetjudge.stats.jury import short_names

_UNFINISHED = "not all judges were asked before the run stopped"
_TOO_CLOSE = "too close to call with all judges asked"


@dataclass(frozen=True)
class Cascade:
    """Who is asked about which rows.

    Attributes:
        turns: the answers that a row can get, in order, each by the seat that gives it.
        order: the judge (its number) of each turn. first: so many turns every row takes.
        policy: who is asked further. border: what is to be decided.
        group: column whose value rows that are compared have in common; None for all rows of the table.
        replies: how many replies of the judge each turn takes; one if not given.
    """

    turns: tuple[RowSeat, ...]
    order: tuple[int, ...]
    first: int
    policy: Policy
    border: Border
    group: Column | None = None
    replies: tuple[int, ...] = ()

    def cost(self, start: int, end: int) -> int:
        """Replies that a row's turns from `start` to before `end` take."""
        return sum(self.replies[start:end]) if self.replies else end - start

    @property
    def judges(self) -> tuple[str, ...]:
        """The names of the judges, by number."""
        named = {number: seat.caller.model.name for number, seat in zip(self.order, self.turns, strict=True)}
        return tuple(named[number] for number in sorted(named))


@dataclass
class CascadeStory:
    """What a cascade came to.

    Attributes:
        rows: rows that were asked about. further: those that got more than the first answers.
        answers: replies that were asked for. most: replies if every row had got all.
        groups: decisions that were made (rows, where each is one of its own); a row that is alone needs none.
        sure: those that are as certain as was asked for; None where a margin was asked for.
    """

    rows: int = 0
    further: int = 0
    answers: int = 0
    most: int = 0
    groups: int = 0
    sure: int | None = None

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "rows": self.rows,
            "asked_further": self.further,
            "answers": self.answers,
            "answers_if_all_were_asked": self.most,
            "decisions": self.groups,
            "sure": self.sure,
        }


class CascadePass:
    """One pass of rows through a cascade.

    Args:
        job: what to work on.
        cascade: who is asked.
        on_pass: takes the progress of each round as it begins. on_progress: called whenever it has moved.

    Attributes:
        story: what it came to so far.
    """

    def __init__(
        self, job: Opened, cascade: Cascade, on_pass: Callable[[Progress], None], on_progress: Callable[[], None]
    ) -> None:
        self.story = CascadeStory(sure=0 if isinstance(cascade.policy, UntilSure) else None)
        self._job = job
        self._cascade = cascade
        self._on_pass = on_pass
        self._on_progress = on_progress
        self._checks = RowChecks(job.rubric, job.table, job.reading)
        self._verdicts: dict[int, list[tuple[Verdict, ...]]] = {}
        self._scores: dict[int, list[float | None]] = {}
        self._groups: dict[object, list[int]] = {}
        self._undecided: set[int] = set()

    async def rows(self) -> AsyncGenerator[Judged, None]:
        """Judge the rows; they come when their group is decided, at the latest at the end.

        Fewer than there are works where the run is stopped; those that would have been asked further say so.
        """
        job, stop = self._job, self._job.bench.stop
        self._on_pass(Progress(job.row_count, job.bench.tally))
        async with aclosing(self._answers(job.works(), 0, self._cascade.first)) as outcomes:
            async for outcome in outcomes:
                if outcome.work.item is None:
                    yield self._judged(outcome.work, [])
        while self._groups and not stop.asked():
            wants, decided = self._decide()
            for row in self._drawn(decided):
                yield row
            if not wants:
                return
            self._on_pass(Progress(len(wants), job.bench.tally, doing="Asking further"))
            await self._ask(wants)
        left = {position for positions in self._groups.values() for position in positions}
        for row in self._drawn(left, _UNFINISHED):
            yield row

    async def _answers(
        self, works: Iterator[Work], start: int, count: int
    ) -> AsyncGenerator[Outcome[Work, tuple[Verdict, ...]], None]:
        """Ask for the next `count` answers about each row, and remember them."""
        bench = self._job.bench
        seats = self._cascade.turns[start : start + count]
        async with aclosing(run(works, seats, at_once=bench.at_once, stop=bench.stop)) as outcomes:
            async for outcome in outcomes:
                if outcome.work.item is not None:
                    self._remember(outcome)
                yield outcome
                self._on_progress()

    def _remember(self, outcome: Outcome[Work, tuple[Verdict, ...]]) -> None:
        rubric, row = self._job.rubric, outcome.work.row
        if row.position not in self._verdicts:
            self.story.rows += 1
            self.story.most += self._cascade.cost(0, len(self._cascade.turns))
            self._groups.setdefault(self._group_of(row), []).append(row.position)
        elif len(self._verdicts[row.position]) == self._cascade.first:
            self.story.further += 1
        checks = self._checks.verdicts(row).values()
        before = len(self._verdicts.get(row.position, ()))
        for verdicts in outcome.verdicts:
            score = row_score(rubric, [*verdicts, *checks]).score
            self._scores.setdefault(row.position, []).append(None if score is None else rubric.scale.normalised(score))
            self._verdicts.setdefault(row.position, []).append(verdicts)
        self.story.answers += self._cascade.cost(before, before + len(outcome.verdicts))

    def _group_of(self, row: Row) -> object:
        """What the row is compared with: a row without a group, and one that is held against a line, with nothing."""
        if isinstance(self._cascade.border, Line):
            return row.position
        if self._cascade.group is None:
            return ""
        return row.cells[self._cascade.group.index].strip() or row.position

    def _decide(self) -> tuple[dict[int, int], set[int]]:
        """How many further answers which rows get, and the rows of those groups that need none."""
        cascade = self._cascade
        # In the table's order, not in that in which answers came: of rows that are tied the first ones are asked about,
        # and the same run again is to find its answers in the journal.
        noise = Noise()
        if self.story.sure is not None:
            noise = noise_of([self._scores[position] for position in sorted(self._scores)], cascade.order)
        wants: dict[int, int] = {}
        decided: set[int] = set()
        for key, positions in list(self._groups.items()):
            positions.sort()
            group = [self._scores[position] for position in positions]
            wanted = cascade.policy.wants(group, cascade.order, cascade.border, noise)
            if any(wanted):
                wants |= {position: n for position, n in zip(positions, wanted, strict=True) if n}
                continue
            del self._groups[key]
            decided.update(positions)
            self._close(positions, group, noise)
        return wants, decided

    def _close(self, positions: Sequence[int], group: Sequence[Sequence[float | None]], noise: Noise) -> None:
        """Nothing more is asked about a group: was it decided?"""
        cascade = self._cascade
        if not has_decision(group, cascade.border):
            return
        self.story.groups += 1
        if isinstance(cascade.policy, UntilSure):
            left = cascade.policy.undecided(group, cascade.order, cascade.border, noise)
            self.story.sure = (self.story.sure or 0) + (not left)
            self._undecided |= {positions[i] for i in left}

    async def _ask(self, wants: Mapping[int, int]) -> None:
        def turns_of(position: int) -> tuple[int, int]:
            return len(self._verdicts[position]), wants[position]

        for (start, count), same in groupby(sorted(wants, key=turns_of), key=turns_of):
            chosen = frozenset(same)
            works = (work for work in self._job.works() if work.row.position in chosen)
            async with aclosing(self._answers(works, start, count)) as outcomes:
                async for _ in outcomes:
                    pass

    def _drawn(self, positions: Collection[int], note: str = "") -> Iterator[Judged]:
        """The rows at these positions with all that was said of them; nothing more is kept of them."""
        if not positions:
            return
        for work in self._job.works():
            if work.row.position in positions:
                verdicts = self._verdicts.pop(work.row.position)
                del self._scores[work.row.position]
                close = _TOO_CLOSE if work.row.position in self._undecided else ""
                notes = "; ".join(filter(None, (work.note, close, note)))
                yield self._judged(Work(work.row, work.item, notes, work.cut), verdicts)

    def _judged(self, work: Work, answers: list[tuple[Verdict, ...]]) -> Judged:
        """Each judge's answers drawn together, and then the judges."""
        job, order = self._job, self._cascade.order
        by_judge: dict[int, list[tuple[Verdict, ...]]] = {}
        for judge, verdicts in zip(order, answers, strict=False):
            by_judge.setdefault(judge, []).append(verdicts)
        drawn = tuple(
            tuple(
                pooled(criterion, verdicts, "sample")
                for criterion, verdicts in zip(job.rubric.asked, zip(*samples, strict=True), strict=True)
            )
            for samples in by_judge.values()
        )
        names = short_names(self._cascade.judges)
        return judged(
            job.rubric,
            Outcome(work, drawn),
            self._checks.verdicts(work.row),
            [names[judge] for judge in by_judge],
            job.most_disagreement,
            is_jury=True,
        )

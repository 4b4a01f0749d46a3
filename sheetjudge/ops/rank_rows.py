"""The rows that compete, what is asked about two of them, and the cells that are written beside each."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sheetjudge.core.rubric import Rubric
from sheetjudge.core.table import CellValue, Row
from sheetjudge.core.verdict import PairVerdict, Verdict, undecided
from sheetjudge.judging.pairwise_checks import with_checks
from sheetjudge.judging.protocol import Item, Pair
from sheetjudge.ops.rank_job import RankJob
from sheetjudge.ops.row_values import DIGITS, Judged, one_line, own_headers, values
from sheetjudge.stats.ranking import Place

_OWN = ("Rank", "Rank from", "Rank to", "Tier", "Strength", "Strength from", "Strength to", "Comparisons")


@dataclass(frozen=True, slots=True)
class Entrant:
    """A row that can be compared.

    Attributes:
        number: tells entrants apart, from 0. group: number of its group, from 0.
        row: with its scores. item: what judges see of it in a comparison. note: what was cut of it there.
        about: what it shares with its group.
        checks: verdicts of the rubric's checks, by criterion id.
        others: further rows that read the same, which share its place.
    """

    number: int
    group: int
    row: Judged
    item: Item
    note: str = ""
    about: tuple[tuple[str, str], ...] = ()
    checks: Mapping[str, Verdict] = field(default_factory=dict)
    others: tuple[Judged, ...] = ()

    @property
    def rows(self) -> tuple[Judged, ...]:
        """All rows that read the same."""
        return (self.row, *self.others)

    @property
    def score(self) -> float:
        """The mean of their scores; one that drew its samples apart may differ."""
        scores = [row.score.score for row in self.rows if row.score.score is not None]
        return sum(scores) / len(scores)


@dataclass(frozen=True, slots=True)
class PairWork:
    """Two rows to be compared.

    Attributes:
        place: in its round.
        first, second: in the order shown. item: as judges see them. cut: they were too long to be shown whole.
    """

    place: int
    first: Entrant
    second: Entrant
    item: Pair
    cut: bool


@dataclass(frozen=True)
class Field:
    """All rows of a run by what they can be in a ranking.

    Attributes:
        entrants: those that can be compared, by number; rows that read the same are one.
        beaten: those that fail what is required, with their group: below all that don't.
        groups: names of the groups, by number.
        ungrouped: rows with a score that belong to no group, where there are groups: nobody knows whom they compete
            with, and a group of their own would rank answers to different prompts against each other.
    """

    entrants: tuple[Entrant, ...]
    beaten: tuple[tuple[Judged, int], ...]
    groups: tuple[str, ...]
    ungrouped: tuple[Judged, ...] = ()

    @property
    def most_comparisons(self) -> int:
        """Each two rows of a group in both orders."""
        sizes: dict[int, int] = {}
        for entrant in self.entrants:
            sizes[entrant.group] = sizes.get(entrant.group, 0) + 1
        return sum(n * (n - 1) for n in sizes.values())


def field_of(job: RankJob, rows: Sequence[Judged]) -> Field:
    """Who competes: the rows with a score, within their groups. One without either is in no ranking."""
    groups: dict[str, int] = {}
    entrants: dict[Hashable, Entrant] = {}
    beaten: list[tuple[Judged, int]] = []
    ungrouped: list[Judged] = []
    checked = {c.id for c in job.rubric.criteria if c.check is not None}
    for row in rows:
        if row.score.score is None:
            continue
        shared = shared_in_group(job, row.row)
        if job.group is not None and not shared.strip():
            ungrouped.append(row)
            continue
        group = groups.setdefault(shared.strip(), len(groups))
        if row.score.failed_gates:
            beaten.append((row, group))
            continue
        work = job.pair_reading.work(row.row)
        about = ((job.group.name, shared),) if job.group is not None and job.shows_group else ()
        if work.item is None:
            # All that is read of it is what its group shares.
            work = replace(work, item=Item(tuple((c.name, "") for c in job.pair_reading.fields)))
        assert work.item is not None  # noqa: S101 - just given
        checks = {v.criterion: v for v in row.verdicts if v.criterion in checked}
        note = work.note if work.cut else ""
        entrant = Entrant(len(entrants), group, row, work.item, note, about, checks)
        same = entrants.setdefault(_reads(entrant), entrant)
        if same is not entrant:
            entrants[_reads(entrant)] = replace(same, others=(*same.others, row))
    return Field(tuple(entrants.values()), tuple(beaten), tuple(groups), tuple(ungrouped))


def shared_in_group(job: RankJob, row: Row) -> str:
    """What a row has in common with its group; "" without groups."""
    return "" if job.group is None else row.cells[job.group.index]


def _reads(entrant: Entrant) -> Hashable:
    """All that judges and checks know of a row: where that is the same for two, neither can be the better one."""
    checked = tuple((name, verdict.value, verdict.label, verdict.unscored) for name, verdict in entrant.checks.items())
    item = entrant.item
    return (entrant.group, item.fields, tuple(sorted(item.references.items())), entrant.about, entrant.note, checked)


def pair_work(place: int, first: Entrant, second: Entrant) -> PairWork:
    """What is to be asked about two rows, the first one shown first."""
    pair = Pair(first.item, second.item, first.about)
    return PairWork(place, first, second, pair, bool(first.note or second.note))


def drawn(rubric: Rubric, work: PairWork, verdicts: Sequence[PairVerdict]) -> PairVerdict:
    """The mean over the judges that decided, with the checks' weight."""
    decided = [v for v in verdicts if v.preference is not None]
    if not decided:
        return undecided("; ".join(dict.fromkeys(v.unscored for v in verdicts)))
    mean = sum(v.preference or 0.0 for v in decided) / len(decided)
    preference = with_checks(rubric, mean, work.first.checks, work.second.checks)
    return decided[0] if preference == decided[0].preference else replace(decided[0], preference=preference)


def headers(rubric: Rubric, earlier: Sequence[str], *, reasoning: bool) -> tuple[str, ...]:
    """The headers of the columns that `rank` writes.

    Args:
        rubric: its criteria have a column each. earlier: headers of the results that the table holds already.
        reasoning: with a column for a reasoning model's thoughts.
    """
    criteria = tuple(c.id for c in rubric.criteria)
    thoughts = ("Reasoning",) if reasoning else ()
    return own_headers(("Score", *_OWN, *criteria, "Why", *thoughts, "Status"), rubric, earlier)


def noted(row: Judged, note: str) -> Judged:
    """The row with a status that says what a reader must know of its place, too."""
    if not note or row.status.startswith(("error", "skipped")):
        return row
    before = "" if row.status == "ok" else f"{row.status.removeprefix('review: ')}; "
    return replace(row, status=one_line(f"review: {before}{note}"))


def cells(rubric: Rubric, row: Judged, place: Place | None, *, reasoning: bool) -> tuple[CellValue, ...]:
    """One value for each of `headers`.

    Args:
        rubric: what was asked. row: the row and its scores. place: where it stands; None where that isn't known.
        reasoning: with a reasoning model's thoughts.
    """
    score, *rest = values(rubric, row, reasoning=reasoning)
    return (score, *_placed(place), *rest)


def _placed(place: Place | None) -> tuple[CellValue, ...]:
    if place is None:
        return (None,) * len(_OWN)
    return (
        place.rank,
        place.rank_low,
        place.rank_high,
        place.tier,
        *(None if value is None else round(value, DIGITS) for value in (place.strength, place.low, place.high)),
        place.comparisons,
    )

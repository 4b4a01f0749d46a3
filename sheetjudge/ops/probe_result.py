"""What came of a probe: for each change how far it moves the scores."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from sheetjudge.engine.budget import Amount
from sheetjudge.engine.tally import Tally
from sheetjudge.errors import SheetjudgeError
from sheetjudge.ops.result_json import exit_code, result_json
from sheetjudge.stats.order_agreement import OrderAgreement
from sheetjudge.stats.probe_effects import LEVEL, Effect, Gap

if TYPE_CHECKING:
    from sheetjudge.ops.probe_job import ProbeJob


@dataclass(frozen=True, slots=True)
class AttackResult:
    """What one attack does.

    Attributes:
        id, name: of the attack. replaces: it stands in place of the row's text.
        guarded: as the judge is asked in every run. bare: without the defences; None for a judge that has none.
        flagged: rows under this attack that a run would flag for review.
        is_taken_in: the judge gives more for it, defences and all, and chance doesn't explain it.
    """

    id: str
    name: str
    replaces: bool
    guarded: Effect
    bare: Effect | None
    flagged: int
    is_taken_in: bool

    def as_json(self) -> dict[str, Any]:
        """All figures, for machines."""
        return {
            "attack": self.id,
            "name": self.name,
            "replaces_the_text": self.replaces,
            "taken_in": self.is_taken_in,
            "with_defences": asdict(self.guarded),
            "without_defences": None if self.bare is None else asdict(self.bare),
            "flagged": self.flagged,
        }


@dataclass(frozen=True, slots=True)
class BiasResult:
    """What a change that adds no merit does.

    Attributes:
        id, name: of the change. found: over the rows that it changes.
        is_sure: chance doesn't explain it.
    """

    id: str
    name: str
    found: Effect
    is_sure: bool

    def as_json(self) -> dict[str, Any]:
        """All figures, for machines."""
        return {"change": self.id, "name": self.name, "moved": self.is_sure, **asdict(self.found)}


@dataclass(frozen=True, slots=True)
class PlaceResult:
    """What judging pairs in both orders showed.

    Attributes:
        found: over the pairs; None where none was judged both times.
        is_sure: the judge likes a place, and chance doesn't explain it.
    """

    found: OrderAgreement | None
    is_sure: bool

    def as_json(self) -> dict[str, Any]:
        """All figures, for machines."""
        names = [field.name for field in fields(OrderAgreement)]
        return {"moved": self.is_sure, **(dict.fromkeys(names) if self.found is None else asdict(self.found))}


@dataclass(frozen=True, slots=True)
class OwnResult:
    """How much more one judge gives to texts of its own.

    Attributes:
        judge: its name. own: the authors that count as its own.
        found: the mean of its own less that of others. beside_people: people's scores have been taken off before.
        is_sure: chance doesn't explain it.
    """

    judge: str
    own: tuple[str, ...]
    found: Gap
    beside_people: bool
    is_sure: bool

    def as_json(self) -> dict[str, Any]:
        """All figures, for machines."""
        return {
            "judge": self.judge,
            "own": list(self.own),
            "beside_people": self.beside_people,
            "moved": self.is_sure,
            **asdict(self.found),
        }


@dataclass(frozen=True)
class ProbeResult:
    """What a probe came to.

    Attributes:
        rows: numbers of the rows that were drawn.
        attacks, biases: what each does.
        repeated: how far answers about the same row lie apart; None where that wasn't tried.
        place: whether the judge likes a place; None where that wasn't tried.
        owns: for each judge with texts of its own, how it takes them.
        unscored: texts without a score, and pairs without a verdict in both orders.
        stopped: why it ended early, or None. seconds: wall time. notes: what a reader must know.
    """

    run: str
    rows: tuple[int, ...]
    attacks: tuple[AttackResult, ...]
    biases: tuple[BiasResult, ...]
    repeated: Effect | None
    place: PlaceResult | None
    owns: tuple[OwnResult, ...]
    unscored: int
    tally: Tally
    spent: Amount
    stopped: SheetjudgeError | None
    seconds: float
    notes: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 done, 1 some texts unscored, 3 stopped and resumable."""
        return exit_code(self.stopped, self.unscored)

    def as_json(self, job: ProbeJob) -> dict[str, Any]:
        """The whole result for machines."""
        own: dict[str, Any] = {
            "results": None,
            "rows": list(self.rows),
            "scale": {"low": job.rubric.scale.low, "high": job.rubric.scale.high},
            "level": LEVEL,
            "attacks": [attack.as_json() for attack in self.attacks],
            "biases": [bias.as_json() for bias in self.biases],
            "answers_apart": None if self.repeated is None else asdict(self.repeated),
            "place": None if self.place is None else self.place.as_json(),
            "own": [own.as_json() for own in self.owns],
            "unscored": self.unscored,
        }
        return result_json("probe", self, job, own)

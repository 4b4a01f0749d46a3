"""Which things of a job are its canaries, and what the judges are known to say of them."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sheetjudge.core.keys import answer_key, canonical
from sheetjudge.core.rubric import Rubric
from sheetjudge.core.table import Column
from sheetjudge.engine.journal import AnswerStore
from sheetjudge.engine.run import Seat
from sheetjudge.errors import ConfigError, ReplyError
from sheetjudge.judging.canaries import Reading, Tricks, pair_reading, pair_tricks, row_reading, row_tricks
from sheetjudge.judging.likelihood import LikelihoodJudge
from sheetjudge.judging.protocol import Ask, Item, Pair, Reply, Steps
from sheetjudge.llm.fake import FakeModel
from sheetjudge.ops.compare import CompareJob
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.reading import choose_columns, column_named, works
from sheetjudge.stats.drift import TOLERATED

# Of so many rows for each one that is wanted it is looked up whether their verdict is known.
_CANDIDATES = 6


@dataclass(frozen=True)
class Thing:
    """Something that judges are asked about, and what is known of it.

    Attributes:
        key: of the exact question: what it is about, the rubric, the judge.
        item: as the judge sees it. before: what it said of it, the earliest first.
        known: the share of the scale that a person gives it; None where nobody did.
    """

    key: str
    item: Any
    before: tuple[Reading, ...] = ()
    known: float | None = None


@dataclass(frozen=True)
class Questions:
    """What canaries of a job are made of.

    Attributes:
        items: what a file holds, with the share of the scale that a person gives to each; None where the job's own rows
            are asked about.
        job: opened. seats: the judges. are_pairs: they compare.
    """

    items: tuple[tuple[Any, float | None], ...] | None
    job: Opened
    seats: tuple[Seat[Any], ...]
    are_pairs: bool = False

    @property
    def are_given(self) -> bool:
        """They come from a file."""
        return self.items is not None

    def all(self) -> Iterator[tuple[Any, float | None]]:
        """The items."""
        return iter(self.items) if self.items is not None else ((item, None) for item in _items(self.job))

    def tricks(self) -> Tricks[Any] | None:
        """The texts that fit any rubric; None where there is nothing to take the form from."""
        like = next((item for item, _ in self.all()), None)
        if like is None:
            return None
        rubric = self.job.rubric
        return pair_tricks(like, rubric) if isinstance(like, Pair) else row_tricks(like, rubric)

    def read(self, said: Any) -> Reading | None:
        """A judge's answer as a reading."""
        return pair_reading(said) if self.are_pairs else row_reading(self.job.rubric, said)

    @property
    def weights(self) -> tuple[float, ...]:
        """Of what a reading holds."""
        return (1.0,) if self.are_pairs else tuple(c.weight for c in self.job.rubric.asked)


def questions_of(job: Opened, file: str | None, known: str | None) -> Questions:
    """What canaries of a job are made of.

    Args:
        job: opened. file: a table of canaries; None for rows of the job's own table.
        known: the file's column with the scores that people gave.

    Raises:
        ConfigError: the operation has no use for a file. TableError: the file or a column isn't there.
    """
    are_pairs = isinstance(job, CompareJob) and job.seats is not None
    if file is not None and isinstance(job, CompareJob):
        raise ConfigError("Canaries of a comparison are pairs of its own table.", "Leave canaries.file out.")
    items = None if file is None else tuple(_given(job, file, known))
    seats: Sequence[Seat[Any]] = job.bench.everyone
    if isinstance(job, CompareJob) and job.seats is not None:
        seats = job.seats
    return Questions(items, job, tuple(seat for seat in seats if not _is_pinned(seat)), are_pairs)


def _is_pinned(seat: Seat[Any]) -> bool:
    """A model in this process that is known by the hash of its weights, or makes its answers up, can't be another."""
    model = seat.caller.model
    return isinstance(model, FakeModel) or (isinstance(seat.judge, LikelihoodJudge) and not model.host)


def _items(job: Opened) -> Iterator[Item | Pair]:
    if isinstance(job, CompareJob):
        for prompt in job.contest.prompts(job.limit):
            if prompt.skipped:
                continue
            asked: Iterable[Any] = job.texts(prompt) if job.seats is None else job.pairs(prompt)
            yield from (work.item for work in asked if work.item is not None and not work.cut)
        return
    for work in works(job.rows, job.reading, job.limit):
        if work.item is not None and not work.cut:
            yield work.item


def _given(job: Opened, file: str, known: str | None) -> Iterator[tuple[Item, float | None]]:
    from sheetjudge.tables.files import open_table

    table = open_table(str(Path(file)))
    column = None if known is None else column_named(known, table.columns, table.name)
    reading = choose_columns(table, job.rubric, [c.name for c in job.reading.fields], job.reading.most)
    for row in table.rows():
        item = reading.work(row).item
        if item is not None:
            yield item, None if column is None else _known(row.cells[column.index], job.rubric, column, row.number)


def _known(text: str, rubric: Rubric, column: Column, number: int) -> float | None:
    if not text.strip():
        return None
    try:
        share = rubric.scale.normalised(float(text))
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ConfigError(f"Row {number} of the canaries: {column.name} is {text!r}, no score on {rubric.scale}.")
    return share


@dataclass
class Memory:
    """What is remembered of a job's canaries, from run to run; no text of a row is in it.

    Attributes:
        readings: what was said of a thing, by its key, besides what the journal holds. empty: by the key of the empty
            text, the share of the scale that it got when it was first asked about. attacks: by the key of an attacked
            text, how many answers it got and how many of them were taken in.
        anew: what the journal holds doesn't count: somebody took the judge for a new one.
    """

    readings: dict[str, list[Reading]] = field(default_factory=dict)
    empty: dict[str, float] = field(default_factory=dict)
    attacks: dict[str, tuple[int, int]] = field(default_factory=dict)
    anew: bool = False

    @classmethod
    def of(cls, fact: Any) -> Memory:
        """What `as_json` made."""
        fact = fact or {}
        readings = {key: [tuple(r) for r in some] for key, some in fact.get("readings", {}).items()}
        attacks = {key: (int(answers), int(taken)) for key, (answers, taken) in fact.get("attacks", {}).items()}
        return cls(readings, dict(fact.get("empty", {})), attacks, bool(fact.get("anew")))

    def add(self, thing: Thing, reading: Reading, most: int) -> None:
        """Remember one more reading of a thing, of so many at the most: what it is held against stays what it was."""
        if len(thing.before) < most:
            self.readings.setdefault(thing.key, []).append(reading)

    def withstood(self, key: str) -> bool:
        """Was an attack tried before, and has the judge hardly ever been taken in?"""
        answers, taken = self.attacks.get(key, (0, 0))
        return answers > 0 and taken <= TOLERATED * answers

    def add_attack(self, key: str, gains: Sequence[bool]) -> None:
        """Remember for each answer to an attack whether it was taken in."""
        answers, taken = self.attacks.get(key, (0, 0))
        self.attacks[key] = answers + len(gains), taken + sum(gains)

    def as_json(self, used: Collection[str]) -> dict[str, Any]:
        """All of it, for `of`; of things that aren't used any more, nothing."""
        readings = {key: some for key, some in self.readings.items() if key in used}
        return {"readings": readings, "empty": self.empty, "attacks": self.attacks, "anew": self.anew}


def chosen(questions: Questions, seat: Seat[Any], journal: AnswerStore, memory: Memory, count: int) -> list[Thing]:
    """The things that a judge is asked about again.

    Those of the table are a sample that stays the same as long as the rows do: the ones whose hash is lowest, of those
    about which the judge's verdict is known. Those of a file are all of them.
    """
    if questions.are_given:
        return [_thing(questions, seat, journal, memory, *one) for one in questions.all()]
    lowest = heapq.nsmallest(_CANDIDATES * count, ((_hash(item), n) for n, (item, _) in enumerate(questions.all())))
    wanted = {n for _, n in lowest}
    items = {n: item for n, (item, _) in enumerate(questions.all()) if n in wanted}
    found: dict[str, Thing] = {}
    for _, n in lowest:
        thing = _thing(questions, seat, journal, memory, items[n], None)
        if thing.before or memory.anew:
            found.setdefault(thing.key, thing)
    # What was asked about before stays, also where a row that came later has a lower hash.
    return sorted(found.values(), key=lambda thing: -len(thing.before))[:count]


def _hash(item: Item | Pair) -> bytes:
    said: Any = item.fields if isinstance(item, Item) else [item.first.fields, item.second.fields, item.about]
    return hashlib.sha256(canonical(said)).digest()


def _thing(
    questions: Questions, seat: Seat[Any], journal: AnswerStore, memory: Memory, item: Any, known: float | None
) -> Thing:
    key = question_key(seat, item)
    before = list(memory.readings.get(key, ()))
    if not memory.anew and (first := _in_journal(questions, seat, journal, item)) is not None:
        before.insert(0, first)
    return Thing(key, item, tuple(before), known)


def question_key(seat: Seat[Any], item: Any) -> str:
    """Tells one question from all others: the judge, how it is asked, the rubric and what it is about."""
    asks: tuple[Ask, ...] = ()
    with suppress(StopIteration):
        asks = next(seat.judge.judge(item))
    keys = [answer_key(seat.caller.model.identity, ask.request) for ask in asks]
    return hashlib.sha256(b"".join(keys)).hexdigest()[:32]


def _in_journal(questions: Questions, seat: Seat[Any], journal: AnswerStore, item: Any) -> Reading | None:
    """What the judge said of it when a run asked; None where the journal doesn't hold all of it."""
    steps: Steps[Any] = seat.judge.judge(item)
    try:
        asks = next(steps)
        while True:
            replies = [_kept(seat.caller.model.identity, journal, ask) for ask in asks]
            if any(reply is None for reply in replies):
                return None
            asks = steps.send(tuple(reply for reply in replies if reply is not None))
    except StopIteration as end:
        return questions.read(end.value)


def _kept(identity: Mapping[str, Any], journal: AnswerStore, ask: Ask) -> Reply | None:
    kept = journal.get(answer_key(identity, ask.request))
    if kept is None:
        return None
    try:
        return Reply(ask.read(kept), None, kept)
    except ReplyError:
        return None

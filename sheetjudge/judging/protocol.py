"""How a judge and whoever runs it talk: a judge is a generator without I/O.

It yields tuples of `Ask`s, gets as many `Reply`s back, and returns its verdicts. The asks of one tuple are
independent of each other and may be put at the same time. So one judge runs under asyncio, under a batch API, in a
Ray actor and in a test, unchanged (the idea of httpx's authentication flows).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from sheetjudge.core.chat import AnyCompletion, AnyRequest
from sheetjudge.core.verdict import PairVerdict, Verdict
from sheetjudge.errors import SheetjudgeError

T = TypeVar("T")
I_contra = TypeVar("I_contra", contravariant=True)
V_co = TypeVar("V_co", covariant=True)


def _whole(completion: Any, value: Any) -> Any:  # noqa: ARG001
    return completion


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, and how its reply is read.

    Attributes:
        read: turns the completion into the value that the judge wants; raises ReplyError where the completion is
            no answer. Only completions that it can read are served again from the journal.
        slim: from the completion and the value read from it, the completion without what `read` and the judge don't
            need; that is what the journal keeps.
        mends: the question whose reply could not be read, where this one asks for it again. A reply that can be read
            answers that question too, so that the next run asks neither.
    """

    request: AnyRequest
    read: Callable[[Any], Any]
    slim: Callable[[Any, Any], Any] = _whole
    mends: AnyRequest | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of an ask: a value that `read` returned, or the error that ended the attempts.

    Attributes:
        completion: the model's answer where there was one, also one that could not be read.
    """

    value: Any = None
    error: SheetjudgeError | None = None
    completion: AnyCompletion | None = None


Steps = Generator[tuple[Ask, ...], tuple[Reply, ...], T]


@dataclass(frozen=True, slots=True)
class Item:
    """What a judge sees of a row.

    Attributes:
        fields: (column name, text) in the table's order.
        references: (column name -> text) of the columns that an ask or a statement names.
    """

    fields: tuple[tuple[str, str], ...]
    references: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The fields as one text: alone where there is one, else each under its name."""
        if len(self.fields) == 1:
            return self.fields[0][1]
        return "\n\n".join(f"{name}:\n{text}" for name, text in self.fields if text.strip())


class Judge(Protocol[I_contra, V_co]):
    """A way of asking one model about something, one thing at a time."""

    def judge(self, item: I_contra, /) -> Steps[V_co]:
        """Steps that end in what the judge says of `item`."""
        ...


RowJudge = Judge[Item, tuple[Verdict, ...]]
"""Judges a row: one verdict for each criterion that a judge answers, in the rubric's order."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rows to be compared, in the order in which the judge sees them.

    Attributes:
        first, second: the texts that compete. Their column names are shown, so they must not tell who wrote which.
        about: (name, text) of what both answer (the prompt, a reference answer); shown once, before the two.
    """

    first: Item
    second: Item
    about: tuple[tuple[str, str], ...] = ()

    @property
    def swapped(self) -> Pair:
        """The same two in the other order."""
        return Pair(self.second, self.first, self.about)


PairJudge = Judge[Pair, PairVerdict]
"""Says which of two rows is better, as they were shown; one order a time."""

"""Drive a judge by hand, as whoever runs it does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest

from sheetjudge.core.chat import Completion
from sheetjudge.errors import ReplyError, SheetjudgeError
from sheetjudge.judging.protocol import Reply


@dataclass
class Driven:
    """What became of one row.

    Attributes:
        verdicts: what the judge returned.
        rounds: the asks of each round.
        kept: completions that would be in the journal.
    """

    verdicts: dict = field(default_factory=dict)
    rounds: list = field(default_factory=list)
    kept: list = field(default_factory=list)


@pytest.fixture
def drive():
    """`drive(judge, item, answer)`: `answer` turns a request (and its round) into a completion, a text or an error."""

    def driven(judge, item, answer):
        done = Driven()
        steps = judge.judge(item)
        replies = None
        while True:
            try:
                asks = steps.send(replies)
            except StopIteration as end:
                done.verdicts = {v.criterion: v for v in end.value}
                return done
            done.rounds.append(asks)
            replies = tuple(_reply(ask, answer(ask.request, len(done.rounds)), done) for ask in asks)

    return driven


def _reply(ask, said, done):
    if isinstance(said, SheetjudgeError):
        return Reply(error=said)
    completion = (
        said if isinstance(said, Completion) else Completion(said if isinstance(said, str) else json.dumps(said))
    )
    try:
        value = ask.read(completion)
    except ReplyError as error:
        return Reply(error=error, completion=completion)
    done.kept.append(ask.slim(completion, value))
    return Reply(value, None, done.kept[-1])

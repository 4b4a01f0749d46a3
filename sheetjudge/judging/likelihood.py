"""The likelihood judge: how much more probable a statement becomes once the text is known, and the other way round.

A model of a hundred million weights answers yes or no at random, yet knows which sentences go with which texts. Two
measures, both in nats (natural logarithm of a probability ratio):

- forward: log P(statement | text) - log P(statement | no text), the pointwise mutual information of Holtzman et al.
  (2021), and the question-given-passage score of UPR (Sachan et al., 2022) turned to judging;
- reverse: log P(text | a request for a text of which the statement is true) - log P(text | a request for any text).

What only says that the model is at ease with a text is taken out of the first by statements that have nothing to do
with the criterion, and of the second by asking for any text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sheetjudge.core.chat import LikelihoodRequest, Likelihoods, Message
from sheetjudge.core.rubric import Criterion, Rubric, with_references
from sheetjudge.core.verdict import Verdict, unscored
from sheetjudge.core.visible import cut_middle
from sheetjudge.errors import ContextTooLong, ReplyError
from sheetjudge.judging.protocol import Ask, Item, Steps
from sheetjudge.judging.statements import Statement, candidates, in_sentence, stated

_DESCRIBE = "Describe this text in one sentence."
_DESCRIBE_ANY = "Describe a text in one sentence."
_WRITE = "Write a short text that fits this description: "
# Nothing to read, twice: what a model says of no text at all varies with the way in which it is missing.
_NO_TEXTS = ("", "...\n\n")
# What could be said of many texts and has no part in most criteria.
_ANYTHING = (
    "It is a text",
    "It names a person",
    "The writer is happy",
    "The text is about food",
    "It gives advice",
    "It explains how something works",
    "The writer asks for help",
    "It is about work",
)
_ANY_TEXT = "It is a text"


@dataclass(frozen=True)
class Mix:
    """How the measures are drawn together; `tests/bench/embedded_pairs.py` prints what each is worth.

    Attributes:
        forward, reverse: weights of the two measures. One that weighs 0 is not taken.
        ease: share of the unrelated statements' change that is taken off the forward measure.
        thing: characters in which a text says one thing. A sentence about a text that says many picks one of them, so
            its probability falls by their number; the forward measure gets that number back.
        carriers: ways to begin the sentence. The mean over several varies less than each alone.
        excerpt: the most characters of a text that the reverse measure reads, half from each end. A longer text
            would cost more than it tells: each further word adds noise.
        middle: nats at which the share is one half; a text that says nothing has 0 nats.
        spread: nats from there to a share of 0.85 (or 0.15).
    """

    forward: float = 1.0
    reverse: float = 0.3
    ease: float = 0.4
    thing: int = 60
    carriers: tuple[str, ...] = ("", "It is clear that ")
    excerpt: int = 400
    middle: float = 4.5
    spread: float = 3.0


class LikelihoodJudge:
    """Judges rows by the likelihood of statements, with any model that reports the log probability of given text.

    A criterion's `statement` is used where the rubric gives one; otherwise its ask is turned into one (see
    `sheetjudge.judging.statements`), and the model chooses among the candidates. What doesn't depend on the row is
    asked for until it has been answered once.

    Args:
        rubric: its criteria with an ask are judged; checks are not this judge's business.
        mix: how the measures are drawn together.
    """

    def __init__(self, rubric: Rubric, mix: Mix = Mix()) -> None:
        self.criteria = rubric.asked
        self.mix = mix
        self._statements: dict[str, Statement] = {}
        self._without: Sequence[float] = ()
        self._measured = tuple(c for c in self.criteria if c.scale.ordered)

    def judge(self, item: Item) -> Steps[tuple[Verdict, ...]]:
        """One verdict for each criterion, in the rubric's order: a share between 0 and 1, mapped to its scale.

        A text that the model can't take as a whole is cut in the middle, and the verdicts say so.
        """
        if not self._measured:
            return tuple(_no_order(c) for c in self.criteria)
        problem = yield from self._prepare()
        if problem:
            return tuple(unscored(c.id, problem) for c in self.criteria)
        forward, note = yield from self._forward(item)
        if isinstance(forward, str):
            return tuple(unscored(c.id, forward) for c in self.criteria)
        reverse = yield from self._reverse(item.text)
        verdicts = {}
        for criterion, ahead, back in zip(self._measured, forward, reverse, strict=True):
            if isinstance(back, str):
                verdicts[criterion.id] = unscored(criterion.id, back)
                continue
            share = _share(self.mix.forward * ahead + self.mix.reverse * back, self.mix)
            absent = self._statements[criterion.id].sign < 0
            verdicts[criterion.id] = _verdict(criterion, 1 - share if absent else share, note)
        return tuple(verdicts.get(c.id) or _no_order(c) for c in self.criteria)

    def statement(self, criterion: str) -> Statement:
        """The statement that is measured for a criterion. Raises KeyError before the first row has been judged."""
        return self._statements[criterion]

    def _prepare(self) -> Steps[str]:
        """Choose the statements and measure them without a text. Returns why it failed, "" where it didn't."""
        found = {c.id: _candidates(c) for c in self._measured if c.id not in self._statements}
        self._statements |= {i: statements[0] for i, statements in found.items() if len(statements) == 1}
        found = {i: statements for i, statements in found.items() if len(statements) > 1}
        if found:
            replies = yield tuple(_ask(_DESCRIBE_ANY, [f"{s.text}." for s in some]) for some in found.values())
            for (criterion, statements), reply in zip(found.items(), replies, strict=True):
                if reply.error is not None:
                    return str(reply.error)
                self._statements[criterion] = statements[reply.value.index(max(reply.value))]
        if not self._without and self.mix.forward:
            replies = yield tuple(_ask(gap + _DESCRIBE, self._sentences()) for gap in _NO_TEXTS)
            problems = [str(reply.error) for reply in replies if reply.error is not None]
            if problems:
                return problems[0]
            self._without = _means([self._gains(reply.value) for reply in replies])
        return ""

    def _forward(self, item: Item) -> Steps[tuple[Sequence[float] | str, str]]:
        """Nats for each measured criterion, or why there are none; and a note where the text had to be cut."""
        if not self.mix.forward:
            return [0.0] * len(self._measured), ""
        whole = _shown(item)
        text, note = whole, ""
        while True:
            (reply,) = yield (_ask(f"{text}\n\n{_DESCRIBE}", self._sentences()),)
            if not isinstance(reply.error, ContextTooLong) or len(text) <= self.mix.excerpt:
                break
            text, left_out = cut_middle(whole, len(text) // 2)
            note = f"too long for this judge: {left_out:,} of {len(whole):,} characters left out"
        if reply.error is not None:
            return str(reply.error), note
        changes = [
            with_text - without for with_text, without in zip(self._gains(reply.value), self._without, strict=True)
        ]
        own, unrelated = changes[: len(self._measured)], changes[len(self._measured) :]
        ease = math.fsum(unrelated) / len(unrelated)
        more = math.log1p(len(text.strip()) / self.mix.thing)
        return [change - self.mix.ease * ease + more for change in own], note

    def _reverse(self, text: str) -> Steps[Sequence[float | str]]:
        """Nats for each measured criterion, or why there are none."""
        if not self.mix.reverse:
            return [0.0] * len(self._measured)
        text, _ = cut_middle(text, self.mix.excerpt)
        sentences = [_ANY_TEXT, *(self._statements[c.id].text for c in self._measured)]
        replies = yield tuple(_ask(f"{_WRITE}{sentence}.", [text]) for sentence in sentences)
        base, *own = replies
        return [
            str(base.error or reply.error) if base.error or reply.error else reply.value[0] - base.value[0]
            for reply in own
        ]

    def _parts(self) -> list[list[tuple[str, str]]]:
        """What is measured: for each statement, the unrelated ones last, (beginning, whole sentence) pairs."""
        own = [[_carried(c, self._statements[m.id]) for c in self.mix.carriers] for m in self._measured]
        return [*own, *([_carried("", Statement(text))] for text in _ANYTHING)]

    def _sentences(self) -> list[str]:
        beginnings = dict.fromkeys(head for pairs in self._parts() for head, _ in pairs)
        return [*beginnings, *(whole for pairs in self._parts() for _, whole in pairs)]

    def _gains(self, sums: Sequence[float]) -> list[float]:
        """Log P(sentence | its beginning) for each statement, the mean over its carriers, from `_sentences`' sums."""
        known = dict(zip(self._sentences(), sums, strict=True))
        return [math.fsum(known[whole] - known[head] for head, whole in pairs) / len(pairs) for pairs in self._parts()]


def _carried(carrier: str, statement: Statement) -> tuple[str, str]:
    if not carrier:
        return statement.head, statement.text
    return (carrier + in_sentence(statement.head)).rstrip(), carrier + in_sentence(statement.text)


def _candidates(criterion: Criterion) -> tuple[Statement, ...]:
    # A column that is named stands for its text, which is shown with the row.
    named = {name: f'the column "{name}"' for name in criterion.references}
    text = with_references(criterion.statement or criterion.ask, named)
    return (stated(text),) if criterion.statement else candidates(text)


def _shown(item: Item) -> str:
    listed = dict(item.fields)
    more = tuple((name, text) for name, text in item.references.items() if name not in listed)
    return Item((*item.fields, *more)).text


def _ask(user: str, continuations: Sequence[str]) -> Ask:
    request = LikelihoodRequest((Message("user", user),), tuple(continuations))
    return Ask(request, partial(_sums, count=len(request.continuations)))


def _sums(reply: Likelihoods, *, count: int) -> list[float]:
    """The log probability of each continuation."""
    if len(reply.logprobs) != count:
        raise ReplyError(f"{count} log probabilities were asked for and {len(reply.logprobs)} came.")
    sums = [math.fsum(tokens) for tokens in reply.logprobs]
    if not all(map(math.isfinite, sums)):
        raise ReplyError("A log probability came back that is no finite number.")
    return sums


def _means(rows: Sequence[Sequence[float]]) -> list[float]:
    return [math.fsum(column) / len(rows) for column in zip(*rows, strict=True)]


def _share(nats: float, mix: Mix) -> float:
    """Nats as a share between 0 and 1. Its flat ends go on rising slowly, so that extreme rows keep their order."""
    u = (nats - mix.middle) / mix.spread
    return (1 + u / math.hypot(1, u)) / 2


def _verdict(criterion: Criterion, share: float, note: str) -> Verdict:
    scale = criterion.scale
    value = scale.at(share)
    distribution = (("no", 1 - share), ("yes", share)) if scale.kind == "yes/no" else ()
    return Verdict(
        criterion.id,
        value=value,
        label=scale.nearest_label(value),
        distribution=distribution,
        basis="likelihood",
        note=note,
    )


def _no_order(criterion: Criterion) -> Verdict:
    return unscored(criterion.id, "a likelihood judge can't choose among labels that have no order")

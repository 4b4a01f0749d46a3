"""The pair judge: two texts in one order, a reason and a winner for each criterion, and the winner overall."""

from __future__ import annotations

from sheetjudge.core.rubric import Rubric
from sheetjudge.core.verdict import PairVerdict, Verdict, undecided
from sheetjudge.errors import RubricError
from sheetjudge.judging.asking import Asking, Question, answers
from sheetjudge.judging.pairwise_prompts import WINNER, pair_schema, pair_system_text, pair_text, questions
from sheetjudge.judging.pool import pooled
from sheetjudge.judging.protocol import Pair, Steps

IDENTICAL = "The two texts are identical."


class PairwiseJudge:
    """Asks a chat model which of two texts meets a rubric better.

    The overall winner is the model's own, told to weigh the criteria: a sum of the criteria's winners would count a
    hair's breadth like a mile. Where token probabilities come back, the preference is the expectation over the
    winner's (AlpacaEval does so too, Dubois et al., 2024), else 1, 0.5 or 0.

    Args:
        rubric: its criteria with an ask and an order are compared; checks are not this judge's business.
        asking: how to ask; one call for each criterion is not possible here.
        secret: key of the text delimiters.

    Raises:
        RubricError: the rubric has nothing by which one text could be better than another.
    """

    def __init__(self, rubric: Rubric, asking: Asking, secret: bytes) -> None:
        self.criteria = questions(rubric)
        if len(self.criteria) == 1 and not self.criteria[0].ask:
            raise RubricError(
                f"The rubric {rubric.name!r} has no criterion by which a judge can find one text better than another.",
                "It needs one with an ask, an ordered scale and a weight above 0.",
            )
        self.asking = asking
        self._secret = secret
        # A reply without a winner for some criterion can be used; one without the overall winner can't.
        needed = {self.criteria[-1].id}
        self._question = Question(self.criteria, pair_system_text(rubric), pair_schema(rubric), WINNER, needed)

    def judge(self, pair: Pair) -> Steps[PairVerdict]:
        """The verdict on the two as shown. Texts that are the same tie, and nobody is asked."""
        if pair.first == pair.second:
            return PairVerdict(0.5, IDENTICAL, "check")
        readings = yield from answers([self._question], pair_text(pair, self._secret), self.asking)
        drawn = [pooled(c, readings[c.id], "sample") for c in self.criteria]
        overall = drawn[-1]
        if overall.unscored:
            return undecided(overall.unscored)
        return PairVerdict(
            _preference(overall),
            overall.reason,
            overall.basis,
            note=overall.note,
            reasoning=overall.reasoning,
            criteria=tuple((v.criterion, _preference(v), v.reason) for v in drawn[:-1] if not v.unscored),
        )


def _preference(verdict: Verdict) -> float:
    assert verdict.value is not None  # noqa: S101 - the scale of winners is ordered
    return verdict.value / 2

"""The chat judge: one row, its criteria, a reason and a score for each."""

from __future__ import annotations

from sheetjudge.core.rubric import Rubric
from sheetjudge.core.verdict import Verdict
from sheetjudge.judging.asking import Asking, Question, answers
from sheetjudge.judging.pool import pooled
from sheetjudge.judging.prompts import GUARDED, Guards, row_text, shared_text, single_text, system_text, verdict_schema
from sheetjudge.judging.protocol import Item, Steps


class PointwiseJudge:
    """Asks a chat model for a reason and a score on each criterion of a rubric.

    Args:
        rubric: its criteria with an ask are judged; checks are not this judge's business.
        asking: how to ask.
        secret: key of the row delimiters.
        guards: what keeps a row's text from speaking as the instructions.
    """

    def __init__(self, rubric: Rubric, asking: Asking, secret: bytes, guards: Guards = GUARDED) -> None:
        self.criteria = rubric.asked
        self.asking = asking
        self._secret = secret
        self._guards = guards
        if asking.per_criterion:
            shared = shared_text(rubric, guards)
            self._questions = tuple(
                Question((c,), shared, verdict_schema((c,)), after=single_text(c)) for c in self.criteria
            )
        else:
            whole = (self.criteria,) if self.criteria else ()
            self._questions = tuple(Question(g, system_text(rubric, g, guards), verdict_schema(g)) for g in whole)

    def judge(self, item: Item) -> Steps[tuple[Verdict, ...]]:
        """One verdict for each criterion, in the rubric's order.

        A reply that can't be read is asked for once more, with what was wrong with it; a criterion that has no valid
        answer in either reply is unscored in that sample. A criterion's value is the mean over its valid samples.
        """
        readings = yield from answers(self._questions, row_text(item, self._secret, self._guards), self.asking)
        return tuple(pooled(c, readings[c.id], "sample") for c in self.criteria)

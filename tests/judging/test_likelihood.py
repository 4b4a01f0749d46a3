from __future__ import annotations

import math

import pytest

from sheetjudge.core.chat import LikelihoodRequest, Likelihoods
from sheetjudge.core.rubric import YES_NO, Criterion, Rubric, integer_scale, label_scale
from sheetjudge.errors import ContextTooLong, ReplyError, ServerFailed
from sheetjudge.judging.likelihood import LikelihoodJudge, Mix
from sheetjudge.judging.protocol import Item, Reply

ITEM = Item((("Text", "We work with the museum, a fine partner."),))


class WordModel:
    """A language model that finds a word likelier where it, or the beginning of it, was seen before."""

    def __init__(self, most=10_000, broken=()):
        self.most, self.broken, self.seen = most, broken, []

    def __call__(self, request: LikelihoodRequest) -> Likelihoods:
        self.seen.append(request)
        context = request.messages[0].content.lower()
        if len(context) > self.most:
            raise ContextTooLong("too long")
        if any(part in context for part in self.broken):
            raise ServerFailed("the model fell over")
        known = {w.strip(".,:;!?")[:5] for w in context.split()}
        return Likelihoods(
            tuple(
                tuple(-1.0 if w.strip(".,")[:5].lower() in known else -6.0 for w in c.split())
                for c in request.continuations
            )
        )


def run(judge, item, model):
    steps = judge.judge(item)
    try:
        asks = next(steps)
        while True:
            asks = steps.send(tuple(answer(ask, model) for ask in asks))
    except StopIteration as stop:
        return stop.value


def answer(ask, model):
    try:
        completion = model(ask.request)
        return Reply(ask.read(completion), None, completion)
    except (ContextTooLong, ServerFailed, ReplyError) as error:
        return Reply(error=error)


def rubric(*criteria):
    return Rubric("r", criteria, integer_scale(1, 5))


def criterion(ask="Does the proposal name a partner?", scale=YES_NO, **more):
    return Criterion("c", ask, scale, **more)


def one(text, model=None, **more):
    (verdict,) = run(LikelihoodJudge(rubric(criterion(**more))), Item((("Text", text),)), model or WordModel())
    return verdict


def test_the_text_that_meets_the_criterion_scores_higher():
    meets, fails = one("our partner is the museum"), one("our kitchen has a window")
    assert meets.value > fails.value
    assert meets.basis == "likelihood"
    assert math.isclose(sum(p for _, p in meets.distribution), 1)


def test_a_criterion_of_absence_turns_the_order_round():
    meets = one("plain words", ask="Is the text free of jargon?")
    fails = one("jargon, and text that contains more jargon", ask="Is the text free of jargon?")
    assert meets.value > max(fails.value, 0.5)


def test_values_lie_on_the_criterions_scale():
    for scale in (integer_scale(1, 5), integer_scale(-3, 100), label_scale(("poor", "fair", "good"))):
        verdict = one("our partner", scale=scale)
        assert scale.low < verdict.value < scale.high
        assert verdict.label == scale.nearest_label(verdict.value)


def test_the_share_is_the_same_on_every_scale():
    shares = [s.normalised(one("our partner", scale=s).value) for s in (YES_NO, integer_scale(1, 5))]
    assert math.isclose(*shares)


def test_a_text_that_says_nothing_is_near_the_bottom():
    assert one("...").value < 0.35


def test_a_statement_of_the_rubric_is_used_as_it_stands():
    model = WordModel()
    judge = LikelihoodJudge(rubric(criterion(statement="It lists each cost.")))
    run(judge, ITEM, model)
    assert judge.statement("c").text == "It lists each cost"
    assert not any("partner" in c for r in model.seen for c in r.continuations if c != ITEM.text)


def test_what_does_not_depend_on_the_row_is_asked_once():
    model = WordModel()
    judge = LikelihoodJudge(rubric(criterion()))
    run(judge, ITEM, model)
    first = len(model.seen)
    run(judge, Item((("Text", "Another row"),)), model)
    # One request forward, one reverse for the criterion and one for any text.
    assert len(model.seen) - first == 3


def test_the_row_is_read_once_for_all_criteria_forward():
    model = WordModel()
    criteria = [Criterion(f"c{i}", f"Does it name a {w}?", YES_NO) for i, w in enumerate(("cat", "dog", "bird"))]
    run(LikelihoodJudge(rubric(*criteria)), ITEM, model)
    assert sum(ITEM.text in r.messages[0].content for r in model.seen) == 1


def test_verdicts_do_not_depend_on_the_rows_before():
    texts = ["our partner", "a kitchen", "", "partner partner"]
    judge, model = LikelihoodJudge(rubric(criterion())), WordModel()
    together = [run(judge, Item((("T", t),)), model) for t in texts]
    assert together == [run(LikelihoodJudge(rubric(criterion())), Item((("T", t),)), WordModel()) for t in texts]


def test_a_text_too_long_for_the_model_is_cut_and_said_so():
    verdict = one("our partner " * 500, WordModel(most=2_000))
    assert verdict.value is not None
    assert "left out" in verdict.note


def test_a_context_too_short_for_anything_leaves_the_row_unscored():
    assert one("our partner " * 500, WordModel(most=100)).unscored


def test_labels_without_an_order_are_unscored():
    verdict = one("our partner", scale=label_scale(("red", "blue"), ordered=False))
    assert "order" in verdict.unscored


@pytest.mark.parametrize("part", ["describe this text", "write a short text that fits this description: the proposal"])
def test_a_failed_call_is_never_a_number(part):
    verdict = one("our partner", WordModel(broken=(part,)))
    assert verdict.value is None
    assert "fell over" in verdict.unscored


def test_a_log_probability_that_is_no_number_is_refused():
    def model(request):
        return Likelihoods(tuple((math.nan,) for _ in request.continuations))

    assert one("our partner", model).unscored


def test_the_reverse_measure_reads_an_excerpt_of_a_long_text():
    model = WordModel()
    run(LikelihoodJudge(rubric(criterion()), Mix(excerpt=100)), Item((("T", "partner " * 300),)), model)
    read = [c for r in model.seen if "Write a short text" in r.messages[0].content for c in r.continuations]
    assert read
    assert all(len(c) < 200 for c in read)


def test_a_column_that_is_named_is_shown_with_the_row():
    model = WordModel()
    item = Item((("Reply", "Paris"),), {"Question": "What is the capital of France?"})
    run(LikelihoodJudge(rubric(criterion("Does the reply answer {Question}?"))), item, model)
    forward = [r.messages[0].content for r in model.seen if "Paris" in r.messages[0].content]
    assert all("What is the capital" in content for content in forward)
    assert any('the column "Question"' in c for r in model.seen for c in r.continuations)

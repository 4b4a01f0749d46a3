from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.judging.statements import Statement, candidates


def texts(ask: str) -> list[str]:
    return [s.text for s in candidates(ask)]


@pytest.mark.parametrize(
    ("ask", "statement"),
    [
        ("Does the proposal name a partner?", "The proposal names a partner"),
        ("Does it have a title?", "It has a title"),
        ("Does the bug report include steps?", "The bug report includes steps"),
        ("Does the author try hard?", "The author tries hard"),
        ("Is every item of the budget justified?", "Every item of the budget is justified"),
        ("Are women mentioned?", "Women are mentioned"),
        ("Is there a timeline?", "There is a timeline"),
        ("Do they recommend a book?", "They recommend a book"),
        ("Did the team win?", "The team did win"),
        ("Has the author been to Japan?", "The author has been to Japan"),
        ("How well does the applicant describe the method?", "The applicant describes the method well"),
        ("How friendly is the reply?", "The reply is friendly"),
        ("Community: is the idea feasible?", "The idea is feasible"),
        ("Check that the reply is polite.", "The reply is polite"),
        ("Mentions a price", "It mentions a price"),
        ("Asks for tests.", "It asks for tests"),
        ("Is the text about tea rather than coffee?", "The text is about tea"),
        ("Text is about cooking, not gardening", "Text is about cooking"),
        ("The reply should offer a refund.", "The reply offers a refund"),
        ("Answers must be short", "Answers are short"),
        ("Who is it for? It should be written for parents.", "It is written for parents"),
        ("Is it short? Two sentences are short.", "It is short"),
        ("Should the recipient reply?", "The recipient should reply"),
        ("The reply is not only polite but also kind", "The reply is not only polite but also kind"),
        ("Evidence of teamwork", "There is evidence of teamwork"),
        ("Costs are justified", "Costs are justified"),
        ("The text is written by a child.", "The text is written by a child"),
        ("What does it say of the staff?", 'The text answers the question "What does it say of the staff?"'),
    ],
)
def test_the_statement_is_among_the_candidates(ask, statement):
    assert statement in texts(ask)
    assert all(s.sign == 1 for s in candidates(ask))


@pytest.mark.parametrize(
    ("ask", "presence"),
    [
        ("Is the text free of spelling mistakes?", "The text contains spelling mistakes"),
        ("No personal attacks", "It contains personal attacks"),
        ("Does the abstract avoid jargon?", "The abstract contains jargon"),
        ("The response must not contain medical advice", "The response contains medical advice"),
        ("Check that the reply never blames the customer.", "The reply blames the customer"),
        ("The summary is not biased", "The summary is biased"),
        ("Doesn't mention any competitor", "It mentions any competitor"),
    ],
)
def test_absence_is_measured_by_presence(ask, presence):
    assert Statement(presence, -1) in candidates(ask)


def test_a_not_in_a_subordinate_clause_is_left_alone():
    assert "The answer is honest about what it doesn't know" in texts(
        "Is the answer honest about what it doesn't know?"
    )


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ("The reply is polite", "The reply"),
        ("It names a partner", "It"),
        ("There is a timeline", "There"),
        ("Women are mentioned", ""),
        ("A source is cited", ""),
        ("This is spam", "This"),
        ("This message is spam", "This message"),
    ],
)
def test_the_head_only_points_at_the_text(text, head):
    assert Statement(text).head == head


@given(st.text(max_size=80))
def test_every_ask_gives_a_statement(ask):
    found = candidates(ask)
    assert found
    assert all(s.sign in (1, -1) and s.text.startswith(s.head) for s in found)

"""From a reply's JSON to a completion."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sheetjudge.core.chat import Price, Usage
from sheetjudge.llm.replies import completion_of, logprobs_of, usage_of
from sheetjudge.llm.thoughts import split_reasoning
from sheetjudge.llm.wire import decoded, decoded_reply

plain = st.text(alphabet=st.characters(exclude_characters="<"), max_size=60)


@given(plain, plain)
def test_a_thought_and_a_reply_are_told_apart_and_nothing_is_lost(thought, reply):
    text, reasoning = split_reasoning(f"<think>{thought}</think>{reply}")
    assert reasoning == thought.strip()
    assert text == reply.lstrip()
    assert split_reasoning(reply) == (reply, "")


@pytest.mark.parametrize(
    ("content", "text", "reasoning"),
    [
        ("<thinking>a</thinking>b", "b", "a"),
        ("  \n<think>\na\n</think>\n\nb", "b", "a"),
        ("<think>a", "", "a"),
        ("a</think>b", "b", "a"),
        ('{"reason": "it says </think> here"}', '{"reason": "it says </think> here"}', ""),
        ("I think so", "I think so", ""),
        ("<think>a</think>b</think>c", "b</think>c", "a"),
    ],
)
def test_reasoning_marks(content, text, reasoning):
    assert split_reasoning(content) == (text, reasoning)


FAMILIES = [
    ("<think>", "</think>"),
    ("<thinking>\n", "\n</thinking>\n"),
    ("<thought>", "</thought>"),
    ("<seed:think>", "</seed:think>"),
    ("<reasoning>", "</reasoning>"),
    ("<analysis>", "</analysis>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|channel>thought\n", "<channel|>"),
    ("<unused94>thought\n", "<unused95>"),
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ("<|start|>assistant<|channel|>analysis<|message|>", "<|end|><|channel|>final <|constrain|>json<|message|>"),
    ("analysis", "assistantfinal"),
]
TEMPLATE_OPENS = {"</think>", "[/THINK]", "◁/think▷", "</seed:think>", "<|END_THINKING|>"}
DRAFT, VERDICT = '{"clear": {"reason": "a", "score": 5}}', '{"clear": {"reason": "b", "score": 2}}'


@given(st.sampled_from(FAMILIES), plain, st.sampled_from(["", DRAFT, f"{DRAFT} or {DRAFT}?"]))
def test_no_draft_in_any_familys_thoughts_is_part_of_the_reply(marks, words, draft):
    opening, closing = marks
    assert split_reasoning(f"\n{opening}{words}{draft} {closing}\n{VERDICT}"[opening == "analysis" :])[0] == VERDICT
    if closing.strip() in TEMPLATE_OPENS:
        assert split_reasoning(f"I {words}{draft} {closing}\n{VERDICT}")[0] == VERDICT


@pytest.mark.parametrize("opening", [m for m, _ in FAMILIES if m not in ("analysis", "<reasoning>", "<analysis>")])
def test_thoughts_that_were_cut_off_are_no_reply(opening):
    assert split_reasoning(f"{opening} I could say {DRAFT} but")[0] == ""


@pytest.mark.parametrize("head", ["[Reasoning]\n", "analysis of the row: ", "<analysis> ", "Thinking: ", "[think] "])
def test_a_heading_opens_no_thoughts(head):
    assert split_reasoning(f"{head}It is clear. {VERDICT}") == (f"{head}It is clear. {VERDICT}", "")


@pytest.mark.parametrize(
    ("stated", "finish"),
    [
        ("stop", "stop"),
        ("STOP", "stop"),
        (None, "stop"),
        (7, "stop"),
        ("MAX_TOKENS", "length"),
        ("model_length", "length"),
        ("SAFETY", "content_filter"),
        ("content_filter: PROHIBITED_CONTENT", "content_filter"),
        ("sensitive", "content_filter"),
        ("error", "error"),
        ("insufficient_system_resource", "error"),
        ("tool_calls", "tool_calls"),
    ],
)
def test_how_a_reply_ended_in_one_set_of_words(stated, finish):
    assert completion_of({}, {"message": {"content": "x"}, "finish_reason": stated}, "text", None).finish == finish


@pytest.mark.parametrize("kind", ["reasoning", "thinking", "reasoning_text", "summary"])
def test_parts_of_a_message_that_hold_thoughts_are_no_reply(kind):
    parts = [{"type": kind, "text": DRAFT}, {"type": "text", "text": VERDICT}]
    found = completion_of({}, {"message": {"content": parts}}, "text", None)
    assert (found.text, found.reasoning) == (VERDICT, DRAFT)


@pytest.mark.parametrize(
    ("raw", "usage"),
    [
        (None, None),
        ({}, None),
        ({"prompt_tokens": "many"}, None),
        ({"prompt_tokens": 9, "completion_tokens": 3}, Usage(9, 3)),
        ({"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}, Usage(9, 3, 4)),
        ({"prompt_tokens": 9, "completion_tokens": 3, "prompt_cache_hit_tokens": 5}, Usage(9, 3, 5)),
        ({"prompt_tokens": 9, "completion_tokens": 3, "cached_tokens": 50}, Usage(9, 3, 9)),
        (
            {"prompt_tokens": 9, "completion_tokens": 3, "completion_tokens_details": {"reasoning_tokens": 2}},
            Usage(9, 3, 0, 2),
        ),
        ({"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 30}, Usage(9, 21, 0, 18)),
        ({"prompt_tokens": 9, "completion_tokens": None, "prompt_tokens_details": None}, Usage(9, 0)),
    ],
)
def test_tokens_are_read_wherever_they_stand(raw, usage):
    assert usage_of(raw) == usage


def entries(*tokens):
    return {"content": [{"token": t, "logprob": -1.0, "top_logprobs": [{"token": t, "logprob": -1.0}]} for t in tokens]}


@pytest.mark.parametrize(
    ("tokens", "text", "kept"),
    [
        (["a", "b"], "ab", ["a", "b"]),
        (["<think>", "x", "</think>", "a", "b"], "ab", ["a", "b"]),
        (["a", "b", "<|end|>"], "ab", ["a", "b"]),
        (["<think>", "no", "</think>"], "other", None),
        (["\\xf0\\x9f", "\\x98\\x80"], "😀", None),
        (["caf", "\\xc3", "\\xa9 is fine, thanks"], "café is fine, thanks", ["caf", "\\xc3", "\\xa9 is fine, thanks"]),
        ([], "", None),
    ],
)
def test_probabilities_are_those_of_the_text(tokens, text, kept):
    got = logprobs_of(entries(*tokens), text)
    assert (None if got is None else [t.token for t in got]) == kept


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda c: (
            st.lists(c, max_size=3)
            | st.dictionaries(
                st.sampled_from(["content", "token", "logprob", "top_logprobs", "tokens", "token_logprobs"]),
                c,
                max_size=4,
            )
        ),
    )
)
def test_no_shape_of_probabilities_breaks_the_reading(raw):
    logprobs_of(raw, "text")


def test_a_cost_that_the_reply_states_counts_before_the_price():
    body = {"usage": {"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.25}}
    assert completion_of(body, {}, "text", Price(1, 1)).cost == 0.25


def test_a_model_that_costs_nothing_costs_nothing_without_usage_too():
    assert completion_of({}, {}, "text", Price(0, 0)).cost == 0.0
    assert completion_of({}, {}, "text", Price(1, 0)).cost is None
    assert completion_of({"usage": {"prompt_tokens": 1}}, {}, "text", None).cost is None


@pytest.mark.parametrize("cost", [-5, -0.01, float("nan"), float("inf"), 10**400, "1"])
def test_a_cost_that_can_t_be_is_none_stated(cost):
    body = {"usage": {"prompt_tokens": 1_000_000, "completion_tokens": 0, "cost": cost}}
    assert completion_of(body, {}, "text", Price(1, 1)).cost == 1


@pytest.mark.parametrize("tokens", [-1_000_000, 10**30])
def test_tokens_that_can_t_be_are_none_counted_so_that_no_budget_grows_by_them(tokens):
    body = {"usage": {"prompt_tokens": tokens, "completion_tokens": 5, "total_tokens": 5}}
    found = completion_of(body, {}, "text", Price(1, 1))
    assert (found.usage, found.cost) == (Usage(), None)
    other = usage_of({"prompt_tokens": 7, "completion_tokens": tokens, "total_tokens": tokens})
    assert other == Usage(7, 0)


REPLY = {
    "id": "chatcmpl-1",
    "model": "m",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "4 ok"},
            "finish_reason": "stop",
            "logprobs": {
                "content": [
                    {"token": text, "logprob": -1, "bytes": None, "top_logprobs": [{"token": text, "logprob": -1.5}]}
                    for text in ("4", " ok")
                ]
            },
        }
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)


@st.composite
def replies(draw):
    """Replies as they should be, but for one place."""
    reply = json.loads(json.dumps(REPLY))
    place, names = reply, list(reply)
    while True:
        name = draw(st.sampled_from(names))
        inner = place[name]
        names = list(inner) if isinstance(inner, dict) else list(range(len(inner))) if isinstance(inner, list) else []
        if not names or draw(st.booleans()):
            break
        place = inner
    if draw(st.booleans()) and isinstance(place, dict):
        del place[name]
    else:
        place[name] = draw(JSON)
    return json.dumps(reply).encode()


@example(b"\x00{\x00}\x00")
@given(replies() | st.binary(max_size=20))
def test_what_is_read_of_a_reply_does_not_hang_on_how_it_was_decoded(raw):
    def read(body):
        choices = body.get("choices") if isinstance(body, dict) else None
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            return None
        found = completion_of(body, choices[0], "json_schema", None)
        tops = None if found.logprobs is None else [tuple(token.top) for token in found.logprobs]
        return repr((replace(found, logprobs=None), tops, found.logprobs and [t.logprob for t in found.logprobs]))

    assert read(decoded_reply(raw)) == read(decoded(raw))


@given(st.lists(st.dictionaries(st.sampled_from(["type", "text", "thinking"]), JSON, max_size=3), max_size=3))
def test_no_shape_of_content_breaks_the_reading(parts):
    completion_of({}, {"message": {"content": parts}}, "text", None)

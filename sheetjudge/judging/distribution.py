"""From token probabilities to a distribution over a scale's answers, and the mean of several.

Taking the expectation over the score tokens instead of the stated score is the method of G-Eval (Liu et al., 2023).
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate

from sheetjudge.core.chat import TokenLogprob, token_texts
from sheetjudge.core.rubric import Scale

_SEVERAL_DIGITS = re.compile(r"\s*-?[0-9]{2}")

Distribution = tuple[tuple[str, float], ...]

# Below this share of the probability the alternatives shown say too little about the answers.
LEAST_COVERAGE = 0.5
# A token as probable as this needs no alternatives: there is nothing left for them (a token forced by the format, say).
CERTAIN = 0.99


def score_distribution(tokens: Sequence[TokenLogprob], span: tuple[int, int], scale: Scale) -> Distribution | None:
    """How probable each answer of `scale` was where the reply's score stands.

    Args:
        tokens: the reply's tokens with their alternatives; their texts joined are the reply.
        span: where the score's JSON text lies in the reply, in characters.
        scale: the allowed answers.

    Returns:
        (answer, probability) pairs that sum to 1, in the scale's order. None where the tokens don't line up with an
        answer of the scale, where a token that could have led to another answer comes without alternatives, and
        where the alternatives hold less than half of the probability.

    A number of several tokens is followed token by token: "10" after "1" has the probability of "1" times that of
    "0" given "1", and "1" that of a token without a further digit. An alternative that was not taken and that
    begins several answers ("1" on a scale of 0 to 10) is shared among them evenly, for what would have followed it
    is not known; but where another one holds several digits at once ("10"), this model writes numbers whole, and "1"
    is 1.
    """
    ends = list(accumulate(map(len, token_texts(tokens))))
    index = bisect_right(ends, span[0])
    start = ends[index - 1] if index else 0
    whole = _whole_answers(scale)
    masses = dict.fromkeys(scale.labels, 0.0)
    taken, reach = "", 1.0
    for token in tokens[index:]:
        lead = token.token[: max(span[0] - start, 0)]
        start += len(token.token)
        hits = _led_to(taken + token.token[len(lead) :], whole, scale)
        certain = _share(token.logprob) >= CERTAIN
        if not hits or (not certain and not any(text != token.token for text, _ in token.top)):
            return None
        rests = {text: rest for text, _ in reversed(token.top) if (rest := _after(lead, text)) is not None}
        is_whole = scale.kind == "integer" and any(
            map(_SEVERAL_DIGITS.match, [token.token[len(lead) :], *rests.values()])
        )
        for text, logprob in dict(reversed(token.top)).items():
            if text == token.token or text not in rests:
                continue
            others = _led_to(taken + rests[text], whole, scale)
            if is_whole and (number := (taken + rests[text]).strip()) in others:
                others = [number]
            for label in others:
                masses[label] += reach * _share(logprob) / len(others)
        taken += token.token[len(lead) :]
        reach *= _share(token.logprob)
        if len(hits) == 1:
            masses[hits[0]] += reach
            break
    total = math.fsum(masses.values())
    if total < LEAST_COVERAGE:
        return None
    return tuple((label, mass / total) for label, mass in masses.items())


def only_scores(tokens: Sequence[TokenLogprob], spans: Iterable[tuple[int, int]]) -> tuple[TokenLogprob, ...]:
    """The same text in fewer tokens: those that `score_distribution` looks at, the rest run together.

    A reply's alternatives take a hundred times the room of its text, and only those at the scores are ever used.
    """
    texts = token_texts(tokens)
    ends = list(accumulate(map(len, texts)))
    kept: list[TokenLogprob] = []
    done = 0
    for start, stop in sorted(spans):
        first = max(bisect_right(ends, start), done)
        # Up to the token of the next character: it tells whether a number goes on.
        last = min(bisect_right(ends, stop) + 1, len(texts))
        kept += [*_joined(texts[done:first]), *tokens[first:last]]
        done = max(done, last)
    return (*kept, *_joined(texts[done:]))


def _joined(texts: Sequence[str]) -> tuple[TokenLogprob, ...]:
    return (TokenLogprob("".join(texts), 0.0),) if texts else ()


def _share(logprob: float) -> float:
    """A probability from its logarithm; what is no number counts as nothing."""
    return math.exp(min(logprob, 0.0)) if logprob == logprob else 0.0  # noqa: PLR0124 - NaN differs from itself


def _after(lead: str, text: str) -> str | None:
    """What `text` holds after `lead`, JSON before a score where white space doesn't count; None where it differs."""
    for char in "".join(lead.split()):
        text = text.lstrip()
        if not text.startswith(char):
            return None
        text = text[1:]
    return text


@lru_cache(maxsize=64)
def _whole_answers(scale: Scale) -> Mapping[str, str]:
    """Each answer's JSON text with something that ends it: numbers need a mark, strings have their quote."""
    if scale.kind == "integer":
        return {label: f"{label}$" for label in scale.labels}
    return {label: json.dumps(label, ensure_ascii=False).casefold() for label in scale.labels}


def _led_to(text: str, whole: Mapping[str, str], scale: Scale) -> list[str]:
    """The answers that `text` is, or may become."""
    text = text.lstrip()
    if scale.kind == "integer":
        digits = len(text) - len(text.lstrip("-0123456789"))
        text = text[:digits] + "$" if digits < len(text) else text
    else:
        text = text.casefold()
    return [label for label, end in whole.items() if end.startswith(text) or text.startswith(end)] if text else []


def expectation(distribution: Distribution, scale: Scale) -> float:
    """Mean of the answers' values, in scale units."""
    mean = math.fsum(p * scale.value_of(label) for label, p in distribution)
    return min(max(mean, float(scale.low)), float(scale.high))  # rounding must not carry it off the scale


def mixed(distributions: Sequence[Distribution]) -> Distribution:
    """The even mixture of several distributions over the same answers."""
    masses: dict[str, float] = {}
    for distribution in distributions:
        for label, p in distribution:
            masses[label] = masses.get(label, 0.0) + p / len(distributions)
    return tuple(masses.items())

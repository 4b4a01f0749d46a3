"""From token probabilities to a distribution over a scale's answers, and the mean of several.

Taking the expectation over the score tokens instead of the stated score is the method of G-Eval (Liu et al., 2023).
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from sheetjudge.core.chat import TokenLogprob
from sheetjudge.core.rubric import Scale

Distribution = tuple[tuple[str, float], ...]

# Below this share of the probability the alternatives shown say too little about the answers.
LEAST_COVERAGE = 0.5


def score_distribution(tokens: Sequence[TokenLogprob], span: tuple[int, int], scale: Scale) -> Distribution | None:
    """How probable each answer of `scale` was where the reply's score stands.

    Args:
        tokens: the reply's tokens with their alternatives; their texts joined are the reply.
        span: where the score's JSON text lies in the reply, in characters.
        scale: the allowed answers.

    Returns:
        (answer, probability) pairs that sum to 1, or None where the tokens don't line up with the reply or the
        alternatives hold less than half of the probability.

    A number of several tokens is followed token by token: "10" after "1" has the probability of "1" times that of
    "0" given "1", and "1" that of a token without a further digit. An alternative that was not taken and that
    begins several answers ("1" on a scale of 0 to 10) is shared among them evenly, for what would have followed it
    is not known.
    """
    offsets = _ends(tokens)
    index = bisect_right(offsets, span[0])
    if index >= len(tokens):
        return None
    inside = span[0] - (offsets[index] - len(tokens[index].token))
    ends = _endings(scale)
    masses = dict.fromkeys(scale.labels, 0.0)
    taken, reach = "", 1.0
    for token in tokens[index:]:
        lead, inside = token.token[:inside], 0
        spread = False
        for text, logprob in _alternatives(token):
            if not text.startswith(lead):
                continue
            candidate = _closed(taken + text[len(lead) :], scale)
            if not candidate:
                continue
            hits = [
                label for label, whole in ends.items() if whole.startswith(candidate) or candidate.startswith(whole)
            ]
            if text == token.token and len(hits) > 1:
                spread = True
                continue
            for label in hits:
                masses[label] += reach * math.exp(logprob) / len(hits)
        if not spread:
            break
        taken += token.token[len(lead) :]
        reach *= math.exp(token.logprob)
    total = sum(masses.values())
    if total < LEAST_COVERAGE:
        return None
    return tuple((label, mass / total) for label, mass in masses.items())


def only_scores(tokens: Sequence[TokenLogprob], spans: Iterable[tuple[int, int]]) -> tuple[TokenLogprob, ...]:
    """The same text in fewer tokens: those that `score_distribution` looks at, the rest run together.

    A reply's alternatives take a hundred times the room of its text, and only those at the scores are ever used.
    """
    ends = _ends(tokens)
    kept: list[TokenLogprob] = []
    done = 0
    for start, stop in sorted(spans):
        first = max(bisect_right(ends, start), done)
        # One token past the score: it tells whether a number goes on.
        last = min(bisect_right(ends, stop) + 1, len(tokens))
        kept += [*_joined(tokens[done:first]), *tokens[first:last]]
        done = max(done, last)
    return (*kept, *_joined(tokens[done:]))


def _ends(tokens: Sequence[TokenLogprob]) -> list[int]:
    """Where each token ends in the text, in characters."""
    return list(accumulate(len(token.token) for token in tokens))


def _joined(tokens: Sequence[TokenLogprob]) -> tuple[TokenLogprob, ...]:
    return (TokenLogprob("".join(t.token for t in tokens), 0.0),) if tokens else ()


def _alternatives(token: TokenLogprob) -> list[tuple[str, float]]:
    """The alternatives with the token itself among them, once."""
    seen = dict(token.top)
    seen[token.token] = token.logprob
    return list(seen.items())


def _endings(scale: Scale) -> dict[str, str]:
    """Each answer's JSON text with something that ends it: numbers need a mark, strings have their quote."""
    if scale.kind == "integer":
        return {label: f"{label}$" for label in scale.labels}
    return {label: json.dumps(label, ensure_ascii=False) for label in scale.labels}


def _closed(text: str, scale: Scale) -> str:
    """`text` up to the end of the answer that it begins, in the form of `_endings`."""
    text = text.lstrip()
    if scale.kind != "integer":
        return text
    digits = len(text) - len(text.lstrip("-0123456789"))
    return text[:digits] + "$" if digits < len(text) else text


def expectation(distribution: Distribution, scale: Scale) -> float:
    """Mean of the answers' values, in scale units."""
    return sum(p * scale.value_of(label) for label, p in distribution)


def mixed(distributions: Sequence[Distribution]) -> Distribution:
    """The even mixture of several distributions over the same answers."""
    masses: dict[str, float] = {}
    for distribution in distributions:
        for label, p in distribution:
            masses[label] = masses.get(label, 0.0) + p / len(distributions)
    return tuple(masses.items())

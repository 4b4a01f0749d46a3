"""Several verdicts on the same question drawn together: samples of one judge, or the judges of a jury.

The value is the mean, never the most frequent answer: the mean keeps what the spread of answers says (self-consistency,
Wang et al., 2023, takes the mode, which throws it away on an ordered scale).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import fsum

from sheetjudge.core.rubric import Criterion, Scale
from sheetjudge.core.verdict import Verdict, unscored
from sheetjudge.judging.distribution import Distribution, mixed


def pooled(criterion: Criterion, verdicts: Sequence[Verdict], of: str) -> Verdict:
    """The mean of the scored verdicts.

    Args:
        criterion: what they answer.
        verdicts: one or more, scored or not.
        of: what each one is, `sample` or `judge`; used in the note on those that failed.

    Returns:
        One verdict. Unscored, with the most frequent reason, where none is scored. The reason is that of the
        verdict nearest to the mean.
    """
    if len(verdicts) == 1:
        return verdicts[0]
    scored = [v for v in verdicts if not v.unscored]
    if not scored:
        return unscored(criterion.id, Counter(v.unscored for v in verdicts).most_common(1)[0][0])
    failed = [v.unscored for v in verdicts if v.unscored]
    notes = [v.note for v in scored if v.note]
    if failed:
        notes.append(f"{len(failed)} of {len(verdicts)} {of}s gave no verdict ({failed[0].rstrip('.')})")
    distribution = _in_order(mixed([v.distribution or ((v.label, 1.0),) for v in scored]), criterion.scale)
    tied = [] if criterion.scale.ordered else _most_probable(distribution)
    if len(tied) > 1:
        notes.append(f"tied between {' and '.join(tied)}")
    value, label = _mean_and_label(criterion, scored, distribution)
    nearest = min(scored, key=lambda v: (abs((v.value or 0.0) - (value or 0.0)), v.label != label))
    return replace(
        nearest,
        value=value,
        label=label,
        distribution=distribution,
        basis="samples" if of == "sample" else nearest.basis,
        note="; ".join(dict.fromkeys(notes)),
    )


def _mean_and_label(
    criterion: Criterion, scored: Sequence[Verdict], distribution: Distribution
) -> tuple[float | None, str]:
    if not criterion.scale.ordered:
        return None, _most_probable(distribution)[0]
    value = fsum(v.value for v in scored if v.value is not None) / len(scored)
    return value, criterion.scale.nearest_label(value)


def _in_order(distribution: Distribution, scale: Scale) -> Distribution:
    return tuple(sorted(distribution, key=lambda pair: scale.labels.index(pair[0])))


def _most_probable(distribution: Distribution) -> list[str]:
    """The answers that none is more probable than, beyond what rounding does."""
    most = max(p for _, p in distribution)
    return [label for label, p in distribution if p > most - 1e-9]

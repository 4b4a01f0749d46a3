"""What deterministic checks say of a pair: they settle some without a judge, and have their weight in the others."""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum

from sheetjudge.core.rubric import Criterion, Rubric
from sheetjudge.core.verdict import PairVerdict, Verdict, undecided
from sheetjudge.judging.pairwise_prompts import compared

Checks = Mapping[str, Verdict]


def settled_by_checks(rubric: Rubric, first: Checks, second: Checks) -> PairVerdict | None:
    """The verdict on a pair that needs no judge, or None where one has to be asked.

    A text that fails a required check loses to one that fails none; two that both fail one tie, as their scores do.
    Where the rubric has nothing for a judge to compare, the checks' weighted difference decides.

    Args:
        rubric: what the texts are compared by.
        first, second: verdict of each check on the text, by criterion id.
    """
    checks = [c for c in rubric.criteria if c.check is not None and (c.required is not None or c.weight > 0)]
    for criterion in checks:
        for verdicts in (first, second):
            if verdicts[criterion.id].unscored:
                return undecided(f"{criterion.id}: {verdicts[criterion.id].unscored}")
    failed = [[c.id for c in checks if not _met(c, verdicts[c.id])] for verdicts in (first, second)]
    if any(failed):
        return _by_gates(*failed)
    if compared(rubric):
        return None
    return PairVerdict(with_checks(rubric, 0.5, first, second), "", "check")


def _by_gates(first: list[str], second: list[str]) -> PairVerdict:
    preference = 0.5 if first and second else float(not first)
    parts = [f"{name} fails what is required ({', '.join(ids)})" for name, ids in (("A", first), ("B", second)) if ids]
    return PairVerdict(preference, f"{'; '.join(parts)}.", "check")


def _met(criterion: Criterion, verdict: Verdict) -> bool:
    return criterion.required is None or (verdict.value is not None and verdict.value >= criterion.required)


def with_checks(rubric: Rubric, preference: float, first: Checks, second: Checks) -> float:
    """A judge's preference with the weight of what the judge was asked, the checks' difference with theirs.

    Args:
        rubric: what the texts are compared by.
        preference: the judge's, in 0…1 for the first text.
        first, second: verdict of each check on the text, by criterion id.
    """
    checks = [c for c in rubric.criteria if c.check is not None and c.weight > 0 and c.scale.ordered]
    if not checks:
        return preference
    asked = fsum(c.weight for c in compared(rubric))
    ahead = fsum(c.weight * (_share(c, first[c.id]) - _share(c, second[c.id])) / 2 for c in checks)
    return 0.5 + (asked * (preference - 0.5) + ahead) / (fsum(c.weight for c in checks) + asked)


def _share(criterion: Criterion, verdict: Verdict) -> float:
    return 0.0 if verdict.value is None else criterion.scale.normalised(verdict.value)

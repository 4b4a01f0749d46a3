"""Bradley-Terry with a length term, fitted to many weightings of the same comparisons at once.

A comparison is won with the chance 1 / (1 + exp(-(strength - other strength + effect * lean))) (Bradley and Terry,
1952), where the lean is how much longer the text is: the hyperbolic tangent of the difference of lengths in standard
deviations, as in length-controlled AlpacaEval (Dubois et al., 2024).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Indexes = NDArray[np.int64]

# Leans are rounded to this, so that comparisons of the same two with about the same lean are one cell.
LEAN_STEP = 0.05
# Standard deviation, in log-odds, of the normal prior on the length effect.
EFFECT_SD = 2.0
_MOST_STEPS = 60
_LONGEST_STEP = 2.0
_CLOSE = 1e-9
_NUMBERS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Cells:
    """Comparisons of the same two contenders with the same lean, drawn together.

    Attributes:
        count: number of contenders.
        first, second: contender indexes of each cell, first < second.
        lean: of each cell, for its first contender.
        wins, losses: sparse, prompts x cells: preferences summed for the first and for the second.
    """

    count: int
    first: Indexes
    second: Indexes
    lean: Array
    wins: Any
    losses: Any

    def without_lean(self) -> tuple[Cells, Any]:
        """The same with one cell for each two that met, whatever the lean; and the matrix that gathers cells so."""
        import numpy as np

        codes, place = np.unique(self.first * self.count + self.second, return_inverse=True)
        rows = np.arange(len(place))
        gather = _sum([(np.ones(len(place)), (rows, place))], (len(place), len(codes)))
        first, second = np.divmod(codes, self.count)
        plain = Cells(self.count, first, second, np.zeros(len(codes)), self.wins @ gather, self.losses @ gather)
        return plain, gather


def cells(
    count: int, prompts: Sequence[int], contenders: Sequence[tuple[int, int]], preferences: Array, leans: Array
) -> Cells:
    """Gather comparisons into cells.

    Args:
        count: number of contenders.
        prompts: index of each comparison's prompt, from 0 without gaps.
        contenders: the two of each comparison.
        preferences: chance that its first is better, in 0…1.
        leans: of its first text, in -1…1.
    """
    import numpy as np
    from scipy import sparse

    pairs = np.asarray(contenders, dtype=np.int64).reshape(-1, 2)
    turned = pairs[:, 0] > pairs[:, 1]
    first, second = pairs.min(1), pairs.max(1)
    wins = np.where(turned, 1.0 - preferences, preferences)
    steps = np.rint(np.where(turned, -leans, leans) / LEAN_STEP).astype(np.int64)
    width = round(2 / LEAN_STEP) + 1
    codes = (first * count + second) * width + steps + width // 2
    # A cell without lean for each two that met: what is added to them (`phantoms`) has none.
    unleaning = np.unique((first * count + second) * width + width // 2)
    found, place = np.unique(np.concatenate([codes, unleaning]), return_inverse=True)
    at = (np.asarray(prompts), place[: len(codes)])
    shape = (max(prompts, default=-1) + 1, len(found))
    both, step = np.divmod(found, width)
    return Cells(
        count,
        both // count,
        both % count,
        (step - width // 2) * LEAN_STEP,
        sparse.csr_array((wins, at), shape),
        sparse.csr_array((1.0 - wins, at), shape),
    )


def phantoms(met: Cells) -> tuple[Any, Any]:
    """For each contender a prompt that never was, on which it beats all it has met (wins, losses: contender x cell).

    Each stands for the contender's average prompt. With half of one for each contender, the interval between two of
    them is that of Jeffreys, and a contender that won everything has a strength all the same.
    """
    import numpy as np
    from scipy import sparse

    games = met.wins + met.losses
    total = np.asarray(games.sum(0)).ravel()
    plain = np.flatnonzero(met.lean == 0)
    code = met.first * met.count + met.second
    home = plain[np.searchsorted(code[plain], code)]  # the cell without lean of the same two
    prompt, cell = games.nonzero()
    seen = np.zeros((games.shape[0], met.count), dtype=bool)
    seen[prompt, met.first[cell]] = seen[prompt, met.second[cell]] = True
    prompts = np.maximum(seen.sum(0), 1)
    shape = (met.count, len(total))
    won, lost = (sparse.csr_array((total / prompts[side], (side, home)), shape) for side in (met.first, met.second))
    return won, lost


def fitted(met: Cells, wins: Array, losses: Array, effects: Array | None = None) -> Array:
    """Strengths in log-odds, with mean 0, and last the effect of lean (0 where it isn't fitted).

    Args:
        met: what was compared.
        wins, losses: weightings x cells.
        effects: mean of the weak prior on the effect of lean, one for each weighting; None not to fit one.

    Returns:
        Weightings x (contenders + 1), by Newton's method.
    """
    import numpy as np

    size = met.count + (effects is not None)
    rows = np.arange(len(met.first))
    terms = [(met.first, np.ones(len(rows))), (met.second, -np.ones(len(rows)))]
    if effects is not None:
        terms.append((np.full(len(rows), met.count), met.lean))
    design = _sum([(value, (rows, column)) for column, value in terms], (len(rows), size))
    squares = _sum(
        [(value * other, (rows, column * size + beside)) for column, value in terms for beside, other in terms],
        (len(rows), size * size),
    )
    anchor = np.zeros((size, size))
    anchor[: met.count, : met.count] = 1 / met.count  # the mean of the strengths is 0
    pull, centre = np.zeros(size), np.zeros((len(wins), size))
    if effects is not None:
        pull[-1], centre[:, -1] = EFFECT_SD**-2, effects
    anchor += np.diag(pull + _CLOSE)
    games = wins + losses
    found = np.zeros((len(wins), size))
    for _ in range(_MOST_STEPS):
        chance = 1 / (1 + np.exp(-(found @ design.T)))
        slope = (wins - games * chance) @ design - (found - centre) * pull
        curve = ((games * chance * (1 - chance)) @ squares).reshape(-1, size, size) + anchor
        step = np.linalg.solve(curve, slope[..., None])[..., 0].clip(-_LONGEST_STEP, _LONGEST_STEP)
        found += step
        if abs(step).max(initial=0.0) < _CLOSE:
            break
    # Steps that were cut short have moved the mean.
    found[:, : met.count] -= found[:, : met.count].mean(1, keepdims=True)
    return np.pad(found, ((0, 0), (0, met.count + 1 - size)))


def _sum(parts: Sequence[tuple[Any, tuple[Any, Any]]], shape: tuple[int, int]) -> Any:
    """A sparse matrix from (values, (rows, columns)); what falls on the same place is added."""
    import numpy as np
    from scipy import sparse

    values = np.concatenate([value for value, _ in parts])
    rows = np.concatenate([row for _, (row, _) in parts])
    columns = np.concatenate([column for _, (_, column) in parts])
    return sparse.csr_array((values, (rows, columns)), shape)


@dataclass(frozen=True)
class Weighted:
    """The comparisons under many weightings of their prompts, the first of which is the data itself.

    Attributes:
        strengths: weightings x contenders, in log-odds with mean 0.
        chances: weightings x contenders, mean preference for a contender over those it met.
        level_chances: the same had all texts been equally long; NaN where the effect of lean isn't fitted.
        effects: of lean, one for each weighting.
    """

    strengths: Array
    chances: Array
    level_chances: Array
    effects: Array


def weighted(met: Cells, *, resamples: int, seed: int, with_effect: bool) -> Weighted:
    """Fit the data, and as many Bayesian bootstrap weightings of its prompts (Rubin, 1981).

    Prompts are drawn as wholes, for comparisons of answers to the same prompt hang together. Half a phantom prompt
    for each contender (see `phantoms`) is among them; the data's own chances are counted without. The length effect's
    prior is drawn as well (Newton, Polson and Xu, 2021), or little data would look like certainty that it is 0.
    """
    import numpy as np

    won, lost = phantoms(met)
    plain, gather = met.without_lean()

    def under(prompts: Array, extra: Array, prior: Array, *, count_extra: bool) -> Weighted:
        real = prompts @ met.wins @ gather, prompts @ met.losses @ gather
        wins, losses = prompts @ met.wins + extra @ won, prompts @ met.losses + extra @ lost
        drawn = wins @ gather, losses @ gather
        chances = _chances(plain, *(drawn if count_extra else real))
        strengths = fitted(plain, *drawn)[:, :-1]
        if not with_effect:
            return Weighted(strengths, chances, np.full_like(chances, np.nan), np.zeros(len(chances)))
        level = fitted(met, wins, losses, prior)
        expected = 1 / (1 + np.exp(level[:, plain.second] - level[:, plain.first]))
        games = drawn[0] + drawn[1]
        return Weighted(strengths, chances, _chances(plain, games * expected, games * (1 - expected)), level[:, -1])

    count, width = met.wins.shape
    parts = [under(np.ones((1, count)), np.full((1, met.count), 0.5), np.zeros(1), count_extra=False)]
    random = np.random.default_rng(seed)
    batch = max(1, _NUMBERS_AT_ONCE // max(width + count, (met.count + 1) ** 2))
    for begin in range(0, resamples, batch):
        size = min(batch, resamples - begin)
        drawn = random.exponential(size=(size, count)), random.gamma(0.5, size=(size, met.count))
        parts.append(under(*drawn, random.normal(0.0, EFFECT_SD, size), count_extra=True))
    return Weighted(
        np.concatenate([part.strengths for part in parts]),
        np.concatenate([part.chances for part in parts]),
        np.concatenate([part.level_chances for part in parts]),
        np.concatenate([part.effects for part in parts]),
    )


def _chances(plain: Cells, wins: Array, losses: Array) -> Array:
    """Each contender's share of its games."""
    import numpy as np

    rows = np.arange(len(plain.first))
    ones, shape = np.ones(len(rows)), (len(rows), plain.count)
    first, second = _sum([(ones, (rows, plain.first))], shape), _sum([(ones, (rows, plain.second))], shape)
    games = (wins + losses) @ (first + second)
    with np.errstate(invalid="ignore"):
        shares: Array = (wins @ first + losses @ second) / games
    return shares

"""How a judge errs, learned from its answers: the noise that makes them most probable (empirical Bayes)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sheetjudge.stats.ranking_noise import DENSITY, LEAST, MIXTURE, Noise, edges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[Any]

# Of the free parameters: log of the slope, log-odds of the flat rates against looking, the shift, log of the width.
_BOUNDS = ((-2.5, 4.0), (-7.0, 2.0), (-7.0, 2.0), (-4.0, 4.0), (-7.0, 2.0), (-4.0, 2.5))
_WITHOUT_TIES = 4
# What is most likely beforehand.
_SLOPE, _WIDTH = 4.0, 0.5
_STEPS = 8


def learned(noise: Noise, shares: Floats, mean: Floats, variance: Floats) -> Noise:
    """The noise that makes the answers most probable, under a weak prior.

    Args:
        noise: where to begin.
        shares: the answers, as `answer_shares` gives them.
        mean, variance: what is known of each gap without its own answer (the cavities of expectation propagation: at
            its fixed point the gradient of this sum is that of the evidence; Seeger, 2005).
    """
    from scipy.optimize import minimize

    ties = bool((shares[1] > 0).any())

    def loss(given: Floats) -> tuple[float, Floats]:
        value, slope = log_evidence(given, shares, mean, variance, ties=ties)
        return -value, -slope

    bounds = _BOUNDS if ties else _BOUNDS[:_WITHOUT_TIES]
    start = to_free(noise, ties=ties)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _STEPS})
    return from_free(found.x, ties=ties)


def log_evidence(given: Floats, shares: Floats, mean: Floats, variance: Floats, *, ties: bool) -> tuple[float, Floats]:
    """Log of the answers' probability and of the prior, and its gradient by the free parameters (see `to_free`)."""
    import numpy as np
    from scipy.special import ndtr

    noise = from_free(given, ties=ties)
    first, tied, second = shares
    looked = second.copy()
    by_slope, by_shift, by_width = (np.zeros_like(mean) for _ in range(3))
    for at, (offset, factor) in enumerate(edges(noise, shares)):
        for share, scale in MIXTURE:
            spread = np.sqrt(scale * scale + noise.slope**2 * variance)
            z = (noise.slope * mean + offset) / spread
            part = share * factor
            density = part * np.exp(-0.5 * z * z) * DENSITY
            looked += part * ndtr(z)
            moved = density / spread
            by_shift += moved
            by_width += moved if at else -moved
            by_slope += density * (noise.slope * mean / spread - z * noise.slope**2 * variance / spread**2)
    rates = ((noise.first, first), (noise.second, second), *(((noise.tie, tied),) if ties else ()))
    chance = np.maximum(noise.looking * looked + sum(rate * of for rate, of in rates), LEAST)
    # By the log-odds of a flat rate: what it says of the answer, in place of what all say together.
    flat = [float((rate * (of / chance - 1)).sum()) for rate, of in rates]
    core = [float((noise.looking * by / chance).sum()) for by in (by_slope, by_shift, noise.width * by_width)]
    slope = np.array([core[0], flat[0], flat[1], core[1], *((flat[2], core[2]) if ties else ())])
    value, own = _log_prior(noise, ties=ties)
    return float(np.log(chance).sum()) + value, slope + own


def to_free(noise: Noise, *, ties: bool) -> Floats:
    """The noise as numbers without constraints.

    Returns:
        Log of the slope, log-odds of `first` and `second`, the shift; with ties also their log-odds, and the log of
        the width.
    """
    import numpy as np

    rates = [max(noise.first, 1e-3), max(noise.second, 1e-3), max(noise.tie, 1e-3) if ties else 0.0]
    base = max(1.0 - sum(rates), 1e-3)
    free = [np.log(noise.slope), np.log(rates[0] / base), np.log(rates[1] / base), noise.shift]
    if ties:
        free += [np.log(rates[2] / base), np.log(noise.width or _WIDTH)]
    return np.array(free)


def from_free(given: Floats, *, ties: bool) -> Noise:
    """The noise that `to_free` wrote so."""
    import numpy as np

    first, second, tie = np.exp(given[1]), np.exp(given[2]), np.exp(given[4]) if ties else 0.0
    total = 1.0 + first + second + tie
    noise = Noise(
        float(np.exp(given[0])), float(first / total), float(second / total), float(tie / total), float(given[3])
    )
    return replace(noise, width=float(np.exp(given[5]))) if ties else noise


def _log_prior(noise: Noise, *, ties: bool) -> tuple[float, Floats]:
    """Rows some log-odds apart, few lapses, no liking for a place: each overruled by a few dozen answers.

    Also its gradient by the free parameters.
    """
    from math import log

    import numpy as np

    off = log(noise.slope / _SLOPE)
    weights = {"first": 0.3, "second": 0.3, **({"tie": 0.3} if ties else {})}
    rates = {name: getattr(noise, name) for name in weights}
    said = -0.5 * off**2 - 0.5 * noise.shift**2 + 2.0 * log(noise.looking)
    said += sum(weight * log(rates[name]) for name, weight in weights.items())
    # Each log-odds raises its own rate and lowers all by their share.
    flat = {name: weights[name] - (sum(weights.values()) + 2.0) * rate for name, rate in rates.items()}
    slope = [-off, flat["first"], flat["second"], -noise.shift]
    if ties:
        wide = log(noise.width / _WIDTH)
        said -= 0.5 * wide**2
        slope += [flat["tie"], -wide]
    return said, np.array(slope)

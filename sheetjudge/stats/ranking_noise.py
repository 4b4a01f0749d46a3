"""How a judge errs when it compares two rows: what it answers, given how far apart they are.

The core is Bradley and Terry's (1952), with ties as Rao and Kupper (1967) have them: of two rows whose strengths differ
by `gap`, the one shown first wins with the chance F(slope * gap + shift - width), the second with
F(-slope * gap - shift - width), and they tie else; F is the logistic function. A liking for one place shifts the gap
(Davidson and Beaver, 1977). Real judges also err where the gap is wide: a share of their answers doesn't depend on the
rows at all (the lapse of psychometric functions, Wichmann and Hill, 2001), so each answer has a flat rate beside the
core. All of it is estimated from the answers; none is assumed.

F is written as a mixture of two normal distribution functions (Monahan and Stefanski, 1992), which is off by 0.0006 at
the most and lets the moments of a belief be written down in closed form.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[Any]

# Least squares over 0…14.
_MIXTURE = ((0.56503841, 1.3020384), (0.43496159, 2.29740297))
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Noise:
    """What a judge's answers depend on besides the rows.

    Attributes:
        slope: log-odds of the better row for each unit of strength between the two, 0 or more.
        first, second, tie: flat rates, each 0…1: the share of answers that name the first, the second or neither,
            whatever the rows are. Together less than 1.
        shift: log-odds by which the first place is favoured where the judge does look.
        width: half the width, in log-odds, of the band in which it calls a tie.
    """

    slope: float = 4.0
    first: float = 0.07
    second: float = 0.07
    tie: float = 0.0
    shift: float = 0.0
    width: float = 0.0

    @property
    def looking(self) -> float:
        """The share of answers that depend on the rows."""
        return 1.0 - self.first - self.second - self.tie

    @property
    def position_bias(self) -> float:
        """By how much more often the first of two equal rows wins than the second, -1…1."""
        from math import exp

        ahead = 1 / (1 + exp(self.width - self.shift)) - 1 / (1 + exp(self.width + self.shift))
        return self.first - self.second + self.looking * ahead

    @property
    def flat_errors(self) -> float:
        """The share of answers that are wrong however far apart the rows are, a tie counted as half; 0…0.5."""
        return (self.first + self.second + self.tie) / 2


def answer_shares(preference: Floats) -> Floats:
    """Chances that the first won, that they tied, and that the second won, from preferences in 0…1.

    A preference is the judge's own chance that the first is better; exactly 0.5 is a tie. Returns an array of 3 by n.
    """
    import numpy as np

    tied = np.abs(preference - 0.5) < _TIE
    return np.stack([np.where(tied, 0.0, preference), tied.astype(float), np.where(tied, 0.0, 1.0 - preference)])


def answer_chance(noise: Noise, shares: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats, Floats]:
    """The chance of answers where the gap is normal, and its first two derivatives by the gap's mean.

    Args:
        noise: how the judge errs.
        shares: as `answer_shares` gives them. An answer that is uncertain itself counts as a mixture (virtual
            evidence, Pearl, 1988).
        mean, variance: of the gap, for each answer.
    """
    import numpy as np
    from scipy.special import ndtr

    first, tied, second = shares
    chance = noise.first * first + noise.tie * tied + (noise.second + noise.looking) * second
    slope1, slope2 = np.zeros_like(mean), np.zeros_like(mean)
    for offset, factor in (
        (noise.shift - noise.width, noise.looking * (first - tied)),
        (noise.shift + noise.width, noise.looking * (tied - second)),
    ):
        for share, scale in _MIXTURE:
            spread = np.sqrt(scale * scale + noise.slope**2 * variance)
            z = (noise.slope * mean + offset) / spread
            steep = noise.slope / spread
            density = factor * share * np.exp(-0.5 * z * z) * (0.3989422804014327 * steep)
            chance = chance + factor * share * ndtr(z)
            slope1 += density
            slope2 -= density * z * steep
    return np.maximum(chance, 1e-12), slope1, slope2


def first_wins(noise: Noise, gap: Floats) -> Floats:
    """What is to be expected of the preference for the first, a tie counted as half, where the gap is known."""
    import numpy as np
    from scipy.special import expit

    # In place: the gaps of all candidates in all draws are the largest array there is.
    if noise.width == 0.0:
        scaled = gap * noise.slope
        scaled += noise.shift
        core = expit(scaled, out=scaled)
    else:
        core = 0.5 * (
            expit(noise.slope * gap + (noise.shift - noise.width))
            + expit(noise.slope * gap + (noise.shift + noise.width))
        )
    core *= noise.looking
    core += noise.first + noise.tie / 2
    result: Floats = np.asarray(core)
    return result


def learned(noise: Noise, shares: Floats, mean: Floats, variance: Floats) -> Noise:
    """The noise that makes the answers most probable, under a weak prior.

    Args:
        noise: where to begin.
        shares: the answers.
        mean, variance: what is known of each gap without its own answer (the cavities of expectation propagation: at
            its fixed point the gradient of this sum is that of the evidence; Seeger, 2005).
    """
    import numpy as np
    from scipy.optimize import minimize

    ties = bool((shares[1] > 0).any())

    def loss(given: Floats) -> float:
        tried = _from_free(given, ties=ties)
        return -float(np.log(answer_chance(tried, shares, mean, variance)[0]).sum()) - _log_prior(tried, ties=ties)

    start = _to_free(noise, ties=ties)
    bounds = [(-2.5, 4.0), (-7.0, 2.0), (-7.0, 2.0), (-4.0, 4.0), *([(-7.0, 2.0), (-4.0, 2.5)] if ties else [])]
    found = minimize(loss, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": 8})
    return _from_free(found.x, ties=ties)


def _to_free(noise: Noise, *, ties: bool) -> Floats:
    import numpy as np

    rates = [max(noise.first, 1e-3), max(noise.second, 1e-3), max(noise.tie, 1e-3) if ties else 0.0]
    base = max(1.0 - sum(rates), 1e-3)
    free = [np.log(noise.slope), np.log(rates[0] / base), np.log(rates[1] / base), noise.shift]
    if ties:
        free += [np.log(rates[2] / base), np.log(noise.width or 0.5)]
    return np.array(free)


def _from_free(given: Floats, *, ties: bool) -> Noise:
    import numpy as np

    first, second, tie = np.exp(given[1]), np.exp(given[2]), np.exp(given[4]) if ties else 0.0
    total = 1.0 + first + second + tie
    noise = Noise(
        float(np.exp(given[0])), float(first / total), float(second / total), float(tie / total), float(given[3])
    )
    return replace(noise, width=float(np.exp(given[5]))) if ties else noise


def _log_prior(noise: Noise, *, ties: bool) -> float:
    """Rows some log-odds apart, few lapses, no liking for a place: each overruled by a few dozen answers."""
    from math import log

    said = -0.5 * log(noise.slope / 4.0) ** 2 - 0.5 * noise.shift**2
    said += 0.3 * (log(noise.first) + log(noise.second)) + 2.0 * log(noise.looking)
    if ties:
        said += 0.3 * log(noise.tie) - 0.5 * log(noise.width / 0.5) ** 2
    return said

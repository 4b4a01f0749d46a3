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

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[Any]

MIXTURE = ((0.56503841, 1.3020384), (0.43496159, 2.29740297))
"""Shares and standard deviations of the normal distribution functions that F is made of; least squares over 0…14."""
DENSITY = 0.3989422804014327
"""The height of the standard normal density."""
LEAST = 1e-12
"""The chance that any answer has at the least."""

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
    for offset, factor in edges(noise, shares):
        for share, scale in MIXTURE:
            spread = np.sqrt(scale * scale + noise.slope**2 * variance)
            z = (noise.slope * mean + offset) / spread
            steep = noise.slope / spread
            part = (noise.looking * share) * factor
            density = part * np.exp(-0.5 * z * z) * (DENSITY * steep)
            chance += part * ndtr(z)
            slope1 += density
            slope2 -= density * z * steep
    return np.maximum(chance, LEAST), slope1, slope2


def edges(noise: Noise, shares: Floats) -> list[tuple[float, Floats]]:
    """Where the core's answers change along the gap, in log-odds, and what each change adds to an answer's chance."""
    first, tied, second = shares
    if noise.width == 0.0:
        return [(noise.shift, first - second)]
    return [(noise.shift - noise.width, first - tied), (noise.shift + noise.width, tied - second)]


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


def position_bias(noise: Noise, gap: Floats) -> Floats:
    """By how much more often a row wins where it is shown first than where it is shown second, -1…1; a tie is half.

    Args:
        noise: how the judge errs.
        gap: how far the row is above the other.
    """
    return first_wins(noise, gap) + first_wins(noise, -gap) - 1

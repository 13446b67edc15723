"""The law of total variance: moments of a mixture from those of its parts."""

from __future__ import annotations

from typing import Any

from likelier.distributions._domains import Domain
from likelier.special import Array


def total_variance(
    xp: Any, support: Domain, shares: Array, mean: Array, variance: Array
) -> tuple[Array, Array, Array]:
    """Mean of a mixture, and the variance within and between its parts, which are its variance.

    On a circle these are the mean direction m and the circular variance 1 − R, with R the mean
    of cos(Y − m): Mardia and Jupp (2000), doi:10.1002/9780470316979, section 2.3.

    Args:
        xp: the array library.
        support: where the observations lie.
        shares: weights of the parts on the last axis, which sum to 1.
        mean, variance: the parts' own.
    """
    within = xp.sum(shares * variance, axis=-1)
    if not support.circular:
        centre = xp.sum(shares * mean, axis=-1)
        return centre, within, xp.sum(shares * (mean - centre[..., None]) ** 2, axis=-1)
    length = shares * (1 - variance)
    sine, cosine = xp.sum(length * xp.sin(mean), axis=-1), xp.sum(length * xp.cos(mean), axis=-1)
    centre = xp.atan2(sine, cosine)
    # 1 − cos of the angle between, which does not cancel.
    apart = 2 * xp.sin(0.5 * (mean - centre[..., None])) ** 2
    return centre, within, xp.sum(length * apart, axis=-1)

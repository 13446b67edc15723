"""The gamma deviance, which several families on the positive numbers are made of."""

from __future__ import annotations

from likelier import special
from likelier.special import Array, namespace


def log_ratio(y: Array, mean: Array) -> Array:
    """log(y / mean) where the quotient itself may leave the range of the numbers."""
    xp = namespace(y, mean)
    return 2 * xp.log(xp.sqrt(y) / xp.sqrt(mean))


def gamma_deviance(y: Array, mean: Array) -> Array:
    """y / mean − 1 − log(y / mean), half the unit deviance, without cancellation at y ≈ mean."""
    xp = namespace(y, mean)
    excess = (y - mean) / mean
    near = excess > -0.5
    return xp.where(
        near, -special.log1pmx(xp.where(near, excess, 0.0)), excess - log_ratio(y, mean)
    )

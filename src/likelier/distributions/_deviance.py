"""The gamma deviance, which several families on the positive numbers are made of."""

from __future__ import annotations

import numpy as np

from likelier import special
from likelier.special import Array, namespace
from likelier.special.elementary import log1pmx_series


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


def gamma_deviance_and_log(y: Array, mean: Array) -> tuple[Array, Array]:
    """`gamma_deviance` and `log_ratio` at once, which on NumPy share their work."""
    if namespace(y, mean) is not np or y.ndim != 1 or mean.shape != y.shape:
        return gamma_deviance(y, mean), log_ratio(y, mean)
    with np.errstate(all="ignore"):
        excess = (y - mean) / mean
        deviance = -log1pmx_series(excess)
        log = excess - deviance
        far = np.flatnonzero(~((excess >= -0.5) & (excess <= 1)))
        if far.size:
            beyond = log_ratio(y[far], mean[far])
            log[far] = beyond
            deviance[far] = excess[far] - beyond
    return deviance, log

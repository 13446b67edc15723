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
    if xp is np and np.ndim(y):
        return _on_rows(y, mean)[0]
    excess = (y - mean) / mean
    near = excess > -0.5
    return xp.where(
        near, -special.log1pmx(xp.where(near, excess, 0.0)), excess - log_ratio(y, mean)
    )


def gamma_deviance_and_log(y: Array, mean: Array) -> tuple[Array, Array]:
    """`gamma_deviance` and `log_ratio` at once, which on NumPy share their work."""
    if namespace(y, mean) is not np or np.ndim(y) == 0:
        return gamma_deviance(y, mean), log_ratio(y, mean)
    return _on_rows(y, mean)


def _on_rows(y: Array, mean: Array) -> tuple[Array, Array]:
    """Deviance and logarithm on NumPy, by the formula that each row asks for."""
    with np.errstate(all="ignore"):
        excess = np.asarray((y - mean) / mean)
        deviance = log1pmx_series(excess)
        np.negative(deviance, out=deviance)
        log = excess - deviance
        far = np.nonzero(np.abs(excess - 0.25) > 0.75)
        if far[0].size:
            y, mean = (np.broadcast_to(x, excess.shape)[far] for x in (y, mean))
            log[far] = beyond = log_ratio(y, mean)
            deviance[far] = excess[far] - beyond
    return deviance, log

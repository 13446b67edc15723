"""Derivatives of a user's function of the coefficients, by central differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any

_STEP = 0.02
"""Steps as a share of what is typical; fourth order leaves an error near 1e-8 of the change."""


def jacobian(function: Callable[[Array], Array], at: Array, scale: Array) -> Array:
    """Derivatives of a vector function, (m, P), of fourth order.

    Args:
        function: takes (P,), gives (m,).
        at: (P,) where.
        scale: (P,) distances over which the function is to be followed, such as standard errors.
    """
    columns = []
    for j, step in enumerate(_STEP * scale):
        total: Array = 0.0
        for multiple, coefficient in ((1, 8.0), (-1, -8.0), (2, -1.0), (-2, 1.0)):
            moved = at.copy()
            moved[j] += multiple * step
            total = total + coefficient * function(moved)
        columns.append(total / (12 * step))
    return np.array(columns).T


def hessian(function: Callable[[Array], float], at: Array, scale: Array) -> Array:
    """Second derivatives of a scalar function, (P, P), of second order."""
    size = len(at)
    steps = _STEP * scale
    result = np.empty((size, size))
    centre = function(at)

    def value(i: int, a: int, j: int, b: int) -> float:
        moved = at.copy()
        moved[i] += a * steps[i]
        moved[j] += b * steps[j]
        return function(moved)

    for i in range(size):
        moved = value(i, 1, i, 0) - 2 * centre + value(i, -1, i, 0)
        result[i, i] = moved / steps[i] ** 2
        for j in range(i):
            mixed = (
                value(i, 1, j, 1) - value(i, 1, j, -1) - value(i, -1, j, 1) + value(i, -1, j, -1)
            )
            result[i, j] = result[j, i] = mixed / (4 * steps[i] * steps[j])
    return result


def typical(at: Array, errors: Array) -> Array:
    """Standard errors as scales, or the size of the coefficient where it has none."""
    usable = np.isfinite(errors) & (errors > 0)
    return np.where(usable, errors, np.maximum(np.abs(at), 1.0))

"""Sums over rows with what penalties add to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from likelier.engines.sums import Sums
from likelier.objective import Addition, Kinks
from likelier.predictors import Arrow

Array = Any


def plus(sums: Sums, factor: float, added: Addition) -> Sums:
    """The sums with an addition times a factor."""
    curvature = sums.curvature
    if curvature is not None and added.curvature is not None:
        curvature = _with_addition(curvature, factor * added.curvature)
    gradient = sums.gradient
    if gradient is not None and added.gradient is not None:
        gradient = gradient + factor * added.gradient
    return replace(
        sums, value=sums.value + factor * added.value, gradient=gradient, curvature=curvature
    )


def _with_addition(curvature: Array, added: Array) -> Array:
    """A curvature and another, (P, P), or (P,) of a diagonal."""
    if np.ndim(added) == 2:
        return curvature + added
    if isinstance(curvature, Arrow):
        return curvature.plus_diagonal(added)
    found = curvature.copy()
    found[np.diag_indices(len(found))] += added
    return found


def with_kinks(sums: Sums, kinks: Kinks, theta: Array) -> Sums:
    """The sums of the smooth part with the norms of coefficients."""
    scale = kinks.scale
    u = scale * theta
    gradient, curvature = sums.gradient, sums.curvature
    if gradient is not None:
        gradient = scale * kinks.subgradient(u, gradient / scale)
    bent = None if curvature is None else kinks.curvature(u)
    if bent is not None:
        curvature = curvature + np.outer(scale, scale) * bent
    return replace(sums, value=sums.value + kinks.value(u), gradient=gradient, curvature=curvature)

"""Integrals of a log-concave tail, by one Gauss–Legendre rule laid over what of it counts.

A tail of a distribution function, relative to the density at its end, is ∫₀^∞ exp(−h(u)) du with
a convex increasing h, h(0) = 0. Beyond the U where h(U) = 40 nothing is left in double precision,
and on [0, U] the integrand is so smooth that one rule serves every scale, from an exponential
tail to half a bell. The same nodes give its moments, and so the derivatives in the parameters.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from likelier.special._namespace import Array, is_module_torch

CUT = 40.0
_NODES = 40
_BLOCK = 2048


@functools.cache
def _rule() -> tuple[Array, Array]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    # Squared, because what is hard to follow lies next to 0.
    return (1 + nodes) ** 2 / 4, weights * (1 + nodes) / 2


def rule(xp: Any, like: Array) -> tuple[Array, Array]:
    """Nodes and weights on [0, 1], in the type and on the device of an array."""
    nodes, weights = _rule()
    if is_module_torch(xp):
        place = {"dtype": like.dtype, "device": like.device}
        return xp.asarray(nodes, **place), xp.asarray(weights, **place)
    return xp.asarray(nodes, dtype=like.dtype), xp.asarray(weights, dtype=like.dtype)


def in_blocks(formula: Callable[..., tuple[Array, ...]]) -> Callable[..., tuple[Array, ...]]:
    """On NumPy, work through the elements in blocks, whose nodes fit into the cache."""

    @functools.wraps(formula)
    def function(xp: Any, *arrays: Array) -> tuple[Array, ...]:
        if xp is not np:
            return formula(xp, *arrays)
        shape = np.broadcast_shapes(*(np.shape(x) for x in arrays))
        flat = [np.broadcast_to(x, shape).ravel() for x in arrays]
        size = flat[0].size
        blocks = [
            formula(np, *(x[start : start + _BLOCK] for x in flat))
            for start in range(0, max(size, 1), _BLOCK)
        ]
        results = zip(*blocks, strict=True)
        return tuple(np.concatenate(parts).reshape(shape)[()] for parts in results)

    return function


def picked(
    xp: Any, where: Array, formula: Callable[..., tuple[Array, ...]], *arrays: Array
) -> tuple[Array, ...]:
    """A formula's results where they are wanted, and anything elsewhere."""
    if xp is not np:
        # Both sides of a choice are computed there, so the other side gets harmless numbers.
        return formula(xp, *(xp.where(where, x, 0.5) for x in arrays))
    if where.all():
        return formula(np, *arrays)
    if where.ndim == 0:
        # A single number has nothing to choose from: any other will do.
        return formula(np, *(np.float64(0.5) for _ in arrays))
    results = formula(np, *(x[where] for x in arrays))
    full = tuple(np.ones(where.shape, dtype=r.dtype) for r in results)
    for target, result in zip(full, results, strict=True):
        target[where] = result
    return full


def subset(where: Array, value: Array, formula: Callable[..., Array], *arrays: Array) -> Array:
    """NumPy values with those marked replaced by a slower formula of the same elements."""
    where = np.asarray(where)
    if not where.any():
        return value
    value = np.array(value)
    picked = (np.broadcast_to(x, where.shape)[where] for x in arrays)
    value[where] = formula(*picked)
    return value[()]


def log_of_tail(
    value: Array, other: Array, doubtful: Array, formula: Callable[..., Array], *arrays: Array
) -> Array:
    """NumPy's log of a tail from the smaller of it and the other, by a formula where it fails."""
    result: Any = np.where(other < 0.5, np.log1p(-other), np.log(value))
    underflow = value < np.finfo(result.dtype).tiny * 1e20
    return subset(underflow | doubtful, result, formula, *arrays)

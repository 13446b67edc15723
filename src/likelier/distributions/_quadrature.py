"""Rules of integration and summation behind the generic formulas in `_fallbacks.py`.

Integrals use the double-exponential rules of Takahasi and Mori (1974),
doi:10.2977/prims/1195192451, refined until two levels agree; they are indifferent to
singular ends. Long sums over counts are taken by panels: on each, a rule with a few nodes that
is exact for polynomials summed over all integers of the panel.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from likelier.special import Array

Integrand = Callable[[Array, Array], list[Array]]
"""Values at nodes x, with 1 − x as a second argument, with the nodes on a leading axis."""

_LEVELS = 8
# Each level about doubles the digits, so that levels that agree so far are right much further.
_AGREEMENT = 1e-11

EXACT = 64
"""Terms at the start of a sum over counts that are taken one by one."""
_NODES = 16
_PANELS = 32


def integrate_unit(function: Integrand) -> list[Array]:
    """Integrals over (0, 1) by the tanh-sinh rule."""

    def nodes(t: Array) -> tuple[Array, Array, Array]:
        s = math.pi * np.sinh(t)
        x, rest = 1 / (1 + np.exp(-s)), 1 / (1 + np.exp(s))
        return x, rest, math.pi * np.cosh(t) * x * rest

    return _refine(function, nodes, 6.0, 1.0)


def integrate_ray(function: Integrand) -> list[Array]:
    """Integrals over (0, ∞) of functions that fall about as exp(−x), by the exp-sinh rule."""

    def nodes(t: Array) -> tuple[Array, Array, Array]:
        x = np.exp(math.pi / 2 * np.sinh(t))
        return x, 1 / (1 + x), math.pi / 2 * np.cosh(t) * x

    return _refine(function, nodes, 4.5, math.inf)


def _refine(function: Integrand, nodes: Any, reach: float, end: float) -> list[Array]:
    """Halve the trapezoidal step until the integrals stand still."""
    step = 0.5
    totals: list[Array] = []
    sizes: list[Array] = []
    for level in range(_LEVELS):
        t = np.arange(-reach, reach + step / 2, step)[1 if level else 0 :: 2 if level else 1]
        x, rest, weight = nodes(t)
        keep = (x > 0) & (x < end)
        with np.errstate(all="ignore"):
            values = [np.where(np.isfinite(v), v, 0.0) for v in function(x[keep], rest[keep])]
        weight = step * weight[keep]
        add = [np.tensordot(weight, v, axes=(0, 0)) for v in values]
        size = [np.tensordot(weight, np.abs(v), axes=(0, 0)) for v in values]
        if level == 0:
            totals, sizes = add, size
        else:
            old, totals = totals, [a / 2 + b for a, b in zip(totals, add, strict=True)]
            sizes = [a / 2 + b for a, b in zip(sizes, size, strict=True)]
            if level > 1 and all(
                np.all(np.abs(a - b) <= _AGREEMENT * s)
                for a, b, s in zip(totals, old, sizes, strict=True)
            ):
                break
        step /= 2
    return totals


def count_rule(length: float) -> tuple[Array, Array]:
    """Offsets 0, 1, … and weights that sum a smooth function over this many counts, or more.

    The first `EXACT` are taken one by one; the panels that follow double in length up to about
    a `_PANELS`th of the whole.
    """
    levels = max(0, math.ceil(math.log2(max(length, 1.0) / EXACT)))
    return _count_rule(levels)


@functools.cache
def _count_rule(levels: int) -> tuple[Array, Array]:
    offsets = [np.arange(EXACT, dtype=np.float64)]
    weights = [np.ones(EXACT)]
    end = EXACT * 2**levels
    longest = max(_NODES, end // _PANELS)
    at, size = EXACT, min(EXACT, longest)
    while at < end:
        nodes, rule = _panel(size)
        offsets.append(at + nodes)
        weights.append(rule)
        at += size
        size = min(2 * size, longest)
    return np.concatenate(offsets), np.concatenate(weights)


@functools.cache
def _panel(size: int) -> tuple[Array, Array]:
    """Nodes among 0 … size − 1 and weights that sum a polynomial over all of them."""
    if size <= 2 * _NODES:
        return np.arange(size, dtype=np.float64), np.ones(size)
    degree = np.arange(_NODES)
    root, _ = np.polynomial.legendre.leggauss(_NODES)
    nodes = np.round((root + 1) / 2 * size - 0.5)
    vandermonde = np.polynomial.legendre.legvander((2 * nodes + 1) / size - 1, _NODES - 1)
    if size <= 2**16:
        lattice = (2 * np.arange(size) + 1) / size - 1
        moments = np.polynomial.legendre.legvander(lattice, _NODES - 1).sum(axis=0)
    else:
        # The midpoint rule by Euler and Maclaurin; P_k'(1) = −(−1)^k P_k'(−1) = k (k + 1) / 2.
        h = 2 / size
        even = degree % 2 == 0
        moments = np.where(degree == 0, 2.0, -(h**2) / 24 * degree * (degree + 1) * even) / h
    return nodes, np.linalg.solve(vandermonde.T, moments)

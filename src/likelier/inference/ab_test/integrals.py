"""Integrals of positive functions known by their logarithms, at any scale.

Panels of Gauss–Legendre nodes are halved until the last Legendre coefficients of the integrand on
them vanish beside the whole. Where these have fallen to a billionth, those that the rule misses,
whose order is twice as high, lie below double precision; rounding noise of the integrand, which
never falls further, halves nothing.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any

_NODES = 24
_LAST = 3
_SMOOTH = 1e-9
# An end at which the integrand is not smooth is approached by halves, down to nothing; an integrand
# that is nothing but noise would be halved everywhere.
_ROUNDS, _MOST = 48, 256


def log_integrals(log_integrands: Callable[[Array], Array], cuts: Array) -> Array:
    """log ∫ exp(log_integrands(u)) du from the first of the cuts to the last, (k,).

    Args:
        log_integrands: k functions of nodes, (m,) to (k, m); −inf where one is 0.
        cuts: ends of the first panels, near all places where an integrand is large.

    Example:
        >>> bell = log_integrals(lambda u: -0.5 * u[None] ** 2 - 1000, np.array([-40.0, 0.0, 40.0]))
        >>> (bell + 1000 - 0.5 * math.log(2 * math.pi)).round(13) + 0
        array([0.])
    """
    nodes, weights, last = _rule()
    edges = np.unique(cuts)
    left, right = edges[:-1], edges[1:]
    done = np.array([-math.inf])
    for round_ in range(_ROUNDS):
        half = (right - left) / 2
        u = left + half * (1 + nodes[:, None])
        with np.errstate(all="ignore"):
            values = log_integrands(u.ravel()).reshape(-1, *u.shape)
        values = np.where(np.isnan(values), -math.inf, values)
        # What lies on halved panels counts anew: a narrow top may have been between these nodes.
        top = np.maximum(done, values.max(axis=(1, 2)))
        top = np.where(top == -math.inf, 0.0, top)
        shares = np.exp(values - top[:, None, None])
        parts = half * np.einsum("i,kij->kj", weights, shares)
        known = np.exp(done - top)
        bend = half * np.abs(np.einsum("di,kij->kdj", last, shares)).sum(axis=1)
        rough = np.any(bend > _SMOOTH * (known + parts.sum(axis=1))[:, None], axis=0)
        if round_ == _ROUNDS - 1 or (round_ > 8 and len(left) > _MOST):
            rough[:] = False
        with np.errstate(divide="ignore"):
            done = top + np.log(known + parts[:, ~rough].sum(axis=1))
        if not rough.any():
            break
        middle = (left[rough] + right[rough]) / 2
        left, right = np.append(left[rough], middle), np.append(middle, right[rough])
    return done


def log_integral(log_integrand: Callable[[Array], Array], cuts: Array) -> float:
    """The same of one function, (m,) to (m,)."""
    return float(log_integrals(lambda u: log_integrand(u)[None], cuts)[0])


@functools.cache
def _rule() -> tuple[Array, Array, Array]:
    """Nodes and weights on [−1, 1], and what takes values to the last Legendre coefficients."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    degrees = np.arange(_NODES - _LAST, _NODES)
    polynomials = np.polynomial.legendre.legvander(nodes, _NODES - 1)[:, degrees]
    return nodes, weights, ((2 * degrees + 1) * weights[:, None] * polynomials).T

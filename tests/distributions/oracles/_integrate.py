"""Expectations under a distribution, by quadrature of its density or by summing its masses."""

from __future__ import annotations

import functools
import itertools
import math
from typing import Any

import numpy as np

_LEVELS = (1e-12, 1e-7, 1e-4, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1 - 1e-4, 1 - 1e-7, 1 - 1e-12)


def nodes(d: Any, atoms: tuple[float, ...] = ()) -> tuple[np.ndarray, np.ndarray]:
    """Points y and weights w with E f(Y) = Σ w f(y), for a single scalar distribution.

    Args:
        d: the distribution, of batch shape ().
        atoms: values of positive probability of a distribution that otherwise has a density.
    """
    if d.discrete:
        y = whole_numbers(d)
        return y, np.exp(d.log_prob(y))
    y, w = quadrature(d, atoms)
    with np.errstate(over="ignore", under="ignore"):
        w = w * np.exp(d.log_prob(y))
    good = (w > 0) & np.isfinite(w)
    y, w = y[good], w[good]
    at = np.array(atoms, dtype=float)
    return np.concatenate([at, y]), np.concatenate([np.exp(d.log_prob(at)), w])


def whole_numbers(d: Any) -> np.ndarray:
    """All counts whose probability matters."""
    last = 16.0
    while d.log_sf(np.asarray(last)) > -80:
        last *= 2
    return np.arange(last + 1)


def quadrature(d: Any, breaks: tuple[float, ...] = ()) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights for ∫ f(y) dy over the support, fine wherever there is probability.

    Args:
        d: the distribution, of batch shape ().
        breaks: where f or its derivative jumps.
    """
    lower, upper = float(d.quantile(0.0)), float(d.quantile(1.0))
    inner = {float(d.quantile(q)) for q in _LEVELS} | {float(d.mode), *breaks}
    inside = sorted(b for b in inner if lower < b < upper)
    parts = [_segment(a, b) for a, b in itertools.pairwise(inside)]
    parts.append(_end(inside[0], lower, inside[1] - inside[0]))
    parts.append(_end(inside[-1], upper, inside[-1] - inside[-2]))
    y, w = (np.concatenate(x) for x in zip(*parts, strict=True))
    return y, w


@functools.cache
def _double_exponential() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """tanh-sinh on (0, 1) as distance from 0 with weights, and exp-sinh on (0, ∞)."""
    step = 1 / 32
    t = np.arange(-6.0, 6.0 + step / 2, step)
    u = 0.5 * math.pi * np.sinh(t)
    with np.errstate(over="ignore"):
        unit = 1 / (1 + np.exp(-2 * u))
        unit_weight = step * math.pi * np.cosh(t) * unit * (1 / (1 + np.exp(2 * u)))
    t = np.arange(-5.0, 5.0 + step / 2, step)
    half = np.exp(0.5 * math.pi * np.sinh(t))
    half_weight = step * 0.5 * math.pi * np.cosh(t) * half
    return unit, unit_weight, half, half_weight


def _segment(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    x, w, _, _ = _double_exponential()
    y = np.where(x < 0.5, a + (b - a) * x, b - (b - a) * x[::-1])
    inside = (y > a) & (y < b)
    return y[inside], ((b - a) * w)[inside]


def _end(start: float, limit: float, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """From the outermost break to the end of the support."""
    sign = 1.0 if limit > start else -1.0
    x, w, half, half_weight = _double_exponential()
    if math.isinf(limit):
        return start + sign * scale * half, scale * half_weight
    length = abs(limit - start)
    # Measured from the limit, where the density may have a pole.
    y = limit - sign * length * x
    inside = (y != limit) & (y != start)
    return y[inside], (length * w)[inside]

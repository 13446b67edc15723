"""Quantiles of a family that has none of its own: a search on its cdf and survival function.

Each level is compared in the smaller tail, so that both tails keep their digits, and the answer
is the smallest number (of all double-precision numbers, or of all counts) that reaches it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from likelier.errors import UndefinedError
from likelier.special import Array

_LARGEST = 2.0**1000
_BISECTIONS = 12
_ROUNDS = 120


def continuous_quantile(d: Any, q: Array) -> Array:
    """Quantiles of distributions on the real line, or a part of it, at levels `q`."""
    q = np.broadcast_to(q, np.broadcast_shapes(np.shape(q), d.batch_shape))
    excess = _log_excess(d, q)
    lower, upper = (np.broadcast_to(end, q.shape) for end in d._range())
    # The search may find `high`, never `low`, so `low` is one number below the support.
    low = _code(np.maximum(lower, -_LARGEST)) - 1
    high = _code(np.minimum(upper, _LARGEST))
    with np.errstate(all="ignore"):
        found = _number(_bracketed_root(lambda code: excess(_number(code)), low, high))
    return np.where(q <= 0, lower, np.where(q >= 1, upper, found))


def count_quantile(d: Any, q: Array) -> Array:
    """Quantiles of distributions of counts at levels `q`."""
    q = np.broadcast_to(q, np.broadcast_shapes(np.shape(q), d.batch_shape))
    excess = _log_excess(d, q)
    with np.errstate(all="ignore"):
        found = _search_counts(d, lambda k: excess(k) >= 0, q.shape)
    return np.where(q >= 1, d.support.upper, found)


def count_window(d: Any, below: float, above: float) -> tuple[Array, Array]:
    """Counts with no more than these probabilities below the first and above the second."""
    with np.errstate(all="ignore"):
        low = _search_counts(d, lambda k: ~(d._cdf(k) < below), d.batch_shape)
        high = _search_counts(d, lambda k: ~(d._sf(k) > above), d.batch_shape)
    return low, high


def _log_excess(d: Any, q: Array) -> Callable[[Array], Array]:
    """log of cdf / level, or of its mirror image in the upper tail: zero at the quantile."""
    upper = q > 0.5
    middle, _ = _whereabouts(d, q.shape)
    lowest, highest = bool(np.all(~upper)), bool(np.all(upper))

    def excess(y: Array) -> Array:
        below = 0.0 if highest else np.log(d._cdf(y)) - np.log(q)
        above = 0.0 if lowest else np.log1p(-q) - np.log(d._sf(y))
        value = np.where(upper, above, below)
        # Far outside, formulas may overflow to NaN; which side that is, is known.
        return np.where(np.isnan(value), np.where(y > middle, np.inf, -np.inf), value)

    return excess


def _whereabouts(d: Any, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """A number in the middle of each distribution, and a width of at least 1."""
    try:
        location, scale = d._whereabouts()
    except UndefinedError:
        location, scale = np.nan, np.nan
    with np.errstate(all="ignore"):
        location = np.where(np.isfinite(location), location, d.support.example)
        scale = np.where((scale >= 1) & (scale < _LARGEST), scale, 1.0)
    return np.broadcast_to(location, shape), np.broadcast_to(scale, shape)


def _bracketed_root(f: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """The smallest integers in (low, high] where an increasing function is not negative.

    Bisection, then inverse quadratic interpolation safeguarded by Chandrupatla's criterion.
    Chandrupatla (1997), doi:10.1016/S0965-9978(96)00051-8.
    """
    f_low, f_high = np.full(low.shape, -np.inf), np.full(low.shape, np.inf)
    old, f_old = low, f_low
    for round_ in range(_ROUNDS):
        width = (high - low).astype(np.float64)
        open_ = (width < 0) | (width > 1)
        if not np.any(open_):
            break
        middle = (low & high) + ((low ^ high) >> 1)
        if round_ >= _BISECTIONS:
            share = _interpolated(low, high, old, f_low, f_high, f_old)
            # Every third step bisects, so that a flat stretch cannot hold the search up.
            use = np.isfinite(share) & (round_ % 3 != 2) & (width > 4)
            offset = np.clip(np.where(use, share, 0.5) * np.abs(width), 1, None)
            step = np.minimum(offset, np.abs(width) - 1).astype(np.int64)
            middle = np.where(use, low + step, middle)
        value = f(middle)
        reached = value >= 0
        old, f_old = np.where(reached, high, low), np.where(reached, f_high, f_low)
        high, f_high = np.where(reached & open_, middle, high), np.where(reached, value, f_high)
        low, f_low = np.where(~reached & open_, middle, low), np.where(~reached, value, f_low)
    return high


def _interpolated(
    low: Array, high: Array, old: Array, f_low: Array, f_high: Array, f_old: Array
) -> Array:
    """Where from `low` (0) to `high` (1) the interpolated root lies; NaN where it has none."""
    width = (high - low).astype(np.float64)
    x_old = (old - low) / width
    a, b, c = f_low, f_high, f_old
    quadratic = -a * c / ((b - a) * (b - c)) - a * b * x_old / ((c - a) * (b - c))
    secant = -a / (b - a)
    share = np.where((quadratic > 0) & (quadratic < 1), quadratic, secant)
    return np.where((share > 0) & (share < 1), share, np.nan)


def _search_counts(d: Any, reached: Callable[[Array], Array], shape: tuple[int, ...]) -> Array:
    """The smallest counts at which a monotone condition holds, doubling outwards, then halving."""
    middle, width = _whereabouts(d, shape)
    middle, width = np.floor(middle), np.exp2(np.ceil(np.log2(width)))
    at = reached(middle)
    low, high = np.where(at, middle - width, middle), np.where(at, middle, middle + width)
    for _ in range(1000):
        fine_low = (low < 0) | ~reached(np.maximum(low, 0.0))
        fine_high = reached(high) | (high > _LARGEST)
        if np.all(fine_low & fine_high):
            break
        width = width * 2
        low, high = (
            np.where(fine_low, np.where(fine_high, low, high), low - width),
            np.where(fine_high, np.where(fine_low, high, low), high + width),
        )
    low = np.maximum(low, -1.0)
    while np.any(high - low > 1):
        centre = np.floor(low + (high - low) / 2)
        stuck = (centre <= low) | (centre >= high)
        if np.all(stuck):
            break
        at = reached(centre)
        high, low = np.where(at & ~stuck, centre, high), np.where(at | stuck, low, centre)
    return high


def _code(x: Array) -> Array:
    """Consecutive integers for consecutive double-precision numbers, 0 for zero."""
    bits = np.asarray(x, dtype=np.float64).view(np.int64)
    return np.where(bits >= 0, bits, np.int64(-(2**63)) - bits)


def _number(code: Array) -> Array:
    """The number with this code."""
    return np.where(code >= 0, code, np.int64(-(2**63)) - code).view(np.float64)

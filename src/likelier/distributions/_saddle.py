"""Saddle-point forms of count probabilities, in which no large terms are left to cancel.

A log probability of counts is a sum of terms x log x − x, which nearly cancel, and of remainders
of Stirling's formula. Written as deviances x log(m/x) − (m − x) of each count x from what is
expected of it, m, the large terms are gone. Loader (2000), "Fast and accurate computation of
binomial probabilities".
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from likelier import special
from likelier.special import Array, namespace
from likelier.special._namespace import select, within
from likelier.special._primitive import polynomial
from likelier.special.elementary import log1pmx_series

_LARGE = 12.0
# Bernoulli numbers B₂, B₄, …, B₁₈.
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798)
_DIFFERENCE = tuple(b * (1 - 1 / k) for k, b in enumerate(_BERNOULLI, 1))[1:]
_ATANH = tuple(1 / (2 * j + 3) for j in range(12))
_TABLE_SIZE = 256
_LOW = -0.9
"""Below, the digits of 1 + x are no longer those of x."""


def deviance(x: Array, excess: Array, log_ratio: Array) -> Array:
    """x log(m/x) − (m − x), never positive, for x >= 0 and m = x + excess.

    `log_ratio` is log(m/x), used where m is far from x; at x = 0 it may be anything. Errors are
    of the size of the excess's own rounding, m times the derivative in m.
    """
    xp = namespace(x, excess)
    some = x > 0
    relative = excess / select(xp, some, x, 1.0)
    near = abs(relative) < 0.5
    log = select(xp, near, xp.log1p(within(xp, near, relative)), log_ratio)
    return x * select(xp, some, log, 0.0) - excess


def factorial_remainder(x: Array) -> Array:
    """log x! − (x log x − x) for whole numbers x >= 0."""
    xp = namespace(x)
    if xp is np and np.max(x, initial=0.0) < _TABLE_SIZE:
        # What lies outside the support has no entry, and its value is not used.
        with np.errstate(invalid="ignore"):
            entries = np.asarray(x).astype(np.intp)
        return _factorial_table().take(entries, mode="clip").astype(x.dtype, copy=False)
    return _factorial_remainder(xp, x)


def _factorial_remainder(xp: Any, x: Array) -> Array:
    some = x > 0
    x = xp.where(some, x, 1.0)
    value = 0.5 * xp.log(2 * math.pi * x) + special.stirling_error(x)
    return xp.where(some, value, 0.0)


@functools.cache
def _factorial_table() -> Array:
    return _factorial_remainder(np, np.arange(float(_TABLE_SIZE)))


def digamma_remainder(x: Array) -> Array:
    """x² (ψ(x) − log x + 1/(2x)), which tends to −1/12: Stirling's error's slope."""
    return x * x * special.stirling_error_slope(x)


def trigamma_remainder(x: Array) -> Array:
    """x³ (ψ′(x) − 1/x − 1/(2x²)), which tends to 1/6: Stirling's error's curvature."""
    return x * x * x * special.stirling_error_curvature(x)


def remainder_difference(x: Array) -> Array:
    """x (2 digamma_remainder(x) + trigamma_remainder(x)), which tends to −1/(60x)."""
    xp = namespace(x)
    large = x > _LARGE
    inverse = 1 / xp.where(large, x, _LARGE)
    series = inverse * polynomial(_DIFFERENCE, inverse * inverse)
    x = xp.where(large, 1.0, x)
    return xp.where(large, series, x * (2 * digamma_remainder(x) + trigamma_remainder(x)))


def by_count(function: Callable[[Array, Array], Any], y: Array, r: Array) -> Any:
    """function(y, r), by a table where r is one number for many counts y.

    A dispersion without covariates is the common case, and counts have few values. The function,
    one of a module, returns an array or a tuple of arrays.
    """
    if type(r) is np.ndarray and type(y) is np.ndarray and r.size == y.ndim == 1:
        most = float(np.max(y, initial=0.0))
        if most * 4 < y.size:
            table = _count_table(function, r.item(), 1 << int(most).bit_length(), r.dtype.char)
            entries = y.astype(np.intp)
            if isinstance(table, tuple):
                return tuple(part.take(entries, mode="clip") for part in table)
            return table.take(entries, mode="clip")
    return function(y, r)


@functools.lru_cache(maxsize=16)
def _count_table(function: Callable[[Array, Array], Any], r: float, size: int, dtype: str) -> Any:
    """function(y, r) of the counts below `size`, which all blocks of a pass ask for."""
    return function(np.arange(size, dtype=dtype), np.array([r], dtype))


def times_log_ratio(x: Array, excess: Array, far: Callable[[Array], Array]) -> Array:
    """x log(m/x) of NumPy's rows of counts x, m = x + excess: `deviance` with the excess left out.

    Args:
        x: (n,) counts; excess: (n,).
        far: log(m/x) of some rows, by their numbers, where m is so small beside x that the excess
            has not its digits.
    """
    relative = excess / np.maximum(x, 1.0)
    value = np.log1p(relative)
    if relative.min() < _LOW:
        rows = np.flatnonzero(relative < _LOW)
        value[rows] = far(rows)
    value *= x
    return value


def log1p_and_rest(x: Array, low: Callable[[Array], Array]) -> tuple[Array, Array]:
    """log(1 + x) and log(1 + x) − x of NumPy's rows.

    Args:
        x: (n,) numbers above −1.
        low: log(1 + x) of some rows, by their numbers, where x is too close to −1.
    """
    log = np.log1p(x)
    if x.min() < _LOW:
        rows = np.flatnonzero(x < _LOW)
        log[rows] = low(rows)
    rest = log1pmx_series(x)
    np.copyto(rest, log - x, where=np.abs(x - 0.25) > 0.75)
    return log, rest


def small_deviance(x: Array, excess: Array, log_ratio: Array) -> Array:
    """`deviance` with all its digits where m is next to x, for x > 0."""
    xp = namespace(x, excess)
    relative = excess / x
    near = abs(relative) < 0.5
    beside = x * special.log1pmx(xp.where(near, relative, 0.0))
    return xp.where(near, beside, x * log_ratio - excess)


def log1p_second(x: Array, log1p_x: Array) -> Array:
    """(log(1 + x) − x) / x², which is −1/2 at 0, from a log(1 + x) that is right far from 0."""
    xp = namespace(x)
    near = abs(x) < 0.3
    # With s = x / (2 + x), log(1 + x) = 2 artanh s and nothing is left to cancel.
    s = within(xp, near, x) / (2 + within(xp, near, x))
    series = 0.5 * (1 - s) * (s * (1 - s) * polynomial(_ATANH, s * s) - 1)
    far = select(xp, near, 1.0, x)
    return select(xp, near, series, (log1p_x - far) / far / far)


def log1p_third(x: Array, log1p_x: Array) -> Array:
    """(log(1 + x) − x + x²/2) / x³, which is 1/3 at 0, as `log1p_second`."""
    xp = namespace(x)
    near = abs(x) < 0.3
    s = xp.where(near, x, 0.0) / (2 + xp.where(near, x, 0.0))
    series = 0.25 * (1 - s) * (1 + (1 - s) * (1 - s) * polynomial(_ATANH, s * s))
    far = xp.where(near, 1.0, x)
    return xp.where(near, series, ((log1p_x - far) / far + 0.5 * far) / far / far)

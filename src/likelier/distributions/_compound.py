"""The normalising sum of the compound Poisson-gamma density, and sums like it.

y · density of a Tweedie variable whose mean is y itself depends on two numbers only: the expected
number λ of gamma variables, and their shape r. It is exp(b) with

    b(λ, r) = ½ log r − log 2π + log Σ_{j >= 1} exp(−δ(j) − δ(j r) − (1 + r) D(j, λ)),

where δ is the error of Stirling's formula and D(j, λ) = j log(j/λ) + λ − j. No term cancels, and
all are near 1 where they matter. The sum is taken over every j while few matter; over steps of
half a standard deviation when many do, which for so smooth a function is as exact; and where λ
and λ r are large it is its own asymptotic series. Dunn and Smyth (2005),
doi:10.1007/s11222-005-4070-y, sum the same series by other terms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier import special
from likelier.special import Array

# b = ½ log(λ r / (2π (1 + r))) + Σ_m L_m(w) / ((1 + r) λ)^m with w = r + 1/r: the coefficients
# of L_m in powers of w, from Laplace's method in exact rational numbers.
# fmt: off
_SERIES: tuple[tuple[float, ...], ...] = (
    (-5 / 24, -1 / 12),
    (-5 / 48, -1 / 24),
    (-55 / 384, -13 / 288, 17 / 1440, 1 / 360),
    (-395 / 1152, -25 / 288, 37 / 720, 1 / 80),
    (-679645 / 580608, -22649 / 96768, 57829 / 241920, 18671 / 362880, -47 / 10080, -1 / 1260),
    (-187825 / 36288, -18545 / 24192, 31639 / 24192, 2647 / 11340, -577 / 10080, -5 / 504),
    (-223348775 / 7962624, -18711145 / 6967296, 19364353 / 2322432, 2517463 / 2177280,
     -49367009 / 87091200, -107623 / 1209600, 2741 / 604800, 1 / 1680),
    (-1252465975 / 6967296, -414965 / 54432, 4414877 / 72576, 12800593 / 2177280,
     -172673 / 31104, -11033 / 15120, 104 / 945, 7 / 480),
)
# fmt: on
_LARGE = 40.0
_NODES = 124
_ROW_NODES = 1 << 19
_MIXTURE_NODES = 320


@dataclass(frozen=True)
class Normaliser:
    """b(λ, r) with λ ∂b/∂λ, (λ ∂/∂λ)² b, and ∂b/∂r where it was asked for."""

    value: Array
    slope: Array
    curve: Array
    in_shape: Array | None


def normaliser(xp: Any, number: Array, shape: Array, in_shape: bool = False) -> Normaliser:
    """b and its derivatives.

    Args:
        xp: the array namespace.
        number: expected number λ of gamma variables at the observation, positive.
        shape: shape r of one gamma variable, positive.
        in_shape: whether to find the derivative in the shape.
    """
    number, shape = number + 0 * shape, shape + 0 * number
    large = (xp.minimum(number, number * shape) > _LARGE) & (number > 3 * (1 + shape))
    if xp is np:
        return _on_numpy(number, shape, large, in_shape)
    # Either branch is kept where it has finite values, for the sake of derivatives.
    series = _series(xp, xp.where(large, number, 1e3), xp.where(large, shape, 1.0), in_shape)
    safe = xp.where(large, 1.0, number), xp.where(large, 1.0, shape)
    total = _sum(xp, *safe, _NODES, in_shape)
    return Normaliser(
        *(None if a is None else xp.where(large, a, b) for a, b in zip(series, total, strict=True))
    )


def _on_numpy(number: Array, shape: Array, large: Array, in_shape: bool) -> Normaliser:
    """The same where rows can be sorted by what they need."""
    result = [np.empty(number.shape, number.dtype) for _ in range(3 + in_shape)]
    if np.any(large):
        for out, part in zip(
            result, _series(np, number[large], shape[large], in_shape), strict=False
        ):
            out[large] = part
    rest = np.flatnonzero(~large)
    needed = _needed(number.ravel()[rest], shape.ravel()[rest])
    order = np.argsort(needed, kind="stable")
    start = 0
    while start < len(rest):
        # Rows that need about as many terms go together.
        first = max(int(needed[order[start]]), 16)
        stop = min(
            start + _ROW_NODES // first,
            int(np.searchsorted(needed[order], 1.5 * first, side="right")),
        )
        stop = max(stop, start + 1)
        rows = rest[order[start:stop]]
        count = int(needed[order[stop - 1]])
        parts = _sum(np, number.ravel()[rows], shape.ravel()[rows], count, in_shape)
        for out, part in zip(result, parts, strict=False):
            out.reshape(-1)[rows] = part
        start = stop
    value, slope, curve = result[:3]
    return Normaliser(value, slope, curve, result[3] if in_shape else None)


def _series(xp: Any, number: Array, shape: Array, in_shape: bool) -> tuple[Array, ...]:
    """The asymptotic series and its derivatives."""
    spread = (1 + shape) * number
    w = shape + 1 / shape
    value = 0.5 * xp.log(number / (1 + shape) * shape) - 0.5 * math.log(2 * math.pi)
    slope, curve = 0.5 + 0 * number, 0 * number
    bend = 0.5 / shape - 0.5 / (1 + shape)
    power = 1 / spread
    for m, coefficients in enumerate(_SERIES, 1):
        term, inner = 0 * w, 0 * w
        for c in reversed(coefficients):
            inner = inner * w + term
            term = term * w + c
        value = value + term * power
        slope = slope - m * term * power
        curve = curve + m * m * term * power
        if in_shape:
            bend = bend + power * (inner * (1 - 1 / shape / shape) - m * term / (1 + shape))
        power = power / spread
    return value, slope, curve, (bend if in_shape else None)


def _window(xp: Any, number: Array, shape: Array) -> tuple[Array, Array, Array]:
    """First term, step and number of terms of the sum."""
    deviation = xp.sqrt(number / (1 + shape))
    wide = (number * (1 + shape) > _LARGE) & (deviation > 2)
    step = xp.where(wide, 0.5 * deviation, 1.0)
    low = number - 9.5 * deviation
    first = xp.where(
        wide, xp.where(low > 0.25, low, 0.25), xp.where(low > 3, xp.floor(low) - 1, 1.0)
    )
    last = number + 9.5 * deviation + 20
    return first, step, (last - first) / step + 1


def _needed(number: Array, shape: Array) -> Array:
    count = _window(np, number, shape)[2]
    return np.where(np.isfinite(count), np.ceil(count), 1).astype(np.int64)


def _sum(xp: Any, number: Array, shape: Array, count: int, in_shape: bool) -> tuple[Array, ...]:
    """The sum and its derivatives, as moments of j under weights proportional to the terms."""
    first, step, _ = _window(xp, number, shape)
    number, shape = number[..., None], shape[..., None]
    k = xp.arange(count, dtype=first.dtype)
    j = first[..., None] + step[..., None] * k
    # D(j, λ): from the quotient where the two are near, and else by its terms.
    near = number > 0.5 * j
    close = -j * special.log1pmx(xp.where(near, (number - j) / j, 0.0))
    distance = xp.where(near, close, j * xp.log(j / number) + number - j)
    terms = -special.stirling_error(j) - special.stirling_error(j * shape) - (1 + shape) * distance
    top = xp.max(terms, axis=-1, keepdims=True)
    weights = xp.exp(terms - top)
    total = xp.sum(weights, axis=-1)
    weights = weights / total[..., None]
    off = j - number
    mean = xp.sum(weights * off, axis=-1)
    variance = xp.sum(weights * (off - mean[..., None]) ** 2, axis=-1)
    number, shape = number[..., 0], shape[..., 0]
    constant = 0.5 * xp.log(shape) - math.log(2 * math.pi)
    value = constant + top[..., 0] + xp.log(step * total)
    slope = (1 + shape) * mean
    curve = (1 + shape) * ((1 + shape) * variance - number)
    if not in_shape:
        return value, slope, curve, None
    x = j * shape[..., None]
    part = -j * special.stirling_error_slope(x) - distance
    return value, slope, curve, 0.5 / shape + xp.sum(weights * part, axis=-1)


def log_mixture(
    xp: Any, number: Array, shape: Array, y: Array, centre: Array, upper: bool
) -> Array:
    """log Σ_{j >= 1} Poisson(j; λ) P(j r, y), or with the upper tail Q in place of P.

    Args:
        xp: the array namespace.
        number: λ, the expected number of gamma variables.
        shape: r, the shape of one of them.
        y: the sum of them, in units of their scale.
        centre: expected number where the mean is y; the terms that matter lie from there to λ.
        upper: whether to sum the upper tail.
    """
    number, shape, y, centre = (x + 0 * (number + shape + y) for x in (number, shape, y, centre))
    middle = xp.maximum(centre, number) if upper else xp.minimum(centre, number)
    deviation = xp.sqrt(middle / (1 + shape))
    reach = 9.5 * xp.sqrt(middle) + 20
    wide = (middle > 4 * _LARGE) & (deviation > 2)
    step = xp.where(wide, 0.4 * deviation, 1.0)
    low = middle - reach
    first = xp.where(wide, low, xp.where(low > 2, xp.floor(low), 1.0))
    count = _MIXTURE_NODES
    if xp is np:
        count = int(np.max(np.ceil((middle + reach - first) / step), initial=1.0)) + 1
    k = xp.arange(count, dtype=first.dtype)
    j = first[..., None] + step[..., None] * k
    number, at = number[..., None], y[..., None]
    near = number > 0.5 * j
    close = -j * special.log1pmx(xp.where(near, (number - j) / j, 0.0))
    distance = xp.where(near, close, j * xp.log(j / number) + number - j)
    poisson = -special.stirling_error(j) - 0.5 * xp.log(2 * math.pi * j) - distance
    tail = special.log_gammaincc if upper else special.log_gammainc
    terms = poisson + tail(j * shape[..., None], at)
    return special.logsumexp(terms, axis=-1) + xp.log(step)

"""The modified Bessel function I₀ and the ratio I₁ / I₀, the constants of the von Mises family.

A(κ) = I₁(κ) / I₀(κ) is the mean of cos θ under the density exp(κ cos θ) / (2π I₀(κ)). Beside 1 it
is the complement 1 − A that keeps its digits, and A′, the variance of cos θ, is a function of its
own: neither is computed from the others, which would cancel.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from likelier.special._bessel_fits import SEGMENTS
from likelier.special._namespace import Array, as_floating, namespace
from likelier.special._primitive import differentiable, polynomial
from likelier.special._tail import CUT, in_blocks, picked, rule

_SMALL = 2.0
_STARTS, _ENDS = (2.0, 6.0, 20.0), (6.0, 20.0, math.inf)
# I₀ − 1, I₁ / (κ / 2) and the I₀ − 2 I₁ / κ as power series of z = κ² / 4; the first and the last
# without their power 0.
_I0 = tuple(1 / math.factorial(n) ** 2 for n in range(1, 17))
_I1 = tuple(1 / (math.factorial(n) * math.factorial(n + 1)) for n in range(17))
_GAP = tuple(n / (math.factorial(n) * math.factorial(n + 1)) for n in range(1, 17))


def reach(xp: Any, k: Array, sine: Array) -> Array:
    """The angle at which κ cos θ has fallen by 40 from where sin(θ / 2) = sine, at most π."""
    wide = k * (1 - sine * sine) <= CUT / 2
    square = sine * sine + 0.5 * CUT / xp.where(wide, CUT, k)
    return xp.where(wide, math.pi, 2 * xp.asin(xp.sqrt(xp.where(wide, 0.0, square))))


def _fit(xp: Any, k: Array, order: int) -> Array:
    """√κ exp(−κ) I₀, κ (1 − A) or κ² A′ for κ > 2."""
    inverse, result = 1 / k, 0 * k
    for (middle, scale, fits), start, end in zip(SEGMENTS, _STARTS, _ENDS, strict=True):
        above, below = fits[order]
        here = (k > start) & (k <= end)
        quotient = functools.partial(_quotient, above, below, middle, scale)
        (value,) = picked(xp, here, quotient, inverse)
        result = xp.where(here, value, result)
    return result


def _quotient(
    above: tuple[float, ...], below: tuple[float, ...], middle: float, scale: float, xp: Any, v: Any
) -> tuple[Array]:
    t = (v - middle) * scale
    return (polynomial(above, t) / polynomial(below, t),)


def _small(xp: Any, k: Array) -> tuple[Array, ...]:
    """log I₀, A, A′ and A″ by power series."""
    z = 0.25 * k * k
    excess = z * polynomial(_I0, z)
    ratio = 0.5 * polynomial(_I1, z) / (1 + excess)
    slope = 1 - ratio - (k * ratio) ** 2
    gap = 0.25 * polynomial(_GAP, z) / (1 + excess)
    return xp.log1p(excess), k * ratio, slope, k * (ratio * ratio - gap - 2 * ratio * slope)


def _log_i0_far(xp: Any, k: Array) -> tuple[Array]:
    return (xp.log(_fit(xp, k, 0)) - 0.5 * xp.log(k),)


def _complement_far(xp: Any, k: Array) -> tuple[Array]:
    return (_fit(xp, k, 1) / k,)


def _slope_far(xp: Any, k: Array) -> tuple[Array]:
    return (_fit(xp, k, 2) / k / k,)


@in_blocks
def _bend_far(xp: Any, k: Array) -> tuple[Array]:
    """A″, less the third central moment of 1 − cos θ, by quadrature."""
    # As long as the density is wide, equal steps round the circle are the better rule.
    wide = k < 48
    end = xp.where(wide, math.pi, reach(xp, k, 0.0 * k))
    nodes, weights = rule(xp, k)
    even = (xp.cumsum(xp.ones_like(nodes), axis=0) - 0.5) / nodes.shape[0]
    nodes = xp.where(wide[..., None], even, nodes)
    weights = xp.where(wide[..., None], 1 / even.shape[0], weights)
    drop = 2 * xp.sin(0.5 * end[..., None] * nodes) ** 2
    mass = weights * xp.exp(-k[..., None] * drop)
    excess = drop - bessel_ratio_complement(k)[..., None]
    return (-xp.sum(mass * excess**3, axis=-1) / xp.sum(mass, axis=-1),)


def _joined(xp: Any, k: Array, near: int, far: Any) -> tuple[Array, Array, Array]:
    """Whether κ <= 2, the power series there, and the other formula beyond."""
    small = k <= _SMALL
    return small, picked(xp, small, _small, k)[near], picked(xp, ~small, far, k)[0]


@differentiable(lambda k, value: bessel_ratio(k))
def log_i0(xp: Any, k: Array) -> Array:
    """log I₀(κ), near κ² / 4 at 0 and κ − ½ log(2πκ) far from it.

    Args:
        k: concentrations from 0, of any shape.

    Example:
        >>> round(float(log_i0(1.0)), 12)
        0.235914358507
    """
    small, near, far = _joined(xp, k, 0, _log_i0_far)
    return xp.where(small, near, k + far)


@differentiable(lambda k, value: -bessel_ratio_complement(k))
def log_i0e(xp: Any, k: Array) -> Array:
    """log I₀(κ) − κ.

    Args:
        k: concentrations from 0, of any shape.

    Example:
        >>> round(float(log_i0e(1e8)), 9)
        -10.129278904
    """
    if xp is np and k.ndim == 1:
        return _on_rows(k)[0]
    small, near, far = _joined(xp, k, 0, _log_i0_far)
    return xp.where(small, near - k, far)


@differentiable(lambda k, value: bessel_ratio_slope(k))
def bessel_ratio(xp: Any, k: Array) -> Array:
    """A(κ) = I₁(κ) / I₀(κ), the mean resultant length of a von Mises distribution.

    Args:
        k: concentrations from 0, of any shape.

    Example:
        >>> round(float(bessel_ratio(1.0)), 12)
        0.446389965897
    """
    small, near, far = _joined(xp, k, 1, _complement_far)
    return xp.where(small, near, 1 - far)


def log_i0e_and_complement(k: Array) -> tuple[Array, Array]:
    """`log_i0e` and `bessel_ratio_complement` at once, which on NumPy share much of their work.

    Args:
        k: concentrations from 0, of any shape.

    Example:
        >>> value, complement = log_i0e_and_complement(1.0)
        >>> round(float(value), 12), round(float(complement), 12)
        (-0.764085641493, 0.553610034103)
    """
    if type(k) is not np.ndarray or k.ndim != 1:
        return log_i0e(k), bessel_ratio_complement(k)
    return _on_rows(k)


def _on_rows(k: Array) -> tuple[Array, Array]:
    """log I₀ − κ and 1 − A at an array of NumPy's, segment by segment."""
    value, complement = np.full_like(k, np.nan), np.full_like(k, np.nan)
    with np.errstate(all="ignore"):
        rows = np.flatnonzero(k <= _SMALL)
        if rows.size:
            x = k[rows]
            z = 0.25 * x * x
            excess = z * polynomial(_I0, z)
            value[rows] = np.log1p(excess) - x
            complement[rows] = 1 - 0.5 * x * polynomial(_I1, z) / (1 + excess)
        for (middle, scale, fits), start, end in zip(SEGMENTS, _STARTS, _ENDS, strict=True):
            rows = np.flatnonzero((k > start) & (k <= end))
            if rows.size:
                x = k[rows]
                log, ratio = (_quotient(*fit, middle, scale, np, 1 / x)[0] for fit in fits[:2])
                value[rows] = np.log(log) - 0.5 * np.log(x)
                complement[rows] = ratio / x
    return value, complement


@differentiable(lambda k, value: -bessel_ratio_slope(k))
def bessel_ratio_complement(xp: Any, k: Array) -> Array:
    """1 − I₁(κ) / I₀(κ) without cancellation, near 1 / (2κ) for a large κ.

    Args:
        k: concentrations from 0, of any shape.

    Example:
        >>> round(float(bessel_ratio_complement(1e12)) * 2e12, 9)
        1.0
    """
    if xp is np and k.ndim == 1:
        return _on_rows(k)[1]
    small, near, far = _joined(xp, k, 1, _complement_far)
    return xp.where(small, 1 - near, far)


@differentiable(lambda k, value: _bend(k))
def bessel_ratio_slope(xp: Any, k: Array) -> Array:
    """A′(κ), the variance of the cosine, near 1 / (2κ²) for a large κ.

    Args:
        k: concentrations from 0, of any shape.

    Example:
        >>> float(bessel_ratio_slope(0.0))
        0.5
    """
    small, near, far = _joined(xp, k, 2, _slope_far)
    return xp.where(small, near, far)


def _bend(k: Array) -> Array:
    """A″(κ), near −1 / κ³ for a large κ."""
    xp = namespace(k)
    small, near, far = _joined(xp, k, 3, _bend_far)
    return xp.where(small, near, far)


def bessel_ratio_inverse(ratio: Array, complement: Array | None = None) -> Array:
    """The κ at which A(κ) is a given mean resultant length, on NumPy.

    Args:
        ratio: numbers from 0 to 1 (where it is ∞).
        complement: 1 − ratio, where it is known to more digits.

    Source: start by Best and Fisher (1981), doi:10.1080/03610918108812225.

    Example:
        >>> round(float(bessel_ratio_inverse(bessel_ratio(3.0))), 12)
        3.0
    """
    (r,) = as_floating(np, ratio)
    c = 1 - r if complement is None else as_floating(np, complement)[0]
    with np.errstate(all="ignore"):
        k = np.where(
            r < 0.53,
            2 * r + r**3 + 5 / 6 * r**5,
            np.where(r < 0.85, -0.4 + 1.39 * r + 0.43 / c, 0.5 / c),
        )
        for _ in range(8):
            # In log κ, and from the side on which the ratio keeps its digits.
            miss = np.where(r < 0.5, r - bessel_ratio(k), bessel_ratio_complement(k) - c)
            step = np.where(k > 0, miss / (bessel_ratio_slope(k) * k), 0.0)
            k = k * np.exp(np.clip(step, -1, 1))
            if np.all(np.abs(step) < 1e-9):  # the next one would be below rounding
                break
    return np.where(c <= 0, math.inf, k)[()]

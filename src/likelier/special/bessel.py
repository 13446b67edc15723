"""The modified Bessel function I₀ and the ratio I₁ / I₀, the constants of the von Mises family.

A(κ) = I₁(κ) / I₀(κ) is the mean of cos θ under the density exp(κ cos θ) / (2π I₀(κ)). Beside 1 it
is the complement 1 − A that keeps its digits, as the mean of 2 sin²(θ / 2), and A′ is a variance;
one Gauss–Legendre rule, laid over what counts of the density, gives all three.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from likelier.special._namespace import Array, as_floating, namespace
from likelier.special._primitive import differentiable, polynomial
from likelier.special._tail import CUT, in_blocks, picked, rule

_SMALL = 2.0
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


def _large(xp: Any, k: Array) -> tuple[Array, ...]:
    """log I₀ − κ, 1 − A, A′ and A″ by quadrature."""
    # As long as the density is wide, equal steps round the circle are the better rule.
    wide = k < 48
    end = xp.where(wide, math.pi, reach(xp, k, 0.0 * k))
    nodes, weights = rule(xp, k)
    round_ = wide[..., None]
    even = (xp.cumsum(xp.ones_like(nodes), axis=0) - 0.5) / nodes.shape[0]
    nodes = xp.where(round_, even, nodes)
    weights = xp.where(round_, 1 / even.shape[0], weights)
    drop = 2 * xp.sin(0.5 * end[..., None] * nodes) ** 2
    mass = weights * xp.exp(-k[..., None] * drop)
    total = xp.sum(mass, axis=-1)
    complement = xp.sum(mass * drop, axis=-1) / total
    excess = drop - complement[..., None]
    spread = xp.sum(mass * excess**2, axis=-1) / total
    skew = xp.sum(mass * excess**3, axis=-1) / total
    return xp.log(total * end / math.pi), complement, spread, -skew


def _small(xp: Any, k: Array) -> tuple[Array, ...]:
    """log I₀, A, A′ and A″ by power series."""
    z = 0.25 * k * k
    excess = z * polynomial(_I0, z)
    ratio = 0.5 * polynomial(_I1, z) / (1 + excess)
    slope = 1 - ratio - (k * ratio) ** 2
    gap = 0.25 * polynomial(_GAP, z) / (1 + excess)
    return xp.log1p(excess), k * ratio, slope, k * (ratio * ratio - gap - 2 * ratio * slope)


@in_blocks
def _all(xp: Any, k: Array) -> tuple[Array, ...]:
    """log I₀, log I₀ − κ, A, 1 − A, A′ and A″."""
    small = k <= _SMALL
    near_log, near_a, near_slope, near_bend = picked(xp, small, _small, k)
    far_log, far_complement, far_slope, far_bend = picked(xp, ~small, _large, k)
    return (
        xp.where(small, near_log, k + far_log),
        xp.where(small, near_log - k, far_log),
        xp.where(small, near_a, 1 - far_complement),
        xp.where(small, 1 - near_a, far_complement),
        xp.where(small, near_slope, far_slope),
        xp.where(small, near_bend, far_bend),
    )


@differentiable(lambda k, value: bessel_ratio(k))
def log_i0(xp: Any, k: Array) -> Array:
    """log I₀(κ), near κ² / 4 at 0 and κ − ½ log(2πκ) far from it.

    Args:
        k: concentrations from 0, of any shape.

    Example:
        >>> round(float(log_i0(1.0)), 12)
        0.235914358507
    """
    return _all(xp, k)[0]


@differentiable(lambda k, value: -bessel_ratio_complement(k))
def log_i0e(xp: Any, k: Array) -> Array:
    """log I₀(κ) − κ.

    Args:
        k: concentrations from 0, of any shape.

    Example:
        >>> round(float(log_i0e(1e8)), 9)
        -10.129278904
    """
    return _all(xp, k)[1]


@differentiable(lambda k, value: bessel_ratio_slope(k))
def bessel_ratio(xp: Any, k: Array) -> Array:
    """A(κ) = I₁(κ) / I₀(κ), the mean resultant length of a von Mises distribution.

    Args:
        k: concentrations from 0, of any shape.

    Example:
        >>> round(float(bessel_ratio(1.0)), 12)
        0.446389965897
    """
    return _all(xp, k)[2]


@differentiable(lambda k, value: -bessel_ratio_slope(k))
def bessel_ratio_complement(xp: Any, k: Array) -> Array:
    """1 − I₁(κ) / I₀(κ) without cancellation, near 1 / (2κ) for a large κ.

    Args:
        k: concentrations from 0, of any shape.

    Example:
        >>> round(float(bessel_ratio_complement(1e12)) * 2e12, 9)
        1.0
    """
    return _all(xp, k)[3]


@differentiable(lambda k, value: _bend(k))
def bessel_ratio_slope(xp: Any, k: Array) -> Array:
    """A′(κ), the variance of the cosine, near 1 / (2κ²) for a large κ.

    Args:
        k: concentrations from 0, of any shape.

    Example:
        >>> float(bessel_ratio_slope(0.0))
        0.5
    """
    return _all(xp, k)[4]


def _bend(k: Array) -> Array:
    """A″(κ), near −1 / κ³ for a large κ."""
    return _all(namespace(k), k)[5]


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
            _, _, a, rest, slope, _ = _all(np, k)
            # In log κ, and from the side on which the ratio keeps its digits.
            miss = np.where(r < 0.5, r - a, rest - c)
            step = miss / (slope * k)
            k = k * np.exp(np.clip(np.where(k > 0, step, 0.0), -1, 1))
    return np.where(c <= 0, math.inf, k)[()]

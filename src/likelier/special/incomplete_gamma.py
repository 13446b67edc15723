"""The regularised incomplete gamma functions, their logarithms and derivatives, in both tails.

With t = x exp(±u), the smaller tail is the density at x times ∫ exp(−h(u)) du, where
h(u) = |x − a| u + x (exp(±u) − 1 ∓ u) is convex and nothing in it cancels. Where x and a are below
1, so that the upper tail may be flat over many orders of magnitude, the power series serves.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from likelier.special._namespace import Array, as_floating, namespace
from likelier.special._primitive import differentiable, polynomial
from likelier.special._tail import CUT, in_blocks, picked, rule
from likelier.special._tails import Tails
from likelier.special.elementary import deviance, expm1mx
from likelier.special.gamma import digamma, digamma_minus_log, stirling_error
from likelier.special.gamma_difference import gammaln_difference

_LOG_2_PI = math.log(2 * math.pi)
_TERMS = 19
# From shapes of 1e5 on SciPy (1.17) stops summing the lower tail too early.
_LARGE = 1e4


def _log_power(xp: Any, a: Array, x: Array) -> Array:
    """log(x^a exp(−x) / Γ(a))."""
    return 0.5 * (xp.log(a) - _LOG_2_PI) - stirling_error(a) - deviance(xp, a, x, x - a)


def _tail_integral(xp: Any, a: Array, x: Array, sign: Array) -> tuple[Array, Array]:
    """∫ exp(−h(u)) du and the mean of u under it, for the upper tail (sign 1) or the lower (−1)."""
    slope = abs(x - a)
    end = 2 * CUT / (slope + xp.sqrt(slope * slope + 2 * CUT * x))
    upper = xp.log1p(CUT / x + xp.log1p(CUT / x))
    end = xp.where((sign > 0) & (upper < end) & (x < CUT), upper, end)
    # h is convex: from the first of Newton's steps on, they come from beyond the root.
    for _ in range(3):
        h = slope * end + x * expm1mx(sign * end) - CUT
        end = end - h / (slope + x * sign * xp.expm1(sign * end))
    nodes, weights = rule(xp, end)
    u = end[..., None] * nodes
    h = slope[..., None] * u + x[..., None] * expm1mx(sign[..., None] * u)
    mass = weights * xp.exp(-h)
    total = xp.sum(mass, axis=-1)
    return end * total, xp.sum(u * mass, axis=-1) / total


def _series(xp: Any, a: Array, x: Array) -> tuple[Array, Array, Array]:
    """log P, log Q and ∂P/∂a for a and x up to 1."""
    first, second = [], []
    for n in range(1, _TERMS):
        inverse = 1 / (a + n)
        coefficient = (-1) ** n / math.factorial(n) * inverse
        first.append(coefficient)
        second.append(-coefficient * inverse)
    rest, rest_slope = x * polynomial(first, x), x * polynomial(second, x)
    log_x = xp.log(x)
    log_lead = a * log_x - gammaln_difference(xp.ones_like(a), a)
    lead = xp.exp(log_lead)
    slope = (log_x - digamma(1 + a)) * (1 + a * rest) + rest + a * rest_slope
    return (
        log_lead + xp.log1p(a * rest),
        xp.log(-xp.expm1(log_lead) - a * lead * rest),
        lead * slope,
    )


def _quadrature(xp: Any, a: Array, x: Array) -> tuple[Array, Array, Array]:
    """log P, log Q and ∂P/∂a for a or x from 1 on."""
    upper = x > a
    sign = xp.where(upper, xp.ones_like(x), -xp.ones_like(x))
    integral, mean = _tail_integral(xp, a, x, sign)
    log_main = _log_power(xp, a, x) + xp.log(integral)
    main = xp.exp(log_main)
    log_other = xp.log1p(-main)
    ratio = (x - a) / a
    apart = abs(ratio) > 0.5
    log_ratio = xp.where(apart, xp.log(x / a), xp.log1p(xp.where(apart, 0.0, ratio)))
    slope = main * (log_ratio - digamma_minus_log(a) + sign * mean)
    return (
        xp.where(upper, log_other, log_main),
        xp.where(upper, log_main, log_other),
        -sign * slope,
    )


@in_blocks
def _parts(xp: Any, a: Array, x: Array) -> tuple[Array, Array, Array]:
    """log P(a, x), log Q(a, x) and ∂P(a, x)/∂a."""
    a, x = xp.broadcast_arrays(a, x)
    inside = (x > 0) & (x < math.inf) & (a > 0)
    small = inside & (x <= 1) & (a <= 1)
    one = xp.ones_like(x)
    near = picked(xp, small, _series, a, x)
    far = picked(xp, inside & ~small, _quadrature, a, x)
    log_p, log_q, slope_p = (xp.where(small, n, f) for n, f in zip(near, far, strict=True))
    # At the ends one tail is empty; where an argument is no number, nothing is known.
    nothing = xp.where(x == 0, 0.0 * one, xp.where(x == math.inf, 0.0 * one, math.nan * one))
    empty = nothing - math.inf
    return (
        xp.where(inside, log_p, xp.where(x == 0, empty, nothing)),
        xp.where(inside, log_q, xp.where(x == 0, nothing, empty)),
        xp.where(inside, slope_p, nothing),
    )


def _scipy(a: Array, x: Array) -> tuple[Array, Array]:
    from scipy.special import gammainc, gammaincc

    return gammainc(a, x), gammaincc(a, x)


def _scipy_tail(tail: int, a: Array, x: Array) -> Array:
    import scipy.special

    return (scipy.special.gammainc, scipy.special.gammaincc)[tail](a, x)


_TAILS = Tails(
    parameters=1,
    parts=_parts,
    log_density=lambda xp, a, x: _log_power(xp, a, x) - xp.log(x),
    fast=_scipy_tail,
    fast_pair=_scipy,
    # For large shapes SciPy's lower tail loses all digits.
    doubtful=lambda value, a, x: np.broadcast_to(a > _LARGE, np.shape(value)),
)


def gammainc_grad_a(a: Array, x: Array) -> Array:
    """∂P(a, x)/∂a, the derivative of the lower regularised incomplete gamma function.

    Args:
        a: positive numbers.
        x: numbers from 0, of a shape that broadcasts with a's.

    Example:
        >>> round(float(gammainc_grad_a(1.0, 1.0)), 10)
        -0.4317297106
    """
    xp = namespace(a, x)
    with np.errstate(all="ignore"):
        return _parts(xp, *as_floating(xp, a, x))[2]


@differentiable(*_TAILS.partials(0))
def gammainc(xp: Any, a: Array, x: Array) -> Array:
    """P(a, x) = ∫₀ˣ t^(a−1) exp(−t) dt / Γ(a), the distribution function of Gamma(a, 1).

    Args:
        a: positive numbers.
        x: numbers from 0, of a shape that broadcasts with a's.

    Example:
        >>> round(float(gammainc(1.0, 1.0)), 12)
        0.632120558829
    """
    return _TAILS.value(xp, 0, a, x)


@differentiable(*_TAILS.partials(1))
def gammaincc(xp: Any, a: Array, x: Array) -> Array:
    """Q(a, x) = 1 − P(a, x), the survival function of Gamma(a, 1), without cancellation.

    Args:
        a: positive numbers.
        x: numbers from 0, of a shape that broadcasts with a's.

    Example:
        >>> round(float(gammaincc(1.0, 1.0)), 12)
        0.367879441171
    """
    return _TAILS.value(xp, 1, a, x)


@differentiable(*_TAILS.log_partials(0))
def log_gammainc(xp: Any, a: Array, x: Array) -> Array:
    """log P(a, x), right where P itself is too small for a number, or next to 1.

    Args:
        a: positive numbers.
        x: numbers from 0, of a shape that broadcasts with a's.

    Example:
        >>> round(float(log_gammainc(1000.0, 1.0)), 6)
        -5913.127179
    """
    return _TAILS.log_value(xp, 0, a, x)


@differentiable(*_TAILS.log_partials(1))
def log_gammaincc(xp: Any, a: Array, x: Array) -> Array:
    """log Q(a, x), right where Q itself is too small for a number, or next to 1.

    Args:
        a: positive numbers.
        x: numbers from 0, of a shape that broadcasts with a's.

    Example:
        >>> round(float(log_gammaincc(1.0, 5000.0)), 6)
        -5000.0
    """
    return _TAILS.log_value(xp, 1, a, x)


def gammaincinv(a: Array, p: Array) -> Array:
    """The x at which P(a, x) = p, on NumPy.

    Args:
        a: positive numbers.
        p: probabilities, of a shape that broadcasts with a's.

    Example:
        >>> round(float(gammaincinv(1.0, 0.5)), 12)
        0.69314718056
    """
    import scipy.special

    return _polished(a, scipy.special.gammaincinv(a, p), p, 0)


def gammainccinv(a: Array, q: Array) -> Array:
    """The x at which Q(a, x) = q, on NumPy.

    Args:
        a: positive numbers.
        q: probabilities, of a shape that broadcasts with a's.

    Example:
        >>> round(float(gammainccinv(1.0, 0.5)), 12)
        0.69314718056
    """
    import scipy.special

    return _polished(a, scipy.special.gammainccinv(a, q), q, 1)


def _polished(a: Array, x: Array, level: Array, tail: int) -> Array:
    """One Newton step in the logarithms of x and of the smaller tail."""
    a, x, level = as_floating(np, a, x, level)
    with np.errstate(all="ignore"):
        other = level > 0.5
        log_tail = np.where(
            other, _TAILS.log_value(np, 1 - tail, a, x), _TAILS.log_value(np, tail, a, x)
        )
        target = np.where(other, np.log1p(-level), np.log(level))
        sign = np.where(other, -1.0, 1.0) * (1 - 2 * tail)
        step = sign * (target - log_tail) * np.exp(log_tail - _log_power(np, a, x))
        # Where the step is not small SciPy's answer is an end of the range, or all there is.
        return np.where(abs(step) < 1e-3, x * np.exp(step), x)[()]

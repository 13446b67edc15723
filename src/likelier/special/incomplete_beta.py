"""The regularised incomplete beta functions, their logarithms and derivatives, in both tails.

In log odds the integrand is log-concave. The tail that ends on this side of the mean is the
density at its end times ∫ exp(−h(u)) du with h(u) = s u + (a + b) (log(1 + p (exp(±u) − 1)) ∓ p u),
p the smaller of x and 1 − x, which does not cancel. Where a parameter is below 1, so that the
integrand may be flat over many orders of magnitude beside it, the tail is x^a times 1 plus a small
remainder.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from likelier.special._namespace import Array, as_floating, namespace
from likelier.special._primitive import differentiable
from likelier.special._tail import CUT, in_blocks, picked, rule, subset
from likelier.special._tails import Tails
from likelier.special.elementary import deviance, expm1mx, log1pmx
from likelier.special.gamma import digamma, stirling_error
from likelier.special.gamma_difference import digamma_difference, gammaln_difference

_LOG_2_PI = math.log(2 * math.pi)
# From here on the quadrature keeps more digits than SciPy's prefactor.
_LARGE = 1e5
# Below this SciPy (1.17) multiplies numbers that have begun to underflow.
_FAR = 1e-240


def log_power(xp: Any, a: Array, b: Array, x: Array, y: Array) -> Array:
    """log(x^a y^b / B(a, b)) with y = 1 − x."""
    n = a + b
    slope = a * y - b * x
    shape = stirling_error(n) - stirling_error(a) - stirling_error(b)
    # a b / n, which may neither overflow nor underflow on the way.
    small = xp.where(a < b, a, b)
    product = small / (1 + small / xp.where(a < b, b, a))
    away = deviance(xp, a, n * x, -slope) + deviance(xp, b, n * y, slope)
    return 0.5 * (xp.log(product) - _LOG_2_PI) + shape - away


def bend(xp: Any, p: Array, w: Array, u: Array) -> Array:
    """log(1 + w) − p u for w = p (exp(u) − 1) and p <= 1/2."""
    near = abs(w) < 0.5
    inner = xp.where(near, w, 0.0)
    return xp.where(near, log1pmx(inner) + p * expm1mx(u), xp.log1p(w) - p * u)


def tail_nodes(xp: Any, a: Array, b: Array, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Nodes below x <= a / (a + b), along a last axis.

    Returns exp(−h) du, which sums to the tail over the density, and −log(t/x), −log((1 − t)/y).
    """
    n, slope = a + b, a * y - b * x
    upper = x > 0.5
    p, sign = xp.where(upper, y, x), xp.where(upper, 1.0 + 0 * x, -1.0 + 0 * x)
    limit = (CUT - n * xp.log(y)) / a
    end = 2 * CUT / (slope + xp.sqrt(slope * slope + 2 * CUT * n * x * y))
    end = xp.where(end < limit, end, limit)
    # h is convex: from the first of Newton's steps on, they come from beyond the root.
    for _ in range(4):
        w = p * xp.expm1(sign * end)
        h = slope * end + n * bend(xp, p, w, sign * end) - CUT
        pull = sign * n * ((p + w) / (1 + w) - p)
        end = end - h / (slope + pull)
        end = xp.where(end < limit, end, limit)
    nodes, weights = rule(xp, end)
    u = end[..., None] * nodes
    p, sign, upper = p[..., None], sign[..., None], upper[..., None]
    w = p * xp.expm1(sign * u)
    h = slope[..., None] * u + n[..., None] * bend(xp, p, w, sign * u)
    rest = xp.log1p(w)
    log_t, log_1t = rest + xp.where(upper, 0.0, u), rest - xp.where(upper, u, 0.0)
    return end[..., None] * weights * xp.exp(-h), log_t, log_1t


def _main(xp: Any, a: Array, b: Array, x: Array, y: Array) -> tuple[Array, ...]:
    """log I, log(1 − I), ∂I/∂a and ∂I/∂b for x <= a / (a + b)."""
    mass, less, more = tail_nodes(xp, a, b, x, y)
    integral = xp.sum(mass, axis=-1)
    less, more = xp.sum(less * mass, axis=-1) / integral, xp.sum(more * mass, axis=-1) / integral
    log_lower = log_power(xp, a, b, x, y) + xp.log(integral)
    lower = xp.exp(log_lower)
    log_x = xp.where(x > 0.5, xp.log1p(-y), xp.log(x))
    log_y = xp.where(x > 0.5, xp.log(y), xp.log1p(-x))
    return (
        log_lower,
        xp.log1p(-lower),
        lower * (log_x + digamma_difference(a, b) - less),
        lower * (log_y + digamma_difference(b, a) - more),
    )


def _beside(xp: Any, a: Array, b: Array, x: Array) -> tuple[Array, ...]:
    """log I, log(1 − I), ∂I/∂a and ∂I/∂b for a, b x <= 1 and x <= 1/2."""
    one = xp.ones_like(a)
    log_x = xp.log(x)
    log_lead = a * log_x + gammaln_difference(b, a) - gammaln_difference(one, a)
    # ∫ w^(a−1) ((1 − x w)^(b−1) − 1) dw over (0, 1), with w = exp(−u).
    nodes, weights = rule(xp, a)
    u = CUT / (1 + a)[..., None] * nodes
    log_rest = xp.log1p(-x[..., None] * xp.exp(-u))
    power = (b - 1)[..., None] * log_rest
    mass = weights * xp.exp(-a[..., None] * u) * (CUT / (1 + a))[..., None]
    excess = xp.expm1(power) * mass
    rest, along_a = xp.sum(excess, axis=-1), -xp.sum(u * excess, axis=-1)
    along_b = xp.sum(log_rest * (excess + mass), axis=-1)
    lead, factor = xp.exp(log_lead), 1 + a * rest
    slope_a = log_x + digamma(a + b) - digamma(1 + a)
    return (
        log_lead + xp.log1p(a * rest),
        xp.log(-xp.expm1(log_lead) - a * lead * rest),
        lead * (slope_a * factor + rest + a * along_a),
        lead * (digamma_difference(b, a) * factor + a * along_b),
    )


@in_blocks
def parts(xp: Any, a: Array, b: Array, x: Array, y: Array) -> tuple[Array, ...]:
    """log I, log(1 − I), ∂I/∂a and ∂I/∂b of I = I_x(a, b); y = 1 − x to all its digits."""
    a, b, x, y = xp.broadcast_arrays(a, b, x, y)
    inside = (x > 0) & (y > 0) & (a > 0) & (b > 0)
    one = xp.ones_like(x)
    near_0 = inside & (a <= 1) & (x <= 0.5) & (b * x <= 1)
    near_1 = inside & (b <= 1) & (y <= 0.5) & (a * y <= 1) & ~near_0
    beside = near_0 | near_1
    main = inside & ~beside
    flip = near_1 | (main & (a * y < b * x))
    c, d = xp.where(flip, b, a), xp.where(flip, a, b)
    near, far = xp.where(flip, y, x), xp.where(flip, x, y)
    first = picked(xp, beside, _beside, c, d, near)
    second = picked(xp, main, _main, c, d, near, far)
    lower, upper, along_c, along_d = (
        xp.where(beside, f, s) for f, s in zip(first, second, strict=True)
    )
    lower, upper = xp.where(flip, upper, lower), xp.where(flip, lower, upper)
    along_a = xp.where(flip, -along_d, along_c)
    along_b = xp.where(flip, -along_c, along_d)
    # At the ends one tail is empty; where an argument is no number, nothing is known.
    nothing = xp.where((x == 0) | (y == 0), 0.0 * one, math.nan * one)
    empty = nothing - math.inf
    return (
        xp.where(inside, lower, xp.where(x == 0, empty, nothing)),
        xp.where(inside, upper, xp.where(x == 0, nothing, empty)),
        xp.where(inside, along_a, nothing),
        xp.where(inside, along_b, nothing),
    )


def _scipy(a: Array, b: Array, x: Array) -> tuple[Array, Array]:
    """Both tails from SciPy, whose complement is exact and slow, and so asked last."""
    from scipy.special import betainc, betaincc

    lower = betainc(a, b, x)
    upper = subset(lower >= 0.5, 1 - lower, lambda a, b, x: betainc(b, a, 1 - x), a, b, x)
    # Next to x = 0, 1 − x has lost the digits of x.
    return lower, subset((lower >= 0.5) & (x < 0.25), upper, betaincc, a, b, x)


def _scipy_tail(tail: int, a: Array, b: Array, x: Array) -> Array:
    import scipy.special

    return scipy.special.betainc(a, b, x) if tail == 0 else _scipy(a, b, x)[1]


_TAILS = Tails(
    parameters=2,
    parts=lambda xp, a, b, x: parts(xp, a, b, x, 1 - x),
    log_density=lambda xp, a, b, x: log_power(xp, a, b, x, 1 - x) - xp.log(x) - xp.log1p(-x),
    fast=_scipy_tail,
    fast_pair=_scipy,
    doubtful=lambda value, a, b, x: ((a > _LARGE) & (b > _LARGE)) | (value < _FAR),
)


def betainc_grad(a: Array, b: Array, x: Array) -> tuple[Array, Array]:
    """∂I/∂a and ∂I/∂b of the lower regularised incomplete beta function I_x(a, b).

    Args:
        a: positive numbers.
        b: positive numbers.
        x: numbers from 0 to 1, of a shape that broadcasts with those of a and b.

    Example:
        >>> along_a, along_b = betainc_grad(2.0, 3.0, 0.5)
        >>> round(float(along_a), 10), round(float(along_b), 10)
        (-0.1952886866, 0.1541084939)
    """
    xp = namespace(a, b, x)
    a, b, x = as_floating(xp, a, b, x)
    with np.errstate(all="ignore"):
        results = parts(xp, a, b, x, 1 - x)
    return results[2], results[3]


@differentiable(*_TAILS.partials(0))
def betainc(xp: Any, a: Array, b: Array, x: Array) -> Array:
    """I_x(a, b) = ∫₀ˣ t^(a−1) (1 − t)^(b−1) dt / B(a, b), the distribution function of Beta(a, b).

    Args:
        a: positive numbers.
        b: positive numbers.
        x: numbers from 0 to 1, of a shape that broadcasts with those of a and b.

    Example:
        >>> round(float(betainc(2.0, 3.0, 0.5)), 12)
        0.6875
    """
    return _TAILS.value(xp, 0, a, b, x)


@differentiable(*_TAILS.partials(1))
def betaincc(xp: Any, a: Array, b: Array, x: Array) -> Array:
    """1 − I_x(a, b), the survival function of Beta(a, b), without cancellation.

    Args:
        a: positive numbers.
        b: positive numbers.
        x: numbers from 0 to 1, of a shape that broadcasts with those of a and b.

    Example:
        >>> round(float(betaincc(2.0, 3.0, 0.5)), 12)
        0.3125
    """
    return _TAILS.value(xp, 1, a, b, x)


@differentiable(*_TAILS.log_partials(0))
def log_betainc(xp: Any, a: Array, b: Array, x: Array) -> Array:
    """log I_x(a, b), right where I itself is too small for a number, or next to 1.

    Args:
        a: positive numbers.
        b: positive numbers.
        x: numbers from 0 to 1, of a shape that broadcasts with those of a and b.

    Example:
        >>> round(float(log_betainc(1000.0, 1.0, 0.1)), 6)
        -2302.585093
    """
    return _TAILS.log_value(xp, 0, a, b, x)


@differentiable(*_TAILS.log_partials(1))
def log_betaincc(xp: Any, a: Array, b: Array, x: Array) -> Array:
    """log(1 − I_x(a, b)), right where it is too small for a number, or next to 0.

    Args:
        a: positive numbers.
        b: positive numbers.
        x: numbers from 0 to 1, of a shape that broadcasts with those of a and b.

    Example:
        >>> round(float(log_betaincc(1.0, 1000.0, 0.9)), 6)
        -2302.585093
    """
    return _TAILS.log_value(xp, 1, a, b, x)


def betaincinv(a: Array, b: Array, p: Array) -> Array:
    """The x at which I_x(a, b) = p, on NumPy.

    Args:
        a: positive numbers.
        b: positive numbers.
        p: probabilities, of a shape that broadcasts with those of a and b.

    Example:
        >>> round(float(betaincinv(2.0, 3.0, 0.6875)), 12)
        0.5
    """
    import scipy.special

    a, b, p = as_floating(np, a, b, p)
    x = scipy.special.betaincinv(a, b, p)
    with np.errstate(all="ignore"):
        # One Newton step in log x and the log of the smaller tail.
        log_lower, log_upper, *_ = parts(np, a, b, x, 1 - x)
        upper = p > 0.5
        log_tail = np.where(upper, log_upper, log_lower)
        miss = np.where(upper, log_upper - np.log1p(-p), np.log(p) - log_lower)
        step = miss * np.exp(log_tail + np.log1p(-x) - log_power(np, a, b, x, 1 - x))
        # Where the step is not small SciPy's answer is an end of the range, or all there is.
        return np.where(abs(step) < 1e-3, np.minimum(x * np.exp(step), 1.0), x)[()]

"""Student's t distribution function, its logarithm and derivatives, in both tails."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from likelier.special._namespace import Array, as_floating, namespace
from likelier.special._primitive import differentiable
from likelier.special._tail import in_blocks, log_of_tail, picked, rule, subset
from likelier.special.elementary import log1pmx
from likelier.special.gamma_half import student_constant, student_constant_slope
from likelier.special.incomplete_beta import parts, tail_nodes

_LOG_2 = math.log(2)
_HALF_LOG_2_PI = 0.5 * math.log(2 * math.pi)
# In units of √df; the next term of the tail is smaller by the square of this.
_FAR = 1e15
# Up to here the derivative in df comes from the middle, beyond from the tail.
_MIDDLE = 1.5
# From here on a rounding of x alone would cost digits of SciPy's incomplete beta function.
_LARGE = 50.0


def _scaled(xp: Any, df: Array, t: Array) -> tuple[Array, Array]:
    """|t| / √df, and whether it is so large that only the leading term of the tail is left."""
    size = abs(t) / xp.sqrt(df)
    far = size > _FAR
    return xp.where(far, 1.0, size), far


def _squares(xp: Any, df: Array, t: Array) -> tuple[Array, Array]:
    """df / (df + t²) and t² / (df + t²)."""
    size, _ = _scaled(xp, df, t)
    ratio = size * size
    return 1 / (1 + ratio), ratio / (1 + ratio)


def _tails(xp: Any, df: Array, t: Array) -> tuple[Array, Array]:
    """log of the tail beyond |t|, and log of the rest."""
    if xp is not np:
        return _own_tails(xp, df, t)
    from scipy.special import betainc

    x, y = _squares(np, df, t)
    tail = 0.5 * betainc(0.5 * df, 0.5, x)
    # Next to x = 1 only y has kept its digits.
    near_1 = (x > 0.5) & (tail > 0.25)
    tail = subset(near_1, tail, lambda d, y: 0.5 - 0.5 * betainc(0.5, 0.5 * d, y), df, y)
    doubtful = (df > _LARGE) | _scaled(np, df, t)[1] | ~np.isfinite(t)
    log_tail = log_of_tail(
        tail, 1 - tail, doubtful, lambda *v: _own_tails(np, *v)[0], *np.broadcast_arrays(df, t)
    )
    return log_tail, np.log1p(-np.exp(log_tail))


def _own_tails(xp: Any, df: Array, t: Array) -> tuple[Array, Array]:
    """The same by quadrature, on every array library and over the whole domain."""
    _, far = _scaled(xp, df, t)
    x, y = _squares(xp, df, t)
    near = parts(xp, df / 2, 0.5 + 0 * df, x, y)[0] - _LOG_2
    # f(t) |t| / df, with the powers of an infinite t brought together.
    powers = 0.5 * (df - 1) * xp.log(df) - df * xp.log(xp.where(far, abs(t), 1.0))
    log_tail = xp.where(far, student_constant(df) - _HALF_LOG_2_PI + powers, near)
    return log_tail, xp.log1p(-xp.exp(log_tail))


def _score(df: Array, q: Array, log_1q: Array) -> Array:
    """∂ log f/∂df at the z with q = z² / (df + z²)."""
    xp = namespace(df, q)
    near = q < 0.5
    bend = xp.where(near, log1pmx(-xp.where(near, q, 0.0)), log_1q + q)
    return student_constant_slope(df) + 0.5 * (bend + q / df)


@in_blocks
def _slope(xp: Any, df: Array, t: Array) -> tuple[Array]:
    """The derivative in df of the tail beyond t > 0."""
    inner, heavy = t < _MIDDLE, df < 2
    (near,) = picked(xp, inner, _slope_inside, df, t)
    (far,) = picked(xp, ~inner & ~heavy, _slope_outside, df, t)
    (wide,) = picked(xp, ~inner & heavy, _slope_of_heavy_tail, df, t)
    return (xp.where(inner, near, xp.where(heavy, wide, far)),)


def _slope_of_heavy_tail(xp: Any, df: Array, t: Array) -> tuple[Array]:
    """The derivative of ½ I_x(df/2, ½) with x = df / (df + t²), for df < 2."""
    _, far = _scaled(xp, df, t)
    x, y = _squares(xp, df, t)
    along_a = parts(xp, df / 2, 0.5 + 0 * df, x, y)[2]
    log_t = xp.log(xp.where(far, t, 1.0))
    tail = xp.exp(_tails(xp, df, t)[0])
    leading = student_constant_slope(df) + 0.5 * (xp.log(df) + 1 - 1 / df) - log_t
    # ∂x/∂df = x y / df, which leaves the density.
    beside = 0.25 * along_a + 0.5 * t / df * xp.exp(_log_density(df, t))
    return (xp.where(far, tail * leading, beside),)


def _slope_inside(xp: Any, df: Array, t: Array) -> tuple[Array]:
    """Minus the integral of ∂f/∂df from 0 to t."""
    nodes, weights = rule(xp, t)
    z, df = t[..., None] * nodes, df[..., None]
    x, y = _squares(xp, df, z)
    score = _score(df, y, xp.log(x))
    return (-t * xp.sum(weights * score * xp.exp(_log_density(df, z)), axis=-1),)


def _slope_outside(xp: Any, df: Array, t: Array) -> tuple[Array]:
    """The integral of ∂f/∂df from t to ∞."""
    x, y = _squares(xp, df, t)
    mass, less, more = tail_nodes(xp, df / 2, 0.5 + 0 * df, x, y)
    score = _score(df[..., None], y[..., None] * xp.exp(-more), xp.log(x)[..., None] - less)
    # f(t) |dt/du| with t = |t| exp(u / 2)
    _, far = _scaled(xp, df, t)
    size = 0.5 * xp.where(far, 0.0, t) * xp.exp(_log_density(df, t))
    # Beyond 1e15 √df a tail of 2 degrees of freedom or more is below all precision.
    return (size * xp.sum(mass * score, axis=-1),)


def _log_density(df: Array, t: Array) -> Array:
    """log of the density at t."""
    xp = namespace(df, t)
    size, far = _scaled(xp, df, t)
    log_far = 2 * xp.log(xp.where(far, abs(t), 1.0)) - xp.log(df)
    log_square = xp.where(far, log_far, xp.log1p(size * size))
    return student_constant(df) - _HALF_LOG_2_PI - 0.5 * (df + 1) * log_square


def stdtr_grad_df(df: Array, t: Array) -> Array:
    """∂P(T <= t)/∂df, the derivative of Student's t distribution function in df.

    Args:
        df: degrees of freedom, positive.
        t: any real numbers, of a shape that broadcasts with df's.

    Example:
        >>> round(float(stdtr_grad_df(1.0, 0.0)), 12)
        0.0
        >>> round(float(stdtr_grad_df(3.0, -2.0)), 10)
        -0.0152554815
    """
    xp = namespace(df, t)
    df, t = xp.broadcast_arrays(*as_floating(xp, df, t))
    with np.errstate(all="ignore"):
        (slope,) = _slope(xp, df, abs(t))
    return xp.where(t < 0, slope, -slope)


@differentiable(
    lambda df, t, value: stdtr_grad_df(df, t),
    lambda df, t, value: namespace(df, t).exp(_log_density(df, t)),
)
def stdtr(xp: Any, df: Array, t: Array) -> Array:
    """P(T <= t) for Student's t, right in the lower tail; take −t for the upper one.

    Args:
        df: degrees of freedom, positive.
        t: any real numbers, of a shape that broadcasts with df's.

    Example:
        >>> round(float(stdtr(1.0, 1.0)), 12)
        0.75
    """
    tail = xp.exp(_tails(xp, df, t)[0])
    return xp.where(t < 0, tail, 1 - tail)


@differentiable(
    lambda df, t, value: stdtr_grad_df(df, t) / namespace(df, t).exp(value),
    lambda df, t, value: namespace(df, t).exp(_log_density(df, t) - value),
)
def log_stdtr(xp: Any, df: Array, t: Array) -> Array:
    """log P(T <= t) for Student's t, in both tails.

    Args:
        df: degrees of freedom, positive.
        t: any real numbers, of a shape that broadcasts with df's.

    Example:
        >>> round(float(log_stdtr(1e12, -100.0)), 4)
        -5005.5242
    """
    log_tail, log_rest = _tails(xp, df, t)
    return xp.where(t < 0, log_tail, log_rest)


def stdtrit(df: Array, p: Array) -> Array:
    """The t at which P(T <= t) = p, on NumPy.

    Args:
        df: degrees of freedom, positive.
        p: probabilities, of a shape that broadcasts with df's.

    Example:
        >>> round(float(stdtrit(1.0, 0.75)), 12)
        1.0
    """
    import scipy.special

    df, p = as_floating(np, df, p)
    tail = np.minimum(p, 1 - p)
    with np.errstate(all="ignore"):
        size = np.abs(scipy.special.stdtrit(df, tail))
        # Newton's steps in the logarithms of |t| and of the tail beyond it.
        for _ in range(2):
            log_tail = _tails(np, df, size)[0]
            slope = np.exp(_log_density(df, size) - log_tail) * size
            step = (log_tail - np.log(tail)) / slope
            size = np.where(np.abs(step) < 0.5, size * np.exp(step), size)
    return np.where(p < 0.5, -size, size)[()]

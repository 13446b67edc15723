"""Which of two independent Beta variables is the larger, to all digits however rare that is.

P(X > Y) is the integral over log odds of the density of one variable times the distribution
function of the other. Both factors are log-concave, and so is their product: it has one peak,
beside which nothing is left where it has fallen by exp(−40). The variable whose shapes have the
larger sum gives the density, so that the other factor is the smoother one. A beta-binomial count is
at least k with the probability that its Beta exceeds one of shapes k and n − k + 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.special._host import on_host
from likelier.special._namespace import Array
from likelier.special._primitive import Formula, differentiable
from likelier.special._tail import CUT, in_blocks, rule
from likelier.special.elementary import expit, log1mexp
from likelier.special.gamma import digamma, digamma_minus_log
from likelier.special.incomplete_beta import bend, log_betainc, log_betaincc, log_power, parts

_STEPS_TO_PEAK = 8
_STEPS_TO_END = 9


def _log_cdf(e: Array, f: Array, p: Array, q: Array) -> Array:
    """log I_p(e, f) with q = 1 − p to all its digits."""
    e, f, p, q = np.broadcast_arrays(e, f, p, q)
    low = p <= 0.5
    value = np.empty(p.shape, p.dtype)
    value[low] = log_betainc(e[low], f[low], p[low])
    value[~low] = log_betaincc(f[~low], e[~low], q[~low])
    return value


def _hazard(e: Array, f: Array, p: Array, q: Array, log_cdf: Array) -> Array:
    """Derivative of log I_p(e, f) in the log odds of p."""
    return np.exp(log_power(np, e, f, p, q) - log_cdf)


def _peak(c: Array, d: Array, e: Array, f: Array) -> Array:
    """Log odds where p^c q^d I_p(e, f) is roughly largest.

    There c q + h = d p with the hazard h of I; in logarithms both sides are almost straight lines
    of the log odds, which Newton's method meets in a few steps.
    """
    own, other = np.log(c) - np.log(d), np.log(e) - np.log(f)
    # The distribution function only moves the peak up from the density's own.
    low, high = own, own + 1500
    t = np.where(own >= other, own, np.log(c + e) - np.log(d + f))
    for _ in range(_STEPS_TO_PEAK):
        p, q = expit(t), expit(-t)
        h = _hazard(e, f, p, q, _log_cdf(e, f, p, q))
        pull = c * q + h
        gap = np.log(pull) - np.log(d * p)
        slope = (h * (e * q - f * p - h) - c * p * q) / pull - q
        low, high = np.where(gap > 0, t, low), np.where(gap > 0, high, t)
        moved = t - gap / slope
        t = np.where((moved >= low) & (moved <= high), moved, 0.5 * (low + high))
    return t


def _nodes(
    c: Array, d: Array, e: Array, f: Array
) -> tuple[Array, Array, Array, Array, Array, Array, Array]:
    """Nodes of ∫ p^c q^d I_p(e, f) d log(p / q), on axes of two sides and of one side's nodes.

    Returns the log odds' p and q at the peak, weights that sum to the integral over the integrand
    at the peak, and at the nodes log p − log p(peak), the same of q, p and q.
    """
    t = _peak(c, d, e, f)
    top, rest = expit(t)[..., None, None], expit(-t)[..., None, None]
    c, d, e, f = (x[..., None, None] for x in (c, d, e, f))
    n, slope = c + d, c * rest - d * top
    flip = top > 0.5
    small = np.where(flip, rest, top)
    one = np.ones_like(c)
    side = np.concat([-one, one], axis=-2)
    at_top = _log_cdf(e, f, top, rest)

    def fall(u: Array) -> tuple[Array, Array, Array, Array, Array]:
        """How far the log of the integrand has fallen, and where."""
        along = np.where(flip, -side, side) * u
        w = small * np.expm1(along)
        grown = np.log1p(w)
        near, far = along - grown, -grown
        log_p, log_q = np.where(flip, far, near), np.where(flip, near, far)
        p, q = top * np.exp(log_p), rest * np.exp(log_q)
        drop = n * bend(np, small, w, along) - slope * side * u
        return drop + (at_top - _log_cdf(e, f, p, q)), log_p, log_q, p, q

    hazard = _hazard(e, f, top, rest, at_top)
    curve = n * top * rest - hazard * (e * rest - f * top - hazard)
    end = np.sqrt(2 * CUT / curve) * np.ones_like(side)
    # Newton's steps in logarithms: as a power of the distance the fall is at least of order 1.
    for _ in range(_STEPS_TO_END):
        drop, _, _, p, q = fall(end)
        hazard = _hazard(e, f, p, q, _log_cdf(e, f, p, q))
        pull = side * (d * p - c * q - hazard)
        order = end * pull / drop
        step = np.log(CUT / drop) / np.where(order > 1, order, 1.0)
        step = np.where(np.isfinite(step), step, -1.0)
        end = end * np.exp(np.clip(step, -3.0, 3.0))
    nodes, weights = rule(np, end)
    drop, log_p, log_q, p, q = fall(end * nodes)
    return top, rest, end * weights * np.exp(-drop), log_p, log_q, p, q


@in_blocks
def _log_below(_: Any, c: Array, d: Array, e: Array, f: Array) -> tuple[Array]:
    """log P(W < D) for a Beta(e, f) and a Beta(c, d) of larger sum."""
    top, rest, mass, *_ = _nodes(c, d, e, f)
    top, rest = top[..., 0, 0], rest[..., 0, 0]
    total = np.sum(mass, axis=(-2, -1))
    return (log_power(np, c, d, top, rest) + _log_cdf(e, f, top, rest) + np.log(total),)


@in_blocks
def _slopes(_: Any, c: Array, d: Array, e: Array, f: Array) -> tuple[Array, ...]:
    """Derivatives of `_log_below` in c, d, e and f."""
    top, rest, mass, log_p, log_q, p, q = _nodes(c, d, e, f)
    mass = mass / np.sum(mass, axis=(-2, -1), keepdims=True)
    log_cdf, _, along_e, along_f = parts(np, e[..., None, None], f[..., None, None], p, q)
    cdf = np.exp(log_cdf)

    def mean(x: Array) -> Array:
        return np.sum(mass * x, axis=(-2, -1))

    n, slope = c + d, c * rest[..., 0, 0] - d * top[..., 0, 0]

    def above_mean(share: Array, shape: Array, excess: Array) -> Array:
        """log share − ψ(shape) + ψ(n), with excess = n share − shape."""
        near = abs(excess) < 0.5 * shape
        inner = np.log1p(np.where(near, excess, 0.0) / shape)
        log = np.where(near, inner, np.log(share) + np.log(n / shape))
        return log + (digamma_minus_log(n) - digamma_minus_log(shape))

    return (
        mean(log_p) + above_mean(top[..., 0, 0], c, -slope),
        mean(log_q) + above_mean(rest[..., 0, 0], d, slope),
        mean(along_e / cdf),
        mean(along_f / cdf),
    )


def _arranged(a: Array, b: Array, c: Array, d: Array) -> tuple[Array, ...]:
    """Whether to turn to the complement, whether to mirror, and the arguments of `_log_below`.

    The less likely order is found first; which one that is, the means of the log odds tell.
    """
    other = digamma(a) - digamma(b) > digamma(c) - digamma(d)
    first = [np.where(other, x, y) for x, y in ((c, a), (d, b))]
    second = [np.where(other, x, y) for x, y in ((a, c), (b, d))]
    mirrored = first[0] + first[1] < second[0] + second[1]
    sharp = [np.where(mirrored, x, y) for x, y in zip(second[::-1], first, strict=True)]
    broad = [np.where(mirrored, x, y) for x, y in zip(first[::-1], second, strict=True)]
    return other, mirrored, *sharp, *broad


def _log_exceeds(a: Array, b: Array, c: Array, d: Array) -> Array:
    """`log_beta_exceeds` of NumPy arrays of one shape."""
    inner = (c > 0) & (d > 0)
    with np.errstate(all="ignore"):
        other, _, *arranged = _arranged(a, b, np.where(inner, c, 1.0), np.where(inner, d, 1.0))
        (value,) = _log_below(np, *arranged)
        least = np.where(value < 0, -value, 0.0)
        value = np.where(other, log1mexp(least), -least)
    return np.where(inner, value, np.where(c == 0, 0.0, -np.inf))


def _in_shape(which: int) -> Formula:
    """The derivative of `log_beta_exceeds` in one shape."""

    def on_numpy(a: Array, b: Array, c: Array, d: Array, value: Array) -> Array:
        inner = (c > 0) & (d > 0)
        with np.errstate(all="ignore"):
            shapes = a, b, np.where(inner, c, 1.0), np.where(inner, d, 1.0)
            other, mirrored, *arranged = _arranged(*shapes)
            in_c, in_d, in_e, in_f = _slopes(np, *arranged)
            # Back through both exchanges of `_arranged`.
            first = [np.where(mirrored, x, y) for x, y in ((in_f, in_c), (in_e, in_d))]
            second = [np.where(mirrored, x, y) for x, y in ((in_d, in_e), (in_c, in_f))]
            of_x = [np.where(other, x, y) for x, y in zip(second, first, strict=True)]
            of_y = [np.where(other, x, y) for x, y in zip(first, second, strict=True)]
            factor = np.where(other, np.expm1(value) / np.exp(value), 1.0)
            return np.where(inner, factor * (of_x + of_y)[which], 0.0)

    return lambda a, b, c, d, value: on_host(on_numpy, a, b, c, d, value)


@differentiable(*(_in_shape(i) for i in range(4)))
def log_beta_exceeds(xp: Any, a: Array, b: Array, c: Array, d: Array) -> Array:
    """log P(X > Y) for independent X of the Beta(a, b) and Y of the Beta(c, d) distribution.

    It is computed on NumPy whatever the library, and has first derivatives in JAX and PyTorch.

    Args:
        a: positive numbers.
        b: positive numbers.
        c: positive numbers, or 0, which puts Y at 0.
        d: positive numbers, or 0, which puts Y at 1; all of shapes that broadcast.

    Example:
        >>> round(float(log_beta_exceeds(2.0, 3.0, 3.0, 2.0)), 12)
        -1.415281897993
    """
    return on_host(_log_exceeds, a, b, c, d)

"""The von Mises distribution function, its logarithm and derivatives, in both tails."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from likelier.special._namespace import Array, as_floating, namespace
from likelier.special._primitive import differentiable
from likelier.special._tail import in_blocks, picked, rule
from likelier.special.bessel import bessel_ratio_complement, log_i0e, reach

_LOG_2_PI = math.log(2 * math.pi)


def _log_density(angle: Array, k: Array) -> Array:
    """log of the density at an angle from the mean direction."""
    xp = namespace(angle, k)
    return -2 * k * xp.sin(0.5 * angle) ** 2 - log_i0e(k) - _LOG_2_PI


@in_blocks
def _log_tail(xp: Any, angle: Array, k: Array) -> tuple[Array]:
    """log of the probability from an angle in [0, π] up to π."""
    _, mass, _ = _nodes_beyond(xp, angle, k)
    return (xp.log(xp.sum(mass, axis=-1)) + _log_density(angle, k),)


def _nodes_beyond(xp: Any, angle: Array, k: Array) -> tuple[Array, Array, Array]:
    """Angles beyond one in [0, π], their share of the density there, and 1 − cos of each."""
    width = reach(xp, k, xp.sin(0.5 * angle)) - angle
    width = xp.where(width > 0, width, 0.0)
    nodes, weights = rule(xp, angle)
    half = 0.5 * width[..., None] * nodes
    # cos θ − cos(θ + u) as a product, of which nothing cancels.
    drop = 2 * xp.sin(half) * xp.sin(half + angle[..., None])
    mass = width[..., None] * weights * xp.exp(-k[..., None] * drop)
    return half, mass, 2 * xp.sin(half + 0.5 * angle[..., None]) ** 2


def _slope_beyond(xp: Any, angle: Array, k: Array) -> tuple[Array]:
    """The derivative in k of the tail, by the integral over it."""
    _, mass, drop = _nodes_beyond(xp, angle, k)
    share = bessel_ratio_complement(k)[..., None] - drop
    return (xp.exp(_log_density(angle, k)) * xp.sum(mass * share, axis=-1),)


def _slope_inside(xp: Any, angle: Array, k: Array) -> tuple[Array]:
    """The derivative in k of the tail, by the integral from 0 to where it starts."""
    nodes, weights = rule(xp, angle)
    t, k = angle[..., None] * nodes, k[..., None]
    share = bessel_ratio_complement(k) - 2 * xp.sin(0.5 * t) ** 2
    return (-angle * xp.sum(weights * share * xp.exp(_log_density(t, k)), axis=-1),)


@in_blocks
def _slope(xp: Any, angle: Array, k: Array) -> tuple[Array]:
    """The derivative in k of the tail from an angle in [0, π] up to π."""
    inside = (angle < 1.5) & (k * xp.sin(0.5 * angle) ** 2 < 0.5)
    (near,) = picked(xp, inside, _slope_inside, angle, k)
    (far,) = picked(xp, ~inside, _slope_beyond, angle, k)
    return (xp.where(inside, near, far),)


def _along_k(theta: Array, k: Array) -> Array:
    """The derivative of the distribution function in the concentration."""
    xp = namespace(theta, k)
    theta, k = xp.broadcast_arrays(*as_floating(xp, theta, k))
    with np.errstate(all="ignore"):
        (slope,) = _slope(xp, abs(theta), k)
    return xp.where(theta < 0, slope, -slope)


@differentiable(
    lambda theta, k, value: namespace(theta, k).exp(_log_density(theta, k)),
    lambda theta, k, value: _along_k(theta, k),
)
def von_mises_cdf(xp: Any, theta: Array, k: Array) -> Array:
    """∫ exp(κ cos t) dt / (2π I₀(κ)) from −π to θ, right in the lower tail; take −θ for the upper.

    Args:
        theta: angles from the mean direction, from −π to π.
        k: concentrations from 0, of a shape that broadcasts with theta's.

    Example:
        >>> float(von_mises_cdf(0.0, 5.0)), round(float(von_mises_cdf(-1.0, 0.0)), 12)
        (0.5, 0.340845056908)
    """
    theta, k = xp.broadcast_arrays(theta, k)
    tail = xp.exp(_log_tail(xp, abs(theta), k)[0])
    # By symmetry one half lies on either side.
    value = xp.where(theta < 0, tail, 1 - tail)
    return xp.where(theta == 0, 0.5, value)


@differentiable(
    lambda theta, k, value: namespace(theta, k).exp(_log_density(theta, k) - value),
    lambda theta, k, value: _along_k(theta, k) / namespace(theta, k).exp(value),
)
def log_von_mises_cdf(xp: Any, theta: Array, k: Array) -> Array:
    """log of `von_mises_cdf`, right where that is too small for a number, or next to 1.

    Args:
        theta: angles from the mean direction, from −π to π.
        k: concentrations from 0, of a shape that broadcasts with theta's.

    Example:
        >>> round(float(log_von_mises_cdf(-2.0, 1e4)), 4)
        -14166.8974
    """
    theta, k = xp.broadcast_arrays(theta, k)
    (log_tail,) = _log_tail(xp, abs(theta), k)
    return xp.where(theta < 0, log_tail, xp.log1p(-xp.exp(log_tail)))

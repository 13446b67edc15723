"""Expectations under a compound Poisson-gamma variable: its information and its entropy.

Up to its unit the variable has two parameters, the expected number λ of amounts and the shape r of
one of them. With log y = log mean + T its density is exp(b − v), where b is the normaliser at the
number λ_y = λ exp(r T / (1 + r)) and v half the deviance over the dispersion; the derivative in the
log of the dispersion is v − λ_y ∂b/∂λ_y. Gamma densities are all of one width in the square root of
the amount, so that the trapezoidal rule in it is exact to rounding; towards 0, where they fall as a
power only, its nodes spread double-exponentially.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from likelier import special
from likelier.distributions._compound import normaliser
from likelier.distributions._series import by_series
from likelier.distributions._tweedie_deviance import deviance_of_log_ratio
from likelier.special import Array

_STEP = 0.1
_CUT = 40.0
_ROWS = 16


def information(number: Array, power: Array) -> Array:
    """Expected information in the log of the dispersion, at any number of λ and powers."""
    return _smoothly(_information, number, power)


def entropy(number: Array, power: Array) -> Array:
    """−E log of the density of y / mean, or of the probability of 0."""
    return _smoothly(_entropy, number, power)


def _information(number: Array, power: Array) -> Array:
    _, weight, _, slope, half = _rule(number, power)
    return number * (number * np.exp(-number)) + np.sum(weight * (half - slope) ** 2, axis=-1)


def _entropy(number: Array, power: Array) -> Array:
    log_ratio, weight, b, _, half = _rule(number, power)
    return number * np.exp(-number) + np.sum(weight * (half - b + log_ratio), axis=-1)


def _rule(number: Array, power: Array) -> tuple[Array, ...]:
    """T, the weights of its nodes, b, λ_y ∂b/∂λ_y and v, all with a last axis of nodes."""
    rest = 2 - power
    shape = rest / (power - 1)
    middle = np.sqrt(number * shape)
    most = shape * (number + 12 * np.sqrt(number) + 30)
    low = np.maximum(-np.log(_CUT / shape + 1) - 1, middle - 9 * np.sqrt(1 + shape))
    high = np.sqrt(most + 10 * np.sqrt(most) + 45)
    # Apart from one another, two gamma peaks leave a valley where the score is steep.
    step = _STEP / np.maximum(1.0, 0.25 * np.sqrt(shape))
    count = int(np.max(np.ceil((high - low) / step))) + 1
    step = ((high - low) / (count - 1))[..., None]
    t = low[..., None] + step * np.arange(count)
    inner = t - np.exp(-t)
    root = special.softplus(inner)
    log_root = np.where(inner < -30, inner, np.log(root))
    slope = np.where(inner < -30, 1.0, special.expit(inner) / root) * (1 + np.exp(-t))
    log_ratio = 2 * log_root - np.log(number * shape)[..., None]
    number, shape, rest = number[..., None], shape[..., None], rest[..., None]
    series = normaliser(np, number * np.exp(shape / (1 + shape) * log_ratio), shape)
    half = number * rest * deviance_of_log_ratio(log_ratio, rest)
    weight = 2 * step * slope * np.exp(series.value - half)
    return log_ratio, weight, series.value, series.slope, half


def _smoothly(function: Callable[[Array, Array], Array], number: Array, power: Array) -> Array:
    """A function of λ and of the power; of many λ by Chebyshev interpolation in log λ."""
    number, power = np.broadcast_arrays(number, power)
    found = np.empty(number.shape)
    with np.errstate(all="ignore"):
        for one in np.unique(power):
            rows = power == one
            log = np.log(number[rows])
            found[rows] = by_series(functools.partial(_blocks, function, one), log)
    return found[()]


def _blocks(function: Callable[[Array, Array], Array], power: float, log: Array) -> Array:
    """The function at one power, a few numbers at a time, whose nodes fit into the cache."""
    number = np.exp(log)
    parts = [
        function(some, np.full(some.shape, power))
        for some in np.array_split(number, max(1, number.size // _ROWS))
    ]
    return np.concatenate(parts)

"""The normal distribution function, its logarithm and ratio to the density, in both tails.

All of them come from erfcx(x) = exp(x²) erfc(x), which varies slowly where erfc itself is 0.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from likelier.special._namespace import Array, is_module_torch, namespace
from likelier.special._primitive import differentiable, polynomial

_ROOT_HALF = math.sqrt(0.5)
_ROOT_2_OVER_PI = math.sqrt(2 / math.pi)
_LOG_ROOT_2_PI = 0.5 * math.log(2 * math.pi)
# (1 + x) erfcx(x) for x >= 0 as a ratio of polynomials of 1 / (1 + x), to 5e-18.
# fmt: off
_ABOVE = (0.5641895835477563, 5.606902092604043, 36.44846256922519, 163.0512545015284,
          553.9605379843865, 1452.2795630471246, 2969.2633265391405, 4676.357510719084,
          5486.036883382289, 4415.846937083024, 1927.8988807261935, -0.005487686358844612)
_BELOW = (1.0, 8.937975205686241, 55.16524263471948, 229.8665936991248, 730.1392613472864,
          1768.031038179533, 3313.03082934273, 4728.455478324041, 5008.345803911386,
          3721.334234664767, 1738.1285062182435, 384.8739970142707)
# fmt: on

# (Φ(x) − ½) / x √(2π) for |x| <= 1 as a power series of x².
_MIDDLE = tuple((-0.5) ** n / (math.factorial(n) * (2 * n + 1)) for n in range(16))


def _middle(xp: Any, x: Array) -> tuple[Array, Array]:
    """Whether |x| < 1, and Φ(x) − ½ there."""
    inside = abs(x) < 1
    x = xp.where(inside, x, 0.0)
    return inside, _ROOT_2_OVER_PI / 2 * x * polynomial(_MIDDLE, x * x)


def _erfcx_above(x: Array) -> Array:
    """exp(x²) erfc(x) for x >= 0."""
    v = 1 / (1 + x)
    return v * (polynomial(_ABOVE, v) / polynomial(_BELOW, v))


@differentiable(lambda x, value: 2 * x * value - 2 / math.sqrt(math.pi))
def erfcx(xp: Any, x: Array) -> Array:
    """exp(x²) erfc(x), the scaled complementary error function.

    Args:
        x: any real numbers, of any shape; the result overflows below −26.

    Example:
        >>> round(float(erfcx(1e9)) * 1e9, 12)
        0.564189583548
    """
    above = _erfcx_above(abs(x))
    return xp.where(x < 0, 2 * xp.exp(x * x) - above, above)


@differentiable(lambda x, value: density(x))
def ndtr(xp: Any, x: Array) -> Array:
    """Φ(x), the standard normal distribution function, right in the lower tail.

    Args:
        x: any real numbers, of any shape; take Φ(−x) for the upper tail.

    Example:
        >>> float(ndtr(0.0)), round(float(ndtr(-1.959964)), 7)
        (0.5, 0.025)
    """
    tail = 0.5 * _erfcx_above(_ROOT_HALF * abs(x)) * xp.exp(-0.5 * x * x)
    inside, middle = _middle(xp, x)
    return xp.where(inside, 0.5 + middle, xp.where(x < 0, tail, 1 - tail))


@differentiable(lambda x, value: log_ndtr_ratio(x))
def log_ndtr(xp: Any, x: Array) -> Array:
    """log Φ(x), the log of the standard normal distribution function, in both tails.

    Args:
        x: any real numbers, of any shape.

    Example:
        >>> float(log_ndtr(-1e10))
        -5e+19
    """
    scaled = 0.5 * _erfcx_above(_ROOT_HALF * abs(x))
    lower = x < 0
    tail = scaled * xp.exp(-0.5 * x * x)
    inside, middle = _middle(xp, x)
    upper = xp.log1p(xp.where(inside, middle - 0.5, xp.where(lower, 0.0, -tail)))
    return xp.where(lower & ~inside, xp.log(scaled) - 0.5 * x * x, upper)


@differentiable(lambda x, value: -value * (x + value))
def log_ndtr_ratio(xp: Any, x: Array) -> Array:
    """φ(x) / Φ(x), the derivative of log Φ: the inverse Mills ratio, in both tails.

    Args:
        x: any real numbers, of any shape; near −x far below 0.

    Example:
        >>> round(float(log_ndtr_ratio(0.0)), 12)
        0.797884560803
        >>> round(float(log_ndtr_ratio(-1e10)), 3)
        10000000000.0
    """
    scaled = _erfcx_above(_ROOT_HALF * abs(x))
    # Above 0, Φ = 1 − tail, and φ is so small that nothing cancels.
    shrunk = xp.exp(-0.5 * x * x)
    inside, middle = _middle(xp, x)
    twice = xp.where(inside, 1 + 2 * middle, 2 - scaled * shrunk)
    return _ROOT_2_OVER_PI * xp.where((x < 0) & ~inside, 1 / scaled, shrunk / twice)


@differentiable(lambda p, value: 1 / density(value))
def ndtri(xp: Any, p: Array) -> Array:
    """Φ⁻¹(p), the standard normal quantile.

    Args:
        p: probabilities from 0 (where it is −∞) to 1 (∞), of any shape.

    Example:
        >>> round(float(ndtri(0.975)), 6), float(ndtri(0.5))
        (1.959964, 0.0)
    """
    if xp is np:
        import scipy.special

        return scipy.special.ndtri(p)
    if is_module_torch(xp):
        import torch

        return torch.special.ndtri(p)
    import jax

    return jax.scipy.special.ndtri(p)


def density(x: Array) -> Array:
    """φ(x), the standard normal density."""
    xp = namespace(x)
    return xp.exp(-0.5 * x * x - _LOG_ROOT_2_PI)

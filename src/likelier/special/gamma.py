"""The gamma function's logarithm and derivatives, and their differences, without cancellation.

Everything rests on the remainder of Stirling's formula, log Γ(x) = (x − ½) log x − x + ½ log 2π +
J(x), and on its derivatives. Binet's integral makes J(x) / x a Stieltjes function of x², which a
ratio of two polynomials in 1/x² follows to the last digit on all x >= 1; below 1 one step of the
recurrence leads there, by terms of one sign.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from likelier.special._namespace import Array, as_floating, is_module_torch, namespace
from likelier.special._primitive import differentiable, polynomial

_HALF_LOG_2_PI = 0.5 * math.log(2 * math.pi)
# Numerators and denominators, in powers of 1/x², of x J, −x² J′, x³ J″ and −x⁴ J‴.
# fmt: off
_REMAINDERS = (
    ((0.08333333333333333, 1.7230098087181265, 12.340086784285978, 39.06794065962896,
      57.9287919244653, 39.29378141073849, 11.008215954256945, 0.9951871265880399,
      0.013713462737722459),
     (1.0, 20.709451037950828, 148.7618326365134, 473.5839256593522, 709.6526782864933,
      491.5465492514183, 144.0046547193716, 14.5292466654013, 0.29654803027761445)),
    ((0.08333333333333333, 1.9209022256471928, 15.422176086620748, 55.04732144675886,
      92.53659723991554, 71.48720474071786, 22.840673573038476, 2.3333360241625885,
      0.033508307387557376),
     (1.0, 23.15082670776609, 187.33357666268176, 678.2487946981375, 1170.41003277217,
      950.1050395453938, 335.10767512777693, 42.6883998030248, 1.2297522552738807)),
    ((0.16666666666666666, 5.441321947767928, 64.38352190382999, 356.0263903555438,
      990.4514043166382, 1390.7774859769402, 937.4003347692263, 268.57263155208074,
      24.920094575422507, 0.31669436625826797),
     (1.0, 32.84793168660751, 392.72786061747337, 2210.2113525817767, 6334.7617577593255,
      9361.006128947576, 6898.054004156936, 2325.060168230765, 299.0217022826749,
      9.40367309761361)),
    ((0.5, 22.130517124814503, 366.0852916420199, 2938.3159398337443, 12443.085648094757,
      28348.64354819399, 33996.63003876381, 20116.105077717886, 5151.106302006246,
      431.7262473700279, 4.973696421953638),
     (1.0, 44.59436758296233, 746.7020391450366, 6111.267770185767, 26699.449827419496,
      63940.292649641575, 83087.60681589962, 56043.12760049654, 17903.519713281257,
      2256.4527637905976, 72.08736703013739)),
)
# fmt: on


def _remainder(x: Array, order: int) -> Array:
    """x^(order + 1) times the derivative of J of this order, without its sign, for x >= 1."""
    v = 1 / x
    v = v * v
    above, below = _REMAINDERS[order]
    return polynomial(above, v) / polynomial(below, v)


def _lifted(xp: Any, x: Array) -> tuple[Array, Array, Array]:
    """Whether x < 1, x moved to where the remainders are known, and x where it is below 1."""
    small = x < 1
    return small, xp.where(small, x + 1, x), xp.where(small, x, 1.0)


@differentiable(lambda x, value: stirling_error_slope(x))
def stirling_error(xp: Any, x: Array) -> Array:
    """log Γ(x) − ((x − ½) log x − x + ½ log 2π), the remainder of Stirling's formula.

    Args:
        x: positive numbers, of any shape; near 1 / (12 x) for a large x.

    Source: Loader (2000), "Fast and accurate computation of binomial probabilities".

    Example:
        >>> round(float(stirling_error(1e15)) * 12e15, 12)
        1.0
    """
    if xp is np and x.ndim:
        return _on_rows(x, (0,))[0]
    small, far, near = _lifted(xp, x)
    step = (near + 0.5) * xp.log1p(1 / near) - 1
    return _remainder(far, 0) / far + xp.where(small, step, 0.0)


@differentiable(lambda x, value: stirling_error_curvature(x))
def stirling_error_slope(xp: Any, x: Array) -> Array:
    """ψ(x) − log x + 1 / (2 x), the derivative of `stirling_error`, near −1 / (12 x²).

    Args:
        x: positive numbers, of any shape.

    Example:
        >>> round(float(stirling_error_slope(1e9)) * 12e18, 12)
        -1.0
    """
    if xp is np and x.ndim:
        return _on_rows(x, (1,))[0]
    small, far, near = _lifted(xp, x)
    step = xp.log1p(1 / near) - (near + 0.5) / (near + 1) / near
    return xp.where(small, step, 0.0) - _remainder(far, 1) / far / far


@differentiable(lambda x, value: _stirling_error_third(x))
def stirling_error_curvature(xp: Any, x: Array) -> Array:
    """ψ′(x) − 1 / x − 1 / (2 x²), the second derivative of `stirling_error`, near 1 / (6 x³).

    Args:
        x: positive numbers, of any shape.

    Example:
        >>> round(float(stirling_error_curvature(1e9)) * 6e27, 12)
        1.0
    """
    small, far, near = _lifted(xp, x)
    step = 0.5 / near / near / (near + 1) / (near + 1)
    return _remainder(far, 2) / far / far / far + xp.where(small, step, 0.0)


def _stirling_error_third(x: Array) -> Array:
    """The third derivative of `stirling_error`, near −1 / (2 x⁴)."""
    xp = namespace(x)
    small, far, near = _lifted(xp, x)
    step = (2 * near + 1) / near / near / near / (near + 1) / (near + 1) / (near + 1)
    return -_remainder(far, 3) / far / far / far / far - xp.where(small, step, 0.0)


@differentiable(lambda x, value: trigamma_minus_reciprocal(x))
def digamma_minus_log(xp: Any, x: Array) -> Array:
    """ψ(x) − log x, which is negative, near −1 / (2 x) for a large x.

    Args:
        x: positive numbers, of any shape.

    Example:
        >>> round(float(digamma_minus_log(1e15)) * 2e15, 12)
        -1.0
    """
    small, far, near = _lifted(xp, x)
    # 1 / x is above 1 there, where the logarithm is well below it.
    step = xp.log1p(1 / near) - 1 / near
    return xp.where(small, step, 0.0) - (0.5 + _remainder(far, 1) / far) / far


@differentiable(lambda x, value: _tetragamma_plus_square(x))
def trigamma_minus_reciprocal(xp: Any, x: Array) -> Array:
    """ψ′(x) − 1 / x, which is positive, near 1 / (2 x²) for a large x.

    Args:
        x: positive numbers, of any shape.

    Example:
        >>> float(trigamma_minus_reciprocal(1e9)) * 2e18
        1.0000000003333334
    """
    small, far, near = _lifted(xp, x)
    step = 1 / near / near / (near + 1)
    return (0.5 + _remainder(far, 2) / far) / far / far + xp.where(small, step, 0.0)


@differentiable(lambda x, value: digamma(x))
def gammaln(xp: Any, x: Array) -> Array:
    """log Γ(x), exactly 0 at 1 and 2.

    Args:
        x: positive numbers, of any shape.

    Example:
        >>> float(gammaln(1.0)), round(float(gammaln(0.5)), 12)
        (0.0, 0.572364942925)
    """
    if xp is np:
        import scipy.special

        return scipy.special.gammaln(x)
    if is_module_torch(xp):
        import torch

        return torch.lgamma(x)
    import jax

    return jax.lax.lgamma(x)


def stirling_error_and_slope(x: Array) -> tuple[Array, Array]:
    """`stirling_error` and `stirling_error_slope` at once, which on NumPy share much of their work.

    Args:
        x: positive numbers, of any shape.

    Example:
        >>> error, slope = stirling_error_and_slope(1e9)
        >>> round(float(error) * 12e9, 12), round(float(slope) * 12e18, 12)
        (1.0, -1.0)
    """
    if type(x) is not np.ndarray or x.ndim == 0:
        return stirling_error(x), stirling_error_slope(x)
    with np.errstate(all="ignore"):
        error, slope = _on_rows(x, (0, 1))
    return error, slope


def _on_rows(x: Array, orders: tuple[int, ...]) -> list[Array]:
    """Stirling's error and its slope, or one of them, at an array of NumPy's, mostly in place."""
    small = x < 1
    rows = np.nonzero(small)
    count = rows[0].size
    inverse = 1 / (x + small if count else x)
    square = inverse * inverse
    factors = inverse, -square
    results = []
    for order in orders:
        above, below = _REMAINDERS[order]
        total = polynomial(above, square)
        total *= factors[order]
        total /= polynomial(below, square)
        results.append(total)
    if count:
        # A few rows are cheaper to pick, many to compute in place.
        few = 2 * count < x.size
        near = x[rows] if few else np.where(small, x, 1.0)
        half, log = near + 0.5, np.log1p(1 / near)
        for order, total in zip(orders, results, strict=True):
            step = log - half / (near * (near + 1)) if order else half * log - 1
            if few:
                total[rows] += step
            else:
                total += small * step
    return results


def gammaln_digamma(x: Array) -> tuple[Array, Array]:
    """log Γ(x) and ψ(x) at once, on NumPy; beside the zeros of either to an absolute error.

    Args:
        x: positive numbers, of any shape.

    Example:
        >>> value, slope = gammaln_digamma(10.0)
        >>> round(float(value), 12), round(float(slope), 12)
        (12.801827480081, 2.251752589067)
    """
    (x,) = as_floating(np, x)
    with np.errstate(all="ignore"):
        small, far, _ = _lifted(np, x)
        log_far, inverse = np.log(far), 1 / far
        value = (far - 0.5) * log_far - far + (_HALF_LOG_2_PI + _remainder(far, 0) * inverse)
        slope = log_far - (0.5 + _remainder(far, 1) * inverse) * inverse
        if small.any():
            value = np.where(small, value - np.log(x), value)
            slope = np.where(small, slope - 1 / x, slope)
    return value, slope


@differentiable(lambda x, value: trigamma(x))
def digamma(xp: Any, x: Array) -> Array:
    """ψ(x), the derivative of log Γ.

    Args:
        x: positive numbers, of any shape.

    Example:
        >>> round(float(digamma(1.0)), 12)
        -0.577215664902
    """
    if xp is np:
        import scipy.special

        return scipy.special.psi(x)
    small, far, near = _lifted(xp, x)
    value = xp.log(far) - (0.5 + _remainder(far, 1) / far) / far
    return value - xp.where(small, 1 / near, 0.0)


@differentiable(lambda x, value: tetragamma(x))
def trigamma(xp: Any, x: Array) -> Array:
    """ψ′(x), the second derivative of log Γ.

    Args:
        x: positive numbers, of any shape.

    Example:
        >>> round(float(trigamma(1.0)), 12)
        1.644934066848
    """
    small, far, near = _lifted(xp, x)
    step = 1 / near / near
    return (1 + (0.5 + _remainder(far, 2) / far) / far) / far + xp.where(small, step, 0.0)


def tetragamma(x: Array) -> Array:
    """ψ″(x), the third derivative of log Γ.

    Args:
        x: positive numbers, of any shape.

    Example:
        >>> round(float(tetragamma(1.0)), 12)
        -2.404113806319
    """
    xp = namespace(x)
    small, far, near = _lifted(xp, x)
    value = (1 + (1 + _remainder(far, 3) / far) / far) / far / far
    return -value - xp.where(small, 2 / near / near / near, 0.0)


def _tetragamma_plus_square(x: Array) -> Array:
    """ψ″(x) + 1 / x², the derivative of `trigamma_minus_reciprocal`, near −1 / x³."""
    xp = namespace(x)
    small, far, near = _lifted(xp, x)
    step = (2 / near + 1 / (near + 1)) / near / near / (near + 1)
    return -(1 + _remainder(far, 3) / far) / far / far / far - xp.where(small, step, 0.0)

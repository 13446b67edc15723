"""Logarithms and exponentials in combinations that would cancel, overflow or meet 0 log 0."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from likelier.special._namespace import Array, is_module_jax, namespace, select, within
from likelier.special._primitive import differentiable, polynomial

# (artanh(s) / s − 1) / s² as a polynomial of s², to 3e-20 for |s| <= 1/3.
# fmt: off
_ATANH = (0.3333333333333333, 0.20000000000000007, 0.1428571428571097, 0.11111111111665993,
          0.09090909043002827, 0.07692310126902081, 0.06666588474569089, 0.05883998883620518,
          0.05240199617182637, 0.04971012448277368, 0.03167055425885123, 0.07615631309714492)
# fmt: on
_TWICE_ATANH = tuple(2 * c for c in _ATANH)
# (exp(x) − 1 − x) / x² for |x| <= 0.7.
_EXPONENTIAL = tuple(1 / math.factorial(k) for k in range(2, 17))
_LOG_2 = 0.6931471805599453


def log1pmx_series(x: Array) -> Array:
    """log(1 + x) − x for −1/2 <= x <= 1."""
    # log(1 + x) = 2 artanh s with s = x / (2 + x), and 2 s − x = −s x: nothing cancels.
    s = x / (2 + x)
    square = s * s
    value = polynomial(_TWICE_ATANH, square)
    if type(value) is np.ndarray:
        value *= square
        value -= x
        value *= s
        return value
    return s * (square * value - x)


@differentiable(lambda x, value: -x / (1 + x))
def log1pmx(xp: Any, x: Array) -> Array:
    r"""log(1 + x) − x without cancellation, for x > −1; near −x²/2 at 0.

    Args:
        x: numbers above −1 (−∞ is returned at −1), of any shape.

    Example:
        >>> round(float(log1pmx(1e-8)) * 1e17, 6)
        -5.0
    """
    near = (x >= -0.5) & (x <= 1)
    return select(xp, near, log1pmx_series(within(xp, near, x)), xp.log1p(x) - x)


@differentiable(lambda x, value: namespace(x).expm1(x))
def expm1mx(xp: Any, x: Array) -> Array:
    r"""exp(x) − 1 − x without cancellation; near x²/2 at 0.

    Args:
        x: any real numbers, of any shape.

    Example:
        >>> round(float(expm1mx(1e-8)) * 1e17, 6)
        5.0
    """
    near = abs(x) < 0.7
    inner = within(xp, near, x)
    return select(xp, near, inner * inner * polynomial(_EXPONENTIAL, inner), xp.expm1(x) - x)


@differentiable(
    lambda x, mean, value: namespace(x).log(x / mean),
    lambda x, mean, value: (mean - x) / mean,
)
def poisson_deviance_term(xp: Any, x: Array, mean: Array) -> Array:
    """x log(x / mean) + mean − x, half a Poisson deviance, without cancellation; never negative.

    Args:
        x: numbers from 0.
        mean: positive numbers, of a shape that broadcasts with x's.

    Source: Loader (2000), "Fast and accurate computation of binomial probabilities".

    Example:
        >>> float(poisson_deviance_term(0.0, 2.5))
        2.5
        >>> round(float(poisson_deviance_term(1e10, 1e10 + 1)) * 2e10, 6)
        1.0
    """
    return deviance(xp, x, mean, mean - x)


def deviance(xp: Any, x: Array, mean: Array, excess: Array) -> Array:
    """`poisson_deviance_term` where excess = mean − x is known better than by subtraction."""
    some = x > 0
    relative = excess / select(xp, some, x, 1.0)
    near = some & (relative >= -0.5) & (relative <= 1)
    beside = -x * log1pmx_series(within(xp, near, relative))
    far = some & ~near
    quotient = select(xp, far, x, 1.0) / select(xp, far, mean, 1.0)
    return select(xp, near, beside, x * xp.log(quotient) + excess)


@differentiable(lambda x, value: namespace(x).exp(-x) / -namespace(x).expm1(-x))
def log1mexp(xp: Any, x: Array) -> Array:
    """log(1 − exp(−x)), the log of the complement of a probability exp(−x), for x > 0.

    Args:
        x: numbers from 0 (where it is −∞) to ∞, of any shape.

    Source: Mächler (2012), "Accurately computing log(1 − exp(−|a|))".

    Example:
        >>> float(log1mexp(50.0))
        -1.9287498479639178e-22
    """
    near = x < _LOG_2
    close, far = xp.where(near, x, 1.0), xp.where(near, 1.0, x)
    return select(xp, near, xp.log(-xp.expm1(-close)), xp.log1p(-xp.exp(-far)))


def log1p_of_share(xp: Any, x: Array) -> Array:
    """log(1 + x) for 0 <= x <= 1."""
    if not is_module_jax(xp):
        return xp.log1p(x)
    # Half as long as a logarithm of any number, which XLA would compile here.
    s = x * (1 / (2 + x))
    square = s * s
    return 2 * (s + s * square * polynomial(_ATANH, square))


@differentiable(lambda x, value: expit(x))
def softplus(xp: Any, x: Array) -> Array:
    """log(1 + exp(x)), which is positive and near x for a large x.

    Args:
        x: any real numbers, of any shape.

    Example:
        >>> float(softplus(-800.0)), float(softplus(800.0))
        (0.0, 800.0)
    """
    return select(xp, x > 0, x, 0.0) + log1p_of_share(xp, xp.exp(-abs(x)))


log1pexp = softplus


@differentiable(lambda y, value: -1 / namespace(y).expm1(-y))
def inverse_softplus(xp: Any, y: Array) -> Array:
    """log(exp(y) − 1), the x at which softplus(x) = y, for y > 0.

    Args:
        y: positive numbers, of any shape.

    Example:
        >>> float(inverse_softplus(softplus(-30.0)))
        -30.0
    """
    near = y < 1
    small = xp.log(xp.expm1(xp.where(near, y, 0.5)))
    return xp.where(near, small, y + xp.log1p(-xp.exp(-xp.where(near, 1.0, y))))


@differentiable(lambda x, value: expit(x) * expit(-x))
def expit(xp: Any, x: Array) -> Array:
    """1 / (1 + exp(−x)), the logistic function, right in its lower tail too.

    Args:
        x: any real numbers, of any shape.

    Example:
        >>> float(expit(0.0)), float(expit(-800.0))
        (0.5, 0.0)
    """
    tail = xp.exp(-abs(x))
    return select(xp, x < 0, tail, 1.0) / (1 + tail)


sigmoid = expit


@differentiable(lambda x, value: expit(-x))
def log_sigmoid(xp: Any, x: Array) -> Array:
    """−log(1 + exp(−x)), the log of the logistic function.

    Args:
        x: any real numbers, of any shape.

    Example:
        >>> float(log_sigmoid(-800.0))
        -800.0
    """
    return select(xp, x < 0, x, 0.0) - log1p_of_share(xp, xp.exp(-abs(x)))


@differentiable(lambda p, value: 1 / p / (1 - p))
def logit(xp: Any, p: Array) -> Array:
    """log(p / (1 − p)), the log odds of a probability.

    Args:
        p: numbers from 0 (where it is −∞) to 1 (∞), of any shape.

    Example:
        >>> float(logit(0.5)), float(logit(1e-300))
        (0.0, -690.7755278982137)
    """
    middle = abs(p - 0.5) < 0.25
    # 2 p − 1 is exact here, so that the log odds keep their digits next to one half.
    inner = xp.where(middle, p, 0.5)
    return xp.where(middle, xp.log1p((2 * inner - 1) / (1 - inner)), xp.log(p) - xp.log1p(-p))


@differentiable(
    lambda x, y, value: namespace(y).log(y),
    lambda x, y, value: _zero_or_quotient(x, y),
)
def xlogy(xp: Any, x: Array, y: Array) -> Array:
    """x log(y), which is 0 where x is 0, whatever y.

    Args:
        x: factors.
        y: numbers from 0, of a shape that broadcasts with x's.

    Example:
        >>> float(xlogy(0.0, 0.0))
        0.0
    """
    return xp.where(x == 0, 0.0, x * xp.log(xp.where(x == 0, 1.0, y)))


@differentiable(
    lambda x, y, value: namespace(y).log1p(y),
    lambda x, y, value: _zero_or_quotient(x, 1 + y),
)
def xlog1py(xp: Any, x: Array, y: Array) -> Array:
    """x log(1 + y), which is 0 where x is 0, whatever y.

    Args:
        x: factors.
        y: numbers from −1, of a shape that broadcasts with x's.

    Example:
        >>> float(xlog1py(0.0, -1.0))
        0.0
    """
    return xp.where(x == 0, 0.0, x * xp.log1p(xp.where(x == 0, 0.0, y)))


def _zero_or_quotient(x: Array, y: Array) -> Array:
    """x / y, and 0 where x is 0."""
    xp = namespace(x)
    return xp.where(x == 0, 0.0, x / xp.where(x == 0, 1.0, y))


@differentiable(
    lambda a, b, value: expit(_finite_difference(a, b)),
    lambda a, b, value: expit(_finite_difference(b, a)),
)
def logaddexp(xp: Any, a: Array, b: Array) -> Array:
    """log(exp(a) + exp(b)).

    Args:
        a: real numbers or ±∞.
        b: likewise, of a shape that broadcasts with a's.

    Example:
        >>> float(logaddexp(-1000.0, -1000.0))
        -999.3068528194401
    """
    tail = xp.exp(-abs(_finite_difference(a, b)))
    return select(xp, a > b, a, b) + log1p_of_share(xp, tail)


def _finite_difference(a: Array, b: Array) -> Array:
    """a − b, and 0 where the two are the same infinity."""
    xp = namespace(a)
    same = a == b
    return xp.where(same, 0.0, xp.where(same, 0.0, a) - xp.where(same, 0.0, b))

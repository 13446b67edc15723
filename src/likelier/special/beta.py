"""The beta function's logarithm and the binomial coefficient's, for arguments of any size."""

from __future__ import annotations

import math
from typing import Any

from likelier.special._namespace import Array, as_floating, namespace
from likelier.special._primitive import differentiable
from likelier.special.gamma import gammaln, stirling_error
from likelier.special.gamma_difference import digamma_difference, gammaln_difference

_HALF_LOG_2_PI = 0.5 * math.log(2 * math.pi)


@differentiable(
    lambda a, b, value: -digamma_difference(a, b),
    lambda a, b, value: -digamma_difference(b, a),
)
def betaln(xp: Any, a: Array, b: Array) -> Array:
    """log B(a, b) = log Γ(a) + log Γ(b) − log Γ(a + b), without cancellation.

    Args:
        a: positive numbers.
        b: positive numbers, of a shape that broadcasts with a's.

    Example:
        >>> round(float(betaln(5.0, 8.0)), 12)
        -8.283999304249
    """
    less, more = xp.where(a < b, a, b), xp.where(a < b, b, a)
    large = less > 2
    near = xp.where(large, 1.0, less)
    beside = gammaln(near) - gammaln_difference(xp.where(large, 1.0, more), near)
    # Stirling's formula for all three, in which the large terms are gone.
    p, q = xp.where(large, less, 2.0), xp.where(large, more, 2.0)
    ratio = p / q
    shape = stirling_error(p) + stirling_error(q) - stirling_error(p + q)
    share = xp.log(ratio / (1 + ratio))
    beyond = _HALF_LOG_2_PI - 0.5 * xp.log(q) + shape + (p - 0.5) * share - q * xp.log1p(ratio)
    return xp.where(large, beyond, beside)


def log_binomial(n: Array, k: Array) -> Array:
    """log of n over k, for real numbers too; exactly 0 where k is 0 or n.

    Args:
        n: totals, at least k.
        k: parts, from 0, of a shape that broadcasts with n's.

    Example:
        >>> round(float(log_binomial(5.0, 2.0)), 12)
        2.302585092994
    """
    xp = namespace(n, k)
    n, k = as_floating(xp, n, k)
    other = n - k
    less = xp.where(other < k, other, k)
    large = less > 10
    few = xp.where(large, 0.0, less)
    beside = gammaln_difference(n - few + 1, few) - gammaln(1 + few)
    many = xp.where(large, less, 10.0)
    beyond = -betaln(n - many + 1, many + 1) - xp.log1p(n)
    return xp.where(large, beyond, beside)

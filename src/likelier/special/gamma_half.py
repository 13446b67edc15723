"""log Γ((ν + 1) / 2) − log Γ(ν / 2) − ½ log(ν / 2), the constant of Student's t, and derivatives.

It goes to 0 as −1 / (4 ν), where the difference of two gamma functions would keep no digits. From
ν = 20 on it is its asymptotic series, with coefficients (1 − 2ⁿ) Bₙ / (n (n − 1)) at ν^(1 − n);
below, the recurrence of the gamma function leads there by factors that do not cancel.
"""

from __future__ import annotations

from typing import Any

from likelier.special._namespace import Array, namespace

_SHIFT = 20
# fmt: off
_SERIES = (-1 / 4, 1 / 24, -1 / 20, 17 / 112, -31 / 36, 691 / 88, -5461 / 52, 929569 / 480,
           -3202291 / 68, 221930581 / 152)
# fmt: on


def _reach(xp: Any, df: Array) -> tuple[Array, Array, Array]:
    """Whether df must be moved to where the series holds, where that is, and df if it must."""
    small = df < _SHIFT
    return small, xp.where(small, df + _SHIFT, df), xp.where(small, df, 1.0)


def _series(df: Array, order: int, skip: int = 0) -> Array:
    """The series' derivative of this order, without its first `skip` terms."""
    square = 1 / df / df
    total = 0 * df
    for k in range(len(_SERIES) - 1, skip - 1, -1):
        power = 2 * k + 1
        factor = (1, -power, power * (power + 1))[order]
        total = total * square + factor * _SERIES[k]
    for _ in range(2 * skip + 1 + order):
        total = total / df
    return total


def student_constant(df: Array) -> Array:
    """log Γ((df + 1) / 2) − log Γ(df / 2) − ½ log(df / 2) for df > 0."""
    xp = namespace(df)
    small, far, near = _reach(xp, df)
    product = near / near
    for j in range(0, _SHIFT, 2):
        a = near + j
        product = product * (a / (a + 1)) * ((a + 2) / (a + 1))
    return _series(far, 0) + xp.where(small, 0.5 * xp.log(product), 0.0)


def student_constant_slope(df: Array) -> Array:
    """The first derivative of `student_constant`, near 1 / (4 df²) for a large df."""
    xp = namespace(df)
    small, far, near = _reach(xp, df)
    total = 0 * near
    for j in range(_SHIFT - 2, -2, -2):
        a = near + j
        total = total + 1 / (a * (a + 1) * (a + 2))
    return _series(far, 1) + xp.where(small, total, 0.0)


def student_constant_bend(df: Array, remainder: bool = False) -> Array:
    """The second derivative of `student_constant`, near −1 / (2 df³) for a large df.

    Args:
        df: degrees of freedom, above 0.
        remainder: add 1 / (2 df³), without cancellation.
    """
    xp = namespace(df)
    small, far, near = _reach(xp, df)
    total = 0 * near
    for j in range(_SHIFT - 2, -2, -2):
        a = near + j
        product = a * (a + 1) * (a + 2)
        total = total + (3 * a * (a + 2) + 2) / product / product
    if not remainder:
        return _series(far, 2) - xp.where(small, total, 0.0)
    # Below 20 the two are of one size; beyond, the first term of the series is what is added.
    beyond = xp.where(small, _series(far, 2), _series(far, 2, skip=1))
    return beyond - xp.where(small, total - 0.5 / near / near / near, 0.0)

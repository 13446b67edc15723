"""log(1 + shape z) / shape, the variable in which extreme values are exponential or Gumbel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from likelier import special
from likelier.special import Array
from likelier.special._namespace import select
from likelier.special._primitive import polynomial
from likelier.special.elementary import log1pmx_series

_SLOPE = tuple((-1) ** k * (k + 1) / (k + 2) for k in range(14))
_SLOPE_REACH = 0.05
_BEND_TERMS, _BEND_REACH = 26, 0.2


class Reduced:
    """v(z, shape) = log(1 + shape z) / shape, which is z at shape 0, and its derivatives.

    No formula divides by a shape that may be 0: differences that vanish there are series in
    u = shape z, or are taken where they keep their digits. Where 1 + u <= 0, which the support
    leaves out, `value` is the limit and the derivatives are those of shape 0.
    """

    def __init__(self, xp: Any, z: Array, shape: Array) -> None:
        self.xp, self.shape = xp, shape
        u = shape * z
        self.inside = u > -1
        self.u = xp.where(self.inside, u, 0.0)
        self.z = z + 0 * self.u
        self.log = xp.log1p(self.u)

    def value(self) -> Array:
        """v; −∞ and ∞ below and above the support."""
        xp, u = self.xp, self.u
        near = abs(u) < 1e-5
        # Terms enough that derivatives of this series are right as well.
        series = 1 - u * (1 / 2 - u * (1 / 3 - u / 4))
        value = self.z * select(xp, near, series, self.log / select(xp, near, 1.0, u))
        infinite = math.inf + 0 * u
        return xp.where(self.inside, value, xp.where(self.z > 0, infinite, -infinite))

    def rest(self) -> Array:
        """∂v/∂z = 1 / (1 + u)."""
        return 1 / (1 + self.u)

    def _curve(self) -> Array:
        """(log(1 + u) − u / (1 + u)) / u², which is 1/2 at 0."""
        xp, u = self.xp, self.u
        if xp is np and np.ndim(u):
            return _curve_of_rows(u, self.log)
        near = abs(u) < _SLOPE_REACH
        series = polynomial(_SLOPE, xp.where(near, u, 0.0))
        wide = xp.where(near | (u > 1), 1.0, u)
        middle = -special.log1pmx(-wide / (1 + wide))
        far = self.log - u / (1 + u)
        divisor = xp.where(near, 1.0, u)
        return xp.where(near, series, xp.where(u > 1, far, middle) / divisor / divisor)

    def slope(self) -> Array:
        """∂v/∂shape."""
        return -self.z * (self.z * self._curve())

    def bend(self) -> Array:
        """∂²v/∂shape²."""
        xp, u = self.xp, self.u
        near = abs(u) < _BEND_REACH
        small = xp.where(near, u, 0.0)
        series = 0 * u
        for k in range(_BEND_TERMS, -1, -1):
            series = series * small + (-1) ** k * (k + 1) * (k + 2) / (k + 3)
        rest = self.rest()
        far = (2 * self._curve() - rest * rest) / xp.where(near, 1.0, u)
        return self.z * (self.z * (self.z * xp.where(near, series, far)))


def _curve_of_rows(u: Array, log: Array) -> Array:
    """`Reduced._curve` on NumPy, by the formula that each row asks for."""
    with np.errstate(all="ignore"):
        share = u / (1 + u)
        curve = -log1pmx_series(-share)
        far = np.nonzero(np.abs(u - 0.25) > 0.75)
        curve[far] = log[far] - share[far]
        curve /= u
        curve /= u
        near = np.nonzero(np.abs(u) < _SLOPE_REACH)
        curve[near] = polynomial(_SLOPE, u[near])
    return curve


def unreduced(value: Array, shape: Array) -> Array:
    """z = (exp(shape v) − 1) / shape, the inverse of v, on NumPy; infinite values are limits."""
    with np.errstate(invalid="ignore", over="ignore"):
        u = shape * value
        flat = (shape == 0) | (np.abs(u) < 1e-20)
        return np.where(flat, value, np.expm1(np.where(flat, 0.0, u)) / np.where(flat, 1.0, shape))

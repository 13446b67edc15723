"""Differences of log Γ and its derivatives between x and x + d, without cancellation.

The remainders of Stirling's formula at the two points are split into partial fractions of 1/x²,
whose differences are products.
"""

from __future__ import annotations

from typing import Any

from likelier.special._namespace import Array
from likelier.special._primitive import differentiable
from likelier.special.elementary import log1pmx
from likelier.special.gamma import digamma, tetragamma, trigamma

# x J, −x² J′ and x³ J″ as r₀ + Σ r / (1 + q / x²) for x >= 1: r₀ and the pairs (r, q).
# fmt: off
_FRACTIONS = (
    (0.04624364803531009,
     ((1.1355657829011659e-09, 9.626761101184767), (1.3109990369315763e-07, 5.181015774814572),
      (3.562726151747753e-06, 2.897893936832639), (4.350350712645189e-05, 1.600807717986076),
      (0.0003184721691297583, 0.83908629401608), (0.00166525864763533, 0.3928384747792615),
      (0.007085251173084368, 0.1440563496024171), (0.02797350483942619, 0.026991388735017365))),
    (0.02724801458493335,
     ((9.013996910958133e-09, 10.619503140220912), (9.272521070644961e-07, 5.7733121035694195),
      (2.1882227463035452e-05, 3.2630009565343863), (0.00022411312354460344, 1.8258958840948283),
      (0.0013145114605749345, 0.9750634575557144), (0.005170396782087611, 0.4707968409179655),
      (0.015055119631239707, 0.18322903707801155), (0.03429835925738611, 0.04002528779485235))),
    (0.03367773028377988,
     ((1.2684912244093002e-08, 13.97228775612422), (1.4645344631396968e-06, 7.979659492047435),
      (3.713660450090107e-05, 4.759676185896954), (0.00039227255330248037, 2.8456894514954123),
      (0.002268129050163965, 1.6638148273648465), (0.008352734386614352, 0.9246727322063333),
      (0.02149276049100126, 0.4655891559979736), (0.040909141381102736, 0.19103598089633783),
      (0.05953528469682571, 0.045506104578000764))),
)
# fmt: on


class _Points:
    """x and y = x + d, moved up by 1 where one is below 1, with their inverses."""

    def __init__(self, xp: Any, x: Array, d: Array) -> None:
        y = x + d
        self.small = (x < 1) | (y < 1)
        self.near_x, self.near_y = xp.where(self.small, x, 1.0), xp.where(self.small, y, 1.0)
        self.x, self.y = xp.where(self.small, x + 1, x), xp.where(self.small, y + 1, y)
        self.u, self.v = 1 / self.x, 1 / self.y
        # 1 / x − 1 / y
        self.gap = d * self.u * self.v


def _remainder_difference(points: _Points, order: int) -> Array:
    """J or its derivative of this order at x, less that at y, without its sign."""
    constant, pairs = _FRACTIONS[order]
    u, v, gap = points.u, points.v, points.gap
    uu, vv = u * u, v * v
    # Σ r q / ((1 + q u²)(1 + q v²)) makes the difference of the sums; at y the sum itself is r₀ + …
    slope = 0 * u
    at_y = constant + 0 * u
    for r, q in pairs:
        below_y = 1 / (1 + q * vv)
        at_y = at_y + r * below_y
        slope = slope + r * q * below_y / (1 + q * uu)
    # u^n R(u²) − v^n R(v²) with R(u²) = R(v²) − (u² − v²) slope and n = order + 1.
    powers = (gap, gap * (u + v), gap * (uu + u * v + vv))[order]
    lead = (u, uu, uu * u)[order]
    return powers * at_y - lead * gap * (u + v) * slope


@differentiable(
    lambda x, d, value: digamma_difference(x, d),
    lambda x, d, value: digamma(x + d),
)
def gammaln_difference(xp: Any, x: Array, d: Array) -> Array:
    """log Γ(x + d) − log Γ(x), right for a small and for a large d beside any x.

    Args:
        x: positive numbers.
        d: numbers above −x, of a shape that broadcasts with x's.

    Example:
        >>> float(gammaln_difference(1e20, 1.0)) - float(gammaln_difference(1e20, 0.0))
        46.051701859880914
    """
    points = _Points(xp, x, d)
    lead = xp.where(points.small, xp.log1p(points.near_x), xp.log(points.x))
    ratio = d * points.u
    beyond = ratio > 1
    log_ratio = xp.log1p(ratio)
    # y log(y / x) − d, in the form that keeps its digits.
    bend = xp.where(
        beyond,
        points.y * log_ratio - d,
        -points.y * log1pmx(-xp.where(beyond, 0.0, d) * points.v),
    )
    value = d * lead + bend - 0.5 * log_ratio - _remainder_difference(points, 0)
    return value - xp.where(points.small, _log_quotient(xp, points, d), 0.0)


def _log_quotient(xp: Any, points: _Points, d: Array) -> Array:
    """log(y / x) at the points before they were moved."""
    ratio = d / points.near_x
    far = abs(ratio) > 1e30
    return xp.where(
        far,
        xp.log(points.near_y) - xp.log(points.near_x),
        xp.log1p(xp.where(far | ~points.small, 0.0, ratio)),
    )


@differentiable(
    lambda x, d, value: trigamma_difference(x, d),
    lambda x, d, value: trigamma(x + d),
)
def digamma_difference(xp: Any, x: Array, d: Array) -> Array:
    """ψ(x + d) − ψ(x), right for a small and for a large d beside any x.

    Args:
        x: positive numbers.
        d: numbers above −x, of a shape that broadcasts with x's.

    Example:
        >>> float(digamma_difference(1e20, 1.0))
        1e-20
    """
    points = _Points(xp, x, d)
    value = xp.log1p(d * points.u) + 0.5 * points.gap + _remainder_difference(points, 1)
    return value + xp.where(points.small, d / points.near_x / points.near_y, 0.0)


@differentiable(
    lambda x, d, value: tetragamma(x + d) - tetragamma(x),
    lambda x, d, value: tetragamma(x + d),
)
def trigamma_difference(xp: Any, x: Array, d: Array) -> Array:
    """ψ′(x + d) − ψ′(x), right for a small and for a large d beside any x.

    Args:
        x: positive numbers.
        d: numbers above −x, of a shape that broadcasts with x's.

    Example:
        >>> float(trigamma_difference(1e20, 1.0))
        -1e-40
    """
    points = _Points(xp, x, d)
    u, v, gap = points.u, points.v, points.gap
    value = gap + 0.5 * gap * (u + v) + _remainder_difference(points, 2)
    a, b = 1 / points.near_x, 1 / points.near_y
    return -value - xp.where(points.small, d * a * b * (a + b), 0.0)

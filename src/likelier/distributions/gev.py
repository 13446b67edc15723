"""The generalised extreme-value distribution: maxima of blocks, such as yearly floods."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import zeta

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._domains import positive, real
from likelier.distributions._parameter import parameter
from likelier.distributions._reduced import Reduced, unreduced
from likelier.distributions.gumbel import Gumbel, log_sf_of_maximum
from likelier.special import Array

_EULER = 0.5772156649015328606


class GEV(Distribution):
    r"""Generalised extreme-value distribution of maxima: Gumbel, Fréchet and reversed Weibull.

    log p(y) = −log scale − (1 + shape) v − exp(−v),  v = log(1 + shape z) / shape,
    z = (y − loc) / scale, and v = z at shape 0; the cdf is exp(−exp(−v))

    Args:
        loc: location, any real number, in the unit of y; the quantile of level exp(−1).
        scale: scale, positive, in the unit of y.
        shape: tail index ξ, any real number: Gumbel at 0; above 0 a heavy upper tail and a lower
            end at loc − scale / shape; below 0 an upper end there. (Some texts and programs,
            SciPy among them, write −ξ.)

    Below a shape of −1/2 the likelihood is not regular and standard errors do not hold.

    Source: Coles (2001), doi:10.1007/978-1-4471-3675-0, ch. 3;
    Prescott and Walden (1980), doi:10.1093/biomet/67.3.723.

    Example:
        >>> import likelier as lk
        >>> d = lk.GEV(loc=10.0, scale=2.0, shape=0.1)
        >>> round(float(d.nll(14.0)), 6)
        2.86019
        >>> round(float(d.quantile(0.99)), 6)
        21.681952
    """

    support = real
    source = "Coles (2001), doi:10.1007/978-1-4471-3675-0, ch. 3"
    location_link = "identity"

    loc = parameter(real, "location, in the unit of y; the quantile of level exp(−1)")
    scale = parameter(positive, "scale, in the unit of y")
    shape = parameter(real, "tail index: 0 Gumbel, above 0 a heavy upper tail, below 0 an end")

    def _reduced(self, y: Array) -> Reduced:
        return Reduced(self._xp, (y - self.loc) / self.scale, self.shape)

    def _placed(self, y: Array) -> tuple[Array, Array]:
        inside, missing = super()._placed(y)
        y = self._xp.where(inside, y, 0.0)
        return inside & (self.shape * ((y - self.loc) / self.scale) > -1), missing

    def _log_prob(self, y: Array) -> Array:
        return self._value(self._reduced(y))

    def _score(self, y: Array) -> dict[str, Array]:
        return self._slopes(self._reduced(y))

    def _log_prob_and_score(self, y: Array) -> tuple[Array, dict[str, Array]]:
        reduced = self._reduced(y)
        return self._value(reduced), self._slopes(reduced)

    def _value(self, reduced: Reduced) -> Array:
        xp = self._xp
        value = xp.where(reduced.inside, reduced.value(), 0.0)
        log_prob = -xp.log(self.scale) - value - reduced.log - xp.exp(-value)
        return xp.where(reduced.inside, log_prob, -math.inf)

    def _rates(self, reduced: Reduced) -> tuple[Array, Array, Array]:
        """v, exp(−v), and 1 − exp(−v)."""
        xp = self._xp
        value = xp.where(reduced.inside, reduced.value(), 0.0)
        return value, xp.exp(-value), -xp.expm1(-value)

    def _slopes(self, reduced: Reduced) -> dict[str, Array]:
        value, _, less = self._rates(reduced)
        rest = reduced.rest()
        return {
            "loc": (less + self.shape) * rest / self.scale,
            "scale": (reduced.z * less - 1) * rest / self.scale,
            "shape": -value - (less + self.shape) * reduced.slope(),
        }

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        reduced = self._reduced(y)
        _, rate, less = self._rates(reduced)
        z, rest, slope = reduced.z, reduced.rest(), reduced.slope()
        pull = less + self.shape
        first = -pull * rest
        second = (self.shape * pull - rate) * rest * rest
        mixed = (z * rest * pull - 1 - rate * slope) * rest
        precision = 1 / self.scale / self.scale
        return {
            ("loc", "loc"): second * precision,
            ("loc", "scale"): (first + z * second) * precision,
            ("loc", "shape"): -mixed / self.scale,
            ("scale", "scale"): (1 + z * (2 * first + z * second)) * precision,
            ("scale", "shape"): -z * mixed / self.scale,
            ("shape", "shape"): -slope * (2 + rate * slope) - pull * reduced.bend(),
        }

    def _cdf(self, y: Array) -> Array:
        return self._xp.exp(self._log_cdf(y))

    def _sf(self, y: Array) -> Array:
        return -self._xp.expm1(self._log_cdf(y))

    def _log_cdf(self, y: Array) -> Array:
        return -self._xp.exp(-self._reduced(y).value())

    def _log_sf(self, y: Array) -> Array:
        return log_sf_of_maximum(self._xp, self._reduced(y).value())

    def _cdf_score(self, y: Array) -> dict[str, Array]:
        # F depends on v alone, so each derivative is that of v over ∂v/∂y.
        reduced = self._reduced(y)
        return {
            "loc": -1 + 0 * reduced.u,
            "scale": -reduced.z + 0 * reduced.u,
            "shape": self.scale * (1 + reduced.u) * reduced.slope(),
        }

    def _quantile(self, q: Array) -> Array:
        return self.loc + self.scale * unreduced(-np.log(-np.log(q)), self.shape)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return self.loc + self.scale * unreduced(rng.gumbel(size=shape), self.shape)

    @property
    def mean(self) -> Array:
        xp = self._xp
        finite = self.shape < 1
        shape = xp.where(finite, self.shape, 0.0)
        ratio = _log_gamma_ratio(xp, shape)
        factor = ratio * _relative_expm1(xp, shape * ratio)
        return self.loc + self.scale * xp.where(finite, factor, math.inf)

    @property
    def variance(self) -> Array:
        xp = self._xp
        finite = self.shape < 0.5
        shape = xp.where(finite, self.shape, 0.0)
        square = xp.exp(2 * shape * _log_gamma_ratio(xp, shape))
        excess = _log_gamma_excess(xp, shape)
        factor = square * excess * _relative_expm1(xp, shape * shape * excess)
        endless = xp.where(self.shape < 1, math.inf, math.nan)
        return self.scale * self.scale * xp.where(finite, factor, endless) + 0 * self.loc

    @property
    def mode(self) -> Array:
        xp = self._xp
        peaked = self.shape > -1
        shape = xp.where(peaked, self.shape, 0.0)
        divisor = xp.where(shape == 0, 1.0, shape)
        inner = xp.where(shape == 0, 0.0, xp.expm1(-shape * xp.log1p(shape)) / divisor)
        z = xp.where(peaked, inner, -1 / xp.where(peaked, -1.0, self.shape))
        return self.loc + self.scale * z

    def entropy(self) -> Array:
        return self._xp.log(self.scale) + _EULER * (1 + self.shape) + 1 + 0 * self.loc

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        # At shape 0 no observation lies outside the support.
        return {**Gumbel._start(y, weights), "shape": np.asarray(0.0)}


_TERMS = range(2, 42)
_ZETA = tuple(float(zeta(k)) / k for k in _TERMS)
_NEAR = 0.2


def _relative_expm1(xp: Any, x: Array) -> Array:
    """(exp(x) − 1) / x, which is 1 at 0."""
    near = abs(x) < 1e-8
    return xp.where(near, 1 + 0.5 * x, xp.expm1(x) / xp.where(near, 1.0, x))


def _log_gamma_ratio(xp: Any, shape: Array) -> Array:
    """log Γ(1 − shape) / shape, which is Euler's constant at 0."""
    near = abs(shape) < _NEAR
    small = xp.where(near, shape, 0.0)
    series = 0 * shape
    for coefficient in reversed(_ZETA):
        series = (series + coefficient) * small
    far = xp.where(near, 0.5, shape)
    return xp.where(near, _EULER + series, special.gammaln(1 - far) / far)


def _log_gamma_excess(xp: Any, shape: Array) -> Array:
    """(log Γ(1 − 2 shape) − 2 log Γ(1 − shape)) / shape², which is π²/6 at 0."""
    near = abs(shape) < _NEAR
    small = xp.where(near, shape, 0.0)
    series = 0 * shape
    for k, coefficient in zip(reversed(_TERMS), reversed(_ZETA), strict=True):
        series = series * small + coefficient * (2.0**k - 2)
    far = xp.where(near, 0.3, shape)
    direct = (special.gammaln(1 - 2 * far) - 2 * special.gammaln(1 - far)) / far / far
    return xp.where(near, series, direct)

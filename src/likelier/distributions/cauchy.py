"""The Cauchy distribution, whose tails are so heavy that it has no mean."""

from __future__ import annotations

import math

import numpy as np

from likelier.distributions._base import Distribution
from likelier.distributions._domains import positive, real
from likelier.distributions._parameter import parameter
from likelier.distributions._square import Square
from likelier.distributions._weighted import spread, weighted_quantile
from likelier.special import Array


class Cauchy(Distribution):
    r"""Cauchy distribution around its median `loc`.

    log p(y) = −log(π scale) − log(1 + z²),  z = (y − loc) / scale

    Args:
        loc: median, any real number, in the unit of y.
        scale: half the distance between the quartiles, positive, in the unit of y.

    It has neither mean nor variance: both are NaN.

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 16.

    Example:
        >>> import likelier as lk
        >>> round(float(lk.Cauchy(0.0, 1.0).nll(2.0)), 6)
        2.754168
    """

    support = real
    source = "Johnson, Kotz and Balakrishnan (1994), vol. 1, ch. 16"
    location_link = "identity"
    classical_loss = "Cauchy (Lorentzian) loss log(1 + z²) of robust regression (scale = 1)"

    loc = parameter(real, "median, in the unit of y")
    scale = parameter(positive, "half the distance between the quartiles, in the unit of y")

    def _square(self, y: Array) -> Square:
        return Square(self._xp, (y - self.loc) / self.scale)

    def _log_prob(self, y: Array) -> Array:
        return -self._square(y).log1p() - self._xp.log(math.pi * self.scale)

    def _score(self, y: Array) -> dict[str, Array]:
        square = self._square(y)
        return {
            "loc": 2 * square.half_slope() / self.scale,
            "scale": square.excess(1.0, 1.0) / self.scale,
        }

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        square = self._square(y)
        share, rest = square.share(), square.rest()
        precision = 1 / self.scale / self.scale
        return {
            ("loc", "loc"): -2 * rest * (rest - share) * precision,
            ("loc", "scale"): -4 * square.half_slope() * rest * precision,
            ("scale", "scale"): (1 - 2 * share - 4 * share * rest) * precision,
        }

    def _information(self) -> dict[tuple[str, str], Array]:
        precision = 0.5 / self.scale / self.scale + 0 * self.loc
        return {("loc", "loc"): precision, ("scale", "scale"): precision}

    def _share_below(self, z: Array) -> Array:
        # atan2 keeps the digits of the lower tail, where 1/2 + atan(z) / π would cancel.
        return self._xp.atan2(self._xp.ones_like(z), -z) / math.pi

    def _log_share_below(self, z: Array) -> Array:
        xp = self._xp
        upper = xp.log1p(-self._share_below(-abs(z)))
        return xp.where(z < 0, xp.log(self._share_below(-abs(z))), upper)

    def _cdf(self, y: Array) -> Array:
        return self._share_below((y - self.loc) / self.scale)

    def _sf(self, y: Array) -> Array:
        return self._share_below((self.loc - y) / self.scale)

    def _log_cdf(self, y: Array) -> Array:
        return self._log_share_below((y - self.loc) / self.scale)

    def _log_sf(self, y: Array) -> Array:
        return self._log_share_below((self.loc - y) / self.scale)

    def _cdf_score(self, y: Array) -> dict[str, Array]:
        z = (y - self.loc) / self.scale
        return {"loc": -1 + 0 * z, "scale": -z}

    def _quantile(self, q: Array) -> Array:
        tail = np.minimum(q, 1 - q)
        far = 1 / np.tan(math.pi * tail)
        # Next to the median the tangent of the distance from it keeps the digits.
        size = np.where(tail > 0.25, np.tan(math.pi * (0.5 - tail)), far)
        return self.loc + self.scale * np.where(q < 0.5, -size, size)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return self.loc + self.scale * rng.standard_cauchy(shape)

    @property
    def mean(self) -> Array:
        return math.nan * (self.loc + self.scale)

    @property
    def variance(self) -> Array:
        return math.nan * (self.loc + self.scale)

    @property
    def mode(self) -> Array:
        return self.loc + 0 * self.scale

    def entropy(self) -> Array:
        return self._xp.log(4 * math.pi * self.scale) + 0 * self.loc

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        return {"loc": weighted_quantile(y, 0.5, weights), "scale": spread(y, weights)}

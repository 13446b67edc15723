"""The Gumbel distribution: the largest of many light-tailed values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import exp1

from likelier.distributions._base import Distribution
from likelier.distributions._domains import positive, real
from likelier.distributions._parameter import parameter
from likelier.distributions._weighted import mean_and_deviation, spread
from likelier.special import Array

_EULER = 0.5772156649015328606
_SPREAD = math.pi**2 / 6


class Gumbel(Distribution):
    r"""Gumbel distribution of maxima (type I extreme values).

    log p(y) = −z − exp(−z) − log scale,  z = (y − loc) / scale

    Args:
        loc: mode, any real number, in the unit of y; the mean is loc + 0.5772 scale.
        scale: scale, positive, in the unit of y; the variance is π² scale² / 6.

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 22;
    CRPS: Jordan, Krüger and Lerch (2019), doi:10.18637/jss.v090.i12.

    Example:
        >>> import likelier as lk
        >>> round(float(lk.Gumbel(0.0, 1.0).nll(2.0)), 6)
        2.135335
    """

    support = real
    source = "Johnson, Kotz and Balakrishnan (1995), vol. 2, ch. 22"
    location_link = "identity"

    loc = parameter(real, "mode, in the unit of y")
    scale = parameter(positive, "scale, in the unit of y")

    def _log_prob(self, y: Array) -> Array:
        xp = self._xp
        z = (y - self.loc) / self.scale
        return -z - xp.exp(-z) - xp.log(self.scale)

    def _score(self, y: Array) -> dict[str, Array]:
        z = (y - self.loc) / self.scale
        slope = -self._xp.expm1(-z)
        return {"loc": slope / self.scale, "scale": (z * slope - 1) / self.scale}

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        xp = self._xp
        z = (y - self.loc) / self.scale
        slope, bend = -xp.expm1(-z), xp.exp(-z)
        precision = 1 / self.scale / self.scale
        return {
            ("loc", "loc"): -bend * precision,
            ("loc", "scale"): -(slope + z * bend) * precision,
            ("scale", "scale"): (1 - z * (2 * slope + z * bend)) * precision,
        }

    def _information(self) -> dict[tuple[str, str], Array]:
        precision = 1 / self.scale / self.scale + 0 * self.loc
        return {
            ("loc", "loc"): precision,
            ("loc", "scale"): (_EULER - 1) * precision,
            ("scale", "scale"): (_SPREAD + (1 - _EULER) ** 2) * precision,
        }

    def _cdf(self, y: Array) -> Array:
        return self._xp.exp(self._log_cdf(y))

    def _sf(self, y: Array) -> Array:
        return -self._xp.expm1(self._log_cdf(y))

    def _log_cdf(self, y: Array) -> Array:
        return -self._xp.exp((self.loc - y) / self.scale)

    def _log_sf(self, y: Array) -> Array:
        z = (y - self.loc) / self.scale
        return log_sf_of_maximum(self._xp, z)

    def _cdf_score(self, y: Array) -> dict[str, Array]:
        z = (y - self.loc) / self.scale
        return {"loc": -1 + 0 * z, "scale": -z}

    def _quantile(self, q: Array) -> Array:
        return self.loc - self.scale * np.log(-np.log(q))

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return self.loc + self.scale * rng.gumbel(size=shape)

    def _crps(self, y: Array) -> Array:
        z = (y - self.loc) / self.scale
        with np.errstate(over="ignore"):
            tail = exp1(np.exp(-z))
        return self.scale * (2 * tail - z + _EULER - math.log(2))

    @property
    def mean(self) -> Array:
        return self.loc + _EULER * self.scale

    @property
    def variance(self) -> Array:
        return _SPREAD * self.scale * self.scale + 0 * self.loc

    @property
    def mode(self) -> Array:
        return self.loc + 0 * self.scale

    def entropy(self) -> Array:
        return 1 + _EULER + self._xp.log(self.scale) + 0 * self.loc

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        mean, deviation = mean_and_deviation(y, weights)
        scale = deviation / math.sqrt(_SPREAD) if deviation > 0 else spread(y, weights)
        return {"loc": mean - _EULER * scale, "scale": scale}


def log_sf_of_maximum(xp: Any, z: Array) -> Array:
    """log(1 − exp(−exp(−z))), which is near −z for a large z."""
    rate = xp.exp(-xp.where(z > 0, z, 0.0))
    # −expm1(−r) / r goes to 1; dividing by exp(−z) before it underflows keeps the logarithm.
    upper = xp.log(-xp.expm1(-rate) / xp.where(rate > 0, rate, 1.0) + xp.where(rate > 0, 0.0, 1.0))
    lower = xp.log1p(-xp.exp(-xp.exp(-xp.where(z > 0, 0.0, z))))
    return xp.where(z > 0, upper - z, lower)

"""The LogNormal distribution; with a known scale its NLL is squared error of log y."""

from __future__ import annotations

import math

import numpy as np

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._domains import positive, real
from likelier.distributions._parameter import parameter
from likelier.distributions._weighted import mean_and_deviation, spread
from likelier.errors import NoFiniteOptimumError
from likelier.special import Array

_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


class LogNormal(Distribution):
    r"""LogNormal distribution: log y is Normal.

    log p(y) = −log y − log scale − ½ log 2π − ½ z²,  z = (log y − loc) / scale;
    the mean is exp(loc + scale² / 2), the median exp(loc).

    Args:
        loc: mean of log y, any real number.
        scale: standard deviation of log y, positive.

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 14;
    CRPS: Baran and Lerch (2015), doi:10.1002/qj.2521.

    Example:
        >>> import likelier as lk
        >>> round(float(lk.LogNormal(0.0, 1.0).nll(2.0)), 6)
        1.852312
    """

    support = positive
    source = "Johnson, Kotz and Balakrishnan (1994), vol. 1, ch. 14"
    location_link = "exp"
    main_is_log = True
    classical_loss = "mean squared error of log y (scale = 1/√2, up to terms in y)"

    loc = parameter(real, "mean of log y")
    scale = parameter(positive, "standard deviation of log y")

    def _z(self, y: Array) -> Array:
        return (self._xp.log(y) - self.loc) / self.scale

    def _log_prob(self, y: Array) -> Array:
        xp = self._xp
        log = xp.log(y)
        z = (log - self.loc) / self.scale
        return -0.5 * z * z - xp.log(self.scale) - _HALF_LOG_2PI - log

    def _score(self, y: Array) -> dict[str, Array]:
        z = self._z(y)
        return {"loc": z / self.scale, "scale": (z - 1) * (z + 1) / self.scale}

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        z = self._z(y)
        precision = 1 / self.scale / self.scale + 0 * z
        return {
            ("loc", "loc"): -precision,
            ("loc", "scale"): -2 * z * precision,
            ("scale", "scale"): (1 - 3 * z * z) * precision,
        }

    def _information(self) -> dict[tuple[str, str], Array]:
        precision = 1 / self.scale / self.scale + 0 * self.loc
        return {("loc", "loc"): precision, ("scale", "scale"): 2 * precision}

    def _cdf(self, y: Array) -> Array:
        return special.ndtr(self._z(y))

    def _sf(self, y: Array) -> Array:
        return special.ndtr(-self._z(y))

    def _log_cdf(self, y: Array) -> Array:
        return special.log_ndtr(self._z(y))

    def _log_sf(self, y: Array) -> Array:
        return special.log_ndtr(-self._z(y))

    def _cdf_score(self, y: Array) -> dict[str, Array]:
        return {"loc": -y + 0 * self.loc + 0 * self.scale, "scale": -y * self._z(y)}

    def _quantile(self, q: Array) -> Array:
        return np.exp(self.loc + self.scale * special.ndtri(q))

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return np.exp(self.loc + self.scale * rng.standard_normal(shape))

    def _crps(self, y: Array) -> Array:
        z = self._z(y)
        # In the direction of the larger tail, so that a large mean multiplies no rounding.
        upper = special.ndtr(z - self.scale) - special.ndtr(-self.scale / math.sqrt(2))
        return y * (2 * special.ndtr(z) - 1) - 2 * self.mean * upper

    @property
    def mean(self) -> Array:
        return self._xp.exp(self.loc + 0.5 * self.scale * self.scale)

    @property
    def variance(self) -> Array:
        xp, square = self._xp, self.scale * self.scale
        return xp.expm1(square) * xp.exp(2 * self.loc + square)

    @property
    def mode(self) -> Array:
        return self._xp.exp(self.loc - self.scale * self.scale)

    def entropy(self) -> Array:
        return 0.5 + _HALF_LOG_2PI + self._xp.log(self.scale) + self.loc

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        loc, scale = mean_and_deviation(np.log(y), weights)
        return {"loc": loc, "scale": scale if scale > 0 else spread(np.log(y), weights)}

    @classmethod
    def _mle(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        loc, scale = mean_and_deviation(np.log(y), weights)
        if not scale > 0:
            raise NoFiniteOptimumError(
                "LogNormal: all observations are equal, so the likelihood grows without bound as "
                "scale goes to 0; use observations that differ, or fix the scale"
            )
        return {"loc": loc, "scale": scale}

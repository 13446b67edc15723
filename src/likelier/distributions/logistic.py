"""The Logistic distribution; its NLL is a smooth absolute error."""

from __future__ import annotations

import math

import numpy as np

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._domains import positive, real
from likelier.distributions._parameter import parameter
from likelier.distributions._weighted import mean_and_deviation, spread
from likelier.special import Array


class Logistic(Distribution):
    r"""Logistic distribution around its mean `loc`.

    log p(y) = −|z| − 2 log(1 + exp(−|z|)) − log scale,  z = (y − loc) / scale;
    the variance is π² scale² / 3.

    Args:
        loc: mean and median, any real number, in the unit of y.
        scale: scale, positive, in the unit of y.

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 23;
    CRPS: Jordan, Krüger and Lerch (2019), doi:10.18637/jss.v090.i12.

    Example:
        >>> import likelier as lk
        >>> round(float(lk.Logistic(0.0, 1.0).nll(2.0)), 6)
        2.253856
    """

    support = real
    source = "Johnson, Kotz and Balakrishnan (1995), vol. 2, ch. 23"
    location_link = "identity"
    classical_loss = "log-cosh error (scale = 1/2, up to a factor and a constant)"

    loc = parameter(real, "mean and median, in the unit of y")
    scale = parameter(positive, "scale, in the unit of y")

    def _log_prob(self, y: Array) -> Array:
        xp = self._xp
        size = abs((y - self.loc) / self.scale)
        return -size - 2 * xp.log1p(xp.exp(-size)) - xp.log(self.scale)

    def _score(self, y: Array) -> dict[str, Array]:
        z = (y - self.loc) / self.scale
        slope = self._xp.tanh(0.5 * z)
        return {"loc": slope / self.scale, "scale": (z * slope - 1) / self.scale}

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        xp = self._xp
        z = (y - self.loc) / self.scale
        slope, tail = xp.tanh(0.5 * z), xp.exp(-abs(z))
        bend = 2 * tail / (1 + tail) ** 2
        precision = 1 / self.scale / self.scale
        return {
            ("loc", "loc"): -bend * precision,
            ("loc", "scale"): -(slope + z * bend) * precision,
            ("scale", "scale"): (1 - 2 * z * slope - z * (z * bend)) * precision,
        }

    def _information(self) -> dict[tuple[str, str], Array]:
        precision = 1 / self.scale / self.scale + 0 * self.loc
        return {
            ("loc", "loc"): precision / 3,
            ("scale", "scale"): (3 + math.pi**2) / 9 * precision,
        }

    def _cdf(self, y: Array) -> Array:
        return special.expit((y - self.loc) / self.scale)

    def _sf(self, y: Array) -> Array:
        return special.expit((self.loc - y) / self.scale)

    def _log_cdf(self, y: Array) -> Array:
        return special.log_sigmoid((y - self.loc) / self.scale)

    def _log_sf(self, y: Array) -> Array:
        return special.log_sigmoid((self.loc - y) / self.scale)

    def _cdf_score(self, y: Array) -> dict[str, Array]:
        z = (y - self.loc) / self.scale
        return {"loc": -1 + 0 * z, "scale": -z}

    def _quantile(self, q: Array) -> Array:
        return self.loc + self.scale * special.logit(q)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return self.loc + self.scale * rng.logistic(size=shape)

    def _crps(self, y: Array) -> Array:
        size = np.abs((y - self.loc) / self.scale)
        return self.scale * (size + 2 * np.log1p(np.exp(-size)) - 1)

    @property
    def mean(self) -> Array:
        return self.loc + 0 * self.scale

    @property
    def variance(self) -> Array:
        return (math.pi**2 / 3) * self.scale * self.scale + 0 * self.loc

    @property
    def mode(self) -> Array:
        return self.mean

    def entropy(self) -> Array:
        return 2 + self._xp.log(self.scale) + 0 * self.loc

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        loc, deviation = mean_and_deviation(y, weights)
        scale = deviation * (math.sqrt(3) / math.pi)
        return {"loc": loc, "scale": scale if scale > 0 else spread(y, weights)}

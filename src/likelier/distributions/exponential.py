"""The Exponential distribution."""

from __future__ import annotations

import numpy as np

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._domains import nonnegative, positive
from likelier.distributions._parameter import parameter
from likelier.special import Array


class Exponential(Distribution):
    r"""Exponential distribution with a mean or a rate.

    log p(y) = −log mean − y / mean

    Args:
        mean: mean, positive, in the unit of y.
        rate: 1 / mean, positive, in 1 / the unit of y; in place of `mean`.

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 19;
    CRPS: Jordan, Krüger and Lerch (2019), doi:10.18637/jss.v090.i12.

    Example:
        >>> import likelier as lk
        >>> float(lk.Exponential(rate=1.0).nll(2.0))
        2.0
        >>> float(lk.Exponential(rate=0.5).mean)
        2.0
    """

    support = nonnegative
    source = "Johnson, Kotz and Balakrishnan (1994), vol. 1, ch. 19"
    location_link = "identity"
    classical_loss = "half the gamma deviance (up to terms in y)"

    mean = parameter(positive, "mean, in the unit of y", derive=lambda d: 1 / d.rate)
    rate = parameter(positive, "1 / mean, in 1 / the unit of y", derive=lambda d: 1 / d.mean)
    parametrisations = (("mean",), ("rate",))

    def _scaled(self, y: Array) -> Array:
        """y in units of the mean."""
        return y * self.rate if "rate" in self.given else y / self.mean

    def _log_prob(self, y: Array) -> Array:
        if "rate" in self.given:
            return self._xp.log(self.rate) - y * self.rate
        return -self._xp.log(self.mean) - y / self.mean

    def _score(self, y: Array) -> dict[str, Array]:
        if "rate" in self.given:
            return {"rate": 1 / self.rate - y}
        return {"mean": (y - self.mean) / self.mean / self.mean}

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        if "rate" in self.given:
            return {("rate", "rate"): 0 * y - 1 / self.rate / self.rate}
        return {("mean", "mean"): (1 - 2 * (y / self.mean)) / self.mean / self.mean}

    def _information(self) -> dict[tuple[str, str], Array]:
        (name,) = self.given
        value = self.parameters[name]
        return {(name, name): 1 / value / value}

    def _cdf(self, y: Array) -> Array:
        return -self._xp.expm1(-self._scaled(y))

    def _sf(self, y: Array) -> Array:
        return self._xp.exp(-self._scaled(y))

    def _log_cdf(self, y: Array) -> Array:
        return special.log1mexp(self._scaled(y))

    def _log_sf(self, y: Array) -> Array:
        return -self._scaled(y)

    def _cdf_score(self, y: Array) -> dict[str, Array]:
        if "rate" in self.given:
            return {"rate": y / self.rate}
        return {"mean": -self._scaled(y)}

    def _quantile(self, q: Array) -> Array:
        with np.errstate(divide="ignore"):
            return -self.mean * np.log1p(-q)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return self.mean * rng.standard_exponential(shape)

    def _crps(self, y: Array) -> Array:
        return np.abs(y) - self.mean * (2 * self.cdf(y) - 0.5)

    @property
    def variance(self) -> Array:
        return self.mean * self.mean

    @property
    def mode(self) -> Array:
        return 0.0 * self.mean

    def entropy(self) -> Array:
        return 1 + self._xp.log(self.mean)

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        return {"mean": np.maximum(np.average(y, weights=weights), np.finfo(np.float64).tiny)}

    @classmethod
    def _mle(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        return cls._start(y, weights)

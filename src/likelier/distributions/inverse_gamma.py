"""The inverse Gamma distribution: 1 / Y is Gamma."""

from __future__ import annotations

import math

import numpy as np

from likelier import special
from likelier.distributions import _fallbacks
from likelier.distributions._base import Distribution
from likelier.distributions._deviance import gamma_deviance, log_ratio
from likelier.distributions._domains import positive
from likelier.distributions._parameter import parameter
from likelier.distributions.gamma import Gamma
from likelier.special import Array

_LOG_2PI = math.log(2 * math.pi)


class InverseGamma(Distribution):
    r"""Inverse Gamma distribution with a concentration (shape) and a rate (scale of y).

    log p(y) = a log rate − log Γ(a) − (a + 1) log y − rate / y,  a = concentration

    Args:
        concentration: shape, positive; moments of order below it exist.
        rate: rate of the Gamma distribution of 1 / Y, positive, in the unit of y.

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 17;
    CRPS: from E|Y − y| and Gini's mean difference, which by the density of Y / E Y is that of
    two Gamma variables of shape a − 1.

    Example:
        >>> import likelier as lk
        >>> round(float(lk.InverseGamma(concentration=3.0, rate=2.0).nll(0.5)), 6)
        -0.158883
    """

    support = positive
    source = "Johnson, Kotz and Balakrishnan (1994), vol. 1, ch. 17"

    concentration = parameter(positive, "shape; moments of order below it exist")
    rate = parameter(positive, "rate of the Gamma distribution of 1 / Y, in the unit of y")

    def _inverse(self, y: Array) -> tuple[Array, Array]:
        """rate / y and concentration, whose ratio is 1 / Y in units of its mean."""
        return self.rate / y, self.concentration

    def _log_prob(self, y: Array) -> Array:
        k, xp = self.concentration, self._xp
        shape = 0.5 * (xp.log(k) - _LOG_2PI) - special.stirling_error(k)
        return shape - k * gamma_deviance(*self._inverse(y)) - xp.log(y)

    def _score(self, y: Array) -> dict[str, Array]:
        x, k = self._inverse(y)
        return {
            "concentration": log_ratio(x, k) - special.digamma_minus_log(k),
            "rate": (k - x) / self.rate,
        }

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        return {pair: 0 * y - value for pair, value in self._information().items()}

    def _information(self) -> dict[tuple[str, str], Array]:
        k, rate = self.concentration, self.rate
        return {
            ("concentration", "concentration"): special.trigamma(k) + 0 * rate,
            ("concentration", "rate"): -1 / rate + 0 * k,
            ("rate", "rate"): k / rate / rate,
        }

    def _cdf(self, y: Array) -> Array:
        return special.gammaincc(self.concentration, self.rate / y)

    def _sf(self, y: Array) -> Array:
        return special.gammainc(self.concentration, self.rate / y)

    def _log_cdf(self, y: Array) -> Array:
        return special.log_gammaincc(self.concentration, self.rate / y)

    def _log_sf(self, y: Array) -> Array:
        return special.log_gammainc(self.concentration, self.rate / y)

    def _cdf_score(self, y: Array) -> dict[str, Array] | None:
        xp, k = self._xp, self.concentration
        density = xp.exp(self._log_prob(y))
        if xp is np and np.any(density < _fallbacks.FAINT):
            return None
        along = -special.gammainc_grad_a(k, self.rate / y) / density
        return {"concentration": along, "rate": -y / self.rate + 0 * along}

    def _quantile(self, q: Array) -> Array:
        with np.errstate(divide="ignore"):
            return self.rate / special.gammainccinv(self.concentration, q)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        draw = np.maximum(rng.gamma(self.concentration, size=shape), np.finfo(np.float64).tiny)
        with np.errstate(over="ignore"):
            # Small concentrations give draws above the largest number.
            return np.minimum(self.rate / draw, np.finfo(np.float64).max)

    def _crps(self, y: Array) -> Array:
        k = self.concentration
        pole = np.abs(k - 1) < 1e-3
        mean = self.rate / np.where(pole, 1.0, k - 1)
        bulk = 2 * (y / self.rate) * y * np.exp(self._supported_log_prob(y))
        half = np.maximum(k - 0.5, np.finfo(np.float64).tiny)
        spread = np.exp(-special.gammaln_difference(half, 0.5)) / math.sqrt(math.pi)
        value = (y - mean) * (self.cdf(y) - self.sf(y)) + mean * (bulk - spread)
        # The mean has a pole at 1, where the score has none.
        value = np.where(pole, _fallbacks.crps(self, y), value) if np.any(pole) else value
        return np.where(k > 0.5, value, np.inf)

    @property
    def mean(self) -> Array:
        k, xp = self.concentration, self._xp
        finite = k > 1
        value = self.rate / xp.where(finite, k - 1, 1.0)
        return xp.where(finite, value, xp.inf)

    @property
    def variance(self) -> Array:
        k, xp = self.concentration, self._xp
        finite = k > 2
        relative = self.rate / xp.where(finite, k - 1, 1.0)
        value = relative * (relative / xp.where(finite, k - 2, 1.0))
        return xp.where(finite, value, xp.inf)

    @property
    def mode(self) -> Array:
        return self.rate / (self.concentration + 1)

    def entropy(self) -> Array:
        k, xp = self.concentration, self._xp
        shape = 0.5 * _LOG_2PI - 1.5 * xp.log(k) + special.stirling_error(k)
        return xp.log(self.rate) + shape - (1 + k) * special.digamma_minus_log(k)

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        return cls._of_inverse(Gamma._start(1 / y, weights))

    @classmethod
    def _mle(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        return cls._of_inverse(Gamma._mle(1 / y, weights))

    @staticmethod
    def _of_inverse(gamma: dict[str, Array]) -> dict[str, Array]:
        k = gamma["concentration"]
        return {"concentration": k, "rate": k / gamma["mean"]}

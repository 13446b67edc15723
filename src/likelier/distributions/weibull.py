"""The Weibull distribution, for times until failure."""

from __future__ import annotations

import math

import numpy as np

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._domains import nonnegative, positive
from likelier.distributions._parameter import parameter
from likelier.special import Array

_GAMMA = 0.57721566490153286061
# E[W log² W] for W standard exponential: Γ''(2).
_CURVATURE = math.pi**2 / 6 - 1 + (1 - _GAMMA) ** 2
# log Γ(1 + 2h) − 2 log Γ(1 + h) = Σ (−1)ⁿ (2ⁿ − 2) ζ(n) / n · hⁿ, n = 2, 3, …
_ZETA = (
    1.6449340668482264365,
    1.2020569031595942854,
    1.0823232337111381915,
    1.0369277551433699263,
    1.0173430619844491397,
    1.0083492773819228268,
    1.0040773561979443394,
    1.0020083928260822144,
    1.0009945751278180853,
    1.0004941886041194646,
    1.0002460865533080483,
    1.0001227133475784891,
)
_SPREAD = tuple((-1) ** n * (2**n - 2) * z / n for n, z in enumerate(_ZETA, start=2))


class Weibull(Distribution):
    r"""Weibull distribution with a scale and a concentration (shape).

    log p(y) = log(k / scale) + (k − 1) log(y / scale) − (y / scale)ᵏ,  k = concentration

    Args:
        scale: the 1 − 1/e quantile, positive, in the unit of y.
        concentration: shape, positive; the hazard falls below 1 and rises above.

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 21.

    Example:
        >>> import likelier as lk
        >>> round(float(lk.Weibull(scale=2.0, concentration=1.5).nll(1.0)), 6)
        0.987809
    """

    support = nonnegative
    source = "Johnson, Kotz and Balakrishnan (1994), vol. 1, ch. 21"

    scale = parameter(positive, "the 1 − 1/e quantile, in the unit of y")
    concentration = parameter(positive, "shape; the hazard falls below 1 and rises above")

    def _log_ratio(self, y: Array) -> Array:
        """log(y / scale); −∞ at 0 without a warning."""
        ratio = y / self.scale
        zero = ratio == 0
        return self._xp.where(zero, -self._xp.inf, self._xp.log(self._xp.where(zero, 1.0, ratio)))

    def _log_prob(self, y: Array) -> Array:
        xp, k = self._xp, self.concentration
        zero = y == 0
        power = k * self._log_ratio(y)
        inner = xp.log(k) - xp.log(xp.where(zero, 1.0, y)) + power - xp.exp(power)
        if xp is np and not np.any(zero):
            return inner
        at_zero = xp.log(k / self.scale) + special.xlogy(k - 1, y)
        return xp.where(zero, at_zero, inner)

    def _score(self, y: Array) -> dict[str, Array]:
        k, log_ratio = self.concentration, self._log_ratio(y)
        excess = self._xp.expm1(k * log_ratio)
        return {
            "scale": k / self.scale * excess,
            "concentration": 1 / k - log_ratio * excess,
        }

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        k, log_ratio = self.concentration, self._log_ratio(y)
        power = self._xp.exp(k * log_ratio)
        # At y = 0 every term below vanishes, since log² y · yᵏ does.
        log_ratio = self._xp.where(power == 0, 0.0, log_ratio)
        return {
            ("scale", "scale"): k / self.scale / self.scale * (1 - (k + 1) * power),
            ("scale", "concentration"): (power - 1 + k * log_ratio * power) / self.scale,
            ("concentration", "concentration"): -1 / k / k - log_ratio * log_ratio * power,
        }

    def _information(self) -> dict[tuple[str, str], Array]:
        k = self.concentration
        relative = k / self.scale
        return {
            ("scale", "scale"): relative * relative,
            ("scale", "concentration"): -(1 - _GAMMA) / self.scale + 0 * k,
            ("concentration", "concentration"): (1 + _CURVATURE) / k / k + 0 * self.scale,
        }

    def _hazard(self, y: Array) -> Array:
        """Cumulative hazard, −log sf."""
        return self._xp.exp(self.concentration * self._log_ratio(y))

    def _cdf(self, y: Array) -> Array:
        return -self._xp.expm1(-self._hazard(y))

    def _sf(self, y: Array) -> Array:
        return self._xp.exp(-self._hazard(y))

    def _log_cdf(self, y: Array) -> Array:
        # Below 1e-17 the cdf is the hazard to the last digit, and its logarithm is at hand.
        hazard = self._hazard(y)
        small = hazard < 1e-17
        log_hazard = self.concentration * self._log_ratio(y)
        return self._xp.where(
            small, log_hazard, special.log1mexp(self._xp.where(small, 1.0, hazard))
        )

    def _log_sf(self, y: Array) -> Array:
        return -self._hazard(y)

    def _cdf_score(self, y: Array) -> dict[str, Array]:
        ratio = y / self.scale
        return {
            "scale": -ratio,
            "concentration": special.xlogy(y, ratio) / self.concentration,
        }

    def _quantile(self, q: Array) -> Array:
        with np.errstate(divide="ignore"):
            hazard = -np.log1p(-q)
        return self.scale * hazard ** (1 / self.concentration)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return self.scale * rng.standard_exponential(shape) ** (1 / self.concentration)

    def _crps(self, y: Array) -> Array:
        # E|Y − y| from the incomplete first moment; E|Y − Y'| from the mean of the smaller,
        # which is a Weibull with scale / 2^(1/k).
        inverse = 1 / self.concentration
        inside = np.maximum(y, 0.0)
        below = special.gammainc(1 + inverse, self._hazard(inside))
        sign = self.cdf(y) - self.sf(y)
        return (y - self.mean) * sign + self.mean * (
            2 * (self._cdf(inside) - below) + np.expm1(-inverse * math.log(2))
        )

    @property
    def mean(self) -> Array:
        return self.scale * self._xp.exp(special.gammaln(1 + 1 / self.concentration))

    @property
    def variance(self) -> Array:
        xp, h = self._xp, 1 / self.concentration
        narrow = h < 0.03
        series = 0.0
        bounded = xp.where(narrow, h, 0.0)
        for coefficient in reversed(_SPREAD):
            series = coefficient + bounded * series
        wide = xp.where(narrow, 1.0, h)
        direct = special.gammaln(1 + 2 * wide) - 2 * special.gammaln(1 + wide)
        return self.mean**2 * xp.expm1(xp.where(narrow, h * h * series, direct))

    @property
    def mode(self) -> Array:
        k, xp = self.concentration, self._xp
        above = xp.where(k > 1, k, 2.0)
        inner = self.scale * xp.exp(xp.log1p(-1 / above) / above)
        return xp.where(k > 1, inner, xp.zeros_like(inner))

    def entropy(self) -> Array:
        k, xp = self.concentration, self._xp
        return _GAMMA * (1 - 1 / k) + xp.log(self.scale / k) + 1

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        # log Y is a Gumbel: standard deviation π / (√6 k), mean log scale − γ / k.
        smallest = np.min(y[y > 0], initial=np.inf)
        smallest = smallest if np.isfinite(smallest) else 1.0
        logs = np.log(np.maximum(y, smallest / 2))
        centre = np.average(logs, weights=weights)
        spread = np.sqrt(np.average((logs - centre) ** 2, weights=weights))
        k = math.pi / math.sqrt(6) / np.maximum(spread, 1e-8)
        return {"scale": np.exp(centre + _GAMMA / k), "concentration": k}

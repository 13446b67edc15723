"""The Gamma distribution; its NLL is the gamma deviance."""

from __future__ import annotations

import math

import numpy as np

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._deviance import gamma_deviance, gamma_deviance_and_log, log_ratio
from likelier.distributions._domains import positive
from likelier.distributions._fallbacks import FAINT
from likelier.distributions._parameter import parameter
from likelier.distributions._repeated import once
from likelier.errors import NoFiniteOptimumError
from likelier.special import Array

_LOG_2PI = math.log(2 * math.pi)


class Gamma(Distribution):
    r"""Gamma distribution with a mean and a concentration (shape).

    log p(y) = k log(k / mean) − log Γ(k) + (k − 1) log y − k y / mean,  k = concentration;
    the variance is mean² / concentration.

    Args:
        mean: mean, positive, in the unit of y.
        concentration: shape, positive, without a unit.
        rate: concentration / mean, positive, in 1 / the unit of y; with `concentration`, in
            place of `mean`.

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 17;
    saddle-point form: Loader (2000), Fast and Accurate Computation of Binomial Probabilities;
    CRPS: Scheuerer and Möller (2015), doi:10.1214/15-AOAS843;
    Jordan, Krüger and Lerch (2019), doi:10.18637/jss.v090.i12.

    Example:
        >>> import likelier as lk
        >>> round(float(lk.Gamma(mean=2.0, concentration=3.0).nll(1.5)), 6)
        0.915822
        >>> float(lk.Gamma(concentration=3.0, rate=1.5).mean)
        2.0
    """

    support = positive
    source = "Johnson, Kotz and Balakrishnan (1994), vol. 1, ch. 17"
    location_link = "identity"
    classical_loss = "half the gamma deviance (concentration = 1, up to terms in y)"

    mean = parameter(positive, "mean, in the unit of y", derive=lambda d: d.concentration / d.rate)
    concentration = parameter(positive, "shape; the variance is mean² / concentration")
    rate = parameter(
        positive,
        "concentration / mean, in 1 / unit of y",
        derive=lambda d: d.concentration / d.mean,
    )
    parametrisations = (("mean", "concentration"), ("concentration", "rate"))

    def _log_prob(self, y: Array) -> Array:
        error = special.stirling_error(self.concentration)
        return self._value(y, gamma_deviance(y, self.mean), error)

    def _score(self, y: Array) -> dict[str, Array]:
        mean = self.mean
        rest = log_ratio(y, mean) if "rate" in self.given else -gamma_deviance(y, mean)
        return self._slopes(y, mean, rest, special.digamma_minus_log(self.concentration))

    def _log_prob_and_score(self, y: Array) -> tuple[Array, dict[str, Array]]:
        k, mean = self.concentration, self.mean
        error, slope = once(special.stirling_error_and_slope, k)
        deviance, log = gamma_deviance_and_log(y, mean)
        rest = log if "rate" in self.given else -deviance
        score = self._slopes(y, mean, rest, slope - 0.5 / k)
        return self._value(y, deviance, error), score

    def _value(self, y: Array, deviance: Array, error: Array) -> Array:
        k, xp = self.concentration, self._xp
        return 0.5 * (xp.log(k) - _LOG_2PI) - error - k * deviance - xp.log(y)

    def _slopes(self, y: Array, mean: Array, rest: Array, digamma: Array) -> dict[str, Array]:
        """The score from log(y / mean), or less the deviance, and from ψ(k) − log k."""
        k = self.concentration
        if "rate" in self.given:
            return {"concentration": rest - digamma, "rate": mean - y}
        return {"mean": (y - mean) / mean * (k / mean), "concentration": rest - digamma}

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        k = self.concentration
        if "rate" in self.given:
            return {
                ("concentration", "concentration"): -special.trigamma(k) + 0 * y,
                ("concentration", "rate"): 1 / self.rate + 0 * y,
                ("rate", "rate"): -self.mean / self.rate + 0 * y,
            }
        excess = (y - self.mean) / self.mean
        return {
            ("mean", "mean"): -(1 + 2 * excess) * (k / self.mean / self.mean),
            ("mean", "concentration"): excess / self.mean,
            ("concentration", "concentration"): -special.trigamma_minus_reciprocal(k) + 0 * y,
        }

    def _information(self) -> dict[tuple[str, str], Array]:
        k, mean = self.concentration, self.mean
        if "rate" in self.given:
            return {
                ("concentration", "concentration"): special.trigamma(k) + 0 * mean,
                ("concentration", "rate"): -1 / self.rate + 0 * mean,
                ("rate", "rate"): mean / self.rate,
            }
        return {
            ("mean", "mean"): k / mean / mean,
            ("concentration", "concentration"): special.trigamma_minus_reciprocal(k) + 0 * mean,
        }

    def _scaled(self, y: Array) -> Array:
        """y in units of 1 / rate, in which the rate is 1."""
        return y / self.mean * self.concentration

    def _cdf(self, y: Array) -> Array:
        return special.gammainc(self.concentration, self._scaled(y))

    def _sf(self, y: Array) -> Array:
        return special.gammaincc(self.concentration, self._scaled(y))

    def _log_cdf(self, y: Array) -> Array:
        return special.log_gammainc(self.concentration, self._scaled(y))

    def _log_sf(self, y: Array) -> Array:
        return special.log_gammaincc(self.concentration, self._scaled(y))

    def _cdf_score(self, y: Array) -> dict[str, Array] | None:
        xp, k = self._xp, self.concentration
        density = xp.exp(self._log_prob(y))
        if xp is np and np.any(density < FAINT):
            return None
        along = special.gammainc_grad_a(k, self._scaled(y)) / density
        if "rate" in self.given:
            return {"concentration": along, "rate": y / self.rate}
        return {"mean": -y / self.mean, "concentration": along + y / k}

    def _quantile(self, q: Array) -> Array:
        return special.gammaincinv(self.concentration, q) / self.concentration * self.mean

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        draw = rng.gamma(self.concentration, size=shape) / self.concentration * self.mean
        # Small concentrations give draws below the smallest number, which 0 would misreport.
        return np.maximum(draw, np.finfo(np.float64).smallest_subnormal)

    def _crps(self, y: Array) -> Array:
        # The published form with F(y; k + 1) written by the recurrence, which does not cancel.
        k, mean = self.concentration, self.mean
        density = y * np.exp(self._supported_log_prob(y))
        spread = np.exp(special.gammaln_difference(k, 0.5) - np.log(k)) / math.sqrt(math.pi)
        return (y - mean) * (self.cdf(y) - self.sf(y)) + mean * (2 * density / k - spread)

    @property
    def variance(self) -> Array:
        return self.mean * (self.mean / self.concentration)

    @property
    def mode(self) -> Array:
        k = self.concentration
        return self._xp.where(k > 1, self.mean * ((k - 1) / k), 0.0 * self.mean)

    def entropy(self) -> Array:
        k, xp = self.concentration, self._xp
        shape = 0.5 * (_LOG_2PI - xp.log(k)) + special.stirling_error(k)
        return xp.log(self.mean) + shape + (1 - k) * special.digamma_minus_log(k)

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        mean = np.average(y, weights=weights)
        # Centred, so that no digits are lost where the observations hardly differ.
        spread = np.average(gamma_deviance(y, mean), weights=weights)
        spread = np.maximum(spread, np.finfo(np.float64).eps)
        root = np.sqrt((spread - 3) ** 2 + 24 * spread)
        return {"mean": mean, "concentration": (3 - spread + root) / (12 * spread)}

    @classmethod
    def _mle(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        start = cls._start(y, weights)
        spread = np.average(gamma_deviance(y, start["mean"]), weights=weights)
        return {"mean": start["mean"], "concentration": solve_shape(start["concentration"], spread)}


def solve_shape(start: Array, spread: Array) -> Array:
    """The concentration k at which log k − ψ(k) equals `spread`, by Newton on 1 / k.

    Raises `NoFiniteOptimumError` where the spread is 0.
    Minka (2002), Estimating a Gamma distribution.
    """
    if not np.all(spread > 0):
        raise NoFiniteOptimumError(
            "Gamma: all observations are equal, so the likelihood grows without bound as "
            "concentration grows; use observations that differ, or fix the concentration"
        )
    k = np.asarray(start)
    for _ in range(50):
        miss = special.digamma_minus_log(k) + spread
        move = miss / (k * special.trigamma_minus_reciprocal(k))
        following = k / (1 + move)
        if np.all(np.abs(following - k) <= 4e-16 * k):
            break
        k = following
    return k

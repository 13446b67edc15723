"""The geometric distribution of the number of failures before a success."""

from __future__ import annotations

import numpy as np

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._domains import counts, nonnegative, real, unit
from likelier.distributions._parameter import parameter
from likelier.special import Array


class Geometric(Distribution):
    r"""Geometric distribution of a count: failures before the first success.

    log p(y) = y log(mean / (1 + mean)) − log(1 + mean)

    Args:
        mean: mean count, 0 or above; or
        log_mean: its logarithm, any real number; or
        probs: probability of a success, 1 / (1 + mean), between 0 and 1.

    Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 5.

    Example:
        >>> import likelier as lk
        >>> round(float(lk.Geometric(mean=1.0).nll(2)), 6)
        2.079442
    """

    support = counts
    discrete = True
    source = "Johnson, Kemp and Kotz (2005), ch. 5"
    location_link = "identity"

    mean = parameter(
        nonnegative,
        "mean count",
        derive=lambda d: (1 - d.probs) / d.probs if "probs" in d.given else d._xp.exp(d.log_mean),
        linked={"log": "log_mean"},
    )
    log_mean = parameter(real, "logarithm of the mean count", derive=lambda d: d._xp.log(d.mean))
    probs = parameter(unit, "probability of a success", derive=lambda d: 1 / (1 + d.mean))
    parametrisations = (("mean",), ("log_mean",), ("probs",))

    def _logs(self) -> tuple[Array, Array]:
        """Logarithms of the probabilities of a failure and of a success."""
        xp = self._xp
        if "log_mean" in self.given:
            return special.log_sigmoid(self.log_mean), special.log_sigmoid(-self.log_mean)
        if "probs" in self.given:
            return xp.log1p(-self.probs), xp.log(self.probs)
        small = self.mean < 1
        # log(mean / (1 + mean)) cancels in one of its two forms on either side of 1.
        low = xp.where(small, self.mean, 1.0)
        high = xp.where(small, 1.0, self.mean)
        success = -xp.log1p(self.mean)
        return xp.where(small, xp.log(low) + success, -xp.log1p(1 / high)), success

    def _log_prob(self, y: Array) -> Array:
        failure, success = self._logs()
        # No failure costs nothing, also where a failure is impossible.
        return y * self._xp.where(y > 0, failure, 0.0) + success

    def _score(self, y: Array) -> dict[str, Array]:
        xp = self._xp
        if "log_mean" in self.given:
            return {"log_mean": self._in_log_mean(y)}
        if "probs" in self.given:
            return {"probs": 1 / self.probs - y / (1 - self.probs)}
        some = xp.where(y > 0, self.mean, 1.0)
        return {"mean": (y / some - 1) / (1 + self.mean)}

    def _in_log_mean(self, y: Array) -> Array:
        return y * special.expit(-self.log_mean) - special.expit(self.log_mean)

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        if "log_mean" in self.given:
            both = special.expit(-self.log_mean) * special.expit(self.log_mean)
            return {("log_mean", "log_mean"): -(y + 1) * both}
        if "probs" in self.given:
            return {("probs", "probs"): -1 / self.probs**2 - y / (1 - self.probs) ** 2}
        some = self._xp.where(y > 0, self.mean, 1.0)
        return {("mean", "mean"): (1 + y) / (1 + self.mean) ** 2 - y / some**2}

    def _information(self) -> dict[tuple[str, str], Array]:
        if "log_mean" in self.given:
            return {("log_mean", "log_mean"): special.expit(self.log_mean)}
        if "probs" in self.given:
            return {("probs", "probs"): 1 / (self.probs**2 * (1 - self.probs))}
        return {("mean", "mean"): 1 / self.variance}

    def _log_sf(self, y: Array) -> Array:
        return (y + 1) * self._logs()[0]

    def _log_cdf(self, y: Array) -> Array:
        return special.log1mexp(-self._log_sf(y))

    def _cdf(self, y: Array) -> Array:
        return -self._xp.expm1(self._log_sf(y))

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        # The whole part of an exponential draw, in units of what a failure costs.
        draws = np.floor(-rng.standard_exponential(shape) / self._logs()[0])
        return np.asarray(draws).astype(np.int64)

    def _crps(self, y: Array) -> Array:
        # E|Y − y| − E|Y − Y′| / 2, with the terms that cancel taken together.
        mean = self.mean
        gap = 2 * np.expm1(y * np.where(y > 0, self._logs()[0], 0.0))
        return y + mean * (gap + mean / (1 + 2 * mean))

    @property
    def variance(self) -> Array:
        return self.mean * (1 + self.mean)

    @property
    def mode(self) -> Array:
        return 0 * self.mean

    def entropy(self) -> Array:
        failure, success = self._logs()
        return -success - self.mean * self._xp.where(self.mean > 0, failure, 0.0)

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        # A sample of zeros starts from half a count in all of it.
        return {"mean": np.maximum(np.average(y, weights=weights), 0.5 / len(y))}

    @classmethod
    def _mle(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        return {"mean": np.average(y, weights=weights)}

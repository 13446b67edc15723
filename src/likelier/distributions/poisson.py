"""The Poisson distribution; its NLL is the Poisson loss, complete with its constant."""

from __future__ import annotations

import numpy as np

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._domains import counts, nonnegative, real
from likelier.distributions._parameter import parameter
from likelier.distributions._saddle import deviance, factorial_remainder, times_log_ratio
from likelier.special import Array


class Poisson(Distribution):
    r"""Poisson distribution of a count with mean and variance `rate`.

    log p(y) = y log rate − rate − log y!

    Args:
        rate: mean count, 0 or above; or
        log_rate: its logarithm, any real number.

    Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 4; saddle-point
    form: Loader (2000); CRPS: Wei and Held (2014), doi:10.1007/s11749-014-0380-8.

    Example:
        >>> import likelier as lk
        >>> round(float(lk.Poisson(rate=2.5).nll(3)), 6)
        1.542887
    """

    support = counts
    discrete = True
    source = "Johnson, Kemp and Kotz (2005), ch. 4"
    location_link = "identity"
    classical_loss = "Poisson loss (rate − y log rate, up to a constant)"

    rate = parameter(
        nonnegative,
        "mean count",
        derive=lambda d: d._xp.exp(d.log_rate),
        linked={"log": "log_rate"},
    )
    log_rate = parameter(real, "logarithm of the mean count", derive=lambda d: d._xp.log(d.rate))
    parametrisations = (("rate",), ("log_rate",))

    def _log_prob(self, y: Array) -> Array:
        xp = self._xp
        none = y == 0
        some = y + none
        if "rate" in self.given:
            log_ratio = xp.log(self._some_rate(none) / some)
        else:
            log_ratio = self.log_rate - xp.log(some)
        return deviance(y, self.rate - y, log_ratio) - factorial_remainder(y)

    def _score(self, y: Array) -> dict[str, Array]:
        if "log_rate" in self.given:
            return {"log_rate": y - self.rate}
        rate = self._some_rate(y == 0)
        return {"rate": (y - rate) / rate}

    def _log_prob_and_score(self, y: Array) -> tuple[Array, dict[str, Array]]:
        rate = self.rate
        if self._xp is not np or y.ndim != 1 or "rate" in self.given or not rate.max() < np.inf:
            return self._log_prob(y), self._score(y)
        excess = rate - y

        def log_ratio(rows: Array) -> Array:
            return np.broadcast_to(self.log_rate, y.shape)[rows] - np.log(y[rows])

        value = times_log_ratio(y, excess, log_ratio)
        value -= excess
        value -= factorial_remainder(y)
        return value, {"log_rate": np.negative(excess, out=excess)}

    def _some_rate(self, none: Array) -> Array:
        """The rate, kept off 0 where there are no counts: (0 − rate) / rate is −1 for each."""
        dtype = self.rate.dtype
        return self.rate + none * self._xp.asarray(self._xp.finfo(dtype).tiny, dtype=dtype)

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        if "log_rate" in self.given:
            return {("log_rate", "log_rate"): -self.rate + 0 * y}
        none = y == 0
        rate = self._xp.where(none, 1.0, self.rate)
        return {("rate", "rate"): -y / rate / rate}

    def _information(self) -> dict[tuple[str, str], Array]:
        if "log_rate" in self.given:
            return {("log_rate", "log_rate"): self.rate}
        return {("rate", "rate"): 1 / self.rate}

    def _cdf(self, y: Array) -> Array:
        return special.gammaincc(y + 1, self.rate)

    def _sf(self, y: Array) -> Array:
        return special.gammainc(y + 1, self.rate)

    def _log_cdf(self, y: Array) -> Array:
        return special.log_gammaincc(y + 1, self.rate)

    def _log_sf(self, y: Array) -> Array:
        return special.log_gammainc(y + 1, self.rate)

    def _cdf_score(self, y: Array) -> dict[str, Array]:
        # d P(Y <= y) / d rate = −P(Y = y).
        slope = -1.0 + 0 * (y + self.rate)
        return {"rate": slope} if "rate" in self.given else {"log_rate": slope * self.rate}

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return np.asarray(rng.poisson(self.rate, shape))

    def _crps(self, y: Array) -> Array:
        rate = self.rate
        spread = np.exp(special.log_i0e(2 * rate)) * (1 + special.bessel_ratio(2 * rate))
        density = np.exp(self._log_prob(y))
        return (y - rate) * (self._cdf(y) - self._sf(y)) + rate * (2 * density - spread)

    @property
    def mean(self) -> Array:
        return self.rate

    @property
    def variance(self) -> Array:
        return self.rate

    @property
    def mode(self) -> Array:
        mode = self._xp.ceil(self.rate) - 1
        return self._xp.where(mode > 0, mode, 0.0)

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        # A sample of zeros starts from half a count in all of it.
        return {"rate": np.maximum(np.average(y, weights=weights), 0.5 / len(y))}

    @classmethod
    def _mle(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        return {"rate": np.average(y, weights=weights)}

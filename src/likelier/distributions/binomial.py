"""The binomial distribution of the number of yeses in a known number of trials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._domains import counts, log_odds, probability
from likelier.distributions._parameter import parameter
from likelier.distributions._saddle import deviance, factorial_remainder
from likelier.special import Array


class Binomial(Distribution):
    r"""Binomial distribution of the number of yeses in `total_count` trials.

    log p(y) = log C(total_count, y) + y log probs + (total_count − y) log(1 − probs)

    Args:
        total_count: number of trials, a count; known for each row of data, with
        logits: log odds of a yes, log(probs / (1 − probs)), any real number; or
        probs: probability of a yes, from 0 to 1.

    In models `logits` has the links logit (the identity), probit, cloglog and cauchit.

    Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 3; saddle-point
    form: Loader (2000).

    Example:
        >>> import likelier as lk
        >>> round(float(lk.Binomial(total_count=10, probs=0.3).nll(4)), 6)
        1.608833
    """

    support = counts
    discrete = True
    source = "Johnson, Kemp and Kotz (2005), ch. 3"
    location_link = "expit"
    classical_loss = "binary cross-entropy of grouped data (up to a constant)"

    total_count = parameter(counts, "number of trials", role="data")
    logits = parameter(log_odds, "log odds of a yes", derive=lambda d: special.logit(d.probs))
    probs = parameter(probability, "probability of a yes", derive=lambda d: special.expit(d.logits))
    parametrisations = (("total_count", "logits"), ("total_count", "probs"))

    def _no(self) -> Array:
        """Probability of a no, with all its digits."""
        return 1 - self.probs if "probs" in self.given else special.expit(-self.logits)

    def _placed(self, y: Array) -> tuple[Array, Array]:
        inside, missing = super()._placed(y)
        return inside & (y <= self.total_count), missing

    def _noes(self, y: Array) -> Array:
        """Number of noes, never below 0, so that what lies outside the support does no harm."""
        rest = self.total_count - y
        return self._xp.where(rest > 0, rest, 0.0)

    def _excess(self, y: Array, noes: Array) -> Array:
        """Expected number of yeses less the observed one, in a form that keeps both ends."""
        value = noes * self.probs - y * self._no()
        if "probs" in self.given:
            return value
        # At even odds both terms nearly agree where the counts do.
        xp = self._xp
        near = abs(self.logits) < 1
        rise = xp.expm1(xp.where(near, self.logits, 0.0))
        return xp.where(near, self._no() * ((noes - y) + noes * rise), value)

    def _log_ratio(self, y: Array, yes: bool) -> Array:
        """log of the expected over the observed number."""
        xp = self._xp
        # Without observations the logarithm is not used.
        share = xp.where(y > 0, self.total_count, 1.0) / xp.where(y > 0, y, 1.0)
        if "probs" in self.given:
            return xp.log(share * (self.probs if yes else self._no()))
        return xp.log(share) + special.log_sigmoid(self.logits if yes else -self.logits)

    def _log_prob(self, y: Array) -> Array:
        noes = self._noes(y)
        excess = self._excess(y, noes)
        yes_part = deviance(y, excess, self._log_ratio(y, True)) - factorial_remainder(y)
        no_part = deviance(noes, -excess, self._log_ratio(noes, False)) - factorial_remainder(noes)
        return yes_part + no_part + factorial_remainder(self.total_count)

    def _score(self, y: Array) -> dict[str, Array]:
        noes = self._noes(y)
        if "logits" in self.given:
            return {"logits": -self._excess(y, noes)}
        xp = self._xp
        # A side without observations has no say, also where its probability is 0.
        yes = xp.where(y > 0, y, 0.0) / xp.where(y > 0, self.probs, 1.0)
        return {"probs": yes - noes / xp.where(noes > 0, self._no(), 1.0)}

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        if "logits" in self.given:
            return {("logits", "logits"): -self.variance + 0 * y}
        xp, noes = self._xp, self._noes(y)
        yes = y / xp.where(y > 0, self.probs, 1.0) ** 2
        return {("probs", "probs"): -yes - noes / xp.where(noes > 0, self._no(), 1.0) ** 2}

    def _information(self) -> dict[tuple[str, str], Array]:
        if "logits" in self.given:
            return {("logits", "logits"): self.variance}
        return {("probs", "probs"): self.total_count / (self.probs * self._no())}

    def _tails(self, y: Array, beta: Any, swapped: Any, beyond: float) -> Array:
        """A tail of the incomplete beta function; `beyond` where no count is left above y."""
        xp = self._xp
        some = self.total_count > y
        noes = xp.where(some, self.total_count - y, 1.0)
        # The smaller of both probabilities has all its digits.
        low = self.probs <= 0.5
        a, b = xp.where(low, y + 1, noes), xp.where(low, noes, y + 1)
        x = xp.where(low, self.probs, self._no())
        return xp.where(some, xp.where(low, beta(a, b, x), swapped(a, b, x)), beyond)

    def _cdf(self, y: Array) -> Array:
        return self._tails(y, special.betaincc, special.betainc, 1.0)

    def _sf(self, y: Array) -> Array:
        return self._tails(y, special.betainc, special.betaincc, 0.0)

    def _log_cdf(self, y: Array) -> Array:
        return self._tails(y, special.log_betaincc, special.log_betainc, 0.0)

    def _log_sf(self, y: Array) -> Array:
        return self._tails(y, special.log_betainc, special.log_betaincc, -self._xp.inf)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return np.asarray(rng.binomial(self.total_count.astype(np.int64), self.probs, shape))

    @property
    def mean(self) -> Array:
        return self.total_count * self.probs

    @property
    def variance(self) -> Array:
        return self.total_count * self.probs * self._no()

    @property
    def mode(self) -> Array:
        mode = self._xp.ceil((self.total_count + 1) * self.probs) - 1
        return self._xp.where(mode > 0, mode, 0.0)

    @classmethod
    def takes(cls, y: Array, known: Mapping[str, Array] | None = None) -> Array:
        return super().takes(y) & (y <= (known or {}).get("total_count", np.inf))

    @classmethod
    def _start(
        cls, y: Array, weights: Array | None, known: Mapping[str, Array] | None = None
    ) -> dict[str, Array]:
        w = np.ones(len(y)) if weights is None else weights
        yes, trials = np.sum(w * y), np.sum(w * (known or {})["total_count"])
        # Half a trial of each kind keeps the log odds finite.
        return {"logits": np.log((yes + 0.5) / (trials - yes + 0.5))}

    @classmethod
    def _mle(
        cls, y: Array, weights: Array | None, known: Mapping[str, Array] | None = None
    ) -> dict[str, Array]:
        w = np.ones(len(y)) if weights is None else weights
        return {"probs": np.sum(w * y) / np.sum(w * (known or {})["total_count"])}

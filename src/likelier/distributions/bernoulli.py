"""The Bernoulli distribution; its NLL is binary cross-entropy, the log loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._domains import binary, log_odds, probability
from likelier.distributions._parameter import parameter
from likelier.special import Array

_STEEP = 700.0
"""Log odds whose exponential is a double."""


class Bernoulli(Distribution):
    r"""Bernoulli distribution of a yes (1) or no (0).

    log p(y) = y log probs + (1 − y) log(1 − probs), probs = 1 / (1 + exp(−logits))

    Args:
        logits: log odds of a yes, log(probs / (1 − probs)), any real number; or
        probs: probability of a yes, from 0 to 1.

    In models `logits` has the links logit (the identity), probit, cloglog and cauchit.

    Source: McCullagh and Nelder (1989), Generalized Linear Models, ch. 4;
    CRPS (here the Brier score): Brier (1950).

    Example:
        >>> import likelier as lk
        >>> round(float(lk.Bernoulli(probs=0.7).nll(1)), 6)
        0.356675
    """

    support = binary
    discrete = True
    source = "McCullagh and Nelder (1989), ch. 4"
    location_link = "expit"
    classical_loss = "binary cross-entropy (log loss)"

    logits = parameter(log_odds, "log odds of a yes", derive=lambda d: special.logit(d.probs))
    probs = parameter(probability, "probability of a yes", derive=lambda d: special.expit(d.logits))
    parametrisations = (("logits",), ("probs",))

    def _no(self) -> Array:
        """Probability of a no, with all its digits."""
        return 1 - self.probs if "probs" in self.given else special.expit(-self.logits)

    def _log_prob(self, y: Array) -> Array:
        if "probs" in self.given:
            xp, yes = self._xp, y > 0.5
            # Each logarithm sees its own outcome only, so that log(0) is met where it is due.
            log_yes = xp.log(xp.where(yes, self.probs, 1.0))
            return xp.where(yes, log_yes, xp.log1p(-xp.where(yes, 0.0, self.probs)))
        return special.log_sigmoid((2 * y - 1) * self.logits)

    def _score(self, y: Array) -> dict[str, Array]:
        if "probs" in self.given:
            return {"probs": 1 / self._xp.where(y > 0.5, self.probs, self.probs - 1)}
        sign = 2 * y - 1
        return {"logits": sign * special.expit(-(sign * self.logits))}

    def _log_prob_and_score(self, y: Array) -> tuple[Array, dict[str, Array]]:
        if "probs" in self.given or self._xp is not np:
            return self._log_prob(y), self._score(y)
        other = 1 - 2 * y
        odds = np.exp(other * self.logits)
        if not odds.max(initial=0.0) < np.inf:
            turned = -other * self.logits
            value = np.minimum(turned, 0.0) - np.log1p(np.exp(-np.abs(turned)))
            # The other outcome's probability, right where it is small.
            return value, {"logits": other * np.expm1(value)}
        # Both from one exponential, the odds of the other outcome.
        value = np.log1p(odds)
        other *= odds
        odds += 1
        other /= odds
        return -value, {"logits": -other}

    def _all_orders(self, y: Array) -> tuple[Array, dict[str, Array], Any]:
        if "probs" in self.given or self._xp is not np:
            return super()._all_orders(y)
        sign = 2 * y - 1
        turned = sign * self.logits
        if not np.abs(turned).max(initial=0.0) < _STEEP:
            return super()._all_orders(y)
        odds = np.exp(-turned)
        value = -np.log1p(odds)
        odds_and_one = odds + 1
        odds /= odds_and_one
        sign *= odds
        odds /= odds_and_one
        return value, {"logits": sign}, {("logits", "logits"): -odds}

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        if "probs" in self.given:
            score = self._score(y)["probs"]
            return {("probs", "probs"): -score * score}
        if self._xp is np:
            odds = np.exp(-np.abs(self.logits))
            return {("logits", "logits"): -odds / (1 + odds) ** 2 + 0 * y}
        return {("logits", "logits"): -self.variance + 0 * y}

    def _information(self) -> dict[tuple[str, str], Array]:
        if "probs" in self.given:
            return {("probs", "probs"): 1 / self.variance}
        return {("logits", "logits"): self.variance}

    def _cdf(self, y: Array) -> Array:
        return self._xp.where(y > 0.5, 1.0, self._no())

    def _sf(self, y: Array) -> Array:
        return self._xp.where(y > 0.5, 0.0, self.probs)

    def _log_cdf(self, y: Array) -> Array:
        return self._xp.where(y > 0.5, 0.0, self._log_prob(0 * y))

    def _log_sf(self, y: Array) -> Array:
        return self._xp.where(y > 0.5, -self._xp.inf, self._log_prob(0 * y + 1))

    def _quantile(self, q: Array) -> Array:
        return np.where(q > self._no(), 1.0, 0.0)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return np.asarray(rng.random(shape) < self.probs).astype(np.int64)

    def _crps(self, y: Array) -> Array:
        return np.where(y > 0.5, self._no(), self.probs) ** 2

    @property
    def mean(self) -> Array:
        return self.probs

    @property
    def variance(self) -> Array:
        return self.probs * self._no()

    @property
    def mode(self) -> Array:
        return self._named(self._xp.where(self.probs > 0.5, 1.0, 0.0))

    def entropy(self) -> Array:
        if "probs" in self.given:
            p = self.probs
            return -special.xlogy(p, p) - special.xlog1py(1 - p, -p)
        size = abs(self.logits)
        # Far out, the rarer outcome's share would be 0 times infinity.
        rare = self._xp.where(self._xp.isfinite(size), size, 0.0) * special.expit(-size)
        return special.softplus(-size) + rare

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        whole = len(y) if weights is None else weights.sum()
        yes = y.sum() if weights is None else np.dot(weights, y)
        # Half an observation of each kind keeps the log odds finite.
        return {"logits": np.log((yes + 0.5) / (whole - yes + 0.5))}

    @classmethod
    def _mle(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        return {"probs": np.average(y, weights=weights)}

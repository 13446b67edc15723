"""The multinomial distribution of how a known number of trials falls into K classes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from likelier import special
from likelier.distributions import _fallbacks
from likelier.distributions._base import Distribution
from likelier.distributions._domains import count_vectors, counts, simplex
from likelier.distributions._domains import logits as logits_domain
from likelier.distributions._labelled import codes_like
from likelier.distributions._parameter import parameter
from likelier.distributions._saddle import deviance, factorial_remainder
from likelier.distributions.binomial import Binomial
from likelier.distributions.categorical import log_softmax
from likelier.special import Array


class Multinomial(Distribution):
    r"""Multinomial distribution of the counts of K classes in `total_count` trials.

    log p(y) = log total_count! + Σ_k (y_k log probs_k − log y_k!)

    Args:
        total_count: number of trials, a count; known for each row of data, with
        logits: log probabilities up to a constant, K real numbers on the last axis; or
        probs: probabilities, K numbers from 0 to 1 that sum to 1.

    In linear models the first class is the reference, with logit 0. Counts that do not sum to
    `total_count` have no probability.

    Source: Johnson, Kotz and Balakrishnan (1997), Discrete Multivariate Distributions, ch. 35.

    Example:
        >>> import likelier as lk
        >>> round(float(lk.Multinomial(total_count=3, probs=[0.2, 0.5, 0.3]).nll([1, 2, 0])), 6)
        1.89712
    """

    support = count_vectors
    discrete = True
    source = "Johnson, Kotz and Balakrishnan (1997), ch. 35"
    classical_loss = "cross-entropy of grouped data (up to a constant)"

    total_count = parameter(counts, "number of trials", role="data")
    logits = parameter(
        logits_domain,
        "log probabilities of the classes up to a constant",
        derive=lambda d: d._xp.log(d.probs),
    )
    probs = parameter(
        simplex,
        "probabilities of the classes",
        derive=lambda d: d._xp.exp(log_softmax(d.logits)),
    )
    parametrisations = (("total_count", "logits"), ("total_count", "probs"))

    def _placed(self, y: Array) -> tuple[Array, Array]:
        inside, missing = super()._placed(y)
        return inside & (self._xp.sum(y, axis=-1) == self.total_count), missing

    def _log_ratio(self, y: Array) -> Array:
        """Logs of the expected over the observed counts."""
        xp = self._xp
        some = xp.where(y > 0, y, 1.0)
        total = self.total_count[..., None]
        if "probs" in self.given:
            return xp.log(xp.where(y > 0, total * self.probs / some, 1.0))
        return xp.log(xp.where(y > 0, total / some, 1.0)) + log_softmax(self.logits)

    def _log_prob(self, y: Array) -> Array:
        xp = self._xp
        terms = deviance(y, -self._centred(y), self._log_ratio(y)) - factorial_remainder(y)
        return xp.sum(terms, axis=-1) + factorial_remainder(self.total_count)

    def _centred(self, y: Array) -> Array:
        """Observed less expected counts, right also where one class takes nearly all."""
        rest = self.total_count[..., None] - y
        p, others = self._probs_and_rest()
        value = y * others - rest * p
        if "probs" in self.given:
            return value
        near, beside = self._centred_beside(y)
        return self._xp.where(near, beside, value)

    def _centred_beside(self, y: Array) -> tuple[Array, Array]:
        """Where expected and observed counts nearly agree, and their difference there.

        It is made of the differences of the logits from the log counts, to all their digits.
        """
        xp, n = self._xp, self.total_count[..., None]
        some, most = y > 0, xp.max(y, axis=-1, keepdims=True)
        # Counts over the largest: equal ones leave the logits as they are.
        share = xp.where(some, y, 1.0) / xp.where(some, most, 1.0)
        apart = xp.where(some, self.logits - xp.log(share), 0.0)
        centre = xp.sum(y * apart, axis=-1, keepdims=True) / xp.where(n > 0, n, 1.0)
        apart = xp.where(some, apart - centre, 0.0)
        near = (xp.max(abs(apart), axis=-1, keepdims=True) < 0.5) & (n > 0)
        apart = xp.where(near, apart, 0.0)
        rises = xp.expm1(apart)
        unseen = xp.where(near & ~some, most * xp.exp(self.logits - centre), 0.0)
        excess = xp.sum(y * rises + unseen, axis=-1, keepdims=True) / xp.where(n > 0, n, 1.0)
        return near, (y * (excess - rises) - unseen) / (1 + excess)

    def _probs_and_rest(self) -> tuple[Array, Array]:
        """probs, and 1 − probs as the sum of the others where one is near 1."""
        xp = self._xp
        p = self.probs
        most = p > 0.5
        others = xp.sum(xp.where(most, 0.0, p), axis=-1, keepdims=True)
        return p, xp.where(most, others, 1 - p)

    def _score(self, y: Array) -> dict[str, Array]:
        if "logits" in self.given:
            return {"logits": self._centred(y)}
        some = y > 0
        return {"probs": self._xp.where(some, y, 0.0) / self._xp.where(some, self.probs, 1.0)}

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array] | None:
        if "probs" in self.given:
            return None
        return {("logits", "logits"): -self.variance + 0 * y[..., None]}

    def _information(self) -> dict[tuple[str, str], Array]:
        if "logits" in self.given:
            return {("logits", "logits"): self.variance}
        scaled = self.total_count[..., None] / self.probs
        return {("probs", "probs"): scaled[..., None] * self._diagonal()}

    def _diagonal(self) -> Array:
        codes = codes_like(self.probs, self.probs.shape[-1])
        return self._xp.asarray(codes[:, None] == codes, dtype=codes.dtype)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        probs = self.probs / np.sum(self.probs, axis=-1, keepdims=True)
        return rng.multinomial(self.total_count.astype(np.int64), probs, shape)

    @property
    def mean(self) -> Array:
        return self.total_count[..., None] * self.probs

    @property
    def variance(self) -> Array:
        """Covariance matrix of the counts."""
        xp = self._xp
        p, others = self._probs_and_rest()
        outer = p[..., :, None] * p[..., None, :]
        matrix = xp.where(self._diagonal() > 0, (p * others)[..., None], -outer)
        return self.total_count[..., None, None] * matrix

    @property
    def stddev(self) -> Array:
        """Standard deviations of the counts."""
        p, others = self._probs_and_rest()
        return self._xp.sqrt(self.total_count[..., None] * p * others)

    @property
    def mode(self) -> Array:
        """The most probable counts (NumPy)."""
        d = self._on_numpy("the mode of a Multinomial")
        n = d.total_count[..., None]
        p = np.broadcast_to(d.probs, np.broadcast_shapes(n.shape, d.probs.shape))
        counts = np.floor((n + 1) * p)
        # Log-concave: trials too many or too few are moved one by one where they cost least.
        with np.errstate(divide="ignore", invalid="ignore"):
            while np.any(missing := n[..., 0] - np.sum(counts, axis=-1)):
                gain = np.argmax(p / (counts + 1), axis=-1)
                loss = np.argmin(np.where(counts > 0, p / counts, np.inf), axis=-1)
                at = np.where(missing > 0, gain, loss)[..., None]
                here = np.arange(p.shape[-1]) == at
                counts = counts + here * np.sign(missing)[..., None]
        return counts

    def entropy(self) -> Array:
        """Entropy in nats (NumPy): that of the trials less that of their order."""
        d = self._on_numpy("the entropy of a Multinomial")
        n = d.total_count
        each = Binomial(total_count=n[..., None], probs=d.probs)
        (orders,) = _fallbacks.expectation(each, lambda _, y: [special.gammaln(y + 1)])
        trials = n * np.sum(special.xlogy(d.probs, d.probs), axis=-1)
        return np.sum(orders, axis=-1) - special.gammaln(n + 1) - trials

    @classmethod
    def takes(cls, y: Array, known: Mapping[str, Array] | None = None) -> Array:
        good = super().takes(y)
        if known and "total_count" in known:
            good = good & (np.sum(y, axis=-1) == known["total_count"])
        return good

    @classmethod
    def _event_sizes(cls, y: Array, levels: int | None) -> dict[str, int]:
        return {"logits": y.shape[-1], "probs": y.shape[-1]}

    @classmethod
    def _start(
        cls, y: Array, weights: Array | None, known: Mapping[str, Array] | None = None
    ) -> dict[str, Array]:
        return {"logits": np.log(np.average(y, axis=0, weights=weights) + 0.5 / len(y))}

    @classmethod
    def _mle(
        cls, y: Array, weights: Array | None, known: Mapping[str, Array] | None = None
    ) -> dict[str, Array]:
        totals = np.average(y, axis=0, weights=weights)
        return {"probs": totals / np.sum(totals)}

"""What families of label codes share: sums over their few outcomes."""

from __future__ import annotations

import numpy as np

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._domains import labels
from likelier.special import Array, is_torch, namespace


def codes_like(x: Array, size: int) -> Array:
    """0, 1, …, size − 1 as floats of the type, and on the device, of `x`."""
    if is_torch(x):
        return namespace(x).arange(size, dtype=x.dtype, device=x.device)
    return namespace(x).arange(size, dtype=x.dtype)


class Labelled(Distribution):
    """A family whose observations are codes 0, 1, …, K − 1.

    A family writes `_size` and `_log_probs` beside its `_log_prob` and `_score`.
    """

    support = labels
    discrete = True

    @property
    def _size(self) -> int:
        """K, the number of labels."""
        raise NotImplementedError

    def _log_probs(self) -> Array:
        """Log probability of every label, on a last axis of length K."""
        raise NotImplementedError

    def _codes(self) -> Array:
        """All K labels, as floats of the parameters' type."""
        return codes_like(self.parameters[self.given[-1]], self._size)

    def _is_label(self, y: Array) -> Array:
        """Which of the K labels each observation is, on a new last axis."""
        return y[..., None] == self._codes()

    def _placed(self, y: Array) -> tuple[Array, Array]:
        inside, missing = super()._placed(y)
        return inside & (y < self._size), missing

    def _below(self, y: Array) -> Array:
        """Which labels are at most y, on a new last axis."""
        return self._codes() <= y[..., None]

    def _cdf(self, y: Array) -> Array:
        return self._from_nearer(*self._both_sums(y))

    def _sf(self, y: Array) -> Array:
        return self._from_nearer(*self._both_sums(y)[::-1])

    def _both_sums(self, y: Array) -> tuple[Array, Array]:
        """Sums of the probabilities up to y and beyond it."""
        xp, below = self._xp, self._below(y)
        probs = xp.exp(self._log_probs())
        lower = xp.sum(xp.where(below, probs, 0.0), axis=-1)
        return lower, xp.sum(xp.where(below, 0.0, probs), axis=-1)

    def _from_nearer(self, p: Array, rest: Array) -> Array:
        """A probability, from its complement where that is the smaller one: never above 1."""
        return self._xp.where(p > 0.5, 1 - rest, p)

    def _log_cdf(self, y: Array) -> Array:
        return self._log_of(self._below(y))

    def _log_sf(self, y: Array) -> Array:
        return self._log_of(~self._below(y))

    def _log_of(self, inside: Array) -> Array:
        """Log probability of a set of labels, through its complement where that is smaller."""
        xp, logs = self._xp, self._log_probs()
        log = special.logsumexp(xp.where(inside, logs, -xp.inf), axis=-1)
        rest = xp.sum(xp.where(inside, 0.0, xp.exp(logs)), axis=-1)
        return xp.where(log > -0.7, xp.log1p(-xp.where(log > -0.7, rest, 0.0)), log)

    def _bounds(self) -> Array:
        """P(Y <= k) of every label but the last."""
        return np.stack([self._cdf(np.asarray(float(k))) for k in range(self._size - 1)], axis=-1)

    def _quantile(self, q: Array) -> Array:
        return np.sum(self._bounds() < q[..., None], axis=-1).astype(np.float64)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        uniform = np.asarray(rng.random(shape))[..., None]
        return np.asarray(np.sum(self._bounds() < uniform, axis=-1))

    def _crps(self, y: Array) -> Array:
        """The ranked probability score."""
        total = 0.0 * y
        for k in range(self._size - 1):
            label = np.asarray(float(k))
            missed: Array = np.where(y <= k, self._sf(label), self._cdf(label))
            total = total + missed * missed
        return total

    @property
    def mean(self) -> Array:
        """Expected code; of use where the labels are ordered."""
        xp = self._xp
        return xp.sum(xp.exp(self._log_probs()) * self._codes(), axis=-1)

    @property
    def variance(self) -> Array:
        """Variance of the code."""
        xp = self._xp
        apart = (self._codes() - self.mean[..., None]) ** 2
        return xp.sum(xp.exp(self._log_probs()) * apart, axis=-1)

    @property
    def mode(self) -> Array:
        xp = self._xp
        likeliest = xp.argmax(self._log_probs(), axis=-1)
        return self._named(xp.asarray(likeliest, dtype=self._codes().dtype))

    def entropy(self) -> Array:
        xp = self._xp
        logs = self._log_probs()
        # A label without probability adds nothing.
        logs = xp.where(logs > -xp.inf, logs, 0.0)
        return -xp.sum(xp.exp(self._log_probs()) * logs, axis=-1)

    @classmethod
    def _frequencies(cls, y: Array, weights: Array | None, extra: float) -> Array:
        """Share of each label 0, …, max(y), with `extra` observations added to each."""
        w = np.ones(len(y)) if weights is None else weights
        totals: Array = np.bincount(y.astype(np.int64), weights=w, minlength=2)
        return (totals + extra) / np.sum(totals + extra)

"""The categorical distribution; its NLL is cross-entropy, with hard or soft labels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from likelier.distributions._domains import logits as logits_domain
from likelier.distributions._domains import simplex
from likelier.distributions._labelled import Labelled, codes_like
from likelier.distributions._parameter import parameter
from likelier.errors import LikelierError
from likelier.special import Array, namespace


class Categorical(Labelled):
    r"""Categorical distribution of one of K labels, coded 0, 1, …, K − 1.

    log p(y) = log probs_y, probs_k = exp(logits_k) / Σ_j exp(logits_j)

    Args:
        logits: log probabilities up to a constant, K real numbers on the last axis; or
        probs: probabilities, K numbers from 0 to 1 that sum to 1.

    In linear models the first label is the reference, with logit 0. `log_prob`, `nll` and `score`
    also take soft labels: floating numbers, shape (..., K) with at least two axes and as many as
    the logits, that are probabilities of the labels; then nll is the cross-entropy
    −Σ_k y_k log probs_k. Whole-number arrays are always codes.

    Source: Agresti (2013), Categorical Data Analysis, 3rd ed., ch. 8; the CRPS, of the codes, is
    the ranked probability score: Epstein (1969).

    Example:
        >>> import likelier as lk
        >>> round(float(lk.Categorical(probs=[0.2, 0.5, 0.3]).nll(1)), 6)
        0.693147
        >>> lk.Categorical(logits=[0.0, 0.0]).nll([[0.9, 0.1]]).round(6)
        array([0.693147])
    """

    source = "Agresti (2013), ch. 8"
    classical_loss = "cross-entropy (softmax loss)"

    logits = parameter(
        logits_domain,
        "log probabilities of the labels up to a constant",
        derive=lambda d: d._xp.log(d.probs),
    )
    probs = parameter(
        simplex,
        "probabilities of the labels",
        derive=lambda d: d._xp.exp(log_softmax(d.logits)),
    )
    parametrisations = (("logits",), ("probs",))

    @property
    def _size(self) -> int:
        return int(self.parameters[self.given[0]].shape[-1])

    def _log_probs(self) -> Array:
        if "probs" in self.given:
            with np.errstate(divide="ignore"):
                return self._xp.log(self.probs)
        return log_softmax(self.logits)

    def _is_soft(self, y: Array) -> bool:
        dims = self.parameters[self.given[0]].ndim
        return y.ndim >= max(2, dims) and y.shape[-1] == self._size

    def _unambiguous(self, y: Array) -> Array:
        """Observations in which soft labels are those that have a last axis of length K."""
        y = y if hasattr(y, "ndim") else np.asarray(y)
        if not self._is_soft(y):
            return y
        if not _is_floating(y):
            y = super()._coded(y)
            xp = namespace(y)
            return xp.asarray(y[..., None] == self._codes(), dtype=self._codes().dtype)
        if namespace(y) is np and not np.all(simplex.contains(np, y) | np.isnan(y)):
            raise LikelierError(
                f"Categorical: floating y of shape {y.shape} is read as soft labels, whose last "
                "axis must sum to 1; give label codes as integers"
            )
        return y

    def log_prob(self, y: Array) -> Array:
        return super().log_prob(self._unambiguous(y))

    def score(self, y: Array) -> dict[str, Array]:
        return super().score(self._unambiguous(y))

    def _coded(self, y: Array) -> Array:
        if self.levels is None or self._is_soft(np.asarray(y)):
            return y
        return super()._coded(y)

    def _placed(self, y: Array) -> tuple[Array, Array]:
        if not self._is_soft(y):
            return super()._placed(y)
        inside = simplex.contains(self._xp, y)
        return self._xp.all(inside, axis=-1), self._xp.any(y != y, axis=-1)

    def _shares(self, y: Array) -> Array:
        """Soft labels, or the hard ones written as such."""
        return y if self._is_soft(y) else self._is_label(y)

    def _log_prob(self, y: Array) -> Array:
        xp, shares, logs = self._xp, self._shares(y), self._log_probs()
        # A label without a share in y may have no probability either.
        terms = shares * xp.where(shares > 0, logs, 0.0)
        return xp.sum(terms, axis=-1)

    def _score(self, y: Array) -> dict[str, Array]:
        xp, shares = self._xp, self._shares(y)
        if "probs" in self.given:
            some = shares > 0
            return {"probs": xp.where(some, shares, 0.0) / xp.where(some, self.probs, 1.0)}
        p, rest = self._probs_and_rest()
        if not self._is_soft(y):
            return {"logits": xp.where(shares, rest, -p)}
        return {"logits": shares * rest - (1 - shares) * p}

    def _log_prob_and_score(self, y: Array) -> tuple[Array, dict[str, Array]]:
        if "probs" in self.given or self._xp is not np or self._is_soft(y):
            return self._log_prob(y), self._score(y)
        own = self._is_label(y)
        relative = self.logits - np.max(self.logits, axis=-1, keepdims=True)
        odds, top = np.exp(relative), ~(relative < 0)
        # Against the likeliest label, which the sum leaves out, for a probability next to 1; of
        # several that are likeliest it leaves out one.
        rest = np.sum(np.where(top, 0.0, odds), axis=-1) + (np.sum(top, axis=-1) - 1)
        p = odds / (1 + rest)[..., None]
        value = np.sum(np.where(own, relative, 0.0), axis=-1) - np.log1p(rest)
        miss = np.where(np.any(own & top, axis=-1), rest / (1 + rest), -np.expm1(value))
        return value, {"logits": np.where(own, miss[..., None], -p)}

    def _probs_and_rest(self) -> tuple[Array, Array]:
        """probs, and 1 − probs as the sum of the others where one is near 1."""
        xp = self._xp
        p = xp.exp(log_softmax(self.logits))
        most = p > 0.5
        others = xp.sum(xp.where(most, 0.0, p), axis=-1, keepdims=True)
        return p, xp.where(most, others, 1 - p)

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array] | None:
        if "probs" in self.given:
            return None
        return {("logits", "logits"): -self._covariance() + 0 * self._shares(y)[..., None]}

    def _information(self) -> dict[tuple[str, str], Array]:
        if "probs" in self.given:
            p = self.probs[..., None]
            return {("probs", "probs"): self._diagonal() / self._xp.where(p > 0, p, 1.0)}
        return {("logits", "logits"): self._covariance()}

    def _diagonal(self) -> Array:
        codes = self._codes()
        return self._xp.asarray(codes[:, None] == codes, dtype=codes.dtype)

    def _covariance(self) -> Array:
        """diag(probs) − probs probsᵀ, the covariance of the indicators of the labels."""
        p, rest = self._probs_and_rest()
        outer = p[..., :, None] * p[..., None, :]
        return self._xp.where(self._diagonal() > 0, (p * rest)[..., None], -outer)

    @classmethod
    def takes(cls, y: Array, known: Mapping[str, Array] | None = None) -> Array:
        if y.ndim == 2:
            return np.all(simplex.contains(np, y), axis=-1)
        return super().takes(y, known)

    @classmethod
    def _event_sizes(cls, y: Array, levels: int | None) -> dict[str, int]:
        size = y.shape[1] if y.ndim == 2 else levels or max(2, int(np.max(y)) + 1)
        return {"logits": size, "probs": size}

    @classmethod
    def _frequencies(cls, y: Array, weights: Array | None, extra: float) -> Array:
        if y.ndim == 1:
            return super()._frequencies(y, weights, extra)
        shares = np.average(y, axis=0, weights=weights) + extra / len(y)
        return shares / np.sum(shares)

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        return {"logits": np.log(cls._frequencies(y, weights, 0.5))}

    @classmethod
    def _mle(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        return {"probs": cls._frequencies(y, weights, 0.0)}


def log_softmax(logits: Array) -> Array:
    """Logarithms of the softmax over the last axis, right also for a probability next to 1."""
    xp = namespace(logits)
    top = xp.argmax(logits, axis=-1)[..., None]
    relative = logits - xp.max(logits, axis=-1, keepdims=True)
    others = xp.where(codes_like(logits, logits.shape[-1]) == top, 0.0, xp.exp(relative))
    return relative - xp.log1p(xp.sum(others, axis=-1, keepdims=True))


def _is_floating(y: Array) -> bool:
    return "float" in str(y.dtype)

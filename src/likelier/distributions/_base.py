"""The contract of a distribution, and all that follows from a declaration.

To add a family, write one file with one class and export it in `__init__.py`:

    class Exponential(Distribution):
        support = nonnegative
        mean = parameter(positive, "mean, in the unit of y")
        rate = parameter(positive, "1 / mean", derive=lambda d: 1 / d.mean)
        parametrisations = (("mean",), ("rate",))
        def _log_prob(self, y): ...        # the formula, over arrays that broadcast
        def _score(self, y): ...           # {given parameter: derivative of log_prob}
        ...

The class states the support, the parameters (each with domain and default link) and formulas;
validation, links, gradients in JAX and PyTorch, pytrees, names, generic quantiles, entropy,
information and maximum likelihood, documentation and tests follow. `self._xp` is the array
namespace; formulas are written once against it and `likelier.special`. Parameters and
observations broadcast; the last axis is the event axis of a vector family.

`_declared.py` holds what the declaration gives, `_formulas.py` the formulas that a family may
write, each with what stands in for it, and this file what users call.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import numpy as np

from likelier.distributions import _autodiff, _fallbacks, _mle
from likelier.distributions._formulas import Formulas
from likelier.errors import LikelierError, SupportError
from likelier.special import Array, is_jax

_BLOCK = 16384
"""Rows that are evaluated together on NumPy."""

# The C library hands the pages of a block's temporaries back to the system at each release, and
# takes them again with a fault each, until it has seen a larger array come and go.
np.empty(16 * _BLOCK)


class Distribution(Formulas):
    """A distribution, or a whole array of them, that broadcast like arrays.

    Made with NumPy, JAX or PyTorch parameters, it computes with that library:
    `log_prob` has exact gradients in JAX and PyTorch. Instances never change.
    """

    def _by_blocks(self, formula: Callable[[Self, Array], Any], y: Array, threads: int = 1) -> Any:
        """A formula over rows, in blocks where there are many: temporaries stay in the cache."""
        values = self.parameters
        if self._xp is not np or y.ndim != 1 or y.size < 2 * _BLOCK:
            return formula(self, y)
        if not all(v.ndim == 0 or v.shape == y.shape for v in values.values()):
            return formula(self, y)
        starts = range(0, y.size, _BLOCK)

        def one(start: int) -> Any:
            rows = slice(start, start + _BLOCK)
            block = {k: v if v.ndim == 0 else v[rows] for k, v in values.items()}
            return formula(self._of(np, block), y[rows])

        # A thread has to repay its start.
        threads = min(threads, len(starts) // 8)
        if threads > 1:
            with ThreadPoolExecutor(threads) as pool:
                parts = list(pool.map(one, starts))
        else:
            parts = [one(start) for start in starts]
        lengths = [(min(_BLOCK, y.size - start),) for start in starts]

        def joined(arrays: Iterable[Array]) -> Array:
            pairs = zip(arrays, lengths, strict=True)
            return np.concatenate([np.broadcast_to(a, length) for a, length in pairs])

        if isinstance(parts[0], dict):
            return {name: joined(part[name] for part in parts) for name in parts[0]}
        return joined(parts)

    def _rows(self, y: Array, names: Sequence[str], threads: int) -> dict[str, Array]:
        """`log_prob`, named "", and the score in these parameters at once, on NumPy."""

        def formula(d: Self, rows: Array) -> dict[str, Array]:
            if not names:
                return {"": d._supported_log_prob(rows)}
            with np.errstate(all="ignore"):
                value, score = d._log_prob_and_score(rows)
            return {"": d._confined(rows, value), **{k: score[k] for k in names}}

        return self._by_blocks(formula, y, threads)

    def _placed(self, y: Array) -> tuple[Array, Array]:
        """Whether each observation lies in the support, and whether it is missing.

        A family whose support depends on its parameters adds that to the first.
        """
        xp = self._xp
        inside = self.support.contains(xp, y)
        missing = y != y
        if self.support.event_dims:
            axes = tuple(range(-self.support.event_dims, 0))
            inside, missing = xp.all(inside, axis=axes), xp.any(missing, axis=axes)
        return inside, missing

    def _supported_log_prob(self, y: Array) -> Array:
        """`_log_prob` with −inf outside the support and NaN at NaN."""
        # An infinity is an answer here, and branches not taken may overflow.
        with np.errstate(all="ignore"):
            value = self._log_prob(y)
        return self._confined(y, value)

    def _confined(self, y: Array, value: Array) -> Array:
        """A log_prob with −inf outside the support and NaN at NaN."""
        xp = self._xp
        inside, missing = self._placed(y)
        if xp is np and np.all(inside):
            return value
        outside = xp.where(missing, xp.nan, -xp.inf)
        return xp.where(inside, value, xp.asarray(outside, dtype=value.dtype))

    def log_prob(self, y: Array) -> Array:
        """Log density (or log probability mass) at `y`; −inf outside the support.

        Args:
            y: observations that broadcast with the parameters; the last axis is the event.
        """
        d, y = self._with(y)
        if d._xp is np:
            return d._by_blocks(lambda e, rows: e._supported_log_prob(rows), y)
        wire: Any = _autodiff.jax_log_prob if is_jax(y) else _autodiff.torch_log_prob
        return wire(type(d), d.given)(y, *d.parameters.values())

    def nll(self, y: Array) -> Array:
        """Negative log-likelihood of each observation, `-log_prob(y)`: the loss."""
        return -self.log_prob(y)

    def score(self, y: Array) -> dict[str, Array]:
        """Derivatives of `log_prob(y)` in the parameters that were given, by name.

        Each has the shape of `log_prob(y)`, followed by the parameter's event axes.
        """
        d, y = self._with(y)
        with np.errstate(all="ignore"):
            found = d._by_blocks(lambda e, rows: e._score(rows), y)
        dims = {name: self.parameters_declared[name].domain.event_dims for name in found}
        lead = {name: tuple(v.shape[: v.ndim - dims[name]]) for name, v in found.items()}
        shape = np.broadcast_shapes(d.batch_shape, *lead.values())
        return {
            name: v
            if lead[name] == shape
            else d._xp.broadcast_to(v, shape + tuple(v.shape[v.ndim - dims[name] :]))
            for name, v in found.items()
        }

    def information(self) -> dict[tuple[str, str], Array]:
        """Expected Fisher information of one observation, by pairs of given parameters.

        Pairs that are not listed are zero.
        """
        found = self._information()
        return _fallbacks.information(self) if found is None else found

    def _tail(self, formula: str, y: Array, below: float, above: float) -> Array:
        """One of the cdf's four forms, with its limits outside the bounds of the support."""
        d, y = self._with(y)
        xp, support = d._xp, self.support
        if self.discrete:
            y = xp.floor(y)
        inside = support.contains(xp, y)
        # Formulas see members of the support only, so that no branch spoils a gradient.
        whole = bool(support.event_dims) or (xp is np and bool(np.all(inside)))
        at = y if whole else xp.where(inside, y, support.example)
        with np.errstate(all="ignore"):
            value = getattr(d, formula)(at)
        if whole:
            return value
        limit = xp.where(y <= support.lower, below, above)
        value = xp.where(inside, value, xp.asarray(limit, dtype=value.dtype))
        return xp.where(y != y, y, value)

    def cdf(self, y: Array) -> Array:
        """P(Y <= y)."""
        return self._tail("_cdf", y, 0.0, 1.0)

    def sf(self, y: Array) -> Array:
        """P(Y > y), right in the tail where 1 - cdf would be 0."""
        return self._tail("_sf", y, 1.0, 0.0)

    def log_cdf(self, y: Array) -> Array:
        """log P(Y <= y)."""
        return self._tail("_log_cdf", y, -math.inf, 0.0)

    def log_sf(self, y: Array) -> Array:
        """log P(Y > y)."""
        return self._tail("_log_sf", y, 0.0, -math.inf)

    def quantile(self, q: Array) -> Array:
        """The smallest y with P(Y <= y) >= q (NumPy).

        Raises `LikelierError` if a level is not from 0 to 1.
        """
        d = self._on_numpy("quantile")
        q = np.asarray(q, dtype=np.float64)
        if not np.all((q >= 0) & (q <= 1)):
            raise LikelierError(f"quantile levels are from 0 to 1; given: {q.tolist()}")
        # Levels 0 and 1 reach the ends of the support, through logarithms of 0.
        with np.errstate(divide="ignore", over="ignore"):
            return d._quantile(q)

    @property
    def median(self) -> Array:
        """The 0.5 quantile."""
        return self.quantile(0.5)

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """The central interval that holds a share `level` of the probability (NumPy)."""
        if not 0 < level < 1:
            raise LikelierError(f"an interval's level lies between 0 and 1; given: {level}")
        return self.quantile((1 - level) / 2), self.quantile((1 + level) / 2)

    def sample(self, size: int | tuple[int, ...] | None = None, seed: Any = None) -> Array:
        """Random draws (NumPy).

        Args:
            size: leading sample axes, before the batch's own; None draws one for each member.
            seed: an integer or a `numpy.random.Generator`; the same seed, the same draws.
        """
        d = self._on_numpy("sample")
        lead = () if size is None else (size,) if isinstance(size, int) else tuple(size)
        return d._sample(np.random.default_rng(seed), lead + d.batch_shape)

    def crps(self, y: Array) -> Array:
        """Continuous ranked probability score, in the unit of y; lower is better (NumPy).

        CRPS(F, y) = ∫ (F(t) − 1{t >= y})² dt.
        Gneiting and Raftery (2007), doi:10.1198/016214506000001437.
        """
        d = self._on_numpy("crps")
        return d._crps(np.asarray(y, dtype=np.float64))

    def entropy(self) -> Array:
        """Entropy in nats, −E log_prob(Y) (differential for a density)."""
        return _fallbacks.entropy(self)

    @classmethod
    def mle(cls, y: Array, weights: Array | None = None, **known: Array) -> Self:
        """The member of the family with the largest likelihood on a sample.

        Args:
            y: observations, shape (n,) or (n, event).
            weights: nonnegative weights of the observations, shape (n,).
            known: parameters with the role "data", such as `total_count`: (n,), or one for all.

        Raises:
            SupportError: an observation lies outside the support.
            NoFiniteOptimumError: the likelihood has no finite maximum on this sample.
        """
        y = np.asarray(y, dtype=np.float64)
        if y.ndim == 0 or y.shape[0] == 0:
            raise LikelierError(f"{cls.__name__}.mle needs a sample of at least one observation")
        known = {k: np.asarray(v, dtype=np.float64) for k, v in known.items()}
        good = cls.takes(y, known)
        if not np.all(good):
            row = int(np.argmin(good))
            raise SupportError(
                f"{cls.__name__} takes {cls.support.text}; observation {row + 1} is {y[row]}"
            )
        if weights is not None:
            weights = np.asarray(weights, dtype=np.float64)
        more = (known,) if cls.names("data") else ()
        values = cls._mle(y, weights, *more)
        if values is None:
            values = _mle.maximise(cls, y, weights, known)
        return cls(**known, **values)

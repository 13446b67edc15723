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
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import numpy as np

from likelier.distributions import _autodiff, _fallbacks, _mle
from likelier.distributions._formulas import Formulas
from likelier.errors import LikelierError, NoFiniteOptimumError, SupportError
from likelier.special import Array, is_jax

_BLOCK = 16384
"""Rows that are evaluated together on NumPy."""

# The C library hands the pages of every larger array back to the system at its release, and takes
# them again with a fault each, which costs more than a formula; unless it has seen a still larger
# array come and go. This is the largest that it learns from (none of it is ever touched).
np.empty(2**22 - _BLOCK)


class Distribution(Formulas):
    """A distribution, or a whole array of them, that broadcast like arrays.

    Made with NumPy, JAX or PyTorch parameters, it computes with that library:
    `log_prob` has exact gradients in JAX and PyTorch. Instances never change.

    Example:
        >>> import likelier as lk
        >>> d = lk.Gamma(mean=2.0, concentration=4.0)
        >>> float(d.mean), float(d.stddev)
        (2.0, 1.0)
    """

    def _by_blocks(
        self, formula: Callable[[Self, Array], dict[str, Array]], y: Array, threads: int = 1
    ) -> dict[str, Array]:
        """A formula over rows, in blocks where there are many: temporaries stay in the cache."""
        values = self.parameters
        if self._xp is not np or y.ndim != 1 or y.size < 2 * _BLOCK:
            return formula(self, y)
        if not all(v.ndim == 0 or v.shape == y.shape for v in values.values()):
            return formula(self, y)

        def one(start: int) -> dict[str, Array]:
            rows = slice(start, start + _BLOCK)
            block = {k: v if v.ndim == 0 else v[rows] for k, v in values.items()}
            return formula(self._of(np, block), y[rows])

        first = one(0)
        whole = {name: np.empty(y.size, part.dtype) for name, part in first.items()}

        def store(start: int, found: dict[str, Array]) -> None:
            for name, part in found.items():
                whole[name][start : start + _BLOCK] = part

        store(0, first)
        starts = range(_BLOCK, y.size, _BLOCK)
        # A thread has to repay its start.
        threads = min(threads, len(starts) // 8)
        if threads > 1:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(lambda start: store(start, one(start)), starts))
        else:
            for start in starts:
                store(start, one(start))
        return whole

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

        Example:
            >>> import likelier as lk
            >>> lk.Poisson(2.0).log_prob([0, 1, 0.5]).round(4).tolist()
            [-2.0, -1.3069, -inf]
        """
        d, y = self._with(y)
        if d._xp is np:
            return d._by_blocks(lambda e, rows: {"": e._supported_log_prob(rows)}, y)[""]
        wire: Any = _autodiff.jax_log_prob if is_jax(y) else _autodiff.torch_log_prob
        return wire(type(d), d.given)(y, *d.parameters.values())

    def nll(self, y: Array) -> Array:
        """Negative log-likelihood of each observation, `-log_prob(y)`: the loss.

        Example:
            >>> import likelier as lk
            >>> float(lk.Exponential(mean=1.0).nll(3.0))
            3.0
        """
        return -self.log_prob(y)

    def score(self, y: Array) -> dict[str, Array]:
        """Derivatives of `log_prob(y)` in the parameters that were given, by name.

        Each has the shape of `log_prob(y)`, followed by the parameter's event axes.

        Example:
            >>> import likelier as lk
            >>> {name: float(value) for name, value in lk.Normal(0.0, 1.0).score(2.0).items()}
            {'loc': 2.0, 'scale': 3.0}
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

        Example:
            >>> import likelier as lk
            >>> {pair: float(v) for pair, v in lk.Normal(0.0, 2.0).information().items()}
            {('loc', 'loc'): 0.25, ('scale', 'scale'): 0.5}
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
        """P(Y <= y).

        Example:
            >>> import likelier as lk
            >>> round(float(lk.Poisson(2.0).cdf(1)), 4)
            0.406
        """
        return self._tail("_cdf", y, 0.0, 1.0)

    def sf(self, y: Array) -> Array:
        """P(Y > y), right in the tail where 1 - cdf would be 0.

        Example:
            >>> import likelier as lk
            >>> f"{lk.Normal(0.0, 1.0).sf(20.0):.4g}"
            '2.754e-89'
        """
        return self._tail("_sf", y, 1.0, 0.0)

    def log_cdf(self, y: Array) -> Array:
        """log P(Y <= y).

        Example:
            >>> import likelier as lk
            >>> round(float(lk.Normal(0.0, 1.0).log_cdf(-40.0)), 3)
            -804.608
        """
        return self._tail("_log_cdf", y, -math.inf, 0.0)

    def log_sf(self, y: Array) -> Array:
        """log P(Y > y).

        Example:
            >>> import likelier as lk
            >>> float(lk.Exponential(mean=1.0).log_sf(1000.0))
            -1000.0
        """
        return self._tail("_log_sf", y, 0.0, -math.inf)

    def quantile(self, q: Array) -> Array:
        """The smallest y with P(Y <= y) >= q (NumPy).

        Raises `LikelierError` if a level is not from 0 to 1.

        Example:
            >>> import likelier as lk
            >>> lk.Poisson(2.0).quantile([0.1, 0.5, 0.9]).tolist()
            [0.0, 2.0, 4.0]
        """
        d = self._on_numpy("quantile")
        q = np.asarray(q, dtype=np.float64)
        if not np.all((q >= 0) & (q <= 1)):
            raise LikelierError(f"quantile levels are from 0 to 1; given: {q.tolist()}")
        # Levels 0 and 1 reach the ends of the support, through logarithms of 0.
        with np.errstate(divide="ignore", over="ignore"):
            return self._named(d._quantile(q))

    @property
    def median(self) -> Array:
        """The 0.5 quantile."""
        return self.quantile(0.5)

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """The central interval that holds a share `level` of the probability (NumPy).

        Example:
            >>> import likelier as lk
            >>> low, high = lk.Normal(0.0, 1.0).interval(0.9)
            >>> round(float(low), 3), round(float(high), 3)
            (-1.645, 1.645)
        """
        if not 0 < level < 1:
            raise LikelierError(f"an interval's level lies between 0 and 1; given: {level}")
        return self.quantile((1 - level) / 2), self.quantile((1 + level) / 2)

    def sample(self, size: int | tuple[int, ...] | None = None, seed: Any = None) -> Array:
        """Random draws (NumPy).

        Args:
            size: leading sample axes, before the batch's own; None draws one for each member.
            seed: an integer or a `numpy.random.Generator`; the same seed, the same draws.

        Example:
            >>> import likelier as lk
            >>> d = lk.Normal([0.0, 100.0], 1.0)
            >>> d.sample((3,), seed=0).shape
            (3, 2)
        """
        d = self._on_numpy("sample")
        lead = () if size is None else (size,) if isinstance(size, int) else tuple(size)
        return self._named(d._sample(np.random.default_rng(seed), lead + d.batch_shape))

    def crps(self, y: Array) -> Array:
        """Continuous ranked probability score, in the unit of y; lower is better (NumPy).

        CRPS(F, y) = ∫ (F(t) − 1{t >= y})² dt.
        Gneiting and Raftery (2007), doi:10.1198/016214506000001437.

        Example:
            >>> import likelier as lk
            >>> round(float(lk.Normal(0.0, 1.0).crps(0.0)), 4)  # (√2 − 1) / √π
            0.2337
        """
        d = self._on_numpy("crps")
        return d._crps(np.asarray(self._coded(y), dtype=np.float64))

    def entropy(self) -> Array:
        """Entropy in nats, −E log_prob(Y) (differential for a density).

        Example:
            >>> import likelier as lk
            >>> round(float(lk.Normal(0.0, 1.0).entropy()), 4)  # ½ log(2πe)
            1.4189
        """
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

        Example:
            >>> import likelier as lk
            >>> lk.Normal.mle([1.0, 2.0, 3.0, 4.0])
            Normal(loc=2.5, scale=1.118033988749895)
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
        try:
            return cls(**known, **values)
        except LikelierError as error:
            # A closed form that lands on the edge of a domain, as the scale of equal numbers does.
            raise NoFiniteOptimumError(
                f"the likelihood has no finite maximum on this sample: {error}"
            ) from error

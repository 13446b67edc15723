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
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, NoReturn, Self

import numpy as np

from likelier.distributions import _autodiff, _fallbacks, _mle
from likelier.distributions._domains import Domain
from likelier.distributions._parameter import Parameter
from likelier.errors import LikelierError, SupportError, did_you_mean
from likelier.special import Array, as_floating, is_jax, is_torch, namespace

_BLOCK = 16384
"""Rows that are evaluated together on NumPy."""

# The C library hands the pages of a block's temporaries back to the system at each release, and
# takes them again with a fault each, until it has seen a larger array come and go.
np.empty(16 * _BLOCK)


class Distribution:
    """A distribution, or a whole array of them, that broadcast like arrays.

    Made with NumPy, JAX or PyTorch parameters, it computes with that library:
    `log_prob` has exact gradients in JAX and PyTorch. Instances never change.
    """

    support: ClassVar[Domain]
    """Where the observations lie."""
    discrete: ClassVar[bool] = False
    """Whether `log_prob` is of a probability mass rather than of a density."""
    smooth: ClassVar[bool] = True
    """Whether `log_prob` has two derivatives everywhere; else curvature is the expected one."""
    mixed: ClassVar[bool] = False
    """Whether `log_prob` is of a density with single values of positive probability."""
    parameters_declared: ClassVar[Mapping[str, Parameter]] = {}
    """All declared parameters by name, alternatives included, in order of declaration."""
    parametrisations: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """The sets of parameters that make an instance; models predict the first."""
    parameter_names: ClassVar[tuple[str, ...]] = ()
    """The parameters that a model gives a predictor."""
    main: ClassVar[str] = ""
    """The parameter that a formula on its own describes: where the distribution lies."""
    options: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Choices by keyword, the default first; each other value names a subclass made for it."""
    multimodal: ClassVar[bool] = False
    """Whether the likelihood has several maxima, so that a fit starts from `mle`'s search."""
    source: ClassVar[str] = ""
    """Where the formulas are found."""
    classical_loss: ClassVar[str] = ""
    """The loss function that this family's NLL is known as, with the parameters that give it."""

    limits: ClassVar[Mapping[tuple[str, str], str]] = {}
    """Families that this one becomes at an edge: {("dispersion", "lower"): "poisson"}."""

    intercept_in: ClassVar[str] = ""
    """The parameter whose first predictor holds the intercept that the main one does without."""
    identified_through: ClassVar[Mapping[tuple[str, ...], str]] = {}
    """Combinations through which alone the likelihood depends on some parameters."""

    given: tuple[str, ...]
    """Names of the parameters that this instance was made with."""
    _xp: Any

    # ------------------------------------------------------------------ declaration

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {k: v for k, v in vars(cls).items() if isinstance(v, Parameter)}
        if own:
            cls.parameters_declared = {**cls.parameters_declared, **own}
        if own and "parametrisations" not in vars(cls):
            cls.parametrisations = (tuple(k for k, v in own.items() if v.derive is None),)
        if cls.parametrisations:
            cls.parameter_names = cls.names()
            if cls.main not in cls.parameter_names:
                cls.main = cls.parameter_names[0] if cls.parameter_names else ""
        for option, values in vars(cls).get("options", {}).items():
            setattr(cls, option, values[0])
            for value in values[1:]:
                # An attribute of the family, so that pickle finds the subclass by its name.
                body = {
                    option: value,
                    "__doc__": cls.__doc__,
                    "__module__": cls.__module__,
                    "__qualname__": f"{cls.__qualname__}.{value}",
                }
                setattr(cls, value, type(cls.__name__, (cls,), body))

    @classmethod
    def variant(cls, **choices: str) -> type[Self]:
        """The class of this family with these options, such as `kind="nb1"`.

        Raises `LikelierError` for an option, or a value of it, that the family does not have.
        """
        found = cls
        for option, value in choices.items():
            if option not in cls.options:
                hint = did_you_mean(option, cls.options)
                raise LikelierError(f"{cls.__name__} has no option {option!r}.{hint}")
            values = cls.options[option]
            if value not in values:
                raise LikelierError(
                    f"{cls.__name__}: {option} is one of {', '.join(values)}; given: {value!r}"
                )
            if getattr(cls, option) != value:
                root = next(c for c in cls.__mro__ if "options" in vars(c))
                found = root if value == values[0] else getattr(root, value)
        return found

    @classmethod
    def text(cls) -> str:
        """The family as text, as the command line and saved models write it."""
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", cls.__name__).lower()
        chosen = ", ".join(f"{k}={v}" for k, v in cls._chosen().items())
        return f"{name}({chosen})" if chosen else name

    @classmethod
    def _chosen(cls) -> dict[str, str]:
        """Options whose value is not the default."""
        return {k: getattr(cls, k) for k, v in cls.options.items() if getattr(cls, k) != v[0]}

    @classmethod
    def names(cls, role: str = "predicted") -> tuple[str, ...]:
        """Parameters of the first parametrisation with this role."""
        declared = cls.parameters_declared
        return tuple(k for k in cls.parametrisations[0] if declared[k].role == role)

    # ------------------------------------------------------------------ construction

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        chosen = {k: kwargs[k] for k in cls.options if k in kwargs}
        return object.__new__(cls.variant(**chosen) if chosen else cls)

    def __init__(self, *args: Array, **kwargs: Array) -> None:
        for option in self.options:
            kwargs.pop(option, None)
        values = self._bind(args, kwargs)
        xp = namespace(*values.values())
        arrays = as_floating(xp, *values.values())
        if xp is np:
            self._validate(values, arrays)
        self._set(xp, dict(zip(values, arrays, strict=True)))

    @classmethod
    def _of(cls, xp: Any, values: Mapping[str, Array]) -> Self:
        """Make an instance of arrays that are known to be good: no conversion, no checks."""
        self = object.__new__(cls)
        self._set(xp, values)
        return self

    def _set(self, xp: Any, values: Mapping[str, Array]) -> None:
        state = self.__dict__
        state.update(values)
        state["given"] = tuple(values)
        state["_xp"] = xp
        if xp.__name__ == "jax.numpy":
            family: Any = type(self)
            _autodiff.register_pytree(family)

    @classmethod
    def _bind(cls, args: tuple[Array, ...], kwargs: dict[str, Array]) -> dict[str, Array]:
        """Arguments by name, in the order of the parametrisation that they fit."""
        first = cls.parametrisations[0]
        if len(args) > len(first):
            raise LikelierError(f"{cls.__name__} takes {', '.join(first)}; {len(args)} were given")
        values = dict(zip(first, args, strict=False))
        for name, value in kwargs.items():
            if name in values:
                raise LikelierError(f"{cls.__name__} was given {name!r} twice")
            if name not in cls.parameters_declared:
                hint = did_you_mean(name, cls.parameters_declared)
                raise LikelierError(f"{cls.__name__} has no parameter {name!r}.{hint}")
            values[name] = value
        declared = cls.parameters_declared
        for names in cls.parametrisations:
            filled = {
                k: values[k] if k in values else declared[k].default
                for k in names
                if k in values or declared[k].default is not None
            }
            if len(filled) == len(names) and set(values) <= set(names):
                return filled
        ways = " or ".join("(" + ", ".join(names) + ")" for names in cls.parametrisations)
        raise LikelierError(f"{cls.__name__} takes {ways}; given: {', '.join(values) or 'nothing'}")

    def _validate(self, values: Mapping[str, Array], arrays: tuple[Array, ...]) -> None:
        for name, value in zip(values, arrays, strict=True):
            domain = type(self).parameters_declared[name].domain
            good = domain.contains(np, value)
            if not np.all(good):
                bad = value[~good].flat[0] if np.shape(good) == value.shape else value.tolist()
                raise LikelierError(
                    f"{type(self).__name__}: {name} must be {domain.text}; it holds {bad}"
                )

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"distributions do not change; make a new {type(self).__name__}")

    def __repr__(self) -> str:
        shown = {**self.parameters, **self._chosen()}
        inner = ", ".join(f"{k}={v!r}" for k, v in shown.items())
        return f"{type(self).__name__}({inner})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.parameters)

    def __getitem__(self, index: Any) -> Self:
        """The distributions at these positions of the batch."""
        shape = self.batch_shape
        values = {}
        for name, value in self.parameters.items():
            dims = self.parameters_declared[name].domain.event_dims
            event = tuple(value.shape[value.ndim - dims :]) if dims else ()
            values[name] = self._xp.broadcast_to(value, shape + event)[index]
        return self._of(self._xp, values)

    def __len__(self) -> int:
        if not self.batch_shape:
            raise TypeError(f"a single {type(self).__name__} has no length")
        return self.batch_shape[0]

    @property
    def parameters(self) -> dict[str, Array]:
        """The parameters that were given, by name."""
        return {name: self.__dict__[name] for name in self.given}

    def value_of(self, name: str) -> Array:
        """A parameter, given or derived, also where its name means something else here.

        `mean` of a BetaBinomial is its expected count; its parameter `mean` is a probability.
        """
        return self.parameters_declared[name].value(self)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Shape of the array of distributions."""
        shapes = []
        for name in self.given:
            shape = tuple(self.__dict__[name].shape)
            dims = self.parameters_declared[name].domain.event_dims
            shapes.append(shape[: len(shape) - dims])
        return np.broadcast_shapes(*shapes)

    # ------------------------------------------------------------------ what a family writes

    def _log_prob(self, y: Array) -> Array:
        """log density or mass at observations inside the support."""
        raise NotImplementedError(f"{type(self).__name__} has no log_prob")

    def _score(self, y: Array) -> dict[str, Array]:
        """Derivatives of `_log_prob` in the given parameters; shape of the batch, then event."""
        raise NotImplementedError(f"{type(self).__name__} has no score")

    def _log_prob_and_score(self, y: Array) -> tuple[Array, dict[str, Array]]:
        """Both at once; a family writes it where they share much of their work."""
        return self._log_prob(y), self._score(y)

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array] | None:
        """Second derivatives of `_log_prob` by pairs of given parameters in their order.

        Pairs left out are zero; None (the default) asks for differences of the score.
        Vector parameters add their event axes, the first parameter's first.
        """
        return None

    def _information(self) -> dict[tuple[str, str], Array] | None:
        """Expected information by pairs, as `_hessian`; None asks for quadrature or a sum."""
        return None

    def _cdf(self, y: Array) -> Array:
        self._need("_log_cdf", "cdf")
        return self._xp.exp(self._log_cdf(y))

    def _sf(self, y: Array) -> Array:
        self._need("_log_sf", "sf")
        return self._xp.exp(self._log_sf(y))

    def _need(self, method: str, name: str) -> None:
        """Say that a family has neither of two formulas that stand in for each other."""
        if getattr(type(self), method) is getattr(Distribution, method):
            raise NotImplementedError(f"{type(self).__name__} has no {name}")

    def _log_cdf(self, y: Array) -> Array:
        return _log_share(self._xp, self._cdf(y), self._sf(y))

    def _log_sf(self, y: Array) -> Array:
        return _log_share(self._xp, self._sf(y), self._cdf(y))

    def _cdf_score(self, y: Array) -> dict[str, Array] | None:
        """Derivatives of the cdf in the given parameters, each divided by `exp(_log_prob(y))`.

        The ratio stays of ordinary size in both tails: −1 and −z for a location and a scale.
        Censored and truncated likelihoods are made of it. None asks for quadrature, a sum, or
        differentiation of `_log_cdf` and `_log_sf` on JAX and PyTorch.
        """
        return None

    def _density_over_tails(self, y: Array) -> tuple[Array, Array] | None:
        """Density over cdf and over sf, where it has a formula with more digits than the quotient.

        Scores of censored and truncated observations far out in a tail are differences of it.
        """
        return None

    def _whereabouts(self) -> tuple[Array, Array]:
        """Roughly where the distribution lies and how wide it is, for searches to start from."""
        return self.mean, self.stddev

    def _strata(self) -> list[tuple[Array, Any]]:
        """Weights and distributions that this one mixes; expectations are taken over each."""
        return [(np.ones(()), self)]

    def _quantile(self, q: Array) -> Array:
        return _fallbacks.quantile(self, q)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """Draws of this shape (sample axes, batch), then the event; by inversion if not written."""
        return self._quantile(rng.random(shape))

    def _crps(self, y: Array) -> Array:
        return _fallbacks.crps(self, y)

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        """Rough values of the predicted parameters for these observations, inside their domains.

        A family that has parameters with the role "data" takes them, by name, as a third argument.
        """
        raise NotImplementedError(f"{cls.__name__} has no starting values")

    @classmethod
    def _mle(cls, y: Array, weights: Array | None) -> dict[str, Array] | None:
        """The maximum-likelihood values where a closed form exists, else None; as `_start`."""
        return None

    @classmethod
    def _event_sizes(cls, y: Array, levels: int | None) -> dict[str, int]:
        """Length of each vector parameter that observations `y` with so many levels call for."""
        return {}

    @classmethod
    def observations(cls, y: Any) -> Any:
        """A sample as the array, or the pair of arrays, that the family's formulas work on."""
        return np.asarray(y, dtype=np.float64)

    @classmethod
    def takes(cls, y: Array, known: Mapping[str, Array] | None = None) -> Array:
        """Which rows of a sample hold values that this family can take, shape (n,).

        Args:
            y: observations, shape (n,) or (n, event).
            known: parameters with the role "data", shape (n,), where the support depends on them.
        """
        good = cls.support.contains(np, y)
        return np.all(good, axis=tuple(range(1, np.ndim(good)))) if np.ndim(good) > 1 else good

    # ------------------------------------------------------------------ what users call

    def _with(self, y: Array) -> tuple[Self, Array]:
        """This distribution and an observation as arrays of one library and one floating type."""
        values = self.parameters
        xp = namespace(y, *values.values())
        if xp is np:
            return self, np.asarray(y, dtype=np.float64 if not _is_float32(y) else np.float32)
        y, *arrays = as_floating(xp, y, *values.values())
        return self._of(xp, dict(zip(values, arrays, strict=True))), y

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

    @property
    def mean(self) -> Array:
        """Expected value."""
        raise NotImplementedError(f"{type(self).__name__} has no mean")

    @property
    def variance(self) -> Array:
        """Variance."""
        raise NotImplementedError(f"{type(self).__name__} has no variance")

    @property
    def stddev(self) -> Array:
        """Standard deviation."""
        return self._xp.sqrt(self.variance)

    @property
    def mode(self) -> Array:
        """The most probable value (the smallest, where there are several)."""
        raise NotImplementedError(f"{type(self).__name__} has no mode")

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

    def _on_numpy(self, what: str) -> Self:
        """This distribution on NumPy; raises `LikelierError` where values are not at hand."""
        if self._xp is np:
            return self
        try:
            values = {k: _to_numpy(v) for k, v in self.parameters.items()}
        except Exception as error:
            raise LikelierError(
                f"{what} runs on NumPy and cannot be traced or differentiated"
            ) from error
        return self._of(np, values)


def _log_share(xp: Any, p: Array, rest: Array) -> Array:
    """log p of a probability, through its complement where that has the digits."""
    low = p < 0.5
    with np.errstate(divide="ignore"):
        return xp.where(low, xp.log(xp.where(low, p, 1.0)), xp.log1p(-xp.where(low, 0.0, rest)))


def _rebuild(family: Any, parameters: Mapping[str, Array]) -> Any:
    """Make a pickled distribution again."""
    return family._of(namespace(*parameters.values()), parameters)


def _is_float32(y: Array) -> bool:
    return getattr(y, "dtype", None) == np.float32


def _to_numpy(x: Array) -> Array:
    return x.detach().cpu().numpy() if is_torch(x) else np.asarray(x)

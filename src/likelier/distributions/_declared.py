"""What the declaration of a family gives: its parameters, its options, and instances of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NoReturn, Self

import numpy as np

from likelier.distributions import _autodiff
from likelier.distributions._domains import Domain
from likelier.distributions._levels import codes_of, labels_of
from likelier.distributions._parameter import Parameter
from likelier.errors import LikelierError, did_you_mean
from likelier.special import Array, as_floating, is_torch, namespace
from likelier.special._namespace import is_module_jax


class Declared:
    """A family as it is declared, with the values of its parameters in an instance."""

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
    location_link: ClassVar[str] = ""
    """The link under which `main` is a location in the unit of y, for curves; "" if none is."""
    main_is_log: ClassVar[bool] = False
    """Whether `main` is a logarithm, of a median or of odds, and exp(coefficient) a ratio."""
    options: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Choices by keyword, the default first; each other value names a subclass made for it."""
    declares: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """What the subclass of such a value declares in another way, by value."""
    multimodal: ClassVar[bool] = False
    """Whether the likelihood has several maxima, so that a fit starts from `mle`'s search."""
    source: ClassVar[str] = ""
    """Where the formulas are found."""
    classical_loss: ClassVar[str] = ""
    """The loss function that this family's NLL is known as, with the parameters that give it."""

    simpler: ClassVar[str] = ""
    """A family whose one parameter is about `main` of this one, as text: a search begins at its
    fit, and at what `_start_beside` makes of that; "" for none."""

    limits: ClassVar[Mapping[tuple[str, str], str]] = {}
    """Families that this one becomes at an edge: {("dispersion", "lower"): "poisson"}."""

    intercept_in: ClassVar[str] = ""
    """The parameter whose first predictor holds the intercept that the main one does without."""
    identified_through: ClassVar[Mapping[tuple[str, ...], str]] = {}
    """Combinations through which alone the likelihood depends on some parameters."""

    levels: tuple[Any, ...] | None = None
    """What codes 0, 1, … stand for, of predictions of labels; see `labelled`."""
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
                    **cls.declares.get(value, {}),
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
        if is_module_jax(xp):
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
        from likelier.distributions._display import distribution_text

        return distribution_text(self)

    def _repr_html_(self) -> str:
        from likelier.distributions._display import distribution_html

        return distribution_html(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.parameters, self.levels)

    def labelled(self, levels: Sequence[Any] | None) -> Self:
        """The same distributions, which know what their codes 0, 1, … stand for.

        They take labels as observations, and give labels as mode, quantiles and draws.

        Args:
            levels: the labels in the order of their codes; None for none.

        Example:
            >>> import likelier as lk
            >>> d = lk.Categorical(probs=[0.2, 0.5, 0.3]).labelled(["car", "bus", "walk"])
            >>> d.log_prob("bus").round(4).item(), d.mode.item()
            (-0.6931, 'bus')
        """
        made = self._of(self._xp, self.parameters)
        if levels is not None:
            made.__dict__["levels"] = tuple(levels)
        return made

    def _named(self, codes: Array) -> Array:
        """What codes stand for, where that is known."""
        return codes if self.levels is None else labels_of(codes, self.levels)

    def _coded(self, y: Any) -> Any:
        """The codes of observations, where these are labels."""
        return y if self.levels is None else codes_of(y, self.levels)

    def __getitem__(self, index: Any) -> Self:
        """The distributions at these positions of the batch."""
        shape = self.batch_shape
        values = {}
        for name, value in self.parameters.items():
            dims = self.parameters_declared[name].domain.event_dims
            event = tuple(value.shape[value.ndim - dims :]) if dims else ()
            values[name] = self._xp.broadcast_to(value, shape + event)[index]
        return self._of(self._xp, values).labelled(self.levels)

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

    # ------------------------------------------------------------------ array libraries

    def _with(self, y: Array) -> tuple[Self, Array]:
        """This distribution and an observation as arrays of one library and one floating type."""
        values = self.parameters
        y = self._coded(y)
        xp = namespace(y, *values.values())
        if xp is np:
            return self, np.asarray(y, dtype=np.float64 if not _is_float32(y) else np.float32)
        y, *arrays = as_floating(xp, y, *values.values())
        return self._of(xp, dict(zip(values, arrays, strict=True))), y

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


def _rebuild(
    family: Any, parameters: Mapping[str, Array], levels: tuple[Any, ...] | None = None
) -> Any:
    """Make a pickled distribution again."""
    return family._of(namespace(*parameters.values()), parameters).labelled(levels)


def _is_float32(y: Array) -> bool:
    return getattr(y, "dtype", None) == np.float32


def _to_numpy(x: Array) -> Array:
    return x.detach().cpu().numpy() if is_torch(x) else np.asarray(x)

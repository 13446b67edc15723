"""The contract of a modifier: what turns a family into another family.

To add one, write one file with one subclass of `Modifier` (or of `Delegating`, in
`_delegating.py`, where most formulas stay the base family's) and export it:

    class ZeroInflated(Modifier):
        @classmethod
        def modify(cls, family): return cls.family_of(family)       # checks, then makes the family
        @classmethod
        def declare(cls, base, arguments): return {...}               # attributes of the new class
        def _log_prob(self, y): ...                                 # formulas over `self.inner`

Calling the modifier makes a family, `ZeroInflated(Poisson)`: a class like any other, the same
one for the same arguments. Calling that makes a distribution.
"""

from __future__ import annotations

import copyreg
import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from likelier.distributions._base import Distribution
from likelier.distributions._parameter import Parameter
from likelier.errors import LikelierError
from likelier.special import Array
from likelier.special._namespace import is_module_torch

Arguments = tuple[tuple[str, Any], ...]
"""Arguments of a modifier beside the family, by name, hashable."""


class ModifierType(type):
    """The class of modifiers and of the families that they make."""

    base: type[Distribution] | None

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls.base is None:
            return cls.modify(*args, **kwargs)  # type: ignore[attr-defined]
        return super().__call__(*args, **kwargs)


class Modifier(Distribution, metaclass=ModifierType):
    """A family made of another family, `base`."""

    base: ClassVar[type[Distribution] | None] = None
    """The family that was modified; None on the modifier itself."""
    arguments: ClassVar[Arguments] = ()
    """What the modifier was given beside the family, by name."""
    modifier: ClassVar[Any] = None
    """The modifier that made the family; None on the modifier itself."""

    modify: ClassVar[Callable[..., Any]]
    """`modify(family, ...)` makes a family of a class or its text, or raises `LikelierError`."""

    @classmethod
    def declare(cls, base: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Attributes of the new class: support, discrete, parameters and parametrisations."""
        raise NotImplementedError

    @classmethod
    def _writes_score(cls) -> bool:
        return super()._writes_score() and (cls.base is None or cls.base._writes_score())

    @classmethod
    def mixins(cls, base: Any) -> tuple[type, ...]:
        """Classes whose formulas stand before the modifier's own for this base family."""
        return ()

    @classmethod
    def family_of(cls, base: Any, arguments: Arguments = ()) -> Any:
        """The one family that this modifier makes of `base` with these arguments."""
        return _made(cls, base, arguments)

    @classmethod
    def rounded(cls, width: float) -> Any:
        """This modifier of the base family with its kink rounded, where that has one."""
        return cls.family_of(cls.base.rounded(width), cls.arguments)  # type: ignore[union-attr]

    @classmethod
    def text(cls) -> str:
        if cls.base is None:
            return super().text()
        inside = ", ".join([cls.base.text(), *cls._arguments_text()])
        return f"{cls.modifier.text()}({inside})"

    @classmethod
    def _arguments_text(cls) -> list[str]:
        """The arguments as they stand in the family's text."""
        return [f"{name}={option_text(value)}" for name, value in cls.arguments]

    @property
    def inner(self) -> Any:
        """The base family's distribution with these parameters."""
        made = self.__dict__.get("_inner")
        if made is None:
            made = self._inner_of(self.parameters)
            # Kept on NumPy only: what a trace or a graph computed ends with it.
            if self._xp is np:
                self.__dict__["_inner"] = made
        return made

    def _inner_of(self, values: Mapping[str, Array]) -> Any:
        assert self.base is not None
        known = self.base.parameters_declared
        return self.base._of(self._xp, {k: v for k, v in values.items() if k in known})

    def _along(self, x: Array, *names: str) -> Array:
        """An array of the batch's shape with the event axes of these parameters added."""
        dims = sum(self.parameters_declared[name].domain.event_dims for name in names)
        return x.reshape(tuple(x.shape) + (1,) * dims) if dims else x

    def _outer(self, score: Mapping[str, Array], first: str, other: str) -> Array:
        """Products of two scores, the event axes of the first parameter before the other's."""
        a, b = score[first], score[other]
        dims = self.parameters_declared[other].domain.event_dims
        lead = b.ndim - dims
        ones = (1,) * self.parameters_declared[first].domain.event_dims
        return self._along(a, other) * b.reshape((*b.shape[:lead], *ones, *b.shape[lead:]))

    def _zero(self) -> Array:
        """The number 0 as an array like the parameters."""
        return constant(self._xp, 0.0, next(iter(self.parameters.values()), None))

    @classmethod
    def _event_sizes(cls, y: Array, levels: int | None) -> dict[str, int]:
        assert cls.base is not None
        sizes = cls.base._event_sizes(y, levels)
        return {name: size for name, size in sizes.items() if name in cls.parameters_declared}


_MOMENTS = {"mean", "variance", "stddev", "mode"}


def inherited(base: Any, **changes: Any) -> dict[str, Parameter]:
    """The base family's parameters, declared again for a family made of it.

    Args:
        changes: fields of `Parameter` to replace in all of them.
    """
    return {
        name: dataclasses.replace(declared, derive=_from_inner(name), **changes)
        for name, declared in base.parameters_declared.items()
    }


def _from_inner(name: str) -> Any:
    return lambda d: d.inner.value_of(name)


def constant(xp: Any, value: Any, like: Array | None) -> Array:
    """A known value as an array of the library, type and device of another parameter."""
    if like is None:
        return np.asarray(value, dtype=np.float64)
    if is_module_torch(xp):
        return xp.asarray(value, dtype=like.dtype, device=like.device)
    return xp.asarray(value, dtype=like.dtype)


def option_text(value: Any) -> str:
    """An argument's value as text that `from_text` reads back to the same value."""
    if isinstance(value, tuple):
        return "[" + ", ".join(option_text(entry) for entry in value) + "]"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    return str(value)


def scalar_family(family: Any, modifier: str) -> Any:
    """The family that is meant, checked to have numbers, not vectors, as observations."""
    from likelier.distributions._text import as_family

    base = as_family(family)
    if base.support.event_dims:
        raise LikelierError(
            f"{modifier} needs a family of single numbers; {base.text()} takes {base.support.text}"
        )
    return base


def family_on_a_line(family: Any, modifier: str) -> Any:
    """The family that is meant, checked to have numbers with a lower and an upper side."""
    base = scalar_family(family, modifier)
    if base.support.circular:
        raise LikelierError(
            f"{modifier} needs a family of numbers on a line; {base.text()} takes angles, of which "
            "none lies below or above another"
        )
    return base


@functools.cache
def _made(modifier: Any, base: Any, arguments: Arguments) -> Any:
    inside = [base.__name__, *(f"{name}={option_text(value)}" for name, value in arguments)]
    title = f"{modifier.__name__}({', '.join(inside)})"
    attributes = {
        "__doc__": f"{modifier.__name__} of {base.__name__}; see both.",
        "__module__": modifier.__module__,
        "__qualname__": title,
        "base": base,
        "arguments": arguments,
        "modifier": modifier,
        "source": base.source,
        "smooth": base.smooth,
        "main": base.main,
        "location_link": base.location_link,
        "main_is_log": base.main_is_log,
        **modifier.declare(base, dict(arguments)),
    }
    # A moment wins over a parameter of the same name: `mean` of zero-inflated counts is their
    # expected value, while the base family's mean is `parameters["mean"]`.
    declared = {k: v for k, v in attributes.items() if isinstance(v, Parameter)}
    attributes["parameters_declared"] = declared
    for name in declared.keys() & _MOMENTS:
        del attributes[name]
    return type(modifier)(title, (*modifier.mixins(base), modifier), attributes)


def _reduce(cls: Any) -> Any:
    """How a modifier or a family made by one is pickled: by name, or by how it was made."""
    if cls.base is None:
        return cls.__qualname__
    return _made, (cls.modifier, cls.base, cls.arguments)


copyreg.pickle(ModifierType, _reduce)

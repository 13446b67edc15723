"""A family with some of its parameters known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from likelier.distributions._delegating import Delegating
from likelier.distributions._modifier import constant, inherited
from likelier.errors import LikelierError, did_you_mean
from likelier.special import Array


class Fixed(Delegating):
    r"""A family with parameters held at known values, `Fixed(F, name=value, ...)`.

    log p(y | θ) = log p_F(y | θ, name = value)

    Models predict the parameters that remain; nothing is estimated of the known ones.

    Args:
        family: the family, a class or its text.
        values: known parameters of one of the family's parametrisations, inside their domains;
            a vector parameter as a list of numbers.

    Raises `LikelierError` for a parameter that the family does not have, for two that do not
    belong to one parametrisation, and for a value outside its domain.

    Example:
        >>> import likelier as lk
        >>> family = lk.Fixed(lk.Normal, loc=0.0)
        >>> family.text(), family.parameter_names
        ('fixed(normal, loc=0)', ('scale',))
        >>> round(float(family(scale=1.0).nll(2.0)), 6)
        2.918939
    """

    @classmethod
    def modify(cls, family: Any, **values: Any) -> Any:
        """The family with these parameters known."""
        from likelier.distributions._text import as_family

        base = as_family(family)
        if not values:
            raise LikelierError(f"Fixed({base.__name__}) names no parameter; write name=value")
        declared = base.parameters_declared
        for name, value in values.items():
            if name not in declared:
                hint = did_you_mean(name, declared)
                raise LikelierError(f"{base.__name__} has no parameter {name!r}.{hint}")
            domain = declared[name].domain
            array = _array(value)
            if array.ndim != domain.event_dims or not np.all(domain.contains(np, array)):
                raise LikelierError(
                    f"Fixed({base.__name__}): {name} must be {domain.text}; given: {value}"
                )
        if not any(set(values) <= set(names) for names in base.parametrisations):
            ways = " or ".join("(" + ", ".join(names) + ")" for names in base.parametrisations)
            raise LikelierError(
                f"Fixed({base.__name__}): {' and '.join(values)} do not belong together;"
                f" {base.__name__} takes {ways}"
            )
        arguments = tuple((k, _hashable(values[k])) for k in declared if k in values)
        return cls.family_of(base, arguments)

    @classmethod
    def declare(cls, base: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
        ways = [
            tuple(name for name in names if name not in arguments)
            for names in base.parametrisations
            if set(arguments) <= set(names)
        ]
        return {
            **inherited(base),
            "parametrisations": tuple(ways),
            "support": base.support,
            "discrete": base.discrete,
            "smooth": base.smooth,
            "mixed": base.mixed,
            "classical_loss": base.classical_loss,
        }

    def _inner_of(self, values: Mapping[str, Array]) -> Any:
        assert self.base is not None
        like = next(iter(values.values()), None)
        known = {name: constant(self._xp, value, like) for name, value in self.arguments}
        # The base family sees its parameters in its own order.
        everything = {**values, **known}
        names = (k for k in self.base.parameters_declared if k in everything)
        return self.base._of(self._xp, {name: everything[name] for name in names})

    @classmethod
    def takes(cls, y: Array, known: Mapping[str, Array] | None = None) -> Array:
        assert cls.base is not None
        fixed = {name: np.asarray(value) for name, value in cls.arguments}
        return cls.base.takes(y, {**(known or {}), **fixed})

    @classmethod
    def _event_sizes(cls, y: Array, levels: int | None) -> dict[str, int]:
        sizes = super()._event_sizes(y, levels)
        return {name: size for name, size in sizes.items() if name in cls.parametrisations[0]}

    @classmethod
    def _start(cls, y: Array, weights: Array | None, *known: Any) -> dict[str, Array]:
        assert cls.base is not None
        first = cls.base.parametrisations[0]
        fixed = {name: np.asarray(value) for name, value in cls.arguments if name in first}
        data = {**(known[0] if known else {}), **fixed}
        more = (data,) if cls.base.names("data") else ()
        rough = cls.base(**{**data, **cls.base._start(y, weights, *more)})
        return {name: np.asarray(rough.value_of(name)) for name in cls.parameter_names}


def _array(value: Any) -> Any:
    """What was given as numbers; NaN, which no domain holds, for what is not a number."""
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return np.asarray(np.nan)


def _hashable(value: Any) -> Any:
    array = np.asarray(value, dtype=np.float64)
    return float(array) if array.ndim == 0 else _nested(array.tolist())


def _nested(value: Any) -> Any:
    return tuple(_nested(entry) for entry in value) if isinstance(value, list) else value

"""Vectors of independent members of one family."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from likelier.distributions._components import MOST, each, repeated, shape_checked
from likelier.distributions._delegating import InnerMoments
from likelier.distributions._domains import Domain
from likelier.distributions._modifier import inherited, option_text, scalar_family
from likelier.errors import LikelierError, UndefinedError
from likelier.special import Array


class Independent(InnerMoments):
    r"""Vectors whose `size` entries are independent members of a family, `Independent(F, size)`.

    log p(y) = Σⱼ log p_F(yⱼ | θⱼ)

    Args:
        family: a family of single numbers with scalar parameters, a class or its text.
        size: number of entries. The family made has F's parameters with `size` values on the
            last axis; parameters that are known for each row hold for all entries.

    `mean`, `variance` and `mode` are those of the entries, `crps` their sum; the cdf is the
    probability that no entry exceeds its bound, the sf that every one does.

    Raises `LikelierError` for a family of vectors.

    Example:
        >>> import likelier as lk
        >>> family = lk.Independent(lk.Normal, 2)
        >>> round(float(family(loc=[0.0, 1.0], scale=[1.0, 1.0]).nll([0.0, 1.0])), 6)
        1.837877
    """

    @classmethod
    def modify(cls, family: Any, size: int) -> Any:
        """The family of `size` numbers drawn independently."""
        base = scalar_family(family, "Independent")
        if not isinstance(size, int) or not 1 <= size <= MOST:
            raise LikelierError(
                f"Independent({base.__name__}) needs a whole number of entries, 1 to {MOST:,};"
                f" given: {size}"
            )
        for name in base.parameter_names:
            if base.parameters_declared[name].domain.event_dims:
                raise LikelierError(
                    f"Independent needs scalar parameters; {name} of {base.text()} is"
                    f" {base.parameters_declared[name].domain.text}"
                )
        return cls.family_of(base, (("size", size),))

    @classmethod
    def declare(cls, base: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
        size = arguments["size"]
        return {
            **repeated(inherited(base), size),
            "parametrisations": base.parametrisations,
            "support": _vectors(base.support, size),
            "discrete": base.discrete,
            "smooth": base.smooth,
            "mixed": base.mixed,
            "_size": size,
        }

    _size = 0

    def __init__(self, *args: Array, **kwargs: Array) -> None:
        super().__init__(*args, **kwargs)
        shape_checked(self, self._size)

    @classmethod
    def _arguments_text(cls) -> list[str]:
        return [option_text(value) for _, value in cls.arguments]

    @classmethod
    def _event_sizes(cls, y: Array, levels: int | None) -> dict[str, int]:
        return dict.fromkeys(cls.parameter_names, cls._size)

    def _inner_of(self, values: Mapping[str, Array]) -> Any:
        return each(self, values)

    def _entries(self, found: Mapping[str, Array]) -> dict[str, Array]:
        """What belongs to parameters that the entries have one by one."""
        declared = self.parameters_declared
        return {k: v for k, v in found.items() if declared[k].role == "predicted"}

    def _log_prob(self, y: Array) -> Array:
        return self._xp.sum(self.inner._supported_log_prob(y), axis=-1)

    def _score(self, y: Array) -> dict[str, Array]:
        return self._entries(self.inner._score(y))

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array] | None:
        found = self.inner._hessian(y)
        return None if found is None else self._blocks(found)

    def _information(self) -> dict[tuple[str, str], Array]:
        return self._blocks(self.inner.information())

    def _blocks(self, found: Mapping[tuple[str, str], Array]) -> dict[tuple[str, str], Array]:
        """Second derivatives of the entries as diagonal matrices."""
        xp = self._xp
        predicted = self._entries(self.parameters)
        return {
            pair: value[..., None] * xp.eye(self._size, dtype=value.dtype)
            for pair, value in found.items()
            if set(pair) <= set(predicted)
        }

    def _log_cdf(self, y: Array) -> Array:
        return self._xp.sum(self.inner.log_cdf(y), axis=-1)

    def _log_sf(self, y: Array) -> Array:
        return self._xp.sum(self.inner.log_sf(y), axis=-1)

    def _quantile(self, q: Array) -> Array:
        raise UndefinedError(f"{type(self).__name__} takes vectors, which have no quantiles")

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return self.inner._sample(rng, (*shape, self._size))

    def _crps(self, y: Array) -> Array:
        return np.sum(self.inner.crps(y), axis=-1)

    def entropy(self) -> Array:
        xp = self._xp
        entries = xp.broadcast_to(self.inner.entropy(), (*self.batch_shape, self._size))
        return xp.sum(entries, axis=-1)

    @classmethod
    def _start(cls, y: Array, weights: Array | None, *known: Any) -> dict[str, Array]:
        assert cls.base is not None
        starts = [cls.base._start(y[:, j], weights, *known) for j in range(cls._size)]
        return {name: np.array([float(s[name]) for s in starts]) for name in starts[0]}

    @classmethod
    def _mle(cls, y: Array, weights: Array | None, *known: Any) -> dict[str, Array]:
        assert cls.base is not None
        data = known[0] if known else {}
        fits = [cls.base.mle(y[:, j], weights, **data) for j in range(cls._size)]
        return {
            name: np.array([float(fit.value_of(name)) for fit in fits])
            for name in cls.base.parameter_names
        }


def _vectors(support: Domain, size: int) -> Domain:
    cycle = support.examples * size
    return dataclasses.replace(
        support,
        name=f"{support.name}, {size} times",
        text=f"a vector of {size}, each {support.text}",
        event_dims=1,
        examples=(tuple(cycle[:size]), tuple(cycle[1 : size + 1])),
    )

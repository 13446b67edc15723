"""The coefficients that a penalty weighs: what they are called, and the spread of their columns."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from likelier.errors import LikelierError, did_you_mean

Array = Any
Key = str | tuple[str, str]
"""A term, of every parameter that has it; or (parameter, term)."""


@dataclass(frozen=True, eq=False)
class Layout:
    """What `theta` is made of.

    Attributes:
        labels: (parameter, slot, column) of each coefficient; a slot is a class or a component.
        grouping: finds the `terms`.
        source: computes the (P,) standard deviations of the columns of `theta`.
        columns: columns of the table that terms asked for, (n,) each.
    """

    labels: Sequence[tuple[str, str, str]]
    grouping: Callable[[], Sequence[tuple[str, str, Array]]]
    source: Callable[[], Array]
    columns: Mapping[str, Array] = field(default_factory=dict)

    @functools.cached_property
    def terms(self) -> Sequence[tuple[str, str, Array]]:
        """(parameter, formula term, positions) of what enters a model together.

        That is all columns of a factor or a spline, for all classes. Intercepts are in none.
        """
        return self.grouping()

    @functools.cached_property
    def deviations(self) -> Array:
        """(P,) what `theta` is multiplied by to be that of columns of standard deviation 1.

        By weighted standard deviations with divisor n; 0 for an intercept or a constant column.
        """
        return self.source()

    def factors(self, factors: Mapping[Key, float], parameters: Sequence[str] | None) -> Array:
        """(P,) the factor of each coefficient: 1 unless said, 0 for intercepts and others.

        Raises:
            LikelierError: a name is that of no term or parameter of the model.
        """
        known = list(dict.fromkeys(parameter for parameter, _, _ in self.labels))
        for name in parameters or ():
            if name not in known:
                raise LikelierError(
                    f"a penalty names the parameter {name!r}; the model predicts "
                    f"{', '.join(known)}.{did_you_mean(name, known)}"
                )
        found = np.zeros(len(self.labels))
        for parameter, _, positions in self.terms:
            if parameters is None or parameter in parameters:
                found[positions] = 1.0
        for key, factor in factors.items():
            positions = self._positions(key)
            # Those of a parameter that the penalty leaves out stay so.
            found[positions] = np.where(found[positions] > 0, factor, 0.0)
        return found

    def _positions(self, key: Key) -> Array:
        """The coefficients that a term or a column names."""
        parameter, name = key if isinstance(key, tuple) else (None, key)
        found = [
            positions
            for owner, term, positions in self.terms
            if term == name and parameter in (None, owner)
        ]
        if found:
            return np.concatenate(found)
        some = [
            i
            for i, (owner, _, column) in enumerate(self.labels)
            if column == name and column != "intercept" and parameter in (None, owner)
        ]
        if some:
            return np.array(some)
        if name == "intercept":
            raise LikelierError("intercepts are never penalised, so they take no factor")
        names = [term for _, term, _ in self.terms] + [column for _, _, column in self.labels]
        raise LikelierError(
            f"factors of a penalty name {key!r}, which is no term.{did_you_mean(str(name), names)}"
        )


def check_options(
    who: str, strength: Any, factors: Any, parameters: Any
) -> tuple[float, dict[Key, float], tuple[str, ...] | None]:
    """The options that all penalties of coefficients share, checked.

    Raises:
        LikelierError: a strength or factor is no number from 0 up, or names are no texts.
    """
    strength = check_number(f"the strength of {who}", strength)
    if factors is not None and not isinstance(factors, Mapping):
        raise LikelierError(f'factors of {who} is a dict such as {{"x": 0}}; given: {factors!r}')
    checked = {
        key: check_number(f"the factor of {key!r} in {who}", value)
        for key, value in (factors or {}).items()
    }
    if isinstance(parameters, str):
        parameters = (parameters,)
    if parameters is not None and not all(isinstance(name, str) for name in parameters):
        raise LikelierError(f"parameters of {who} are names; given: {parameters!r}")
    return strength, checked, None if parameters is None else tuple(parameters)


def check_number(what: str, value: Any) -> float:
    """A finite number from 0 up."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if isinstance(value, bool | str) or not 0 <= number < float("inf"):
        raise LikelierError(f"{what} is a finite number, 0 or above; given: {value!r}")
    return number


def options_text(
    name: str,
    numbers: Sequence[float],
    factors: Mapping[Key, float],
    parameters: Sequence[str] | None,
) -> str:
    """A penalty as a user types it."""
    # The strength need not be said where it is the default and nothing follows by position.
    parts = [] if list(numbers) == [1.0] else [f"{number:g}" for number in numbers]
    if factors:
        parts.append("factors={" + ", ".join(f"{k!r}: {v:g}" for k, v in factors.items()) + "}")
    if parameters is not None:
        parts.append(f"parameters={tuple(parameters)!r}")
    return f"{name}({', '.join(parts)})"

"""Unknown numbers of a model that a user writes: where they may lie, and where the search starts.

Searches move on a *free* scale without ends (logarithm, logit), so that no step leaves the domain;
estimates, standard errors and profiles are on the natural one, in which the user thinks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from likelier.errors import LikelierError


@dataclass(frozen=True)
class Unknown:
    """A number to be estimated, between two limits.

    Attributes:
        start: where the search begins.
        lower, upper: the open interval in which it lies; infinite where it has no end.
        own: whether each group of rows has one of its own.
    """

    start: float
    lower: float = -math.inf
    upper: float = math.inf
    own: bool = False

    def __post_init__(self) -> None:
        for what, value in (("start", self.start), ("lower", self.lower), ("upper", self.upper)):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise LikelierError(f"the {what} of a parameter is a number; given: {value!r}")
        if not (math.isfinite(self.start) and self.lower < self.start < self.upper):
            raise LikelierError(
                f"a parameter between {self.lower:g} and {self.upper:g} cannot start at "
                f"{self.start:g}; start it inside"
            )

    @property
    def limited(self) -> bool:
        """Whether it has an end, so that the search moves on another scale."""
        return math.isfinite(self.lower) or math.isfinite(self.upper)

    def to_free(self, value: float) -> float:
        """The free value of a natural one."""
        low, high = math.isfinite(self.lower), math.isfinite(self.upper)
        if low and high:
            return math.log((value - self.lower) / (self.upper - value))
        if low:
            return math.log(value - self.lower)
        return -math.log(self.upper - value) if high else value

    def to_natural(self, free: float) -> tuple[float, float, float]:
        """The natural value of a free one, and its first two derivatives in it."""
        low, high = math.isfinite(self.lower), math.isfinite(self.upper)
        try:
            if low and high:
                width = self.upper - self.lower
                # By the nearer end, so that the distance to it keeps its digits.
                near = width / (1 + math.exp(abs(free)))
                value = self.lower + near if free < 0 else self.upper - near
                slope = near * (1 - near / width)
                bend = slope * (1 - 2 * near / width) * (1 if free < 0 else -1)
                return value, slope, bend
            if low:
                distance = math.exp(free)
                return self.lower + distance, distance, distance
            if high:
                distance = math.exp(-free)
                return self.upper - distance, distance, -distance
        except OverflowError:
            return math.nan, math.nan, math.nan
        return free, 1.0, 0.0


def real(start: float) -> Unknown:
    """A parameter that may be any number, started at `start`.

    Example:
        >>> import likelier as lk
        >>> lk.real(-1.5).start
        -1.5
    """
    return Unknown(start)


def positive(start: float) -> Unknown:
    """A parameter above 0, started at `start`.

    Example:
        >>> import likelier as lk
        >>> lk.positive(0.5).lower
        0.0
    """
    return Unknown(start, 0.0)


def unit(start: float) -> Unknown:
    """A parameter between 0 and 1, started at `start`.

    Example:
        >>> import likelier as lk
        >>> lk.unit(0.2).upper
        1.0
    """
    return Unknown(start, 0.0, 1.0)


def bounded(start: float, lower: float, upper: float) -> Unknown:
    """A parameter between `lower` and `upper`, started at `start`.

    Example:
        >>> import likelier as lk
        >>> lk.bounded(2.0, 1.0, 10.0).upper
        10.0
    """
    return Unknown(start, float(lower), float(upper))


def own(parameter: Unknown | float) -> Unknown:
    """A parameter or initial value that each group (subject, experiment) has for itself.

    Args:
        parameter: such as `lk.positive(0.5)`; a plain number is a real with that start.

    Example:
        >>> import likelier as lk
        >>> lk.own(lk.positive(0.5)).own
        True
    """
    return replace(as_unknown(parameter), own=True)


def as_unknown(given: Any) -> Unknown:
    """What a user gave as a parameter; a plain number is a real with that start."""
    if isinstance(given, Unknown):
        return given
    if isinstance(given, int | float) and not isinstance(given, bool):
        return Unknown(float(given))
    raise LikelierError(
        f"a parameter is lk.positive(start), lk.real(start), lk.unit(start), lk.bounded(start, "
        f"lower, upper) or a number; given: {given!r}"
    )


def as_unknowns(given: Any) -> dict[str, Unknown]:
    """A checked dict of parameters by name."""
    if not isinstance(given, Mapping) or not given:
        raise LikelierError(
            'parameters is a dict such as {"a": lk.positive(0.5)}; given: ' + repr(given)
        )
    for name in given:
        if not isinstance(name, str) or not name:
            raise LikelierError(f"the name of a parameter is a text; given: {name!r}")
    return {name: as_unknown(value) for name, value in given.items()}

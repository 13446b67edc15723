"""What a curve is to a predictor: its values, its derivatives, and beginnings of a long one.

A curve is a function of a few unknowns that a user wrote, or the solution of his differential
equation. It gives one row of eta (or more); the others are linear.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from likelier.errors import LikelierError
from likelier.predictors._base import Array, Inputs, PredictorSpec
from likelier.predictors.linear import LinearPredictor


class CurveSpec(PredictorSpec):
    """A specification whose predictor has a curve for the main parameter."""

    linear = False
    starts: int | None

    def links(self, family: Any) -> dict[str, str]:
        main = family.main
        if not family.location_link or family.parameters_declared[main].domain.event_dims:
            raise LikelierError(
                f"{type(self).__name__} gives a location in the unit of the target, and {main} of "
                f"{family.text()} is none"
            )
        return {main: family.location_link}

    def _check_starts(self) -> None:
        if self.starts is None:
            return
        if isinstance(self.starts, bool) or not isinstance(self.starts, int) or self.starts < 1:
            raise LikelierError(f"starts is a whole number above 0; given: {self.starts!r}")


def flat_rest(inputs: Inputs, slots: Sequence[int]) -> LinearPredictor:
    """The linear predictor of the rows of eta that a curve does not give."""
    rest = [k for k in range(len(inputs.designs)) if k not in slots]
    return LinearPredictor(
        [inputs.designs[k] for k in rest], inputs.n, [inputs.offset[k] for k in rest]
    )


def curved_offset(inputs: Inputs, slots: Sequence[int]) -> dict[int, Array]:
    """What is added to the rows of eta that a curve gives."""
    return {k: inputs.offset[k] for k in slots if inputs.offset[k] is not None}


class CurveLike(Protocol):
    """What gives rows of eta for unknowns on their natural scale, with derivatives."""

    def values(self, p: Array) -> Array: ...
    def jacobian(self, p: Array) -> tuple[Array, Array]: ...
    def bend(self, p: Array, gradient: Array) -> Array: ...
    def describe(self, row: int) -> str: ...
    def unmatched(self, p: Array) -> dict[str, float]: ...


@dataclass(frozen=True, eq=False)
class Piece:
    """The beginning of a curve, which is fitted before the whole.

    Attributes:
        curve: right up to some point, and from there on anything.
        rows: the numbers of the rows up to there, increasing.
        label: that point, for the history.
    """

    curve: CurveLike
    rows: Array
    label: str


@dataclass(frozen=True, eq=False)
class Horizon:
    """How a search may come to a long curve by beginnings of it.

    Attributes:
        piece: makes the beginning of about so many rows.
        least: rows of the first.
        alone: whether the search goes on from there alone; else from the given start too.
    """

    piece: Callable[[int], Piece]
    least: int
    alone: bool

"""The contract of an objective: what a fit minimises.

A *risk* says how the row losses of a block become sums: a value, rows of derivatives in the linear
predictors, and rows of curvature. The block function above it pulls the rows back to the
coefficients. To add a risk, write one file with one class and export it in `__init__.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from likelier.distributions import Linked

Array = Any


@dataclass(frozen=True, eq=False)
class Rows:
    """What a risk says of one block of m rows.

    Attributes:
        value: the block's contribution to the objective.
        gradient: (K, m) derivatives in the linear predictors, or None.
        curvature: rows of second derivatives by pairs of predictors, or None.
    """

    value: float
    gradient: Array | None = None
    curvature: dict[tuple[int, int], Array] | None = None


class Risk(ABC):
    """How row losses become the number that is minimised."""

    is_likelihood: ClassVar[bool]
    """Whether its minimiser is the maximum-likelihood estimate, so that its inference holds."""

    @abstractmethod
    def rows(
        self,
        linked: Linked,
        eta: Array,
        y: Array,
        weights: Array | None,
        known: Mapping[str, Array] | None,
        order: int,
        kind: str,
    ) -> Rows:
        """Value, and from `order` 1 the gradient, from 2 the curvature, of a block.

        Args:
            linked: the family with its links.
            eta: predictors, (K, m).
            y: observations, (m,) or (m, event).
            weights: (m,) or None for ones.
            known: parameters that are data, (m,) each.
            order: 0, 1 or 2.
            kind: "observed" or "expected" curvature.
        """

    def text(self) -> str:
        """The risk as a user types it."""
        return f"{type(self).__name__}()"

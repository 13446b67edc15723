"""A risk whose rows share a number, as a function of coefficients and that number together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from likelier.engines.likelihood import LikelihoodSum
from likelier.engines.sums import Sums

Array = Any


@dataclass(frozen=True, eq=False)
class JointSum:
    """A sum over rows in `theta` and, as its last entry, the number that all rows share.

    `LikelihoodSum` takes the best number at each theta, for which it needs all rows. Given the
    number the rows add up, so that a batch of them is an unbiased part of the sum: CVaR's threshold
    is then one more coefficient (Rockafellar and Uryasev 2000, doi:10.21314/JOR.2000.038).

    Attributes:
        function: the sum, of a risk that has been given its number.
    """

    function: LikelihoodSum

    @classmethod
    def begin(cls, function: LikelihoodSum, theta: Array) -> tuple[JointSum, Array]:
        """The joint function, and the point at theta with the number that is best there."""
        given = function.given(theta)
        assert given.risk.shared is not None
        return cls(given), np.append(theta, given.risk.shared)

    def __call__(self, point: Array, order: int = 2, kind: str = "observed") -> Sums:
        """Value, from order 1 the gradient, from 2 the curvature."""
        function = replace(self.function, risk=self.function.risk.at(float(point[-1])))
        sums = function(point[:-1], order, kind)
        if order == 0:
            return sums
        gradient: Array = sums.gradient
        gradient = np.append(gradient, sums.slope)
        if order == 1 or sums.curvature is None or sums.shared is None:
            return replace(sums, gradient=gradient)
        cross = sums.shared[:, None]
        curvature = np.block([[sums.curvature, cross], [cross.T, np.array([[sums.mass]])]])
        return replace(sums, gradient=gradient, curvature=curvature)

    def on(self, chunks: Sequence[Sequence[slice]]) -> JointSum:
        """The same function on some of the blocks."""
        return replace(self, function=self.function.on(chunks))

    def gathered(self) -> JointSum:
        """The same function over copies of its rows."""
        return replace(self, function=self.function.gathered())

    @property
    def chunks(self) -> Sequence[Sequence[slice]]:
        """The blocks of rows."""
        return self.function.chunks

    @property
    def rows(self) -> int:
        """Number of rows that the sum runs over."""
        return self.function.rows

    @property
    def total_weight(self) -> float:
        """What the rows count for."""
        return self.function.total_weight

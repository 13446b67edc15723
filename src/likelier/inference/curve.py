"""A profile likelihood, whatever the quantity that is profiled: its curve and its interval.

At each value v of a quantity the likelihood is maximised over everything else; the interval holds
the values whose deviance 2 (nll(v) − nll̂) is below the χ²₁ quantile. Unlike a Wald interval it
does not depend on the scale of the parameter and it stays honest at a boundary, where one side is
open.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any

_FARTHEST = 40.0
"""A side is open when the deviance stays below its limit this many standard errors out."""


@dataclass(frozen=True, eq=False)
class ProfilePoint:
    """The best fit with the quantity held at `value`."""

    value: float
    nll: float
    theta: Array


class Curve(ABC):
    """The profile likelihood of one quantity around its estimate.

    Attributes:
        estimate: the quantity at the optimum; nll: the optimum.
        standard_error: the scale of the search.
        centre: the optimum as a point of the curve.
    """

    estimate: float
    standard_error: float
    nll: float
    centre: ProfilePoint

    @abstractmethod
    def at(self, value: float, near: ProfilePoint | None = None) -> ProfilePoint:
        """The profile at a value, started from a point already known."""

    def curve(self, values: Array) -> list[ProfilePoint]:
        """Profile points at sorted values, each started from its neighbour towards the centre."""
        values = np.sort(np.asarray(values, dtype=float))
        points: dict[float, ProfilePoint] = {}
        for side in (values[values >= self.estimate], values[values < self.estimate][::-1]):
            near = self.centre
            for value in side:
                near = self.at(float(value), near)
                points[float(value)] = near
        return [points[float(v)] for v in values]

    def interval(self, level: float) -> tuple[float, float]:
        """The values whose deviance is within the level's χ²₁ quantile; ±inf on an open side."""
        from scipy.special import chdtri

        limit = math.sqrt(float(chdtri(1, 1 - level)))
        return self._side(-1, limit), self._side(1, limit)

    def _root(self, point: ProfilePoint) -> float:
        """Square root of the deviance, nearly linear in the value."""
        return math.sqrt(max(2 * (point.nll - self.nll), 0.0))

    def _side(self, sign: int, limit: float) -> float:
        """Where the root of the deviance reaches `limit` on one side."""
        inner, inner_root = self.centre, 0.0
        distance = limit * self.standard_error
        outer: ProfilePoint | None = None
        outer_root = math.inf
        while outer is None:
            point = self.at(self.estimate + sign * distance, inner)
            root = self._root(point) if math.isfinite(point.nll) else math.inf
            if root >= limit:
                outer, outer_root = point, root
            elif point.nll < self.nll - limit:
                # Likelihood rises beyond that of the estimate: there is no limit on this side.
                return sign * math.inf
            else:
                inner, inner_root = point, root
                if distance > _FARTHEST * limit * self.standard_error:
                    return sign * math.inf
                # Linear prediction of the root, kept between 1.2 and 4 times as far.
                growth = limit / root if root > 0 else 4.0
                distance *= min(max(1.05 * growth, 1.2), 4.0)
        for _ in range(60):
            if outer_root - inner_root > 0 and math.isfinite(outer_root):
                share = (limit - inner_root) / (outer_root - inner_root)
                share = min(max(share, 0.02), 0.98)
            else:
                share = 0.5
            value = inner.value + share * (outer.value - inner.value)
            point = self.at(value, inner)
            root = self._root(point) if math.isfinite(point.nll) else math.inf
            if abs(root - limit) < 1e-7 or abs(outer.value - inner.value) < 1e-12 * (
                abs(value) + self.standard_error
            ):
                return value
            if root >= limit:
                outer, outer_root = point, root
            else:
                inner, inner_root = point, root
        return value

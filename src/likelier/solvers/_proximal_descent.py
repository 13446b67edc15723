"""Steps of proximal Newton on one set of coefficients, with their counts and their trace."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.engines import Sums
from likelier.predictors import Arrow
from likelier.solvers._base import Step
from likelier.solvers._direction import factorise
from likelier.solvers._quadratic import minimise_quadratic
from likelier.solvers._working import Part

Array = Any

_PATIENCE = 25
"""Steps over which the fall that the model promises must shrink fourfold."""
_NOTHING = 1e-11
"""Share of the value below which a fall is rounding."""
_SAFE = 2.0
"""A step is foreseen to shrink the residual this many times less than the last one did."""
_CHEAP = 8
"""Up to this many coefficients a curvature costs little more than a gradient."""


@dataclass(frozen=True, eq=False)
class Found:
    """Where a descent ended.

    Attributes:
        u: coefficients of the part.
        seen: where rows were passed over last: there, or a step before, from which the residual
            at u is foreseen to be small enough.
        rows: the sums over rows at `seen`.
        curvature: the last known, or None.
        reason: as of a `Solution`.
    """

    u: Array
    seen: Array
    rows: Sums
    curvature: Array | None
    reason: str


class Descent:
    """The search for one objective's minimum, on one working set after the other.

    Args:
        function: the objective of all coefficients.
        per_row: largest entry of the shortest subgradient of the mean objective at the end.
        limit: steps on one working set, at most.
        progress: called with each step.
        single: whether curvature may be taken in single precision.
    """

    def __init__(
        self,
        function: Any,
        per_row: float,
        limit: int,
        progress: Callable[[Step], None] | None,
        single: bool = True,
    ) -> None:
        self.function = function
        self.count = float(getattr(function, "total_weight", 1.0))
        self.tolerance = per_row * self.count
        self.limit = limit
        self.progress = progress
        self.single = single
        self.trace: list[Step] = []
        self.passes = {0: 0, 1: 0, 2: 0}
        self.falls: list[float] = []

    def minimise(
        self,
        part: Part,
        u: Array,
        rows: Sums | None,
        curvature: Array | None,
        goal: float,
        checked: bool = False,
    ) -> Found:
        """The minimum over a working set.

        Args:
            part: the objective there.
            u: where to begin.
            rows: the sums over rows at u, with their gradient, where they are known.
            curvature: one from nearby.
            goal: the largest entry of the shortest subgradient at the end.
            checked: whether a pass over all columns follows, which sees to the end: a step that
                is foreseen to reach the goal is then taken without a pass of its own.
        """
        kinks = part.kinks
        fresh = curvature is None
        if rows is None or curvature is None:
            rows = self.rows(part, u, 2)
            sums = part.complete(rows, u, 2)
        else:
            sums = part.complete(rows, u, 1)
        # An arrow costs little, and what a step has taught would fill it.
        arrow = isinstance(curvature if sums.curvature is None else sums.curvature, Arrow)
        chord = len(u) > _CHEAP and not arrow
        if not _finite(sums):
            return Found(u, u, rows, None, "not finite")
        residual = math.inf
        left = self.limit
        while True:
            last, residual = residual, size_of(kinks.subgradient(u, sums.gradient))
            if sums.curvature is not None:
                curvature, fresh = _positive(sums.curvature, (u != 0) | ~kinks.penalised), True
            if residual <= goal:
                return Found(u, u, rows, curvature, "converged")
            if left <= 0:
                return Found(u, u, rows, curvature, "limit")
            if residual > 0.1 * last and sums.curvature is None:
                # Steps that a fresh curvature in single precision turns badly want a better one.
                self.single = self.single and not fresh
                rows = self.rows(part, u, 2)
                sums = part.complete(rows, u, 2)
                curvature, fresh = _positive(sums.curvature, (u != 0) | ~kinks.penalised), True
            linear = sums.gradient - curvature @ u
            aim = minimise_quadratic(curvature, linear, kinks, u, 1e-2 * self.tolerance)
            if checked and _SAFE * residual**2 <= goal * last < math.inf:
                return Found(aim, u, rows, curvature, "converged")
            step = aim - u
            fall = -float(sums.gradient @ step + kinks.value(aim) - kinks.value(u))
            self.falls.append(fall)
            if len(self.falls) > 2 * _PATIENCE and fall > 0.25 * self.falls[-_PATIENCE]:
                # Falls of the size of rounding never shrink, and lead nowhere.
                there = fall > _NOTHING * max(1.0, abs(sums.value))
                return Found(u, u, rows, curvature, "unbounded" if there else "stalled")
            moved, after, length = None, None, 0.0
            if fall > 0:
                moved, after, length = self._advance(part, u, sums, step, fall, 1 if chord else 2)
            self._record(part, u, sums, fall, length)
            left -= 1
            if moved is None or after is None:
                if sums.curvature is None:
                    rows = self.rows(part, u, 2)
                    sums = part.complete(rows, u, 2)
                    residual = math.inf
                    continue
                done = residual <= 1e3 * max(goal, 1e-12 * abs(sums.value))
                return Found(u, u, rows, curvature, "converged" if done else "stalled")
            before, gradient = u, sums.gradient
            u, rows = moved, after
            sums = part.complete(rows, u, 1 if chord else 2)
            if chord:
                change: Array = sums.gradient - gradient  # type: ignore[operator]
                curvature = _learnt(curvature, u - before, change)

    def rows(self, part: Part, u: Array, order: int) -> Sums:
        """The sums over rows at a point of a part, counted."""
        self.passes[order] += 1
        return part.rows(u, order, self.single)

    def _advance(
        self, part: Part, u: Array, sums: Sums, step: Array, fall: float, order: int
    ) -> tuple[Array | None, Sums | None, float]:
        """The first point along the step that descends enough; None where there is none."""
        here = sums.value + part.kinks.value(u)
        rounding = 1e-14 * abs(here)
        length = 1.0
        while length > 1e-10:
            # A coefficient that goes to 0 in a full step is 0 exactly.
            trial = u + step if length == 1 else u + length * step
            found = self.rows(part, trial, order)
            reached = part.complete(found, trial, 0).value + part.kinks.value(trial)
            if _finite(found) and reached <= here - 1e-4 * length * fall + rounding:
                return trial, found, length
            length *= 0.5 if math.isfinite(reached) else 0.1
        return None, None, 0.0

    def _record(self, part: Part, u: Array, sums: Sums, fall: float, length: float) -> None:
        value = sums.value + part.kinks.value(u)
        phase = "all rows" if part.whole else f"{len(u)} of {part.size} coefficients"
        step = Step(phase, value, fall, length, sums.terms, sums.nll)
        self.trace.append(step)
        if self.progress is not None:
            self.progress(step)


def size_of(values: Array) -> float:
    """The largest entry, whatever its sign."""
    return float(np.max(np.abs(values), initial=0.0))


def _learnt(curvature: Array, step: Array, change: Array) -> Array:
    """A curvature that takes a step to the change of the gradient that was seen along it.

    Broyden, Fletcher, Goldfarb and Shanno: see Nocedal and Wright (2006), "Numerical
    Optimization", eq. 6.19.
    """
    moved = curvature @ step
    bent, seen = float(step @ moved), float(step @ change)
    if not (bent > 0 and 1e-4 * bent < seen < 1e4 * bent):
        return curvature
    return curvature + np.outer(change, change / seen) - np.outer(moved, moved / bent)


def _positive(curvature: Array, face: Array) -> Array:
    """The curvature where it is positive definite; else with its negative directions reflected.

    Coefficients at a kink that are not positive together with the others are taken apart from
    them, so that the others keep a curvature of their own.

    Args:
        curvature: (P, P).
        face: (P,) whether a coefficient moves freely.
    """
    if isinstance(curvature, Arrow):
        if factorise(curvature).definite:
            return curvature
        curvature = curvature.toarray()
    found = _reflected(curvature)
    if found is curvature or np.all(face):
        return found
    found = np.where(face[:, None] == face, found, 0.0)
    both = np.ix_(face, face)
    found[both] = _reflected(curvature[both])
    return found


def _reflected(curvature: Array) -> Array:
    direction = factorise(curvature)
    if direction.factor is not None or direction.values is None or direction.values.min() >= 0:
        return curvature
    scaled = direction.vectors / direction.scale[:, None]
    return (scaled * np.abs(direction.values)) @ scaled.T


def _finite(sums: Sums) -> bool:
    curvature = sums.curvature
    parts = curvature.parts if isinstance(curvature, Arrow) else (curvature,)
    return math.isfinite(sums.value) and all(
        part is None or bool(np.all(np.isfinite(part))) for part in (sums.gradient, *parts)
    )

"""Newton for objectives with norms of coefficients, of which some are exactly 0 at the optimum."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from likelier.engines import Sums
from likelier.errors import LikelierError
from likelier.objective import Kinks
from likelier.solvers._base import Objective, Solution, Solver, Step
from likelier.solvers._direction import factorise
from likelier.solvers._quadratic import minimise_quadratic
from likelier.solvers._working import Part, closed, screened, violated_most

Array = Any

_WHOLE = 32
"""Up to this many coefficients are searched at once, without a working set."""
_PATIENCE = 25
"""Steps over which the fall that the model promises must shrink fourfold."""
_CHEAP = 8
"""Up to this many coefficients a curvature costs little more than a gradient."""
_SPARE = 1.4
"""A working set that must grow takes in this many times what it needs, to grow seldom."""


class ProximalNewton(Solver):
    """Proximal Newton on a working set, the default where coefficients may be exactly 0.

    Of many coefficients only a working set is searched: those that are not 0, free ones, and those
    that violate their condition of optimality most. On it each step minimises the quadratic model
    with the norms themselves, a line search keeps the descent, and one curvature serves several
    steps while they contract. A pass over all columns then checks every coefficient, and violators
    join until there are none, so that what was left out was left out rightly.

    Args:
        tolerance: largest entry of the shortest subgradient of the mean objective, for columns of
            standard deviation 1: a certificate, which the solution carries as `residual`.
        max_iterations: a guard, not a criterion.

    Source: Lee, Sun and Saunders (2014), doi:10.1137/130921428; working sets, Massias, Gramfort
    and Salmon (2018), arXiv:1802.07481; strong rules, Tibshirani et al. (2012),
    doi:10.1111/j.1467-9868.2011.01004.x.

    Example:
        >>> import likelier as lk
        >>> lk.ProximalNewton(tolerance=1e-6).tolerance
        1e-06
    """

    proximal: ClassVar[bool] = True

    def __init__(self, tolerance: float = 1e-9, max_iterations: int = 500) -> None:
        if not tolerance > 0:
            raise LikelierError(f"ProximalNewton's tolerance is above 0; given: {tolerance}")
        if max_iterations < 1:
            raise LikelierError(
                f"ProximalNewton takes 1 iteration or more; given: {max_iterations}"
            )
        self.tolerance = tolerance
        self.max_iterations = max_iterations

    def minimise(
        self,
        function: Objective,
        start: Array,
        progress: Callable[[Step], None] | None = None,
    ) -> Solution:
        return next(self.follow([function], start, progress))

    def follow(
        self,
        functions: Iterable[Any],
        start: Array,
        progress: Callable[[Step], None] | None = None,
    ) -> Iterator[Solution]:
        """The minima of objectives that differ in the strengths of their penalties alone.

        Each search starts where the last one ended, on the coefficients that the sequential strong
        rule leaves, with its columns, gradient and curvature.

        Args:
            functions: the objectives, their strengths falling.
            start: where the first search begins.
            progress: called with each step.
        """
        search = _Search(self.tolerance, self.max_iterations, progress)
        for function in functions:
            solution = search.run(function, start)
            start = solution.theta
            yield solution


@dataclass(frozen=True, eq=False)
class _Known:
    """What one search leaves for the next: its part, the sums over rows, and a curvature."""

    part: Part
    kinks: Kinks
    rows: Sums
    curvature: Array | None


@dataclass(frozen=True, eq=False)
class _Found:
    """Where the search of a working set ended: the sums over rows, and with smooth penalties."""

    u: Array
    rows: Sums
    sums: Sums
    curvature: Array | None
    reason: str


class _Search:
    """Proximal Newton on one objective after the other, with its counts and its trace."""

    def __init__(
        self, tolerance: float, limit: int, progress: Callable[[Step], None] | None
    ) -> None:
        self.per_row = tolerance
        self.limit = limit
        self.progress = progress
        self.single = True
        self.known: _Known | None = None

    def run(self, function: Any, theta: Array) -> Solution:
        self.trace: list[Step] = []
        self.passes = {0: 0, 1: 0, 2: 0}
        self.falls: list[float] = []
        self.count = float(getattr(function, "total_weight", 1.0))
        self.tolerance = self.per_row * self.count
        size = len(theta)
        kinks = getattr(function, "kinks", None) or Kinks.none(size)
        whole = Part.of(function, np.arange(size), kinks)
        u = kinks.scale * theta
        part, rows, curvature = self._begin(function, kinks, whole, u)
        goal = self.tolerance
        while True:
            index = part.index
            found = self._within(part, u[index], rows, curvature, goal)
            u = np.zeros(size)
            u[index] = found.u
            # The gradient of all coefficients: the check of those that were left out.
            rows = found.rows if len(index) == size else self._rows(whole, u, 1)
            full = whole.complete(rows, u, 1)
            shortest = kinks.subgradient(u, full.gradient)
            worst = _size(shortest)
            working = np.zeros(size, dtype=bool)
            working[index] = True
            kept = int(np.sum((u != 0) | ~kinks.penalised))
            grown = violated_most(kinks, shortest, working, max(_WHOLE, kept))
            more = grown.sum() > len(index)
            exact = goal == self.tolerance
            if worst <= self.tolerance or found.reason != "converged" or (exact and not more):
                self.known = _Known(part, kinks, rows, found.curvature)
                return self._end(kinks, u, full, shortest, found, part)
            # Where passes over the working set cost little beside one over all columns, its
            # minimum is found exactly at once; so it is when nothing is left to join.
            goal = self.tolerance
            if more and 4 * grown.sum() > size:
                goal = max(goal, 0.1 * worst)
            curvature = None if more else found.curvature
            if more:
                part = Part.of(function, np.flatnonzero(grown), kinks)
            rows = _restricted(rows, part.index)

    def _begin(
        self, function: Any, kinks: Kinks, whole: Part, u: Array
    ) -> tuple[Part, Sums | None, Array | None]:
        """The first working set, with what is known there."""
        size, known = kinks.size, self.known
        if known is None:
            if size <= _WHOLE:
                return whole, None, None
            working = closed(kinks, (u != 0) | ~kinks.penalised)
            return Part.of(function, np.flatnonzero(working), kinks), None, None
        gradient = whole.complete(known.rows, u, 1).gradient
        needed = closed(kinks, screened(kinks, known.kinks, u, gradient))
        index = known.part.index
        if np.all(needed[index].sum() == needed.sum()):
            part = Part.of(function, index, kinks, known.part)
            return part, _restricted(known.rows, index), known.curvature
        # Grown with those next in line, so that the columns are copied seldom.
        spare = int((_SPARE - 1) * needed.sum()) + 8
        near = kinks.times(0.0).subgradient(u, gradient)
        working = violated_most(kinks, near, needed, spare)
        if 1.2 * working.sum() > size:
            working[:] = True
        index = np.flatnonzero(working)
        return Part.of(function, index, kinks), _restricted(known.rows, index), None

    def _within(
        self, part: Part, u: Array, rows: Sums | None, curvature: Array | None, goal: float
    ) -> _Found:
        """The minimum over a working set.

        Args:
            part: the objective there.
            u: where to begin.
            rows: the sums over rows at u, with their gradient, where they are known.
            curvature: one from nearby.
            goal: the largest entry of the shortest subgradient at the end.
        """
        kinks = part.kinks
        chord = len(u) > _CHEAP
        fresh = curvature is None
        if rows is None or curvature is None:
            rows = self._rows(part, u, 2)
            sums = part.complete(rows, u, 2)
        else:
            sums = part.complete(rows, u, 1)
        if not _finite(sums):
            return _Found(u, rows, sums, None, "not finite")
        residual = math.inf
        left = self.limit
        while True:
            last, residual = residual, _size(kinks.subgradient(u, sums.gradient))
            if sums.curvature is not None:
                curvature, fresh = _positive(sums.curvature), True
            if residual <= goal:
                return _Found(u, rows, sums, curvature, "converged")
            if left <= 0:
                return _Found(u, rows, sums, curvature, "limit")
            if residual > 0.1 * last and sums.curvature is None:
                # Steps that a fresh curvature in single precision turns badly want a better one.
                self.single = self.single and not fresh
                rows = self._rows(part, u, 2)
                sums = part.complete(rows, u, 2)
                curvature, fresh = _positive(sums.curvature), True
            linear = sums.gradient - curvature @ u
            aim = minimise_quadratic(curvature, linear, kinks, u, 1e-2 * self.tolerance)
            step = aim - u
            fall = -float(sums.gradient @ step + kinks.value(aim) - kinks.value(u))
            self.falls.append(fall)
            if len(self.falls) > 2 * _PATIENCE and fall > 0.25 * self.falls[-_PATIENCE]:
                return _Found(u, rows, sums, curvature, "unbounded")
            moved, after, length = None, None, 0.0
            if fall > 0:
                moved, after, length = self._advance(part, u, sums, step, fall, 1 if chord else 2)
            self._record(part, u, sums, fall, length)
            left -= 1
            if moved is None or after is None:
                if sums.curvature is None:
                    rows = self._rows(part, u, 2)
                    sums = part.complete(rows, u, 2)
                    residual = math.inf
                    continue
                done = residual <= 1e3 * max(goal, 1e-12 * abs(sums.value))
                return _Found(u, rows, sums, curvature, "converged" if done else "stalled")
            u, rows = moved, after
            sums = part.complete(rows, u, 1 if chord else 2)

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
            found = self._rows(part, trial, order)
            reached = part.complete(found, trial, 0).value + part.kinks.value(trial)
            if _finite(found) and reached <= here - 1e-4 * length * fall + rounding:
                return trial, found, length
            length *= 0.5 if math.isfinite(reached) else 0.1
        return None, None, 0.0

    def _rows(self, part: Part, u: Array, order: int) -> Sums:
        self.passes[order] += 1
        return part.rows(u, order, self.single)

    def _record(self, part: Part, u: Array, sums: Sums, fall: float, length: float) -> None:
        value = sums.value + part.kinks.value(u)
        phase = f"{len(u)} of {part.size} coefficients" if len(u) < part.size else "all rows"
        step = Step(phase, value, fall, length, sums.terms, sums.nll)
        self.trace.append(step)
        if self.progress is not None:
            self.progress(step)

    def _end(
        self, kinks: Kinks, u: Array, sums: Sums, shortest: Array, found: _Found, part: Part
    ) -> Solution:
        """The solution, with the certificate that every coefficient was checked."""
        conditioning, definite = 0.0, False
        if found.curvature is not None:
            active = (found.u != 0) | ~part.kinks.penalised
            direction = factorise(found.curvature[np.ix_(active, active)])
            conditioning, definite = direction.conditioning, direction.definite
        return Solution(
            u / kinks.scale,
            sums.value + kinks.value(u),
            shortest * kinks.scale,
            None,
            self.falls[-1] if self.falls else 0.0,
            found.reason == "converged" and (definite or not np.any(u)),
            found.reason,
            self.passes,
            conditioning,
            self.trace,
            _size(shortest) / self.count,
        )


def _restricted(rows: Sums, index: Array) -> Sums:
    """Sums over rows with the gradient in some coefficients."""
    return Sums(rows.value, rows.gradient[index], None, rows.nll)  # type: ignore[index]


def _positive(curvature: Array) -> Array:
    """The curvature where it is positive definite; else with its negative directions reflected."""
    direction = factorise(curvature)
    if direction.factor is not None or direction.values is None or direction.values.min() >= 0:
        return curvature
    scaled = direction.vectors / direction.scale[:, None]
    return (scaled * np.abs(direction.values)) @ scaled.T


def _size(values: Array) -> float:
    return float(np.max(np.abs(values), initial=0.0))


def _finite(sums: Sums) -> bool:
    return (
        math.isfinite(sums.value)
        and (sums.gradient is None or bool(np.all(np.isfinite(sums.gradient))))
        and (sums.curvature is None or bool(np.all(np.isfinite(sums.curvature))))
    )

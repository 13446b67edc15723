"""Newton for objectives with norms of coefficients, of which some are exactly 0 at the optimum."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from likelier.engines import Sums
from likelier.errors import LikelierError
from likelier.objective import Kinks
from likelier.solvers._base import Objective, Solution, Solver, Step
from likelier.solvers._direction import factorise
from likelier.solvers._quadratic import minimise_quadratic

Array = Any

_WHOLE = 32
"""Up to this many coefficients are searched at once, without a working set."""
_PATIENCE = 25
"""Steps over which the fall that the model promises must shrink fourfold."""
_CHEAP = 8
"""Up to this many coefficients a curvature costs little more than a gradient."""


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
        return _Search(function, self.tolerance, self.max_iterations, progress).run(start)


@dataclass(frozen=True, eq=False)
class _Part:
    """An objective as a function of some of the coefficients, in u = d ∘ θ, the others 0."""

    function: Any
    index: Array
    kinks: Kinks
    size: int
    selected: bool

    def __call__(self, u: Array, order: int) -> Sums:
        """The smooth part, its derivatives in u."""
        scale = self.kinks.scale
        theta = u / scale
        if not self.selected:
            theta, full = np.zeros(self.size), theta
            theta[self.index] = full
        smooth = getattr(self.function, "smooth", self.function)
        sums = smooth(theta, order)
        gradient, curvature = sums.gradient, sums.curvature
        if gradient is not None:
            gradient = (gradient if self.selected else gradient[self.index]) / scale
        if curvature is not None:
            if not self.selected:
                curvature = curvature[np.ix_(self.index, self.index)]
            curvature = curvature / np.outer(scale, scale)
        return replace(sums, gradient=gradient, curvature=curvature)


class _Search:
    """One run of proximal Newton, with its counts and its trace."""

    def __init__(
        self,
        function: Any,
        tolerance: float,
        limit: int,
        progress: Callable[[Step], None] | None,
    ) -> None:
        self.function = function
        self.rows = float(getattr(function, "total_weight", 1.0))
        self.tolerance = tolerance * self.rows
        self.left = limit
        self.progress = progress
        self.trace: list[Step] = []
        self.passes = {0: 0, 1: 0, 2: 0}
        self.falls: list[float] = []

    def run(self, theta: Array) -> Solution:
        size = len(theta)
        kinks = getattr(self.function, "kinks", None) or Kinks.none(size)
        u = kinks.scale * theta
        working = np.ones(size, dtype=bool)
        if size > _WHOLE:
            working = _closed(kinks, (u != 0) | ~kinks.penalised)
        goal = self.tolerance
        while True:
            index = np.flatnonzero(working)
            part = self._part(index, kinks)
            found = self._within(part, u[index], goal)
            u = np.zeros(size)
            u[index] = found.u
            # The gradient of all coefficients: the check of those that were left out.
            full = self._all(kinks, u, found, working)
            shortest = kinks.subgradient(u, full.gradient)
            worst = float(np.max(np.abs(shortest), initial=0.0))
            if worst <= self.tolerance or found.reason != "converged":
                return self._end(kinks, u, full, shortest, found, index)
            grown = _grown(kinks, u, shortest, working)
            # Where passes over the working set cost little beside one over all columns, its
            # minimum is found exactly at once; so it is when nothing is left to join.
            cheap = 4 * grown.sum() <= size or grown.sum() == working.sum()
            goal = self.tolerance if cheap else max(self.tolerance, 0.1 * worst)
            working = grown

    def _part(self, index: Array, kinks: Kinks) -> _Part:
        """The objective on a working set, its columns copied where that is possible."""
        size = kinks.size
        if len(index) == size:
            return _Part(self.function, index, kinks, size, True)
        select = getattr(self.function, "select", None)
        chosen = None if select is None else select(index)
        if chosen is None:
            return _Part(self.function, index, kinks.select(index), size, False)
        return _Part(chosen, index, kinks.select(index), size, True)

    def _all(self, kinks: Kinks, u: Array, found: _Found, working: Array) -> Sums:
        """Value and gradient over all coefficients."""
        if working.all():
            return found.sums
        self.passes[1] += 1
        return _Part(self.function, np.arange(kinks.size), kinks, kinks.size, True)(u, 1)

    def _within(self, part: _Part, u: Array, goal: float) -> _Found:
        """The minimum over a working set."""
        sums = self._evaluate(part, u, 2)
        if not _finite(sums):
            return _Found(u, sums, None, "not finite")
        curvature = _positive(sums.curvature)
        kinks = part.kinks
        chord = len(u) > _CHEAP
        residual = math.inf
        fresh = True
        while True:
            last, residual = residual, _size(kinks.subgradient(u, sums.gradient))
            if residual <= goal:
                return _Found(u, sums, curvature, "converged")
            if self.left <= 0:
                return _Found(u, sums, curvature, "limit")
            if sums.curvature is not None:
                curvature, fresh = _positive(sums.curvature), True
            elif residual > 0.1 * last and not fresh:
                sums = self._evaluate(part, u, 2)
                curvature, fresh = _positive(sums.curvature), True
            linear = sums.gradient - curvature @ u
            aim = minimise_quadratic(curvature, linear, kinks, u, 1e-2 * self.tolerance)
            step = aim - u
            fall = -float(sums.gradient @ step + kinks.value(aim) - kinks.value(u))
            self.falls.append(fall)
            if len(self.falls) > 2 * _PATIENCE and fall > 0.25 * self.falls[-_PATIENCE]:
                return _Found(u, sums, curvature, "unbounded")
            moved, after, length = u, None, 0.0
            if fall > 0:
                moved, after, length = self._advance(part, u, sums, step, fall, 1 if chord else 2)
            self._record(part, u, sums, fall, length)
            self.left -= 1
            if after is None:
                if not fresh:
                    residual = math.inf
                    sums = self._evaluate(part, u, 2)
                    continue
                done = residual <= 1e3 * max(goal, 1e-12 * abs(sums.value))
                return _Found(u, sums, curvature, "converged" if done else "stalled")
            u, sums, fresh = moved, after, False

    def _advance(
        self, part: _Part, u: Array, sums: Sums, step: Array, fall: float, order: int
    ) -> tuple[Array, Sums | None, float]:
        """The first point along the step that descends enough; None where there is none."""
        here = sums.value + part.kinks.value(u)
        rounding = 1e-14 * abs(here)
        length = 1.0
        while length > 1e-10:
            trial = u + length * step if length < 1 else u + step
            found = self._evaluate(part, trial, order)
            reached = found.value + part.kinks.value(trial)
            if _finite(found) and reached <= here - 1e-4 * length * fall + rounding:
                return trial, found, length
            length *= 0.5 if math.isfinite(reached) else 0.1
        return u, None, 0.0

    def _evaluate(self, part: _Part, u: Array, order: int) -> Sums:
        self.passes[order] += 1
        return part(u, order)

    def _record(self, part: _Part, u: Array, sums: Sums, fall: float, length: float) -> None:
        value = sums.value + part.kinks.value(u)
        phase = f"{len(u)} of {part.size} coefficients" if len(u) < part.size else "all rows"
        step = Step(phase, value, fall, length, sums.terms, sums.nll)
        self.trace.append(step)
        if self.progress is not None:
            self.progress(step)

    def _end(
        self, kinks: Kinks, u: Array, sums: Sums, shortest: Array, found: _Found, index: Array
    ) -> Solution:
        """The solution, with the certificate that every coefficient was checked."""
        residual = _size(shortest) / self.rows
        conditioning, definite = 0.0, False
        if found.curvature is not None:
            active = (found.u != 0) | ~kinks.select(index).penalised
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
            residual,
        )


@dataclass(frozen=True, eq=False)
class _Found:
    """Where the search of a working set ended."""

    u: Array
    sums: Sums
    curvature: Array | None
    reason: str


def _closed(kinks: Kinks, wanted: Array) -> Array:
    """A mask of coefficients that holds whole groups."""
    inside = kinks.member >= 0
    touched = np.zeros(len(kinks.norm) + 1, dtype=bool)
    touched[kinks.member[wanted & inside]] = True
    return wanted | (inside & touched[kinks.member])


def _grown(kinks: Kinks, u: Array, shortest: Array, working: Array) -> Array:
    """The coefficients that are not 0, free or violated most: at most twice as many as before."""
    kept = (u != 0) | ~kinks.penalised
    size = np.where(working, 0.0, np.abs(shortest))
    count = max(_WHOLE, int(kept.sum()))
    order = np.argsort(-size)[:count]
    wanted = working.copy()
    wanted[order[size[order] > 0]] = True
    return _closed(kinks, wanted)


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

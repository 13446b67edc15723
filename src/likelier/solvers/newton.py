"""Newton with line search: full curvature for small tables, a kept curvature for large ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from likelier.engines import LikelihoodSum, Sums
from likelier.errors import LikelierError
from likelier.predictors import Arrow
from likelier.solvers._base import Objective, Solution, Solver, Step
from likelier.solvers._direction import Direction, factorise
from likelier.solvers._samples import spread

Array = Any

_PATIENCE = 25
"""Iterations over which the decrement must fall at least fourfold."""
_ROUGH = 1e-3
"""Conditioning below which single precision is too coarse for the curvature of a chord."""
_CHORD_ROWS = 50_000
"""From here on, a pass with curvature costs much more than one without."""


class Newton(Solver):
    """Damped Newton, the default for linear predictors.

    Curvature is the observed information; where that is indefinite, negative directions are
    reflected, and where a step does not descend enough it is shortened by backtracking. On large
    tables the start comes from a spread sample of the rows, and one curvature serves several
    steps (chord Newton) until the contraction is poor: the gradient is always exact and of all
    rows, so the optimum is the same.

    Args:
        tolerance: Newton decrement λ² in nats below which one last step ends the search.
        max_iterations: a guard, not a criterion.
        chord: whether one curvature may serve several steps; not where it changes much on the way.

    Source: Nocedal and Wright (2006), Numerical Optimization, ch. 3 and 6; the decrement as in
    Boyd and Vandenberghe (2004), section 9.5.

    Example:
        >>> import likelier as lk
        >>> lk.Newton(max_iterations=50).max_iterations
        50
    """

    def __init__(
        self, tolerance: float = 1e-10, max_iterations: int = 200, chord: bool = True
    ) -> None:
        if not tolerance > 0:
            raise LikelierError(f"Newton's tolerance is above 0; given: {tolerance}")
        if max_iterations < 1:
            raise LikelierError(f"Newton takes 1 iteration or more; given: {max_iterations}")
        self.tolerance = tolerance
        self.max_iterations = max_iterations
        self.chord = chord
        self.samples = True

    def resumed(self) -> Newton:
        """The same search from a point that it has reached before, which no sample improves."""
        again = Newton(self.tolerance, self.max_iterations, self.chord)
        again.samples = False
        return again

    def minimise(
        self,
        function: Objective,
        start: Array,
        progress: Callable[[Step], None] | None = None,
    ) -> Solution:
        search = _Search(function, self.tolerance, self.max_iterations, progress)
        if self.chord and isinstance(function, LikelihoodSum) and function.rows > _CHORD_ROWS:
            if self.samples:
                start = search.from_samples(function, start)
            return search.run(start, chord=True, phase="all rows")
        return search.run(start, chord=False, phase="all rows")


class _Search:
    """One run of Newton, with its counts and its trace."""

    def __init__(
        self,
        function: Objective,
        tolerance: float,
        limit: int,
        progress: Callable[[Step], None] | None,
    ) -> None:
        self.function = function
        self.tolerance = tolerance
        self.limit = limit
        self.progress = progress
        self.trace: list[Step] = []
        self.passes = {0: 0, 1: 0, 2: 0}

    def from_samples(self, function: LikelihoodSum, start: Array) -> Array:
        """A start that is within the sampling error of growing shares of the rows."""
        held = function.sample
        parts = [(share, held.on(spread(held.chunks, share))) for share in (256, 16)]
        if held is not function:
            parts.append((1, held))
        for share, part in parts:
            if part.rows < 20 * len(start):
                continue
            # A sample's optimum is only good to its sampling error, about one nat a coefficient.
            sample = _Search(part, 1e-2, 30, None)
            found = sample.run(
                start, chord=False, phase=f"1/{share * function.behind:.3g} of the rows"
            )
            self.trace += sample.trace
            if found.converged:
                start = found.theta
        return start

    def evaluate(self, theta: Array, order: int) -> Sums:
        self.passes[order] += 1
        return self.function(theta, order)

    def _rough(self, theta: Array) -> Sums:
        """Value and gradient as ever, curvature in single precision: it only turns the step."""
        self.passes[2] += 1
        assert isinstance(self.function, LikelihoodSum)
        return replace(self.function, single=True)(theta, 2)

    def run(self, theta: Array, chord: bool, phase: str) -> Solution:
        """Iterate from `theta`; with `chord`, curvature is only refreshed when it must be."""
        sums = self._rough(theta) if chord else self.evaluate(theta, 2)
        if not is_finite(sums):
            return self._end(theta, sums, math.inf, False, "not finite")
        direction = factorise(sums.curvature)
        if chord and direction.conditioning < _ROUGH:
            sums = self.evaluate(theta, 2)
            direction = factorise(sums.curvature)
        fresh = True
        decrements: list[float] = []
        for _ in range(self.limit):
            step = -direction.solve(sums.gradient)
            decrement = -float(sums.gradient @ step)
            last = decrement <= self.tolerance
            decrements.append(decrement)
            if len(decrements) > 2 * _PATIENCE and decrement > 0.25 * decrements[-_PATIENCE]:
                # Steps that bring the end no nearer: a likelihood without a bound, or an end that
                # rounding error of the slopes hides.
                reason = "converged" if _is_rounding(decrement, sums) else "unbounded"
                definite = reason == "converged" and direction.definite
                return self._end(theta, sums, decrement, definite, reason)
            theta_new, sums_new, length = self._advance(theta, sums, step, decrement, chord)
            self._record(phase, sums, decrement, length, theta_new)
            if sums_new is None:
                # No descent along this direction: at the optimum that is rounding error.
                if not fresh:
                    sums = self.evaluate(theta, 2)
                    direction, fresh = factorise(sums.curvature), True
                    continue
                done = _is_rounding(decrement, sums)
                return self._end(
                    theta,
                    sums,
                    decrement,
                    done and direction.definite,
                    "converged" if done else "stalled",
                )
            theta, sums = theta_new, sums_new
            if last:
                if sums.curvature is not None:
                    direction = factorise(sums.curvature)
                return self._end(theta, sums, decrement, direction.definite, "converged", direction)
            if sums.curvature is not None:
                direction, fresh = factorise(sums.curvature), True
                continue
            fresh = False
            ahead = float(sums.gradient @ direction.solve(sums.gradient))
            if ahead > 0.1 * decrement and ahead > self.tolerance:
                sums = self.evaluate(theta, 2)
                direction, fresh = factorise(sums.curvature), True
        return self._end(theta, sums, decrement, False, "limit")

    def _advance(
        self, theta: Array, sums: Sums, step: Array, decrement: float, chord: bool
    ) -> tuple[Array, Sums | None, float]:
        """The first point along the step that descends enough; None where there is none."""
        rounding = 1e-14 * abs(sums.value)
        length = 1.0
        whole = 1 if chord else 2
        # Nearly all full steps are taken, so theirs is one pass; a shortened one is tried by value.
        order = whole
        while length > 1e-10:
            trial = theta + length * step
            found = self.evaluate(trial, order)
            low_enough = sums.value - 1e-4 * length * decrement + rounding
            if is_finite(found) and found.value <= low_enough:
                if order < whole:
                    found = self.evaluate(trial, whole)
                if is_finite(found):
                    return trial, found, length
            order = 0
            if math.isfinite(found.value):
                # Minimum of the parabola through both values and the slope.
                rise = found.value - sums.value + length * decrement
                best = length * length * decrement / (2 * rise) if rise > 0 else 0.5 * length
                length = float(np.clip(best, 0.1 * length, 0.5 * length))
            else:
                length *= 0.1
        return theta, None, 0.0

    def _record(
        self, phase: str, sums: Sums, decrement: float, length: float, theta: Array
    ) -> None:
        step = Step(phase, sums.value, decrement, length, sums.terms, sums.nll, theta)
        self.trace.append(step)
        if self.progress is not None:
            self.progress(step)

    def _end(
        self,
        theta: Array,
        sums: Sums,
        decrement: float,
        converged: bool,
        reason: str,
        direction: Direction | None = None,
    ) -> Solution:
        return Solution(
            theta,
            sums.value,
            sums.gradient,
            sums.curvature,
            decrement,
            converged,
            reason,
            self.passes,
            0.0 if direction is None else direction.conditioning,
            self.trace,
        )


def _is_rounding(decrement: float, sums: Sums) -> bool:
    """Whether a decrement is what rounding error leaves."""
    return decrement <= max(1e-8, 1e-13 * abs(sums.value))


def is_finite(sums: Sums) -> bool:
    """Whether value, gradient and curvature (where taken) are finite."""
    if not math.isfinite(sums.value):
        return False
    if sums.gradient is not None and not np.all(np.isfinite(sums.gradient)):
        return False
    curvature = sums.curvature
    if isinstance(curvature, Arrow):
        return curvature.is_finite
    return curvature is None or bool(np.all(np.isfinite(curvature)))

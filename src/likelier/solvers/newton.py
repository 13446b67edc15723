"""Newton with line search: full curvature for small tables, that of a sample for large ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np

from likelier.engines import LikelihoodSum, Sums, single_threaded
from likelier.predictors import Arrow
from likelier.solvers._base import IterativeSolver, Objective, Solution, Step, unchanged
from likelier.solvers._direction import Direction, factorise
from likelier.solvers._metric import Recent
from likelier.solvers._samples import largest_sample, sample_sizes, spread

Array = Any

_PATIENCE = 25
"""Iterations over which the decrement must fall at least fourfold."""
_ROUGH = 1e-3
"""Conditioning below which single precision is too coarse for the curvature of a chord."""
_CHORD_ROWS = 50_000
"""From here on, a pass with curvature costs much more than one without."""
_MANY_COEFFICIENTS = 1000
_MEMORY = 20
"""Steps by which a kept curvature is corrected."""
_AFTER = 4
"""Steps that a search takes to its end after a fresh curvature."""
_NOTHING = 1e-20
"""Decrement of a step that moves nothing by more than 1e-10 standard errors."""
_TRUSTED = 0.1
"""Share of the tolerance that a last step must leave to be taken without a look at where it led."""


class Newton(IterativeSolver):
    """Damped Newton, the default for linear predictors.

    Curvature is the observed information; where that is indefinite, negative directions are
    reflected, and where a step does not descend enough it is shortened by backtracking. On large
    tables start and curvature come from a spread sample of the rows, and the one curvature serves
    all steps, corrected by what they learn (chord Newton with L-BFGS updates); all rows are asked
    for theirs only where that is cheaper than the steps still to go. The gradient is always exact
    and of all rows, so the optimum is the same.

    Args:
        tolerance: Newton decrement λ² in nats below which one last step ends the search.
        max_iterations: a guard, not a criterion.
        chord: whether one curvature may serve several steps; not where it changes much on the way.

    Source: Nocedal and Wright (2006), Numerical Optimization, ch. 3 and 7; the decrement as in
    Boyd and Vandenberghe (2004), section 9.5; curvature of a sample as in Byrd et al. (2011),
    doi:10.1137/10079923X.

    Example:
        >>> import likelier as lk
        >>> lk.Newton(max_iterations=50).max_iterations
        50
    """

    def __init__(
        self, tolerance: float = 1e-10, max_iterations: int = 200, chord: bool = True
    ) -> None:
        super().__init__(tolerance, max_iterations)
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
        large = isinstance(function, LikelihoodSum) and function.rows > _CHORD_ROWS
        chord = self.chord and large
        search = _Search(function, self.tolerance, self.max_iterations, chord, progress)
        # Factors of few coefficients are no work for several threads of BLAS, which spin in wait.
        alone = chord and len(start) < _MANY_COEFFICIENTS
        with single_threaded() if alone else nullcontext():
            kept = None
            if chord and self.samples:
                start, kept = search.from_samples(start)
            return search.run(start, "all rows", kept)


class _Search:
    """One run of Newton, with its counts and its trace.

    Args:
        function: what is minimised.
        tolerance, limit: of the decrement and of iterations.
        chord: whether steps are tried by their gradient alone, under a curvature that is kept.
        progress: told of each step.
        trusted: share of the tolerance that a last step must leave to be taken without a look at
            where it led.
    """

    def __init__(
        self,
        function: Objective,
        tolerance: float,
        limit: int,
        chord: bool,
        progress: Callable[[Step], None] | None = None,
        trusted: float = _TRUSTED,
    ) -> None:
        self.function = function
        self.tolerance = tolerance
        self.limit = limit
        self.chord = chord
        self.progress = progress
        self.trusted = trusted
        # In single precision where it only turns steps.
        self.single = chord
        self.trace: list[Step] = []
        self.passes = {0: 0, 1: 0, 2: 0}

    def from_samples(self, start: Array) -> tuple[Array, Any]:
        """A start within the sampling error of growing samples of the rows, and their curvature.

        The curvature is that of the largest, factorised, or None where it says too little of that
        of all rows; or where these are read anew in each pass, beside which it costs nothing.
        """
        function = self.function
        assert isinstance(function, LikelihoodSum)
        held = function.sample
        all_held = held is function
        last = largest_sample(held, len(start)) if all_held else held.rows
        curvature, weight = None, 1.0
        for rows in sample_sizes(last, len(start)):
            whole = rows == held.rows
            part = held if whole else held.on(spread(held.chunks, held.rows // rows)).gathered()
            kept = _usable(curvature, part.total_weight / weight)
            # A sample's optimum is only good to its sampling error, about one nat a coefficient.
            sample = _Search(part, 0.1 * len(start), 30, chord=True, trusted=1.0)
            share = function.rows / part.rows
            found = sample.run(start, f"1/{share:.3g} of the rows", kept)
            self.trace += sample.trace
            curvature = None
            if found.converged:
                start, weight = found.theta, part.total_weight
                if all_held or not whole:
                    curvature = sample.evaluate(start, 2).curvature
        return start, _usable(curvature, function.total_weight / weight)

    def evaluate(self, theta: Array, order: int) -> Sums:
        self.passes[order] += 1
        if order == 2 and self.single:
            assert isinstance(self.function, LikelihoodSum)
            return replace(self.function, single=True)(theta, 2)
        return self.function(theta, order)

    def _turned(self, theta: Array, sums: Sums) -> tuple[Sums, Any]:
        """The sums at a point with their curvature factorised, in double precision if need be."""
        direction = factorise(sums.curvature)
        if self.single and direction.conditioning < _ROUGH:
            self.single = False
            sums = self.evaluate(theta, 2)
            direction = factorise(sums.curvature)
        return sums, direction

    def run(self, theta: Array, phase: str, kept: Any = None) -> Solution:
        """Iterate from `theta`, with a kept curvature (factorised) if one is given."""
        sums = self.evaluate(theta, 2 if kept is None else 1)
        if not is_finite(sums):
            return self._end(theta, sums, math.inf, False, "not finite")
        direction = kept
        if kept is None:
            sums, direction = self._turned(theta, sums)
        metric, fresh = Recent(direction, _MEMORY), kept is None
        decrements: list[float] = []
        length = 0.0
        for _ in range(self.limit):
            step = -metric.solve(sums.gradient)
            decrement = -float(sums.gradient @ step)
            last = decrement <= self.tolerance
            decrements.append(decrement)
            if len(decrements) > 2 * _PATIENCE and decrement > 0.25 * decrements[-_PATIENCE]:
                # Steps that bring the end no nearer: a likelihood without a bound, or an end that
                # rounding error of the slopes hides.
                reason = "converged" if _is_rounding(decrement, sums) else "unbounded"
                definite = reason == "converged" and direction.definite
                return self._end(theta, sums, decrement, definite, reason)
            # A shortened step, or one under another curvature, says nothing of the next.
            steady = self.chord and not fresh and length == 1.0
            if steady and _is_foreseen(decrements, self.trusted * self.tolerance):
                sums = replace(sums, value=sums.value - decrement / 2)
                return self._end(
                    theta + step, sums, decrement, direction.definite, "converged", direction
                )
            if last and not self.chord and self._is_certain(decrements, direction):
                # A look at where the last step leads would change no digit of it.
                self._record(phase, sums, decrement, 1.0, theta + step)
                return self._unseen_end(theta + step, sums, decrement, direction)
            after, found, length = self._advance(theta, sums, step, decrement)
            self._record(phase, sums, decrement, length, after)
            if found is None:
                # No descent along this direction: at the optimum that is rounding error.
                if not fresh:
                    sums, direction = self._turned(theta, self.evaluate(theta, 2))
                    metric, fresh = Recent(direction, _MEMORY), True
                    continue
                done = _is_rounding(decrement, sums)
                return self._end(
                    theta,
                    sums,
                    decrement,
                    done and direction.definite,
                    "converged" if done else "stalled",
                )
            before, slope = theta, sums.gradient
            theta, sums = after, found
            if sums.curvature is not None:
                sums, direction = self._turned(theta, sums)
            if last:
                return self._end(theta, sums, decrement, direction.definite, "converged", direction)
            if sums.curvature is not None:
                metric = Recent(direction, _MEMORY)
                continue
            fresh = False
            gradient: Array = sums.gradient
            metric.learn(theta - before, gradient - slope)
            ahead = float(sums.gradient @ metric.solve(sums.gradient))
            if self._contracts_poorly(decrement, ahead):
                sums, direction = self._turned(theta, self.evaluate(theta, 2))
                metric, fresh = Recent(direction, _MEMORY), True
        return self._end(theta, sums, decrement, False, "limit")

    def _is_certain(self, decrements: list[float], direction: Any) -> bool:
        """Whether a last step under a curvature of its own point is certain to arrive."""
        safe = direction.definite and direction.conditioning > _ROUGH
        return safe and (decrements[-1] <= _NOTHING or _is_foreseen(decrements, self.tolerance))

    def _unseen_end(
        self, theta: Array, sums: Sums, decrement: float, direction: Direction
    ) -> Solution:
        """The end of a search whose last pass, with the curvature, waits to be asked for."""
        value, function = sums.value - decrement / 2, self.function

        def source() -> Array:
            return unchanged(function(theta, 2), value).curvature

        return Solution(
            theta,
            value,
            sums.gradient,
            source,
            decrement,
            True,
            "converged",
            self.passes,
            direction.conditioning,
            self.trace,
            nearby=sums.curvature,
        )

    def _contracts_poorly(self, decrement: float, ahead: float) -> bool:
        """Whether the steps still to go cost more than a fresh curvature and those after it."""
        if ahead <= self.tolerance:
            return False
        if ahead >= decrement:
            return True
        assert isinstance(self.function, LikelihoodSum)
        left = math.log(self.tolerance / ahead) / math.log(ahead / decrement)
        return left > self.function.dearness + _AFTER

    def _advance(
        self, theta: Array, sums: Sums, step: Array, decrement: float
    ) -> tuple[Array, Sums | None, float]:
        """The first point along the step that descends enough; None where there is none."""
        rounding = 1e-14 * abs(sums.value)
        length = 1.0
        whole = 1 if self.chord else 2
        # Nearly all full steps are taken, so theirs is one pass; a shortened one is tried by value.
        order = whole
        while length > 1e-10:
            trial = theta + length * step
            found = self.evaluate(trial, order)
            low_enough = sums.value - 1e-4 * length * decrement + rounding
            if found.value <= low_enough and is_finite(found):
                if order < whole:
                    found = self.evaluate(trial, whole)
                if order == whole or is_finite(found):
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
            # A rough one has turned the steps, and says too little of errors.
            None if self.chord else sums.curvature,
            decrement,
            converged,
            reason,
            self.passes,
            0.0 if direction is None else direction.conditioning,
            self.trace,
        )


def _is_foreseen(decrements: list[float], tolerance: float) -> bool:
    """Whether one more step ends the search for certain, as it contracts like the one before."""
    if len(decrements) < 2:
        return False
    last = decrements[-1]
    return last * last / decrements[-2] <= tolerance


def _usable(curvature: Array, ratio: float) -> Any:
    """A sample's curvature, factorised, for so many times its rows; None where it says little."""
    if curvature is None:
        return None
    found = factorise(curvature * ratio)
    return None if found.conditioning < _ROUGH else found


def _is_rounding(decrement: float, sums: Sums) -> bool:
    """Whether a decrement is what rounding error leaves."""
    return decrement <= max(1e-8, 1e-13 * abs(sums.value))


def is_finite(sums: Sums) -> bool:
    """Whether value, gradient and curvature (where taken) are finite."""
    if not math.isfinite(sums.value):
        return False
    if sums.gradient is not None and not np.isfinite(sums.gradient).all():
        return False
    curvature = sums.curvature
    if isinstance(curvature, Arrow):
        return curvature.is_finite
    return curvature is None or bool(np.isfinite(curvature).all())

"""Levenberg-Marquardt: damped Fisher scoring for predictors that are curves."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from likelier.engines import Sums
from likelier.solvers._base import IterativeSolver, Objective, Solution, Solver, Step
from likelier.solvers._direction import factorise
from likelier.solvers.bfgs import BFGS
from likelier.solvers.newton import Newton, is_finite

Array = Any

_FIRST_DAMPING = 1e-3
_MOST_DAMPING = 1e12
_NEAR = 1e-4
"""Decrement in nats from which Newton's method, with the full curvature, does the rest."""
_WEIGHTS = 1e-3
"""Decrement in nats at which a search among weights ends: a thousandth of a standard error."""
_FINALISTS = 3
"""The best of several starts that are followed to their ends."""
_SLOW, _GAIN = 12, 1e-6
"""Steps that must gain this many nats; curves that fit badly are left to Newton."""
_SETTLING = 60
"""Steps for the other unknowns: the logarithm of a scale that is far off moves by ½ a step."""
_LONGEST = 2.0
"""A step of theirs in a linear predictor."""
_SCREENING = 12
"""Steps from each of several starts before the best of them goes on."""


class LevenbergMarquardt(IterativeSolver):
    r"""Levenberg-Marquardt, the default for a `Function` and an `ODE`.

    The step s solves (H + λ diag H) s = −g, with H the expected information: JᵀWJ, J the
    Jacobian of the curve, so that for a Normal target this is Levenberg's and Marquardt's method
    for least squares and for any other family its counterpart. λ falls as long as the quadratic
    model predicts well and rises where it does not; a step at which the curve does not exist (a
    trajectory that blows up) is refused and shortened. The last steps are Newton's, with the exact
    second derivatives, and so is the verdict on convergence; where a curve holds a network, whose
    likelihood has saddles and plateaus, they are those of BFGS.

    Where the objective says which unknowns are its curve's, the others (a scale, say) are brought
    to their optimum after each step, as variable projection does: far from the answer a scale
    that is still too large or too small would misjudge every step.

    Args:
        tolerance: Newton decrement λ² in nats below which the search ends.
        max_iterations: a guard, not a criterion.

    Source: Marquardt (1963), doi:10.1137/0111030; Moré (1978), doi:10.1007/BFb0067700; the rule
    for λ: Nielsen (1999), Damping parameter in Marquardt's method; variable projection: Golub and
    Pereyra (1973), doi:10.1137/0710036.

    Example:
        >>> import likelier as lk
        >>> lk.LevenbergMarquardt(max_iterations=50).max_iterations
        50
    """

    def __init__(self, tolerance: float = 1e-10, max_iterations: int = 300) -> None:
        super().__init__(tolerance, max_iterations)

    def minimise(
        self,
        function: Objective,
        start: Array,
        progress: Callable[[Step], None] | None = None,
    ) -> Solution:
        return self.minimise_from(function, [start], progress)

    def minimise_from(
        self,
        function: Objective,
        starts: Sequence[Array],
        progress: Callable[[Step], None] | None = None,
    ) -> Solution:
        """The lowest minimum that is reached from several starts."""
        # Overflow in a trial step is an answer (the step is refused), not an accident.
        with np.errstate(all="ignore"):
            return self._minimise_from(function, starts, progress)

    def follow(
        self,
        function: Objective,
        start: Array,
        limit: int,
        phase: str,
        progress: Callable[[Step], None] | None = None,
    ) -> tuple[Array, list[Step], int]:
        """So many damped steps at most: where they lead, what they were, and the passes taken."""
        search = _Search(function, getattr(function, "width", None), progress)
        with np.errstate(all="ignore"):
            theta, _ = search.run(start, limit, phase)
        return theta, search.trace, search.passes[2]

    def _minimise_from(
        self,
        function: Objective,
        starts: Sequence[Array],
        progress: Callable[[Step], None] | None,
    ) -> Solution:
        predictor = getattr(function, "predictor", None)
        search = _Search(function, getattr(predictor, "width", None), progress)
        if len(starts) > 1:
            ends = [
                search.run(start, _SCREENING, f"start {i + 1}") for i, start in enumerate(starts)
            ]
            values = [sums.value if is_finite(sums) else math.inf for _, sums in ends]
            starts = [ends[i][0] for i in np.argsort(values, kind="stable")[:_FINALISTS]]
        last = finisher(function, self.tolerance, self.max_iterations)
        best: Solution | None = None
        for start in starts:
            theta, sums = search.run(start, self.max_iterations, "all rows")
            if is_finite(sums):
                found = last.minimise(function, theta, progress)
            else:
                value, gradient = math.inf, sums.gradient
                found = Solution(theta, value, gradient, None, math.inf, False, "not finite", {})
            if best is None or found.value < best.value - _GAIN:
                best = found
        assert best is not None
        found = best
        passes = {order: search.passes[order] + found.passes.get(order, 0) for order in (0, 1, 2)}
        return replace(found, passes=passes, trace=[*search.trace, *found.trace])


def finisher(function: Objective, tolerance: float = 1e-10, max_iterations: int = 200) -> Solver:
    """What takes the last steps: Newton, or BFGS where the curvature lacks second derivatives.

    Along the many combinations of weights that the data hardly know, what a Gauss-Newton curvature
    leaves out is as large as what it holds; differences of gradients find it.
    """
    predictor = getattr(function, "predictor", None)
    if not getattr(predictor, "bends", True):
        return BFGS(max(tolerance, _WEIGHTS), max_iterations)
    return Newton(tolerance, max_iterations)


class _Search:
    """Damped steps, with their counts and their trace."""

    def __init__(
        self, function: Objective, width: int | None, progress: Callable[[Step], None] | None
    ) -> None:
        self.function = function
        self.width = width
        self.progress = progress
        self.trace: list[Step] = []
        self.passes = {0: 0, 1: 0, 2: 0}

    def run(self, theta: Array, limit: int, phase: str) -> tuple[Array, Sums]:
        """Damped steps until Newton's method may take over."""
        theta, sums = self._settle(theta)
        damping, growth = _FIRST_DAMPING, 2.0
        # Moré's scaling: the largest curvature that was met, so that on a plateau, where it
        # vanishes, steps do not grow without bound.
        largest = np.zeros(len(theta))
        values: list[float] = []
        for _ in range(limit):
            if not is_finite(sums):
                break
            curvature: Array = sums.curvature
            largest = np.maximum(largest, np.diag(curvature))
            step, decrement, predicted = _step(sums, damping, largest)
            values.append(sums.value)
            if not _NEAR <= decrement < math.inf or damping > _MOST_DAMPING:
                break
            if len(values) > _SLOW and values[-_SLOW - 1] - sums.value < _GAIN:
                break
            trial, found = self._settle(theta + step)
            gain = (sums.value - found.value) / predicted if is_finite(found) else -math.inf
            if gain > 1e-4:
                self._record(phase, sums.value, decrement, 1 / (1 + damping))
                theta, sums = trial, found
                damping *= max(0.1, 1 - (2 * min(gain, 1.5) - 1) ** 3)
                growth = 2.0
                continue
            damping *= growth
            growth *= 2
        return theta, sums

    def _settle(self, theta: Array) -> tuple[Array, Sums]:
        """The others at their optimum where the curve's unknowns are these."""
        if self.width is None or self.width == len(theta):
            return theta, self._evaluate(theta, 2)
        own = slice(self.width, None)
        best = self._evaluate(theta, 2)
        for _ in range(_SETTLING):
            if not is_finite(best):
                break
            assert best.gradient is not None
            assert best.curvature is not None
            move = factorise(best.curvature[own, own]).solve(best.gradient[own])
            if float(best.gradient[own] @ move) < 1e-3:
                break
            # Far off, the step of a logarithm overshoots by the square of what it is off by.
            move *= min(1.0, _LONGEST / float(np.max(np.abs(move))))
            for length in (1.0, 0.3, 0.1):
                trial = theta.copy()
                trial[own] -= length * move
                found = self._evaluate(trial, 2)
                if is_finite(found) and found.value < best.value:
                    break
            else:
                break
            theta, best = trial, found
        return theta, best

    def _evaluate(self, theta: Array, order: int) -> Sums:
        self.passes[order] += 1
        return self.function(theta, order, "expected")

    def _record(self, phase: str, value: float, decrement: float, length: float) -> None:
        step = Step(phase, value, decrement, length)
        self.trace.append(step)
        if self.progress is not None:
            self.progress(step)


def _step(sums: Sums, damping: float, largest: Array) -> tuple[Array, float, float]:
    """The damped step, the squared decrement without damping, and the fall that is predicted."""
    curvature: Array = sums.curvature
    gradient: Array = sums.gradient
    scale = 1 / np.sqrt(np.where(largest > 0, largest, 1.0))
    scaled = curvature * np.outer(scale, scale)
    if not np.all(np.isfinite(scaled)):
        return np.zeros(len(gradient)), math.inf, 0.0
    values, vectors = np.linalg.eigh(scaled)
    values = np.maximum(values, 0.0)
    slope = vectors.T @ (scale * gradient)
    solved = slope / (values + damping)
    known = values > 1e-12 * len(values)
    decrement = float(np.sum(slope[known] ** 2 / values[known]))
    predicted = float(slope @ solved - 0.5 * solved @ (values * solved))
    return -scale * (vectors @ solved), decrement, predicted

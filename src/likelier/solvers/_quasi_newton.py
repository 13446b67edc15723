"""Quasi-Newton: gradients alone, in a metric that is learnt from them."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from likelier.engines import Sums
from likelier.solvers._base import IterativeSolver, Objective, Solution, Step
from likelier.solvers._direction import Direction, factorise
from likelier.solvers._metric import Metric
from likelier.solvers._samples import rough_curvature
from likelier.solvers.newton import is_finite

Array = Any

_VERDICTS = 6
"""How often the exact curvature may refuse an end before the search gives up."""


class QuasiNewton(IterativeSolver):
    """The search that `BFGS` and `LBFGS` share.

    The metric begins as the curvature of a spread sample of the rows (of all rows of a small
    table), which takes out what scales and correlates the columns. The end is judged by the exact
    curvature: where the Newton decrement is above the tolerance there, that curvature is the next
    metric.
    """

    def __init__(self, tolerance: float = 1e-10, max_iterations: int = 500) -> None:
        super().__init__(tolerance, max_iterations)

    @abstractmethod
    def metric(self, direction: Direction) -> Metric:
        """The metric that begins as a curvature."""

    def minimise(
        self,
        function: Objective,
        start: Array,
        progress: Callable[[Step], None] | None = None,
    ) -> Solution:
        trace: list[Step] = []
        passes = {0: 0, 1: 0, 2: 0}

        def evaluate(theta: Array, order: int) -> Sums:
            passes[order] += 1
            return function(theta, order)

        def end(theta: Array, sums: Sums, decrement: float, reason: str, seen: Direction) -> Any:
            return Solution(
                theta,
                sums.value,
                sums.gradient,
                sums.curvature,
                decrement,
                reason == "converged" and seen.definite,
                reason,
                passes,
                seen.conditioning,
                trace,
            )

        theta, sums = start, evaluate(start, 1)
        seen = factorise(np.eye(len(start)))
        if not is_finite(sums):
            return end(theta, sums, math.inf, "not finite", seen)
        metric = self.metric(factorise(rough_curvature(function, theta, passes)))
        verdicts = 0
        decrement = math.inf
        for _ in range(self.max_iterations):
            step = -metric.solve(sums.gradient)
            decrement = -float(sums.gradient @ step)
            moved = None
            if decrement > self.tolerance:
                moved = _advance(evaluate, theta, sums, step, decrement)
                record = Step(
                    "all rows",
                    sums.value,
                    decrement,
                    0.0 if moved is None else moved[2],
                    sums.terms,
                    sums.nll,
                )
                trace.append(record)
                if progress is not None:
                    progress(record)
            if moved is not None:
                before, slope = theta, sums.gradient
                theta, sums, _ = moved
                gradient: Array = sums.gradient
                metric.learn(theta - before, gradient - slope)
                continue
            # The end, or no way further down: the exact curvature says which.
            sums = evaluate(theta, 2)
            seen = factorise(sums.curvature)
            decrement = float(sums.gradient @ seen.solve(sums.gradient))
            if decrement <= max(self.tolerance, 1e-13 * abs(sums.value)):
                return end(theta, sums, decrement, "converged", seen)
            verdicts += 1
            if verdicts > _VERDICTS:
                return end(theta, sums, decrement, "stalled", seen)
            metric = self.metric(seen)
        return end(theta, sums, decrement, "limit", seen)


def _advance(
    evaluate: Callable[[Array, int], Sums], theta: Array, sums: Sums, step: Array, decrement: float
) -> tuple[Array, Sums, float] | None:
    """The first point along a step that descends enough; None where there is none."""
    rounding = 1e-14 * abs(sums.value)
    length = 1.0
    while length > 1e-10:
        found = evaluate(theta + length * step, 1)
        if is_finite(found) and found.value <= sums.value - 1e-4 * length * decrement + rounding:
            return theta + length * step, found, length
        if math.isfinite(found.value):
            rise = found.value - sums.value + length * decrement
            best = length * length * decrement / (2 * rise) if rise > 0 else 0.5 * length
            length = float(np.clip(best, 0.1 * length, 0.5 * length))
        else:
            length *= 0.1
    return None

"""BFGS: an inverse curvature learnt in full from gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.solvers._direction import Direction
from likelier.solvers._metric import Metric
from likelier.solvers._quasi_newton import QuasiNewton

Array = Any


class BFGS(QuasiNewton):
    """Broyden, Fletcher, Goldfarb and Shanno's method, begun with a sample's curvature.

    After that one curvature every step costs a gradient, and P² numbers are kept. For objectives
    whose curvature is dear beside their gradient.

    Args:
        tolerance: Newton decrement λ² in nats, by the exact curvature at the end.
        max_iterations: a guard, not a criterion.

    Source: Nocedal and Wright (2006), Numerical Optimization, section 6.1.

    Example:
        >>> import likelier as lk
        >>> table = {"y": [0, 2, 1, 5, 4, 9], "x": [0, 1, 2, 3, 4, 5]}
        >>> fit = lk.fit("y ~ x", table, "poisson", solver=lk.BFGS())
        >>> fit.converged, fit.params.estimate.round(4).tolist()
        (True, [-0.4101, 0.5192])
    """

    def metric(self, direction: Direction) -> Metric:
        return _Inverse(direction.solve_matrix())


class _Inverse(Metric):
    """An inverse curvature as a matrix."""

    def __init__(self, matrix: Array) -> None:
        self.matrix = matrix

    def solve(self, gradient: Array) -> Array:
        return self.matrix @ gradient

    def _learn(self, step: Array, change: Array, seen: float) -> None:
        turn = 1 / seen
        moved = self.matrix @ change
        both = np.outer(step, moved)
        self.matrix += (1 + turn * float(change @ moved)) * turn * np.outer(step, step) - turn * (
            both + both.T
        )

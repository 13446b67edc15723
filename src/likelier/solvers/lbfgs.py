"""L-BFGS: an inverse curvature learnt from the last few gradients."""

from __future__ import annotations

from likelier.errors import LikelierError
from likelier.solvers._direction import Direction
from likelier.solvers._metric import Metric, Recent
from likelier.solvers._quasi_newton import QuasiNewton


class LBFGS(QuasiNewton):
    """Limited-memory BFGS, begun with a sample's curvature.

    As `BFGS`, but of what was learnt only the last steps are kept.

    Args:
        tolerance: Newton decrement λ² in nats, by the exact curvature at the end.
        max_iterations: a guard, not a criterion.
        memory: how many steps are kept.

    Source: Liu and Nocedal (1989), doi:10.1007/BF01589116.

    Example:
        >>> import likelier as lk
        >>> table = {"y": [0, 2, 1, 5, 4, 9], "x": [0, 1, 2, 3, 4, 5]}
        >>> fit = lk.fit("y ~ x", table, "poisson", solver=lk.LBFGS())
        >>> fit.converged, fit.params.estimate.round(4).tolist()
        (True, [-0.4101, 0.5192])
    """

    def __init__(
        self, tolerance: float = 1e-10, max_iterations: int = 500, memory: int = 10
    ) -> None:
        super().__init__(tolerance, max_iterations)
        if memory < 1:
            raise LikelierError(f"LBFGS keeps 1 step or more; given: memory={memory}")
        self.memory = memory

    def metric(self, direction: Direction) -> Metric:
        return Recent(direction, self.memory)

"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from likelier.errors import LikelierError
from likelier.solvers._direction import Direction
from likelier.solvers._stochastic import Stochastic

Array = Any


class SGD(Stochastic):
    """Stochastic gradient descent in the metric of a sample's curvature, with averaging.

    Of a linear model a step is a share of a Newton step, by the rows of one batch and the
    curvature at the start, so that a learning rate means the same whatever the columns. The
    average of the iterates is what is returned.

    Args:
        learning_rate: share of a full step, 0 to 1.
        batch_size: rows of a batch.
        epochs: passes over the rows, at most.
        patience: epochs without a lower objective after which the rate falls to 0.4 of it; after
            seven such falls the search ends.
        momentum: share of the last step that goes on, 0 to below 1.
        schedule: how the rate falls: "cosine" (to 0), "inverse" (t^(−3/5)), "constant".
        tolerance: Newton decrement λ² in nats at which the search has converged: 0.01 is a tenth
            of a standard error.
        seed: of the batches.

    Source: Polyak and Juditsky (1992), doi:10.1137/0330046; Robbins and Monro (1951),
    doi:10.1214/aoms/1177729586.

    Example:
        >>> import likelier as lk
        >>> lk.SGD(0.1, batch_size=64).batch_size
        64
    """

    def __init__(
        self,
        learning_rate: float = 0.3,
        batch_size: int = 256,
        epochs: int = 200,
        patience: int = 5,
        *,
        momentum: float = 0.0,
        schedule: str = "cosine",
        tolerance: float = 1e-2,
        seed: int = 0,
    ) -> None:
        super().__init__(
            learning_rate,
            batch_size,
            epochs,
            patience,
            schedule=schedule,
            tolerance=tolerance,
            seed=seed,
        )
        if isinstance(momentum, bool) or not 0 <= momentum < 1:
            raise LikelierError(f"momentum of SGD is from 0 to below 1; given: {momentum!r}")
        self.momentum = momentum

    def stepper(self, direction: Direction) -> Callable[[Array, float], Array]:
        last: Array = 0.0

        def step(gradient: Array, rate: float) -> Array:
            nonlocal last
            last = self.momentum * last + rate * direction.solve(gradient)
            return last

        return step

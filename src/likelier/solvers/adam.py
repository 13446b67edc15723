"""Adam: stochastic steps whose sizes adapt to each coefficient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from likelier.solvers._direction import Direction
from likelier.solvers._stochastic import Stochastic

Array = Any

_FIRST, _SECOND, _FLOOR = 0.9, 0.999, 1e-8


class Adam(Stochastic):
    """Adam, with averaging: the usual solver of networks, for linear models too.

    A step is the running mean of gradients over the root of the running mean of their squares. Of
    a linear model both are taken in coordinates in which the curvature of a sample of the rows is
    1 and without correlation: Adam alone minds the size of columns, and not what they share. The
    average of the iterates is what is returned.

    Args:
        learning_rate: about the size of a step; 1 / √n is a standard error.
        batch_size: rows of a batch.
        epochs: passes over the rows, at most.
        patience: epochs without a lower objective after which the rate falls to 0.4 of it; after
            seven such falls the search ends.
        schedule: how the rate falls: "cosine" (to 0), "inverse" (t^(−3/5)), "constant".
        tolerance: Newton decrement λ² in nats at which the search of a linear model has
            converged: 0.05 is a fifth of a standard error.
        seed: of the batches.

    Source: Kingma and Ba (2015), arXiv:1412.6980; averages, Polyak and Juditsky (1992),
    doi:10.1137/0330046.

    Example:
        >>> import likelier as lk
        >>> lk.Adam(0.01, batch_size=64, epochs=20, patience=5).epochs
        20
    """

    def __init__(
        self,
        learning_rate: float = 0.01,
        batch_size: int = 256,
        epochs: int = 200,
        patience: int = 5,
        *,
        schedule: str = "cosine",
        tolerance: float = 5e-2,
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

    def stepper(self, direction: Direction) -> Callable[[Array, float], Array]:
        root = direction.root()
        first: Array = 0.0
        second: Array = 0.0
        count = 0

        def step(gradient: Array, rate: float) -> Array:
            nonlocal first, second, count
            count += 1
            turned = root.T @ gradient
            first = _FIRST * first + (1 - _FIRST) * turned
            second = _SECOND * second + (1 - _SECOND) * turned**2
            mean = first / (1 - _FIRST**count)
            return rate * (root @ (mean / (np.sqrt(second / (1 - _SECOND**count)) + _FLOOR)))

        return step

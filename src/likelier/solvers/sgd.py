"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from likelier.errors import LikelierError
from likelier.solvers._direction import Direction
from likelier.solvers._stochastic import Stochastic
from likelier.solvers._training.plan import Rule

Array = Any


class SGD(Stochastic):
    """Stochastic gradient descent; of linear models in the metric of a sample's curvature.

    Of a linear model a step is a share of a Newton step, by the rows of one batch and the
    curvature at the start, so that a learning rate means the same whatever the columns, and the
    average of the iterates is what is returned. Of a network it is a plain step, with momentum,
    and averages of late steps from the epoch with the least held-out NLL are returned.

    Args:
        learning_rate: of a linear model the share of a full step, 0 to 1 (None: 0.3); of a network
            the factor of the gradient (None: 0.02).
        batch_size, epochs, patience, schedule, warmup, clip, seed, devices: as `Adam` has
            them.
        momentum: share of the last step that goes on, 0 to below 1; None is 0 for a linear model
            and 0.9 for a network.
        nesterov: whether a network's gradient counts as one taken ahead of the step.
        tolerance: Newton decrement λ² in nats at which the search of a linear model has converged:
            0.01 is a tenth of a standard error.

    Source: Polyak and Juditsky (1992), doi:10.1137/0330046; Robbins and Monro (1951),
    doi:10.1214/aoms/1177729586; Sutskever, Martens, Dahl and Hinton (2013),
    https://proceedings.mlr.press/v28/sutskever13.html.

    Example:
        >>> import likelier as lk
        >>> lk.SGD(0.1, batch_size=64).batch_size
        64
    """

    rate = 0.3
    network_rate = 0.02

    def __init__(
        self,
        learning_rate: float | None = None,
        batch_size: int | None = None,
        epochs: int | None = None,
        patience: int | None = None,
        *,
        momentum: float | None = None,
        nesterov: bool = True,
        schedule: str = "cosine",
        warmup: float = 0.05,
        clip: float | None = None,
        tolerance: float = 1e-2,
        seed: int | None = None,
        devices: int = 1,
    ) -> None:
        super().__init__(
            learning_rate,
            batch_size,
            epochs,
            patience,
            schedule=schedule,
            warmup=warmup,
            clip=clip,
            tolerance=tolerance,
            seed=seed,
            devices=devices,
        )
        if momentum is not None and (isinstance(momentum, bool) or not 0 <= momentum < 1):
            raise LikelierError(f"momentum of SGD is from 0 to below 1; given: {momentum!r}")
        self.momentum = momentum
        self.nesterov = bool(nesterov)

    def rule(self) -> Rule:
        momentum = 0.9 if self.momentum is None else self.momentum
        return Rule(False, momentum, self.nesterov, self.clip)

    def stepper(self, direction: Direction) -> Callable[[Array, float], Array]:
        last: Array = 0.0

        def step(gradient: Array, rate: float) -> Array:
            nonlocal last
            last = (self.momentum or 0.0) * last + rate * direction.solve(gradient)
            return last

        return step

"""Adam: stochastic steps whose sizes adapt to each coefficient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from likelier.solvers._direction import Direction
from likelier.solvers._stochastic import Stochastic
from likelier.solvers._training.plan import Rule

Array = Any

_FIRST, _SECOND, _FLOOR = 0.9, 0.999, 1e-8


class Adam(Stochastic):
    """Adam: the usual solver of networks; with averages of its iterates, for linear models too.

    A step is the running mean of gradients over the root of the running mean of their squares. Of
    a linear model both are taken in coordinates in which the curvature of a sample of the rows is
    1 and without correlation: Adam alone minds the size of columns, and not what they share. There
    the average of the iterates is what is returned; of a network, an average over about the last
    five epochs, of the epoch at which its held-out NLL was least.

    Args:
        learning_rate: about the size of a step, the largest of the schedule; of a linear model
            1 / √n is a standard error. None is 0.01 there, and 0.01 for a network.
        batch_size: rows of a batch. None is 256 for a linear model, and for a network about a
            sixteenth of the rows, from 16 to 256.
        epochs: passes over the rows, at most. None is 200 for a linear model, and for a network
            about 6,000 steps, in 20 to 1,000 epochs.
        patience: of a network, epochs without a lower held-out NLL after which it ends; None is a
            fifth of all, at least 10. Of a linear model, epochs without a lower objective after
            which the rate falls to 0.4 of it (None: 5); after seven such falls the search ends.
        schedule: how the rate falls: "cosine" (to 0), "inverse" (t^(−3/5)), "constant".
        warmup: share of all steps of a network in which the rate rises to its largest.
        clip: largest norm of a network's gradient; longer ones are shortened to it.
        nesterov: whether a network's steps look ahead (Nadam).
        tolerance: Newton decrement λ² in nats at which the search of a linear model has
            converged: 0.05 is a fifth of a standard error.
        seed: of the batches, and of a network's first weights; that of `fit` if None.
        devices: how many devices share the rows of a network's batch, the weights being on each;
            the first so many of `jax.devices()`.

    Source: Kingma and Ba (2015), arXiv:1412.6980; averages, Polyak and Juditsky (1992),
    doi:10.1137/0330046.

    Example:
        >>> import likelier as lk
        >>> lk.Adam(0.01, batch_size=64, epochs=20, patience=5).epochs
        20
    """

    rate = 0.01
    network_rate = 0.01

    def __init__(
        self,
        learning_rate: float | None = None,
        batch_size: int | None = None,
        epochs: int | None = None,
        patience: int | None = None,
        *,
        schedule: str = "cosine",
        warmup: float = 0.05,
        clip: float | None = None,
        nesterov: bool = False,
        tolerance: float = 5e-2,
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
        self.nesterov = bool(nesterov)

    def rule(self) -> Rule:
        return Rule(adaptive=True, nesterov=self.nesterov, clip=self.clip)

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

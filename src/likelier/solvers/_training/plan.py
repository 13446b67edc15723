"""How a network is trained, and what of that is compiled: all that is fixed beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.distributions import Linked
from likelier.objective import Penalty, Risk
from likelier.predictors.network import Net, Packing

Array = Any


@dataclass(frozen=True)
class Rule:
    """How a gradient becomes a direction, as a chain of optax.

    Attributes:
        adaptive: whether steps are divided by the root of the mean square of gradients (Adam).
        momentum: share of the last direction that goes on, where they are not.
        nesterov: whether the gradient is looked at ahead of the step.
        clip: largest norm of a gradient, or None.
    """

    adaptive: bool
    momentum: float = 0.0
    nesterov: bool = False
    clip: float | None = None

    def chain(self) -> Any:
        """The transformation, without a learning rate."""
        import optax

        parts = [] if self.clip is None else [optax.clip_by_global_norm(self.clip)]
        if self.adaptive:
            parts.append(optax.scale_by_adam(nesterov=self.nesterov))
        elif self.momentum:
            parts.append(optax.trace(self.momentum, self.nesterov))
        return optax.chain(*(parts or [optax.identity()]))


@dataclass(frozen=True)
class Settings:
    """How a network is trained, every number chosen.

    Attributes:
        rule: how gradients become steps; schedule: how the learning rate falls.
        learning_rate, warmup: the largest rate, and the share of all steps until it is reached.
        batch_size, epochs, patience: as `Adam` has them.
        seed: of the weights and the batches.
        devices: that share the rows of a batch.
    """

    rule: Rule
    schedule: str
    learning_rate: float
    warmup: float
    batch_size: int
    epochs: int
    patience: int
    seed: int
    devices: int = 1

    def rates(self, places: Array, steps: int) -> Array:
        """The learning rates of steps, by their number from 0: a rise, then the schedule's fall.

        Args:
            places: numbers of steps; steps: of an epoch.
        """
        total = self.epochs * steps
        rise = np.minimum(1.0, (places + 1) / max(self.warmup * total, 1.0))
        if self.schedule == "constant":
            fall: Array = 1.0
        elif self.schedule == "inverse":
            fall = (1 + places / steps) ** -0.6
        else:
            along = np.clip((places / total - self.warmup) / (1 - self.warmup), 0.0, 1.0)
            fall = 0.5 * (1 + np.cos(np.pi * along))
        return self.learning_rate * rise * fall


@dataclass(frozen=True, eq=False)
class Loss:
    """Family, links and objective; equal where they are typed alike, and so compile alike."""

    linked: Linked
    risk: Risk
    penalties: tuple[Penalty, ...]

    def key(self) -> tuple[Any, ...]:
        """What it is made of, equal for equal ones."""
        return self.linked.key, self.risk.text(), tuple(p.key for p in self.penalties)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Loss) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash(self.key())


@dataclass(frozen=True)
class Plan:
    """What is compiled.

    Attributes:
        net: the network; packing: how its weights stand in a vector.
        loss: what is minimised.
        rule: how gradients become steps.
        batch: rows of a step.
        block: held-out rows that are looked at together.
        members: networks side by side.
        dtype: of the weights.
        errors: whether the family predicts something whose squared error means something.
        decays: whether weights decay.
        shrinks: whether penalties draw weights towards 0.
        remedy: how the slopes of a location and its scale reach the weights.
        surface: whether penalties look at the predicted mean at points of their own.
        devices: that share the rows of a batch.
    """

    net: Net
    packing: Packing
    loss: Loss
    rule: Rule
    batch: int
    block: int
    members: int
    dtype: str
    errors: bool
    decays: bool
    shrinks: bool
    remedy: str
    surface: bool = False
    devices: int = 1

"""Penalties of the coefficients alone, bound: squares and norms of coefficients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from likelier.objective._base import Addend, Addition, Array, Likelihood
from likelier.objective._kinks import Kinks


@dataclass(frozen=True, eq=False)
class Shrinkage(Addend):
    """½ Σⱼ rⱼ θⱼ² and a function with kinks.

    Attributes:
        ridge: (P,) r, 0 where a coefficient is free.
        kinks: the norms, or None.
    """

    ridge: Array
    kinks: Kinks | None = None

    def add(self, likelihood: Likelihood, theta: Array, order: int) -> Addition:
        pull = self.ridge * theta
        return Addition(
            0.5 * float(pull @ theta),
            pull if order else None,
            self.ridge if order > 1 else None,
        )

    def shrinkage(self) -> tuple[Array, Array] | None:
        if self.kinks is None:
            return self.ridge, np.zeros(len(self.ridge))
        if len(self.kinks.norm):
            return None
        return self.ridge, self.kinks.scale * self.kinks.absolute

    def select(self, index: Array) -> Shrinkage:
        kinks = None if self.kinks is None else self.kinks.select(index)
        return Shrinkage(self.ridge[index], kinks)


def absolute_values(deviations: Array, weights: Array) -> Kinks:
    """Σ wⱼ |dⱼ θⱼ|; a column that does not vary (d = 0) is free."""
    varies = deviations > 0
    size = len(deviations)
    return Kinks(
        np.where(varies, deviations, 1.0),
        np.where(varies, weights, 0.0),
        np.full(size, -1),
        np.zeros(0),
    )

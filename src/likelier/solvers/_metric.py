"""Approximate inverse curvatures that learn from the gradients along the way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import Any

import numpy as np

Array = Any

_FLAT = 1e-12
"""Cosine of a step and the change of the gradient from which the step has seen curvature."""


class Metric(ABC):
    """An approximate inverse curvature."""

    @abstractmethod
    def solve(self, gradient: Array) -> Array:
        """It times a gradient."""

    def learn(self, step: Array, change: Array) -> None:
        """Take in how the gradient changed along a step; nothing where it shows no curvature."""
        seen = float(change @ step)
        if seen > _FLAT * float(np.linalg.norm(change) * np.linalg.norm(step)):
            self._learn(step, change, seen)

    @abstractmethod
    def _learn(self, step: Array, change: Array, seen: float) -> None:
        """Take it in, `seen` being stepᵀ change > 0."""


class Recent(Metric):
    """A factorised curvature corrected by the last steps, by the two-loop recursion.

    Args:
        first: a `Direction`, before any step.
        memory: how many steps are kept.

    Source: Nocedal and Wright (2006), Numerical Optimization, algorithm 7.4.
    """

    def __init__(self, first: Any, memory: int) -> None:
        self.first = first
        self.pairs: deque[tuple[Array, Array, float]] = deque(maxlen=memory)

    def solve(self, gradient: Array) -> Array:
        if not self.pairs:
            return self.first.solve(gradient)
        moved = gradient
        shares = []
        for step, change, turn in reversed(self.pairs):
            share = turn * float(step @ moved)
            moved = moved - share * change
            shares.append(share)
        found = self.first.solve(moved)
        for (step, change, turn), share in zip(self.pairs, reversed(shares), strict=True):
            found = found + (share - turn * float(change @ found)) * step
        return found

    def _learn(self, step: Array, change: Array, seen: float) -> None:
        self.pairs.append((step, change, 1 / seen))

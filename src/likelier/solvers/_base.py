"""The contract of a solver: how a sum over rows is minimised.

A solver sees a function of `theta` that returns sums (value, gradient, curvature) and gives back a
`Solution`. It never sees rows. Convergence is judged by the Newton decrement
λ² = gᵀ H⁻¹ g, twice the distance in nats to the minimum of the quadratic model, which no scaling
of the columns changes; counting iterations is only a guard.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from likelier.engines import Sums

Array = Any


class Objective(Protocol):
    """What a solver minimises: value (order 0), gradient (1) and curvature (2) at `theta`."""

    def __call__(self, theta: Array, order: int = 2, kind: str = "observed") -> Sums: ...


@dataclass(frozen=True)
class Step:
    """One line of a solver's trace."""

    phase: str
    value: float
    decrement: float
    length: float


@dataclass(frozen=True, eq=False)
class Solution:
    """Where a solver ended.

    Attributes:
        theta: the estimate, inner scale.
        value: the objective there, by an exact pass.
        gradient: its gradient there.
        curvature: its second derivatives there, or None where none was taken at the end.
        decrement: Newton decrement λ² in nats.
        converged: whether the decrement is below the tolerance and the curvature not indefinite.
        conditioning: of the last curvature, from 0 (singular, or nearly) to 1 (orthogonal).
        reason: "converged", "stalled", "unbounded", "limit", or "not finite".
        passes: passes over the rows, by the order of the pass.
        trace: one `Step` an iteration.
    """

    theta: Array
    value: float
    gradient: Array
    curvature: Array | None
    decrement: float
    converged: bool
    reason: str
    passes: dict[int, int]
    conditioning: float = 0.0
    trace: list[Step] = field(default_factory=list)


class Solver(ABC):
    """Minimises an objective from a start."""

    @abstractmethod
    def minimise(
        self, function: Objective, start: Array, progress: Callable[[Step], None] | None = None
    ) -> Solution:
        """The minimum nearest in descent to `start`."""

"""The contract of a solver: how a sum over rows is minimised.

A solver sees a function of `theta` that returns sums (value, gradient, curvature) and gives back a
`Solution`. It never sees rows. Convergence is judged by the Newton decrement
λ² = gᵀ H⁻¹ g, twice the distance in nats to the minimum of the quadratic model, which no scaling
of the columns changes; counting iterations is only a guard.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from likelier.engines import Sums
from likelier.errors import LikelierError
from likelier.solvers._training.plan import Settings

Array = Any


_SAME_VALUE = 1e-6
"""Relative difference of two values of one function of the same rows that is no rounding."""


class Objective(Protocol):
    """What a solver minimises: value (order 0), gradient (1) and curvature (2) at `theta`."""

    def __call__(self, theta: Array, order: int = 2, kind: str = "observed") -> Sums: ...


@dataclass(frozen=True)
class Step:
    """One line of a solver's trace.

    Attributes:
        phase: which part of the search.
        value: of the objective, before the step.
        decrement: Newton decrement λ² there, in nats.
        length: of the step, as a share of the full one.
        terms: what the risk and each penalty add to the value, or nothing.
        nll: the plain NLL where the risk is another, else None.
        theta: where the step led, if the solver can be resumed from there.
    """

    phase: str
    value: float
    decrement: float
    length: float
    terms: tuple[float, ...] = ()
    nll: float | None = None
    theta: Array | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, eq=False)
class Solution:
    """Where a solver ended.

    Attributes:
        theta: the estimate, inner scale.
        value: the objective there, by an exact pass.
        gradient: its gradient there, or None of a network.
        source: its second derivatives there, or what computes them when they are first asked for;
            None where none are known.
        decrement: Newton decrement λ² in nats.
        converged: whether the decrement is below the tolerance and the curvature not indefinite.
        conditioning: of the last curvature, from 0 (singular, or nearly) to 1 (orthogonal).
        reason: "converged", "stalled", "unbounded", "limit", or "not finite".
        passes: passes over the rows, by the order of the pass.
        trace: one `Step` an iteration.
        residual: largest entry of the shortest subgradient of the mean objective, columns
            standardised, where the objective has kinks: 0 at an optimum and only there.
        history: columns of the course of a training, by name, an entry an epoch.
        chosen: the epoch whose weights were the best on held-out rows, of each member.
        strengths: of the penalties that balance, in their order, as a training found them.
        nearby: second derivatives one step before, where those at the end wait to be asked for.
    """

    theta: Array
    value: float
    gradient: Array | None
    source: Array | Callable[[], Array] | None
    decrement: float
    converged: bool
    reason: str
    passes: dict[int, int]
    conditioning: float = 0.0
    trace: list[Step] = field(default_factory=list)
    residual: float | None = None
    history: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    chosen: tuple[int, ...] = ()
    strengths: tuple[float, ...] = ()
    nearby: Array | None = None

    @functools.cached_property
    def curvature(self) -> Array | None:
        """The second derivatives at the estimate, or None."""
        return self.source() if callable(self.source) else self.source

    @property
    def at_hand(self) -> Array | None:
        """The curvature where it is known, else that of one step before: enough for a verdict."""
        return self.nearby if callable(self.source) else self.source


class Solver(ABC):
    """Minimises an objective from a start."""

    proximal: ClassVar[bool] = False
    """Whether it takes norms of coefficients, which have kinks."""

    def settings(self, n: int, seed: int) -> Settings:
        """How it trains a network on n rows.

        Raises:
            LikelierError: it trains none.
        """
        raise LikelierError(
            f"{type(self).__name__} needs the curvature of a few unknowns; a network is trained by "
            "lk.Adam() or lk.SGD()"
        )

    def check(self, function: Objective) -> None:
        """Raise `LikelierError` for an objective whose kinks it cannot take."""
        if getattr(function, "kinks", None) is not None and not self.proximal:
            raise LikelierError(
                f"{type(self).__name__} needs a gradient everywhere, and the objective has a "
                "penalty with kinks, at which coefficients are exactly 0; use lk.ProximalNewton()"
            )

    def resumed(self) -> Solver:
        """The solver of a search that goes on from a point which it has reached before."""
        return self

    @abstractmethod
    def minimise(
        self, function: Objective, start: Array, progress: Callable[[Step], None] | None = None
    ) -> Solution:
        """The minimum nearest in descent to `start`."""


class IterativeSolver(Solver):
    """One whose search ends where what is left to gain is below a tolerance.

    Args:
        tolerance: in the unit that the solver names.
        max_iterations: a guard, not a criterion.
    """

    def __init__(self, tolerance: float, max_iterations: int) -> None:
        name = type(self).__name__
        if not tolerance > 0:
            raise LikelierError(f"{name}'s tolerance is above 0; given: {tolerance}")
        if max_iterations < 1:
            raise LikelierError(f"{name} takes 1 iteration or more; given: {max_iterations}")
        self.tolerance = tolerance
        self.max_iterations = max_iterations


def unchanged(sums: Sums, value: float) -> Sums:
    """The sums over rows at a solution that was found before, if the rows are still the same.

    Tables are not copied, so that their owner may have written into them since.

    Raises:
        LikelierError: the value differs by more than rounding from what it was then.
    """
    if abs(sums.value - value) > _SAME_VALUE * (1 + abs(value)):
        raise LikelierError(
            "the data of this fit have been changed since it was made, so that its standard errors "
            "can no longer be found; fit again, or fit a copy of what will change"
        )
    return sums

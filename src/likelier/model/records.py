"""What a fit is made of: its rows, its numbers, and the facts about it as a whole."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from likelier.data import Design
from likelier.distributions import Distribution, Linked
from likelier.inference import Information
from likelier.model.fitting.problem import Label, Problem
from likelier.solvers import Solution

if TYPE_CHECKING:
    from likelier.assessment.recalibration import Calibrator

Array = Any


@dataclass(frozen=True, eq=False)
class Sample:
    """The rows that a fit was made of, or was put on; a loaded fit has none.

    `solution` is that of a search on these rows, None on other rows; `inform` finds the observed
    information there.
    """

    design: Design
    problem: Problem
    solution: Solution | None = None
    inform: Callable[[], Information] | None = None

    @property
    def partial(self) -> bool:
        """Whether the rows in memory are no more than a sample of those of the fit."""
        return self.problem.function.behind > 1

    @functools.cached_property
    def information(self) -> Information:
        """The observed information at the estimate, inner scale: one pass over the rows, once."""
        assert self.inform is not None
        return self.inform()


@dataclass(frozen=True, eq=False)
class Estimate:
    """The numbers of a fit, on the user's scale, in the order of `labels`.

    Attributes:
        labels: (parameter, slot, term) of each coefficient.
        coefficients: (P,) on the scale of the linear predictors.
        infinite: (P,) sign of infinity where a coefficient has no finite estimate, else 0.
        source: the covariance, or what computes it when it is first asked for.
    """

    labels: tuple[Label, ...]
    coefficients: Array
    infinite: Array
    source: Array | Callable[[], Array]

    @functools.cached_property
    def covariance(self) -> Array:
        """(P, P), NaN where a coefficient is not identified."""
        return self.source() if callable(self.source) else self.source


@dataclass(frozen=True, eq=False)
class Facts:
    """What is true of a fit as a whole.

    Attributes:
        target: name of the target.
        levels: its labels in the order of their codes, or None.
        formulas: right-hand side by distribution parameter.
        log_likelihood: with every constant, Σ w log p.
        n_rows: rows used; n_observations: what they stand for (Σ w for frequency weights).
        n_dropped: rows left out for missing values.
        degrees_of_freedom: number of free coefficients; of a penalised fit the effective number.
        weight_type: "frequency", "precision" or None.
        converged: all estimates finite, scaled gradient small, curvature positive definite.
        reason: how the search ended; passes: over the rows; seconds: it took.
        terms: text, strength and value of each term of the objective, the risk first; the plain
            NLL stands last, with strength 0, where it is not the risk.
        inference: what standard errors rest on: "information", "penalised" curvature, "none" after
            a selection of terms, "risk", nothing either, where the risk is no likelihood, or
            "network", whose weights have none.
        residual: the certificate of a sparse fit: see `solvers.Solution`.
        history: columns of the search's course, by name, one entry an iteration.
        chosen: of a network, the epoch with the best held-out NLL, of each member.
        held_out_nll: of a network, the mean NLL of the rows that watched it; None without any.
    """

    target: str
    levels: tuple[Any, ...] | None
    formulas: Mapping[str, str]
    log_likelihood: float
    n_rows: int
    n_observations: float
    n_dropped: int
    degrees_of_freedom: float
    weight_type: Annotated[str, ("frequency", "precision")] | None
    converged: bool
    reason: str
    passes: int
    seconds: float
    terms: tuple[tuple[str, float, float], ...] = ()
    inference: Annotated[
        str, ("information", "penalised", "none", "selected", "risk", "network")
    ] = "information"
    residual: float | None = None
    history: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    chosen: tuple[int, ...] = ()
    held_out_nll: float | None = None


@dataclass(frozen=True, eq=False)
class Recalibration:
    """What a fit's predictions were corrected with.

    Attributes:
        method: name of the calibrator; calibrator: it.
        n_rows: how many rows it was learnt from.
    """

    method: str
    calibrator: Calibrator
    n_rows: int

    def text(self) -> str:
        """What was done, in one sentence."""
        if self.calibrator.size == 0:
            return f"Recalibration on {self.n_rows:,} rows: {self.calibrator.text()}."
        return f"Predictions recalibrated on {self.n_rows:,} rows: {self.calibrator.text()}."


@dataclass(frozen=True, eq=False)
class CalibratedLinked:
    """A family with its links whose distributions come out calibrated."""

    linked: Linked
    calibrator: Calibrator

    def build(self, eta: Array, known: Mapping[str, Array] | None = None) -> Distribution:
        """As `Linked.build`."""
        return self.calibrator.apply(self.linked.build(eta, known))

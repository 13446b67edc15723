"""What the report floor is fed with: plain data, made by the model floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from likelier.diagnosis import Diagnosis


@dataclass(frozen=True)
class Coefficient:
    """One line of a table of estimates.

    Attributes:
        parameter: the distribution parameter, class or component in brackets.
        term: the term of its formula.
        estimate: on the scale of the linear predictor.
        standard_error: NaN where none can be given.
        lower, upper: limits of the interval, NaN where there are none.
        infinite: the sign of infinity where the estimate is not finite, else 0.
    """

    parameter: str
    term: str
    estimate: float
    standard_error: float
    lower: float
    upper: float
    infinite: int = 0

    @property
    def z(self) -> float:
        """Estimate over standard error."""
        return self.estimate / self.standard_error if self.standard_error > 0 else float("nan")

    @property
    def p_value(self) -> float:
        """Two-sided p value of the hypothesis that the coefficient is 0 (Wald)."""
        import math

        return math.erfc(abs(self.z) / math.sqrt(2)) if self.z == self.z else float("nan")


@dataclass(frozen=True)
class SummaryData:
    """All that a summary shows of a fit."""

    family: str
    target: str
    formulas: Mapping[str, str]
    links: Mapping[str, str]
    n_rows: int
    n_observations: float
    n_dropped: int
    weight_type: str | None
    log_likelihood: float
    aic: float
    bic: float
    degrees_of_freedom: float
    converged: bool
    reason: str
    passes: int
    seconds: float
    level: float
    coefficients: Sequence[Coefficient]
    covariance: str = "observed information"  # what errors come from; empty where there are none
    diagnoses: Sequence[Diagnosis] = ()
    levels: Sequence[Any] | None = None
    notes: Sequence[str] = field(default_factory=tuple)
    residual: float | None = None
    """The certificate of a sparse fit: the largest entry of the shortest subgradient."""
    training: Sequence[tuple[str, str]] = ()
    """Of a network: facts of it and its training, in place of coefficients, AIC and BIC."""
    binary: bool = False
    """Whether the target is one of two values, of which the second is modelled."""
    rivals: Sequence[str] = ()
    """What the family was chosen beside, where none was named."""

    @property
    def event(self) -> str:
        """The target, or of two labels the one whose probability is modelled."""
        if not (self.binary and self.levels):
            return self.target
        return f"P({self.target} = {self.levels[1]})"

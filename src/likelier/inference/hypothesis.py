"""Tests of a hypothesis that holds θ in an affine subspace: likelihood ratio, Wald, score.

All three statistics are χ² with as many degrees of freedom as the hypothesis takes away, if it
holds and the sample is large. Where it puts a parameter on the edge of its domain, the statistic
of the likelihood ratio is a mixture instead; see `edge_p_value`.
"""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.display import WIDTH
from likelier.errors import LikelierError
from likelier.inference.covariance import Information
from likelier.inference.restricted import complement, minimise
from likelier.solvers import factorise
from likelier.solvers._base import Objective

Array = Any

METHODS = ("likelihood_ratio", "wald", "score")
_NOTHING = 1e-8
"""Statistics up to this are differences of rounding."""


@dataclass(frozen=True, repr=False)
class HypothesisTest:
    """The outcome of a test.

    Attributes:
        statistic: of the test, 0 or above.
        degrees_of_freedom: how many coefficients the hypothesis takes away.
        p_value: probability of such a statistic, or a larger one, if the hypothesis holds.
        method: "likelihood_ratio", "wald" or "score".
        hypothesis: what was tested, in words.
        edges: parameters that the hypothesis puts on the edge of their domain.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float
    method: str
    hypothesis: str
    edges: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        names = {"likelihood_ratio": "likelihood ratio", "wald": "Wald", "score": "score"}
        plural = "" if self.degrees_of_freedom == 1 else "s"
        law = f"{self.degrees_of_freedom} degree{plural} of freedom"
        bound = ""
        if self.edges:
            law += f"; {' and '.join(self.edges)} on the edge, half χ²"
            bound = "at most " if len(self.edges) > 1 else ""
        p = "p < 0.001" if self.p_value < 0.001 else f"p = {bound}{self.p_value:.3f}"
        return (
            f"Hypothesis: {self.hypothesis}; {p} "
            f"({names[self.method]} test, χ² = {self.statistic:.2f} on {law})."
        )

    def __repr__(self) -> str:
        return textwrap.fill(self.sentence, WIDTH)


@dataclass(frozen=True, eq=False)
class Restriction:
    """A hypothesis: θ lies in base + basis @ u, of columns that are orthonormal, (P, P − k)."""

    base: Array
    basis: Array

    @classmethod
    def zero(cls, contrasts: Array) -> Restriction:
        """That the combinations contrasts @ θ, (k, P), are 0."""
        return cls(np.zeros(contrasts.shape[1]), complement(contrasts.T))

    def nearest(self, theta: Array, information: Information) -> Array:
        """The point of the subspace to which the quadratic approximation at θ leads."""
        rows = complement(self.basis).T
        along = information.inverse @ rows.T
        direction = factorise(rows @ along)
        moved = theta - along @ direction.solve(rows @ (theta - self.base))
        return self.base + self.basis @ (self.basis.T @ (moved - self.base))


def p_value(statistic: float, degrees_of_freedom: int) -> float:
    """P(χ² ≥ statistic)."""
    from scipy.special import chdtrc

    if degrees_of_freedom == 0:
        return 1.0 if statistic <= _NOTHING else 0.0
    return float(chdtrc(degrees_of_freedom, max(statistic, 0.0)))


def edge_p_value(statistic: float, degrees_of_freedom: int) -> float:
    """P(½ χ²ₖ₋₁ + ½ χ²ₖ ≥ statistic): a hypothesis with a parameter on the edge of its domain.

    Half of all samples would have their maximum beyond the edge, where the larger model cannot
    follow; they leave one degree of freedom fewer. With several parameters on their edges the
    weights depend on the information; this is then the largest that the probability can be.

    Args:
        statistic: twice the difference of log-likelihoods.
        degrees_of_freedom: k, the parameter on the edge included.

    Source: Self and Liang (1987), doi:10.1080/01621459.1987.10478472, case 6; the bound: Kodde
    and Palm (1986), doi:10.2307/1912331.

    Example:
        >>> round(edge_p_value(2.705543, 1), 6)
        0.05
    """
    if statistic <= _NOTHING:
        return 1.0
    k = degrees_of_freedom
    return 0.5 * p_value(statistic, k - 1) + 0.5 * p_value(statistic, k)


def ratio_statistic(
    function: Objective, theta: Array, nll: float, information: Information, held: Restriction
) -> float:
    """Twice the log-likelihood that the restriction costs, by a fit under it."""
    found = minimise(function, held.nearest(theta, information), held.basis)
    if not math.isfinite(found.value) or found.reason in ("not finite", "limit", "stalled"):
        raise LikelierError(
            "the search under the hypothesis did not end at an optimum; fit the smaller model by "
            "itself and pass it, fit.test(other)"
        )
    return max(2 * (found.value - nll), 0.0)


def wald_statistic(theta: Array, information: Information, held: Restriction) -> float:
    """Squared distance of θ from the subspace, in the metric of its covariance.

    W = (R θ − r)ᵀ (R C Rᵀ)⁻¹ (R θ − r). NaN where a combination is not identified.
    """
    rows = complement(held.basis).T
    if bool(information.lost(rows).any()):
        return math.nan
    gap = rows @ (theta - held.base)
    return float(gap @ factorise(rows @ information.inverse @ rows.T).solve(gap))


def score_statistic(
    function: Objective, theta: Array, information: Information, held: Restriction
) -> float:
    """Rao's statistic: the slope of the likelihood at the best point under the hypothesis.

    S = gᵀ I⁻¹ g with the expected information I, or the observed where the family has no other
    (a censored one); the larger model is never fitted.

    Source: Rao (1948), doi:10.1017/S0305004100023987.
    """
    found = minimise(function, held.nearest(theta, information), held.basis)
    gradient = function(found.theta, 1).gradient
    try:
        expected = function(found.theta, 2, "expected").curvature
    except LikelierError:
        expected = function(found.theta, 2).curvature
    # Inside the subspace the slope is 0; what rounding leaves there is no evidence.
    gradient = gradient - held.basis @ (held.basis.T @ gradient)
    return float(gradient @ factorise(expected).solve(gradient))

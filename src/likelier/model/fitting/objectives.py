"""What an objective other than likelihood leaves of a fit: its terms, its freedom, its errors."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.engines import LikelihoodSum, Sums
from likelier.objective import L2, NLL, Objective
from likelier.predictors import Arrow, ArrowInverse, PredictorSpec
from likelier.solvers import factorise

Array = Any
TermRow = tuple[str, float, float]
"""Text, strength and value of a term."""


def with_decay(objective: Objective, spec: PredictorSpec) -> Objective:
    """The objective with the L2 that a specification's networks come with."""
    return objective + L2(spec.decay, parameters=tuple(spec.networks)) if spec.decay else objective


def term_rows(function: LikelihoodSum, sums: Sums, nll: float) -> tuple[TermRow, ...]:
    """Text, strength and value of each term; the plain NLL stands last where it is not the risk.

    Args:
        function: the objective.
        sums: of it, at the estimate.
        nll: the plain NLL there.
    """
    found = [(function.risk.text(), 1.0, _of_risk(sums))]
    for bound, value in zip(function.penalties, sums.terms[1:], strict=True):
        own = value / bound.strength if bound.strength else 0.0
        found.append((bound.penalty.text(), bound.strength, own))
    if not function.risk.is_likelihood:
        found.append((NLL().text(), 0.0, nll))
    return tuple(found)


def _of_risk(sums: Sums) -> float:
    """What the risk adds to the value."""
    return sums.terms[0] if sums.terms else sums.value


def plain_nll(function: LikelihoodSum, theta: Array, sums: Sums) -> float:
    """The plain NLL where an objective has these sums."""
    if function.risk.is_likelihood:
        return _of_risk(sums)
    return function.likelihood(theta, 0).value if sums.nll is None else sums.nll


def inference_of(function: LikelihoodSum) -> str:
    """What standard errors rest on: "information", or "penalised" curvature.

    They rest on nothing, and none are shown, where a penalty has selected terms ("none") and where
    the "risk" is not the likelihood.
    """
    if not function.risk.is_likelihood:
        return "risk"
    kinds = [bound.penalty.inference for bound in function.penalties if bound.strength]
    return next((kind for kind in ("none", "penalised") if kind in kinds), "information")


def free_coefficients(function: LikelihoodSum, theta: Array) -> Array:
    """(P,) which coefficients the penalties have not set to 0."""
    kinks = function.kinks
    if kinks is None:
        return np.ones(len(theta), dtype=bool)
    return (theta != 0) | ~kinks.penalised


def effective_degrees(function: LikelihoodSum, theta: Array) -> float:
    """Effective number of free coefficients, tr[(H + R)⁻¹ H] over those that are not 0.

    H is the curvature of the likelihood and R that of the penalties, at the estimate. For absolute
    values alone it is the number of coefficients that are not 0 (Zou, Hastie and Tibshirani 2007,
    doi:10.1214/009053607000000127); for squares the trace of the ridge's hat matrix; for groups
    Vaiter et al. (2017), doi:10.1007/s10463-016-0563-z.
    """
    free = np.flatnonzero(free_coefficients(function, theta))
    kinks = function.kinks
    bends = kinks is not None and bool(np.any(kinks.norm > 0))
    squares = any(np.any(getattr(b.addend, "ridge", 1.0)) for b in function.penalties if b.strength)
    if not bends and not squares:
        return len(free)
    part = function if len(free) == len(theta) else function.select(free)
    at = theta[free]
    kind = "observed" if function.linked.family.smooth else "expected"
    if part is None:
        both = np.ix_(free, free)
        plain: Array = function.likelihood(theta, 2, kind).curvature
        whole: Array = function(theta, 2, kind).curvature
        plain, whole = plain[both], whole[both]
    else:
        plain = part.likelihood(at, 2, kind).curvature
        whole = part(at, 2, kind).curvature
    inverse = factorise(whole).solve_matrix()
    if isinstance(inverse, ArrowInverse) and isinstance(plain, Arrow):
        return inverse.trace_of_product(plain)
    return float(np.trace(inverse @ np.asarray(plain)))

"""Estimates at the edge of their domain, where a family becomes its limit."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.diagnosis._base import Case, Diagnosis, Finding
from likelier.predictors import Workspace

Array = Any

_FAR = 9.0
"""A log-scale predictor beyond this (a factor of 8,000) is examined."""
_FLAT = 1e-3
"""Nats by which the likelihood may still change when the parameter goes to its limit."""


def check(case: Case) -> Finding | None:
    """Find parameters that the likelihood drives to a declared limit of the family."""
    function = case.function
    linked, predictor = function.linked, function.predictor
    limits = linked.family.limits
    if not limits:
        return None
    eta = predictor.forward(case.solution.theta, slice(0, predictor.n), Workspace())
    diagnoses = []
    infinite = np.zeros(predictor.size)
    for (name, side), limit in limits.items():
        if name not in linked.slots:
            continue
        slot = linked.slots[name].start
        sign = 1.0 if side == "upper" else -1.0
        reached = sign * eta[slot] > _FAR
        if not np.all(reached):
            continue
        moved = eta.copy()
        moved[slot] += sign * 5.0
        with np.errstate(all="ignore"):
            change = function.linked.nll(moved, function.y, function.known) - function.linked.nll(
                eta, function.y, function.known
            )
        weights = 1.0 if function.weights is None else function.weights
        if not abs(float(np.sum(weights * change))) < _FLAT:
            continue
        start = predictor.starts[slot]
        infinite[start] = sign
        edge = "0" if side == "lower" else "infinity"
        family = linked.family.__name__
        diagnoses.append(
            Diagnosis(
                kind="boundary",
                severity="warning",
                message=(
                    f"{name} is at its boundary: the likelihood is highest as it goes to {edge}, "
                    f"where {family} is {limit}. The other estimates and their standard errors "
                    f"are those of {limit}; an interval for {name} is open on one side"
                ),
                where=(name,),
                evidence={"parameter": name, "limit": side},
                remedy=f'distribution="{limit}"',
            )
        )
    return Finding(diagnoses, infinite=infinite) if diagnoses else None

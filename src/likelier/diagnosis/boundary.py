"""Estimates at the edge of their domain, where a family becomes its limit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from likelier.diagnosis._base import Case, Diagnosis, Finding
from likelier.diagnosis._remedies import Typed, another, spelt
from likelier.predictors import Workspace

Array = Any

FAR = 9.0
"""A log-scale predictor beyond this (a factor of 8,000) is examined."""
_FLAT = 1e-3
"""Nats by which the likelihood may still change when the parameter goes to its limit."""


def limits_of(family: Any) -> dict[tuple[str, str], str]:
    """The limits of a family, with those of the families that it modifies, as text."""
    found = dict(family.limits)
    base = getattr(family, "base", None)
    if base is not None:
        for edge, limit in limits_of(base).items():
            found.setdefault(edge, family.text().replace(base.text(), limit, 1))
    return found


def check(case: Case) -> Finding | None:
    """Find parameters that the likelihood drives to a declared limit of the family."""
    function = case.function
    linked, predictor = function.linked, function.parametric
    diagnoses = []
    infinite = np.zeros(predictor.size)
    lost: list[int] = []
    for (name, side), limit in limits_of(linked.family).items():
        if name not in linked.slots:
            continue
        slot = linked.slots[name].start
        sign = 1.0 if side == "upper" else -1.0
        span = predictor.span(slot)
        if not _reaches(case, slot, sign) or np.any(infinite[span]):
            continue
        moved = case.eta.copy()
        moved[slot] += sign * 5.0
        with np.errstate(all="ignore"):
            change = linked.nll(moved, function.y, function.known) - linked.nll(
                case.eta, function.y, function.known
            )
        if function.weights is not None:
            change = np.where(function.weights > 0, function.weights * change, 0.0)
        if not abs(float(np.sum(change))) * function.behind < _FLAT:
            continue
        start = predictor.starts[slot]
        infinite[start] = sign
        lost += range(start + 1, span.stop)
        edge = "0" if side == "lower" else "infinity"
        family = linked.family.text()
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
                **spelt(partial(_other, limit)),
            )
        )
    if not diagnoses:
        return None
    null = np.eye(predictor.size)[:, lost] if lost else None
    return Finding(diagnoses, infinite=infinite, null=null)


def _other(family: str, say: Callable[[Typed], str]) -> str:
    return say(another(family))


def _reaches(case: Case, slot: int, sign: float) -> bool:
    """Whether a predictor is far out on one side in all rows; the last few decide last."""
    function = case.function
    predictor = function.parametric
    if predictor.designs[slot].width == 0 and predictor.offset[slot] is None:
        eta = predictor.forward(case.solution.theta, slice(0, 1), Workspace())
        return bool(sign * eta[slot, 0] > FAR)
    if not np.all(sign * case.view.eta[slot] > FAR):
        return False
    used = slice(None) if function.weights is None else function.weights > 0
    return bool(np.all(sign * case.eta[slot][used] > FAR))

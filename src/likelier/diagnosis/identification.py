"""Directions of the coefficients along which the likelihood is flat, though no column explains it.

With G the mean of x xᵀ over rows and each predictor measured in its unit (an e-fold change, or the
spread of y for a location), a direction d of unit length in G moves the predictors by one on the
average; dᵀ H d is what the data know of it. Where that is near zero, the parameters of the family
cannot be told apart, or the data hardly speak of one (the degrees of freedom of nearly normal
noise).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.diagnosis._base import Case, Diagnosis, Finding
from likelier.diagnosis._matrices import gram
from likelier.diagnosis._remedies import PROFILE, spelt
from likelier.distributions import CensoredValues
from likelier.predictors import Arrow

Array = Any

WEAK = 0.02
"""Information on a predictor's unit below this: a standard error above 7."""
_SHARE = 1e-5
_NULL = 1e-9
"""Information a row on a predictor's unit below this is rounding error."""


def check(case: Case) -> Finding | None:
    """Find flat directions and name the parameters that take part in them."""
    found = [d.kind for finding in case.found for d in finding.diagnoses]
    if any(finding.whole for finding in case.found) or case.solution.reason != "converged":
        return None
    if case.solution.converged and "separation" in found:
        return None
    if isinstance(case.solution.at_hand, Arrow):
        return None  # levels without information are separated, columns without it collinear
    if _plainly_known(case):
        return None
    if case.function.risk.attained:
        return None  # a label that is given a share holds whatever the others leave open
    if not case.predictor.linear:
        return None  # a curve's unknowns have a check of their own
    units, metric = _units(case), _metric(case)
    curvature = case.curvature * np.outer(units, units)
    if not np.all(np.isfinite(curvature)) or not np.all(np.isfinite(metric)):
        return None
    free = np.ones(len(metric), dtype=bool)
    for finding in case.found:
        if finding.infinite is not None:
            free &= finding.infinite == 0
        if finding.null is not None:
            free &= np.all(finding.null == 0, axis=1)
    directions, information = _spectrum(curvature[np.ix_(free, free)], metric[np.ix_(free, free)])
    rows = float(np.sum(case.view.counts)) * case.view.share
    flat = information < _NULL * rows
    diagnoses: list[Diagnosis] = []
    for k in np.flatnonzero(information < max(WEAK, _NULL * rows)):
        full = np.zeros(len(metric))
        full[free] = directions[:, k]
        known = float(information[k])
        remark = _diagnosis(case, full, units, metric, bool(flat[k]), known)
        # Two directions of the same coefficients are one sentence.
        if all(remark.message != told.message for told in diagnoses):
            diagnoses.append(remark)
    if not diagnoses:
        return None
    null = None
    if flat.any():
        null = np.zeros((len(metric), int(flat.sum())))
        null[free] = np.linalg.qr(units[free, None] * directions[:, flat])[0]
    return Finding(diagnoses, relations=int(flat.sum()), null=null)


def _plainly_known(case: Case) -> bool:
    """Whether the solver's own figures rule out a flat direction, at no cost.

    Inner columns have unit spread, so the diagonal of H is the information on each predictor's
    unit; the conditioning says how much of it the others take away.
    """
    curvature = case.solution.at_hand
    if case.large and case.solution.conditioning > _SHARE:
        return True
    if curvature is None or case.solution.conditioning < _SHARE or case.function.penalties:
        return False
    least = float((curvature.diagonal() * _units(case) ** 2).min())
    return case.solution.conditioning * least > 10 * WEAK * len(curvature)


def _units(case: Case) -> Array:
    """What a step of each coefficient's predictor is compared with, (P,); no unit of y decides."""
    linked, predictor = case.function.linked, case.predictor
    found = np.ones(predictor.size)
    for name, slots in linked.slots.items():
        units = linked.units(name, lambda: case.view.eta, lambda: _spread(case.view.y))
        for slot, unit in enumerate(units, slots.start):
            found[predictor.span(slot)] = unit
    return found


def _spread(y: Any) -> Array:
    """Standard deviation of the observations, or of each of their entries."""
    if isinstance(y, CensoredValues):
        y = np.where(np.isfinite(y.lower), y.lower, y.upper)
    return np.std(y, axis=0)


def _metric(case: Case) -> Array:
    """G over all slots."""
    predictor = case.predictor
    total = np.zeros((predictor.size, predictor.size))
    known: dict[int, Array] = {}
    for slot, design in enumerate(predictor.designs):
        if id(design) not in known:
            known[id(design)] = gram(case, slot, [case.view.slices]) / len(case.view.index)
        total[predictor.span(slot), predictor.span(slot)] = known[id(design)]
    return total


def _spectrum(curvature: Array, metric: Array) -> tuple[Array, Array]:
    """Directions of unit length in the metric, in columns, and the curvature along each."""
    values, vectors = np.linalg.eigh(metric)
    kept = values > 1e-11 * values.max(initial=0.0)
    basis = vectors[:, kept] / np.sqrt(values[kept])
    information, turned = np.linalg.eigh(basis.T @ curvature @ basis)
    return basis @ turned, information


def _diagnosis(
    case: Case, direction: Array, units: Array, metric: Array, flat: bool, information: float
) -> Diagnosis:
    """A diagnosis of one direction, each coefficient in its unit."""
    reach = np.abs(direction) * np.sqrt(np.diag(metric))
    members = [int(i) for i in np.flatnonzero(reach > 0.1 * reach.max())]
    parameters = tuple(dict.fromkeys(case.labels[i][0] for i in members))
    names = ", ".join(case.name(i) for i in members)
    family = case.function.linked.family
    for group, combination in family.identified_through.items():
        if set(group) <= set(parameters):
            how = f"the likelihood of {family.text()} depends on them only through {combination}"
            break
    else:
        how = "the likelihood " + ("does not" if flat else "hardly") + " change" + "s" * (not flat)
        how += " along a combination of them" if len(members) > 1 else " with it"
    head = "cannot be told from these data" if flat else "is hardly known from these data"
    error = ""
    unit = float(units[members[0]])
    if not flat and np.allclose(units[members], unit, rtol=1e-6):
        error = f" (standard error {unit * information**-0.5:.2g} on the predictor's scale)"
    tail = (
        "predictions are sound; the values shown are one choice of many"
        if flat
        else "its interval is wide and lopsided: use the profile"
    )
    several = "each of " if len(members) > 1 else ""
    held = case.held(parameters[-1])
    return Diagnosis(
        kind="weak identification",
        severity="serious" if flat else "warning",
        message=f"{several}{names} {head}{error}: {how}; {tail}",
        where=parameters,
        evidence={
            "direction": {case.name(i): float(units[i] * direction[i]) for i in members},
            "information": information,
        },
        **spelt(
            lambda say: (
                f"hold one of them fixed, {say(held)}, or choose a family without it"
                if flat
                else f"{say(PROFILE)}, or hold it fixed, {say(held)}"
            )
        ),
    )

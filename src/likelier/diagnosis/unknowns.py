"""Unknowns of a curve that the data leave open: combinations along which it hardly changes.

The others are maximised over (their Schur complement), and unknowns with a limit are measured by
factors (on the scale of the search, a logarithm or a logit). Along an eigenvector of that
information the estimate is known up to a factor exp(λ^−½).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from likelier.diagnosis._base import Case, Diagnosis, Finding
from likelier.diagnosis._remedies import PROFILE, spelt
from likelier.predictors import CurvePredictor

Array = Any

_WEAK = 1.0
"""Standard error of a logarithm (a factor of e) from which a combination is hardly known."""
_FLAT = 1e-13
"""Share of the unknowns' own curvature that the others leave to a combination: rounding error."""
_MEMBER = 0.25


def check(case: Case) -> Finding | None:
    """Find combinations of a curve's unknowns that are hardly known or not at all."""
    predictor = case.predictor
    if not isinstance(predictor, CurvePredictor) or case.solution.reason != "converged":
        return None
    width, curvature = predictor.width, case.curvature
    if predictor.networks:
        # Weights by themselves are never known, and decay decides among them.
        return None
    if not np.all(np.isfinite(curvature)):
        return None
    limits = np.array([u.limited for u in predictor.unknowns])
    flat = _flat(curvature[:width, :width])
    if flat.shape[1]:
        null = np.zeros((predictor.size, flat.shape[1]))
        null[:width] = flat
        # Named by powers, as the search sees unknowns with a limit.
        stretch = np.where(limits, predictor.stretch(case.solution.theta), 1.0)
        found = [_diagnosis(case, column / stretch, math.inf) for column in flat.T]
        return Finding(found, relations=flat.shape[1], null=null)
    limited = np.flatnonzero(limits)
    if not len(limited):
        return None
    stretch = predictor.stretch(case.solution.theta)[limited]
    information = _complement(curvature, limited) * np.outer(stretch, stretch)
    values, vectors = np.linalg.eigh(information)
    diagnoses = []
    for k in np.flatnonzero(values < _WEAK**-2):
        direction = np.zeros(width)
        direction[limited] = vectors[:, k]
        error = math.inf if values[k] <= 0 else values[k] ** -0.5
        diagnoses.append(_diagnosis(case, direction, error))
    return Finding(diagnoses) if diagnoses else None


def _flat(curvature: Array) -> Array:
    """Orthonormal directions along which the curve does not change at all, in columns."""
    diagonal = np.diag(curvature)
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    values, vectors = np.linalg.eigh(curvature * np.outer(scale, scale))
    lost = vectors[:, np.abs(values) < _FLAT * len(values)] * scale[:, None]
    return np.linalg.qr(lost)[0] if lost.shape[1] else lost


def _complement(curvature: Array, kept: Array) -> Array:
    """The information on some entries of theta with all others maximised over."""
    others = np.setdiff1d(np.arange(len(curvature)), kept)
    own = curvature[np.ix_(kept, kept)]
    if not len(others):
        return own
    mixed = curvature[np.ix_(others, kept)]
    return own - mixed.T @ np.linalg.pinv(curvature[np.ix_(others, others)], hermitian=True) @ mixed


def _diagnosis(case: Case, direction: Array, error: float) -> Diagnosis:
    members = np.flatnonzero(np.abs(direction) > _MEMBER * np.abs(direction).max())
    lead = direction / direction[members[0]]
    names = [case.labels[i][2] for i in members]
    listed = ", ".join(f"`{name}`" for name in names)
    flat = math.isinf(error)
    if len(members) == 1:
        what, them = listed, "it"
    else:
        powers = " · ".join(f"{n}^{lead[i]:+.2g}" for n, i in zip(names, members, strict=True))
        what, them = f"a combination of {listed} ({powers})", "one of them"
    how = (
        "cannot be known from these data: the curve does not change with it"
        if flat
        else f"is known only to a factor of {math.exp(min(error, 50.0)):.3g} (one standard error)"
    )
    return Diagnosis(
        kind="weak identification",
        severity="serious" if flat else "warning",
        message=f"{what} {how}; predictions near the data are sound",
        where=tuple(names),
        evidence={
            "direction": {n: float(lead[i]) for n, i in zip(names, members, strict=True)},
            "standard_error_of_logarithm": float(error),
        },
        **spelt(
            lambda say: (
                f"write a known value of {them} into the function, in place of the parameter, "
                "or the model in what the data determine; or measure elsewhere; "
                f"{say(PROFILE)} shows which sides are open"
            )
        ),
    )

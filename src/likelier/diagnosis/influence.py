"""Rows that move the estimates by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.diagnosis._base import Case, Diagnosis, Finding
from likelier.diagnosis._remedies import another, spelt
from likelier.predictors import Workspace
from likelier.solvers import factorise

Array = Any

_SHIFT = 3.0
"""Standard errors by which a single row may move an estimate before it is named."""
_ALONE = 0.9999
"""Leverage from which a row decides on a coefficient alone."""
_POOR = 1e-6
"""Conditioning below which XᵀX is not inverted."""
_SHOWN = 5
HEAVIER = {
    "normal": "student_t",
    "poisson": "negative_binomial",
    "binomial": "beta_binomial",
    "zero_inflated(poisson)": "zero_inflated(negative_binomial)",
    "hurdle(poisson)": "hurdle(negative_binomial)",
}
"""Families in which such a row moves less."""
_LEAST = 4
"""Rows for each coefficient below which every row is influential, and it is no news."""


def check(case: Case) -> Finding | None:
    """Find rows without which some estimate would be several standard errors elsewhere.

    One-step deletion: without row i the estimates move by H⁻¹ sᵢ / (1 − hᵢ), s its score and h its
    leverage wᵢ xᵢᵀ H⁻¹ xᵢ, w its curvature in the main parameter's predictor, and the likelihood of
    all rows falls by half of the displacement sᵢᵀ H⁻¹ sᵢ / (1 − hᵢ)² (Cook 1986,
    doi:10.1111/j.2517-6161.1986.tb01398.x; Pregibon 1981, doi:10.1214/aos/1176345513). Only tables
    that are looked at whole are searched.
    """
    if case.spoilt or not case.view.whole or case.function.penalties:
        return None
    function = case.function
    free = np.ones(function.predictor.size, dtype=bool)
    for finding in case.found:
        if finding.infinite is not None:
            free &= finding.infinite == 0
        if finding.null is not None:
            free &= np.all(finding.null == 0, axis=1)
    index = case.view.index
    if len(index) < _LEAST * free.sum() or not free.any():
        return None
    scores = function.row_scores(case.solution.theta, slice(0, function.predictor.n), Workspace())[
        index
    ][:, free]
    if not case.frequency:
        scores = scores * case.view.counts[:, None]
    design = _design_leverage(case)
    direction = factorise(case.curvature[np.ix_(free, free)])
    if not direction.definite or not np.all(np.isfinite(scores)):
        return None
    inverse = direction.solve_matrix()
    errors = np.sqrt(np.diag(inverse))
    alone = design > _ALONE
    leverage = _leverage(case, inverse, np.flatnonzero(free), design)
    gone = np.maximum(1 - leverage, 1e-3)
    shift = scores @ inverse / gone[:, None] / errors
    moved = np.max(np.abs(shift), axis=1)
    # A fitted row that decides alone has no score to show what it would move.
    rows = np.flatnonzero((moved > _SHIFT) & ~alone)
    diagnoses = []
    if len(rows):
        displacement = np.einsum("ij,ij->i", scores @ inverse, scores) / gone**2
        found = _Influence(rows, shift, moved, leverage, displacement, np.flatnonzero(free))
        diagnoses.append(_moving(case, found))
    if alone.any():
        diagnoses.append(_deciding(case, np.flatnonzero(alone)))
    return Finding(diagnoses) if diagnoses else None


def _leverage(case: Case, inverse: Array, free: Array, design: Array) -> Array:
    """Each row's share of the curvature that its own fitted value has: its weighted hat value.

    For a vector of predictors a row has a matrix of them, and its design says what it can.
    """
    function, view = case.function, case.view
    linked, predictor = function.linked, function.parametric
    slots = linked.slots[linked.family.main]
    slot = slots.start
    if slots.stop - slots.start > 1 or not linked.family.smooth:
        return design
    whole = np.zeros((predictor.size, predictor.size))
    whole[np.ix_(free, free)] = inverse
    rows = slice(0, predictor.n)
    work = Workspace(case.solution.theta)
    form = predictor.row_forms(whole, [(slot, slot)], rows, work)[slot, slot][view.index]
    own = linked.evaluate(view.eta, view.y, view.known)[2].get((slot, slot), 0.0)
    weights = 1.0 if case.frequency else view.counts
    return np.clip(form * own * weights, 0.0, 1.0)


def _design_leverage(case: Case) -> Array:
    """Hat values of the main parameter's design, counted once for each row."""
    linked, predictor = case.function.linked, case.predictor
    slot = linked.slots[linked.family.main].start
    x = predictor.inner(slot, slice(0, predictor.n), Workspace(case.solution.theta))[
        case.view.index
    ]
    if x.shape[1] == 0:
        return np.zeros(len(x))
    counts = case.view.counts
    if case.solution.conditioning > _POOR and predictor.linear:
        return np.einsum("ij,ij->i", x @ np.linalg.inv((x.T * counts) @ x), x)
    left, values, _ = np.linalg.svd(x * np.sqrt(counts)[:, None], full_matrices=False)
    left = left[:, values > 1e-10 * values.max(initial=0.0)]
    # Of a row that stands for several, the others stay when one is left out.
    return np.minimum(np.sum(left**2, axis=1) / counts, 1.0)


@dataclass(frozen=True, eq=False)
class _Influence:
    """What leaving out each row would do, m rows.

    Attributes:
        rows: those that are named.
        shift: (m, F) of the estimates, in their standard errors; moved: (m,) the largest.
        leverage: (m,) hat values.
        displacement: (m,) twice the log-likelihood that the fit without the row loses on all rows.
        free: (F,) the coefficients that are estimated.
    """

    rows: Array
    shift: Array
    moved: Array
    leverage: Array
    displacement: Array
    free: Array


def _moving(case: Case, found: _Influence) -> Diagnosis:
    moved, leverage = found.moved, found.leverage
    worst = found.rows[np.argsort(-moved[found.rows])]
    other = HEAVIER.get(case.function.linked.family.text())
    first = int(worst[0])
    column = int(np.argmax(np.abs(found.shift[first])))
    named = [case.row_name(int(case.view.index[i])) for i in worst[:_SHOWN]]
    more = f" and {len(worst) - _SHOWN:,} more" if len(worst) > _SHOWN else ""
    others = f" So do {', '.join(named[1:])}{more}." if len(named) > 1 else ""
    return Diagnosis(
        kind="influence",
        severity="note",
        message=(
            f"without {named[0]} the estimate of {case.name(int(found.free[column]))} would move "
            f"by {moved[first]:.1f} of its standard errors (leverage {leverage[first]:.2f})."
            f"{others}"
        ).rstrip("."),
        where=tuple(named),
        evidence={
            "rows": [int(case.view.index[i]) for i in worst[:20]],
            "standard_errors": [float(moved[i]) for i in worst[:20]],
            "leverage": [float(leverage[i]) for i in worst[:20]],
            "likelihood_displacement": [float(found.displacement[i]) for i in worst[:20]],
        },
        **spelt(
            lambda say: (
                "see whether these rows are right"
                + (f"; compare with {say(another(other))}" if other else "")
            )
        ),
    )


def _deciding(case: Case, alone: Array) -> Diagnosis:
    function = case.function
    slot = function.linked.slots[function.linked.family.main].start
    predictor = function.parametric
    x = predictor.inner(slot, slice(0, predictor.n), Workspace(case.solution.theta))[
        case.view.index[alone]
    ]
    start = predictor.starts[slot]
    names = dict.fromkeys(case.labels[start + int(np.argmax(np.abs(row)))][2] for row in x)
    rows = [case.row_name(int(case.view.index[i])) for i in alone[:_SHOWN]]
    more = f" and {len(alone) - _SHOWN:,} more" if len(alone) > _SHOWN else ""
    one = len(alone) == 1
    return Diagnosis(
        kind="influence",
        severity="note",
        message=(
            f"{', '.join(rows)}{more} alone decide{'s' * one} on a coefficient "
            f"({', '.join(f'`{n}`' for n in names)}): no other row speaks of it, and "
            f"{'it is' if one else 'they are'} fitted whatever {'it holds' if one else 'they hold'}"
        ),
        where=tuple(rows),
        evidence={"rows": [int(case.view.index[i]) for i in alone[:20]], "leverage": 1.0},
        remedy="see whether the cell is right; merge the level or collect more rows like it",
    )

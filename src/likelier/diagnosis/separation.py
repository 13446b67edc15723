"""Separation: a direction of the coefficients along which the likelihood rises for ever.

For each row of a bounded likelihood (labels, zero counts) there may be a sign of the predictor
along which its NLL falls to its infimum. A direction d separates when xᵢᵀd has that sign, or is 0,
for all rows, and is 0 for rows without one. Whether such a d exists is a linear program
(Konis 2007, Linear programming algorithms for detecting separated data in binary logistic
regression models), solved by HiGHS; it is only asked when some predictor has run far out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.diagnosis._base import Case, Diagnosis, Finding
from likelier.predictors import Workspace

Array = Any

_FAR = 12.0
"""A predictor this far out (log odds, log scale) is no proof of separation, but asks for one."""
_LIMIT = 60.0


def check(case: Case) -> Finding | None:
    """Find separated parameters, their direction and the rows that they fit perfectly."""
    function = case.function
    linked, predictor = function.linked, function.predictor
    if not linked.family.discrete:
        return None
    eta = predictor.forward(case.solution.theta, slice(0, predictor.n), Workspace())
    if np.max(np.abs(eta)) < _FAR and case.solution.converged:
        return None
    first = linked.family.main
    slots = linked.slots[first]
    if slots.stop - slots.start > 1 or linked.family.parameters_declared[first].domain.event_dims:
        direction = _class_direction(case, slots)
    else:
        direction = _signed_direction(case, eta, slots.start)
    if direction is None:
        return None
    moved = _moved(case, direction, slots)
    apart = np.any(np.abs(moved) > 1e-7, axis=0) & _used(case)
    if np.all(apart | ~_used(case)):
        # Nothing holds any coefficient: the estimate's own course is the direction to show.
        own = np.zeros(len(direction))
        start = case.function.predictor.starts[slots.start]
        stop = case.function.predictor.span(slots.stop - 1).stop
        own[start:stop] = case.solution.theta[start:stop]
        direction = own
    return _finding(case, direction, apart)


def _moved(case: Case, direction: Array, slots: slice) -> Array:
    """How far each predictor goes along a direction, (slots, n)."""
    predictor = case.function.predictor
    return np.array(
        [
            _inner_matrix(case, slot) @ direction[predictor.span(slot)]
            for slot in range(slots.start, slots.stop)
        ]
    )


def _inner_matrix(case: Case, slot: int) -> Array:
    """All rows of one slot's design on the inner scale, the intercept first."""
    predictor = case.function.predictor
    design = predictor.designs[slot]
    x = np.asarray(design.block(slice(0, predictor.n), Workspace()))
    x = x if design.divisor is None else x / design.divisor
    return np.column_stack([np.ones(predictor.n), x]) if design.intercept else np.array(x)


def _used(case: Case) -> Array:
    weights = case.function.weights
    return np.ones(case.function.predictor.n, dtype=bool) if weights is None else weights > 0


def _signed_direction(case: Case, eta: Array, slot: int) -> Array | None:
    """The separating direction of a single predictor, or None."""
    signs = _recession(case, eta, slot)
    used = _used(case)
    x = _inner_matrix(case, slot)
    found = _solve(
        signs[used & (signs != 0), None] * x[used & (signs != 0)], x[used & (signs == 0)]
    )
    if found is None:
        return None
    direction = np.zeros(case.function.predictor.size)
    direction[case.function.predictor.span(slot)] = found
    return direction


def _recession(case: Case, eta: Array, slot: int) -> Array:
    """For each row the sign of the predictor along which its NLL keeps falling, else 0."""
    function = case.function
    signs = np.zeros(function.predictor.n)
    with np.errstate(all="ignore"):
        here = function.linked.nll(eta, function.y, function.known)
        for sign in (-1.0, 1.0):
            values = [here]
            for distance in (0.5 * _LIMIT, _LIMIT):
                moved = eta.copy()
                moved[slot] = sign * distance
                values.append(function.linked.nll(moved, function.y, function.known))
            # Rising at the far end, or above the present value, is no recession.
            falls = (values[2] <= values[1] + 1e-9) & (values[1] <= values[0] + 1e-9)
            signs[falls & (signs == 0)] = sign
    return signs


def _class_direction(case: Case, slots: slice) -> Array | None:
    """The separating direction of class logits with the first class as the reference."""
    predictor = case.function.predictor
    codes = np.asarray(case.function.y).astype(int)
    count = slots.stop - slots.start
    x = _inner_matrix(case, slots.start)
    q = x.shape[1]
    used = np.flatnonzero(_used(case))
    rows = []
    for other in range(count + 1):
        part = used[codes[used] != other]
        # (η_own − η_other) must not fall: own class's coefficients minus the other's.
        block = np.zeros((len(part), count * q))
        for j in range(count):
            sign = (codes[part] == j + 1).astype(float) - float(other == j + 1)
            block[:, j * q : (j + 1) * q] = sign[:, None] * x[part]
        rows.append(block)
    found = _solve(np.concatenate(rows), np.zeros((0, count * q)))
    if found is None:
        return None
    direction = np.zeros(predictor.size)
    direction[predictor.starts[slots.start] : predictor.starts[slots.start] + count * q] = found
    return direction


def _solve(signed: Array, flat: Array) -> Array | None:
    """A direction d with signed d >= 0 and flat d = 0 that is positive on as many rows as any.

    Maximises Σ t subject to signed d >= t, 0 <= t <= 1: since directions add up and stretch, every
    row that some direction sets apart reaches t = 1. None where no row does.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, hstack

    n, q = signed.shape
    if n == 0:
        return None
    variables: Any = [(None, None)] * q + [(0, 1)] * n
    rows: Any = hstack([csr_array(-signed), eye_array(n)])
    equal: Any = hstack([csr_array(flat), csr_array((len(flat), n))]) if len(flat) else None
    result: Any = linprog(
        np.concatenate([np.zeros(q), -np.ones(n)]),
        A_ub=rows,
        b_ub=np.zeros(n),
        A_eq=equal,
        b_eq=np.zeros(len(flat)) if len(flat) else None,
        bounds=variables,
        method="highs",
    )
    if result.status != 0 or -result.fun < 0.5:
        return None
    direction = result.x[:q] / np.max(np.abs(result.x[:q]))
    return np.where(np.abs(direction) > 1e-9, direction, 0.0)


def _finding(case: Case, direction: Array, apart: Array) -> Finding:
    predictor = case.function.predictor
    user = predictor.to_user() @ direction
    user[np.abs(user) < 1e-9 * np.max(np.abs(user))] = 0.0
    members = [int(i) for i in np.flatnonzero(user)]
    slopes = [i for i in members if case.labels[i][2] != "intercept"] or members
    columns = tuple(dict.fromkeys(case.labels[i][2] for i in slopes))
    names = ", ".join(f"`{column}`" for column in columns)
    total = int(_used(case).sum())
    several = len(columns) > 1
    head = f"columns {names} together predict" if several else f"column {names} predicts"
    whole = int(apart.sum()) == total
    scope = f"all {total:,} rows" if whole else f"{int(apart.sum()):,} of {total:,} rows"
    combination = " ".join(
        f"{'+' if user[i] > 0 else '−'} {abs(user[i]):.4g}·{_term(case, i)}" for i in members
    ).removeprefix("+ ")
    rest = (
        "No coefficient has a finite maximum-likelihood value"
        if whole
        else "Their coefficients have no finite maximum-likelihood value; the others are sound"
    )
    diagnosis = Diagnosis(
        kind="separation",
        severity="serious",
        message=(
            f"{head} `{case.target}` perfectly for {scope}: the "
            f"likelihood rises for ever along {combination}. {rest}"
        ),
        where=columns,
        evidence={
            "direction": {_term(case, i): float(user[i]) for i in members},
            "rows": [int(i) for i in np.flatnonzero(apart)[:20]],
            "n_rows": int(apart.sum()),
        },
        remedy=(
            "objective=lk.NLL() + lk.Jeffreys() makes the estimates finite (Firth); or leave out "
            f"{names}, merge levels that never vary, or collect rows in which `{case.target}` "
            "differs"
        ),
    )
    infinite = np.sign(user)
    return Finding([diagnosis], infinite=infinite, apart=None if whole else apart, whole=whole)


def _term(case: Case, index: int) -> str:
    _, slot, term = case.labels[index]
    return f"{term}[{slot}]" if slot else term

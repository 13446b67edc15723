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
from likelier.diagnosis._remedies import JEFFREYS, Spelt, formula, penalised, spelt
from likelier.diagnosis.boundary import FAR, limits_of
from likelier.predictors import Elimination, LinearPredictor, Workspace
from likelier.solvers import factorise

Array = Any

FAR_OUT = 12.0
"""A predictor this far out (log odds, log scale) is no proof of separation, but asks for one."""
_LIMIT = 60.0
_SHOWN = 8
"""Columns that are named; the rest is counted."""
_STEPS = 18
"""Steps of Newton that no search along a separating direction converges within."""
_SECONDS = 10.0
"""A program that takes longer than this has no answer in time; the fit is then not converged."""


class _UndecidedError(Exception):
    """The linear program took too long."""


def check(case: Case) -> Finding | None:
    """Find separated parameters, their direction and the rows that they fit perfectly."""
    family = case.function.linked.family
    if case.firm or not (family.discrete or family.mixed):
        return None
    if case.large and case.solution.converged and len(case.solution.trace) < _STEPS:
        # In a likelihood's tail Newton moves a predictor by about one a step.
        return None
    try:
        findings = [f for name in case.function.linked.slots if (f := _of_parameter(case, name))]
    except _UndecidedError:
        return Finding([_undecided(case)])
    return _joined(findings) if findings else None


def _of_parameter(case: Case, name: str) -> Finding | None:
    """What separates one parameter of the family."""
    linked = case.function.linked
    slots = linked.slots[name]
    far = bool(np.max(np.abs(case.eta[slots])) >= FAR_OUT)
    # A search that came to its end among near predictors has nowhere further to go.
    if not far and case.solution.reason == "converged":
        return None
    main = name == linked.family.main
    domain = linked.family.parameters_declared[name].domain
    if main and "cutpoints" in linked.slots:
        direction = _ordered_direction(case, slots.start, linked.slots["cutpoints"])
        return None if direction is None else _of_order(case, direction)
    if main and linked.family.discrete:
        if domain.event_dims or slots.stop - slots.start > 1:
            if linked.family.support.name != "labels":
                return None
            direction = _class_direction(case, slots)
        else:
            direction = _signed_direction(case, case.eta, slots.start)
        if direction is None:
            return None
        together = _inseparable(case, direction, slots) if domain.event_dims else ()
        apart = np.any(np.abs(_moved(case, direction, slots)) > 1e-7, axis=0) & _used(case)
        if np.all(apart | ~_used(case)):
            # Nothing holds any coefficient: the estimate's own course is the direction to show.
            span = _span(case, slots)
            course = case.solution.theta[span]
            small = np.abs(course) < 1e-3 * np.max(np.abs(course))
            direction = np.zeros(len(direction))
            direction[span] = np.where(small, 0.0, course)
        return _finding(case, direction, apart, together=together)
    if domain.name != "probability" or not far:
        return None
    if (name, "lower") in limits_of(linked.family) and np.all(case.eta[slots] < -FAR):
        return None
    direction = _signed_direction(case, case.eta, slots.start)
    return None if direction is None else _of_gate(case, name, direction)


def _undecided(case: Case) -> Diagnosis:
    """Predictors have run far out, and whether for ever could not be found in time."""
    far = float(np.max(np.abs(case.eta)))
    return Diagnosis(
        kind="separation",
        severity="serious",
        message=(
            f"a linear predictor has run out to {far:.3g}, as it does where columns predict "
            f"`{case.target}` perfectly; the table is too large to prove it in {_SECONDS:g} seconds"
        ),
        where=(case.target,),
        evidence={"predictor": far},
        **spelt(
            lambda say: (
                "look for columns under which the target never varies; "
                f"{say(JEFFREYS)} makes the estimates finite (Firth)"
            )
        ),
    )


def _span(case: Case, slots: slice) -> slice:
    """Where the coefficients of a parameter stand in `theta`."""
    predictor = case.predictor
    return slice(predictor.starts[slots.start], predictor.span(slots.stop - 1).stop)


def _joined(findings: list[Finding]) -> Finding:
    """One finding of several parameters; that of the main one knows which rows are apart."""
    if len(findings) == 1:
        return findings[0]
    infinite = findings[0].infinite
    for other in findings[1:]:
        infinite = np.where(infinite == 0, other.infinite, infinite)
    diagnoses = [d for finding in findings for d in finding.diagnoses]
    return Finding(diagnoses, infinite=infinite, whole=any(f.whole for f in findings))


def _moved(case: Case, direction: Array, slots: slice) -> Array:
    """How far each predictor goes along a direction, (slots, n)."""
    predictor = case.predictor
    if _factor(case) is not None:
        still = LinearPredictor(predictor.designs, predictor.n)
        found: Array = still.forward(direction, slice(0, predictor.n), Workspace())[slots]
        return found
    return np.array(
        [
            _inner_matrix(case, slot) @ direction[predictor.span(slot)]
            for slot in range(slots.start, slots.stop)
        ]
    )


def _inner_matrix(case: Case, slot: int) -> Array:
    """All rows of one slot's design on the inner scale, the intercept first."""
    predictor = case.predictor
    if _factor(case) is not None:
        raise _UndecidedError
    return predictor.inner(slot, slice(0, predictor.n), Workspace(case.solution.theta))


def _used(case: Case) -> Array:
    weights = case.function.weights
    return np.ones(case.predictor.n, dtype=bool) if weights is None else weights > 0


def _signed_direction(case: Case, eta: Array, slot: int) -> Array | None:
    """The separating direction of a single predictor, or None."""
    signs = _recession(case, eta, slot)
    used = _used(case)
    if _factor(case) is not None:
        return _level_direction(case, signs, slot)
    x = _inner_matrix(case, slot)
    signed = signs[used & (signs != 0), None] * x[used & (signs != 0)]
    flat = x[used & (signs == 0)]
    span = case.predictor.span(slot)
    found = _course(case, span, signed, flat)
    if found is None:
        found = _solve(signed, flat)
    if found is None:
        return None
    direction = np.zeros(case.predictor.size)
    direction[span] = found
    return direction


def _factor(case: Case) -> Elimination | None:
    """The factor of many levels whose columns are codes, which no program is written out for."""
    return case.predictor.apart


def _level_direction(case: Case, signs: Array, slot: int) -> Array | None:
    """The levels of a factor all of whose rows recede alike, in time linear in the rows.

    Where other predictors remain far out, the search's own last direction is tried.
    """
    predictor, factor = case.predictor, _factor(case)
    assert factor is not None
    used = _used(case)
    direction = np.zeros(predictor.size)
    if slot in factor.member:
        codes = factor.codes[used]
        count, up, down = (
            np.bincount(codes, mask[used].astype(float), factor.width + 1)
            for mask in (np.ones(len(used)), signs > 0, signs < 0)
        )
        recedes = np.where(count > 0, (up == count) * 1.0 - (down == count) * 1.0, 0.0)
        levels = factor.places.levels[:, factor.member[slot]]
        direction[levels] = recedes[:-1]
        design = predictor.designs[slot]
        if design.intercept and recedes[-1]:
            # The level without a column moves by the intercept, against all the others.
            direction[levels] -= recedes[-1]
            direction[predictor.starts[slot]] = recedes[-1]
    moved = np.abs(_moved(case, direction, slice(slot, slot + 1))[0]) > 1e-9
    near = np.abs(case.eta[slot][used & ~moved]) < FAR
    if not np.all(near):
        sums = case.function.likelihood(case.solution.theta, 2)
        step = -factorise(sums.curvature).solve(sums.gradient)
        top = np.max(np.abs(step))
        step = np.where(np.abs(step) > 1e-4 * top, step / top, 0.0) if top > 1e-2 else 0 * step
        forward = _moved(case, step, slice(slot, slot + 1))[0][used]
        way = signs[used] * forward
        if np.all(way >= -1e-9) and np.any(way > 1e-3) and np.all(forward[signs[used] == 0] == 0):
            return direction + step
    return direction if direction.any() else None


def _course(case: Case, span: slice, signed: Array, flat: Array) -> Array | None:
    """The search's own last direction, if it separates: then no program need be solved.

    In a likelihood's tail Newton moves along all separating directions at once.
    """
    sums = case.function.likelihood(case.solution.theta, 2)
    step = -factorise(sums.curvature).solve(sums.gradient)[span]
    top = np.max(np.abs(step), initial=0.0)
    if not (np.isfinite(top) and top > 1e-2):
        return None
    step = np.where(np.abs(step) > 1e-4 * top, step / top, 0.0)
    moves, still = signed @ step, flat @ step
    separates = np.all(moves >= -1e-9) and np.any(moves > 1e-3) and np.all(np.abs(still) < 1e-9)
    return step if separates else None


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
    predictor = case.predictor
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


def _inseparable(case: Case, direction: Array, slots: slice) -> tuple[tuple[str, ...], ...]:
    """The labels in sets, such that the direction tells each set from all the others.

    Empty where it does so for some rows only, or where every label is a set of its own.
    """
    codes = np.asarray(case.function.y).astype(int)
    used = np.flatnonzero(_used(case))
    moved = np.vstack([np.zeros(len(codes)), _moved(case, direction, slots)])
    count = len(moved)
    own = moved[codes[used], used]
    # Whether the rows of label a move away from label b, all of them.
    away = np.array(
        [
            [np.all((own - moved[b, used])[codes[used] == a] > 1e-7) for b in range(count)]
            for a in range(count)
        ]
    )
    sets: list[list[int]] = []
    for label in range(count):
        tied = [s for s in sets if any(not (away[label, k] and away[k, label]) for k in s)]
        sets = [s for s in sets if s not in tied] + [[*(k for s in tied for k in s), label]]
    if len(sets) in (1, count):
        return ()
    levels = case.levels or tuple(range(count))
    named = sorted(sets, key=lambda s: (len(s), s))
    return tuple(tuple(str(levels[k]) for k in sorted(s)) for s in named)


def _ordered_direction(case: Case, slot: int, cutpoints: slice) -> Array | None:
    """A direction of the slopes and the cutpoints along which no label's interval narrows.

    (q slopes, K − 1 cutpoints): the upper end of a row's interval must not fall, its lower end not
    rise. None where there is none, or where cutpoints have predictors of their own.
    """
    predictor = case.predictor
    if any(predictor.designs[k].width for k in range(cutpoints.start, cutpoints.stop)):
        return None
    codes = np.asarray(case.function.y).astype(int)
    count = cutpoints.stop - cutpoints.start
    used = _used(case)
    x, codes = _inner_matrix(case, slot)[used], codes[used]
    ends = np.eye(count)
    below, above = codes > 0, codes < count
    upper = np.column_stack([-x[above], ends[codes[above]]])
    lower = np.column_stack([x[below], -ends[codes[below] - 1]])
    return _solve(np.concatenate([upper, lower]), np.zeros((0, x.shape[1] + count)))


def _of_order(case: Case, found: Array) -> Finding:
    """What to say of an ordinal target that some direction orders perfectly."""
    predictor = case.predictor
    slots = case.function.linked.slots[case.function.linked.family.main]
    span = _span(case, slots)
    q = span.stop - span.start
    direction = np.zeros(predictor.size)
    direction[span] = found[:q]
    if np.any(direction):
        return _finding(case, direction, _used(case), whole=True)
    levels = case.levels or tuple(range(len(found) - q + 1))
    codes = np.asarray(case.function.y).astype(int)[_used(case)]
    absent = [str(levels[k]) for k in range(len(levels)) if not np.any(codes == k)]
    diagnosis = Diagnosis(
        kind="separation",
        severity="serious",
        message=(
            f"no row of positive weight holds the label {', '.join(absent)} of `{case.target}`, "
            "so the cutpoints beside it have no finite maximum-likelihood value"
        ),
        where=(case.target,),
        evidence={"labels": absent},
        remedy="leave the label out, or merge it with a neighbour",
    )
    return Finding([diagnosis], infinite=np.zeros(predictor.size), whole=True)


def _of_gate(case: Case, name: str, direction: Array) -> Finding:
    """What to say of a gate that some rows close for ever: the rest of the family stands."""
    predictor = case.predictor
    slot = case.function.linked.slots[name].start
    moved = _moved(case, direction, slice(slot, slot + 1))[0]
    apart = (np.abs(moved) > 1e-7) & _used(case)
    user = predictor.to_user() @ direction
    user[np.abs(user) < 1e-9 * np.max(np.abs(user))] = 0.0
    members = [int(i) for i in np.flatnonzero(user)]
    edge = "0" if np.all(moved[apart] < 0) else "1" if np.all(moved[apart] > 0) else "0 and 1"
    total = int(_used(case).sum())
    names = ", ".join(case.name(i) for i in members)
    diagnosis = Diagnosis(
        kind="separation",
        severity="warning",
        message=(
            f"{name} goes to {edge} in {int(apart.sum()):,} of {total:,} rows, where the "
            f"likelihood rises for ever: no finite maximum-likelihood value exists for "
            f"{names}; the estimates of other parameters are sound"
        ),
        where=(name,),
        evidence={
            "parameter": name,
            "direction": {case.name(i): float(user[i]) for i in members},
            "n_rows": int(apart.sum()),
        },
        **spelt(
            lambda say: (
                f"a formula of {name} without these columns, such as {say(formula(name, '1'))}, or "
                "a family without it"
            )
        ),
    )
    return Finding([diagnosis], infinite=np.sign(user))


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
        options={"time_limit": _SECONDS},
    )
    if result.status == 1:
        raise _UndecidedError
    if result.status != 0 or -result.fun < 0.5:
        return None
    direction = result.x[:q] / np.max(np.abs(result.x[:q]))
    return np.where(np.abs(direction) > 1e-9, direction, 0.0)


def _finding(
    case: Case,
    direction: Array,
    apart: Array,
    whole: bool | None = None,
    together: tuple[tuple[str, ...], ...] = (),
) -> Finding:
    """What to say of a direction, of the rows that it sets apart, and of labels left together."""
    predictor = case.predictor
    user = predictor.to_user() @ direction
    for slot in range(predictor.columns):
        # A centre that another parameter's intercept takes up is no part of the direction.
        if not direction[predictor.span(slot)].any():
            user[predictor.span(slot)] = 0.0
    user[np.abs(user) < 1e-9 * np.max(np.abs(user))] = 0.0
    members = [int(i) for i in np.flatnonzero(user)]
    slopes = [i for i in members if case.labels[i][2] != "intercept"] or members
    columns = tuple(dict.fromkeys(case.labels[i][2] for i in slopes))
    names = ", ".join(f"`{column}`" for column in columns[:_SHOWN])
    if len(columns) > _SHOWN:
        names += f" and {len(columns) - _SHOWN:,} more"
    total = int(_used(case).sum())
    several = len(columns) > 1
    subject = f"columns {names} together" if several else f"column {names}"
    verb = "" if several else "s"
    whole = int(apart.sum()) == total if whole is None else whole
    scope = f"all {total:,} rows" if whole else f"{int(apart.sum()):,} of {total:,} rows"
    combination = " ".join(
        f"{'+' if user[i] > 0 else '−'} {abs(user[i]):.4g}·{_term(case, i)}"
        for i in members[:_SHOWN]
    ).removeprefix("+ ") + " …" * (len(members) > _SHOWN)
    rest = (
        "No coefficient has a finite maximum-likelihood value"
        if whole
        else "Their coefficients have no finite maximum-likelihood value; the others are sound"
    )
    what, more = f"predict{verb} `{case.target}` perfectly", ""
    if together:
        sets = [", ".join(f"`{label}`" for label in labels) for labels in together]
        what = f"tell{verb} {' from '.join(sets)} of `{case.target}` perfectly"
        for labels, shown in zip(together, sets, strict=True):
            if len(labels) > 1:
                rest += f"; predictions are sound, those among {shown} too"
                more = f", or fit the rows of {shown} alone"
    diagnosis = Diagnosis(
        kind="separation",
        severity="serious",
        message=(
            f"{subject} {what} for {scope}: the likelihood "
            f"rises for ever along {combination}. {rest}"
        ),
        where=columns,
        evidence={
            "direction": {_term(case, i): float(user[i]) for i in members},
            "rows": [int(i) for i in np.flatnonzero(apart)[:20]],
            "n_rows": int(apart.sum()),
        },
        **_remedy(case, columns, total, more),
    )
    infinite = np.sign(user)
    return Finding([diagnosis], infinite=infinite, apart=None if whole else apart, whole=whole)


def _remedy(case: Case, columns: tuple[str, ...], total: int, more: str) -> Spelt:
    """What to do about columns that separate together, of whom the message has told the names."""
    rows = f"collect rows in which `{case.target}` differs"
    if len(columns) > _SHOWN:
        # Firth's penalty takes bias from estimates; it does not hold many of them near 0.
        ridge = penalised("L2", float(f"{1 / total:.2g}"))
        return spelt(
            lambda say: (
                f"where predictions are the aim, {say(ridge)}, which holds coefficients near 0; "
                f"where estimates are, {say(JEFFREYS)} (Firth){more}; or {rows}"
            )
        )
    out = f"leave out `{columns[0]}`" if len(columns) == 1 else "leave out some of these columns"
    return spelt(
        lambda say: (
            f"{say(JEFFREYS)} makes the estimates finite (Firth); or {out}, merge levels that "
            f"never vary{more}, or {rows}"
        )
    )


def _term(case: Case, index: int) -> str:
    _, slot, term = case.labels[index]
    return f"{term}[{slot}]" if slot else term

"""Directions of the coefficients along which a likelihood rises for ever.

A direction d separates when xᵢᵀd has the sign along which the NLL of row i falls to its infimum, or
is 0, for all rows, and is 0 for rows without one. Whether such a d exists is a linear program
(Konis 2007, Linear programming algorithms for detecting separated data in binary logistic
regression models), solved by HiGHS.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.diagnosis._base import Case
from likelier.diagnosis.boundary import FAR
from likelier.predictors import Elimination, LinearPredictor, Workspace
from likelier.solvers import factorise

Array = Any

SECONDS = 10.0
"""A program that takes longer than this has no answer in time; the fit is then not converged."""
_LIMIT = 60.0
"""How far a predictor is moved to see whether the NLL of a row keeps falling."""
_PULL = 1e-4
"""Slope of a row's NLL from which the row holds a direction that moves it."""


class UndecidedError(Exception):
    """The linear program took too long."""


def signed_direction(case: Case, eta: Array, slot: int) -> Array | None:
    """The separating direction of a single predictor, or None."""
    signs = _recession(case, eta, slot)
    used = used_rows(case)
    if case.predictor.apart is not None:
        return _level_direction(case, signs, slot)
    x = _inner_matrix(case, slot)
    if _is_held(case, eta, slot, x, signs):
        return None
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


def class_direction(case: Case, slots: slice) -> Array | None:
    """The separating direction of class logits with the first class as the reference."""
    predictor = case.predictor
    codes = np.asarray(case.function.y).astype(int)
    count = slots.stop - slots.start
    x = _inner_matrix(case, slots.start)
    q = x.shape[1]
    used = np.flatnonzero(used_rows(case))
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


def ordered_direction(case: Case, slot: int, cutpoints: slice) -> Array | None:
    """A direction of the slopes and the cutpoints along which no label's interval narrows.

    (q slopes, K − 1 cutpoints): the upper end of a row's interval must not fall, its lower end not
    rise. None where there is none, or where cutpoints have predictors of their own.
    """
    predictor = case.predictor
    if any(predictor.designs[k].width for k in range(cutpoints.start, cutpoints.stop)):
        return None
    codes = np.asarray(case.function.y).astype(int)
    count = cutpoints.stop - cutpoints.start
    used = used_rows(case)
    x, codes = _inner_matrix(case, slot)[used], codes[used]
    ends = np.eye(count)
    below, above = codes > 0, codes < count
    upper = np.column_stack([-x[above], ends[codes[above]]])
    lower = np.column_stack([x[below], -ends[codes[below] - 1]])
    return _solve(np.concatenate([upper, lower]), np.zeros((0, x.shape[1] + count)))


def inseparable(case: Case, direction: Array, slots: slice) -> tuple[tuple[str, ...], ...]:
    """The labels in sets, such that the direction tells each set from all the others.

    Empty where it does so for some rows only, or where every label is a set of its own.
    """
    codes = np.asarray(case.function.y).astype(int)
    used = np.flatnonzero(used_rows(case))
    moved = np.vstack([np.zeros(len(codes)), moved_by(case, direction, slots)])
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


def moved_by(case: Case, direction: Array, slots: slice) -> Array:
    """How far each predictor goes along a direction, (slots, n)."""
    predictor = case.predictor
    if predictor.apart is not None:
        still = LinearPredictor(predictor.designs, predictor.n)
        found: Array = still.forward(direction, slice(0, predictor.n), Workspace())[slots]
        return found
    return np.array(
        [
            _inner_matrix(case, slot) @ direction[predictor.span(slot)]
            for slot in range(slots.start, slots.stop)
        ]
    )


def span_of(case: Case, slots: slice) -> slice:
    """Where the coefficients of a parameter stand in `theta`."""
    predictor = case.predictor
    return slice(predictor.starts[slots.start], predictor.span(slots.stop - 1).stop)


def used_rows(case: Case) -> Array:
    """Which rows have a weight above 0, (n,)."""
    weights = case.function.weights
    return np.ones(case.predictor.n, dtype=bool) if weights is None else weights > 0


def _inner_matrix(case: Case, slot: int) -> Array:
    """All rows of one slot's design on the inner scale, the intercept first.

    Those of a factor of many levels, which are codes, are not written out for a program.
    """
    predictor = case.predictor
    if predictor.apart is not None:
        raise UndecidedError
    return predictor.inner(slot, slice(0, predictor.n), Workspace(case.solution.theta))


def _level_direction(case: Case, signs: Array, slot: int) -> Array | None:
    """The levels of a factor along one of whose columns all rows recede, in time linear in rows.

    Where other predictors remain far out, the search's own last direction is tried.
    """
    predictor = case.predictor
    factor: Elimination = predictor.apart
    used = used_rows(case)
    direction = np.zeros(predictor.size)
    design = predictor.designs[slot]
    for i, own in factor.by_slot(used).get(slot, []):
        entries = own.times(np.ones(len(own.codes)))
        way = signs[used] * entries
        count, up, down = (
            np.bincount(own.codes, mask.astype(float), factor.width + 1)
            for mask in (entries != 0, way > 0, way < 0)
        )
        recedes = np.where(count > 0, (up == count) * 1.0 - (down == count) * 1.0, 0.0)
        still = ~np.any(direction[factor.places.levels], axis=1)
        levels = factor.places.levels[:, i]
        direction[levels] = np.where(still, recedes[:-1], 0.0)
        if own.values is None and design.intercept and recedes[-1]:
            # The level without a column moves by the intercept, against all the others.
            direction[levels] -= recedes[-1]
            direction[predictor.starts[slot]] = recedes[-1]
    moved = np.abs(moved_by(case, direction, slice(slot, slot + 1))[0]) > 1e-9
    near = np.abs(case.eta[slot][used & ~moved]) < FAR
    step = None if np.all(near) else _last_step(case)
    if step is not None:
        forward = moved_by(case, step, slice(slot, slot + 1))[0][used]
        way = signs[used] * forward
        if np.all(way >= -1e-9) and np.any(way > 1e-3) and np.all(forward[signs[used] == 0] == 0):
            return direction + step
    return direction if direction.any() else None


def _is_held(case: Case, eta: Array, slot: int, x: Array, signs: Array) -> bool:
    """Whether the slopes at the solution prove that no direction separates, without a program.

    Along a separating direction d of length 1 every row moves by tᵢ = sᵢ xᵢᵀd >= 0, and the slopes
    pull all one way: Σ |slopeᵢ| tᵢ = −gᵀd <= ‖g‖. So the rows that pull by more than `_PULL`, and
    those that may not move at all, move by ‖g‖ / `_PULL` together at most; where they span all
    columns well enough, and g is as small as at an optimum, that is impossible.
    """
    function = case.function
    weights = 1.0 if function.weights is None else function.weights
    with np.errstate(all="ignore"):
        slopes = function.linked.nll_and_gradient(eta, function.y, function.known)[1][slot]
        slopes = weights * slopes
    pull = -signs * slopes
    if not np.all(np.isfinite(slopes)) or np.any(pull < 0):
        return False
    rows = x[used_rows(case) & ((signs == 0) | (pull > _PULL))]
    spectrum = np.linalg.eigvalsh(rows.T @ rows)
    if not spectrum[0] > 1e-10 * spectrum[-1]:
        return False
    return bool(np.sqrt(spectrum[0]) > 2 * np.linalg.norm(slopes @ x) / _PULL)


def _course(case: Case, span: slice, signed: Array, flat: Array) -> Array | None:
    """The search's own last direction, if it separates: then no program need be solved."""
    step = _last_step(case, span)
    if step is None:
        return None
    moves, still = signed @ step, flat @ step
    separates = np.all(moves >= -1e-9) and np.any(moves > 1e-3) and np.all(np.abs(still) < 1e-9)
    return step if separates else None


def _last_step(case: Case, span: slice = slice(None)) -> Array | None:
    """Newton's step from the solution, scaled to 1; None where it is next to nothing.

    In a likelihood's tail it goes along all separating directions at once.
    """
    sums = case.function.likelihood(case.solution.theta, 2)
    step = -factorise(sums.curvature).solve(sums.gradient)[span]
    top = np.max(np.abs(step), initial=0.0)
    if not (np.isfinite(top) and top > 1e-2):
        return None
    return np.where(np.abs(step) > 1e-4 * top, step / top, 0.0)


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
        options={"time_limit": SECONDS},
    )
    if result.status == 1:
        raise UndecidedError
    if result.status != 0 or -result.fun < 0.5:
        return None
    direction = result.x[:q] / np.max(np.abs(result.x[:q]))
    return np.where(np.abs(direction) > 1e-9, direction, 0.0)

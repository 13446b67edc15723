"""The search for an optimum: where it starts, which solver runs it, and on which scale."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from likelier.distributions import Linked
from likelier.engines import LikelihoodSum
from likelier.errors import NoFiniteOptimumError
from likelier.model.fitting.horizon import Grown, grow
from likelier.model.fitting.problem import Problem
from likelier.predictors import CurvePredictor, LinearPredictor, Workspace
from likelier.solvers import (
    LevenbergMarquardt,
    Newton,
    Solution,
    Solver,
    Step,
    choose_solver,
    finisher,
)

Array = Any


class Store(Protocol):
    """Where a search is kept while it runs."""

    def read(self) -> Array | None: ...
    def write(self, step: Step) -> None: ...


_FAR = 9.0
"""A predictor without a unit that is this far from a rough start lies on a ridge."""
_PATTERNS = 20
"""Up to so many kinds of rows have a start of their own."""
_NEAR, _BRIEF = 1e-2, 8
"""Newton decrement, in nats, to which a simpler family is fitted to begin with, and steps at most:
such nats are few beside the ones between the two families."""
_MANY_ROWS = 50_000
"""From here on a search begins with a sample of the rows."""
_MORE_STARTS = 30
"""Starts around the given one, for a search that does not arrive from there."""


def search(
    problem: Problem,
    solver: Solver | None,
    seed: int,
    progress: Callable[[Step], None] | None = None,
    store: Store | None = None,
    first: Array | None = None,
) -> Solution:
    """The solution of a problem, in its theta, from a point or a rough start.

    With a store it goes on from where that was left.
    """
    function = problem.function
    if first is None:
        first = start(problem, solver is None)
    if isinstance(problem.predictor, CurvePredictor):
        return _search_curve(function, problem.predictor, first, solver, seed, progress)
    solver = solver or choose_solver(function)
    solver.check(function)
    if store is None:
        return solver.minimise(function, first, progress)
    reached = store.read()
    if reached is not None:
        solver, first = solver.resumed(), reached

    def kept(step: Step) -> None:
        store.write(step)
        if progress is not None:
            progress(step)

    return solver.minimise(function, first, kept)


def _search_curve(
    function: LikelihoodSum,
    predictor: CurvePredictor,
    first: Array,
    solver: Solver | None,
    seed: int,
    progress: Callable[[Step], None] | None,
) -> Solution:
    """Search on the free scale of a curve's unknowns; last steps and verdict on the natural one."""
    searched = predictor.searched()
    free = replace(function, predictor=searched)
    starts = searched.starts_around(predictor.to_free(first), predictor.searches, seed)
    grown, points = _led(free, searched, starts, progress)
    if isinstance(solver, LevenbergMarquardt) or solver is None:
        solver = solver or LevenbergMarquardt()
        found = solver.minimise_from(free, points, progress)
        if not found.converged and not predictor.networks:
            # From another place there may be a way.
            count = predictor.searches + _MORE_STARTS
            others = searched.starts_around(starts[0], count, seed)[predictor.searches :]
            again = solver.minimise_from(free, others, progress)
            found = again if again.converged or again.value < found.value else found
    else:
        lowest = min(points, key=lambda theta: _value(free, theta))
        found = solver.minimise(free, lowest, progress)
    if found.reason == "not finite":
        raise NoFiniteOptimumError(predictor.failure(first))
    theta = np.concatenate([searched.natural(found.theta), found.theta[searched.width :]])
    last = finisher(function).minimise(function, theta)
    passes = {k: found.passes.get(k, 0) + last.passes.get(k, 0) for k in (0, 1, 2)}
    passes[2] += grown.passes
    return replace(last, passes=passes, trace=[*grown.trace, *found.trace, *last.trace])


def _led(
    function: LikelihoodSum,
    predictor: CurvePredictor,
    starts: Sequence[Array],
    progress: Callable[[Step], None] | None,
) -> tuple[Grown, Sequence[Array]]:
    """How the horizon was grown, and the points from which the whole is searched."""
    horizon = predictor.horizon
    if horizon is None:
        return Grown(), starts
    chosen = starts if horizon.alone else starts[:1]
    ends = [grow(function, predictor, start, progress) for start in chosen]
    usable = [
        grown.theta
        for grown in ends
        if grown.passes and math.isfinite(_value(function, grown.theta))
    ]
    trace = [step for grown in ends for step in grown.trace]
    if horizon.alone and usable:
        starts = []
    return Grown(None, trace, sum(grown.passes for grown in ends)), [*usable, *starts]


def _value(function: LikelihoodSum, theta: Array) -> float:
    """The objective at a point, infinite where it is none."""
    value = function(theta, 0).value
    return value if math.isfinite(value) else math.inf


def marginal_predictors(linked: Linked, function: LikelihoodSum, best: bool = False) -> Array:
    """The linear predictors, (K,), at the family's values for the whole sample.

    They are rough ones, or with `best` those of maximum likelihood where it has a finite one that
    is not far off: along a ridge of the likelihood a search may end anywhere.
    """
    y, data, weights = function.y, function.known, function.weights
    if weights is not None and not np.all(weights > 0):
        used = weights > 0
        y, weights = y[used], weights[used]
        data = {name: value[used] for name, value in data.items()}
    known = (data,) if linked.family.names("data") else ()
    # Where squares of the target overflow there is no start; the search then says so.
    with np.errstate(all="ignore"):
        if linked.family.multimodal:
            values = linked.family.mle(y, weights, **data).parameters
        else:
            values = linked.family._start(y, weights, *known)
        eta = linked.predictors(values)
        if linked.family.multimodal:
            # A component without a success or a count: far off, where slopes still lead.
            eta = np.where(np.isinf(eta), np.sign(eta) * _FAR, eta)
        if best and not linked.family.multimodal:
            with contextlib.suppress(NoFiniteOptimumError):
                found = linked.family.mle(y, weights, **data)
                names = linked.family.parameter_names
                finer = linked.predictors({name: found.value_of(name) for name in names})
                moved = np.abs(finer - eta)
                ridge = [
                    np.any((moved[slots] > _FAR) & (moved[slots] < np.inf))
                    for name, slots in linked.slots.items()
                    if not linked.has_unit(name)
                ]
                if not any(ridge):
                    eta = np.where(np.isfinite(finer), finer, eta)
        return eta


def start(problem: Problem, nearest: bool = True) -> Array:
    """Starting point: every intercept at the family's value for the whole sample, slopes at 0.

    Args:
        problem: what is to be minimised.
        nearest: whether to begin at the fit of a simpler family, where there is one.
    """
    function, predictor, linked = problem.function, problem.parametric, problem.linked
    eta = marginal_predictors(linked, function)
    theta = _at_predictors(problem, eta)
    for slot, design in enumerate(predictor.designs):
        if not design.intercept and design.width and not predictor.linear:
            # Intercepts of their own for the columns of a target stand among the columns.
            x = predictor.inner(slot, slice(0, predictor.n), Workspace())
            values = _by_pattern(problem, x, slot, float(eta[slot]))
            theta[predictor.span(slot)] = np.linalg.lstsq(x, values, rcond=None)[0]
    main = linked.slots[linked.family.main].start
    found = _at_simpler_fit(problem, theta, main) if nearest else None
    if found is not None:
        theta = _at_predictors(problem, found[1])
        theta[predictor.span(main)] = found[0]
    return theta


def _at_predictors(problem: Problem, eta: Array) -> Array:
    """`theta` whose intercepts give these predictors, (K,), and whose slopes are 0."""
    predictor, weights = problem.parametric, problem.function.weights
    theta = predictor.initial()
    for slot, design in enumerate(predictor.designs):
        offset = predictor.offset[slot]
        if design.intercept:
            shift = 0.0 if offset is None else float(np.average(offset, weights=weights))
            theta[predictor.starts[slot]] = eta[slot] - shift
    return theta


def _at_simpler_fit(problem: Problem, theta: Array, slot: int) -> tuple[Array, Array] | None:
    """Coefficients of the main predictor at the fit of a simpler family, and predictors there.

    A pass of that costs a fraction of one of the family itself. None where there is no such family
    or no such fit, and of many rows, of which a search begins with some.

    Args:
        problem: what is to be minimised.
        theta: a rough start; slot: the row of eta of the main parameter.
    """
    function, linked, predictor = problem.function, problem.linked, problem.parametric
    simple = linked.simplified()
    if simple is None or not isinstance(predictor, LinearPredictor) or function.penalties:
        return None
    if not function.risk.is_likelihood or function.sample is not function:
        return None
    design, rows = predictor.designs[slot], slice(0, predictor.n)
    if not design.width or function.rows >= _MANY_ROWS:
        return None
    part = LinearPredictor([design], predictor.n, [predictor.offset[slot]])
    rough = Newton(tolerance=_NEAR, max_iterations=_BRIEF)
    found = rough.minimise(
        replace(function, linked=simple, predictor=part), theta[predictor.span(slot)]
    )
    with np.errstate(all="ignore"):
        fitted = simple.build(part.forward(found.theta, rows, Workspace()))
        main = fitted.value_of(simple.family.main)
        beside = linked.family._start_beside(function.y, function.weights, main)
        eta = linked.predictors({linked.family.main: np.average(main), **beside})
    return (found.theta, eta) if np.isfinite(eta).all() else None


def _by_pattern(problem: Problem, x: Array, slot: int, whole: float) -> Array:
    """A linear predictor at the family's value for rows alike in their columns, (n,).

    Where those are many, and where a few rows have no such value, it is that of the whole sample.
    """
    function = problem.function
    patterns, codes = np.unique(x, axis=0, return_inverse=True)
    found = np.full(len(x), whole)
    if len(patterns) > _PATTERNS:
        return found
    for code in range(len(patterns)):
        rows = np.flatnonzero(codes.ravel() == code)
        part = replace(
            function,
            y=function.y[rows],
            weights=None if function.weights is None else function.weights[rows],
            known={name: value[rows] for name, value in function.known.items()},
        )
        if part.weights is not None and not np.any(part.weights > 0):
            continue
        value = marginal_predictors(problem.linked, part)[slot]
        if np.isfinite(value):
            found[rows] = value
    return found

"""The search for an optimum: where it starts, which solver runs it, and on which scale."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from likelier.distributions import Linked
from likelier.engines import LikelihoodSum
from likelier.errors import NoFiniteOptimumError
from likelier.model.fitting.problem import Problem
from likelier.predictors import CurvePredictor, Workspace
from likelier.solvers import LevenbergMarquardt, Newton, Solution, Solver, Step, choose_solver

Array = Any


class Store(Protocol):
    """Where a search is kept while it runs."""

    def read(self) -> Array | None: ...
    def write(self, step: Step) -> None: ...


_FAR = 9.0
"""A predictor without a unit that is this far from a rough start lies on a ridge."""
_MORE_STARTS = 30
"""Starts around the given one, for a search that does not arrive from there."""


def search(
    problem: Problem,
    solver: Solver | None,
    seed: int,
    progress: Callable[[Step], None] | None = None,
    store: Store | None = None,
) -> Solution:
    """The solution of a problem, in its theta; with a store, from where that was left."""
    function, first = problem.function, start(problem)
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
    given = predictor.to_free(first)
    if isinstance(solver, LevenbergMarquardt) or solver is None:
        solver = solver or LevenbergMarquardt()
        starts = searched.starts_around(given, predictor.searches, seed)
        found = solver.minimise_from(free, starts, progress)
        if not found.converged:
            # From another place there may be a way.
            others = searched.starts_around(given, predictor.searches + _MORE_STARTS, seed)
            again = solver.minimise_from(free, others[predictor.searches :], progress)
            found = again if again.converged or again.value < found.value else found
    else:
        found = solver.minimise(free, given, progress)
    if found.reason == "not finite":
        raise NoFiniteOptimumError(predictor.failure(first))
    theta = np.concatenate([searched.natural(found.theta), found.theta[searched.width :]])
    last = Newton().minimise(function, theta)
    passes = {k: found.passes.get(k, 0) + last.passes.get(k, 0) for k in (0, 1, 2)}
    return replace(last, passes=passes, trace=[*found.trace, *last.trace])


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


def start(problem: Problem) -> Array:
    """Starting point: every intercept at the family's value for the whole sample, slopes at 0."""
    function = problem.function
    predictor = problem.predictor
    theta = predictor.initial()
    eta = marginal_predictors(problem.linked, function)
    for slot, design in enumerate(predictor.designs):
        offset = predictor.offset[slot]
        if design.intercept:
            shift = 0.0 if offset is None else float(np.average(offset, weights=function.weights))
            theta[predictor.starts[slot]] = eta[slot] - shift
        elif design.width and not predictor.linear:
            # Intercepts of their own for the columns of a target stand among the columns.
            x = predictor.inner(slot, slice(0, predictor.n), Workspace())
            constant = np.full(predictor.n, eta[slot])
            theta[predictor.span(slot)] = np.linalg.lstsq(x, constant, rcond=None)[0]
    return theta

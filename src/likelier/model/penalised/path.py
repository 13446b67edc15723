"""`path`: a penalised model searched at every strength, and on folds that choose one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from likelier.distributions import Distribution
from likelier.engines import Engine, LikelihoodSum
from likelier.errors import LikelierError
from likelier.model.fitting.estimation import (
    as_specification,
    make_design,
    pose,
    read_once,
    resolve_family,
)
from likelier.model.fitting.problem import Problem
from likelier.model.fitting.searching import start
from likelier.model.folds import assign_folds
from likelier.model.penalised.path_result import Path, at_strength, functions_of
from likelier.objective import NLL, Objective, Term
from likelier.predictors import Linear
from likelier.solvers import ProximalNewton, Solution, choose_solver

__all__ = ["path"]

Array = Any

_NO_NORM = 1e3
"""Without a norm no strength is the largest; the path begins at this many times the slope at 0."""
_LAST, _LAST_NO_NORM = 1e-3, 1e-4
"""The last strength as a share of the slope at 0: squares are useful where norms are idle."""


def path(
    formula: Any,
    data: Any,
    distribution: str | type[Distribution],
    penalty: Term | Objective,
    *,
    strengths: int | Sequence[float] = 50,
    smallest: float | None = None,
    folds: int | None = 5,
    tolerance: float = 1e-7,
    risk: Term | None = None,
    links: Mapping[str, Any] | None = None,
    predictor: Linear | None = None,
    engine: Engine | None = None,
    weights: Any = None,
    weight_type: str = "frequency",
    offset: Any = None,
    exposure: Any = None,
    groups: Any = None,
    missing: str = "raise",
    names: Sequence[str] | None = None,
    intercept: bool = True,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> Path:
    """The whole regularisation path of a model, and the cross-validated choice on it.

    The strengths fall from the least that leaves every penalised coefficient at 0; each search
    starts at the last one's end, on the columns that the strong rule leaves, and every one is
    checked over all columns. Rows are held out by folds, and columns are standardised by the rows
    that are not.

    Args:
        formula, data, distribution, links, predictor, engine, weights, weight_type, offset,
            exposure, groups, missing, names, intercept: as in `fit`.
        penalty: what is multiplied by the strengths, such as `L1()` or `L1() + L2(0.1)`.
        strengths: how many, evenly spread in the logarithm, or the strengths themselves.
        smallest: the last strength as a share of the first; 1e-3 when not given, and 1e-7 where no
            penalty has a norm, since such a path begins at 1e3 times the slope at 0.
        folds: how many times rows are held out, 2 or more; None for no cross-validation. Rows of
            one group, if there are groups, are held out together.
        tolerance: of `ProximalNewton` along the path; the fit of a choice is searched to 1e-9.
        risk: what the penalties are added to; `NLL()` when not given.
        seed: of the folds.
        progress: called with what is searched, the number of searches done, and of all.

    Returns:
        A `Path`: `.best`, `.fit(rule)`, `.at(strength)`, `.table`, `.coefficients`, `.plot()`,
        `.plot_held_out()`.

    Raises:
        LikelierError: there is no penalty, a strength is negative, or an option does not exist;
            and whatever `fit` raises.

    Source: Friedman, Hastie and Tibshirani (2010), doi:10.18637/jss.v033.i01; strong rules,
    Tibshirani et al. (2012), doi:10.1111/j.1467-9868.2011.01004.x.

    Example:
        >>> import likelier as lk
        >>> cancer = lk.datasets.load("breast_cancer")
        >>> found = lk.path("diagnosis ~ .", cancer, "bernoulli", lk.L1(), strengths=20, folds=None)
        >>> found.table.nonzero[[0, 10, 19]].tolist()
        [0, 9, 22]
    """
    scaled = _penalty(penalty)
    base = Objective.of(NLL() if risk is None else risk)
    family = resolve_family(distribution)
    data = read_once(formula, data)
    design = make_design(
        formula,
        data,
        family,
        names=names,
        intercept=intercept,
        weights=weights,
        offset=offset,
        exposure=exposure,
        groups=groups,
        missing=missing,
        terms=(base + scaled).columns,
        predictor=predictor,
    )
    spec = as_specification(predictor)
    if not isinstance(spec, Linear):
        raise LikelierError(f"a path is of linear predictors; given: {type(spec).__name__}")
    design, problem = pose(
        design, family, base + scaled, links, spec, engine=engine, weight_type=weight_type
    )
    assignment = None if folds is None else assign_folds(design, folds, seed)
    solver = ProximalNewton(tolerance)
    first = _null(problem, solver)
    chosen = _strengths(problem, first, strengths, smallest)
    objectives = [at_strength(base.risk, scaled, t) for t in chosen]
    count = 1 if folds is None else folds + 1

    def along(name: str, place: int, own: Problem, begin: Array) -> list[Solution]:
        functions = functions_of(own, objectives)
        found = []
        for k, solution in enumerate(_follow(solver, functions, begin)):
            found.append(solution)
            if progress is not None:
                progress(name, place * len(chosen) + k + 1, count * len(chosen))
        return found

    solutions = along("all rows", 0, problem, first)
    held_out = fold_weights = None
    if assignment is not None and folds is not None:
        held_out = np.empty((folds, len(chosen)))
        fold_weights = np.empty(folds)
        own = problem.function.weights
        ones = np.ones(design.n) if own is None else own
        for fold in range(folds):
            rest = problem.weighing(np.where(assignment == fold, 0.0, ones))
            found = along(f"fold {fold + 1} of {folds}", fold + 1, rest, _null(rest, solver))
            held = np.flatnonzero(assignment == fold)
            fold_weights[fold] = ones[held].sum()
            for k, solution in enumerate(found):
                losses = problem.function.losses(solution.theta)[held]
                held_out[fold, k] = np.average(losses, weights=ones[held])
    return Path(
        chosen, scaled, held_out, fold_weights, design, problem, tuple(solutions), weight_type
    )


def _penalty(penalty: Any) -> Objective:
    """The penalties of a path."""
    found = Objective.of(penalty)
    if found.risk is not None:
        raise LikelierError(
            f"a path is of penalties, such as lk.L1(); {found.risk.text()} goes into risk="
        )
    return found


def _follow(solver: ProximalNewton, functions: Sequence[LikelihoodSum], begin: Array) -> Any:
    """The minima one after the other."""
    if all(function.is_smooth for function in functions):
        yield from solver.follow(functions, begin)
        return
    for function in functions:
        solution = choose_solver(function).minimise(function, begin)
        begin = solution.theta
        yield solution


def _null(problem: Problem, solver: ProximalNewton) -> Array:
    """θ of the model in which every penalised coefficient is 0."""
    function = problem.function
    begin = start(problem)
    kinks = function.kinks
    if kinks is None or not function.is_smooth:
        return begin
    part = function.select(np.flatnonzero(~kinks.penalised))
    if part is None:
        return begin
    free = ~kinks.penalised
    begin = np.where(free, begin, 0.0)
    begin[free] = solver.minimise(part, begin[free]).theta
    return begin


def _strengths(
    problem: Problem, null: Array, strengths: int | Sequence[float], smallest: float | None
) -> Array:
    """The strengths of a path, falling."""
    if np.ndim(strengths) > 0:
        given = np.sort(np.asarray(strengths, dtype=float))[::-1]
        if not len(given) or not np.all((given >= 0) & np.isfinite(given)):
            raise LikelierError("strengths of a path are finite numbers, 0 or above")
        return given
    if isinstance(strengths, bool) or not isinstance(strengths, int) or strengths < 2:
        raise LikelierError(f"a path has 2 strengths or more; given: {strengths!r}")
    if smallest is not None and not 0 < smallest < 1:
        raise LikelierError(f"smallest is a share between 0 and 1; given: {smallest!r}")
    function = problem.function
    kinks = function.kinks
    gradient: Array = function.over_rows(null, 1).gradient
    if kinks is None:
        slopes = problem.layout.deviations > 0
        steep = gradient[slopes] / problem.layout.deviations[slopes] / function.total_weight
        top = _NO_NORM * float(np.max(np.abs(steep), initial=0.0))
        last = _LAST_NO_NORM / _NO_NORM
    else:
        top, last = kinks.reach(gradient / kinks.scale), _LAST
    if not top > 0:
        raise LikelierError("the model has no penalised coefficient that could be other than 0")
    return np.geomspace(top, (smallest or last) * top, strengths)

"""`path`: the estimates of a penalised model at every strength, and the choice of one."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.data import Design
from likelier.distributions import Distribution
from likelier.engines import Engine, LikelihoodSum
from likelier.errors import LikelierError, did_you_mean
from likelier.model.estimation import (
    as_specification,
    conclude,
    make_design,
    pose,
    read_once,
    resolve_family,
)
from likelier.model.fitted import Fit
from likelier.model.folds import assign_folds
from likelier.model.objectives import effective_degrees, plain_nll
from likelier.model.problem import Problem
from likelier.model.searching import start
from likelier.objective import NLL, Objective, Term
from likelier.predictors import Linear
from likelier.solvers import ProximalNewton, Solution, choose_solver

if TYPE_CHECKING:
    import pandas as pd

    from likelier.report.plots import Plot

__all__ = ["Path", "path"]

Array = Any

RULES = ("one_standard_error", "held_out", "aic", "bic")
"""Names of the choices: see `Path.choose`."""
_NO_NORM = 1e3
"""Without a norm no strength is the largest; the path begins at this many times the slope at 0."""


@dataclass(frozen=True, eq=False, repr=False)
class Path:
    """The fits of one model at falling strengths of its penalties; made by `likelier.path`.

    Attributes:
        strengths: (k,) what the penalties are multiplied by, falling.
        penalty: the penalties at strength 1.
        held_out: (folds, k) mean NLL of a held-out row, or None without folds.
        fold_weights: (folds,) what the held-out rows of each fold count for.

    Example:
        >>> import likelier as lk
        >>> visits = lk.datasets.load("randhie").head(400)
        >>> found = lk.path("mdvis ~ disea + idp", visits, "poisson", lk.L1(), folds=None)
        >>> bool((found.strengths[1:] < found.strengths[:-1]).all())
        True
    """

    strengths: Array
    penalty: Objective
    held_out: Array | None
    fold_weights: Array | None
    design: Design
    problem: Problem
    solutions: tuple[Solution, ...]
    weight_type: str

    # ------------------------------------------------------------------ tables

    @property
    def table(self) -> pd.DataFrame:
        """One row a strength, with what choices rest on.

        Columns: strength; nonzero (slopes that are not 0); degrees_of_freedom (effective); nll
        (mean of a row); objective (mean of a row); aic; bic; held_out_nll (mean of a row) with its
        standard_error over folds; residual (the certificate of `ProximalNewton`).
        """
        import pandas as pd

        mean, error = self._held_out
        return pd.DataFrame(
            {
                "strength": self.strengths,
                "nonzero": self._nonzero,
                "degrees_of_freedom": self._degrees,
                "nll": self._nll / self._count,
                "objective": [s.value / self._count for s in self.solutions],
                "aic": 2 * self._degrees + 2 * self._nll,
                "bic": np.log(self._count) * self._degrees + 2 * self._nll,
                "held_out_nll": mean,
                "standard_error": error,
                "residual": [s.residual for s in self.solutions],
            }
        )

    @property
    def coefficients(self) -> pd.DataFrame:
        """Estimates on the scale of the linear predictors: a row a strength, a column a term."""
        import pandas as pd

        names = pd.MultiIndex.from_tuples(self._names, names=["parameter", "term"])
        to_user = self.problem.predictor.to_user()
        values = np.array([to_user @ s.theta for s in self.solutions])
        return pd.DataFrame(values, pd.Index(self.strengths, name="strength"), names)

    # ------------------------------------------------------------------ choices

    def choose(self, rule: str = "one_standard_error") -> int:
        """The position of the strength that a rule chooses.

        Args:
            rule: "held_out" (least mean NLL of held-out rows), "one_standard_error" (the largest
                strength whose held-out NLL is within one standard error of the least; Breiman et
                al. 1984), "aic" or "bic" (least, by effective degrees of freedom).
        """
        if rule not in RULES:
            raise LikelierError(f"no rule {rule!r}.{did_you_mean(rule, RULES)}")
        if rule in ("aic", "bic"):
            return int(np.argmin(self.table[rule]))
        if self.held_out is None:
            raise LikelierError(
                f'the rule {rule!r} needs held-out rows; use lk.path(..., folds=5), or rule="bic"'
            )
        mean, error = self._held_out
        least = int(np.argmin(mean))
        if rule == "held_out":
            return least
        return int(np.flatnonzero(mean <= mean[least] + error[least])[0])

    def at(self, strength: float) -> Fit:
        """The fit at any strength, searched from the nearest of the path.

        Args:
            strength: what the penalties are multiplied by, 0 or above.
        """
        began = time.perf_counter()
        objective = _objective(self.problem.objective.risk, self.penalty, strength)
        problem = self.problem.with_objective(objective)
        nearest = int(np.argmin(np.abs(self.strengths - strength)))
        function = problem.function
        first = self.solutions[nearest].theta
        solution = choose_solver(function).minimise(function, first)
        seconds = time.perf_counter() - began
        return conclude(self.design, problem, solution, seconds, self.weight_type)

    def fit(self, rule: str = "") -> Fit:
        """The fit at the strength that a rule chooses.

        Args:
            rule: as `choose` takes it; "one_standard_error" with folds, "bic" without, when not
                given.
        """
        return self.at(self.strengths[self.choose(rule or self._rule)])

    @functools.cached_property
    def best(self) -> Fit:
        """The fit at the strength of the one-standard-error rule; without folds, of BIC."""
        return self.fit()

    # ------------------------------------------------------------------ what people see

    def plot(self, ax: Any = None) -> Plot:
        """Coefficients of standardised columns over the strength, the chosen strength marked."""
        from likelier.model.describe import path_data
        from likelier.report.plots import path_coefficients

        return path_coefficients(path_data(self), ax)

    def plot_held_out(self, ax: Any = None) -> Plot:
        """Held-out NLL over the strength, with its standard error."""
        from likelier.model.describe import path_data
        from likelier.report.plots import path_held_out

        if self.held_out is None:
            raise LikelierError("this path held no rows out; use lk.path(..., folds=5)")
        return path_held_out(path_data(self), ax)

    def __repr__(self) -> str:
        from likelier.model.describe import path_data
        from likelier.report import path_text

        return path_text(path_data(self))

    def _repr_html_(self) -> str:
        from likelier.model.describe import path_data
        from likelier.report import path_html

        return path_html(path_data(self))

    # ------------------------------------------------------------------ within

    @property
    def _rule(self) -> str:
        return "bic" if self.held_out is None else "one_standard_error"

    @property
    def _count(self) -> float:
        return self.problem.function.total_weight

    @property
    def _names(self) -> list[tuple[str, str]]:
        return [
            (f"{parameter}[{slot}]" if slot else parameter, term)
            for parameter, slot, term in self.problem.labels
        ]

    def _function(self, k: int) -> LikelihoodSum:
        risk = self.problem.objective.risk
        objective = _objective(risk, self.penalty, self.strengths[k])
        return _at_strengths(self.problem, [objective])[0]

    @functools.cached_property
    def _nll(self) -> Array:
        """(k,) the plain NLL, a sum over rows."""
        found = []
        for k, solution in enumerate(self.solutions):
            function = self._function(k)
            sums = function.over_rows(solution.theta, 0)
            sums = replace(sums, terms=(sums.value,))
            found.append(plain_nll(function, solution.theta, sums))
        return np.array(found)

    @functools.cached_property
    def _degrees(self) -> Array:
        """(k,) effective degrees of freedom."""
        return np.array(
            [effective_degrees(self._function(k), s.theta) for k, s in enumerate(self.solutions)]
        )

    @property
    def _nonzero(self) -> Array:
        """(k,) number of slopes that are not 0."""
        slopes = np.array([term != "intercept" for _, _, term in self.problem.labels])
        return np.array([int(np.sum(s.theta[slopes] != 0)) for s in self.solutions])

    @property
    def _held_out(self) -> tuple[Array, Array]:
        """(k,) mean held-out NLL of a row over folds, and its standard error."""
        if self.held_out is None or self.fold_weights is None:
            nothing = np.full(len(self.strengths), np.nan)
            return nothing, nothing
        share = self.fold_weights / self.fold_weights.sum()
        mean = share @ self.held_out
        spread = share @ (self.held_out - mean) ** 2
        return mean, np.sqrt(spread / (len(share) - 1))


def path(
    formula: Any,
    data: Any,
    distribution: str | type[Distribution],
    penalty: Term | Objective,
    *,
    strengths: int | Sequence[float] = 50,
    smallest: float = 1e-3,
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
        smallest: the last strength as a share of the first.
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
    objectives = [_objective(base.risk, scaled, t) for t in chosen]
    count = 1 if folds is None else folds + 1

    def along(name: str, place: int, own: Problem, begin: Array) -> list[Solution]:
        functions = _at_strengths(own, objectives)
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


def _objective(risk: Any, penalty: Objective, strength: float) -> Objective:
    """The risk with the penalties at a strength."""
    return Objective(risk) + float(strength) * penalty


def _at_strengths(problem: Problem, objectives: Sequence[Objective]) -> list[LikelihoodSum]:
    """The functions of objectives that differ in strengths, penalties bound once."""
    bound = problem.function.penalties
    return [
        replace(
            problem.function,
            penalties=tuple(
                replace(own, strength=new.strength)
                for own, new in zip(bound, objective.penalties, strict=True)
            ),
        )
        for objective in objectives
    ]


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
    problem: Problem, null: Array, strengths: int | Sequence[float], smallest: float
) -> Array:
    """The strengths of a path, falling."""
    if np.ndim(strengths) > 0:
        given = np.sort(np.asarray(strengths, dtype=float))[::-1]
        if not len(given) or not np.all((given >= 0) & np.isfinite(given)):
            raise LikelierError("strengths of a path are finite numbers, 0 or above")
        return given
    if isinstance(strengths, bool) or not isinstance(strengths, int) or strengths < 2:
        raise LikelierError(f"a path has 2 strengths or more; given: {strengths!r}")
    if not 0 < smallest < 1:
        raise LikelierError(f"smallest is a share between 0 and 1; given: {smallest!r}")
    function = problem.function
    kinks = function.kinks
    gradient: Array = function.over_rows(null, 1).gradient
    if kinks is None:
        slopes = problem.layout.deviations > 0
        steep = gradient[slopes] / problem.layout.deviations[slopes] / function.total_weight
        top = _NO_NORM * float(np.max(np.abs(steep), initial=0.0))
    else:
        top = kinks.reach(gradient / kinks.scale)
    if not top > 0:
        raise LikelierError("the model has no penalised coefficient that could be other than 0")
    return np.geomspace(top, smallest * top, strengths)

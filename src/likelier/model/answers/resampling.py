"""`Fit.bootstrap`: the fit repeated on samples drawn from its rows or from its distributions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.engines import LikelihoodSum
from likelier.errors import LikelierError, did_you_mean
from likelier.inference.resampling import Bootstrap, drawn_counts, influence_skewness
from likelier.model.answers.nesting import check_optimum
from likelier.model.fitting.problem import Problem, build_problem
from likelier.predictors import Workspace
from likelier.solvers import Solution, choose_solver, factorise

if TYPE_CHECKING:
    from likelier.model.fitted import Fit

Array = Any

KINDS = ("rows", "parametric")
_LOST = 30.0
"""A standard error this many times that of the fit is that of an estimate which runs away."""


def resample(fit: Fit, n: int, seed: int, kind: str, groups: Any) -> Bootstrap:
    """The bootstrap that `Fit.bootstrap` describes."""
    if kind not in KINDS:
        raise LikelierError(f"no bootstrap {kind!r}.{did_you_mean(kind, KINDS)}")
    if n < 2:
        raise LikelierError(f"a bootstrap takes 2 samples or more; given: {n}")
    check_optimum(fit)
    rows, solution = fit._rows, fit._optimum[0]
    if fit.facts.inference == "selected":
        raise LikelierError(
            "samples of a refit would not choose its terms anew; use bootstrap() of the penalised "
            "fit, which does"
        )
    selecting = fit.facts.inference == "none"
    # Without standard errors by the objective's choice there is none to be lost, or to compare.
    bare = selecting or fit.facts.inference == "risk"
    lost = fit.estimate.infinite != 0 if bare else np.isnan(fit.estimate.covariance.diagonal())
    if lost.any():
        name = fit._names()[int(np.flatnonzero(lost)[0])][1]
        raise LikelierError(
            f"`{name}` has no finite or no single estimate, so that its spread over samples means "
            "nothing; see .diagnoses and leave out what is named there"
        )
    own = rows.problem
    if kind == "rows":
        problem = own
        draw = _row_sampler(own.function, own.frequency, _codes(own.function, groups))
    elif groups is not None:
        raise LikelierError("groups are for kind='rows', which draws clusters whole")
    else:
        problem, draw = _simulator(fit)
    rng = np.random.default_rng(seed)
    solver = choose_solver(own.function)
    to_user = problem.parametric.to_user()
    start = problem.predictor.from_user(fit.estimate.coefficients)
    limit = np.full(len(start), np.inf)
    if not bare:
        limit = _LOST * fit._errors(fit.estimate.covariance)
    estimates = np.full((n, len(start)), np.nan)
    for i in range(n):
        found = solver.minimise(draw(rng), start)
        if _is_sound(found, to_user, limit, own.function.is_smooth):
            estimates[i] = to_user @ found.theta
    names = tuple(fit._names())
    if bare:
        # Where terms come and go, or a risk is no likelihood, a row's influence is no derivative:
        # the intervals are corrected for bias alone.
        skewness = np.zeros(len(start))
        return Bootstrap(estimates, names, fit.coefficients, skewness, kind, seed, selecting)
    information = fit._optimum[1]
    # Scores are slopes of the NLL: the influence of a row on the estimate is their negative.
    scores = -own.function.row_scores(solution.theta, slice(0, own.predictor.n), Workspace())
    weights = own.function.weights
    if weights is not None and not own.frequency:
        scores *= weights[:, None]
    influence = own.parametric.to_user() @ information.inverse
    skewness = influence_skewness(scores, weights if own.frequency else None, influence)
    return Bootstrap(estimates, names, fit.coefficients, skewness, kind, seed)


def _codes(function: LikelihoodSum, groups: Any) -> Array | None:
    """Clusters as codes."""
    if groups is None:
        return None
    codes = np.unique(np.asarray(groups), return_inverse=True)[1]
    if len(codes) != function.rows:
        raise LikelierError(f"groups has {len(codes):,} entries for {function.rows:,} rows used")
    return codes


def _row_sampler(function: LikelihoodSum, frequency: bool, codes: Array | None) -> Any:
    """Draws rows with replacement, as weights of the rows that there are."""
    weights, n = function.weights, function.rows
    counts = weights if frequency else None

    def draw(rng: np.random.Generator) -> LikelihoodSum:
        drawn = drawn_counts(rng, n, counts, codes)
        if weights is not None and not frequency:
            # Precision weights come with their rows; their mean over the sample is one again.
            drawn = drawn * weights * (drawn.sum() / (drawn @ weights))
        return replace(function, weights=drawn)

    return draw


def _simulator(fit: Fit) -> tuple[Problem, Any]:
    """Draws targets from the fitted distributions, one for each observation."""
    rows = fit._rows
    problem, design = rows.problem, rows.design
    weights = problem.function.weights
    if not isinstance(problem.function.y, np.ndarray):
        raise LikelierError(
            "kind='parametric' draws whole targets, and nothing says which of them would be "
            "censored; use kind='rows'"
        )
    predicted = fit._fitted
    if weights is not None:
        if not (problem.frequency and np.all(weights == np.round(weights))):
            what = "fractions" if problem.frequency else "precisions"
            raise LikelierError(
                "kind='parametric' draws one target for each observation, and the weights are "
                f"{what}; use kind='rows'"
            )
        design = design.take(np.repeat(np.arange(design.n), weights.astype(int)))
        design = replace(design, weights=None)
        objective = problem.objective
        problem = build_problem(design, fit.linked, objective, None, "frequency", fit.predictor)
        predicted = fit._distribution(design)
    function = problem.function

    def draw(rng: np.random.Generator) -> LikelihoodSum:
        return replace(function, y=np.asarray(predicted.sample(seed=rng), dtype=float))

    return problem, draw


def _is_sound(found: Solution, to_user: Array, limit: Array, smooth: bool) -> bool:
    """Whether a search ended at an estimate that is finite."""
    if found.reason != "converged" or not np.all(np.isfinite(found.theta)):
        return False
    if not smooth or found.curvature is None:
        return True
    direction = factorise(found.curvature)
    if not direction.definite:
        return False
    errors = np.sqrt(np.diag(to_user @ direction.solve_matrix() @ to_user.T))
    return bool(np.all(errors < limit))

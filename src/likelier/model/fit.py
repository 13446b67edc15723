"""`fit`: choose a distribution for the target, minimise its negative log-likelihood."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from likelier.distributions import Distribution
from likelier.engines import Engine
from likelier.errors import LikelierError, did_you_mean
from likelier.model.contest.candidates import candidates
from likelier.model.contest.compare import compare
from likelier.model.fitted import Fit
from likelier.model.fitting.estimation import fit_design, make_design, read_once, resolve_family
from likelier.model.streaming.apart import fit_apart, pieces_to_read
from likelier.objective import NLL, Objective, Term
from likelier.predictors import PredictorSpec
from likelier.solvers import Solver, Step

WEIGHT_TYPES = ("frequency", "precision")


def fit(
    formula: Any,
    data: Any,
    distribution: str | type[Distribution] = "auto",
    *,
    links: Mapping[str, Any] | None = None,
    objective: Term | Objective | None = None,
    predictor: PredictorSpec | None = None,
    solver: Solver | None = None,
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
    progress: Callable[[Step], None] | None = None,
    validation: Any = None,
    checkpoint: Any = None,
) -> Fit:
    """Fit a distribution of the target by maximum likelihood.

    Each predicted parameter θₖ of the distribution has a linear predictor of its own,
    linkₖ(θₖ) = Xₖ bₖ + offsetₖ, and the coefficients minimise the negative log-likelihood
    Σ wᵢ (−log p(yᵢ | θᵢ)).

    Args:
        formula: `"y ~ x + C(g)"` for the main parameter (the others get an intercept); or a dict
            with a right-hand side for each parameter, `{"mean": "y ~ x", "dispersion": "~ z"}`; or
            the target itself, shape (n,), where `data` is a matrix.
        data: a pandas, polars or Arrow table, a dict of columns, a path, glob or URL of .csv or
            .parquet files (read again in each pass where their columns would not fit into half of
            the memory that is free); or the features, shape (n, p), where `formula` is the target.
        distribution: a family, its name (`"negative_binomial"`), or "auto" to let held-out
            likelihood choose among the families that suit the target.
        links: link by parameter, such as `{"mean": "identity"}`.
        objective: what is minimised, such as `NLL() + Jeffreys()`; `NLL()` when not given.
        predictor: how features become parameters; `Linear()` when not given, in which the main
            parameter takes the columns. `Linear(parameters="all")` gives them to every one;
            `Function(f, parameters)` is a curve that you write; `MLP()` a neural network.
        solver: how; chosen from what the terms of the objective are when not given.
        engine: where sums are taken; chosen by size when not given.
        weights: column name or (n,) array of weights, 0 or above.
        weight_type: "frequency" (a row stands for w equal rows) or "precision" (relative
            precision of rows; rescaled to mean one). They differ in standard errors.
        offset: column name or (n,) array added to the first predictor, or a dict by parameter.
        exposure: column name or (n,) array of positive exposures, under a log link.
        groups: column name or (n,) array, kept for cluster covariances and grouped validation.
        missing: "raise", or "drop" to leave out and count rows with a missing value.
        names: names of the columns of a matrix.
        intercept: whether a matrix gets an intercept.
        seed: of everything random.
        progress: called with each step of a long fit.
        validation: rows that watch the training of a network, which ends where their NLL does not
            fall any more and keeps the weights of its least: a share of the rows (0.15 when not
            given, groups whole; 0 for none), or a table, or (X, y) where arrays are fitted.
        checkpoint: path of a file that keeps the state of the training of a network, or of a fit
            that reads its files in each pass, written whole; where it exists, the fit goes on from
            it, to the same end.

    Returns:
        A `Fit`. What is wrong with it is in `.diagnoses`; `.converged` says whether it stands.

    Raises:
        DataError: the data cannot be used; names row and column.
        FormulaError: the formula cannot be read or asks for what formulas may not do.
        SupportError: the target holds values that the distribution cannot take.
        LikelierError: a name, link or option does not exist.

    Example:
        >>> import likelier as lk
        >>> made = {"y": [1.0, 2.0, 4.0, 3.0], "x": [0.0, 1.0, 2.0, 3.0]}
        >>> fit = lk.fit("y ~ x", made, "normal")
        >>> fit.params.estimate.round(3).tolist()
        [1.3, 0.8, -0.399]
    """
    check_choices(weight_type, missing)
    options: dict[str, Any] = {
        "predictor": predictor,
        "weights": weights,
        "offset": offset,
        "exposure": exposure,
        "groups": groups,
        "missing": missing,
    }
    if isinstance(distribution, str) and distribution == "auto":
        settings: dict[str, Any] = {
            "links": links,
            "weight_type": weight_type,
            "objective": objective,
            "solver": solver,
            "engine": engine,
            "names": names,
            "intercept": intercept,
        }
        data = read_once(formula, data)
        suited = candidates(formula, data, names=names, intercept=intercept, **options)
        if len(suited) > 1:
            return compare(formula, data, suited, seed=seed, **settings, **options).best
        distribution = suited[0]
    family = resolve_family(distribution)
    pieces = pieces_to_read(formula, data, family, engine)
    if pieces is not None:
        roles = {"weights": weights, "offset": offset, "exposure": exposure, "groups": groups}
        return fit_apart(
            formula,
            pieces,
            family,
            roles,
            links=links,
            objective=objective,
            predictor=predictor,
            solver=solver,
            engine=engine,
            weight_type=weight_type,
            missing=missing,
            seed=seed,
            progress=progress,
            validation=validation,
            checkpoint=checkpoint,
        )
    objective = Objective.of(NLL() if objective is None else objective)
    options["terms"] = objective.columns
    design = make_design(formula, data, family, names=names, intercept=intercept, **options)
    return fit_design(
        design,
        family,
        links=links,
        objective=objective,
        predictor=predictor,
        solver=solver,
        engine=engine,
        weight_type=weight_type,
        seed=seed,
        progress=progress,
        validation=validation,
        checkpoint=checkpoint,
    )


def check_choices(weight_type: str, missing: str) -> None:
    """Raise `LikelierError` unless these options are among those that there are."""
    for what, value, known in (
        ("weight_type", weight_type, WEIGHT_TYPES),
        ("missing", missing, ("raise", "drop")),
    ):
        if value not in known:
            options = " or ".join(repr(k) for k in known)
            hint = did_you_mean(str(value), known)
            raise LikelierError(f"{what} is {options}; given: {value!r}.{hint}")

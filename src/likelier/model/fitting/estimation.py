"""From a formula, a table and a family to a fit: the design, the search, the conclusions."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from likelier.data import Design, build, from_arrays, read_table, split_formula
from likelier.diagnosis import Case, Finding, diagnose
from likelier.distributions import Distribution, Linked, from_text
from likelier.engines import Engine, LikelihoodSum, Sums
from likelier.errors import FormulaError, LikelierError, did_you_mean
from likelier.inference import Information, blurred_information, invert_information, without
from likelier.model.fitted import Estimate, Facts, Fit, Sample
from likelier.model.fitting.balancing import balanced, balances
from likelier.model.fitting.objectives import (
    effective_degrees,
    inference_of,
    plain_nll,
    term_rows,
    with_decay,
)
from likelier.model.fitting.problem import Problem, build_problem, link_family, observed_cells
from likelier.model.fitting.searching import search, start
from likelier.model.fitting.targets import as_target_of, check_support, for_censored, level_count
from likelier.objective import NLL, Objective, Term
from likelier.predictors import Linear, PredictorSpec
from likelier.solvers import Solution, Solver, Step, refine, unchanged

Array = Any


def resolve_family(distribution: str | type[Distribution]) -> type[Distribution]:
    """The family that a name, text or class means."""
    if isinstance(distribution, str):
        return from_text(distribution)
    if isinstance(distribution, type) and issubclass(distribution, Distribution):
        return distribution
    if isinstance(distribution, Distribution):
        name = type(distribution).__name__
        raise LikelierError(
            f"distribution is a family such as lk.{name}, not one of its members; to hold "
            f"parameters at a value use lk.Fixed(lk.{name}, …)"
        )
    raise LikelierError(f"distribution is a family or its name; given: {distribution!r}")


def read_once(formula: Any, data: Any) -> Any:
    """The table behind `data` where several designs are made of it: files and streams are read."""
    return read_table(data) if isinstance(formula, str | Mapping) else data


def make_design(
    formula: Any,
    data: Any,
    family: type[Distribution],
    *,
    predictor: PredictorSpec | None = None,
    names: Sequence[str] | None = None,
    intercept: bool = True,
    **options: Any,
) -> Design:
    """The checked arrays of a call of `fit`, one matrix for each predicted parameter."""
    predicted = _main_first(family)
    spec = as_specification(predictor)
    described = _described(family, predicted, spec)
    if not isinstance(formula, str | Mapping):
        for name in family.names("data"):
            raise LikelierError(
                f"{family.text()} needs the {name} of each row: name a column of a table so and "
                f"write a formula; or hold one for all rows, lk.Fixed({family.__name__}, {name}=…)"
            )
        shape: dict[str, Any] = {"described": described, "names": names, "intercept": intercept}
        return from_arrays(formula, data, predicted, **shape, **options)
    target, formulas = formulas_of(formula, family, spec)
    extra = {name: name for name in family.names("data")}
    design = build(
        formulas, data, target=target, extra=extra or None, partial=spec.cells, **options
    )
    return observed_cells(design, family, spec)


def formulas_of(
    formula: str | Mapping[str, str], family: type[Distribution], spec: PredictorSpec
) -> tuple[str, dict[str, str]]:
    """The target, and the right-hand side of each predicted parameter."""
    if isinstance(formula, str):
        target, right = split_formula(formula)
        predicted = _main_first(family)
        formulas = dict.fromkeys(predicted, "1")
        formulas |= dict.fromkeys(_described(family, predicted, spec), right)
    else:
        target, formulas = _split_formulas(formula, family)
    if target is None:
        raise FormulaError(
            f"the formula names no target: write it on the left, as in 'y ~ {right}'"
            if isinstance(formula, str)
            else "no formula names the target: write it on the left of one, as in 'y ~ x'"
        )
    return target, formulas


def _main_first(family: type[Distribution]) -> tuple[str, ...]:
    """The predicted parameters, the one that a formula on its own describes standing first."""
    return (family.main, *(name for name in family.parameter_names if name != family.main))


def as_specification(predictor: Any) -> PredictorSpec:
    """What a user gave as `predictor`; linear if nothing."""
    if predictor is None:
        return Linear()
    if not isinstance(predictor, PredictorSpec):
        raise LikelierError(f"predictor is one such as lk.Linear(); given: {predictor!r}")
    return predictor


def _described(
    family: type[Distribution], predicted: Sequence[str], spec: PredictorSpec
) -> tuple[str, ...]:
    """The parameters that the columns of one formula, or of a matrix, describe."""
    if spec.described == "main":
        return (predicted[0],)
    # Columns of the parameter that holds the intercept of the main one would move both alike.
    return tuple(name for name in predicted if name != family.intercept_in)


def _split_formulas(
    formula: Mapping[str, str], family: type[Distribution]
) -> tuple[str | None, dict[str, str]]:
    """The target and each parameter's right-hand side from a dict of formulas."""
    predicted = _main_first(family)
    targets = []
    formulas = dict.fromkeys(predicted, "1")
    for name, text in formula.items():
        if name not in predicted:
            hint = did_you_mean(name, predicted)
            raise FormulaError(
                f"{family.text()} has no parameter {name!r} to predict.{hint} "
                f"It predicts: {', '.join(predicted)}"
            )
        left, formulas[name] = split_formula(text)
        if left is not None:
            targets.append(left)
    if len(set(targets)) > 1:
        raise FormulaError(f"the formulas name several targets: {', '.join(targets)}")
    return (targets[0] if targets else None), formulas


def fit_design(
    design: Design,
    family: type[Distribution],
    *,
    links: Mapping[str, Any] | None = None,
    objective: Term | Objective | None = None,
    predictor: PredictorSpec | None = None,
    solver: Solver | None = None,
    engine: Engine | None = None,
    weight_type: str = "frequency",
    seed: int = 0,
    progress: Callable[[Step], None] | None = None,
    validation: Any = None,
    checkpoint: Any = None,
) -> Fit:
    """Fit a design whose matrices are named after the family's parameters."""
    began = time.perf_counter()
    minimised = Objective.of(NLL() if objective is None else objective)
    design, problem = pose(
        design,
        family,
        minimised,
        links,
        as_specification(predictor),
        engine=engine,
        weight_type=weight_type,
    )
    if problem.spec.trained:
        from likelier.model.files.checkpoint import Checkpoint
        from likelier.model.fitting.training import fit_network

        store = None if checkpoint is None else Checkpoint(checkpoint)
        return fit_network(
            design, problem, solver, validation, seed, progress, store, weight_type, began
        )
    for what, given in (("validation", validation), ("checkpoint", checkpoint)):
        if given is not None:
            raise LikelierError(
                f"{what} is for the training of a network, such as predictor=lk.MLP(), or for "
                "files that are read piece by piece"
            )
    if balances(problem.function) and not problem.predictor.linear:
        problem, solution = balanced(
            problem,
            start(problem),
            lambda problem, first: search(problem, solver, seed, progress, first=first),
        )
    else:
        solution = search(problem, solver, seed, progress)
    return conclude(design, problem, solution, time.perf_counter() - began, weight_type)


def pose(
    design: Design,
    family: type[Distribution],
    objective: Objective,
    links: Mapping[str, Any] | None,
    spec: PredictorSpec,
    *,
    engine: Engine | None = None,
    weight_type: str = "frequency",
) -> tuple[Design, Problem]:
    """The problem of a design, whose target is checked and taken as the family takes it."""
    objective = with_decay(objective, spec)
    objective.check(for_censored(design, family))
    design, linked = prepare(design, family, links, spec)
    return design, build_problem(design, linked, objective, engine, weight_type, spec)


def prepare(
    design: Design,
    family: type[Distribution],
    links: Mapping[str, Any] | None,
    spec: PredictorSpec,
    part: bool = False,
) -> tuple[Design, Linked]:
    """The design with its target as the family takes it, checked, and the family linked."""
    family = for_censored(design, family)
    design = as_target_of(design, family)
    check_support(design, family, part)
    assert design.target is not None
    sizes = family._event_sizes(design.target.values, level_count(design))
    return design, link_family(family, links, sizes, spec)


def conclude(
    design: Design, problem: Problem, solution: Solution, seconds: float, weight_type: str
) -> Fit:
    """Diagnose a solution and translate it to the user's scale."""
    assert design.target is not None
    function = problem.function
    case = Case(
        function,
        solution,
        problem.labels,
        design.target.name,
        design.target.levels,
        problem.frequency,
        design.row_name,
    )
    findings, diagnosed = diagnose(case)
    size = problem.predictor.size
    infinite, unsure = np.zeros(size), np.zeros(size, dtype=bool)
    relations = 0
    for found in findings:
        if found.unsure is not None:
            unsure |= found.unsure
        if found.infinite is not None:
            infinite = np.where(infinite == 0, found.infinite, infinite)
        relations += found.relations
    sample = Sample(design, problem, solution, lambda: _information(problem, solution, findings))
    to_user = problem.parametric.to_user()

    def covariance() -> Array:
        if rests_on in ("none", "risk"):
            # Terms were selected by the same rows, or this is no maximum of a likelihood: no
            # error that ignores it is shown.
            return np.full((size, size), np.nan)
        found = sample.information.along(to_user)
        # A variance too small for a floating-point number is no certainty.
        return without(found, unsure | (infinite != 0) | (found.diagonal() == 0))

    rests_on = inference_of(function)
    serious = any(d.severity == "serious" for f in findings for d in f.diagnoses)
    with np.errstate(all="ignore"):
        coefficients = to_user @ solution.theta
    if solution.converged and not serious:
        coefficients = refine(function, solution, coefficients)
    estimate = Estimate(problem.labels, coefficients, infinite, covariance)
    # The value of the solution is that of an exact pass; penalties call for one with their terms.
    sums = Sums(solution.value)
    if function.penalties or not function.risk.is_likelihood:
        sums = function(solution.theta, 0)
    nll = plain_nll(function, solution.theta, sums)
    free = (
        size - relations
        if rests_on == "information" or not function.penalties
        else effective_degrees(function, solution.theta)
    )
    facts = Facts(
        target=design.target.name,
        levels=design.target.levels,
        formulas={name: f.text for name, f in design.recipe.formulas.items()},
        log_likelihood=-nll,
        n_rows=function.rows,
        n_observations=function.effective_rows(problem.frequency),
        n_dropped=design.n_dropped,
        degrees_of_freedom=free,
        weight_type=None if design.weights is None else weight_type,
        converged=solution.converged and not serious and not bool(np.any(infinite)),
        reason=solution.reason,
        passes=sum(solution.passes.values()),
        seconds=seconds,
        terms=term_rows(function, sums, nll),
        inference=rests_on,
        residual=solution.residual,
        history=_history(function, solution),
    )
    return Fit(
        linked=problem.linked,
        recipe=design.recipe,
        estimate=estimate,
        facts=facts,
        diagnosed=diagnosed,
        sample=sample,
        predictor=problem.spec,
    )


def _history(function: LikelihoodSum, solution: Solution) -> dict[str, tuple[Any, ...]]:
    """The course of the search, one entry an iteration, with what each term adds."""
    steps = solution.trace
    names = [function.risk.text(), *(bound.text() for bound in function.penalties)]
    parts = {}
    if len(names) > 1 and all(len(step.terms) == len(names) for step in steps):
        parts = {name: tuple(step.terms[i] for step in steps) for i, name in enumerate(names)}
    if any(step.nll is not None for step in steps):
        parts[NLL().text()] = tuple(math.nan if s.nll is None else s.nll for s in steps)
    return {
        "phase": tuple(step.phase for step in steps),
        "objective": tuple(float(step.value) for step in steps),
        "decrement": tuple(float(step.decrement) for step in steps),
        "length": tuple(float(step.length) for step in steps),
        **parts,
    }


def _information(problem: Problem, solution: Solution, findings: Sequence[Finding]) -> Information:
    """The observed information, inner scale, without what the findings take out of it."""
    function = problem.function.likelihood
    free = np.ones(problem.predictor.size, dtype=bool)
    null: list[Array] = []
    if inference_of(problem.function) == "penalised":
        function = problem.function
    plain = function is problem.function or not problem.function.penalties
    curvature = solution.curvature if plain else None
    for found in findings:
        if found.whole:
            free[:] = False
        elif found.apart is not None and function.behind == 1:
            # Perfectly fitted rows carry no information on the rest at the limit.
            kept = (~found.apart).astype(float)
            kept *= 1.0 if function.weights is None else function.weights
            function, curvature, plain = replace(function, weights=kept), None, False
        elif found.infinite is not None:
            free &= found.infinite == 0
        if found.null is not None:
            null.append(found.null)

    def invert(curvature: Array) -> Information:
        if null:
            basis = np.linalg.qr(np.concatenate(null, axis=1))[0]
            rest = np.eye(len(free)) - basis @ basis.T
            curvature = rest @ curvature @ rest
        return invert_information(curvature, free)

    if not problem.linked.family.smooth:
        # At a kink there is no observed curvature.
        return blurred_information(function, solution.theta, invert)[1]
    if curvature is None:
        sums = function(solution.theta, 2)
        if plain and problem.function.risk.is_likelihood:
            sums = unchanged(sums, solution.value)
        curvature = sums.curvature
    return invert(curvature)

"""A fit put on rows: those of a table beside the estimates that it has, without fitting again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.data import Design, read_table
from likelier.errors import LikelierError, SupportError
from likelier.inference import invert_information
from likelier.model.fitting.problem import Problem, build_problem, observed_cells
from likelier.model.fitting.targets import as_target_of, check_support
from likelier.objective import NLL, Objective
from likelier.solvers import Solution

if TYPE_CHECKING:
    from likelier.model.fitted import Fit, Sample

Array = Any

_AS_BEFORE = 1e-9
"""Relative difference up to which a log-likelihood is the one that the fit reported."""


def target_design(fit: Fit, data: Any, **options: Any) -> Design:
    """The design of rows whose target is known, checked, labels as the codes of the fit.

    Args:
        fit: the fit.
        data: a table as `fit` takes it.
        options: as `Recipe.design` takes them.

    Raises:
        DataError: a column is missing, a cell cannot be used, or a label was never seen.
        SupportError: the target holds values that the distribution cannot take.
    """
    if fit.recipe.left is None and options.get("y") is None:
        raise LikelierError(
            "this model was fitted to arrays and has no name for its target; give it as y="
        )
    table = data if fit.recipe.features is not None else read_table(data)
    spec = fit.predictor
    design = fit.recipe.design(table, need_target=True, partial=spec.cells, **options)
    design = observed_cells(design, fit.distribution, spec)
    assert design.target is not None
    if design.target.levels is None and fit.facts.levels is not None:
        design = coded(design, fit.facts.levels)
    design = as_target_of(design, fit.distribution)
    check_support(design, fit.distribution)
    return design


def coded(design: Design, levels: tuple[Any, ...]) -> Design:
    """Whole numbers that stand for classes, as the codes which those had in the fit."""
    target = design.target
    assert target is not None
    known = np.asarray(levels, dtype=float)
    values = np.asarray(target.values, dtype=float)
    codes = np.searchsorted(known, values).clip(0, len(known) - 1)
    unseen = np.flatnonzero(known[codes] != values)
    if len(unseen):
        shown = ", ".join(str(level) for level in levels[:8])
        raise SupportError(
            f"cannot use column `{target.name}`: {design.row_name(int(unseen[0]))} holds "
            f"{values[unseen[0]]:g}, which is none of the labels of the fit: {shown}"
        )
    return replace(design, target=replace(target, values=codes.astype(np.int64), levels=levels))


def sample_of(fit: Fit, data: Any, missing: str) -> Sample:
    """The rows of a table as the sample of a fit.

    It is complete, with what likelihood curves need, if these are the rows of the fit: as many,
    with the log-likelihood that it reported.
    """
    return put_on(fit, target_design(fit, data, missing=missing))


def same_rows(fit: Fit, design: Design) -> bool:
    """Whether these are the rows of the fit: as many, with the log-likelihood that it reported."""
    if fit.predictor.trained or design.n != fit.facts.n_rows:
        return False  # a network has no curvature, by which curves would be drawn
    return put_on(fit, design).solution is not None


def put_on(fit: Fit, design: Design) -> Sample:
    """A design, whose target is known, as the sample of a fit."""
    from likelier.model.fitted import Sample

    weight_type = fit.facts.weight_type or "frequency"
    problem = build_problem(design, fit.linked, Objective(NLL()), None, weight_type, fit.predictor)
    theta = problem.predictor.from_user(fit.estimate.coefficients)
    if fit.predictor.trained:
        return _put_network(fit, design, problem, theta)
    sums = problem.function(theta, 2)
    off = abs(sums.value + fit.log_likelihood) / max(1.0, abs(fit.log_likelihood))
    if design.n != fit.facts.n_rows or off > _AS_BEFORE or not fit.converged or fit.penalised:
        return Sample(design, problem)
    information = invert_information(sums.curvature)
    decrement = float(sums.gradient @ information.inverse @ sums.gradient)
    solution = Solution(
        theta,
        sums.value,
        sums.gradient,
        sums.curvature,
        decrement,
        True,
        fit.facts.reason,
        {2: 1},
    )
    return Sample(design, problem, solution, lambda: information)


def _put_network(fit: Fit, design: Design, problem: Problem, theta: Array) -> Sample:
    """A design as the sample of a network, which has no curvature."""
    from likelier.model.fitted import Sample

    value = problem.function(theta, 0).value
    off = abs(value + fit.log_likelihood) / max(1.0, abs(fit.log_likelihood))
    if design.n != fit.facts.n_rows or off > _AS_BEFORE:
        return Sample(design, problem)
    passes = {0: 1}
    reason, converged = fit.facts.reason, fit.converged
    solution = Solution(theta, value, None, None, np.nan, converged, reason, passes)
    return Sample(design, problem, solution)

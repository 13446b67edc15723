"""What can be said of the terms that a penalty has chosen: refitted, or debiased."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.diagnosis import Case, Diagnosed, Diagnosis, diagnose
from likelier.engines import LikelihoodSum
from likelier.errors import LikelierError
from likelier.inference import Information
from likelier.inference.level import check_level
from likelier.model.fitting.objectives import free_coefficients
from likelier.model.records import Estimate, Sample
from likelier.objective import NLL, Kinks, Objective
from likelier.solvers import choose_solver, factorise, minimise_quadratic

if TYPE_CHECKING:
    import pandas as pd

    from likelier.model.fitted import Fit

Array = Any

_ROWS_EACH = 5
"""Rows for each coefficient from which the information is inverted as it is."""
_SOUND = 1e-6
"""Conditioning from which it is."""


def refit(fit: Fit) -> Fit:
    """The fit that `Fit.refit` describes."""
    began = time.perf_counter()
    rows, (solution, _) = fit._rows, fit._optimum
    function = _selecting(fit)
    free = free_coefficients(function, solution.theta)
    index = np.flatnonzero(free)
    part = function.likelihood.select(index)
    assert part is not None
    found = choose_solver(part).minimise(part, solution.theta[index])
    labels = tuple(rows.problem.labels[i] for i in index)
    target = rows.design.target
    assert target is not None
    case = Case(
        part, found, labels, target.name, target.levels, rows.problem.frequency,
        rows.design.row_name,
    )  # fmt: skip
    findings, diagnosed = diagnose(case)
    size = len(free)
    theta, infinite, inverse = np.zeros(size), np.zeros(size), np.zeros((size, size))
    theta[index] = found.theta
    lost = ~free
    for finding in findings:
        if finding.infinite is not None:
            infinite[index] = np.where(infinite[index] == 0, finding.infinite, infinite[index])
    kind = "observed" if function.linked.family.smooth else "expected"
    curvature = found.curvature
    if curvature is None:
        curvature = part(found.theta, 2, kind).curvature
    direction = factorise(curvature)
    if direction.definite:
        inverse[np.ix_(index, index)] = direction.solve_matrix()
    else:
        lost[:] = True
    to_user = rows.problem.parametric.to_user()
    covariance = to_user @ inverse @ to_user.T
    unknown = lost | (infinite != 0)
    covariance[unknown, :] = np.nan
    covariance[:, unknown] = np.nan
    serious = any(d.severity == "serious" for f in findings for d in f.diagnoses)
    whole = replace(found, theta=theta, gradient=_embedded(found.gradient, index, size),
                    source=None)  # fmt: skip
    facts = replace(
        fit.facts,
        log_likelihood=-found.value,
        degrees_of_freedom=len(index),
        converged=found.converged and not serious,
        reason=found.reason,
        passes=sum(found.passes.values()),
        seconds=time.perf_counter() - began,
        terms=((NLL().text(), 1.0, found.value),),
        inference="selected",
        residual=None,
        history={},
    )
    note = Diagnosis(
        kind="refitted",
        severity="note",
        message=(
            f"the terms were chosen by {fit.facts.terms[1][0]} on these very rows; estimates are "
            "of maximum likelihood with the others at 0, and standard errors, p-values and "
            "intervals are those of a model that was known beforehand: they are too narrow"
        ),
        evidence={"kept": len(index), "left_out": size - len(index)},
        remedy="fit.debiased() of the penalised fit, or a refit to rows that chose nothing",
    )
    problem = rows.problem.with_objective(Objective(NLL()))
    information = Information(inverse, np.zeros((size, 0)))
    return replace(
        fit,
        estimate=Estimate(fit.estimate.labels, to_user @ theta, infinite, covariance),
        facts=facts,
        diagnosed=Diagnosed((note, *diagnosed.all)),
        sample=Sample(rows.design, problem, whole, lambda: information),
    )


def debiased(fit: Fit, level: float) -> pd.DataFrame:
    """The table that `Fit.debiased` describes."""
    import pandas as pd
    from scipy.special import ndtri

    check_level(level)
    (solution, _), function = fit._optimum, _selecting(fit)
    kinks = function.kinks
    assert kinks is not None
    kind = "observed" if function.linked.family.smooth else "expected"
    sums = function.likelihood(solution.theta, 2, kind)
    n = function.total_weight
    curvature = sums.curvature / np.outer(kinks.scale, kinks.scale) / n
    gradient = sums.gradient / kinks.scale / n
    direction = factorise(curvature)
    size = len(gradient)
    if direction.conditioning > _SOUND and n >= _ROWS_EACH * size:
        inverse, how = direction.solve_matrix(), "one Newton step"
    else:
        inverse, how = _nodewise(curvature, kinks, n), "nodewise lasso"
    u = kinks.scale * solution.theta
    moved = u - inverse @ gradient
    error = np.sqrt(np.diag(inverse @ curvature @ inverse.T) / n)
    chosen = np.flatnonzero(kinks.penalised)
    # A slope's way to the user's scale is a factor of its own.
    factor = np.diag(fit._rows.problem.parametric.to_user())[chosen] / kinks.scale[chosen]
    estimate, error = moved[chosen] * factor, error[chosen] * np.abs(factor)
    half = float(ndtri((1 + level) / 2)) * error
    z = estimate / error
    names = [fit._names()[i] for i in chosen]
    table = pd.DataFrame(
        {
            "parameter": [parameter for parameter, _ in names],
            "term": [term for _, term in names],
            "penalised": fit.estimate.coefficients[chosen],
            "estimate": estimate,
            "standard_error": error,
            "z": z,
            "p_value": [math.erfc(abs(v) / math.sqrt(2)) for v in z],
            "lower": estimate - half,
            "upper": estimate + half,
        }
    )
    table.attrs["method"] = how
    return table


def _selecting(fit: Fit) -> LikelihoodSum:
    """The objective of a fit whose penalty chooses terms."""
    function = fit._rows.problem.function
    if function.kinks is None:
        raise LikelierError(
            "no penalty of this fit chooses among the terms; refit() and debiased() are for L1, "
            "ElasticNet and GroupL1"
        )
    return function


def _nodewise(curvature: Array, kinks: Kinks, n: float) -> Array:
    """An approximate inverse of a curvature that may be singular: each column on the others.

    Source: van de Geer, Bühlmann, Ritov and Dezeure (2014), doi:10.1214/14-AOS1221, with the
    strength √(log p / n) of columns whose curvature is 1.
    """
    size = len(curvature)
    scale = np.sqrt(np.maximum(np.diag(curvature), 1e-300))
    unit = curvature / np.outer(scale, scale)
    strength = math.sqrt(math.log(max(size, 2)) / n)
    weights = np.where(kinks.penalised, strength, 0.0)
    inverse = np.zeros((size, size))
    for j in range(size):
        others = np.flatnonzero(np.arange(size) != j)
        own = Kinks(np.ones(size - 1), weights[others], np.full(size - 1, -1), np.zeros(0))
        gamma = minimise_quadratic(
            unit[np.ix_(others, others)], -unit[others, j], own, np.zeros(size - 1), 1e-9
        )
        left = 1.0 - float(gamma @ unit[others, j])
        inverse[j, j] = 1.0
        inverse[j, others] = -gamma
        inverse[j] /= max(left, 1e-12)
    return inverse / np.outer(scale, scale)


def _embedded(values: Array, index: Array, size: int) -> Array:
    full = np.zeros(size)
    full[index] = values
    return full

"""The likelihood surface of two coefficients of a fit, as the data of a plot."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from likelier.errors import LikelierError
from likelier.inference.surface import surface
from likelier.model.names import coefficient_name
from likelier.report.plots import LikelihoodData

if TYPE_CHECKING:
    from likelier.model.fitted import Fit

Term = str | tuple[str, str]

_WIDE = 1.25
"""How far the grid reaches beyond the profile interval whose square holds the 95 % region."""


def surface_data(fit: Fit, term: Term, term2: Term, points: int = 25) -> LikelihoodData:
    """Deviance over both coefficients, as far as their joint 95 % region reaches.

    Args:
        fit: the fit, with its rows.
        term, term2: names of terms, or (parameter, term).
        points: values of each coefficient.
    """
    if points < 5:
        raise LikelierError(f"a surface takes 5 points or more a side; given: {points}")
    indices = [fit._index(t) for t in (term, term2)]
    if indices[0] == indices[1]:
        raise LikelierError(f"a surface is of two coefficients; {term!r} was given twice")
    covariance = fit.estimate.covariance[np.ix_(indices, indices)]
    names = [fit._names()[i] for i in indices]
    for k in range(2):
        if not np.isfinite(covariance[k, k]):
            raise LikelierError(
                f"`{names[k][1]}` is not identified or has no finite estimate, so its likelihood "
                "has no peak to draw; see .diagnoses"
            )
    # The joint region at 95 % is as wide as the interval of one coefficient at P(χ²₁ < χ²₂;₀.₉₅).
    level = math.erf(math.sqrt(-math.log(0.05)))
    values = []
    for i in indices:
        profiler = fit._profiler(i)
        ends = profiler.interval(level)
        low, high = (
            profiler.estimate
            + _WIDE
            * (
                end - profiler.estimate
                if math.isfinite(end)
                else sign * 4 * profiler.standard_error
            )
            for sign, end in zip((-1, 1), ends, strict=True)
        )
        values.append(np.linspace(low, high, points))
    rows, (solution, information) = fit._posed, fit._optimum
    contrasts = rows.problem.parametric.to_user()[indices]
    deviance = surface(
        rows.problem.function, solution.theta, solution.value, information, contrasts, *values
    )
    shown = [coefficient_name(fit, parameter, name) for parameter, name in names]
    at = fit.estimate.coefficients[indices]
    return LikelihoodData(
        (shown[0], shown[1]),
        values[0].tolist(),
        values[1].tolist(),
        deviance.tolist(),
        (float(at[0]), float(at[1])),
        covariance.tolist(),
    )

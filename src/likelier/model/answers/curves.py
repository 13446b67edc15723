"""What plots show beside the rows themselves: likelihoods, predictions, histories, influence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.data import Table, read_table
from likelier.errors import DataError, LikelierError
from likelier.inference.level import check_level
from likelier.model.names import coefficient_name, target_name
from likelier.predictors import Workspace
from likelier.report.plots import ProfileData, QuantileData

if TYPE_CHECKING:
    from likelier.model.fitted import Fit

Array = Any

_GRID = 121
LEVELS = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
FAN = (0.05, 0.25, 0.5, 0.75, 0.95)


def profile_data(
    fit: Fit, term: str | tuple[str, str], level: float = 0.95, points: int = 21
) -> ProfileData:
    """The likelihood curve of a coefficient, over ± 4 standard errors or its whole interval."""
    check_level(level)
    index = fit._index(term)
    parameter, name = fit._names()[index]
    if fit.estimate.infinite[index]:
        raise LikelierError(
            f"`{name}` has no finite estimate: its likelihood rises without end; see .diagnoses"
        )
    if not np.isfinite(fit.estimate.covariance[index, index]):
        raise LikelierError(f"`{name}` is not identified: its likelihood is flat; see .diagnoses")
    profiler = fit._profiler(index)
    lower, upper = profiler.interval(level)
    center, error = profiler.estimate, profiler.standard_error
    low, high = (
        sign * max(4 * error, 1.3 * abs(end - center) if math.isfinite(end) else 0.0)
        for sign, end in ((-1, lower), (1, upper))
    )
    values = center + np.linspace(low, high, points)
    curve = profiler.curve(values)
    return ProfileData(
        coefficient_name(fit, parameter, name),
        [float(v) for v in values],
        [2 * (point.nll - profiler.nll) for point in curve],
        center,
        float(error),
        lower,
        upper,
        level,
    )


def quantile_data(fit: Fit, column: str, data: Any, levels: Sequence[float]) -> QuantileData:
    """Predicted quantiles along a column of a table, its other columns as they usually are.

    Numbers stand at their median, labels at the commonest one.

    Args:
        fit: of one number a row.
        column: of numbers, one of those that the formulas read.
        data: a table with the target and the columns of the formulas.
        levels: of the quantiles.
    """
    from likelier.assessment import Assessment
    from likelier.model.answers.assessing import assess_fit

    for level in levels:
        if not 0 < level < 1:
            raise LikelierError(f"levels of quantiles lie between 0 and 1; given: {level}")
    table = read_table(data)
    found = table.column(column)
    if found.levels is not None or found.data.dtype.kind not in "iufb":
        raise DataError(f"column `{column}` holds labels; quantiles are drawn along numbers")
    assessed: Assessment = assess_fit(fit, data, None, "drop", 0, None)
    numbers = assessed._numbers("predicted quantiles")
    x = np.asarray(found.data, dtype=float)
    known = np.isfinite(x)
    grid = np.linspace(x[known].min(), x[known].max(), _GRID)
    prediction = fit.predict(_along(fit, table, column, grid))
    levels = sorted(levels)
    curves = np.array([np.asarray(prediction.quantile(q), dtype=float) for q in levels])
    below = [
        float(np.mean(numbers.y <= np.asarray(numbers.distribution.quantile(q)))) for q in levels
    ]
    if len(numbers.y) != len(x):
        raise DataError(f"some rows have no value; leave them out before drawing along `{column}`")
    return QuantileData(target_name(fit), column, levels, grid, curves, x, numbers.y, below)


def _along(fit: Fit, table: Table, column: str, grid: Array) -> dict[str, Array]:
    """A table of the grid, the other columns that the formulas read at a usual value."""
    names = {c for f in fit.recipe.formulas.values() for c in f.columns}
    names |= {name for name in fit.recipe.roles.values() if name is not None}
    if column not in names:
        raise LikelierError(f"no formula reads `{column}`; they read {', '.join(sorted(names))}")
    made: dict[str, Array] = {column: grid}
    for name in names - {column}:
        if name not in table:
            continue
        other = table.column(name)
        if other.levels is not None:
            codes = other.data[other.data >= 0]
            value = other.levels[int(np.bincount(codes).argmax())]
        elif other.data.dtype.kind in "iufb":
            value = np.median(other.data[np.isfinite(other.data.astype(float))])
        else:
            values, counts = np.unique(other.data.astype(str), return_counts=True)
            value = values[counts.argmax()]
        made[name] = np.full(len(grid), value, dtype=None if np.isscalar(value) else object)
    return made


def history_curves(fit: Fit, score: str) -> tuple[Array, dict[str, Array], str, str]:
    """Steps, curves by name, what they measure, and what a step is, from the course of a search.

    Args:
        fit: a live or loaded fit.
        score: "nll" or "mse".
    """
    history = fit.history
    if len(history) == 0:
        raise LikelierError("this fit has no history: its estimate came without a search")
    if "member" in history:
        # The median network; one that has stopped stays where it was.
        wide = history.pivot(index="epoch", columns="member").ffill()
        history = wide.T.groupby(level=0).median().T.reset_index()
    named = {
        "training rows": next((c for c in (score, f"training_{score}") if c in history), None),
        "held-out rows": next(
            (c for c in (f"validation_{score}", f"held_out_{score}") if c in history), None
        ),
    }
    curves = {
        name: history[column].to_numpy(dtype=float) for name, column in named.items() if column
    }
    if curves:
        unit = "mean NLL of a row (nats)" if score == "nll" else "mean squared error"
        step = history["epoch"] if "epoch" in history else np.arange(len(history))
        return np.asarray(step), curves, unit, "epoch"
    if score != "nll":
        raise LikelierError(
            f"the history of this fit holds no {score}: {', '.join(map(str, history))}"
        )
    objective = history["objective"].to_numpy(dtype=float) / float(fit.n_observations)
    unit = "objective per row (nats)" if fit.penalised else "mean NLL of a row (nats)"
    return np.arange(len(objective)), {"training rows": objective}, unit, "step of the search"


def has_errors(fit: Fit) -> bool:
    """Whether squared errors of the training were kept."""
    return bool(np.all(np.isfinite(fit.facts.history.get("mse", np.nan))))


def row_influence(fit: Fit) -> tuple[Array, Array]:
    """Leverage and likelihood displacement of each row, (n,) each, to second order.

    Leverage is the share that a row has in the curvature of its own predictors,
    tr(H⁻¹ Xᵢᵀ Wᵢ Xᵢ); the displacement is sᵢᵀ H⁻¹ sᵢ / (1 − h)², s its score.

    Source: Cook (1986), doi:10.1111/j.2517-6161.1986.tb01398.x; Pregibon (1981),
    doi:10.1214/aos/1176345513.
    """
    solution, information = fit._optimum
    function = fit._posed.problem.function.likelihood
    predictor, linked = function.parametric, function.linked
    rows, work = slice(0, predictor.n), Workspace(solution.theta)
    counts = np.ones(predictor.n) if function.weights is None else function.weights
    scores = function.row_scores(solution.theta, rows, work)
    eta = predictor.forward(solution.theta, rows, work)
    curvature = linked.evaluate(eta, function.y, function.known, "expected")[2]
    forms = predictor.row_forms(information.inverse, list(curvature), rows, work)
    share = np.zeros(predictor.n)
    for (a, b), value in curvature.items():
        share += (1 if a == b else 2) * np.asarray(forms[a, b]) * value
    # Of a row that stands for several, one is left out.
    leverage = np.clip(share, 0.0, 1.0)
    moved = np.einsum("ij,ij->i", scores @ information.inverse, scores)
    return leverage, moved / np.maximum(1 - leverage * np.minimum(counts, 1), 1e-3) ** 2

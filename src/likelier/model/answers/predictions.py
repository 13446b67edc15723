"""Predictions and scores of new rows as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.data import Table, read_table
from likelier.data.columns import Column
from likelier.errors import LikelierError, UndefinedError
from likelier.model.answers.means import class_probabilities, mean_errors
from likelier.model.fitted import Fit
from likelier.model.fitting.problem import target_values
from likelier.model.rows import target_design

if TYPE_CHECKING:
    import pandas as pd

Array = Any


def prediction_table(fit: Fit, data: Any, *args: Any, **options: Any) -> pd.DataFrame:
    """What `prediction_columns` finds as a table, the rows' positions in `data` as its index."""
    import pandas as pd

    columns, rows = prediction_columns(fit, data, *args, **options)
    return pd.DataFrame(columns, index=rows)


def prediction_columns(
    fit: Fit,
    data: Any,
    level: float = 0.9,
    quantiles: Sequence[float] = (),
    keep: Sequence[str] = (),
    missing: str = "raise",
) -> tuple[dict[str, Array], Array | None]:
    """Predictions of the rows of a table.

    Args:
        fit: the fit.
        data: a table as `fit` takes it.
        level: of the predictive interval, between 0 and 1.
        quantiles: levels of further columns, between 0 and 1.
        keep: columns of `data` to put before the predictions.
        missing: "raise", or "drop" to leave out rows that have no value in a column that is read.

    Returns:
        Columns by name, and the positions in `data` of the rows that were predicted, None for all.
        The columns are `mean`, `mean_se` (its standard error, by the
        delta method; none of a network), `stddev` (of
        an observation), `median`, quantiles, the limits of the interval as `lower_90` and
        `upper_90`, and `nll` where the target is known. For labels the likeliest `label` and the
        probability of each; for vectors mean and stddev of each column.

    Raises:
        DataError: the rows cannot be predicted.
        LikelierError: a level is not between 0 and 1.
    """
    for q in (level, *quantiles):
        if not 0 < q < 1:
            raise LikelierError(
                f"levels of intervals and quantiles lie between 0 and 1; given: {q}"
            )
    table = read_table(data)
    kept = {name: _cells(table.column(name)) for name in keep}
    design = fit.recipe.design(table, missing=missing)
    prediction = fit._distribution(design)
    if prediction.support.name in ("labels", "binary"):
        columns = _label_columns(fit, prediction)
    elif prediction.support.event_dims:
        columns = _vector_columns(fit, prediction)
    else:
        columns = {
            "mean": np.asarray(prediction.mean),
            **({} if fit.predictor.trained else {"mean_se": mean_errors(fit, design)}),
            "stddev": np.asarray(prediction.stddev),
            **_quantile_columns(prediction, level, quantiles),
        }
    rows = slice(None) if design.rows is None else design.rows
    nll = known_nll(fit, table)
    if nll is not None:
        columns["nll"] = nll[rows]
    kept = {name: values[rows] for name, values in kept.items()}
    return {**kept, **columns}, design.rows


def _cells(column: Column) -> Array:
    """The cells of a column as they came, None where there is no value."""
    if column.levels is None and column.missing is None:
        return column.data
    values = column.data
    if column.levels is not None:
        values = np.array([*column.levels, None], dtype=object)[column.data]
    values = values.astype(object)
    if column.missing is not None:
        values[column.missing] = None
    return values


def _label_columns(fit: Fit, prediction: Any) -> dict[str, Array]:
    """The likeliest label and the probability of each."""
    probabilities = class_probabilities(prediction)
    levels = fit.facts.levels or tuple(range(probabilities.shape[1]))
    best = np.argmax(probabilities, axis=1)
    names = np.empty(len(levels), dtype=object)
    names[:] = levels
    return {
        "label": names[best],
        **{f"probability_{name}": probabilities[:, k] for k, name in enumerate(levels)},
    }


def _vector_columns(fit: Fit, prediction: Any) -> dict[str, Array]:
    """Mean and standard deviation of each column of the target."""
    names = fit.facts.target.replace(" ", "").split("+")
    columns: dict[str, Array] = {}
    for what in ("mean", "stddev"):
        values = np.asarray(getattr(prediction, what))
        shown = names if len(names) == values.shape[1] else map(str, range(1, values.shape[1] + 1))
        columns |= {f"{what}_{name}": values[:, k] for k, name in enumerate(shown)}
    return columns


def _quantile_columns(
    prediction: Any, level: float, quantiles: Sequence[float]
) -> dict[str, Array]:
    """Median, quantiles and interval, where the family has them."""
    lower, upper = (1 - level) / 2, (1 + level) / 2
    wanted = {"median": 0.5, **{f"quantile_{q:g}": q for q in quantiles}}
    wanted |= {f"lower_{100 * level:g}": lower, f"upper_{100 * level:g}": upper}
    try:
        return {name: np.asarray(prediction.quantile(q)) for name, q in wanted.items()}
    except UndefinedError:
        return {}


def known_nll(fit: Fit, table: Table) -> Array | None:
    """NLL of each row whose target is known, NaN for the others; None if none is known."""
    left = fit.recipe.left
    if left is None or not all(name in table for name in left.columns):
        return None
    known = np.ones(table.n, dtype=bool)
    for name in left.columns:
        unusable = table.column(name).unusable(left.may_be_infinite(name))
        if unusable is not None:
            known &= ~unusable
    if not known.any():
        return None
    # Weights are of no concern to the NLL of a single row, so their column may be absent.
    weights = np.ones(table.n) if "weights" in fit.recipe.roles else None
    design = target_design(fit, table, weights=weights, missing="drop")
    nll = np.full(table.n, np.nan)
    rows = slice(None) if design.rows is None else design.rows
    nll[rows] = fit._distribution(design).nll(target_values(design, fit.distribution))
    return nll

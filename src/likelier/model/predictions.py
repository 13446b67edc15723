"""Predictions and scores of new rows as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.data import read_table
from likelier.errors import LikelierError
from likelier.model.fitted import Fit
from likelier.model.targets import as_target_of, check_support

if TYPE_CHECKING:
    import pandas as pd

Array = Any


def prediction_table(
    fit: Fit, data: Any, level: float = 0.9, quantiles: tuple[float, ...] = (0.5,)
) -> pd.DataFrame:
    """Predictions of the rows of a table.

    Args:
        fit: the fit.
        data: a table as `fit` takes it.
        level: of the predictive interval.
        quantiles: levels of further columns.

    Returns:
        A row for each row of `data`: `mean`, `stddev`, quantiles, the limits of the interval, and
        the NLL where the target is among the columns; for labels the probability of each.
    """
    import pandas as pd

    table = read_table(data)
    prediction = fit.predict(table)
    columns: dict[str, Array] = {}
    if fit.facts.levels is not None and fit.distribution.support.name in ("labels", "binary"):
        probabilities = class_probabilities(prediction)
        columns = {
            f"probability[{name}]": probabilities[:, k] for k, name in enumerate(fit.facts.levels)
        }
        best = np.argmax(probabilities, axis=1)
        columns = {"label": np.array(fit.facts.levels, dtype=object)[best], **columns}
    else:
        columns["mean"] = np.asarray(prediction.mean)
        columns["stddev"] = np.asarray(prediction.stddev)
        for q in quantiles:
            columns[f"quantile[{q:g}]"] = np.asarray(prediction.quantile(q))
        lower, upper = prediction.interval(level)
        columns["lower"], columns["upper"] = np.asarray(lower), np.asarray(upper)
    if has_target(fit, table):
        columns["nll"] = row_scores(fit, table)["nll"]
    return pd.DataFrame(columns)


def class_probabilities(prediction: Any) -> Array:
    """Probability of each class, (n, K)."""
    if prediction.support.name == "binary":
        p = np.asarray(prediction.mean)
        return np.column_stack([1 - p, p])
    return np.asarray(prediction.probs)


def has_target(fit: Fit, table: Any) -> bool:
    """Whether a table holds the columns of the target."""
    left = fit.recipe.left
    return left is not None and all(name in read_table(table) for name in left.columns)


def row_scores(fit: Fit, data: Any) -> Mapping[str, Array]:
    """NLL and target of each row, and whether the 90 % interval holds it."""
    if fit.recipe.left is None:
        raise LikelierError("this model was fitted to arrays and has no name for its target")
    design = fit.recipe.design(read_table(data), need_target=True)
    design = as_target_of(design, fit.distribution)
    check_support(design, fit.distribution)
    assert design.target is not None
    prediction = fit._distribution(design)
    y = np.asarray(design.target.values, dtype=float)
    return {"nll": np.asarray(prediction.nll(y)), "y": y, "weights": design.weights}


def score(fit: Fit, data: Any) -> dict[str, float]:
    """Scores of a fit on a table that holds the target.

    Returns:
        `rows`, `nll` (mean, in nats), `nll_standard_error`, and for numbers `mse`, `mae`,
        `coverage_90` (share of rows inside their central 90 % interval).
    """
    rows = row_scores(fit, data)
    nll = rows["nll"]
    weights = np.ones(len(nll)) if rows["weights"] is None else rows["weights"]
    mean = float(np.average(nll, weights=weights))
    found = {"rows": len(nll), "nll": mean}
    spread = float(np.average((nll - mean) ** 2, weights=weights))
    found["nll_standard_error"] = float(np.sqrt(spread / weights.sum()))
    if fit.distribution.support.event_dims == 0 and fit.distribution.support.name not in (
        "labels",
        "binary",
    ):
        prediction, y = fit.predict(data), rows["y"]
        lower, upper = prediction.interval(0.9)
        inside = (y >= lower) & (y <= upper)
        errors = y - np.asarray(prediction.mean)
        found["mse"] = float(np.average(errors**2, weights=weights))
        found["mae"] = float(np.average(np.abs(errors), weights=weights))
        found["coverage_90"] = float(np.average(inside, weights=weights))
    elif fit.facts.levels is not None or fit.distribution.support.name == "binary":
        probabilities = class_probabilities(fit.predict(data))
        hit = np.argmax(probabilities, axis=1) == rows["y"]
        found["accuracy"] = float(np.average(hit, weights=weights))
    return found

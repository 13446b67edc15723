"""Scores and gaps of the groups of an assessment, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.assessment._average import weighted_mean
from likelier.assessment.outcomes import LEVEL, Labels

if TYPE_CHECKING:
    import pandas as pd

    from likelier.assessment.assessment import Assessment

Array = Any


def by_group(whole: Assessment) -> pd.DataFrame:
    """A row a group: scores with standard errors, calibration, and how its predictions differ."""
    import pandas as pd

    groups = np.asarray(whole.groups)
    names = sorted(pd.unique(pd.Series(groups)), key=_order)
    parts = (whole.take(np.flatnonzero(groups == name)) for name in names)
    return pd.DataFrame([_line(part, whole) for part in parts], pd.Index(names, name="group"))


def _line(part: Assessment, whole: Assessment) -> dict[str, float]:
    def mean(values: Array) -> tuple[float, float]:
        return weighted_mean(values, part.weights)

    line: dict[str, float] = {"n_rows": part.n_rows}
    for name, values in part.scores.items():
        line[name], line[f"{name}_se"] = mean(values)
    line["coverage_90"] = part.coverage(LEVEL)
    line["calibration_error"] = part.calibration_error
    line["overconfidence"], line["overconfidence_se"] = mean(part.outcomes.excess[0])
    everywhere = _expected(whole)
    for ending, (predicted, seen) in _expected(part).items():
        line[f"predicted_mean{ending}"] = mean(predicted)[0]
        line[f"observed_mean{ending}"] = mean(seen)[0]
        line[f"bias{ending}"], line[f"bias_se{ending}"] = mean(predicted - seen)
        overall = weighted_mean(everywhere[ending][0], whole.weights)[0]
        line[f"gap{ending}"] = line[f"predicted_mean{ending}"] - overall
    return line


def _expected(part: Assessment) -> dict[str, tuple[Array, Array]]:
    """The predicted mean of each row and what happened, of several labels one by one.

    Keys are what a column's name ends in: nothing, or the label in brackets.
    """
    found, seen = part.outcomes.expected, part.outcomes.happened
    if found is None:
        return {}
    if np.ndim(found) == 1:
        return {"": (found, seen)}
    if not isinstance(part.outcomes, Labels):
        return {}
    count = found.shape[1]
    if count == 2:
        return {"": (found[:, 1], seen[:, 1])}
    levels = part.levels or range(count)
    return {f"[{level}]": (found[:, k], seen[:, k]) for k, level in enumerate(levels)}


def _order(name: Any) -> tuple[bool, Any]:
    """Numbers by size, before texts by the alphabet."""
    text = isinstance(name, str)
    return (text, name if text or isinstance(name, int | float | np.number) else str(name))

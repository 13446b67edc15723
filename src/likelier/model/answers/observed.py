"""What was observed in the rows of a fit, as plots and tables take it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.errors import LikelierError

if TYPE_CHECKING:
    from likelier.model.fitted import Fit

Array = Any


def single(fit: Fit) -> bool:
    """Whether the target is one exact number a row, neither censored nor of several columns."""
    target = fit._rows.design.target
    return target is not None and target.kind != "censored" and np.ndim(target.values) == 1


def observed(fit: Fit) -> Array:
    """The target, (n,); raises `LikelierError` unless it is `single`."""
    if not single(fit):
        raise LikelierError(
            f"this plot takes one exact number a row; {fit.facts.target} is censored or has "
            "several columns"
        )
    return fit._rows.problem.function.y


def row_counts(fit: Fit) -> Array | None:
    """How many observations each row stands for, where weights say so."""
    problem = fit._rows.problem
    return problem.function.weights if problem.frequency else None


def dense_column(values: Array, index: int) -> Array:
    """One column of a matrix, dense, sparse or split, (n,)."""
    if hasattr(values, "factors"):
        return values.column(index)
    column = values[:, [index]]
    return np.asarray(column.todense() if hasattr(column, "todense") else column).ravel()

"""Products of designs, and short relations from a space of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from likelier.diagnosis._base import Case
from likelier.engines import PartedSum
from likelier.predictors import Arrow, Workspace

Array = Any


def gram(case: Case, slot: int, chunks: Sequence[Sequence[slice]]) -> Array:
    """XᵀX of one design, inner scale, the intercept first, over rows of positive weight."""
    function = case.function
    predictor = function.parametric
    if isinstance(function, PartedSum) and chunks is function.chunks:
        # What holds in the sample need not hold in every row.
        return function.moments()[1][predictor.span(slot), predictor.span(slot)]
    total = np.zeros((predictor.size, predictor.size))
    work = Workspace(case.solution.theta)
    for chunk in chunks:
        for rows in chunk:
            ones = np.ones(rows.stop - rows.start)
            if function.weights is not None:
                ones = (function.weights[rows] > 0).astype(float)
            predictor.pull_curvature({(slot, slot): ones}, rows, total, work)
    return total[predictor.span(slot), predictor.span(slot)]


def arrow_gram(case: Case) -> Arrow | None:
    """XᵀX of all coefficients, inner scale, over all rows of positive weight.

    None where the curvature is no arrow. Samples of rows would miss levels.
    """
    function, predictor = case.function, case.predictor
    if isinstance(function, PartedSum):
        return None
    total = predictor.no_curvature()
    if not isinstance(total, Arrow):
        return None
    for rows, work in function.blocks():
        ones = np.ones(rows.stop - rows.start)
        if function.weights is not None:
            ones = (function.weights[rows] > 0).astype(float)
        # Slots count by themselves: their columns stand in no relation with one another's.
        predictor.pull_curvature(
            {(k, k): ones for k in range(predictor.columns)}, rows, total, work
        )
    return total


def echelon(rows: Array) -> Array:
    """Reduced row echelon form with pivots on the last columns, so that later terms are named."""
    rows = rows[:, ::-1].copy()
    pivot = 0
    for column in range(rows.shape[1]):
        if pivot == len(rows):
            break
        best = pivot + int(np.argmax(np.abs(rows[pivot:, column])))
        if abs(rows[best, column]) < 1e-8:
            continue
        rows[[pivot, best]] = rows[[best, pivot]]
        rows[pivot] /= rows[pivot, column]
        for other in range(len(rows)):
            if other != pivot:
                rows[other] -= rows[other, column] * rows[pivot]
        pivot += 1
    return rows[:, ::-1]

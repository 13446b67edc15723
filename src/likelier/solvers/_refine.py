"""The last digits of ill-conditioned fits: refinement of the coefficients in extended precision.

The curvature's factor loses digits when columns are nearly collinear, but as a preconditioner it
is good enough: with the gradient of the user's own columns taken in extended precision, each step
of b ← b − H⁻¹ g gains digits until the coefficients are right to double precision.

Source: iterative refinement, Björck (1996), Numerical Methods for Least Squares Problems, 2.9.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.engines import LikelihoodSum
from likelier.objective import NLL
from likelier.predictors import ParametricPredictor
from likelier.solvers._base import Solution
from likelier.solvers._direction import factorise

Array = Any

_POOR = 1e-3
"""Conditioning below which columns share so much that digits are lost."""
_CELLS = 500_000
"""Above this many cells extended precision costs more than a fit."""
_STEPS = 6


def refine(function: LikelihoodSum, solution: Solution, coefficients: Array) -> Array:
    """Coefficients on the user's scale with the digits that conditioning cost them.

    They come back as they are where nothing is lost, where the table is large, or where the
    machine or the family knows no extended precision.
    """
    predictor = function.parametric
    if not predictor.linear or function.behind > 1:
        return coefficients
    cells = predictor.n * predictor.size
    if (
        solution.conditioning > _POOR
        or solution.curvature is None
        or cells > _CELLS
        or np.finfo(np.longdouble).eps >= np.finfo(np.float64).eps
        or function.penalties
        or not isinstance(function.risk, NLL)
        or not isinstance(function.y, np.ndarray)
        or any(
            design.width and not isinstance(design.raw, np.ndarray) for design in predictor.designs
        )
    ):
        return coefficients
    to_user = predictor.to_user()
    direction = factorise(solution.curvature)
    best = np.asarray(coefficients, dtype=np.longdouble)
    last = np.inf
    for _ in range(_STEPS):
        try:
            with np.errstate(all="ignore"):
                gradient = _gradient(function, predictor, best)
        except TypeError:
            # A special function of the family that exists in double precision only.
            return coefficients
        inner = to_user.T @ gradient.astype(np.float64)
        step = direction.solve(inner)
        size = float(inner @ step)
        if not size < 0.1 * last:
            break
        best, last = best - (to_user @ step).astype(np.longdouble), size
    return best.astype(np.float64)


def _gradient(function: LikelihoodSum, predictor: ParametricPredictor, b: Array) -> Array:
    """Gradient of the NLL in coefficients on the user's scale, in extended precision."""
    eta = np.zeros((predictor.columns, predictor.n), dtype=np.longdouble)
    for slot, design in enumerate(predictor.designs):
        own = b[predictor.span(slot)]
        if design.width:
            eta[slot] = design.raw.astype(np.longdouble) @ own[design.intercept :]
        if design.intercept:
            eta[slot] += own[0]
        offset = predictor.offset[slot]
        if offset is not None:
            eta[slot] += offset
    y = function.y.astype(np.longdouble)
    rows = function.linked.gradient(eta, y, function.known)
    if rows.dtype != np.longdouble:
        raise TypeError
    if function.weights is not None:
        rows = rows * function.weights
    total = np.empty(predictor.size, dtype=np.longdouble)
    for slot, design in enumerate(predictor.designs):
        start = predictor.starts[slot]
        if design.intercept:
            total[start] = rows[slot].sum()
        if design.width:
            slopes = rows[slot] @ design.raw.astype(np.longdouble)
            total[start + design.intercept : start + design.q] = slopes
    return total

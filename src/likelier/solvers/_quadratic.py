"""The quadratic model of a step with kinks: minimise bᵀv + ½ vᵀHv + Σ aⱼ|vⱼ| + Σ c_g ‖v_g‖.

A proximal gradient step finds which coefficients are 0 and the signs of the others; on that face
the function is smooth and Newton's step, by one Cholesky factor, goes to its bottom. Where there
are absolute values alone one Newton step is exact, so that a handful of factors of the active set
does the work of thousands of sweeps of coordinate descent, and Python's cost does not matter.

Source: active sets by sign, Lee, Battle, Raina and Ng (2006), "Efficient sparse coding
algorithms", NIPS 19; face and Newton step, Byrd, Chin, Nocedal and Oztoprak (2016),
doi:10.1007/s10107-015-0941-y.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.objective import Kinks
from likelier.predictors import Arrow
from likelier.solvers._direction import factorise

Array = Any

_LIMIT = 500
_RIDGE = 1e-11
"""Share of its diagonal added to a face's curvature, so that alike columns leave a factor."""


def minimise_quadratic(
    curvature: Array, linear: Array, kinks: Kinks, start: Array, tolerance: float
) -> Array:
    """The minimum of linearᵀv + ½ vᵀ curvature v + kinks(v), the curvature positive semidefinite.

    Args:
        curvature: (P, P).
        linear: (P,).
        kinks: the norms.
        start: (P,) where to begin; zeros in it are kept where they are right.
        tolerance: largest entry of the shortest subgradient at the end.
    """
    # The largest eigenvalue is at most the largest sum of sizes along a row.
    sizes = abs(curvature) @ np.ones(len(linear))
    step = 1 / max(float(sizes.max(initial=0.0)), 1e-300)
    v = start
    gradient = linear + curvature @ v
    value = _value(v, gradient, linear, kinks)
    for _ in range(_LIMIT):
        if np.max(np.abs(kinks.subgradient(v, gradient)), initial=0.0) <= tolerance:
            break
        near = kinks.prox(v - step * gradient, step)
        gradient_near = linear + curvature @ near
        value_near = _value(near, gradient_near, linear, kinks)
        far = _bottom(curvature, linear, gradient_near, kinks, near, value_near)
        if far is None and not value_near < value:
            # Neither descends any more: what is left is rounding.
            break
        v, gradient, value = (near, gradient_near, value_near) if far is None else far
    return v


def _bottom(
    curvature: Array, linear: Array, gradient: Array, kinks: Kinks, v: Array, value: float
) -> tuple[Array, Array, float] | None:
    """A point near the bottom of the face of v, and gradient and value there; None if no lower."""
    face = np.flatnonzero((v != 0) | ~kinks.penalised)
    if not len(face):
        return None
    slope = (gradient + kinks.slope(v))[face]
    bent = kinks.curvature(v)
    matrix = curvature if bent is None else curvature + bent
    move = -_solve(matrix, face, slope)
    if not np.all(np.isfinite(move)):
        return None
    signed = kinks.absolute[face] > 0
    length = 1.0
    for _ in range(12):
        moved = v[face] + length * move
        # Past 0 the slope is another: a coefficient stops there.
        moved[signed & (moved * v[face] < 0)] = 0.0
        trial = v.copy()
        trial[face] = moved
        found = linear + curvature @ trial
        reached = _value(trial, found, linear, kinks)
        if reached < value:
            return trial, found, reached
        length *= 0.3
    return None


def _value(v: Array, gradient: Array, linear: Array, kinks: Kinks) -> float:
    return 0.5 * float((gradient + linear) @ v) + kinks.value(v)


def _solve(matrix: Array, face: Array, right: Array) -> Array:
    """The solution on a face of a matrix that is positive semidefinite, or nearly."""
    from scipy.linalg.lapack import dposv

    if isinstance(matrix, Arrow):
        inside = np.zeros(len(matrix), dtype=bool)
        inside[face] = True
        whole = np.zeros(len(matrix))
        whole[face] = right
        ridged = matrix.among(inside).plus_diagonal(_RIDGE * matrix.diagonal())
        return factorise(ridged).solve(whole)[face]
    matrix = matrix[np.ix_(face, face)]
    ridged = matrix + np.diag(_RIDGE * np.diag(matrix))
    _, found, failed = dposv(ridged, right, lower=1)
    if not failed:
        return found
    values, vectors = np.linalg.eigh(matrix)
    floor = 1e-10 * max(float(values[-1]), 1e-300)
    return vectors @ ((vectors.T @ right) / np.maximum(np.abs(values), floor))

"""Maximum likelihood of a whole sample for a family that has no closed form: damped Newton."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from likelier.distributions._linked import Linked
from likelier.errors import NoFiniteOptimumError
from likelier.special import Array

_DECREMENT = 1e-20
_RESOLVED = 1e-12
_STEPS = 200


def maximise(
    family: Any,
    y: Array,
    weights: Array | None,
    known: Mapping[str, Array] | None = None,
    start: Mapping[str, Array] | None = None,
) -> dict[str, Array]:
    """Values of the predicted parameters that maximise the likelihood of a sample.

    Newton on the scale of the default links, from `start` or the family's starting values;
    directions of negative curvature are reflected, and steps are halved until the likelihood
    rises.
    """
    linked = Linked(family, sizes=family._event_sizes(y, None))
    w = np.ones(len(y)) if weights is None else weights
    if start is None:
        start = family._start(y, weights, *([known] if known else []))
    linked = linked.adapted(start)
    eta = linked.predictors(start)

    def evaluate(point: Array) -> tuple[float, Array, Array]:
        rows = np.repeat(point[:, None], len(y), axis=1)
        with np.errstate(all="ignore"):
            nll, gradient, curvature = linked.evaluate(rows, y, known)
            matrix = np.zeros((len(point), len(point)))
            for (a, b), value in curvature.items():
                matrix[a, b] = matrix[b, a] = np.sum(w * value)
            return float(np.sum(w * nll)), gradient @ w, matrix

    value, gradient, matrix = evaluate(eta)
    if not math.isfinite(value):
        raise NoFiniteOptimumError(f"{family.__name__} has no finite likelihood on this sample")
    for _ in range(_STEPS):
        step = -newton_direction(matrix, gradient)
        decrement = -float(gradient @ step)
        if decrement <= _DECREMENT * max(1.0, float(np.sum(w))):
            break
        if decrement <= _RESOLVED * (1 + abs(value)):
            # Values no longer tell points apart; the gradient does, for one last step.
            _, last, matrix = evaluate(eta + step)
            if float(last @ newton_direction(matrix, last)) < decrement:
                eta = eta + step
            break
        length = 1.0
        while length > 1e-12:
            trial = evaluate(eta + length * step)
            if math.isfinite(trial[0]) and trial[0] <= value - 1e-4 * length * decrement:
                break
            length /= 2
        else:
            break
        eta = eta + length * step
        value, gradient, matrix = trial
    return linked.parameters(eta)


def newton_direction(matrix: Array, gradient: Array) -> Array:
    """Solve matrix @ x = gradient with every eigenvalue replaced by its absolute value."""
    scale = 1 / np.sqrt(np.maximum(np.abs(np.diag(matrix)), 1e-300))
    values, vectors = np.linalg.eigh(matrix * np.outer(scale, scale))
    values = np.maximum(np.abs(values), 1e-10)
    return scale * (vectors @ ((vectors.T @ (scale * gradient)) / values))

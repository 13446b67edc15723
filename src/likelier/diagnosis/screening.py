"""Many fits looked at together: which of them no check could find anything wrong with.

Each of the checks in `CHECKS` asks some cheap question first; here all of these are asked of a
stack of fits at once, and a fit is plain where none of them calls for the check itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.diagnosis.boundary import FAR, limits_of
from likelier.diagnosis.collapse import RATIO
from likelier.diagnosis.identification import WEAK
from likelier.diagnosis.magnitude import LARGE, SMALL
from likelier.diagnosis.separation import FAR_OUT
from likelier.engines import StackedLikelihood, StackedSums

Array = Any

_SURE = 1e-3
"""Conditioning below which a fit refines its last digits, which those of a stack do not."""


def is_plain(
    function: StackedLikelihood, theta: Array, sums: StackedSums, conditioning: Array
) -> Array:
    """Whether nothing can be wrong with the estimate of each group, (G,).

    Args:
        function: the likelihoods.
        theta: (G, P) the estimates; sums: there.
        conditioning: (G,) of the curvatures.
    """
    groups, _, m = function.designs[0].shape
    used = np.ones((groups, m), dtype=bool)
    if function.weights is not None:
        used = function.weights > 0
    with np.errstate(all="ignore"):
        eta = function.predictors(theta)
        plain = (conditioning > _SURE) & _is_near(function, eta, used)
        spread, target = _spread(function, eta, used)
        least = np.min(np.einsum("gpp->gp", sums.curvature), axis=1) * spread**2
        plain &= conditioning * least > 10 * WEAK * function.size
    return plain & target


def _is_near(function: StackedLikelihood, eta: Array, used: Array) -> Array:
    """Whether no predictor has run out to where separation or a boundary are asked about."""
    family = function.linked.family
    far = np.max(np.where(used, np.abs(eta), 0.0), axis=2)
    near = np.ones(eta.shape[1], dtype=bool)
    if family.discrete or family.mixed:
        near &= np.all(far < FAR_OUT, axis=0)
    for name, _ in limits_of(family):
        if name in function.linked.slots:
            near &= np.all(far[function.linked.slots[name]] < FAR, axis=0)
    return near


def _spread(function: StackedLikelihood, eta: Array, used: Array) -> tuple[Array | float, Array]:
    """What predictors in the target's unit are measured in, and whether the target is no trouble.

    That is: it is of moderate size, and where it has a density no row is fitted exactly.
    """
    family, y = function.linked.family, function.y
    fine = np.ones(eta.shape[1], dtype=bool)
    if not isinstance(y, np.ndarray):
        return 1.0, fine
    y = y.reshape(*used.shape, -1)
    rows = used[:, :, None]
    high = np.max(np.where(rows, y, -np.inf), axis=1)
    low = np.min(np.where(rows, y, np.inf), axis=1)
    top = np.maximum(np.abs(high), np.abs(low)).max(axis=1)
    fine &= (top <= LARGE) & ((top == 0) | (top >= SMALL))
    if family.discrete:
        return 1.0, fine
    if y.shape[2] == 1:
        own = (high - low)[:, 0]
        density = np.max(np.where(used, -function.losses(eta), -np.inf), axis=1)
        fine &= (own > 0) & (density < -np.log(RATIO * own))
    count = used.sum(axis=1)[:, None]
    mean = np.where(rows, y, 0.0).sum(axis=1) / count
    variance = (np.where(rows, y - mean[:, None, :], 0.0) ** 2).sum(axis=1) / count
    return np.minimum(1.0, np.sqrt(variance).mean(axis=1)), fine

"""Newton for many small likelihoods at once: the same steps as `Newton`, taken by all groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.engines import StackedLikelihood, StackedSums

Array = Any

_HALVINGS = 30


@dataclass(frozen=True, eq=False)
class StackedSolution:
    """Where each group's search ended.

    Attributes:
        theta: (G, P); sums: there.
        converged: (G,) whether the decrement fell below the tolerance where the curvature is
            positive definite; a group of which this is not said is for `Newton` to examine.
        conditioning: (G,) as of `Solution`.
    """

    theta: Array
    sums: StackedSums
    converged: Array
    conditioning: Array


def minimise_stacked(
    function: StackedLikelihood, start: Array, tolerance: float = 1e-10, limit: int = 40
) -> StackedSolution:
    """The minimum of each group's NLL, by damped Newton.

    Args:
        function: the likelihoods.
        start: (G, P) where each search begins.
        tolerance: Newton decrement λ² in nats below which one last step ends a search.
        limit: of iterations, after which a group is left as not converged.
    """
    theta = np.array(start, dtype=np.float64)
    sums = function(theta)
    finished = np.zeros(len(theta), dtype=bool)
    index = np.flatnonzero(_finite(sums))
    part = function if len(index) == len(theta) else function.take(index)
    for _ in range(limit):
        if not len(index):
            break
        here = sums.take(index)
        steps = _steps(here)
        decrement = -np.einsum("gp,gp->g", steps, here.gradient)
        moved = _advance(part, theta[index], here, steps, decrement)
        theta[index[moved.taken]] = moved.theta[moved.taken]
        sums.put(index[moved.taken], moved.sums.take(moved.taken))
        last = decrement <= tolerance
        finished[index[last & moved.taken]] = True
        going = moved.taken & ~last
        if not going.all():
            index, part = index[going], part.take(np.flatnonzero(going))
    conditioning = np.zeros(len(theta))
    ended = np.flatnonzero(finished)
    conditioning[ended] = _conditioning(sums.curvature[ended])
    return StackedSolution(theta, sums, finished & (conditioning > 0), conditioning)


@dataclass(frozen=True, eq=False)
class _Moved:
    """Groups after a step; those not `taken` found no descent along it."""

    theta: Array
    sums: StackedSums
    taken: Array


def _advance(
    function: StackedLikelihood, theta: Array, sums: StackedSums, steps: Array, decrement: Array
) -> _Moved:
    """For each group the first point along its step that descends enough."""
    rounding = 1e-14 * np.abs(sums.value)
    trial = theta + steps
    found = function(trial)
    length = np.ones(len(theta))
    taken = _lower(found, sums.value - 1e-4 * decrement + rounding)
    for _ in range(_HALVINGS):
        left = np.flatnonzero(~taken)
        if not len(left):
            break
        length[left] *= 0.5
        trial[left] = theta[left] + length[left, None] * steps[left]
        again = function.take(left)(trial[left])
        found.put(left, again)
        bound = sums.value[left] - 1e-4 * length[left] * decrement[left] + rounding[left]
        taken[left] = _lower(again, bound)
    return _Moved(trial, found, taken)


def _lower(sums: StackedSums, bound: Array) -> Array:
    return _finite(sums) & (sums.value <= bound)


def _finite(sums: StackedSums) -> Array:
    return (
        np.isfinite(sums.value)
        & np.isfinite(sums.gradient).all(axis=1)
        & np.isfinite(sums.curvature).all(axis=(1, 2))
    )


def _scaled(curvature: Array) -> tuple[Array, Array]:
    """Curvatures with ones on their diagonals, and the scales (G, P) that made them so."""
    diagonal = np.abs(np.einsum("gpp->gp", curvature))
    top = diagonal.max(axis=1, keepdims=True, initial=1e-300)
    scale = 1 / np.sqrt(np.where(diagonal > 1e-30 * top, diagonal, top))
    return curvature * scale[:, :, None] * scale[:, None, :], scale


def _steps(sums: StackedSums) -> Array:
    """Newton's step of each group, with negative curvature reflected where there is any."""
    scaled, scale = _scaled(sums.curvature)
    gradient = scale * sums.gradient
    try:
        np.linalg.cholesky(scaled)
        return -scale * np.linalg.solve(scaled, gradient[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(scaled)
    null = np.abs(values) <= 1e-14 * values.shape[1]
    inverse = np.where(null, 0.0, 1 / np.where(null, 1.0, np.abs(values)))
    turned = np.einsum("gpk,gp->gk", vectors, gradient) * inverse
    return -scale * np.einsum("gpk,gk->gp", vectors, turned)


def _conditioning(curvature: Array) -> Array:
    """Smallest share of a column's curvature that the columns before it leave to it; else 0."""
    scaled, _ = _scaled(curvature)
    try:
        factor = np.linalg.cholesky(scaled)
        return np.min(np.einsum("gpp->gp", factor), axis=1, initial=1.0) ** 2
    except np.linalg.LinAlgError:
        # Some group is singular: theirs is 0, and that of the others a bound from below.
        return np.maximum(np.linalg.eigvalsh(scaled)[:, 0], 0.0)

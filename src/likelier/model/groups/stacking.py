"""Groups of rows whose fits run together: one design for all, stacked, and which of them are plain.

A group is plain where nothing could be found wrong with its estimate by any check that looks for
a cause; every other group is left to a fit of its own, which names what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.data import Design, Matrix
from likelier.diagnosis import is_plain
from likelier.distributions import Linked
from likelier.engines import Engine, StackedLikelihood
from likelier.model.fitting.problem import matrices_of, offsets, target_values
from likelier.solvers import StackedSolution, minimise_stacked

Array = Any

_CELLS = 250_000
"""Cells of a stack: small enough to stay in the cache of one core."""
_FULL = 0.8
"""Share of the longest group of a stack that its shortest holds at least."""


@dataclass(frozen=True, eq=False)
class StackedFits:
    """What the fits of a stack found, on the user's scale.

    Attributes:
        groups: (G,) their numbers; sizes: how many rows each has.
        plain: (G,) whether nothing is wrong with an estimate.
        coefficients, errors: (G, P).
        log_likelihood: (G,).
    """

    groups: Array
    sizes: Array
    plain: Array
    coefficients: Array
    errors: Array
    log_likelihood: Array


def can_stack(design: Design, linked: Linked) -> bool:
    """Whether groups of the rows of a design would have the same columns by themselves.

    Means, knots and the cut of an angle are learnt of the rows at hand; levels are too, but a group
    without one of them is singular in the design of all, and so not plain.
    """
    recipe = design.recipe
    learnt = any(state.get("calls") for state in recipe.factors.values())
    learnt = learnt or bool(recipe.target is not None and recipe.target.calls)
    family = linked.family
    dense = all(isinstance(matrix.values, np.ndarray) for matrix in design.matrices.values())
    return dense and not learnt and family.smooth and not family.multimodal and not linked.adapts


def fit_stacks(
    design: Design,
    linked: Linked,
    groups: Sequence[Array],
    weight_type: str,
    engine: Engine,
) -> list[StackedFits]:
    """Fit groups of the rows of a design, each for itself.

    Args:
        design: of all rows, its target checked and taken as the family takes it.
        linked: the family with its links.
        groups: the positions of each group's rows.
        weight_type: "frequency" or "precision".
        engine: which runs stacks side by side.
    """
    rows = _Rows(design, linked, weight_type)
    stacks = list(_stacks(groups, rows.width))
    return engine.map(lambda some: _fit_stack(rows, groups, some), stacks)


class _Rows:
    """The rows of a design as stacks are cut from them."""

    def __init__(self, design: Design, linked: Linked, weight_type: str) -> None:
        self.linked = linked
        self.y = target_values(design, linked.family)
        self.known: Mapping[str, Array] = design.extra
        self.weights = design.weights
        self.relative = weight_type == "precision"
        self.offset = offsets(design, linked)
        matrices = matrices_of(design, linked.family)
        self.matrices: list[Matrix] = [
            matrices[name]
            for name, slots in linked.slots.items()
            for _ in range(slots.stop - slots.start)
        ]
        self.width = sum({id(m): m.n_columns for m in self.matrices}.values())


def _stacks(groups: Sequence[Array], width: int) -> Iterator[Array]:
    """Numbers of groups of similar size, as many as fit into the cache."""
    sizes = np.array([len(rows) for rows in groups])
    order = np.argsort(-sizes, kind="stable")
    first = 0
    while first < len(order):
        longest = max(1, int(sizes[order[first]]))
        most = max(1, _CELLS // (longest * max(width, 1)))
        near = int(np.searchsorted(-sizes[order], -_FULL * longest, side="right"))
        last = max(first + 1, min(first + most, near))
        yield order[first:last]
        first = last


def _fit_stack(rows: _Rows, groups: Sequence[Array], some: Array) -> StackedFits:
    """Fit the groups with these numbers."""
    linked = rows.linked
    longest = max(len(groups[g]) for g in some)
    index = np.empty((len(some), longest), dtype=np.int64)
    filled = np.zeros((len(some), longest), dtype=bool)
    for i, g in enumerate(some):
        own = groups[g]
        index[i, : len(own)], index[i, len(own) :] = own, own[0]
        filled[i, : len(own)] = True
    weights = None
    if rows.weights is not None:
        weights = np.where(filled, rows.weights[index], 0.0)
        if rows.relative:
            weights *= np.count_nonzero(weights, axis=1)[:, None] / weights.sum(axis=1)[:, None]
    elif not filled.all():
        weights = filled.astype(np.float64)
    made: dict[int, _Inner] = {}
    for matrix in rows.matrices:
        if id(matrix) not in made:
            made[id(matrix)] = _Inner.of(matrix, index, weights)
    inner = [made[id(matrix)] for matrix in rows.matrices]
    flat = index.ravel()
    function = StackedLikelihood(
        linked,
        [part.design for part in inner],
        rows.y[flat],
        weights,
        {name: values[flat] for name, values in rows.known.items()},
        [None if offset is None else offset[index] for offset in rows.offset],
    )
    theta = _start(function, inner, _family_starts(rows, [groups[g] for g in some]))
    found = minimise_stacked(function, theta)
    plain = found.converged & np.all([part.sound for part in made.values()], axis=0)
    plain &= is_plain(function, found.theta, found.sums, found.conditioning)
    coefficients, errors = _on_user_scale(inner, found, plain)
    sizes = filled.sum(axis=1)
    return StackedFits(some, sizes, plain, coefficients, errors, -found.sums.value)


def _family_starts(rows: _Rows, groups: Sequence[Array]) -> Array:
    """The predictors at the family's starting values for each group, (K, G)."""
    linked, weights = rows.linked, rows.weights
    family = linked.family
    found: list[Mapping[str, Array] | None] = []
    with np.errstate(all="ignore"):
        for own in groups:
            if weights is not None and not np.all(weights[own] > 0):
                own = own[weights[own] > 0]
            data = {k: v[own] for k, v in rows.known.items()}
            share = None if weights is None else weights[own]
            try:
                more = (data,) if family.names("data") else ()
                found.append(family._start(rows.y[own], share, *more))
            except (ValueError, ZeroDivisionError):
                # No rows of positive weight, say: that is for the group's own fit to tell.
                found.append(None)
        eta = np.full((linked.columns, len(groups)), np.nan)
        usable = [g for g, values in enumerate(found) if values is not None]
        if usable:
            starts = [values for values in found if values is not None]
            together = {name: np.array([s[name] for s in starts]) for name in starts[0]}
            eta[:, usable] = linked.predictors(together)
    return eta


def _start(function: StackedLikelihood, inner: Sequence[_Inner], family: Array) -> Array:
    """Where searches begin: intercepts at the family's values for the group, slopes at 0."""
    theta = np.zeros((family.shape[1], function.size))
    first = 0
    for slot, part in enumerate(inner):
        if part.intercept:
            offset = function.offset[slot]
            theta[:, first] = family[slot]
            if offset is not None:
                w = function.weights
                share = np.full(offset.shape, 1 / offset.shape[1]) if w is None else w
                theta[:, first] -= np.sum(share * offset, axis=1) / np.sum(share, axis=1)
        first += part.design.shape[1]
    return np.where(np.isfinite(theta), theta, 0.0)


@dataclass(frozen=True, eq=False)
class _Inner:
    """The columns of one matrix for each group, standardised, with the map back.

    Attributes:
        design: (G, q, m), the intercept first.
        intercept: whether there is one.
        centre, scale: (G, p).
        sound: (G,) whether every column varies and is of moderate size.
    """

    design: Array
    intercept: bool
    centre: Array
    scale: Array
    sound: Array

    @classmethod
    def of(cls, matrix: Matrix, index: Array, weights: Array | None) -> _Inner:
        """Standardise the rows `index` (G, m) of a matrix."""
        groups, m = index.shape
        own = int(matrix.intercept)
        design = np.empty((groups, len(matrix.names) + own, m))
        if own:
            design[:, 0] = 1.0
        x = design[:, own:]
        for j in range(len(matrix.names)):
            x[:, j] = matrix.values[:, j][index]
        with np.errstate(all="ignore"):
            share = np.full((groups, m), 1 / m)
            if weights is not None:
                share = weights / weights.sum(axis=1, keepdims=True)
            top = np.maximum(x.max(axis=2), -x.min(axis=2))
            sound = np.all((top > 1e-100) & (top < 1e100), axis=1)
            centre = (x @ share[:, :, None])[:, :, 0]
            x -= centre[:, :, None]
            square = (np.square(x) @ share[:, :, None])[:, :, 0]
            level = np.sqrt(square + centre**2)
            sound &= np.all(np.sqrt(square) > 1e-10 * level, axis=1)
            if not own:
                x += centre[:, :, None]
                centre, square = np.zeros_like(centre), level**2
            scale = np.where(sound[:, None], np.sqrt(square), 1.0)
            x /= scale[:, :, None]
        return cls(design, bool(own), centre, scale, sound)

    def to_user(self) -> Array:
        """(G, q, q) what takes inner coefficients to the user's scale."""
        own = int(self.intercept)
        groups, width = self.scale.shape
        matrix = np.zeros((groups, width + own, width + own))
        slopes = np.arange(width) + own
        matrix[:, slopes, slopes] = 1 / self.scale
        if own:
            matrix[:, 0, 0] = 1.0
            matrix[:, 0, 1:] = -self.centre / self.scale
        return matrix


def _on_user_scale(
    inner: Sequence[_Inner], found: StackedSolution, plain: Array
) -> tuple[Array, Array]:
    """Coefficients and standard errors on the user's scale, (G, P) each; NaN where not plain."""
    groups, size = found.theta.shape
    to_user = np.zeros((groups, size, size))
    first = 0
    for part in inner:
        span = slice(first, first + part.design.shape[1])
        to_user[:, span, span] = part.to_user()
        first = span.stop
    coefficients = np.full((groups, size), np.nan)
    errors = np.full((groups, size), np.nan)
    curvature, turn = found.sums.curvature[plain], to_user[plain]
    scale = 1 / np.sqrt(np.einsum("gpp->gp", curvature))
    inverse = np.linalg.inv(curvature * scale[:, :, None] * scale[:, None, :])
    turn_scaled = turn * scale[:, None, :]
    coefficients[plain] = np.einsum("gij,gj->gi", turn, found.theta[plain])
    errors[plain] = np.sqrt(np.einsum("gij,gjk,gik->gi", turn_scaled, inverse, turn_scaled))
    return coefficients, errors

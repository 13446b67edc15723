"""The Newton direction: a positive definite solve, with every failure of definiteness named."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.predictors import Arrow, ArrowInverse

Array = Any

_NULL = 1e-14
"""Eigenvalues of the unit-diagonal curvature below this (times its size) are rounding error."""


@functools.cache
def _lapack() -> Any:
    from scipy.linalg import lapack

    return lapack


@dataclass(frozen=True, eq=False)
class Direction:
    """A factorised curvature.

    Attributes:
        scale: (P,) the inverse square roots of the diagonal; curvature / outer(scale) has ones.
        factor: Cholesky factor (lower) of the scaled curvature, or None.
        values, vectors: its eigen-decomposition where there is no factor.
        definite: whether the curvature is positive definite.
        null: number of directions without curvature.
    """

    scale: Array
    factor: Array | None
    values: Array | None
    vectors: Array | None
    definite: bool
    null: int

    @property
    def conditioning(self) -> float:
        """Smallest share of a column's curvature that the columns before it leave to it."""
        return 0.0 if self.factor is None else float(self.factor.diagonal().min()) ** 2

    @property
    def threshold(self) -> float:
        """Eigenvalues of the scaled curvature up to this are taken for zero."""
        return _NULL * len(self.scale)

    def null_vectors(self) -> list[Array]:
        """Unit directions, in the coordinates of the curvature, along which it is zero."""
        if self.factor is not None:
            return []
        assert self.values is not None
        assert self.vectors is not None
        found = self.vectors[:, self.values <= self.threshold] * self.scale[:, None]
        return list(np.linalg.qr(found)[0].T) if found.shape[1] else []

    def solve_matrix(self) -> Array:
        """|H|⁻¹, zero along directions without curvature."""
        if self.factor is not None:
            inverse = _lapack().dpotrs(self.factor, np.eye(len(self.scale)), lower=1)[0]
            return np.outer(self.scale, self.scale) * inverse
        return np.column_stack([self.solve(column) for column in np.eye(len(self.scale))])

    def root(self) -> Array:
        """R with R Rᵀ = |H|⁻¹, zero along directions without curvature."""
        if self.factor is not None:
            from scipy.linalg import solve_triangular

            inverse: Array = solve_triangular(self.factor, np.eye(len(self.scale)), lower=True)
            return self.scale[:, None] * inverse.T
        assert self.values is not None
        assert self.vectors is not None
        keep = np.abs(self.values) > self.threshold
        sizes = np.where(keep, 1 / np.sqrt(np.where(keep, np.abs(self.values), 1.0)), 0.0)
        return self.scale[:, None] * self.vectors * sizes

    def solve(self, gradient: Array) -> Array:
        """|H|⁻¹ gradient, zero along directions without curvature."""
        scaled = self.scale * gradient
        if self.factor is not None:
            return self.scale * _lapack().dpotrs(self.factor, scaled, lower=1)[0]
        assert self.values is not None
        assert self.vectors is not None
        keep = np.abs(self.values) > self.threshold
        inverse = np.where(keep, 1 / np.where(keep, np.abs(self.values), 1.0), 0.0)
        return self.scale * (self.vectors @ (inverse * (self.vectors.T @ scaled)))


def factorise(curvature: Array) -> Any:
    """Factorise a curvature; where it is not safely positive definite, by its eigenvalues.

    Negative eigenvalues are reflected (Dauphin et al. 2014, arXiv:1406.2572), so that a step from
    a saddle still descends. The result is a `Direction`, of an arrow an `ArrowDirection`.
    """
    if isinstance(curvature, Arrow):
        return _factorise_arrow(curvature)
    scale = _unit(curvature.diagonal())
    return _factorise_scaled(curvature * (scale[:, None] * scale), scale)


def _unit(diagonal: Array) -> Array:
    """What rows and columns are multiplied by to have ones on the diagonal."""
    top = diagonal.max(initial=0.0)
    if diagonal.min(initial=1.0) > 1e-300 + 1e-30 * top:
        return 1 / np.sqrt(diagonal)
    diagonal = np.abs(diagonal)
    top = diagonal.max(initial=0.0)
    # A direction without any curvature keeps scale 1 and is found null below.
    return 1 / np.sqrt(np.where(diagonal > 1e-300 + 1e-30 * top, diagonal, max(top, 1e-300)))


def _factorise_scaled(scaled: Array, scale: Array) -> Direction:
    factor, failed = _lapack().dpotrf(scaled, lower=1, clean=1)
    if not failed and factor.diagonal().min(initial=1.0) > 1e-5:
        return Direction(scale, factor, None, None, True, 0)
    values, vectors = np.linalg.eigh(scaled)
    threshold = _NULL * len(values)
    null = int(np.sum(np.abs(values) <= threshold))
    definite = bool(values.min(initial=1.0) > threshold)
    return Direction(scale, None, values, vectors, definite, null)


@dataclass(frozen=True, eq=False)
class ArrowDirection:
    """A factorised arrow: what `Direction` is for a whole matrix.

    The levels' blocks are reflected one by one where they are not positive definite, and so is what
    they leave of the rest, its Schur complement.

    Attributes:
        inverse: |H|⁻¹, zero along directions without curvature.
        scale: (P,) the inverse square roots of the diagonal.
        schur: the Schur complement of the rest, of the scaled curvature, factorised.
        flat: (q,) levels of whose blocks some direction has no curvature, once for each such.
        along: (q, k) the directions, in the coordinates of the curvature.
        positive: whether all blocks of levels are positive definite.
        least: smallest eigenvalue of a scaled block.
    """

    inverse: ArrowInverse
    scale: Array
    schur: Direction
    flat: Array
    along: Array
    positive: bool
    least: float

    @property
    def definite(self) -> bool:
        """Whether the curvature is positive definite."""
        return self.positive and self.schur.definite

    @property
    def null(self) -> int:
        """Number of directions without curvature."""
        return len(self.flat) + self.schur.null

    @property
    def conditioning(self) -> float:
        """Smallest share of a column's curvature that the columns before it leave to it."""
        return min(self.least, self.schur.conditioning) if self.positive else 0.0

    def solve(self, gradient: Array) -> Array:
        """|H|⁻¹ gradient, zero along directions without curvature."""
        return gradient @ self.inverse

    def solve_matrix(self) -> Array:
        """|H|⁻¹, as an arrow's inverse."""
        return self.inverse

    def root(self) -> Array:
        """R with R Rᵀ = |H|⁻¹."""
        return _factorise_whole(self.inverse)

    def null_columns(self) -> Any:
        """Directions along which the curvature is zero, as columns of a SciPy sparse matrix."""
        from scipy.sparse import coo_array, csc_array, hstack

        places = self.inverse.places
        own = places.levels[self.flat]
        number = np.broadcast_to(np.arange(len(own))[:, None], own.shape)
        where = (own.ravel(), number.ravel())
        columns = coo_array((self.along.ravel(), where), shape=(places.size, len(own)))
        found = np.zeros((places.size, self.schur.null))
        for j, vector in enumerate(self.schur.null_vectors()):
            own = vector * self.scale[places.rest]
            found[places.rest, j] = own
            found[places.levels, j] = -np.einsum("lar,r->la", self.inverse.lean, own)
            found[:, j] /= np.linalg.norm(found[:, j])
        return csc_array(hstack([columns, csc_array(found)]))


def _factorise_whole(inverse: ArrowInverse) -> Array:
    """R with R Rᵀ = M: levels by their own blocks, the rest through what levels lean on it."""
    places = inverse.places
    values, vectors = np.linalg.eigh(inverse.own)
    own = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    values, vectors = np.linalg.eigh(inverse.core)
    core = vectors * np.sqrt(np.maximum(values, 0.0))
    found = np.zeros((places.size, places.size))
    for a in range(places.levels.shape[1]):
        for b in range(places.levels.shape[1]):
            found[places.levels[:, a], places.levels[:, b]] = own[:, a, b]
        found[np.ix_(places.levels[:, a], places.rest)] = -inverse.lean[:, a] @ core
    found[np.ix_(places.rest, places.rest)] = core
    return found


def _factorise_arrow(curvature: Arrow) -> ArrowDirection:
    places = curvature.places
    scale = _unit(curvature.diagonal())
    own, rest = scale[places.levels], scale[places.rest]
    blocks = curvature.blocks * own[:, :, None] * own[:, None, :]
    border = curvature.border * own[:, :, None] * rest
    core = curvature.core * np.outer(rest, rest)
    values, vectors = np.linalg.eigh(blocks)
    kept = np.abs(values) > _NULL * places.size
    share = np.where(kept, 1 / np.where(kept, np.abs(values), 1.0), 0.0)
    inverse = np.einsum("lac,lc,lbc->lab", vectors, share, vectors)
    lean = inverse @ border
    core = core - border.reshape(-1, len(rest)).T @ lean.reshape(-1, len(rest))
    schur = _factorise_scaled((core + core.T) / 2, np.ones(len(core)))
    flat, which = np.nonzero(~kept)
    along = vectors[flat, :, which] * own[flat]
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    inner = schur.solve_matrix() if len(core) else core
    found = ArrowInverse(
        places,
        inverse * own[:, :, None] * own[:, None, :],
        lean * own[:, :, None] / rest,
        inner * np.outer(rest, rest),
    )
    least = float(values.min(initial=1.0))
    positive = bool(np.all(values > _NULL * places.size))
    return ArrowDirection(found, scale, schur, flat, along, positive, least)

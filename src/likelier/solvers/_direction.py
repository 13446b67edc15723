"""The Newton direction: a positive definite solve, with every failure of definiteness named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any

_NULL = 1e-14
"""Eigenvalues of the unit-diagonal curvature below this (times its size) are rounding error."""


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
        return 0.0 if self.factor is None else float(np.min(np.diag(self.factor))) ** 2

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
        size = len(self.scale)
        return np.column_stack([self.solve(column) for column in np.eye(size)])

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
            from scipy.linalg.lapack import dpotrs

            return self.scale * dpotrs(self.factor, scaled, lower=1)[0]
        assert self.values is not None
        assert self.vectors is not None
        keep = np.abs(self.values) > self.threshold
        inverse = np.where(keep, 1 / np.where(keep, np.abs(self.values), 1.0), 0.0)
        return self.scale * (self.vectors @ (inverse * (self.vectors.T @ scaled)))


def factorise(curvature: Array) -> Direction:
    """Factorise a curvature; where it is not safely positive definite, by its eigenvalues.

    Negative eigenvalues are reflected (Dauphin et al. 2014, arXiv:1406.2572), so that a step from
    a saddle still descends.
    """
    from scipy.linalg.lapack import dpotrf

    diagonal = np.abs(np.diag(curvature))
    top = diagonal.max(initial=0.0)
    # A direction without any curvature keeps scale 1 and is found null below.
    scale = 1 / np.sqrt(np.where(diagonal > 1e-300 + 1e-30 * top, diagonal, max(top, 1e-300)))
    scaled = curvature * np.outer(scale, scale)
    factor, failed = dpotrf(scaled, lower=1, clean=1)
    if not failed and np.min(np.diag(factor)) > 1e-5:
        return Direction(scale, factor, None, None, True, 0)
    values, vectors = np.linalg.eigh(scaled)
    threshold = _NULL * len(values)
    null = int(np.sum(np.abs(values) <= threshold))
    definite = bool(values.min(initial=1.0) > threshold)
    return Direction(scale, None, values, vectors, definite, null)

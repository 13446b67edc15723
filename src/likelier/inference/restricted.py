"""A likelihood along an affine subspace, theta = base + basis @ u, and its minimum there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from likelier.engines import Sums
from likelier.solvers import Continuation, Newton, Solution
from likelier.solvers._base import Objective

Array = Any


@dataclass(frozen=True, eq=False)
class Restricted:
    """The objective as a function of the coordinates (here `theta`) in an affine subspace."""

    function: Objective
    base: Array
    basis: Array

    def __call__(self, theta: Array, order: int = 2, kind: str = "observed") -> Sums:
        # Infinite at a trial step that the search refuses.
        with np.errstate(all="ignore"):
            sums = self.function(self.at(theta), order, kind)
            gradient = None if sums.gradient is None else self.basis.T @ sums.gradient
            curvature = sums.curvature
            if curvature is not None:
                curvature = self.basis.T @ curvature @ self.basis
        return Sums(sums.value, gradient, curvature)

    def rounded(self, width: float) -> Restricted:
        """The same function with the family's kink rounded over this width."""
        return replace(self, function=self.function.rounded(width))  # type: ignore[attr-defined]

    def at(self, u: Array) -> Array:
        """The point of the full space with these coordinates."""
        return self.base + self.basis @ u


def minimise(function: Objective, base: Array, basis: Array, tolerance: float = 1e-10) -> Solution:
    """The minimum over base + basis @ u, started at the base; `theta` is of the full space.

    Gradient and curvature of the solution are those along the basis.
    """
    restricted = Restricted(function, base, basis)
    start = np.zeros(basis.shape[1])
    if not is_smooth(function):
        found = Continuation().minimise(restricted, start)
    else:
        found = Newton(tolerance=tolerance).minimise(restricted, start)
    return replace(found, theta=restricted.at(found.theta))


def is_smooth(function: Objective) -> bool:
    """Whether the objective has curvature everywhere, or a family or risk with a kink."""
    return bool(getattr(function, "is_smooth", True))


def complement(vectors: Array) -> Array:
    """Orthonormal basis of what is orthogonal to a vector, (P,), or to all columns, (P, k)."""
    columns = vectors[:, None] if vectors.ndim == 1 else vectors
    q, _ = np.linalg.qr(columns, mode="complete")
    return q[:, columns.shape[1] :]

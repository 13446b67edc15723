"""A likelihood along an affine subspace: theta = base + basis @ u."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.engines import Sums
from likelier.solvers._base import Objective

Array = Any


@dataclass(frozen=True, eq=False)
class Restricted:
    """The objective as a function of the coordinates (here `theta`) in an affine subspace."""

    function: Objective
    base: Array
    basis: Array

    def __call__(self, theta: Array, order: int = 2, kind: str = "observed") -> Sums:
        sums = self.function(self.at(theta), order, kind)
        gradient = None if sums.gradient is None else self.basis.T @ sums.gradient
        curvature = sums.curvature
        if curvature is not None:
            curvature = self.basis.T @ curvature @ self.basis
        return Sums(sums.value, gradient, curvature)

    def at(self, u: Array) -> Array:
        """The point of the full space with these coordinates."""
        return self.base + self.basis @ u


def complement(vector: Array) -> Array:
    """An orthonormal basis, (P, P − 1), of the directions orthogonal to a vector."""
    q, _ = np.linalg.qr(vector[:, None], mode="complete")
    return q[:, 1:]

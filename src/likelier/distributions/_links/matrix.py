"""The link of a covariance's Cholesky factor: logarithms on the diagonal, the rest as it is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from likelier.distributions._links._base import Link
from likelier.special import Array, as_floating, namespace


class LogCholesky(Link):
    """A lower triangular matrix with a positive diagonal, from its rows as one vector.

    Pinheiro and Bates (1996), Unconstrained parametrizations for variance-covariance matrices,
    doi:10.1007/BF00140873.
    """

    name = "log_cholesky"
    formula = "θ_ii = exp η_ii, θ_ij = η_ij for i > j, row after row"

    def columns(self, size: int) -> int:
        return size * (size + 1) // 2

    def _layout(self, xp: Any, size: int, like: Array) -> tuple[Array, Array]:
        """The 0-1 matrix from the vector to the flat matrix, and where the diagonal is in it."""
        rows, columns = np.tril_indices(size)
        places = np.zeros((len(rows), size * size))
        places[np.arange(len(rows)), rows * size + columns] = 1.0
        (where,) = as_floating(xp, xp.asarray(places), like)[:1]
        return where, xp.asarray(rows == columns)

    def _of_vector(self, eta: Array) -> tuple[Any, int, Array, Array]:
        xp = namespace(eta)
        size = (math.isqrt(8 * eta.shape[-1] + 1) - 1) // 2
        return xp, size, *self._layout(xp, size, eta)

    def forward(self, parameter: Array) -> Array:
        xp = namespace(parameter)
        size = parameter.shape[-1]
        places, diagonal = self._layout(xp, size, parameter)
        flat = xp.reshape(parameter, (*parameter.shape[:-2], size * size)) @ places.T
        return xp.where(diagonal, xp.log(xp.where(diagonal, flat, 1.0)), flat)

    def inverse(self, eta: Array) -> Array:
        xp, size, places, diagonal = self._of_vector(eta)
        entries = xp.where(diagonal, xp.exp(xp.where(diagonal, eta, 0.0)), eta)
        return xp.reshape(entries @ places, (*eta.shape[:-1], size, size))

    def pullback(self, eta: Array, gradient: Array) -> Array:
        xp, size, places, diagonal = self._of_vector(eta)
        flat = xp.reshape(gradient, (*gradient.shape[:-2], size * size)) @ places.T
        return flat * xp.where(diagonal, xp.exp(xp.where(diagonal, eta, 0.0)), 1.0)

    def bend(self, eta: Array, gradient: Array) -> Array | None:
        xp, _, _, diagonal = self._of_vector(eta)
        entries = xp.where(diagonal, self.pullback(eta, gradient), 0.0)
        return entries[..., None] * xp.eye(eta.shape[-1], dtype=entries.dtype)

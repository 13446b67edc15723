"""Triangular systems over batches, on any array library, with the digits of substitution."""

from __future__ import annotations

from typing import Any

from likelier.special import Array


def transposed(xp: Any, matrix: Array) -> Array:
    """The last two axes exchanged."""
    return xp.moveaxis(matrix, -1, -2)


def tril(xp: Any, matrix: Array) -> Array:
    """The matrix with zeros above its diagonal."""
    size = matrix.shape[-1]
    keep = xp.arange(size)[:, None] >= xp.arange(size)
    return xp.where(keep, matrix, 0.0)


def solve_lower(xp: Any, lower: Array, b: Array) -> Array:
    """x with lower @ x = b for vectors in the last axis."""
    x: list[Array] = []
    for i in range(b.shape[-1]):
        rest = b[..., i]
        for j in range(i):
            rest = rest - lower[..., i, j] * x[j]
        x.append(rest / lower[..., i, i])
    return xp.stack(x, axis=-1)


def solve_upper(xp: Any, lower: Array, b: Array) -> Array:
    """x with lowerᵀ @ x = b for vectors in the last axis."""
    x: list[Array] = []
    size = b.shape[-1]
    for i in reversed(range(size)):
        rest = b[..., i]
        for j in range(i + 1, size):
            rest = rest - lower[..., j, i] * x[size - 1 - j]
        x.append(rest / lower[..., i, i])
    return xp.stack(x[::-1], axis=-1)


def inverse_lower(xp: Any, lower: Array) -> Array:
    """The inverse of a lower triangular matrix."""
    eye = xp.eye(lower.shape[-1], dtype=lower.dtype)
    # Rows of the identity are columns of the inverse.
    columns = solve_lower(xp, lower[..., None, :, :], eye + 0 * lower)
    return transposed(xp, columns)


def cholesky_of_inverse(xp: Any, matrix: Array) -> Array:
    """The lower factor L of matrix⁻¹ = L Lᵀ, without inverting the matrix."""
    # With both axes reversed, the Cholesky factor becomes an upper one: matrix = U Uᵀ = L⁻ᵀ L⁻¹.
    reverse = xp.flip(matrix, axis=(-2, -1))
    upper = xp.flip(xp.linalg.cholesky(reverse), axis=(-2, -1))
    return inverse_lower(xp, transposed(xp, upper))

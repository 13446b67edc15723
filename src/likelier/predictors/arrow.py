"""Symmetric matrices in the shape of an arrow: what a factor of many levels makes of a curvature.

Rows of different levels share no curvature, so that of L levels is diagonal (a small block a level
where several predictors, or several terms of one, have the factor), and only its border with the
other coefficients is full:

    A = [ D  B ]     D: (L, k, k) blocks,  B: (L, k, r),  C: (r, r).
        [ Bᵀ C ]

It takes L k (k + r) + r² numbers in place of (L k + r)², and its inverse by the Schur complement
S = C − Bᵀ D⁻¹ B as many operations times r.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from likelier.predictors._base import Array


class OnDemand:
    """A matrix in parts that is written out where a reader knows no better."""

    __array_priority__ = 100.0

    def toarray(self) -> Array:
        """All entries, (P, P)."""
        raise NotImplementedError

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self.toarray().astype(dtype or np.float64, copy=False)

    def __getitem__(self, key: Any) -> Any:
        return self.toarray()[key]

    def __truediv__(self, other: Any) -> Array:
        return self.toarray() / other

    def __mul__(self, other: Any) -> Any:
        return self.toarray() * other

    __rmul__ = __mul__

    def __sub__(self, other: Any) -> Array:
        return self.toarray() - np.asarray(other)

    def __add__(self, other: Any) -> Any:
        return self.toarray() + np.asarray(other)

    __radd__ = __add__

    @property
    def T(self) -> Any:
        """Itself, being symmetric."""
        return self


@dataclass(frozen=True, eq=False)
class Places:
    """Where the parts of an arrow stand among all coefficients.

    Attributes:
        levels: (L, k) positions of each level's coefficients.
        rest: (r,) positions of the others.
    """

    levels: Array
    rest: Array

    @property
    def size(self) -> int:
        """Number P of coefficients."""
        return self.levels.size + len(self.rest)

    @property
    def numbers(self) -> int:
        """How many an arrow holds."""
        k, r = self.levels.shape[1], len(self.rest)
        return self.levels.size * (k + r) + r * r


@dataclass(frozen=True, eq=False)
class Arrow(OnDemand):
    """A symmetric matrix in the shape of an arrow; sums are taken in place.

    Attributes:
        places: where its parts stand.
        blocks: (L, k, k); border: (L, k, r); core: (r, r).
    """

    places: Places
    blocks: Array
    border: Array
    core: Array

    @classmethod
    def zeros(cls, places: Places) -> Arrow:
        """The matrix 0."""
        (count, k), r = places.levels.shape, len(places.rest)
        return cls(places, np.zeros((count, k, k)), np.zeros((count, k, r)), np.zeros((r, r)))

    @property
    def parts(self) -> tuple[Array, Array, Array]:
        """All numbers that it holds."""
        return self.blocks, self.border, self.core

    @property
    def shape(self) -> tuple[int, int]:
        """(P, P)."""
        return self.places.size, self.places.size

    def __len__(self) -> int:
        return self.places.size

    def copy(self) -> Arrow:
        """A matrix that can be added to by itself."""
        return Arrow(self.places, *(part.copy() for part in self.parts))

    def __iadd__(self, other: Any) -> Arrow:
        for own, added in zip(self.parts, other.parts, strict=True):
            own += added
        return self

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Arrow):
            return self.copy().__iadd__(other)
        return super().__add__(other)

    def __mul__(self, factor: Any) -> Any:
        if np.ndim(factor) == 0:
            return Arrow(self.places, *(factor * part for part in self.parts))
        return super().__mul__(factor)

    __rmul__ = __mul__

    def plus_diagonal(self, diagonal: Array) -> Arrow:
        """The matrix with (P,) numbers added to its diagonal."""
        found = self.copy()
        k = found.blocks.shape[1]
        found.blocks[:, np.arange(k), np.arange(k)] += diagonal[self.places.levels]
        r = np.arange(len(found.core))
        found.core[r, r] += diagonal[self.places.rest]
        return found

    def __abs__(self) -> Arrow:
        return Arrow(self.places, *(np.abs(part) for part in self.parts))

    def scaled(self, scale: Array) -> Arrow:
        """The matrix with rows and columns multiplied by (P,) numbers."""
        own, rest = scale[self.places.levels], scale[self.places.rest]
        return Arrow(
            self.places,
            self.blocks * own[:, :, None] * own[:, None, :],
            self.border * own[:, :, None] * rest,
            self.core * np.outer(rest, rest),
        )

    def within(self, free: Array) -> Arrow:
        """The matrix with the rows and columns of coefficients that are not free made 0."""
        return self.scaled(free.astype(float))

    def among(self, free: Array) -> Arrow:
        """The same with ones on their diagonal, so that they take no part where it is inverted."""
        return self.within(free).plus_diagonal((~free).astype(float))

    def diagonal(self) -> Array:
        """(P,) its diagonal."""
        found = np.empty(self.places.size)
        found[self.places.levels] = np.diagonal(self.blocks, axis1=1, axis2=2)
        found[self.places.rest] = np.diagonal(self.core)
        return found

    @property
    def is_finite(self) -> bool:
        """Whether all entries are."""
        return all(bool(np.all(np.isfinite(part))) for part in self.parts)

    def toarray(self) -> Array:
        return _written(self.places, self.blocks, self.border, self.core)

    def __matmul__(self, x: Array) -> Array:
        x = np.asarray(x)
        levels, rest = x[self.places.levels], x[self.places.rest]
        found = np.empty(np.broadcast_shapes(x.shape))
        found[self.places.levels] = np.einsum("lab,lb...->la...", self.blocks, levels) + np.einsum(
            "lar,r...->la...", self.border, rest
        )
        found[self.places.rest] = (
            np.einsum("lar,la...->r...", self.border, levels) + self.core @ rest
        )
        return found

    def __rmatmul__(self, x: Array) -> Array:
        return (self @ np.asarray(x).T).T


@dataclass(frozen=True, eq=False)
class ArrowInverse(OnDemand):
    """The inverse of an arrow: [D⁻¹ + W S⁻¹ Wᵀ, −W S⁻¹; −S⁻¹ Wᵀ, S⁻¹] with W = D⁻¹ B.

    Attributes:
        places: where its parts stand.
        own: (L, k, k) D⁻¹; lean: (L, k, r) W; core: (r, r) S⁻¹.
        unknown: (P,) coefficients whose rows and columns are NaN when it is read, or None.
    """

    places: Places
    own: Array
    lean: Array
    core: Array
    unknown: Array | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(P, P)."""
        return self.places.size, self.places.size

    def __len__(self) -> int:
        return self.places.size

    def __rmatmul__(self, rows: Array) -> Array:
        rows = np.asarray(rows)
        levels, rest = rows[..., self.places.levels], rows[..., self.places.rest]
        along = (rest - np.einsum("...la,lar->...r", levels, self.lean)) @ self.core
        found = np.empty(rows.shape)
        found[..., self.places.levels] = np.einsum(
            "...la,lab->...lb", levels, self.own
        ) - np.einsum("lar,...r->...la", self.lean, along)
        found[..., self.places.rest] = along
        return found

    def __matmul__(self, columns: Array) -> Array:
        return (np.asarray(columns).T @ self).T

    def diagonal(self) -> Array:
        """(P,) its diagonal: variances of a covariance."""
        found = np.empty(self.places.size)
        found[self.places.levels] = np.diagonal(self.own, axis1=1, axis2=2) + np.einsum(
            "lar,lar->la", self.lean @ self.core, self.lean
        )
        found[self.places.rest] = np.diagonal(self.core)
        if self.unknown is not None:
            found[self.unknown] = np.nan
        return found

    def __getitem__(self, key: Any) -> Any:
        """Entries, of which only the rows are computed that are asked for."""
        first, second = key if isinstance(key, tuple) else (key, slice(None))
        index = np.asarray(first).ravel()
        if index.dtype == bool or isinstance(first, slice):
            return self.toarray()[key]
        rows = np.zeros((len(index), self.places.size))
        rows[np.arange(len(index)), index] = 1.0
        found = rows @ self
        if self.unknown is not None:
            found[self.unknown[index], :] = np.nan
            found[:, self.unknown] = np.nan
        if np.ndim(first) == 0:
            return found[0][second]
        if np.ndim(first) == 2 and np.ndim(second) == 2:
            return found[:, np.asarray(second).ravel()]
        return (
            found[:, second] if isinstance(second, slice) else found[np.arange(len(index)), second]
        )

    def rescaled(self, levels: Array, rest: Array) -> ArrowInverse:
        """T M Tᵀ where T multiplies the levels by numbers (L, k), the rest by a matrix (r, r)."""
        return replace(
            self,
            own=self.own * levels[:, :, None] * levels[:, None, :],
            lean=(self.lean * levels[:, :, None]) @ np.linalg.inv(rest),
            core=rest @ self.core @ rest.T,
        )

    def without(self, unknown: Array) -> ArrowInverse:
        """The same with NaN in the rows and columns of some coefficients."""
        return replace(self, unknown=unknown if unknown.any() else None)

    def trace_of_product(self, other: Arrow) -> float:
        """tr(M A) for an arrow A of the same places."""
        blocks = self.own + self.lean @ self.core @ np.swapaxes(self.lean, 1, 2)
        return float(
            np.sum(blocks * other.blocks)
            - 2 * np.sum((self.lean @ self.core) * other.border)
            + np.sum(self.core * other.core)
        )

    def toarray(self) -> Array:
        border = -(self.lean @ self.core)
        found = _written(self.places, self.own, border, self.core)
        flat = self.places.levels.ravel()
        found[np.ix_(flat, flat)] -= (
            border.reshape(len(flat), -1) @ self.lean.reshape(len(flat), -1).T
        )
        if self.unknown is not None:
            found[self.unknown, :] = np.nan
            found[:, self.unknown] = np.nan
        return found


@dataclass(frozen=True, eq=False)
class Scaling(OnDemand):
    """The matrix from inner coefficients to the user's, of few entries.

    Attributes:
        entries: SciPy sparse, (P, P).
        levels: (L, k) what it multiplies the levels by.
        rest: (r, r) its part of the coefficients that are no levels.
    """

    entries: Any
    levels: Array
    rest: Array

    def toarray(self) -> Array:
        found: Array = self.entries.toarray()
        return found

    def __len__(self) -> int:
        return int(self.entries.shape[0])

    def __getitem__(self, key: Any) -> Array:
        if isinstance(key, int | np.integer):
            return self.entries[[int(key)]].toarray()[0]
        found: Array = self.entries[key].toarray()
        return found

    def __matmul__(self, x: Any) -> Any:
        return self.entries @ (x if hasattr(x, "tocsr") else np.asarray(x))

    def __rmatmul__(self, x: Any) -> Any:
        return (self.entries.T @ np.asarray(x).T).T

    @property
    def T(self) -> Scaling:
        """Transposed."""
        return Scaling(self.entries.T.tocsr(), self.levels, self.rest.T)


def _written(places: Places, blocks: Array, border: Array, core: Array) -> Array:
    """The (P, P) matrix of these parts."""
    found = np.zeros((places.size, places.size))
    for a in range(places.levels.shape[1]):
        for b in range(places.levels.shape[1]):
            found[places.levels[:, a], places.levels[:, b]] = blocks[:, a, b]
        found[np.ix_(places.levels[:, a], places.rest)] = border[:, a]
        found[np.ix_(places.rest, places.levels[:, a])] = border[:, a].T
    found[np.ix_(places.rest, places.rest)] = core
    return found

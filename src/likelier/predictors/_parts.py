"""The parts that the columns of a block are made of, and the products of any two of them.

Numbers are multiplied by BLAS, indicators of levels gathered and counted, sparse columns left
sparse: a product costs what its parts hold, whatever the columns that they stand for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.predictors._base import Array, Workspace


@dataclass(frozen=True, eq=False)
class Numbers:
    """Columns of numbers.

    Attributes:
        x: (m, d).
        divisor: (d,) what they are divided by, or None.
        places: where they stand among the design's columns: a slice or positions.
        moderate: whether their squares stay inside single precision.
    """

    x: Array
    divisor: Array | None
    places: Any
    moderate: bool = True


@dataclass(frozen=True, eq=False)
class Codes:
    """Columns of the levels of a factor: the one entry of each row.

    Attributes:
        codes: (m,) which column holds it; `width` where none does.
        width: number of columns.
        places: where they stand, a slice or positions.
        values: (m,) the entries, or None where they are 1.
    """

    codes: Array
    width: int
    places: Any
    values: Array | None = None

    def times(self, w: Array) -> Array:
        """The entries of the rows times w, (m,)."""
        return w if self.values is None else w * self.values

    def sums(self, w: Array) -> Array:
        """Σ w x over the rows, (width,), x the columns."""
        return np.bincount(self.codes, self.times(w), self.width + 1)[: self.width]

    def matrix(self, w: Array) -> Any:
        """The columns times w, (m,), as a sparse (m, width + 1); the last is of no level."""
        from scipy.sparse import csr_array

        m = len(w)
        starts = np.arange(m + 1, dtype=np.int32)
        return csr_array((self.times(w), self.codes, starts), shape=(m, self.width + 1))


@dataclass(frozen=True, eq=False)
class Sparse:
    """Columns of a SciPy sparse matrix, (m, d) CSR, on the inner scale once divided."""

    x: Any
    divisor: Array
    places: slice


Part = Numbers | Codes | Sparse


def divide(x: Array, divisor: Array | None) -> Array:
    return x if divisor is None else x / divisor


def add_products(
    out: Array,
    first: Sequence[Part],
    other: Sequence[Part],
    w: Array,
    work: Workspace,
    single: bool = False,
) -> None:
    """Add to `out` Xᵃᵀ diag(w) Xᵇ of one block from the parts of two designs."""
    for a in first:
        for b in other:
            if isinstance(a, Codes) and isinstance(b, Codes):
                _add_counts(out, a, b, w)
            elif isinstance(a.places, slice) and isinstance(b.places, slice):
                out[a.places, b.places] += _product(a, b, w, work, single)
            else:
                out[_index(a.places)[:, None], _index(b.places)] += _product(a, b, w, work, single)


def sums_within(groups: Codes, parts: Sequence[Part], w: Array) -> Any:
    """Σ w x over the rows of each group, x the columns in parts, as a SciPy sparse matrix."""
    from scipy.sparse import csc_array, hstack

    left = groups.matrix(w).T[: groups.width]
    found, places = [], []
    for part in parts:
        if isinstance(part, Codes):
            x = part.matrix(np.ones(len(w)))[:, : part.width]
        else:
            x = divide(_written(part.x), part.divisor)
        found.append(csc_array(left @ x))
        places.append(_index(part.places))
    whole = hstack(found, format="csc")
    return whole[:, np.argsort(np.concatenate(places))]


def _product(a: Part, b: Part, w: Array, work: Workspace, single: bool) -> Array:
    """Xᵃᵀ diag(w) Xᵇ of two parts, of which one has numbers."""
    if isinstance(a, Numbers) and isinstance(b, Numbers):
        return _of_numbers(a, b, w, work, single)
    if isinstance(a, Codes):
        assert isinstance(b, Numbers | Sparse)
        found = a.matrix(w).T @ b.x
        return divide(_written(found)[: a.width], b.divisor)
    if isinstance(b, Codes) or (isinstance(b, Sparse) and isinstance(a, Numbers)):
        return _product(b, a, w, work, single).T
    assert isinstance(a, Sparse)
    assert isinstance(b, Numbers | Sparse)
    right = b.x * w[:, None] if isinstance(b, Numbers) else b.x.multiply(w[:, None]).tocsr()
    return divide(_written(a.x.T @ right), b.divisor) / a.divisor[:, None]


def _of_numbers(a: Numbers, b: Numbers, w: Array, work: Workspace, single: bool) -> Array:
    """Of two arrays; in single precision if that is asked for and possible."""
    negative = w.max(initial=0.0) <= 0  # as those of two classes are
    if a.x is b.x and (negative or w.min(initial=0.0) >= 0):
        root = np.sqrt(np.abs(w))[:, None]
        if single and a.moderate:
            scratch = _alike(a.x, "single", work, np.float32)
            scratch[...] = a.x
            scratch *= root.astype(np.float32)
        else:
            scratch = _alike(a.x, "weighted", work)
            np.multiply(a.x, root, out=scratch)
        # Of a matrix with itself NumPy takes a symmetric rank-k update: half the work.
        found = scratch.T @ scratch
        if negative:
            np.negative(found, out=found)
    else:
        scratch = work.take("weighted", a.x.shape)
        np.multiply(a.x, w[:, None], out=scratch)
        found = scratch.T @ b.x
    if a.divisor is not None:
        found = found / a.divisor[:, None]
    return divide(found, b.divisor)


def _alike(x: Array, name: str, work: Workspace, dtype: Any = np.float64) -> Array:
    """Scratch memory in the order of the cells of x."""
    if x.strides[0] < x.strides[1]:
        return work.take(name, (x.shape[1], x.shape[0]), dtype).T
    return work.take(name, x.shape, dtype)


def _add_counts(out: Array, a: Codes, b: Codes, w: Array) -> None:
    """Add to `out` Σ w over the rows of each pair of levels."""
    rows, columns = _index(a.places), _index(b.places)
    if a.codes is b.codes:
        out[rows, columns] += a.sums(b.times(w))
        return
    shape = a.width + 1, b.width + 1
    if shape[0] * shape[1] <= len(w):
        pairs = a.codes.astype(np.intp) * shape[1] + b.codes
        counts = np.bincount(pairs, a.times(b.times(w)), shape[0] * shape[1]).reshape(shape)
        out[rows[:, None], columns] += counts[: a.width, : b.width]
        return
    # Of many levels few pairs meet in one block.
    found = (a.matrix(w).T @ b.matrix(np.ones(len(w)))).tocoo()
    here = (found.row < a.width) & (found.col < b.width)
    out[rows[found.row[here]], columns[found.col[here]]] += found.data[here]


def _written(matrix: Any) -> Array:
    return matrix.toarray() if hasattr(matrix, "toarray") else matrix


def _index(places: Any) -> Array:
    return np.r_[places]

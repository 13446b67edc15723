"""A feature matrix given as an array, a sparse matrix or a data frame, checked and not copied."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from likelier.data.columns import OWNED, count_rows, show
from likelier.data.reading import read_column
from likelier.data.tables import Table, read_table, unique_names
from likelier.errors import DataError, did_you_mean

__all__ = ["Features", "read_features"]

_SMALL = 1_000_000
"""Cells of a sparse matrix that may be written out."""


class Features(NamedTuple):
    """A feature matrix: (n, p) values, the p names, the rows without a value, the row labels."""

    values: Any
    names: tuple[str, ...]
    unusable: np.ndarray | None
    index: Any


def read_features(X: Any, names: Sequence[str] | None = None, align: bool = False) -> Features:
    """Read a feature matrix.

    Args:
        X: (n, p) or (n,) array of numbers, SciPy sparse matrix, or a data frame or dict of
            numeric columns. float64 and float32 are taken as they are; all else becomes float64.
        names: the p column names; for a frame with `align`, the columns to take, in order.
        align: whether a frame is read by the names, as in prediction.

    Raises:
        DataError: for text, dates or complex numbers, a wrong number of columns, or a shape
            that is not a table.
    """
    if hasattr(X, "tocsr"):
        values = X.tocsr()
        if values.dtype.kind not in "fiub":
            raise DataError(
                "X is a sparse matrix of objects; a sparse matrix of numbers is needed."
            )
        if values.dtype.kind != "f":
            values = values.astype(np.float64)
        n, p = values.shape
        if n < 2 * p and n * p <= _SMALL:
            # Of about as many columns as rows some are told apart by rounding alone: finding
            # which wants them centred, and so written out.
            return _from_array(values.toarray(), names)
        found = _check_names(names, values.shape[1])
        return Features(values, found, _sparse_unusable(values), None)
    if isinstance(X, np.ndarray) and not X.dtype.names:
        return _from_array(X, names)
    if isinstance(X, (list, tuple)):
        return _from_array(_as_array(X), names)
    if hasattr(X, "__array__") and not hasattr(X, "columns") and not hasattr(X, "column_names"):
        frame = X.to_frame() if hasattr(X, "to_frame") and hasattr(X, "index") else None
        if frame is None:
            return _from_array(np.asarray(X), names)
        X = frame
    return _from_table(read_table(X), names, align)


def _as_array(X: Sequence[Any]) -> np.ndarray:
    """Turn nested lists into an array of numbers."""
    try:
        array = np.asarray(X)
    except ValueError:
        raise DataError(
            "the rows of X differ in length; X is a table of n rows and p columns."
        ) from None
    return array


def _check_names(names: Sequence[str] | None, p: int) -> tuple[str, ...]:
    """Return p names, made up as x1, x2, ... if none are given."""
    if names is None:
        return _made_up(p)
    found = unique_names(names, "names")
    if len(found) != p:
        raise DataError(f"X has {p:,} columns and there are {len(found):,} names.")
    return found


@functools.lru_cache(maxsize=64)
def _made_up(p: int) -> tuple[str, ...]:
    """Names of p columns that have none."""
    return tuple([f"x{j + 1}" for j in range(p)])


def _from_array(X: np.ndarray, names: Sequence[str] | None) -> Features:
    """Read a plain array."""
    if X.ndim == 1:
        X = X[:, None]
    if X.ndim != 2:
        raise DataError(
            f"X has shape {X.shape}; it is a table of n rows and p columns. "
            "Reshape it: X.reshape(len(X), -1)."
        )
    found = _check_names(names, X.shape[1])
    masked = isinstance(X, np.ma.MaskedArray)
    if masked or X.dtype.kind != "f" or X.dtype.itemsize not in (4, 8) or not X.dtype.isnative:
        if X.dtype.kind in "iub" and X.dtype.itemsize < 8 and not masked:
            X = X.astype(np.float64)
        else:
            columns = [read_column(name, X[:, j]) for j, name in enumerate(found)]
            X = _stack([column.numbers() for column in columns], len(X))
    elif X.size <= OWNED:
        X = X.copy(order="K")
    return Features(X, found, _unusable(X), None)


def _from_table(table: Table, names: Sequence[str] | None, align: bool) -> Features:
    """Read a data frame, column by column unless it is one block of doubles."""
    if names is not None and align:
        wanted = tuple(names)
        absent = [name for name in wanted if name not in table]
        if absent:
            hint = did_you_mean(absent[0], [n for n in table.names if n not in wanted])
            more = f" ({len(absent):,} columns are missing)" if len(absent) > 1 else ""
            raise DataError(f"no column `{absent[0]}`{more}.{hint}")
    else:
        wanted = table.names
        names = _check_names(names or wanted, len(wanted))
    values = None
    if wanted == table.names and hasattr(table.owner, "dtypes") and table.index is not None:
        kinds = set(table.owner.dtypes.tolist())
        if kinds <= {np.dtype(np.float64)}:
            values = table.owner.to_numpy(copy=table.n * len(wanted) <= OWNED)
    if values is None:
        values = _stack([table.column(name).numbers() for name in wanted], table.n)
    return Features(values, tuple(names or wanted), _unusable(values), table.index)


def _stack(columns: list[np.ndarray], n: int) -> np.ndarray:
    """Put columns side by side."""
    values = np.empty((n, len(columns)), order="F")
    for j, column in enumerate(columns):
        values[:, j] = column
    return values


def _unusable(values: np.ndarray) -> np.ndarray | None:
    """Return the mask of cells that are not finite, or None."""
    with np.errstate(all="ignore"):
        # One sum is finite only if every cell is, and makes no mask of the size of X. That of
        # squares would be BLAS's, whose threads go on spinning for longer than it takes.
        if np.isfinite(values.sum(dtype=np.float64)):
            return None
    mask = ~np.isfinite(values)
    return mask if mask.any() else None


def _sparse_unusable(values: Any) -> np.ndarray | None:
    """Like `_unusable`, as an (n, 1) mask of rows."""
    bad = ~np.isfinite(values.data)
    if not bad.any():
        return None
    mask = np.zeros((values.shape[0], 1), dtype=bool)
    mask[np.searchsorted(values.indptr, np.flatnonzero(bad), side="right") - 1] = True
    return mask


def describe_unusable(features: Features, locate: Any) -> str:
    """Say where a feature matrix has no finite value."""
    assert features.unusable is not None
    i, j = (int(k) for k in np.argwhere(features.unusable)[0])
    rows = int(features.unusable.any(axis=1).sum())
    if hasattr(features.values, "tocsr"):
        where, held = "X", "is not finite in one cell"
    else:
        cell = features.values[i, j]
        where = f"column `{features.names[j]}`"
        held = "has no value" if np.isnan(cell) else f"holds {show(cell)}"
    return (
        f"{where}: {locate(i)} {held} ({count_rows(rows)} affected). "
        'Fill in the cells, or drop such rows with missing="drop".'
    )

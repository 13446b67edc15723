"""Which kind of `Columns` a matrix becomes: by what it can do, as SciPy's readers tell it."""

from __future__ import annotations

from typing import Any

from likelier.predictors.columns import Columns
from likelier.predictors.sparse_columns import SparseColumns
from likelier.predictors.split_columns import SplitColumns


def columns_kind(values: Any) -> type[Columns]:
    """Of arrays, of SciPy sparse matrices, or of matrices split into numbers and factors."""
    if hasattr(values, "factors"):
        return SplitColumns
    return SparseColumns if hasattr(values, "tocsr") else Columns

"""The columns of a SciPy sparse matrix, which stays sparse in every pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.predictors._base import Array, Workspace
from likelier.predictors._parts import Part, Sparse
from likelier.predictors.columns import Columns


@dataclass(frozen=True, eq=False)
class SparseColumns(Columns):
    """Columns divided by their root mean square and never moved, which would fill them."""

    @classmethod
    def standardise(
        cls,
        values: Any,
        intercept: bool,
        absorbed: bool = False,
        weights: np.ndarray | None = None,
    ) -> SparseColumns:
        share = np.ones(values.shape[0]) if weights is None else weights
        squares = values.multiply(values).T @ (share / share.sum())
        scale = np.where(squares > 0, np.sqrt(squares), 1.0)
        return cls(values.tocsr(), intercept, np.zeros(len(scale)), scale)

    def select(self, index: np.ndarray, like: Columns | None = None) -> tuple[Columns, np.ndarray]:
        intercept = self.intercept and bool(np.any(index == 0))
        own = index[index > 0] - 1 if self.intercept else index
        values = self.values[:, own]
        return SparseColumns(values, intercept, self.centre[own], self.scale[own]), index

    @property
    def breadth(self) -> int:
        return -(-self.values.nnz // max(1, self.values.shape[0]))

    def block(self, rows: slice, work: Workspace) -> np.ndarray:
        """The rows written out."""
        return self.values[rows].toarray()

    def times(self, slopes: np.ndarray, rows: slice, work: Workspace, out: np.ndarray) -> None:
        out[...] = (self.values[rows] @ (slopes / self.scale).T).T

    def pull(self, gradient: np.ndarray, rows: slice, work: Workspace) -> np.ndarray:
        pulled: np.ndarray = (self.values[rows].T @ gradient.T).T / self.scale
        return pulled

    def parts(self, rows: slice, work: Workspace) -> list[Part]:
        return [Sparse(self.values[rows], self.scale, slice(0, self.width))]

    def deviations(self, weights: Array | None) -> np.ndarray:
        x = self.values
        w = np.ones(x.shape[0]) if weights is None else weights
        mean = (x.T @ w) / w.sum()
        square = (x.multiply(x).T @ w) / w.sum()
        variance = np.maximum(square - mean**2, 0.0)
        found = np.where(variance > 1e-14 * square, np.sqrt(variance), 0.0)
        return np.asarray(found / self.scale)

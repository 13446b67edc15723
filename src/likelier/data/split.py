"""Columns kept in parts: numbers as an array, a factor of many levels as one code a row.

A factor of L levels makes L columns of which every row has at most one 1. Written out they take
8 n L bytes; the codes take 4 n, and what is multiplied by them is gathered or counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Indicators", "SplitMatrix"]


@dataclass(frozen=True, eq=False)
class Indicators:
    """The columns of a factor: row i holds a 1 in column `codes[i]` of them.

    Attributes:
        codes: (n,) int32, `width` where a row has no 1, being of the level without a column.
        start: where these columns stand in the matrix.
        width: how many they are.
    """

    codes: np.ndarray
    start: int
    width: int

    @property
    def places(self) -> np.ndarray:
        """The numbers of these columns in the matrix."""
        return np.arange(self.start, self.start + self.width)


@dataclass(frozen=True, eq=False)
class SplitMatrix:
    """An (n, p) matrix of numbers and indicators, as much of an array as its readers need.

    Attributes:
        dense: (n, d) the columns of numbers.
        places: (d,) where they stand in the matrix.
        factors: the columns of factors.
    """

    dense: np.ndarray
    places: np.ndarray
    factors: tuple[Indicators, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.dense), len(self.places) + sum(f.width for f in self.factors)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the columns of numbers."""
        return self.dense.dtype

    def __len__(self) -> int:
        return len(self.dense)

    def __getitem__(self, rows: Any) -> SplitMatrix:
        """Some of the rows: a slice, positions or a mask."""
        factors = tuple(Indicators(f.codes[rows], f.start, f.width) for f in self.factors)
        return SplitMatrix(self.dense[rows], self.places, factors)

    def column(self, j: int) -> np.ndarray:
        """One column, (n,)."""
        for factor in self.factors:
            if factor.start <= j < factor.start + factor.width:
                return (factor.codes == j - factor.start).astype(np.float64)
        own: np.ndarray = self.dense[:, int(np.searchsorted(self.places, j))]
        return own

    def select(self, columns: Sequence[int] | np.ndarray) -> SplitMatrix:
        """Some of the columns, in increasing order."""
        chosen = np.asarray(columns, dtype=np.intp)
        kept = np.isin(self.places, chosen)
        factors = []
        for factor in self.factors:
            own = chosen[(chosen >= factor.start) & (chosen < factor.start + factor.width)]
            if len(own):
                recode = np.full(factor.width + 1, len(own), dtype=np.int32)
                recode[own - factor.start] = np.arange(len(own))
                start = int(np.searchsorted(chosen, own[0]))
                factors.append(Indicators(recode[factor.codes], start, len(own)))
        places = np.searchsorted(chosen, self.places[kept])
        return SplitMatrix(self.dense[:, kept], places, tuple(factors))

    def toarray(self) -> np.ndarray:
        """The matrix written out, (n, p) float64."""
        n, p = self.shape
        values = np.zeros((n, p))
        values[:, self.places] = self.dense
        for factor in self.factors:
            rows = np.flatnonzero(factor.codes < factor.width)
            values[rows, factor.start + factor.codes[rows]] = 1.0
        return values

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.toarray().astype(dtype or np.float64, copy=False)

"""Columns kept in parts: numbers as an array, a factor of many levels as one code a row.

A factor of L levels makes L columns of which every row has at most one 1, and its product with a
column of numbers L columns of which every row has one of these. Written out they take 8 n L bytes;
the codes take 4 n, and what is multiplied by them is gathered or counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

__all__ = ["Indicators", "SplitMatrix"]


@dataclass(frozen=True, eq=False)
class Indicators:
    """The columns of a factor: row i holds a 1, or its value, in column `codes[i]` of them.

    Attributes:
        codes: (n,) int32, `width` where a row has none, being of the level without a column.
        places: (width,) where these columns stand in the matrix, increasing.
        values: (n,) what the rows hold in place of 1, or None.
    """

    codes: np.ndarray
    places: np.ndarray
    values: np.ndarray | None = None

    @property
    def width(self) -> int:
        """How many columns they are."""
        return len(self.places)

    def over(self, divisor: float) -> Indicators:
        """The columns divided by a number."""
        if self.values is None:
            return self
        return replace(self, values=self.values / divisor)

    def __getitem__(self, rows: Any) -> Indicators:
        """The same columns of some rows."""
        return replace(
            self,
            codes=self.codes[rows],
            values=None if self.values is None else self.values[rows],
        )


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
        factors = tuple(factor[rows] for factor in self.factors)
        return SplitMatrix(self.dense[rows], self.places, factors)

    def column(self, j: int) -> np.ndarray:
        """One column, (n,)."""
        for factor in self.factors:
            k = int(np.searchsorted(factor.places, j))
            if k < factor.width and factor.places[k] == j:
                here = factor.codes == k
                return np.where(here, 1.0 if factor.values is None else factor.values, 0.0)
        own: np.ndarray = self.dense[:, int(np.searchsorted(self.places, j))]
        return own

    def select(self, columns: Sequence[int] | np.ndarray) -> SplitMatrix:
        """Some of the columns, in increasing order."""
        chosen = np.asarray(columns, dtype=np.intp)
        kept = np.isin(self.places, chosen)
        factors = []
        for factor in self.factors:
            own = np.flatnonzero(np.isin(factor.places, chosen))
            if len(own):
                recode = np.full(factor.width + 1, len(own), dtype=np.int32)
                recode[own] = np.arange(len(own))
                stand = np.searchsorted(chosen, factor.places[own])
                codes = factor.codes if len(own) == factor.width else recode[factor.codes]
                factors.append(Indicators(codes, stand, factor.values))
        places = np.searchsorted(chosen, self.places[kept])
        return SplitMatrix(self.dense[:, kept], places, tuple(factors))

    def toarray(self) -> np.ndarray:
        """The matrix written out, (n, p) float64."""
        n, p = self.shape
        values = np.zeros((n, p))
        values[:, self.places] = self.dense
        for factor in self.factors:
            rows = np.flatnonzero(factor.codes < factor.width)
            held = 1.0 if factor.values is None else factor.values[rows]
            values[rows, factor.places[factor.codes[rows]]] = held
        return values

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.toarray().astype(dtype or np.float64, copy=False)

"""Columns in parts: numbers, and factors of many levels as codes, which are gathered and counted.

Numbers are standardised as those of any design. Indicators stay as they are, 0 and 1, since the
curvature's own diagonal conditions them; what stands in place of 1 is divided by its root mean
square, and never moved, which would fill the columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from likelier.predictors._base import Array, Workspace
from likelier.predictors._parts import Codes, Numbers, Part
from likelier.predictors.columns import Columns


@dataclass(frozen=True, eq=False)
class SplitColumns(Columns):
    """The columns of a split matrix.

    Attributes:
        values: the matrix with its factors on the inner scale, its numbers as they came.
        numbers: the columns of numbers, without an intercept of their own.
    """

    numbers: Columns = None  # type: ignore[assignment]

    @classmethod
    def standardise(
        cls,
        values: Any,
        intercept: bool,
        absorbed: bool = False,
        weights: np.ndarray | None = None,
    ) -> SplitColumns:
        numbers = Columns.standardise(values.dense, False, intercept or absorbed, weights)
        scale = np.ones(values.shape[1])
        inner = []
        for factor in values.factors:
            size = 1.0 if factor.values is None else _root_mean_square(factor.values, weights)
            scale[factor.places] = size
            inner.append(factor.over(size))
        return cls._of(replace(values, factors=tuple(inner)), intercept, numbers, scale)

    @classmethod
    def plain(cls, values: Any, intercept: bool) -> SplitColumns:
        numbers = Columns.plain(values.dense, False)
        return cls._of(values, intercept, numbers, np.ones(values.shape[1]))

    @classmethod
    def _of(cls, values: Any, intercept: bool, numbers: Columns, scale: np.ndarray) -> SplitColumns:
        centre = np.zeros(len(scale))
        centre[values.places], scale[values.places] = numbers.centre, numbers.scale
        return cls(values, intercept, centre, scale, numbers=numbers)

    def select(self, index: np.ndarray, like: Columns | None = None) -> tuple[Columns, np.ndarray]:
        intercept = self.intercept and bool(np.any(index == 0))
        own = index[index > 0] - 1 if self.intercept else index
        values = self.values.select(own)
        kept = np.flatnonzero(np.isin(self.values.places, own))
        # A copy stands in the order of its source where nothing was selected before.
        numbers = self.numbers.select(kept)[0]
        return self._of(values, intercept, numbers, self.scale[own]), index

    def on(self, values: Any) -> Columns:
        """The columns of other rows, written out: a piece of a table has few rows."""
        return self.without_rows.on(values)

    def take(self, index: np.ndarray) -> SplitColumns:
        return replace(
            self, values=self.values[index], numbers=self.numbers.take(index), raw=None, copy=None
        )

    @property
    def without_rows(self) -> Columns:
        moved = bool(np.any(self.centre))
        return Columns(None, self.intercept, self.centre, self.scale, moved)

    def without(self, places: np.ndarray) -> SplitColumns:
        """The columns but for some of factors."""
        kept = np.setdiff1d(np.arange(self.width), places)
        values = self.values.select(kept)
        return self._of(values, self.intercept, self.numbers, self.scale[kept])

    @property
    def breadth(self) -> int:
        return self.numbers.width + len(self.values.factors)

    def block(self, rows: slice, work: Workspace) -> np.ndarray:
        """The rows written out, centred as the numbers are."""
        return self.inner(rows, work) * self.scale

    def inner(self, rows: slice, work: Workspace) -> np.ndarray:
        x: np.ndarray = self.values[rows].toarray()
        x[:, self.values.places] = self.numbers.inner(rows, work)
        return x

    def times(self, slopes: np.ndarray, rows: slice, work: Workspace, out: np.ndarray) -> None:
        if self.numbers.width:
            self.numbers.times(slopes[:, self.values.places], rows, work, out)
        else:
            out[...] = 0.0
        for codes in self._codes(rows):
            levels = np.zeros((len(slopes), codes.width + 1))
            levels[:, :-1] = slopes[:, codes.places]
            out += codes.times(levels.take(codes.codes, axis=1))

    def pull(self, gradient: np.ndarray, rows: slice, work: Workspace) -> np.ndarray:
        total = np.empty((len(gradient), self.width))
        if self.numbers.width:
            total[:, self.values.places] = self.numbers.pull(gradient, rows, work)
        for codes in self._codes(rows):
            for own, row in zip(total, gradient, strict=True):
                own[codes.places] = codes.sums(row)
        return total

    def parts(self, rows: slice, work: Workspace) -> list[Part]:
        found: list[Part] = list(self._codes(rows))
        if self.numbers.width:
            x = self.numbers.block(rows, work)
            numbers = self.numbers
            found.append(Numbers(x, numbers.divisor, self.values.places, numbers.moderate))
        return found

    def _codes(self, rows: slice) -> list[Codes]:
        found = []
        own: dict[int, np.ndarray] = {}
        for f in self.values.factors:
            # Of factors with the same codes those of the rows are the same too.
            codes = own.setdefault(id(f.codes), f.codes[rows])
            values = None if f.values is None else f.values[rows]
            found.append(Codes(codes, f.width, f.places, values))
        return found

    def deviations(self, weights: Array | None) -> np.ndarray:
        found = np.zeros(self.width)
        if self.numbers.width:
            found[self.values.places] = self.numbers.deviations(weights)
        w = np.ones(len(self.values)) if weights is None else weights
        for codes in self._codes(slice(None)):
            mean, square = codes.sums(w) / w.sum(), codes.sums(codes.times(w)) / w.sum()
            found[codes.places] = np.sqrt(np.maximum(square - mean**2, 0.0))
        return found


def _root_mean_square(values: np.ndarray, weights: np.ndarray | None) -> float:
    """Of some values, weighted; 1 where it is 0."""
    top = float(np.max(np.abs(values), initial=0.0)) or 1.0
    unit = values / top
    share = float(np.average(unit * unit, weights=weights))
    return top * np.sqrt(share) if share > 0 else 1.0

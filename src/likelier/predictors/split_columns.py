"""Columns in parts: numbers, and factors of many levels as codes, which are gathered and counted.

Numbers are standardised as those of any design; indicators stay as they are, 0 and 1, since the
curvature's own diagonal conditions them.
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
        return cls._of(values, intercept, numbers)

    @classmethod
    def plain(cls, values: Any, intercept: bool) -> SplitColumns:
        return cls._of(values, intercept, Columns.plain(values.dense, False))

    @classmethod
    def _of(cls, values: Any, intercept: bool, numbers: Columns) -> SplitColumns:
        p = values.shape[1]
        centre, scale = np.zeros(p), np.ones(p)
        centre[values.places], scale[values.places] = numbers.centre, numbers.scale
        return cls(values, intercept, centre, scale, numbers=numbers)

    def select(self, index: np.ndarray, like: Columns | None = None) -> tuple[Columns, np.ndarray]:
        intercept = self.intercept and bool(np.any(index == 0))
        own = index[index > 0] - 1 if self.intercept else index
        values = self.values.select(own)
        kept = np.flatnonzero(np.isin(self.values.places, own))
        # A copy stands in the order of its source where nothing was selected before.
        return self._of(values, intercept, self.numbers.select(kept)[0]), index

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

    def without(self, factor: Any) -> SplitColumns:
        """The columns but for those of one factor."""
        kept = np.setdiff1d(np.arange(self.width), factor.places)
        return self._of(self.values.select(kept), self.intercept, self.numbers)

    @property
    def breadth(self) -> int:
        return self.numbers.width + len(self.values.factors)

    def block(self, rows: slice, work: Workspace) -> np.ndarray:
        """The rows written out, centred as the numbers are."""
        x: np.ndarray = self.values[rows].toarray()
        x[:, self.values.places] = self.numbers.inner(rows, work) * self.numbers.scale
        return x

    def times(self, slopes: np.ndarray, rows: slice, work: Workspace, out: np.ndarray) -> None:
        if self.numbers.width:
            self.numbers.times(slopes[:, self.values.places], rows, work, out)
        else:
            out[...] = 0.0
        for factor in self.values.factors:
            levels = np.zeros((len(slopes), factor.width + 1))
            levels[:, :-1] = slopes[:, factor.start : factor.start + factor.width]
            out += levels.take(factor.codes[rows], axis=1)

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
        return [
            Codes(f.codes[rows], f.width, slice(f.start, f.start + f.width))
            for f in self.values.factors
        ]

    def deviations(self, weights: Array | None) -> np.ndarray:
        found = np.zeros(self.width)
        if self.numbers.width:
            found[self.values.places] = self.numbers.deviations(weights)
        w = np.ones(len(self.values)) if weights is None else weights
        for codes in self._codes(slice(None)):
            share = codes.sums(w) / w.sum()
            found[codes.places] = np.sqrt(share * (1 - share))
        return found

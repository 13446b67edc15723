"""The columns of one design, standardised: centre, spread, and products block by block."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from likelier.predictors._base import Array, Workspace
from likelier.predictors._parts import Numbers, Part, add_products, divide

_COPY_BELOW = 200_000
"""Designs with fewer cells than this are standardised by copying: it costs less than it saves."""
_SAMPLE, _SAMPLE_CELLS = 16_384, 2_000_000
"""Rows, of not so many cells, that suffice to choose centre and spread: they only condition."""
_BLOCK_CELLS = 200_000
"""Cells of a block whose columns are measured: small enough to stay in the cache."""
_FEW = 8
"""One column in so many or fewer is gathered before it is multiplied."""
_FAR = 30.0
"""A column this many spreads off zero is centred block by block."""
_WHOLE = 100_000
"""Designs with fewer cells than this are passed over with their intercept among the columns."""
_MODERATE = 1e-100
"""Between this and its inverse squares neither overflow nor vanish."""


@dataclass(frozen=True, eq=False)
class Columns:
    """One design matrix with its map to the inner scale.

    Attributes:
        values: (n, p), any order, float64 or float32.
        intercept: whether a column of ones stands before the first.
        centre: (p,) centre of each column, 0 where it is not moved.
        scale: (p,) spread of each column; the inner column is (x − centre) / scale.
        moved: whether the block must subtract a centre.
        copied: whether `values` already holds the inner columns.
        raw: the columns as the user gave them.
        copy: where `values` are columns selected of others, the memory that they share.
    """

    values: Any
    intercept: bool
    centre: np.ndarray
    scale: np.ndarray
    moved: bool = False
    copied: bool = False
    raw: Any = None
    copy: ColumnCopy | None = None

    @classmethod
    def standardise(
        cls,
        values: Any,
        intercept: bool,
        absorbed: bool = False,
        weights: np.ndarray | None = None,
    ) -> Columns:
        """Choose centre and spread, copying small designs onto the inner scale.

        They are weighted, so that a row of weight 2 is two rows also where the inner scale decides
        which of many solutions is taken.

        Args:
            values: (n, p) columns.
            intercept: whether a column of ones stands before the first.
            absorbed: whether another slot's intercept takes up a centre in place of its own.
            weights: (n,) weights of the rows, or None.
        """
        n, p = values.shape
        if p == 0:
            return cls(values, intercept, np.zeros(0), np.ones(0))
        stride = max(1, n // min(_SAMPLE, max(256, _SAMPLE_CELLS // p)))
        cells = np.array(values[::stride].T, dtype=np.float64, order="C")
        share = None if weights is None else weights[::stride]
        if share is None or not share.any():
            share = np.full(cells.shape[1], 1 / cells.shape[1])
        else:
            cells, share = cells[:, share > 0], share[share > 0] / share.sum()
        top = np.abs(cells).max(axis=1)
        moderate = bool(top.min() > _MODERATE and top.max() < 1 / _MODERATE)
        if not moderate:
            # Divided by the largest first, so that squares neither overflow nor vanish.
            top[top == 0] = 1.0
            cells /= top[:, None]
        # Not by BLAS, whose threads would spin on beside the passes that follow.
        centre = np.einsum("ij,j->i", cells, share)
        cells -= centre[:, None]
        spread = np.sqrt(np.einsum("ij,ij,j->i", cells, cells, share))
        level = np.hypot(spread, centre)
        constant = spread <= 1e-14 * level
        if not (intercept or absorbed):
            centre, scale = np.zeros(p), np.where(level > 0, level, 1.0)
        elif constant.any():
            centre = np.where(constant, 0.0, centre)
            scale = np.where(constant, np.where(level > 0, level, 1.0), spread)
        else:
            scale = spread
        if not moderate:
            centre, scale = centre * top, scale * top
        extreme = not (scale.min() >= _MODERATE and scale.max() <= 1 / _MODERATE)
        if n * p <= _COPY_BELOW or extreme:
            return cls._copied(values, intercept, centre, scale)
        far = np.abs(centre) > _FAR * scale
        centre = np.where(far, centre, 0.0)
        return cls(values, intercept, centre, scale, moved=bool(far.any()), raw=values)

    @classmethod
    def _copied(
        cls, values: Any, intercept: bool, centre: np.ndarray, scale: np.ndarray
    ) -> Columns:
        """The columns written on the inner scale, of few rows beside the ones of the intercept."""
        n, p = values.shape
        if n * (p + intercept) > _WHOLE:
            inner = np.subtract(values, centre, order="C", dtype=np.float64)
            inner /= scale
            return cls(inner, intercept, centre, scale, copied=True, raw=values)
        whole = np.ones((p + intercept, n))
        rows = whole[int(intercept) :]
        np.subtract(values.T, centre[:, None], out=rows)
        rows /= scale[:, None]
        made = cls(rows.T, intercept, centre, scale, copied=True, raw=values)
        # What the cached property would write again.
        made.__dict__["whole"] = whole
        return made

    def on(self, values: Any) -> Columns:
        """The columns of other rows on the same inner scale."""
        if hasattr(values, "factors"):
            values = values.toarray()
        if not self.copied:
            return replace(self, values=values, raw=None)
        inner = np.subtract(values, self.centre, order="C")
        inner /= self.scale
        return replace(self, values=inner, raw=None)

    def take(self, index: np.ndarray) -> Columns:
        """The columns of copies of some rows."""
        return replace(self, values=self.values[index], raw=None, copy=None)

    @property
    def without_rows(self) -> Columns:
        """The scale alone, for other rows to be put on."""
        return replace(self, values=None, raw=None)

    def select(self, index: np.ndarray, like: Columns | None = None) -> tuple[Columns, np.ndarray]:
        """Some of the coefficients, 0 being the intercept where there is one, and their order.

        Columns are copied on the inner scale, so that passes over them do nothing but multiply.

        Args:
            index: positions of the coefficients, increasing.
            like: an earlier selection; where all its columns are wanted again only the others are
                copied, and they stand behind it.
        """
        first = index[index < self.intercept]
        own = index[len(first) :] - self.intercept
        held = None if like is None else like.copy
        if held is None or not np.all(np.isin(held.origin, own)):
            held = ColumnCopy.empty(len(self.values), len(own))
        fresh = np.setdiff1d(own, held.origin)
        copy = held.with_columns(fresh, self._copy_into)
        own = copy.origin
        chosen = Columns(
            copy.values,
            bool(len(first)),
            self.centre[own],
            self.scale[own],
            copied=True,
            copy=copy,
        )
        return chosen, np.concatenate([first, own + self.intercept])

    def _copy_into(self, target: np.ndarray, own: np.ndarray) -> None:
        """Write some of the inner columns into an array of that shape."""
        step = max(1, _BLOCK_CELLS // len(own))
        for first in range(0, len(target), step):
            # Block by block, so that a row is in the cache while it is standardised.
            part = np.asarray(self.values[first : first + step].take(own, axis=1), np.float64)
            if not self.copied:
                if self.moved:
                    part -= self.centre[own]
                part /= self.scale[own]
            target[first : first + step] = part

    @classmethod
    def plain(cls, values: Any, intercept: bool) -> Columns:
        """The columns as they are, whose inner scale is the user's."""
        p = values.shape[1]
        return cls(values, intercept, np.zeros(p), np.ones(p), copied=True, raw=values)

    @property
    def q(self) -> int:
        """Coefficients of one slot."""
        return len(self.scale) + self.intercept

    @property
    def width(self) -> int:
        """Columns, not counting the intercept."""
        return len(self.scale)

    def block(self, rows: slice, work: Workspace) -> np.ndarray:
        """The rows of X that passes multiply, in float64, centred where that is needed."""
        part = self.values[rows]
        if self.moved:
            held = work.take("centred", part.shape)
            return np.subtract(part, self.centre, out=held)
        if part.dtype != np.float64:
            held = work.take("double", part.shape)
            held[...] = part
            return held
        return part

    # ------------------------------------------------------------------ passes

    @functools.cached_property
    def whole(self) -> np.ndarray | None:
        """The inner columns with the ones of the intercept before them, column by column, (q, n).

        A pass over few rows is one product of it in place of several; None where there are many.
        """
        n = self.values.shape[0]
        written = isinstance(self.values, np.ndarray) and (self.copied or not self.width)
        if not written or n * self.q > _WHOLE:
            return None
        whole = np.ones((self.q, n))
        whole[int(self.intercept) :] = self.values.T
        return whole

    @property
    def breadth(self) -> int:
        """Numbers that a pass reads of each row."""
        return self.width

    def times(self, slopes: np.ndarray, rows: slice, work: Workspace, out: np.ndarray) -> None:
        """Put what inner coefficients, (s, width), give to the rows into `out`, (s, m)."""
        slopes = divide(slopes, self.divisor)
        x = self.block(rows, work)
        if _FEW * np.count_nonzero(slopes) < slopes.size:
            # Of a sparse fit only the columns that count are multiplied.
            some = np.flatnonzero(slopes.any(axis=0))
            out[...] = (x.take(some, axis=1) @ slopes[:, some].T).T
        elif len(slopes) == 1:
            np.dot(x, slopes[0], out=out[0])
        else:
            out[...] = (x @ slopes.T).T

    def pull(self, gradient: np.ndarray, rows: slice, work: Workspace) -> np.ndarray:
        """Rows of derivatives, (s, m), times the inner columns, (s, width)."""
        x = self.block(rows, work)
        pulled = np.dot(gradient[0], x)[None] if len(gradient) == 1 else gradient @ x
        return divide(pulled, self.divisor)

    def add_product(
        self,
        other: Columns,
        w: np.ndarray,
        rows: slice,
        work: Workspace,
        single: bool,
        out: np.ndarray,
    ) -> None:
        """Add Xᵃᵀ diag(w) Xᵇ of the inner columns of two designs to `out`, of their widths."""
        mine = self.parts(rows, work)
        # Another design's block must not take the scratch memory that this one's stands in.
        theirs = mine if other is self else other.parts(rows, Workspace())
        add_products(out, mine, theirs, w, work, single)

    def parts(self, rows: slice, work: Workspace) -> list[Part]:
        """The columns in parts whose products are known."""
        x = self.block(rows, work)
        return [Numbers(x, self.divisor, slice(0, self.width), self.moderate)]

    def inner(self, rows: slice, work: Workspace) -> np.ndarray:
        """The inner columns written out, (m, width)."""
        return divide(self.block(rows, work), self.divisor)

    def deviations(self, weights: Array | None) -> np.ndarray:
        """Weighted standard deviation of the inner columns; 0 where it is rounding."""
        n = self.values.shape[0]
        work = Workspace()
        size = max(256, _BLOCK_CELLS // self.width)
        total, first, second = 0.0, np.zeros(self.width), np.zeros(self.width)
        for start in range(0, n, size):
            rows = slice(start, min(n, start + size))
            # Blocks stand near enough to 0 (`_FAR`) for sums of squares to keep their digits.
            x = self.block(rows, work)
            if weights is None:
                total += len(x)
                first += x.sum(axis=0)
                second += np.einsum("ij,ij->j", x, x)
            else:
                total += float(weights[rows].sum())
                first += weights[rows] @ x
                second += np.einsum("i,ij,ij->j", weights[rows], x, x)
        mean, square = first / total, second / total
        variance = square - mean**2
        found = np.sqrt(np.where(variance > 1e-13 * square, variance, 0.0))
        return divide(found, self.divisor)

    @functools.cached_property
    def moderate(self) -> bool:
        """Whether squares of the columns stay inside single precision."""
        level = self.scale if self.divisor is not None else np.ones(1)
        return bool(np.all((level > 1e-12) & (level < 1e12)))

    @property
    def divisor(self) -> np.ndarray | None:
        """What inner coefficients are divided by to multiply `block`; None if by nothing."""
        return None if self.copied else self.scale

    def matrix_to_user(self) -> np.ndarray:
        """The (q, q) matrix that takes inner coefficients of a slot to the user's scale."""
        own, q = int(self.intercept), self.q
        matrix = np.zeros((q, q))
        slopes = np.arange(own, q)
        matrix[slopes, slopes] = 1 / self.scale
        if self.intercept:
            matrix[0, 0] = 1.0
            matrix[0, 1:] = -self.centre / self.scale
        return matrix


@dataclass(frozen=True, eq=False)
class ColumnCopy:
    """Copied columns, one after the other in memory, so that more can be written behind them.

    Attributes:
        memory: (n, capacity), column by column.
        origin: (w,) which columns of the source the first w are.
        used: a list of one number, how many columns of the memory are written; it is shared by all
            that share the memory.
    """

    memory: np.ndarray
    origin: np.ndarray
    used: list[int]

    @classmethod
    def empty(cls, n: int, capacity: int) -> ColumnCopy:
        """No columns yet, and room for some."""
        return cls(np.empty((n, capacity), order="F"), np.empty(0, dtype=int), [0])

    @property
    def values(self) -> np.ndarray:
        """(n, w) the columns."""
        return self.memory[:, : len(self.origin)]

    def with_columns(
        self, fresh: np.ndarray, write: Callable[[np.ndarray, np.ndarray], None]
    ) -> ColumnCopy:
        """The same with more columns behind.

        Args:
            fresh: which columns of the source.
            write: writes them into an array.
        """
        if not len(fresh):
            return self
        held = len(self.origin)
        size = held + len(fresh)
        memory, used = self.memory, self.used
        if used[0] != held or size > memory.shape[1]:
            # Memory that is not written yet costs nothing.
            capacity = size if held == 0 else 4 * size
            memory, used = np.empty((len(memory), capacity), order="F"), [held]
            memory[:, :held] = self.values
        write(memory[:, held:size], fresh)
        used[0] = size
        return ColumnCopy(memory, np.concatenate([self.origin, fresh]), used)

"""A column of a table: its cells as numbers or as labels.

Numbers of every width become float64 exactly, or are refused. A missing cell (null, NaN, NaT,
masked) stays visible as such until `likelier.data.build` raises or drops its row.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from likelier.data._base import row_number
from likelier.errors import DataError

__all__ = ["Column", "Labels", "count_rows", "show"]

OWNED = 50_000
"""Up to so many cells are copied, so that a fit does not see what becomes of the table."""
_EXACT = 2**53  # every integer up to here is a float64


class Labels(NamedTuple):
    """A column read as labels: `levels[codes]`, with code -1 where the cell is missing."""

    codes: np.ndarray
    levels: tuple[Any, ...]
    ordered: bool


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a table.

    Attributes:
        name: as it is called in the table.
        kind: `number`, `boolean`, `text` or `category`.
        data: (n,) numbers or booleans as they came; objects for text; codes for a category.
        missing: (n,) mask of cells without a value, or None when no cell is known to be so; a
            NaN among floats need not be in it.
        levels: the levels of a category.
        ordered: whether those levels are ordered.
        locate: names a row of the table.
    """

    name: str
    kind: str
    data: np.ndarray
    missing: np.ndarray | None = None
    levels: tuple[Any, ...] | None = None
    ordered: bool = False
    locate: Callable[[int], str] = row_number

    def __len__(self) -> int:
        return len(self.data)

    @property
    def is_number(self) -> bool:
        """Whether the column is read as numbers unless something else is asked for."""
        return self.kind in ("number", "boolean")

    def take(self, rows: np.ndarray) -> Column:
        """Return the column of some rows, which are still named by their place in the table."""
        outer = self.locate
        return replace(
            self,
            data=self.data[rows],
            missing=None if self.missing is None else self.missing[rows],
            locate=lambda i: outer(int(rows[i])),
        )

    def unusable(self, infinite: bool = False) -> np.ndarray | None:
        """Return the mask of rows without a finite value, or None; `infinite` lets inf pass."""
        mask = self.missing
        if not self._adds_up:
            bad = np.isnan(self.data) if infinite else ~np.isfinite(self.data)
            mask = bad if mask is None else mask | bad
        return mask if mask is not None and mask.any() else None

    @functools.cached_property
    def _adds_up(self) -> bool:
        """Whether the sum of the cells is finite, as it is only if every cell is.

        The usual column so costs no mask.
        """
        if self.data.dtype.kind != "f":
            return True
        with np.errstate(all="ignore"):
            return math.isfinite(self.data.sum(dtype=np.float64))

    def cell(self, i: int) -> str:
        """Show what row `i` holds, for a message."""
        if self.missing is not None and self.missing[i]:
            return "no value"
        if self.kind == "category":
            assert self.levels is not None
            return show(self.levels[self.data[i]])
        return show(self.data[i])

    def numbers(self) -> np.ndarray:
        """Return the column as (n,) float64, not copied if it is that already; NaN where missing.

        Raises:
            DataError: if it is text or a category, or holds an integer beyond 2**53 that
                float64 cannot hold.
        """
        if not self.is_number:
            what = "text" if self.kind == "text" else "a categorical column"
            first = next((i for i in range(len(self)) if not self._is_missing(i)), None)
            held = "" if first is None else f", {self.locate(first)} holds {self.cell(first)}"
            raise DataError(
                f"column `{self.name}` is {what}{held}; numbers are needed here. "
                f"Convert it to numbers, or use its labels as C({self.name}) in a formula."
            )
        data = self.data
        if data.dtype.kind in "iu" and data.dtype.itemsize == 8 and len(data):
            rounded = data.astype(np.float64)
            if max(-int(data.min()), int(data.max())) > _EXACT:
                changed = np.flatnonzero(
                    [int(a) != int(b) for a, b in zip(rounded, data, strict=True)]
                )
                if len(changed):
                    i = int(changed[0])
                    raise DataError(
                        f"column `{self.name}`: {self.locate(i)} holds {data[i]}, which a "
                        "double-precision number cannot hold exactly. If it is a label, use "
                        f"C({self.name}); if it is a quantity, subtract or divide first."
                    )
            data = rounded
        if self.missing is None and len(data) > OWNED:
            return np.asarray(data, dtype=np.float64)
        values = np.array(data, dtype=np.float64)
        if self.missing is not None:
            values[self.missing] = np.nan
        return values

    def labels(self) -> Labels:
        """Return codes and levels; levels that no row has are left out, as in R's `glm`."""
        present = slice(None) if self.missing is None else ~self.missing
        data = self.data[present]
        if self.kind == "category":
            assert self.levels is not None
            used, inverse = np.unique(data, return_inverse=True)
            levels = tuple(_plain(self.levels[i]) for i in used)
        elif self.kind == "text":
            found = sorted(set(data.tolist()))
            code = {level: i for i, level in enumerate(found)}
            inverse = np.fromiter(map(code.__getitem__, data.tolist()), np.int64, len(data))
            levels = tuple(_plain(level) for level in found)
        else:
            used, inverse = _distinct(data)
            if len(used) and used[-1] != used[-1]:  # NaN sorts last
                inverse = np.where(data != data, -1, inverse)
                used = used[used == used]
            levels = tuple(_plain(level) for level in used)
        codes = np.full(len(self), -1, dtype=np.int64)
        codes[present] = inverse
        return Labels(codes, levels, self.ordered)

    def _is_missing(self, i: int) -> bool:
        """Whether row `i` is in the mask."""
        return self.missing is not None and bool(self.missing[i])


def _distinct(data: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct numbers in rising order, and which of them each cell holds.

    Whole numbers that lie close together are counted, which takes no sorting.
    """
    if data.dtype.kind not in "iu" or not len(data):
        return np.unique(data, return_inverse=True)
    low, high = int(data.min()), int(data.max())
    if high - low >= 2 * len(data):
        return np.unique(data, return_inverse=True)
    wide = data if data.dtype.itemsize == 8 else data.astype(np.int64)
    least = wide.dtype.type(low)
    place = (wide - least).astype(np.intp)
    seen = np.zeros(high - low + 1, dtype=bool)
    seen[place] = True
    found = np.flatnonzero(seen)
    codes = np.empty(len(seen), dtype=np.intp)
    codes[found] = np.arange(len(found))
    return (found.astype(wide.dtype) + least).astype(data.dtype), codes[place]


def _plain(level: Any) -> Any:
    """Return a level as str, bool, int or float, which is what a model file can hold."""
    if isinstance(level, np.generic):
        level = level.item()
    return level if isinstance(level, (str, bool, int, float)) else str(level)


def show(cell: Any) -> str:
    """Show a cell in a message: numbers as they are, text in quotes, long text cut."""
    if isinstance(cell, np.generic):
        cell = cell.item()
    if isinstance(cell, float):
        return f"{cell:.15g}"
    text = repr(cell)
    return text if len(text) <= 60 else text[:57] + "..."


def count_rows(n: int, what: str = "row") -> str:
    """Say how many: `1 row`, `2,400 rows`."""
    return f"{n:,} {what}" + ("" if n == 1 else "s")

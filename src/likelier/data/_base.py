"""What the floor `data` hands upwards: a `Design`, the arrays that a fit is made of.

A table and a set of formulas, or plain arrays, become one `Design`: the target, one `Matrix` of
columns for each distribution parameter, and the row weights, offsets, exposure and groups. All
arrays are checked: finite, of one length, in one row order. Nothing above this floor looks at a
data frame again, and nothing on this floor knows a distribution.

Shapes, for n rows:

* `Target.values` is (n,), or (n, d) for several target columns;
* `Matrix.values` is (n, p) without a column of ones: `intercept` says that one stands first, so
  that it need never be stored;
* weights, exposure, groups and each offset are (n,).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.distributions import CensoredValues

if TYPE_CHECKING:
    from likelier.data.recipe import Recipe

__all__ = ["KINDS", "CensoredValues", "Design", "Matrix", "Target", "row_number"]


def row_number(position: int) -> str:
    """Name a row by its number, counted from 1.

    Example:
        >>> row_number(1203)
        'row 1,204'
    """
    return f"row {position + 1:,}"


KINDS = (
    "binary",
    "labels",
    "ordered",
    "counts",
    "proportions",
    "positive",
    "nonnegative",
    "angles",
    "real",
    "censored",
    "multivariate",
)
"""What a target may be; `angles` is only ever stated by a model, since angles look like reals."""


@dataclass(frozen=True, eq=False)
class Matrix:
    """The columns that feed one distribution parameter.

    Attributes:
        values: (n, p) float64 or float32, any memory order, or a SciPy sparse matrix when one was
            given; no column of ones for the intercept.
        names: the p column names as a user reads them, `age` or `C(place)[b]`.
        intercept: whether a column of ones stands, unstored, before the first column.
        groups: each formula term with the slice of its columns; the intercept is not among them.
    """

    values: Any
    names: tuple[str, ...]
    intercept: bool
    groups: tuple[tuple[str, slice], ...] = ()

    @property
    def n_columns(self) -> int:
        """Number of coefficients: the columns and, if there is one, the intercept."""
        return len(self.names) + self.intercept

    @property
    def coefficient_names(self) -> tuple[str, ...]:
        """Names of the coefficients, `intercept` first where there is one."""
        return ("intercept", *self.names) if self.intercept else self.names


@dataclass(frozen=True, eq=False)
class Target:
    """What is modelled.

    Attributes:
        values: (n,) float64; (n,) int64 codes for labels; (n, d) float64 for several columns;
            `CensoredValues` for a `Surv(...)` left side.
        name: the left side as it was typed.
        levels: the labels in the order of their codes, or None when the target is numeric.
        kind: one of `KINDS`, read off the values.
        columns: the names of the d columns of a multivariate target, else empty.
    """

    values: Any
    name: str
    levels: tuple[Any, ...] | None
    kind: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Course:
    """All rows of a table as they follow one another, also those of which no cell was observed.

    What happens at a row, such as a dose, happens once, however many cells of it are observed.

    Attributes:
        values: (N, p) the main parameter's columns.
        groups: (N,) labels of groups, or None.
        source: (n,) row of the table in which each row of the design stands.
    """

    values: np.ndarray
    groups: np.ndarray | None
    source: np.ndarray


@dataclass(frozen=True, eq=False)
class Design:
    """Everything that a fit or a prediction reads.

    Attributes:
        target: None in prediction.
        matrices: by distribution parameter; parameters with equal right-hand sides share one
            `Matrix` object, so that identity tells whether work can be shared.
        weights: (n,) non-negative row weights, or None.
        offset: by distribution parameter, (n,) each, on the link scale.
        exposure: (n,) positive, or None; the model makes an offset of it under a log link.
        groups: (n,) labels of groups, as given, or None.
        extra: other columns that the model asked for, such as `total_count`, (n,) float64.
        terms: what terms of the objective read, (n,) labels or numbers, by name.
        rows: (n,) positions in the original table when rows were dropped, else None.
        n_dropped: how many rows were dropped for a missing value.
        recipe: how to build the same matrices for new rows.
        cells: (n,) column of the target that each row observes, where it has several; else None.
        course: the rows of which those of the design are cells, where it has been made so.
        locate: names a position of the original table as its owner would look it up; use
            `row_name`, which also minds dropped rows.
    """

    target: Target | None
    matrices: Mapping[str, Matrix]
    recipe: Recipe
    weights: np.ndarray | None = None
    offset: Mapping[str, np.ndarray] = field(default_factory=dict)
    exposure: np.ndarray | None = None
    groups: np.ndarray | None = None
    extra: Mapping[str, np.ndarray] = field(default_factory=dict)
    terms: Mapping[str, np.ndarray] = field(default_factory=dict)
    rows: np.ndarray | None = None
    n_dropped: int = 0
    locate: Callable[[int], str] = row_number
    cells: np.ndarray | None = None
    course: Course | None = None

    @property
    def n(self) -> int:
        """Number of rows."""
        return next(iter(self.matrices.values())).values.shape[0]

    def row_name(self, i: int) -> str:
        """Name row `i` of this design for a message: `row 1,204 (CSV line 1,206)`."""
        return self.locate(int(i if self.rows is None else self.rows[i]))

    def take(self, rows: np.ndarray) -> Design:
        """Return the design of some of the rows, in the order of `rows`, an index or a mask.

        Levels, knots and scales stay those of the whole; shared matrices stay shared.
        """
        index = np.asarray(rows)
        if index.dtype == bool:
            index = np.flatnonzero(index)
        taken: dict[int, Matrix] = {}
        for matrix in self.matrices.values():
            if id(matrix) not in taken:
                taken[id(matrix)] = replace(matrix, values=matrix.values[index])
        target = self.target
        return replace(
            self,
            target=None if target is None else replace(target, values=target.values[index]),
            matrices={name: taken[id(matrix)] for name, matrix in self.matrices.items()},
            weights=None if self.weights is None else self.weights[index],
            offset={name: values[index] for name, values in self.offset.items()},
            exposure=None if self.exposure is None else self.exposure[index],
            groups=None if self.groups is None else self.groups[index],
            extra={name: values[index] for name, values in self.extra.items()},
            terms={name: values[index] for name, values in self.terms.items()},
            cells=None if self.cells is None else self.cells[index],
            course=None
            if self.course is None
            else replace(self.course, source=self.course.source[index]),
            rows=index if self.rows is None else self.rows[index],
        )

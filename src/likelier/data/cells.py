"""A target of several columns, cell by cell: each that is observed becomes a row of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from likelier.data._base import Course, Design, Matrix
from likelier.data.targets import kind_of_numbers
from likelier.errors import DataError

Array = Any


def by_cell(design: Design, main: str, columns: tuple[str, ...]) -> Design:
    """The design with a row for each cell of the target that is not empty.

    Where there are several columns, the parameters beside `main` have coefficients of their own for
    each: an intercept `hare`, a slope `hare:x`.

    Args:
        design: of n rows; its target (n,) or (n, d), NaN where a cell is empty, or None, in which
            case every cell of every row gets one.
        main: the parameter whose columns are the same for all.
        columns: names of the d columns.

    Raises:
        DataError: every cell is empty.
    """
    d = len(columns)
    target = design.target
    if target is None:
        observed = np.ones((design.n, d), dtype=bool)
    else:
        values = np.asarray(target.values, dtype=np.float64).reshape(design.n, d)
        observed = np.isfinite(values)
        if not observed.any():
            raise DataError(f"every cell of `{target.name}` is empty; there is nothing to fit")
        found = values[observed]
        kind = kind_of_numbers(found)
        target = replace(target, values=found, levels=None, kind=kind, columns=columns)
    rows, cells = np.nonzero(observed)
    long = replace(design, target=None).take(rows)
    made: dict[int, Matrix] = {}
    matrices = dict(long.matrices)
    for name, matrix in design.matrices.items():
        if name != main and d > 1:
            if id(matrix) not in made:
                made[id(matrix)] = _for_each(long.matrices[name], cells, columns)
            matrices[name] = made[id(matrix)]
    course = Course(np.asarray(design.matrices[main].values), design.groups, rows)
    return replace(long, target=target, matrices=matrices, cells=cells, course=course)


def _for_each(matrix: Matrix, cells: Array, columns: tuple[str, ...]) -> Matrix:
    """The columns of a matrix, its intercept among them, once for each column of the target."""
    dense = np.asarray(matrix.values, dtype=np.float64)
    if matrix.intercept:
        dense = np.column_stack([np.ones(len(dense)), dense])
    own = [np.where((cells == j)[:, None], dense, 0.0) for j in range(len(columns))]
    names = []
    for column in columns:
        names += [column] * matrix.intercept + [f"{column}:{name}" for name in matrix.names]
    groups = tuple((name, slice(j, j + 1)) for j, name in enumerate(names))
    return Matrix(np.hstack(own), tuple(names), False, groups)

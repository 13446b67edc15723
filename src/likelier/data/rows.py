"""What is known of each row besides the columns of the formulas, and which rows are complete.

A *role* is `weights`, `exposure`, `groups`, `offset:<distribution parameter>`, `extra:<name>` or
`term:<name>`, what a term of the objective reads: labels or numbers, as groups are.
Each is filled by a column of the table, by its name, or by an array as long as the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from likelier.data.columns import Column, count_rows, show
from likelier.data.reading import read_column
from likelier.data.tables import Table
from likelier.errors import DataError

__all__ = [
    "NoRowsError",
    "check_index",
    "check_roles",
    "complete_rows",
    "is_of_fit",
    "list_roles",
    "read_role",
    "refuse_infinite",
]


class NoRowsError(DataError):
    """No row of a table counts, which a part of a larger one may well say."""


def list_roles(
    parameters: Iterable[str],
    weights: Any = None,
    offset: Any = None,
    exposure: Any = None,
    groups: Any = None,
    extra: Mapping[str, Any] | None = None,
    terms: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what was asked for by role; a bare offset belongs to the first parameter.

    Raises:
        DataError: if an offset names a parameter that the model does not have.
    """
    parameters = tuple(parameters)
    roles = {"weights": weights, "exposure": exposure, "groups": groups}
    offsets = offset if isinstance(offset, Mapping) else {parameters[0]: offset}
    for parameter, value in offsets.items():
        if parameter not in parameters:
            raise DataError(
                f"offset is given for `{parameter}`; the parameters are {', '.join(parameters)}."
            )
        roles[f"offset:{parameter}"] = value
    roles.update({f"extra:{name}": value for name, value in (extra or {}).items()})
    roles.update({f"term:{name}": value for name, value in (terms or {}).items()})
    return {role: value for role, value in roles.items() if value is not None}


def is_of_fit(role: str) -> bool:
    """Whether a role serves the fit alone, so that a prediction does without it."""
    return role in ("weights", "groups") or role.startswith("term:")


def role_name(role: str) -> str:
    """A role as a message calls it."""
    kind, _, name = role.partition(":")
    return f"offset of `{name}`" if kind == "offset" else name or kind


def read_role(
    role: str,
    value: Any,
    n: int,
    locate: Callable[[int], str],
    table: Table | None = None,
    index: Any = None,
) -> Column:
    """Read what fills a role: a column name, an array of n, or one number for all rows.

    Raises:
        DataError: for an unknown column, another length, or other row labels than the table's.
    """
    name = role_name(role)
    if isinstance(value, str):
        if table is None:
            raise DataError(f"{name} is {value!r}; beside arrays it is an array of {n:,} values.")
        needs = "distribution, which needs it of each row" if role.startswith("extra:") else name
        return table.column(value, needs)
    if np.ndim(value) == 0 and isinstance(value, (int, float, np.number)):
        return Column(name, "number", np.full(n, float(value)), locate=locate)
    column = replace(read_column(name, value, locate), name=name)
    if len(column) != n:
        raise DataError(f"{name} has {len(column):,} values; the data have {n:,} rows.")
    check_index(name, value, index)
    return column


def check_index(name: str, values: Any, index: Any) -> None:
    """Raise if pandas row labels say that `values` belong to other rows than the table's."""
    own = getattr(values, "index", None)
    if index is None or own is None or callable(own) or own.equals(index):
        return
    raise DataError(
        f"the row labels (index) of {name} differ from those of the data. Put both in one order, "
        f"for example {name}.reindex(data.index), or drop the labels with .to_numpy()."
    )


def complete_rows(
    columns: Iterable[tuple[Column, bool]],
    n: int,
    missing: str,
    extra_mask: np.ndarray | None = None,
) -> np.ndarray | None:
    """Return the positions of the rows that can be used, or None if that is all of them.

    Args:
        columns: each with whether infinite cells are fine in it.
        n: number of rows.
        missing: `raise` or `drop`.
        extra_mask: further rows that cannot be used.

    Raises:
        DataError: naming row and column, if a cell has no finite value and `missing` is `raise`,
            or if no row is left.
    """
    if missing not in ("raise", "drop"):
        raise DataError(f"missing is 'raise' or 'drop', not {missing!r}.")
    if n == 0:
        raise DataError("the data have no rows.")
    total = extra_mask
    for column, infinite in columns:
        mask = column.unusable(infinite)
        if mask is None:
            continue
        if missing == "raise":
            raise DataError(_describe(column, mask))
        total = mask if total is None else total | mask
    if total is None:
        return None
    keep = np.flatnonzero(~total)
    if not len(keep):
        raise NoRowsError(f"no row is left: each of the {n:,} rows has a missing value.")
    return keep


def refuse_infinite(column: Column) -> None:
    """Raise for an infinite cell in a column whose cells may be missing."""
    if column.data.dtype.kind == "f" and np.isinf(column.data).any():
        raise DataError(_describe(column, np.isinf(column.data)))


def _describe(column: Column, mask: np.ndarray) -> str:
    """Say where a column has no value."""
    rows = np.flatnonzero(mask)
    i = int(rows[0])
    cell = column.cell(i)
    held = "has no value" if cell in ("no value", "nan") else f"holds {cell}"
    others = ""
    if len(rows) > 1:
        listed = ", ".join(f"{r + 1:,}" for r in rows[:3])
        others = f" {count_rows(len(rows))} are affected: {listed}{', ...' * (len(rows) > 3)}."
    return (
        f"column `{column.name}`: {column.locate(i)} {held}.{others} "
        'Fill in the cells, or drop such rows with missing="drop".'
    )


def check_roles(columns: Mapping[str, Column]) -> dict[str, np.ndarray]:
    """Return the arrays by role, each checked for what it may hold.

    Raises:
        DataError: for a negative weight, weights that are all zero, an exposure that is not
            positive.
    """
    arrays: dict[str, np.ndarray] = {}
    for role, column in columns.items():
        if role == "groups" or role.startswith("term:"):
            codes, levels, _ = column.labels()
            whole = np.empty(len(levels), dtype=object)
            whole[:] = levels
            arrays[role] = column.data if column.kind == "number" else whole[codes]
            continue
        values = column.numbers()
        arrays[role] = values
        if role == "weights":
            _forbid(column, values < 0, "weights", "are 0 or positive")
            if not values.any():
                raise NoRowsError("weights are all zero: no row would count.")
        elif role == "exposure":
            _forbid(column, values <= 0, "exposures", "are positive")
    return arrays


def _forbid(column: Column, wrong: np.ndarray, what: str, rule: str) -> None:
    """Raise if any row is wrong."""
    if wrong.any():
        i = int(np.argmax(wrong))
        raise DataError(
            f"column `{column.name}`: {column.locate(i)} holds {show(column.data[i])}; {what} "
            f"{rule} ({count_rows(int(wrong.sum()))})."
        )

"""How a column is read, whatever it came in: as numbers, text or categories.

Text is never turned into numbers; dates and complex numbers are refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from likelier.data._base import row_number
from likelier.data.columns import Column, count_rows, show
from likelier.errors import DataError

_MISSING_TYPES = {"NoneType", "NAType", "NaTType"}
_TIME_TYPES = {"Timestamp", "Timedelta", "Period", "datetime", "date", "time", "timedelta"}
_NUMBER_TYPES = (int, float, np.integer, np.floating, np.bool_)


def read_column(name: str, values: Any, locate: Callable[[int], str] = row_number) -> Column:
    """Read anything column-like: NumPy (masked too), pandas, polars, Arrow, list, range.

    Args:
        name: the name for messages.
        values: n cells.
        locate: names a row for messages.

    Raises:
        DataError: for dates, complex numbers, bytes, a column that mixes numbers and text, or
            something that is not a column at all.

    Example:
        >>> read_column("age", [31, 44, None]).numbers()
        array([31., 44., nan])
    """
    if isinstance(values, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(values)
        inner = read_column(name, np.asarray(values.data), locate)
        missing = mask if inner.missing is None else mask | inner.missing
        return replace(inner, missing=missing if missing.any() else None)
    if isinstance(values, np.ndarray):
        return _from_numpy(name, values, locate)
    if type(values).__module__.partition(".")[0] == "pandas":
        return _from_pandas(name, values, locate)
    if isinstance(values, (str, bytes, dict, set)) or not hasattr(values, "__len__"):
        raise DataError(
            f"column `{name}` is a {type(values).__name__}; give an array or a list of cells."
        )
    if isinstance(values, (list, tuple)):
        return _from_list(name, values, locate)
    if isinstance(values, range):
        return _from_numpy(name, np.asarray(values), locate)
    column = _from_narwhals(name, values, locate)
    return _from_numpy(name, np.asarray(values), locate) if column is None else column


def _from_numpy(name: str, values: np.ndarray, locate: Callable[[int], str]) -> Column:
    """Read a plain NumPy array; (n, 1) is one column."""
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise DataError(f"column `{name}` has shape {values.shape}; one value a row is needed.")
    kind = values.dtype.kind
    if kind in "fiu":
        if kind == "f" and values.dtype.itemsize not in (4, 8):
            values = values.astype(np.float64)
        elif not values.dtype.isnative:
            values = values.astype(values.dtype.newbyteorder("="))
        return Column(name, "number", values, locate=locate)
    if kind == "b":
        return Column(name, "boolean", values, locate=locate)
    if kind in "UT":
        return _from_objects(name, values.astype(object), locate)
    if kind == "O":
        return _from_objects(name, values, locate)
    raise _refused(name, {"c": "complex numbers", "S": "bytes"}.get(kind, "dates or times"))


def _from_list(name: str, values: Sequence[Any], locate: Callable[[int], str]) -> Column:
    """Read a list cell by cell, so that NumPy cannot turn numbers beside text into text."""
    cells = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        cells[i] = value
    return _from_objects(name, cells, locate)


def _from_objects(name: str, cells: np.ndarray, locate: Callable[[int], str]) -> Column:
    """Read an array of Python objects by the types that occur in it."""
    types = set(map(type, cells.tolist())) if len(cells) else {float}
    missing = None
    if any(t.__name__ in _MISSING_TYPES or issubclass(t, (float, np.floating)) for t in types):
        missing = np.fromiter(map(_is_missing, cells), bool, len(cells))
        if missing.any():
            types = set(map(type, cells[~missing].tolist())) or {float}
        else:
            missing = None
    if all(issubclass(t, str) for t in types):
        return Column(name, "text", cells, missing, locate=locate)
    if all(issubclass(t, (bool, np.bool_)) for t in types):
        filled = cells if missing is None else np.where(missing, False, cells)
        return Column(name, "boolean", filled.astype(bool), missing, locate=locate)
    if all(issubclass(t, _NUMBER_TYPES) or t.__name__ in ("Decimal", "Fraction") for t in types):
        filled = cells if missing is None else np.where(missing, 0, cells)
        whole = all(issubclass(t, (int, np.integer)) for t in types)
        numbers = _whole(filled) if whole else None
        if numbers is None:
            numbers = filled.astype(np.float64)
        return Column(name, "number", numbers, missing, locate=locate)
    return _refuse_objects(name, cells, missing, types, locate)


def _whole(cells: np.ndarray) -> np.ndarray | None:
    """Return integers as int64, which remembers that they are whole, if they fit."""
    try:
        return cells.astype(np.int64)
    except OverflowError:
        return None


def _refuse_objects(
    name: str,
    cells: np.ndarray,
    missing: np.ndarray | None,
    types: Iterable[type],
    locate: Callable[[int], str],
) -> Column:
    """Raise for objects that are neither all numbers nor all text, naming the first odd one."""
    for kind in types:
        if kind.__name__ in _TIME_TYPES:
            raise _refused(name, "dates or times")
        if issubclass(kind, (complex, np.complexfloating)):
            raise _refused(name, "complex numbers")
        if issubclass(kind, bytes):
            raise _refused(name, "bytes")
    texts = [i for i, c in enumerate(cells) if isinstance(c, str)]
    if texts:
        i = texts[0]
        raise DataError(
            f"column `{name}` mixes numbers and text: {locate(i)} holds {show(cells[i])} "
            f"({count_rows(len(texts), 'text cell')}). Correct the text, or make every cell text."
        )
    odd = (t for t in types if not issubclass(t, (*_NUMBER_TYPES, str)))
    raise DataError(
        f"column `{name}` holds objects of type {next(odd).__name__}; numbers or text are needed."
    )


def _from_pandas(name: str, values: Any, locate: Callable[[int], str]) -> Column:
    """Read a pandas Series, Index or array of any dtype."""
    if getattr(values, "ndim", 1) == 2:
        if values.shape[1] != 1:
            raise DataError(f"`{name}` is a table of shape {values.shape}; give one column of it.")
        values = values.iloc[:, 0]
    dtype = values.dtype
    if isinstance(dtype, np.dtype):
        return _from_numpy(name, values.to_numpy(), locate)
    if dtype.name == "category":
        array = values.array if hasattr(values, "array") else values
        codes = np.asarray(array.codes).astype(np.int64)
        missing = codes < 0
        levels = tuple(array.categories)
        return Column(
            name, "category", codes, missing if missing.any() else None,
            levels, bool(array.ordered), locate,
        )  # fmt: skip
    missing = np.asarray(values.isna())
    some = missing if missing.any() else None
    kind = getattr(dtype, "kind", "O")
    if kind == "b":
        return Column(name, "boolean", values.to_numpy(bool, na_value=False), some, locate=locate)
    if kind in "iu":
        whole = values.to_numpy("uint64" if kind == "u" else "int64", na_value=0)
        return Column(name, "number", whole, some, locate=locate)
    if kind == "f":
        floats = values.to_numpy("float64", na_value=np.nan)
        return Column(name, "number", floats, some, locate=locate)
    if kind in "Mmc":
        raise _refused(name, "complex numbers" if kind == "c" else "dates or times")
    cells = values.to_numpy(dtype=object)
    return _from_objects(name, cells, locate)


def _from_narwhals(name: str, values: Any, locate: Callable[[int], str]) -> Column | None:
    """Read a polars or Arrow column; None if it is neither."""
    import narwhals as nw

    if type(values).__module__ == "pyarrow.lib":
        import pyarrow

        if not isinstance(values, pyarrow.ChunkedArray):
            values = pyarrow.chunked_array([values])
        kinds = pyarrow.types
        if kinds.is_floating(values.type) or kinds.is_integer(values.type):
            return _from_arrow(name, values, 0, locate)
        if kinds.is_boolean(values.type):
            return _from_arrow(name, values, False, locate)
    series = nw.from_native(values, series_only=True, allow_series=True, pass_through=True)
    if not isinstance(series, nw.Series):
        return None
    dtype = series.dtype
    if dtype.is_temporal():
        raise _refused(name, "dates or times")
    if dtype == nw.Decimal:
        series, dtype = series.cast(nw.Float64()), nw.Float64()
    nulls = series.is_null().to_numpy()
    missing = nulls if nulls.any() else None
    if dtype in (nw.Categorical, nw.Enum):
        cells = series.to_list()
        if isinstance(dtype, nw.Enum):
            levels = tuple(dtype.categories)
        elif nw.is_ordered_categorical(series):
            return _from_pandas(name, series.to_native().to_pandas(), locate)
        else:
            # Such a column lists its levels by first appearance, which is no order to keep.
            levels = tuple(sorted({cell for cell in cells if cell is not None}))
        code = {level: i for i, level in enumerate(levels)}
        codes = np.fromiter((code.get(cell, -1) for cell in cells), np.int64, len(cells))
        return Column(name, "category", codes, missing, levels, dtype == nw.Enum, locate)
    if dtype.is_numeric() or dtype == nw.Boolean:
        filled = series.fill_null(False if dtype == nw.Boolean else 0)
        return replace(_from_numpy(name, np.asarray(filled.to_numpy()), locate), missing=missing)
    return _from_list(name, series.to_list(), locate)


def _from_arrow(name: str, values: Any, blank: Any, locate: Callable[[int], str]) -> Column:
    """Read numbers or booleans of Arrow; files that are streamed come so, batch by batch."""
    missing = None
    if values.null_count:
        missing = values.is_null().to_numpy()
        values = values.fill_null(blank)
    return replace(_from_numpy(name, values.to_numpy(), locate), missing=missing)


def _is_missing(cell: Any) -> bool:
    """Whether one object is None, pandas.NA, NaT or a NaN."""
    return type(cell).__name__ in _MISSING_TYPES or (
        isinstance(cell, (float, np.floating)) and bool(cell != cell)
    )


def _refused(name: str, what: str) -> DataError:
    """The error for a column of a kind that no model takes."""
    remedy = {
        "dates or times": "Turn it into numbers first, for example days since a start.",
        "complex numbers": "Use its real and imaginary parts as two columns.",
        "bytes": "Decode it to text, or to numbers.",
    }[what]
    return DataError(f"column `{name}` holds {what}, which cannot be used. {remedy}")

"""CSV and Parquet files, read with errors that name file and line."""

from __future__ import annotations

import csv
import glob
import io
import os
import warnings
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, TextIO

from likelier.data._base import row_number
from likelier.data.columns import count_rows, show
from likelier.data.tables import Table, from_narwhals, from_pandas, unique_names
from likelier.errors import DataError, did_you_mean

__all__ = ["read_files", "read_stream"]

_COMPRESSED = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zst": "zstd", ".zip": "zip"}
_TEXT = {".csv", ".tsv", ".txt"}
_PARQUET = {".parquet", ".pq"}


def read_files(source: Any, columns: Sequence[str] | None = None) -> Table:
    """Read a path, a glob (its files in sorted order, one below the other) or a URL."""
    pattern = os.fspath(source)
    if not isinstance(pattern, str):
        raise DataError(f"{pattern!r} is not a path in text form.")
    paths = [pattern]
    remote = "://" in pattern
    if not remote and not os.path.exists(pattern) and glob.has_magic(pattern):
        paths = sorted(glob.glob(pattern, recursive=True))
        if not paths:
            raise DataError(f"no file matches {pattern}.")
    for path in paths:
        if not remote:
            _check_readable(path)
    tables = [_read_file(path, columns, remote) for path in paths]
    return tables[0] if len(tables) == 1 else _stack(paths, tables)


def read_stream(stream: TextIO) -> Table:
    """Read CSV from an open text file, for example standard input."""
    text = stream.read()
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise DataError("the stream is not text in UTF-8.") from None
    name = str(getattr(stream, "name", "the stream"))
    return _read_csv(lambda: io.StringIO(text, newline=""), name, None)


def _check_readable(path: str) -> None:
    """Raise for what is not a readable, non-empty file."""
    if not os.path.exists(path):
        folder = os.path.dirname(path) or "."
        near = ""
        if os.path.isdir(folder):
            near = did_you_mean(os.path.basename(path), os.listdir(folder))
        raise DataError(f"{path}: there is no such file.{near}")
    if os.path.isdir(path):
        raise DataError(
            f"{path} is a folder. Name a file in it, or all: {os.path.join(path, '*.parquet')}"
        )
    if not os.access(path, os.R_OK):
        raise DataError(f"{path}: permission to read the file is denied.")
    if os.path.isfile(path) and os.path.getsize(path) == 0:
        raise DataError(f"{path} is empty: no header line, no rows.")


def _read_file(path: str, columns: Sequence[str] | None, remote: bool) -> Table:
    """Read one file by its ending."""
    stem, ending = os.path.splitext(path.lower())
    compression = _COMPRESSED.get(ending)
    if compression:
        ending = os.path.splitext(stem)[1]
    if ending in _PARQUET and not compression:
        return _read_parquet(path, columns)
    if ending not in _TEXT:
        raise DataError(
            f"{path}: cannot tell the format from the ending. Files end in .csv, .tsv, .csv.gz or "
            ".parquet; read others yourself and pass the data frame."
        )
    delimiter = "\t" if ending == ".tsv" else None
    if remote:
        import fsspec

        text = {"encoding": "utf-8-sig", "newline": "", "compression": "infer"}

        def reopen() -> TextIO:
            return fsspec.open(path, "rt", **text).open()

    else:
        reopen = _opener(path, compression)
    return _read_csv(reopen, path, delimiter)


def _opener(path: str, compression: str | None) -> Callable[[], TextIO]:
    """Return a function that opens a local file as text, unpacking it on the way."""
    if compression is None:
        return lambda: open(path, encoding="utf-8-sig", newline="")
    from pandas.io.common import get_handle

    # The handle is a file object inside a wrapper of pandas'; closing the file closes all.
    return lambda: get_handle(path, "r", encoding="utf-8-sig", compression=compression).handle


def _read_csv(reopen: Callable[[], TextIO], name: str, delimiter: str | None) -> Table:
    """Read CSV with pandas; a fault is found again line by line, to be named."""
    import pandas as pd

    try:
        with reopen() as file:
            header = next(csv.reader(file, delimiter=delimiter or ","), [])
            if not any(cell.strip() for cell in header):
                raise DataError(f"{name} is empty, or its first line is: a header line is needed.")
            if delimiter is None:
                delimiter = ";" if len(header) == 1 and ";" in header[0] else ","
                header = header if delimiter == "," else header[0].split(delimiter)
        unique_names(header, name)
        with reopen() as file, warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            warnings.simplefilter("ignore", pd.errors.DtypeWarning)
            frame = pd.read_csv(file, sep=delimiter, index_col=False, low_memory=False)
    except UnicodeError:
        raise DataError(_undecodable(name)) from None
    except (pd.errors.ParserError, pd.errors.ParserWarning, csv.Error) as error:
        raise DataError(_ragged(reopen, name, delimiter or ",") or f"{name}: {error}") from None
    except PermissionError:
        raise DataError(f"{name}: permission to read the file is denied.") from None
    except (OSError, EOFError) as error:
        raise DataError(f"{name} cannot be read: {error}") from None
    if frame.shape[1] > 1 and len(frame) and frame.iloc[:, -1].isna().any():
        # A line that is too short reads as one that ends in empty cells: only a look tells.
        fault = _ragged(reopen, name, delimiter)
        if fault:
            raise DataError(fault)
    if not len(frame):
        raise DataError(f"{name} has a header line and no rows.")
    sep = delimiter
    return from_pandas(frame, _CsvLines(reopen, sep))


class _CsvLines:
    """Names rows of a CSV file with the line that each ends on, counted when first asked."""

    def __init__(self, reopen: Callable[[], TextIO], delimiter: str, label: str = "CSV") -> None:
        self._reopen = reopen
        self._delimiter = delimiter
        self._lines: list[int] | None = None
        self.label = label

    def __call__(self, position: int) -> str:
        if self._lines is None:
            with self._reopen() as file:
                rows = csv.reader(file, delimiter=self._delimiter)
                self._lines = [rows.line_num for row in rows if row][1:]
        if position >= len(self._lines):
            return row_number(position)
        return f"{row_number(position)} ({self.label} line {self._lines[position]:,})"


def _ragged(reopen: Callable[[], TextIO], name: str, delimiter: str) -> str | None:
    """Describe the first line whose number of fields is not the header's."""
    with reopen() as file:
        rows = csv.reader(file, delimiter=delimiter, strict=True)
        expected = None
        try:
            for row in rows:
                if expected is None:
                    expected = len(row)
                elif row and len(row) != expected:
                    fields = count_rows(len(row), "field")
                    return (
                        f"{name}, line {rows.line_num:,}: {fields} where the header has "
                        f"{expected}. Check for a stray or a missing delimiter or quote."
                    )
        except csv.Error as error:
            return f"{name}, line {rows.line_num:,}: {error}."
    return None


def _undecodable(name: str) -> str:
    """Say which line of a file is not UTF-8."""
    remedy = "Save the file as UTF-8."
    try:
        with open(name, "rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    line.decode("utf-8")
                except UnicodeDecodeError as error:
                    wrong = show(line[error.start : error.start + 1].hex())
                    return f"{name}, line {number:,}: byte {wrong} is not UTF-8 text. {remedy}"
    except OSError:
        pass
    return f"{name} is not text in UTF-8. {remedy}"


def _read_parquet(path: str, columns: Sequence[str] | None) -> Table:
    """Read a Parquet file through Arrow, only the columns that are asked for."""
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise DataError(
            f"{path}: reading Parquet needs pyarrow. Install it: pip install pyarrow"
        ) from None
    try:
        if "://" in path:
            import fsspec

            with fsspec.open(path, "rb") as file:
                return from_narwhals(parquet.read_table(file), None)
        present = parquet.read_schema(path).names
        wanted = None
        if columns is not None and set(columns) <= set(present):
            wanted = list(dict.fromkeys(columns)) or present[:1]
        return from_narwhals(parquet.read_table(path, columns=wanted), None)
    except (ArrowException, OSError) as error:
        first = str(error).splitlines()[0]
        raise DataError(f"{path} is not a Parquet file that can be read: {first}") from None


def _stack(paths: list[str], tables: list[Table]) -> Table:
    """Put tables of equal columns one below the other."""
    import pandas as pd

    first = tables[0]
    for path, table in zip(paths, tables, strict=True):
        if set(table.names) != set(first.names):
            odd = sorted(set(table.names) ^ set(first.names))[0]
            raise DataError(
                f"{path} and {paths[0]} differ in their columns: `{odd}` is in one of them only."
            )
    if hasattr(first.owner, "schema"):
        import pyarrow

        try:
            whole = pyarrow.concat_tables(
                [t.owner.select(list(first.names)) for t in tables], promote_options="permissive"
            )
        except pyarrow.ArrowException as error:
            raise DataError(f"the files do not fit together: {error}") from None
        stacked = from_narwhals(whole, None)
    else:
        whole = pd.concat([t.owner[list(first.names)] for t in tables], ignore_index=True)
        stacked = from_pandas(whole)
    starts = [0, *accumulate(t.n for t in tables)]
    for path, table in zip(paths, tables, strict=True):
        if isinstance(table.locate, _CsvLines):
            table.locate.label = os.path.basename(path)

    def locate(position: int) -> str:
        k = min(bisect_right(starts, position) - 1, len(tables) - 1)
        inside = tables[k].locate(position - starts[k])
        place = inside.partition("(")[2] or f"{os.path.basename(paths[k])} {inside})"
        return f"{row_number(position)} ({place}"

    stacked.locate = locate
    return stacked

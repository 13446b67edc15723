"""CSV and Parquet files, read with errors that name file and line."""

from __future__ import annotations

import bz2
import csv
import glob
import gzip
import io
import lzma
import os
import warnings
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, BinaryIO, TextIO

from likelier.data._base import row_number
from likelier.data.columns import count_rows, show
from likelier.data.csv_plain import LARGEST, read_plain
from likelier.data.tables import Table, from_narwhals, from_pandas, read_table, unique_names
from likelier.errors import DataError, did_you_mean

__all__ = ["header_of", "matching", "read_files", "read_stream", "split_ending"]

_COMPRESSED: dict[str, Callable[..., Any]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}
TEXT = {".csv", ".tsv", ".txt"}
PARQUET = {".parquet", ".pq"}
_UNREADABLE = (OSError, EOFError, zlib.error, lzma.LZMAError)


@dataclass(frozen=True)
class _Source:
    """A CSV file that can be opened again and again: once to read, once more to name a fault."""

    name: str
    open: Callable[[], Any]
    delimiter: str | None = None

    def text(self) -> TextIO:
        """Open it as text."""
        return io.TextIOWrapper(self.open(), encoding="utf-8-sig", newline="")


def read_files(source: Any, columns: Sequence[str] | None = None) -> Table:
    """Read a path, a glob (its files in sorted order, one below the other) or a URL."""
    paths = matching(source)
    tables = [_read_file(path, columns, "://" in path) for path in paths]
    return tables[0] if len(tables) == 1 else _stack(paths, tables)


def matching(source: Any) -> list[str]:
    """The files or URLs that a path, a glob or a URL names, in sorted order.

    Raises:
        DataError: there is none, or one cannot be read.
    """
    pattern = os.fspath(source)
    if not isinstance(pattern, str):
        raise DataError(f"{pattern!r} is not a path in text form.")
    remote = "://" in pattern
    paths = _match_remote(pattern) if remote else _match(os.path.expanduser(pattern))
    if not paths:
        raise DataError(f"no file matches {pattern}.")
    return paths


def split_ending(path: str) -> tuple[str, str]:
    """The ending that tells a file's format, and that of its compression or nothing."""
    stem, ending = os.path.splitext(path.lower())
    return (os.path.splitext(stem)[1], ending) if ending in _COMPRESSED else (ending, "")


def header_of(path: str) -> tuple[str, tuple[str, ...]]:
    """The delimiter and the column names of a CSV file on this machine."""
    ending, packed = split_ending(path)
    unpack = _COMPRESSED.get(packed, open)
    source = _Source(path, lambda: unpack(path, "rb"), "\t" if ending == ".tsv" else None)
    delimiter, names = _read_header(source)
    return delimiter, unique_names(names, path)


def _match(pattern: str) -> list[str]:
    """Return the files that a pattern names, each found readable."""
    paths = [pattern]
    if not os.path.exists(pattern) and glob.has_magic(pattern):
        paths = sorted(glob.glob(pattern, recursive=True))
    for path in paths:
        _check_readable(path)
    return paths


def _match_remote(pattern: str) -> list[str]:
    """Return the URLs that a pattern names."""
    if not glob.has_magic(pattern):
        return [pattern]
    files, root = fsspec_for(pattern).core.url_to_fs(pattern)
    return sorted(files.unstrip_protocol(path) for path in files.glob(root))


def fsspec_for(url: str) -> Any:
    """Import fsspec, which reads from object stores."""
    try:
        import fsspec
    except ImportError:
        raise DataError(
            f"{url}: reading from a URL needs fsspec. Install it: pip install fsspec"
        ) from None
    return fsspec


def read_stream(stream: Any) -> Table:
    """Read an open file, for example standard input: CSV, gzipped or not, or Parquet."""
    content = stream.read()
    data = content.encode() if isinstance(content, str) else content
    name = str(getattr(stream, "name", "the stream"))
    if data[:2] == b"\x1f\x8b":
        return _read_csv(_Source(name, lambda: gzip.open(io.BytesIO(data))))
    if data[:4] == b"PAR1":
        return _read_parquet(name, None, lambda: io.BytesIO(data))
    return _read_csv(_Source(name, lambda: io.BytesIO(data)))


def _check_readable(path: str) -> None:
    """Raise for what is not a readable, non-empty file."""
    if not os.path.exists(path):
        folder = os.path.dirname(path) or "."
        near = ""
        if os.path.isdir(folder):
            near = did_you_mean(os.path.basename(path), os.listdir(folder))
        if "~" in path and not near:
            near = " This looks like a formula; the file comes before it."
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
    ending, packed = split_ending(path)
    unpack = _COMPRESSED.get(packed)
    if ending in PARQUET and unpack is None:
        return _read_parquet(
            path, columns, lambda: fsspec_for(path).open(path, "rb") if remote else open(path, "rb")
        )
    if ending not in TEXT:
        raise DataError(
            f"{path}: cannot tell the format from the ending. Files end in .csv, .tsv, .csv.gz or "
            ".parquet; read others yourself and pass the data frame."
        )

    def reopen() -> BinaryIO:
        if remote:
            return fsspec_for(path).open(path, "rb", compression="infer").open()
        return open(path, "rb") if unpack is None else unpack(path, "rb")

    return _read_csv(_Source(path, reopen, "\t" if ending == ".tsv" else None))


def _read_csv(source: _Source) -> Table:
    """Read CSV with pandas; a fault is found again line by line, to be named."""
    plain = _read_plain(source)
    if plain is not None:
        return plain
    import pandas as pd

    name = source.name
    try:
        delimiter, header = _read_header(source)
        unique_names(header, name)
        with source.text() as file, warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            warnings.simplefilter("ignore", pd.errors.DtypeWarning)
            frame = pd.read_csv(file, sep=delimiter, index_col=False, low_memory=False)
    except UnicodeError:
        raise DataError(_undecodable(source)) from None
    except (pd.errors.ParserError, pd.errors.ParserWarning, csv.Error) as error:
        reason = str(error).splitlines()[0]
        raise DataError(_ragged(source, source.delimiter or ",") or f"{name}: {reason}") from None
    except _UNREADABLE as error:
        raise DataError(f"{name} cannot be read: {error}") from None
    if frame.shape[1] > 1 and len(frame) and frame.iloc[:, -1].isna().any():
        # A line that is too short reads as one that ends in empty cells: only a look tells.
        fault = _ragged(source, delimiter)
        if fault:
            raise DataError(fault)
    if not len(frame):
        raise DataError(f"{name} has a header line and no rows.")
    return from_pandas(frame, _CsvLines(source, delimiter))


def _read_plain(source: _Source) -> Table | None:
    """A small plain file; None for any other, and for any that has a fault."""
    try:
        with source.open() as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            return None
        delimiter, _ = _read_header(source)
        text = content.decode("utf-8-sig")
        columns = read_plain(io.StringIO(text, newline=""), delimiter)
    except (DataError, UnicodeError, csv.Error, *_UNREADABLE):
        return None
    if columns is None:
        return None
    table = read_table(columns)
    table.locate = _CsvLines(source, delimiter)
    return table


def _read_header(source: _Source) -> tuple[str, list[str]]:
    """Return the delimiter, a semicolon if the header has that and no comma, and the names."""
    for delimiter in (source.delimiter,) if source.delimiter else (",", ";"):
        with source.text() as file:
            header = next(csv.reader(file, delimiter=delimiter), [])
        if len(header) > 1 or ";" not in "".join(header):
            break
    if not any(cell.strip() for cell in header):
        raise DataError(f"{source.name} is empty, or its first line is: a header line is needed.")
    return delimiter, header


class _CsvLines:
    """Names rows of a CSV file with the line that each ends on, counted when first asked."""

    def __init__(self, source: _Source, delimiter: str, label: str = "CSV") -> None:
        self._source = source
        self._delimiter = delimiter
        self._lines: list[int] | None = None
        self.label = label

    def __call__(self, position: int) -> str:
        if self._lines is None:
            self._lines = self._count()
        if position >= len(self._lines):
            return row_number(position)
        return f"{row_number(position)} ({self.label} line {self._lines[position]:,})"

    def _count(self) -> list[int]:
        """Return the line of each row, as far as the file can still be read."""
        lines = []
        try:
            with self._source.text() as file:
                rows = csv.reader(file, delimiter=self._delimiter)
                for row in rows:
                    if row:
                        lines.append(rows.line_num)
        except (csv.Error, UnicodeError, *_UNREADABLE):
            pass
        return lines[1:]


def _ragged(source: _Source, delimiter: str) -> str | None:
    """Describe the first line whose number of fields is not the header's."""
    name = source.name
    with source.text() as file:
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


def _undecodable(source: _Source) -> str:
    """Say which line of a file is not UTF-8."""
    where = f"{source.name} is not text in UTF-8"
    with source.open() as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                wrong = show(line[error.start : error.start + 1].hex())
                where = f"{source.name}, line {number:,}: byte {wrong} is not UTF-8 text"
                break
    return f"{where}. Save the file as UTF-8."


def _read_parquet(path: str, columns: Sequence[str] | None, opened: Callable[[], Any]) -> Table:
    """Read a Parquet file through Arrow, only the columns that are asked for."""
    with arrow_parquet(path) as parquet, opened() as file:
        whole = parquet.ParquetFile(file)
        present = whole.schema_arrow.names
        wanted = None
        if columns is not None and set(columns) <= set(present):
            wanted = list(dict.fromkeys(columns)) or present[:1]
        return from_narwhals(whole.read(columns=wanted), None)


@contextmanager
def arrow_parquet(path: str) -> Iterator[Any]:
    """Arrow's reader of Parquet, whose errors name the file."""
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise DataError(
            f"{path}: reading Parquet needs pyarrow. Install it: pip install pyarrow"
        ) from None
    try:
        yield parquet
    except (ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path} is not a Parquet file that can be read: {reason}") from None


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
        frames = [pd.DataFrame(t.owner)[list(first.names)] for t in tables]
        whole = pd.concat(frames, ignore_index=True)
        stacked = from_pandas(whole)
    starts = [0, *accumulate(t.n for t in tables)]
    for path, table in zip(paths, tables, strict=True):
        if isinstance(table.locate, _CsvLines):
            table.locate.label = os.path.basename(path)

    inner = [table.locate for table in tables]  # and not the tables, whose data would live on

    def locate(position: int) -> str:
        k = min(bisect_right(starts, position) - 1, len(inner) - 1)
        inside = inner[k](position - starts[k])
        place = inside.partition("(")[2] or f"{os.path.basename(paths[k])} {inside})"
        return f"{row_number(position)} ({place}"

    stacked.locate = locate
    return stacked

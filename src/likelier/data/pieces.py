"""Tables that are read piece by piece: files of any size in memory of a few blocks of rows.

A *piece* is a run of rows that can be read again and again: row groups of a Parquet file, a CSV
file, columns held in memory. It is small and travels to other processes. Only the columns that are
asked for are read.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from likelier.data._base import row_number
from likelier.data.columns import Column
from likelier.data.files import (
    PARQUET,
    TEXT,
    arrow_parquet,
    fsspec_for,
    header_of,
    matching,
    split_ending,
)
from likelier.data.tables import Table, from_narwhals, from_pandas
from likelier.errors import DataError

__all__ = ["BATCH_ROWS", "Piece", "Pieces", "pieces_of_files", "pieces_of_table", "stack_columns"]

BATCH_ROWS = 32_768
_PIECE_ROWS = 262_144


class Piece(ABC):
    """A run of rows that can be read again and again."""

    heavy: ClassVar[bool] = False
    """Whether it holds its rows, so that it is sent once."""

    @property
    def key(self) -> Any:
        """What tells it from the other pieces of a table."""
        return self

    @abstractmethod
    def batches(self, columns: Sequence[str]) -> Iterator[Table]:
        """Tables of at most `BATCH_ROWS` rows, with these columns."""


@dataclass(frozen=True)
class Pieces:
    """All rows of some files or of a table.

    Attributes:
        pieces: in order.
        rows: their number, or None where only reading would tell.
        size: bytes that a column takes in memory, about.
        names: of the columns.
    """

    pieces: Sequence[Piece]
    rows: int | None
    size: float
    names: tuple[str, ...]


@dataclass(frozen=True)
class _ParquetPiece(Piece):
    """Row groups of one Parquet file.

    Attributes:
        path: of the file, or a URL.
        groups: numbers of its row groups.
        before: rows of all files before these; inside: rows of this file before these.
        single: whether there is no other file.
    """

    path: str
    groups: tuple[int, ...]
    before: int
    inside: int
    single: bool

    def batches(self, columns: Sequence[str]) -> Iterator[Table]:
        seen = 0
        with open_parquet(self.path) as file:
            # A read buffer bounds what is held of a column that is long before it is decoded.
            whole = parquet_file(self.path, file)
            wanted = list(dict.fromkeys(columns)) or whole.schema_arrow.names[:1]
            for batch in whole.iter_batches(
                BATCH_ROWS, row_groups=list(self.groups), columns=wanted, use_threads=False
            ):
                table = from_narwhals(batch, None)
                table.locate = _Place(
                    self.before + seen, "" if self.single else self.path, self.inside + seen
                )
                seen += table.n
                yield table


@dataclass(frozen=True)
class _Place:
    """Names rows of a batch by their number in all files, and in their own."""

    before: int
    path: str
    inside: int

    def __call__(self, position: int) -> str:
        name = row_number(self.before + position)
        if not self.path:
            return name
        return f"{name} ({os.path.basename(self.path)} {row_number(self.inside + position)})"


def open_parquet(path: str) -> Any:
    """Open a file or a URL."""
    if "://" in path:
        return fsspec_for(path).open(path, "rb")
    import pyarrow

    # Arrow reads it by itself: a file of Python reads bytes, and holds the interpreter's lock.
    return pyarrow.OSFile(path)


def parquet_file(path: str, file: Any) -> Any:
    """The Parquet file behind an open one."""
    with arrow_parquet(path) as parquet:
        return parquet.ParquetFile(file, buffer_size=1 << 20, pre_buffer=False)


@dataclass(frozen=True)
class _CsvPiece(Piece):
    """One CSV file, whose rows before it are not counted."""

    path: str
    delimiter: str

    def batches(self, columns: Sequence[str]) -> Iterator[Table]:
        import pandas as pd

        seen = 0
        wanted = set(columns)
        try:
            with pd.read_csv(
                self.path,
                chunksize=BATCH_ROWS,
                usecols=(lambda name: name in wanted) if wanted else None,
                encoding="utf-8-sig",
                index_col=False,
                sep=self.delimiter,
            ) as reader:
                for frame in reader:
                    place = _Place(seen, "", 0)
                    seen += len(frame)
                    yield from_pandas(frame.reset_index(drop=True), place)
        except (pd.errors.ParserError, UnicodeError, OSError) as error:
            reason = str(error).splitlines()[0]
            raise DataError(f"{self.path} cannot be read: {reason}") from None


@dataclass(frozen=True, eq=False)
class _TablePiece(Piece):
    """Rows of columns that are held in memory."""

    columns: Mapping[str, Column]
    rows: int
    before: int

    heavy: ClassVar[bool] = True

    @property
    def key(self) -> Any:
        return self.before

    def batches(self, columns: Sequence[str]) -> Iterator[Table]:
        place = _Place(self.before, "", 0)
        for first in range(0, self.rows, BATCH_ROWS):
            some = np.arange(first, min(first + BATCH_ROWS, self.rows))
            held = {k: replace(self.columns[k], locate=place).take(some) for k in columns}
            yield Table.of_columns(held, len(some), replace(place, before=self.before + first))


def pieces_of_table(table: Table, columns: Sequence[str], count: int) -> Pieces:
    """A table in memory cut into pieces of its columns, to be sent elsewhere."""
    whole = {name: table.column(name) for name in columns}
    bounds = np.linspace(0, table.n, max(1, min(count, table.n)) + 1).astype(int)
    pieces = []
    for low, high in pairwise(bounds.tolist()):
        some = slice(int(low), int(high))
        held = {
            name: replace(
                column,
                data=column.data[some],
                missing=None if column.missing is None else column.missing[some],
                locate=row_number,
            )
            for name, column in whole.items()
        }
        pieces.append(_TablePiece(held, int(high - low), int(low)))
    return Pieces(pieces, table.n, 0.0, table.names)


def pieces_of_files(source: Any) -> Pieces | None:
    """The pieces of a path, glob or URL; None where it is none of CSV or Parquet files.

    Raises:
        DataError: there is no such file, it may not be read, or the files differ in their columns.
    """
    if not isinstance(source, str) and not hasattr(source, "__fspath__"):
        return None
    paths = matching(source)
    endings = {split_ending(path)[0] for path in paths}
    if endings <= PARQUET:
        return _parquet_pieces(paths)
    if endings <= TEXT and len(paths) == 1 and "://" not in paths[0]:
        return _csv_pieces(paths[0])
    return None


def _parquet_pieces(paths: Sequence[str]) -> Pieces:
    pieces: list[Piece] = []
    before = 0
    names: tuple[str, ...] = ()
    for path in paths:
        with open_parquet(path) as file:
            whole = parquet_file(path, file)
            own = tuple(whole.schema_arrow.names)
            names = names or own
            if set(own) != set(names):
                odd = sorted(set(own) ^ set(names))[0]
                raise DataError(
                    f"{path} and {paths[0]} differ in their columns: `{odd}` is in one of them "
                    "only."
                )
            inside = held = 0
            groups: list[int] = []
            for k in range(whole.metadata.num_row_groups):
                groups.append(k)
                held += whole.metadata.row_group(k).num_rows
                if held >= _PIECE_ROWS or k + 1 == whole.metadata.num_row_groups:
                    if held:
                        place = (before + inside, inside, len(paths) == 1)
                        pieces.append(_ParquetPiece(path, tuple(groups), *place))
                    inside, held, groups = inside + held, 0, []
            before += inside
    if not before:
        raise DataError(f"{paths[0]} has no rows.")
    return Pieces(pieces, before, 8.0 * before, names)


def _csv_pieces(path: str) -> Pieces:
    delimiter, names = header_of(path)
    return Pieces(
        [_CsvPiece(path, delimiter)], None, os.path.getsize(path) / max(1, len(names)), names
    )


def stack_columns(parts: Sequence[Column], positions: Callable[[int], str]) -> Column:
    """One column below the other.

    Raises:
        DataError: numbers in one part and text in another.
    """
    first = parts[0]
    kinds = {part.kind for part in parts}
    if len(kinds) > 1:
        raise DataError(
            f"column `{first.name}` holds {' and '.join(sorted(kinds))} cells in different parts "
            "of the data. Make every cell text, or every cell a number."
        )
    missing = None
    if any(part.missing is not None for part in parts):
        missing = np.concatenate(
            [np.zeros(len(p), bool) if p.missing is None else p.missing for p in parts]
        )
    data = [part.data for part in parts]
    levels = first.levels
    if first.kind == "category" and any(part.levels != levels for part in parts):
        levels = tuple(sorted({level for part in parts for level in part.levels or ()}))
        code = {level: i for i, level in enumerate(levels)}
        data = [
            np.append([code[level] for level in part.levels or ()], [-1])[part.data].astype(
                np.int64
            )
            for part in parts
        ]
    return Column(
        first.name, first.kind, np.concatenate(data), missing, levels, first.ordered, positions
    )


@dataclass(frozen=True)
class Places:
    """Names rows that were taken from several batches, each named by its own."""

    starts: Sequence[int]
    inner: Sequence[Callable[[int], str]]

    def __call__(self, position: int) -> str:
        k = bisect_right(self.starts, position) - 1
        return self.inner[k](position - self.starts[k])

"""Tables of any make, read into named columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from likelier.data._base import row_number
from likelier.data.columns import Column
from likelier.data.reading import read_column
from likelier.errors import DataError, did_you_mean

__all__ = ["Table", "hold_out", "read_table"]


class Table:
    """Named columns of one length; each is read when it is first asked for.

    Args:
        columns: column-like objects by name.
        n: number of rows.
        locate: names a row as the owner of the table would look it up.
        index: the row labels of a pandas table, else None.
        owner: what the caller passed, for those who need its other columns.
    """

    def __init__(
        self,
        columns: Mapping[str, Any],
        n: int,
        locate: Callable[[int], str] = row_number,
        index: Any = None,
        owner: Any = None,
    ) -> None:
        self._columns = columns
        self._read: dict[str, Column] = {}
        self.n = n
        self.locate = locate
        self.index = index
        self.owner = owner

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(self._columns)

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return self.n

    def column(self, name: str, purpose: str = "") -> Column:
        """Return one column.

        Args:
            name: the column's.
            purpose: what it is for, where that is more than a term of a formula.

        Raises:
            DataError: if there is none of that name (with the nearest one), or it holds what
                cannot be used.
        """
        if name not in self._read:
            if name not in self._columns:
                raise self.lacks(name, purpose)
            self._read[name] = read_column(name, self._columns[name], self.locate)
        return self._read[name]

    def lacks(self, name: str, purpose: str = "") -> DataError:
        """The error for a column that is not there, with the nearest one."""
        use = f" for the {purpose}" if purpose not in ("", name) else ""
        return DataError(f"no column `{name}`{use}.{self._hint(name)}")

    @classmethod
    def of_columns(
        cls, columns: Mapping[str, Column], n: int, locate: Callable[[int], str]
    ) -> Table:
        """The table of columns that have been read."""
        table = cls(columns, n, locate)
        table._read = dict(columns)
        return table

    def take(self, rows: Any) -> Table:
        """The table of some rows, by their positions; each is still named as in this one."""
        return _Part(self, np.asarray(rows))

    def _hint(self, name: str) -> str:
        """Offer the nearest column name, or list those there are."""
        nearest = did_you_mean(name, self.names)
        if nearest:
            return nearest
        shown = ", ".join(f"`{n}`" for n in self.names[:12])
        more = f" and {len(self.names) - 12:,} more" if len(self.names) > 12 else ""
        return f" The columns are {shown}{more}."


class _Taken:
    """Names some rows of a table, whose data need not live on for it."""

    def __init__(self, whole: Callable[[int], str], rows: np.ndarray) -> None:
        self._whole = whole
        self._rows = rows

    def __call__(self, position: int) -> str:
        return self._whole(int(self._rows[position]))


class _Part(Table):
    """Some rows of a table."""

    def __init__(self, whole: Table, rows: np.ndarray) -> None:
        super().__init__(whole._columns, len(rows), _Taken(whole.locate, rows))
        self._whole = whole
        self._rows = rows

    def column(self, name: str, purpose: str = "") -> Column:
        if name not in self._read:
            self._read[name] = self._whole.column(name, purpose).take(self._rows)
        return self._read[name]


def hold_out(
    table: Table, share: float, seed: int = 0, groups: str | None = None
) -> tuple[Table, Table]:
    """Split a table by chance: the rows to fit, and a share of all rows to judge the fit on.

    Args:
        table: as `read_table` makes it.
        share: of the rows to hold out, between 0 and 1.
        seed: of the choice.
        groups: a column whose equal cells stay together.

    Raises:
        DataError: if either part would have no row.

    Example:
        >>> rest, held = hold_out(read_table({"x": [1, 2, 3, 4, 5]}), 0.4)
        >>> rest.n, held.n
        (3, 2)
    """
    codes = np.arange(table.n)
    if groups is not None:
        codes = table.column(groups).labels().codes
    units = np.unique(codes)
    chosen = np.random.default_rng(seed).permutation(units)[: round(share * len(units))]
    held = np.isin(codes, chosen)
    if held.all() or not held.any():
        what = "rows" if groups is None else f"groups `{groups}`"
        raise DataError(
            f"a share of {share:g} of {len(units):,} {what} leaves nothing to fit, or nothing to "
            "judge the fit on."
        )
    return table.take(np.flatnonzero(~held)), table.take(np.flatnonzero(held))


def read_table(source: Any, columns: Sequence[str] | None = None) -> Table:
    """Read a table of any supported make.

    Args:
        source: a pandas, polars (lazy too) or Arrow table; a dict of arrays or lists; a NumPy
            structured array; a path, glob or URL that ends in .csv, .tsv, .parquet (or
            .csv.gz and the like); an open text file that holds CSV.
        columns: the only columns that will be asked for; lets Parquet files and lazy frames leave
            the others unread.

    Raises:
        DataError: if the file is missing, empty, ragged, not text in UTF-8, a folder, or may not
            be read; if two columns have one name; if columns differ in length.

    Example:
        >>> table = read_table({"age": [31, 44], "place": ["a", "b"]})
        >>> table.names, table.n
        (('age', 'place'), 2)
    """
    if isinstance(source, Table):
        return source
    if isinstance(source, (str, Path)) or hasattr(source, "__fspath__"):
        from likelier.data.files import read_files

        return read_files(source, columns)
    if isinstance(source, Mapping):
        return _from_mapping(source)
    if isinstance(source, np.ndarray):
        if source.dtype.names:
            return _from_mapping({name: source[name] for name in source.dtype.names})
        raise DataError(
            f"data is an array of shape {source.shape}, whose columns have no names. Pass a dict, "
            '{"x1": X[:, 0], ...}, or a data frame.'
        )
    if hasattr(source, "read"):
        from likelier.data.files import read_stream

        return read_stream(source)
    if type(source).__module__.partition(".")[0] == "pandas" and hasattr(source, "columns"):
        return from_pandas(source)
    return from_narwhals(source, columns)


def unique_names(names: Iterable[Any], where: str = "the table") -> tuple[str, ...]:
    """Return the names as text, or raise if one occurs twice."""
    texts = tuple(str(name) for name in names)
    if len(set(texts)) < len(texts):
        seen: set[str] = set()
        twice = next(t for t in texts if t in seen or seen.add(t))  # type: ignore[func-returns-value]
        raise DataError(f"{where} has more than one column `{twice}`. Rename or drop all but one.")
    return texts


def from_pandas(frame: Any, locate: Callable[[int], str] = row_number) -> Table:
    """Read a pandas DataFrame; its columns are looked up by position, and not copied."""
    names = unique_names(
        "_".join(map(str, name)) if isinstance(name, tuple) else name for name in frame.columns
    )
    labels = list(frame.columns)

    def fetch(j: int) -> Any:
        # By its label a column is found in a third of the time.
        return frame[labels[j]] if type(labels[j]) is str else frame.iloc[:, j]

    columns = _ByPosition(names, fetch)
    return Table(columns, len(frame), locate, frame.index, frame)


class _ByPosition(Mapping[str, Any]):
    """Columns fetched by position, and only when asked for: slicing a wide frame is not free."""

    def __init__(self, names: tuple[str, ...], fetch: Callable[[int], Any]) -> None:
        self._position = {name: j for j, name in enumerate(names)}
        self._fetch = fetch

    def __getitem__(self, name: str) -> Any:
        return self._fetch(self._position[name])

    def __contains__(self, name: object) -> bool:
        return name in self._position

    def __iter__(self) -> Iterator[str]:
        return iter(self._position)

    def __len__(self) -> int:
        return len(self._position)


def _from_mapping(source: Mapping[Any, Any]) -> Table:
    """Read a dict of arrays, lists or series."""
    names = unique_names(source)
    columns: dict[str, Any] = dict(zip(names, source.values(), strict=True))
    if not columns:
        raise DataError("the table has no columns.")
    lengths = {}
    for name, values in columns.items():
        try:
            lengths[name] = len(values)
        except TypeError:
            raise DataError(
                f"column `{name}` is a {type(values).__name__}; give an array or a list of cells."
            ) from None
    first = names[0]
    n = lengths[first]
    for name, length in lengths.items():
        if length != n:
            raise DataError(
                f"column `{name}` has {length:,} rows and column `{first}` has {n:,}; "
                "all columns must have the same length."
            )
    indices = {n: v.index for n, v in columns.items() if _is_series(v)}
    labelled = next(iter(indices.items()), None)
    for name, index in indices.items():
        if labelled is not None and not index.equals(labelled[1]):
            raise DataError(
                f"the row labels (index) of `{name}` differ from those of `{labelled[0]}`: align "
                "the two, or drop the labels with .to_numpy()."
            )
    return Table(columns, n, index=None if labelled is None else labelled[1], owner=source)


def _is_series(values: Any) -> bool:
    """Whether this is a pandas Series, told without importing pandas."""
    return type(values).__module__.partition(".")[0] == "pandas" and hasattr(values, "index")


def from_narwhals(source: Any, columns: Sequence[str] | None) -> Table:
    """Read a polars, lazy or Arrow table, and whatever else narwhals knows."""
    if type(source).__module__.partition(".")[0] == "pyarrow" and hasattr(source, "num_rows"):
        arrow = unique_names(source.schema.names)
        return Table(_ByPosition(arrow, source.column), source.num_rows, owner=source)
    import narwhals as nw

    frame = nw.from_native(source, pass_through=True)
    if isinstance(frame, nw.LazyFrame):
        present = frame.collect_schema().names()
        if columns is not None and set(columns) <= set(present):
            frame = frame.select(list(dict.fromkeys(columns)) or present[:1])
        frame = frame.collect()
    if not isinstance(frame, nw.DataFrame):
        raise DataError(
            f"cannot read a table from a {type(source).__name__}. Pass a pandas, polars or Arrow "
            "table, a dict of arrays, or a path that ends in .csv or .parquet."
        )
    names = unique_names(frame.columns)
    return Table(
        _ByPosition(names, lambda j: frame[:, j].to_native()), frame.shape[0], owner=source
    )

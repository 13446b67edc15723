"""`likelier predict`: predictions of a saved model for new rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from likelier.cli import _options as o
from likelier.cli._output import Progress, remark, show, show_json
from likelier.errors import LikelierError

Columns = Mapping[str, Any]
"""Arrays of one length by name."""


def predict(
    model: o.Model,
    data: o.Data,
    interval: o.Interval = 0.9,
    quantiles: o.Quantiles = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            help="Column of DATA to put before the predictions; repeatable.", metavar="COLUMN"
        ),
    ] = None,
    missing: o.MissingOption = o.Missing.stop,
    out: Annotated[str | None, o.out_option("Write to this .csv or .parquet file.")] = None,
    format: Annotated[
        o.Rows,
        typer.Option(
            "--format",
            help="How rows are written to standard output.",
            rich_help_panel=o.OUTPUT_PANEL,
        ),
    ] = o.Rows.csv,
    quiet: o.Quiet = False,
) -> None:
    """Predict each row: mean, its standard error, spread, median, quantiles and interval.

    For labels the likeliest one and the probability of each. Where the target is known, also the
    negative log-likelihood of the row.

    Example: likelier predict model.lkl new.csv --interval 0.9 --out predictions.csv
    """
    from likelier.data import read_table
    from likelier.model import load
    from likelier.model.answers.predictions import prediction_columns

    o.check_writable(out, endings=(".csv", ".parquet"))
    fitted = load(model)
    with Progress("predicting"):
        rows = read_table(o.source(data))
        columns, _ = prediction_columns(
            fitted, rows, interval, quantiles or (), keep or (), missing.value
        )
    n = len(next(iter(columns.values())))
    if n < rows.n:
        remark(f"{rows.n - n:,} of {rows.n:,} rows have a missing value: left out")
    if out is not None:
        write(columns, Path(out))
        remark(f"Written: {out}, {n:,} rows")
    elif format is o.Rows.json:
        names = list(columns)
        show_json([dict(zip(names, row, strict=True)) for row in _records(columns)])
    elif format is o.Rows.table:
        show(_aligned(columns))
    else:
        show(_csv(columns).rstrip("\n"))


# Written here and not by pandas, whose import takes longer than predicting a few thousand rows.


def _records(columns: Columns) -> Iterator[tuple[Any, ...]]:
    """Rows of plain values."""
    return zip(*(values.tolist() for values in columns.values()), strict=True)


def _csv(columns: Columns) -> str:
    """Columns as CSV: every digit of a number, nothing for a cell without a value."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(["" if v is None or v != v else v for v in row] for row in _records(columns))
    return text.getvalue()


def _aligned(columns: Columns) -> str:
    """Columns as text, numbers to six digits."""
    from likelier.display import figures

    def cell(value: Any) -> str:
        if isinstance(value, float):
            return figures(value, 6)
        return "–" if value is None else str(value)

    rows = [tuple(columns), *(tuple(map(cell, row)) for row in _records(columns))]
    spans = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(f"{text:>{span}}" for text, span in zip(row, spans, strict=True)) for row in rows
    )


def write(columns: Columns, path: Path) -> None:
    """Write columns to a file, whole or not at all."""
    from likelier.model.files.archive import write_whole

    if path.suffix == ".csv":
        write_whole(path, _csv(columns).encode())
        return
    import pandas as pd

    try:
        content = pd.DataFrame(columns).to_parquet(index=False)
    except ImportError as error:
        raise LikelierError(
            f"cannot write {path}: Parquet needs pyarrow. Install it: pip install pyarrow"
        ) from error
    write_whole(path, content)

"""`likelier predict`: predictions of a saved model for new rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from likelier.cli import _options as o
from likelier.cli._output import Progress, remark, show, show_json
from likelier.errors import LikelierError

if TYPE_CHECKING:
    import pandas as pd


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
    from likelier.model.predictions import prediction_table

    o.check_writable(out, endings=(".csv", ".parquet"))
    fitted = load(model)
    with Progress("predicting"):
        rows = read_table(o.source(data))
        table = prediction_table(fitted, rows, interval, quantiles or (), keep or (), missing.value)
    if len(table) < rows.n:
        remark(f"{rows.n - len(table):,} of {rows.n:,} rows have a missing value: left out")
    if out is not None:
        write(table, Path(out))
        remark(f"Written: {out}, {len(table):,} rows")
    elif format is o.Rows.json:
        show_json(table.to_dict("records"))
    elif format is o.Rows.table:
        show(table.to_string(index=False))
    else:
        show(table.to_csv(index=False).rstrip("\n"))


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table to a file, whole or not at all."""
    from likelier.model.archive import write_whole

    if path.suffix == ".csv":
        write_whole(path, table.to_csv(index=False).encode())
        return
    try:
        content = table.to_parquet(index=False)
    except ImportError as error:
        raise LikelierError(
            f"cannot write {path}: Parquet needs pyarrow. Install it: pip install pyarrow"
        ) from error
    write_whole(path, content)

"""`likelier predict`: predictions of a saved model for new rows."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from likelier.cli import _options as o
from likelier.cli._output import Progress, remark, show, show_json
from likelier.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


def predict(
    model: o.Model,
    data: o.Data,
    interval: Annotated[float, typer.Option(help="Level of the predictive interval.")] = 0.9,
    quantiles: Annotated[
        list[float] | None,
        typer.Option("--quantile", help="Level of a further column; repeatable."),
    ] = None,
    out: Annotated[
        str | None, typer.Option(help="Write to this .csv or .parquet file.", metavar="FILE")
    ] = None,
    format: Annotated[
        o.Rows, typer.Option("--format", help="How rows are written to standard output.")
    ] = o.Rows.csv,
) -> None:
    """Predict each row: mean, spread, quantiles, interval, and NLL where the target is there.

    Example: likelier predict model.lkl new.csv --interval 0.9 --out predictions.csv
    """
    from likelier.model import load
    from likelier.model.predictions import prediction_table

    if not 0 < interval < 1:
        raise typer.BadParameter(f"--interval lies between 0 and 1; given: {interval}")
    fitted = load(model)
    with Progress("predicting"):
        table = prediction_table(fitted, o.source(data), interval, tuple(quantiles or (0.5,)))
    if out is not None:
        write(table, Path(out))
        remark(f"Written: {out}")
    elif format is o.Rows.json:
        show_json(table.to_dict("records"))
    elif format is o.Rows.table:
        show(table.to_string())
    else:
        show(table.to_csv(index=False))


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table beside its place and move it there, so that an old file stays whole."""
    if path.suffix not in (".csv", ".parquet"):
        raise DataError(f"cannot tell how to write {path}: end its name in .csv or .parquet")
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        try:
            if path.suffix == ".csv":
                table.to_csv(name, index=False)
            else:
                table.to_parquet(name)
            os.replace(name, path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror or error}") from error
    except ImportError as error:
        raise DataError(
            f"cannot write {path}: Parquet needs pyarrow, pip install 'likelier[parquet]'"
        ) from error

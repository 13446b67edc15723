"""`likelier report`: one HTML page about a saved model and the rows that it explains."""

from __future__ import annotations

from typing import Annotated

import typer

from likelier.cli import _options as o
from likelier.cli._output import Progress, remark


def report(
    model: o.Model,
    data: o.Data,
    out: Annotated[str, typer.Option(help="The page.", metavar="FILE")] = "report.html",
) -> None:
    """Write a self-contained HTML page about a model on rows whose target is known.

    Example: likelier report model.lkl visits.csv --out report.html
    """
    from likelier.data import read_table
    from likelier.model import load

    fitted = load(model)
    with Progress("writing the report"):
        fitted.refit(read_table(o.source(data))).report(out)
    remark(f"Written: {out}")

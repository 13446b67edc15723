"""`likelier report`: one HTML page about a saved model and rows whose target is known."""

from __future__ import annotations

from typing import Annotated

from likelier.cli import _options as o
from likelier.cli._output import Progress, remark
from likelier.cli.fit import write_page


def report(
    model: o.Model,
    data: o.Data,
    out: Annotated[str, o.out_option("The page.")] = "report.html",
    missing: o.MissingOption = o.Missing.stop,
    quiet: o.Quiet = False,
) -> None:
    """Write a self-contained HTML page about a model on rows whose target is known.

    Nothing is fitted again. On the rows of the fit the page is complete; on others it shows how
    well the model explains them.

    Example: likelier report model.lkl visits.csv --out report.html
    """
    from likelier.model import load

    o.check_writable(out)
    fitted = load(model)
    with Progress("reading the rows"):
        fitted = fitted.on(o.source(data), missing.value)
    write_page(fitted, out, data)
    remark(f"Written: {out}")

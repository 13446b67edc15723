"""`likelier score`: how well a saved model predicts rows whose target is known."""

from __future__ import annotations

from likelier.cli import _options as o
from likelier.cli._output import Progress, show, show_json

_NAMES = {
    "rows": "rows",
    "nll": "mean NLL, nats",
    "nll_standard_error": "its standard error",
    "mse": "mean squared error",
    "mae": "mean absolute error",
    "coverage_90": "share inside 90 % intervals",
    "accuracy": "share of labels predicted right",
}


def score(model: o.Model, data: o.Data, format: o.FormatOption = o.Format.table) -> None:
    """Score a saved model on rows whose target is known.

    Example: likelier score model.lkl held_out.csv
    """
    from likelier.data import read_table
    from likelier.model import load, predictions

    fitted = load(model)
    with Progress("scoring"):
        found = predictions.score(fitted, read_table(o.source(data)))
    if format is o.Format.json:
        show_json(found)
        return
    width = max(len(name) for name in _NAMES.values())
    for name, value in found.items():
        text = f"{value:,}" if name == "rows" else f"{value:.6g}"
        show(f"{_NAMES[name]:<{width}}  {text}".replace("-", "−"))

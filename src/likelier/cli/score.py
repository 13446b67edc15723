"""`likelier score`: how well a saved model predicts rows whose target is known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from likelier.cli import _options as o
from likelier.cli._output import Progress, show, show_json

if TYPE_CHECKING:
    from likelier.model import Fit

_NAMES = {
    "mse": "mean squared error",
    "mae": "mean absolute error",
    "coverage_90": "held by 90 % intervals",
    "accuracy": "labels predicted right",
}


def score(
    model: o.Model,
    data: o.Data,
    missing: o.MissingOption = o.Missing.stop,
    format: o.FormatOption = o.Format.table,
    quiet: o.Quiet = False,
) -> None:
    """Score a saved model on rows whose target is known.

    Example: likelier score model.lkl held_out.csv
    """
    from likelier.model import load, predictions

    fitted = load(model)
    with Progress("scoring"):
        found = predictions.score(fitted, o.source(data), missing.value)
    if format is o.Format.json:
        show_json({"distribution": fitted.distribution.text(), **found})
    else:
        show(as_text(fitted, found))


def as_text(fitted: Fit, found: Mapping[str, float]) -> str:
    """Scores as text, the answer in the first line."""
    from likelier.display import number

    error = found["nll_standard_error"]
    decimals = min(max(1 - math.floor(math.log10(error)), 1), 8) if 0 < error < math.inf else 4
    here, spread, before = (number(v, decimals) for v in (found["nll"], error, fitted.nll))
    lines = [
        f"mean NLL {here} ± {spread} nats a row  "
        f"(on the {fitted.facts.n_rows:,} rows of the fit: {before})",
        "",
        f"{'distribution':<24}{fitted.distribution.text()}",
        f"{'target':<24}{fitted.facts.target}",
        f"{'rows':<24}{found['rows']:,}",
    ]
    for name, text in _NAMES.items():
        if name in found:
            share = name in ("coverage_90", "accuracy")
            value = f"{100 * found[name]:.1f} %" if share else _figures(found[name])
            lines.append(f"{text:<24}{value}")
    return "\n".join(lines)


def _figures(value: float) -> str:
    return f"{value:,.5g}".replace("-", "−")

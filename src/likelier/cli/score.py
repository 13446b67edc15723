"""`likelier score`: how well a saved model predicts rows whose target is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from likelier.cli import _options as o
from likelier.cli._output import Progress, show, show_json
from likelier.display import number

if TYPE_CHECKING:
    from likelier.assessment import Assessment


def score(
    model: o.Model,
    data: o.Data,
    missing: o.MissingOption = o.Missing.stop,
    format: o.FormatOption = o.Format.table,
    quiet: o.Quiet = False,
) -> None:
    """Score a saved model on rows whose target is known, and say whether to believe it.

    Example: likelier score model.lkl held_out.csv
    """
    from likelier.model import load

    fitted = load(model)
    with Progress("scoring"):
        found = fitted.assess(o.source(data), missing=missing.value)
        lines = as_json(found) if format is o.Format.json else {}
        text = "" if lines else str(found)
    if lines:
        show_json({"distribution": fitted.distribution.text(), "target": found.target, **lines})
        return
    before = f"NLL of {fitted.distribution.text()} on the {fitted.facts.n_rows:,} rows of the fit"
    show(f"{text}\n\n{before}: {number(fitted.nll, 4)}")


def as_json(found: Assessment) -> dict[str, Any]:
    """An assessment as plain data: each score with its standard error, claim and verdict."""
    lines: dict[str, Any] = {"rows": found.n_rows, "claim": found.claim, "verdict": found.verdict}
    table = found.table
    for name, value, error in zip(table.score, table.value, table.standard_error, strict=True):
        lines[name], lines[f"{name}_standard_error"] = value, error
    return lines

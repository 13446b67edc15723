"""`likelier fit`: fit a distribution to a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from likelier.cli import _options as o
from likelier.cli._output import Progress, remark, show, show_json

if TYPE_CHECKING:
    from likelier.model import Fit


def fit(
    data: o.Data,
    formula: o.Formula,
    distribution: Annotated[
        str,
        typer.Option(
            "--distribution",
            "-d",
            help="Family, such as negative_binomial; auto lets held-out likelihood choose.",
        ),
    ] = "auto",
    formulas: Annotated[
        list[str] | None,
        typer.Option(
            "-f",
            "--formula",
            help="Formula of another parameter, such as 'scale ~ z'; repeatable.",
            metavar="'PARAMETER ~ TERMS'",
        ),
    ] = None,
    link: o.Link = None,
    weights: o.Weights = None,
    weight_type: o.WeightTypeOption = o.WeightType.frequency,
    offset: o.Offset = None,
    exposure: o.Exposure = None,
    groups: o.Groups = None,
    missing: o.MissingOption = o.Missing.stop,
    out: Annotated[
        str | None, typer.Option(help="Write the model to this file.", metavar="FILE")
    ] = None,
    report: Annotated[
        str | None, typer.Option(help="Write an HTML page about the fit.", metavar="FILE")
    ] = None,
    level: Annotated[float, typer.Option(help="Level of the intervals.")] = 0.95,
    format: o.FormatOption = o.Format.table,
    seed: o.Seed = 0,
) -> None:
    """Fit a distribution of the target and print its summary.

    Example: likelier fit visits.csv 'visits ~ age + C(plan)' -d negative_binomial --out model.lkl
    """
    from likelier import model

    chosen: Any = distribution
    if distribution != "auto":
        chosen = model.resolve_family(distribution)
    elif formulas:
        raise typer.BadParameter("-f names a parameter, so it needs a distribution: -d FAMILY")
    with Progress(f"fitting {distribution}"):
        result = model.fit(
            o.formulas_of(formula, formulas, chosen),
            o.source(data),
            chosen,
            links=o.links_of(link) or None,
            weights=weights,
            weight_type=weight_type.value,
            offset=offset,
            exposure=exposure,
            groups=groups,
            missing=missing.value,
            seed=seed,
        )
    if out is not None:
        result.save(out)
    if report is not None:
        with Progress("writing the report"):
            result.report(report)
    write(result, level, format)
    for path in (out, report):
        if path is not None:
            remark(f"Written: {path}")
    if any(d.severity == "serious" for d in result.diagnoses):
        raise typer.Exit(4)


def write(result: Fit, level: float, format: o.Format) -> None:
    """Write a fit as text or JSON."""
    if format is o.Format.json:
        show_json(as_json(result, level))
        return
    if result.contest is not None:
        show(f"{result.contest}\n")
    show(str(result.summary(level)))


def as_json(result: Fit, level: float) -> dict[str, Any]:
    """A fit as plain data."""
    found: dict[str, Any] = {
        "distribution": result.distribution.text(),
        "target": result.facts.target,
        "formulas": dict(result.facts.formulas),
        "links": result.links,
        "n_observations": result.n_observations,
        "n_dropped": result.facts.n_dropped,
        "log_likelihood": result.log_likelihood,
        "aic": result.aic,
        "bic": result.bic,
        "degrees_of_freedom": result.degrees_of_freedom,
        "converged": result.converged,
        "level": level,
        "coefficients": result.summary(level).table.to_dict("records"),
        "diagnoses": [
            {
                "kind": d.kind,
                "severity": d.severity,
                "message": d.message,
                "where": list(d.where),
                "remedy": d.remedy,
            }
            for d in result.diagnoses
        ],
    }
    if result.contest is not None:
        found["contest"] = result.contest.table.to_dict("records")
    return found

"""`likelier compare`: which distribution explains the target best."""

from __future__ import annotations

from typing import Annotated

import typer

from likelier.cli import _options as o
from likelier.cli._output import Progress, show, show_json


def compare(
    data: o.Data,
    formula: o.Formula,
    distributions: Annotated[
        list[str] | None,
        typer.Option(
            "--distribution", "-d", help="A candidate; repeatable. All that suit if none is named."
        ),
    ] = None,
    folds: Annotated[int, typer.Option(help="Folds of the cross-validation.", min=2)] = 5,
    link: o.Link = None,
    weights: o.Weights = None,
    weight_type: o.WeightTypeOption = o.WeightType.frequency,
    offset: o.Offset = None,
    exposure: o.Exposure = None,
    groups: o.Groups = None,
    missing: o.MissingOption = o.Missing.stop,
    format: o.FormatOption = o.Format.table,
    seed: o.Seed = 0,
) -> None:
    """Compare distributions by the negative log-likelihood of rows they were not fitted to.

    Example: likelier compare visits.csv 'visits ~ age' -d poisson -d negative_binomial
    """
    from likelier import model

    with Progress("comparing distributions"):
        contest = model.compare(
            formula,
            o.source(data),
            distributions or "auto",
            folds=folds,
            links=o.links_of(link) or None,
            weights=weights,
            weight_type=weight_type.value,
            offset=offset,
            exposure=exposure,
            groups=groups,
            missing=missing.value,
            seed=seed,
        )
    if format is o.Format.json:
        show_json(
            {
                "best": contest.winner.name,
                "verdict": contest.verdict,
                "folds": contest.folds,
                "candidates": contest.table.to_dict("records"),
            }
        )
    else:
        show(str(contest))

"""`likelier compare`: which distribution explains the target best."""

from __future__ import annotations

from typing import Annotated

import typer

from likelier.cli import _options as o
from likelier.cli._output import Progress, show, show_json
from likelier.cli.fit import calibration_line, contest_json, contest_lines, end


def compare(
    data: o.Data,
    formula: o.Formula,
    distributions: Annotated[
        list[str] | None,
        typer.Option(
            "--distribution",
            "-d",
            autocompletion=o.complete_family,
            help="A candidate; repeatable. All that suit the target if none is named.",
            rich_help_panel=o.MODEL_PANEL,
        ),
    ] = None,
    folds: o.Folds = 5,
    link: o.Link = None,
    predictor: o.PredictorText = None,
    seed: o.Seed = 0,
    weights: o.Weights = None,
    weight_type: o.WeightTypeOption = o.WeightType.frequency,
    offset: o.Offset = None,
    exposure: o.Exposure = None,
    groups: o.Groups = None,
    missing: o.MissingOption = o.Missing.stop,
    format: o.FormatOption = o.Format.table,
    quiet: o.Quiet = False,
) -> None:
    """Compare distributions by the negative log-likelihood of rows they were not fitted to.

    Example: likelier compare visits.csv 'visits ~ age' -d poisson -d negative_binomial
    """
    from likelier import model

    named = [] if distributions == ["auto"] else distributions or []
    families = [model.resolve_family(text) for text in named]
    with Progress("comparing distributions") as progress:
        contest = model.compare(
            formula,
            o.source(data),
            families or "auto",
            folds=folds,
            links=o.links_of(link),
            predictor=o.predictor_of(predictor),
            weights=weights,
            weight_type=weight_type.value,
            offset=offset,
            exposure=exposure,
            groups=groups,
            missing=missing.value,
            seed=seed,
            progress=progress.say,
        )
    if format is o.Format.json:
        show_json(contest_json(contest))
    else:
        show("\n\n".join(filter(None, (contest_lines(contest), calibration_line(contest)))))
    end(contest.best)

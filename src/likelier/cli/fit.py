"""`likelier fit`: fit a distribution to a table."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from likelier.cli import _options as o
from likelier.cli._output import Progress, complain, remark, show, show_json, width
from likelier.cli.score import as_json as scores
from likelier.errors import LikelierError

if TYPE_CHECKING:
    from likelier.assessment import Assessment
    from likelier.diagnosis import Diagnosis
    from likelier.model import Comparison, Fit
    from likelier.solvers import Step


def fit(
    data: o.Data,
    formula: o.Formula,
    distribution: Annotated[
        str,
        typer.Option(
            "--distribution",
            "-d",
            autocompletion=o.complete_family,
            help="Family, such as negative_binomial; auto lets held-out likelihood choose.",
            rich_help_panel=o.MODEL_PANEL,
        ),
    ] = "auto",
    formulas: o.Formulas = None,
    link: o.Link = None,
    penalty: o.Penalties = None,
    risk: o.RiskText = None,
    fair: o.Fairness = None,
    predictor: o.PredictorText = None,
    seed: o.Seed = 0,
    weights: o.Weights = None,
    weight_type: o.WeightTypeOption = o.WeightType.frequency,
    offset: o.Offset = None,
    exposure: o.Exposure = None,
    groups: o.Groups = None,
    missing: o.MissingOption = o.Missing.stop,
    validate: Annotated[
        str | None,
        typer.Option(
            help="Judge the fit on other rows: a file of them, or the share of DATA to hold out.",
            metavar="DATA|SHARE",
            rich_help_panel=o.MODEL_PANEL,
        ),
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(
            help="Sum on the workers of the Dask cluster whose scheduler answers here.",
            metavar="ADDRESS",
            rich_help_panel=o.MODEL_PANEL,
        ),
    ] = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            help="Keep the state of a fit that reads files in each pass here; go on from it.",
            metavar="FILE",
            rich_help_panel=o.MODEL_PANEL,
        ),
    ] = None,
    out: Annotated[str | None, o.out_option("Write the model to this file.")] = None,
    report: Annotated[str | None, o.out_option("Write an HTML page about the fit.")] = None,
    level: o.Level = 0.95,
    format: o.FormatOption = o.Format.table,
    quiet: o.Quiet = False,
) -> None:
    """Fit a distribution of the target and print its summary.

    Without -d, distributions that suit the target compete by held-out likelihood.

    Example: likelier fit visits.csv 'visits ~ age + C(plan)' -d negative_binomial --out model.lkl
    """
    from likelier import engines, model

    o.check_writable(out, report)
    settings: dict[str, Any] = {
        "objective": o.objective_of(penalty, risk, fair),
        "predictor": o.predictor_of(predictor),
        "links": o.links_of(link),
        "weights": weights,
        "weight_type": weight_type.value,
        "offset": offset,
        "exposure": exposure,
        "groups": groups,
        "missing": missing.value,
        "seed": seed,
    }
    table, others = rows_of(data, validate, seed, groups)
    engine = None if dask is None else engines.Dask(dask)
    if distribution == "auto":
        if dask or checkpoint:
            raise LikelierError("--dask and --checkpoint need a distribution: -d FAMILY")
        if formulas:
            raise LikelierError("-f names a parameter of a distribution, so it needs -d FAMILY")
        result = fit_best(table, formula, settings)
    else:
        family = model.resolve_family(distribution)
        with Progress(f"fitting {family.text()}") as progress:
            result = model.fit(
                o.formulas_of(formula, formulas, family),
                table,
                family,
                progress=lambda step: progress.say(said(step)),
                engine=engine,
                checkpoint=checkpoint,
                **settings,
            )
    if out is not None:
        result.save(out)
    if report is not None:
        write_page(result, report, data)
    assessment = None
    if others is not None:
        with Progress("judging the fit"):
            assessment = result.assess(others, missing=missing.value, which="held-out rows")
    write(result, level, format, assessment)
    for path in (out, report):
        if path is not None:
            remark(f"Written: {path}")
    if engine is not None:
        # Standard errors may have asked for one pass more.
        engine.close()
    end(result)


def said(step: Step) -> str:
    """A step of a search, or how far a pass over files has come."""
    return step.phase if math.isnan(step.value) else f"{step.phase}, NLL {step.value:,.1f}"


def fit_best(data: Any, formula: str, settings: dict[str, Any]) -> Fit:
    """The fit of the family that wins by held-out likelihood among those that suit the target."""
    from likelier import model
    from likelier.data import read_table

    with Progress("choosing a distribution") as progress:
        table = read_table(data)
        kept = ("weights", "offset", "exposure", "groups", "missing")
        suited = model.candidates(formula, table, **{name: settings[name] for name in kept})
        if len(suited) == 1:
            return model.fit(formula, table, suited[0], **settings)
        return model.compare(formula, table, suited, progress=progress.say, **settings).best


def rows_of(data: str, validate: str | None, seed: int, groups: str | None) -> tuple[Any, Any]:
    """The rows to fit, and those to judge the fit on, or None."""
    from likelier.data import hold_out, read_table

    table = o.source(data)
    if validate is None:
        return table, None
    try:
        share = float(validate)
    except ValueError:
        return table, read_table(o.source(validate))
    if not 0 < share < 1:
        raise LikelierError(
            f"--validate takes a share between 0 and 1, or a file; given: {share:g}"
        )
    return hold_out(read_table(table), share, seed, groups)


def write_page(result: Fit, path: str, data: str) -> None:
    """Write the HTML page of a fit."""
    from likelier.model.answers.describe import write_report

    with Progress("writing the page"):
        write_report(result, path, o.name_of(data))


def write(
    result: Fit, level: float, format: o.Format, assessment: Assessment | None = None
) -> None:
    """Write a fit as text or JSON, and how good it is on other rows."""
    if format is o.Format.json:
        found = as_json(result, level)
        if assessment is not None:
            found["validation"] = scores(assessment)
        show_json(found)
        return
    parts = [result.summary(level).on_command_line().text(width())]
    if result.contest is not None:
        parts = [contest_lines(result.contest), *parts, calibration_line(result.contest)]
    if assessment is not None:
        parts.append(str(assessment))
    show("\n\n".join(filter(None, parts)))


def contest_lines(contest: Comparison) -> str:
    """A contest as text for this terminal."""
    from likelier.model.answers.describe import contest_data
    from likelier.report import contest_text

    return contest_text(contest_data(contest), width())


def calibration_line(contest: Comparison) -> str:
    """How the winner's predictions of held-out rows came true."""
    found = contest.calibration
    if found is None:
        return ""
    end = "" if contest.best.diagnoses or not found.calibrated else " Nothing to report."
    text = f"Calibration (held out): {found.sentence()}{end}"
    return textwrap.fill(text, width(), break_on_hyphens=False)


def end(result: Fit) -> None:
    """Exit with 4 where the likelihood has no maximum, or none was found.

    Where a parameter lies at the edge of its domain the maximum is that of the limit, and stands.
    """
    if result.converged:
        return
    if any(d.severity == "serious" for d in result.diagnoses):
        complain("no finite optimum was found: what stands in the summary is not a valid fit")
        raise typer.Exit(4)
    complain("an estimate lies at its boundary and has no finite value; the rest stands")


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
        "objective_terms": result.objective_terms.to_dict("records"),
        "converged": result.converged,
        "level": level,
        "coefficients": result.summary(level).table.to_dict("records"),
        "diagnoses": diagnoses_json(result.diagnoses),
    }
    if result.contest is not None:
        found["contest"] = contest_json(result.contest)
    return found


def diagnoses_json(diagnoses: Sequence[Diagnosis]) -> list[dict[str, Any]]:
    """Diagnoses as plain data."""
    return [
        {
            "kind": d.kind,
            "severity": d.severity,
            "message": d.message,
            "where": list(d.where),
            "remedy": d.remedy,
        }
        for d in (d.on_command_line() for d in diagnoses)
    ]


def contest_json(contest: Comparison) -> dict[str, Any]:
    """A contest as plain data."""
    from dataclasses import asdict

    found = contest.calibration
    return {
        "best": contest.winner.name,
        "verdict": contest.verdict,
        "folds": contest.folds,
        "candidates": contest.table.to_dict("records"),
        "calibration": None if found is None else asdict(found),
    }

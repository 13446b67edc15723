"""`likelier ab-test`: which arm is better, how sure that is, what is lost if it is wrong."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from likelier.cli import _options as o
from likelier.cli._output import Progress, show, show_json, width
from likelier.cli.fit import diagnoses_json, end
from likelier.errors import LikelierError

if TYPE_CHECKING:
    from likelier.model.ab_test.adjusted import AdjustedABTest
    from likelier.model.ab_test.result import ABTest


class Better(StrEnum):
    """Which values are better."""

    high = "higher"
    low = "lower"


def ab_test(
    data: Annotated[
        list[str],
        typer.Argument(
            help="Totals of each arm, ARM=NUMBER/NUMBER: successes/trials, events/exposure, "
            "mean/sd/n or events/time; or one file of rows as other commands take it.",
            metavar="ARM=TOTALS | DATA",
            show_default=False,
        ),
    ],
    family: Annotated[
        str,
        typer.Option(
            help="bernoulli, poisson, normal or exponential; with --covariates any distribution.",
            rich_help_panel=o.MODEL_PANEL,
        ),
    ] = "bernoulli",
    prior: Annotated[
        list[str] | None,
        typer.Option(
            help="A parameter of the prior, such as concentration1=0.5; repeatable.",
            metavar="PARAMETER=NUMBER",
            rich_help_panel=o.MODEL_PANEL,
        ),
    ] = None,
    covariates: Annotated[
        str | None,
        typer.Option(
            help="Hold these equal, by a regression, such as 'age + C(region)'.",
            metavar="TERMS",
            rich_help_panel=o.MODEL_PANEL,
        ),
    ] = None,
    better: Annotated[
        Better, typer.Option(help="Which values are better.", rich_help_panel=o.MODEL_PANEL)
    ] = Better.high,
    control: Annotated[
        str | None,
        typer.Option(
            help="Arm that the others are compared with; the first if not given.",
            metavar="ARM",
            rich_help_panel=o.MODEL_PANEL,
        ),
    ] = None,
    share: Annotated[
        list[str] | None,
        typer.Option(
            help="Share of units planned for an arm, such as A=0.9; equal if none is given.",
            metavar="ARM=NUMBER",
            rich_help_panel=o.MODEL_PANEL,
        ),
    ] = None,
    outcome: Annotated[
        str | None,
        typer.Option(
            help="Outcomes, or 'Surv(time, event)'.",
            metavar="COLUMN",
            rich_help_panel=o.COLUMNS_PANEL,
        ),
    ] = None,
    arm: Annotated[
        str | None,
        typer.Option(help="Names of arms.", metavar="COLUMN", rich_help_panel=o.COLUMNS_PANEL),
    ] = None,
    exposure: o.Exposure = None,
    weights: o.Weights = None,
    missing: o.MissingOption = o.Missing.stop,
    level: o.Level = 0.95,
    format: o.FormatOption = o.Format.table,
    quiet: o.Quiet = False,
) -> None:
    """Say which arm of a test is better, how sure that is, and what is lost if it is wrong.

    Example: likelier ab-test A=120/1000 B=150/1010 --family bernoulli

    Example: likelier ab-test visits.csv --outcome converted --arm variant
    """
    from likelier.model.ab_test.ab_test import ab_test as compare_arms
    from likelier.model.ab_test.adjusted import AdjustedABTest

    options: dict[str, Any] = {
        "family": family,
        "prior": numbers_of(prior, "--prior", "PARAMETER=NUMBER") if prior else None,
        "covariates": covariates,
        "better": better.value,
        "control": control,
        "shares": numbers_of(share, "--share", "ARM=NUMBER") if share else None,
        "level": level,
        "exposure": exposure,
        "weights": weights,
    }
    with Progress("comparing arms"):
        if outcome is None and arm is None:
            result = compare_arms(totals_of(data), **options)
        else:
            if len(data) != 1 or outcome is None or arm is None:
                raise LikelierError("rows need one DATA, --outcome COLUMN and --arm COLUMN")
            options["missing"] = missing.value
            rows = o.source(data[0])
            result = compare_arms(rows, outcome=outcome, arm=arm, **options)
        text = "" if format is o.Format.json else result.text(width())
        found = as_json(result) if format is o.Format.json else {}
    if found:
        show_json(found)
    else:
        show(text)
    if isinstance(result, AdjustedABTest):
        end(result.fit)


def totals_of(texts: list[str]) -> dict[str, tuple[float, ...]]:
    """Totals by arm from texts `A=120/1000`."""
    totals: dict[str, tuple[float, ...]] = {}
    for text in texts:
        name, equals, values = text.rpartition("=")
        try:
            numbers = tuple(float(v.replace(",", "")) for v in values.split("/"))
        except ValueError:
            numbers = ()
        if not equals or not name or not numbers:
            raise LikelierError(
                f"totals are ARM=NUMBER/NUMBER, such as A=120/1000; given: {text}\n"
                "A file of rows needs --outcome COLUMN and --arm COLUMN."
            )
        if name in totals:
            raise LikelierError(f"arm {name!r} is given twice")
        totals[name] = numbers
    return totals


def numbers_of(texts: list[str], option: str, shape: str) -> dict[str, float]:
    """Numbers by name from texts `name=number`."""
    values: dict[str, float] = {}
    for text in texts:
        name, equals, number = text.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not equals or not name or math.isnan(value):
            raise LikelierError(f"{option} takes {shape}; given: {text}")
        values[name] = value
    return values


def as_json(result: ABTest | AdjustedABTest) -> dict[str, Any]:
    """A test as plain data."""
    from likelier.model.ab_test.result import ABTest

    diagnoses = result.diagnoses if isinstance(result, ABTest) else result.fit.diagnoses
    found: dict[str, Any] = {
        "verdict": result.verdict,
        "control": result.control,
        "better": result.better,
        "level": result.level,
        "diagnoses": diagnoses_json(diagnoses),
    }
    if not isinstance(result, ABTest):
        effects = result.effects.to_dict("records")
        return {**found, "covariates": result.covariates, "scale": result.scale, "effects": effects}
    pairs = []
    for arm in result.arms:
        if arm != result.control:
            pair: dict[str, Any] = {"arm": arm}
            for effect in (
                result.difference(arm, result.control),
                result.lift(arm, result.control),
            ):
                pair[effect.kind] = {
                    "estimate": effect.estimate, "lower": effect.lower, "upper": effect.upper
                }  # fmt: skip
            pair["probability_better"] = result.probability_better(arm, result.control)
            pairs.append(pair)
    return {
        **found,
        "family": result.conjugate.name,
        "quantity": result.conjugate.quantity,
        "prior": dict(result.prior),
        "arms": result.table.to_dict("records"),
        "effects": pairs,
    }

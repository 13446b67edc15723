"""Options that several sub-commands share, each defined once."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from likelier.errors import FormulaError, LikelierError


class Format(StrEnum):
    """How results are written."""

    table = "table"
    json = "json"


class Rows(StrEnum):
    """How rows are written."""

    csv = "csv"
    json = "json"
    table = "table"


class Missing(StrEnum):
    """What to do with rows that have a missing value."""

    stop = "raise"
    drop = "drop"


class WeightType(StrEnum):
    """What weights mean."""

    frequency = "frequency"
    precision = "precision"


Data = Annotated[
    str,
    typer.Argument(
        help="CSV or Parquet file, a glob of them, or - for CSV on standard input.",
        metavar="DATA",
        show_default=False,
    ),
]
Formula = Annotated[
    str,
    typer.Argument(
        help="Formula, such as 'visits ~ age + C(plan)'.", metavar="FORMULA", show_default=False
    ),
]
Model = Annotated[
    str, typer.Argument(help="File that `fit --out` wrote.", metavar="MODEL", show_default=False)
]
FormatOption = Annotated[Format, typer.Option("--format", help="How the result is written.")]
Weights = Annotated[str | None, typer.Option(help="Column of row weights.", metavar="COLUMN")]
WeightTypeOption = Annotated[
    WeightType,
    typer.Option("--weight-type", help="Whether weights count rows or scale precision."),
]
Offset = Annotated[
    str | None, typer.Option(help="Column added to the first predictor.", metavar="COLUMN")
]
Exposure = Annotated[
    str | None, typer.Option(help="Column of exposures, under a log link.", metavar="COLUMN")
]
Groups = Annotated[
    str | None,
    typer.Option(help="Column of groups; a group is never split between folds.", metavar="COLUMN"),
]
MissingOption = Annotated[
    Missing,
    typer.Option("--missing", help="Refuse rows with missing values, or drop and count them."),
]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
Link = Annotated[
    list[str] | None,
    typer.Option(
        "--link",
        help="Link of a parameter, such as 'mean=identity'; repeatable.",
        metavar="PARAMETER=LINK",
    ),
]


def source(data: str) -> Any:
    """What to read: a path, or standard input for `-`."""
    return sys.stdin if data == "-" else data


def links_of(texts: list[str] | None) -> dict[str, str]:
    """Links by parameter from texts `parameter=link`."""
    links = {}
    for text in texts or []:
        name, equals, link = text.partition("=")
        if not equals:
            raise LikelierError(
                f"--link takes PARAMETER=LINK, such as mean=identity; given: {text}"
            )
        links[name.strip()] = link.strip()
    return links


def formulas_of(formula: str, more: list[str] | None, family: Any) -> Any:
    """The formula, or a dict of them where other parameters have one of their own."""
    if not more:
        return formula
    formulas = {family.main: formula}
    for text in more:
        name, tilde, right = text.partition("~")
        if not tilde:
            raise FormulaError(
                f"-f takes 'PARAMETER ~ TERMS', such as 'scale ~ z'; given: {text!r}"
            )
        formulas[name.strip()] = f"~ {right}"
    return formulas

"""Options that several sub-commands share, each defined once."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from likelier.cli._output import Settings
from likelier.errors import LikelierError, did_you_mean


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


def _level(value: float) -> float:
    if not 0 < value < 1:
        raise typer.BadParameter(f"{value:g} is not between 0 and 1.")
    return value


def _quiet(value: bool) -> bool:
    # Before the command or behind it: either way the whole run is quiet.
    Settings.quiet = Settings.quiet or value
    return value


def _levels(values: list[float] | None) -> list[float] | None:
    for value in values or []:
        _level(value)
    return values


def complete_family(incomplete: str) -> list[str]:
    """Families and modifiers that start so, for the completion of the shell."""
    from likelier.distributions import catalogue
    from likelier.distributions._text import modifiers

    names = ["auto", *catalogue(), *(f"{name}(" for name in modifiers())]
    return [name for name in sorted(names) if name.startswith(incomplete)]


COLUMNS_PANEL = "Columns of the data"
MODEL_PANEL = "Model"
OUTPUT_PANEL = "Output"

Data = Annotated[
    str,
    typer.Argument(
        help="CSV or Parquet file, a glob of them in quotes, or - for standard input.",
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
    str,
    typer.Argument(help="File that `fit --out` wrote.", metavar="MODEL", show_default=False),
]
Formulas = Annotated[
    list[str] | None,
    typer.Option(
        "-f",
        "--formula",
        help="Formula of another parameter, such as 'dispersion ~ z'; repeatable.",
        metavar="'PARAMETER ~ TERMS'",
        rich_help_panel=MODEL_PANEL,
    ),
]
Link = Annotated[
    list[str] | None,
    typer.Option(
        "--link",
        help="Link of a parameter, such as mean=identity; repeatable.",
        metavar="PARAMETER=LINK",
        rich_help_panel=MODEL_PANEL,
    ),
]
Weights = Annotated[
    str | None,
    typer.Option(help="Row weights, 0 or above.", metavar="COLUMN", rich_help_panel=COLUMNS_PANEL),
]
WeightTypeOption = Annotated[
    WeightType,
    typer.Option(
        "--weight-type",
        help="Whether weights count rows or scale their precision.",
        rich_help_panel=COLUMNS_PANEL,
    ),
]
Offset = Annotated[
    str | None,
    typer.Option(
        help="Added to the first predictor.", metavar="COLUMN", rich_help_panel=COLUMNS_PANEL
    ),
]
Exposure = Annotated[
    str | None,
    typer.Option(
        help="Exposures, above 0, under a log link.",
        metavar="COLUMN",
        rich_help_panel=COLUMNS_PANEL,
    ),
]
Groups = Annotated[
    str | None,
    typer.Option(
        help="Groups; none is split between folds.", metavar="COLUMN", rich_help_panel=COLUMNS_PANEL
    ),
]
MissingOption = Annotated[
    Missing,
    typer.Option(
        "--missing",
        help="Refuse rows with a missing value, or drop and count them.",
        rich_help_panel=COLUMNS_PANEL,
    ),
]
FormatOption = Annotated[
    Format,
    typer.Option("--format", help="How the result is written.", rich_help_panel=OUTPUT_PANEL),
]
Level = Annotated[
    float,
    typer.Option(
        help="Level of the confidence intervals.", callback=_level, rich_help_panel=OUTPUT_PANEL
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        help="Results and errors only, no progress.",
        callback=_quiet,
        rich_help_panel=OUTPUT_PANEL,
    ),
]
Interval = Annotated[float, typer.Option(help="Level of the predictive interval.", callback=_level)]
Quantiles = Annotated[
    list[float] | None,
    typer.Option("--quantile", help="Level of a further quantile; repeatable.", callback=_levels),
]
Penalties = Annotated[
    list[str] | None,
    typer.Option(
        "--penalty",
        help="Penalty and its strength, such as l1:0.1, l2:1, elastic_net:0.1,0.5, group_l1:0.1, "
        "jeffreys; repeatable.",
        metavar="NAME[:STRENGTH]",
        rich_help_panel=MODEL_PANEL,
    ),
]
RiskText = Annotated[
    str | None,
    typer.Option(
        "--risk",
        help="What of the rows' NLL is minimised instead of its mean: cvar:0.9 (that of the worst "
        "tenth), label_smoothing:0.1, beta_nll:0.5.",
        metavar="NAME[:NUMBER]",
        rich_help_panel=MODEL_PANEL,
    ),
]
PredictorText = Annotated[
    str | None,
    typer.Option(
        "--predictor",
        help="How columns become parameters: linear, a neural network with these hidden units, "
        "mlp:64,64, or several of them, ensemble:5.",
        metavar="NAME[:NUMBERS]",
        rich_help_panel=MODEL_PANEL,
    ),
]
Fairness = Annotated[
    list[str] | None,
    typer.Option(
        "--fair",
        help="Draw the mean predictions of a column's groups together, such as sex:5; repeatable.",
        metavar="COLUMN:STRENGTH",
        rich_help_panel=MODEL_PANEL,
    ),
]
Seed = Annotated[int, typer.Option(help="Seed of everything random.", rich_help_panel=MODEL_PANEL)]
Folds = Annotated[
    int, typer.Option(help="Folds of the cross-validation.", min=2, rich_help_panel=MODEL_PANEL)
]


def out_option(text: str, default_metavar: str = "FILE") -> Any:
    """An option that names a file to write."""
    return typer.Option(help=text, metavar=default_metavar, rich_help_panel=OUTPUT_PANEL)


def source(data: str) -> Any:
    """What to read: a path, or standard input for `-`."""
    if data != "-":
        return data
    stream = io.BytesIO(sys.stdin.buffer.read())
    stream.name = "standard input"
    return stream


def name_of(data: str) -> str:
    """What the data are called on a page and in a progress line."""
    return "standard input" if data == "-" else os.path.basename(data)


def links_of(texts: list[str] | None) -> dict[str, str] | None:
    """Links by parameter from texts `parameter=link`."""
    links = {}
    for text in texts or []:
        name, equals, link = text.partition("=")
        if not equals or not name.strip() or not link.strip():
            raise LikelierError(
                f"--link takes PARAMETER=LINK, such as mean=identity; given: {text}"
            )
        links[name.strip()] = link.strip()
    return links or None


def formulas_of(formula: str, more: list[str] | None, family: Any) -> Any:
    """The formula, or a dict of them where other parameters have one of their own."""
    if not more:
        return formula
    known = family.parameter_names
    formulas = {known[0]: formula}
    for text in more:
        name, tilde, right = (part.strip() for part in text.partition("~"))
        if not tilde or not name:
            raise LikelierError(
                f"-f takes 'PARAMETER ~ TERMS', such as '{known[-1]} ~ z'; given: {text}"
            )
        if name not in known:
            raise LikelierError(
                f"-f '{text}': {family.text()} has no parameter {name}."
                f"{did_you_mean(name, known)} It predicts {', '.join(known)}"
            )
        if name in formulas:
            where = "FORMULA" if name == known[0] else "another -f"
            raise LikelierError(f"-f '{text}': {name} has its formula from {where} already")
        formulas[name] = f"~ {right}"
    return formulas


def predictor_of(text: str | None) -> Any:
    """The predictor of a text `name:numbers`; None for linear predictors."""
    if text is None:
        return None
    from likelier.predictors import predictor_from_text

    return predictor_from_text(text)


def objective_of(
    penalties: list[str] | None, risk: str | None = None, fair: list[str] | None = None
) -> Any:
    """A risk with the penalties of texts `name:number,…`; None for the plain likelihood."""
    if not penalties and risk is None and not fair:
        return None
    from likelier.objective import NLL, fairness_from_text, penalty_from_text, risk_from_text

    objective: Any = NLL() if risk is None else risk_from_text(risk)
    for text in penalties or ():
        objective = objective + penalty_from_text(text)
    for text in fair or ():
        objective = objective + fairness_from_text(text)
    return objective


def check_writable(*paths: str | None, endings: Sequence[str] = ()) -> None:
    """Refuse a place that cannot be written to before any long work."""
    for path in filter(None, paths):
        folder = Path(path).parent
        reason = ""
        if Path(path).is_dir():
            reason = "it is a folder"
        elif not folder.is_dir():
            reason = f"there is no folder {folder}"
        elif not os.access(folder, os.W_OK):
            reason = f"permission to write to the folder {folder} is denied"
        elif endings and Path(path).suffix not in endings:
            reason = f"its name must end in {' or '.join(endings)}"
        if reason:
            raise LikelierError(f"cannot write {path}: {reason}")

"""A regularisation path in words: what each rule chooses, and what it costs."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from likelier.display import WIDTH, grouped, html_block, html_note, html_table, number

RULE_TITLES = {
    "one_standard_error": "one standard error",
    "held_out": "least held-out NLL",
    "aic": "AIC",
    "bic": "BIC",
}
"""Rules as a picture names them; the table shows what `fit` takes."""


@dataclass(frozen=True)
class PathLine:
    """One coefficient along a path: its name, and its values for a standardised column."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True)
class PathData:
    """A regularisation path.

    Attributes:
        target: name of the target; family, penalty: as text; n_rows: rows used.
        strengths: falling; nonzero: slopes that are not 0; nll: mean of a row.
        held_out, error: mean held-out NLL of a row with its standard error, NaN without folds.
        folds: how many, or 0.
        chosen: the position that each rule chooses.
        lines: the penalised coefficients.
    """

    target: str
    family: str
    penalty: str
    n_rows: int
    strengths: Sequence[float]
    nonzero: Sequence[int]
    nll: Sequence[float]
    held_out: Sequence[float]
    error: Sequence[float]
    folds: int
    chosen: Mapping[str, int]
    lines: Sequence[PathLine]
    residual: float | None = None


def _rows(data: PathData) -> list[tuple[str, str, str, str]]:
    rows = []
    for rule, k in data.chosen.items():
        held = "–"
        if math.isfinite(data.held_out[k]):
            held = f"{number(data.held_out[k], 4)} ± {number(data.error[k], 4)}"
        rows.append((rule, f"{data.strengths[k]:.4g}", str(data.nonzero[k]), held))
    return rows


_HEADS = ("rule", "strength", "terms", "held-out NLL")


def _title(data: PathData) -> str:
    first, last = data.strengths[0], data.strengths[-1]
    certificate = ""
    if data.residual is not None:
        certificate = f" Certificate: no subgradient above {data.residual:.1g}."
    return (
        f"{data.penalty} of {data.target} as {data.family}, {grouped(data.n_rows)} rows: "
        f"{len(data.strengths)} strengths from {first:.3g} to {last:.3g}, up to "
        f"{max(data.nonzero)} of {len(data.lines)} terms.{certificate}"
    )


def path_text(data: PathData, width: int = WIDTH) -> str:
    """The path as text: what it is, and a line for each choice."""
    rows = [_HEADS, *_rows(data)]
    wide = [max(len(row[k]) for row in rows) for k in range(4)]
    lines = [
        f"  {row[0]:<{wide[0]}}  {row[1]:>{wide[1]}}  {row[2]:>{wide[2]}}  {row[3]:>{wide[3]}}"
        for row in rows
    ]
    return "\n".join([textwrap.fill(_title(data), width), *(line.rstrip() for line in lines)])


def path_html(data: PathData) -> str:
    """The path as an HTML table, escaped."""
    return html_block(
        "path",
        html_note(_title(data)),
        html_table(_HEADS, _rows(data), label="choices of a strength", kind="likelier-path"),
    )

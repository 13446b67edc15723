"""A frontier in words: what each strength costs and buys."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from likelier.display import WIDTH, grouped, html_block, html_note, html_table, number


@dataclass(frozen=True)
class FrontierData:
    """A frontier.

    Attributes:
        target: name of the target; family, penalty: as text.
        n_held_out: rows held out.
        score: "accuracy" or "mse".
        columns: by name, one number a strength; `name_se` is the standard error of `name`.
    """

    target: str
    family: str
    penalty: str
    n_held_out: int
    score: str
    columns: Mapping[str, Sequence[float]]


_HEADS = {"accuracy": "accuracy", "mse": "squared error"}


def _heads(data: FrontierData) -> tuple[str, ...]:
    return ("strength", "NLL", "paid", _HEADS[data.score], "gap", "gap, rows fitted")


def _rows(data: FrontierData) -> list[tuple[str, ...]]:
    names = ("nll", "nll_paid", data.score, "gap", "gap_fitted")
    return [
        (f"{strength:.4g}", *(_known(data, name, k) for name in names))
        for k, strength in enumerate(data.columns["strength"])
    ]


def _known(data: FrontierData, name: str, k: int) -> str:
    """A figure with its standard error, where it has one that is not 0."""
    text = number(data.columns[name][k], 4)
    error = data.columns.get(f"{name}_se")
    return f"{text} ± {number(error[k], 4)}" if error is not None and error[k] > 0 else text


def _title(data: FrontierData) -> str:
    return (
        f"{data.penalty} of {data.target} as {data.family}, judged by {grouped(data.n_held_out)} "
        "rows held out; ± is a standard error."
    )


def frontier_text(data: FrontierData, width: int = WIDTH) -> str:
    """The frontier as text: what it is, and a line for each strength."""
    rows = [_heads(data), *_rows(data)]
    wide = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = ["  " + "  ".join(f"{c:>{w}}" for c, w in zip(row, wide, strict=True)) for row in rows]
    return "\n".join([textwrap.fill(_title(data), width), *lines])


def frontier_html(data: FrontierData) -> str:
    """The frontier as an HTML table, escaped."""
    return html_block(
        "frontier",
        html_note(_title(data)),
        html_table(_heads(data), _rows(data), label="strengths", kind="likelier-frontier"),
    )

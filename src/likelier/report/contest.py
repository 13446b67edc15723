"""The table of a contest among distributions: text for a terminal, HTML for a page."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from likelier.display import WIDTH, html_block, html_note, html_table, number

_STANDING = 24
"""Columns that a candidate's standing needs beside the numbers."""


@dataclass(frozen=True)
class ContestLine:
    """One candidate.

    Attributes:
        name: the family as text.
        nll: mean held-out NLL of a row, inf where it failed.
        difference: above the lowest.
        standard_error: of the difference.
        standing: its place in words.
        lowest: whether it has the lowest NLL.
    """

    name: str
    nll: float
    difference: float
    standard_error: float
    standing: str
    lowest: bool


@dataclass(frozen=True)
class ContestData:
    """A contest: its lines, best first, and its verdict in a sentence."""

    target: str
    folds: int
    lines: Sequence[ContestLine]
    verdict: str


def contest_text(data: ContestData, width: int = WIDTH) -> str:
    """The contest as text: question, one line a candidate, verdict."""
    question = f"Which distribution explains {data.target} best?"
    unit = f"held-out NLL per row ({data.folds} folds)"
    rows = [
        (
            line.name,
            number(line.nll, 4) if math.isfinite(line.nll) else "–",
            "" if line.lowest or not math.isfinite(line.nll) else difference_text(line),
            line.standing,
        )
        for line in data.lines
    ]
    wide = [max(len(row[k]) for row in rows) for k in range(3)]
    lines = [f"{question}  {unit}"] if len(question) + len(unit) + 2 <= width else [question, unit]
    for name, nll, beside, standing in rows:
        start = f"  {name:<{wide[0]}}  {nll:>{wide[1]}}  {beside:<{wide[2]}}  "
        # A candidate that failed says why, which may take several lines.
        indent = len(start) if len(start) + _STANDING <= width else 6
        lines += textwrap.wrap(
            standing,
            width,
            initial_indent=start,
            subsequent_indent=" " * indent,
            drop_whitespace=True,
            break_on_hyphens=False,
        ) or [start.rstrip()]
    return "\n".join([*lines, textwrap.fill(data.verdict, width, break_on_hyphens=False)])


def contest_html(data: ContestData) -> str:
    """The contest as an HTML table, escaped."""
    rows = [
        (
            line.name,
            number(line.nll, 4) if math.isfinite(line.nll) else "–",
            "" if line.lowest else difference_text(line),
            line.standing,
        )
        for line in data.lines
    ]
    heads = ("distribution", "held-out NLL", "above the lowest", "standing")
    question = f"Which distribution explains {data.target} best?"
    return html_block(
        "comparison",
        html_table(heads, rows, texts=(3,), label=question, kind="likelier-contest"),
        html_note(data.verdict),
        html_note(
            f"Mean NLL of a row, each of {data.folds} folds held out in turn; differences with "
            "their standard errors.",
            small=True,
        ),
    )


def difference_text(line: ContestLine) -> str:
    """The difference from the lowest NLL and its standard error, to the digits that matter."""
    if not math.isfinite(line.nll) or math.isnan(line.difference):
        return "–"
    if line.difference == 0 and line.standard_error == 0:
        return "the same"
    decimals = 4
    if line.standard_error > 0:
        decimals = min(max(1 - math.floor(math.log10(line.standard_error)), 1), 8)
    return f"+{number(line.difference, decimals)} ± {number(line.standard_error, decimals)}"

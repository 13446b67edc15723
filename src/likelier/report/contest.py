"""The table of a contest among distributions: text for a terminal, HTML for a page."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from likelier.display import WIDTH, html_block, html_note, html_table, number


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


def contest_text(data: ContestData) -> str:
    """The contest as text: question, one line a candidate, verdict."""
    question = f"Which distribution explains {data.target} best?"
    unit = f"held-out NLL per row ({data.folds} folds)"
    width = max(len(line.name) for line in data.lines)
    gap = max(width + 38 - len(question) - len(unit), 2)
    lines = [question + " " * gap + unit]
    for line in data.lines:
        if not math.isfinite(line.nll):
            lines.append(f"  {line.name:<{width}}        –  {line.standing}")
            continue
        beside = "" if line.lowest else difference_text(line)
        text = f"  {line.name:<{width}}  {number(line.nll, 4):>9}  {beside:<19} {line.standing}"
        lines.append(text.rstrip())
    return "\n".join([*lines, textwrap.fill(data.verdict, WIDTH, break_on_hyphens=False)])


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
    if not math.isfinite(line.nll):
        return "–"
    if line.difference == 0 and line.standard_error == 0:
        return "the same"
    decimals = 4
    if line.standard_error > 0:
        decimals = min(max(1 - math.floor(math.log10(line.standard_error)), 1), 8)
    return f"+{number(line.difference, decimals)} ± {number(line.standard_error, decimals)}"

"""The table of a contest among distributions: text for a terminal, HTML for a page."""

from __future__ import annotations

import html
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from likelier.report._numbers import WIDTH, number


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
    heads = ("distribution", "held-out NLL", "above the lowest", "")
    head = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in heads)
    rows = "".join(
        f'<tr><th scope="row">{html.escape(line.name)}</th>'
        f"<td>{number(line.nll, 4) if math.isfinite(line.nll) else '–'}</td>"
        f"<td>{'' if line.lowest else html.escape(difference_text(line))}</td>"
        f"<td>{html.escape(line.standing)}</td></tr>"
        for line in data.lines
    )
    return (
        '<div class="likelier-scroll" style="overflow-x:auto"><table class="likelier-contest">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        f"<p>{html.escape(data.verdict)}</p>"
        f"<p><small>Mean NLL of a row, each of {data.folds} folds held out in turn; differences "
        "with their standard errors.</small></p>"
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

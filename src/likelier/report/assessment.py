"""An assessment as text for a terminal and as HTML for a page."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from likelier.display import WIDTH, html_block, html_note, html_table, number

Line = tuple[str, float, float]
"""What a figure is, its value, its standard error."""


def assessment_text(verdict: str, lines: Sequence[Line]) -> str:
    """The verdict, then one line a figure with its standard error."""
    shown = [(name, *_written(value, error)) for name, value, error in lines]
    names = max(len(name) for name, _, _ in shown) + 2
    values = max(len(value) for _, value, _ in shown)
    rows = [
        f"{name:<{names}}{value:>{values}}" + (f"  ± {error}" if error else "")
        for name, value, error in shown
    ]
    return "\n".join([textwrap.fill(verdict, WIDTH, break_on_hyphens=False), "", *rows])


def assessment_html(verdict: str, lines: Sequence[Line]) -> str:
    """The same as HTML, escaped."""
    rows = [(name, *_written(value, error)) for name, value, error in lines]
    heads = ("mean over rows", "value", "std. error")
    table = html_table(heads, rows, label="scores", kind="likelier-scores")
    return html_block("assessment", html_note(verdict), table)


def _written(value: float, error: float) -> tuple[str, str]:
    """A figure to the digits that its error supports, and the error to two digits."""
    # An error of rounding alone says that all rows agree.
    if not (math.isfinite(error) and error > 1e-12 * abs(value)):
        return number(value, 4), ""
    decimals = min(max(1 - math.floor(math.log10(error)), 0), 8)
    return number(value, decimals), number(error, decimals)

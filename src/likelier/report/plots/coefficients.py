"""Coefficients with their intervals, one block a distribution parameter."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from likelier.display import parameter_heading
from likelier.report._base import Coefficient
from likelier.report.plots import _style as style
from likelier.report.plots._base import Plot


def coefficients(
    lines: Sequence[Coefficient],
    ax: Any = None,
    *,
    links: Mapping[str, str] | None = None,
    level: float = 0.95,
) -> Plot:
    """Draw estimates and intervals beside 0, on the scale of the link.

    An estimate without an interval is a hollow point; one that is infinite is an arrow at the edge.

    Args:
        lines: the coefficients, in the order of the table.
        ax: matplotlib axes; a new figure when not given.
        links: link of each distribution parameter, for the headings.
        level: of the intervals, for the axis.
    """
    import pandas as pd

    blocks: dict[str, list[Coefficient]] = {}
    for line in lines:
        blocks.setdefault(line.parameter, []).append(line)
    height = 0.8 + 0.25 * (len(lines) + 1.2 * len(blocks))
    ax = style.new_axes(ax, height=max(height, 1.6))
    style.hide_y(ax)
    ax.axvline(0, color=style.MUTED, linewidth=1)
    ends = [0.0, *(v for c in lines for v in (c.lower, c.upper, c.estimate) if _drawn(c, v))]
    low, high = min(ends), max(ends)
    margin = 0.06 * (high - low) or 1.0
    ax.set_xlim(low - margin, high + margin)
    y, ticks, names, headings = 0.0, [], [], set()
    for parameter, own in blocks.items():
        ticks.append(y)
        names.append(style.short(parameter_heading(parameter, links or {}), 34))
        headings.add(len(ticks) - 1)
        for c in own:
            y -= 1
            _draw(ax, y, c)
            ticks.append(y)
            names.append(style.short(c.term, 24))
        y -= 1.2
    ax.set_ylim(y + 0.5, 0.7)
    ax.set_yticks(ticks)
    for i, text in enumerate(ax.set_yticklabels(names)):
        weight = "bold" if i in headings else "normal"
        text.set(parse_math=False, color=style.INK, fontweight=weight)
    ax.locator_params(axis="x", nbins=6)
    what = f"estimate and {100 * level:g} % interval, scale of the link"
    style.name_axes(ax, what, "", loc="right")
    frame = {
        "parameter": [c.parameter for c in lines],
        "term": [c.term for c in lines],
        "estimate": [
            math.copysign(math.inf, c.infinite) if c.infinite else c.estimate for c in lines
        ],
        "lower": [c.lower for c in lines],
        "upper": [c.upper for c in lines],
    }
    return Plot(ax, pd.DataFrame(frame))


def _drawn(c: Coefficient, value: float) -> bool:
    return not c.infinite and math.isfinite(value)


def _draw(ax: Any, y: float, c: Coefficient) -> None:
    """One coefficient: filled where its interval leaves 0 out."""
    if c.infinite:
        edge = ax.get_xlim()[c.infinite > 0]
        ax.plot([edge], [y], "<>"[c.infinite > 0], color=style.SECOND, markersize=7, clip_on=False)
        return
    if not math.isfinite(c.lower + c.upper):
        ax.plot([c.estimate], [y], "o", color=style.MUTED, markerfacecolor="none", markersize=5.5)
        return
    clear = c.lower > 0 or c.upper < 0
    color = style.MAIN if clear else style.MUTED
    ax.plot([c.lower, c.upper], [y, y], color=color, linewidth=2, solid_capstyle="butt")
    ax.plot([c.estimate], [y], "o", color=color, markersize=5.5)

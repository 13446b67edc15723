"""A contest among distributions: how far each stays behind the best on held-out rows."""

from __future__ import annotations

import math
from typing import Any

from likelier.report.contest import ContestData, ContestLine, difference_text
from likelier.report.plots import _style as style
from likelier.report.plots._base import Plot


def contest(data: ContestData, ax: Any = None) -> Plot:
    """Draw the held-out NLL of each candidate above the lowest, with ± 2 standard errors.

    A bar that reaches 0 belongs to a candidate that cannot be told apart from the best.
    """
    import pandas as pd

    rows = len(data.lines)
    ax = style.new_axes(ax, height=0.9 + 0.52 * rows)
    style.hide_y(ax)
    ran = [line for line in data.lines if math.isfinite(line.nll)]
    far = max([line.difference + 2 * _known(line.standard_error) for line in ran] + [1e-12])
    near = min([line.difference - 2 * _known(line.standard_error) for line in ran] + [0.0])
    # The line of the lowest is broken where the names stand.
    heights = range(rows)
    ax.vlines(
        [0.0] * rows, [y - 0.45 for y in heights], [y + 0.12 for y in heights], style.RULE, lw=1
    )
    for i, line in enumerate(data.lines):
        _draw(ax, rows - 1 - i, line)
    span = far - near
    ax.set_xlim(near - 0.03 * span, far + 0.03 * span)
    ax.set_ylim(-0.45, rows - 0.25)
    ax.set_yticks([])
    ax.locator_params(axis="x", nbins=6)
    style.name_axes(ax, "held-out NLL per row above the lowest (nats), ± 2 standard errors", "")
    frame = {
        "distribution": [line.name for line in data.lines],
        "held_out_nll": [line.nll for line in data.lines],
        "difference": [line.difference for line in data.lines],
        "standard_error": [line.standard_error for line in data.lines],
        "standing": [line.standing for line in data.lines],
    }
    return Plot(ax, pd.DataFrame(frame))


def _draw(ax: Any, y: int, line: ContestLine) -> None:
    """One candidate: its name and standing above its point and bar."""
    best = line.standing.startswith("best")
    color = style.MAIN if best else style.SECOND if "worse" in line.standing else style.MUTED
    frame = ax.get_yaxis_transform()
    weight = "bold" if best else "normal"
    ran = math.isfinite(line.nll)
    style.note(
        ax, 0.0, y + 0.28, style.short(line.name, 42), color=style.INK, fontweight=weight,
        fontsize=style.LABEL, transform=frame, va="center",
    )  # fmt: skip
    beside = line.standing if not ran else "lowest" if line.lowest else difference_text(line)
    if best and not line.lowest:
        beside += ", chosen: simpler"
    style.note(
        ax, 1.0, y + 0.28, style.short(beside, 40), color=color, transform=frame, ha="right",
        va="center",
    )  # fmt: skip
    if ran:
        error = 2 * _known(line.standard_error)
        ax.plot(
            [line.difference - error, line.difference + error], [y, y], color=color, linewidth=2,
            solid_capstyle="butt",
        )  # fmt: skip
        ax.plot([line.difference], [y], "o", color=color, markersize=6)


def _known(error: float) -> float:
    return error if math.isfinite(error) else 0.0

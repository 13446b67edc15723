"""The fairness frontier: what each strength of a penalty costs and buys."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.report.plots import _style as style
from likelier.report.plots._base import Plot


def frontier(
    table: Any,
    ax: Any = None,
    *,
    x: str = "gap",
    y: str = "nll",
    strength: str = "strength",
    x_name: str = "gap between groups' mean predictions",
    y_name: str = "held-out NLL per row (nats)",
) -> Plot:
    """Draw cost against gap, one point a strength, joined in the order of strength.

    Points that another one beats in both are hollow: there is no reason to choose them. Bars are
    ± 2 standard errors, where the table has the columns `x_se` or `y_se` of these names.

    Args:
        table: a data frame, or a dict of columns.
        ax: matplotlib axes; a new figure when not given.
        x, y, strength: names of its columns.
        x_name, y_name: of the axes, with their units.
    """
    import pandas as pd

    ax = style.new_axes(ax)
    frame = pd.DataFrame(table).sort_values(strength, ignore_index=True)
    gap, cost = np.abs(frame[x].to_numpy(float)), frame[y].to_numpy(float)
    beaten = np.array([np.any((gap < g) & (cost < c)) for g, c in zip(gap, cost, strict=True)])
    for name, along in ((f"{y}_se", "y"), (f"{x}_se", "x")):
        if name in frame:
            error = {f"{along}err": 2 * frame[name].to_numpy(float)}
            ax.errorbar(gap, cost, fmt="none", ecolor=style.SOFT, elinewidth=1.2, **error)
    ax.plot(gap, cost, color=style.MAIN, linewidth=1.2, zorder=2)
    ax.scatter(
        gap, cost, s=34, zorder=3, linewidths=1.4, edgecolors=style.MAIN,
        c=np.where(beaten, style.PAPER, style.MAIN),
    )  # fmt: skip
    span, rise = np.ptp(gap) or 1.0, np.ptp(cost) or 1.0
    named: list[tuple[float, float, float]] = []
    for g, c, s in zip(gap, cost, frame[strength], strict=True):
        # Names that would lie on one another are left out; a name reaches to the right.
        reach = (0.05 + 0.025 * len(f"{s:g}")) * span
        if any(-reach < g - a < far and abs(c - b) < 0.09 * rise for a, b, far in named):
            continue
        named.append((g, c, reach))
        # Clear of the point, of the line, and of bars through the point.
        ax.annotate(
            f"{s:g}", (g, c), (5, 4), textcoords="offset points", va="bottom",
            fontsize=style.TICK, color=style.INK,
        )  # fmt: skip
    ax.margins(0.08, 0.14)
    ax.locator_params(nbins=6)
    style.note(
        ax, 0.99, 0.985, "numbers: strength of the penalty", transform=ax.transAxes, ha="right",
        va="top",
    )  # fmt: skip
    style.name_axes(ax, x_name, y_name)
    return Plot(ax, frame.assign(beaten=beaten))

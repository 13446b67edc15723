"""The reliability diagram: does a 70 % come true 70 % of the time?"""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.report.plots import _style as style
from likelier.report.plots._bands import binomial_band
from likelier.report.plots._base import Plot

Array = Any

_FEWEST = 20
"""A point of fewer rows says next to nothing."""


def reliability(
    probability: Array,
    outcome: Array,
    ax: Any = None,
    *,
    bins: int = 10,
    level: float = 0.95,
    event: str = "the event",
) -> Plot:
    """Draw how often an event came true at each predicted probability.

    Bins hold equally many rows. The bars are consistency bars: where a point would lie with
    probability `level` if its predictions were right. Points above the diagonal were predicted too
    low.

    Args:
        probability: predicted probabilities, (n,).
        outcome: whether the event came true, (n,) of 0 and 1.
        ax: matplotlib axes; a new figure when not given.
        bins: number of points; fewer where predictions are tied or rows are few.
        level: of the consistency bars, each by itself.
        event: what is predicted, for the axes.

    Source: Bröcker and Smith (2007), doi:10.1175/WAF993.1.
    """
    import pandas as pd

    ax = style.new_axes(ax, height=3.9)
    probability, outcome = np.asarray(probability, float), np.asarray(outcome, float)
    bins = max(min(bins, len(probability) // _FEWEST), 1)
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, bins + 1)))
    index = np.clip(
        np.searchsorted(edges, probability, side="right") - 1, 0, max(len(edges) - 2, 0)
    )
    rows = np.bincount(index)
    full = rows > 0
    rows = rows[full]
    mean = np.bincount(index, probability)[full] / rows
    share = np.bincount(index, outcome)[full] / rows
    low, high = binomial_band(rows, mean, level)
    inside = (share * rows >= low - 1e-9) & (share * rows <= high + 1e-9)
    ax.plot([0, 1], [0, 1], color=style.MUTED, linewidth=1, dashes=(4, 2.5))
    ax.vlines(mean, low / rows, high / rows, color=style.SOFT, linewidth=7)
    ax.plot(mean, share, color=style.MAIN, linewidth=1, zorder=3)
    colors = np.where(inside, style.MAIN, style.SECOND)
    ax.scatter(mean, share, s=30, c=colors, zorder=4, linewidths=0, clip_on=False)
    ticks = np.quantile(probability, np.linspace(0, 1, min(len(probability), 201)))
    ax.plot(
        ticks, np.full(len(ticks), -0.035), "|", color=style.MAIN, alpha=0.35, markersize=6
    )  # fmt: skip
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.06, 1.02)
    ax.set_aspect("equal")
    event = style.short(event, 30)
    style.name_axes(ax, f"predicted probability of {event}", f"observed share of {event}")
    far = int((~inside).sum())
    verdict = f"{far} of {len(rows)} points" if far else "all points"
    verdict += f" {'outside' if far else 'within'} their {100 * level:g} % bars"
    style.note(
        ax, 0.02, 0.985, verdict, color=style.SECOND if far else style.MUTED,
        transform=ax.transAxes, va="top",
    )  # fmt: skip
    frame = {"predicted": mean, "observed": share, "rows": rows}
    band = {"band_lower": low / rows, "band_upper": high / rows, "inside": inside}
    return Plot(ax, pd.DataFrame(frame | band))

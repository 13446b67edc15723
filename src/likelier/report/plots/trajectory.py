"""A curve over time: its median, bands of noise and of noise and parameters, what was observed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.report.plots import _style as style
from likelier.report.plots._base import Plot

Array = Any


@dataclass(frozen=True)
class TrajectoryData:
    """What was predicted along the time of one experiment, and the observations beside it.

    Attributes:
        target, time: their names, with units where they have some.
        experiment: its name, or "" where there is one.
        level: probability of the bands.
        grid: times, (g,), rising.
        median: at these times, (g,).
        noise: limits where the estimates are taken as known, (2, g).
        total: limits that count the uncertainty of the estimates too, (2, g), NaN where unknown.
        x, y: times and values observed, (n,) each.
    """

    target: str
    time: str
    experiment: str
    level: float
    grid: Array
    median: Array
    noise: Array
    total: Array
    x: Array
    y: Array


def trajectory(data: TrajectoryData, ax: Any = None) -> Plot:
    """Draw a fitted curve with its two bands and what was observed.

    Args:
        data: the curve.
        ax: matplotlib axes; a new figure when not given.
    """
    import pandas as pd

    ax = style.new_axes(ax)
    share = f"{100 * data.level:g} %"
    words = {"median": "median", "noise": f"{share}, noise alone", "seen": "observed"}
    (low, high), (below, above) = data.total, data.noise
    order = [words["seen"], words["median"], words["noise"]]
    both = f"{share}, parameters too" if np.isfinite(data.total).any() else ""
    if both:
        order.append(both)
        ax.fill_between(data.grid, low, high, color=style.BAND, linewidth=0)
    ax.fill_between(data.grid, below, above, color=style.SOFT, linewidth=0, label=words["noise"])
    if both:
        # Its limits are lines of their own: often they lie next to those of the noise.
        for limit, label in ((low, both), (high, None)):
            ax.plot(
                data.grid, limit, color=style.MUTED, linewidth=1, dashes=(3, 2), label=label
            )  # fmt: skip
    ax.plot(data.grid, data.median, color=style.MAIN, linewidth=2, label=words["median"])
    ax.plot(
        data.x, data.y, "o", color=style.INK, markersize=4, markeredgewidth=0, label=words["seen"]
    )
    shown = np.concatenate([v[np.isfinite(v)] for v in map(np.ravel, (data.noise, low, high))])
    bottom, top = min(shown.min(), np.min(data.y)), max(shown.max(), np.max(data.y))
    room = (top - bottom) or 1.0
    # Above the curve there is room for the legend; what cannot be below 0 stands on it.
    ax.set_ylim(0 if 0 <= bottom < 0.3 * top else bottom - 0.05 * room, top + 0.36 * room)
    edge = 0.02 * float(np.ptp(data.grid))
    ax.set_xlim(min(data.grid) - edge, max(data.grid) + edge)
    ax.locator_params(nbins=6)
    style.legend(ax, order, ncols=2, loc="upper left", columnspacing=1.2)
    name = f"{data.target}, {data.experiment}" if data.experiment else data.target
    style.name_axes(ax, style.short(data.time, 44), style.short(name, 34))
    frame = {
        "time": data.grid,
        "median": data.median,
        "noise_lower": below,
        "noise_upper": above,
        "lower": low,
        "upper": high,
    }
    return Plot(ax, pd.DataFrame(frame))

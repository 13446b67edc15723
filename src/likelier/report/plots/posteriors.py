"""Posteriors of the arms of a test, one above the other on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.report.plots import _style as style
from likelier.report.plots._base import Plot

_TALLEST = 4.0
"""Times the density at the median: a bell has 1, an exponential 2, and some densities a pole."""


@dataclass(frozen=True)
class PosteriorData:
    """The posterior of one arm.

    Attributes:
        name: of the arm; beside: a word at the right, such as its probability of being best.
        x, density: points of its curve.
        median, lower, upper: of the posterior.
        leading: whether it is the one to look at.
    """

    name: str
    beside: str
    x: Sequence[float]
    density: Sequence[float]
    median: float
    lower: float
    upper: float
    leading: bool


def posteriors(
    arms: Sequence[PosteriorData], quantity: str, level: float = 0.95, ax: Any = None
) -> Plot:
    """Draw the posterior of each arm with its median and interval, all densities to one scale.

    Args:
        arms: the posteriors, the first on top.
        quantity: what they are of, for the axis.
        level: of the intervals, for the axis.
        ax: matplotlib axes; a new figure when not given.
    """
    import pandas as pd

    rows = len(arms)
    ax = style.new_axes(ax, height=1.0 + 0.75 * rows)
    style.hide_y(ax)
    frame = ax.get_yaxis_transform()
    curves = [_shown(arm) for arm in arms]
    highest = max(float(np.max(curve)) for curve in curves)
    for i, arm in enumerate(arms):
        y = rows - 1 - i
        main, soft = (style.MAIN, style.SOFT) if arm.leading else (style.MUTED, style.RULE)
        curve = y + 0.62 * curves[i] / highest
        ax.fill_between(arm.x, y, curve, color=soft, alpha=0.7, linewidth=0)
        ax.plot(arm.x, curve, color=main, linewidth=1.2)
        ax.plot([arm.lower, arm.upper], [y, y], color=main, linewidth=2.5, solid_capstyle="butt")
        ax.plot([arm.median], [y], "o", color=main, markersize=6)
        weight = "bold" if arm.leading else "normal"
        style.note(
            ax, 0.0, y + 0.68, style.short(arm.name, 24), color=style.INK, fontweight=weight,
            fontsize=style.LABEL, transform=frame, va="bottom",
        )  # fmt: skip
        style.note(
            ax, 1.0, y + 0.68, arm.beside, color=main, transform=frame, ha="right", va="bottom"
        )
    ax.set_ylim(-0.2, rows - 0.05)
    ax.set_yticks([])
    ax.locator_params(axis="x", nbins=6)
    style.name_axes(ax, f"{quantity}: posterior, median and {100 * level:g} % interval", "")
    return Plot(
        ax,
        pd.DataFrame(
            {
                "arm": np.repeat([arm.name for arm in arms], [len(arm.x) for arm in arms]),
                quantity: np.concatenate([np.asarray(arm.x, float) for arm in arms]),
                "density": np.concatenate([np.asarray(arm.density, float) for arm in arms]),
            }
        ),
    )


def _shown(arm: PosteriorData) -> Any:
    """The density, cut where it shoots up at an end, so that the others can still be seen."""
    density = np.asarray(arm.density, float)
    return np.minimum(density, _TALLEST * np.interp(arm.median, arm.x, density))

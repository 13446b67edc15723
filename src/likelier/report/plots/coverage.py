"""The coverage curve: do 80 % regions hold 80 %?"""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.report.plots import _style as style
from likelier.report.plots._base import Plot

Array = Any


def coverage(
    levels: Array, shares: Array, n: float, ax: Any = None, *, level: float = 0.95, what: str = ""
) -> Plot:
    """Draw the share of observations that regions hold against what they promise.

    Below the diagonal predictions are too sure of themselves, above it not sure enough. The band
    holds the whole curve with probability `level` if they are right: Kolmogorov's, which is
    ± 1.36 / √n for 95 %.

    Args:
        levels: promised probabilities, (m,), rising.
        shares: held shares, (m,).
        n: number of observations.
        ax: matplotlib axes; a new figure when not given.
        level: of the band as a whole.
        what: the regions, such as "central interval".

    Source: Gneiting, Balabdaoui and Raftery (2007), doi:10.1111/j.1467-9868.2007.00587.x.
    """
    import pandas as pd
    from scipy.special import kolmogi

    ax = style.new_axes(ax, height=3.9)
    levels, shares = np.asarray(levels, float), np.asarray(shares, float)
    half = float(kolmogi(1 - level)) / (np.sqrt(n) + 0.12 + 0.11 / np.sqrt(n))
    grid = np.array([0.0, 1.0])
    ax.fill_between(grid, grid - half, grid + half, color=style.BAND, linewidth=0)
    ax.plot(grid, grid, color=style.MUTED, linewidth=1, dashes=(4, 2.5))
    outside = np.abs(shares - levels) > half
    ax.plot(levels, shares, color=style.MAIN, linewidth=2)
    if outside.any():
        far = np.where(outside, shares, np.nan)
        ax.plot(levels, far, color=style.SECOND, linewidth=3.2)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    ax.set_aspect("equal")
    text = "leaves its" if outside.any() else "within its"
    style.note(
        ax, 0.02, 0.985, f"{text} {100 * level:g} % band",
        color=style.SECOND if outside.any() else style.MUTED, transform=ax.transAxes, va="top",
    )  # fmt: skip
    style.note(
        ax, 0.98, 0.03, "too sure below the diagonal", transform=ax.transAxes, ha="right"
    )  # fmt: skip
    style.name_axes(ax, f"probability of the {what or 'region'}", "share of rows that it holds")
    frame = {"level": levels, "coverage": shares, "inside": ~outside}
    return Plot(ax, pd.DataFrame(frame | {"band": np.full(len(levels), half)}))

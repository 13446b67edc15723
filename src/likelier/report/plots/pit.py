"""The histogram of PIT values: are the predictions calibrated?"""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.report.plots import _style as style
from likelier.report.plots._bands import binomial_band
from likelier.report.plots._base import Plot

Array = Any


def pit(
    values: Array,
    upper: Array | None = None,
    ax: Any = None,
    *,
    weights: Array | None = None,
    bins: int | None = None,
    level: float = 0.95,
) -> Plot:
    """Draw where observations fell in their own predictions; flat if the predictions are right.

    A valley in the middle means predictions too sure, a hill predictions not sure enough, a slope
    predictions that lie to one side. Within the band all bars stay together with probability
    `level` if the predictions are right: each bar's count is binomial, its level is
    level^(1 / bins).

    Args:
        values: PIT values, (n,), between 0 and 1.
        upper: for the non-randomised histogram of a discrete target, P(Y <= y), with P(Y < y) in
            `values`; each row is spread evenly between the two.
        ax: matplotlib axes; a new figure when not given.
        weights: how many observations each row stands for, (n,).
        bins: number of bars; 20, or 10 for fewer than 400 rows, when not given.
        level: of the band as a whole.

    Source: Czado, Gneiting and Held (2009), doi:10.1111/j.1541-0420.2009.01191.x.
    """
    import pandas as pd

    ax = style.new_axes(ax)
    values = np.asarray(values, float)
    rows = np.ones(len(values)) if weights is None else np.asarray(weights, float)
    n = float(rows.sum())
    if bins is None:
        bins = 20 if n >= 400 else 10
    edges = np.linspace(0, 1, bins + 1)
    if upper is None:
        count = np.histogram(values, edges, weights=rows)[0]
    else:
        count = np.diff(_spread(values, np.asarray(upper, float), rows, edges))
    low, high = binomial_band(n, 1 / bins, level, bins)
    unit = n / bins
    ax.axhspan(low / unit, high / unit, color=style.BAND, linewidth=0, zorder=0)
    outside = (count < low) | (count > high)
    ax.bar(
        edges[:-1], count / unit, width=1 / bins, align="edge", linewidth=0.8,
        color=np.where(outside, style.SECOND, style.SOFT), edgecolor=style.PAPER, zorder=2,
    )  # fmt: skip
    ax.axhline(1, color=style.INK, linewidth=1, dashes=(4, 2.5), zorder=3)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, max(1.25 * max((count / unit).max(), high / unit), 1.25))
    far = int(outside.sum())
    verdict = f"{far} of {bins} bars outside the {100 * level:g} % band" if far else (
        f"all bars within the {100 * level:g} % band"
    )  # fmt: skip
    style.note(
        ax, 0.01, 0.985, verdict, color=style.SECOND if far else style.MUTED,
        transform=ax.transAxes, ha="left", va="top",
    )  # fmt: skip
    style.name_axes(ax, "PIT, the predicted P(Y ≤ what was observed)", "density (1: uniform)")
    frame = {"lower": edges[:-1], "upper": edges[1:], "count": count, "density": count / unit}
    band = {"band_lower": low / unit, "band_upper": high / unit, "inside": ~outside}
    return Plot(ax, pd.DataFrame(frame | band))


def _spread(lower: Array, upper: Array, rows: Array, edges: Array) -> Array:
    """Rows up to each edge, a row being spread evenly from its lower to its upper value."""
    width = np.maximum(upper - lower, np.finfo(float).tiny)
    return np.array([np.clip((edge - lower) / width, 0, 1) @ rows for edge in edges])

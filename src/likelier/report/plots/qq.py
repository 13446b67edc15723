"""The quantile-quantile plot of residuals."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.report.plots import _style as style
from likelier.report.plots._base import Plot

Array = Any

_POINTS = 600
"""As many order statistics as a reader can tell apart."""


def qq(values: Array, ax: Any = None, *, level: float = 0.95) -> Plot:
    """Draw sorted quantile residuals against standard normal quantiles.

    On the diagonal if the model is right. The band holds each point with probability `level`: the
    i-th smallest of n uniform values is Beta(i, n + 1 − i).

    Args:
        values: quantile residuals, (n,).
        ax: matplotlib axes; a new figure when not given.
        level: of the band, at each point.

    Source: David and Nagaraja (2003), Order Statistics, 3rd ed., section 2.3.
    """
    import pandas as pd
    from scipy.special import betaincinv, ndtr, ndtri

    ax = style.new_axes(ax, height=3.9)
    values = np.sort(np.asarray(values, float))
    n = len(values)
    ranks = np.arange(1, n + 1)
    if n > _POINTS:
        # Evenly in the normal quantile, so that the tails keep all their points.
        ends = float(ndtri(n / (n + 1)))
        ranks = np.unique(np.clip(ndtr(np.linspace(-ends, ends, _POINTS)) * (n + 1), 1, n).round())
        ranks = ranks.astype(int)
    z = ndtri(ranks / (n + 1))
    low, high = (
        ndtri(betaincinv(ranks, n + 1 - ranks, q)) for q in ((1 - level) / 2, (1 + level) / 2)
    )
    shown = values[ranks - 1]
    outside = (shown < low) | (shown > high)
    edge = max(abs(z[0]), abs(z[-1])) * 1.04
    top = max(1.15 * max(abs(low[0]), abs(high[-1])), edge)
    ax.fill_between(z, low, high, color=style.BAND, linewidth=0)
    ax.plot([-edge, edge], [-edge, edge], color=style.MUTED, linewidth=1, dashes=(4, 2.5))
    colors = np.where(outside, style.SECOND, style.MAIN)
    ax.scatter(z, np.clip(shown, -1.6 * top, 1.6 * top), s=11, c=colors, linewidths=0, zorder=3)
    ax.set_xlim(-edge, edge)
    style.note(
        ax, 0.02, 0.985,
        f"{100 * outside.mean():.0f} % of points outside ({100 * (1 - level):g} % expected)",
        transform=ax.transAxes, va="top",
    )  # fmt: skip
    style.name_axes(ax, "standard normal quantile (sd)", "quantile residual (sd)")
    frame = {"normal": z, "residual": shown, "band_lower": low, "band_upper": high}
    return Plot(ax, pd.DataFrame(frame | {"inside": ~outside}))

"""Quantile residuals against what was predicted, or against a column."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.report.plots import _style as style
from likelier.report.plots._base import Plot

Array = Any

_PICTURE = "#2b86c5"
"""Between the light and the dark blue: a page cannot restyle the dots of a picture."""

_MANY = 1500
"""Above so many rows, points are drawn as one picture and fainter, which keeps a page small."""


def residuals(
    values: Array,
    against: Array,
    ax: Any = None,
    *,
    name: str = "fitted mean",
    logarithmic: bool = False,
) -> Plot:
    """Draw quantile residuals against the fitted mean; a level, even cloud if the model is right.

    Standard normal if the model is right: 95 % lie between the dotted lines at ± 1.96. The solid
    line is the mean of the residuals in bins of equally many rows, with ± 2 standard errors: a
    trend in it is a mean that the formula misses. Thin lines, drawn where bins hold 100 rows, are
    their 2.5 % and 97.5 % quantiles: where they widen or narrow, the spread is not as predicted.

    Args:
        values: quantile residuals, (n,).
        against: what to plot them against, (n,).
        ax: matplotlib axes; a new figure when not given.
        name: of `against`, with its unit.
        logarithmic: whether `against`, positive, is spread by its logarithm.

    Source: Dunn and Smyth (1996), doi:10.2307/1390802.
    """
    import pandas as pd
    from matplotlib.ticker import LogLocator

    ax = style.new_axes(ax)
    values, against = np.asarray(values, float), np.asarray(against, float)
    many = len(values) > _MANY
    finite = np.isfinite(values)
    ax.plot(
        against, np.clip(values, -8, 8), ".", color=_PICTURE if many else style.MAIN,
        markeredgewidth=0, markersize=3.5 if many else 5, rasterized=many,
        alpha=float(np.clip(_MANY / len(values), 0.12, 0.55)),
    )  # fmt: skip
    for at in (-1.96, 1.96):
        ax.axhline(at, color=style.MUTED, linewidth=1, dashes=(1, 2))
    ax.axhline(0, color=style.MUTED, linewidth=1)
    trend = _trend(against[finite], values[finite])
    if len(trend) > 2:
        x, mean, error = trend["against"], trend["mean"], trend["standard_error"]
        ax.fill_between(x, mean - 2 * error, mean + 2 * error, color=style.SECOND, alpha=0.25, lw=0)
        ax.plot(x, mean, color=style.SECOND, linewidth=1.8)
        if len(values) >= 100 * len(trend):
            for side in ("lower", "upper"):
                ax.plot(x, trend[side], color=style.SECOND, linewidth=0.9)
    top = float(np.clip(np.abs(values[finite]).max(initial=3) * 1.08, 3.2, 8.4))
    ax.set_ylim(-top, top)
    if logarithmic:
        ax.set_xscale("log")
        if against.max() < 1000 * against.min():
            ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
        ax.xaxis.set_minor_formatter("")
        ax.tick_params(which="minor", color=style.RULE, length=2)
    else:
        ax.locator_params(axis="x", nbins=6)
    style.name_axes(ax, style.short(name, 46), "quantile residual (sd)")
    return Plot(ax, pd.DataFrame({"against": against, "residual": values}))


def _trend(x: Array, r: Array) -> Any:
    """Mean, its standard error and outer quantiles of residuals in bins of equal size."""
    import pandas as pd

    bins = int(np.clip(len(r) // (100 if len(r) >= 1000 else 40), 1, 15))
    order = np.argsort(x, kind="stable")
    rows = []
    for part in np.array_split(order, bins):
        if len(part) < 5:
            continue
        low, high = np.quantile(r[part], [0.025, 0.975])
        error = r[part].std(ddof=1) / np.sqrt(len(part))
        rows.append((x[part].mean(), r[part].mean(), error, low, high))
    names = ["against", "mean", "standard_error", "lower", "upper"]
    return pd.DataFrame(rows, columns=names)

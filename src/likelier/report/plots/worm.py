"""The worm plot: a quantile-quantile plot of residuals with the line taken out."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.report.plots import _style as style
from likelier.report.plots._base import Plot

Array = Any

_POINTS = 400
"""As many order statistics as a reader can tell apart."""


def worm(values: Array, ax: Any = None, *, level: float = 0.95) -> Plot:
    """Draw sorted quantile residuals minus their expected normal quantiles.

    A level worm within its band means the distribution is right; a slope means a predicted spread
    too small (rising) or too large (falling), a U or an arch skewness, an S heavy or light tails.
    The band holds each point with probability `level`: its half width at the quantile z is
    Φ⁻¹((1 + level) / 2) √(p (1 − p) / n) / φ(z).

    Source: van Buuren and Fredriks (2001), doi:10.1002/sim.746.
    """
    import pandas as pd
    from scipy.special import ndtr, ndtri

    ax = style.new_axes(ax)
    values = np.sort(np.asarray(values, float))
    n = len(values)
    p = (np.arange(n) + 0.5) / n
    shown = np.arange(n)
    if n > _POINTS:
        # Evenly in z, so that the tails keep all their points.
        ends = float(ndtri(p[-1]))
        shown = np.unique(np.round(ndtr(np.linspace(-ends, ends, _POINTS)) * n - 0.5).astype(int))
        shown = np.clip(shown, 0, n - 1)
    z, gap = ndtri(p[shown]), values[shown] - ndtri(p[shown])
    grid = np.linspace(z[0], z[-1], 201)
    half = _half(grid, n, level)
    ax.fill_between(grid, -half, half, color=style.BAND, linewidth=0)
    ax.axhline(0, color=style.MUTED, linewidth=1, dashes=(4, 2.5))
    out = np.abs(gap) > _half(z, n, level)
    edge = 1.5 * max(float(half[100]) * 3, float(np.quantile(np.abs(gap), 0.97)), 0.25)
    drawn = np.clip(gap, -edge, edge)
    ax.scatter(z, drawn, s=11, c=np.where(out, style.SECOND, style.MAIN), linewidths=0, zorder=3)
    ax.set_ylim(-1.05 * edge, 1.05 * edge)
    style.name_axes(ax, "standard normal quantile", "residual − quantile (sd)")
    share = float(np.mean(np.abs(values - ndtri(p)) > _half(ndtri(p), n, level)))
    style.note(
        ax, 0.01, 0.985,
        f"{100 * share:.0f} % of rows outside the band ({100 * (1 - level):g} % expected)",
        transform=ax.transAxes, va="top",
    )  # fmt: skip
    return Plot(ax, pd.DataFrame({"normal": z, "residual": values[shown], "difference": gap}))


def _half(z: Array, n: int, level: float) -> Array:
    """Half width of the band at normal quantiles z."""
    from scipy.special import ndtr, ndtri

    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    return ndtri((1 + level) / 2) * np.sqrt(ndtr(z) * ndtr(-z) / n) / density

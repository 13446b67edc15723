"""Predicted quantiles along a feature: a fan of intervals, and centile curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.report.plots import _style as style
from likelier.report.plots._base import Plot

Array = Any

_MANY, _FEW = 1500, 100
_PICTURE = "#2b86c5"


@dataclass(frozen=True)
class QuantileData:
    """Predicted quantiles along a feature, and the observations beside them.

    Attributes:
        target, feature: their names, with units where they have some.
        levels: of the quantiles, rising, (m,).
        grid: values of the feature, (g,), rising.
        quantiles: at these levels and values, (m, g).
        x, y: the observations, (n,) each.
        below: share of the observations below each quantile at their own features, (m,).
    """

    target: str
    feature: str
    levels: Sequence[float]
    grid: Array
    quantiles: Any
    x: Array
    y: Array
    below: Sequence[float]


def fan(data: QuantileData, ax: Any = None) -> Plot:
    """Draw the median and the nested central intervals along a feature, over the observations.

    Levels that have their counterpart, q and 1 − q, make an interval; the darker, the narrower.

    Args:
        data: the quantiles.
        ax: matplotlib axes; a new figure when not given.

    Source: Britton, Fisher and Whitley (1998), Bank of England Quarterly Bulletin 38, 30–37.
    """
    ax = style.new_axes(ax)
    levels, curves = np.asarray(data.levels, float), np.asarray(data.quantiles, float)
    pairs = [
        (i, len(levels) - 1 - i)
        for i in range(len(levels) // 2)
        if np.isclose(levels[i] + levels[len(levels) - 1 - i], 1)
    ]
    _observations(ax, data)
    for i, j in pairs:
        ax.fill_between(
            data.grid, curves[i], curves[j], color=style.SOFT, alpha=0.42, linewidth=0, zorder=2
        )
    for middle in curves[np.isclose(levels, 0.5)]:
        ax.plot(data.grid, middle, color=style.MAIN, linewidth=2, zorder=3)
    shares = [f"{100 * (levels[j] - levels[i]):g}" for i, j in pairs[::-1]]
    words = f"median; {', '.join(shares)} % intervals" if shares else "median"
    _finish(ax, data, words)
    return Plot(ax, _frame(data))


def centiles(data: QuantileData, ax: Any = None) -> Plot:
    """Draw predicted quantiles along a feature, each named with the share of rows below it.

    A curve is right if as many rows lie below it as its name says: "10: 11.2" is the 10 % curve,
    below which 11.2 % of the rows lie.

    Args:
        data: the quantiles.
        ax: matplotlib axes; a new figure when not given.

    Source: Cole and Green (1992), doi:10.1002/sim.4780111005.
    """
    ax = style.new_axes(ax)
    curves = np.asarray(data.quantiles, float)
    _observations(ax, data)
    middle = np.abs(np.asarray(data.levels) - 0.5) < 1e-9
    last: float | None = None
    low, high = _limits(data)
    for level, share, curve, central in zip(data.levels, data.below, curves, middle, strict=True):
        color = style.MAIN if central else style.SECOND
        ax.plot(data.grid, curve, color=color, linewidth=2 if central else 1.2, zorder=3)
        # Names that would lie on one another are left out.
        if low <= curve[-1] <= high and (last is None or curve[-1] - last > 0.055 * (high - low)):
            last = float(curve[-1])
            style.note(
                ax, 1.01, curve[-1], f"{100 * level:g}: {100 * share:.1f}", color=color,
                transform=ax.get_yaxis_transform(), va="center", fontsize=style.TICK - 1,
            )  # fmt: skip
    _finish(ax, data, "level: % of rows below")
    return Plot(ax, _frame(data))


def _observations(ax: Any, data: QuantileData) -> None:
    many, few = len(data.y) > _MANY, len(data.y) <= _FEW
    # Many points are the ground of the bands; points that can be told apart stand on them.
    ax.plot(
        data.x, data.y, ".", color=_PICTURE if many else style.INK, markeredgewidth=0,
        markersize=3.5 if many else 8 if few else 4.5, rasterized=many, zorder=1 if many else 2.5,
        alpha=float(np.clip(_MANY / len(data.y), 0.15, 0.6)),
    )  # fmt: skip


def _limits(data: QuantileData) -> tuple[float, float]:
    """What of the target is shown: all but the outermost half per cent, and all curves."""
    y = np.asarray(data.y, float)
    curves = np.asarray(data.quantiles, float)
    inner = curves[np.isfinite(curves)]
    low = min(np.quantile(y, 0.005), np.quantile(inner, 0.01))
    high = max(np.quantile(y, 0.995), np.quantile(inner, 0.99))
    room = 0.06 * (high - low) or 1.0
    return float(low - room), float(high + 2.2 * room)


def _finish(ax: Any, data: QuantileData, words: str) -> None:
    ax.set_xlim(min(data.grid), max(data.grid))
    ax.set_ylim(*_limits(data))
    ax.locator_params(nbins=6)
    style.note(ax, 0, 1.015, words, transform=ax.transAxes, va="bottom")
    style.name_axes(ax, style.short(data.feature, 44), style.short(data.target, 34))


def _frame(data: QuantileData) -> Any:
    import pandas as pd

    curves = np.asarray(data.quantiles, float)
    return pd.DataFrame(
        {
            "feature": data.grid,
            **{f"q{100 * q:g}": c for q, c in zip(data.levels, curves, strict=True)},
        }
    )

"""The likelihood curve of one coefficient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.display import number
from likelier.report.plots import _style as style
from likelier.report.plots._base import Plot

SCALES = ("likelihood", "deviance")


@dataclass(frozen=True)
class ProfileData:
    """What a likelihood curve shows.

    Attributes:
        name: the coefficient, such as "`age`, mean (log link)".
        values, deviance: points of the curve, (m,) each; deviance is 2 (nll − minimum).
        estimate: the maximum-likelihood value.
        standard_error: of the quadratic approximation; NaN where there is none.
        lower, upper: the profile interval, infinite on an open side.
        level: of the interval.
    """

    name: str
    values: Sequence[float]
    deviance: Sequence[float]
    estimate: float
    standard_error: float
    lower: float
    upper: float
    level: float = 0.95


def profile(data: ProfileData, ax: Any = None, *, scale: str = "likelihood") -> Plot:
    """Draw how well each value of a coefficient explains the data, all others refitted.

    The solid curve is the profile likelihood exp(−deviance / 2) with its maximum and its interval;
    the dashed one is the normal approximation on which Wald intervals rest.

    Args:
        data: the points of the curve.
        ax: matplotlib axes; a new figure when not given.
        scale: "likelihood" (relative to the maximum, 0 to 1) or "deviance".
    """
    import pandas as pd

    if scale not in SCALES:
        raise ValueError(f"scale is one of {', '.join(SCALES)}; given: {scale!r}")
    ax = style.new_axes(ax)
    limit = _deviance_limit(data.level)
    values, deviance = np.asarray(data.values, float), np.asarray(data.deviance, float)
    grid = np.linspace(values.min(), values.max(), 401)
    smooth = _between(values, deviance, data.estimate, grid)

    def height(d: Any) -> Any:
        return np.exp(-0.5 * np.asarray(d)) if scale == "likelihood" else np.asarray(d)

    inside = (grid >= data.lower) & (grid <= data.upper)
    top = 1.0 if scale == "likelihood" else 2.5 * limit
    floor = height(smooth) if scale == "likelihood" else np.full_like(grid, limit)
    base = 0.0 if scale == "likelihood" else height(smooth)
    ax.fill_between(grid, base, floor, where=inside, color=style.SOFT, alpha=0.55, linewidth=0)
    ax.axhline(height(limit), color=style.RULE, linewidth=1)
    if data.standard_error > 0:
        wald = ((grid - data.estimate) / data.standard_error) ** 2
        ax.plot(grid, height(wald), color=style.SECOND, linewidth=1.3, dashes=(4, 2.5))
    ax.plot(grid, height(smooth), color=style.MAIN, linewidth=2)
    ax.plot([data.estimate], [height(0.0)], "o", color=style.MAIN, markersize=6, clip_on=False)
    ax.set_xlim(values.min(), values.max())
    ax.set_ylim(0, 1.22 * top if scale == "likelihood" else top)
    ax.locator_params(axis="x", nbins=6)
    if scale == "likelihood":
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
    _explain(ax, data, scale, float(height(limit)))
    what = (
        "likelihood, share of its maximum" if scale == "likelihood" else "deviance, 2 ΔNLL (nats)"
    )
    style.name_axes(ax, style.short(data.name, 52), what)
    quadratic = ((values - data.estimate) / data.standard_error) ** 2
    frame = {"value": values, "deviance": deviance, "likelihood": np.exp(-deviance / 2)}
    return Plot(ax, pd.DataFrame(frame | {"quadratic": quadratic}))


def _explain(ax: Any, data: ProfileData, scale: str, cut: float) -> None:
    """Say at the top what is marked: estimate, interval, and the dashed curve."""
    decimals = _decimals(data)
    estimate, low, high = (number(v, decimals) for v in (data.estimate, data.lower, data.upper))
    opening = "[" if math.isfinite(data.lower) else "("
    closing = "]" if math.isfinite(data.upper) else ")"
    text = f"{estimate}, {100 * data.level:g} % interval {opening}{low}, {high}{closing}"
    inside = ax.transAxes
    style.note(
        ax, 0.5, 0.985, text, color=style.MAIN, transform=inside, ha="center", va="top",
        fontsize=style.LABEL, fontweight="bold",
    )  # fmt: skip
    if data.standard_error > 0:
        style.note(
            ax, 0.5, 0.905, "dashed: normal approximation", color=style.SECOND,
            transform=inside, ha="center", va="top",
        )  # fmt: skip
    style.note(
        ax, 0.995, cut, f"{100 * data.level:g} %", ha="right", va="bottom",
        transform=ax.get_yaxis_transform(),
    )  # fmt: skip


def _between(values: Any, deviance: Any, estimate: float, grid: Any) -> Any:
    """The deviance between its points: its signed root is nearly a line, so few points suffice."""
    from scipy.interpolate import PchipInterpolator

    root = np.sign(values - estimate) * np.sqrt(np.maximum(deviance, 0))
    if not np.any(values == estimate):
        at = int(np.searchsorted(values, estimate))
        values, root = np.insert(values, at, estimate), np.insert(root, at, 0.0)
    keep = np.isfinite(root)
    return PchipInterpolator(values[keep], root[keep])(grid) ** 2


def _deviance_limit(level: float) -> float:
    from scipy.special import chdtri

    return float(chdtri(1, 1 - level))


def _decimals(data: ProfileData) -> int:
    """Two significant digits of the standard error, or of the curve's width without one."""
    error = data.standard_error
    if not error > 0:
        error = (max(data.values) - min(data.values)) / 8
    return min(max(1 - math.floor(math.log10(error)), 0), 8) if error > 0 else 3

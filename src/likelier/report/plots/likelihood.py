"""The likelihood surface of two coefficients, with its quadratic approximation beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.report.plots import _style as style
from likelier.report.plots._base import Plot

LEVELS = (0.5, 0.8, 0.95)
"""Confidence of the regions that are drawn."""


@dataclass(frozen=True)
class LikelihoodData:
    """What a likelihood surface shows.

    Attributes:
        names: of the two coefficients.
        first, second: (m,) and (k,) values of each.
        deviance: (m, k), 2 (nll − minimum), all other coefficients refitted.
        estimate: the maximum-likelihood values of both.
        covariance: (2, 2) of the quadratic approximation.
    """

    names: tuple[str, str]
    first: Sequence[float]
    second: Sequence[float]
    deviance: Sequence[Sequence[float]]
    estimate: tuple[float, float]
    covariance: Sequence[Sequence[float]]


def likelihood(data: LikelihoodData, ax: Any = None) -> Plot:
    """Draw the confidence regions of two coefficients, all others refitted.

    Filled: the values of both whose deviance is within the χ²₂ quantiles of 50, 80 and 95 %.
    Dashed: the ellipses of the normal approximation on which Wald inference rests.

    Args:
        data: the deviance on a grid.
        ax: matplotlib axes; a new figure when not given.
    """
    import pandas as pd

    ax = style.new_axes(ax)
    first, second = np.asarray(data.first, float), np.asarray(data.second, float)
    deviance = np.asarray(data.deviance, float)
    quadratic = _quadratic(data, first, second)
    # The χ²₂ quantile has a closed form.
    limits = [-2 * np.log1p(-level) for level in LEVELS]
    top = max(limits[-1], float(np.nanmax(deviance))) + 1
    shown = np.where(np.isfinite(deviance), deviance, top).T
    ax.contourf(first, second, shown, levels=[0, limits[-1]], colors=[style.SOFT], alpha=0.55)
    lines = ax.contour(
        first, second, shown, levels=limits, colors=[style.MAIN], linewidths=[2, 1.4, 1.4]
    )
    labels = {limit: f"{100 * level:g} %" for limit, level in zip(limits, LEVELS, strict=True)}
    ax.clabel(lines, fmt=labels, fontsize=style.TICK - 1, colors=[style.INK])
    ax.contour(
        first, second, quadratic.T, levels=limits, colors=[style.SECOND], linewidths=1.2,
        linestyles=[(0, (4, 2.5))],
    )  # fmt: skip
    ax.plot(*data.estimate, "o", color=style.MAIN, markersize=6)
    style.note(
        ax, 0.99, 0.99, "dashed: normal approximation", color=style.SECOND,
        transform=ax.transAxes, ha="right", va="top",
    )  # fmt: skip
    ax.locator_params(nbins=6)
    style.name_axes(ax, *(style.short(name, 44) for name in data.names))
    grid = np.meshgrid(first, second, indexing="ij")
    frame = {
        "first": grid[0].ravel(),
        "second": grid[1].ravel(),
        "deviance": deviance.ravel(),
        "quadratic": quadratic.ravel(),
    }
    return Plot(ax, pd.DataFrame(frame))


def _quadratic(data: LikelihoodData, first: Any, second: Any) -> Any:
    """The deviance of the normal approximation on the grid."""
    precision = np.linalg.inv(np.asarray(data.covariance, float))
    a = (first - data.estimate[0])[:, None]
    b = (second - data.estimate[1])[None]
    return precision[0, 0] * a**2 + 2 * precision[0, 1] * a * b + precision[1, 1] * b**2

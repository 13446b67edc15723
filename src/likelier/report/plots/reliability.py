"""The reliability diagram: does a 70 % come true 70 % of the time?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.report.plots import _style as style
from likelier.report.plots._bands import binomial_band
from likelier.report.plots._base import Plot

if TYPE_CHECKING:
    import pandas as pd

Array = Any

_FEWEST = 20
"""A point of fewer rows says next to nothing."""
_LOOKS = (
    (style.MAIN, "o"),
    (style.SECOND, "s"),
    (style.THIRD, "^"),
    (style.INK, "D"),
    (style.MUTED, "v"),
)
"""Colour and marker of each label; more than so many lines cannot be told apart."""


def reliability(
    probability: Array,
    outcome: Array,
    ax: Any = None,
    *,
    bins: int = 10,
    level: float = 0.95,
    event: str = "the event",
) -> Plot:
    """Draw how often an event came true at each predicted probability.

    Bins hold equally many rows. The bars are consistency bars: where a point would lie with
    probability `level` if its predictions were right. Points above the diagonal were predicted too
    low.

    Args:
        probability: predicted probabilities, (n,).
        outcome: whether the event came true, (n,) of 0 and 1.
        ax: matplotlib axes; a new figure when not given.
        bins: number of points; fewer where predictions are tied or rows are few.
        level: of the consistency bars, each by itself.
        event: what is predicted, for the axes.

    Source: Bröcker and Smith (2007), doi:10.1175/WAF993.1.
    """
    ax = style.new_axes(ax, height=3.9)
    probability, outcome = np.asarray(probability, float), np.asarray(outcome, float)
    points = binned(probability, outcome, bins, level)
    mean, share, inside = points["predicted"], points["observed"], points["inside"]
    ax.plot([0, 1], [0, 1], color=style.MUTED, linewidth=1, dashes=(4, 2.5))
    ax.vlines(
        mean, points["band_lower"], points["band_upper"], color=style.SOFT, linewidth=7
    )  # fmt: skip
    ax.plot(mean, share, color=style.MAIN, linewidth=1, zorder=3)
    colors = np.where(inside, style.MAIN, style.SECOND)
    ax.scatter(mean, share, s=30, c=colors, zorder=4, linewidths=0, clip_on=False)
    ticks = np.quantile(probability, np.linspace(0, 1, min(len(probability), 201)))
    ax.plot(
        ticks, np.full(len(ticks), -0.035), "|", color=style.MAIN, alpha=0.35, markersize=6
    )  # fmt: skip
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.06, 1.02)
    ax.set_aspect("equal")
    event = style.short(event, 30)
    style.name_axes(ax, f"predicted probability of {event}", f"observed share of {event}")
    far = int((~inside).sum())
    verdict = f"{far} of {len(points)} points" if far else "all points"
    verdict += f" {'outside' if far else 'within'} their {100 * level:g} % bars"
    style.note(
        ax, 0.02, 0.985, verdict, color=style.SECOND if far else style.MUTED,
        transform=ax.transAxes, va="top",
    )  # fmt: skip
    return Plot(ax, points)


def binned(probability: Array, outcome: Array, bins: int, level: float) -> pd.DataFrame:
    """Mean prediction and observed share of bins of equally many rows, with consistency bars."""
    import pandas as pd

    bins = max(min(bins, len(probability) // _FEWEST), 1)
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, bins + 1)))
    index = np.clip(
        np.searchsorted(edges, probability, side="right") - 1, 0, max(len(edges) - 2, 0)
    )
    rows = np.bincount(index)
    full = rows > 0
    rows = rows[full]
    mean = np.bincount(index, probability)[full] / rows
    share = np.bincount(index, outcome)[full] / rows
    low, high = binomial_band(rows, mean, level)
    inside = (share * rows >= low - 1e-9) & (share * rows <= high + 1e-9)
    frame = {"predicted": mean, "observed": share, "rows": rows}
    band = {"band_lower": low / rows, "band_upper": high / rows, "inside": inside}
    return pd.DataFrame(frame | band)


def reliability_of_labels(
    probabilities: Array,
    happened: Array,
    levels: Sequence[Any],
    ax: Any = None,
    *,
    bins: int = 10,
    level: float = 0.95,
    target: str = "y",
) -> Plot:
    """Draw how often each of several labels came true at each predicted probability.

    A line a label, told apart by colour and by marker; points outside the consistency bars that
    they would have are filled, the others hollow.

    Args:
        probabilities: (n, K).
        happened: (n, K) of 0 and 1.
        levels: names of the labels.
        ax: matplotlib axes; a new figure when not given.
        bins: number of points of each label.
        level: of the consistency bars, each by itself.
        target: what the labels are of, for the axes.
    """
    import pandas as pd

    ax = style.new_axes(ax, height=3.9)
    ax.plot([0, 1], [0, 1], color=style.MUTED, linewidth=1, dashes=(4, 2.5))
    frames, names = [], []
    shown = range(min(len(levels), len(_LOOKS)))
    for k in shown:
        points = binned(np.asarray(probabilities)[:, k], np.asarray(happened)[:, k], bins, level)
        color, marker = _LOOKS[k]
        name = style.short(str(levels[k]), 20)
        names.append(name)
        x, y, inside = points["predicted"], points["observed"], points["inside"]
        ax.plot(x, y, color=color, linewidth=1.2, marker=marker, markersize=6, label=name,
                markerfacecolor=style.PAPER, markeredgewidth=1.4, clip_on=False)  # fmt: skip
        ax.plot(x[~inside], y[~inside], color=color, marker=marker, linestyle="none", markersize=6,
                clip_on=False)  # fmt: skip
        frames.append(points.assign(label=levels[k]))
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    ax.set_aspect("equal")
    style.legend(ax, names, loc="upper left", bbox_to_anchor=(0.01, 0.99))
    style.note(
        ax, 0.99, 0.02, f"filled: outside {100 * level:g} % bars", transform=ax.transAxes,
        ha="right",
    )  # fmt: skip
    which = f"{style.short(target, 22)}, label by label"
    style.name_axes(ax, f"predicted probability of {which}", "observed share of the label")
    return Plot(ax, pd.concat(frames, ignore_index=True))


def quantile_reliability(
    levels: Array,
    shares: Array,
    n: float,
    ax: Any = None,
    *,
    level: float = 0.95,
    target: str = "y",
) -> Plot:
    """Draw how many observations lie below each predicted quantile.

    The bars are consistency bars: where a share would lie with probability `level` if the
    predictions were right.

    Args:
        levels: of the quantiles, (m,).
        shares: observed below them, (m,).
        n: number of observations.
        ax: matplotlib axes; a new figure when not given.
        level: of the consistency bars, each by itself.
        target: what lies below, for the axes.
    """
    import pandas as pd

    ax = style.new_axes(ax, height=3.9)
    levels, shares = np.asarray(levels, float), np.asarray(shares, float)
    low, high = (ends / n for ends in binomial_band(np.full(len(levels), n), levels, level))
    # A share that was spread over the probabilities of counts need not be a whole number of rows.
    inside = (shares >= low - 0.5 / n) & (shares <= high + 0.5 / n)
    ax.plot([0, 1], [0, 1], color=style.MUTED, linewidth=1, dashes=(4, 2.5))
    ax.vlines(levels, low, high, color=style.SOFT, linewidth=6)
    ax.plot(levels, shares, color=style.MAIN, linewidth=1, zorder=3)
    colors = np.where(inside, style.MAIN, style.SECOND)
    ax.scatter(levels, shares, s=26, c=colors, zorder=4, linewidths=0, clip_on=False)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    ax.set_aspect("equal")
    far = int((~inside).sum())
    verdict = f"{far} of {len(levels)} points outside" if far else "all points within"
    style.note(
        ax, 0.02, 0.985, f"{verdict} their {100 * level:g} % bars",
        color=style.SECOND if far else style.MUTED, transform=ax.transAxes, va="top",
    )  # fmt: skip
    style.name_axes(
        ax,
        f"level of the predicted quantile of {style.short(target, 18)}",
        "share of rows below it",
    )
    frame = {"level": levels, "observed": shares, "band_lower": low, "band_upper": high}
    return Plot(ax, pd.DataFrame(frame | {"inside": inside}))

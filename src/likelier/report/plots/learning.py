"""Learning curves: how the objective fell in training, and on rows held out from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from likelier.report.plots import _style as style
from likelier.report.plots._base import Plot

Array = Any


def learning_curves(
    step: Sequence[float],
    curves: Mapping[str, Sequence[float]],
    ax: Any = None,
    *,
    unit: str = "mean NLL of a row (nats)",
    steps: str = "pass over the rows",
    best: float | None = None,
) -> Plot:
    """Draw training curves, told apart by colour and dashes, and where the best step lies.

    Held-out rows that get worse while the training goes on are over-fitting.

    Args:
        step: number of each step, (m,).
        curves: values by name, (m,) each, NaN where there is none.
        ax: matplotlib axes; a new figure when not given.
        unit: of the values, for the axis.
        steps: what a step is, for the axis.
        best: the step whose estimates were kept.
    """
    import pandas as pd

    ax = style.new_axes(ax)
    looks = (
        (style.MAIN, "-"),
        (style.SECOND, (0, (5, 2))),
        (style.THIRD, (0, (1, 1.5))),
        (style.INK, (0, (5, 1.5, 1, 1.5))),
    )
    every = []
    for (name, values), (color, dashes) in zip(curves.items(), looks, strict=False):
        shown = np.asarray(values, float)
        known = np.isfinite(shown)
        ax.plot(
            np.asarray(step)[known], shown[known], color=color, linestyle=dashes, linewidth=1.9,
            marker="o" if known.sum() < 15 else None, markersize=4, label=name,
        )  # fmt: skip
        every.append(shown[known])
    whole = np.concatenate(every)
    if len(whole):
        # The first steps may be far above the rest.
        low, high = whole.min(), np.quantile(whole, 0.97)
        room = 0.08 * (high - low) or 0.1
        ax.set_ylim(low - room, high + room)
    named = list(curves)
    if best is not None:
        named.append(f"kept: {steps} {best:g}")
        ax.axvline(best, color=style.MUTED, linewidth=1, dashes=(4, 2.5), label=named[-1])
    # Above the axes, since curves may end in any corner.
    style.legend(ax, named, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, columnspacing=1.4)
    ax.locator_params(axis="x", nbins=6, integer=True)
    style.name_axes(ax, steps, unit)
    return Plot(ax, pd.DataFrame({"step": step, **curves}))

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
    surer: float | None = None,
    errors: Mapping[str, Sequence[float]] | None = None,
) -> Plot:
    """Draw training curves, told apart by colour and dashes, and where the best step lies.

    Held-out rows that get worse while the training goes on are over-fitting. Where their errors
    stay as they are meanwhile, what gets worse is how sure the model is.

    Args:
        step: number of each step, (m,).
        curves: values by name, (m,) each, NaN where there is none.
        ax: matplotlib axes, whose place is parted in two where there are errors; a new figure when
            not given.
        unit: of the values, for the axis.
        steps: what a step is, for the axis.
        best: the step whose estimates were kept.
        surer: the step from which the model becomes surer than it is right.
        errors: mean squared errors by name, as `curves`, for a panel of their own.
    """
    import pandas as pd

    ax = style.new_axes(ax, style.WIDTH * (2 if errors else 1))
    columns = {"step": step, **curves}
    panels = [(ax, curves, unit)]
    if errors:
        left, right = ax.get_subplotspec().subgridspec(1, 2)
        ax.set_subplotspec(left)
        other = style.new_axes(ax.get_figure(root=True).add_subplot(right))
        panels.append((other, errors, "mean squared error"))
        columns |= {f"squared error, {name}": values for name, values in errors.items()}
    for own, values, name in panels:
        _draw(own, step, values)
        named = list(values)
        if best is not None:
            named.append(f"kept: {steps} {best:g}")
            own.axvline(best, color=style.MUTED, linewidth=1, dashes=(4, 2.5), label=named[-1])
        if surer is not None:
            named.append(f"over-confident from {steps} {surer:g}")
            area = {"color": style.BAND, "zorder": 0, "linewidth": 0, "label": named[-1]}
            own.axvspan(surer, max(step), **area)
        # Above the axes, since curves may end in any corner.
        place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "columnspacing": 1.4}
        style.legend(own, named, ncols=3 if len(named) <= 3 else 2, **place)
        style.name_axes(own, steps, name)
    return Plot(ax, pd.DataFrame(columns))


def _draw(ax: Any, step: Sequence[float], curves: Mapping[str, Sequence[float]]) -> None:
    """The curves of one panel."""
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
    ax.locator_params(axis="x", nbins=6, integer=True)

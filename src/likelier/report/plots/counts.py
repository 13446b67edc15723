"""Observed against fitted counts: bars with the fit beside them, and the hanging rootogram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from likelier.report.plots import _style as style
from likelier.report.plots._base import Plot

Array = Any


@dataclass(frozen=True)
class CountsData:
    """How often each value was seen, and how often fits expect it.

    Attributes:
        target: what is counted, with its name.
        lower, upper: first and last value of each bin, equal for bins of one value; the last upper
            value is infinite where the bin is open.
        observed: rows in each bin.
        expected: rows that each fit expects in the bins, by its name, the main one first.
        spread: standard deviation of the rows in each bin under the main fit, or empty.
    """

    target: str
    lower: Sequence[float]
    upper: Sequence[float]
    observed: Sequence[float]
    expected: Mapping[str, Sequence[float]]
    spread: Sequence[float] = field(default=())

    @property
    def labels(self) -> list[str]:
        """The bins in words."""
        return [_label(a, b) for a, b in zip(self.lower, self.upper, strict=True)]


def counts(data: CountsData, ax: Any = None) -> Plot:
    """Draw observed counts as bars and those that each fit expects as points.

    The bars' neighbours are joined so that families can be told apart at a glance; thin lines give
    ± 2 standard deviations of what the first fit expects.
    """
    ax = style.new_axes(ax)
    x = np.arange(len(data.observed))
    ax.bar(x, data.observed, width=0.82, color=style.SOFT, linewidth=0, label="observed")
    for i, (name, expected) in enumerate(data.expected.items()):
        # The main fit is drawn last, over the others.
        shape = ("o-", "s:", "^:")[i % 3]
        color = (style.SECOND, style.THIRD, style.MUTED)[i % 3]
        ax.plot(
            x, expected, shape, color=color, markersize=(4.5, 3.5, 3.5)[i % 3], linewidth=1.2,
            label=name, zorder=5 - i,
        )  # fmt: skip
    main = np.asarray(next(iter(data.expected.values())), float)
    if len(data.spread):
        ax.vlines(
            x, np.maximum(main - 2 * np.asarray(data.spread), 0),
            main + 2 * np.asarray(data.spread), color=style.SECOND, linewidth=1, zorder=5,
        )  # fmt: skip
    ax.set_ylim(0, None)
    _name_bins(ax, data)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    style.name_axes(ax, style.short(data.target, 52), "rows")
    style.legend(ax, ["observed", *data.expected], loc="upper right")
    return _plot(ax, data)


def rootogram(data: CountsData, ax: Any = None) -> Plot:
    """Draw a hanging rootogram: bars of √observed hang from the curve of √expected.

    A bar that ends above 0 was seen too rarely, one that ends below it too often; the square root
    gives all counts the same spread, of about a half, so bars should end within ± 1 (shaded).

    Source: Tukey (1977); Kleiber and Zeileis (2016), doi:10.1080/00031305.2016.1173590.
    """
    ax = style.new_axes(ax)
    x = np.arange(len(data.observed))
    name, expected = next(iter(data.expected.items()))
    top = np.sqrt(np.asarray(expected, float))
    bar = np.sqrt(np.asarray(data.observed, float))
    ax.axhspan(-1, 1, color=style.BAND, linewidth=0, zorder=0)
    ax.bar(x, bar, bottom=top - bar, width=0.82, color=style.SOFT, linewidth=0, label="observed")
    ax.axhline(0, color=style.INK, linewidth=1)
    ax.plot(
        x, top, "o-", color=style.SECOND, markersize=4.5, linewidth=1.2, label=name, zorder=4
    )  # fmt: skip
    low = min(float((top - bar).min()), -1.5)
    ax.set_ylim(1.08 * low, None)
    _name_bins(ax, data)
    style.name_axes(ax, style.short(data.target, 52), "√ rows, hanging from the fit")
    style.legend(ax, ["observed", name], loc="upper right")
    return _plot(ax, data)


def _name_bins(ax: Any, data: CountsData) -> None:
    """Label as many bins as fit, the first and the last always."""
    labels = data.labels
    longest = max(len(label) for label in labels)
    every = max(1, -(-len(labels) * (longest + 1) // 42))
    shown = list(range(0, len(labels), every))
    last = len(labels) - 1
    if shown[-1] != last:
        room = (longest + 1) / 42 * len(labels)
        shown = [i for i in shown if last - i > 0.75 * room] + [last]
    ax.set_xticks(shown, [labels[i] for i in shown])
    ax.set_xlim(-0.7, len(labels) - 0.3)


def _plot(ax: Any, data: CountsData) -> Plot:
    import pandas as pd

    frame: dict[str, Any] = {"lower": data.lower, "upper": data.upper, "observed": data.observed}
    return Plot(ax, pd.DataFrame(frame | {name: list(v) for name, v in data.expected.items()}))


def _label(lower: float, upper: float) -> str:
    if np.isinf(upper):
        return f"≥{lower:,.0f}"
    return f"{lower:,.0f}" if lower == upper else f"{lower:,.0f}–{upper:,.0f}"

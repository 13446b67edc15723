"""A regularisation path: coefficients and held-out NLL over the strength of the penalty."""

from __future__ import annotations

from typing import Any

from likelier.report.path import RULE_TITLES, PathData
from likelier.report.plots import _style as style
from likelier.report.plots._base import Plot

_NAMED = 8
"""Coefficients that are named, those that matter most at the chosen strength."""


def path_coefficients(data: PathData, ax: Any = None) -> Plot:
    """Draw the coefficients of standardised columns while the penalty weakens to the right.

    The strongest at the chosen strength are named; the others are grey. Numbers along the top
    count the terms in the model.
    """
    import pandas as pd

    ax = style.new_axes(ax, width=6.4, height=3.8)
    k = next(iter(data.chosen.values()))
    order = sorted(data.lines, key=lambda line: -abs(line.values[k]))
    named = [line for line in order[:_NAMED] if line.values[k] != 0]
    if not named:
        named = [line for line in order[:_NAMED] if any(line.values)]
    colors = (style.MAIN, style.SECOND, style.THIRD, style.INK)
    ax.axhline(0, color=style.RULE, linewidth=1)
    for line in data.lines:
        if any(line.values) and line not in named:
            ax.plot(data.strengths, line.values, color=style.RULE, linewidth=0.8)
    for i, line in enumerate(named):
        ax.plot(data.strengths, line.values, color=colors[i % 4], linewidth=1.6)
    _strength_axis(ax, data)
    _mark(ax, data, label=True)
    _name_ends(ax, data, [(line, colors[i % 4]) for i, line in enumerate(named)])
    what = f"strength of {data.penalty}"
    style.name_axes(ax, what, "coefficient of the standardised column")
    frame = pd.DataFrame({"strength": data.strengths})
    return Plot(ax, frame.assign(**{line.name: line.values for line in data.lines}))


def path_held_out(data: PathData, ax: Any = None) -> Plot:
    """Draw the mean held-out NLL with one standard error while the penalty weakens."""
    import pandas as pd

    ax = style.new_axes(ax, width=6.4, height=3.8)
    low = [mean - error for mean, error in zip(data.held_out, data.error, strict=True)]
    high = [mean + error for mean, error in zip(data.held_out, data.error, strict=True)]
    ax.fill_between(data.strengths, low, high, color=style.SOFT, linewidth=0, alpha=0.6)
    ax.plot(data.strengths, data.held_out, color=style.MAIN, linewidth=1.8)
    ax.plot(data.strengths, data.nll, color=style.MUTED, linewidth=1.2, linestyle=(0, (4, 3)))
    _strength_axis(ax, data)
    _mark(ax, data, label=True)
    style.note(ax, data.strengths[-1], data.nll[-1], " rows fitted", va="center")
    style.note(ax, data.strengths[-1], data.held_out[-1], " held out", va="center",
               color=style.MAIN)  # fmt: skip
    style.name_axes(ax, f"strength of {data.penalty}", "NLL per row (nats), ± 1 standard error")
    frame = {
        "strength": data.strengths,
        "nonzero": data.nonzero,
        "nll": data.nll,
        "held_out_nll": data.held_out,
        "standard_error": data.error,
    }
    return Plot(ax, pd.DataFrame(frame))


def _strength_axis(ax: Any, data: PathData) -> None:
    """Strengths in the logarithm, strong at the left; above them the number of terms."""
    positive = [s for s in data.strengths if s > 0]
    if len(positive) == len(data.strengths):
        ax.set_xscale("log")
    ax.set_xlim(data.strengths[0], data.strengths[-1])
    n = len(data.strengths)
    frame = ax.get_xaxis_transform()
    for i in range(0, n, max(1, (n - 1) // 6)):
        style.note(
            ax, data.strengths[i], 1.02, str(data.nonzero[i]), transform=frame, ha="center",
            va="bottom",
        )  # fmt: skip
    style.note(ax, 0.0, 1.11, "terms in the model", transform=ax.transAxes, va="bottom")


def _mark(ax: Any, data: PathData, label: bool) -> None:
    """The chosen strengths: the first rule's as a line with its name, the next one's dotted."""
    frame = ax.get_xaxis_transform()
    shown: set[int] = set()
    for i, (rule, k) in enumerate(list(data.chosen.items())[:2]):
        if k in shown:
            continue
        shown.add(k)
        ax.axvline(
            data.strengths[k], color=style.MUTED, linewidth=1, linestyle="-" if i == 0 else ":"
        )
        if label:
            style.note(
                ax, data.strengths[k], 0.985 if i == 0 else 0.92, f" {RULE_TITLES[rule]}",
                transform=frame, va="top",
            )  # fmt: skip


def _name_ends(ax: Any, data: PathData, lines: list[Any]) -> None:
    """Names at the right ends, moved apart, as little as may be, where they would touch."""
    low, high = ax.get_ylim()
    gap = (high - low) / 18
    lines = sorted(lines, key=lambda pair: pair[0].values[-1])
    # Names that touch form a block about the mean of their ends: each (sum of ends, names).
    blocks: list[list[float]] = []
    for i, (line, _) in enumerate(lines):
        blocks.append([line.values[-1] - i * gap, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    shifts = [total / count for total, count in blocks for _ in range(int(count))]
    for i, ((line, color), shift) in enumerate(zip(lines, shifts, strict=True)):
        text = f"  {style.short(line.name, 18)}"
        style.note(ax, data.strengths[-1], shift + i * gap, text, color=color, va="center")

"""The one style of all plots: colours by their role, axes without clutter, nothing global.

Colours are after Okabe and Ito (2008), distinct to every kind of colour vision and in grey. Each
role has its own hex code, by which `to_svg` finds it and lets a page restyle it for dark screens.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

Axes = Any

LIGHT = {
    "ink": "#1b1f24",
    "muted": "#5b6570",
    "rule": "#c9d0d7",
    "band": "#e9edf1",
    "main": "#0b68a6",
    "soft": "#a9cfea",
    "second": "#c4500a",
    "third": "#00805f",
    "paper": "#ffffff",
}
"""Roles on white: text, lesser text, lines, bands; the data, its area, what it is held against."""

DARK = {
    "ink": "#e7ebef",
    "muted": "#a3adb8",
    "rule": "#414a54",
    "band": "#262c33",
    "main": "#62b5ea",
    "soft": "#23557a",
    "second": "#f59a57",
    "third": "#42c79a",
    "paper": "#14181c",
}
"""The same roles on a dark page."""

INK, MUTED, RULE, BAND, MAIN, SOFT, SECOND, THIRD, PAPER = LIGHT.values()

WIDTH, HEIGHT = 4.8, 3.2
"""Inches: two plots stand side by side on a screen, and one is still legible on a phone."""
LABEL, TICK = 10.0, 9.0


def new_axes(ax: Axes | None, width: float = WIDTH, height: float = HEIGHT) -> Axes:
    """The axes given, or those of a new figure that no global state knows of."""
    if ax is None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(width, height), layout="constrained", facecolor=PAPER)
        FigureCanvasAgg(figure)
        ax = figure.add_subplot()
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("bottom", "left"):
        ax.spines[side].set_color(RULE)
    ax.set_facecolor("none")
    ax.tick_params(colors=RULE, labelcolor=MUTED, labelsize=TICK, length=3)
    for axis in (ax.xaxis, ax.yaxis):
        axis.get_offset_text().set(color=MUTED, fontsize=TICK)
    return ax


def name_axes(ax: Axes, x: str, y: str, *, loc: str = "center") -> None:
    """Name both axes; a dollar sign in a column's name is no mathematics."""
    style = {"color": INK, "fontsize": LABEL, "parse_math": False}
    ax.set_xlabel(x, loc=loc, **style)
    ax.set_ylabel(y, **style)


def hide_y(ax: Axes) -> None:
    """Drop the vertical axis where rows carry their own names."""
    ax.spines["left"].set_visible(False)
    ax.tick_params(left=False)


def note(ax: Axes, x: float, y: float, text: str, *, color: str = MUTED, **options: Any) -> Any:
    """A word beside what it explains; spaces at its ends hold it off, in SVG files too."""
    text = re.sub("^ +| +$", lambda spaces: len(spaces.group()) * "\u00a0", text)
    style = {"fontsize": TICK, "parse_math": False, "color": color}
    return ax.text(x, y, text, **(style | options))


def legend(ax: Axes, order: Sequence[str], **options: Any) -> None:
    """A legend in this order, without a frame, its names taken as plain text."""
    handles, labels = ax.get_legend_handles_labels()
    known = dict(zip(labels, handles, strict=True))
    found = ax.legend(
        [known[name] for name in order],
        [short(name, 36) for name in order],
        frameon=False,
        fontsize=TICK,
        labelcolor=INK,
        handlelength=1.4,
        borderaxespad=0.2,
        **options,
    )
    for text in found.get_texts():
        text.set_parse_math(False)


def short(text: str, length: int = 34) -> str:
    """A name cut in its middle where it is too long for a plot."""
    if len(text) <= length:
        return text
    half = (length - 1) // 2
    return f"{text[: length - 1 - half]}…{text[-half:]}"

"""Which rows move the estimates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from likelier.report.plots import _style as style
from likelier.report.plots._base import Plot

Array = Any

_NAMED = 5
_WORTH = 0.05
"""A row that moves less than this share of what the first does needs no name."""
_APART = 0.06, 0.05
"""Shares of the axes within which two names would lie on each other."""
_MANY = 1500


def influence(
    leverage: Array,
    displacement: Array,
    ax: Any = None,
    *,
    names: Sequence[str] | None = None,
    coefficients: int = 1,
) -> Plot:
    """Draw how far each row alone moves the estimates, against how unusual its features are.

    The likelihood displacement of a row is twice what the log-likelihood of all rows loses when
    that row is left out of the fit, to second order. The dotted line is twice the mean leverage.

    Args:
        leverage: of each row, (n,), from 0 to 1.
        displacement: of each row, (n,), in nats times two.
        ax: matplotlib axes; a new figure when not given.
        names: of the rows, to name those that move most, five of them or fewer.
        coefficients: number of coefficients, for the line.

    Source: Cook (1986), doi:10.1111/j.2517-6161.1986.tb01398.x.
    """
    import pandas as pd

    ax = style.new_axes(ax)
    h, d = np.asarray(leverage, float), np.asarray(displacement, float)
    many = len(d) > _MANY
    ax.plot(
        h, d, ".", color=style.MAIN, markeredgewidth=0, markersize=4 if many else 6,
        alpha=float(np.clip(_MANY / len(d), 0.2, 0.75)), rasterized=many,
    )  # fmt: skip
    ax.axvline(2 * coefficients / len(h), color=style.MUTED, linewidth=1, dashes=(1, 2))
    middle = 0.5 * (h.min() + h.max())
    for i in _named(h, d):
        if names is None:
            break
        left = h[i] > middle
        ax.annotate(
            str(names[i]), (h[i], d[i]), (-5 if left else 5, 0), textcoords="offset points",
            va="center", ha="right" if left else "left", color=style.SECOND,
            fontsize=style.TICK, parse_math=False,
        )  # fmt: skip
    ax.set_ylim(0, max(1.12 * d.max(), 1e-12))
    ax.set_xlim(0, 1.06 * h.max())
    ax.locator_params(nbins=6)
    style.name_axes(ax, "leverage (share of a coefficient)", "likelihood displacement (2 nats)")
    frame = {"leverage": h, "displacement": d}
    return Plot(ax, pd.DataFrame(frame | ({"row": list(names)} if names is not None else {})))


def _named(h: Array, d: Array) -> list[int]:
    """The rows to name: the first of those that move most, none on top of another's name."""
    far = np.array([h.max(), d.max()]) * _APART
    named: list[int] = []
    for i in np.argsort(-d, kind="stable")[:_NAMED]:
        if d[i] < _WORTH * d.max():
            break
        if all(abs(h[i] - h[j]) > far[0] or abs(d[i] - d[j]) > far[1] for j in named):
            named.append(int(i))
    return named

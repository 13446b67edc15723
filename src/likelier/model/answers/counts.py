"""Observed against fitted counts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.errors import LikelierError
from likelier.model.answers.observed import observed, row_counts, single
from likelier.model.names import target_name
from likelier.report.plots import CountsData

if TYPE_CHECKING:
    from likelier.model.fitted import Fit

Array = Any

_BINS = 25
"""About as many bars of counts as a reader takes in."""

_NARROW = 10
"""Bars of fewer counts are summed count by count, which is cheaper than two tails."""


def has_counts(fit: Fit) -> bool:
    """Whether observed against fitted counts is a picture of this fit."""
    family = fit.distribution
    return family.discrete and family.support.name == "counts" and single(fit)


def counts_data(fits: list[Fit]) -> CountsData:
    """How often each count was seen and how often fits to the same rows expect it."""
    main = fits[0]
    if not has_counts(main):
        raise LikelierError(
            f"observed against fitted counts is a plot of counts; {main.distribution.text()} "
            "is a distribution of something else; use .pit()"
        )
    y = np.asarray(observed(main), dtype=float)
    rows = row_counts(main)
    rows = np.ones(len(y)) if rows is None else rows
    lower, upper = count_bins(y)
    expected = {}
    for fit in fits:
        shares = _shares(fit, lower, upper, len(y))
        expected[fit.distribution.text()] = [float((rows * share).sum()) for share in shares]
        if fit is main:
            spread = [math.sqrt((rows * share * (1 - share)).sum()) for share in shares]
            # Nothing can lie beyond the largest count of a family with a bound.
            if shares[-1].max() < 1e-12:
                lower, upper, spread = lower[:-1], upper[:-1], spread[:-1]
    seen = np.histogram(y, np.append(lower, np.inf), weights=rows)[0]
    return CountsData(
        target_name(main),
        lower.tolist(),
        upper.tolist(),
        seen.tolist(),
        {name: sums[: len(lower)] for name, sums in expected.items()},
        spread,
    )


def _shares(fit: Fit, lower: Array, upper: Array, n: int) -> list[Array]:
    """The probability of each bar for every row; the last bar takes what is left."""
    predicted = fit._fitted
    shares, before = [], np.zeros(n)
    for a, b in zip(lower[:-1], upper[:-1], strict=True):
        if b - a < _NARROW:
            counts = np.arange(a, b + 1)
            share = sum(np.exp(predicted.log_prob(np.full(n, count))) for count in counts)
        else:
            share = predicted.cdf(np.full(n, b)) - before
        before = before + share
        shares.append(share)
    return [*shares, np.clip(1 - before, 0, 1)]


def count_bins(y: Array) -> tuple[Array, Array]:
    """First and last count of each bar: single counts where they are few, else ranges.

    The last bar is open; it takes the largest count alone, or the highest one per cent.
    """
    top = float(y.max())
    cut = top + 1 if top < _BINS - 1 else float(np.quantile(y, 0.99, method="higher"))
    step = 1.0
    if cut > _BINS:
        sizes = (s * 10.0**k for k in range(20) for s in (2, 5, 10))
        step = next(size for size in sizes if cut / size < _BINS)
    lower = np.arange(0.0, cut + 0.5, step)
    return lower, np.append(lower[1:] - 1, np.inf)

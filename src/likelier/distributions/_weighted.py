"""Weighted summaries of a sample, of which starting values are made."""

from __future__ import annotations

import numpy as np

from likelier.special import Array


def weighted_quantile(y: Array, level: float, weights: Array | None) -> Array:
    """The smallest observation at or below which a share `level` of the weight lies.

    It minimises the weighted sum of the quantile (pinball) losses of the level; where an interval
    of values does, its middle is returned.
    """
    w = np.ones(len(y)) if weights is None else weights
    order = np.argsort(y, kind="stable")
    y, w = y[order][w[order] > 0], w[order][w[order] > 0]
    share = np.cumsum(w)
    target = level * share[-1]
    low = min(int(np.searchsorted(share, target * (1 - 1e-14))), len(y) - 1)
    high = min(int(np.searchsorted(share, target * (1 + 1e-14), side="right")), len(y) - 1)
    return 0.5 * y[low] + 0.5 * y[high]


def mean_and_deviation(y: Array, weights: Array | None) -> tuple[Array, Array]:
    """Weighted mean and standard deviation (divisor: the sum of the weights)."""
    mean = np.average(y, weights=weights)
    return mean, np.sqrt(np.average((y - mean) ** 2, weights=weights))


def spread(y: Array, weights: Array | None) -> Array:
    """A positive scale for a sample: half the distance between its quartiles, or what stands in."""
    half = 0.5 * (weighted_quantile(y, 0.75, weights) - weighted_quantile(y, 0.25, weights))
    if half > 0:
        return half
    deviation = mean_and_deviation(y, weights)[1]
    return deviation if deviation > 0 else np.maximum(1e-8 * np.max(np.abs(y)), 1e-8)

"""The mean of what rows score, and how well it is known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = Any


def weighted_mean(values: Array, weights: Array | None = None) -> tuple[float, float]:
    """The mean over rows and its standard error, each row standing for `weights` of them.

    Args:
        values: of the rows, (n,).
        weights: (n,), 0 or above; None for ones.

    Example:
        >>> from likelier.assessment import weighted_mean
        >>> weighted_mean([1.0, 3.0, 1.0, 3.0])
        (2.0, 0.5)
    """
    values = np.asarray(values, dtype=float)
    rows = np.ones(len(values)) if weights is None else weights
    mean = float(np.average(values, weights=rows))
    if not math.isfinite(mean):
        return mean, math.nan
    spread = float(np.average((values - mean) ** 2, weights=rows))
    return mean, math.sqrt(spread / rows.sum())

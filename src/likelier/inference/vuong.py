"""Vuong's test: which of two models that do not lie inside each other is nearer to the truth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any


@dataclass(frozen=True)
class VuongTest:
    """The outcome of Vuong's test.

    Attributes:
        statistic: standard normal if both models are equally near to the truth; above 0 the first
            is nearer.
        p_value: two-sided.
        hypothesis: what is tested, in words.
    """

    statistic: float
    p_value: float
    hypothesis: str


def vuong(
    first: Array, second: Array, coefficients: tuple[float, float], weights: Array | None = None,
    hypothesis: str = "both models are equally near to the truth",
) -> VuongTest:  # fmt: skip
    r"""Compare two models by the log-likelihood of each row, at their estimates.

    z = (Σ mᵢ − (k₁ − k₂) / 2 · log n) / (√n ω), mᵢ = log p₁(yᵢ) − log p₂(yᵢ), ω their standard
    deviation. The correction for the numbers of coefficients is Schwarz's. For models of which one
    lies inside the other, or that coincide, it does not hold.

    Args:
        first, second: log-likelihoods of rows, (n,).
        coefficients: k₁ and k₂.
        weights: how many observations each row stands for, (n,).

    Source: Vuong (1989), doi:10.2307/1912557.
    """
    rows = np.ones(len(first)) if weights is None else np.asarray(weights, float)
    n = float(rows.sum())
    m = np.asarray(first, float) - np.asarray(second, float)
    mean = float(np.average(m, weights=rows))
    spread = math.sqrt(float(np.average((m - mean) ** 2, weights=rows)))
    total = n * mean - (coefficients[0] - coefficients[1]) / 2 * math.log(n)
    statistic = total / (math.sqrt(n) * spread) if spread > 0 else math.nan
    p = math.erfc(abs(statistic) / math.sqrt(2)) if statistic == statistic else math.nan
    return VuongTest(statistic, p, hypothesis)

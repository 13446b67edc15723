"""Where a share of rows lies by chance alone."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


def binomial_quantile(q: float, n: Array, p: Array) -> Array:
    """The least count k with P(K <= k) >= q."""
    from scipy.special import bdtr, bdtrik

    n, p = np.broadcast_arrays(np.asarray(n, float), np.asarray(p, float))
    inner = np.clip(p, 1e-300, 1 - 1e-16)
    k = np.clip(np.ceil(bdtrik(q, n, inner)), 0, n)
    # The continuous inverse may end a rounding error above a whole number.
    lower = np.maximum(k - 1, 0)
    enough = bdtr(lower, n.astype(int), inner) >= q * (1 - 1e-13)
    k = np.where((k > 0) & enough, lower, k)
    return np.where(p >= 1, n, np.where(p <= 0, 0.0, k))


def binomial_band(n: Array, p: Array, level: float, bars: int = 1) -> tuple[Array, Array]:
    """Counts between which `bars` independent binomial counts stay together with `level`."""
    each = level ** (1 / bars)
    return binomial_quantile((1 - each) / 2, n, p), binomial_quantile((1 + each) / 2, n, p)

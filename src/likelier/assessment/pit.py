"""The probability integral transform: where each observation fell in its own prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.distributions import Censored, CensoredValues, Distribution

if TYPE_CHECKING:
    import pandas as pd

Array = Any


def pit(distribution: Distribution, y: Array, seed: int = 0) -> Array:
    """P(Y <= y) of each observation, uniform on (0, 1) if the predictions are right.

    Where y has a probability of its own (counts, the zeros of a Tweedie) the value is drawn between
    P(Y < y) and P(Y <= y), which makes it uniform again.

    Args:
        distribution: one prediction a row.
        y: observations, (n,).
        seed: of the draws.

    Source: Dawid (1984), doi:10.2307/2981683; Czado, Gneiting and Held (2009),
    doi:10.1111/j.1541-0420.2009.01191.x.
    """
    below, upto = pit_bounds(distribution, y)
    share = np.random.default_rng(seed).random(upto.shape)
    return below + share * (upto - below)


def pit_bounds(distribution: Distribution, y: Array) -> tuple[Array, Array]:
    """P(Y < y) and P(Y <= y) of each observation; the same where y has no probability of its own.

    A censored observation lies anywhere between its ends: P(Y < lower) and P(Y <= upper).

    Args:
        distribution: one prediction a row.
        y: observations, (n,), or `CensoredValues`.
    """
    if isinstance(y, CensoredValues):
        return _censored_bounds(distribution, y)
    y = np.asarray(y, dtype=float)
    upto = np.asarray(distribution.cdf(y))
    if distribution.discrete:
        return np.clip(upto - np.exp(distribution.log_prob(y)), 0.0, 1.0), upto
    # Of all other families, atoms are at the ends of the support only: at 0 or 1.
    ends = (y == 0) | (y == 1)
    if not ends.any():
        return upto, upto
    return np.where(ends, np.asarray(distribution.cdf(np.nextafter(y, -np.inf))), upto), upto


def _censored_bounds(distribution: Distribution, y: CensoredValues) -> tuple[Array, Array]:
    exact = np.where(y.lower == y.upper, y.lower, np.nan)
    inner = distribution.inner if isinstance(distribution, Censored) else distribution
    below, upto = pit_bounds(inner, exact)
    step = 1.0 if inner.discrete else 0.0
    # Infinite ends lie outside every support, where the cdf is 0 or 1.
    low = np.where(np.isfinite(y.lower), inner.cdf(y.lower - step), 0.0)
    high = np.where(np.isfinite(y.upper), inner.cdf(y.upper), 1.0)
    return np.where(np.isnan(exact), low, below), np.where(np.isnan(exact), high, upto)


def quantile_residuals(values: Array) -> Array:
    """Standard normal quantiles of PIT values, Φ⁻¹(PIT).

    Source: Dunn and Smyth (1996), doi:10.2307/1390802.
    """
    from scipy.special import ndtri

    tiny = np.finfo(float).tiny
    return ndtri(np.clip(values, tiny, 1 - np.finfo(float).epsneg))


def uniformity_tests(u: Array) -> pd.DataFrame:
    """Tests that PIT values are uniform on (0, 1): table of test, statistic, p_value."""
    import pandas as pd
    from scipy import stats

    found = {
        "Kolmogorov-Smirnov": stats.kstest(u, "uniform"),
        "Cramér-von Mises": stats.cramervonmises(u, "uniform"),
        "chi-squared, 10 bins": stats.chisquare(np.histogram(u, 10, (0, 1))[0]),
    }
    rows = [(name, float(f.statistic), float(f.pvalue)) for name, f in found.items()]
    return pd.DataFrame(rows, columns=["test", "statistic", "p_value"])

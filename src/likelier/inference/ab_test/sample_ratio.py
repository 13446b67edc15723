"""Whether arms are as large as they should be: a mismatch says that assignment went wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from likelier.diagnosis import Diagnosis

_OUTCOMES = 50_000
"""Up to so many ways to fill the arms are enumerated; beyond them χ² is exact enough."""
_ALARM = 1e-3


def sample_ratio_p_value(sizes: Sequence[float], shares: Sequence[float]) -> float:
    """p-value of the hypothesis that units were assigned to arms with these shares.

    The exact multinomial test (the probability of all outcomes that are no likelier than the
    observed one) where its outcomes can be counted, else Pearson's χ².

    Args:
        sizes: units in each arm.
        shares: expected shares, which sum to 1.

    Source: Fabijan et al. (2019), Diagnosing Sample Ratio Mismatch in Online Controlled
    Experiments, doi:10.1145/3292500.3330722.

    Example:
        >>> round(sample_ratio_p_value([3, 9], [0.5, 0.5]), 6)
        0.145996
    """
    from scipy.special import chdtrc, gammaln

    total, share = sum(sizes), np.asarray(shares, dtype=np.float64)
    found = np.asarray(sizes, dtype=np.float64)
    whole = bool(np.all(found == np.floor(found)))
    if whole and math.comb(int(total) + len(sizes) - 1, len(sizes) - 1) <= _OUTCOMES:
        outcomes = np.array(list(_outcomes(int(total), len(sizes))), dtype=np.float64)
        logs = [gammaln(total + 1) + (k * np.log(share) - gammaln(k + 1)).sum(axis=-1)
                for k in (outcomes, found)]  # fmt: skip
        # Outcomes of equal probability may differ by a rounding error.
        return float(min(np.exp(logs[0][logs[0] <= logs[1] + 1e-9]).sum(), 1.0))
    expected = total * share
    return float(chdtrc(len(sizes) - 1, ((found - expected) ** 2 / expected).sum()))


def _outcomes(total: int, arms: int) -> Iterator[tuple[int, ...]]:
    """All ways to put units into arms."""
    if arms == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _outcomes(total - first, arms - 1):
            yield (first, *rest)


def check_sample_ratio(
    sizes: Mapping[str, float], shares: Mapping[str, float], p_value: float
) -> Diagnosis | None:
    """A diagnosis where arms are not of the size that they should have."""
    if p_value >= _ALARM:
        return None
    total = sum(sizes.values())
    seen = ", ".join(f"{arm} {size:,.10g}" for arm, size in sizes.items())
    due = ", ".join(f"{arm} {total * shares[arm]:,.1f}".removesuffix(".0") for arm in sizes)
    return Diagnosis(
        kind="sample_ratio",
        severity="warning",
        message=(
            f"the arms hold {seen} units where {due} are expected (p = {p_value:.2g}): units were "
            "lost or assigned unevenly, and then arms may differ for other reasons than treatment"
        ),
        where=tuple(sizes),
        evidence={"p_value": p_value, "sizes": dict(sizes), "shares": dict(shares)},
        remedy=(
            "find out why before trusting the result; if the split was planned, say so: shares={"
            + ", ".join(f'"{arm}": …' for arm in sizes)
            + "}"
        ),
    )

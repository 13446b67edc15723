"""Covariance of the estimates: observed, expected, sandwich, cluster; never of what is unknown.

A direction of the parameters along which the likelihood has no curvature is not identified: every
coefficient that takes part in it has a NaN variance, and the others keep theirs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.engines import LikelihoodSum
from likelier.errors import LikelierError, did_you_mean
from likelier.solvers import factorise

Array = Any

KINDS = ("observed", "expected", "sandwich", "HC0", "HC1", "cluster")
"""Names of the kinds of covariance; "sandwich" is HC0."""


def inverse_information(curvature: Array) -> tuple[Array, Array]:
    """The inverse of an information matrix and the mask of identified coefficients.

    Rows and columns of coefficients that are not identified hold NaN.
    """
    size = len(curvature)
    if not np.all(np.isfinite(curvature)):
        return np.full((size, size), np.nan), np.zeros(size, dtype=bool)
    direction = factorise(curvature)
    inverse = direction.solve_matrix()
    identified = np.ones(size, dtype=bool)
    if direction.factor is None:
        assert direction.values is not None
        assert direction.vectors is not None
        bad = direction.values <= direction.threshold
        identified = np.all(np.abs(direction.vectors[:, bad]) < 1e-6, axis=1)
        inverse[~identified, :] = np.nan
        inverse[:, ~identified] = np.nan
    return inverse, identified


def covariance(
    function: LikelihoodSum,
    theta: Array,
    curvature: Array,
    kind: str = "observed",
    groups: Array | None = None,
    frequency: bool = True,
) -> Array:
    """Covariance of `theta` on the inner scale.

    observed: H⁻¹ with H the second derivatives of the NLL. expected: the inverse of the expected
    information. sandwich (HC0): H⁻¹ S H⁻¹ with S = Σ sᵢ sᵢᵀ; HC1 multiplies it by n / (n − p).
    cluster: S sums the scores within groups first, times G / (G − 1) · (n − 1) / (n − p).

    Args:
        function: the likelihood as a function of theta.
        theta: the estimate.
        curvature: H at the estimate.
        kind: one of `KINDS`.
        groups: (n,) codes 0, 1, … of the clusters.
        frequency: whether weights count rows (each is that many equal rows) or scale precision.

    Source: White (1982), doi:10.2307/1912526; Liang and Zeger (1986), doi:10.1093/biomet/73.1.13;
    small-sample factors as in Cameron and Miller (2015), doi:10.3368/jhr.50.2.317.
    """
    if kind not in KINDS:
        options = ", ".join(KINDS)
        raise LikelierError(f"no covariance {kind!r}.{did_you_mean(kind, KINDS)} Kinds: {options}")
    if kind == "expected":
        return inverse_information(function(theta, 2, "expected").curvature)[0]
    bread = inverse_information(curvature)[0]
    if kind == "observed":
        return bread
    if kind == "cluster" and groups is None:
        raise LikelierError("covariance(kind='cluster') needs groups: a column name or an array")
    n = function.effective_rows(frequency)
    size = len(theta)
    scores = function.score_products(theta, groups if kind == "cluster" else None, frequency)
    factor = 1.0
    if kind == "HC1":
        factor = n / (n - size)
    elif kind == "cluster":
        assert groups is not None
        clusters = len(np.unique(groups))
        if clusters < 2:
            raise LikelierError("covariance(kind='cluster') needs at least two groups")
        factor = clusters / (clusters - 1) * (n - 1) / (n - size)
    return factor * (bread @ scores @ bread)

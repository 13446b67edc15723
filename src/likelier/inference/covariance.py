"""Covariance of the estimates: observed, expected, sandwich, cluster; never of what is unknown.

A direction of the parameters along which the likelihood has no curvature is not identified: every
combination that takes part in it has a NaN variance, and the others keep theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.engines import LikelihoodSum
from likelier.errors import LikelierError, did_you_mean
from likelier.predictors import Arrow, ArrowInverse, Scaling
from likelier.solvers import ArrowDirection, factorise

Array = Any

KINDS = ("observed", "expected", "sandwich", "HC0", "HC1", "cluster")
"""Names of the kinds of covariance; "sandwich" is HC0."""


@dataclass(frozen=True, eq=False)
class Information:
    """An information matrix, inverted.

    Attributes:
        inverse: (P, P) its inverse, or the generalised inverse that is 0 along `null`.
        null: (P, k) orthogonal directions about which the data say nothing; a SciPy sparse
            matrix beside the inverse of an arrow.
    """

    inverse: Array
    null: Array

    def along(self, rows: Array) -> Array:
        """Covariance of linear combinations, rows @ θ; NaN for those that are not identified."""
        if isinstance(rows, Scaling) and isinstance(self.inverse, ArrowInverse):
            return self.inverse.rescaled(rows.levels, rows.rest).without(self.lost(rows))
        # Beyond double precision a variance is infinite, or not a number.
        with np.errstate(all="ignore"):
            result = rows @ self.inverse @ rows.T
        lost = self.lost(rows)
        result[lost, :] = np.nan
        result[:, lost] = np.nan
        return result

    def lost(self, rows: Array) -> Array:
        """Which linear combinations take part in a direction that is not identified."""
        if isinstance(rows, Scaling):
            return _sparse_lost(rows.entries, self.null)
        if not self.null.shape[1]:
            return np.zeros(len(rows), dtype=bool)
        with np.errstate(all="ignore"):
            size = np.linalg.norm(rows, axis=1, keepdims=True)
            return np.any(np.abs(rows @ self.null) > 1e-6 * size, axis=1)


def without(covariance: Array, unknown: Array) -> Array:
    """A covariance with NaN in the rows and columns of coefficients without a finite variance."""
    if isinstance(covariance, ArrowInverse):
        held = covariance.unknown
        return covariance.without(unknown if held is None else unknown | held)
    covariance[unknown, :] = np.nan
    covariance[:, unknown] = np.nan
    return covariance


def _sparse_lost(rows: Any, null: Any) -> Array:
    from scipy.sparse import csr_array

    if null.shape[1] == 0:
        return np.zeros(rows.shape[0], dtype=bool)
    size = np.sqrt(rows.multiply(rows).sum(axis=1))
    reach = abs(rows @ csr_array(null)).max(axis=1)
    return np.asarray(reach.toarray()).ravel() > 1e-6 * size


def invert_information(curvature: Array, free: Array | None = None) -> Information:
    """Invert an information matrix as far as it goes.

    Args:
        curvature: (P, P).
        free: mask of the coefficients that have an estimate; the others count as not identified.
    """
    size = len(curvature)
    free = np.ones(size, dtype=bool) if free is None else free
    if isinstance(curvature, Arrow):
        return _invert_arrow(curvature, free)
    block = curvature if free.all() else curvature[np.ix_(free, free)]
    inverse = np.zeros((size, size))
    if not np.all(np.isfinite(block)):
        return Information(inverse, np.eye(size))
    null = list(np.eye(size)[~free])
    if free.any():
        direction = factorise(block)
        inverse[np.ix_(free, free)] = direction.solve_matrix()
        for vector in direction.null_vectors():
            embedded = np.zeros(size)
            embedded[free] = vector
            null.append(embedded)
    return Information(inverse, np.array(null).reshape(-1, size).T)


def _invert_arrow(curvature: Arrow, free: Array) -> Information:
    """The same of an arrow, whose inverse is kept in parts."""
    if not curvature.is_finite:
        return invert_information(curvature.toarray(), free)
    direction = factorise(curvature if free.all() else curvature.within(free))
    assert isinstance(direction, ArrowDirection)
    return Information(direction.inverse, direction.null_columns())


def covariance(
    function: LikelihoodSum,
    theta: Array,
    curvature: Array,
    kind: str = "observed",
    groups: Array | None = None,
    frequency: bool = True,
) -> Array:
    """Covariance of `theta` on the inner scale, 0 along directions that are not identified.

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
        return invert_information(function(theta, 2, "expected").curvature).inverse
    bread = invert_information(curvature).inverse
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
    if isinstance(bread, ArrowInverse):
        bread, inverse = bread.toarray(), bread
        return factor * (inverse @ (scores @ bread))
    return factor * (bread @ scores @ bread)

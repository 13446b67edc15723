"""Dear functions of one number, smooth in it, at many of them: Chebyshev series on stretches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from likelier.special import Array

# So many nodes on a stretch of this length are exact to a few roundings for functions of a
# logarithm or of log odds, whose nearest singularities are π away from the real line.
_DEGREE = 20
_LENGTH = 1.0
_CONVERGED = 1e-11
"""Share of a series in its last terms up to which it is trusted."""


def by_series(function: Callable[[Array], Array], at: Array) -> Array:
    """A smooth function, (m,) to (..., m), at many numbers, (n,) to (..., n).

    Stretches with few of them, and those on which the series does not converge, are taken by the
    function itself.
    """
    found: Array = None
    stretch = np.floor(at / _LENGTH)
    unit = np.cos(np.pi * (np.arange(_DEGREE) + 0.5) / _DEGREE)
    for one in np.unique(stretch):
        rows = np.flatnonzero((stretch == one) | (np.isnan(stretch) & np.isnan(one)))
        values = None
        if len(rows) > _DEGREE and np.isfinite(one):
            nodes = function(_LENGTH * (one + (unit + 1) / 2))
            shape = nodes.shape[:-1]
            terms = np.polynomial.chebyshev.chebfit(unit, nodes.reshape(-1, _DEGREE).T, _DEGREE - 1)
            if np.all(np.abs(terms[-2:]) <= _CONVERGED * np.max(np.abs(terms), axis=0)):
                place = 2 * (at[rows] / _LENGTH - one) - 1
                values = np.polynomial.chebyshev.chebval(place, terms).reshape(*shape, -1)
        if values is None:
            values = function(at[rows])
        if found is None:
            found = np.empty((*values.shape[:-1], len(at)))
        found[..., rows] = values
    return found

"""The expected information of rows in their predictors, and how it changes with them.

Where a family sums it over counts or takes it by quadrature, a row costs thousands of operations.
Two things keep that small: a point and its neighbours are evaluated in one call, and where one
predictor alone varies (a dispersion has an intercept, say) the information is a smooth curve, which
a Chebyshev series through a few dozen points gives to rounding error whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.polynomial import chebyshev

from likelier.distributions import Linked
from likelier.objective._base import Array

Rowwise = dict[tuple[int, int], Array]
"""Rows of numbers by pairs of predictors."""

_STEP = 3e-5
"""Of central differences in the predictors: right to about ten digits."""
_COLUMNS = 8192
"""Points of one call."""
_NODES = 48
_CONVERGED = (1e-11, 1e-8)
"""Share of the series in its last terms up to which it is trusted: of the information, and of its
differences, whose rounding error is larger."""


def row_information(
    linked: Linked, eta: Array, known: Mapping[str, Array], slopes: bool = True
) -> tuple[Rowwise, list[Rowwise]]:
    """The rows' information by pairs of predictors, and its derivatives in each predictor.

    Args:
        linked: the family with its links.
        eta: predictors, (K, m).
        known: parameters that are data, (m,) each.
        slopes: whether derivatives are asked for; the list is empty otherwise.
    """
    found = _by_series(linked, eta, known, slopes)
    if found is not None:
        return found
    each = max(1, _COLUMNS // (1 + 2 * len(eta)))
    parts = [
        _by_points(
            linked, eta[:, i : i + each], {k: v[i : i + each] for k, v in known.items()}, slopes
        )
        for i in range(0, eta.shape[1], each)
    ]
    here = _joined([part[0] for part in parts])
    return here, [_joined(list(group)) for group in zip(*(part[1] for part in parts), strict=True)]


def _joined(parts: list[Rowwise]) -> Rowwise:
    if len(parts) == 1:
        return parts[0]
    return {pair: np.concatenate([part[pair] for part in parts]) for pair in parts[0]}


def _by_points(
    linked: Linked, eta: Array, known: Mapping[str, Array], slopes: bool
) -> tuple[Rowwise, list[Rowwise]]:
    """Information at each row, and central differences of it."""
    count, m = eta.shape
    moved = [eta]
    steps = _STEP * np.maximum(1.0, np.abs(eta))
    if slopes:
        for c in range(count):
            for sign in (1.0, -1.0):
                beside = eta.copy()
                beside[c] += sign * steps[c]
                moved.append(beside)
    times = len(moved)
    tiled = {name: np.tile(value, times) for name, value in known.items()}
    whole = linked.information(np.concatenate(moved, axis=1), tiled)
    split = {
        pair: np.broadcast_to(value, (times * m,)).reshape(times, m)
        for pair, value in whole.items()
    }
    here = {pair: value[0] for pair, value in split.items()}
    found = [
        {
            pair: (value[1 + 2 * c] - value[2 + 2 * c]) / (2 * steps[c])
            for pair, value in split.items()
        }
        for c in range(count if slopes else 0)
    ]
    return here, found


def _by_series(
    linked: Linked, eta: Array, known: Mapping[str, Array], slopes: bool
) -> tuple[Rowwise, list[Rowwise]] | None:
    """The same from a series in the one predictor that varies; None where that is no gain."""
    if known or eta.shape[1] <= _NODES or not np.all(np.isfinite(eta)):
        return None
    varying = np.flatnonzero(np.ptp(eta, axis=1) > 0)
    # A formula costs less than a series.
    if len(varying) > 1 or linked.build(eta[:, :1])._information() is not None:
        return None
    one = int(varying[0]) if len(varying) else 0
    middle, half = np.max(eta[one]) / 2 + np.min(eta[one]) / 2, np.ptp(eta[one]) / 2
    nodes = chebyshev.chebpts1(_NODES)
    grid = np.repeat(eta[:, :1], _NODES, axis=1)
    grid[one] = middle + half * nodes
    here, changes = _by_points(linked, grid, {}, slopes)
    place = (eta[one] - middle) / half if half > 0 else np.zeros(eta.shape[1])
    basis = chebyshev.chebvander(place, _NODES - 1)
    transform = chebyshev.chebvander(nodes, _NODES - 1).T * (2 / _NODES)
    transform[0] /= 2
    results: list[Rowwise] = []
    for level, curves in ((_CONVERGED[0], [here]), (_CONVERGED[1], changes)):
        series = [{pair: transform @ value for pair, value in curve.items()} for curve in curves]
        terms = np.array([c for curve in series for c in curve.values()])
        if terms.size and not np.max(np.abs(terms[:, -4:])) <= level * np.max(np.abs(terms)):
            return None
        results += [{pair: basis @ c for pair, c in curve.items()} for curve in series]
    return results[0], results[1:]

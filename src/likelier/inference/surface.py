"""The likelihood of two combinations of coefficients on a grid, all others refitted."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.inference.covariance import Information
from likelier.inference.restricted import complement, minimise
from likelier.solvers._base import Objective

Array = Any


def surface(
    function: Objective,
    theta: Array,
    nll: float,
    information: Information,
    contrasts: Array,
    first: Array,
    second: Array,
) -> Array:
    """Deviance 2 (nll − minimum) where two combinations have the values of a grid, (m, k).

    Each point is searched from its neighbour towards the estimate, moved along the ridge of the
    quadratic approximation.

    Args:
        function: the objective.
        theta: its minimiser; nll: its minimum.
        information: at theta.
        contrasts: (2, P), the combinations.
        first, second: (m,) and (k,) increasing values of each.
    """
    basis = complement(contrasts.T)
    along = information.inverse @ contrasts.T
    path = along @ np.linalg.inv(contrasts @ along)
    centre = contrasts @ theta
    deviance = np.full((len(first), len(second)), np.nan)
    found: dict[tuple[int, int], Array] = {}
    home = (int(np.argmin(np.abs(first - centre[0]))), int(np.argmin(np.abs(second - centre[1]))))
    cells = [(i, j) for i in range(len(first)) for j in range(len(second))]
    for i, j in sorted(cells, key=lambda c: abs(c[0] - home[0]) + abs(c[1] - home[1])):
        inward = (i - int(np.sign(i - home[0])), j - int(np.sign(j - home[1])))
        near = found.get(inward, theta) if inward != (i, j) else theta
        start = near + path @ (np.array([first[i], second[j]]) - contrasts @ near)
        if basis.shape[1] == 0:
            value, found[i, j] = function(start, 0).value, start
        else:
            solution = minimise(function, start, basis, tolerance=1e-7)
            value, found[i, j] = solution.value, solution.theta
        deviance[i, j] = max(2 * (value - nll), 0.0)
    return deviance

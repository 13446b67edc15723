"""Spread samples of the rows, for what need not be exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from likelier.engines import JointSum, LikelihoodSum

Array = Any

_MANY_ROWS = 50_000
"""From here on a sample of the rows gives the curvature."""
_SHARE = 16


def spread(chunks: Sequence[Sequence[slice]], share: int) -> list[list[slice]]:
    """About one row in `share`, as the heads of blocks spread over the whole table."""
    blocks = [part for chunk in chunks for part in chunk]
    rows = sum(part.stop - part.start for part in blocks)
    count = min(len(blocks), 25)
    picked = [blocks[int(i * len(blocks) / count)] for i in range(count)]
    each = max(1, rows // share // count)
    heads = [slice(part.start, min(part.stop, part.start + each)) for part in picked]
    return [heads]


def rough_curvature(function: Any, theta: Array, passes: dict[int, int]) -> Array:
    """Second derivatives at theta, of a large table from a sample of its rows.

    Args:
        function: the objective.
        theta: where.
        passes: counts of passes over all rows, which a small table adds to.
    """
    if isinstance(function, LikelihoodSum | JointSum) and function.rows > _MANY_ROWS:
        part = function.on(spread(function.chunks, _SHARE)).gathered()
        if part.rows >= 20 * len(theta):
            found: Array = np.asarray(part(theta, 2).curvature)
            if np.all(np.isfinite(found)):
                return found * (function.rows / part.rows)
    passes[2] += 1
    whole: Array = np.asarray(function(theta, 2).curvature)
    return whole

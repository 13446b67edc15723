"""Spread samples of the rows, for what need not be exact."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from likelier.engines import JointSum, LikelihoodSum

Array = Any

_MANY_ROWS = 50_000
"""From here on a sample of the rows gives the curvature."""
_SHARE = 16
_SHARES = (8, 16, 32, 64)
_PER_COEFFICIENT = 20
"""Rows a coefficient below which a sample says too little."""
_GROWTH = 32
"""From one sample to the next at most; each step of a search takes it by its rows a coefficient."""
_END = 1e-11
"""Nats from the optimum at which a search ends."""


def spread(chunks: Sequence[Sequence[slice]], share: int) -> list[list[slice]]:
    """About one row in `share`, as the heads of blocks spread over the whole table."""
    blocks = [part for chunk in chunks for part in chunk]
    rows = sum(part.stop - part.start for part in blocks)
    count = min(len(blocks), 25)
    picked = [blocks[int(i * len(blocks) / count)] for i in range(count)]
    each = max(1, rows // share // count)
    heads = [slice(part.start, min(part.stop, part.start + each)) for part in picked]
    return [heads]


def largest_sample(function: LikelihoodSum, size: int) -> int:
    """Rows of the sample whose curvature makes the search over all rows cheapest.

    With m of n rows and P coefficients the search begins n P / m nats from its end, and each pass
    over all rows divides that by about m / P, as much as such a sample's curvature is right. The
    sample itself takes about two passes over its rows and one with curvature.

    Args:
        function: the sum over all rows.
        size: P.
    """

    def passes(share: int) -> float:
        ahead = math.log(size * share / _END) / math.log(function.rows / (share * size))
        return ahead + (2 + function.dearness) / share

    wide = [s for s in _SHARES if function.rows >= s * size * _PER_COEFFICIENT]
    return function.rows // min(wide, key=passes) if wide else 0


def sample_sizes(last: int, size: int) -> list[int]:
    """Rows of growing samples up to `last`, from the fewest that say something of P coefficients.

    Args:
        last: rows of the largest.
        size: P.
    """
    least = _PER_COEFFICIENT * size
    if last < least:
        return []
    steps = math.ceil(math.log(last / least) / math.log(_GROWTH))
    return [round(last * (least / last) ** (i / max(steps, 1))) for i in range(steps, -1, -1)]


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

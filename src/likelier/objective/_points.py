"""Points at which an equation is asked of a predicted mean: a table, or ranges that are filled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from likelier.errors import LikelierError

Array = Any

_PER_COLUMN = 100
"""Points for each column of ranges, where nothing is said."""


def collocation(at: Any, count: int | None) -> dict[str, np.ndarray]:
    """A checked table of points, numbers by column.

    Args:
        at: a table, whose rows are the points; or a dict of ranges, pairs (lower, upper): one
            column is then divided evenly, ends included, and several are filled by Halton's
            sequence, which leaves smaller holes than chance does and takes fewer points than a
            grid.
        count: how many points of ranges; None for 100 for each column.

    Raises:
        LikelierError: there is no point, one is not finite, or a range is empty.

    Source: Halton (1960), doi:10.1007/BF01386213.
    """
    if not isinstance(at, Mapping):
        names = getattr(at, "columns", None)
        if names is None:
            raise LikelierError(
                'at is a table of points such as {"t": np.linspace(0, 10, 50)}, or ranges such as '
                f'{{"t": (0, 10)}}; given: {at!r:.60}'
            )
        at = {str(name): at[name] for name in names}
    ranges = [name for name, values in at.items() if isinstance(values, tuple)]
    if ranges and len(ranges) == len(at):
        return _filled(at, count)
    if ranges:
        others = ", ".join(name for name in at if name not in ranges)
        raise LikelierError(
            f"the points of PhysicsResidual have a range of `{ranges[0]}` and values of {others}; "
            "give ranges of all columns or values of all"
        )
    if count is not None:
        raise LikelierError("points says how many fill ranges; at is a table, which has its own")
    return _table(at)


def _filled(at: Mapping[str, Any], count: int | None) -> dict[str, np.ndarray]:
    """Points that fill ranges."""
    count = _PER_COLUMN * len(at) if count is None else count
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise LikelierError(f"points is a whole number above 0; given: {count!r}")
    ends = {}
    for name, given in at.items():
        try:
            lower, upper = map(float, given)
        except (TypeError, ValueError):
            lower = upper = np.nan
        if not (np.isfinite(lower) and np.isfinite(upper) and lower < upper):
            raise LikelierError(
                f"a range of points is (lower, upper), two numbers that rise; `{name}`: {given!r}"
            )
        ends[name] = lower, upper
    if len(ends) == 1:
        return {name: np.linspace(*pair, count) for name, pair in ends.items()}
    from scipy.stats import qmc

    share = qmc.Halton(len(ends), scramble=False).random(count)
    lower, upper = np.array(list(ends.values())).T
    return dict(zip(ends, (lower + share * (upper - lower)).T, strict=True))


def _table(at: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Points that were given."""
    try:
        found = {name: np.asarray(values, dtype=float) for name, values in at.items()}
    except (TypeError, ValueError) as error:
        raise LikelierError("the points of PhysicsResidual are numbers") from error
    shapes = {values.shape for values in found.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1 or not next(iter(shapes))[0]:
        raise LikelierError(
            "the columns of the points of PhysicsResidual have one length, above 0; given: "
            + ", ".join(f"{name} {values.shape}" for name, values in found.items())
        )
    for name, values in found.items():
        if not np.all(np.isfinite(values)):
            raise LikelierError(f"column `{name}` of the points of PhysicsResidual is not finite")
    return found

"""How the slopes of a location and of a scale reach the weights of a network that gives both.

The slope of a Normal's NLL in its mean is (loc − y) / scale²: rows that are predicted badly get a
large scale, and then have next to no say in the mean, so that plain descent stays where the mean
ignores them. Each remedy changes what a step follows, not what is minimised at the end: held-out
rows are always judged by their plain NLL.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from likelier.distributions import Linked
from likelier.errors import LikelierError, did_you_mean
from likelier.special import namespace

Array = Any

REMEDIES: Mapping[str, str] = {
    "beta": "slopes of a row times scale^(2β), β = ½ (Seitzer et al. 2022)",
    "faithful": "loc follows least squares, and scale has hidden layers of its own (Stirn 2023)",
    "mean_first": "loc alone, by least squares, for the first fifth of the steps",
    "natural": "the heads are the natural parameters loc / scale² and 1 / scale² (Immer 2023)",
    "none": "the slopes of the NLL",
}
OF_SLOPES = ("beta", "mean_first", "none")
"""Those that change slopes alone, whatever the network."""
_FIRST = 0.2
"""Share of the steps in which `mean_first` leaves the scale alone."""


def check_remedy(name: Any, among: Collection[str] = tuple(REMEDIES)) -> None:
    """Raise `LikelierError` for what is not among some remedies."""
    if name not in among:
        raise LikelierError(
            f"no remedy {name!r}.{did_you_mean(str(name), among)} "
            f"heteroscedastic is one of {', '.join(among)}"
        )


def rows_of(slots: Mapping[str, slice]) -> tuple[int, int] | None:
    """The rows of eta of a location and of its log scale, None for a family without the two."""
    if "loc" not in slots or "scale" not in slots:
        return None
    both = slots["loc"], slots["scale"]
    if any(own.stop - own.start != 1 for own in both):
        return None
    return both[0].start, both[1].start


def natural(outputs: Array, rows: tuple[int, int]) -> Array:
    """Outputs, (K, m), of which that of the location was loc / scale²."""
    xp = namespace(outputs)
    loc, scale = rows
    own = np.arange(outputs.shape[0])[:, None] == loc
    return outputs * xp.where(own, xp.exp(2 * outputs[scale]), 1.0)


def resolution_floor(y: Array) -> float:
    """The least log scale that numbers written down in steps can speak of: a step over √12.

    Where several rows have the very same value a density would grow without limit as the scale
    shrinks; a number rounded to a step r is known to r / √12.
    """
    gaps = np.diff(np.unique(y))
    return math.log(gaps.min() / math.sqrt(12)) if len(gaps) else -math.inf


def floored(log_scale: Array, floor: Any, xp: Any) -> Array:
    """Log of √(scale² + least scale²)."""
    return 0.5 * xp.logaddexp(2 * log_scale, 2 * floor)


def followed(
    remedy: str, linked: Linked, eta: Array, known: Any, weights: Array, progress: Array
) -> Array:
    """`eta` as it is, with the slopes that a remedy follows in place of its own; in JAX."""
    if not follows(remedy, linked):
        return eta
    import jax

    still = jax.lax.stop_gradient(eta)
    distribution = linked.build(still, known, namespace(still))
    share = shares(remedy, linked, distribution, weights, progress)
    return still + share * (eta - still)


def follows(remedy: str, linked: Linked) -> bool:
    """Whether steps follow other slopes than those of the NLL in eta."""
    return remedy not in ("none", "natural") and rows_of(linked.slots) is not None


def shares(
    remedy: str, linked: Linked, distribution: Any, weights: Array | None, progress: Array
) -> Array:
    """What a remedy multiplies the slopes in eta by, (K, m) or (m,).

    Args:
        remedy: one that `follows`.
        linked: the family with its links; distribution: of the rows.
        weights: of the rows, 0 for those that fill a batch up; None for ones.
        progress: share of all steps that are done.
    """
    scale = distribution.value_of("scale")
    xp = namespace(scale)
    # The size of steps must not depend on the target's unit: factors have mean 1.
    if remedy == "beta":
        return _mean_one(scale, weights, xp)
    square = scale**2
    loc, scale = (np.arange(linked.columns)[:, None] == row for row in rows_of(linked.slots) or ())
    share = xp.where(loc, _mean_one(square, weights, xp), 1.0)
    if remedy == "faithful":
        return share
    return xp.where(progress < _FIRST, xp.where(scale, 0.0, share), 1.0)


def _mean_one(values: Array, weights: Array | None, xp: Any) -> Array:
    if weights is None:
        return values / xp.mean(values)
    return values * xp.sum(weights) / xp.sum(xp.where(weights > 0, weights * values, 0.0))

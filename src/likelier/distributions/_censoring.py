"""Observations that are known to lie in an interval only, and the probability of an interval."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier import special
from likelier.distributions import _fallbacks
from likelier.errors import DataError
from likelier.special import Array, is_jax, is_torch, namespace

# Where the tail changes by less than this over an interval, the difference of its ends loses
# digits that a few nodes of the density keep, if the density is smooth: no end of the support
# is near, and the two answers agree as far as the first one's rounding lets them.
_NARROW = 0.3
_AWAY = 2.0
_ROUNDING = 1e-10
# Below this log probability an interval lies in a tail.
_FAR = -1.0
_NODES, _WEIGHTS = (x.tolist() for x in np.polynomial.legendre.leggauss(8))


@dataclass(frozen=True)
class CensoredValues:
    """Observations known to lie from `lower` to `upper`, both included; exact where they agree.

    Args:
        lower: lower ends, −∞ where an observation is censored on the left.
        upper: upper ends of the same shape, ∞ where it is censored on the right.

    Example:
        >>> import likelier as lk
        >>> seen = lk.right_censored(time=[1.0, 2.0], event=[1, 0])
        >>> seen.upper.tolist()
        [1.0, inf]
        >>> lk.Censored(lk.Exponential)(mean=1.0).nll(seen).tolist()
        [1.0, 2.0]
    """

    lower: Array
    upper: Array

    def __post_init__(self) -> None:
        if "jax" in sys.modules:
            _register_pytree()

    def __len__(self) -> int:
        return len(self.lower)

    def __getitem__(self, index: Any) -> CensoredValues:
        return CensoredValues(self.lower[index], self.upper[index])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.stack([np.asarray(self.lower), np.asarray(self.upper)], axis=-1).astype(
            dtype or np.float64
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of observations."""
        return tuple(self.lower.shape)

    @property
    def size(self) -> int:
        """Number of observations."""
        return math.prod(self.shape)

    @property
    def ndim(self) -> int:
        """Number of axes of the array of observations."""
        return len(self.shape)


def interval(lower: Array, upper: Array) -> CensoredValues:
    """Observations known to lie from `lower` to `upper`, both included.

    Args:
        lower: lower ends; −∞ says "at most `upper`" (censored on the left).
        upper: upper ends, not below the lower; ∞ says "at least `lower`" (censored on the
            right). Where both ends agree the observation is exact.

    Raises `DataError` where an end is missing or the ends are in the wrong order.

    Example:
        >>> import math
        >>> import likelier as lk
        >>> weibull = lk.Censored(lk.Weibull)(scale=2.0, concentration=1.0)
        >>> y = lk.interval([1.0, 3.0], [1.0, math.inf])
        >>> weibull.log_prob(y).round(6).tolist()
        [-1.193147, -1.5]
    """
    xp = namespace(lower, upper)
    lower, upper = special.as_floating(xp, lower, upper)
    if xp is np:
        lower, upper = np.broadcast_arrays(lower, upper)
        good = lower <= upper
        if not np.all(good):
            row = int(np.argmin(good.ravel()))
            raise DataError(
                f"an interval runs from its lower to its upper end; row {row + 1} holds"
                f" {lower.ravel()[row]} and {upper.ravel()[row]}"
            )
    else:
        lower, upper = xp.broadcast_arrays(lower, upper)
    return CensoredValues(lower, upper)


def right_censored(time: Array, event: Array) -> CensoredValues:
    """Times of which some were only seen to be longer.

    Args:
        time: times of the event, or of the end of the observation.
        event: 1 or True where the event was seen, 0 or False where it was still to come.

    Raises `DataError` where `event` is neither.

    Example:
        >>> import likelier as lk
        >>> lk.right_censored([2.0, 5.0], [True, False]).upper.tolist()
        [2.0, inf]
    """
    xp, time, event = _times(time, event)
    return interval(time, xp.where(event == 1, time, xp.inf))


def left_censored(time: Array, event: Array) -> CensoredValues:
    """Times of which some were only seen to be shorter.

    Args:
        time: times of the event, or of the first observation.
        event: 1 or True where the time is the event's, 0 or False where it came before.

    Raises `DataError` where `event` is neither.

    Example:
        >>> import likelier as lk
        >>> lk.left_censored([2.0, 5.0], [True, False]).lower.tolist()
        [2.0, -inf]
    """
    xp, time, event = _times(time, event)
    return interval(xp.where(event == 1, time, -xp.inf), time)


def _times(time: Array, event: Array) -> tuple[Any, Array, Array]:
    xp = namespace(time, event)
    time, event = special.as_floating(xp, time, event)
    if xp is np and not np.all(good := (event == 0) | (event == 1)):
        row = int(np.argmin(good.ravel()))
        raise DataError(
            f"event is 1 (seen) or 0 (censored); row {row + 1} holds {event.ravel()[row]}"
        )
    return xp, time, event


@functools.cache
def _register_pytree() -> None:
    import jax

    jax.tree_util.register_pytree_node(
        CensoredValues, lambda y: ((y.lower, y.upper), None), lambda _, ends: CensoredValues(*ends)
    )


# ---------------------------------------------------------------------- probabilities


def log_interval(d: Any, lower: Array, upper: Array) -> Array:
    """log P(lower <= Y <= upper), right in both tails and for intervals of any width."""
    xp = d._xp
    lower, upper = _open(d, lower, upper)
    high, gap, _, narrow = _parts(d, lower, upper)
    value = _difference(xp, high, gap)
    if narrow is None:
        return value
    thin, _ = _thin(d, narrow, lower, upper)
    return xp.where(narrow & _agree(thin, value, gap), thin, value)


def far_window(d: Any, y: Array, lower: Array, upper: Array) -> tuple[Array, Array] | None:
    """Where an interval lies in a tail, and log of the density at `y` over its probability there.

    None for a family without a formula of one over the other, whose logarithms both are large.
    """
    xp = d._xp
    if d._log_density_over_tails(y, y) is None:
        return None
    lower, upper = _open(d, lower, upper)
    high, gap, left, narrow = _parts(d, lower, upper)
    far = (high < _FAR) & (gap > 0)
    if narrow is not None:
        far = far & ~narrow
    some = xp.where(far, gap, 1.0)
    at = xp.where(far & left, upper, xp.where(far, lower, y))
    over_cdf, over_sf = d._log_density_over_tails(y, at)
    return far, xp.where(left, over_cdf, over_sf) - special.log1mexp(some)


def interval_score(d: Any, lower: Array, upper: Array) -> dict[str, Array]:
    """Derivatives of `log_interval` in the given parameters."""
    xp = d._xp
    lower, upper = _open(d, lower, upper)
    high, gap, left, narrow = _parts(d, lower, upper)
    total = value = _difference(xp, high, gap)
    if narrow is not None:
        thin, thin_score = _thin(d, narrow, lower, upper)
        narrow = narrow & _agree(thin, value, gap)
        total = xp.where(narrow, thin, value)
    below = lower - 1 if d.discrete else lower
    # The larger of the two tails ends at `upper` where it is a left one, else at `below`.
    some = gap > 0
    left, right, kept = left & some, ~left & some, -xp.expm1(-xp.where(some, gap, 1.0))
    at_upper = _end(d, upper, total, 0, left, kept)
    at_lower = _end(d, below, total, 1, right, kept)
    found = {name: at_upper[name] - at_lower[name] for name in at_upper}
    if narrow is None:
        return found
    score = thin_score()
    return {k: xp.where(_axes(d, k, narrow), score[k], v) for k, v in found.items()}


def _open(d: Any, lower: Array, upper: Array) -> tuple[Array, Array]:
    """Ends at the bounds of a density's support moved to infinity, where nothing is evaluated."""
    if d.discrete or d.mixed:
        return lower, upper
    xp = d._xp
    lower = xp.where(lower <= d.support.lower, -xp.inf, lower)
    return lower, xp.where(upper >= d.support.upper, xp.inf, upper)


def _difference(xp: Any, high: Array, gap: Array) -> Array:
    """log of the difference of two tails."""
    wide = xp.where(gap > 0, gap, 1.0)
    return high + xp.where(gap > 0, special.log1mexp(wide), -xp.inf)


def _agree(thin: Array, value: Array, gap: Array) -> Array:
    """Whether quadrature gives the difference of the tails, within the rounding of that."""
    return abs(thin - value) * gap <= _ROUNDING


def _parts(d: Any, lower: Array, upper: Array) -> tuple[Array, Array, Array, Array | None]:
    """The larger of two log tails, its lead, whether they are left ones, the narrow intervals."""
    xp = d._xp
    below = lower - 1 if d.discrete else lower
    cdf_high, sf_high = d.log_cdf(upper), d.log_sf(below)
    left = cdf_high <= sf_high
    high = xp.where(left, cdf_high, sf_high)
    low = xp.where(left, d.log_cdf(below), d.log_sf(upper))
    some = high > -xp.inf
    gap = xp.where(some, xp.where(some, high, 0.0) - low, 0.0)
    finite = xp.isfinite(lower) & xp.isfinite(upper)
    low, high_end = xp.where(finite, lower, 0.0), xp.where(finite, upper, 0.0)
    width = high_end - low
    away = (low - d.support.lower > _AWAY * width) & (d.support.upper - high_end > _AWAY * width)
    narrow = some & (gap < _NARROW) & (width > 0) & away
    if d.discrete or not d.smooth or (xp is np and not np.any(narrow)):
        return high, gap, left, None
    return high, gap, left, narrow


def _thin(
    d: Any, narrow: Array, lower: Array, upper: Array
) -> tuple[Array, Callable[[], dict[str, Array]]]:
    """log P of narrow intervals by Gauss and Legendre's rule, and a function for its score."""
    xp = d._xp
    example = d.support.example
    width = xp.where(narrow, upper - lower, 1.0)
    middle = xp.where(narrow, lower + width / 2, example)
    reach = xp.where(narrow, width / 2, 0.0)
    nodes = [middle + node * reach for node in _NODES]
    logs = [math.log(w / 2) + d._log_prob(y) for w, y in zip(_WEIGHTS, nodes, strict=True)]
    total = functools.reduce(special.logaddexp, logs)

    def score() -> dict[str, Array]:
        found: dict[str, Array] = {}
        for log, y in zip(logs, nodes, strict=True):
            share = xp.exp(log - total)
            for name, value in d._score(y).items():
                found[name] = found.get(name, 0.0) + _axes(d, name, share) * value
        return found

    return total + xp.log(width), score


def _end(
    d: Any, y: Array, total: Array, side: int, ends_tail: Array, kept: Array
) -> dict[str, Array]:
    """Derivatives of the cdf at one end over the probability of the interval.

    Where `ends_tail`, that probability is the part `kept` of the tail of this side from here on.
    """
    xp = d._xp
    inside = d.support.contains(xp, y)
    safe = xp.where(inside, y, d.support.example)
    inside = inside & (total > -xp.inf)
    share = xp.exp(xp.where(inside, d._log_prob(safe) - total, 0.0))
    over_tails = d._log_density_over_tails(safe, safe)
    if over_tails is not None:
        share = xp.where(ends_tail, xp.exp(over_tails[side]) / kept, share)
    share = xp.where(inside, share, 0.0)
    return {
        name: _axes(d, name, share) * xp.where(_axes(d, name, inside), value, 0.0)
        for name, value in cdf_score(d, safe).items()
    }


def cdf_score(d: Any, y: Array) -> dict[str, Array]:
    """Derivatives of the cdf over the density, by formula or by the best means at hand."""
    found = d._cdf_score(y)
    if found is not None:
        return found
    if is_jax(y) or is_torch(y):
        return _differentiated(d, y)
    return _fallbacks.cdf_score(d, y)


def _differentiated(d: Any, y: Array) -> dict[str, Array]:
    """`_cdf_score` by differentiation of the smaller of the two log tails."""
    xp = d._xp
    shape = np.broadcast_shapes(tuple(y.shape), d.batch_shape)
    values = {}
    for name, value in d.parameters.items():
        dims = d.parameters_declared[name].domain.event_dims
        event = tuple(value.shape[value.ndim - dims :]) if dims else ()
        values[name] = xp.broadcast_to(value, shape + event)

    def smaller(named: dict[str, Array]) -> Array:
        e = d._of(xp, named)
        lower, upper = e._log_cdf(y), e._log_sf(y)
        return xp.sum(xp.where(lower <= upper, lower, -upper))

    lower, upper = d._log_cdf(y), d._log_sf(y)
    factor = xp.exp(xp.where(lower <= upper, lower, upper) - d._log_prob(y))
    slopes = _jax_slopes(smaller, values) if is_jax(y) else _torch_slopes(smaller, values)
    return {name: _axes(d, name, factor) * slope for name, slope in slopes.items()}


def _jax_slopes(function: Any, values: dict[str, Array]) -> dict[str, Array]:
    import jax

    return jax.grad(function)(values)


def _torch_slopes(function: Any, values: dict[str, Array]) -> dict[str, Array]:
    import torch

    keep = torch.is_grad_enabled()
    with torch.enable_grad():
        leaves = {
            k: v if keep and v.requires_grad else v.detach().requires_grad_()
            for k, v in values.items()
        }
        slopes = torch.autograd.grad(
            function(leaves), list(leaves.values()), create_graph=keep, allow_unused=True
        )
    return {
        name: torch.zeros_like(leaf) if slope is None else slope
        for (name, leaf), slope in zip(leaves.items(), slopes, strict=True)
    }


def _axes(d: Any, name: str, x: Array) -> Array:
    """Add the event axes of a parameter."""
    dims = d.parameters_declared[name].domain.event_dims
    return x.reshape(tuple(x.shape) + (1,) * dims) if dims else x

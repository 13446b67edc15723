"""The mode of a mixture: the highest of the hills around its components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from likelier.distributions.mixture import Mixture

Array = Any

_GOLDEN = (5**0.5 - 1) / 2


def highest_point(mixture: Mixture) -> Array:
    """From each component's mode, the highest point within two of its standard deviations."""
    xp, inner = mixture._xp, mixture.inner
    count = mixture._size
    centre = xp.broadcast_to(inner.mode, (*mixture.batch_shape, count))
    reach = 2 * inner.stddev
    wide = _Widened(mixture)
    if mixture.discrete:
        found = _climb(xp, wide, centre, reach)
    else:
        found = _golden(xp, wide, centre, xp.where(xp.isfinite(reach), reach, 1.0))
    best = xp.argmax(wide(found), axis=-1)[..., None]
    return xp.sum(xp.where(xp.arange(count) == best, found, 0.0), axis=-1)


class _Widened:
    """log density of a mixture at one point for each of its components, (…, k); −∞ outside."""

    def __init__(self, mixture: Mixture) -> None:
        xp = mixture._xp
        values = {}
        for name, value in mixture.parameters.items():
            # An axis for the points, before the components' own.
            own = mixture.parameters_declared[name].domain.event_dims
            values[name] = value[..., None, :] if own and value.ndim else value[..., None]
        self.mixture = mixture._of(xp, values)

    def __call__(self, y: Array) -> Array:
        xp = self.mixture._xp
        inside = self.mixture.support.contains(xp, y)
        safe = xp.where(inside, y, self.mixture.support.example)
        return xp.where(inside, self.mixture._log_prob(safe), -xp.inf)


def _golden(xp: Any, height: Any, centre: Array, reach: Array) -> Array:
    """The highest points of one hill around each centre, by golden-section search."""
    low, high = centre - reach, centre + reach
    for _ in range(90):
        step = _GOLDEN * (high - low)
        left, right = high - step, low + step
        rising = height(left) < height(right)
        low, high = xp.where(rising, left, low), xp.where(rising, high, right)
    middle = (low + high) / 2
    # Where the hill is a point at its end, as at a bound of the support, the centre is it.
    return xp.where(height(middle) >= height(centre), middle, centre)


def _climb(xp: Any, height: Any, centre: Array, reach: Array) -> Array:
    """The highest counts near each centre, by steps that halve."""
    step = xp.exp2(xp.ceil(xp.log2(xp.where((reach > 1) & xp.isfinite(reach), reach, 1.0))))
    at = centre + 0 * step
    for _ in range(60):
        for move in (step, -step):
            at = xp.where(height(at + move) > height(at), at + move, at)
        step = xp.where(step > 1, xp.floor(step / 2), 1.0)
    return at

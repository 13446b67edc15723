"""A family whose probabilities were mapped: P(Y <= y) = T(F(y)) with T from (0, 1) to (0, 1)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from likelier.distributions import Modifier, _fallbacks
from likelier.distributions._modifier import inherited, scalar_family

Array = Any

_FAINT = 1e-7
"""Share of a tail below which a mass is a density times its width, to as many digits."""
_SATURATED = 1e-13
"""Distance from 1 within which a level of the base family has few digits left."""
_NODES = 300
"""Nodes between the outer pieces of a map, over all of them."""
_OUTER, _REACH = 61, 2.9
"""Nodes in an outer piece, and how far they go: to within 1e-12 of its end."""
_ROWS = 1000
"""Rows whose moments are taken together: each needs hundreds of quantiles."""
_GRID = 401


class Map(Protocol):
    """A rising map T of (0, 1) onto itself; v is 1 − u wherever it stands beside u."""

    def cdf(self, u: Array, v: Array) -> Array:
        """T(u)."""

    def sf(self, u: Array, v: Array) -> Array:
        """1 − T(u), with its own digits."""

    def inverse(self, q: Array) -> Array:
        """The u with T(u) = q."""

    def log_slope(self, log_u: Array, log_v: Array) -> Array:
        """log dT/du."""

    def bend(self, u: Array, v: Array) -> Array:
        """d log(dT/du) / du."""

    def pieces(self) -> list[tuple[float, float, float]]:
        """Where the slope is constant: from u, to u, with this probability; [] if it is smooth."""

    @property
    def highest(self) -> float:
        """The highest level of an interval that is not the whole support."""


class Recalibrated(Modifier):
    r"""A family with its probabilities mapped, `Recalibrated(F, map)`, on NumPy.

    P(Y <= y) = T(F(y)), and so p(y) = f(y) T'(F(y)) for a density f and T(F(y)) − T(F(y−)) for a
    probability mass. Its parameters are those of F; mean, variance and entropy are taken by
    quadrature, and the mode is the best of some hundred quantiles.

    Args:
        family: a family of numbers, a class or its text.
        map: T, with the methods of `Map`; hashable.

    Source: Dawid (1984), doi:10.2307/2981683; Kuleshov, Fenner and Ermon (2018),
    arXiv:1807.00263.

    Example:
        >>> import likelier as lk
        >>> from likelier.assessment.recalibration import Recalibrated, Scale
        >>> wider = Recalibrated(lk.Normal, Scale(2.0))(0.0, 1.0)
        >>> round(float(wider.stddev), 6), round(float(wider.nll(1.0)), 6)
        (2.0, 1.737086)
    """

    _map: Map

    @classmethod
    def modify(cls, family: Any, map: Map) -> Any:
        return cls.family_of(scalar_family(family, "Recalibrated"), (("map", map),))

    @classmethod
    def declare(cls, base: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **inherited(base),
            "parametrisations": base.parametrisations,
            "support": base.support,
            "discrete": base.discrete,
            "smooth": base.smooth,
            "mixed": base.mixed,
            "_map": arguments["map"],
        }

    @classmethod
    def _arguments_text(cls) -> list[str]:
        return []

    # ------------------------------------------------------------------ probabilities

    def _log_prob(self, y: Array) -> Array:
        plain = self.inner._log_prob(y)
        mass = self._mass(y, plain)
        value = plain + self._map.log_slope(self.inner._log_cdf(y), self.inner._log_sf(y))
        if mass is None:
            return value
        with np.errstate(all="ignore"):
            return np.where(mass > 0, np.log(self._mapped(y)), value)

    def _mass(self, y: Array, plain: Array) -> Array | None:
        """The probability of y itself where that is large enough to be a difference of cdfs."""
        if self.discrete:
            mass = np.exp(plain)
        elif self.mixed:
            ends = (y == self.support.lower) | (y == self.support.upper) | (y == 0) | (y == 1)
            mass = np.where(ends, self.inner._cdf(y) - self.inner.cdf(self._before(y)), 0.0)
        else:
            return None
        nearer = np.minimum(self.inner._cdf(y), self.inner._sf(y) + mass)
        return np.where(mass > _FAINT * nearer, mass, 0.0)

    def _before(self, y: Array) -> Array:
        """The value below y: the count before, or the number next to it."""
        return y - 1 if self.discrete else np.nextafter(y, -np.inf)

    def _mapped(self, y: Array) -> Array:
        """T(F(y)) − T(F(y−)), through the tail that has the digits."""
        before = self._before(y)
        u, v = self.inner._cdf(y), self.inner._sf(y)
        start, rest = self.inner.cdf(before), self.inner.sf(before)
        left = self._map.cdf(u, v) - self._map.cdf(start, rest)
        right = self._map.sf(start, rest) - self._map.sf(u, v)
        return np.where(u < 0.5, left, right)

    def _cdf(self, y: Array) -> Array:
        return self._map.cdf(self.inner._cdf(y), self.inner._sf(y))

    def _sf(self, y: Array) -> Array:
        return self._map.sf(self.inner._cdf(y), self.inner._sf(y))

    def _quantile(self, q: Array) -> Array:
        q, shape = np.asarray(q), np.broadcast_shapes(np.shape(q), self.batch_shape)
        u = self._map.inverse(q)
        found = self.inner._quantile(u)
        far = np.broadcast_to((u > 1 - _SATURATED) & (q < 1), shape)
        if far.any():
            # Next to 1 the base family's level has no digits left, but one's own still has.
            levels = np.broadcast_to(q, shape)[far]
            found = np.array(np.broadcast_to(found, shape))
            found[far] = _fallbacks.quantile(self._picked(far), levels)
        if not self.discrete:
            return found
        # A level that rounding lifted above that of a count asks for the next one.
        before = np.maximum(found - 1, self.support.lower)
        return np.where((before < found) & (self._cdf(before) >= q), before, found)

    def _picked(self, where: Array) -> Any:
        """The distributions at these places of a larger array that they are broadcast to."""
        values = {}
        for name, value in self.parameters.items():
            dims = self.parameters_declared[name].domain.event_dims
            event = value.shape[value.ndim - dims :] if dims else ()
            values[name] = np.broadcast_to(value, where.shape + event)[where]
        return self._of(np, values)

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """The central interval that holds a share `level` of the probability (NumPy).

        Above the level that a conformal map can promise, the whole support.
        """
        if 0 < level < 1 and level > self._map.highest:
            shape = self.batch_shape
            return (np.full(shape, self.support.lower), np.full(shape, self.support.upper))
        return super().interval(level)

    # ------------------------------------------------------------------ derivatives

    def _score(self, y: Array) -> dict[str, Array]:
        found = self.inner._score(y)
        plain = self.inner._log_prob(y)
        mass = self._mass(y, plain)
        slope = self._cdf_slope(y, plain)
        u, v = self.inner._cdf(y), self.inner._sf(y)
        bend = self._map.bend(u, v)
        result = {
            name: value + self._along(bend, name) * slope[name] for name, value in found.items()
        }
        if mass is None:
            return result
        before = self._before(y)
        inside = self.support.contains(np, before)
        at = np.where(inside, before, self.support.example)
        earlier = self._cdf_slope(at, self.inner._log_prob(at))
        with np.errstate(all="ignore"):
            here = np.exp(self._map.log_slope(np.log(u), np.log(v)))
            p, rest = self.inner._cdf(at), self.inner._sf(at)
            there = np.where(inside, np.exp(self._map.log_slope(np.log(p), np.log(rest))), 0.0)
            total = self._mapped(y)
        for name, value in result.items():
            ends = self._along(here, name) * slope[name] - self._along(there, name) * earlier[name]
            atoms = self._along(mass > 0, name)
            result[name] = np.where(atoms, ends / self._along(total, name), value)
        return result

    def _cdf_slope(self, y: Array, log_prob: Array) -> dict[str, Array]:
        """Derivatives of the base family's cdf in its parameters."""
        found = self.inner._cdf_score(y)
        if found is None:
            found = _fallbacks.cdf_score(self.inner, y)
        return {name: self._along(np.exp(log_prob), name) * value for name, value in found.items()}

    # ------------------------------------------------------------------ moments

    def _expected(self, statistic: Callable[[Any, Array], Array]) -> Array:
        """The expected value of a function of a distribution and an observation."""
        return self._in_parts(lambda d, _: d._integrated(statistic))

    def _integrated(self, statistic: Callable[[Any, Array], Array]) -> Array:
        if self.discrete:
            return _fallbacks.expectation(self, lambda e, y: [statistic(e, y)])[0]
        _, y, weight = self._nodes()
        return np.tensordot(weight, statistic(self, y), axes=(0, 0))

    def _nodes(self) -> tuple[Array, Array, Array]:
        """Levels, their quantiles, and weights that sum to 1.

        The double-exponential rule reaches into the tails; between them, within a segment of a map
        that has some, quantiles are smooth and Gauss's rule does.
        """
        shape = (-1,) + (1,) * len(self.batch_shape)
        outer = _outer_rule()
        pieces = self._map.pieces()
        if not pieces:
            x = outer[0].reshape(shape)
            return x, self._quantile(x), outer[1]
        root, weight = np.polynomial.legendre.leggauss(max(2, min(12, _NODES // len(pieces))))
        inner = ((root + 1) / 2, weight / 2)
        levels, points, weights, below = [], [], [], 0.0
        for i, (start, end, share) in enumerate(pieces):
            at, rule = outer if i in (0, len(pieces) - 1) else inner
            levels.append(below + at * share)
            points.append(start + at * (end - start))
            weights.append(rule * share)
            below += share
        # The number next to 1 is the last that has a finite quantile.
        u = np.minimum(np.concatenate(points), 1 - np.finfo(float).epsneg)
        y = self.inner._quantile(u.reshape(shape))
        return np.concatenate(levels).reshape(shape), y, np.concatenate(weights)

    def _in_parts(self, formula: Callable[[Any, slice], Array]) -> Array:
        """A formula of many nodes a row, by some rows at a time."""
        if len(self.batch_shape) != 1 or len(self) <= _ROWS:
            return formula(self, slice(None))
        blocks = (slice(i, i + _ROWS) for i in range(0, len(self), _ROWS))
        return np.concatenate([formula(self[rows], rows) for rows in blocks])

    def entropy(self) -> Array:
        return self._expected(lambda d, y: -d._log_prob(y))

    def _crps(self, y: Array) -> Array:
        if self.batch_shape != np.shape(y):
            return _fallbacks.crps(self, y)
        return self._in_parts(lambda d, rows: d._part_crps(y[rows]))

    def _part_crps(self, y: Array) -> Array:
        if self.discrete:
            return _fallbacks.crps(self, y)
        if not self._map.pieces():
            return self._smooth_crps(y)
        # The mean of the pinball losses of all quantiles.
        q, found, weight = self._nodes()
        losses = 2 * ((y < found) - q) * (found - y)
        return np.tensordot(weight, losses, axes=(0, 0))

    def _smooth_crps(self, y: Array) -> Array:
        """The pinball losses below y and above it, each without a kink."""
        x, weight = _outer_rule()
        share = x[:, None]
        below, above = self.cdf(y), self.sf(y)
        low = share * below * (y - self._quantile(share * below))
        high = share * above * (self._quantile(1 - share * above) - y)
        low, high = (np.where(np.isfinite(part), part, 0.0) for part in (low, high))
        return 2 * (below * (weight @ low) + above * (weight @ high))

    def _kept(self, name: str, value: Array) -> Array:
        """A moment, computed once; where the base family has none, neither has this one."""
        plain = np.asarray(getattr(self.inner, name), dtype=float)
        return np.where(np.isfinite(plain), value, plain)

    @property
    def mean(self) -> Array:
        made = self.__dict__.get("_mean")
        if made is None:
            made = self._kept("mean", self._expected(lambda _, y: y))
            self.__dict__["_mean"] = made
        return made

    @property
    def variance(self) -> Array:
        # About the base family's mean, a number near, so that no digits cancel.
        def square(d: Any, y: Array) -> Array:
            return (y - d.inner.mean) ** 2

        shift = self.mean - np.asarray(self.inner.mean)
        return self._kept("variance", self._expected(square) - shift**2)

    @property
    def mode(self) -> Array:
        levels = (np.arange(_GRID) + 0.5) / _GRID
        levels = levels.reshape((-1,) + (1,) * len(self.batch_shape))
        points = np.concatenate(
            [np.asarray(self.inner._quantile(levels)), np.asarray(self.inner.mode)[None]]
        )
        best = np.argmax(self._supported_log_prob(points), axis=0)
        return np.take_along_axis(points, best[None], axis=0)[0]

    def _whereabouts(self) -> tuple[Array, Array]:
        return self.inner._whereabouts()


def _outer_rule() -> tuple[Array, Array]:
    """Nodes and weights on (0, 1) that crowd at both ends: Takahasi and Mori's."""
    t = np.linspace(-_REACH, _REACH, _OUTER)
    x = 1 / (1 + np.exp(-math.pi * np.sinh(t)))
    slope = np.cosh(t) * x * (1 - x)
    return x, slope / slope.sum()

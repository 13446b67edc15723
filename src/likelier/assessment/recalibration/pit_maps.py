"""Maps of the PIT: a factor of the spread, the cdf of a Beta, a rising curve of line segments."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from likelier.assessment.calibration import share_below
from likelier.assessment.outcomes import Numbers, Outcomes
from likelier.assessment.recalibration._base import Calibrator
from likelier.assessment.recalibration.distribution import Recalibrated
from likelier.distributions import Censored, Distribution, Normal

Array = Any

_WIDEST = 3.0
"""Bound of the logarithm of a map's numbers: beyond, predictions have nothing to do with rows."""
_SEGMENTS = 25
_ROUNDING = 1e-14
_EDGE = 1e-6
_WORST = -1e5


class Positions:
    """Where observations fell in their predictions: u and 1 − u by their logarithms, or a span."""

    def __init__(self, outcomes: Outcomes) -> None:
        assert isinstance(outcomes, Numbers)
        below, self.upto = outcomes.pit
        # What rounding left below the first count is no probability.
        self.below = np.where(below < _ROUNDING, 0.0, below)
        self.spread = self.upto > self.below
        d, y = outcomes.distribution, outcomes.y
        exact = y.lower if hasattr(y, "lower") else y
        with np.errstate(all="ignore"):
            # The logarithms keep observations apart that lie many standard deviations out.
            self.log_u = np.where(self.spread, 0.0, d.log_cdf(exact))
            self.log_v = np.where(self.spread, 0.0, d.log_sf(exact))

    def gain(self, map: PitMap) -> Array:
        """By how much a map raises the log-likelihood of each row."""
        with np.errstate(all="ignore"):
            value = map.log_slope(self.log_u, self.log_v)
            if self.spread.any():
                mass = map.cdf(self.upto, 1 - self.upto) - map.cdf(self.below, 1 - self.below)
                value = np.where(self.spread, np.log(mass / (self.upto - self.below)), value)
        # A map under which a row cannot happen is bad, but a search needs a number.
        return np.maximum(value, _WORST)


class PitMap(Calibrator):
    """A rising map of (0, 1) that is applied to the predicted cdf."""

    of: ClassVar = "numbers"

    @property
    def highest(self) -> float:
        return 1.0

    def pieces(self) -> list[tuple[float, float, float]]:
        return []

    def cdf(self, u: Array, v: Array) -> Array:
        raise NotImplementedError

    def log_slope(self, log_u: Array, log_v: Array) -> Array:
        raise NotImplementedError

    def apply(self, distribution: Distribution) -> Distribution:
        family: Any = type(distribution)
        values = distribution.parameters
        if issubclass(family, Censored):
            return Censored(Recalibrated(family.base, self))._of(np, values)
        return Recalibrated(family, self)._of(np, values)


@dataclass(frozen=True)
class Scale(PitMap):
    r"""A factor of the spread: T(u) = Φ(Φ⁻¹(u) / factor).

    A Normal's scale is multiplied by it; of other families the quantiles move out, or in, as those
    of a Normal would.
    """

    factor: float

    name: ClassVar = "scale"

    @property
    def size(self) -> int:
        return 1

    def cdf(self, u: Array, v: Array) -> Array:
        from scipy.special import ndtr

        return ndtr(self._z(u, v) / self.factor)

    def sf(self, u: Array, v: Array) -> Array:
        from scipy.special import ndtr

        return ndtr(-self._z(u, v) / self.factor)

    def inverse(self, q: Array) -> Array:
        from scipy.special import ndtr, ndtri

        return ndtr(self.factor * ndtri(q))

    def log_slope(self, log_u: Array, log_v: Array) -> Array:
        from scipy.special import ndtri_exp

        low = log_u < log_v
        z = ndtri_exp(np.where(low, log_u, log_v))
        return 0.5 * z**2 * (1 - self.factor**-2) - math.log(self.factor)

    def bend(self, u: Array, v: Array) -> Array:
        z = self._z(u, v)
        density = np.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)
        return z * (1 - self.factor**-2) / density

    @staticmethod
    def _z(u: Array, v: Array) -> Array:
        from scipy.special import ndtri

        return np.where(u < v, ndtri(np.minimum(u, v)), -ndtri(np.minimum(u, v)))

    @classmethod
    def fitted(cls, outcomes: Outcomes, weights: Array) -> Self:
        (log,) = _likeliest(lambda p: cls(math.exp(p[0])), 1, Positions(outcomes), weights)
        return cls(math.exp(log))

    def apply(self, distribution: Distribution) -> Distribution:
        # A Normal stays one, with all its formulas.
        if type(distribution) is Normal:
            values = distribution.parameters
            return Normal._of(np, {**values, "scale": values["scale"] * self.factor})
        return super().apply(distribution)

    def sound(self) -> bool:
        return _within(self.factor)

    @property
    def limit(self) -> str:
        if not _at_end(self.factor):
            return ""
        return (
            f"the spread is multiplied by {self.factor:.3g}, the most that is tried: what was "
            "predicted has little to do with these rows"
        )

    def text(self) -> str:
        return f"spread times {self.factor:.3g}"


@dataclass(frozen=True)
class BetaMap(PitMap):
    r"""The cdf of a Beta distribution, T(u) = I_u(a, b): a bend, a slope, and both tails.

    Source: Ranjan and Gneiting (2010), doi:10.1111/j.1467-9868.2009.00726.x.
    """

    a: float
    b: float

    name: ClassVar = "beta"

    @property
    def size(self) -> int:
        return 2

    def cdf(self, u: Array, v: Array) -> Array:
        from scipy.special import betainc

        return np.where(u < v, betainc(self.a, self.b, u), 1 - betainc(self.b, self.a, v))

    def sf(self, u: Array, v: Array) -> Array:
        from scipy.special import betainc

        return np.where(u < v, 1 - betainc(self.a, self.b, u), betainc(self.b, self.a, v))

    def inverse(self, q: Array) -> Array:
        from scipy.special import betaincinv

        return betaincinv(self.a, self.b, q)

    def log_slope(self, log_u: Array, log_v: Array) -> Array:
        from scipy.special import betaln

        # A power of 0 takes no part, also at the end of the support.
        first = (self.a - 1) * log_u if self.a != 1 else 0.0
        second = (self.b - 1) * log_v if self.b != 1 else 0.0
        return first + second - betaln(self.a, self.b)

    def bend(self, u: Array, v: Array) -> Array:
        return (self.a - 1) / u - (self.b - 1) / v

    @classmethod
    def fitted(cls, outcomes: Outcomes, weights: Array) -> Self:
        a, b = _likeliest(
            lambda p: cls(math.exp(p[0]), math.exp(p[1])), 2, Positions(outcomes), weights
        )
        return cls(math.exp(a), math.exp(b))

    def sound(self) -> bool:
        return _within(self.a) and _within(self.b)

    @property
    def limit(self) -> str:
        if not (_at_end(self.a) or _at_end(self.b)):
            return ""
        return (
            f"the PIT goes through the cdf of a Beta({self.a:.3g}, {self.b:.3g}), the farthest "
            "that is tried: what was predicted has little to do with these rows"
        )

    def text(self) -> str:
        return f"PIT through the cdf of a Beta({self.a:.3g}, {self.b:.3g})"


def _likeliest(
    make: Callable[[Array], PitMap], size: int, positions: Positions, weights: Array
) -> Array:
    """The logarithms of a map's numbers at which the rows are likeliest."""
    from scipy.optimize import minimize

    total = weights.sum()

    def loss(logs: Array) -> float:
        return float(-np.sum(weights * positions.gain(make(logs))) / total)

    bounds = [(-_WIDEST, _WIDEST)] * size
    return minimize(loss, np.zeros(size), method="L-BFGS-B", bounds=bounds, tol=1e-12).x


def _within(value: float) -> bool:
    """Whether a number is one that a search can end at."""
    return math.exp(-_WIDEST) * 0.999 <= value <= math.exp(_WIDEST) * 1.001


def _at_end(value: float) -> bool:
    """Whether a number is where the search has its end."""
    return abs(math.log(value)) > 0.999 * _WIDEST


class Segments(PitMap):
    """A map of line segments through `points`, (0, …, 1), at the heights `values`."""

    points: tuple[float, ...]
    values: tuple[float, ...]

    @property
    def size(self) -> int:
        return len(self.points) - 2

    def cdf(self, u: Array, v: Array) -> Array:
        return np.interp(u, self.points, self.values)

    def sf(self, u: Array, v: Array) -> Array:
        points, values = (1 - np.asarray(x)[::-1] for x in (self.points, self.values))
        return np.interp(v, points, values)

    def inverse(self, q: Array) -> Array:
        return np.interp(q, self.values, self.points)

    def log_slope(self, log_u: Array, log_v: Array) -> Array:
        width = np.diff(self.points)
        # Ties make steps without a width, on which no density rests.
        slopes = np.diff(self.values) / np.where(width > 0, width, 1.0)
        low = np.exp(log_u)
        # Next to 1 the complement says on which side of a point an observation is.
        left = np.searchsorted(self.points, low, side="right") - 1
        ends = 1 - np.asarray(self.points)[::-1]
        right = len(self.points) - 1 - np.searchsorted(ends, np.exp(log_v), side="left")
        index = np.where(log_u < log_v, left, right)
        return np.log(slopes)[np.clip(index, 0, len(slopes) - 1)]

    def bend(self, u: Array, v: Array) -> Array:
        return np.zeros(np.shape(u))

    def sound(self) -> bool:
        ends = (self.points[0], self.points[-1], self.values[0], self.values[-1])
        rising = bool(np.all(np.diff(self.points) >= 0) and np.all(np.diff(self.values) > 0))
        return len(self.points) == len(self.values) and ends == (0, 1, 0, 1) and rising

    def pieces(self) -> list[tuple[float, float, float]]:
        shares = np.diff(self.values)
        return [
            (a, b, float(share))
            for a, b, share in zip(self.points, self.points[1:], shares, strict=False)
        ]


@dataclass(frozen=True)
class Isotonic(Segments):
    r"""The observed distribution of the PIT, as a rising curve of line segments.

    About n^(1/3) segments, 25 at most, that hold as many rows each, with narrower ones at both
    ends; the share of each is (rows in it + 1) / (n + segments), so that nothing that can happen
    gets probability 0.

    Source: Kuleshov, Fenner and Ermon (2018), arXiv:1807.00263.
    """

    points: tuple[float, ...]
    values: tuple[float, ...]

    name: ClassVar = "isotonic"

    @classmethod
    def fitted(cls, outcomes: Outcomes, weights: Array) -> Self:
        assert isinstance(outcomes, Numbers)
        n = float(weights.sum())
        segments = int(np.clip(math.ceil(n ** (1 / 3)), 2, _SEGMENTS))
        # Where predictions are too sure, rows crowd at both ends.
        ends = np.array([0.1, 0.3]) / segments
        levels = np.concatenate([ends, np.arange(1, segments) / segments, 1 - ends[::-1]])
        below, upto = outcomes.pit
        middle = np.sort((below + upto) / 2)
        inside = np.unique(np.clip(np.quantile(middle, levels), _EDGE, 1 - _EDGE))
        points = np.concatenate([[0.0], inside, [1.0]])
        shares = np.concatenate([[0.0], share_below(below, upto, weights, inside), [1.0]])
        counts = n * np.diff(shares)
        values = np.concatenate([[0.0], np.cumsum((counts + 1) / (n + len(counts)))])
        values[-1] = 1.0
        return cls(tuple(points.tolist()), tuple(values.tolist()))

    def text(self) -> str:
        return f"PIT through its observed distribution, {len(self.points) - 1} segments"

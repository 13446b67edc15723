"""What independent posteriors say about their order and their distance, by quadrature.

Every integrand is positive and known by its logarithm, so that small probabilities keep their
digits. Nothing is simulated.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier import special
from likelier.inference.ab_test._base import Line, Point, Posterior
from likelier.inference.ab_test.integrals import log_integral, log_integrals

Array = Any

_LOGARITHMIC = np.arange(-44.0, 45.0)
"""Ends of panels over nineteen orders of magnitude on either side."""
_FURTHER, _UNIT = 2.0 ** np.arange(9, 64), 1.0
"""Steps of a narrow arm, until they are as wide as those ends stand apart."""
_STEPS = np.concatenate([[0.0], 2.0 ** np.arange(9)])
_FARTHEST = 38.0
"""A standard normal score beyond which no probability is left in double precision."""
_NOTHING = 60.0
# Of the search for a quantile: steps, the least slope that is believed, and how near is there.
_SEARCH, _FLAT, _CLOSE = 80, 1e-3, 1e-13


def probability_above(line: Line, one: Posterior, other: Posterior) -> float:
    """P(θ > θ′), in closed form where there is one."""
    known = one.log_above(other)
    if known is None:
        known = log_above(line, one, other)
    return math.exp(min(known, 0.0))


def log_above(line: Line, one: Posterior, other: Posterior) -> float:
    """log P(θ > θ′) = log ∫ f(x) F′(x) dx by quadrature."""
    if near := one.about(other):
        line, one, other = near

    def integrand(u: Array) -> Array:
        p = line.point(u)
        return one.log_density(p) + line.log_slope(u) + other.log_cdf(p)

    return log_integral(integrand, _cuts(line, [one, other]))


def probabilities_best(line: Line, arms: Sequence[Posterior], higher: bool) -> list[float]:
    """P(θᵢ is the best of all) = ∫ fᵢ ∏ⱼ Fⱼ dx for each arm; the survival functions for lower."""
    if len(arms) == 2:
        one, other = arms
        above = [probability_above(line, one, other), probability_above(line, other, one)]
        return above if higher else above[::-1]

    def integrands(u: Array) -> Array:
        p = line.point(u)
        densities = np.array([arm.log_density(p) for arm in arms]) + line.log_slope(u)
        return densities + _of_others(_beaten(arms, p, higher))

    return [math.exp(min(v, 0.0)) for v in log_integrals(integrands, _cuts(line, arms))]


def expected_losses(line: Line, arms: Sequence[Posterior], higher: bool) -> list[float]:
    """Expected loss of choosing each arm, E(maxⱼ θⱼ − θᵢ), or E(θᵢ − minⱼ θⱼ) for lower.

    It is ∫ Fᵢ (1 − ∏ⱼ Fⱼ) dx over j ≠ i. Infinite where the expectations are.

    Source: Stucchio (2015), Bayesian A/B Testing at VWO.
    """

    def integrands(u: Array) -> Array:
        behind = _beaten(arms, line.point(u), higher)
        return behind + special.log1mexp(-_of_others(behind)) + line.log_slope(u)

    losses = np.exp(log_integrals(integrands, _cuts(line, arms)))
    heavy = np.array([arm.heavy for arm in arms])
    if line.lower != 0.0:
        heavy[:] = heavy.any()
    elif higher:
        # The loss runs into the upper tails of the others.
        heavy = heavy.sum() - heavy > 0
    return [float(v) for v in np.where(heavy, math.inf, losses)]


def _beaten(arms: Sequence[Posterior], p: Point, higher: bool) -> Array:
    """log P(each arm lies below the points), or above them for lower, (k, m)."""
    return np.array([arm.log_cdf(p) if higher else arm.log_sf(p) for arm in arms])


def _of_others(logs: Array) -> Array:
    """Sums over the other arms, without subtraction, which would lose the small among them."""
    none = np.zeros((1, logs.shape[1]))
    before = np.cumsum(np.concatenate([none, logs[:-1]]), axis=0)
    after = np.cumsum(np.concatenate([none, logs[:0:-1]]), axis=0)[::-1]
    return before + after


# ---------------------------------------------------------------------- distances


class Move(ABC):
    """A baseline's value moved by a step, which an arm's value may lie below or above.

    Args:
        line: of both.
        step: how far.
    """

    def __init__(self, line: Line, step: float) -> None:
        self.line, self.step = line, step

    @abstractmethod
    def ahead(self, p: Point) -> Point:
        """Where it takes these points."""

    @abstractmethod
    def back(self, x: float) -> list[float]:
        """What it takes to x."""

    @classmethod
    @abstractmethod
    def scale(cls, line: Line, arm: Where, base: Where) -> Callable[[float], float]:
        """Steps as a function of a number that is about standard normal."""


class Difference(Move):
    """θ <= θ′ + step."""

    def ahead(self, p: Point) -> Point:
        return p.moved(self.step)

    def back(self, x: float) -> list[float]:
        return [x - self.step]

    @classmethod
    def scale(cls, line: Line, arm: Where, base: Where) -> Callable[[float], float]:
        centre, width = arm.x - base.x, math.hypot(arm.width, base.width)
        return lambda z: centre + width * z


class Lift(Move):
    """θ <= θ′ + step |θ′|."""

    def ahead(self, p: Point) -> Point:
        return p.moved(self.step * np.abs(self.line.zero + p.x))

    def back(self, x: float) -> list[float]:
        zero, found = self.line.zero, []
        for step in (self.step, -self.step):
            if 1 + step != 0:
                y = (x - step * zero) / (1 + step)
                found += [y] if (zero + y) * step * self.step >= 0 else []
        return found

    @classmethod
    def scale(cls, line: Line, arm: Where, base: Where) -> Callable[[float], float]:
        if line.lower == 0.0:
            # About normal is the logarithm of the ratio.
            centre = math.log(arm.x / base.x)
            width = math.hypot(arm.width / arm.x, base.width / base.x)
            return lambda z: math.expm1(min(centre + width * z, 700.0))
        size = max(abs(line.zero + base.x), base.width)
        centre = (arm.x - base.x) / size
        width = math.hypot(arm.width, (line.zero + arm.x) / size * base.width) / size
        return lambda z: centre + width * z


@dataclass(frozen=True)
class Where:
    """About where a posterior lies, and how wide it is, in the unit of the quantity."""

    x: float
    width: float

    @classmethod
    def of(cls, posterior: Posterior, line: Line) -> Where:
        """From its place on the line."""
        u, width = posterior.place(line)
        return cls(float(line.point(np.asarray(u)).x), width * math.exp(float(line.log_slope(u))))


def move_quantiles(
    line: Line, arm: Posterior, base: Posterior, move: type[Move], levels: Sequence[float]
) -> list[float]:
    """Quantiles of the step from one posterior to another.

    They invert P(θ <= step taken from θ′) = ∫ f′(x) F(step taken from x) dx.

    Args:
        line: of both; arm: θ; base: θ′.
        move: `Difference` or `Lift`.
        levels: of the quantiles, strictly between 0 and 1.
    """
    from scipy.special import ndtri

    step_of = move.scale(line, Where.of(arm, line), Where.of(base, line))

    def bent(t: float) -> float:
        return math.asinh(_score_of_step(line, arm, base, move(line, step_of(math.sinh(t)))))

    return [step_of(math.sinh(_solve(bent, math.asinh(ndtri(level))))) for level in levels]


def _solve(rising: Callable[[float], float], target: float) -> float:
    """Where a rising function, about the identity, takes a value: by secants within a bracket."""
    low, high = -math.inf, math.inf
    t, before, last, slope = target, math.nan, math.nan, 1.0
    for _ in range(_SEARCH):
        value = rising(t) - target
        if value > 0:
            high = t
        else:
            low = t
        secant = (value - last) / (t - before) if t != before else math.nan
        slope = secant if secant > _FLAT else slope
        step = -value / slope
        if abs(step) <= _CLOSE * max(1.0, abs(t)):
            return t + step
        before, last = t, value
        t += min(max(step, -2.0), 2.0)
        if not low < t < high:
            t = (low + high) / 2 if math.isfinite(low + high) else before - math.copysign(1, value)
            if t in (low, high):
                break
    return t


def _score_of_step(line: Line, arm: Posterior, base: Posterior, move: Move) -> float:
    """Φ⁻¹ P(θ lies below what the move makes of θ′)."""
    from scipy.special import ndtri_exp

    where = Where.of(arm, line)
    steps = where.width * np.concatenate([-_STEPS, _STEPS])
    marks = [x for x in (line.lower, line.upper, *(where.x + steps)) if math.isfinite(x)]
    spots = [-line.zero, *(y for x in marks for y in move.back(x))]
    ends = np.concatenate([_cuts(line, [base]), _coordinates(line, spots)])

    def log_probability(below: bool) -> float:
        def integrand(u: Array) -> Array:
            p = line.point(u)
            value = base.log_density(p) + line.log_slope(u)
            # Where hardly anything of θ′ lies, θ does not matter.
            some = value > np.nanmax(value) - _NOTHING
            near = Point(p.x[some], p.rest[some])
            value[some] += _log_tail(line, arm, move.ahead(near), below)
            value[~some] = -math.inf
            return value

        return min(log_integral(integrand, ends), 0.0)

    low = log_probability(True)
    score = ndtri_exp(low) if low < math.log(0.5) else -ndtri_exp(log_probability(False))
    return float(np.clip(score, -_FARTHEST, _FARTHEST))


def _log_tail(line: Line, arm: Posterior, p: Point, below: bool) -> Array:
    """log of the cdf, or of the survival function, at points that may lie outside the range."""
    low, high = p.x <= line.lower, p.rest <= 0
    inside = ~(low | high)
    spare = line.point(np.zeros(()))
    safe = Point(np.where(inside, p.x, spare.x), np.where(inside, p.rest, spare.rest))
    value = arm.log_cdf(safe) if below else arm.log_sf(safe)
    return np.where(inside, value, np.where(low == below, -math.inf, 0.0))


# ---------------------------------------------------------------------- where to look


def _cuts(line: Line, arms: Sequence[Posterior]) -> Array:
    """Ends of panels about the arms, wider and wider, to the ends of the line.

    An arm that is far wider than another, or far off, has its features where the coordinate is
    about a logarithm: a unit wide there, whatever its width at its own place. An arm that is
    narrow there may have tails that fall by a power alone, which doubled steps follow out.
    """
    ends = [np.array([-line.reach, line.reach]), _LOGARITHMIC]
    for arm in arms:
        u, width = arm.place(line)
        steps = width * np.concatenate([_STEPS, _FURTHER])
        steps = steps[(steps <= _UNIT) | (steps <= width * _STEPS[-1])]
        ends += [u - steps, u + steps]
    return _inside(line, np.concatenate(ends))


def _coordinates(line: Line, x: Sequence[float]) -> Array:
    """Coordinates of those points that lie on the line."""
    points = np.asarray(x, dtype=np.float64)
    with np.errstate(all="ignore"):
        return _inside(line, line.coordinate(points, line.upper - points))


def _inside(line: Line, u: Array) -> Array:
    return u[np.abs(u) <= line.reach]

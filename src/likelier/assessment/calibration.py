"""Does a prediction of 90 % come true 90 % of the time? One sentence from PIT values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any

_BAND = 0.95
"""Level of the band in which the PIT stays if the predictions are right."""
_NARROW = 1e-6


@dataclass(frozen=True)
class Calibration:
    """How predicted probabilities compare with what happened.

    Attributes:
        rows: number of observations.
        level: of the central intervals.
        coverage: share of observations that those hold.
        deviation: largest distance between a predicted probability u and the share of PIT values
            below it, signed (above 0: too many observations are low).
        at: the u where that is.
        bound: what |deviation| stays below in 95 of 100 samples if the predictions are right.
    """

    rows: float
    level: float
    coverage: float
    deviation: float
    at: float
    bound: float

    @property
    def calibrated(self) -> bool:
        """Whether the PIT is uniform within its band."""
        return abs(self.deviation) <= self.bound

    def bound_at(self, level: float) -> float:
        """What |deviation| stays below with this probability if the predictions are right."""
        return kolmogorov_bound(level, self.rows)

    def sentence(self, which: str = "rows") -> str:
        """Coverage and uniformity in words; `which` names the rows."""
        held = (
            f"{100 * self.level:g} % intervals hold {percent(self.coverage, self.rows)} % "
            f"of {which}."
        )
        if self.calibrated:
            return f"{held} PIT uniform within its band."
        share = self.at + self.deviation
        return (
            f"{held} PIT leaves its {100 * _BAND:g} % band: {percent(share, self.rows)} % lie "
            f"below their predicted {percent(self.at, self.rows)} % quantile."
        )


def calibration(
    below: Array, upto: Array, level: float = 0.9, weights: Array | None = None
) -> Calibration:
    """Compare predicted probabilities with what happened.

    Args:
        below: P(Y < y) of each observation, (n,).
        upto: P(Y <= y), (n,); the same for a continuous family. Where they differ the observation
            is spread evenly between them, so that an interval which ends on a count holds a part
            of it.
        level: of the central intervals, between 0 and 1.
        weights: how many observations each row stands for, (n,).

    Source: Czado, Gneiting and Held (2009), doi:10.1111/j.1541-0420.2009.01191.x; the bound is
    Kolmogorov's with the correction of Stephens (1970), doi:10.1111/j.2517-6161.1970.tb00821.x.

    Example:
        >>> u = [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95]
        >>> calibration(u, u, level=0.8).sentence()
        '80 % intervals hold 80 % of rows. PIT uniform within its band.'
    """
    upper = np.asarray(upto, float)
    # A width below any that matters would only cost digits in the sums of ramps.
    lower = np.where(upper - np.asarray(below, float) > _NARROW, below, upper)
    rows = np.ones(len(lower)) if weights is None else np.asarray(weights, float)
    n = float(rows.sum())
    tail = (1 - level) / 2
    outer = share_below(lower, upper, rows, np.array([tail, 1 - tail]))
    # The empirical PIT bends at these points only, so the largest deviation is at one of them.
    points = np.unique(np.concatenate([lower, upper]).clip(0, 1))
    gap = share_below(lower, upper, rows, points) - points
    before = gap - _jumps(lower, upper, rows, points)
    every = np.concatenate([gap, before])
    worst = int(np.argmax(np.abs(every)))
    return Calibration(
        rows=n,
        level=level,
        coverage=float(outer[1] - outer[0]),
        deviation=float(every[worst]),
        at=float(points[worst % len(points)]),
        bound=kolmogorov_bound(_BAND, n),
    )


def kolmogorov_bound(level: float, n: float) -> float:
    """What the largest deviation of n uniform values stays below with this probability."""
    from scipy.special import kolmogi

    return float(kolmogi(1 - level)) / (math.sqrt(n) + 0.12 + 0.11 / math.sqrt(n))


def share_below(lower: Array, upper: Array, rows: Array, points: Array) -> Array:
    """Share of observations at or below each of sorted points, each spread over its own width.

    A sum of ramps: observation i adds (u − lowerᵢ) / widthᵢ once u is above lowerᵢ, and takes it
    back from upperᵢ on; so sums over sorted ends suffice and no n × n table is made.
    """
    width = upper - lower
    spread = width > 0
    total = _cumulated(upper[~spread], rows[~spread], points)
    slope = rows[spread] / width[spread]
    for ends, sign in ((lower[spread], 1.0), (upper[spread], -1.0)):
        total += sign * (
            points * _cumulated(ends, slope, points) - _cumulated(ends, slope * ends, points)
        )
    return total / rows.sum()


def _cumulated(ends: Array, values: Array, points: Array) -> Array:
    """Sum of the values whose end is at or below each point."""
    order = np.argsort(ends, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum(values[order])])
    return sums[np.searchsorted(ends[order], points, side="right")]


def _jumps(lower: Array, upper: Array, rows: Array, points: Array) -> Array:
    """Share of observations without width at each point."""
    flat = upper == lower
    counts = np.zeros(len(points))
    np.add.at(counts, np.searchsorted(points, upper[flat].clip(0, 1)), rows[flat])
    return counts / rows.sum()


def percent(share: float, rows: float) -> str:
    """A share in per cent, to the digits that so many rows support."""
    return f"{100 * share:.1f}" if rows >= 100 else f"{100 * share:.0f}"

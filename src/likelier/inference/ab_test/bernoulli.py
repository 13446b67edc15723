"""Successes in trials with a Beta prior: the posterior of a probability is a Beta."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from likelier.distributions import Beta
from likelier.errors import DataError
from likelier.inference.ab_test._base import (
    LEAST,
    Conjugate,
    Line,
    Point,
    Posterior,
    UnitLine,
    check_count,
    whole,
)
from likelier.special.incomplete_beta import log_power, parts

Array = Any

_TERMS = 10_000
"""Up to so many terms Miller's sum is faster than quadrature."""


class BetaPosterior(Posterior):
    """Beta(a, b) of a probability."""

    def __init__(self, a: float, b: float) -> None:
        self.a, self.b = a, b
        self.distribution = Beta(concentration1=a, concentration0=b)

    def log_density(self, p: Point) -> Array:
        power = log_power(np, np.float64(self.a), np.float64(self.b), p.x, p.rest)
        return power - np.log(p.x) - np.log(p.rest)

    def log_cdf(self, p: Point) -> Array:
        return self._tail(p, 0)

    def log_sf(self, p: Point) -> Array:
        return self._tail(p, 1)

    def _tail(self, p: Point, which: int) -> Array:
        return parts(np, np.float64(self.a), np.float64(self.b), p.x, p.rest)[which]

    def place(self, line: Line) -> tuple[float, float]:
        return math.log(self.a) - math.log(self.b), math.sqrt(1 / self.a + 1 / self.b)

    def log_above(self, other: BetaPosterior) -> float | None:
        # θ > θ′ is also 1 − θ′ > 1 − θ: the shorter of two sums.
        if self.a == math.floor(self.a) and self.a <= min(other.b, _TERMS):
            return log_miller(other.a, other.b, int(self.a), self.b)
        if other.b == math.floor(other.b) and other.b <= _TERMS:
            return log_miller(self.b, self.a, int(other.b), other.a)
        if self.a == math.floor(self.a) and self.a <= _TERMS:
            return log_miller(other.a, other.b, int(self.a), self.b)
        return None


def log_miller(a: float, b: float, count: int, d: float) -> float:
    """log P(θ > θ′) for θ ~ Beta(count, d) and θ′ ~ Beta(a, b), count a whole number.

    Σ_{i < count} B(a + i, b + d) / ((d + i) B(1 + i, d) B(a, b)). Each term is the probability of
    i in a negative binomial with a Beta for its p, written by three densities whose large
    logarithms do not cancel.

    Source: Miller (2015), Formulas for Bayesian A/B testing,
    https://www.evanmiller.org/bayesian-ab-testing.html.

    Example:
        >>> round(math.exp(log_miller(1, 1, 2, 1)), 12)  # E θ for θ ~ Beta(2, 1)
        0.666666666667
    """
    i = np.arange(count, dtype=np.float64)
    total = a + i + b + d
    p, q = (a + i) / total, (b + d) / total
    with np.errstate(all="ignore"):
        terms = (
            log_power(np, 1 + i, np.float64(d), p, q)
            + log_power(np, np.float64(a), np.float64(b), p, q)
            - log_power(np, a + i, np.float64(b + d), p, q)
            - np.log((d + i) * p)
        )
    top = float(terms.max())
    return min(top + math.log(math.fsum(np.exp(terms - top))), 0.0)


class Bernoulli(Conjugate):
    """Successes and trials."""

    name = "bernoulli"
    quantity = "success rate"
    totals = ("successes", "trials")
    prior = {"concentration1": 1.0, "concentration0": 1.0}  # noqa: RUF012
    prior_text = "Beta"
    reason = "uniform: before the data every probability is as plausible as any other"

    def check(self, arm: str, totals: Sequence[float]) -> None:
        successes, trials = totals
        check_count(arm, "successes", successes)
        check_count(arm, "trials", trials)
        if successes > trials:
            raise DataError(f"arm {arm!r}: {whole(successes)} successes in {whole(trials)} trials")

    def posterior(
        self, arm: str, totals: Sequence[float], prior: Mapping[str, float]
    ) -> BetaPosterior:
        successes, trials = totals
        a = prior["concentration1"] + successes
        b = prior["concentration0"] + trials - successes
        for name, value in (("concentration1", a), ("concentration0", b)):
            if value < LEAST:
                what = "success" if name == "concentration1" else "failure"
                raise DataError(
                    f"arm {arm!r} has no {what}, and the prior's {name} is {prior[name]:g}: there "
                    f'is no posterior. Give a prior of {LEAST} or more: prior={{"{name}": 1}}'
                )
        return BetaPosterior(a, b)

    def on_line(self, posteriors: Sequence[Any]) -> tuple[Line, Sequence[Any]]:
        return UnitLine(), posteriors

    def of_rows(
        self, y: Array, weights: Array, exposure: Array | None, event: Array | None
    ) -> tuple[float, ...]:
        return float(weights @ y), float(weights.sum())

    def remark(self, totals: Sequence[float]) -> str:
        successes, trials = totals
        if trials == 0:
            return "it has no trials, and its posterior is the prior"
        if successes in (0, trials):
            none, end = ("success", 0) if successes == 0 else ("failure", 1)
            count = f"{whole(trials)} trial" + "s" * (trials > 1)
            return (
                f"no {none} in {count}: how near its success rate comes to {end} is for the prior "
                "to say"
            )
        return ""

    def size(self, totals: Sequence[float]) -> float | None:
        return totals[1]

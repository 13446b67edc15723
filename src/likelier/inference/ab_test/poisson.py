"""Events in an exposure with a Gamma prior: the posterior of a rate is a Gamma."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from likelier import special
from likelier.distributions import Gamma
from likelier.errors import DataError
from likelier.inference.ab_test._base import (
    LEAST,
    Conjugate,
    Line,
    Point,
    PositiveLine,
    Posterior,
    check_count,
    whole,
)
from likelier.special.incomplete_beta import parts

Array = Any


class GammaPosterior(Posterior):
    """Gamma(k, rate) of a rate."""

    def __init__(self, k: float, rate: float) -> None:
        self.k, self.rate = k, rate
        self.distribution = Gamma(concentration=k, rate=rate)

    def log_cdf(self, p: Point) -> Array:
        return special.log_gammainc(np.float64(self.k), self.rate * p.x)

    def log_sf(self, p: Point) -> Array:
        return special.log_gammaincc(np.float64(self.k), self.rate * p.x)

    def place(self, line: Line) -> tuple[float, float]:
        return float(line.coordinate(self.k / self.rate, math.inf)), 1 / math.sqrt(self.k)

    def log_above(self, other: GammaPosterior) -> float:
        return log_gamma_above(self.k, self.rate, other.k, other.rate)


def log_gamma_above(k: float, rate: float, other_k: float, other_rate: float) -> float:
    """log P(θ > θ′) for θ ~ Gamma(k, rate) and θ′ ~ Gamma(other_k, other_rate).

    rate′ θ′ / (rate θ + rate′ θ′) is a Beta(k′, k), so that the probability is
    I_x(k′, k) with x = rate′ / (rate + rate′).

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 27.

    Example:
        >>> round(math.exp(log_gamma_above(1, 1.0, 1, 3.0)), 12)
        0.75
    """
    total = rate + other_rate
    shapes = np.float64(other_k), np.float64(k)
    ends = np.float64(other_rate / total), np.float64(rate / total)
    with np.errstate(all="ignore"):
        return min(float(parts(np, *shapes, *ends)[0]), 0.0)


class Poisson(Conjugate):
    """Events and exposure."""

    name = "poisson"
    quantity = "rate"
    totals = ("events", "exposure")
    prior = {"concentration": 0.5, "rate": 0.0}  # noqa: RUF012
    prior_text = "Gamma"
    reason = "Jeffreys': it is the same in every unit of exposure and weighs half an event"

    wider = "negative_binomial"

    def check(self, arm: str, totals: Sequence[float]) -> None:
        events, exposure = totals
        check_count(arm, "events", events)
        if not (exposure >= 0 and math.isfinite(exposure)):
            raise DataError(f"arm {arm!r}: exposure is 0 or above; given: {exposure:g}")
        if exposure == 0 and events > 0:
            raise DataError(f"arm {arm!r}: {whole(events)} events in an exposure of 0")

    def posterior(
        self, arm: str, totals: Sequence[float], prior: Mapping[str, float]
    ) -> GammaPosterior:
        k, rate = prior["concentration"] + totals[0], prior["rate"] + totals[1]
        if rate <= 0:
            raise DataError(
                f"arm {arm!r} has no exposure, and a prior of rate 0 says nothing in its place: "
                'there is no posterior. Leave the arm out, or give a prior: prior={"rate": …}'
            )
        if k < LEAST:
            raise DataError(
                f"arm {arm!r} has no event, and the prior's concentration is "
                f"{prior['concentration']:g}: there is no posterior. Give a prior of {LEAST} or "
                'more: prior={"concentration": 0.5}'
            )
        return GammaPosterior(k, rate)

    def on_line(self, posteriors: Sequence[Any]) -> tuple[Line, Sequence[Any]]:
        return PositiveLine(posteriors[0].k / posteriors[0].rate), posteriors

    def of_rows(
        self, y: Array, weights: Array, exposure: Array | None, event: Array | None
    ) -> tuple[float, ...]:
        return float(weights @ y), float(weights.sum() if exposure is None else weights @ exposure)

    def remark(self, totals: Sequence[float]) -> str:
        if totals[1] == 0:
            return "it has no exposure, and its posterior is the prior"
        if totals[0] == 0:
            return "no event: how near its rate comes to 0 is for the prior to say"
        return ""

    def dispersion(
        self, y: Array, weights: Array, exposure: Array | None
    ) -> tuple[float, float] | None:
        size = np.ones(len(y)) if exposure is None else exposure
        n, events = weights.sum(), weights @ y
        if not events > 0 or n <= 1:
            return None
        expected = size * events / (weights @ size)
        ratio = weights @ ((y - expected) ** 2 / expected) / (n - 1)
        return float(ratio), math.sqrt(2 / (n - 1))

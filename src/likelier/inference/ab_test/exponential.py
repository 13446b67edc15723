"""Events in a total time with a Gamma prior of their rate: the mean is an inverse Gamma."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from likelier import special
from likelier.distributions import InverseGamma
from likelier.errors import DataError
from likelier.inference.ab_test._base import (
    LEAST,
    Conjugate,
    Line,
    Point,
    PositiveLine,
    Posterior,
    check_count,
)
from likelier.inference.ab_test.poisson import log_gamma_above

Array = Any


class InverseGammaPosterior(Posterior):
    """InverseGamma(k, total) of a mean, whose reciprocal, the rate, is Gamma(k, total)."""

    def __init__(self, k: float, total: float) -> None:
        self.k, self.total = k, total
        self.distribution = InverseGamma(concentration=k, rate=total)

    def log_cdf(self, p: Point) -> Array:
        return special.log_gammaincc(np.float64(self.k), self.total / p.x)

    def log_sf(self, p: Point) -> Array:
        return special.log_gammainc(np.float64(self.k), self.total / p.x)

    def place(self, line: Line) -> tuple[float, float]:
        return float(line.coordinate(self.total / self.k, math.inf)), 1 / math.sqrt(self.k)

    def log_above(self, other: InverseGammaPosterior) -> float:
        # The longer mean has the smaller rate.
        return log_gamma_above(other.k, other.total, self.k, self.total)


class Exponential(Conjugate):
    """Events and total time: durations that ended, and the time of all, those that go on too."""

    name = "exponential"
    quantity = "mean"
    totals = ("events", "total time")
    prior = {"concentration": 1.0, "rate": 0.0}  # noqa: RUF012
    prior_text = "rate of events ~ Gamma"
    reason = "flat in the rate, so that the posterior mean is total time / events, as observed"

    wider = "gamma"

    def check(self, arm: str, totals: Sequence[float]) -> None:
        events, total = totals
        check_count(arm, "events", events)
        if not (total >= 0 and math.isfinite(total)):
            raise DataError(f"arm {arm!r}: total time is 0 or above; given: {total:g}")

    def posterior(
        self, arm: str, totals: Sequence[float], prior: Mapping[str, float]
    ) -> InverseGammaPosterior:
        k, total = prior["concentration"] + totals[0], prior["rate"] + totals[1]
        if total <= 0:
            raise DataError(
                f"arm {arm!r} has a total time of 0, and a prior of rate 0 says nothing in its "
                "place: there is no posterior. Leave the arm out, or give a prior: "
                'prior={"rate": …}'
            )
        if k < LEAST:
            raise DataError(
                f"arm {arm!r} has no event, and the prior's concentration is "
                f"{prior['concentration']:g}: there is no posterior. Give a prior of {LEAST} or "
                'more: prior={"concentration": 1}'
            )
        return InverseGammaPosterior(k, total)

    def on_line(self, posteriors: Sequence[Any]) -> tuple[Line, Sequence[Any]]:
        return PositiveLine(posteriors[0].total / posteriors[0].k), posteriors

    def of_rows(
        self, y: Array, weights: Array, exposure: Array | None, event: Array | None
    ) -> tuple[float, ...]:
        return float(weights.sum() if event is None else weights @ event), float(weights @ y)

    def remark(self, totals: Sequence[float]) -> str:
        if totals[0] == 0:
            return "no event: how long its mean is beyond the total time is for the prior to say"
        return ""

    def dispersion(
        self, y: Array, weights: Array, exposure: Array | None
    ) -> tuple[float, float] | None:
        n, total = weights.sum(), weights @ y
        if not total > 0 or n <= 1:
            return None
        mean = total / n
        ratio = weights @ (y - mean) ** 2 / (n - 1) / mean**2
        return float(ratio), 2 / math.sqrt(n)

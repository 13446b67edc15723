"""Normal outcomes of unknown mean and variance: the posterior of the mean is a Student t."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from likelier import special
from likelier.distributions import StudentT
from likelier.errors import DataError
from likelier.inference.ab_test._base import (
    Conjugate,
    Line,
    Point,
    Posterior,
    RealLine,
    check_count,
    whole,
)

Array = Any


class StudentPosterior(Posterior):
    """StudentT(df, loc, scale) of a mean."""

    def __init__(self, df: float, loc: float, scale: float) -> None:
        self.df, self.loc, self.scale = df, loc, scale
        self.distribution = StudentT(df=df, loc=loc, scale=scale)

    def log_cdf(self, p: Point) -> Array:
        return special.log_stdtr(np.float64(self.df), (p.x - self.loc) / self.scale)

    def log_sf(self, p: Point) -> Array:
        return special.log_stdtr(np.float64(self.df), (self.loc - p.x) / self.scale)

    def place(self, line: Line) -> tuple[float, float]:
        u = float(line.coordinate(self.loc, math.inf))
        return u, self.scale / math.exp(float(line.log_slope(u)))

    def about(self, other: Any) -> tuple[Line, Posterior, Posterior]:
        # Counted from afar, points about a narrow arm would lose their last digits.
        line = RealLine(min(self.scale, other.scale), self.loc)
        one = StudentPosterior(self.df, 0.0, self.scale)
        return line, one, StudentPosterior(other.df, other.loc - self.loc, other.scale)


class Normal(Conjugate):
    """Mean, standard deviation (divisor n − 1) and number of outcomes."""

    name = "normal"
    quantity = "mean"
    totals = ("mean", "sd", "n")
    prior = {"loc": 0.0, "evidence": 0.0, "alpha": -0.5, "beta": 0.0}  # noqa: RUF012
    prior_text = "NormalInverseGamma"
    reason = (
        "flat in the mean and in log σ, so that each arm's interval is the classical t interval"
    )

    def check(self, arm: str, totals: Sequence[float]) -> None:
        mean, sd, n = totals
        check_count(arm, "n", n)
        if not math.isfinite(mean):
            raise DataError(f"arm {arm!r}: mean is a finite number; given: {mean:g}")
        if n > 1 and not (sd >= 0 and math.isfinite(sd)):
            raise DataError(f"arm {arm!r}: sd is 0 or above; given: {sd:g}")

    def posterior(
        self, arm: str, totals: Sequence[float], prior: Mapping[str, float]
    ) -> StudentPosterior:
        mean, sd, n = totals
        evidence, alpha = prior["evidence"] + n, prior["alpha"] + n / 2
        squares = (n - 1) * sd**2 if n > 1 else 0.0
        if evidence > 0:
            pull = n / evidence
            loc = prior["loc"] + pull * (mean - prior["loc"])
            squares += prior["evidence"] * pull * (mean - prior["loc"]) ** 2
        beta = prior["beta"] + squares / 2
        if not (evidence > 0 and alpha > 0):
            raise DataError(
                f"arm {arm!r} has n = {whole(n)}: without a prior its mean and spread need 2 rows "
                "or more. Leave the arm out, or give a prior: "
                'prior={"loc": …, "evidence": 1, "alpha": 1, "beta": …}'
            )
        if not beta > 0:
            raise DataError(
                f"arm {arm!r}: all outcomes are equal (sd = 0), so that nothing is known of their "
                'spread. Correct them, or give a prior of it: prior={"alpha": 1, "beta": …}'
            )
        return StudentPosterior(2 * alpha, loc, math.sqrt(beta / alpha / evidence))

    def on_line(self, posteriors: Sequence[Any]) -> tuple[Line, Sequence[Any]]:
        # Means that share their leading digits differ by an exact number.
        zero = posteriors[0].loc
        line = RealLine(min(p.scale for p in posteriors), zero)
        return line, [StudentPosterior(p.df, p.loc - zero, p.scale) for p in posteriors]

    def of_rows(
        self, y: Array, weights: Array, exposure: Array | None, event: Array | None
    ) -> tuple[float, ...]:
        n = float(weights.sum())
        mean = float(weights @ y / n)
        # Once more about the mean, so that large outcomes lose no digits.
        mean += float(weights @ (y - mean) / n)
        sd = math.sqrt(float(weights @ (y - mean) ** 2) / (n - 1)) if n > 1 else math.nan
        return mean, sd, n

    def data_text(self, totals: Sequence[float]) -> str:
        return f"{totals[0]:,.6g} ± {totals[1]:.4g}, n = {whole(totals[2])}"

    def size(self, totals: Sequence[float]) -> float | None:
        return totals[2]

"""The negative binomial distribution, NB2 and NB1: a Poisson with a gamma-distributed rate."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._domains import counts, log_odds, nonnegative, positive, unit
from likelier.distributions._fallbacks import FAINT
from likelier.distributions._parameter import parameter
from likelier.distributions._saddle import (
    by_count,
    deviance,
    digamma_remainder,
    factorial_remainder,
    log1p_and_rest,
    log1p_second,
    log1p_third,
    remainder_difference,
    times_log_ratio,
    trigamma_remainder,
)
from likelier.special import Array, namespace
from likelier.special._namespace import select, within

_POISSON_BELOW = 1e-28
# Below this dispersion the derivative of the cdf in it is summed.
_STEEP = 1e-4


class NegativeBinomial(Distribution):
    r"""Negative binomial distribution of a count with mean `mean`, wider than the Poisson.

    log p(y) = log Γ(y + r) − log Γ(r) − log y! + r log(r / (r + mean))
               + y log(mean / (r + mean))

    with variance mean + dispersion mean², r = 1 / dispersion (kind "nb2"), or variance
    mean (1 + dispersion), r = mean / dispersion (kind "nb1").

    Args:
        mean: mean count, 0 or above; with
        dispersion: how far the variance exceeds the Poisson's, 0 (which is the Poisson) or above;
            or
        total_count: r, positive; with
        logits: log(mean / r), any real number; or probs: mean / (r + mean), between 0 and 1.
        kind: "nb2" (the default) or "nb1": which dispersion is meant.

    Source: Hilbe (2011), Negative Binomial Regression, 2nd ed., ch. 8 and 10; saddle-point form:
    Loader (2000).

    Example:
        >>> import likelier as lk
        >>> round(float(lk.NegativeBinomial(mean=2.0, dispersion=0.5).nll(3)), 6)
        2.079442
        >>> float(lk.NegativeBinomial(mean=2.0, dispersion=0.5, kind="nb1").variance)
        3.0
    """

    support = counts
    discrete = True
    source = "Hilbe (2011), ch. 8 and 10"
    location_link = "identity"
    options: ClassVar = {"kind": ("nb2", "nb1")}
    simpler = "poisson"
    limits: ClassVar = {("dispersion", "lower"): "poisson"}
    kind: ClassVar[str]

    mean = parameter(nonnegative, "mean count", derive=lambda d: d._derived_mean())
    dispersion = parameter(
        nonnegative,
        "how far the variance exceeds the Poisson's",
        derive=lambda d: (1.0 if d.kind == "nb2" else d.mean) / d.total_count,
    )
    total_count = parameter(
        positive,
        "shape r of the gamma-distributed rate",
        derive=lambda d: (1.0 if d.kind == "nb2" else d.mean) / d.dispersion,
    )
    logits = parameter(
        log_odds,
        "log(mean / total_count)",
        derive=lambda d: (
            special.logit(d.probs)
            if "probs" in d.given
            else d._xp.log(d.mean) - d._xp.log(d.total_count)
        ),
    )
    probs = parameter(unit, "mean / (total_count + mean)", derive=lambda d: special.expit(d.logits))
    parametrisations = (
        ("mean", "dispersion"),
        ("total_count", "logits"),
        ("total_count", "probs"),
    )

    def _derived_mean(self) -> Array:
        if "probs" in self.given:
            return self.total_count * self.probs / (1 - self.probs)
        return self.total_count * self._xp.exp(self.logits)

    @property
    def _by_mean(self) -> bool:
        return "mean" in self.given

    def _shape(self) -> tuple[Array, Array]:
        """α, which is 1 / r, and r."""
        if not self._by_mean:
            return 1 / self.total_count, self.total_count
        alpha = self._excess()
        if self.kind == "nb1":
            alpha = alpha / self._some_mean()
        return alpha, 1 / alpha

    def _excess(self) -> Array:
        """The dispersion, kept off 0 by less than can be seen."""
        return self.dispersion + float(self._xp.finfo(self.mean.dtype).tiny) ** 0.3

    def _some_mean(self) -> Array:
        return self.mean + float(self._xp.finfo(self.mean.dtype).tiny) ** 0.3

    def _log1p_of(self, x: Array, log1p: Array) -> Array:
        """log(1 + x), from x near 0 and from the given logarithm elsewhere."""
        near = abs(x) < 0.3
        return select(self._xp, near, self._xp.log1p(within(self._xp, near, x)), log1p)

    def _logs(self) -> tuple[Array, Array]:
        """log probs and log(1 − probs) where total_count was given."""
        if "probs" in self.given:
            return self._xp.log(self.probs), self._xp.log1p(-self.probs)
        return special.log_sigmoid(self.logits), special.log_sigmoid(-self.logits)

    def _pieces(self, y: Array) -> tuple[Array, Array, Array, Array, Array, Array]:
        """α, r, v = 1 + αy, d = (y − mean) / (1 + α mean), αd and log(1 + αd)."""
        xp = self._xp
        alpha, r = self._shape()
        v = 1 + alpha * y
        if self._by_mean:
            mean = self._some_mean()
            u = 1 + alpha * mean
            d = (y - mean) / u
            log1p = xp.log(v / u)
        else:
            p = self.probs
            q = 1 - p if "probs" in self.given else special.expit(-self.logits)
            d = y * q - r * p
            log1p = xp.log(v) + self._logs()[1]
        return alpha, r, v, d, alpha * d, log1p

    def _log_prob(self, y: Array) -> Array:
        pieces = _, r, _, _, x, log1p = self._pieces(y)
        return self._value(y, pieces, self._log1p_of(x, log1p), by_count(_error_gap, y, r))

    def _score(self, y: Array) -> dict[str, Array]:
        pieces = _, r, _, _, x, log1p = self._pieces(y)
        if not self._by_mean:
            return self._slopes_by_total(y, pieces)
        return self._slopes(y, pieces, log1p_second(x, log1p), by_count(_slope_gap, y, r))

    def _log_prob_and_score(self, y: Array) -> tuple[Array, dict[str, Array]]:
        if self._xp is np and self._by_mean and self.kind == "nb2" and y.ndim == 1:
            mean = self._some_mean()
            if mean.min() > 1e-80:
                return self._log_prob_and_score_of_rows(y, mean)
        return self._log_prob(y), self._score(y)

    def _log_prob_and_score_of_rows(self, y: Array, mean: Array) -> tuple[Array, dict[str, Array]]:
        """Both of NumPy's rows by mean and dispersion: each logarithm once, far rows apart."""
        alpha, r = self._shape()
        u = 1 + alpha * mean
        d = (y - mean) / u

        def log_v_over_u(rows: Array) -> Array:
            return np.log(((1 + alpha * y) / u)[rows])

        def log_ratio(rows: Array) -> Array:
            return np.log((mean / u)[rows] / y[rows] * (1 + alpha * y)[rows])

        value = times_log_ratio(y, -d, log_ratio)
        log, rest = log1p_and_rest(alpha * d, log_v_over_u)
        errors, slope = by_count(_remainders, y, r)
        value += r * log
        value += errors
        rest *= -(r * r)
        rest -= slope
        return value, {"mean": d / mean, "dispersion": rest}

    def _value(self, y: Array, pieces: tuple[Array, ...], log1p: Array, errors: Array) -> Array:
        """log_prob, from log(1 + αd) and `_error_gap`."""
        xp = self._xp
        alpha, r, v, d, _, _ = pieces
        some = select(xp, y > 0, y, 1.0)
        if self._by_mean:
            mean = select(xp, y > 0, self.mean, 1.0)
            log_ratio = xp.log(mean / some * v / (1 + alpha * mean))
        else:
            log_ratio = xp.log(v / alpha / some) + self._logs()[0]
        shape = r * log1p - d
        remainder = errors - 0.5 * xp.log(v) - factorial_remainder(y)
        return deviance(y, -d, log_ratio) + shape + remainder

    def _slopes_by_total(self, y: Array, pieces: tuple[Array, ...]) -> dict[str, Array]:
        """The score where total_count was given."""
        _, r, _, d, x, log1p = pieces
        total = r + y
        gap = y / (2 * r * total) + digamma_remainder(total) / total / total
        gap = select(self._xp, y > 0, gap - digamma_remainder(r) / r / r, 0.0)
        score = {"total_count": self._log1p_of(x, log1p) + gap}
        if "logits" in self.given:
            return {**score, "logits": d}
        return {**score, "probs": d / self.probs / (1 - self.probs)}

    def _slopes(
        self, y: Array, pieces: tuple[Array, ...], second: Array, remainder: Array
    ) -> dict[str, Array]:
        """The score, from `log1p_second` and `_slope_gap`."""
        alpha, r, v, d, x, log1p = pieces
        in_alpha = -d * d * second - y / (2 * v) - remainder
        if self.kind == "nb2":
            none = y == 0
            mean = select(self._xp, none, 1.0, self.mean)
            in_mean = select(self._xp, none, -1 / (1 + alpha * self.mean), d / mean)
            return {"mean": in_mean, "dispersion": in_alpha}
        mean, excess = self._some_mean(), self._excess()
        near = abs(x) < 0.3
        slope = select(self._xp, near, d / mean * (1 + x * second), log1p / excess)
        in_mean = slope + y / (2 * mean * (r + y)) + remainder * excess / mean / mean
        return {"mean": in_mean, "dispersion": in_alpha / mean}

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array] | None:
        if not self._by_mean:
            return None
        alpha, r, v, d, x, log1p = self._pieces(y)
        mean = self._some_mean()
        u = 1 + alpha * mean
        none = y == 0
        some = self._xp.where(none, 1.0, mean)
        mean_mean = alpha * v / u / u - y / some / some
        mean_alpha = -d / u
        ratio = y / v
        alpha_alpha = (
            2 * d * d * d * log1p_third(x, log1p)
            - ratio * d * d
            + ratio * ratio / 2
            + by_count(_bend_gap, y, r)
        )
        if self.kind == "nb2":
            return {
                ("mean", "mean"): mean_mean,
                ("mean", "dispersion"): mean_alpha,
                ("dispersion", "dispersion"): alpha_alpha,
            }
        slope = -alpha / mean
        in_alpha = self._score(y)["dispersion"] * mean
        return {
            ("mean", "mean"): mean_mean
            + slope * (2 * mean_alpha + slope * alpha_alpha - 2 * in_alpha / mean),
            ("mean", "dispersion"): (mean_alpha + slope * alpha_alpha - in_alpha / mean) / mean,
            ("dispersion", "dispersion"): alpha_alpha / mean / mean,
        }

    def _tails(self, y: Array, poisson: Any, beta: Any, swapped: Any) -> Array:
        """A tail of the incomplete beta function, or of the Poisson at its limit."""
        xp = self._xp
        alpha, r = self._shape()
        if not self._by_mean:
            p = self.probs
            q = 1 - p if "probs" in self.given else special.expit(-self.logits)
        else:
            u = 1 + alpha * self.mean
            p, q = alpha * self.mean / u, 1 / u
        limit = alpha < _POISSON_BELOW
        r = xp.where(limit, 1.0, r)
        # The smaller of p and q has all its digits.
        low = p < 0.5
        count = y + 1
        a, b = xp.where(low, count, r), xp.where(low, r, count)
        x = xp.where(low, p, q)
        value = xp.where(low, beta(a, b, x), swapped(a, b, x))
        return xp.where(limit, poisson(count, self.mean), value)

    def _cdf(self, y: Array) -> Array:
        return self._tails(y, special.gammaincc, special.betaincc, special.betainc)

    def _sf(self, y: Array) -> Array:
        return self._tails(y, special.gammainc, special.betainc, special.betaincc)

    def _log_cdf(self, y: Array) -> Array:
        return self._tails(y, special.log_gammaincc, special.log_betaincc, special.log_betainc)

    def _log_sf(self, y: Array) -> Array:
        return self._tails(y, special.log_gammainc, special.log_betainc, special.log_betaincc)

    def _cdf_score(self, y: Array) -> dict[str, Array] | None:
        xp, (alpha, r) = self._xp, self._shape()
        if self.kind != "nb2" or not self._by_mean:
            return None
        mass = xp.exp(self._log_prob(y))
        # Next to the Poisson limit the two ways in which the dispersion enters cancel.
        if xp is not np or np.any(mass < FAINT) or np.any(alpha < _STEEP):
            return None
        share = 1 / (1 + alpha * self.mean)
        along_r, _ = special.betainc_grad(r, y + 1, share)
        moved = (1 + alpha * y) * share
        return {
            "mean": -moved,
            "dispersion": -r * r * along_r / mass - r * self.mean * moved,
        }

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        alpha, r = self._shape()
        # At the limit the rate is the mean itself.
        limit = alpha < 1e-20
        rate = self.mean * alpha * rng.standard_gamma(np.where(limit, 1.0, r), shape)
        return np.asarray(rng.poisson(np.where(limit, self.mean, rate)))

    @property
    def variance(self) -> Array:
        alpha = self._shape()[0]
        return self.mean * (1 + alpha * self.mean)

    @property
    def mode(self) -> Array:
        alpha = self._shape()[0]
        mode = self._xp.ceil((1 - alpha) * self.mean) - 1
        return self._xp.where(mode > 0, mode, 0.0)

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        mean = np.maximum(np.average(y, weights=weights), 0.5 / len(y))
        excess = np.average((y - mean) ** 2, weights=weights) / mean - 1
        excess = np.maximum(excess, 0.05)
        return {"mean": mean, "dispersion": excess / mean if cls.kind == "nb2" else excess}

    @classmethod
    def _start_beside(cls, y: Array, weights: Array | None, main: Array) -> dict[str, Array]:
        w = np.ones(len(y)) if weights is None else weights
        size = main * main if cls.kind == "nb2" else main
        excess = (w @ ((y - main) ** 2 - main)) / (w @ size)
        return {"dispersion": np.maximum(excess, 0.005)}


def _error_gap(y: Array, r: Array) -> Array:
    """The difference of Stirling's errors at r + y and r."""
    return special.stirling_error(r + y) - special.stirling_error(r)


def _slope_gap(y: Array, r: Array) -> Array:
    """Its derivative in −α."""
    gap = digamma_remainder(r + y) / (1 + y / r) ** 2 - digamma_remainder(r)
    # Exactly 0 without counts, also where a compiler rounds the two apart.
    return select(namespace(y, r), y > 0, gap, 0.0)


def _bend_gap(y: Array, r: Array) -> Array:
    """Its second derivative in α."""
    total, v = r + y, 1 + y / r
    after = remainder_difference(total) - y * trigamma_remainder(total)
    return after / (v * v * v) - remainder_difference(r)


def _remainders(y: Array, r: Array) -> tuple[Array, Array]:
    """What counts and shape alone add to log_prob, and its derivative in −α, on NumPy."""
    v, total = 1 + y / r, r + y
    after, after_slope = special.stirling_error_and_slope(total)
    before, before_slope = special.stirling_error_and_slope(r)
    value = after - before - 0.5 * np.log(v) - factorial_remainder(y)
    gap = total * total * after_slope / (v * v) - r * r * before_slope
    return value, y / (2 * v) + np.where(y > 0, gap, 0.0)

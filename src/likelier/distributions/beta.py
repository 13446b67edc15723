"""The Beta distribution, for shares strictly between 0 and 1."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._deviance import gamma_deviance, gamma_deviance_and_log
from likelier.distributions._domains import positive, real, unit
from likelier.distributions._fallbacks import FAINT
from likelier.distributions._parameter import parameter
from likelier.distributions._repeated import once
from likelier.special import Array

_LOG_2PI = math.log(2 * math.pi)
_MODERATE = 64.0
"""Precision up to which rounding of log y leaves the log probability its digits."""

Shapes = tuple[Array, Array, Array, Array]
"""mean, 1 − mean, a and b."""


class Beta(Distribution):
    r"""Beta distribution with a mean and a precision.

    log p(y) = log Γ(a + b) − log Γ(a) − log Γ(b) + (a − 1) log y + (b − 1) log(1 − y),
    a = mean × precision, b = (1 − mean) × precision;
    the variance is mean (1 − mean) / (1 + precision).

    Args:
        mean: mean, strictly between 0 and 1.
        precision: a + b, positive.
        concentration1: a, positive; with `concentration0`, in place of the first two.
        concentration0: b, positive.
        mean_logits: log(mean / (1 − mean)), any real number, in place of `mean`; it keeps the
            digits of a mean next to 1.

    Source: Ferrari and Cribari-Neto (2004), doi:10.1080/0266476042000214501;
    CRPS: Jordan, Krüger and Lerch (2019), doi:10.18637/jss.v090.i12.

    Example:
        >>> import likelier as lk
        >>> round(float(lk.Beta(mean=0.25, precision=4.0).nll(0.5)), 6)
        0.287682
        >>> float(lk.Beta(concentration1=1.0, concentration0=3.0).mean)
        0.25
    """

    support = unit
    source = "Ferrari and Cribari-Neto (2004), doi:10.1080/0266476042000214501"
    location_link = "identity"

    mean = parameter(
        unit,
        "mean",
        derive=lambda d: (
            special.expit(d.mean_logits)
            if "mean_logits" in d.given
            else d.concentration1 / d.precision
        ),
        linked={"logit": "mean_logits"},
    )
    precision = parameter(
        positive,
        "a + b; the variance is mean (1 − mean) / (1 + precision)",
        derive=lambda d: d.concentration1 + d.concentration0,
    )
    concentration1 = parameter(positive, "a", derive=lambda d: d.mean * d.precision)
    concentration0 = parameter(positive, "b", derive=lambda d: d._complement * d.precision)
    mean_logits = parameter(
        real, "log odds of the mean", derive=lambda d: d._xp.log(d.mean / d._complement)
    )
    parametrisations = (
        ("mean", "precision"),
        ("concentration1", "concentration0"),
        ("mean_logits", "precision"),
    )

    @property
    def _complement(self) -> Array:
        """1 − mean, with the digits that the mean itself has lost next to 1."""
        if "mean_logits" in self.given:
            return special.expit(-self.mean_logits)
        if "mean" in self.given:
            return 1 - self.mean
        return self.concentration0 / self.precision

    def _shapes(self) -> Shapes:
        """mean, 1 − mean, a and b, none of which underflows to 0."""
        if "mean_logits" not in self.given:
            return self.mean, self._complement, self.concentration1, self.concentration0
        steep = _steep(self.mean_logits)
        logits = self._xp.clip(self.mean_logits, -steep, steep)
        p, q = special.expit(logits), special.expit(-logits)
        return p, q, p * self.precision, q * self.precision

    def _log_prob(self, y: Array) -> Array:
        p, q, a, b = shapes = self._shapes()
        deviances = gamma_deviance(y, p), gamma_deviance(1 - y, q)
        errors = [special.stirling_error(x) for x in (a, b, self.precision)]
        return self._value(y, shapes, deviances, errors)

    def _score(self, y: Array) -> dict[str, Array]:
        p, q, a, b = shapes = self._shapes()
        total = self.precision
        if "concentration1" in self.given:
            return self._slopes_by_concentrations(y, a, b)
        deviances = gamma_deviance(y, p), gamma_deviance(1 - y, q)
        tilt = self._xp.log(y / (1 - y)) + self._xp.log(b / a)
        digammas = [special.digamma_minus_log(x) for x in (a, b, total)]
        return self._slopes(shapes, total, deviances, tilt, digammas)

    def _log_prob_and_score(self, y: Array) -> tuple[Array, dict[str, Array]]:
        if self._is_moderate(y):
            return self._log_prob_and_score_of_rows(y)
        p, q, a, b = shapes = self._shapes()
        total = self.precision
        pairs = [once(special.stirling_error_and_slope, x) for x in (a, b, total)]
        digammas = [slope - 0.5 / x for (_, slope), x in zip(pairs, (a, b, total), strict=True)]
        (deviance, log), (other, other_log) = (
            gamma_deviance_and_log(y, p),
            gamma_deviance_and_log(1 - y, q),
        )
        value = self._value(y, shapes, (deviance, other), [error for error, _ in pairs])
        if "concentration1" not in self.given:
            score = self._slopes(shapes, total, (deviance, other), log - other_log, digammas)
            return value, score
        if self._xp is not np or value.ndim != 1:
            return value, self._slopes_by_concentrations(y, a, b)
        first, second, last = digammas
        return value, {
            "concentration1": _slope(log + (last - first), a, b, np.log, y),
            "concentration0": _slope(other_log + (last - second), b, a, np.log1p, -y),
        }

    def _is_moderate(self, y: Array) -> bool:
        """Whether these are NumPy's rows by log odds, and logarithms of y beside them have digits.

        Deviances, which keep them where the precision is large, take three times as long.
        """
        return (
            self._xp is np
            and "mean_logits" in self.given
            and y.ndim == 1
            and bool(np.max(self.precision) <= _MODERATE)
            and bool(np.all(np.abs(self.mean_logits) < _steep(self.mean_logits)))
        )

    def _log_prob_and_score_of_rows(self, y: Array) -> tuple[Array, dict[str, Array]]:
        """Both of moderate rows, from a log(y / p) + b log((1 − y) / q)."""
        total = self.precision
        odds = np.exp(self.mean_logits)
        q = 1 / (1 + odds)
        p = odds * q
        a, b, rest = p * total, q * total, 1 - y
        (first, first_slope), (second, second_slope), (last, last_slope) = (
            once(special.stirling_error_and_slope, x) for x in (a, b, total)
        )
        log, other_log = _log_quotient(y, p), _log_quotient(rest, q)
        scale = a * q
        value = a * log
        value += b * other_log
        value += 0.5 * (np.log(scale) - _LOG_2PI)
        value -= first + second - last
        value -= np.log(y * rest)
        # Less ψ(x) − log x of the shapes.
        log += 0.5 / a - first_slope
        other_log += 0.5 / b - second_slope
        along_precision = last_slope - 0.5 / total + p * log + q * other_log
        return value, {"mean_logits": scale * (log - other_log), "precision": along_precision}

    def _slopes_by_concentrations(self, y: Array, a: Array, b: Array) -> dict[str, Array]:
        xp = self._xp
        return {
            "concentration1": xp.log(y) + special.digamma_difference(a, b),
            "concentration0": xp.log1p(-y) + special.digamma_difference(b, a),
        }

    def _value(
        self, y: Array, shapes: Shapes, deviances: tuple[Array, Array], errors: Sequence[Array]
    ) -> Array:
        xp = self._xp
        _, q, a, b = shapes
        first, second, last = errors
        constant = 0.5 * (xp.log(a * q) - _LOG_2PI) + last - first - second
        if "mean_logits" in self.given:
            beyond = abs(self.mean_logits) - _steep(self.mean_logits)
            constant = constant - xp.where(beyond > 0, beyond, 0.0)
        return constant - a * deviances[0] - b * deviances[1] - xp.log(y * (1 - y))

    def _slopes(
        self,
        shapes: Shapes,
        total: Array,
        deviances: tuple[Array, Array],
        tilt: Array,
        digammas: Sequence[Array],
    ) -> dict[str, Array]:
        """The score from the log odds of y over those of the mean, and from ψ(x) − log x."""
        p, q, a, _ = shapes
        first, second, last = digammas
        # Divided by precision, so that the terms of a large one do not cancel.
        along_precision = last - p * (first + deviances[0]) - q * (second + deviances[1])
        scale = total if "mean" in self.given else a * q
        return {self.given[0]: scale * (tilt - first + second), "precision": along_precision}

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        shapes = p, q, a, b = self._shapes()
        second = {pair: 0 * y - value for pair, value in self._curvature(shapes).items()}
        if "concentration1" not in self.given:
            first, last = self.given
            tilt = self._xp.log(y / (1 - y)) + special.digamma(b) - special.digamma(a)
            slope = p * q if first == "mean_logits" else 1.0
            second[first, last] = second[first, last] + slope * tilt
            if first == "mean_logits":
                second[first, first] = second[first, first] + (q - p) * (a * q) * tilt
        return second

    def _information(self) -> dict[tuple[str, str], Array]:
        return self._curvature(self._shapes())

    def _curvature(self, shapes: Shapes) -> dict[tuple[str, str], Array]:
        p, q, a, b = shapes
        if "concentration1" in self.given:
            both = special.trigamma(self.precision)
            return {
                ("concentration1", "concentration1"): -special.trigamma_difference(a, b),
                ("concentration1", "concentration0"): -both,
                ("concentration0", "concentration0"): -special.trigamma_difference(b, a),
            }
        rest_a = a * special.trigamma_minus_reciprocal(a)
        rest_b = b * special.trigamma_minus_reciprocal(b)
        name = self.given[0]
        slope = p * q if name == "mean_logits" else 1.0
        curvature = q * (1 + rest_a) + p * (1 + rest_b)
        scale = a * q if name == "mean_logits" else self.precision / (p * q)
        return {
            (name, name): scale * curvature,
            (name, "precision"): slope * (rest_a - rest_b),
            ("precision", "precision"): (p * rest_a + q * rest_b) / self.precision
            - special.trigamma_minus_reciprocal(self.precision),
        }

    def _cdf(self, y: Array) -> Array:
        return special.betainc(self.concentration1, self.concentration0, y)

    def _sf(self, y: Array) -> Array:
        return special.betaincc(self.concentration1, self.concentration0, y)

    def _log_cdf(self, y: Array) -> Array:
        return special.log_betainc(self.concentration1, self.concentration0, y)

    def _log_sf(self, y: Array) -> Array:
        return special.log_betaincc(self.concentration1, self.concentration0, y)

    def _cdf_score(self, y: Array) -> dict[str, Array] | None:
        xp = self._xp
        p, q, a, b = self._shapes()
        density = xp.exp(self._log_prob(y))
        if xp is np and np.any(density < FAINT):
            return None
        along_a, along_b = (v / density for v in special.betainc_grad(a, b, y))
        if "concentration1" in self.given:
            return {"concentration1": along_a, "concentration0": along_b}
        scale = self.precision if "mean" in self.given else a * q
        return {self.given[0]: scale * (along_a - along_b), "precision": p * along_a + q * along_b}

    def _quantile(self, q: Array) -> Array:
        return special.betaincinv(self.concentration1, self.concentration0, q)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        draw = rng.beta(self.concentration1, self.concentration0, size=shape)
        # Small concentrations give draws that round to 0 and 1, which are not in the support.
        return np.clip(draw, np.finfo(np.float64).smallest_subnormal, np.nextafter(1.0, 0.0))

    def _crps(self, y: Array) -> Array:
        # The published form with F(y; a + 1, b) written by the recurrence, which does not cancel.
        p, q, a, b = self._shapes()
        inside = self.support.contains(np, y)
        density = np.exp(self._supported_log_prob(y))
        density = np.where(inside, y * (1 - y) * density, 0.0)
        spread = np.exp(
            0.5 * (np.log(a * q) - _LOG_2PI - math.log(2))
            + special.stirling_error(2 * a)
            + special.stirling_error(2 * b)
            - special.stirling_error(2 * self.precision)
            - 2 * special.stirling_error(a)
            - 2 * special.stirling_error(b)
            + 2 * special.stirling_error(self.precision)
        )
        return (y - p) * (self.cdf(y) - self.sf(y)) + 2 * (density - spread) / self.precision

    @property
    def variance(self) -> Array:
        return self.mean * (self._complement / (1 + self.precision))

    @property
    def mode(self) -> Array:
        xp = self._xp
        a, b = self.concentration1, self.concentration0
        inner = (a > 1) & (b > 1)
        # Where both are at most 1 the density has its supremum at 0, or is flat.
        at_end = xp.where((a > b) & (a >= 1), xp.ones_like(a * b), xp.zeros_like(a * b))
        return xp.where(inner, (a - 1) / xp.where(inner, a - 1 + (b - 1), 1.0), at_end)

    def entropy(self) -> Array:
        xp = self._xp
        p, q, a, b = self._shapes()
        total = self.precision
        return (
            0.5 * (_LOG_2PI + xp.log(p) + xp.log(q) - xp.log(total))
            + special.stirling_error(a)
            + special.stirling_error(b)
            - special.stirling_error(total)
            - (a - 1) * special.digamma_minus_log(a)
            - (b - 1) * special.digamma_minus_log(b)
            + (total - 2) * special.digamma_minus_log(total)
        )

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        mean = np.average(y, weights=weights)
        variance = np.average((y - mean) ** 2, weights=weights)
        spread = mean * (1 - mean)
        # A sample with no spread at all starts from a precision that is large but finite.
        variance = np.clip(variance, 1e-12 * spread, 0.99 * spread)
        return {"mean": mean, "precision": spread / variance - 1}


def _slope(value: Array, a: Array, b: Array, log: Callable[[Array], Array], y: Array) -> Array:
    """log(y) + ψ(a + b) − ψ(a), of which the value keeps the digits unless b is small beside a."""
    close = np.flatnonzero(b < 0.25 * a)
    if close.size:
        a, b = (np.broadcast_to(x, value.shape)[close] for x in (a, b))
        value[close] = log(y[close]) + special.digamma_difference(a, b)
    return value


def _log_quotient(x: Array, mean: Array) -> Array:
    """log(x / mean) of NumPy's rows, with the digits of x − mean where they are close."""
    excess = (x - mean) / mean
    value = np.asarray(np.log1p(excess))
    if excess.min() < -0.9:
        rows = np.flatnonzero(excess < -0.9)
        value[rows] = np.log((x / mean)[rows])
    return value


def _steep(logits: Array) -> float:
    """Log odds beyond which log p is affine in them, to the last digit of the type."""
    return 200.0 if logits.dtype.itemsize > 4 else 60.0

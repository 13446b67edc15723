"""The inverse Gaussian (Wald) distribution; its NLL is the inverse-Gaussian deviance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._domains import positive
from likelier.distributions._parameter import parameter
from likelier.errors import NoFiniteOptimumError
from likelier.special import Array, namespace

_LOG_2PI = math.log(2 * math.pi)
_EULER = 0.57721566490153286061
_NODES, _WEIGHTS = (tuple(x.tolist()) for x in np.polynomial.legendre.leggauss(8))


class InverseGaussian(Distribution):
    r"""Inverse Gaussian distribution with a mean and a concentration (shape).

    log p(y) = ½ log(λ / (2π y³)) − λ (y − mean)² / (2 mean² y),  λ = concentration;
    the variance is mean³ / concentration.

    Args:
        mean: mean, positive, in the unit of y.
        concentration: shape, positive, in the unit of y.

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 15;
    draws: Michael, Schucany and Haas (1976), doi:10.2307/2683801.

    Example:
        >>> import likelier as lk
        >>> round(float(lk.InverseGaussian(mean=1.0, concentration=2.0).nll(1.0)), 6)
        0.572365
    """

    support = positive
    source = "Johnson, Kotz and Balakrishnan (1994), vol. 1, ch. 15"
    location_link = "identity"
    classical_loss = "half the inverse-Gaussian deviance (concentration = 1, up to terms in y)"

    mean = parameter(positive, "mean, in the unit of y")
    concentration = parameter(positive, "shape; the variance is mean³ / concentration")

    def _half_square(self, y: Array) -> Array:
        """λ (y − mean)² / (2 mean² y), with factors that stay within range."""
        gap = y - self.mean
        return 0.5 * (self.concentration / self.mean) * (gap / self.mean) * (gap / y)

    def _log_prob(self, y: Array) -> Array:
        xp = self._xp
        normalising = 0.5 * (xp.log(self.concentration) - _LOG_2PI) - 1.5 * xp.log(y)
        return normalising - self._half_square(y)

    def _score(self, y: Array) -> dict[str, Array]:
        mean, shape = self.mean, self.concentration
        gap = y - mean
        return {
            "mean": gap / mean / mean * (shape / mean),
            "concentration": 0.5 / shape - 0.5 * (gap / y) * (gap / mean) / mean,
        }

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        mean, shape = self.mean, self.concentration
        excess = (y - mean) / mean
        return {
            ("mean", "mean"): -(1 + 3 * excess) / mean / mean * (shape / mean),
            ("mean", "concentration"): excess / mean / mean,
            ("concentration", "concentration"): 0 * y - 0.5 / shape / shape,
        }

    def _information(self) -> dict[tuple[str, str], Array]:
        mean, shape = self.mean, self.concentration
        return {
            ("mean", "mean"): shape / mean / mean / mean,
            ("concentration", "concentration"): 0.5 / shape / shape + 0 * mean,
        }

    def _ends(self, y: Array) -> tuple[Array, Array]:
        """u and v with cdf = ½ erfc(−u) + ½ exp(−u²) erfcx(v), v > |u|."""
        xp = self._xp
        root = xp.sqrt(0.5 * self.concentration) / xp.sqrt(y)
        ratio = y / self.mean
        return root * ((y - self.mean) / self.mean), root * (ratio + 1)

    def _log_cdf(self, y: Array) -> Array:
        xp = self._xp
        u, v = self._ends(y)
        low = u < 0
        lower = 0.5 * (special.erfcx(xp.where(low, -u, 0.0)) + special.erfcx(v))
        upper = xp.exp(self._log_upper(u, v, ~low))
        return xp.where(
            low,
            xp.log(lower) - self._half_square(y),
            xp.log1p(-xp.where(low, 0.0, upper)),
        )

    def _log_sf(self, y: Array) -> Array:
        xp = self._xp
        u, v = self._ends(y)
        high = u > -1
        lower = 0.5 * (special.erfcx(xp.where(high, 1.0, -u)) + special.erfcx(v))
        return xp.where(
            high,
            self._log_upper(u, v, high),
            xp.log1p(-lower * xp.exp(-self._half_square(y))),
        )

    def _log_upper(self, u: Array, v: Array, used: Array) -> Array:
        """log sf = log ½ (erfcx(u) − erfcx(v)) − u², where `used`."""
        xp = self._xp
        u = xp.where(used, u, 0.0)
        v = xp.where(used, v, 1.0)
        return xp.log(0.5 * _erfcx_drop(xp, u, v)) - u * u

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        chi = rng.standard_normal(shape) ** 2 * (self.mean / self.concentration) / 2
        # The smaller root of the quadratic, in the form that does not cancel.
        root = 1 / (1 + chi + np.sqrt(chi * (2 + chi)))
        first = rng.random(shape) * (1 + root) <= 1
        return self.mean * np.where(first, root, 1 / root)

    @property
    def variance(self) -> Array:
        return self.mean * self.mean * (self.mean / self.concentration)

    @property
    def mode(self) -> Array:
        half = 1.5 * (self.mean / self.concentration)
        return self.mean / (self._xp.sqrt(1 + half * half) + half)

    def entropy(self) -> Array:
        xp = self._xp
        ratio = 2 * (self.concentration / self.mean)
        return (
            0.5 * (1 + _LOG_2PI - xp.log(self.concentration))
            + 1.5 * xp.log(self.mean)
            - 1.5 * _scaled_exponential_integral(ratio)
        )

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        mean = np.average(y, weights=weights)
        # Average of 1 / y − 1 / mean, with the terms that cancel taken out.
        spread = np.average((y - mean) / y * ((y - mean) / mean) / mean, weights=weights)
        return {"mean": mean, "concentration": 1 / np.maximum(spread, 1e-15 / mean)}

    @classmethod
    def _mle(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        if np.all(y == y[0]):
            raise NoFiniteOptimumError(
                "InverseGaussian: all observations are equal, so the likelihood grows without "
                "bound as concentration grows; use observations that differ, or fix it"
            )
        return cls._start(y, weights)


def _erfcx_drop(xp: Any, u: Array, v: Array) -> Array:
    """erfcx(u) − erfcx(v) for v > u > −1, by integrating the slope where the two are close."""
    gap = v - u
    close = gap < 0.5 * (1 + abs(u))
    short = xp.where(close, gap, 0.0)
    total = 0.0
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        total = total + 0.5 * weight * _erfcx_descent(xp, u + (0.5 * (1 + node)) * short)
    return xp.where(close, short * total, special.erfcx(u) - special.erfcx(v))


def _erfcx_descent(xp: Any, x: Array) -> Array:
    """−d erfcx(x) / dx = 2 / √π − 2 x erfcx(x), by its asymptotic series for large x."""
    far = x > 20
    r = 0.5 / xp.where(far, x, 20.0) ** 2
    series = r * (1 - 3 * r * (1 - 5 * r * (1 - 7 * r * (1 - 9 * r * (1 - 11 * r)))))
    near = 1 / math.sqrt(math.pi) - x * special.erfcx(x)
    return 2 * xp.where(far, series / math.sqrt(math.pi), near)


def _scaled_exponential_integral(x: Array) -> Array:
    """exp(x) E₁(x) for x > 0: its power series up to 2.5, a continued fraction above."""
    xp = namespace(x)
    small = x <= 2.5
    near, far = xp.where(small, x, 1.0), xp.where(small, 2.5, x)
    series, term = -_EULER - xp.log(near), xp.ones_like(near)
    for n in range(1, 32):
        term = -term * near / n
        series = series - term / n
    fraction = far
    for n in range(60, 0, -1):
        fraction = far + n / (1 + n / fraction)
    return xp.where(small, xp.exp(near) * series, 1 / fraction)

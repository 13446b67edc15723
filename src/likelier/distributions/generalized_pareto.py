"""The generalised Pareto distribution: how far values go beyond a high threshold."""

from __future__ import annotations

import math

import numpy as np

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._domains import nonnegative, positive, real
from likelier.distributions._parameter import parameter
from likelier.distributions._reduced import Reduced, unreduced
from likelier.special import Array


class GeneralizedPareto(Distribution):
    r"""Generalised Pareto distribution of excesses over a threshold.

    log p(y) = −log scale − (1 + 1/shape) log(1 + shape y / scale), and the exponential
    −log scale − y / scale at shape 0

    Args:
        scale: scale, positive, in the unit of y.
        shape: tail index, any real number: above 0 the tail is as heavy as y^(−1/shape), 0 is
            the exponential, below 0 the support ends at −scale / shape.

    The mean is scale / (1 − shape) where shape < 1, and infinite beyond. Below a shape of −1/2
    the expected information in the shape is infinite.

    Source: Pickands (1975), doi:10.1214/aos/1176343003;
    information: Smith (1984), doi:10.1007/978-94-017-3069-3_48;
    CRPS: Friederichs and Thorarinsdottir (2012), doi:10.1002/env.2176.

    Example:
        >>> import likelier as lk
        >>> round(float(lk.GeneralizedPareto(scale=2.0, shape=0.5).nll(3.0)), 6)
        2.371995
    """

    support = nonnegative
    source = "Pickands (1975), doi:10.1214/aos/1176343003"

    scale = parameter(positive, "scale, in the unit of y")
    shape = parameter(real, "tail index: 0 exponential, above 0 heavier, below 0 with an end")

    def _reduced(self, y: Array) -> Reduced:
        return Reduced(self._xp, y / self.scale, self.shape)

    def _placed(self, y: Array) -> tuple[Array, Array]:
        inside, missing = super()._placed(y)
        y = self._xp.where(inside, y, 0.0)
        return inside & (self.shape * (y / self.scale) > -1), missing

    def _log_prob(self, y: Array) -> Array:
        return self._value(self._reduced(y))

    def _score(self, y: Array) -> dict[str, Array]:
        return self._slopes(self._reduced(y))

    def _log_prob_and_score(self, y: Array) -> tuple[Array, dict[str, Array]]:
        reduced = self._reduced(y)
        return self._value(reduced), self._slopes(reduced)

    def _value(self, reduced: Reduced) -> Array:
        # −(1 + shape) v by the logarithm itself, since shape v = log(1 + u).
        value = -self._xp.log(self.scale) - reduced.value() - reduced.log
        return self._xp.where(reduced.inside, value, -math.inf)

    def _slopes(self, reduced: Reduced) -> dict[str, Array]:
        rest = reduced.rest()
        return {
            "scale": (reduced.z - 1) * rest / self.scale,
            "shape": -reduced.slope() - reduced.z * rest,
        }

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        reduced = self._reduced(y)
        z, rest = reduced.z, reduced.rest()
        double = (1 - 2 * z - reduced.u * z) * rest * rest
        return {
            ("scale", "scale"): double / self.scale / self.scale,
            ("scale", "shape"): (1 - z) * rest * (z * rest) / self.scale,
            ("shape", "shape"): (z * rest) * (z * rest) - reduced.bend(),
        }

    def _information(self) -> dict[tuple[str, str], Array]:
        xp, scale = self._xp, self.scale
        regular = self.shape > -0.5
        shape = xp.where(regular, self.shape, 0.0)
        one, two = 1 / (1 + shape), xp.where(regular, 1 / (1 + 2 * shape), math.inf)
        return {
            ("scale", "scale"): two / scale / scale,
            ("scale", "shape"): one * two / scale,
            ("shape", "shape"): 2 * one * two + 0 * scale,
        }

    def _cdf(self, y: Array) -> Array:
        return -self._xp.expm1(-self._reduced(y).value())

    def _sf(self, y: Array) -> Array:
        return self._xp.exp(-self._reduced(y).value())

    def _log_cdf(self, y: Array) -> Array:
        return special.log1mexp(self._reduced(y).value())

    def _log_sf(self, y: Array) -> Array:
        return -self._reduced(y).value()

    def _cdf_score(self, y: Array) -> dict[str, Array]:
        # F = 1 − exp(−v), whose density is exp(−v) ∂v/∂y.
        reduced = self._reduced(y)
        return {
            "scale": -reduced.z + 0 * reduced.u,
            "shape": self.scale * (1 + reduced.u) * reduced.slope(),
        }

    def _quantile(self, q: Array) -> Array:
        return self.scale * unreduced(-np.log1p(-q), self.shape)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return self.scale * unreduced(rng.standard_exponential(shape), self.shape)

    def _crps(self, y: Array) -> Array:
        shape = np.where(self.shape < 2, self.shape, np.nan)
        z, value = y / self.scale, Reduced(np, y / self.scale, shape).value()
        # (1 − (1 − F)^(1 − shape)) / (1 − shape), which is v at shape 1.
        below = -unreduced(-value, 1 - shape)
        return self.scale * (z - 2 * below + 1 / (2 - shape))

    @property
    def mean(self) -> Array:
        xp, shape = self._xp, self.shape
        finite = shape < 1
        return self.scale * xp.where(finite, 1 / (1 - xp.where(finite, shape, 0.0)), math.inf)

    @property
    def variance(self) -> Array:
        xp = self._xp
        finite = self.shape < 0.5
        shape = xp.where(finite, self.shape, 0.0)
        factor = 1 / ((1 - shape) * (1 - shape) * (1 - 2 * shape))
        return self.scale * self.scale * xp.where(finite, factor, math.inf)

    @property
    def mode(self) -> Array:
        xp = self._xp
        rising = self.shape < -1
        return self.scale * xp.where(rising, -1 / xp.where(rising, self.shape, -1.0), 0.0)

    def entropy(self) -> Array:
        return self._xp.log(self.scale) + self.shape + 1

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        mean = np.average(y, weights=weights)
        mean = mean if mean > 0 else 1.0
        spread = np.average((y - mean) ** 2, weights=weights) / mean**2
        ratio = 1 / spread if spread > 0 else 1.0
        shape, scale = 0.5 * (1 - ratio), 0.5 * mean * (1 + ratio)
        if scale + shape * np.max(y) <= 0.05 * scale:
            # The moments' end of the support would leave observations outside.
            shape, scale = 0.0, mean
        return {"scale": scale, "shape": np.asarray(shape)}

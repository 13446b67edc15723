"""The Laplace distribution; with a known scale its NLL is absolute error."""

from __future__ import annotations

import math

import numpy as np

from likelier.distributions._domains import positive, real
from likelier.distributions._kink import _Kinked
from likelier.distributions._parameter import parameter
from likelier.distributions._weighted import weighted_quantile
from likelier.errors import NoFiniteOptimumError
from likelier.special import Array

_LOG_2 = math.log(2)


class Laplace(_Kinked):
    r"""Laplace (double exponential) distribution around its median `loc`.

    log p(y) = −log(2 scale) − |y − loc| / scale;  the variance is 2 scale².

    Args:
        loc: median and mean, any real number, in the unit of y.
        scale: mean absolute deviation, positive, in the unit of y.

    The density has a kink at `loc`, where the score in `loc` is taken as 0 and the second
    derivative exists nowhere as a function; models use the expected information.

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 24;
    CRPS: Jordan, Krüger and Lerch (2019), doi:10.18637/jss.v090.i12.

    Example:
        >>> import likelier as lk
        >>> round(float(lk.Laplace(0.0, 1.0).nll(2.0)), 6)
        2.693147
    """

    support = real
    source = "Johnson, Kotz and Balakrishnan (1995), vol. 2, ch. 24"
    location_link = "identity"
    classical_loss = "mean absolute error (scale = 1, up to a constant)"

    loc = parameter(real, "median and mean, in the unit of y")
    scale = parameter(positive, "mean absolute deviation, in the unit of y")

    def _log_prob(self, y: Array) -> Array:
        size, _, _ = self._absolute((y - self.loc) / self.scale)
        return -size - self._xp.log(2 * self.scale)

    def _score(self, y: Array) -> dict[str, Array]:
        z = (y - self.loc) / self.scale
        _, slope, _ = self._absolute(z)
        return {"loc": slope / self.scale, "scale": (z * slope - 1) / self.scale}

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        z = (y - self.loc) / self.scale
        _, slope, bend = self._absolute(z)
        precision = 1 / self.scale / self.scale + 0 * z
        return {
            ("loc", "loc"): -bend * precision,
            ("loc", "scale"): -(slope + z * bend) * precision,
            ("scale", "scale"): (1 - z * (2 * slope + z * bend)) * precision,
        }

    def _information(self) -> dict[tuple[str, str], Array]:
        precision = 1 / self.scale / self.scale + 0 * self.loc
        return {("loc", "loc"): precision, ("scale", "scale"): precision}

    def _rates(self) -> tuple[Array, Array]:
        return 1 / self.scale, 1 / self.scale

    def _tails(self, y: Array) -> tuple[Array, Array]:
        """Whether y lies below loc, and the probability beyond y on its side of loc."""
        z = (y - self.loc) / self.scale
        return z < 0, 0.5 * self._xp.exp(-abs(z))

    def _cdf(self, y: Array) -> Array:
        below, tail = self._tails(y)
        return self._xp.where(below, tail, 1 - tail)

    def _sf(self, y: Array) -> Array:
        below, tail = self._tails(y)
        return self._xp.where(below, 1 - tail, tail)

    def _log_tail(self, z: Array) -> Array:
        """log P(Z <= z) of the standard distribution."""
        xp = self._xp
        return xp.where(z < 0, -abs(z) - _LOG_2, xp.log1p(-0.5 * xp.exp(-abs(z))))

    def _log_cdf(self, y: Array) -> Array:
        return self._log_tail((y - self.loc) / self.scale)

    def _log_sf(self, y: Array) -> Array:
        return self._log_tail((self.loc - y) / self.scale)

    def _cdf_score(self, y: Array) -> dict[str, Array]:
        z = (y - self.loc) / self.scale
        return {"loc": -1 + 0 * z, "scale": -z}

    def _quantile(self, q: Array) -> Array:
        z = np.where(q < 0.5, np.log(2 * q), -np.log(2 * (1 - q)))
        return self.loc + self.scale * z

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return self.loc + self.scale * rng.laplace(size=shape)

    def _crps(self, y: Array) -> Array:
        z = np.abs((y - self.loc) / self.scale)
        return self.scale * (z + np.exp(-z) - 0.75)

    @property
    def mean(self) -> Array:
        return self.loc + 0 * self.scale

    @property
    def variance(self) -> Array:
        return 2 * self.scale * self.scale + 0 * self.loc

    @property
    def mode(self) -> Array:
        return self.mean

    def entropy(self) -> Array:
        return 1 + self._xp.log(2 * self.scale) + 0 * self.loc

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        loc = weighted_quantile(y, 0.5, weights)
        scale = np.average(np.abs(y - loc), weights=weights)
        return {"loc": loc, "scale": scale if scale > 0 else 1e-8 * max(1.0, abs(loc))}

    @classmethod
    def _mle(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        loc = weighted_quantile(y, 0.5, weights)
        scale = np.average(np.abs(y - loc), weights=weights)
        if not scale > 0:
            raise NoFiniteOptimumError(
                "Laplace: all observations are equal, so the likelihood grows without bound as "
                "scale goes to 0; use observations that differ, or fix the scale"
            )
        return {"loc": loc, "scale": scale}

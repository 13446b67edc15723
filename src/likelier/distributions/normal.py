"""The Normal distribution; with a known scale its NLL is squared error."""

from __future__ import annotations

import math

import numpy as np

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._domains import positive, real
from likelier.distributions._parameter import parameter
from likelier.special import Array

_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


class Normal(Distribution):
    r"""Normal (Gaussian) distribution with mean `loc` and standard deviation `scale`.

    log p(y) = −log scale − ½ log 2π − ½ ((y − loc) / scale)²

    Args:
        loc: mean, any real number, in the unit of y.
        scale: standard deviation, positive, in the unit of y.

    Source: Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 13;
    CRPS: Gneiting et al. (2005), doi:10.1175/MWR2904.1.

    Example:
        >>> import likelier as lk
        >>> round(float(lk.Normal(0.0, 1.0).nll(2.0)), 6)
        2.918939
    """

    support = real
    source = "Johnson, Kotz and Balakrishnan (1994), vol. 1, ch. 13"
    location_link = "identity"
    simpler = "fixed(normal, scale=1)"
    classical_loss = "mean squared error (scale = 1/√2, up to a constant)"

    loc = parameter(real, "mean, in the unit of y")
    scale = parameter(positive, "standard deviation, in the unit of y")

    def _log_prob(self, y: Array) -> Array:
        z = (y - self.loc) / self.scale
        return -0.5 * z * z - self._xp.log(self.scale) - _HALF_LOG_2PI

    def _score(self, y: Array) -> dict[str, Array]:
        z = (y - self.loc) / self.scale
        return {"loc": z / self.scale, "scale": (z - 1) * (z + 1) / self.scale}

    def _log_prob_and_score(self, y: Array) -> tuple[Array, dict[str, Array]]:
        z = (y - self.loc) / self.scale
        slope = (z - 1) * (z + 1)
        value = -0.5 * (z * z) - self._xp.log(self.scale) - _HALF_LOG_2PI
        return value, {"loc": z / self.scale, "scale": slope / self.scale}

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        z = (y - self.loc) / self.scale
        # Dividing twice, not by the square, which leaves the range before the quotient does.
        precision = 1 / self.scale / self.scale + 0 * z
        return {
            ("loc", "loc"): -precision,
            ("loc", "scale"): -2 * z * precision,
            ("scale", "scale"): (1 - 3 * z * z) * precision,
        }

    def _information(self) -> dict[tuple[str, str], Array]:
        precision = 1 / self.scale / self.scale + 0 * self.loc
        return {("loc", "loc"): precision, ("scale", "scale"): 2 * precision}

    def _cdf(self, y: Array) -> Array:
        return special.ndtr((y - self.loc) / self.scale)

    def _sf(self, y: Array) -> Array:
        return special.ndtr((self.loc - y) / self.scale)

    def _log_cdf(self, y: Array) -> Array:
        return special.log_ndtr((y - self.loc) / self.scale)

    def _log_sf(self, y: Array) -> Array:
        return special.log_ndtr((self.loc - y) / self.scale)

    def _cdf_score(self, y: Array) -> dict[str, Array]:
        z = (y - self.loc) / self.scale
        return {"loc": -1.0 + 0 * z, "scale": -z}

    def _log_density_over_tails(self, y: Array, at: Array) -> tuple[Array, Array]:
        xp = self._xp
        z, end = (y - self.loc) / self.scale, (at - self.loc) / self.scale
        away = -0.5 * ((y - at) / self.scale) * (z + end) - xp.log(self.scale)
        return (
            away + xp.log(special.log_ndtr_ratio(end)),
            away + xp.log(special.log_ndtr_ratio(-end)),
        )

    def _quantile(self, q: Array) -> Array:
        return self.loc + self.scale * special.ndtri(q)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return self.loc + self.scale * rng.standard_normal(shape)

    def _crps(self, y: Array) -> Array:
        z = (y - self.loc) / self.scale
        density = np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
        return self.scale * (z * (2 * special.ndtr(z) - 1) + 2 * density - 1 / math.sqrt(math.pi))

    @property
    def mean(self) -> Array:
        return self.loc + 0 * self.scale

    @property
    def variance(self) -> Array:
        return self.scale * self.scale + 0 * self.loc

    @property
    def stddev(self) -> Array:
        return self.scale + 0 * self.loc

    @property
    def mode(self) -> Array:
        return self.mean

    def entropy(self) -> Array:
        return 0.5 + _HALF_LOG_2PI + self._xp.log(self.scale) + 0 * self.loc

    @classmethod
    def _start_beside(cls, y: Array, weights: Array | None, main: Array) -> dict[str, Array]:
        scale = np.sqrt(np.average((y - main) ** 2, weights=weights))
        # Beside a fit to rounding error nothing is to be begun with.
        exact = scale < 1e-3 * cls._start(y, weights)["scale"]
        return {"scale": np.where(exact, np.nan, scale)}

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        loc = np.average(y, weights=weights)
        return {"loc": loc, "scale": np.sqrt(np.average((y - loc) ** 2, weights=weights))}

    @classmethod
    def _mle(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        return cls._start(y, weights)

"""The multivariate Normal distribution of vectors whose entries depend on one another."""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np

from likelier.distributions._base import Distribution
from likelier.distributions._domains import cholesky_factor, positive_definite, vector
from likelier.distributions._parameter import parameter
from likelier.distributions._triangular import (
    cholesky_of_inverse,
    inverse_lower,
    solve_lower,
    solve_upper,
    transposed,
    tril,
)
from likelier.distributions.normal import Normal
from likelier.errors import NoFiniteOptimumError, UndefinedError
from likelier.special import Array

_LOG_2PI = math.log(2 * math.pi)


class MultivariateNormal(Distribution):
    r"""Multivariate Normal distribution of vectors of length d.

    log p(y) = −d/2 log 2π − Σ log Lᵢᵢ − ½ |L⁻¹ (y − loc)|²,  L = scale_tril, covariance = L Lᵀ

    Args:
        loc: mean, a vector of d real numbers, in the unit of y.
        scale_tril: Cholesky factor of the covariance, d × d, lower triangular with a positive
            diagonal, in the unit of y; models predict it by the logarithms of its diagonal and
            the entries below it.
        covariance: symmetric and positive definite, d × d; in place of `scale_tril`.
        precision: inverse of the covariance, d × d; in place of `scale_tril`.

    The score in `covariance` and `precision` takes the entries as independent of one another, as
    automatic differentiation does. Cdf, quantiles and CRPS are those of numbers: ask a
    `marginal(i)` for them.

    Source: Anderson (2003), An Introduction to Multivariate Statistical Analysis, ch. 2 and 3;
    link: Pinheiro and Bates (1996), doi:10.1007/BF00140873.

    Example:
        >>> import likelier as lk
        >>> d = lk.MultivariateNormal(loc=[0.0, 1.0], covariance=[[2.0, 0.5], [0.5, 1.0]])
        >>> round(float(d.nll([1.0, 1.0])), 6)
        2.403399
        >>> d.marginal(1).interval(0.9)[1].round(6)
        np.float64(2.644854)
    """

    location_link = "identity"
    support = vector
    source = "Anderson (2003), An Introduction to Multivariate Statistical Analysis"
    classical_loss = "squared Mahalanobis distance (covariance fixed)"

    loc = parameter(vector, "mean, in the unit of y")
    scale_tril = parameter(
        cholesky_factor, "Cholesky factor of the covariance", derive=lambda d: d._factor()
    )
    covariance = parameter(
        positive_definite,
        "covariance matrix",
        derive=lambda d: d.scale_tril @ transposed(d._xp, d.scale_tril),
    )
    precision = parameter(
        positive_definite, "inverse of the covariance matrix", derive=lambda d: d._precision()
    )
    parametrisations = (("loc", "scale_tril"), ("loc", "covariance"), ("loc", "precision"))

    def _factor(self) -> Array:
        if "covariance" in self.given:
            return self._xp.linalg.cholesky(self.covariance)
        return cholesky_of_inverse(self._xp, self.precision)

    def _precision(self) -> Array:
        inverse = inverse_lower(self._xp, self.scale_tril)
        return transposed(self._xp, inverse) @ inverse

    def _diagonal(self) -> Array:
        """Diagonal of the Cholesky factor."""
        size = self.scale_tril.shape[-1]
        return self._xp.stack([self.scale_tril[..., i, i] for i in range(size)], axis=-1)

    def _white(self, y: Array) -> Array:
        """L⁻¹ (y − loc): independent standard Normal numbers."""
        return solve_lower(self._xp, self.scale_tril, y - self.loc)

    def _log_prob(self, y: Array) -> Array:
        xp = self._xp
        white = self._white(y)
        constant = 0.5 * white.shape[-1] * _LOG_2PI
        return -0.5 * xp.sum(white * white, axis=-1) - self._half_log_det() - constant

    def _half_log_det(self) -> Array:
        return self._xp.sum(self._xp.log(self._diagonal()), axis=-1)

    def _score(self, y: Array) -> dict[str, Array]:
        xp = self._xp
        white = self._white(y)
        # Σ⁻¹ (y − loc)
        pull = solve_upper(xp, self.scale_tril, white)
        if "covariance" in self.given:
            outer = pull[..., :, None] * pull[..., None, :]
            return {"loc": pull, "covariance": 0.5 * (outer - self.precision)}
        if "precision" in self.given:
            residual = y - self.loc
            outer = residual[..., :, None] * residual[..., None, :]
            return {"loc": pull, "precision": 0.5 * (self.covariance - outer)}
        size = white.shape[-1]
        outer = pull[..., :, None] * white[..., None, :]
        eye = xp.eye(size, dtype=white.dtype)
        return {"loc": pull, "scale_tril": tril(xp, outer) - eye / self._diagonal()[..., None, :]}

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array] | None:
        if "scale_tril" not in self.given:
            return None
        xp = self._xp
        white = self._white(y)
        pull = solve_upper(xp, self.scale_tril, white)
        inverse, precision = inverse_lower(xp, self.scale_tril), self.precision
        size = white.shape[-1]
        # With dL at (k, l): dv_j = −L⁻¹_jk v_l and da_i = −L⁻¹_li a_k − Σ⁻¹_ik v_l, v = L⁻¹ r,
        # a = Σ⁻¹ r; axes are (i, k, l) and (i, j, k, l).
        back = transposed(xp, inverse)[..., :, None, :] * pull[..., None, :, None]
        da = -(back + precision[..., :, :, None] * white[..., None, None, :])
        dv = -inverse[..., :, :, None] * white[..., None, None, :]
        both = da[..., :, None, :, :] * white[..., None, :, None, None]
        both = both + pull[..., :, None, None, None] * dv[..., None, :, :, :]
        both = both + _corner(xp, size, 1 / self._diagonal() ** 2)
        lower = tril(xp, xp.ones((size, size), dtype=white.dtype))
        return {
            ("loc", "loc"): -precision + 0 * white[..., None],
            ("loc", "scale_tril"): da * lower,
            ("scale_tril", "scale_tril"): both * lower * lower[:, :, None, None],
        }

    def _information(self) -> dict[tuple[str, str], Array]:
        xp, precision = self._xp, self.precision
        size = precision.shape[-1]
        eye = xp.eye(size, dtype=precision.dtype)
        if "scale_tril" in self.given:
            both = precision[..., :, None, :, None] * eye[:, None, :]
            both = both + _corner(xp, size, 1 / self._diagonal() ** 2)
            lower = tril(xp, xp.ones((size, size), dtype=precision.dtype))
            spread = both * lower * lower[:, :, None, None]
            return {("loc", "loc"): precision, ("scale_tril", "scale_tril"): spread}
        name = "covariance" if "covariance" in self.given else "precision"
        matrix = precision if name == "covariance" else self.covariance
        # The variance of ½ a aᵀ with Cov(a) = the matrix (Isserlis).
        straight = matrix[..., :, None, :, None] * matrix[..., None, :, None, :]
        crossed = matrix[..., :, None, None, :] * matrix[..., None, :, :, None]
        return {("loc", "loc"): precision, (name, name): 0.25 * (straight + crossed)}

    def marginal(self, i: int) -> Normal:
        """The Normal distribution of entry `i` (counted from 0)."""
        deviation = self._xp.sqrt(self.variance[..., i])
        return Normal._of(self._xp, {"loc": self.loc[..., i] + 0 * deviation, "scale": deviation})

    def _only_numbers(self, what: str) -> NoReturn:
        raise UndefinedError(f"{what} of a vector is not defined; ask marginal(i) of each entry")

    def _cdf(self, y: Array) -> Array:
        self._only_numbers("the cdf")

    def _sf(self, y: Array) -> Array:
        self._only_numbers("the survival function")

    def _quantile(self, q: Array) -> Array:
        self._only_numbers("a quantile")

    def _crps(self, y: Array) -> Array:
        self._only_numbers("the CRPS")

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        white = rng.standard_normal((*shape, self.loc.shape[-1]))
        return self.loc + np.einsum("...ij,...j->...i", self.scale_tril, white)

    @property
    def mean(self) -> Array:
        return self.loc + 0 * self._diagonal()

    @property
    def variance(self) -> Array:
        return self._xp.sum(self.scale_tril * self.scale_tril, axis=-1) + 0 * self.loc

    @property
    def mode(self) -> Array:
        return self.mean

    def entropy(self) -> Array:
        size = self.loc.shape[-1]
        return 0.5 * size * (1 + _LOG_2PI) + self._half_log_det() + 0 * self.loc[..., 0]

    @classmethod
    def _event_sizes(cls, y: Array, levels: int | None) -> dict[str, int]:
        return {"loc": y.shape[-1], "scale_tril": y.shape[-1]}

    @classmethod
    def _moments(cls, y: Array, weights: Array | None) -> tuple[Array, Array]:
        loc = np.average(y, axis=0, weights=weights)
        residual = y - loc
        w = np.ones(len(y)) if weights is None else weights
        return loc, (residual.T * w) @ residual / np.sum(w)

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        loc, covariance = cls._moments(y, weights)
        spread = np.where(np.diag(covariance) > 0, np.diag(covariance), 1.0)
        # A little of the diagonal, so that entries that move together can start.
        return {"loc": loc, "scale_tril": np.linalg.cholesky(covariance + 1e-6 * np.diag(spread))}

    @classmethod
    def _mle(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        loc, covariance = cls._moments(y, weights)
        scale = np.sqrt(np.diag(covariance))
        correlation = covariance / np.where(scale > 0, np.outer(scale, scale), 1.0)
        if not (np.all(scale > 0) and np.linalg.eigvalsh(correlation)[0] > 1e-13 * len(scale)):
            raise NoFiniteOptimumError(
                "MultivariateNormal: the observations lie in a plane of fewer dimensions, so the "
                "likelihood grows without bound; drop an entry that follows from the others, or "
                "use more observations"
            )
        return {"loc": loc, "scale_tril": np.linalg.cholesky(covariance)}


def _corner(xp: Any, size: int, values: Array) -> Array:
    """A (size, size, size, size) array that holds `values` where all four indices agree."""
    eye = xp.eye(size, dtype=values.dtype)
    same = eye[:, :, None, None] * eye[:, None, :, None] * eye[:, None, None, :]
    return same * values[..., :, None, None, None]

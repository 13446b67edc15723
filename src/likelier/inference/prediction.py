"""What the uncertainty of the coefficients does to predictions.

A row's prediction depends on the coefficients only through its linear predictors η, (K,), whose
covariance is Cᵢ = Aᵢ C Aᵢᵀ. From it follow the standard error of anything that is predicted (delta
method) and, with η drawn from N(η̂, Cᵢ), the distribution of a new observation that counts both its
own noise and the uncertainty of the estimates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from likelier.distributions import Censored
from likelier.distributions._total_variance import total_variance
from likelier.inference.covariance import Information

Array = Any
Known = Mapping[str, Array]


class Builder(Protocol):
    """A family with its links, or whatever else makes distributions of linear predictors."""

    def build(self, eta: Array, known: Known | None = None) -> Any:
        """The distributions at these predictors, (K, n)."""


_CELLS = 400_000
"""Distributions that are evaluated at a time."""
_STEPS = 60
_FINE = 1e-11
"""Distance of a cdf from its level at which a quantile is found."""


def predictor_covariance(
    matrices: Sequence[Array], information: Information
) -> tuple[Array, Array]:
    """Covariance of each row's linear predictors, (n, K, K), and which are not identified, (n, K).

    Args:
        matrices: of each predictor k, (n, P): what θ is multiplied by, on the scale of
            `information`.
        information: of θ.
    """
    n, size = len(matrices[0]), len(matrices)
    covariance = np.empty((n, size, size))
    lost = np.zeros((n, size), dtype=bool)
    for a, first in enumerate(matrices):
        length = np.linalg.norm(first, axis=1, keepdims=True)
        lost[:, a] = np.any(np.abs(first @ information.null) > 1e-6 * length, axis=1)
        along = first @ information.inverse
        for b in range(a, size):
            covariance[:, a, b] = np.einsum("ij,ij->i", along, matrices[b])
            covariance[:, b, a] = covariance[:, a, b]
    return covariance, lost


def slopes(linked: Builder, eta: Array, known: Known, value: Callable[[Any], Array]) -> Array:
    """Derivatives of something predicted in each linear predictor, (K, n) or (K, n, m)."""
    result = []
    steps = np.cbrt(np.finfo(float).eps) * np.maximum(1.0, np.abs(eta))
    with np.errstate(all="ignore"):
        for k in range(len(eta)):
            ends = []
            for sign in (1, -1):
                moved = eta.copy()
                moved[k] += sign * steps[k]
                ends.append(np.asarray(value(linked.build(moved, known)), dtype=float))
            step = steps[k].reshape((-1,) + (1,) * (ends[0].ndim - 1))
            result.append((ends[0] - ends[1]) / (2 * step))
    return np.array(result)


def delta_of_rows(slope: Array, covariance: Array, lost: Array) -> Array:
    """Standard errors √(sᵀ Cᵢ s), (n,) or (n, m); NaN where they rest on what is not identified."""
    with np.errstate(invalid="ignore"):
        variance = np.einsum("kn...,nkl,ln...->n...", slope, covariance, slope)
        error = np.sqrt(np.maximum(variance, 0.0))
    touched = np.einsum("kn...,nk->n...", (slope != 0).astype(float), lost.astype(float)) > 0
    return np.where(touched, np.nan, error)


def spread_points(draws: int, size: int, seed: int) -> Array:
    """Points of the standard normal distribution, (draws, K), spread evenly, in opposite pairs.

    The lattice i α mod 1, α the powers of 1 / φ with φ^(K+1) = φ + 1, from a seeded start, fills
    the cube more evenly than random points; the quantile function of the normal then bends it.

    Source: Kronecker sequences, Niederreiter (1992), doi:10.1137/1.9781611970081, section 3.1.
    """
    from scipy.special import ndtri

    ratio = 2.0
    for _ in range(60):
        ratio = (1 + ratio) ** (1 / (size + 1))
    start = np.random.default_rng(seed).uniform(size=size)
    steps = ratio ** -np.arange(1.0, size + 1)
    half = (draws + 1) // 2
    points = (start + np.arange(1, half + 1)[:, None] * steps) % 1
    normal = ndtri(np.clip(points, 1e-12, 1 - 1e-12))
    if half > size:
        # The second moments of so few points are not those of the normal; made so, the variance
        # that a linear function has over the points is exact.
        normal = np.linalg.solve(np.linalg.cholesky(normal.T @ normal / half), normal.T).T
    return np.concatenate([normal, -normal])


class PredictiveMixture:
    """The distribution of new observations, averaged over draws of their linear predictors.

    Args:
        linked: the family with its links.
        eta: (K, n) predictors at the estimate.
        known: parameters that are data, (n,) each.
        covariance: (n, K, K) of the predictors.
        points: (S, K) of the standard normal distribution; one zero for no uncertainty.
    """

    def __init__(
        self, linked: Builder, eta: Array, known: Known, covariance: Array, points: Array
    ) -> None:
        values, vectors = np.linalg.eigh(covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
        moved = eta.T[None] + np.einsum("nkl,sl->snk", root, points)
        self.draws, self.n = len(points), eta.shape[1]
        flat = moved.reshape(-1, eta.shape[0]).T
        with np.errstate(all="ignore"):
            made = linked.build(
                np.ascontiguousarray(flat),
                {name: np.tile(value, self.draws) for name, value in known.items()},
            )
            centre = linked.build(eta, known)
        # What will happen is one value, however much of it will be seen.
        censored = isinstance(centre, Censored)
        self._made = made.inner if censored else made
        self._centre = centre.inner if censored else centre

    def _rows(self, values: Array) -> Array:
        return np.asarray(values, dtype=float).reshape(self.draws, self.n)

    def cdf(self, y: Array) -> Array:
        """P(Y ≤ y) of each row, (n,), averaged over the draws."""
        with np.errstate(all="ignore"):
            if self._centre.support.circular:
                # All draws count from one angle, or their mean would be no cdf.
                start = np.broadcast_to(self._centre._range()[0], self.n)
                arc = self._made._log_arc(
                    np.tile(start, self.draws), np.tile(y - start, self.draws)
                )
                return self._rows(np.exp(arc)).mean(axis=0)
            return self._rows(self._made.cdf(np.tile(y, self.draws))).mean(axis=0)

    def variances(self) -> tuple[Array, Array]:
        """Mean variance of an observation, and variance of its mean, over the draws, (n,) each.

        Their sum is the variance of a new observation.
        """
        with np.errstate(all="ignore"):
            mean, variance = self._rows(self._made.mean), self._rows(self._made.variance)
            share = np.full(self.draws, 1 / self.draws)
            return total_variance(np, self._centre.support, share, mean.T, variance.T)[1:]

    def density(self, y: Array) -> Array:
        """Density at y of each row, (n,), averaged over the draws."""
        with np.errstate(all="ignore"):
            return self._rows(np.exp(self._made.log_prob(np.tile(y, self.draws)))).mean(axis=0)

    def quantile(self, q: float) -> Array:
        """The smallest y with P(Y ≤ y) ≥ q of each row, (n,)."""
        with np.errstate(all="ignore"):
            start = np.asarray(self._centre.quantile(q), dtype=float)
        if self._centre.discrete:
            return self._whole(q, start)
        support = self._centre.support
        found = self._continuous(q, start)
        # An atom at an end of the support is that end, not a number next to it.
        if np.isfinite(support.lower):
            end = np.full(self.n, support.lower)
            found = np.where(self.cdf(end) >= q, end, found)
        if np.isfinite(support.upper):
            inside = np.full(self.n, np.nextafter(support.upper, -np.inf))
            found = np.where(self.cdf(inside) < q, support.upper, found)
        return found

    def _whole(self, q: float, start: Array) -> Array:
        """The smallest whole number whose cdf reaches q: doubling steps from a start, bisection."""
        support = self._centre.support
        lower = upper = start
        step = 1.0
        for _ in range(_STEPS):
            low = (self.cdf(lower) >= q) & (lower >= support.lower)
            high = (self.cdf(upper) < q) & (upper < support.upper)
            if not (low.any() or high.any()):
                break
            lower, upper = np.where(low, lower - step, lower), np.where(high, upper + step, upper)
            step *= 2
        while np.any(upper - lower > 1):
            middle = np.floor((lower + upper) / 2)
            enough = self.cdf(middle) >= q
            upper = np.where(enough, middle, upper)
            lower = np.where(enough, lower, middle)
        return upper

    def _continuous(self, q: float, start: Array) -> Array:
        """The root of cdf − q: Newton steps inside a bracket, and halves of it where they fail."""
        lower, upper = (np.broadcast_to(end, self.n) for end in self._centre._range())
        y, before = start, np.full(self.n, np.inf)
        reach = np.maximum(1e-3 * np.abs(start), 1e-3)
        for _ in range(2 * _STEPS):
            value = self.cdf(y) - q
            lower, upper = np.where(value < 0, y, lower), np.where(value < 0, upper, y)
            with np.errstate(all="ignore"):
                ahead = y - value / self.density(y)
                middle = np.where(
                    np.isfinite(lower) & np.isfinite(upper),
                    lower + (upper - lower) / 2,
                    np.where(np.isfinite(lower), y + reach, y - reach),
                )
            reach = 2 * reach
            newton = (ahead > lower) & (ahead < upper) & (np.abs(value) < 0.5 * before)
            moved = np.where(newton, ahead, middle)
            done = np.abs(value) < _FINE
            done |= np.abs(moved - y) <= 1e-14 * np.abs(y)
            done |= ~np.isfinite(value)
            y, before = np.where(done, y, moved), np.abs(value)
            if done.all():
                break
        return y


def predictive_interval(
    linked: Builder,
    eta: Array,
    known: Known,
    covariance: Array,
    points: Array,
    level: float,
) -> tuple[Array, Array, Array, Array]:
    """Lower and upper limit, variance of the noise and of the mean, of each row, (n,) each."""
    n = eta.shape[1]
    result = np.empty((4, n))
    chunk = max(1, _CELLS // len(points))
    for start in range(0, n, chunk):
        rows = slice(start, min(start + chunk, n))
        mixture = PredictiveMixture(
            linked,
            eta[:, rows],
            {name: value[rows] for name, value in known.items()},
            covariance[rows],
            points,
        )
        result[0, rows] = mixture.quantile((1 - level) / 2)
        result[1, rows] = mixture.quantile((1 + level) / 2)
        result[2, rows], result[3, rows] = mixture.variances()
    return result[0], result[1], result[2], result[3]

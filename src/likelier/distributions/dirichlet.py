"""The Dirichlet distribution, for shares of a whole."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._deviance import gamma_deviance
from likelier.distributions._domains import positive, positive_vector, simplex
from likelier.distributions._parameter import parameter
from likelier.special import Array

_LOG_2PI = math.log(2 * math.pi)


class Dirichlet(Distribution):
    r"""Dirichlet distribution with a mean and a precision, over vectors of K shares.

    log p(y) = log Γ(Σ aₖ) − Σ log Γ(aₖ) + Σ (aₖ − 1) log yₖ,  a = mean × precision;
    the variance of a share is meanₖ (1 − meanₖ) / (1 + precision).

    Args:
        mean: shares that sum to 1, on the last axis.
        precision: Σ aₖ, positive.
        concentration: a, positive, K numbers on the last axis; in place of the other two.

    Observations are vectors of K numbers from 0 to 1 that sum to 1, on the last axis.

    Source: Kotz, Balakrishnan and Johnson (2000), Continuous Multivariate Distributions 1, ch. 49.

    Example:
        >>> import likelier as lk
        >>> d = lk.Dirichlet(concentration=[1.0, 1.0, 1.0])
        >>> round(float(d.nll([0.2, 0.5, 0.3])), 6)
        -0.693147
    """

    support = simplex
    source = "Kotz, Balakrishnan and Johnson (2000), ch. 49"

    mean = parameter(
        simplex, "mean shares", derive=lambda d: d.concentration / d.precision[..., None]
    )
    precision = parameter(positive, "Σ aₖ", derive=lambda d: d._xp.sum(d.concentration, axis=-1))
    concentration = parameter(
        positive_vector, "a = mean × precision", derive=lambda d: d.mean * d.precision[..., None]
    )
    parametrisations = (("mean", "precision"), ("concentration",))

    @property
    def _total(self) -> Array:
        """Σ aₖ, which is the precision up to the rounding of the mean's sum."""
        return self._xp.sum(self.concentration, axis=-1)

    def _deviance(self, y: Array) -> Array:
        """aₖ (yₖ / meanₖ − 1 − log(yₖ / meanₖ)), whose sum is precision × KL(mean, y)."""
        mean = self.concentration / self._total[..., None]
        return self.concentration * gamma_deviance(y, mean)

    def _excess(self, y: Array) -> Array:
        """Σ yₖ − 1, which rounding leaves of order 1e-16 and `_deviance` takes for 0."""
        return self._xp.sum(y, axis=-1) - 1

    def _log_prob(self, y: Array) -> Array:
        xp, a, total = self._xp, self.concentration, self._total
        zero = y == 0
        inner = xp.where(zero, 1.0, y)
        share = a / total[..., None]
        # At 0 the deviance and log y are infinite, and only (a − 1) log y of them remains.
        at_zero = special.xlogy(a - 1, y) + a * (1 - xp.log(share))
        data = xp.where(zero, at_zero, -self._deviance(inner) - xp.log(inner))
        each = 0.5 * (xp.log(a) - _LOG_2PI) - special.stirling_error(a) + data
        whole = 0.5 * (_LOG_2PI - xp.log(total)) + special.stirling_error(total)
        return xp.sum(each, axis=-1) + whole + total * self._excess(y)

    def _slope(self, y: Array) -> Array:
        """ψ(Σ a) − ψ(aₖ) + log yₖ."""
        xp, a = self._xp, self.concentration
        return xp.log(y) + special.digamma_difference(a, _sum_of_others(xp, a))

    def _score(self, y: Array) -> dict[str, Array]:
        if "concentration" in self.given:
            return {"concentration": self._slope(y)}
        xp, mean, a, total = self._xp, self.mean, self.concentration, self._total
        each = mean * special.digamma_minus_log(a) + self._deviance(y) / self.precision[..., None]
        scale = total / self.precision
        whole = scale * (special.digamma_minus_log(total) + self._excess(y))
        return {
            "mean": self.precision[..., None] * self._slope(y),
            "precision": whole - xp.sum(each, axis=-1),
        }

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        second = {pair: -value for pair, value in self._information().items()}
        rows = 0 * y[..., 0]
        if "concentration" in self.given:
            return {pair: value + rows[..., None, None] for pair, value in second.items()}
        return {
            ("mean", "mean"): second["mean", "mean"] + rows[..., None, None],
            ("mean", "precision"): second["mean", "precision"] + self._slope(y),
            ("precision", "precision"): second["precision", "precision"] + rows,
        }

    def _information(self) -> dict[tuple[str, str], Array]:
        xp, a, total = self._xp, self.concentration, self._total
        size = a.shape[-1]
        own = special.trigamma(a)[..., None] * xp.eye(size, dtype=a.dtype)
        matrix = own - special.trigamma(total)[..., None, None]
        if "concentration" in self.given:
            return {("concentration", "concentration"): matrix}
        mean, precision = self.mean, self.precision
        own_rest = a * special.trigamma_minus_reciprocal(a)
        rest = total * special.trigamma_minus_reciprocal(total)
        return {
            ("mean", "mean"): precision[..., None, None] ** 2 * matrix,
            ("mean", "precision"): own_rest - rest[..., None],
            ("precision", "precision"): (
                xp.sum(mean * own_rest, axis=-1) - rest * total / precision
            )
            / precision,
        }

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        # Gamma(a) = Gamma(a + 1) U^(1/a) in logarithms, since small concentrations underflow.
        a = self.concentration
        shape = (*shape, a.shape[-1])
        logs = np.log(rng.gamma(a + 1, size=shape)) - rng.standard_exponential(shape) / a
        return special.softmax(logs, axis=-1)

    @property
    def variance(self) -> Array:
        others = _sum_of_others(self._xp, self.concentration) / self._total[..., None]
        return self.mean * others / (1 + self.precision[..., None])

    @property
    def mode(self) -> Array:
        xp, a = self._xp, self.concentration
        above = xp.where(a > 1, a - 1, 0.0)
        total = xp.sum(above, axis=-1, keepdims=True)
        # With no concentration above 1 the density is highest at a corner.
        corner = xp.argmax(a, axis=-1)[..., None] == xp.arange(a.shape[-1])
        inner = above / xp.where(total > 0, total, 1.0)
        return xp.where(total > 0, inner, xp.asarray(corner, dtype=a.dtype))

    def entropy(self) -> Array:
        xp, a, total = self._xp, self.concentration, self._total
        size = a.shape[-1]
        each = (
            0.5 * (_LOG_2PI + xp.log(a / total[..., None]))
            + special.stirling_error(a)
            - (a - 1) * special.digamma_minus_log(a)
        )
        whole = special.stirling_error(total) - (total - size) * special.digamma_minus_log(total)
        constant = 0.5 * (_LOG_2PI + (size - 1) * xp.log(total))
        return xp.sum(each, axis=-1) - whole - constant

    @classmethod
    def _event_sizes(cls, y: Array, levels: int | None) -> dict[str, int]:
        return {"mean": int(y.shape[-1])}

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        mean = np.average(y, axis=0, weights=weights)
        variance = np.average((y - mean) ** 2, axis=0, weights=weights)
        spread = mean * (1 - mean)
        total = np.clip(np.sum(variance), 1e-12 * np.sum(spread), 0.99 * np.sum(spread))
        return {"mean": mean, "precision": np.sum(spread) / total - 1}


def _sum_of_others(xp: Any, a: Array) -> Array:
    """Σ_{j ≠ k} aⱼ without subtraction."""
    zero = xp.zeros_like(a[..., :1])
    before = xp.concat([zero, xp.cumsum(a, axis=-1)[..., :-1]], axis=-1)
    after = xp.flip(xp.cumsum(xp.flip(a, axis=-1), axis=-1), axis=-1)
    return before + xp.concat([after[..., 1:], zero], axis=-1)

"""The formulas that a family writes, and what stands in for those that it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from likelier.distributions import _differentiated, _fallbacks
from likelier.distributions._declared import Declared
from likelier.errors import UndefinedError
from likelier.special import Array


class Formulas(Declared):
    """A family's formulas, at observations inside the support; a family overrides what it has."""

    def _log_prob(self, y: Array) -> Array:
        """log density or mass at observations inside the support."""
        raise UndefinedError(f"{type(self).__name__} has no log_prob: define _log_prob(self, y)")

    def _score(self, y: Array) -> dict[str, Array]:
        """Derivatives of `_log_prob` in the given parameters; shape of the batch, then event.

        A family that writes none is differentiated by JAX, or by PyTorch where its parameters are
        tensors.
        """
        return _differentiated.score(self, y)

    @classmethod
    def _writes_score(cls) -> bool:
        """Whether `_score` is a formula of the family's own."""
        return cls._score is not Formulas._score

    def _log_prob_and_score(self, y: Array) -> tuple[Array, dict[str, Array]]:
        """Both at once; a family writes it where they share much of their work."""
        return self._log_prob(y), self._score(y)

    def _all_orders(self, y: Array) -> tuple[Array, dict[str, Array], Any]:
        """`_log_prob`, `_score` and `_hessian` together, where they share work."""
        return *self._log_prob_and_score(y), self._hessian(y)

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array] | None:
        """Second derivatives of `_log_prob` by pairs of given parameters in their order.

        Pairs left out are zero; None (the default) asks for differences of the score.
        Vector parameters add their event axes, the first parameter's first.
        """
        return None

    def _information(self) -> dict[tuple[str, str], Array] | None:
        """Expected information by pairs, as `_hessian`; None asks for quadrature or a sum."""
        return None

    def _blurred(self, spread: Array) -> Array:
        """E f(m + Z) / f(m), f the density around its kink at m, the main parameter.

        Z ~ N(0, spread²); 1, no blur, where a family with a kink does not say.
        """
        return 1.0 + 0.0 * spread

    def _cdf(self, y: Array) -> Array:
        self._need("_log_cdf", "cdf")
        return self._xp.exp(self._log_cdf(y))

    def _sf(self, y: Array) -> Array:
        self._need("_log_sf", "sf")
        return self._xp.exp(self._log_sf(y))

    def _need(self, method: str, name: str) -> None:
        """Say that a family has neither of two formulas that stand in for each other."""
        if getattr(type(self), method) is getattr(Formulas, method):
            raise UndefinedError(f"{type(self).__name__} has no {name}")

    def _log_cdf(self, y: Array) -> Array:
        return _log_share(self._xp, self._cdf(y), self._sf(y))

    def _log_sf(self, y: Array) -> Array:
        return _log_share(self._xp, self._sf(y), self._cdf(y))

    def _cdf_score(self, y: Array) -> dict[str, Array] | None:
        """Derivatives of the cdf in the given parameters, each divided by `exp(_log_prob(y))`.

        The ratio stays of ordinary size in both tails: −1 and −z for a location and a scale.
        Censored and truncated likelihoods are made of it. None asks for quadrature, a sum, or
        differentiation of `_log_cdf` and `_log_sf` on JAX and PyTorch.
        """
        return None

    def _log_density_over_tails(self, y: Array, at: Array) -> tuple[Array, Array] | None:
        """log of the density at `y` over cdf and over sf at `at`, where a formula keeps more digits
        than the difference of both.

        Truncated densities far out in a tail are such quotients, and scores of censored and
        truncated observations there are differences of them.
        """
        return None

    def _whereabouts(self) -> tuple[Array, Array]:
        """Roughly where the distribution lies and how wide it is, for searches to start from."""
        return self.mean, self.stddev

    def _range(self) -> tuple[Array, Array]:
        """The numbers between which quantiles lie: on a circle, from where the cdf counts."""
        return self.support.lower, self.support.upper

    def _log_arc(self, start: Array, length: Array) -> Array:
        """log of the probability of an arc of a circle from an angle on, of 0 to 2π."""
        raise UndefinedError(f"{type(self).__name__} is no distribution of angles")

    def _expected_distance(self, y: Array) -> Array:
        """E distance(Y, y) along a circle."""
        raise UndefinedError(f"{type(self).__name__} is no distribution of angles")

    def _strata(self) -> list[tuple[Array, Any]]:
        """Weights and distributions that this one mixes; expectations are taken over each."""
        return [(np.ones(()), self)]

    def _quantile(self, q: Array) -> Array:
        return _fallbacks.quantile(self, q)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """Draws of this shape (sample axes, batch), then the event; by inversion if not written."""
        return self._quantile(rng.random(shape))

    def _crps(self, y: Array) -> Array:
        return _fallbacks.crps(self, y)

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        """Rough values of the predicted parameters for these observations, inside their domains.

        A family that has parameters with the role "data" takes them, by name, as a third argument.
        """
        raise UndefinedError(
            f"{cls.__name__} has no starting values: define _start(cls, y, weights), a class "
            "method that returns rough values of the parameters by name"
        )

    @classmethod
    def _mle(cls, y: Array, weights: Array | None, *known: Any) -> dict[str, Array] | None:
        """The maximum-likelihood values where a closed form exists, else None; as `_start`."""
        return None

    @classmethod
    def _start_beside(cls, y: Array, weights: Array | None, main: Array) -> dict[str, Array]:
        """Rough values of the other parameters where `main` is known of each row: of `simpler`."""
        raise NotImplementedError

    @classmethod
    def _event_sizes(cls, y: Array, levels: int | None) -> dict[str, int]:
        """Length of each vector parameter that observations `y` with so many levels call for."""
        return {}

    @classmethod
    def observations(cls, y: Any) -> Any:
        """A sample as the array, or the pair of arrays, that the family's formulas work on."""
        return np.asarray(y, dtype=np.float64)

    @classmethod
    def takes(cls, y: Array, known: Mapping[str, Array] | None = None) -> Array:
        """Which rows of a sample hold values that this family can take, shape (n,).

        Args:
            y: observations, shape (n,) or (n, event).
            known: parameters with the role "data", shape (n,), where the support depends on them.
        """
        good = cls.support.contains(np, y)
        return np.all(good, axis=tuple(range(1, np.ndim(good)))) if np.ndim(good) > 1 else good

    # ------------------------------------------------------------------ moments

    @property
    def mean(self) -> Array:
        """Expected value."""
        raise UndefinedError(f"{type(self).__name__} has no mean")

    @property
    def variance(self) -> Array:
        """Variance."""
        raise UndefinedError(f"{type(self).__name__} has no variance")

    @property
    def stddev(self) -> Array:
        """Standard deviation."""
        return self._xp.sqrt(self.variance)

    @property
    def mode(self) -> Array:
        """The most probable value (the smallest, where there are several)."""
        raise UndefinedError(f"{type(self).__name__} has no mode")


def _log_share(xp: Any, p: Array, rest: Array) -> Array:
    """log p of a probability, through its complement where that has the digits."""
    low = p < 0.5
    with np.errstate(divide="ignore"):
        return xp.where(low, xp.log(xp.where(low, p, 1.0)), xp.log1p(-xp.where(low, 0.0, rest)))

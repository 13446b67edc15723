"""Modifiers whose distributions have the base family's values, whole or moments alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.distributions._modifier import Modifier
from likelier.special import Array


class InnerMoments(Modifier):
    """A modifier whose distributions have the moments of `inner`."""

    @property
    def mean(self) -> Array:
        return self.inner.mean

    @property
    def variance(self) -> Array:
        return self.inner.variance

    @property
    def stddev(self) -> Array:
        return self.inner.stddev

    @property
    def mode(self) -> Array:
        return self._named(self.inner.mode)


class Delegating(InnerMoments):
    """A modifier whose distributions have the values of `inner` wherever nothing else is said."""

    def _log_prob(self, y: Array) -> Array:
        return self.inner._log_prob(y)

    def _score(self, y: Array) -> dict[str, Array]:
        return self._own(self.inner._score(y))

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array] | None:
        return self._own_pairs(self.inner._hessian(y))

    def _information(self) -> dict[tuple[str, str], Array] | None:
        return self._own_pairs(self.inner.information())

    def _blurred(self, spread: Array) -> Array:
        return self.inner._blurred(spread)

    def _own(self, found: dict[str, Array]) -> dict[str, Array]:
        return {name: value for name, value in found.items() if name in self.given}

    def _own_pairs(self, found: Any) -> dict[tuple[str, str], Array] | None:
        if found is None:
            return None
        return {pair: value for pair, value in found.items() if set(pair) <= set(self.given)}

    def _cdf(self, y: Array) -> Array:
        return self.inner._cdf(y)

    def _sf(self, y: Array) -> Array:
        return self.inner._sf(y)

    def _log_cdf(self, y: Array) -> Array:
        return self.inner._log_cdf(y)

    def _log_sf(self, y: Array) -> Array:
        return self.inner._log_sf(y)

    def _cdf_score(self, y: Array) -> dict[str, Array] | None:
        found = self.inner._cdf_score(y)
        return None if found is None else self._own(found)

    def _quantile(self, q: Array) -> Array:
        return self.inner._quantile(q)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return self.inner._sample(rng, shape)

    def _range(self) -> tuple[Array, Array]:
        return self.inner._range()

    def _log_arc(self, start: Array, length: Array) -> Array:
        return self.inner._log_arc(start, length)

    def _expected_distance(self, y: Array) -> Array:
        return self.inner._expected_distance(y)

    def _crps(self, y: Array) -> Array:
        return self.inner._crps(y)

    def entropy(self) -> Array:
        return self.inner.entropy()

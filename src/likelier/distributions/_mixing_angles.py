"""Formulas of a mixture that differ on a circle: the cdf's start, quantiles, draws, CRPS.

Components count their cdf each from its own opposite side, so that sums of them are no cdf; the
mixture adds up their probabilities of one arc, which starts opposite to its own mean direction.
Mardia and Jupp (2000), doi:10.1002/9780470316979, section 3.3.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from likelier.distributions._quadrature import integrate_unit
from likelier.errors import UndefinedError
from likelier.special import Array


class OnCircle:
    """What `Mixture` does in another way where its components are distributions of angles."""

    _xp: Any
    _log_sum: Any
    _shares: Array
    _strata: Any
    inner: Any
    mean: Array

    def _range(self) -> tuple[Array, Array]:
        return self.mean - math.pi, self.mean + math.pi

    def _turn(self, y: Array) -> Array:
        """y − mean direction, from −π to π."""
        turn = y - self.mean
        return turn - 2 * math.pi * self._xp.round(turn / (2 * math.pi))

    def _log_arc(self, start: Array, length: Array) -> Array:
        return self._log_sum(self.inner._log_arc(start[..., None], length[..., None]))

    def _log_cdf(self, y: Array) -> Array:
        return self._log_arc(self._range()[0], self._turn(y) + math.pi)

    def _log_sf(self, y: Array) -> Array:
        return self._log_arc(y, math.pi - self._turn(y))

    def _cdf_score(self, y: Array) -> dict[str, Array] | None:
        raise UndefinedError(
            "the cdf of a mixture of angles has no derivatives: where it starts moves with them"
        )

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return self.mean + self._turn(super()._sample(rng, shape))  # type: ignore[misc]

    def _expected_distance(self, y: Array) -> Array:
        return np.sum(self._shares * self.inner._expected_distance(y[..., None]), axis=-1)

    def _crps(self, y: Array) -> Array:
        spread = 0.0
        for weight, part in self._strata():
            ones = (1,) * len(part.batch_shape)

            def apart(u: Array, _: Array, part: Any = part, ones: Any = ones) -> list[Array]:
                return [self._expected_distance(part._quantile(u.reshape(u.shape + ones)))]

            spread = spread + weight * integrate_unit(apart)[0]
        return self._expected_distance(y) - 0.5 * spread

    @property
    def mode(self) -> Array:
        found = super().mode  # type: ignore[misc]
        return found - 2 * math.pi * self._xp.round(found / (2 * math.pi))

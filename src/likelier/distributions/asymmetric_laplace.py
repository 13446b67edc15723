"""The asymmetric Laplace distribution, whose NLL is the loss of quantile regression."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from likelier.distributions._base import Distribution
from likelier.distributions._domains import positive, real, unit
from likelier.distributions._kink import _Kinked
from likelier.distributions._parameter import Parameter, parameter
from likelier.distributions._weighted import weighted_quantile
from likelier.errors import NoFiniteOptimumError
from likelier.special import Array
from likelier.special._namespace import select


class _Level(Parameter):
    """A parameter that has the name of a method, which the name keeps on instances."""

    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else Distribution.quantile.__get__(instance, owner)

    def __set__(self, instance: Any, value: Any) -> NoReturn:
        # With this method Python asks the class before the instance's own values.
        raise AttributeError("distributions do not change")


class AsymmetricLaplace(_Kinked):
    r"""Asymmetric Laplace distribution, whose `quantile` quantile is `loc`.

    log p(y) = log(q (1 − q) / scale) − ρ(z),  ρ(z) = z (q − 1{z < 0}),  z = (y − loc) / scale,
    q = quantile

    Args:
        loc: the quantile of level `quantile`, any real number, in the unit of y.
        scale: mean quantile loss, positive, in the unit of y.
        quantile: level, between 0 and 1, known; 0.5 is a Laplace of twice the scale. On an
            instance `quantile(level)` is the method, and `parameters["quantile"]` this level.

    The density has a kink at `loc`, where the score in `loc` is taken as 0; models use the
    expected information.

    Source: Koenker and Machado (1999), doi:10.1080/01621459.1999.10473882;
    Yu and Moyeed (2001), doi:10.1016/S0167-7152(01)00124-9.

    Example:
        >>> import likelier as lk
        >>> d = lk.AsymmetricLaplace(loc=1.0, scale=1.0, quantile=0.9)
        >>> round(float(d.nll(3.0)), 6)
        4.207946
        >>> float(d.quantile(0.9))
        1.0
    """

    support = real
    source = "Koenker and Machado (1999), doi:10.1080/01621459.1999.10473882"
    location_link = "identity"
    classical_loss = "quantile (pinball) loss (scale = 1, up to a constant)"

    loc = parameter(real, "the quantile of level `quantile`, in the unit of y")
    scale = parameter(positive, "mean quantile loss, in the unit of y")
    quantile = _Level(unit, "level of the quantile that loc is", role="fixed", default=0.5)
    parametrisations = (("loc", "scale", "quantile"),)

    @property
    def _level(self) -> Array:
        return self.parameters_declared["quantile"].value(self)

    def _parts(self, y: Array) -> tuple[Array, Array, Array]:
        """z, the loss ρ(z), and its slope."""
        z = (y - self.loc) / self.scale
        size, slope, _ = self._absolute(z)
        tilt = self._level - 0.5
        if self._width:
            return z, 0.5 * size + tilt * z, 0.5 * slope + tilt
        # Each side by itself, where the sum of the two terms would cancel.
        side = select(self._xp, z < 0, self._level - 1, self._level)
        side = select(self._xp, z == 0, 0.0, side)
        return z, z * side, side

    def _log_prob(self, y: Array) -> Array:
        _, loss, _ = self._parts(y)
        return self._xp.log(self._level / self.scale) + self._xp.log1p(-self._level) - loss

    def _score(self, y: Array) -> dict[str, Array]:
        level = self._level
        z, _, slope = self._parts(y)
        return {
            "loc": slope / self.scale,
            "scale": (z * slope - 1) / self.scale,
            "quantile": (1 - 2 * level) / (level * (1 - level)) - z,
        }

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        level = self._level
        z, _, slope = self._parts(y)
        bend = 0.5 * self._absolute(z)[2]
        precision = 1 / self.scale / self.scale + 0 * z
        return {
            ("loc", "loc"): -bend * precision,
            ("loc", "scale"): -(slope + z * bend) * precision,
            ("loc", "quantile"): 1 / self.scale + 0 * z,
            ("scale", "scale"): (1 - z * (2 * slope + z * bend)) * precision,
            ("scale", "quantile"): z / self.scale,
            ("quantile", "quantile"): -1 / level**2 - 1 / (1 - level) ** 2 + 0 * z,
        }

    def _information(self) -> dict[tuple[str, str], Array]:
        level = self._level
        base = 0 * self.loc + 0 * self.scale + 0 * level
        both = level * (1 - level)
        precision = 1 / self.scale / self.scale
        return {
            ("loc", "loc"): both * precision + base,
            ("loc", "quantile"): -1 / self.scale + base,
            ("scale", "scale"): precision + base,
            ("scale", "quantile"): (2 * level - 1) / both / self.scale + base,
            ("quantile", "quantile"): (1 - 2 * both) / both / both + base,
        }

    def _rates(self) -> tuple[Array, Array]:
        return (1 - self._level) / self.scale, self._level / self.scale

    def _shares(self, y: Array) -> tuple[Array, Array, Array]:
        """Whether y lies below loc, the probability beyond y on its side, and the rest."""
        xp, level = self._xp, self._level
        z, loss, _ = self._parts(y)
        side = xp.where(z < 0, level, 1 - level)
        other = xp.where(z < 0, 1 - level, level)
        beyond = xp.exp(-loss)
        # 1 − side exp(−loss), where both terms may be next to 1.
        return z < 0, side * beyond, other * beyond - xp.expm1(-loss)

    def _cdf(self, y: Array) -> Array:
        below, beyond, rest = self._shares(y)
        return self._xp.where(below, beyond, rest)

    def _sf(self, y: Array) -> Array:
        below, beyond, rest = self._shares(y)
        return self._xp.where(below, rest, beyond)

    def _log_shares(self, y: Array) -> tuple[Array, Array, Array]:
        """Logarithms of the two probabilities of `_shares`."""
        xp, level = self._xp, self._level
        z, loss, _ = self._parts(y)
        below, beyond, rest = self._shares(y)
        side = xp.where(below, xp.log(level) + 0 * z, xp.log1p(-level) + 0 * z)
        small = beyond < 0.5
        log_rest = xp.log1p(-xp.where(small, beyond, 0.0))
        return below, side - loss, xp.where(small, log_rest, xp.log(rest))

    def _log_cdf(self, y: Array) -> Array:
        below, beyond, rest = self._log_shares(y)
        return self._xp.where(below, beyond, rest)

    def _log_sf(self, y: Array) -> Array:
        below, beyond, rest = self._log_shares(y)
        return self._xp.where(below, rest, beyond)

    def _cdf_score(self, y: Array) -> dict[str, Array]:
        level = self._level
        z, _, _ = self._parts(y)
        change = self._xp.where(z < 0, 1 - level * z, 1 + (1 - level) * z) / (level * (1 - level))
        return {"loc": -1 + 0 * z, "scale": -z, "quantile": self.scale * change}

    def _quantile(self, q: Array) -> Array:
        level = self._level
        step = q - level
        near = np.log1p(np.maximum(np.minimum(step, 0) / level, -0.5))
        below = np.where(q > 0.5 * level, near, np.log(q / level)) / (1 - level)
        above = -np.log1p(-np.maximum(step, 0) / (1 - level)) / level
        return self.loc + self.scale * np.where(q < level, below, above)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        level = self._level
        above, below = rng.exponential(size=shape), rng.exponential(size=shape)
        return self.loc + self.scale * (above / level - below / (1 - level))

    def _crps(self, y: Array) -> Array:
        level = self._level
        z, loss, _ = self._parts(y)
        odds = np.where(z < 0, level / (1 - level), (1 - level) / level)
        ends = 0.5 * (level**2 / (1 - level) + (1 - level) ** 2 / level)
        return self.scale * (np.abs(z) + 2 * odds * np.expm1(-loss) + ends)

    @property
    def mean(self) -> Array:
        level = self._level
        return self.loc + self.scale * ((1 - 2 * level) / (level * (1 - level)))

    @property
    def variance(self) -> Array:
        level = self._level
        both = level * (1 - level)
        return (1 - 2 * both) / both / both * self.scale * self.scale + 0 * self.loc

    @property
    def mode(self) -> Array:
        return self.loc + 0 * self.scale + 0 * self._level

    def entropy(self) -> Array:
        xp, level = self._xp, self._level
        return 1 + xp.log(self.scale / level) - xp.log1p(-level) + 0 * self.loc

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        loc = weighted_quantile(y, 0.5, weights)
        scale = 0.5 * np.average(np.abs(y - loc), weights=weights)
        return {"loc": loc, "scale": scale if scale > 0 else 1e-8 * max(1.0, abs(loc))}

    @classmethod
    def _mle(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        loc = weighted_quantile(y, 0.5, weights)
        scale = 0.5 * np.average(np.abs(y - loc), weights=weights)
        if not scale > 0:
            raise NoFiniteOptimumError(
                "AsymmetricLaplace: all observations are equal, so the likelihood grows without "
                "bound as scale goes to 0; use observations that differ, or fix the scale"
            )
        return {"loc": loc, "scale": scale}

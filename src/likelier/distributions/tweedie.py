"""The Tweedie distribution with a power between 1 and 2: claims, rain, catches with exact zeros."""

from __future__ import annotations

import numpy as np

from likelier import special
from likelier.distributions import _compound_moments
from likelier.distributions._base import Distribution
from likelier.distributions._compound import Normaliser, log_mixture, normaliser
from likelier.distributions._domains import between_one_and_two, nonnegative, positive
from likelier.distributions._parameter import parameter
from likelier.distributions._quadrature import integrate_ray, integrate_unit
from likelier.distributions._tweedie_deviance import power_deviance, power_deviance_in_power
from likelier.errors import NoFiniteOptimumError
from likelier.special import Array


class Tweedie(Distribution):
    r"""Tweedie distribution with 1 < power < 2: a Poisson number of Gamma amounts, summed.

    log p(0) = −mean^(2 − power) / (dispersion (2 − power));
    log p(y) = b − log y − d(y, mean) / (2 dispersion) for y > 0, with the Tweedie deviance d and
    the normalising series b of Dunn and Smyth; the variance is dispersion mean^power

    Args:
        mean: mean, positive, in the unit of y.
        dispersion: variance over mean^power, positive, in the unit of y to the 2 − power.
        power: how the variance grows with the mean, between 1 (Poisson) and 2 (Gamma), known.

    It has probability at 0 and a density beyond: `log_prob` is of the one there and of the other
    elsewhere, and so are entropy and expectations.

    Source: Jørgensen (1987), doi:10.1111/j.2517-6161.1987.tb01685.x;
    Dunn and Smyth (2005), doi:10.1007/s11222-005-4070-y.

    Example:
        >>> import likelier as lk
        >>> d = lk.Tweedie(mean=2.0, dispersion=1.0, power=1.5)
        >>> round(float(d.nll(0.0)), 6)
        2.828427
        >>> round(float(d.nll(3.0)), 6)
        1.944418
    """

    mixed = True
    support = nonnegative
    source = "Dunn and Smyth (2005), doi:10.1007/s11222-005-4070-y"
    location_link = "identity"
    classical_loss = "half the Tweedie deviance (dispersion = 1, up to terms in y)"

    mean = parameter(positive, "mean, in the unit of y")
    dispersion = parameter(positive, "variance over mean^power")
    power = parameter(
        between_one_and_two, "growth of the variance with the mean", role="fixed", default=1.5
    )
    parametrisations = (("mean", "dispersion", "power"),)

    # ------------------------------------------------------------------ the compound

    def _number(self, mean: Array) -> Array:
        """Expected number of amounts at a mean."""
        rest = 2 - self.power
        return mean**rest / (self.dispersion * rest)

    def _shape(self) -> Array:
        """Shape of the Gamma distribution of one amount."""
        return (2 - self.power) / (self.power - 1)

    def _scale(self) -> Array:
        """Scale of the Gamma distribution of one amount."""
        return self.dispersion * (self.power - 1) * self.mean ** (self.power - 1)

    def _parts(self, y: Array, in_shape: bool = False) -> tuple[Array, Array, Normaliser]:
        """Whether y > 0, half the deviance, and the normaliser where y > 0."""
        known = self.__dict__.get("_latest")
        # A model asks the same rows for value, score and curvature in turn.
        if known is not None and known[0] is y and not in_shape:
            return known[1]
        xp = self._xp
        some = y > 0
        safe = xp.where(some, y, self.mean)
        half = xp.where(
            some,
            power_deviance(safe, self.mean, self.power),
            self.mean ** (2 - self.power) / (2 - self.power),
        )
        found = some, half, normaliser(xp, self._number(safe), self._shape(), in_shape)
        if xp is np and not in_shape:
            self.__dict__["_latest"] = y, found
        return found

    def _log_prob(self, y: Array) -> Array:
        xp = self._xp
        some, half, series = self._parts(y)
        constant = series.value - xp.log(xp.where(some, y, 1.0))
        return xp.where(some, constant, 0.0) - half / self.dispersion

    def _score(self, y: Array) -> dict[str, Array]:
        xp, dispersion = self._xp, self.dispersion
        # Models hold the power; its derivative is not found where nobody can ask for it.
        in_power = xp is not np
        some, half, series = self._parts(y, in_power)
        slope = xp.where(some, series.slope, 0.0)
        score = {
            "mean": (y - self.mean) / dispersion / self.mean**self.power,
            "dispersion": (half / dispersion - slope) / dispersion,
        }
        if in_power:
            score["power"] = self._power_score(y, some, half, series)
        return score

    def score(self, y: Array) -> dict[str, Array]:
        found = super().score(y)
        d, y = self._with(y)
        if "power" not in found:
            with np.errstate(all="ignore"):
                found["power"] = d._power_score(y, *d._parts(y, in_shape=True))
        return found

    def _power_score(self, y: Array, some: Array, half: Array, series: Normaliser) -> Array:
        xp, power = self._xp, self.power
        assert series.in_shape is not None
        rest = 2 - power
        safe = xp.where(some, y, self.mean)
        in_power = power_deviance_in_power(safe, self.mean, power, half) / self.dispersion
        number = series.slope * (1 / rest - xp.log(safe))
        shape = -series.in_shape / (power - 1) ** 2
        at_zero = (half / self.dispersion) * (xp.log(self.mean) - 1 / rest)
        return xp.where(some, shape + number - in_power, at_zero)

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        xp, mean, dispersion = self._xp, self.mean, self.dispersion
        some, half, series = self._parts(y)
        bend = xp.where(some, series.slope + series.curve, 0.0)
        unit = 1 / dispersion / mean**self.power
        excess = (y - mean) * unit
        return {
            ("mean", "mean"): -unit - self.power * excess / mean,
            ("mean", "dispersion"): -excess / dispersion,
            ("dispersion", "dispersion"): (bend - 2 * half / dispersion) / dispersion / dispersion,
        }

    def _information(self) -> dict[tuple[str, str], Array]:
        d = self._on_numpy("the information of a Tweedie")
        in_log = _compound_moments.information(d._number(d.mean), d.power)
        return {
            ("mean", "mean"): 1 / d.dispersion / d.mean**d.power,
            ("dispersion", "dispersion"): in_log / d.dispersion**2,
        }

    # ------------------------------------------------------------------ probabilities

    def _log_tail(self, y: Array, upper: bool) -> Array:
        """log P(Y > y), or log P(Y <= y)."""
        xp = self._xp
        number, at = self._number(self.mean), self._number(y)
        sum_ = log_mixture(xp, number, self._shape(), y / self._scale(), at, upper)
        return sum_ if upper else special.logaddexp(sum_, -number)

    def _log_cdf(self, y: Array) -> Array:
        return self._pair(y)[0]

    def _log_sf(self, y: Array) -> Array:
        return self._pair(y)[1]

    def _pair(self, y: Array) -> tuple[Array, Array]:
        """log cdf and log sf, each from the other where it is next to 0."""
        known = self.__dict__.get("_latest_pair")
        if known is not None and known[0] is y:
            return known[1]
        xp = self._xp
        below, above = self._log_tail(y, upper=False), self._log_tail(y, upper=True)
        low = below < above
        smaller = xp.minimum(xp.where(low, below, above), -1e-300)
        other = special.log1mexp(-smaller)
        found = xp.where(low, smaller, other), xp.where(low, other, smaller)
        if xp is np:
            self.__dict__["_latest_pair"] = y, found
        return found

    def _quantile(self, q: Array) -> Array:
        shape = np.broadcast_shapes(np.shape(q), self.batch_shape)
        q = np.broadcast_to(q, shape)
        mean = np.broadcast_to(self.mean, shape)
        none = np.exp(-self._number(mean))
        # A cdf at 0 may round above the probability of none that it is.
        inside = (q > np.maximum(none, self._cdf(np.zeros(shape)))) & (q < 1)
        level = np.where(inside, q, 0.5 + 0.5 * none)
        upper = level > 0.5
        with np.errstate(divide="ignore"):
            target = np.where(upper, np.log1p(-level), np.log(level))
        with np.errstate(all="ignore"):
            y = np.exp(self._log_quantile(np.log(mean), upper, target))
            # The smallest number that reaches the level, as far as the cdf's rounding shows it.
            for last_bits in (1, 2, 4, 8):
                below, above = self._pair(y)
                short = np.where(upper, target < above, below < target)
                y = np.where(short, y * (1 + last_bits * np.finfo(float).eps), y)
        return np.where(inside, y, np.where(q >= 1, np.inf, 0.0))

    def _log_quantile(self, at: Array, upper: Array, target: Array) -> Array:
        """log y where the logarithm of the smaller tail is `target`: Newton kept in a bracket."""
        low, high = np.full(at.shape, -740.0), np.full(at.shape, 709.0)
        for _ in range(80):
            y = np.exp(at)
            below, above = self._pair(y)
            miss = np.where(upper, target - above, below - target)
            low, high = np.where(miss < 0, at, low), np.where(miss < 0, high, at)
            slope = np.exp(self._log_prob(y) + at - np.where(upper, above, below))
            step = at - miss / slope
            step = np.where((step > low) & (step < high), step, 0.5 * (low + high))
            done = np.abs(step - at) <= 4e-16 * np.maximum(1, np.abs(at))
            at = step
            if np.all(done):
                break
        return at

    def _crps(self, y: Array) -> Array:
        shape = np.broadcast_shapes(np.shape(y), self.batch_shape)
        y = np.broadcast_to(y, shape)
        scale = np.broadcast_to(self.stddev, shape)

        def nodes(u: Array) -> Array:
            return np.reshape(u, (-1,) + (1,) * len(shape))

        # ∫ F² from 0 to y and ∫ S² beyond.
        (below,) = integrate_unit(lambda u, _: [y * np.exp(2 * self._log_cdf(nodes(u) * y))])
        (above,) = integrate_ray(
            lambda u, _: [scale * np.exp(2 * self._log_sf(y + nodes(u) * scale))]
        )
        return below + above

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        number = rng.poisson(self._number(self.mean), size=shape)
        return rng.gamma(number * self._shape()) * self._scale()

    @property
    def variance(self) -> Array:
        return self.dispersion * self.mean**self.power

    @property
    def mode(self) -> Array:
        """0, the only value that has a probability."""
        return 0 * self._number(self.mean)

    def entropy(self) -> Array:
        d = self._on_numpy("the entropy of a Tweedie")
        number = d._number(d.mean)
        return _compound_moments.entropy(number, d.power) - np.expm1(-number) * np.log(d.mean)

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        mean = np.average(y, weights=weights)
        if not mean > 0:
            raise NoFiniteOptimumError(
                "Tweedie: all observations are 0, so the likelihood grows as mean goes to 0; "
                "leave the rows out, or use a model for the zeros alone"
            )
        power = cls.parameters_declared["power"].default
        variance = np.average((y - mean) ** 2, weights=weights)
        return {"mean": mean, "dispersion": np.maximum(variance, 1e-12 * mean**2) / mean**power}

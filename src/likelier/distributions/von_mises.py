"""The von Mises distribution of angles: the Normal of the circle."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._domains import angle, nonnegative
from likelier.distributions._parameter import parameter
from likelier.distributions._repeated import once
from likelier.errors import NoFiniteOptimumError
from likelier.special import Array

_LOG_2PI = math.log(2 * math.pi)
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(60)


class VonMises(Distribution):
    r"""Von Mises distribution of an angle around the direction `loc`.

    log p(y) = concentration cos(y − loc) − log(2π I₀(concentration))

    Args:
        loc: mean direction in radians, any real number; angles that differ by 2π are the same.
        concentration: 0 (uniform on the circle) or positive; about 1 / variance when large.

    Angles may be given in any turn: y and y + 2π have one density. `cdf` counts from loc − π, the
    side opposite to `loc`; quantiles and draws lie between loc − π and loc + π. `mean` is the mean
    direction, `variance` the circular variance 1 − I₁/I₀, and the CRPS takes the distance along
    the circle.

    In a model `loc` has the link tan((loc − centre) / 2) with the sample's mean direction as
    centre, so that no seam lies among the data; see `links={"loc": "direction"}` for networks.

    Source: Mardia and Jupp (2000), doi:10.1002/9780470316979, ch. 3 and 5;
    circular regression: Fisher and Lee (1992), doi:10.2307/2532334;
    CRPS: Grimit et al. (2006), doi:10.1256/qj.05.235.

    Example:
        >>> import likelier as lk
        >>> round(float(lk.VonMises(loc=0.0, concentration=4.0).nll(1.0)), 6)
        2.101641
    """

    support = angle
    source = "Mardia and Jupp (2000), doi:10.1002/9780470316979"
    location_link = "identity"
    classical_loss = "cosine loss 1 − cos(y − loc) (concentration = 1, up to a constant)"

    loc = parameter(angle, "mean direction, in radians")
    concentration = parameter(nonnegative, "how close to loc: 0 uniform, large about 1 / variance")

    def _excess(self, y: Array) -> Array:
        """1 − cos(y − loc), which does not cancel at loc."""
        half = self._xp.sin(0.5 * (y - self.loc))
        return 2 * half * half

    def _log_prob(self, y: Array) -> Array:
        k = self.concentration
        excess = self._excess(y) if self._xp is not np else self._sine_and_excess(y)[1]
        return -k * excess - once(special.log_i0e, k) - _LOG_2PI

    def _score(self, y: Array) -> dict[str, Array]:
        k = self.concentration
        return {
            "loc": k * self._xp.sin(y - self.loc),
            "concentration": once(special.bessel_ratio_complement, k) - self._excess(y),
        }

    def _log_prob_and_score(self, y: Array) -> tuple[Array, dict[str, Array]]:
        if self._xp is not np:
            return self._log_prob(y), self._score(y)
        k = self.concentration
        log_i0e, complement = once(special.log_i0e_and_complement, k)
        sine, excess = self._sine_and_excess(y)
        return -k * excess - log_i0e - _LOG_2PI, {
            "loc": k * sine,
            "concentration": complement - excess,
        }

    def _sine_and_excess(self, y: Array) -> tuple[Array, Array]:
        """sin(y − loc) and 1 − cos(y − loc) on NumPy."""
        # By the tangent of half the angle, which NumPy has much quicker than the two.
        tangent = np.tan(0.5 * (y - self.loc))
        sine = 2 * tangent / (1 + tangent * tangent)
        return sine, tangent * sine

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        k, turn = self.concentration, y - self.loc
        return {
            ("loc", "loc"): -k * self._xp.cos(turn),
            ("loc", "concentration"): self._xp.sin(turn),
            ("concentration", "concentration"): -once(special.bessel_ratio_slope, k) + 0 * turn,
        }

    def _information(self) -> dict[tuple[str, str], Array]:
        k = self.concentration
        return {
            ("loc", "loc"): k * once(special.bessel_ratio, k) + 0 * self.loc,
            ("concentration", "concentration"): once(special.bessel_ratio_slope, k) + 0 * self.loc,
        }

    def _turn(self, y: Array) -> Array:
        """y − loc, from −π to π."""
        turn = y - self.loc
        return turn - 2 * math.pi * self._xp.round(turn / (2 * math.pi))

    def _range(self) -> tuple[Array, Array]:
        return self.loc - math.pi, self.loc + math.pi

    def _log_arc(self, start: Array, length: Array) -> Array:
        xp, k, first = self._xp, self.concentration, self._turn(start)
        last = first + length
        wraps = last > math.pi
        last = xp.where(wraps, last - 2 * math.pi, last)
        tails = [special.von_mises_cdf(-abs(x), k) for x in (first, last)]
        # Each difference is taken in the tail where it keeps its digits.
        (before, after), (until, beyond) = (
            (xp.where(x < 0, tail, 1 - tail), xp.where(x < 0, 1 - tail, tail))
            for x, tail in zip((first, last), tails, strict=True)
        )
        inside = xp.where(first > 0, after - beyond, until - before)
        inside = xp.where((first < 0) & (last > 0), 1 - (before + beyond), inside)
        return xp.log(xp.where(wraps, after + until, xp.where(inside > 0, inside, 0.0)))

    def _cdf(self, y: Array) -> Array:
        return special.von_mises_cdf(self._turn(y), self.concentration)

    def _sf(self, y: Array) -> Array:
        return special.von_mises_cdf(-self._turn(y), self.concentration)

    def _log_cdf(self, y: Array) -> Array:
        return special.log_von_mises_cdf(self._turn(y), self.concentration)

    def _log_sf(self, y: Array) -> Array:
        return special.log_von_mises_cdf(-self._turn(y), self.concentration)

    def _quantile(self, q: Array) -> Array:
        level, k = np.broadcast_arrays(np.minimum(q, 1 - q), self.concentration)
        turn = _lower_quantile(level, k)
        return self.loc + np.where(q < 0.5, turn, -turn)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        # Like quantiles, draws lie within π of loc, where the cdf rises with them.
        return self.loc + rng.vonmises(0.0, self.concentration, size=shape)

    def _expected_distance(self, y: Array) -> Array:
        # With S the survival function of |Y − loc| halved, its derivative at an angle d from loc
        # is 1 − 2 S(d) − 2 S(π − d).
        turn, k = np.broadcast_arrays(np.abs(self._turn(y)), self.concentration)
        near = _integral(lambda s: _tail(s, k), turn, k)
        far = _integral(lambda s: _tail(s, k), math.pi - turn, k)
        return turn - 2 * near + 2 * far

    def _crps(self, y: Array) -> Array:
        # Half of E distance(Y, Y') follows from that by parts.
        k = self.concentration
        whole = np.full(np.shape(k), math.pi)
        spread = _integral(lambda s: _both(s, k), whole, k)
        total = _integral(lambda s: _tail(s, k), whole, k)
        return self._expected_distance(y) - 2 * total + 2 * spread

    @property
    def mean(self) -> Array:
        turns = self._xp.round(self.loc / (2 * math.pi))
        return self.loc - 2 * math.pi * turns + 0 * self.concentration

    @property
    def variance(self) -> Array:
        return special.bessel_ratio_complement(self.concentration) + 0 * self.loc

    @property
    def mode(self) -> Array:
        return self.mean

    def entropy(self) -> Array:
        k = self.concentration
        tight = k * special.bessel_ratio_complement(k)
        return _LOG_2PI + special.log_i0e(k) + tight + 0 * self.loc

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        loc, excess = _resultant(y, weights)
        excess = np.clip(excess, 1e-14, 0.999)
        return {"loc": loc, "concentration": special.bessel_ratio_inverse(1 - excess, excess)}

    @classmethod
    def _mle(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        loc, excess = _resultant(y, weights)
        if not excess > 0:
            raise NoFiniteOptimumError(
                "VonMises: all angles are equal, so the likelihood grows without bound as "
                "concentration grows; use observations that differ, or fix the concentration"
            )
        excess = np.minimum(excess, 1.0)
        return {"loc": loc, "concentration": special.bessel_ratio_inverse(1 - excess, excess)}


def _resultant(y: Array, weights: Array | None) -> tuple[Array, Array]:
    """Mean direction, and 1 − the mean resultant length without cancellation."""
    loc = np.arctan2(np.average(np.sin(y), weights=weights), np.average(np.cos(y), weights=weights))
    return loc, np.average(2 * np.sin(0.5 * (y - loc)) ** 2, weights=weights)


def _lower_quantile(level: Array, k: Array) -> Array:
    """The angle from −π to 0 below which a share `level` <= 1/2 lies, by bracketed Newton steps."""
    low, high = np.full(level.shape, -math.pi), np.zeros(level.shape)
    turn = np.clip(special.ndtri(level) / np.sqrt(k + 0.25), -3.0, -1e-300)
    density = VonMises._of(np, {"loc": np.zeros(()), "concentration": k})
    target = np.log(level)
    for _ in range(100):
        share = special.von_mises_cdf(turn, k)
        above = share >= level
        low, high = np.where(above, low, turn), np.where(above, turn, high)
        with np.errstate(invalid="ignore", over="ignore"):
            step = (np.log(share) - target) * share / np.exp(density._log_prob(turn))
            following = turn - step
        inside = (following > low) & (following < high)
        following = np.where(inside, following, 0.5 * (low + high))
        done = np.all(np.abs(following - turn) <= 2e-16 * np.abs(turn))
        turn = following
        if done:
            break
    return np.where(level > 0, turn, -math.pi)


def _tail(s: Array, k: Array) -> Array:
    return special.von_mises_cdf(-s, k[..., None])


def _both(s: Array, k: Array) -> Array:
    tail = _tail(s, k)
    return tail * (tail + _tail(math.pi - s, k))


def _integral(function: Any, upper: Array, k: Array) -> Array:
    """∫ from 0 to `upper` of a function that falls like a Normal tail of precision k."""
    end = np.minimum(upper, 14 / np.sqrt(k + 1e-300))
    nodes = 0.5 * end[..., None] * (_NODES + 1)
    return 0.5 * end * (function(nodes) @ _WEIGHTS)

"""Ordinal regression: a latent location against ordered cutpoints."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from likelier import special
from likelier.distributions._domains import ordered, real
from likelier.distributions._labelled import Labelled, codes_like
from likelier.distributions._parameter import parameter
from likelier.errors import NoFiniteOptimumError
from likelier.special import Array, namespace

# Stands for infinity where there is no cutpoint: probabilities beyond it are exactly 0 or 1.
_FAR = 1e4
_NODES, _WEIGHTS = (x / 2 for x in np.polynomial.legendre.leggauss(12))


class Ordinal(Labelled):
    r"""Ordinal distribution of one of K ordered labels, coded 0, 1, …, K − 1.

    log p(y) = log(F(cutpoints_{y+1} − location) − F(cutpoints_y − location))

    with cutpoints_0 = −∞, cutpoints_K = ∞, and F the cumulative distribution function of the
    logistic (kind "logit": proportional odds), of the Normal ("probit") or
    1 − exp(−exp(x)) ("cloglog": proportional hazards).

    Args:
        location: of the latent variable, any real number; a larger one makes later labels likelier.
        cutpoints: K − 1 increasing numbers on the last axis.
        kind: "logit" (the default), "probit" or "cloglog".

    In models the location has no intercept, which the cutpoints already hold.

    Source: McCullagh (1980), doi:10.1111/j.2517-6161.1980.tb01109.x; the CRPS, of the codes, is
    the ranked probability score: Epstein (1969).

    Example:
        >>> import likelier as lk
        >>> round(float(lk.Ordinal(location=0.5, cutpoints=[-1.0, 1.0]).nll(1)), 6)
        0.820904
    """

    source = "McCullagh (1980), doi:10.1111/j.2517-6161.1980.tb01109.x"
    options: ClassVar = {"kind": ("logit", "probit", "cloglog")}
    kind: ClassVar[str]
    main_is_log = True
    declares: ClassVar = {"probit": {"main_is_log": False}, "cloglog": {"main_is_log": False}}
    intercept_in = "cutpoints"

    location = parameter(real, "location of the latent variable", intercept=False)
    cutpoints = parameter(ordered, "where one label passes into the next")

    @property
    def _size(self) -> int:
        return int(self.cutpoints.shape[-1]) + 1

    def _sides(self, y: Array) -> tuple[Array, Array]:
        """Which cutpoint is the lower and which the upper end of each label."""
        codes = codes_like(self.cutpoints, self._size - 1)
        return codes == y[..., None] - 1, codes == y[..., None]

    def _interval(self, y: Array) -> _Interval:
        xp = self._xp
        lower_side, upper_side = self._sides(y)
        lower = xp.sum(xp.where(lower_side, self.cutpoints, 0.0), axis=-1)
        upper = xp.sum(xp.where(upper_side, self.cutpoints, 0.0), axis=-1)
        first, last = y <= 0, y >= self._size - 1
        gap = xp.where(first | last, _FAR, upper - lower)
        a = xp.where(first, -_FAR, lower - self.location)
        b = xp.where(last, _FAR, upper - self.location)
        return _KINDS[self.kind](a, b, gap)

    def _log_prob(self, y: Array) -> Array:
        return self._interval(y).log

    def _score(self, y: Array) -> dict[str, Array]:
        xp, i = self._xp, self._interval(y)
        lower, upper = self._sides(y)
        cutpoints = xp.where(lower, i.a[..., None], 0.0) + xp.where(upper, i.b[..., None], 0.0)
        return {"location": i.shift, "cutpoints": cutpoints}

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        xp, i = self._xp, self._interval(y)
        lower, upper = self._sides(y)
        mixed = xp.where(lower, i.shift_a[..., None], 0.0)
        mixed = mixed + xp.where(upper, i.shift_b[..., None], 0.0)

        def outer(left: Array, right: Array, value: Array) -> Array:
            return xp.where(left[..., :, None] & right[..., None, :], value[..., None, None], 0.0)

        matrix = outer(lower, lower, i.aa) + outer(upper, upper, i.bb)
        matrix = matrix + outer(lower, upper, i.ab) + outer(upper, lower, i.ab)
        return {
            ("location", "location"): i.shift_shift,
            ("location", "cutpoints"): mixed,
            ("cutpoints", "cutpoints"): matrix,
        }

    def _log_probs(self) -> Array:
        xp = self._xp
        like = self.location + 0 * self.cutpoints[..., 0]
        logs = [self._log_prob(k + 0 * like) for k in range(self._size)]
        return xp.stack(logs, axis=-1)

    def _upper(self, y: Array) -> Array:
        """The upper cutpoint of a label less the location."""
        xp = self._xp
        cutpoint = xp.sum(xp.where(self._sides(y)[1], self.cutpoints, 0.0), axis=-1)
        b = xp.where(y >= self._size - 1, _FAR, cutpoint - self.location)
        return _hazardous(xp, b) if self.kind == "cloglog" else b

    def _cdf(self, y: Array) -> Array:
        b = self._upper(y)
        if self.kind == "cloglog":
            return -self._xp.expm1(-self._xp.exp(b))
        return special.expit(b) if self.kind == "logit" else special.ndtr(b)

    def _sf(self, y: Array) -> Array:
        b = self._upper(y)
        if self.kind == "cloglog":
            return self._xp.exp(-self._xp.exp(b))
        return special.expit(-b) if self.kind == "logit" else special.ndtr(-b)

    def _log_cdf(self, y: Array) -> Array:
        b = self._upper(y)
        if self.kind == "cloglog":
            # log(1 − exp(−x)) is log x for an x too small to be told from 0.
            hazard = self._xp.exp(b)
            some = self._xp.where(b > -600, hazard, 1.0)
            return self._xp.where(b > -600, special.log1mexp(some), b)
        return special.log_sigmoid(b) if self.kind == "logit" else special.log_ndtr(b)

    def _log_sf(self, y: Array) -> Array:
        b = self._upper(y)
        last = y >= self._size - 1
        if self.kind == "cloglog":
            value = -self._xp.exp(b)
        else:
            value = special.log_sigmoid(-b) if self.kind == "logit" else special.log_ndtr(-b)
        return self._xp.where(last, -self._xp.inf, value)

    @classmethod
    def _event_sizes(cls, y: Array, levels: int | None) -> dict[str, int]:
        return {"cutpoints": (levels or max(2, int(np.max(y)) + 1)) - 1}

    @classmethod
    def _from_shares(cls, shares: Array) -> dict[str, Array]:
        """Cutpoints that give these shares at location 0."""
        below = np.cumsum(shares)[:-1]
        if cls.kind == "probit":
            cutpoints = special.ndtri(below)
        elif cls.kind == "logit":
            cutpoints = special.logit(below)
        else:
            cutpoints = np.log(-np.log1p(-below))
        return {"location": np.asarray(0.0), "cutpoints": cutpoints}

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        return cls._from_shares(cls._frequencies(y, weights, 0.5))

    @classmethod
    def _mle(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        """With the location, which the cutpoints could take up, at 0."""
        shares = cls._frequencies(y, weights, 0.0)
        if not np.all(shares > 0):
            raise NoFiniteOptimumError(
                f"Ordinal has no finite optimum: no observation has label {np.argmin(shares)}"
            )
        return cls._from_shares(shares)


@dataclass
class _Interval:
    """log P of an interval from a to b, and its derivatives in both ends and in the location.

    `shift` is the derivative in the location, which moves both ends down.
    """

    log: Array
    a: Array
    b: Array
    shift: Array
    aa: Array
    ab: Array
    bb: Array
    shift_a: Array
    shift_b: Array
    shift_shift: Array


def _logit(a: Array, b: Array, gap: Array) -> _Interval:
    """σ(b) − σ(a) = σ(b) σ(−a) (1 − exp(−gap))."""
    xp = namespace(a, b, gap)
    log = special.log_sigmoid(b) + special.log_sigmoid(-a) + special.log1mexp(gap)
    inverse = xp.exp(-gap) / -xp.expm1(-gap)
    low, high = special.expit(a), special.expit(-b)
    slope_a, slope_b = low * special.expit(-a), high * special.expit(b)
    mixed = inverse * (1 + inverse)
    return _Interval(
        log=log,
        a=-(low + inverse),
        b=high + inverse,
        shift=low - high,
        aa=-slope_a - mixed,
        ab=mixed,
        bb=-slope_b - mixed,
        shift_a=slope_a,
        shift_b=slope_b,
        shift_shift=-(slope_a + slope_b),
    )


def _probit(a: Array, b: Array, gap: Array) -> _Interval:
    """Φ(b) − Φ(a) by logarithms in the lower tail, by quadrature where both ends are close."""
    xp = namespace(a, b, gap)
    flip = a + b > 0
    sign = xp.where(flip, -1.0, 1.0)
    a, b = xp.where(flip, -b, a), xp.where(flip, -a, b)
    middle = (a + b) / 2
    near = (gap < 1) & (abs(middle) * gap < 2)
    far_gap = xp.where(near, 1.0, special.log_ndtr(b) - special.log_ndtr(a))
    far = special.log_ndtr(b) + special.log1mexp(far_gap)
    # φ(middle) gap times the mean of exp(−middle t − t²/2) over −gap/2 < t < gap/2.
    m, g = xp.where(near, middle, 0.0), xp.where(near, gap, 0.5)
    moments: list[Any] = [0.0, 0.0, 0.0]
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        t = float(node) * g
        share = float(weight) * xp.exp(-t * (m + t / 2))
        moments = [moments[0] + share, moments[1] + share * t, moments[2] + share * t * t]
    offset = moments[1] / moments[0]
    spread = moments[2] / moments[0] - offset * offset
    half_log_2pi = 0.5 * math.log(2 * math.pi)
    log = xp.where(near, xp.log(g * moments[0]) - m * m / 2 - half_log_2pi, far)
    d_a = -xp.exp(-a * a / 2 - half_log_2pi - log)
    d_b = xp.exp(-b * b / 2 - half_log_2pi - log)
    # The mean of a standard Normal within the interval.
    shift = xp.where(near, m + offset, -(d_a + d_b))
    to_a = xp.where(near, -g / 2 - offset, a - shift)
    to_b = xp.where(near, g / 2 - offset, b - shift)
    aa, ab, bb = -d_a * (a + d_a), -d_a * d_b, -d_b * (b + d_b)
    shift_a, shift_b = d_a * to_a, d_b * to_b
    shift_shift = xp.where(near, spread - 1, -(shift_a + shift_b))
    return _Interval(
        log=log,
        a=xp.where(flip, -d_b, d_a),
        b=xp.where(flip, -d_a, d_b),
        shift=sign * shift,
        aa=xp.where(flip, bb, aa),
        ab=ab,
        bb=xp.where(flip, aa, bb),
        shift_a=xp.where(flip, shift_b, shift_a),
        shift_b=xp.where(flip, shift_a, shift_b),
        shift_shift=shift_shift,
    )


def _hazardous(xp: Any, b: Array) -> Array:
    """A latent value kept where its exponential stays finite: beyond, all is certain."""
    most = 0.98 * math.log(float(xp.finfo(b.dtype).max))
    return xp.where(b > most, most, b)


def _cloglog(a: Array, b: Array, gap: Array) -> _Interval:
    """exp(−A) − exp(−B) with A = exp(a), B = exp(b), by their difference D."""
    xp = namespace(a, b, gap)
    b = _hazardous(xp, b)
    low, high = xp.exp(a), xp.exp(b)
    log_d = b + special.log1mexp(gap)
    d = high * -xp.expm1(-gap)
    some = d > 1e-250
    safe = xp.where(some, d, 1.0)
    log = xp.where(some, special.log1mexp(safe), log_d) - low
    decay = -xp.expm1(-safe)
    # D / (exp(D) − 1) and its derivative.
    tau = xp.where(some, safe * xp.exp(-safe) / decay, 1.0)
    small = d < 0.3
    series = xp.where(small, d, 0.0)
    square = series * series
    near = -0.5 + series * (
        1 / 6 - square * (1 / 180 - square * (1 / 5040 - square * (1 / 151200 - square / 4790016)))
    )
    other = xp.where(small, 1.0, d)
    tau_slope = xp.where(small, near, tau * ((1 - tau) / other - 1))
    inverse = xp.exp(-gap) / -xp.expm1(-gap)
    d_a = -xp.where(d > 1, low / decay, inverse * (tau + d))
    d_b = (1 + inverse) * tau
    return _Interval(
        log=log,
        a=d_a,
        b=d_b,
        shift=low - tau,
        aa=d_a - d_a * d_a * xp.exp(-d),
        ab=-d_a * d_b,
        bb=d_b * (1 - (1 + inverse) * (tau + d)),
        shift_a=low * (1 + tau_slope),
        shift_b=-tau_slope * high,
        shift_shift=d * tau_slope - low,
    )


_KINDS = {"logit": _logit, "probit": _probit, "cloglog": _cloglog}

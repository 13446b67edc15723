"""A family of which some values are only known to lie in an interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from likelier.distributions import _mle
from likelier.distributions._censoring import CensoredValues, interval_score, log_interval
from likelier.distributions._delegating import Delegating
from likelier.distributions._domains import Domain
from likelier.distributions._modifier import family_on_a_line, inherited
from likelier.errors import LikelierError, SupportError
from likelier.special import Array, as_floating, namespace


class Censored(Delegating):
    r"""A family observed exactly, from one side, or within an interval, `Censored(F)`.

    log L = log p_F(y) for an exact observation, log P_F(lower <= Y <= upper) for the others

    The distribution is that of the value itself: its mean, quantiles and draws are the base
    family's. Only the likelihood knows of the censoring.

    Args:
        family: a family of numbers, a class or its text.

    Observations are what `interval`, `right_censored` and `left_censored` make, or numbers,
    which are exact. The expected information depends on how values come to be censored, which
    the likelihood does not say, so that `information` raises `LikelierError`; the observed
    information is what standard errors come from.

    Source: Kalbfleisch and Prentice (2002), doi:10.1002/9781118032985, ch. 3.

    Example:
        >>> import likelier as lk
        >>> family = lk.Censored(lk.Exponential)
        >>> times = lk.right_censored([1.0, 2.0, 3.0], [True, True, False])
        >>> round(float(family.mle(times).mean), 6)
        3.0
    """

    @classmethod
    def modify(cls, family: Any) -> Any:
        """The family whose values may be known as intervals."""
        base = family_on_a_line(family, "Censored")
        return cls.family_of(base)

    @classmethod
    def declare(cls, base: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **inherited(base),
            "parametrisations": base.parametrisations,
            "support": _intervals(base.support),
            "discrete": base.discrete,
            "mixed": base.mixed,
        }

    # ------------------------------------------------------------------ observations

    def _with(self, y: Any) -> tuple[Self, Any]:
        values = self.parameters
        y = _as_censored(y)
        xp = namespace(y.lower, y.upper, *values.values())
        if xp is np:
            return self, y
        lower, upper, *arrays = as_floating(xp, y.lower, y.upper, *values.values())
        d = self._of(xp, dict(zip(values, arrays, strict=True)))
        # The gradient wiring carries one array: both ends on a last axis.
        return d, xp.stack([lower, upper], axis=-1)

    def _rows(self, y: Array, names: Sequence[str], threads: int) -> dict[str, Array]:
        return super()._rows(CensoredValues(y[..., 0], y[..., 1]), names, threads)

    def _observed(self, y: Any) -> tuple[Array, Array]:
        """Both ends of observations."""
        if isinstance(y, CensoredValues):
            return y.lower, y.upper
        return (y, y) if self._xp is np else (y[..., 0], y[..., 1])

    def _placed(self, y: Any) -> tuple[Array, Array]:
        lower, upper = self._observed(y)
        missing = (lower != lower) | (upper != upper)
        return _possible(self.inner.support, self._xp, lower, upper), missing

    # ------------------------------------------------------------------ likelihood

    def _split(self, y: Any) -> tuple[Array, Array, Array, Array]:
        """Which observations are exact, their values, and the ends of those that are not."""
        xp = self._xp
        lower, upper = self._observed(y)
        exact = lower == upper
        value = xp.where(exact, lower, self.inner.support.example)
        return exact, value, xp.where(exact, -xp.inf, lower), xp.where(exact, xp.inf, upper)

    def _log_prob(self, y: Any) -> Array:
        exact, value, lower, upper = self._split(y)
        if self._xp is np and np.all(exact):
            return self.inner._log_prob(value)
        log_prob = log_interval(self.inner, lower, upper)
        return self._xp.where(exact, self.inner._log_prob(value), log_prob)

    def _score(self, y: Any) -> dict[str, Array]:
        exact, value, lower, upper = self._split(y)
        score = self.inner._score(value)
        if self._xp is np and np.all(exact):
            return score
        censored = interval_score(self.inner, lower, upper)
        return {
            name: self._xp.where(self._along(exact, name), score[name], slope)
            for name, slope in censored.items()
        }

    def _hessian(self, y: Any) -> dict[tuple[str, str], Array] | None:
        exact, value, _, _ = self._split(y)
        return self.inner._hessian(value) if self._xp is np and np.all(exact) else None

    def _information(self) -> dict[tuple[str, str], Array] | None:
        raise LikelierError(
            f"{type(self).__name__} has no expected information, which depends on how values"
            ' come to be censored; use the observed information (kind="observed")'
        )

    # ------------------------------------------------------------------ the value itself

    def cdf(self, y: Array) -> Array:
        return self.inner.cdf(y)

    def sf(self, y: Array) -> Array:
        return self.inner.sf(y)

    def log_cdf(self, y: Array) -> Array:
        return self.inner.log_cdf(y)

    def log_sf(self, y: Array) -> Array:
        return self.inner.log_sf(y)

    # ------------------------------------------------------------------ samples

    @classmethod
    def observations(cls, y: Any) -> CensoredValues:
        return _as_censored(y)

    @classmethod
    def takes(cls, y: Any, known: Mapping[str, Array] | None = None) -> Array:
        assert cls.base is not None
        y = _as_censored(y)
        return _possible(cls.base.support, np, y.lower, y.upper)

    @classmethod
    def _start(cls, y: Any, weights: Array | None, *known: Any) -> dict[str, Array]:
        assert cls.base is not None
        y = _as_censored(y)
        # Each interval's middle, or its finite end, is a value good enough to start from.
        lower, upper = np.maximum(y.lower, cls.base.support.lower), y.upper
        upper = np.minimum(upper, cls.base.support.upper)
        low = np.where(np.isfinite(lower), lower, upper)
        value = low + (np.where(np.isfinite(upper), upper, low) - low) / 2
        if cls.base.discrete:
            value = np.floor(value)
        good = np.isfinite(value) & cls.base.support.contains(np, value)
        if not np.any(good):
            raise LikelierError(f"{cls.__name__}: no observation says where the values lie")
        data = {k: np.broadcast_to(v, len(y))[good] for k, v in (known[0] if known else {}).items()}
        part = None if weights is None else weights[good]
        return cls.base._start(value[good], part, *([data] if known else []))

    @classmethod
    def mle(cls, y: Any, weights: Array | None = None, **known: Array) -> Self:
        y = _as_censored(y)
        if y.ndim != 1 or len(y) == 0:
            raise LikelierError(f"{cls.__name__}.mle needs a sample of at least one observation")
        known = {k: np.asarray(v, dtype=np.float64) for k, v in known.items()}
        good = cls.takes(y, known)
        if not np.all(good):
            row = int(np.argmin(good))
            raise SupportError(
                f"{cls.__name__} takes {cls.support.text}; observation {row + 1} runs from"
                f" {y.lower[row]} to {y.upper[row]}"
            )
        weights = None if weights is None else np.asarray(weights, dtype=np.float64)
        return cls(**known, **_mle.maximise(cls, y, weights, known))


def _as_censored(y: Any) -> CensoredValues:
    """Observations as intervals; numbers are exact."""
    if isinstance(y, CensoredValues):
        return y
    xp = namespace(y)
    (exact,) = as_floating(xp, y)
    return CensoredValues(exact, exact)


def _possible(support: Domain, xp: Any, lower: Array, upper: Array) -> Array:
    """Which intervals hold a member of the support; exact ones where they are one."""
    closed_low = bool(support.contains(np, np.asarray(support.lower)))
    closed_high = bool(support.contains(np, np.asarray(support.upper)))
    above = upper >= support.lower if closed_low else upper > support.lower
    below = lower <= support.upper if closed_high else lower < support.upper
    meets = (lower < upper) & above & below
    return xp.where(lower == upper, support.contains(xp, lower), meets)


def _intervals(support: Domain) -> Domain:
    def contains(xp: Any, y: Array) -> Array:
        good = _possible(support, xp, y[..., :1], y[..., 1:])
        return good & (y == y)

    return Domain(
        f"{support.name}, censored",
        f"{support.text}, or an interval of them",
        contains,
        event_dims=1,
        examples=tuple((e, e) for e in support.examples),
        lower=support.lower,
        upper=support.upper,
    )

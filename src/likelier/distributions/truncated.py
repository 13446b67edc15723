"""A family of which only the values in an interval are seen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from likelier import special
from likelier.distributions import _fallbacks
from likelier.distributions._censoring import far_window, interval_score, log_interval
from likelier.distributions._domains import Domain
from likelier.distributions._modifier import Modifier, constant, family_on_a_line, inherited
from likelier.errors import LikelierError
from likelier.special import Array, is_jax

# Above this probability of exceeding the lower bound, levels of the base family keep their digits.
_OPEN = 1e-3
# Counts up to this number are summed one by one.
_FEW = 32
# Of counts above a bound with log probability below `_RARE`, so many terms are summed, provided
# that no more than exp(`_NEGLIGIBLE`) of them is left.
_RARE, _TERMS, _NEGLIGIBLE = -2.0, 20, -38.0


class Truncated(Modifier):
    r"""A family given that its value lies from `lower` to `upper`, `Truncated(F, lower, upper)`.

    p(y) = p_F(y) / P_F(lower <= Y <= upper)

    Values outside were not recorded at all; where they were recorded at the bound, the right
    modifier is `Censored`. The parameters are those of the whole family F.

    Args:
        family: a family of numbers, a class or its text.
        lower: smallest value that can be seen, in the unit of y; none by default.
        upper: largest value that can be seen; none by default.

    Raises `LikelierError` for bounds that are missing or leave nothing of the support.
    `mean`, `variance` and `entropy` are taken by quadrature on NumPy.

    Source: Johnson, Kotz and Balakrishnan (1994), vol. 1, ch. 13.10.

    Example:
        >>> import likelier as lk
        >>> family = lk.Truncated(lk.Normal, lower=0)
        >>> round(float(family(0.0, 1.0).nll(2.0)), 6)
        2.225791
    """

    @classmethod
    def modify(cls, family: Any, lower: float | None = None, upper: float | None = None) -> Any:
        """The family within these bounds."""
        base = family_on_a_line(family, "Truncated")
        low = -math.inf if lower is None else float(lower)
        high = math.inf if upper is None else float(upper)
        if base.discrete:
            low, high = np.ceil(low), np.floor(high)
        if lower is None and upper is None:
            raise LikelierError(f"Truncated({base.__name__}) needs a bound: lower=, upper= or both")
        domain = base.support
        alone = low == high and base.discrete and bool(domain.contains(np, np.asarray(low)))
        if not (max(low, domain.lower) < min(high, domain.upper) or alone):
            raise LikelierError(
                f"Truncated({base.__name__}): nothing lies from {lower} to {upper};"
                f" {base.__name__} takes {domain.text}"
            )
        given = (("lower", lower, low), ("upper", upper, high))
        return cls.family_of(base, tuple((k, float(v)) for k, raw, v in given if raw is not None))

    @classmethod
    def declare(cls, base: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
        bounds = arguments.get("lower", -math.inf), arguments.get("upper", math.inf)
        return {
            **inherited(base),
            "parametrisations": base.parametrisations,
            "support": _within(base.support, *bounds, base.discrete),
            "discrete": base.discrete,
            "smooth": base.smooth,
            "mixed": base.mixed,
            "_bounds": bounds,
            "_counted": _few_counts(base, *bounds),
        }

    _bounds: tuple[float, float] = (-math.inf, math.inf)
    _counted: tuple[tuple[float, ...], float] = ((), 0.0)

    def _ends(self) -> tuple[Array, Array]:
        """Both bounds as arrays like the parameters."""
        like = next(iter(self.parameters.values()), None)
        lower, upper = self._bounds
        return constant(self._xp, lower, like), constant(self._xp, upper, like)

    def _log_mass(self) -> Array:
        """log P_F(lower <= Y <= upper)."""
        made = self.__dict__.get("_mass")
        if made is None:
            made = self._log_kept()
            if self._xp is np:
                self.__dict__["_mass"] = made
        return made

    def _log_kept(self) -> Array:
        counts, sign = self._counted
        if sign >= 0 or len(counts) > 1:
            return log_interval(self.inner, *self._ends())
        # All but one count: its complement.
        like = next(iter(self.parameters.values()), None)
        first = self.inner._log_prob(constant(self._xp, counts[0], like))
        return special.log1mexp(-first)

    def _mass_score(self) -> dict[str, Array]:
        """Derivatives of `_log_mass`."""
        counts, sign = self._counted
        if not counts:
            return interval_score(self.inner, *self._ends())
        # Of counts, the few inside or outside are summed; no derivative of a cdf is needed.
        xp, inner, mass = self._xp, self.inner, self._log_mass()
        found: dict[str, Array] = {}
        for k in counts:
            y = constant(xp, k, next(iter(self.parameters.values()), None))
            share = sign * xp.exp(inner._log_prob(y) - mass)
            for name, value in inner._score(y).items():
                found[name] = found.get(name, 0.0) + self._along(share, name) * value
        return found

    def _log_prob(self, y: Array) -> Array:
        value = self.inner._log_prob(y) - self._log_mass()
        far = far_window(self.inner, y, *self._ends())
        return value if far is None else self._xp.where(far[0], far[1], value)

    def _score(self, y: Array) -> dict[str, Array]:
        lost = self._mass_score()
        score = self.inner._score(y)
        found = {name: value - lost[name] for name, value in score.items()}
        return self._few_left(y, score, found)

    def _few_left(
        self, y: Array, score: dict[str, Array], found: dict[str, Array]
    ) -> dict[str, Array]:
        """Scores of counts where next to nothing lies above the bound, free of cancellation.

        There score and normalisation both grow as 1 / mean; their difference, which does not, is
        the expected difference of this count's score and another's. (Elsewhere as `found`.)
        """
        xp, inner, mass = self._xp, self.inner, self._log_mass()
        if self._counted[1] >= 0 or (not is_jax(mass) and not bool(xp.any(mass < _RARE))):
            return found
        like = next(iter(self.parameters.values()), None)
        first = self.support.lower
        beyond = inner._log_sf(constant(xp, first + _TERMS - 1, like))
        few = (mass < _RARE) & (beyond - mass < _NEGLIGIBLE)
        better = {name: xp.zeros_like(value) for name, value in found.items()}
        with np.errstate(all="ignore"):
            for k in range(_TERMS):
                at = constant(xp, first + k, like)
                share = xp.exp(inner._log_prob(at) - mass)
                for name, value in inner._score(at).items():
                    share_of = self._along(share, name)
                    # A share of 0 takes nothing from a score that leaves the range.
                    same = self._along(y == first + k, name) | (share_of == 0)
                    gap = xp.where(same, 0.0, score[name] - value)
                    better[name] = better[name] + share_of * gap
        return {
            name: xp.where(self._along(few, name), better[name], value)
            for name, value in found.items()
        }

    def _log_tails(self, y: Array) -> tuple[Array, Array]:
        """log P(Y <= y) and log P(Y > y), the one next to 0 through the other."""
        xp, (lower, upper) = self._xp, self._ends()
        above = y + 1 if self.inner.discrete else y
        cdf = log_interval(self.inner, lower, y) - self._log_mass()
        sf = log_interval(self.inner, above, upper) - self._log_mass()
        left = cdf <= sf
        smaller = xp.where(left, cdf, sf)
        larger = special.log1mexp(-smaller)
        return xp.where(left, cdf, larger), xp.where(left, larger, sf)

    def _log_cdf(self, y: Array) -> Array:
        return self._log_tails(y)[0]

    def _log_sf(self, y: Array) -> Array:
        return self._log_tails(y)[1]

    def _cdf(self, y: Array) -> Array:
        return self._xp.exp(self._log_cdf(y))

    def _sf(self, y: Array) -> Array:
        return self._xp.exp(self._log_sf(y))

    def _cdf_score(self, y: Array) -> dict[str, Array]:
        xp, inner = self._xp, self.inner
        lower, upper = self._ends()
        log_prob, (log_cdf, log_sf) = self._log_prob(y), self._log_tails(y)
        left = log_cdf <= log_sf
        whole = self._mass_score()
        below = interval_score(inner, lower, y)
        above = interval_score(inner, y + 1 if inner.discrete else y, upper)
        weight = xp.where(left, xp.exp(log_cdf - log_prob), -xp.exp(log_sf - log_prob))
        return {
            name: self._along(weight, name)
            * (xp.where(self._along(left, name), below[name], above[name]) - value)
            for name, value in whole.items()
        }

    def _quantile(self, q: Array) -> Array:
        inner, (lower, _) = self.inner, self._bounds
        below = np.asarray(lower - 1 if inner.discrete else lower)
        with np.errstate(all="ignore"):
            start = np.where(np.isfinite(below), inner.cdf(below), 0.0)
            found = inner._quantile(np.minimum(start + q * np.exp(self._log_mass()), 1.0))
        found = np.clip(found, self.support.lower, self.support.upper)
        if np.all(1 - start > _OPEN):
            return found
        return np.where(1 - start > _OPEN, found, _fallbacks.quantile(self, q))

    @property
    def mean(self) -> Array:
        return self._moment(lambda d, y: [y])

    @property
    def variance(self) -> Array:
        if self.discrete:
            # Sums take rows of like length together, each with its own mean.
            return self._moment(lambda d, y: [(y - d.mean) ** 2])
        centre = np.asarray(self._on_numpy("variance").mean)
        return self._moment(lambda _, y: [(y - centre) ** 2])

    def _whereabouts(self) -> tuple[Array, Array]:
        # Not the moments, which are taken by a quadrature that searches for quantiles.
        location, scale = self.inner._whereabouts()
        return np.clip(location, self.support.lower, self.support.upper), scale

    def _moment(self, statistic: _fallbacks.Statistic) -> Array:
        d = self._on_numpy("a moment of a truncated distribution")
        (value,) = _fallbacks.expectation(d, statistic)
        return value if self._xp is np else constant(self._xp, value, self._ends()[0])

    @property
    def mode(self) -> Array:
        lower, upper = self.support.lower, self.support.upper
        xp, mode = self._xp, self.inner.mode
        mode = xp.where(mode < lower, lower, mode)
        return xp.where(mode > upper, upper, mode)

    @classmethod
    def takes(cls, y: Array, known: Mapping[str, Array] | None = None) -> Array:
        assert cls.base is not None
        return cls.base.takes(y, known) & cls.support.contains(np, y)

    @classmethod
    def _start(cls, y: Array, weights: Array | None, *known: Any) -> dict[str, Array]:
        assert cls.base is not None
        return cls.base._start(y, weights, *known)


def _few_counts(base: Any, lower: float, upper: float) -> tuple[tuple[float, ...], float]:
    """The counts inside (with sign 1) or outside (−1) of the bounds, where they are few."""
    first = base.support.lower
    if not base.discrete or not math.isfinite(first):
        return (), 0.0
    low = max(lower, first)
    if upper - low < _FEW:
        return tuple(np.arange(low, upper + 1).tolist()), 1.0
    if upper == math.inf and 0 < low - first <= _FEW:
        return tuple(np.arange(first, low).tolist()), -1.0
    return (), 0.0


def _within(support: Domain, lower: float, upper: float, discrete: bool) -> Domain:
    """The part of a support from `lower` to `upper`."""
    low, high = max(lower, support.lower), min(upper, support.upper)

    def contains(xp: Any, x: Array) -> Array:
        return support.contains(xp, x) & (x >= lower) & (x <= upper)

    if math.isfinite(low) and math.isfinite(high):
        inner = (low, high) if discrete else ((low + high) / 2, low + (high - low) / 4)
    elif math.isfinite(low):
        inner = (low, low + 1) if discrete else (low + 1.0, low + 0.5)
    else:
        inner = (high, high - 1) if discrete else (high - 1.0, high - 0.5)
    kept = [e for e in (*support.examples, *inner) if bool(contains(np, np.asarray(float(e))))]
    words = [f"at least {lower:g}"] * math.isfinite(lower) + [f"at most {upper:g}"] * math.isfinite(
        upper
    )
    return Domain(
        f"{support.name}, truncated",
        f"{support.text}, {' and '.join(words)}",
        contains,
        examples=tuple(dict.fromkeys(kept)),
        lower=low,
        upper=high,
    )

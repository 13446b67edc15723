"""A family on (0, 1) with atoms at both ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from likelier import special
from likelier.distributions._domains import Domain, log_odds, probability
from likelier.distributions._gated import log_or_lowest
from likelier.distributions._modifier import Modifier, inherited, scalar_family
from likelier.distributions._parameter import parameter
from likelier.errors import LikelierError, NoFiniteOptimumError
from likelier.special import Array


class ZeroOneInflated(Modifier):
    r"""A family of proportions with zeros and ones, `ZeroOneInflated(Beta)`.

    P(Y = 0) = zero, P(Y = 1) = one;  p(y) = (1 − zero − one) p_F(y) for 0 < y < 1

    Args:
        family: a family on (0, 1), a class or its text. The family made has its parameters and
        zero: probability of a 0, from 0 to 1;
        one: probability of a 1, with zero + one at most 1; or
        zero_logits: log(zero / (1 − zero − one)) and
        one_logits: log(one / (1 − zero − one)), which models predict under the logit link, so
            that the three probabilities always sum to 1.

    Raises `LikelierError` for a family that does not lie on (0, 1).

    Source: Ospina and Ferrari (2010), doi:10.1007/s00362-008-0125-4.

    Example:
        >>> import likelier as lk
        >>> family = lk.ZeroOneInflated(lk.Beta)
        >>> d = family(mean=0.5, precision=2.0, zero=0.1, one=0.2)
        >>> round(float(d.nll(1)), 6), round(float(d.mean), 6)
        (1.609438, 0.55)
    """

    @classmethod
    def modify(cls, family: Any) -> Any:
        base = scalar_family(family, "ZeroOneInflated")
        ends = np.array([0.0, 1.0])
        bounds = (base.support.lower, base.support.upper)
        if bounds != (0.0, 1.0) or np.any(base.support.contains(np, ends)) or base.discrete:
            raise LikelierError(
                f"ZeroOneInflated needs a family strictly between 0 and 1; {base.text()} takes"
                f" {base.support.text}"
            )
        return cls.family_of(base)

    @classmethod
    def declare(cls, base: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **inherited(base),
            "zero": parameter(
                probability,
                "probability of a 0",
                derive=lambda d: d._probabilities()[0],
                linked={"logit": "zero_logits"},
            ),
            "one": parameter(
                probability,
                "probability of a 1",
                derive=lambda d: d._probabilities()[1],
                linked={"logit": "one_logits"},
            ),
            "zero_logits": parameter(
                log_odds,
                "log of the probability of a 0 over that of a value between",
                derive=lambda d: log_or_lowest(d._xp, d.zero) - d._log_rest,
            ),
            "one_logits": parameter(
                log_odds,
                "log of the probability of a 1 over that of a value between",
                derive=lambda d: log_or_lowest(d._xp, d.one) - d._log_rest,
            ),
            "parametrisations": tuple(
                (*names, *ends)
                for names in base.parametrisations
                for ends in (("zero", "one"), ("zero_logits", "one_logits"))
            ),
            "support": _CLOSED,
        }

    def _validate(self, values: Mapping[str, Array], arrays: tuple[Array, ...]) -> None:
        super()._validate(values, arrays)
        named = dict(zip(values, arrays, strict=True))
        if "zero" in named and np.any(named["zero"] + named["one"] > 1):
            raise LikelierError(f"{type(self).__name__}: zero + one must not exceed 1")

    # ------------------------------------------------------------------ the pieces

    def _in_logits(self) -> bool:
        return "zero_logits" in self.given

    @property
    def _log_rest(self) -> Array:
        """log of the probability of a value between 0 and 1."""
        if not self._in_logits():
            return log_or_lowest(self._xp, 1 - self.zero - self.one)
        either = special.logaddexp(self.zero_logits, self.one_logits)
        return special.log_sigmoid(-either)

    def _probabilities(self) -> tuple[Array, Array, Array]:
        """Of 0, of 1, and of a value between."""
        xp, rest = self._xp, self._log_rest
        if not self._in_logits():
            return self.zero, self.one, xp.exp(rest)
        return xp.exp(self.zero_logits + rest), xp.exp(self.one_logits + rest), xp.exp(rest)

    def _logs(self) -> tuple[Array, Array, Array]:
        xp, rest = self._xp, self._log_rest
        if not self._in_logits():
            return log_or_lowest(xp, self.zero), log_or_lowest(xp, self.one), rest
        return self.zero_logits + rest, self.one_logits + rest, rest

    def _where(self, y: Array) -> tuple[Array, Array, Array]:
        """Which observations are 0, which 1, and values between for the family."""
        zero, one = y == 0, y == 1
        return zero, one, self._xp.where(zero | one, 0.5, y)

    # ------------------------------------------------------------------ likelihood

    def _log_prob(self, y: Array) -> Array:
        xp = self._xp
        zero, one, inside = self._where(y)
        at_zero, at_one, rest = self._logs()
        value = rest + self.inner._log_prob(inside)
        return xp.where(zero, at_zero, xp.where(one, at_one, value))

    def _score(self, y: Array) -> dict[str, Array]:
        xp = self._xp
        zero, one, inside = self._where(y)
        score = self.inner._score(inside)
        end = zero | one
        found = {k: xp.where(self._along(end, k), 0.0, v) for k, v in score.items()}
        zeros, ones, rest = self._probabilities()
        if self._in_logits():
            found["zero_logits"] = xp.where(zero, 1 - zeros, -zeros)
            found["one_logits"] = xp.where(one, 1 - ones, -ones)
        else:
            lost = xp.where(end, 0.0, -1 / rest)
            some_zero, some_one = xp.where(zero, zeros, 1.0), xp.where(one, ones, 1.0)
            found["zero"] = xp.where(zero, 1 / some_zero, lost)
            found["one"] = xp.where(one, 1 / some_one, lost)
        return found

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array] | None:
        xp = self._xp
        zero, one, inside = self._where(y)
        second = self.inner._hessian(inside)
        if second is None:
            return None
        end = zero | one
        found = {k: xp.where(self._along(end, *k), 0.0, v) for k, v in second.items()}
        zeros, ones, _ = self._probabilities()
        if self._in_logits():
            nil = xp.zeros_like(y)
            found["zero_logits", "zero_logits"] = zeros * (zeros - 1) + nil
            found["zero_logits", "one_logits"] = zeros * ones + nil
            found["one_logits", "one_logits"] = ones * (ones - 1) + nil
        else:
            score = self._score(y)
            found["zero", "zero"] = -score["zero"] * score["zero"]
            found["one", "one"] = -score["one"] * score["one"]
            found["zero", "one"] = xp.where(end, 0.0, found["zero", "zero"])
        return found

    def _information(self) -> dict[tuple[str, str], Array]:
        zeros, ones, rest = self._probabilities()
        found = {
            pair: self._along(rest, *pair) * value
            for pair, value in self.inner.information().items()
        }
        if self._in_logits():
            found["zero_logits", "zero_logits"] = zeros * (1 - zeros)
            found["zero_logits", "one_logits"] = -zeros * ones
            found["one_logits", "one_logits"] = ones * (1 - ones)
        else:
            found["zero", "zero"] = 1 / zeros + 1 / rest
            found["zero", "one"] = 1 / rest
            found["one", "one"] = 1 / ones + 1 / rest
        return found

    # ------------------------------------------------------------------ the distribution

    def _cdf(self, y: Array) -> Array:
        xp = self._xp
        zero, one, inside = self._where(y)
        zeros, _, rest = self._probabilities()
        value = zeros + rest * self.inner._cdf(inside)
        return xp.where(zero, zeros + 0 * value, xp.where(one, 1.0, value))

    def _sf(self, y: Array) -> Array:
        xp = self._xp
        zero, one, inside = self._where(y)
        _, ones, rest = self._probabilities()
        value = ones + rest * self.inner._sf(inside)
        return xp.where(zero, ones + rest + 0 * value, xp.where(one, 0.0, value))

    def _log_sf(self, y: Array) -> Array:
        return log_or_lowest(self._xp, self._sf(y))

    def _quantile(self, q: Array) -> Array:
        zeros, _, rest = self._probabilities()
        with np.errstate(all="ignore"):
            level = (q - zeros) / rest
            found = self.inner._quantile(np.where((level > 0) & (level < 1), level, 0.5))
        return np.where(q <= zeros, 0.0, np.where(level >= 1, 1.0, found))

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        zeros, ones, _ = self._probabilities()
        u, inside = rng.random(shape), self.inner._sample(rng, shape)
        return np.where(u < zeros, 0.0, np.where(u < zeros + ones, 1.0, inside))

    def _crps(self, y: Array) -> Array:
        # ∫ F² + S² over the three parts of the mixture, each pair by the base family's scores.
        zeros, ones, rest = self._probabilities()
        inner, mean = self.inner, self.inner.mean
        away = np.clip(y, 0.0, 1.0)
        expected = zeros * np.abs(y) + ones * np.abs(1 - y)
        spread = mean - inner.crps(np.zeros(()))
        between = inner.crps(away) + spread + np.abs(y - away)
        pairs = zeros * ones + rest * (zeros * mean + ones * (1 - mean)) + rest * rest * spread
        return expected + rest * between - pairs

    @property
    def mean(self) -> Array:
        _, ones, rest = self._probabilities()
        return ones + rest * self.inner.mean

    @property
    def variance(self) -> Array:
        zeros, ones, rest = self._probabilities()
        mean, inner = self.mean, self.inner.mean
        between = zeros * mean * mean + ones * (1 - mean) ** 2 + rest * (inner - mean) ** 2
        return between + rest * self.inner.variance

    @property
    def mode(self) -> Array:
        xp = self._xp
        zeros, ones, _ = self._probabilities()
        # An atom is denser than any density.
        atom = xp.where(zeros >= ones, 0.0 * zeros, 0.0 * zeros + 1)
        return xp.where((zeros > 0) | (ones > 0), atom, self.inner.mode)

    def entropy(self) -> Array:
        zeros, ones, rest = self._probabilities()
        choice = special.xlogy(zeros, zeros) + special.xlogy(ones, ones)
        return rest * self.inner.entropy() - special.xlogy(rest, rest) - choice

    # ------------------------------------------------------------------ samples

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        assert cls.base is not None
        inside = (y > 0) & (y < 1)
        part = None if weights is None else weights[inside]
        inner = cls.base._start(y[inside] if np.any(inside) else np.array([0.3, 0.7]), part)
        zero, one = (np.average(y == end, weights=weights) for end in (0, 1))
        return {**inner, "zero": np.clip(zero, 0.01, 0.9), "one": np.clip(one, 0.01, 0.9 - zero)}

    @classmethod
    def _mle(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        assert cls.base is not None
        inside = (y > 0) & (y < 1)
        if not np.any(inside):
            raise NoFiniteOptimumError(
                f"{cls.__name__}: all observations are 0 or 1, so that nothing is known of"
                f" {cls.base.__name__}"
            )
        inner = cls.base.mle(y[inside], None if weights is None else weights[inside])
        zero, one = (np.asarray(np.average(y == end, weights=weights)) for end in (0, 1))
        values = {name: inner.value_of(name) for name in cls.base.parameter_names}
        return {**values, "zero": zero, "one": one}


_CLOSED = Domain(
    "closed unit interval",
    "a number from 0 to 1",
    lambda xp, x: (x >= 0) & (x <= 1),
    examples=(0.5, 0.0, 0.2, 1.0),
    lower=0.0,
    upper=1.0,
)

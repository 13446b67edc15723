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

    zero: Any
    one: Any
    zero_logits: Any
    one_logits: Any

    @classmethod
    def modify(cls, family: Any) -> Any:
        """The family of a family of shares, with 0 and 1 in reach."""
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
                derive=lambda d: d._logs()[0] - d._logs()[2],
            ),
            "one_logits": parameter(
                log_odds,
                "log of the probability of a 1 over that of a value between",
                derive=lambda d: d._logs()[1] - d._logs()[2],
            ),
            "parametrisations": tuple(
                (*names, zero, one)
                for names in base.parametrisations
                for zero in ("zero", "zero_logits")
                for one in ("one", "one_logits")
            ),
            "support": _CLOSED,
            "smooth": base.smooth,
            "mixed": True,
        }

    def _validate(self, values: Mapping[str, Array], arrays: tuple[Array, ...]) -> None:
        super()._validate(values, arrays)
        named = dict(zip(values, arrays, strict=True))
        if {"zero", "one"} <= set(named) and np.any(named["zero"] + named["one"] > 1):
            raise LikelierError(f"{type(self).__name__}: zero + one must not exceed 1")

    # ------------------------------------------------------------------ the pieces

    def _logs(self) -> tuple[Array, Array, Array]:
        """log probabilities of 0, of 1, and of a value between."""
        xp, given = self._xp, self.given
        if "zero" in given and "one" in given:
            rest = log_or_lowest(xp, 1 - self.zero - self.one)
            return log_or_lowest(xp, self.zero), log_or_lowest(xp, self.one), rest
        if "zero" in given:
            left = log_or_lowest(xp, 1 - self.zero)
            one = left + special.log_sigmoid(self.one_logits)
            return log_or_lowest(xp, self.zero), one, left + special.log_sigmoid(-self.one_logits)
        if "one" in given:
            left = log_or_lowest(xp, 1 - self.one)
            zero = left + special.log_sigmoid(self.zero_logits)
            return zero, log_or_lowest(xp, self.one), left + special.log_sigmoid(-self.zero_logits)
        rest = special.log_sigmoid(-special.logaddexp(self.zero_logits, self.one_logits))
        return self.zero_logits + rest, self.one_logits + rest, rest

    def _probabilities(self) -> tuple[Array, Array, Array]:
        """Of 0, of 1, and of a value between."""
        xp, (zero, one, rest) = self._xp, self._logs()
        given = self.__dict__
        zeros = self.zero if "zero" in self.given else xp.exp(zero)
        return zeros, given["one"] if "one" in self.given else xp.exp(one), xp.exp(rest)

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
        for name, value in self._end_scores(zero, one).items():
            found[name] = xp.broadcast_to(value, np.broadcast_shapes(y.shape, self.batch_shape))
        return found

    def _end_scores(self, zero: Array, one: Array) -> dict[str, Array]:
        """Derivatives in the probabilities of the ends, or in their logits."""
        xp, given = self._xp, self.given
        zeros, ones, rest = self._probabilities()
        if "zero_logits" in given and "one_logits" in given:
            return {
                "zero_logits": xp.where(zero, 1 - zeros, -zeros),
                "one_logits": xp.where(one, 1 - ones, -ones),
            }
        if "zero" in given and "one" in given:
            lost = xp.where(zero | one, 0.0, -1 / rest)
            return {
                "zero": xp.where(zero, 1 / xp.where(zero, zeros, 1.0), lost),
                "one": xp.where(one, 1 / xp.where(one, ones, 1.0), lost),
            }
        # One end by its probability, the other by its odds among the rest.
        first, other = ("zero", "one") if "zero" in given else ("one", "zero")
        at, after = (zero, one) if first == "zero" else (one, zero)
        mass = zeros if first == "zero" else ones
        logits = getattr(self, f"{other}_logits")
        share = xp.where(after, special.expit(-logits), -special.expit(logits))
        return {
            first: 1 / xp.where(at, xp.where(at, mass, 1.0), mass - 1),
            f"{other}_logits": xp.where(at, 0.0, share),
        }

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array] | None:
        xp = self._xp
        zero, one, inside = self._where(y)
        second = self.inner._hessian(inside)
        if second is None:
            return None
        end = zero | one
        found = {k: xp.where(self._along(end, *k), 0.0, v) for k, v in second.items()}
        zeros, ones, _ = self._probabilities()
        score = self._end_scores(zero, one)
        names = list(score)
        if names == ["zero_logits", "one_logits"]:
            nil = xp.zeros_like(inside)
            found["zero_logits", "zero_logits"] = zeros * (zeros - 1) + nil
            found["zero_logits", "one_logits"] = zeros * ones + nil
            found["one_logits", "one_logits"] = ones * (ones - 1) + nil
            return found
        for name in names:
            if name in ("zero", "one"):
                found[name, name] = -score[name] * score[name]
            else:
                spread = special.expit(getattr(self, name))
                first = zero if name == "one_logits" else one
                found[name, name] = xp.where(first, 0.0, spread * (spread - 1))
        if names == ["zero", "one"]:
            found["zero", "one"] = xp.where(end, 0.0, found["zero", "zero"])
        return found

    def _information(self) -> dict[tuple[str, str], Array]:
        zeros, ones, rest = self._probabilities()
        found = {
            pair: self._along(rest, *pair) * value
            for pair, value in self.inner.information().items()
        }
        given = self.given
        if "zero_logits" in given and "one_logits" in given:
            found["zero_logits", "zero_logits"] = zeros * (1 - zeros)
            found["zero_logits", "one_logits"] = -zeros * ones
            found["one_logits", "one_logits"] = ones * (1 - ones)
        elif "zero" in given and "one" in given:
            found["zero", "zero"] = 1 / zeros + 1 / rest
            found["zero", "one"] = 1 / rest
            found["one", "one"] = 1 / ones + 1 / rest
        else:
            first, other = ("zero", "one") if "zero" in given else ("one", "zero")
            mass = zeros if first == "zero" else ones
            logits = f"{other}_logits"
            spread = special.expit(getattr(self, logits))
            found[first, first] = 1 / (mass * (1 - mass))
            found[logits, logits] = (1 - mass) * spread * (1 - spread)
        return found

    # ------------------------------------------------------------------ the distribution

    def _cdf(self, y: Array) -> Array:
        xp = self._xp
        zero, one, inside = self._where(y)
        zeros, _, rest = self._probabilities()
        value = zeros + rest * self.inner._cdf(inside)
        value = xp.where(value > 1, 1.0, value)
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
        part = None if weights is None or not np.any(inside) else weights[inside]
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

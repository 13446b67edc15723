"""Zeros by one process, positive values by a family without its zeros."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier import special
from likelier.distributions._censoring import log_interval
from likelier.distributions._gated import Gated
from likelier.distributions.truncated import Truncated
from likelier.errors import NoFiniteOptimumError
from likelier.special import Array


class Hurdle(Gated):
    r"""Zeros with a probability of their own, the rest from a family without zeros, `Hurdle(F)`.

    P(Y = 0) = gate;  p(y) = (1 − gate) p_F(y) / (1 − P_F(0)) for y > 0

    The two parts share no parameter, so that their estimates are independent. Around a
    continuous family this is the two-part model of a semicontinuous target.

    Args:
        family: a family whose observations start at 0, a class or its text. The family made
            has its parameters and
        gate: probability of a zero, from 0 to 1; or
        gate_logits: its log odds.

    Raises `LikelierError` for a family whose observations do not start at 0.

    Source: Mullahy (1986), doi:10.1016/0304-4076(86)90002-3.

    Example:
        >>> import likelier as lk
        >>> family = lk.Hurdle(lk.Poisson)
        >>> round(float(family(rate=2.0, gate=0.3).nll(0)), 6)
        1.203973
    """

    _gate_text = "probability of a zero"

    @classmethod
    def _without_gate(cls, base: Any) -> str:
        return Truncated(base, lower=1).text() if base.discrete else base.text()

    def _log_some(self) -> Array:
        """log(1 − P_F(0))."""
        return special.log1mexp(-self._log_mass())

    def _log_weight(self) -> Array:
        return self._log_rest - self._log_some()

    def _left_out(self) -> Array:
        return self._xp.exp(self._log_mass())

    def _positive(self) -> Any:
        """The distribution of what is above 0."""
        if not self.inner.discrete:
            return self.inner
        return Truncated(self.base, lower=1)._of(self._xp, self.inner.parameters)

    def _inside(self, y: Array) -> tuple[Array, Array]:
        zero = y == 0
        return zero, self._xp.where(zero, 1.0 if self.inner.discrete else self.support.example, y)

    def _log_prob(self, y: Array) -> Array:
        zero, y = self._inside(y)
        positive = self._log_rest + self._positive()._log_prob(y)
        return self._xp.where(zero, self._log_gate, positive)

    def _odds(self) -> Array:
        """P_F(0) / (1 − P_F(0)), by which the derivatives at 0 enter those above."""
        return 1 / self._xp.expm1(-self._log_mass())

    def _gate_score(self, zero: Array) -> Array:
        xp = self._xp
        if self._gate_name() == "gate":
            some = xp.where(zero, self.gate, 1.0)
            return xp.where(zero, 1 / some, -1 / self._rest)
        return xp.where(zero, self._rest, -self.gate)

    def _score(self, y: Array) -> dict[str, Array]:
        xp = self._xp
        zero, y = self._inside(y)
        score = self._positive()._score(y)
        found = {k: xp.where(self._along(zero, k), 0.0, v) for k, v in score.items()}
        return {**found, self._gate_name(): self._full(self._gate_score(zero), y)}

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array] | None:
        xp, gate = self._xp, self._gate_name()
        zero, y = self._inside(y)
        second = self.inner._hessian(y)
        if second is None:
            return None
        if self.inner.discrete:
            origin = self._zero()
            odds, score = self._odds(), self.inner._score(origin)
            at_zero = self.inner._hessian(origin)
            names = list(score)
            for i, first in enumerate(names):
                for other in names[i:]:
                    pair = (first, other)
                    both = odds * (1 + odds)
                    value = self._along(both, *pair) * self._outer(score, *pair)
                    if pair in second:
                        value = value + second[pair] + self._along(odds, *pair) * at_zero[pair]
                    second = {**second, pair: value}
        found = {k: xp.where(self._along(zero, *k), 0.0, v) for k, v in second.items()}
        slope = self._gate_score(zero)
        bend = -slope * slope if gate == "gate" else -self.gate * self._rest + 0 * y
        return {**found, (gate, gate): bend}

    def _information(self) -> dict[tuple[str, str], Array]:
        gate = self._gate_name()
        found = dict(self.inner.information())
        weight = self._rest
        if self.inner.discrete:
            score, odds = self.inner._score(self._zero()), self._odds()
            weight = self._xp.exp(self._log_weight())
            names = list(score)
            for i, first in enumerate(names):
                for other in names[i:]:
                    pair = (first, other)
                    lost = self._along(odds, *pair) * self._outer(score, *pair)
                    found[pair] = found[pair] - lost if pair in found else -lost
        found = {pair: self._along(weight, *pair) * value for pair, value in found.items()}
        spread = self.gate * self._rest
        return {**found, (gate, gate): 1 / spread if gate == "gate" else spread}

    def _cdf(self, y: Array) -> Array:
        xp, inner = self._xp, self.inner
        if inner.discrete:
            share = xp.exp(log_interval(inner, self._zero() + 1, y) - self._log_some())
        else:
            share = inner.cdf(y)
        value = self.gate + self._rest * share
        # Next to 1 the digits lie in the complement.
        sf = self._sf(y)
        return xp.where((sf < 0.25) & (y >= 0), 1 - sf, xp.where(value < 1, value, 1.0))

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        gate = np.broadcast_to(self.gate, shape)
        mass = np.exp(self._log_mass())
        # Inversion of the base family above its mass at 0.
        level = mass + (1 - mass) * rng.random(shape)
        positive = self.inner._quantile(level)
        if self.inner.discrete:
            positive = np.maximum(positive, 1.0)
        return np.where(rng.random(shape) < gate, 0.0, positive)

    @property
    def mode(self) -> Array:
        xp, mode = self._xp, self.inner.mode
        if not self.inner.discrete:
            return xp.where(self.gate > 0, 0.0 * mode, mode)
        mode = xp.where(mode > 0, mode, 0.0 * mode + 1)
        top = self._log_weight() + self.inner._log_prob(mode)
        return xp.where(self._log_gate >= top, 0.0 * mode, mode)

    def entropy(self) -> Array:
        xp, inner, rest = self._xp, self.inner, self._rest
        positive = inner.entropy()
        if inner.discrete:
            mass = xp.exp(self._log_mass())
            positive = (positive + special.xlogy(mass, mass)) / (1 - mass) + self._log_some()
        return rest * positive - special.xlogy(rest, rest) - special.xlogy(self.gate, self.gate)

    @classmethod
    def _start(cls, y: Array, weights: Array | None, *known: Any) -> dict[str, Array]:
        assert cls.base is not None
        some = y > 0 if np.any(y > 0) else np.ones(len(y), dtype=bool)
        data = {k: np.broadcast_to(v, len(y))[some] for k, v in (known[0] if known else {}).items()}
        part = None if weights is None else weights[some]
        inner = cls.base._start(y[some], part, *([data] if known else []))
        gate = np.clip(np.average(y == 0, weights=weights), 0.02, 0.98)
        return {**inner, "gate": np.asarray(gate)}

    @classmethod
    def _mle(cls, y: Array, weights: Array | None, *known: Any) -> dict[str, Array] | None:
        assert cls.base is not None
        some = y > 0
        if not np.any(some):
            raise NoFiniteOptimumError(
                f"{cls.__name__}: all observations are 0, so that nothing is known of"
                f" {cls.base.__name__}"
            )
        positive: Any = Truncated(cls.base, lower=1) if cls.base.discrete else cls.base
        part = None if weights is None else weights[some]
        data = {k: np.broadcast_to(v, len(y))[some] for k, v in (known[0] if known else {}).items()}
        inner = positive.mle(y[some], part, **data)
        gate = np.average(~some, weights=weights)
        return {**{k: inner.value_of(k) for k in cls.base.parameter_names}, "gate": gate}

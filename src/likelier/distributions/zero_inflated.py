"""A family with extra zeros."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier import special
from likelier.distributions._gated import Gated
from likelier.errors import NoFiniteOptimumError
from likelier.special import Array


class ZeroInflated(Gated):
    r"""A family on 0, 1, 2, … (or above 0) with extra zeros, `ZeroInflated(F)`.

    P(Y = 0) = gate + (1 − gate) P_F(0);  p(y) = (1 − gate) p_F(y) for y > 0

    Args:
        family: a family whose observations start at 0, a class or its text. The family made
            has its parameters and
        gate: probability of an extra zero, from 0 to 1; or
        gate_logits: its log odds.

    Raises `LikelierError` for a family whose observations do not start at 0.

    Source: Lambert (1992), doi:10.2307/1269547.

    Example:
        >>> import likelier as lk
        >>> family = lk.ZeroInflated(lk.Poisson)
        >>> round(float(family(rate=2.0, gate=0.3).nll(0)), 6)
        0.929541
    """

    _gate_text = "probability of an extra zero"

    def _log_weight(self) -> Array:
        return self._log_rest

    def _log_atom(self) -> Array:
        """log P(Y = 0)."""
        return special.logaddexp(self._log_gate, self._log_rest + self._log_mass())

    def _log_prob(self, y: Array) -> Array:
        zero, y = self._inside(y)
        if not self.inner.discrete:
            return self._xp.where(zero, self._log_gate, self._log_rest + self.inner._log_prob(y))
        rest = self._log_rest + self.inner._log_prob(y)
        atom = special.logaddexp(self._log_gate + self._xp.zeros_like(rest), rest)
        return self._xp.where(zero, atom, rest)

    def _odds(self) -> tuple[Array, Array]:
        """Given a zero: the probabilities that the base family made it and that the gate did."""
        xp, mass, atom = self._xp, self._log_mass(), self._log_atom()
        return xp.exp(self._log_rest + mass - atom), xp.exp(self._log_gate - atom)

    def _gate_score(self, zero: Array) -> Array:
        xp = self._xp
        slope = -xp.expm1(self._log_mass()) * xp.exp(-self._log_atom())
        if self._gate_name() == "gate":
            return xp.where(zero, slope, -1 / self._rest)
        return xp.where(zero, slope * self.gate * self._rest, -self.gate)

    def _score(self, y: Array) -> dict[str, Array]:
        zero, y = self._inside(y)
        base, _ = self._odds()
        xp = self._xp
        factor = xp.where(zero, base, 1.0)
        found = {}
        for name, value in self.inner._score(y).items():
            # A zero that the base family cannot have made says nothing of it.
            share = self._along(factor, name)
            found[name] = share * xp.where(share > 0, value, 0.0)
        return {**found, self._gate_name(): self._full(self._gate_score(zero), y)}

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array] | None:
        zero, y = self._inside(y)
        second = self.inner._hessian(y)
        if second is None:
            return None
        xp, gate = self._xp, self._gate_name()
        base, extra = self._odds()
        factor, bend = xp.where(zero, base, 1.0), xp.where(zero, base * extra, 0.0)
        score = {
            name: xp.where(self._along(factor, name) > 0, value, 0.0)
            for name, value in self.inner._score(y).items()
        }
        second = {
            pair: xp.where(self._along(factor, *pair) > 0, value, 0.0)
            for pair, value in second.items()
        }
        names = list(score)
        found = {}
        for i, first in enumerate(names):
            for other in names[i:]:
                pair = (first, other)
                value = self._along(bend, *pair) * self._outer(score, *pair)
                if pair in second:
                    value = value + self._along(factor, *pair) * second[pair]
                found[pair] = value
        if gate == "gate":
            slope = self._gate_score(zero)
            found[gate, gate] = -slope * slope + 0 * factor
            cross = xp.where(zero, -xp.exp(self._log_mass() - 2 * self._log_atom()), 0.0)
        else:
            found[gate, gate] = bend - self.gate * self._rest
            cross = -bend
        for name in names:
            found[name, gate] = self._along(cross, name) * score[name]
        return found

    def _information(self) -> dict[tuple[str, str], Array]:
        xp, gate = self._xp, self._gate_name()
        _, extra = self._odds()
        mass, atom = xp.exp(self._log_mass()), xp.exp(self._log_atom())
        step = 1.0 if gate == "gate" else self.gate * self._rest
        slope = (1 - mass) / atom
        found = {
            pair: self._along(self._rest, *pair) * value
            for pair, value in self.inner.information().items()
        }
        found[gate, gate] = slope * step * (step / self._rest)
        if not self.inner.discrete:
            return found
        score = self.inner._score(self._zero())
        names = list(score)
        for i, first in enumerate(names):
            for other in names[i:]:
                pair = (first, other)
                lost = self._along(self._rest * mass * extra, *pair) * self._outer(score, *pair)
                found[pair] = found[pair] - lost if pair in found else -lost
            found[first, gate] = self._along(step * mass / atom, first) * score[first]
        return found

    def _cdf(self, y: Array) -> Array:
        value = self.gate + self._rest * self.inner.cdf(y)
        return self._xp.where(value < 1, value, 1.0)

    def _cdf_score(self, y: Array) -> dict[str, Array] | None:
        found = self.inner._cdf_score(self._inside(y)[1])
        if found is None or not self.inner.discrete:
            return None
        xp = self._xp
        weight = xp.exp(self._log_rest + self.inner._log_prob(y) - self._log_prob(y))
        step = 1.0 if self._gate_name() == "gate" else self.gate * self._rest
        gate = step * xp.exp(self.inner._log_sf(y) - self._log_prob(y))
        scaled = {name: self._along(weight, name) * value for name, value in found.items()}
        return {**scaled, self._gate_name(): gate}

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        extra = rng.random(shape) < self.gate
        return np.where(extra, 0.0, self.inner._sample(rng, shape))

    @property
    def mode(self) -> Array:
        xp, mode = self._xp, self.inner.mode
        if not self.inner.discrete:
            return xp.where(self.gate > 0, 0.0 * mode, mode)
        top = self._log_rest + self.inner._log_prob(mode)
        return xp.where(self._log_atom() >= top, 0.0 * mode, mode)

    def entropy(self) -> Array:
        xp, inner = self._xp, self.inner
        mass, atom = xp.exp(self._log_mass()), self._log_atom()
        positive = inner.entropy()
        if inner.discrete:
            positive = positive + special.xlogy(mass, mass)
        rest = self._rest
        return rest * positive - (1 - mass) * special.xlogy(rest, rest) - atom * xp.exp(atom)

    @classmethod
    def _start(cls, y: Array, weights: Array | None, *known: Any) -> dict[str, Array]:
        assert cls.base is not None
        some = y > 0
        if not np.any(some):
            some = np.ones(len(y), dtype=bool)
        data = {k: np.broadcast_to(v, len(y)) for k, v in (known[0] if known else {}).items()}
        kept = {k: v[some] for k, v in data.items()}
        part = None if weights is None else weights[some]
        inner = cls.base._start(y[some], part, *([kept] if known else []))
        zeros = np.average(y == 0, weights=weights)
        mass = 0.0
        if cls.base.discrete:
            rough = cls.base(**data, **inner) if known else cls.base(**inner)
            mass = float(np.mean(np.exp(rough._log_prob(np.zeros(())))))
        # What zeros the base family leaves unexplained, kept away from both ends.
        gate = np.clip((zeros - mass) / (1 - mass), 0.02, 0.98)
        return {**inner, "gate": np.asarray(gate)}

    @classmethod
    def _mle(cls, y: Array, weights: Array | None, *known: Any) -> dict[str, Array] | None:
        assert cls.base is not None
        if np.all(y == 0):
            raise NoFiniteOptimumError(
                f"{cls.__name__}: all observations are 0, so that nothing is known of"
                f" {cls.base.__name__}"
            )
        if not cls.base.discrete:
            part = None if weights is None else weights[y > 0]
            inner = cls.base.mle(y[y > 0], part, **(known[0] if known else {}))
            gate = np.average(y == 0, weights=weights)
            return {**{k: inner.value_of(k) for k in cls.base.parameter_names}, "gate": gate}
        data = known[0] if known else {}
        inner = cls.base.mle(y, weights, **data)
        values = {k: inner.value_of(k) for k in cls.base.parameter_names}
        at_edge = cls(**data, **values, gate=0.0)
        with np.errstate(all="ignore"):
            slope = np.average(at_edge._score(y)["gate"], weights=weights)
        # No more zeros than the family has of itself: the best gate is 0.
        return {**values, "gate": np.zeros(())} if slope <= 0 else None

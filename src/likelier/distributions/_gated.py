"""What zero-inflated and hurdle families share: a gate, and the base family's tail, scaled.

Both have P(Y > y) = w P_F(Y > y) for y >= 0, with w = 1 − gate for the inflated and
w = (1 − gate) / (1 − P_F(0)) for the hurdle family.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from likelier import special
from likelier.distributions._domains import Domain, log_odds, probability
from likelier.distributions._modifier import Modifier, inherited, scalar_family
from likelier.distributions._parameter import parameter
from likelier.errors import LikelierError
from likelier.special import Array

_BELOW_1 = math.nextafter(1.0, 0.0)


def log_or_lowest(xp: Any, p: Array) -> Array:
    """log p, −∞ at 0 without a warning."""
    some = xp.where(p > 0, p, 1.0)
    return xp.where(p > 0, xp.log(some), -xp.inf)


class Gated(Modifier):
    """A modifier that adds `gate` and puts an atom at zero."""

    @classmethod
    def modify(cls, family: Any) -> Any:
        """The family with a gate for zeros, of one whose values start at 0."""
        base = scalar_family(family, cls.__name__)
        if base.support.lower != 0:
            raise LikelierError(
                f"{cls.__name__} needs a family that starts at 0; {base.text()} takes"
                f" {base.support.text}"
            )
        return cls.family_of(base)

    @classmethod
    def declare(cls, base: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **inherited(base),
            "gate": parameter(
                probability,
                cls._gate_text,
                derive=lambda d: special.expit(d.gate_logits),
                linked={"logit": "gate_logits"},
            ),
            "gate_logits": parameter(
                log_odds,
                f"log odds of the {cls._gate_text}",
                derive=lambda d: special.logit(d.gate),
            ),
            "parametrisations": tuple(
                (*names, gate)
                for names in base.parametrisations
                for gate in ("gate", "gate_logits")
            ),
            "support": with_zero(base.support),
            "discrete": base.discrete,
            "smooth": base.smooth,
            "mixed": not base.discrete,
            "limits": {("gate", "lower"): cls._without_gate(base)},
        }

    @classmethod
    def _without_gate(cls, base: Any) -> str:
        """The family that is left when the gate goes to 0."""
        return base.text()

    gate: Any
    gate_logits: Any
    _gate_text = ""

    # ------------------------------------------------------------------ the pieces

    @property
    def _log_gate(self) -> Array:
        if "gate_logits" in self.given:
            return special.log_sigmoid(self.gate_logits)
        return log_or_lowest(self._xp, self.gate)

    @property
    def _log_rest(self) -> Array:
        """log(1 − gate)."""
        if "gate_logits" in self.given:
            return special.log_sigmoid(-self.gate_logits)
        return log_or_lowest(self._xp, 1 - self.gate)

    @property
    def _rest(self) -> Array:
        """1 − gate."""
        given = "gate_logits" in self.given
        return special.expit(-self.gate_logits) if given else 1 - self.gate

    def _log_mass(self) -> Array:
        """log of the base family's probability of zero."""
        if not self.inner.discrete:
            # The atom of a continuous family such as Tweedie's is not told from a density.
            return self._zero() - self._xp.inf
        return self.inner._log_prob(self._zero())

    def _log_weight(self) -> Array:
        """log of w, the factor on the base family's tail."""
        raise NotImplementedError

    def _left_out(self) -> Array:
        """The base family's probability that the modified one does not have."""
        return self._zero()

    def _inside(self, y: Array) -> tuple[Array, Array]:
        """Which observations are zero, and observations that the base family takes."""
        zero = y == 0
        if self.inner.discrete:
            return zero, y
        return zero, self._xp.where(zero, self.inner.support.example, y)

    def _full(self, x: Array, y: Array) -> Array:
        """An array over the whole batch and all observations."""
        shape = np.broadcast_shapes(tuple(x.shape), tuple(y.shape), self.batch_shape)
        return self._xp.broadcast_to(x, shape)

    def _gate_name(self) -> str:
        return "gate_logits" if "gate_logits" in self.given else "gate"

    # ------------------------------------------------------------------ the tail

    def _sf(self, y: Array) -> Array:
        return self._xp.exp(self._log_weight()) * self.inner.sf(y)

    def _log_sf(self, y: Array) -> Array:
        xp, cdf = self._xp, self._cdf(y)
        # Next to 1 the digits lie in the complement.
        near = cdf < 0.25
        value = self._log_weight() + self.inner.log_sf(y)
        return xp.where(near, xp.log1p(-xp.where(near, cdf, 0.0)), value)

    def _log_cdf(self, y: Array) -> Array:
        xp, cdf, sf = self._xp, self._cdf(y), self._sf(y)
        # Next to 1 the digits lie in the complement.
        near = (sf < 0.5) & (y >= 0)
        return xp.where(near, xp.log1p(-xp.where(near, sf, 0.0)), xp.log(cdf))

    def _quantile(self, q: Array) -> Array:
        # F = gate + w (F_F − the mass that is left out).
        atom = q <= self._cdf(self._zero())
        with np.errstate(all="ignore"):
            level = self._left_out() + (q - self.gate) / np.exp(self._log_weight())
            # Rounding must not make a level below 1 the end of the support.
            level = np.clip(level, 0.0, np.where(q < 1, _BELOW_1, 1.0))
            found = self.inner._quantile(np.where(atom, 0.5, level))
        return np.where(atom, 0.0, found)

    def _crps(self, y: Array) -> Array:
        # With S = w S_F, ∫ (F − 1)² needs the base family's score at y and at 0 alone.
        weight = np.exp(self._log_weight())
        at_zero = self.inner.crps(np.zeros(()))
        outside = np.where(y < 0, -y, 0.0)
        y = np.maximum(y, 0.0)
        score = weight * self.inner.crps(y) - weight * (1 - weight) * at_zero
        return (1 - weight) * y + score + outside

    @property
    def mean(self) -> Array:
        return self._xp.exp(self._log_weight()) * self.inner.mean

    @property
    def variance(self) -> Array:
        weight = self._xp.exp(self._log_weight())
        inner, mean = self.inner, self.inner.mean
        return weight * (inner.variance + (1 - weight) * mean * mean)


def with_zero(support: Domain) -> Domain:
    """A support that holds 0 as well."""
    if bool(support.contains(np, np.zeros(()))):
        return support
    return Domain(
        f"zero or {support.name}",
        f"0 or {support.text}",
        lambda xp, x: support.contains(xp, x) | (x == 0),
        examples=(*support.examples, 0.0),
        lower=support.lower,
        upper=support.upper,
    )

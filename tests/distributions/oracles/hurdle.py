"""Hurdle: Mullahy (1986), doi:10.1016/0304-4076(86)90002-3."""

from __future__ import annotations

from mpmath import mp, mpf

from oracles import gamma, poisson
from oracles._oracle import Oracle
from oracles._points import signed, unit
from oracles.zero_inflated import _split


def _of(base: Oracle, text: str, ordinary, atoms=()) -> Oracle:
    def passed(rest):
        """Probability that the base family gives to what is not 0."""
        return mpf(1) if atoms else -mp.expm1(base.log_prob(mpf(0), **rest))

    def log_prob(y, **parameters):
        gate, other, rest = _split(parameters)
        if y == 0:
            return mp.log(gate)
        return mp.log(other) + base.log_prob(y, **rest) - mp.log(passed(rest))

    def sf(y, **parameters):
        _, other, rest = _split(parameters)
        return other if y == 0 else other * base.sf(y, **rest) / passed(rest)

    def cdf(y, **parameters):
        gate, other, rest = _split(parameters)
        if y == 0:
            return gate
        below = mpf(0) if atoms else mp.exp(base.log_prob(mpf(0), **rest))
        return gate + other * (base.cdf(y, **rest) - below) / passed(rest)

    def gated(draw):
        def points(rng):
            for parameters, y in draw(rng):
                # Rates that leave the range of doubles have no positive counts.
                if parameters.get("rate") == 0 or abs(parameters.get("log_rate", 0)) > 600:
                    continue
                if rng.random() < 0.6:
                    gate = {"gate": unit(rng, 1e-10)}
                else:
                    gate = {"gate_logits": signed(rng, 1e-8, 300)}
                yield {**parameters, **gate}, 0.0 if rng.random() < 0.3 else y

        return points

    return Oracle(
        text,
        log_prob,
        gated(base.points),
        ordinary=ordinary,
        cdf=cdf,
        sf=sf,
        tails=gated(base.tails),
        atoms=atoms,
        exact_y=not atoms,
    )


POISSON = _of(
    poisson.ORACLE,
    "hurdle(poisson)",
    ({"rate": 3.0, "gate": 0.3}, {"rate": 0.8, "gate": 0.1}),
)
GAMMA = _of(
    gamma.ORACLE,
    "hurdle(gamma)",
    ({"mean": 3.0, "concentration": 2.5, "gate": 0.3},),
    atoms=(0.0,),
)

"""Zero-inflated: Lambert (1992), doi:10.2307/1269547."""

from __future__ import annotations

from mpmath import mp

from oracles import negative_binomial, poisson
from oracles._oracle import Oracle
from oracles._points import signed, unit


def _split(parameters):
    """(probability of the extra zero, its complement, the base family's parameters)."""
    rest = {k: v for k, v in parameters.items() if k not in ("gate", "gate_logits")}
    if "gate" in parameters:
        return parameters["gate"], 1 - parameters["gate"], rest
    eta = parameters["gate_logits"]
    return 1 / (1 + mp.exp(-eta)), 1 / (1 + mp.exp(eta)), rest


def _of(base: Oracle, text: str, ordinary, keep) -> Oracle:
    def log_prob(y, **parameters):
        gate, other, rest = _split(parameters)
        if y == 0:
            return mp.log(gate + other * mp.exp(base.log_prob(y, **rest)))
        return mp.log(other) + base.log_prob(y, **rest)

    def cdf(y, **parameters):
        gate, other, rest = _split(parameters)
        return gate + other * base.cdf(y, **rest)

    def sf(y, **parameters):
        _, other, rest = _split(parameters)
        return other * base.sf(y, **rest)

    def gated(draw):
        def points(rng):
            for parameters, y in draw(rng):
                if not keep(parameters):
                    continue
                if rng.random() < 0.6:
                    gate = {"gate": unit(rng, 1e-10)}
                else:
                    gate = {"gate_logits": signed(rng, 1e-8, 300)}
                yield {**parameters, **gate}, 0.0 if rng.random() < 0.5 else y

        return points

    return Oracle(
        text,
        log_prob,
        gated(base.points),
        ordinary=ordinary,
        cdf=cdf,
        sf=sf,
        tails=gated(base.tails),
        exact_y=True,
    )


POISSON = _of(
    poisson.ORACLE,
    "zero_inflated(poisson)",
    ({"rate": 3.0, "gate": 0.3}, {"rate": 0.8, "gate": 0.1}),
    # A rate beyond the doubles has no derivative among them.
    lambda p: p.get("log_rate", 0) < 700,
)
NEGATIVE_BINOMIAL = _of(
    negative_binomial.NB2,
    "zero_inflated(negative_binomial)",
    ({"mean": 3.0, "dispersion": 0.5, "gate": 0.3},),
    lambda p: "mean" in p and p["mean"] > 0,
)

"""Zero-one-inflated Beta: Ospina and Ferrari (2010), doi:10.1007/s00362-008-0125-4."""

from __future__ import annotations

from mpmath import mp, mpf

from oracles import beta
from oracles._oracle import Oracle


def _rest(parameters):
    return {k: v for k, v in parameters.items() if k not in ("zero", "one")}


def log_prob(y, zero, one, **rest):
    if y == 0:
        return mp.log(zero)
    if y == 1:
        return mp.log(one)
    return mp.log(1 - zero - one) + beta.log_prob(y, **rest)


def cdf(y, zero, one, **rest):
    if y >= 1:
        return mpf(1)
    return zero + (1 - zero - one) * (beta.cdf(y, **rest) if y > 0 else 0)


def sf(y, zero, one, **rest):
    if y >= 1:
        return mpf(0)
    return one + (1 - zero - one) * (beta.sf(y, **rest) if y > 0 else 1)


def _inflated(draw):
    def points(rng):
        for parameters, y in draw(rng):
            if "mean" not in parameters:
                continue
            both = float(rng.uniform(0.02, 0.9))
            zero = both * float(rng.uniform(0.05, 0.95))
            u = rng.random()
            at = 0.0 if u < 0.15 else 1.0 if u < 0.3 else y
            yield {**parameters, "zero": zero, "one": both - zero}, at

    return points


def _twice(rng):
    yield from beta.points(rng)
    yield from beta.points(rng)


ORACLE = Oracle(
    "zero_one_inflated(beta)",
    log_prob,
    _inflated(_twice),
    ordinary=({"mean": 0.3, "precision": 5.0, "zero": 0.1, "one": 0.2},),
    cdf=cdf,
    sf=sf,
    tails=_inflated(beta.tails),
    atoms=(0.0, 1.0),
)

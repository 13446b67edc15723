"""LogNormal: the density from its definition, probabilities by the complementary error function."""

from __future__ import annotations

import math

from mpmath import mp

from oracles._oracle import Oracle
from oracles._points import log_uniform, signed


def log_prob(y, loc, scale):
    z = (mp.log(y) - loc) / scale
    return -(z**2) / 2 - mp.log(scale * y) - mp.log(2 * mp.pi) / 2


def cdf(y, loc, scale):
    return mp.erfc((loc - mp.log(y)) / scale / mp.sqrt(2)) / 2


def sf(y, loc, scale):
    return mp.erfc((mp.log(y) - loc) / scale / mp.sqrt(2)) / 2


def points(rng):
    for _ in range(120):
        scale = log_uniform(rng, 0.01, 10)
        loc = signed(rng, 1e-3, 50)
        yield {"loc": loc, "scale": scale}, math.exp(loc + scale * signed(rng, 1e-3, 36))
    for _ in range(120):
        scale = log_uniform(rng, 1e-8, 1e8)
        loc = signed(rng, 1e-8, 300)
        yield {"loc": loc, "scale": scale}, log_uniform(rng, 1e-300, 1e300)


ORACLE = Oracle(
    "LogNormal",
    log_prob,
    points,
    ordinary=({"loc": 0.3, "scale": 0.7}, {"loc": -3.0, "scale": 0.2}),
    cdf=cdf,
    sf=sf,
    sweeps=(
        ({"loc": 0.5, "scale": (1e-8, 1e8)}, 0.7),
        ({"loc": (-50.0, 50.0), "scale": 2.0}, 0.7),
    ),
)

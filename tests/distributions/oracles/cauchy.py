"""Cauchy: the density from its definition, probabilities by the arc tangent of 1 / z."""

from __future__ import annotations

from mpmath import mp

from oracles._oracle import Oracle
from oracles._points import log_uniform, signed


def log_prob(y, loc, scale):
    z = (y - loc) / scale
    return -mp.log(mp.pi * scale * (1 + z**2))


def cdf(y, loc, scale):
    z = (y - loc) / scale
    return mp.acot(-z) / mp.pi if z < 0 else 1 - mp.acot(z) / mp.pi if z > 0 else mp.mpf(1) / 2


def sf(y, loc, scale):
    return cdf(-y, -loc, scale)


def points(rng):
    for _ in range(120):
        scale = log_uniform(rng, 0.01, 100)
        loc = signed(rng, 1e-3, 1e3)
        yield {"loc": loc, "scale": scale}, loc + scale * signed(rng, 1e-3, 1e15)
    for _ in range(120):
        scale = log_uniform(rng, 1e-140, 1e140)
        loc = scale * signed(rng, 1e-8, 1e8) * (rng.random() < 0.8)
        yield {"loc": loc, "scale": scale}, loc + scale * signed(rng, 1e-8, 1e160)


ORACLE = Oracle(
    "Cauchy",
    log_prob,
    points,
    ordinary=({"loc": 0.3, "scale": 1.7}, {"loc": -12.0, "scale": 0.2}),
    cdf=cdf,
    sf=sf,
    sweeps=(
        ({"loc": 0.5, "scale": (1e-150, 1e150)}, 0.7),
        ({"loc": (-50.0, 50.0), "scale": 2.0}, 0.7),
    ),
)

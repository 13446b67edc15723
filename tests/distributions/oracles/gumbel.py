"""Gumbel: the double exponential of its definition."""

from __future__ import annotations

from mpmath import mp

from oracles._oracle import Oracle
from oracles._points import log_uniform, signed


def log_prob(y, loc, scale):
    z = (y - loc) / scale
    return -mp.log(scale) - z - mp.exp(-z)


def cdf(y, loc, scale):
    return mp.exp(-mp.exp((loc - y) / scale))


def sf(y, loc, scale):
    return -mp.expm1(-mp.exp((loc - y) / scale))


def points(rng):
    for _ in range(120):
        scale = log_uniform(rng, 0.01, 100)
        loc = signed(rng, 1e-3, 1e3)
        z = log_uniform(rng, 1e-3, 660) if rng.random() < 0.5 else -log_uniform(rng, 1e-3, 6.4)
        yield {"loc": loc, "scale": scale}, loc + scale * z
    for _ in range(120):
        scale = log_uniform(rng, 1e-150, 1e150)
        loc = scale * signed(rng, 1e-8, 1e8) * (rng.random() < 0.8)
        z = log_uniform(rng, 1e-8, 1e6) if rng.random() < 0.5 else -log_uniform(rng, 1e-8, 600)
        yield {"loc": loc, "scale": scale}, loc + scale * z


ORACLE = Oracle(
    "Gumbel",
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

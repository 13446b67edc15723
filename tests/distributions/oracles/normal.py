"""Normal: the density from its definition, probabilities by the complementary error function."""

from __future__ import annotations

from mpmath import mp

from oracles._oracle import Oracle
from oracles._points import log_uniform, signed


def log_prob(y, loc, scale):
    z = (y - loc) / scale
    return -(z**2) / 2 - mp.log(scale) - mp.log(2 * mp.pi) / 2


def cdf(y, loc, scale):
    return mp.erfc((loc - y) / scale / mp.sqrt(2)) / 2


def sf(y, loc, scale):
    return mp.erfc((y - loc) / scale / mp.sqrt(2)) / 2


def points(rng):
    for _ in range(120):
        scale = log_uniform(rng, 0.01, 100)
        loc = signed(rng, 1e-3, 1e3)
        yield {"loc": loc, "scale": scale}, loc + scale * signed(rng, 1e-3, 36)
    for _ in range(120):
        scale = log_uniform(rng, 1e-150, 1e150)
        loc = scale * signed(rng, 1e-8, 1e8) * (rng.random() < 0.8)
        yield {"loc": loc, "scale": scale}, loc + scale * signed(rng, 1e-8, 1e6)


ORACLE = Oracle(
    "Normal",
    log_prob,
    points,
    ordinary=({"loc": 0.3, "scale": 1.7}, {"loc": -12.0, "scale": 0.2}),
    cdf=cdf,
    sf=sf,
    sweeps=(
        ({"loc": 0.5, "scale": (1e-60, 1e150)}, 0.7),
        ({"loc": (-50.0, 50.0), "scale": 2.0}, 0.7),
    ),
)

"""Laplace: the two exponentials of its definition."""

from __future__ import annotations

from mpmath import mp, mpf

from oracles._oracle import Oracle
from oracles._points import log_uniform, signed


def log_prob(y, loc, scale):
    return -mp.log(2 * scale) - abs(y - loc) / scale


def cdf(y, loc, scale):
    if y < loc:
        return mp.exp((y - loc) / scale) / 2
    return 1 - mp.exp((loc - y) / scale) / 2


def sf(y, loc, scale):
    return cdf(-y, -loc, scale)


def score(y, loc, scale):
    z = (y - loc) / scale
    return {"loc": mpf(mp.sign(z)) / scale, "scale": (abs(z) - 1) / scale}


def points(rng):
    for _ in range(120):
        scale = log_uniform(rng, 0.01, 100)
        loc = signed(rng, 1e-3, 1e3)
        yield {"loc": loc, "scale": scale}, loc + scale * signed(rng, 1e-3, 660)
    for _ in range(120):
        scale = log_uniform(rng, 1e-150, 1e150)
        loc = scale * signed(rng, 1e-8, 1e8) * (rng.random() < 0.8)
        yield {"loc": loc, "scale": scale}, loc + scale * signed(rng, 1e-8, 1e6)
    yield {"loc": 1.5, "scale": 2.0}, 1.5


def tails(rng):
    for parameters, y in points(rng):
        if y != parameters["loc"]:
            yield parameters, y


ORACLE = Oracle(
    "Laplace",
    log_prob,
    points,
    ordinary=({"loc": 0.3, "scale": 1.7}, {"loc": -12.0, "scale": 0.2}),
    cdf=cdf,
    sf=sf,
    score=score,
    tails=tails,
    sweeps=(
        ({"loc": 0.5, "scale": (1e-150, 1e150)}, 0.7),
        ({"loc": (-50.0, 50.0), "scale": 2.0}, 0.7),
    ),
)

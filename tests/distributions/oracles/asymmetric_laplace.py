"""Asymmetric Laplace: an exponential on either side, weighted by the level."""

from __future__ import annotations

from mpmath import mp

from oracles._oracle import Oracle
from oracles._points import log_uniform, signed, unit


def log_prob(y, loc, scale, quantile=0.5):
    z = (y - loc) / scale
    loss = z * quantile if z >= 0 else -z * (1 - quantile)
    return mp.log(quantile * (1 - quantile) / scale) - loss


def cdf(y, loc, scale, quantile=0.5):
    z = (y - loc) / scale
    if z < 0:
        return quantile * mp.exp((1 - quantile) * z)
    return 1 - (1 - quantile) * mp.exp(-quantile * z)


def sf(y, loc, scale, quantile=0.5):
    return cdf(-y, -loc, scale, 1 - quantile)


def points(rng):
    for _ in range(120):
        scale, level = log_uniform(rng, 0.01, 100), unit(rng, 1e-6)
        loc = signed(rng, 1e-3, 1e3)
        z = signed(rng, 1e-3, 600)
        yield {"loc": loc, "scale": scale, "quantile": level}, loc + scale * z
    for _ in range(120):
        scale, level = log_uniform(rng, 1e-150, 1e150), unit(rng)
        loc = scale * signed(rng, 1e-8, 1e8) * (rng.random() < 0.8)
        z = signed(rng, 1e-8, 1e6)
        yield {"loc": loc, "scale": scale, "quantile": level}, loc + scale * z


ORACLE = Oracle(
    "AsymmetricLaplace",
    log_prob,
    points,
    ordinary=(
        {"loc": 0.3, "scale": 1.7, "quantile": 0.5},
        {"loc": -12.0, "scale": 0.2, "quantile": 0.9},
    ),
    cdf=cdf,
    sf=sf,
    sweeps=(
        ({"loc": 0.5, "scale": (1e-150, 1e150), "quantile": 0.3}, 0.7),
        ({"loc": 0.5, "scale": 2.0, "quantile": (1e-12, 0.999)}, 0.7),
    ),
)

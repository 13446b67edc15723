"""Generalised Pareto: Pickands (1975), doi:10.1214/aos/1176343003."""

from __future__ import annotations

from mpmath import mp

from oracles._oracle import Oracle
from oracles._points import log_uniform, signed


def _hazard(y, scale, shape):
    """−log of the survival function."""
    z = y / scale
    return z if shape == 0 else mp.log1p(shape * z) / shape


def log_prob(y, scale, shape):
    return -mp.log(scale) - (1 + shape) * _hazard(y, scale, shape)


def cdf(y, scale, shape):
    return -mp.expm1(-_hazard(y, scale, shape))


def sf(y, scale, shape):
    return mp.exp(-_hazard(y, scale, shape))


def points(rng):
    for i in range(250):
        scale = log_uniform(rng, 1e-2, 1e2) if i < 150 else log_uniform(rng, 1e-100, 1e100)
        kind = rng.integers(3)
        shape = (
            float(rng.uniform(-0.9, 2))
            if kind == 0
            else signed(rng, 1e-15, 0.5)
            if kind == 1
            else 0.0
            if rng.random() < 0.2
            else log_uniform(rng, 1e-6, 10)
        )
        # A share of the way to the end of the support where it has one.
        end = -1 / shape if shape < 0 else 1e4
        z = log_uniform(rng, 1e-8, 1) * end if rng.random() < 0.5 else log_uniform(rng, 1e-3, 20)
        yield {"scale": scale, "shape": shape}, scale * min(z, 0.999 * end)


ORACLE = Oracle(
    "GeneralizedPareto",
    log_prob,
    points,
    ordinary=(
        {"scale": 2.0, "shape": 0.1},
        {"scale": 0.7, "shape": -0.2},
        {"scale": 1.0, "shape": 0.0},
    ),
    cdf=cdf,
    sf=sf,
    sweeps=(
        ({"scale": 2.0, "shape": (1e-15, 10.0)}, 3.0),
        ({"scale": 2.0, "shape": (-0.4, 0.6)}, 3.0),
        ({"scale": (1e-1, 1e100), "shape": 0.3}, 3.0),
    ),
)

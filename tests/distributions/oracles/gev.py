"""Generalised extreme value: Coles (2001), ch. 3; positive shapes have the heavy upper tail."""

from __future__ import annotations

from mpmath import mp

from oracles._oracle import Oracle
from oracles._points import log_uniform, signed


def _reduced(y, loc, scale, shape):
    """−log t, where cdf = exp(−t)."""
    z = (y - loc) / scale
    return z if shape == 0 else mp.log1p(shape * z) / shape


def log_prob(y, loc, scale, shape):
    u = _reduced(y, loc, scale, shape)
    return -mp.log(scale) - (1 + shape) * u - mp.exp(-u)


def cdf(y, loc, scale, shape):
    return mp.exp(-mp.exp(-_reduced(y, loc, scale, shape)))


def sf(y, loc, scale, shape):
    return -mp.expm1(-mp.exp(-_reduced(y, loc, scale, shape)))


def points(rng):
    for i in range(250):
        scale = log_uniform(rng, 1e-2, 1e2) if i < 150 else log_uniform(rng, 1e-100, 1e100)
        loc = scale * signed(rng, 1e-3, 1e3) * (rng.random() < 0.8)
        kind = rng.integers(3)
        shape = (
            float(rng.uniform(-0.9, 1.5))
            if kind == 0
            else signed(rng, 1e-15, 0.5)
            if kind == 1
            else 0.0
            if rng.random() < 0.2
            else log_uniform(rng, 1e-6, 5)
        )
        # By the reduced variable, so that both tails are reached and the support is kept.
        u = float(rng.uniform(-5, 5)) if rng.random() < 0.7 else float(rng.uniform(-6, 100))
        z = u if shape == 0 else float(mp.expm1(shape * mp.mpf(u)) / shape)
        # Where rounding of z would not move the point across the end of the support.
        if abs(z) < 1e8 and 1 + shape * z > 1e-6:
            yield {"loc": loc, "scale": scale, "shape": shape}, loc + scale * z


ORACLE = Oracle(
    "GEV",
    log_prob,
    points,
    ordinary=(
        {"loc": 0.5, "scale": 2.0, "shape": 0.1},
        {"loc": -3.0, "scale": 0.7, "shape": -0.2},
        {"loc": 0.0, "scale": 1.0, "shape": 0.0},
    ),
    cdf=cdf,
    sf=sf,
    sweeps=(
        ({"loc": 0.0, "scale": 2.0, "shape": (1e-15, 10.0)}, 3.0),
        ({"loc": 0.0, "scale": 2.0, "shape": (-0.4, 0.6)}, 3.0),
        ({"loc": 0.3, "scale": (1e-1, 1e100), "shape": 0.3}, 3.0),
    ),
)

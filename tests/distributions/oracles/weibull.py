"""Weibull: Johnson, Kotz and Balakrishnan (1994), ch. 21."""

from __future__ import annotations

from mpmath import mp, mpf

from oracles._functions import xlogy
from oracles._oracle import Oracle
from oracles._points import log_uniform


def log_prob(y, scale, concentration):
    k, z = concentration, y / scale
    return mp.log(k / scale) + xlogy(k - 1, z) - z**k


def cdf(y, scale, concentration):
    return -mp.expm1(-((y / scale) ** concentration))


def sf(y, scale, concentration):
    hazard = (y / scale) ** concentration
    # mpmath spends hours on the exponential of a number of a hundred thousand digits.
    return mp.exp(-hazard) if hazard < mpf(10) ** 12 else mpf(0)


def points(rng):
    for _ in range(140):
        scale, k = log_uniform(rng, 1e-3, 1e3), log_uniform(rng, 0.2, 20)
        yield {"scale": scale, "concentration": k}, scale * log_uniform(rng, 1e-5, 650) ** (1 / k)
    for _ in range(100):
        scale, k = log_uniform(rng, 1e-150, 1e150), log_uniform(rng, 1e-2, 1e6)
        z = log_uniform(rng, 1e-300 if k > 10 else 1e-20, 650) ** (1 / k)
        yield {"scale": scale, "concentration": k}, scale * min(max(z, 1e-140), 1e140)


ORACLE = Oracle(
    "Weibull",
    log_prob,
    points,
    ordinary=({"scale": 2.0, "concentration": 1.5}, {"scale": 0.3, "concentration": 0.8}),
    cdf=cdf,
    sf=sf,
    sweeps=(
        ({"scale": (1e-1, 1e100), "concentration": 1.3}, 2.0),
        ({"scale": 2.0, "concentration": (1e-2, 1e2)}, 2.1),
    ),
)

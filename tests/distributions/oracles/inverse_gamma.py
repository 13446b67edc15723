"""Inverse gamma: the reciprocal of a Gamma(concentration, rate) variable."""

from __future__ import annotations

from mpmath import mp

from oracles._functions import gamma_p, gamma_q
from oracles._oracle import Oracle
from oracles._points import log_uniform


def log_prob(y, concentration, rate):
    k = concentration
    return k * mp.log(rate) - mp.loggamma(k) - (k + 1) * mp.log(y) - rate / y


def cdf(y, concentration, rate):
    return gamma_q(concentration, rate / y)


def sf(y, concentration, rate):
    return gamma_p(concentration, rate / y)


def points(rng):
    for _ in range(140):
        k, rate = log_uniform(rng, 0.1, 100), log_uniform(rng, 1e-3, 1e3)
        yield {"concentration": k, "rate": rate}, rate / k * log_uniform(rng, 0.05, 100)
    for _ in range(100):
        k, rate = log_uniform(rng, 1e-6, 1e12), log_uniform(rng, 1e-100, 1e100)
        near = 1 + rng.uniform(-4, 4) / (25 + k) ** 0.5
        yield {"concentration": k, "rate": rate}, rate / max(k, 1e-3) * near


def tails(rng):
    for _ in range(200):
        k, rate = log_uniform(rng, 0.1, 1e4), log_uniform(rng, 1e-3, 1e3)
        far = log_uniform(rng, 0.05, 1 + 300 / k if k < 300 else 1 + 30 / k**0.5)
        yield {"concentration": k, "rate": rate}, rate / k / far


ORACLE = Oracle(
    "InverseGamma",
    log_prob,
    points,
    ordinary=({"concentration": 6.0, "rate": 3.0}, {"concentration": 9.0, "rate": 0.5}),
    cdf=cdf,
    sf=sf,
    tails=tails,
    sweeps=(
        ({"concentration": (1e-6, 1e10), "rate": 3.0}, 2.0),
        ({"concentration": 2.0, "rate": (1e-100, 10.0)}, 2.0),
    ),
)

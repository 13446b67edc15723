"""Gamma: Johnson, Kotz and Balakrishnan (1994), ch. 17."""

from __future__ import annotations

from mpmath import mp

from oracles._functions import gamma_p, gamma_q
from oracles._oracle import Oracle
from oracles._points import log_uniform


def _rate(mean, concentration, rate):
    return concentration / mean if rate is None else rate


def log_prob(y, concentration, mean=None, rate=None):
    rate = _rate(mean, concentration, rate)
    k = concentration
    return k * mp.log(rate) - mp.loggamma(k) + (k - 1) * mp.log(y) - rate * y


def cdf(y, concentration, mean=None, rate=None):
    return gamma_p(concentration, y * _rate(mean, concentration, rate))


def sf(y, concentration, mean=None, rate=None):
    return gamma_q(concentration, y * _rate(mean, concentration, rate))


def _draw(rng, k, mean):
    sd = mean / k**0.5
    kind = rng.integers(3)
    if kind == 0 and k > 0.1:
        return max(mean + sd * rng.normal() * 3, mean * 1e-3)
    return mean * log_uniform(rng, 1e-4, 40 + 20 / k if k < 1e3 else 2)


def points(rng):
    for _ in range(100):
        k, mean = log_uniform(rng, 0.05, 200), log_uniform(rng, 1e-3, 1e3)
        yield {"mean": mean, "concentration": k}, _draw(rng, k, mean)
    for _ in range(90):
        k, mean = log_uniform(rng, 1e-6, 1e15), log_uniform(rng, 1e-140, 1e140)
        yield (
            {"mean": mean, "concentration": k},
            mean * (1 + rng.normal() / (1 + k) ** 0.5 if k > 1e4 else log_uniform(rng, 1e-8, 1e4)),
        )
    for _ in range(60):
        k, rate = log_uniform(rng, 1e-3, 1e6), log_uniform(rng, 1e-100, 1e100)
        yield {"concentration": k, "rate": rate}, _draw(rng, k, k / rate)


def tails(rng):
    for _ in range(160):
        k, mean = log_uniform(rng, 1e-2, 1e4), log_uniform(rng, 1e-3, 1e3)
        far = log_uniform(rng, 1e-6, 1 + 300 / k if k < 300 else 1 + 30 / k**0.5)
        yield {"mean": mean, "concentration": k}, mean * far
    for _ in range(20):
        k = log_uniform(rng, 1e4, 1e10)
        yield {"mean": 2.0, "concentration": k}, 2.0 * max(1 + rng.uniform(-20, 20) / k**0.5, 0.1)
    for _ in range(20):
        k = log_uniform(rng, 0.1, 100)
        yield {"concentration": k, "rate": 3.0}, k / 3 * log_uniform(rng, 0.01, 10)


ORACLE = Oracle(
    "Gamma",
    log_prob,
    points,
    ordinary=(
        {"mean": 2.0, "concentration": 3.0},
        {"mean": 0.4, "concentration": 0.7},
        {"concentration": 12.0, "rate": 3.0},
    ),
    cdf=cdf,
    sf=sf,
    tails=tails,
    sweeps=(
        ({"mean": 2.0, "concentration": (1e-6, 1e15)}, 2.0000001),
        ({"mean": (1e-100, 1e100), "concentration": 2.5}, 1.7),
    ),
)

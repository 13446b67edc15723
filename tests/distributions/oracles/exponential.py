"""Exponential: its definition."""

from __future__ import annotations

from mpmath import mp

from oracles._oracle import Oracle
from oracles._points import log_uniform


def _rate(mean, rate):
    return 1 / mean if rate is None else rate


def log_prob(y, mean=None, rate=None):
    return mp.log(_rate(mean, rate)) - _rate(mean, rate) * y


def cdf(y, mean=None, rate=None):
    return -mp.expm1(-y * _rate(mean, rate))


def sf(y, mean=None, rate=None):
    return mp.exp(-y * _rate(mean, rate))


def points(rng):
    for _ in range(120):
        mean = log_uniform(rng, 1e-3, 1e3)
        yield {"mean": mean}, mean * log_uniform(rng, 1e-6, 700)
    for _ in range(60):
        mean = log_uniform(rng, 1e-150, 1e150)
        yield {"mean": mean}, mean * log_uniform(rng, 1e-20, 700)
        yield {"rate": 1 / mean}, mean * log_uniform(rng, 1e-20, 700)
    yield {"mean": 3.0}, 0.0
    yield {"rate": 3.0}, 0.0


ORACLE = Oracle(
    "Exponential",
    log_prob,
    points,
    ordinary=({"mean": 0.7}, {"mean": 12.0}, {"rate": 3.0}),
    cdf=cdf,
    sf=sf,
    sweeps=(({"mean": (1e-2, 1e150)}, 2.0), ({"rate": (1e-150, 1e2)}, 2.0)),
)

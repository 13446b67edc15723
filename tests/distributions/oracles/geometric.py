"""Geometric, the number of failures before a success: its definition."""

from __future__ import annotations

from mpmath import mp

from oracles._functions import xlogy
from oracles._oracle import Oracle
from oracles._points import count, log_uniform, signed, unit


def _chances(mean=None, log_mean=None, probs=None):
    """(of success, of failure)."""
    if log_mean is not None:
        return 1 / (1 + mp.exp(log_mean)), 1 / (1 + mp.exp(-log_mean))
    return (1 / (1 + mean), mean / (1 + mean)) if probs is None else (probs, 1 - probs)


def log_prob(y, **parameters):
    success, failure = _chances(**parameters)
    return mp.log(success) + xlogy(y, failure)


def cdf(y, **parameters):
    return -mp.expm1((y + 1) * mp.log(_chances(**parameters)[1]))


def sf(y, **parameters):
    return _chances(**parameters)[1] ** (y + 1)


def points(rng):
    for _ in range(80):
        mean = log_uniform(rng, 0.01, 1e3)
        yield {"mean": mean}, count(rng, 5 * mean + 5)
    for _ in range(80):
        mean = log_uniform(rng, 1e-15, 1e12)
        yield {"mean": mean}, count(rng, 1e12)
    for _ in range(80):
        probs = unit(rng, 1e-12)
        yield {"probs": probs}, count(rng, 3 + 5 / probs)
    for _ in range(40):
        yield {"log_mean": signed(rng, 1e-3, 300)}, count(rng, 1e6)
    yield {"log_mean": 0.0}, 1.0


def tails(rng):
    for _ in range(150):
        mean = log_uniform(rng, 0.01, 1e3)
        yield {"mean": mean}, count(rng, 300 * (1 + mean))
    for _ in range(60):
        yield {"probs": unit(rng, 1e-12)}, count(rng, 100)


ORACLE = Oracle(
    "Geometric",
    log_prob,
    points,
    ordinary=({"mean": 3.0}, {"mean": 0.4}, {"probs": 0.3}),
    cdf=cdf,
    sf=sf,
    tails=tails,
    exact_y=True,
    sweeps=(({"mean": (1e-3, 1e12)}, 3.0), ({"probs": (1e-12, 0.9)}, 3.0)),
)

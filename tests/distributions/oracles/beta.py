"""Beta: Johnson, Kotz and Balakrishnan (1995), ch. 25; mean and precision as in betareg."""

from __future__ import annotations

from mpmath import mp

from oracles._functions import beta_i, log_beta
from oracles._oracle import Oracle
from oracles._points import log_uniform, unit


def _shapes(mean=None, precision=None, mean_logits=None, concentration1=None, concentration0=None):
    if concentration1 is not None:
        return concentration1, concentration0
    if mean is None:
        return precision / (1 + mp.exp(-mean_logits)), precision / (1 + mp.exp(mean_logits))
    return mean * precision, (1 - mean) * precision


def log_prob(y, **parameters):
    a, b = _shapes(**parameters)
    return (a - 1) * mp.log(y) + (b - 1) * mp.log1p(-y) - log_beta(a, b)


def cdf(y, **parameters):
    a, b = _shapes(**parameters)
    return beta_i(a, b, y)


def sf(y, **parameters):
    a, b = _shapes(**parameters)
    return beta_i(b, a, 1 - y)


def _near(rng, mean, precision):
    """An observation within the bulk, at least as far as doubles tell it from 0 and 1."""
    sd = (mean * (1 - mean) / (1 + precision)) ** 0.5
    return float(min(max(mean + sd * rng.normal(), mean * 1e-3), 1 - max((1 - mean) * 1e-3, 1e-16)))


def points(rng):
    for _ in range(90):
        mean, precision = float(rng.uniform(0.02, 0.98)), log_uniform(rng, 0.1, 300)
        yield {"mean": mean, "precision": precision}, _near(rng, mean, precision)
    for _ in range(70):
        mean, precision = unit(rng, 1e-6), log_uniform(rng, 1e-6, 1e8)
        y = _near(rng, mean, precision) if rng.random() < 0.5 else unit(rng, 1e-200)
        yield {"mean": mean, "precision": precision}, y
    for _ in range(90):
        a, b = log_uniform(rng, 1e-6, 1e8), log_uniform(rng, 1e-6, 1e8)
        y = _near(rng, a / (a + b), a + b) if rng.random() < 0.5 else unit(rng, 1e-200)
        yield {"concentration1": a, "concentration0": b}, y
    for _ in range(40):
        eta, precision = float(rng.uniform(-40, 40)), log_uniform(rng, 1e-3, 1e6)
        yield {"mean_logits": eta, "precision": precision}, unit(rng, 1e-30)


def tails(rng):
    for _ in range(120):
        a, b = log_uniform(rng, 0.05, 1e3), log_uniform(rng, 0.05, 1e3)
        yield {"concentration1": a, "concentration0": b}, unit(rng, 1e-20)
    for _ in range(60):
        mean, precision = float(rng.uniform(0.02, 0.98)), log_uniform(rng, 0.1, 1e5)
        sd = (mean * (1 - mean) / (1 + precision)) ** 0.5
        y = min(max(mean + sd * rng.uniform(-20, 20), mean * 1e-3), 1 - (1 - mean) * 1e-3)
        yield {"mean": mean, "precision": precision}, float(y)
    for _ in range(20):
        eta, precision = float(rng.uniform(-10, 10)), log_uniform(rng, 0.1, 1e3)
        yield {"mean_logits": eta, "precision": precision}, unit(rng, 1e-8)


ORACLE = Oracle(
    "Beta",
    log_prob,
    points,
    ordinary=(
        {"mean": 0.3, "precision": 5.0},
        {"mean": 0.2, "precision": 1.5},
        {"concentration1": 2.0, "concentration0": 9.0},
    ),
    cdf=cdf,
    sf=sf,
    tails=tails,
    sweeps=(
        ({"mean": 0.3, "precision": (1e-6, 1e8)}, 0.30001),
        ({"mean": (1e-12, 0.9), "precision": 7.0}, 0.3),
        ({"concentration1": (1e-6, 1e8), "concentration0": 3.0}, 0.99),
    ),
)

"""Poisson: its definition; probabilities by the incomplete gamma function."""

from __future__ import annotations

from mpmath import mp, mpf

from oracles._functions import gamma_p, gamma_q, xlogy
from oracles._oracle import Oracle
from oracles._points import count, log_uniform


def _rate(rate, log_rate):
    return mp.exp(log_rate) if rate is None else rate


def log_prob(y, rate=None, log_rate=None):
    if rate is None:
        return y * log_rate - mp.exp(log_rate) - mp.loggamma(y + 1)
    return xlogy(y, rate) - rate - mp.loggamma(y + 1)


def cdf(y, rate=None, log_rate=None):
    return gamma_q(y + 1, _rate(rate, log_rate))


def sf(y, rate=None, log_rate=None):
    return gamma_p(y + 1, _rate(rate, log_rate)) if y >= 0 else mpf(1)


def _near(rng, rate):
    return max(0.0, float(round(rate + rng.normal() * rate**0.5 * 3)))


def points(rng):
    for _ in range(100):
        rate = log_uniform(rng, 0.01, 300)
        yield {"rate": rate}, _near(rng, rate)
    for _ in range(80):
        rate = log_uniform(rng, 1e-300, 1e12)
        yield {"rate": rate}, _near(rng, rate) if rng.random() < 0.5 else count(rng, 1e12)
    for _ in range(40):
        eta = float(rng.uniform(-5, 27))
        yield {"log_rate": eta}, _near(rng, float(mp.exp(eta)))
    for _ in range(20):
        yield {"log_rate": float(rng.uniform(-800, 700))}, count(rng, 1e12)
    yield {"rate": 0.0}, 0.0
    yield {"log_rate": -800.0}, 0.0
    yield {"log_rate": -800.0}, 3.0
    yield {"log_rate": 800.0}, 3.0
    yield {"log_rate": 0.0}, 1.0


def tails(rng):
    for _ in range(150):
        rate = log_uniform(rng, 0.01, 1e4)
        y = float(round(rate * log_uniform(rng, 0.01, 1 + 200 / (1 + rate**0.75))))
        yield {"rate": rate}, y
    for _ in range(30):
        rate = log_uniform(rng, 1e4, 1e10)
        yield {"rate": rate}, float(round(rate + rng.uniform(-30, 30) * rate**0.5))
    for _ in range(30):
        yield {"log_rate": float(rng.uniform(-20, 6))}, count(rng, 60)


ORACLE = Oracle(
    "Poisson",
    log_prob,
    points,
    ordinary=({"rate": 3.2}, {"rate": 0.4}, {"log_rate": 3.0}),
    cdf=cdf,
    sf=sf,
    tails=tails,
    exact_y=True,
    sweeps=(
        ({"rate": (1e-2, 1e12)}, 3.0),
        ({"rate": (0.5, 1e9)}, 1e6),
        ({"log_rate": (-100.0, 25.0)}, 7.0),
    ),
)

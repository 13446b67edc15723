"""Binomial: its definition; probabilities by the incomplete beta function."""

from __future__ import annotations

from mpmath import mp, mpf

from oracles._functions import beta_i, log_binomial, xlogy
from oracles._oracle import Oracle
from oracles._points import count, signed, unit


def _chances(logits=None, probs=None):
    if logits is None:
        return probs, 1 - probs
    return 1 / (1 + mp.exp(-logits)), 1 / (1 + mp.exp(logits))


def log_prob(y, total_count, **parameters):
    yes, no = _chances(**parameters)
    return log_binomial(total_count, y) + xlogy(y, yes) + xlogy(total_count - y, no)


def cdf(y, total_count, **parameters):
    if y >= total_count:
        return mpf(1)
    return beta_i(total_count - y, y + 1, _chances(**parameters)[1])


def sf(y, total_count, **parameters):
    if y >= total_count:
        return mpf(0)
    return beta_i(y + 1, total_count - y, _chances(**parameters)[0])


def _near(rng, n, p):
    spread = rng.normal() * 3 * (n * p * (1 - p)) ** 0.5
    return float(min(max(round(n * p + spread), 0), n))


def points(rng):
    for i in range(140):
        n = count(rng, 300 if i < 80 else 1e12)
        logits = float(rng.uniform(-5, 5))
        p = 1 / (1 + float(mp.exp(-logits)))
        yield {"total_count": n, "logits": logits}, _near(rng, n, p)
    for _ in range(50):
        n = count(rng, 1e9)
        yield {"total_count": n, "logits": signed(rng, 1e-10, 800)}, min(count(rng, 1e9), n)
    for _ in range(60):
        n, p = count(rng, 1e6), unit(rng, 1e-12)
        yield {"total_count": n, "probs": p}, _near(rng, n, p)
    for y in (0.0, 4.0, 10.0):
        yield {"total_count": 10.0, "logits": 0.0}, y


def tails(rng):
    for _ in range(200):
        n, p = count(rng, 1e5), unit(rng, 1e-8)
        spread = rng.uniform(-25, 25) * (n * p * (1 - p)) ** 0.5
        y = float(min(max(round(n * p + spread), 0), n))
        yield {"total_count": n, "probs": p}, y


ORACLE = Oracle(
    "Binomial",
    log_prob,
    points,
    ordinary=(
        {"total_count": 12.0, "logits": 0.4},
        {"total_count": 5.0, "logits": -2.0},
        {"total_count": 40.0, "probs": 0.35},
    ),
    cdf=cdf,
    sf=sf,
    tails=tails,
    exact_y=True,
    sweeps=(
        ({"total_count": 12.0, "logits": (-40.0, 41.0)}, 4.0),
        ({"total_count": 1e9, "probs": (1e-12, 0.9)}, 1e5),
    ),
)

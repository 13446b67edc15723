"""Beta-binomial: Johnson, Kemp and Kotz (2005), ch. 6; precision is the sum of both shapes."""

from __future__ import annotations

from mpmath import mp, mpf

from oracles._functions import log_beta, log_binomial
from oracles._oracle import Oracle
from oracles._points import count, log_uniform, unit


def _shapes(mean, precision, mean_logits):
    if mean is None:
        return precision / (1 + mp.exp(-mean_logits)), precision / (1 + mp.exp(mean_logits))
    return mean * precision, (1 - mean) * precision


def log_prob(y, total_count, precision, mean=None, mean_logits=None):
    a, b = _shapes(mean, precision, mean_logits)
    return log_binomial(total_count, y) + log_beta(y + a, total_count - y + b) - log_beta(a, b)


def sf(y, total_count, mean=None, precision=None, mean_logits=None):
    """The sum over all counts above y, each from the one before."""
    a, b = _shapes(mean, precision, mean_logits)
    k = mpf(int(y) + 1)
    if k > total_count:
        return mpf(0)
    total = term = mp.exp(log_prob(k, total_count, precision, mean, mean_logits))
    while k < total_count:
        term *= (total_count - k) / (k + 1) * (a + k) / (total_count - k - 1 + b)
        k += 1
        total += term
    return total


def cdf(y, total_count, mean=None, precision=None, mean_logits=None):
    mean, mean_logits = (1 - mean, None) if mean_logits is None else (None, -mean_logits)
    return sf(total_count - int(y) - 1, total_count, mean, precision, mean_logits)


def points(rng):
    # With one trial the precision has no meaning, and its score is the rounding of 0.
    for _ in range(120):
        n, mean = 2 + count(rng, 200), float(rng.uniform(0.02, 0.98))
        p = {"total_count": n, "mean": mean, "precision": log_uniform(rng, 0.1, 300)}
        yield p, float(rng.integers(n + 1))
    for _ in range(120):
        n, mean = 2 + count(rng, 1e12), unit(rng, 1e-6)
        p = {"total_count": n, "mean": mean, "precision": log_uniform(rng, 1e-6, 1e8)}
        yield p, float(round(n * (mean if rng.random() < 0.5 else rng.random())))
    for _ in range(40):
        n, eta = 2 + count(rng, 200), float(rng.uniform(-30, 30))
        p = {"total_count": n, "mean_logits": eta, "precision": log_uniform(rng, 0.1, 300)}
        yield p, float(rng.integers(n + 1))


def tails(rng):
    for i in range(120):
        n = count(rng, 60 if i < 60 else 4000)
        p = {"total_count": n, "mean": unit(rng, 1e-9), "precision": log_uniform(rng, 1e-6, 1e8)}
        yield p, float(rng.integers(n + 1))


ORACLE = Oracle(
    "BetaBinomial",
    log_prob,
    points,
    ordinary=(
        {"total_count": 12.0, "mean": 0.4, "precision": 5.0},
        {"total_count": 6.0, "mean": 0.8, "precision": 1.5},
    ),
    cdf=cdf,
    sf=sf,
    tails=tails,
    exact_y=True,
    sweeps=(
        ({"total_count": 12.0, "mean": 0.3, "precision": (1e-6, 1e10)}, 4.0),
        ({"total_count": 12.0, "mean": (1e-10, 0.9), "precision": 3.0}, 4.0),
    ),
)

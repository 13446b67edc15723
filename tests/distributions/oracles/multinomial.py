"""Multinomial: its definition."""

from __future__ import annotations

from mpmath import mp

from oracles._functions import xlogy
from oracles._oracle import Oracle
from oracles._points import count, signed


def log_prob(y, total_count, logits=None, probs=None):
    weights = [mp.exp(x) for x in logits] if probs is None else probs
    total = mp.fsum(weights)
    ways = mp.loggamma(total_count + 1) - mp.fsum(mp.loggamma(k + 1) for k in y)
    return ways + mp.fsum(xlogy(k, w / total) for k, w in zip(y, weights, strict=True))


def points(rng):
    for i in range(240):
        k = int(rng.choice([2, 3, 5]))
        n = count(rng, 50 if i < 120 else 1e9)
        logits = [float(rng.normal() * 2) if i < 180 else signed(rng, 1e-8, 100) for _ in range(k)]
        share = rng.dirichlet([1.0] * k)
        yield (
            {"total_count": n, "logits": logits},
            rng.multinomial(int(n), share).astype(float).tolist(),
        )
    for _ in range(40):
        probs, n = rng.dirichlet([2.0] * 4), count(rng, 1e4)
        y = rng.multinomial(int(n), probs).astype(float).tolist()
        yield {"total_count": n, "probs": probs.tolist()}, y


ORACLE = Oracle(
    "Multinomial",
    log_prob,
    points,
    ordinary=(
        {"total_count": 12.0, "logits": [0.0, 0.5, -1.2]},
        {"total_count": 3.0, "logits": [0.0, 2.0]},
    ),
    scalar=False,
    exact_y=True,
)

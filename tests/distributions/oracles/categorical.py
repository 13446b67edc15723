"""Categorical: its definition."""

from __future__ import annotations

import numpy as np
from mpmath import mp

from oracles._oracle import Oracle
from oracles._points import log_uniform, signed


def _weights(logits=None, probs=None):
    return [mp.exp(x) for x in logits] if probs is None else probs


def log_prob(y, **parameters):
    weights = _weights(**parameters)
    return mp.log(weights[int(y)] / mp.fsum(weights))


def score(y, **parameters):
    weights = _weights(**parameters)
    total = mp.fsum(weights)
    shares = [w / total for w in weights]
    if "probs" in parameters:
        return {"probs": [((i == y) / p - 1) for i, p in enumerate(shares)]}
    others = [mp.fsum(shares[:i] + shares[i + 1 :]) for i in range(len(shares))]
    return {"logits": [others[i] if i == y else -shares[i] for i in range(len(shares))]}


def cdf(y, **parameters):
    weights = _weights(**parameters)
    return mp.fsum(weights[: int(y) + 1]) / mp.fsum(weights)


def sf(y, **parameters):
    weights = _weights(**parameters)
    return mp.fsum(weights[int(y) + 1 :]) / mp.fsum(weights)


def points(rng):
    for i in range(170):
        k = int(rng.choice([2, 3, 7]))
        if i < 100:
            logits = rng.normal(size=k) * 3
        else:
            logits = np.array([signed(rng, 1e-8, 800) for _ in range(k)])
        yield {"logits": logits.tolist()}, float(rng.integers(k))
    for logits in (
        [0.0, 0.0, 0.0],
        [800.0, -800.0, 0.0],
        [0.0, 1e-300, 0.0],
        [-800.0, -800.0, 0.0],
    ):
        for y in (0.0, 1.0, 2.0):
            yield {"logits": logits}, y
    for _ in range(60):
        k = int(rng.choice([2, 3, 7]))
        weights = np.array([log_uniform(rng, 1e-8, 1) for _ in range(k)])
        yield {"probs": (weights / weights.sum()).tolist()}, float(rng.integers(k))


ORACLE = Oracle(
    "Categorical",
    log_prob,
    points,
    ordinary=({"logits": [0.0, 0.5, -1.2]}, {"logits": [0.0, 2.0]}, {"probs": [0.2, 0.5, 0.3]}),
    score=score,
    cdf=cdf,
    sf=sf,
    exact_y=True,
    # Of exp(-800), and of the condition number of a share as small.
    digits=380,
)

"""Dirichlet: Kotz, Balakrishnan and Johnson (2000), ch. 49."""

from __future__ import annotations

import numpy as np
from mpmath import mp

from oracles._oracle import Oracle
from oracles._points import log_uniform


def log_prob(y, mean=None, precision=None, concentration=None):
    a = [m * precision for m in mean] if concentration is None else concentration
    constant = mp.loggamma(mp.fsum(a)) - mp.fsum(mp.loggamma(x) for x in a)
    return constant + mp.fsum((x - 1) * mp.log(t) for x, t in zip(a, y, strict=True))


def _simplex(rng, k, low):
    weights = np.array([log_uniform(rng, low, 1) for _ in range(k)])
    return (weights / weights.sum()).tolist()


def points(rng):
    for i in range(130):
        k = int(rng.choice([2, 3, 5]))
        mean = _simplex(rng, k, 0.05 if i < 80 else 1e-5)
        precision = log_uniform(rng, 0.1, 300) if i < 80 else log_uniform(rng, 1e-6, 1e8)
        y = rng.dirichlet(np.maximum(np.array(mean) * precision, 0.3)).tolist()
        yield {"mean": mean, "precision": precision}, y
    for i in range(110):
        k = int(rng.choice([2, 3, 5]))
        low, high = (0.1, 50) if i < 60 else (1e-6, 1e8)
        a = [log_uniform(rng, low, high) for _ in range(k)]
        yield {"concentration": a}, rng.dirichlet(np.maximum(a, 0.3)).tolist()


ORACLE = Oracle(
    "Dirichlet",
    log_prob,
    points,
    ordinary=(
        {"mean": [0.2, 0.5, 0.3], "precision": 8.0},
        {"concentration": [2.0, 0.8, 5.0]},
    ),
    scalar=False,
)

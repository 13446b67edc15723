"""Bernoulli: its definition."""

from __future__ import annotations

from mpmath import mp, mpf

from oracles._oracle import Oracle
from oracles._points import log_uniform, signed, unit


def _probability(y, logits=None, probs=None):
    """Of this outcome, without cancellation."""
    if logits is None:
        return probs if y == 1 else 1 - probs
    return 1 / (1 + mp.exp(-logits if y == 1 else logits))


def log_prob(y, **parameters):
    if "logits" in parameters:
        return -mp.log1p(mp.exp(-parameters["logits"] if y == 1 else parameters["logits"]))
    return mp.log(_probability(y, **parameters))


def score(y, **parameters):
    sign = 1 if y == 1 else -1
    if "logits" in parameters:
        return {"logits": sign * _probability(1 - y, **parameters)}
    return {"probs": sign / _probability(y, **parameters)}


def cdf(y, **parameters):
    return mpf(1) if y >= 1 else _probability(0, **parameters)


def sf(y, **parameters):
    return mpf(0) if y >= 1 else _probability(1, **parameters)


def points(rng):
    for i in range(240):
        y = float(rng.integers(2))
        if i < 100:
            yield {"logits": float(rng.uniform(-8, 8))}, y
        elif i < 170:
            yield {"logits": signed(rng, 1e-300, 800)}, y
        else:
            yield {"probs": unit(rng, 1e-300)}, y
    for y in (0.0, 1.0):
        for logits in (0.0, -0.0, 800.0, -800.0, 1e-300, 36.7):
            yield {"logits": logits}, y
    yield {"probs": 1.0}, 1.0
    yield {"probs": 0.0}, 0.0
    yield {"probs": log_uniform(rng, 1e-300, 1e-200)}, 1.0


ORACLE = Oracle(
    "Bernoulli",
    log_prob,
    points,
    ordinary=({"logits": 0.4}, {"logits": -2.5}, {"probs": 0.35}),
    score=score,
    cdf=cdf,
    sf=sf,
    exact_y=True,
    sweeps=(({"logits": (-40.0, 41.0)}, 1.0), ({"probs": (1e-100, 0.99)}, 0.0)),
)

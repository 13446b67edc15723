"""Independent: the sum of the components' log probabilities."""

from __future__ import annotations

from mpmath import mp

from oracles import normal
from oracles._oracle import Oracle


def log_prob(y, loc, scale):
    return mp.fsum(normal.log_prob(*three) for three in zip(y, loc, scale, strict=True))


def points(rng):
    for _ in range(210):
        pairs = [next(iter(normal.points(rng))) for _ in range(3)]
        parameters = {k: [p[k] for p, _ in pairs] for k in ("loc", "scale")}
        yield parameters, [y for _, y in pairs]


ORACLE = Oracle(
    "independent(normal, 3)",
    log_prob,
    points,
    ordinary=({"loc": [0.3, -2.0, 5.0], "scale": [1.7, 0.2, 3.0]},),
    scalar=False,
)

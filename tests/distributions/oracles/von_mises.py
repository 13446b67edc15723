"""Von Mises: Mardia and Jupp (2000), Directional Statistics, ch. 3."""

from __future__ import annotations

import math

from mpmath import mp, mpf

from oracles._functions import tail
from oracles._oracle import Oracle
from oracles._points import log_uniform


def _log_i0(k):
    """log I0(k) by its power series, or for large k by Hankel's expansion."""
    if k < 2000:
        return mp.log(mp.besseli(0, k))
    term = total = mpf(1)
    n = 0
    while abs(term) > mp.eps:
        n += 1
        term *= mpf((2 * n - 1) ** 2) / (8 * n * k)
        total += term
    return k - mp.log(2 * mp.pi * k) / 2 + mp.log(total)


def log_prob(y, loc, concentration):
    half = mp.sin((y - loc) / 2)
    excess = concentration - _log_i0(concentration)
    return excess - 2 * concentration * half**2 - mp.log(2 * mp.pi)


def points(rng):
    for i in range(250):
        kind = i % 3
        k = (
            log_uniform(rng, 0.01, 100)
            if kind == 0
            else log_uniform(rng, 1e-12, 1e8)
            if kind == 1
            else log_uniform(rng, 1.0, 1e3)
        )
        loc = float(rng.uniform(-math.pi, math.pi))
        y = loc + rng.normal() * min(2.0, 1.5 / k**0.5)
        yield {"loc": loc, "concentration": k}, math.remainder(y, 2 * math.pi)
    yield {"loc": 1.0, "concentration": 0.0}, 2.0
    yield {"loc": 1.0, "concentration": 1e8}, 1.0


def _lower(y, loc, concentration):
    """Probability from −π to y, for a loc of 0."""
    scale = min(mpf(1), 1 / mp.sqrt(concentration + mpf("1e-30")))
    if y > 0:
        with mp.workdps(mp.dps + 20):
            return 1 - _lower(-y, loc, concentration)
    steep = max(abs(concentration * mp.sin(y)), 1 / scale)
    ratio = tail(lambda t: concentration * mp.cos(t), y, 1 / steep, -1, limit=-mp.pi)
    return ratio * mp.exp(log_prob(y, mpf(0), concentration))


def cdf(y, loc, concentration):
    return _lower(y - loc, loc, concentration)


def sf(y, loc, concentration):
    return _lower(loc - y, loc, concentration)


def tails(rng):
    for _ in range(120):
        k = log_uniform(rng, 1e-3, 1e4)
        y = float(rng.uniform(-math.pi, math.pi)) * min(1.0, rng.uniform(0, 12) / k**0.5)
        yield {"loc": 0.0, "concentration": k}, y


ORACLE = Oracle(
    "VonMises",
    log_prob,
    points,
    ordinary=(
        {"loc": 0.3, "concentration": 2.0},
        {"loc": -1.0, "concentration": 30.0},
        {"loc": 2.0, "concentration": 0.4},
    ),
    cdf=cdf,
    sf=sf,
    tails=tails,
    circular=True,
    sweeps=(
        ({"loc": 0.5, "concentration": (1e-8, 1e8)}, 0.5001),
        ({"loc": (-3.0, 3.0), "concentration": 7.0}, 0.5),
    ),
)

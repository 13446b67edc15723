"""Ordinal: differences of the latent distribution function, taken in the nearer tail."""

from __future__ import annotations

import numpy as np
from mpmath import mp, mpf

from oracles._oracle import Oracle
from oracles._points import log_uniform


def _tails(kind, x):
    """(F(x), 1 − F(x))."""
    if kind == "logit":
        return 1 / (1 + mp.exp(-x)), 1 / (1 + mp.exp(x))
    if kind == "probit":
        return mp.erfc(-x / mp.sqrt(2)) / 2, mp.erfc(x / mp.sqrt(2)) / 2
    return -mp.expm1(-mp.exp(x)), mp.exp(-mp.exp(x))


def _ends(kind, y, location, cutpoints):
    k = int(y)
    below = (mpf(0), mpf(1)) if k <= 0 else _tails(kind, cutpoints[k - 1] - location)
    last = k >= len(cutpoints)
    return below, (mpf(1), mpf(0)) if last else _tails(kind, cutpoints[k] - location)


def _formulas(kind):
    def log_prob(y, location, cutpoints):
        (low, above_low), (high, above_high) = _ends(kind, y, location, cutpoints)
        return mp.log(high - low if low < above_low else above_low - above_high)

    def cdf(y, location, cutpoints):
        return _ends(kind, y, location, cutpoints)[1][0]

    def sf(y, location, cutpoints):
        return _ends(kind, y, location, cutpoints)[1][1]

    return log_prob, cdf, sf


def _points(kind):
    # Far out, cloglog's upper tail falls doubly exponentially.
    reach = {"logit": 30.0, "probit": 15.0, "cloglog": 4.0}[kind]

    def points(rng):
        for i in range(220):
            size = int(rng.choice([1, 2, 4]))
            if i < 120:
                cutpoints = np.sort(rng.normal(size=size) * 2)
            else:
                gaps = [log_uniform(rng, 1e-8, 3) for _ in range(size)]
                cutpoints = rng.normal() + np.cumsum(gaps)
            scale = 1.5 if i % 2 else reach
            p = {"location": float(rng.uniform(-scale, scale)), "cutpoints": cutpoints.tolist()}
            yield p, float(rng.integers(size + 1))

    return points


def _oracle(family, kind):
    log_prob, cdf, sf = _formulas(kind)
    return Oracle(
        family,
        log_prob,
        _points(kind),
        ordinary=(
            {"location": 0.4, "cutpoints": [-1.0, 0.2, 1.5]},
            {"location": -0.3, "cutpoints": [0.5]},
        ),
        cdf=cdf,
        sf=sf,
        exact_y=True,
        sweeps=(
            ({"location": (-20.0, 3.0), "cutpoints": [-1.0, 0.5, 1.5]}, 1.0),
            ({"location": (-2.0, 12.0), "cutpoints": [-1.0, 0.5, 1.5]}, 1.0),
        ),
        digits=100,
    )


LOGIT = _oracle("Ordinal", "logit")
PROBIT = _oracle("ordinal(kind=probit)", "probit")
CLOGLOG = _oracle("ordinal(kind=cloglog)", "cloglog")

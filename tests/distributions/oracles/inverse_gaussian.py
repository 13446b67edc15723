"""Inverse Gaussian: Johnson, Kotz and Balakrishnan (1994), ch. 15; variance mean³ / shape."""

from __future__ import annotations

from mpmath import mp

from oracles._oracle import Oracle
from oracles._points import log_uniform


def log_prob(y, mean, concentration):
    lam = concentration
    return mp.log(lam / (2 * mp.pi * y**3)) / 2 - lam * (y - mean) ** 2 / (2 * mean**2 * y)


def _normal(z):
    return mp.erfc(-z / mp.sqrt(2)) / 2


def cdf(y, mean, concentration):
    root = mp.sqrt(concentration / y)
    with mp.workdps(mp.dps + 60):
        grown = mp.exp(2 * concentration / mean) * _normal(-root * (y / mean + 1))
        return _normal(root * (y / mean - 1)) + grown


def sf(y, mean, concentration):
    root = mp.sqrt(concentration / y)
    # The two terms agree to many digits far out.
    with mp.workdps(2 * mp.dps + 60):
        grown = mp.exp(2 * concentration / mean) * _normal(-root * (y / mean + 1))
        return _normal(-root * (y / mean - 1)) - grown


def _y(rng, mean, lam):
    sd = (mean / lam) ** 0.5
    if sd < 0.1:
        return mean * (1 + sd * rng.uniform(-6, 6) if sd < 0.15 else 1)
    return mean * log_uniform(rng, 1e-3, 1e3)


def points(rng):
    for _ in range(140):
        mean, ratio = log_uniform(rng, 1e-2, 1e2), log_uniform(rng, 0.05, 100)
        p = {"mean": mean, "concentration": mean * ratio}
        yield p, mean * log_uniform(rng, 0.02, 20)
    for _ in range(100):
        mean, ratio = log_uniform(rng, 1e-80, 1e80), log_uniform(rng, 1e-8, 1e12)
        p = {"mean": mean, "concentration": mean * ratio}
        yield p, _y(rng, mean, mean * ratio)


def tails(rng):
    for _ in range(200):
        mean, ratio = log_uniform(rng, 1e-2, 1e2), log_uniform(rng, 0.01, 1e4)
        low, high = 1 / (1 + 1200 / ratio), 1 + 1200 / ratio
        p = {"mean": mean, "concentration": mean * ratio}
        yield p, mean * log_uniform(rng, low, high)


ORACLE = Oracle(
    "InverseGaussian",
    log_prob,
    points,
    ordinary=({"mean": 2.0, "concentration": 3.0}, {"mean": 0.5, "concentration": 8.0}),
    cdf=cdf,
    sf=sf,
    tails=tails,
    sweeps=(
        ({"mean": 2.0, "concentration": (1e-6, 1e8)}, 2.0001),
        ({"mean": (1e-1, 1e100), "concentration": 1.3}, 2.0),
    ),
)

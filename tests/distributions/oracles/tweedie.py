"""Tweedie with 1 < power < 2: a Poisson number of Gamma variables, by the sum over that number."""

from __future__ import annotations

import functools

from mpmath import mp, mpf

from oracles._functions import gamma_p, gamma_q
from oracles._oracle import Oracle
from oracles._points import log_uniform


@functools.lru_cache(maxsize=100_000)
def _log_gamma_at(x, precision):
    return mp.loggamma(x)


def _log_gamma(x):
    """log Γ, remembered: differences in mean, dispersion and y ask for the same values."""
    return _log_gamma_at(x, mp.prec)


def _compound(mean, dispersion, power):
    """(mean number, shape of one variable, its scale)."""
    number = mean ** (2 - power) / (dispersion * (2 - power))
    return number, (2 - power) / (power - 1), dispersion * (power - 1) * mean ** (power - 1)


def _sum(log_term, start):
    """Σ_{j ≥ 1} exp(log_term(j)) outwards from its largest term, relative to it."""
    top = max(1, int(start))
    while log_term(top + 1) > log_term(top):
        top += 1
    while top > 1 and log_term(top - 1) > log_term(top):
        top -= 1
    base = log_term(top)
    total = mpf(0)
    for step in (1, -1):
        j = top if step == 1 else top - 1
        while j >= 1:
            term = mp.exp(log_term(j) - base)
            total += term
            if term < mp.eps * total:
                break
            j += step
    return base + mp.log(total)


def log_prob(y, mean, dispersion, power):
    number, shape, scale = _compound(mean, dispersion, power)
    if y == 0:
        return -number

    log_number, log_y = mp.log(number), mp.log(y / scale)

    def term(j):
        k = j * shape
        return j * log_number - _log_gamma(j + 1) + k * log_y - _log_gamma(k)

    start = y ** (2 - power) / (dispersion * (2 - power))
    return _sum(term, start) - number - y / scale - mp.log(y)


def _mixture(y, number, shape, scale, part):
    total = last = mpf(0)
    j = 0
    weight = mp.exp(-number)
    while True:
        j += 1
        weight *= number / j
        term = weight * part(j * shape, y / scale)
        total += term
        # Beyond its largest, each term is less than half the one before soon enough.
        if j > 2 * number and term < total * mpf(10) ** -40 and term < last:
            return total
        last = term


def cdf(y, mean, dispersion, power):
    number, shape, scale = _compound(mean, dispersion, power)
    return mp.exp(-number) + (_mixture(y, number, shape, scale, gamma_p) if y > 0 else 0)


def sf(y, mean, dispersion, power):
    number, shape, scale = _compound(mean, dispersion, power)
    if y == 0:
        return -mp.expm1(-number)
    return _mixture(y, number, shape, scale, gamma_q)


def points(rng):
    for i in range(210):
        power = float(rng.uniform(1.05, 1.95))
        mean = log_uniform(rng, *((0.05, 50) if i < 120 else (1e-4, 1e4)))
        reach = (0.05, 30) if i < 120 else (1e-3, 80) if i < 200 else (80, 3e3)
        number = log_uniform(rng, *reach)
        dispersion = mean ** (2 - power) / (number * (2 - power))
        y = 0.0 if rng.random() < 0.15 else mean * log_uniform(rng, 0.05, 5)
        yield {"mean": mean, "dispersion": dispersion, "power": power}, y


def tails(rng):
    for _ in range(50):
        power = float(rng.uniform(1.1, 1.9))
        mean, number = log_uniform(rng, 0.05, 50), log_uniform(rng, 0.05, 20)
        dispersion = mean ** (2 - power) / (number * (2 - power))
        y = 0.0 if rng.random() < 0.15 else mean * log_uniform(rng, 0.05, 8)
        yield {"mean": mean, "dispersion": dispersion, "power": power}, y


ORACLE = Oracle(
    "Tweedie",
    log_prob,
    points,
    ordinary=(
        {"mean": 2.0, "dispersion": 1.3, "power": 1.5},
        {"mean": 0.6, "dispersion": 0.5, "power": 1.5},
    ),
    cdf=cdf,
    sf=sf,
    tails=tails,
    atoms=(0.0,),
    sweeps=(({"mean": 2.0, "dispersion": (1e-2, 1e3), "power": 1.6}, 1.7),),
)

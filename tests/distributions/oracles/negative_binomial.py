"""Negative binomial, NB2 and NB1: Cameron and Trivedi (2013), Regression Analysis of Count Data."""

from __future__ import annotations

from mpmath import mp

from oracles import poisson
from oracles._functions import beta_i, xlogy
from oracles._oracle import Oracle
from oracles._points import count, log_uniform, signed, unit


def _form(kind, mean=None, dispersion=None, total_count=None, logits=None, probs=None):
    """(r, probability of failure 1 − p, probability p that counts)."""
    if mean is not None:
        r = 1 / dispersion if kind == 2 else mean / dispersion
        return r, r / (r + mean), mean / (r + mean)
    if probs is not None:
        return total_count, 1 - probs, probs
    return total_count, 1 / (1 + mp.exp(logits)), 1 / (1 + mp.exp(-logits))


def _is_poisson(parameters):
    return parameters.get("dispersion") == 0 or parameters.get("mean") == 0


def _log_prob(kind):
    def log_prob(y, **parameters):
        if _is_poisson(parameters):
            return poisson.log_prob(y, rate=parameters["mean"])
        r, failure, success = _form(kind, **parameters)
        ways = mp.loggamma(y + r) - mp.loggamma(r) - mp.loggamma(y + 1)
        return ways + r * mp.log(failure) + xlogy(y, success)

    return log_prob


def _cdf(kind):
    def cdf(y, **parameters):
        if _is_poisson(parameters):
            return poisson.cdf(y, rate=parameters["mean"])
        r, failure, _ = _form(kind, **parameters)
        return beta_i(r, y + 1, failure)

    return cdf


def _sf(kind):
    def sf(y, **parameters):
        if _is_poisson(parameters):
            return poisson.sf(y, rate=parameters["mean"])
        r, _, success = _form(kind, **parameters)
        return beta_i(y + 1, r, success)

    return sf


def _near(rng, mean, variance):
    return max(0.0, float(round(mean + rng.normal() * variance**0.5 * 2)))


def _points(kind):
    def points(rng):
        def variance(mean, alpha):
            return mean * (1 + alpha * (mean if kind == 2 else 1))

        for _ in range(100):
            mean, alpha = log_uniform(rng, 0.05, 300), log_uniform(rng, 1e-3, 20)
            p = {"mean": mean, "dispersion": alpha}
            yield p, _near(rng, mean, variance(mean, alpha))
        for _ in range(90):
            mean, alpha = log_uniform(rng, 1e-6, 1e12), log_uniform(rng, 1e-12, 1e6)
            p = {"mean": mean, "dispersion": alpha}
            y = _near(rng, mean, variance(mean, alpha)) if rng.random() < 0.6 else count(rng, 1e12)
            yield p, y
        for alpha in (1e-8, 1e-12, 1e-30, 0.0):
            for mean, y in ((3.0, 2.0), (100.0, 0.0), (5.0, 40.0), (1e6, 1e6)):
                yield {"mean": mean, "dispersion": alpha}, y
        yield {"mean": 0.0, "dispersion": 0.5}, 0.0
        if kind == 1:
            return
        for _ in range(40):
            r = log_uniform(rng, 1e-3, 1e6)
            logits = signed(rng, 1e-3, 12) if rng.random() < 0.8 else float(rng.uniform(-800, 700))
            yield {"total_count": r, "logits": logits}, count(rng, 1e4)
            yield {"total_count": r, "probs": unit(rng, 1e-12)}, count(rng, 1e4)

    return points


def _tails(kind):
    def tails(rng):
        for _ in range(150):
            mean, alpha = log_uniform(rng, 0.05, 1e3), log_uniform(rng, 1e-4, 20)
            y = float(round(mean * log_uniform(rng, 0.01, 30)))
            yield {"mean": mean, "dispersion": alpha}, y
        for _ in range(40):
            mean, alpha = log_uniform(rng, 0.05, 1e6), log_uniform(rng, 1e-12, 1e3)
            y = max(0.0, float(round(mean + rng.uniform(-6, 6) * mean**0.5)))
            yield {"mean": mean, "dispersion": alpha}, y
        yield {"mean": 3.0, "dispersion": 0.0}, 2.0

    return tails


_SWEEPS = (
    ({"mean": 3.0, "dispersion": (1e-12, 1e6)}, 2.0),
    ({"mean": 3.0, "dispersion": (1e-12, 1e6)}, 0.0),
    ({"mean": (1e-2, 1e9), "dispersion": 0.3}, 5.0),
    ({"mean": 1e6, "dispersion": (1e-12, 1e6)}, 1.0e6),
)

NB2 = Oracle(
    "NegativeBinomial",
    _log_prob(2),
    _points(2),
    ordinary=(
        {"mean": 3.0, "dispersion": 0.5},
        {"mean": 0.6, "dispersion": 0.05},
        {"total_count": 2.5, "logits": 0.3},
        {"total_count": 4.0, "probs": 0.4},
    ),
    cdf=_cdf(2),
    sf=_sf(2),
    tails=_tails(2),
    exact_y=True,
    sweeps=_SWEEPS,
)

NB1 = Oracle(
    "negative_binomial(kind=nb1)",
    _log_prob(1),
    _points(1),
    ordinary=({"mean": 3.0, "dispersion": 0.5}, {"mean": 0.6, "dispersion": 2.0}),
    cdf=_cdf(1),
    sf=_sf(1),
    tails=_tails(1),
    exact_y=True,
    sweeps=_SWEEPS[:3],
)

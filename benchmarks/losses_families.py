"""The families of losses.py: seeded rows, the same law in each library, and a formula in mpmath."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath as mp
import numpy as np
from scipy import stats

import likelier as lk

QUANTILE, TRIALS = 0.3, 20.0


@dataclass(frozen=True)
class Family:
    """One family with its parameters in the order in which all its makers take them.

    `draw(a, b, c, rng)` gives the parameters and the observations from three arrays, uniform from
    0.5 to 4, to 3, and from 2 to 8. `torch` and `numpyro` take their module of distributions
    first, `torch` also keywords; None where that library does not have the family.
    """

    draw: Callable[..., tuple[Any, ...]]
    ours: Callable[..., Any]
    exact: Callable[..., Any]
    scipy: Callable[..., Any] | None = None
    torch: Callable[..., Any] | None = None
    numpyro: Callable[..., Any] | None = None


def rows(family: Family, n: int) -> tuple[tuple[Any, ...], Any]:
    """Parameters and observations of n rows."""
    rng = np.random.default_rng(0)
    a, b, c = rng.uniform(0.5, 4, n), rng.uniform(0.5, 3, n), rng.uniform(2, 8, n)
    *parameters, y = family.draw(a, b, c, rng)
    return tuple(parameters), np.asarray(y, dtype=float)


def _log_beta(a: Any, b: Any) -> Any:
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def _binomial(n: Any, y: Any) -> Any:
    return mp.loggamma(n + 1) - mp.loggamma(y + 1) - mp.loggamma(n - y + 1)


def _gev(z: Any, scale: Any, shape: Any) -> Any:
    v = mp.log1p(shape * z) / shape
    return -(1 + shape) * v - mp.exp(-v) - mp.log(scale)


def _squashed(y: Any) -> Any:
    """Shares that rounded to 0 and 1, moved into the support."""
    return np.clip(y, 1e-12, 1 - 1e-12)


FAMILIES: dict[str, Family] = {
    "Normal": Family(
        draw=lambda a, b, c, rng: (a, b, rng.normal(a, b)),
        ours=lk.Normal,
        exact=lambda y, a, b: -(((y - a) / b) ** 2) / 2 - mp.log(b * mp.sqrt(2 * mp.pi)),
        scipy=lambda y, a, b: stats.norm.logpdf(y, a, b),
        torch=lambda d, a, b, **k: d.Normal(a, b, **k),
        numpyro=lambda d, a, b: d.Normal(a, b),
    ),
    "Laplace": Family(
        draw=lambda a, b, c, rng: (a, b, rng.laplace(a, b)),
        ours=lk.Laplace,
        exact=lambda y, a, b: -abs(y - a) / b - mp.log(2 * b),
        scipy=lambda y, a, b: stats.laplace.logpdf(y, a, b),
        torch=lambda d, a, b, **k: d.Laplace(a, b, **k),
        numpyro=lambda d, a, b: d.Laplace(a, b),
    ),
    "Logistic": Family(
        draw=lambda a, b, c, rng: (a, b, rng.logistic(a, b)),
        ours=lk.Logistic,
        exact=lambda y, a, b: -(y - a) / b - mp.log(b) - 2 * mp.log1p(mp.exp(-(y - a) / b)),
        scipy=lambda y, a, b: stats.logistic.logpdf(y, a, b),
        numpyro=lambda d, a, b: d.Logistic(a, b),
    ),
    "Cauchy": Family(
        draw=lambda a, b, c, rng: (a, b, a + b * rng.standard_cauchy(len(a))),
        ours=lk.Cauchy,
        exact=lambda y, a, b: -mp.log1p(((y - a) / b) ** 2) - mp.log(mp.pi * b),
        scipy=lambda y, a, b: stats.cauchy.logpdf(y, a, b),
        torch=lambda d, a, b, **k: d.Cauchy(a, b, **k),
        numpyro=lambda d, a, b: d.Cauchy(a, b),
    ),
    "Gumbel": Family(
        draw=lambda a, b, c, rng: (a, b, rng.gumbel(a, b)),
        ours=lk.Gumbel,
        exact=lambda y, a, b: -(y - a) / b - mp.exp(-(y - a) / b) - mp.log(b),
        scipy=lambda y, a, b: stats.gumbel_r.logpdf(y, a, b),
        torch=lambda d, a, b, **k: d.Gumbel(a, b, **k),
        numpyro=lambda d, a, b: d.Gumbel(a, b),
    ),
    "StudentT": Family(
        draw=lambda a, b, c, rng: (c, a, b, a + b * rng.standard_t(c)),
        ours=lk.StudentT,
        exact=lambda y, c, a, b: (
            mp.loggamma((c + 1) / 2)
            - mp.loggamma(c / 2)
            - mp.log(mp.pi * c) / 2
            - mp.log(b)
            - (c + 1) / 2 * mp.log1p(((y - a) / b) ** 2 / c)
        ),
        scipy=lambda y, c, a, b: stats.t.logpdf(y, c, a, b),
        torch=lambda d, c, a, b, **k: d.StudentT(c, a, b, **k),
        numpyro=lambda d, c, a, b: d.StudentT(c, a, b),
    ),
    "AsymmetricLaplace": Family(
        draw=lambda a, b, c, rng: (a, b, a + b * rng.laplace(1, 2, len(a))),
        ours=lambda a, b: lk.AsymmetricLaplace(a, b, QUANTILE),
        exact=lambda y, a, b: (
            mp.log(mp.mpf(QUANTILE) * (1 - mp.mpf(QUANTILE)) / b)
            - (y - a) * (mp.mpf(QUANTILE) - (y < a)) / b
        ),
        scipy=lambda y, a, b: stats.laplace_asymmetric.logpdf(
            y, (QUANTILE / (1 - QUANTILE)) ** 0.5, a, b / (QUANTILE * (1 - QUANTILE)) ** 0.5
        ),
        numpyro=lambda d, a, b: d.AsymmetricLaplaceQuantile(a, b, QUANTILE),
    ),
    "LogNormal": Family(
        draw=lambda a, b, c, rng: (a, b, rng.lognormal(a, b)),
        ours=lk.LogNormal,
        exact=lambda y, a, b: (
            -(((mp.log(y) - a) / b) ** 2) / 2 - mp.log(y * b * mp.sqrt(2 * mp.pi))
        ),
        scipy=lambda y, a, b: stats.lognorm.logpdf(y, b, scale=np.exp(a)),
        torch=lambda d, a, b, **k: d.LogNormal(a, b, **k),
        numpyro=lambda d, a, b: d.LogNormal(a, b),
    ),
    "Exponential": Family(
        draw=lambda a, b, c, rng: (a, rng.exponential(1 / a)),
        ours=lambda a: lk.Exponential(rate=a),
        exact=lambda y, a: mp.log(a) - a * y,
        scipy=lambda y, a: stats.expon.logpdf(y, scale=1 / a),
        torch=lambda d, a, **k: d.Exponential(a, **k),
        numpyro=lambda d, a: d.Exponential(a),
    ),
    "Gamma": Family(
        draw=lambda a, b, c, rng: (a, b, rng.gamma(a, 1 / b) + 1e-12),
        ours=lambda a, b: lk.Gamma(concentration=a, rate=b),
        exact=lambda y, a, b: a * mp.log(b) + (a - 1) * mp.log(y) - b * y - mp.loggamma(a),
        scipy=lambda y, a, b: stats.gamma.logpdf(y, a, scale=1 / b),
        torch=lambda d, a, b, **k: d.Gamma(a, b, **k),
        numpyro=lambda d, a, b: d.Gamma(a, b),
    ),
    "InverseGamma": Family(
        draw=lambda a, b, c, rng: (a, b, b / (rng.gamma(a) + 1e-12)),
        ours=lk.InverseGamma,
        exact=lambda y, a, b: a * mp.log(b) - (a + 1) * mp.log(y) - b / y - mp.loggamma(a),
        scipy=lambda y, a, b: stats.invgamma.logpdf(y, a, scale=b),
        torch=lambda d, a, b, **k: d.InverseGamma(a, b, **k),
        numpyro=lambda d, a, b: d.InverseGamma(a, b),
    ),
    "InverseGaussian": Family(
        draw=lambda a, b, c, rng: (a, b, rng.wald(a, b)),
        ours=lk.InverseGaussian,
        exact=lambda y, a, b: (
            mp.log(b / (2 * mp.pi * y**3)) / 2 - b * (y - a) ** 2 / (2 * a * a * y)
        ),
        scipy=lambda y, a, b: stats.invgauss.logpdf(y, a / b, scale=b),
    ),
    "Weibull": Family(
        draw=lambda a, b, c, rng: (a, b, a * rng.weibull(b) + 1e-12),
        ours=lk.Weibull,
        exact=lambda y, a, b: mp.log(b / a) + (b - 1) * mp.log(y / a) - (y / a) ** b,
        scipy=lambda y, a, b: stats.weibull_min.logpdf(y, b, scale=a),
        torch=lambda d, a, b, **k: d.Weibull(a, b, **k),
        numpyro=lambda d, a, b: d.Weibull(a, b),
    ),
    "GeneralizedPareto": Family(
        draw=lambda a, b, c, rng: (a, 0.1 * b, a * rng.pareto(3 / b)),
        ours=lk.GeneralizedPareto,
        exact=lambda y, a, b: -(1 + 1 / b) * mp.log1p(b * y / a) - mp.log(a),
        scipy=lambda y, a, b: stats.genpareto.logpdf(y, b, scale=a),
        torch=lambda d, a, b, **k: d.GeneralizedPareto(a - a, a, b, **k),
    ),
    "GEV": Family(
        draw=lambda a, b, c, rng: (a, b, 0.03 * c, rng.gumbel(a, b).clip(a - 2 * b)),
        ours=lk.GEV,
        exact=lambda y, a, b, c: _gev((y - a) / b, b, c),
        scipy=lambda y, a, b, c: stats.genextreme.logpdf(y, -c, a, b),
    ),
    "Beta": Family(
        draw=lambda a, b, c, rng: (a, b, _squashed(rng.beta(a, b))),
        ours=lambda a, b: lk.Beta(concentration1=a, concentration0=b),
        exact=lambda y, a, b: (a - 1) * mp.log(y) + (b - 1) * mp.log1p(-y) - _log_beta(a, b),
        scipy=lambda y, a, b: stats.beta.logpdf(y, a, b),
        torch=lambda d, a, b, **k: d.Beta(a, b, **k),
        numpyro=lambda d, a, b: d.Beta(a, b),
    ),
    "Bernoulli": Family(
        draw=lambda a, b, c, rng: (a - 2, rng.random(len(a)) < 0.4),
        ours=lk.Bernoulli,
        exact=lambda y, a: -mp.log1p(mp.exp(-a if y else a)),
        scipy=lambda y, a: stats.bernoulli.logpmf(y, 1 / (1 + np.exp(-a))),
        torch=lambda d, a, **k: d.Bernoulli(logits=a, **k),
        numpyro=lambda d, a: d.BernoulliLogits(a),
    ),
    "Binomial": Family(
        draw=lambda a, b, c, rng: (a - 2, rng.binomial(int(TRIALS), 1 / (1 + np.exp(2 - a)))),
        ours=lambda a: lk.Binomial(TRIALS, logits=a),
        exact=lambda y, a: y * a - TRIALS * mp.log1p(mp.exp(a)) + _binomial(TRIALS, y),
        scipy=lambda y, a: stats.binom.logpmf(y, TRIALS, 1 / (1 + np.exp(-a))),
        torch=lambda d, a, **k: d.Binomial(TRIALS, logits=a, **k),
        numpyro=lambda d, a: d.BinomialLogits(a, TRIALS),
    ),
    "BetaBinomial": Family(
        draw=lambda a, b, c, rng: (
            a / (a + b),
            a + b,
            rng.binomial(int(TRIALS), rng.beta(a, b)),
        ),
        ours=lambda a, b: lk.BetaBinomial(TRIALS, a, b),
        exact=lambda y, a, b: (
            _log_beta(a * b + y, (1 - a) * b + TRIALS - y)
            - _log_beta(a * b, (1 - a) * b)
            + _binomial(TRIALS, y)
        ),
        scipy=lambda y, a, b: stats.betabinom.logpmf(y, TRIALS, a * b, (1 - a) * b),
        numpyro=lambda d, a, b: d.BetaBinomial(a * b, (1 - a) * b, TRIALS),
    ),
    "Poisson": Family(
        draw=lambda a, b, c, rng: (a, rng.poisson(a)),
        ours=lk.Poisson,
        exact=lambda y, a: y * mp.log(a) - a - mp.loggamma(y + 1),
        scipy=lambda y, a: stats.poisson.logpmf(y, a),
        torch=lambda d, a, **k: d.Poisson(a, **k),
        numpyro=lambda d, a: d.Poisson(a),
    ),
    "NegativeBinomial": Family(
        draw=lambda a, b, c, rng: (a, b, rng.poisson(a * b * rng.gamma(1 / b))),
        ours=lk.NegativeBinomial,
        exact=lambda y, a, b: (
            mp.loggamma(y + 1 / b)
            - mp.loggamma(1 / b)
            - mp.loggamma(y + 1)
            - mp.log1p(a * b) / b
            + y * mp.log(a * b / (1 + a * b))
        ),
        scipy=lambda y, a, b: stats.nbinom.logpmf(y, 1 / b, 1 / (1 + a * b)),
        torch=lambda d, a, b, **k: d.NegativeBinomial(1 / b, logits=(a * b).log(), **k),
        numpyro=lambda d, a, b: d.NegativeBinomial2(a, 1 / b),
    ),
    "Geometric": Family(
        draw=lambda a, b, c, rng: (0.2 * a, rng.geometric(0.2 * a) - 1),
        ours=lambda a: lk.Geometric(probs=a),
        exact=lambda y, a: mp.log(a) + y * mp.log1p(-a),
        scipy=lambda y, a: stats.geom.logpmf(y, a, loc=-1),
        torch=lambda d, a, **k: d.Geometric(a, **k),
        numpyro=lambda d, a: d.GeometricProbs(a),
    ),
    "VonMises": Family(
        draw=lambda a, b, c, rng: (a - 2, b, np.angle(np.exp(1j * (a - 2 + rng.vonmises(0, b))))),
        ours=lk.VonMises,
        exact=lambda y, a, b: b * mp.cos(y - a) - mp.log(2 * mp.pi * mp.besseli(0, b)),
        scipy=lambda y, a, b: stats.vonmises.logpdf(y, b, a),
        torch=lambda d, a, b, **k: d.VonMises(a, b, **k),
        numpyro=lambda d, a, b: d.VonMises(a, b),
    ),
}

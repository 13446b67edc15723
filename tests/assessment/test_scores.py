"""CRPS and log scores of every family for which scoringrules has a closed form, to 1e-12."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import scoringrules as sr

import likelier as lk

RNG = np.random.default_rng(0)
N = 200
X = RNG.standard_normal(N)
SCALE, MEAN, P = np.exp(0.2 * X), np.exp(0.5 * X), 1 / (1 + np.exp(-X))
SHAPE = np.where(np.abs(X) < 0.1, 0.1, 0.4 * np.tanh(X))
A, B = 0.5 + np.exp(0.3 * X), 0.7 + np.exp(-0.2 * X)
TWO = {
    "loc": np.stack([X, X + 2], -1),
    "scale": np.stack([SCALE, SCALE / 2], -1),
    "weights": np.stack([P, 1 - P], -1),
}
LIMITS = (-1.0, 3.0)

# The distribution, scoringrules' name for it, and its arguments there.
TABLE: dict[str, tuple[Any, str, tuple[Any, ...]]] = {
    "normal": (lk.Normal(X, SCALE), "normal", (X, SCALE)),
    "laplace": (lk.Laplace(X, SCALE), "laplace", (X, SCALE)),
    "asymmetric laplace": (
        lk.AsymmetricLaplace(loc=X, scale=SCALE, quantile=0.3),
        "2pexponential",
        (SCALE / 0.7, SCALE / 0.3, X),
    ),
    "logistic": (lk.Logistic(X, SCALE), "logistic", (X, SCALE)),
    "student_t": (lk.StudentT(5.0, X, SCALE), "t", (5.0, X, SCALE)),
    "log_normal": (lk.LogNormal(X, SCALE), "lognormal", (X, SCALE)),
    "gamma": (lk.Gamma(mean=MEAN, concentration=2.5), "gamma", (2.5, 2.5 / MEAN)),
    "exponential": (lk.Exponential(mean=MEAN), "exponential", (1 / MEAN,)),
    "beta": (lk.Beta(concentration1=A, concentration0=B), "beta", (A, B)),
    "gev": (lk.GEV(loc=X, scale=SCALE, shape=SHAPE), "gev", (SHAPE, X, SCALE)),
    "gumbel": (lk.Gumbel(loc=X, scale=SCALE), "gev", (0.0, X, SCALE)),
    "pareto": (lk.GeneralizedPareto(scale=SCALE, shape=SHAPE), "gpd", (SHAPE, 0.0, SCALE)),
    "poisson": (lk.Poisson(rate=MEAN), "poisson", (MEAN,)),
    "negative_binomial": (
        lk.NegativeBinomial(mean=MEAN, dispersion=0.4),
        "negbinom",
        (2.5, 1 / (1 + 0.4 * MEAN)),
    ),
    "geometric": (lk.Geometric(mean=MEAN), "negbinom", (1.0, 1 / (1 + MEAN))),
    "binomial": (lk.Binomial(12, probs=P), "binomial", (12, P)),
    "bernoulli": (lk.Bernoulli(probs=P), "binomial", (1, P)),
    "mixture": (lk.Mixture(lk.Normal, 2)(**TWO), "mixnorm", tuple(TWO.values())),
    "truncated student_t": (
        lk.Truncated(lk.StudentT, lower=LIMITS[0], upper=LIMITS[1])(5.0, X, SCALE),
        "tt",
        (5.0, X, SCALE, *LIMITS),
    ),
}


def _drawn(d: Any) -> np.ndarray:
    return np.asarray(d.sample(seed=1), dtype=float).reshape(-1)


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("score", ["crps", "logs"])
def test_scores_of_every_row_are_those_of_scoringrules(name: str, score: str) -> None:
    d, known, arguments = TABLE[name]
    y = _drawn(d)
    expected = getattr(sr, f"{score}_{known}")(y, *arguments)
    own = lk.assess(d, y).scores["crps" if score == "crps" else "nll"]
    # A log score that passes 0 is close to it by the rounding of its summands.
    np.testing.assert_allclose(own, expected, rtol=1e-12, atol=1e-13)


def _crps(cdf: Callable[[Any], Any], sf: Callable[[Any], Any], y: float, low: float) -> float:
    """∫ F² below y and ∫ S² above it at 30 digits."""
    with mp.workdps(30):
        at = mp.mpf(y)
        below = mp.quad(lambda u: cdf(u) ** 2, [low, at])
        return float(below + mp.quad(lambda u: sf(u) ** 2, [at, at + 1, at + 4, at + 12, at + 80]))


@pytest.mark.parametrize("family", [lk.Normal, lk.Logistic])
def test_the_crps_of_what_is_truncated_is_that_of_quadrature(family: Any) -> None:
    # scoringrules' formulas cancel here: 6e-8 off for the Normal; for the Logistic not a number.
    def sf(u: Any) -> Any:
        return mp.ncdf(-u) if family is lk.Normal else 1 / (1 + mp.exp(u))

    d = lk.Truncated(family, lower=0)(X, SCALE)
    y = _drawn(d)
    own = lk.assess(d, y).scores["crps"]
    for i in range(0, N, 40):
        m, s = mp.mpf(X[i]), mp.mpf(SCALE[i])

        def above(u: Any, m: Any = m, s: Any = s) -> Any:
            return sf((u - m) / s) / sf(-m / s)

        assert own[i] == pytest.approx(
            _crps(lambda u, above=above: 1 - above(u), above, y[i], 0.0), rel=1e-12
        )

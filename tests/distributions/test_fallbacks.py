"""Generic formulas on families that have none of their own, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from likelier.distributions import (
    BetaBinomial,
    NegativeBinomial,
    Normal,
    Poisson,
    _fallbacks,
    from_text,
)
from likelier.distributions._quadrature import count_rule, integrate_ray, integrate_unit


@pytest.mark.parametrize("q", [1e-290, 1e-12, 0.3, 0.5, 0.8, 1 - 1e-13])
def test_quantile_of_a_density(q: float) -> None:
    d = Normal(np.array([0.0, 3.0, -1e6]), np.array([1.0, 1e-5, 2.0]))
    right = d.loc + d.scale * special.ndtri(q)
    np.testing.assert_allclose(_fallbacks.quantile(d, np.asarray(q)), right, rtol=1e-14, atol=1e-13)


@pytest.mark.parametrize("rate", [1e-3, 1.0, 50.0, 1e6, 1e12])
def test_quantile_of_counts_is_the_smallest_that_reaches_the_level(rate: float) -> None:
    d = Poisson(rate)
    for q in (1e-12, 0.2, 0.5, 0.999, 1 - 1e-13):
        k = _fallbacks.quantile(d, np.asarray(q))
        assert k == np.floor(k)
        reached = d.cdf(k) >= q if q <= 0.5 else d.sf(k) <= 1 - q
        assert reached
        assert k == 0 or not (d.cdf(k - 1) >= q if q <= 0.5 else d.sf(k - 1) <= 1 - q)


def test_levels_0_and_1_are_the_ends_of_the_support() -> None:
    assert _fallbacks.quantile(Normal(0.0, 1.0), np.array([0.0, 1.0])).tolist() == [
        -np.inf,
        np.inf,
    ]
    assert _fallbacks.quantile(Poisson(2.0), np.array([0.0, 1.0])).tolist() == [0.0, np.inf]


def test_expectations_of_a_density() -> None:
    d = Normal(np.array([0.0, 3.0]), np.array([1.0, 1e-5]))
    np.testing.assert_allclose(_fallbacks.entropy(d), d.entropy(), rtol=1e-11)
    found, right = _fallbacks.information(d), d.information()
    for pair in right:
        np.testing.assert_allclose(found[pair], right[pair], rtol=1e-9)
    y = np.array([[-30.0], [-1.0], [0.0], [2.0], [3.00001]])
    np.testing.assert_allclose(_fallbacks.crps(d, y), d.crps(y), rtol=1e-9)


@pytest.mark.parametrize("rate", [1e-3, 1.0, 50.0, 1e4, 1e8, 1e12])
def test_sums_over_counts(rate: float) -> None:
    d = Poisson(rate)
    np.testing.assert_allclose(_fallbacks.information(d)["rate", "rate"], 1 / rate, rtol=1e-10)
    if rate > 1e10:
        return
    y = np.floor(rate + np.sqrt(rate))
    if rate < 1e6:
        # The closed form adds two numbers of the size of y that nearly cancel.
        right, error = d.crps(y), 1e-12 * max(1, rate**0.5)
    else:
        # The Normal limit, whose error falls as 1 / √rate.
        right, error = Normal(rate, np.sqrt(rate)).crps(y), 10 / np.sqrt(rate)
    np.testing.assert_allclose(_fallbacks.crps(d, y), right, rtol=error)
    if rate < 100:
        right = stats.poisson.entropy(rate)
        np.testing.assert_allclose(_fallbacks.entropy(d), right, rtol=1e-8)


def test_derivatives_of_a_cdf() -> None:
    y = np.array([-35.0, -5.0, -1.0, 0.5, 4.0, 30.0])
    found = _fallbacks.cdf_score(Normal(0.0, 1.0), y)
    np.testing.assert_allclose(found["loc"], -1.0, rtol=1e-12)
    np.testing.assert_allclose(found["scale"], -y, rtol=1e-12)
    found = _fallbacks.cdf_score(Poisson(30.0), np.array([0.0, 10.0, 30.0, 90.0]))
    np.testing.assert_allclose(found["rate"], -1.0, rtol=1e-12)


def test_rules_of_integration() -> None:
    (value,) = integrate_unit(lambda x, rest: [x**-0.5 * np.log(rest)])
    np.testing.assert_allclose(value, 4 * np.log(2) - 4, rtol=1e-12)
    (value,) = integrate_ray(lambda x, _: [np.exp(-x) * x])
    np.testing.assert_allclose(value, 1.0, rtol=1e-13)


@pytest.mark.parametrize("length", [10.0, 1000.0, 2.0**14, 2.0**40])
def test_the_rule_for_counts_sums_polynomials(length: float) -> None:
    offsets, weights = count_rule(length)
    n = np.sum(weights)
    assert n >= length
    for power in range(4):
        right = n ** (power + 1) / (power + 1) if length > 1e9 else np.sum(np.arange(n) ** power)
        np.testing.assert_allclose(weights @ offsets**power, right, rtol=1e-10)


def test_information_by_series_has_the_closed_forms() -> None:
    """Of many rows that differ in one parameter, some of them alone on their stretch of it."""
    rng = np.random.default_rng(0)
    mean = np.exp(np.concatenate([rng.normal(1.0, 1.5, 500), [-6.0, 7.0]]))
    found = _fallbacks.information(Poisson(mean))
    np.testing.assert_allclose(found["rate", "rate"], 1 / mean, rtol=1e-12)
    found = _fallbacks.information(Normal(3.0, mean.reshape(2, -1)))
    right = 1 / mean.reshape(2, -1) ** 2
    np.testing.assert_allclose(found["loc", "loc"], right, rtol=1e-11)
    np.testing.assert_allclose(found["scale", "scale"], 2 * right, rtol=1e-11)
    np.testing.assert_allclose(found["loc", "scale"] / right, 0.0, atol=1e-11)
    for dispersion in (1e-3, 0.7, 30.0):
        found = _fallbacks.information(NegativeBinomial(mean=mean, dispersion=dispersion))
        right = 1 / (mean * (1 + dispersion * mean))
        np.testing.assert_allclose(found["mean", "mean"], right, rtol=1e-10)


@pytest.mark.parametrize("family", [NegativeBinomial, from_text("negative_binomial(kind=nb1)")])
def test_information_by_series_is_that_of_each_row(family: type) -> None:
    rng = np.random.default_rng(1)
    values = {"mean": np.exp(rng.normal(0.5, 1.0, 300)), "dispersion": np.repeat([0.3, 4.0], 150)}
    whole = _fallbacks.information(family(**values))
    few = np.arange(0, 300, 10)
    rows = _fallbacks.information(family(**{name: value[few] for name, value in values.items()}))
    for (a, b), alone in rows.items():
        size = np.sqrt(rows[a, a] * rows[b, b])
        np.testing.assert_allclose(whole[a, b][few] / size, alone / size, atol=1e-11)


def test_trials_that_say_nothing_of_the_precision_have_no_information_on_it() -> None:
    trials = np.repeat([1.0, 5.0], 100)
    mean = np.random.default_rng(2).uniform(0.1, 0.9, 200)
    found = _fallbacks.information(BetaBinomial(total_count=trials, mean=mean, precision=3.0))
    assert np.all(found["precision", "precision"][:100] == 0)
    np.testing.assert_allclose(found["mean", "precision"][:100], 0.0, atol=1e-14)
    np.testing.assert_allclose(found["mean", "mean"][:100], 1 / mean[:100] / (1 - mean[:100]))
    assert np.all(found["precision", "precision"][100:] > 0)

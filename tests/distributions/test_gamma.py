"""Facts of the Gamma that no other family shares."""

import numpy as np
import pytest
from scipy import special

import likelier as lk


def test_shape_one_is_exponential():
    y = np.geomspace(1e-8, 500, 50)
    np.testing.assert_allclose(
        lk.Gamma(mean=3.0, concentration=1.0).log_prob(y),
        lk.Exponential(mean=3.0).log_prob(y),
        rtol=1e-13,
    )


def test_parametrisations_agree():
    y = np.geomspace(1e-3, 30, 20)
    first = lk.Gamma(mean=2.5, concentration=0.8)
    second = lk.Gamma(concentration=0.8, rate=0.8 / 2.5)
    np.testing.assert_allclose(first.log_prob(y), second.log_prob(y), rtol=1e-14)
    # d/d rate at a fixed shape moves the mean by −mean / rate.
    chained = first.score(y)["mean"] * -2.5 / (0.8 / 2.5)
    np.testing.assert_allclose(second.score(y)["rate"], chained, rtol=1e-12, atol=1e-14)


def test_large_concentration_is_normal():
    # The standardised third cumulant is 2 / √k = 2e-7, which bounds the difference.
    z = np.array([-3.0, -0.5, 0.0, 2.0])
    d = lk.Gamma(mean=1.0, concentration=1e14)
    expected = lk.Normal(0.0, 1.0).log_prob(z) + 7 * np.log(10)
    np.testing.assert_allclose(d.log_prob(1 + z * 1e-7), expected, atol=2e-6)


def test_mle_solves_the_likelihood_equations():
    y = lk.Gamma(mean=4.0, concentration=0.6).sample(500, seed=1)
    weights = np.arange(1.0, 501.0)
    found = lk.Gamma.mle(y, weights)
    mean = np.average(y, weights=weights)
    assert found.mean == pytest.approx(mean, rel=1e-15)
    k = found.concentration
    spread = np.log(mean) - np.average(np.log(y), weights=weights)
    assert np.log(k) - special.digamma(k) == pytest.approx(spread, rel=1e-13)


def test_mle_of_observations_that_hardly_differ():
    y = 1e6 * (1 + 1e-7 * np.array([-1.0, 0.0, 1.0]))
    # log k − ψ(k) is 1 / (2 k) here, and half the relative variance.
    assert lk.Gamma.mle(y).concentration == pytest.approx(1.5e14, rel=1e-6)


def test_mle_of_equal_observations():
    with pytest.raises(lk.NoFiniteOptimumError, match="concentration"):
        lk.Gamma.mle([2.0, 2.0, 2.0])

"""Facts of the inverse Gamma that no other family shares."""

import numpy as np
import pytest

import likelier as lk


def test_is_the_reciprocal_of_a_gamma():
    y = np.geomspace(0.01, 100, 30)
    gamma = lk.Gamma(concentration=2.5, rate=3.0)
    d = lk.InverseGamma(concentration=2.5, rate=3.0)
    np.testing.assert_allclose(d.log_prob(y), gamma.log_prob(1 / y) - 2 * np.log(y), rtol=1e-12)


def test_moments_that_do_not_exist():
    d = lk.InverseGamma(np.array([0.5, 1.5, 2.5]), 2.0)
    np.testing.assert_allclose(d.mean, [np.inf, 4.0, 4 / 3])
    np.testing.assert_allclose(d.variance, [np.inf, np.inf, (4 / 3) ** 2 / 0.5])


def test_mle_is_that_of_the_reciprocals():
    y = lk.InverseGamma(3.0, 2.0).sample(200, seed=3)
    found, gamma = lk.InverseGamma.mle(y), lk.Gamma.mle(1 / y)
    assert found.concentration == pytest.approx(gamma.concentration, rel=1e-12)
    assert found.rate == pytest.approx(gamma.rate, rel=1e-12)


def test_crps_without_a_mean():
    # The closed form has a pole at 1 that cancels; below ½ the score is infinite.
    y = np.array([0.3, 2.0])
    left, at, right = (lk.InverseGamma(k, 2.0).crps(y) for k in (0.998, 1.0, 1.002))
    np.testing.assert_allclose(at, (left + right) / 2, rtol=1e-4)
    assert np.all(lk.InverseGamma(0.4, 2.0).crps(y) == np.inf)

"""Facts of the inverse Gaussian that no other family shares."""

import numpy as np
import pytest
from mpmath import mp, mpf

import likelier as lk


def test_mle_is_in_closed_form():
    # Tweedie (1957): the mean, and 1 / concentration = average of 1 / y − 1 / mean.
    y = np.array([0.7, 1.1, 2.9, 0.4, 5.0])
    found = lk.InverseGaussian.mle(y)
    assert found.mean == pytest.approx(np.mean(y))
    assert 1 / found.concentration == pytest.approx(np.mean(1 / y) - 1 / np.mean(y))
    with pytest.raises(lk.NoFiniteOptimumError, match="concentration"):
        lk.InverseGaussian.mle([2.0, 2.0])


@pytest.mark.parametrize("excess", [1e2, 1e4, 1e6])
def test_far_tail_of_a_mean_without_concentration(excess):
    # Both terms of the published sf agree to as many digits as the excess has.
    mean, shape = 1.0, 500 / excess
    with mp.workdps(60):
        root = mp.sqrt(mpf(shape) / excess)
        normal = [mp.erfc(root * (excess + s) / mp.sqrt(2)) / 2 for s in (-1, 1)]
        right = normal[0] - mp.exp(2 * mpf(shape)) * normal[1]
    d = lk.InverseGaussian(mean, shape)
    assert d.sf(excess) == pytest.approx(float(right), rel=1e-11)
    assert d.log_sf(excess) == pytest.approx(float(mp.log(right)), rel=1e-13)


def test_logarithms_beyond_the_smallest_number():
    d = lk.InverseGaussian(1.0, 5.0)
    # λ (y − 1)² / (2 y) leads at both ends.
    assert d.log_sf(1e6) == pytest.approx(-2.5e6, rel=1e-4)
    assert d.log_cdf(1e-6) == pytest.approx(-2.5e6, rel=1e-4)
    assert np.isfinite(d.log_sf(1e15))


@pytest.mark.parametrize("ratio", [1e-9, 1e-3, 1.2499, 1.2501, 40.0, 1e9])
def test_entropy(ratio):
    d = lk.InverseGaussian(2.0, 2.0 * ratio)
    with mp.workdps(40):
        x = 2 * mpf(2.0 * ratio) / 2
        right = (mp.log(2 * mp.pi * mp.e * 8 / mpf(2.0 * ratio)) - 3 * mp.exp(x) * mp.e1(x)) / 2
    assert d.entropy() == pytest.approx(float(right), rel=1e-13)


def test_draws_stay_positive_where_the_variance_is_huge():
    draws = lk.InverseGaussian(1e8, 1e-8).sample(1000, seed=0)
    assert np.all(draws > 0)

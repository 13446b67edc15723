"""Facts of the Weibull and the Exponential that no other family shares."""

import numpy as np
import pytest

import likelier as lk


def test_shape_one_is_exponential():
    y = np.array([0.0, 1e-12, 0.3, 40.0])
    np.testing.assert_allclose(
        lk.Weibull(scale=2.0, concentration=1.0).log_prob(y),
        lk.Exponential(mean=2.0).log_prob(y),
        rtol=1e-14,
    )


def test_at_zero():
    assert lk.Weibull(2.0, 0.5).log_prob(0.0) == np.inf
    assert lk.Weibull(2.0, 2.0).log_prob(0.0) == -np.inf
    second = lk.Weibull(2.0, 2.0)._hessian(np.array([0.0, 1.0]))
    assert all(np.all(np.isfinite(v)) for v in second.values())


def test_logarithm_is_gumbel_of_minima():
    # Var log Y = π² / (6 k²), and var Y approaches scale² times it as k grows.
    for k in (1e3, 1e6, 1e9):
        relative = lk.Weibull(3.0, k).variance / 9 * k**2
        assert relative == pytest.approx(np.pi**2 / 6, rel=4 / k)


def test_variance_is_continuous_where_its_series_begins():
    low, high = (lk.Weibull(1.0, 1 / h).variance for h in (0.03 - 1e-13, 0.03 + 1e-13))
    assert low == pytest.approx(high, rel=1e-10)


def test_exponential_of_zeros():
    with pytest.raises(lk.SupportError, match="observation 2"):
        lk.Exponential.mle([1.0, -1.0])
    assert lk.Exponential.mle([1.0, 3.0]).mean == 2.0

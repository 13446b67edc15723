"""Facts of the Dirichlet that no other family shares."""

import numpy as np
import pytest

import likelier as lk


def test_two_shares_are_beta():
    y = np.array([1e-12, 0.2, 0.9])
    pairs = np.stack([y, 1 - y], axis=-1)
    d = lk.Dirichlet(mean=[0.3, 0.7], precision=5.0)
    beta = lk.Beta(mean=0.3, precision=5.0)
    np.testing.assert_allclose(d.log_prob(pairs), beta.log_prob(y), rtol=1e-12)
    np.testing.assert_allclose(d.score(pairs)["precision"], beta.score(y)["precision"], rtol=1e-12)
    np.testing.assert_allclose(d.entropy(), beta.entropy(), rtol=1e-13)
    np.testing.assert_allclose(d.variance[0], beta.variance, rtol=1e-14)


def test_flat_over_the_simplex():
    # The density is (K − 1)! everywhere, at shares of 0 too.
    d = lk.Dirichlet(concentration=np.ones(4))
    y = np.array([[0.25, 0.25, 0.25, 0.25], [0.0, 0.5, 0.5, 0.0], [1.0, 0.0, 0.0, 0.0]])
    np.testing.assert_allclose(d.log_prob(y), np.log(6.0), rtol=1e-14)


def test_shares_of_zero():
    y = np.array([0.0, 0.4, 0.6])
    assert lk.Dirichlet(concentration=[2.0, 1.0, 1.0]).log_prob(y) == -np.inf
    assert lk.Dirichlet(concentration=[0.5, 1.0, 1.0]).log_prob(y) == np.inf


def test_mle_matches_the_expected_logarithms():
    y = lk.Dirichlet(concentration=[0.8, 3.0, 1.5]).sample(2000, seed=2)
    found = lk.Dirichlet.mle(y)
    # The likelihood equations: the score of the concentrations averages to 0.
    score = lk.Dirichlet(concentration=found.concentration).score(y)["concentration"]
    np.testing.assert_allclose(score.mean(axis=0), 0.0, atol=1e-9)


@pytest.mark.parametrize(
    ("concentration", "mode"),
    [([2.0, 3.0, 4.0], [1 / 6, 1 / 3, 1 / 2]), ([0.5, 3.0, 1.0], [0, 1, 0]), ([0.2, 0.9], [0, 1])],
)
def test_mode(concentration, mode):
    np.testing.assert_allclose(lk.Dirichlet(concentration=concentration).mode, mode)


def test_draws_of_tiny_concentrations_are_shares():
    y = lk.Dirichlet(concentration=[1e-4, 1e-4, 1e-4]).sample(100, seed=0)
    np.testing.assert_allclose(y.sum(axis=-1), 1.0, rtol=1e-14)

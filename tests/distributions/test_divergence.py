"""Kullback–Leibler divergences: closed forms against quadrature, sums and published values."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate

import likelier as lk
from likelier.distributions import MultivariateNormal

PAIRS = [
    (lk.Normal(0.0, 1.0), lk.Normal(1.0, 2.0)),
    (lk.LogNormal(0.0, 1.0), lk.LogNormal(0.3, 0.6)),
    (lk.Gamma(mean=2.0, concentration=3.0), lk.Gamma(concentration=0.7, rate=1.0)),
    (lk.InverseGamma(3.0, 2.0), lk.InverseGamma(4.0, 1.0)),
    (lk.Exponential(2.0), lk.Exponential(rate=0.2)),
    (lk.Exponential(2.0), lk.Gamma(mean=1.0, concentration=2.0)),
    (lk.Weibull(2.0, 1.5), lk.Weibull(1.0, 0.8)),
    (lk.InverseGaussian(1.0, 2.0), lk.InverseGaussian(2.0, 0.5)),
    (lk.Beta(0.3, 5.0), lk.Beta(mean_logits=0.4, precision=2.0)),
    (lk.Laplace(0.0, 1.0), lk.Laplace(1.0, 2.0)),
    (lk.Cauchy(0.0, 1.0), lk.Cauchy(1.0, 2.0)),
    (lk.Normal(0.0, 1.0), lk.Cauchy(1.0, 2.0)),
    (lk.Normal(0.5, 1.0), lk.NormalInverseGamma(0.0, 1.0, 3.0, 2.0)),
]
COUNTS = [
    (lk.Bernoulli(0.3), lk.Bernoulli(-1.0)),
    (lk.Poisson(2.0), lk.Poisson(log_rate=0.1)),
    (lk.Poisson(0.0), lk.Poisson(1.5)),
    (lk.Geometric(2.0), lk.Geometric(0.5)),
    (lk.Binomial(5.0, 0.3), lk.Binomial(5.0, 0.1)),
    (lk.NegativeBinomial(3.0, 0.5), lk.Poisson(2.0)),
]


@pytest.mark.parametrize(("p", "q"), PAIRS, ids=repr)
def test_against_quadrature(p, q):
    def integrand(y):
        right = p.log_prob(y)
        return float(np.exp(right) * (right - q.log_prob(y))) if right > -700 else 0.0

    middle, low = float(p.median), max(p.support.lower, -np.inf)
    high = min(p.support.upper, np.inf)
    parts = [(low, middle), (middle, middle + 1), (middle + 1, high)]
    if high == 1:
        parts = [(low, middle), (middle, high)]
    elif low == -np.inf:
        parts = [(low, 0.0), (0.0, 1.0), (1.0, high)]
    total = sum(integrate.quad(integrand, *part, limit=200)[0] for part in parts)
    # QUADPACK's own tolerance is 1.5e-8.
    np.testing.assert_allclose(lk.kl_divergence(p, q), total, rtol=3e-8)


@pytest.mark.parametrize(("p", "q"), COUNTS, ids=repr)
def test_against_sums(p, q):
    y = np.arange(2.0 if isinstance(p, lk.Bernoulli) else 6 if isinstance(p, lk.Binomial) else 600)
    right = p.log_prob(y)
    likely = right > -700
    right, y = right[likely], y[likely]
    total = np.sum(np.exp(right) * (right - q.log_prob(y)))
    np.testing.assert_allclose(lk.kl_divergence(p, q), total, rtol=1e-12)


@pytest.mark.parametrize(("p", "q"), PAIRS + COUNTS, ids=repr)
def test_zero_from_itself(p, q):
    assert abs(lk.kl_divergence(p, p)) < 1e-14
    assert lk.kl_divergence(p, q) > 0


def test_vectors_against_their_definition():
    p = lk.Dirichlet(concentration=[1.0, 2.0])
    q = lk.Dirichlet(mean=[0.6, 0.4], precision=5.0)
    first = lk.Beta(concentration1=1.0, concentration0=2.0)
    second = lk.Beta(mean=0.6, precision=5.0)
    np.testing.assert_allclose(lk.kl_divergence(p, q), lk.kl_divergence(first, second), rtol=1e-13)
    a, b = np.diag([1.0, 3.0]), np.diag([2.0, 0.5])
    p, q = MultivariateNormal([0.0, 1.0], a), MultivariateNormal([1.0, 1.0], b)
    alone = lk.kl_divergence(lk.Normal([0.0, 1.0], [1.0, 3.0]), lk.Normal([1.0, 1.0], [2.0, 0.5]))
    np.testing.assert_allclose(lk.kl_divergence(p, q), alone.sum(), rtol=1e-13)
    z = np.array([[0.0, 1.0, -1.0], [2.0, 0.0, 0.0]])
    p, q = lk.Categorical(z), lk.Categorical(np.zeros(3))
    share = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        lk.kl_divergence(p, q), np.sum(share * np.log(share * 3), axis=1), rtol=1e-13
    )


def test_keeps_its_digits_between_near_neighbours():
    # ½ (relative step)² × information, for concentrations that differ by 1e-6.
    p = lk.Gamma(mean=1.0, concentration=1e8)
    q = lk.Gamma(mean=1.0 + 1e-6, concentration=1e8)
    np.testing.assert_allclose(lk.kl_divergence(p, q), 0.5 * 1e-12 * 1e8, rtol=1e-5)


def test_infinite_where_something_is_excluded():
    assert lk.kl_divergence(lk.Normal(0.0, 1.0), lk.Gamma(1.0, 1.0)) == np.inf
    assert lk.kl_divergence(lk.Poisson(2.0), lk.Binomial(4.0, 0.0)) == np.inf


def test_broadcasts():
    value = lk.kl_divergence(lk.Poisson(np.array([1.0, 2.0])), lk.Poisson(np.ones((3, 1))))
    assert value.shape == (3, 2)
    value = lk.kl_divergence(lk.NegativeBinomial(np.array([1.0, 2.0]), 0.5), lk.Poisson(1.0))
    assert value.shape == (2,)


def test_refuses_what_cannot_be_compared():
    with pytest.raises(lk.LikelierError, match="same observations"):
        lk.kl_divergence(lk.Normal(0.0, 1.0), lk.Poisson(1.0))


def test_gradient_on_jax():
    with jax.enable_x64(True):
        slope = jax.grad(lambda m: lk.kl_divergence(lk.Normal(m, 1.0), lk.Normal(0.0, 2.0)))
        np.testing.assert_allclose(slope(jnp.asarray(3.0)), 0.75, rtol=1e-14)

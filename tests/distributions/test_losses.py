"""Each classical loss is a family's NLL: equal, or equal up to what does not depend on the fit."""

from __future__ import annotations

import math

import numpy as np
import pytest

import likelier as lk
from likelier.distributions import catalogue

RNG = np.random.default_rng(0)
Y = RNG.normal(size=200)
POSITIVE = np.exp(Y)
GUESSES = RNG.normal(size=(4, 200))
RATES = np.exp(GUESSES)


def _differs_by_a_constant(nll: np.ndarray, loss: np.ndarray) -> None:
    """The two differ by a function of y alone: the same for every guess (rows)."""
    gap = nll - loss
    np.testing.assert_allclose(gap, np.broadcast_to(gap[:1], gap.shape), rtol=1e-12, atol=1e-12)


def test_mean_squared_error_is_normal():
    nll = lk.Normal(GUESSES, 1 / math.sqrt(2)).nll(Y)
    np.testing.assert_allclose(nll, (Y - GUESSES) ** 2 + math.log(math.pi) / 2, rtol=1e-13)


def test_mean_absolute_error_is_laplace():
    nll = lk.Laplace(GUESSES, 1.0).nll(Y)
    np.testing.assert_allclose(nll, np.abs(Y - GUESSES) + math.log(2), rtol=1e-13)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_pinball_is_asymmetric_laplace(level):
    gap = Y - GUESSES
    pinball = np.maximum(level * gap, (level - 1) * gap)
    nll = lk.AsymmetricLaplace(GUESSES, 1.0, quantile=level).nll(Y)
    np.testing.assert_allclose(nll, pinball - math.log(level * (1 - level)), rtol=1e-13)


def test_log_cosh_is_logistic():
    nll = lk.Logistic(GUESSES, 0.5).nll(Y)
    np.testing.assert_allclose(nll, 2 * np.log(np.cosh(Y - GUESSES)) + math.log(2), rtol=1e-12)


def test_cauchy_loss_is_cauchy():
    nll = lk.Cauchy(GUESSES, 1.0).nll(Y)
    np.testing.assert_allclose(nll, np.log1p((Y - GUESSES) ** 2) + math.log(math.pi), rtol=1e-13)


def test_student_t_loss_is_student_t():
    nll = lk.StudentT(df=4.0, loc=GUESSES, scale=1.0).nll(Y)
    _differs_by_a_constant(nll, 2.5 * np.log1p((Y - GUESSES) ** 2 / 4))


def test_squared_error_of_logarithms_is_log_normal():
    nll = lk.LogNormal(GUESSES, 1 / math.sqrt(2)).nll(POSITIVE)
    _differs_by_a_constant(nll, (Y - GUESSES) ** 2)


def test_binary_cross_entropy_is_bernoulli():
    p = 1 / (1 + np.exp(-GUESSES))
    y = (Y > 0).astype(float)
    cross_entropy = -(y * np.log(p) + (1 - y) * np.log1p(-p))
    np.testing.assert_allclose(lk.Bernoulli(logits=GUESSES).nll(y), cross_entropy, rtol=1e-13)
    np.testing.assert_allclose(
        lk.Binomial(total_count=1.0, logits=GUESSES).nll(y), cross_entropy, rtol=1e-13
    )


def test_cross_entropy_is_categorical():
    logits = RNG.normal(size=(200, 5))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = RNG.integers(0, 5, 200)
    chosen = -np.log(p[np.arange(200), y])
    np.testing.assert_allclose(lk.Categorical(logits=logits).nll(y), chosen, rtol=1e-13)
    grouped = lk.Multinomial(total_count=1.0, logits=logits).nll(np.eye(5)[y])
    np.testing.assert_allclose(grouped, chosen, rtol=1e-13)


def test_poisson_loss_is_poisson():
    counts = np.floor(POSITIVE * 3)
    loss = RATES - counts * GUESSES
    _differs_by_a_constant(lk.Poisson(log_rate=GUESSES).nll(counts), loss)
    _differs_by_a_constant(lk.Poisson(rate=RATES).nll(counts), loss)


def test_gamma_deviance_is_gamma_and_exponential():
    deviance = 2 * (POSITIVE / RATES - 1 - np.log(POSITIVE / RATES))
    _differs_by_a_constant(lk.Gamma(mean=RATES, concentration=1.0).nll(POSITIVE), deviance / 2)
    _differs_by_a_constant(lk.Exponential(mean=RATES).nll(POSITIVE), deviance / 2)


def test_inverse_gaussian_deviance_is_inverse_gaussian():
    deviance = (POSITIVE - RATES) ** 2 / (RATES**2 * POSITIVE)
    nll = lk.InverseGaussian(mean=RATES, concentration=1.0).nll(POSITIVE)
    _differs_by_a_constant(nll, deviance / 2)


def test_cosine_loss_is_von_mises():
    nll = lk.VonMises(loc=GUESSES, concentration=1.0).nll(Y)
    _differs_by_a_constant(nll, 1 - np.cos(Y - GUESSES))


def test_mahalanobis_distance_is_multivariate_normal():
    factor = np.array([[1.0, 0.0], [0.5, 2.0]])
    y, loc = RNG.normal(size=(2, 50, 2))
    gap = np.linalg.solve(factor, (y - loc).T)
    nll = lk.MultivariateNormal(loc=loc, scale_tril=factor).nll(y)
    constant = math.log(2 * math.pi) + math.log(2.0)
    np.testing.assert_allclose(2 * (nll - constant), np.sum(gap**2, axis=0), rtol=1e-12)


def test_evidential_loss_is_normal_inverse_gamma():
    # Amini et al. (2020), equation 8, with Ω = 2 β (1 + ν).
    from scipy.special import gammaln

    nu, alpha, beta = np.exp(RNG.normal(size=(3, 200)))
    alpha = alpha + 1
    omega = 2 * beta * (1 + nu)
    loss = (
        0.5 * np.log(math.pi / nu)
        - alpha * np.log(omega)
        + (alpha + 0.5) * np.log((Y - GUESSES) ** 2 * nu + omega)
        + gammaln(alpha)
        - gammaln(alpha + 0.5)
    )
    nll = lk.NormalInverseGamma(loc=GUESSES, evidence=nu, alpha=alpha, beta=beta).nll(Y)
    np.testing.assert_allclose(nll, loss, rtol=1e-11, atol=1e-12)


def test_table_lists_what_the_families_declare():
    declared = {k: v.classical_loss for k, v in catalogue().items() if v.classical_loss}
    assert dict(lk.losses) == declared
    assert len(lk.losses) == len(declared) >= 12
    assert "beta" not in lk.losses
    with pytest.raises(KeyError):
        lk.losses["beta"]


def test_table_as_text_and_page():
    assert "laplace" in repr(lk.losses)
    assert "mean absolute error" in repr(lk.losses)
    assert lk.losses._repr_html_().count("<tr>") == len(lk.losses) + 1

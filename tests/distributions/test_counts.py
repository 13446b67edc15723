"""Facts of the families of counts: limits, identities and published values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from likelier.distributions import (
    Bernoulli,
    BetaBinomial,
    Binomial,
    Categorical,
    Geometric,
    Multinomial,
    NegativeBinomial,
    Poisson,
    from_text,
)
from likelier.errors import LikelierError, SupportError

Y = np.arange(30.0)


@pytest.mark.parametrize("kind", ["nb2", "nb1"])
def test_no_dispersion_is_the_poisson(kind: str) -> None:
    right = Poisson(4.5)
    d = NegativeBinomial(mean=4.5, dispersion=0.0, kind=kind)
    np.testing.assert_allclose(d.log_prob(Y), right.log_prob(Y), rtol=1e-14)
    np.testing.assert_allclose(d.cdf(Y), right.cdf(Y), rtol=1e-13)
    assert d.variance == right.variance
    # The slope at the boundary: half of (y − mean)² − y, over the mean once more for NB1.
    slope = ((Y - 4.5) ** 2 - Y) / 2 / (1 if kind == "nb2" else 4.5)
    np.testing.assert_allclose(d.score(Y)["dispersion"], slope, rtol=1e-13, atol=1e-13)


def test_both_kinds_are_one_family_in_two_parametrisations() -> None:
    mean, dispersion = 3.2, 0.8
    nb2 = NegativeBinomial(mean=mean, dispersion=dispersion)
    nb1 = NegativeBinomial(mean=mean, dispersion=dispersion * mean, kind="nb1")
    torch_like = NegativeBinomial(total_count=1 / dispersion, logits=np.log(mean * dispersion))
    np.testing.assert_allclose(nb1.log_prob(Y), nb2.log_prob(Y), rtol=1e-14)
    np.testing.assert_allclose(torch_like.log_prob(Y), nb2.log_prob(Y), rtol=1e-14)
    np.testing.assert_allclose(nb1.variance, nb2.variance)
    np.testing.assert_allclose(torch_like.mean, mean)
    np.testing.assert_allclose(torch_like.dispersion, dispersion)


def test_kind_is_part_of_the_family() -> None:
    nb1 = NegativeBinomial.variant(kind="nb1")
    assert nb1.text() == "negative_binomial(kind=nb1)"
    assert from_text(nb1.text()) is nb1
    assert nb1.variant(kind="nb2") is NegativeBinomial
    assert type(NegativeBinomial(2.0, 0.5, kind="nb1")) is nb1
    assert "kind='nb1'" in repr(nb1(2.0, 0.5))
    with pytest.raises(LikelierError, match="nb2, nb1"):
        NegativeBinomial(2.0, 0.5, kind="nb3")


def test_total_count_one_is_the_geometric() -> None:
    d = Geometric(mean=2.5)
    right = NegativeBinomial(mean=2.5, dispersion=1.0)
    np.testing.assert_allclose(d.log_prob(Y), right.log_prob(Y), rtol=1e-14)
    np.testing.assert_allclose(d.cdf(Y), right.cdf(Y), rtol=1e-13)


def test_one_trial_is_the_bernoulli() -> None:
    y = np.array([0.0, 1.0])
    for logits in (-800.0, -0.3, 0.0, 2.0, 800.0):
        right = Bernoulli(logits=logits).log_prob(y)
        np.testing.assert_allclose(Binomial(1.0, logits=logits).log_prob(y), right, rtol=1e-14)
        np.testing.assert_allclose(Categorical([0.0, logits]).log_prob(y), right, rtol=1e-14)


def test_two_classes_are_the_binomial() -> None:
    yes = np.arange(8.0)
    d = Multinomial(total_count=7, logits=[0.0, 0.4])
    right = Binomial(7, logits=0.4)
    np.testing.assert_allclose(
        d.log_prob(np.stack([7 - yes, yes], axis=-1)), right.log_prob(yes), rtol=1e-13
    )
    assert d.log_prob([3.0, 3.0]) == -np.inf


def test_flat_beta_binomial_is_uniform() -> None:
    d = BetaBinomial(total_count=9, mean=0.5, precision=2.0)
    np.testing.assert_allclose(d.log_prob(np.arange(10.0)), -np.log(10), rtol=1e-14)


def test_beta_binomial_tends_to_the_binomial() -> None:
    y = np.arange(13.0)
    d = BetaBinomial(total_count=12, mean=0.3, precision=1e15)
    np.testing.assert_allclose(d.log_prob(y), Binomial(12, probs=0.3).log_prob(y), rtol=1e-12)
    assert d.mean == pytest.approx(3.6)
    assert d.parameters["mean"] == 0.3


def test_crps_of_the_bernoulli_is_the_brier_score() -> None:
    np.testing.assert_allclose(Bernoulli(probs=0.3).crps([0.0, 1.0]), [0.09, 0.49])


def _horse_kicks() -> np.ndarray:
    """Deaths by horse kicks in 14 Prussian corps over 20 years (Bortkiewicz, 1898)."""
    return np.repeat(np.arange(5.0), [144, 91, 32, 11, 2])


def test_horse_kicks() -> None:
    d = Poisson.mle(_horse_kicks())
    assert d.rate == pytest.approx(0.7)
    expected = 280 * np.exp(d.log_prob(np.arange(5.0)))
    np.testing.assert_allclose(expected, [139.04, 97.33, 34.07, 7.95, 1.39], atol=0.005)


def test_mites_on_apple_leaves() -> None:
    """Bliss and Fisher (1953): 172 mites on 150 leaves, k = 1.0246 by maximum likelihood."""
    y = np.repeat(np.arange(8.0), [70, 38, 17, 10, 9, 3, 2, 1])
    d = NegativeBinomial.mle(y)
    assert d.mean == pytest.approx(172 / 150, rel=1e-9)
    assert 1 / d.dispersion == pytest.approx(1.0246, abs=5e-5)


def test_binomial_families_need_the_trials() -> None:
    y, n = np.array([3.0, 0.0, 5.0]), np.array([10.0, 4.0, 6.0])
    assert Binomial.mle(y, total_count=n).probs == pytest.approx(8 / 20)
    with pytest.raises(SupportError, match="observation 3"):
        Binomial.mle(y, total_count=np.array([10.0, 4.0, 4.0]))


def _gradient_at_zero(family: Any, y: float, **more: float) -> float:
    import jax
    import jax.numpy as jnp

    return float(jax.grad(lambda z: family(logits=z, **more).log_prob(y))(jnp.asarray(0.0)))


def test_gradients_at_logit_zero() -> None:
    assert _gradient_at_zero(Bernoulli, 1.0) == 0.5
    assert _gradient_at_zero(Bernoulli, 0.0) == -0.5
    assert _gradient_at_zero(Binomial, 4.0, total_count=10.0) == pytest.approx(-1.0)


def test_a_table_of_repeated_counts_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    y = rng.poisson(3.0, 400).astype(float)
    mean = rng.uniform(1, 6, 400)
    same = NegativeBinomial(mean, np.full(400, 0.4))
    # A last dispersion of its own turns the table off.
    apart = NegativeBinomial(mean, np.append(np.full(399, 0.4), 0.5))
    np.testing.assert_array_equal(same.log_prob(y)[:-1], apart.log_prob(y)[:-1])
    for name, value in same.score(y).items():
        np.testing.assert_array_equal(value[:-1], apart.score(y)[name][:-1])


def test_many_rows_are_evaluated_in_blocks() -> None:
    rng = np.random.default_rng(6)
    rate = rng.uniform(1, 6, 40_000)
    y = rng.poisson(rate).astype(float)
    d = Poisson(rate)
    some = slice(16_380, 16_390)
    np.testing.assert_array_equal(d.log_prob(y)[some], d[some].log_prob(y[some]))
    np.testing.assert_array_equal(d.score(y)["rate"][some], d[some].score(y[some])["rate"])

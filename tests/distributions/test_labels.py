"""Categorical with soft labels, Ordinal, and the smoothing of labels."""

from __future__ import annotations

import numpy as np
import pytest

from likelier.distributions import Categorical, Linked, Ordinal, smooth_labels
from likelier.errors import LikelierError, NoFiniteOptimumError

LOGITS = np.array([[0.0, 0.5, -1.2], [0.3, 2.0, 0.1]])


def test_soft_labels_give_the_cross_entropy() -> None:
    d = Categorical(logits=LOGITS)
    soft = np.array([[0.2, 0.5, 0.3], [0.0, 1.0, 0.0]])
    np.testing.assert_allclose(d.nll(soft), -np.sum(soft * np.log(d.probs), axis=-1), rtol=1e-14)
    np.testing.assert_allclose(d.nll(soft)[1], d.nll([0, 1])[1], rtol=1e-15)
    np.testing.assert_allclose(d.score(soft)["logits"], soft - d.probs, atol=1e-15)


def test_one_hot_labels_are_hard_labels() -> None:
    d = Categorical(logits=LOGITS)
    np.testing.assert_allclose(d.log_prob(np.eye(3)[[2, 0]]), d.log_prob([2, 0]), rtol=1e-15)


def test_whole_numbers_are_codes_whatever_their_shape() -> None:
    d = Categorical(logits=[0.0, 0.5, -1.2])
    codes = np.array([[0, 1, 0], [2, 1, 1]])
    np.testing.assert_allclose(d.log_prob(codes), np.log(d.probs)[codes], rtol=1e-14)
    draws = d.sample((5, 3), seed=1)
    assert draws.dtype.kind == "i"
    assert d.log_prob(draws).shape == (5, 3)
    with pytest.raises(LikelierError, match="give label codes as integers"):
        d.log_prob(draws.astype(float))


def test_soft_labels_under_jax() -> None:
    import jax
    import jax.numpy as jnp

    soft = jnp.asarray([[0.2, 0.5, 0.3], [0.0, 1.0, 0.0]])
    gradient = jax.grad(lambda z: Categorical(logits=z).nll(soft).sum())(jnp.asarray(LOGITS))
    np.testing.assert_allclose(gradient, Categorical(logits=LOGITS).probs - soft, atol=1e-6)


def test_a_model_can_learn_from_soft_labels() -> None:
    soft = np.array([[0.2, 0.5, 0.3], [0.0, 1.0, 0.0]])
    linked = Linked(Categorical, sizes=Categorical._event_sizes(soft, None))
    nll, gradient, _ = linked.evaluate(np.zeros((2, 2)), soft)
    np.testing.assert_allclose(nll, np.log(3), rtol=1e-15)
    np.testing.assert_allclose(gradient, (1 / 3 - soft[:, 1:]).T, atol=1e-15)


def test_smooth_labels() -> None:
    np.testing.assert_allclose(
        smooth_labels([0, 2], 0.3, 3), [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]], rtol=1e-15
    )
    with pytest.raises(LikelierError, match="from 0 to 1"):
        smooth_labels([0, 1], 1.5, 2)
    with pytest.raises(LikelierError, match="labels are 0 to 1; y holds 2"):
        smooth_labels([0, 2], 0.1, 2)


def test_a_certain_label_keeps_the_digits_of_its_complement() -> None:
    d = Categorical(logits=[0.0, 50.0, -3.0])
    rest = np.exp(-50.0) + np.exp(-53.0)
    assert d.nll(1) == pytest.approx(rest, rel=1e-14, abs=0)
    assert d.score(1)["logits"][1] == pytest.approx(rest, rel=1e-14, abs=0)


def test_most_likely_shares() -> None:
    d = Categorical.mle(np.array([0.0, 1.0, 1.0, 3.0]))
    np.testing.assert_array_equal(d.probs, [0.25, 0.5, 0.0, 0.25])


@pytest.mark.parametrize("kind", ["logit", "probit", "cloglog"])
def test_ordinal_without_features_reproduces_the_shares(kind: str) -> None:
    y = np.repeat([0.0, 1.0, 2.0, 3.0], [5, 10, 3, 2])
    d = Ordinal.variant(kind=kind).mle(y)
    np.testing.assert_allclose(np.exp(d.log_prob(np.arange(4.0))), [0.25, 0.5, 0.15, 0.1])
    assert d.location == 0
    with pytest.raises(NoFiniteOptimumError, match="label 1"):
        Ordinal.variant(kind=kind).mle(np.array([0.0, 2.0]))


def test_ordinal_of_two_labels_is_binary_regression() -> None:
    location = np.linspace(-3, 3, 7)
    later = Ordinal(location, [[0.5]] * 7).sf(np.zeros(7))
    np.testing.assert_allclose(later, 1 / (1 + np.exp(0.5 - location)), rtol=1e-14)


def test_cutpoints_must_increase() -> None:
    with pytest.raises(LikelierError, match="cutpoints must be a vector of numbers that increase"):
        Ordinal(0.0, [1.0, 0.5])


def test_ordered_link_round_trip() -> None:
    linked = Linked(Ordinal, sizes={"cutpoints": 3})
    parameters = {"location": 0.2, "cutpoints": np.array([-1.0, 0.3, 4.0])}
    back = linked.parameters(linked.predictors(parameters))
    np.testing.assert_allclose(back["cutpoints"], parameters["cutpoints"], rtol=1e-15)

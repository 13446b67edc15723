"""Facts of the Beta that no other family shares."""

import numpy as np
import pytest

import likelier as lk


def test_uniform():
    y = np.array([1e-30, 1e-9, 0.3, 1 - 1e-16])
    d = lk.Beta(concentration1=1.0, concentration0=1.0)
    np.testing.assert_allclose(d.log_prob(y), 0.0, atol=1e-14)
    assert d.entropy() == pytest.approx(0.0, abs=1e-15)


def test_parametrisations_agree():
    y = np.linspace(0.01, 0.99, 9)
    first = lk.Beta(mean=0.2, precision=6.0)
    second = lk.Beta(mean_logits=np.log(0.25), precision=6.0)
    third = lk.Beta(concentration1=1.2, concentration0=4.8)
    for other in (second, third):
        np.testing.assert_allclose(other.log_prob(y), first.log_prob(y), rtol=1e-13, atol=1e-14)
    slope = first.score(y)["mean"] * 0.2 * 0.8
    np.testing.assert_allclose(second.score(y)["mean_logits"], slope, rtol=1e-12, atol=1e-14)
    a, b = third.score(y).values()
    np.testing.assert_allclose(first.score(y)["precision"], 0.2 * a + 0.8 * b, atol=1e-14)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("logits", [40.0, 199.9, 200.1, 800.0])
def test_steep_log_odds(sign, logits):
    # With one concentration ε → 0: p(y) → ε / y · (1 − y)^(precision − 1).
    y = np.array([0.1, 0.5, 0.9])
    low = y if sign < 0 else 1 - y
    d = lk.Beta(mean_logits=sign * logits, precision=3.0)
    expected = -logits + np.log(3.0) - np.log(low) + 2 * np.log1p(-low)
    np.testing.assert_allclose(d.log_prob(y), expected, rtol=1e-11)
    score = d.score(y)
    np.testing.assert_allclose(score["mean_logits"], -float(sign), rtol=1e-11)
    np.testing.assert_allclose(score["precision"], 1 / 3 + np.log1p(-low), rtol=1e-10)
    assert all(np.all(np.isfinite(v)) for v in d._hessian(y).values())


def test_mirror():
    y = np.array([1e-3, 0.4, 0.7])
    left = lk.Beta(mean_logits=-2.0, precision=5.0).log_prob(y)
    right = lk.Beta(mean_logits=2.0, precision=5.0).log_prob(1 - y)
    np.testing.assert_allclose(left, right, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(
    ("a", "b", "mode"), [(2, 3, 1 / 3), (0.5, 2, 0), (2, 0.5, 1), (0.5, 0.5, 0), (1, 0.5, 1)]
)
def test_mode(a, b, mode):
    assert lk.Beta(concentration1=a, concentration0=b).mode == pytest.approx(mode)

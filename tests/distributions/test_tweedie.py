"""Tweedie against the compound Poisson-gamma sum written out, and where its series changes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gammaln

from likelier.distributions import Tweedie
from likelier.distributions._compound import normaliser
from likelier.errors import NoFiniteOptimumError


def _written_out(y: float, mean: float, dispersion: float, power: float) -> float:
    number = mean ** (2 - power) / (dispersion * (2 - power))
    shape, scale = (2 - power) / (power - 1), dispersion * (power - 1) * mean ** (power - 1)
    j = np.arange(1.0, 400.0)
    amounts = (j * shape - 1) * np.log(y) - y / scale - gammaln(j * shape)
    terms = j * np.log(number) - gammaln(j + 1) - number + amounts - j * shape * np.log(scale)
    return float(np.log(np.sum(np.exp(terms))))


@pytest.mark.parametrize("power", [1.05, 1.5, 1.9])
def test_density_is_the_compound_sum(power: float) -> None:
    d = Tweedie(2.0, 0.7, power)
    for y in (0.01, 1.0, 6.0):
        np.testing.assert_allclose(
            d.log_prob(y), _written_out(y, 2.0, 0.7, power), rtol=1e-11, atol=1e-11
        )
    np.testing.assert_allclose(d.log_prob(0.0), -(2.0 ** (2 - power)) / 0.7 / (2 - power))


@pytest.mark.parametrize("shape", [0.05, 0.3, 1.0, 4.0, 20.0])
def test_no_jump_where_the_sum_becomes_a_series(shape: float) -> None:
    edge = max(40.0, 40.0 / shape, 3 * (1 + shape))
    below, above = (
        normaliser(np, np.array([edge * (1 + side)]), np.array([shape])) for side in (-1e-12, 1e-12)
    )
    np.testing.assert_allclose(below.value, above.value, atol=1e-13)
    np.testing.assert_allclose(below.slope, above.slope, atol=1e-12)


def test_a_small_dispersion_is_nearly_normal() -> None:
    d = Tweedie(3.0, 1e-12, 1.5)
    deviation = float(d.stddev)
    y = 3.0 + deviation * np.array([-2.0, 0.0, 1.0])
    normal = -0.5 * ((y - 3.0) / deviation) ** 2 - np.log(deviation * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(d.log_prob(y), normal, atol=1e-5)


def test_zeros_alone_have_no_mean() -> None:
    with pytest.raises(NoFiniteOptimumError, match="all observations are 0"):
        Tweedie.mle(np.zeros(3))


@pytest.mark.parametrize("power", [1.05, 1.3, 1.5, 1.9])
def test_many_rows_have_the_information_and_entropy_of_each(power: float) -> None:
    rng = np.random.default_rng(3)
    number = np.exp(rng.uniform(-4, 7, 500))
    mean = np.exp(rng.normal(size=500))
    many = Tweedie(mean, mean ** (2 - power) / (number * (2 - power)), power)
    found, entropy = many.information(), many.entropy()
    for row in range(0, 500, 50):
        one = many[row]
        np.testing.assert_allclose(
            found["dispersion", "dispersion"][row],
            one.information()["dispersion", "dispersion"],
            rtol=1e-11,
        )
        np.testing.assert_allclose(entropy[row], one.entropy(), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("power", [1.2, 1.5, 1.8])
def test_information_in_the_dispersion_at_both_ends(power: float) -> None:
    # A large expected number of amounts is a Normal's variance; one amount in a thousand rows
    # tells of the dispersion through the logarithm of its rate, −1 − its Gamma's own.
    d = Tweedie(2.0, 1e-7, power)
    np.testing.assert_allclose(d.information()["dispersion", "dispersion"] * 1e-14, 0.5, rtol=1e-5)
    rare = 1e-9
    shape = (2 - power) / (power - 1)
    d = Tweedie(1.0, 1 / (rare * (2 - power)), power)
    # log p = log λ − λ + log of a Gamma(shape) density; φ moves log λ by −1, the scale by +1.
    right = rare * (1 + shape)
    found = d.information()["dispersion", "dispersion"] * d.dispersion**2
    np.testing.assert_allclose(found, right, rtol=1e-6)

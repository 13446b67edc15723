"""Von Mises: the circle's own score and estimates, turns, and both ends of the concentration."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, special, stats

from likelier.distributions import Censored, Distribution, Mixture, Normal, Truncated, VonMises
from likelier.errors import LikelierError, NoFiniteOptimumError


@pytest.mark.parametrize("k", [0.0, 0.3, 2.0, 40.0])
def test_crps_takes_the_distance_along_the_circle(k: float) -> None:
    """E distance(Y, y) − E distance(Y, Y') / 2 over a grid that closes on itself."""
    d = VonMises(0.4, k)
    for y in (0.4, 1.0, -2.0, 3.0):
        np.testing.assert_allclose(d.crps(y), _crps_on_a_grid(d, y), rtol=1e-5)


def _crps_on_a_grid(d: Distribution, y: float) -> float:
    n = 20000
    grid = 0.4 + 2 * np.pi * (np.arange(n) + 0.5) / n
    weight = np.exp(d.log_prob(grid)) * 2 * np.pi / n
    apart = np.abs(np.angle(np.exp(1j * (grid - y))))
    steps = np.abs(np.angle(np.exp(1j * (grid - grid[0]))))
    pairs = np.fft.ifft(np.abs(np.fft.fft(weight)) ** 2).real @ steps
    return float(weight @ apart - 0.5 * pairs)


def test_a_high_concentration_is_normal() -> None:
    k, z = 1e8, np.array([-3.0, 0.0, 1.0])
    d, normal = VonMises(1.0, k), Normal(1.0, 1e-4)
    y = 1.0 + 1e-4 * z
    np.testing.assert_allclose(d.log_prob(y), normal.log_prob(y), rtol=1e-7)
    np.testing.assert_allclose(d.cdf(y), normal.cdf(y), rtol=1e-6)
    np.testing.assert_allclose(d.crps(y), normal.crps(y), rtol=1e-6)


def test_concentration_0_is_uniform() -> None:
    d = VonMises(0.5, 0.0)
    y = np.array([-2.0, 0.5, 3.0])
    np.testing.assert_allclose(d.log_prob(y), -np.log(2 * np.pi), rtol=1e-15)
    np.testing.assert_allclose(d.cdf(y), 0.5 + (y - 0.5) / (2 * np.pi), rtol=1e-13)
    np.testing.assert_allclose(d.quantile(d.cdf(y)), y, rtol=1e-13)


def test_turns_do_not_matter() -> None:
    d, y = VonMises(0.5, 3.0), np.array([-1.0, 0.2, 3.1])
    for turn in (2 * np.pi, -4 * np.pi):
        np.testing.assert_allclose(d.log_prob(y + turn), d.log_prob(y), rtol=1e-13)
        np.testing.assert_allclose(d.cdf(y + turn), d.cdf(y), rtol=1e-13)


def test_estimates() -> None:
    y = VonMises(3.0, 4.0).sample(500, seed=1)
    d = VonMises.mle(y)
    k, loc, _ = stats.vonmises.fit(y, fscale=1)
    np.testing.assert_allclose(d.concentration, k, rtol=1e-6)
    np.testing.assert_allclose(np.cos(d.loc - loc), 1.0, rtol=1e-12)
    for name, part in d.score(y).items():
        np.testing.assert_allclose(part.sum(), 0, atol=1e-10, err_msg=name)
    with pytest.raises(NoFiniteOptimumError, match="all angles are equal"):
        VonMises.mle(np.array([1.0, 1.0]))


MIXED = {"loc": [2.9, -1.2], "concentration": [5.0, 2.0], "weights": [0.7, 0.3]}


def test_a_mixture_lies_around_its_mean_direction() -> None:
    d = Mixture(VonMises, 2)(**MIXED)
    low, high = d.interval(0.9)
    inside = integrate.quad(lambda t: np.exp(d.log_prob(t)), low, high)[0]
    np.testing.assert_allclose(inside, 0.9, rtol=1e-9)
    assert d.mean - np.pi < low < d.median < high < d.mean + np.pi
    np.testing.assert_allclose(d.quantile([0.0, 1.0]), d.mean + np.array([-np.pi, np.pi]))
    y = np.linspace(-3.1, 3.1, 9)
    np.testing.assert_allclose(d.cdf(y + 2 * np.pi), d.cdf(y), rtol=1e-12)
    assert np.all(np.abs(d.sample(1000, seed=0) - d.mean) <= np.pi)


def test_a_mixture_of_one_and_the_same_is_that_one() -> None:
    one, two = VonMises(2.5, 3.0), Mixture(VonMises, 2)([2.5, 2.5], [3.0, 3.0], weights=[0.3, 0.7])
    y = np.linspace(-3.1, 3.1, 7)
    for what in ("cdf", "sf", "log_cdf", "log_sf", "log_prob", "crps"):
        np.testing.assert_allclose(getattr(two, what)(y), getattr(one, what)(y), rtol=1e-11)
    np.testing.assert_allclose(two.quantile([0.01, 0.5, 0.8]), one.quantile([0.01, 0.5, 0.8]))
    for what in ("mean", "variance", "mode"):
        np.testing.assert_allclose(getattr(two, what), getattr(one, what), rtol=1e-7)


def test_crps_of_a_mixture_takes_the_distance_along_the_circle() -> None:
    d = Mixture(VonMises, 2)(**MIXED)
    for y in (0.4, 2.9, -2.0):
        np.testing.assert_allclose(d.crps(y), _crps_on_a_grid(d, y), rtol=1e-5)


def test_variance_of_members_on_the_circle_adds_up() -> None:
    """Of two members either side of ±π: noise within, and disagreement of 0.4 radians."""
    d = Mixture(VonMises, 2, members=2)([3.0, 3.4 - 2 * np.pi], [50.0, 50.0], weights=[0.5, 0.5])
    within = 1 - special.i1e(50.0) / special.i0e(50.0)
    np.testing.assert_allclose(d.aleatoric_variance, within, rtol=1e-12)
    np.testing.assert_allclose(d.epistemic_variance, (1 - within) * (1 - np.cos(0.2)), rtol=1e-12)
    np.testing.assert_allclose(d.variance, d.aleatoric_variance + d.epistemic_variance)


@pytest.mark.parametrize("modifier", [Censored, lambda family: Truncated(family, lower=0.0)])
def test_angles_have_no_sides(modifier) -> None:
    for family in (VonMises, Mixture(VonMises, 2)):
        with pytest.raises(LikelierError, match="none lies below or above another"):
            modifier(family)

"""Von Mises: the circle's own score and estimates, turns, and both ends of the concentration."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from likelier.distributions import Normal, VonMises
from likelier.errors import NoFiniteOptimumError


@pytest.mark.parametrize("k", [0.0, 0.3, 2.0, 40.0])
def test_crps_takes_the_distance_along_the_circle(k: float) -> None:
    """E distance(Y, y) − E distance(Y, Y') / 2 over a grid that closes on itself."""
    d = VonMises(0.4, k)
    n = 20000
    grid = 0.4 + 2 * np.pi * (np.arange(n) + 0.5) / n
    weight = np.exp(d.log_prob(grid)) * 2 * np.pi / n
    for y in (0.4, 1.0, -2.0, 3.0):
        apart = np.abs(np.angle(np.exp(1j * (grid - y))))
        steps = np.abs(np.angle(np.exp(1j * (grid - grid[0]))))
        pairs = np.fft.ifft(np.abs(np.fft.fft(weight)) ** 2).real @ steps
        np.testing.assert_allclose(d.crps(y), weight @ apart - 0.5 * pairs, rtol=1e-5)


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

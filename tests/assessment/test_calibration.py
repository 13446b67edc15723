"""Calibration in a sentence: coverage, the PIT and its band, against direct counting and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import likelier as lk
from likelier.assessment import calibration, pit, pit_bounds

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("n", [7, 100, 2000])
def test_a_continuous_pit_is_held_to_kolmogorovs_distance(n: int) -> None:
    u = RNG.beta(1.1, 1, n)
    found = calibration(u, u, 0.8)
    known = stats.kstest(u, "uniform")
    assert abs(found.deviation) == pytest.approx(known.statistic, rel=1e-12)
    assert found.at == pytest.approx(known.statistic_location, rel=1e-12)
    assert np.sign(found.deviation) == known.statistic_sign
    assert found.coverage == pytest.approx(np.mean((u > 0.1) & (u <= 0.9)), rel=1e-12)


@pytest.mark.parametrize("n", [20, 100, 1000])
def test_the_bound_is_that_of_kolmogorovs_test(n: int) -> None:
    u = RNG.random(n)
    # Stephens' correction of the limit law is good to 1 % of the bound from 20 rows on.
    assert calibration(u, u).bound == pytest.approx(stats.kstwo.ppf(0.95, n), rel=0.01)


def test_rows_with_a_probability_of_their_own_are_spread_over_it() -> None:
    lower = 0.9 * RNG.random(40)
    upper = lower + (1 - lower) * RNG.random(40)
    grid = np.linspace(0, 1, 20_001)
    share = np.mean(np.clip((grid[:, None] - lower) / (upper - lower), 0, 1), axis=1)
    found = calibration(lower, upper)
    # The grid misses the bend by at most half its step.
    assert abs(found.deviation) == pytest.approx(np.abs(share - grid).max(), abs=5e-5)
    assert found.coverage == pytest.approx(
        np.interp(0.95, grid, share) - np.interp(0.05, grid, share), abs=1e-4
    )


def test_frequency_weights_stand_for_rows() -> None:
    lower = 0.9 * RNG.random(30)
    upper = lower + 0.1 * RNG.integers(0, 2, 30)
    weights = RNG.integers(1, 5, 30)
    whole = calibration(np.repeat(lower, weights), np.repeat(upper, weights))
    short = calibration(lower, upper, weights=weights)
    assert short.rows == whole.rows
    for name in ("coverage", "deviation", "at", "bound"):
        assert getattr(short, name) == pytest.approx(getattr(whole, name), rel=1e-10)


def test_narrow_widths_cost_no_digits() -> None:
    upper = RNG.random(500)
    plain = calibration(upper, upper)
    narrow = calibration(upper - 1e-13, upper)
    assert narrow.deviation == pytest.approx(plain.deviation, abs=1e-12)
    assert narrow.coverage == pytest.approx(plain.coverage, abs=1e-12)


def test_the_right_model_is_called_calibrated_and_a_wrong_one_is_not() -> None:
    y = RNG.poisson(3.0, 4000)
    right = calibration(*pit_bounds(lk.Poisson(rate=np.full(4000, 3.0)), y))
    assert right.calibrated
    assert right.coverage == pytest.approx(0.9, abs=0.02)
    assert right.sentence("held-out rows").endswith(
        "% of held-out rows. PIT uniform within its band."
    )
    wrong = calibration(*pit_bounds(lk.Poisson(rate=np.full(4000, 3.5)), y))
    assert not wrong.calibrated
    assert wrong.deviation > 0
    assert "PIT leaves its 95 % band" in wrong.sentence()


def test_few_rows_get_few_digits() -> None:
    u = np.linspace(0.05, 0.95, 10)
    assert calibration(u, u, 0.8).sentence().startswith("80 % intervals hold 80 % of rows.")


def test_atoms_are_spread_in_mixed_families_too() -> None:
    n = 3000
    family = lk.ZeroOneInflated(lk.Beta)
    mixed = family(mean=np.full(n, 0.4), precision=5.0, zero=0.2, one=0.1)
    y = mixed.sample(seed=1)
    below, upto = pit_bounds(mixed, y)
    np.testing.assert_allclose((upto - below)[y == 0], 0.2, rtol=1e-12)
    np.testing.assert_allclose((upto - below)[y == 1], 0.1, rtol=1e-12)
    assert not np.any((upto - below)[(y > 0) & (y < 1)])
    assert stats.kstest(pit(mixed, y), "uniform").pvalue > 0.01
    assert calibration(below, upto).calibrated


def test_a_family_without_atoms_has_none_at_0() -> None:
    normal = lk.Normal(np.zeros(3), 1.0)
    below, upto = pit_bounds(normal, np.array([0.0, 1.0, -1.0]))
    # The step to the next lower number may round differently.
    np.testing.assert_allclose(below, upto, rtol=1e-15)

"""Where networks of a mean and a scale are known to fail: the fitted scale is right to a fifth."""

from __future__ import annotations

import numpy as np
import pytest

import likelier as lk


def ratio(x: np.ndarray, mean: np.ndarray, scale: np.ndarray, seed: int, **options) -> float:
    """The median over the rows of fitted over true scale."""
    y = mean + scale * np.random.default_rng(seed).standard_normal(len(x))
    network = lk.MLP(**options)
    fit = lk.fit("y ~ x", {"x": x, "y": y}, "normal", predictor=network, seed=seed)
    return float(np.median(fit.predict({"x": x}).scale / scale))


def test_a_fast_wave_with_little_noise_collapses_under_plain_slopes_and_not_by_default() -> None:
    # Seitzer et al. (2022), section 3.1: rows off the mean get a large scale, and no say any more.
    x = np.random.default_rng(1).uniform(0, 5, 800)
    wave, noise = 0.4 * np.sin(2 * np.pi * x), np.full(800, 0.01)
    assert 0.8 < ratio(x, wave, noise, 1) < 1.2
    assert ratio(x, wave, noise, 1, heteroscedastic="none") > 5


@pytest.mark.parametrize("seed", [0, 1])
def test_a_wave_that_grows_with_its_noise(seed: int) -> None:
    # Skafte, Joergensen and Hauberg (2019), arXiv:1906.03260, section 4.1.
    x = np.random.default_rng(seed).uniform(0, 10, 800)
    assert 0.8 < ratio(x, x * np.sin(x), 0.3 * np.sqrt(1 + x * x), seed) < 1.2


@pytest.mark.parametrize("seed", [0, 1])
def test_a_region_of_next_to_no_noise(seed: int) -> None:
    x = np.random.default_rng(seed).uniform(-1, 1, 800)
    scale = np.where(x < 0, 0.01, 0.3)
    assert 0.8 < ratio(x, np.sin(6 * x), scale, seed) < 1.2


def test_outliers_widen_a_normal_and_not_a_student_t() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, 800)
    y = np.sin(2 * x) + 0.1 * rng.standard_normal(800)
    wild = rng.choice(800, 16, replace=False)
    y[wild] += 5 * rng.standard_normal(16)
    table = {"x": x, "y": y}
    normal, heavy = (
        lk.fit("y ~ x", table, family, predictor=lk.MLP()).predict(table)
        for family in ("normal", "student_t")
    )
    middle = [(d.quantile(0.75) - d.quantile(0.25)) / (2 * 0.67449 * 0.1) for d in (normal, heavy)]
    assert np.median(middle[0]) > 2
    assert 0.8 < np.median(middle[1]) < 1.2

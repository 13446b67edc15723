"""Fits of angles: what is predicted lies on the circle, and links are written to be read."""

from __future__ import annotations

import numpy as np
import pytest

import likelier as lk


def _angles(locs: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    """Angles from two directions, concentrations 9 and 4, in one turn."""
    first = rng.random(1200) < 0.6
    y = np.where(first, rng.vonmises(locs[0], 9.0, 1200), rng.vonmises(locs[1], 4.0, 1200))
    return np.angle(np.exp(1j * y))


@pytest.mark.parametrize("locs", [(3.1, 0.4), (-3.0, 1.5), (0.5, 2.5)])
def test_a_mixture_of_angles_is_recovered_and_calibrated(locs: tuple[float, float]) -> None:
    y = _angles(locs, np.random.default_rng(0))
    fit = lk.fit("y ~ 1", {"y": y}, "mixture(von_mises, 2)")
    assert fit.converged
    assert not fit.diagnoses
    d = fit.predict({"y": y[:1]})
    order = np.argsort(d.concentration[0])[::-1]
    np.testing.assert_allclose(np.cos(d.loc[0, order] - locs), 1, atol=2e-3)
    np.testing.assert_allclose(d.concentration[0, order], [9.0, 4.0], rtol=0.2)
    # Counted from any angle: the cdf of the sample against the model's own interval.
    low, high = (float(end[0]) for end in d.interval(0.9))
    inside = (y - low) % (2 * np.pi) <= high - low
    assert abs(inside.mean() - 0.9) < 4 * np.sqrt(0.09 / len(y))
    wide = fit.predict_interval({"y": y[:1]}, 0.9)
    assert wide["lower"][0] == pytest.approx(low, abs=0.02)
    assert wide["upper"][0] == pytest.approx(high, abs=0.02)
    # Uniform PIT of the sample that it was fitted to: the 99 % point of Kolmogorov's statistic.
    pit = np.sort(d.cdf(y))
    distance = np.max(np.abs(pit - (np.arange(len(y)) + 0.5) / len(y)))
    assert distance < 1.63 / np.sqrt(len(y))


def test_overlapping_components_reach_the_highest_peak() -> None:
    from scipy.optimize import minimize
    from scipy.stats import vonmises

    rng = np.random.default_rng(1)
    y = rng.vonmises(0.0, 1.0, 200)

    def nll(b: np.ndarray) -> float:
        share = 0.05 + 0.9 / (1 + np.exp(-b[4]))
        first, second = (vonmises.logpdf(y, np.exp(b[2 + j]), b[j]) for j in (0, 1))
        return -float(np.logaddexp(np.log(share) + first, np.log1p(-share) + second).sum())

    fit = lk.fit("y ~ 1", {"y": y}, "mixture(von_mises, 2)")
    starts = rng.standard_normal((12, 5))
    best = min(minimize(nll, b, method="BFGS").fun for b in starts)
    assert -fit.log_likelihood <= best + 1e-6


def test_unsure_directions_widen_an_interval_of_angles() -> None:
    """A mean direction known to ±1 radian: all draws of it count from one angle."""
    y = lk.VonMises(3.0, 0.5).sample(12, seed=4)
    fit = lk.fit("y ~ 1", {"y": y}, "von_mises")
    d = fit.predict({"y": y[:1]})
    row = fit.predict_interval({"y": y[:1]}, 0.9)
    assert 0 < row["upper"][0] - row["lower"][0] <= 2 * np.pi
    assert row["lower"][0] >= d.loc[0] - np.pi - 1e-9
    assert row["variance"][0] == pytest.approx(row["noise_variance"][0], abs=0.5)
    assert 0 <= row["parameter_variance"][0] <= 1


def test_the_centre_of_an_angle_is_written_to_be_read() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    along = np.angle(np.exp(1j * (2.3 + 0.4 * x + rng.vonmises(0, 4, 200))))
    for formula, y, family, names in (
        ("y ~ x", along, "von_mises", ["loc"]),
        ("y ~ 1", _angles((0.5, 2.5), rng), "mixture(von_mises, 2)", ["loc[1]", "loc[2]"]),
    ):
        x = np.resize(x, len(y))
        fit = lk.fit(formula, {"x": x, "y": y}, family)
        heads = [line for line in str(fit.summary()).splitlines() if line.startswith("loc")]
        assert [head.split(" (")[0] for head in heads] == names
        for head in heads:
            centre = head.split("tan_half link around ")[1].split(")")[0]
            assert len(centre) <= 6
        # The link that a fit reports can be typed.
        again = lk.fit(formula, {"x": x, "y": y}, family, links={"loc": fit.links["loc"]})
        assert again.log_likelihood == pytest.approx(fit.log_likelihood, abs=1e-6)

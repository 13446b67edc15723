"""Plots of an assessment: what they show is what it says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import likelier as lk
from likelier.report import plots

RNG = np.random.default_rng(2)
X = RNG.standard_normal(800)
NUMBERS = lk.assess(lk.Normal(X, 0.8), X + RNG.standard_normal(800))
P = RNG.dirichlet(np.ones(3), 800)
LABELS = lk.assess(
    lk.Categorical(probs=P), [RNG.choice(3, p=row) for row in P], levels=["a", "b", "c"]
)


def test_the_coverage_curve_is_coverage() -> None:
    shown = NUMBERS.plot.coverage().data
    at = shown.iloc[[49, 89]]
    np.testing.assert_allclose(at.coverage, NUMBERS.coverage([0.5, 0.9]).coverage)
    assert not at.inside.any()
    # Kolmogorov's bound at 95 %, 1.358 / √n.
    assert at.band.iloc[0] == pytest.approx(stats.kstwo.ppf(0.95, 800), rel=0.01)
    assert LABELS.plot.coverage().data.inside.all()


def test_the_band_of_a_qq_plot_is_that_of_order_statistics() -> None:
    residuals = stats.norm.ppf((np.arange(60) + 0.5) / 60)
    shown = plots.qq(residuals).data
    draws = np.sort(np.random.default_rng(0).standard_normal((20_000, 60)), axis=1)
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    np.testing.assert_allclose(shown.band_lower, low, atol=0.06)
    np.testing.assert_allclose(shown.band_upper, high, atol=0.06)
    assert shown.inside.all()
    np.testing.assert_allclose(shown.residual, residuals)


def test_many_rows_keep_their_tails_in_a_qq_plot() -> None:
    values = np.random.default_rng(1).standard_normal(50_000)
    shown = plots.qq(values).data
    assert len(shown) <= 600
    assert shown.residual.iloc[0] == values.min()
    assert shown.residual.iloc[-1] == values.max()


def test_reliability_of_quantiles_counts_what_lies_below() -> None:
    shown = NUMBERS.plot.reliability().data
    y, d = NUMBERS.outcomes.y, NUMBERS.outcomes.distribution
    for level, share in zip(shown.level[::5], shown.observed[::5], strict=True):
        assert share == pytest.approx(np.mean(y <= d.quantile(level)))
    low = stats.binom.ppf(0.025, 800, 0.5) / 800
    assert shown.band_lower[np.isclose(shown.level, 0.5)].item() == pytest.approx(low)


def test_reliability_of_labels_is_that_of_each_label() -> None:
    shown = LABELS.plot.reliability().data
    assert shown.label.unique().tolist() == ["a", "b", "c"]
    alone = LABELS.plot.reliability("b").data
    np.testing.assert_allclose(shown[shown.label == "b"].observed, alone.observed)
    with pytest.raises(lk.LikelierError, match="one of 'a', 'b', 'c'"):
        LABELS.plot.reliability("d")


def test_pit_and_worm_are_of_the_same_rows() -> None:
    assert NUMBERS.plot.pit().data["count"].sum() == 800
    np.testing.assert_allclose(
        NUMBERS.plot.worm().data.residual.iloc[[0, -1]],
        stats.norm.ppf([NUMBERS.pit.min(), NUMBERS.pit.max()]),
    )


def test_what_has_no_such_picture_says_so() -> None:
    with pytest.raises(lk.LikelierError, match="have no PIT"):
        LABELS.plot.pit()
    vectors = lk.assess(
        lk.MultivariateNormal(loc=np.zeros(2), covariance=np.eye(2)), np.zeros((30, 2))
    )
    with pytest.raises(lk.LikelierError, match="no reliability diagram"):
        vectors.plot.reliability()

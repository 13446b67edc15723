"""`fit.plot`: the numbers shown are the fit's own, and what cannot be shown is refused in words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

import likelier as lk
from likelier.model.answers.counts import count_bins, counts_data

RNG = np.random.default_rng(11)
X = RNG.random(300)
TABLE: dict[str, Any] = {
    "x": X,
    "y": 1 + 2 * X + RNG.standard_normal(300),
    "visits": RNG.poisson(np.exp(0.4 + X)),
    "many": RNG.negative_binomial(2, 0.0005, 300),
    "k": np.append(4, RNG.binomial(4, 0.3, 299)),
    "total_count": np.full(300, 4),
    "won": np.where(RNG.random(300) < X, "yes", "no"),
    "place": RNG.choice(["a", "b", "c"], 300),
    "w": RNG.integers(1, 4, 300),
}


@pytest.fixture(scope="module")
def poisson() -> lk.Fit:
    return lk.fit("visits ~ x", TABLE, "poisson")


def test_a_likelihood_curve_is_the_profile(poisson: lk.Fit) -> None:
    shown = poisson.plot.profile("x", points=9).data
    coefficient = float(poisson.params.estimate[1])
    assert shown.value.min() < coefficient < shown.value.max()
    for value, deviance in zip(shown.value[::4], shown.deviance[::4], strict=True):
        # With the slope held, the intercept of a Poisson fit has a closed form.
        rate = np.exp(value * X)
        rate *= TABLE["visits"].sum() / rate.sum()
        nll = -stats.poisson.logpmf(TABLE["visits"], rate).sum()
        assert deviance == pytest.approx(2 * (nll + poisson.log_likelihood), abs=1e-6)


def test_a_curve_covers_its_interval(poisson: lk.Fit) -> None:
    low, high = poisson.conf_int(0.999, "profile").iloc[1][["lower", "upper"]]
    shown = poisson.plot.profile("x", level=0.999).data
    assert shown.value.iloc[0] < low
    assert shown.value.iloc[-1] > high


def test_no_curve_without_a_maximum() -> None:
    fit = lk.fit("y ~ x", {"y": [0, 0, 1, 1], "x": [0.0, 1.0, 2.0, 3.0]}, "bernoulli")
    with pytest.raises(lk.LikelierError, match="`x` has no finite estimate"):
        fit.plot.profile("x")
    twice = lk.fit("y ~ x + z", {"y": TABLE["y"], "x": X, "z": 2 * X}, "normal")
    with pytest.raises(lk.LikelierError, match="not identified"):
        twice.plot.profile("z")


def test_levels_lie_between_0_and_1(poisson: lk.Fit) -> None:
    with pytest.raises(lk.LikelierError, match="between 0 and 1"):
        poisson.plot.profile("x", level=95)


def test_counts_are_those_of_the_rows_and_of_the_family(poisson: lk.Fit) -> None:
    shown = poisson.plot.counts().data
    top = TABLE["visits"].max()
    np.testing.assert_array_equal(shown.observed[:-1], np.bincount(TABLE["visits"]))
    rate = np.asarray(poisson.predict().mean)
    expected = [stats.poisson.pmf(k, rate).sum() for k in range(top + 1)]
    np.testing.assert_allclose(shown.poisson[:-1], expected)
    assert shown.upper.iloc[-1] == math.inf
    assert shown.poisson.sum() == pytest.approx(300)
    assert poisson.plot.rootogram().data.equals(shown)


def test_weights_count_rows() -> None:
    fit = lk.fit("visits ~ x", TABLE, "poisson", weights="w")
    shown = fit.plot.counts().data
    assert shown.observed.sum() == TABLE["w"].sum()
    assert shown.poisson.sum() == pytest.approx(TABLE["w"].sum())
    assert fit.plot.pit().data["count"].sum() == TABLE["w"].sum()


def test_large_counts_are_grouped() -> None:
    fit = lk.fit("many ~ x", TABLE, "negative_binomial")
    data = counts_data([fit])
    (expected,) = data.expected.values()
    assert 8 <= len(data.lower) <= 26
    assert sum(data.observed) == 300
    assert sum(expected) == pytest.approx(300)
    # Bins are cut by the cdf; SciPy sums them from its own.
    mean, spread = (np.asarray(fit.predict().parameters[k]) for k in ("mean", "dispersion"))
    family = stats.nbinom(1 / spread, 1 / (1 + spread * mean))
    third = (family.cdf(data.upper[2]) - family.cdf(data.lower[2] - 1)).sum()
    assert expected[2] == pytest.approx(third, rel=1e-8)


def test_a_bounded_count_has_no_open_bin() -> None:
    data = counts_data([lk.fit("k ~ x", TABLE, "binomial")])
    assert data.labels == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("top", [0, 3, 23, 24, 60, 1000, 10**7])
def test_bins_hold_every_count_once(top: int) -> None:
    y = np.round(np.linspace(0, top, 500))
    lower, upper = count_bins(y)
    assert lower[0] == 0
    assert np.isinf(upper[-1])
    np.testing.assert_array_equal(upper[:-1] + 1, lower[1:])
    assert len(lower) <= 26


def test_pit_is_that_of_the_rows() -> None:
    fit = lk.fit("y ~ x", TABLE, "normal")
    p = fit.predict()
    values = stats.norm.cdf(TABLE["y"], p.loc, p.scale)
    shown = fit.plot.pit(bins=10).data
    np.testing.assert_array_equal(shown["count"], np.histogram(values, 10, (0, 1))[0])


def test_residuals_against_the_mean_or_a_column(poisson: lk.Fit) -> None:
    shown = poisson.plot.residuals(seed=3)
    np.testing.assert_allclose(shown.data.residual, poisson.residuals(seed=3))
    np.testing.assert_allclose(shown.data.against, poisson.predict().mean)
    assert shown.axes.get_xlabel() == "fitted mean of visits"
    np.testing.assert_allclose(poisson.plot.residuals("x").data.against, X)
    with pytest.raises(lk.LikelierError, match="Did you mean `x`"):
        poisson.plot.residuals("xx")


def test_residuals_without_a_mean_use_the_median() -> None:
    shown = lk.fit("y ~ x", TABLE, "cauchy").plot.residuals()
    assert shown.axes.get_xlabel() == "fitted median of y"


def test_worm_is_of_the_quantile_residuals(poisson: lk.Fit) -> None:
    shown = poisson.plot.worm(seed=1).data
    np.testing.assert_allclose(shown.residual, np.sort(poisson.residuals(seed=1)))


def test_coefficients_leave_intercepts_out_unless_asked(poisson: lk.Fit) -> None:
    assert poisson.plot.coefficients().data.term.tolist() == ["x"]
    full = poisson.plot.coefficients(intercepts=True).data
    np.testing.assert_allclose(full.lower, poisson.conf_int().lower)
    alone = lk.fit("visits ~ 1", TABLE, "poisson")
    assert alone.plot.coefficients().data.term.tolist() == ["intercept"]


def test_reliability_of_a_label() -> None:
    fit = lk.fit("won ~ x", TABLE, "bernoulli")
    shown = fit.plot.reliability()
    assert shown.axes.get_xlabel() == "predicted probability of won = yes"
    assert shown.data.rows.sum() == 300
    assert (shown.data.rows @ shown.data.observed) == pytest.approx((TABLE["won"] == "yes").sum())
    flipped = fit.plot.reliability("no").data
    np.testing.assert_allclose(np.sort(1 - flipped.observed), np.sort(shown.data.observed))


def test_reliability_of_several_labels_asks_which() -> None:
    fit = lk.fit("place ~ x", TABLE, "categorical")
    with pytest.raises(lk.LikelierError, match="one of 'a', 'b', 'c'"):
        fit.plot.reliability()
    shown = fit.plot.reliability("b").data
    # A multinomial fit with intercepts meets the observed share of each label.
    assert shown.rows @ shown.predicted == pytest.approx(shown.rows @ shown.observed)


def test_plots_of_something_else_are_refused(poisson: lk.Fit) -> None:
    with pytest.raises(lk.LikelierError, match="of labels"):
        poisson.plot.reliability()
    with pytest.raises(lk.LikelierError, match="a plot of counts"):
        lk.fit("y ~ x", TABLE, "normal").plot.counts()


def test_a_contest_is_drawn_as_its_table_says() -> None:
    contest = lk.compare("visits ~ x", TABLE, ["poisson", "geometric"], folds=3)
    shown = contest.plot().data
    np.testing.assert_allclose(shown.difference, contest.table.difference)
    assert shown.standing.tolist() == contest.table.standing.tolist()


def test_a_loaded_fit_says_that_it_has_no_rows(tmp_path: Any, poisson: lk.Fit) -> None:
    poisson.save(tmp_path / "model.lkl")
    loaded = lk.load(tmp_path / "model.lkl")
    for draw in (loaded.plot.pit, loaded.plot.counts, loaded.plot.residuals):
        with pytest.raises(lk.LikelierError, match="has no rows"):
            draw()
    assert loaded.plot.coefficients().data.term.tolist() == ["x"]

"""Rate and odds ratios: those of two-by-two tables in closed form, and of statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm

import likelier as lk

Z = 1.959963984540054


def test_the_odds_ratio_of_a_table_of_four() -> None:
    a, b, c, d = 14, 6, 9, 21
    table = {"y": [1] * a + [0] * b + [1] * c + [0] * d, "x": [1] * (a + b) + [0] * (c + d)}
    found = lk.fit("y ~ x", table, "bernoulli").ratios()
    ratio, error = a * d / (b * c), math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    assert found[["parameter", "term"]].to_numpy().tolist() == [["logits", "x"]]
    limits = [ratio, ratio * math.exp(-Z * error), ratio * math.exp(Z * error)]
    np.testing.assert_allclose(found[["ratio", "lower", "upper"]].to_numpy()[0], limits, rtol=1e-8)


def test_rate_ratios_of_several_columns_and_parameters() -> None:
    visits = lk.datasets.load("randhie").head(1500)
    theirs = sm.GLM(
        visits.mdvis, sm.add_constant(visits[["lncoins", "disea"]]), sm.families.Poisson()
    ).fit()
    fit = lk.fit("mdvis ~ lncoins + disea", visits, "poisson")
    expected = np.exp(np.column_stack([theirs.params, theirs.conf_int(0.1)]))[1:]
    found = fit.ratios(0.9)
    np.testing.assert_allclose(found[["ratio", "lower", "upper"]], expected, rtol=1e-6)
    wide = {"mean": "mdvis ~ lncoins", "dispersion": "~ disea"}
    pairs = lk.fit(wide, visits, "negative_binomial").ratios()[["parameter", "term"]]
    assert pairs.to_numpy().tolist() == [["mean", "lncoins"], ["dispersion", "disea"]]


def test_of_classes_against_the_reference_and_with_profile_limits() -> None:
    iris = lk.datasets.load("iris")
    fit = lk.fit("species ~ sepal_length", iris, "categorical")
    found = fit.ratios(method="profile").set_index("parameter")
    limits = fit.conf_int(method="profile").set_index(["parameter", "term"])
    assert list(found.index) == ["logits[versicolor]", "logits[virginica]"]
    for name in found.index:
        lower, upper = limits.loc[name, "sepal_length"]
        np.testing.assert_allclose(
            found.loc[name, ["lower", "upper"]].astype(float), np.exp([lower, upper])
        )


@pytest.mark.parametrize(
    ("family", "left", "parameter"),
    [("log_normal", "time", "loc"), ("censored(log_normal)", "Surv(time, event)", "loc")],
)
def test_the_median_of_a_log_normal_is_multiplied(family: str, left: str, parameter: str) -> None:
    leukemia = lk.datasets.load("leukemia").rename(columns={"weeks": "time", "relapse": "event"})
    fit = lk.fit(f"{left} ~ treatment", leukemia, family)
    (row,) = fit.ratios().to_numpy()
    medians = fit.predict({"treatment": ["6-MP", "placebo"]}).median
    assert row[0] == parameter
    np.testing.assert_allclose(row[2], medians[1] / medians[0], rtol=1e-9)


def test_odds_of_a_higher_label_and_none_under_a_probit() -> None:
    iris = lk.datasets.load("iris")
    levels = {"setosa": 0, "versicolor": 1, "virginica": 2}
    iris["grade"] = iris.species.map(levels)
    fit = lk.fit("grade ~ sepal_length", iris, "ordinal")
    odds = fit.predict({"sepal_length": [6.0, 7.0]}).sf(0)
    odds = odds / (1 - odds)
    np.testing.assert_allclose(fit.ratios().ratio[0], odds[1] / odds[0], rtol=1e-9)
    with pytest.raises(lk.LikelierError, match="is a ratio"):
        lk.fit("grade ~ sepal_length", iris, "ordinal(kind=probit)").ratios()


def test_an_estimate_at_infinity_has_an_open_interval() -> None:
    mice = {"slept": [0, 0, 0, 0, 1, 1, 1, 1], "dose": [1, 2, 2, 3, 4, 5, 5, 6]}
    (row,) = lk.fit("slept ~ dose", mice, "bernoulli").ratios(method="profile").to_numpy()
    assert row[2] == row[4] == math.inf
    assert 1 < row[3] < 10


@pytest.mark.parametrize(
    ("formula", "family", "links"),
    [
        ("y ~ x", "normal", None),
        ("y ~ 1", "poisson", None),
        ("y ~ x", "bernoulli", {"logits": "probit"}),
        ("y ~ x", "poisson", {"rate": "identity"}),
    ],
)
def test_what_is_no_ratio_is_refused(formula: str, family: str, links: object) -> None:
    table = {"y": [0, 1, 1, 0, 1, 1], "x": [0.0, 1.0, 2.0, 3.0, 4.0, 2.5]}
    fit = lk.fit(formula, table, family, links=links)
    with pytest.raises(lk.LikelierError, match=r"no coefficient .* is a ratio.*fit\.links"):
        fit.ratios()

"""Tables of predictions, scores, fits put on rows, and the calibration of a contest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

import likelier as lk
from likelier.data import read_table
from likelier.model.answers.predictions import mean_errors, prediction_table


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    n = 300
    x, g = rng.standard_normal(n), rng.choice(["a", "b", "c"], n)
    y = rng.poisson(np.exp(0.4 + 0.5 * x + (g == "b")))
    b = (rng.random(n) < 1 / (1 + np.exp(-x))).astype(int)
    real = 1 + 2 * x + rng.standard_normal(n)
    return pd.DataFrame({"y": y, "x": x, "g": g, "b": b, "real": real})


def errors_of(fit: lk.Fit, data: pd.DataFrame) -> np.ndarray:
    return mean_errors(fit, fit.recipe.design(read_table(data)))


def test_standard_errors_of_the_mean_are_those_of_statsmodels(table) -> None:
    new = table[:40]
    other = smf.glm("y ~ x + C(g)", table, family=sm.families.Poisson()).fit(tol=1e-13)
    fit = lk.fit("y ~ x + C(g)", table, "poisson")
    # Central differences of the mean are good to about eps^(2/3).
    np.testing.assert_allclose(errors_of(fit, new), other.get_prediction(new).se_mean, rtol=1e-8)
    ols = smf.ols("real ~ x + C(g)", table).fit()
    fit = lk.fit("real ~ x + C(g)", table, "normal")
    # statsmodels divides by n − p, maximum likelihood by n.
    factor = np.sqrt(ols.df_resid / len(table))
    np.testing.assert_allclose(
        errors_of(fit, new), factor * ols.get_prediction(new).se_mean, rtol=1e-8
    )


def test_standard_errors_of_a_mean_of_several_parameters(table) -> None:
    fit = lk.fit({"loc": "real ~ x", "scale": "~ x"}, table.assign(real=np.exp(table.real / 3)),
                 "log_normal")  # fmt: skip
    x = table.x[:5].to_numpy()
    loc, scale = (fit.predict(table[:5]).parameters[name] for name in ("loc", "scale"))
    mean = np.exp(loc + scale**2 / 2)
    gradient = np.stack([mean, mean * x, mean * scale**2, mean * scale**2 * x], axis=1)
    covariance = fit.covariance().to_numpy()
    expected = np.sqrt(np.einsum("ij,jk,ik->i", gradient, covariance, gradient))
    np.testing.assert_allclose(errors_of(fit, table[:5]), expected, rtol=1e-8)


def test_a_mean_that_rests_on_no_estimate_has_no_standard_error() -> None:
    data = pd.DataFrame({"y": [0, 0, 0, 2, 3, 1, 4, 2], "z": [1.0] * 3 + [0.0] * 5})
    fit = lk.fit("y ~ z", data, "poisson")
    assert not fit.converged
    found = errors_of(fit, data)
    assert np.isnan(found[:3]).all()
    # Where z is 0 the mean is exp(intercept), of standard error √(mean / rows).
    np.testing.assert_allclose(found[3:], np.sqrt(2.4 / 5), rtol=1e-6)


def test_chunks_do_not_show(table, monkeypatch) -> None:
    fit = lk.fit("y ~ x + C(g)", table, "poisson")
    whole = errors_of(fit, table)
    monkeypatch.setattr("likelier.model.answers.means._CELLS", 50)
    np.testing.assert_array_equal(errors_of(fit, table), whole)


def test_vectors_and_numbers_as_labels(table) -> None:
    fit = lk.fit("y + real ~ x", table, "multivariate_normal")
    found = prediction_table(fit, table[:3])
    assert list(found) == ["mean_y", "mean_real", "stddev_y", "stddev_real", "nll"]
    codes = table.assign(k=np.minimum(table.y, 2) * 5)
    fit = lk.fit("k ~ x", codes, "categorical")
    some = codes[codes.k != 5]
    found = prediction_table(fit, some)
    assert list(found)[:4] == ["label", "probability_0", "probability_5", "probability_10"]
    expected = np.where(some.k == 0, found.probability_0, found.probability_10)
    np.testing.assert_allclose(found.nll, -np.log(expected), rtol=1e-12)
    assert fit.assess(some).accuracy == pytest.approx(np.mean(found.label == some.k.to_numpy()))
    with pytest.raises(lk.SupportError, match="row 2 holds 3, which is none of the labels"):
        fit.assess(pd.DataFrame({"k": [0, 3], "x": [0.0, 1.0]}))


def test_kept_columns_come_as_they_were(table) -> None:
    fit = lk.fit("y ~ x", table, "poisson")
    new = pd.DataFrame(
        {"x": [0.0, 1.0], "name": ["u", None], "g": pd.Categorical(["b", "a"]), "n": [1, 2]}
    )
    found = prediction_table(fit, new, keep=["n", "name", "g"])
    assert found.n.tolist() == [1, 2]
    assert found.name.isna().tolist() == [False, True]
    assert found.g.tolist() == ["b", "a"]
    with pytest.raises(lk.LikelierError, match=r"between 0 and 1; given: 1.5"):
        prediction_table(fit, new, level=1.5)


def test_weights_weigh_scores_and_may_be_absent_from_predictions(table) -> None:
    weighted = table.assign(w=np.arange(len(table)) % 3)
    fit = lk.fit("y ~ x", weighted, "poisson", weights="w")
    nll = fit.predict(weighted).nll(weighted.y.to_numpy())
    assert fit.assess(weighted).nll == pytest.approx(np.average(nll, weights=weighted.w))
    found = prediction_table(fit, table)
    np.testing.assert_allclose(found.nll, nll, rtol=1e-14)
    with pytest.raises(lk.DataError, match="no column `w`"):
        fit.assess(table)


@pytest.mark.parametrize("role", ["exposure", "offset"])
def test_a_missing_column_says_what_it_is_for(table, role: str) -> None:
    fit = lk.fit("y ~ x", table.assign(days=1.0), "poisson", **{role: "days"})
    what = "exposure" if role == "exposure" else "offset of `rate`"
    for new in (table, table.assign(dayz=1.0)):
        hint = "Did you mean `days`|`dayz`" if "dayz" in new else "The columns are"
        with pytest.raises(lk.DataError, match=f"no column `days` for the {what}.*({hint})") as e:
            fit.predict(new)
        neutral = {"exposure": "exposure=1.0", "offset": "offset=0.0"}[role]
        assert f"For none, pass {neutral}." in str(e.value)
        keyword, value = neutral.split("=")
        assert len(fit.predict(new, **{keyword: float(value)})) == len(new)
    with pytest.raises(
        lk.DataError, match=r"no column `dayz` for the (exposure|offset of `rate`)\."
    ):
        lk.fit("y ~ x", table, "poisson", **{role: "dayz"})


def test_a_loaded_fit_on_its_rows_can_do_all_that_it_could(table, tmp_path) -> None:
    fit = lk.fit({"mean": "y ~ x + C(g)", "dispersion": "~ x"}, table.assign(y=table.y**2),
                 "negative_binomial")  # fmt: skip
    fit.save(tmp_path / "m.lkl")
    again = lk.load(tmp_path / "m.lkl").on(table.assign(y=table.y**2))
    pd.testing.assert_frame_equal(
        again.profile(("mean", "x"), 5), fit.profile(("mean", "x"), 5), rtol=1e-6
    )
    np.testing.assert_allclose(
        again.covariance("sandwich"), fit.covariance("sandwich"), rtol=1e-6, atol=1e-12
    )
    np.testing.assert_array_equal(again.residuals(), fit.residuals())


def test_a_fit_on_other_rows_shows_those_and_has_no_likelihood_curve(table) -> None:
    fit = lk.fit("real ~ x", table, "normal")
    other = fit.on(table[:20])
    np.testing.assert_allclose(
        other.residuals("response"), table.real[:20] - fit.predict(table[:20]).mean, rtol=1e-12
    )
    assert other.log_likelihood == fit.log_likelihood
    with pytest.raises(lk.LikelierError, match="not the rows that the fit was made of"):
        other.profile(("loc", "x"))
    with pytest.raises(lk.DataError, match="no column `real`"):
        fit.on(table[["x"]])
    gap = table[:5].assign(x=[0.0, np.nan, 1.0, 2.0, 3.0])
    assert len(fit.on(gap, missing="drop").residuals()) == 4


def test_a_contest_keeps_where_held_out_rows_fell(table) -> None:
    calls: list[tuple[str, int, int]] = []
    contest = lk.compare(
        "y ~ x + C(g)", table, ["poisson", "negative_binomial"], folds=3,
        progress=lambda *call: calls.append(call),
    )  # fmt: skip
    assert [done for _, done, _ in calls] == list(range(8))
    assert calls[0] == ("poisson, all rows", 0, 8)
    assert calls[-1] == ("negative_binomial, fold 3 of 3", 7, 8)
    assert contest.calibration.calibrated
    assert contest.best.contest is contest
    below, upto = contest.winner.pit
    # The log of the mass between them is the held-out log-likelihood of the row.
    np.testing.assert_allclose(-np.log(upto - below), contest.winner.nll, rtol=1e-9)
    assert lk.compare("b ~ x", table, ["bernoulli"], folds=2).calibration is None


def test_candidates_that_fall_together_are_not_told_apart() -> None:
    rng = np.random.default_rng(2)
    data = {"y": rng.poisson(4.0, 200), "x": rng.standard_normal(200)}
    twice = lk.compare("y ~ x", data, ["poisson", lk.Fixed(lk.NegativeBinomial, dispersion=1e-13)])
    assert {c.name: twice.difference(c) for c in twice.contestants}.popitem()[1] == (0.0, 0.0)
    assert "cannot be told apart" in twice.verdict


def test_where_none_can_be_fitted_the_first_reason_is_given(table) -> None:
    with pytest.raises(lk.SupportError, match=r"poisson could not be fitted \(and 1 more failed\)"):
        lk.compare("real ~ x", table, ["poisson", "negative_binomial"])

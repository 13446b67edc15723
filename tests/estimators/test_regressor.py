"""`NLLRegressor` beside scikit-learn, statsmodels and SciPy, and what is its own."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.optimize
import scipy.sparse as sp
import scipy.stats
import statsmodels.api as sm
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LinearRegression, PoissonRegressor, TweedieRegressor

import likelier as lk

COLUMNS = ["lncoins", "idp", "physlm", "disea"]


@pytest.fixture(scope="module")
def visits() -> tuple[pd.DataFrame, pd.Series]:
    table = lk.datasets.load("randhie").iloc[::10].reset_index(drop=True)
    return table[COLUMNS], table["mdvis"]


@pytest.fixture(scope="module")
def made() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 3))
    return X, X @ [1.0, -0.5, 0.0] + 2.0 + rng.standard_normal(400) * np.exp(0.4 * X[:, 2])


# ---------------------------------------------------------------------- beside others


def test_coefficients_are_those_of_scikit_learns_unpenalised_models(visits) -> None:
    X, y = visits
    w = np.random.default_rng(1).integers(0, 4, len(y))
    for ours, theirs, positive in [
        ("normal", LinearRegression(), y),
        ("poisson", PoissonRegressor(alpha=0, tol=1e-12, max_iter=1000), y),
        ("gamma", TweedieRegressor(power=2, alpha=0, tol=1e-12, max_iter=1000, link="log"), y + 1),
    ]:
        found = lk.NLLRegressor(ours).fit(X, positive, sample_weight=w)
        theirs.fit(X, positive, sample_weight=w)
        np.testing.assert_allclose(found.coef_, theirs.coef_, rtol=1e-5)
        np.testing.assert_allclose(found.intercept_, theirs.intercept_, rtol=1e-5)
        np.testing.assert_allclose(found.predict(X), theirs.predict(X), rtol=1e-5)


def test_counts_are_those_of_statsmodels(visits) -> None:
    X, y = visits
    days = np.random.default_rng(2).uniform(0.5, 2.0, len(y))
    found = lk.NLLRegressor("negative_binomial").fit(X, y, exposure=days)
    theirs = sm.NegativeBinomial(y, sm.add_constant(X), exposure=days).fit(disp=0, maxiter=200)
    np.testing.assert_allclose(found.coef_, theirs.params[COLUMNS], rtol=1e-4)
    np.testing.assert_allclose(found.intercept_, theirs.params["const"], rtol=1e-4)
    assert found.fit_.log_likelihood == pytest.approx(theirs.llf, rel=1e-9)
    expected = np.asarray(theirs.predict(sm.add_constant(X), exposure=days))
    np.testing.assert_allclose(found.predict(X, exposure=days), expected, rtol=1e-4)
    assert found.score(X, y, exposure=days) == pytest.approx(theirs.llf / len(y), rel=1e-9)


def test_clusters_reach_the_covariance_of_the_fit(visits) -> None:
    X, y = visits
    clusters = np.arange(len(y)) // 7
    found = lk.NLLRegressor("poisson").fit(X, y, groups=clusters)
    theirs = sm.GLM(y, sm.add_constant(X), sm.families.Poisson()).fit(
        tol=1e-14, cov_type="cluster", cov_kwds={"groups": clusters}
    )
    errors = np.sqrt(np.diag(found.fit_.covariance("cluster")))
    np.testing.assert_allclose(errors, theirs.bse, rtol=1e-6)


# ---------------------------------------------------------------------- score, quantiles, intervals


def test_score_is_the_mean_log_density_weighted(made) -> None:
    X, y = made
    model = lk.NLLRegressor("student_t", predictor=lk.Linear(parameters="all")).fit(X, y)
    d = model.predict_distribution(X)
    logs = scipy.stats.t.logpdf(y, d.df, d.loc, d.scale)
    assert model.score(X, y) == pytest.approx(np.mean(logs), rel=1e-10)
    w = np.linspace(0, 1, len(y))
    assert model.score(X, y, sample_weight=w) == pytest.approx(np.average(logs, weights=w))


def test_rows_of_no_weight_may_hold_anything(made) -> None:
    X, y = made
    counts = np.floor(np.exp(y / 4))
    spoilt, w = counts.copy(), np.ones(len(y))
    spoilt[3], w[3] = -5.0, 0.0
    model = lk.NLLRegressor("poisson").fit(X, spoilt, sample_weight=w)
    kept = lk.NLLRegressor("poisson").fit(np.delete(X, 3, 0), np.delete(counts, 3))
    np.testing.assert_allclose(model.coef_, kept.coef_, rtol=1e-8)
    assert np.isfinite(model.score(X, spoilt, sample_weight=w))
    assert model.score(X, spoilt) == -np.inf


def test_quantiles_and_intervals_are_those_of_the_distribution(made) -> None:
    X, y = made
    model = lk.NLLRegressor(predictor=lk.Linear(parameters="all")).fit(X, y)
    d = model.predict_distribution(X[:5])
    expected = scipy.stats.norm.ppf([0.05, 0.95], d.loc[:, None], d.scale[:, None])
    np.testing.assert_allclose(model.predict_quantiles(X[:5], [0.05, 0.95]), expected, rtol=1e-10)
    plain = model.predict_interval(X[:5], 0.9)
    np.testing.assert_allclose(plain, expected, rtol=1e-10)
    wider = model.predict_interval(X[:5], 0.9, parameter_uncertainty=True)
    assert np.all(wider[:, 0] < plain[:, 0])
    assert np.all(wider[:, 1] > plain[:, 1])
    table = model.fit_.predict_interval(X[:5], 0.9)
    np.testing.assert_array_equal(wider, table[["lower", "upper"]])
    inside = model.predict_interval(X, 0.9)
    assert 0.86 < np.mean((inside[:, 0] <= y) & (y <= inside[:, 1])) < 0.94


def test_every_parameter_may_take_the_columns(made) -> None:
    X, y = made
    model = lk.NLLRegressor(predictor=lk.Linear(parameters="all")).fit(X, y)
    slope = model.fit_.params.query("parameter == 'scale' and term == 'x3'").estimate.item()
    assert slope == pytest.approx(0.4, abs=0.1)  # what the rows were made with
    assert model.score(X, y) > lk.NLLRegressor().fit(X, y).score(X, y) + 0.02
    assert model.coef_.shape == (3,)


# ---------------------------------------------------------------------- targets


def test_several_targets_have_a_fit_each(made) -> None:
    X, y = made
    Y = pd.DataFrame({"first": y, "second": y**2})
    model = lk.NLLRegressor("logistic").fit(X, Y)
    alone = [lk.NLLRegressor("logistic").fit(X, Y[name]) for name in Y]
    np.testing.assert_array_equal(
        model.predict(X), np.column_stack([one.predict(X) for one in alone])
    )
    single = [m.score(X, Y[name]) for m, name in zip(alone, Y, strict=True)]
    assert model.score(X, Y) == pytest.approx(sum(single))
    assert model.coef_.shape == (2, 3)
    assert model.intercept_.shape == (2,)
    assert model.predict_interval(X[:4], 0.5).shape == (4, 2, 2)
    assert model.predict_quantiles(X[:4], [0.1, 0.5, 0.9]).shape == (4, 2, 3)
    assert [d.loc.shape for d in model.predict_distribution(X[:4])] == [(4,), (4,)]
    assert [f.facts.target for f in model.fits_] == ["first", "second"]
    with pytest.raises(AttributeError, match="see fits_"):
        _ = model.fit_
    with pytest.raises(lk.DataError, match="1 targets; the fit had 2"):
        model.score(X, Y[["first"]])


def test_a_distribution_of_vectors_describes_targets_together(made) -> None:
    X, y = made
    Y = np.column_stack([y, 0.8 * y + np.random.default_rng(4).standard_normal(len(y))])
    joint = lk.NLLRegressor("multivariate_normal").fit(X, Y)
    apart = lk.NLLRegressor("normal").fit(X, Y)
    np.testing.assert_allclose(joint.predict(X), apart.predict(X), rtol=1e-6)
    np.testing.assert_allclose(joint.coef_, apart.coef_, rtol=1e-5, atol=1e-7)
    residuals = Y - apart.predict(X)
    expected = scipy.stats.multivariate_normal(cov=np.cov(residuals.T, bias=True))
    assert joint.score(X, Y) == pytest.approx(np.mean(expected.logpdf(residuals)), rel=1e-6)
    assert joint.score(X, Y) > apart.score(X, Y) + 0.1


def test_a_column_stays_a_column(made) -> None:
    X, y = made
    model = lk.NLLRegressor().fit(X, y[:, None])
    assert model.predict(X).shape == (len(y), 1)
    np.testing.assert_array_equal(model.predict(X)[:, 0], lk.NLLRegressor().fit(X, y).predict(X))


def test_censored_observations() -> None:
    table = lk.datasets.load("leukemia")
    X = (table[["treatment"]] == table.treatment[0]).astype(float)
    y = lk.right_censored(table.weeks, table.relapse)
    found = lk.NLLRegressor("weibull").fit(X, y)
    expected = lk.fit("Surv(weeks, relapse) ~ x", {**table, "x": X.treatment}, "weibull")
    np.testing.assert_allclose(found.fit_.coefficients, expected.coefficients, rtol=1e-8)
    assert found.score(X, y) == pytest.approx(-expected.nll)


# ---------------------------------------------------------------------- features


@pytest.mark.parametrize("make", [sp.csr_array, sp.csc_array, sp.csr_matrix, sp.coo_array])
def test_sparse_features_stay_sparse(make) -> None:
    rng = np.random.default_rng(5)
    dense = rng.poisson(0.2, (500, 8)).astype(float)
    y = rng.poisson(np.exp(0.3 * dense[:, 0] - 0.2 * dense[:, 1]))
    model = lk.NLLRegressor("poisson").fit(make(dense), y)
    assert sp.issparse(model.fit_.sample.design.matrices["rate"].values)
    expected = lk.NLLRegressor("poisson").fit(dense, y)
    np.testing.assert_allclose(model.coef_, expected.coef_, rtol=1e-7)
    np.testing.assert_allclose(model.predict(make(dense)), expected.predict(dense), rtol=1e-7)


def test_single_precision_is_taken_as_it_is(made) -> None:
    X, y = made
    model = lk.NLLRegressor().fit(X.astype(np.float32), y)
    assert model.fit_.sample.design.matrices["loc"].values.dtype == np.float32
    assert model.predict(X.astype(np.float32)).dtype == np.float64


def test_feature_names_are_scikit_learns(visits) -> None:
    X, y = visits
    model = lk.NLLRegressor("poisson").fit(X, y)
    assert model.feature_names_in_.tolist() == COLUMNS
    assert model.fit_.params.term.tolist() == ["intercept", *COLUMNS]
    assert model.fit_.facts.target == "mdvis"
    with pytest.raises(ValueError, match="The feature names should match those that were passed"):
        model.predict(X[COLUMNS[::-1]])
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        model.predict(X.to_numpy())
    bare = lk.NLLRegressor("poisson").fit(X.to_numpy(), y)
    with pytest.raises(ValueError, match="X has 3 features, but NLLRegressor is expecting 4"):
        bare.predict(X.to_numpy()[:, :3])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda X, y: (X.assign(idp=np.nan), y), "Input X contains NaN"),
        (lambda X, y: (X, y.where(y > 0)), "Input y contains NaN"),
        (lambda X, y: (X.assign(idp="a"), y), "could not convert string to float"),
        (lambda X, y: (X, y[:-1]), "inconsistent numbers of samples"),
        (lambda X, y: (X[:1], y[:1]), "minimum of 2 is required"),
        (lambda X, y: (X, y.sample(frac=1, random_state=0)), "same row labels"),
        (lambda X, y: (X, -1 - y), "row 1 holds"),
        (
            lambda X, y: (X, np.where(y > 1, "a", "b")),
            r"y holds '.', not a number; .*NLLClassifier",
        ),
    ],
)
def test_what_cannot_be_used_is_a_value_error(visits, change, words) -> None:
    with pytest.raises(ValueError, match=words):
        lk.NLLRegressor("poisson").fit(*change(*visits))


@pytest.mark.parametrize("role", ["sample_weight", "offset", "exposure", "groups"])
def test_whatever_comes_by_row_is_in_the_order_of_the_rows(visits, role) -> None:
    X, y = visits
    moved = pd.Series(np.arange(1.0, len(y) + 1)).sample(frac=1, random_state=0)
    with pytest.raises(lk.DataError, match=f"X and {role} hold the same row labels"):
        lk.NLLRegressor("poisson").fit(X, y, **{role: moved})


def test_labels_that_have_nothing_to_do_with_each_other_go_by_position(visits) -> None:
    X, y = visits
    moved = pd.Series(y.to_numpy(), index=y.index + 10**6, name="mdvis")
    np.testing.assert_array_equal(
        lk.NLLRegressor("poisson").fit(X, moved).coef_, lk.NLLRegressor("poisson").fit(X, y).coef_
    )


def test_weights_are_checked(made) -> None:
    X, y = made
    w = np.ones(len(y))
    for bad, words in [
        (-w, "0 or positive"),
        (0 * w, "zero|positive in some"),
        (w[1:], "inconsist"),
    ]:
        with pytest.raises(ValueError, match=words):
            lk.NLLRegressor().fit(X, y, sample_weight=bad)
        with pytest.raises(ValueError, match=words):
            lk.NLLRegressor().fit(X, y).score(X, y, sample_weight=bad)


# ---------------------------------------------------------------------- as an object


def test_offsets_of_the_fit_are_asked_for_again(made) -> None:
    X, y = made
    shift = np.linspace(0, 1, len(y))
    model = lk.NLLRegressor().fit(X, y + shift, offset=shift)
    np.testing.assert_allclose(model.coef_, lk.NLLRegressor().fit(X, y).coef_, rtol=1e-9)
    with pytest.raises(ValueError, match=r"Pass its values with offset=.*offset=0\.0"):
        model.predict(X)
    np.testing.assert_allclose(model.predict(X, offset=shift) - model.predict(X, offset=0.0), shift)


def test_a_pickle_holds_the_model_and_no_rows(made) -> None:
    X, y = made
    big = np.tile(X, (50, 1)), np.tile(y, 50)
    model = lk.NLLRegressor(lk.Mixture(lk.Normal, 2)).fit(X, y)
    packed = pickle.dumps(lk.NLLRegressor("student_t").fit(*big))
    assert len(packed) < 20_000
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    # The limits are found by a search, from a covariance that was inverted before it was packed.
    np.testing.assert_allclose(
        again.predict_interval(X[:9], parameter_uncertainty=True),
        model.predict_interval(X[:9], parameter_uncertainty=True),
        rtol=1e-12,
    )
    assert again.fit_.summary().table.equals(model.fit_.summary().table)
    with pytest.raises(lk.LikelierError, match="has no rows"):
        again.fit_.residuals()


def test_clone_and_parameters(made) -> None:
    X, y = made
    model = lk.NLLRegressor("gamma", links={"mean": "inverse"}, objective=lk.NLL() + lk.Jeffreys())
    copy = clone(model.fit(X, np.exp(y / 4)))
    assert copy.get_params().keys() == model.get_params().keys()
    assert copy.links == model.links
    with pytest.raises(AttributeError, match="before it is fitted"):
        _ = copy.coef_
    with pytest.raises(NotFittedError):
        copy.predict(X)
    np.testing.assert_array_equal(copy.fit(X, np.exp(y / 4)).coef_, model.coef_)


def test_steps_of_the_search_are_counted(made) -> None:
    X, y = made
    model = lk.NLLRegressor("student_t").fit(X, y)
    assert model.n_iter_ == len(model.fit_.sample.solution.trace) > 1


def test_auto_chooses_by_held_out_likelihood(made) -> None:
    X, y = made
    model = lk.NLLRegressor("auto").fit(X, np.exp(y / 3))
    assert model.fit_.distribution is lk.LogNormal
    assert model.fit_.contest is not None


# ---------------------------------------------------------------------- what has no answer


def test_a_target_without_spread_is_refused(made) -> None:
    X, _ = made
    model = lk.NLLRegressor()
    with pytest.raises(lk.NoFiniteOptimumError, match=r"every value of `y` is 3"):
        model.fit(X, np.full(len(X), 3.0))
    with pytest.raises(NotFittedError):
        model.predict(X)


def test_an_exact_fit_warns_and_predicts(made) -> None:
    X, _ = made
    y = X @ [1.0, 2.0, 3.0]
    with pytest.warns(ConvergenceWarning, match="scale collapse"):
        model = lk.NLLRegressor().fit(X, y)
    np.testing.assert_allclose(model.predict(X), y, atol=1e-8)


def test_columns_that_say_the_same_twice_do_not_warn(made) -> None:
    X, y = made
    twice = np.column_stack([X, X[:, 0]])
    model = lk.NLLRegressor().fit(twice, y)
    np.testing.assert_allclose(
        model.predict(twice), lk.NLLRegressor().fit(X, y).predict(X), rtol=1e-8
    )
    assert [d.kind for d in model.fit_.diagnoses] == ["collinearity"]


def test_the_wrong_kind_of_distribution_is_named(made) -> None:
    X, y = made
    for distribution, words in [
        ("categorical", "use NLLClassifier"),
        ("nromal", "Did you mean `normal`"),
        ("binomial", "total_count"),
    ]:
        with pytest.raises(lk.LikelierError, match=words):
            lk.NLLRegressor(distribution).fit(X, np.round(np.abs(y)))
    assert "nromal" in repr(lk.NLLRegressor("nromal"))


def test_vectors_need_vectors(made) -> None:
    with pytest.raises(lk.DataError, match=r"distribution of vectors: y is \(n, d\), not \(n,\)"):
        lk.NLLRegressor("multivariate_normal").fit(*made)


def test_a_curve_of_ones_own_has_unknowns_and_no_slopes() -> None:
    table = lk.datasets.load("engel") / 1000
    power = lk.Function(
        lambda x, p: p["a"] * x["income"] ** p["b"], {"a": lk.positive(1.0), "b": lk.unit(0.8)}
    )
    X, y = table[["income"]], table["foodexp"]
    model = lk.NLLRegressor(predictor=power).fit(X, y)
    unknown = dict(model.fit_.params[["term", "estimate"]].to_numpy()[:2])
    expected, _ = scipy.optimize.curve_fit(lambda x, a, b: a * x**b, X.income, y, [1.0, 0.8])
    np.testing.assert_allclose(model.predict(X), expected[0] * X.income ** expected[1], rtol=1e-5)
    assert set(unknown) == {"a", "b"}
    with pytest.raises(AttributeError, match="of linear predictors"):
        _ = model.coef_


def test_nothing_is_changed_in_what_is_given(made) -> None:
    X, y = made
    kept: Any = X.copy(), y.copy()
    lk.NLLRegressor("student_t").fit(X, y, sample_weight=np.ones(len(y)))
    np.testing.assert_array_equal(X, kept[0])
    np.testing.assert_array_equal(y, kept[1])

"""The estimators inside scikit-learn: pipelines, searches, routed metadata, tables out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import likelier as lk

NUMBERS = ["lncoins", "physlm", "disea", "lpi"]
FOLDS = KFold(3, shuffle=True, random_state=0)


@pytest.fixture(scope="module")
def visits() -> pd.DataFrame:
    """Doctor visits of 2,019 people, their health as one column of words."""
    table = lk.datasets.load("randhie").iloc[::10].reset_index(drop=True)
    marks = table[["hlthg", "hlthf", "hlthp"]].to_numpy()
    words = np.array(["good", "fair", "poor", "excellent"])
    health = words[np.where(marks.any(axis=1), marks.argmax(axis=1), 3)]
    return table[[*NUMBERS, "mdvis"]].assign(health=health)


def pipeline(model: Any, **encoding: Any) -> Pipeline:
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler(), make_column_selector(dtype_include="number")),
            ("words", OneHotEncoder(**encoding), ["health"]),
        ]
    )
    return Pipeline([("columns", columns), ("model", model)])


def test_a_search_over_distributions_finds_the_best_held_out_likelihood(visits) -> None:
    X, y = visits.drop(columns="mdvis"), visits["mdvis"]
    families = ["poisson", "geometric", "negative_binomial", "zero_inflated(poisson)"]
    search = GridSearchCV(
        pipeline(lk.NLLRegressor("poisson")), {"model__distribution": families}, cv=FOLDS
    ).fit(X, y)

    formula = "mdvis ~ health + " + " + ".join(NUMBERS)
    by_hand = {}
    for family in families:
        held_out = [
            lk.fit(formula, visits.iloc[train], family)
            .predict(visits.iloc[test])
            .nll(y.iloc[test])
            .mean()
            for train, test in FOLDS.split(X)
        ]
        by_hand[family] = np.mean(held_out)

    assert search.best_params_["model__distribution"] == min(by_hand, key=by_hand.get)
    assert search.best_params_["model__distribution"] == "negative_binomial"
    np.testing.assert_allclose(
        -search.cv_results_["mean_test_score"], list(by_hand.values()), rtol=1e-7
    )
    # Visits vary 6 times as much as a Poisson's: it must lose by far, and by this much it does.
    assert by_hand["poisson"] - by_hand["negative_binomial"] > 0.5

    best = search.best_estimator_
    rows = best[:-1].transform(X)
    interval = best[-1].predict_interval(rows, 0.9)
    assert 0.88 < np.mean((interval[:, 0] <= y) & (y <= interval[:, 1])) < 0.96
    sick = best.predict(X[X.health == "poor"]).mean()
    assert sick > 1.3 * best.predict(X[X.health == "excellent"]).mean()


def test_a_search_over_links_predictors_and_objectives(visits) -> None:
    X, y = visits[NUMBERS], visits["mdvis"]
    search = GridSearchCV(
        make_pipeline(StandardScaler(), lk.NLLRegressor("negative_binomial")),
        {
            "nllregressor__predictor": [None, lk.Linear(parameters="all")],
            "nllregressor__links": [None, {"dispersion": "softplus"}],
            "nllregressor__objective": [None, lk.NLL() + 0.01 * lk.L2(), lk.NLL() + 10.0 * lk.L2()],
        },
        cv=FOLDS,
        error_score="raise",
    ).fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    heavy = ["10 *" in str(p["nllregressor__objective"]) for p in search.cv_results_["params"]]
    assert len(scores) == 12
    assert sum(heavy) == 4
    assert search.best_score_ > scores[heavy].max() + 0.005  # it shrinks what matters


def test_one_hot_columns_stay_sparse_and_full_sets_of_them_do_no_harm(visits) -> None:
    X, y = visits[["health"]], visits["mdvis"]
    full = make_pipeline(OneHotEncoder(), lk.NLLRegressor("poisson")).fit(X, y)
    assert sp.issparse(full[-1].fit_.sample.design.matrices["rate"].values)
    means = visits.groupby("health")["mdvis"].mean()
    np.testing.assert_allclose(full.predict(X), means[X.health], rtol=1e-7)
    reduced = make_pipeline(OneHotEncoder(drop="first"), lk.NLLRegressor("poisson")).fit(X, y)
    np.testing.assert_allclose(full.predict(X), reduced.predict(X), rtol=1e-7)


def test_tables_between_steps_carry_their_names(visits) -> None:
    X, y = visits.drop(columns="mdvis"), visits["mdvis"]
    model = pipeline(lk.NLLRegressor("poisson"), drop="first", sparse_output=False)
    model.set_output(transform="pandas").fit(X, y)
    terms = model[-1].fit_.params.term.tolist()
    assert terms[:3] == ["intercept", "numbers__lncoins", "numbers__physlm"]
    assert "words__health_poor" in terms
    assert model[-1].feature_names_in_.tolist() == terms[1:]


def test_cross_validation_by_name_and_by_probability() -> None:
    table = lk.datasets.load("breast_cancer")
    X, y = table[["mean_texture", "mean_smoothness", "mean_symmetry"]], table["diagnosis"]
    model = make_pipeline(StandardScaler(), lk.NLLClassifier())
    scores = cross_val_score(model, X, y, cv=FOLDS)
    np.testing.assert_allclose(
        scores, cross_val_score(model, X, y, cv=FOLDS, scoring="neg_log_loss")
    )
    ranked = cross_val_score(model, X, y == "malignant", cv=FOLDS, scoring="roc_auc")
    assert ranked.min() > 0.8
    probabilities = cross_val_predict(model, X, y, cv=FOLDS, method="predict_proba")
    # Probabilities that mean what they say: 100 rows of predicted 20 % hold about 20.
    said, found = probabilities[:, 1], np.asarray(y == np.unique(y)[1])
    for low, high in [(0, 0.2), (0.2, 0.5), (0.5, 1)]:
        inside = (said >= low) & (said < high)
        error = np.sqrt(np.mean(said[inside] * (1 - said[inside])) / inside.sum())
        assert abs(said[inside].mean() - found[inside].mean()) < 3 * error


def test_weights_offset_exposure_and_groups_are_routed(visits) -> None:
    rng = np.random.default_rng(0)
    X, y, n = visits[NUMBERS], visits["mdvis"].to_numpy(), len(visits)
    given = {
        "sample_weight": rng.uniform(0.5, 2.0, n),
        "offset": rng.normal(0, 0.3, n),
        "exposure": rng.uniform(0.5, 2.0, n),
        "groups": np.arange(n) // 5,
    }
    folds = GroupKFold(3)
    with sklearn.config_context(enable_metadata_routing=True):
        asks = {"sample_weight": True, "offset": True, "exposure": True}
        model = lk.NLLRegressor("poisson").set_fit_request(**asks, groups=True)
        model.set_score_request(**asks).set_predict_request(offset=True, exposure=True)
        wrapped = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), model)
        found = cross_validate(wrapped, X, y, cv=folds, params=given, return_estimator=True)
        ahead = {k: given[k][:9] for k in ("offset", "exposure")}
        predicted = [one.predict(X[:9], **ahead) for one in found["estimator"]]
        with pytest.raises(UnsetMetadataPassedError, match="exposure"):
            cross_validate(lk.NLLRegressor("poisson"), X, y, params={"exposure": y})
    for i, (train, test) in enumerate(folds.split(X, y, given["groups"])):
        parts = [{k: v[rows] for k, v in given.items()} for rows in (train, test)]
        by_hand = lk.fit(
            y[train],
            X.iloc[train],
            "poisson",
            weights=parts[0]["sample_weight"],
            offset=parts[0]["offset"],
            exposure=parts[0]["exposure"],
        )
        np.testing.assert_allclose(predicted[i], by_hand.predict(X[:9], **ahead).mean, rtol=1e-6)
        held = {k: parts[1][k] for k in ("offset", "exposure")}
        distribution = by_hand.predict(X.iloc[test], **held)
        score = np.average(distribution.log_prob(y[test]), weights=parts[1]["sample_weight"])
        assert found["test_score"][i] == pytest.approx(score, rel=1e-8)
        clusters = found["estimator"][i][-1].fit_.sample.design.groups
        np.testing.assert_array_equal(clusters, parts[0]["groups"])

"""`NLLClassifier` beside scikit-learn, and what is its own: labels of all kinds, order, weights."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from statsmodels.miscmodels.ordinal_model import OrderedModel

import likelier as lk


@pytest.fixture(scope="module")
def flowers() -> tuple[pd.DataFrame, pd.Series]:
    table = lk.datasets.load("iris")
    return table[["sepal_length", "sepal_width"]], table["species"]


@pytest.fixture(scope="module")
def voters() -> tuple[pd.DataFrame, pd.Series]:
    table = lk.datasets.load("anes96")
    return table[["age", "educ", "income", "logpopul"]], table["vote"]


def unpenalised() -> LogisticRegression:
    return LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000, solver="newton-cg")


def test_two_classes_are_logistic_regression(voters) -> None:
    X, y = voters
    w = np.random.default_rng(0).integers(0, 4, len(y))
    ours, theirs = lk.NLLClassifier().fit(X, y, w), unpenalised().fit(X, y, w)
    assert ours.fit_.distribution is lk.Bernoulli
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-5)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-5)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-5)
    np.testing.assert_allclose(ours.decision_function(X), theirs.decision_function(X), rtol=1e-4)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    expected = -log_loss(y, theirs.predict_proba(X), sample_weight=w)
    assert ours.score(X, y, sample_weight=w) == pytest.approx(expected, rel=1e-9)


def test_more_classes_are_multinomial_regression(flowers) -> None:
    X, y = flowers
    # Setosa stands apart on these two features: every fit of it runs away, and says so.
    X, y = X[50:], np.where(X.sepal_length[50:] > 6.5, "long", y[50:])
    rng = np.random.default_rng(1)
    y = np.where(rng.random(len(y)) < 0.2, rng.permutation(y), y)
    ours, theirs = lk.NLLClassifier().fit(X, y), unpenalised().fit(X, y)
    assert ours.fit_.distribution is lk.Categorical
    np.testing.assert_allclose(
        ours.coef_ - ours.coef_[:1], theirs.coef_ - theirs.coef_[:1], rtol=1e-4, atol=1e-6
    )
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-4)
    linear = X.to_numpy() @ ours.coef_.T + ours.intercept_
    linear -= np.log(np.sum(np.exp(linear), axis=1, keepdims=True))
    np.testing.assert_allclose(ours.decision_function(X), linear, rtol=1e-9, atol=1e-12)


def test_ordered_classes_are_proportional_odds(voters) -> None:
    X, _ = voters
    party = lk.datasets.load("anes96").PID
    steps = np.array(["against", "between", "for"])[np.digitize(party, [2, 5])]
    order = ["against", "between", "for"]
    model = lk.NLLClassifier("ordinal", label_order=order).fit(X, steps)
    theirs = OrderedModel(np.digitize(party, [2, 5]), X, distr="logit").fit(
        method="bfgs", disp=0, gtol=1e-9, maxiter=500
    )
    np.testing.assert_allclose(model.coef_[0], theirs.params[:4], rtol=1e-4)
    np.testing.assert_allclose(model.predict_proba(X), theirs.predict(), rtol=1e-4)
    with pytest.raises(AttributeError, match="cutpoints"):
        _ = model.intercept_


def test_the_order_of_labels_is_theirs_and_columns_stay_sorted(voters) -> None:
    X, _ = voters
    party = lk.datasets.load("anes96").PID
    words = np.array(["low", "mid", "high"])[np.digitize(party, [2, 5])]
    said = lk.NLLClassifier("ordinal", label_order=["low", "mid", "high"]).fit(X, words)
    coded = lk.NLLClassifier("ordinal").fit(X, np.digitize(party, [2, 5]))
    assert said.classes_.tolist() == ["high", "low", "mid"]
    assert said.fit_.facts.levels == ("low", "mid", "high")
    np.testing.assert_allclose(said.coef_, coded.coef_, rtol=1e-9)
    np.testing.assert_allclose(said.predict_proba(X), coded.predict_proba(X)[:, [2, 0, 1]])
    assert said.score(X, words) == pytest.approx(-said.fit_.nll)
    states = pd.Series(pd.Categorical(words, ["low", "mid", "high"], ordered=True))
    by_type = lk.NLLClassifier("ordinal").fit(X, states)
    np.testing.assert_array_equal(by_type.predict_proba(X), said.predict_proba(X))
    with pytest.warns(UserWarning, match="alphabetical order, high < low < mid"):
        lk.NLLClassifier("ordinal").fit(X, words)
    with pytest.raises(lk.DataError, match="label_order lacks the label 'high'"):
        lk.NLLClassifier("ordinal", label_order=["low", "mid"]).fit(X, words)


def test_the_reference_class_may_be_chosen(voters) -> None:
    X, y = voters
    plain = lk.NLLClassifier().fit(X, y)
    turned = lk.NLLClassifier(label_order=[1, 0]).fit(X, y)
    np.testing.assert_allclose(turned.coef_, plain.coef_, rtol=1e-7)
    np.testing.assert_allclose(turned.predict_proba(X), plain.predict_proba(X), rtol=1e-7)
    np.testing.assert_allclose(turned.fit_.coefficients, -plain.fit_.coefficients, rtol=1e-7)


@pytest.mark.parametrize(
    "labels",
    [
        ["no", "yes"],
        [False, True],
        [0, 1],
        [-1, 1],
        [2.0, 7.0],
        ["1", "2"],
    ],
)
def test_labels_of_every_type(voters, labels) -> None:
    X, y = voters
    names: Any = np.array(labels)
    for given in (names[y], names[y].tolist(), pd.Series(names[y], name="vote")):
        model = lk.NLLClassifier().fit(X, given)
        assert model.classes_.tolist() == names.tolist()
        assert set(model.predict(X).tolist()) <= set(names.tolist())
        expected = lk.NLLClassifier().fit(X, y)
        np.testing.assert_allclose(model.predict_proba(X), expected.predict_proba(X), rtol=1e-9)
        assert model.score(X, given) == pytest.approx(expected.score(X, y))
        assert model.fit_.facts.levels == tuple(names.tolist())


def test_links_change_the_curve(voters) -> None:
    import statsmodels.api as sm

    X, y = voters
    model = lk.NLLClassifier(links={"logits": "probit"}).fit(X, y)
    theirs = sm.Probit(y, sm.add_constant(X)).fit(disp=0, tol=1e-12)
    np.testing.assert_allclose(model.coef_[0], theirs.params[1:], rtol=1e-6)
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], theirs.predict(), rtol=1e-6)


@pytest.mark.parametrize("given", [None, "some"])
def test_balanced_classes_weigh_alike(voters, given) -> None:
    X, y = voters
    w = None if given is None else np.random.default_rng(3).integers(0, 3, len(y))
    kept = np.ones(len(y)) if w is None else w
    total = [float(kept[y == k].sum()) for k in (0, 1)]
    by_hand = kept * np.where(y == 1, sum(total) / (2 * total[1]), sum(total) / (2 * total[0]))
    balanced = lk.NLLClassifier(class_weight="balanced").fit(X, y, w)
    expected = lk.NLLClassifier().fit(X, y, by_hand)
    np.testing.assert_allclose(balanced.coef_, expected.coef_, rtol=1e-7)
    fractions = {0: 2.0, 1: 0.5}
    by_class = lk.NLLClassifier(class_weight=fractions).fit(X, y, w)
    expected = lk.NLLClassifier().fit(X, y, kept * np.where(y == 1, 0.5, 2.0))
    np.testing.assert_allclose(by_class.coef_, expected.coef_, rtol=1e-7)
    assert balanced.score(X, y) < lk.NLLClassifier().fit(X, y).score(X, y)


def test_far_out_the_logarithms_are_right(voters) -> None:
    X, y = voters
    model = lk.NLLClassifier().fit(X, y)
    far = X.iloc[:1] * 0 + [0.0, 0.0, 2e4, 0.0]
    logs, odds = model.predict_log_proba(far), model.decision_function(far)
    assert abs(odds[0]) > 750  # a probability of exp(−750) is 0 in double precision
    np.testing.assert_allclose(logs[0, 1] - logs[0, 0], odds[0])
    assert np.isfinite(logs).all()
    assert model.predict_proba(far).min() == 0.0


def test_separation_warns_predicts_and_has_its_remedy() -> None:
    iris = lk.datasets.load("iris")
    X, y = iris[["petal_length", "petal_width"]], iris.species == "setosa"
    with pytest.warns(ConvergenceWarning, match=r"separation: .*Jeffreys.*fit_\.diagnoses"):
        model = lk.NLLClassifier().fit(X, y)
    assert (model.predict(X) == y).all()
    assert np.isinf(model.coef_).any()
    firm = lk.NLLClassifier(objective=lk.NLL() + lk.Jeffreys()).fit(X, y)
    assert np.isfinite(firm.coef_).all()
    assert (firm.predict(X) == y).all()


def test_calibration_wraps_it(voters) -> None:
    X, y = voters
    # Balancing pulls the probabilities away from the frequencies; calibration brings them back.
    skewed = lk.NLLClassifier(class_weight={0: 5.0, 1: 1.0})
    wrapped = CalibratedClassifierCV(skewed, cv=3).fit(X, y)
    plain = lk.NLLClassifier().fit(X, y)
    off = log_loss(y, skewed.fit(X, y).predict_proba(X))
    assert log_loss(y, wrapped.predict_proba(X)) < off - 0.1
    assert abs(log_loss(y, wrapped.predict_proba(X)) - log_loss(y, plain.predict_proba(X))) < 0.02


def test_what_cannot_be_used_says_why(voters) -> None:
    X, y = voters
    cases: list[tuple[Any, Any, str]] = [
        (lk.NLLClassifier(), np.zeros(len(y)), "holds the one class 0"),
        (lk.NLLClassifier(), X["logpopul"], "Unknown label type: continuous"),
        (lk.NLLClassifier("poisson"), y, "use NLLRegressor"),
        (lk.NLLClassifier("bernoulli"), X["educ"], r'7 labels; use "categorical"'),
        (lk.NLLClassifier("bernouli"), y, "Did you mean `bernoulli`"),
        (lk.NLLClassifier(class_weight="balance"), y, "class_weight is 'balanced' or a dict"),
    ]
    for model, target, words in cases:
        with pytest.raises(lk.LikelierError if "Unknown" not in words else ValueError, match=words):
            model.fit(X, target)
    with pytest.raises(lk.DataError, match="row 3 holds 5, which the fit never saw"):
        lk.NLLClassifier().fit(X, y).score(X[:3], [0, 1, 5])


def test_a_pickle_predicts_the_same(voters) -> None:
    X, y = voters
    model = lk.NLLClassifier().fit(X, np.where(y == 1, "Dole", "Clinton"))
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.predict(X[:3]).tolist() == model.predict(X[:3]).tolist()

"""Predictions of labels take and give the labels of the data."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

import likelier as lk

N = 300
RNG = np.random.default_rng(0)
X = RNG.normal(size=N)
LATENT = X + RNG.normal(size=N)
TABLE: dict[str, Any] = {
    "x": X,
    "transport": np.where(LATENT > 0.5, "car", np.where(RNG.random(N) < 0.5, "bus", "walk")),
    "answer": np.where(LATENT > 0, "yes", "no"),
    "truth": LATENT > 0,
    "kind": np.where(LATENT > 0.5, 3, np.where(LATENT > -0.5, 7, 1)),
    "size": pd.Categorical(
        np.select([LATENT > 0.5, LATENT > -0.5], ["large", "middle"], "small"),
        categories=["small", "middle", "large"],
        ordered=True,
    ),
}
CASES = [
    ("transport", "categorical"),
    ("answer", "bernoulli"),
    ("truth", "bernoulli"),
    ("kind", "categorical"),
    ("size", "ordinal"),
]


@pytest.mark.parametrize(("target", "family"), CASES)
def test_predictions_take_the_labels_of_the_data(target: str, family: str) -> None:
    fit = lk.fit(f"{target} ~ x", TABLE, family)
    d, y = fit.predict(TABLE), np.asarray(TABLE[target])
    assert -np.sum(d.nll(y)) == pytest.approx(fit.log_likelihood, rel=1e-12)
    # The probability of a label by hand: its share of all labels.
    labels = np.unique(y)
    each = np.array([np.exp(d.log_prob(np.full(N, label))) for label in labels])
    np.testing.assert_allclose(each.sum(axis=0), 1, rtol=1e-12)
    own = each[np.searchsorted(labels, y), np.arange(N)]
    np.testing.assert_allclose(np.exp(d.log_prob(y)), own, rtol=1e-12)
    np.testing.assert_array_equal(d.mode, labels[np.argmax(each, axis=0)])
    assert set(d.sample(seed=1)) <= set(labels)
    assert set(d.median) <= set(labels)
    assert len(next(iter(d.score(y).values()))) == N
    assert np.all(d.crps(y) >= 0)
    assert lk.assess(d, y).nll == pytest.approx(fit.nll, rel=1e-12)
    for part in (d[:5], pickle.loads(pickle.dumps(d))[:5]):
        np.testing.assert_array_equal(part.log_prob(y[:5]), d.log_prob(y)[:5])
    for label in labels:
        assert f"P({label})" in repr(d)
        assert f"P({label})" in d._repr_html_()


def test_a_label_that_was_never_seen_is_an_error() -> None:
    d = lk.fit("transport ~ x", TABLE, "categorical").predict(TABLE)
    with pytest.raises(lk.SupportError, match=r"row 2 holds 'buss'.*Did you mean `bus`"):
        d[:2].log_prob(["car", "buss"])
    assert np.isnan(d[:2].log_prob(["car", None])[1])
    numbers = lk.fit("kind ~ x", TABLE, "categorical").predict(TABLE)
    with pytest.raises(lk.SupportError, match="row 1 holds 2, which is none of the labels 1, 3, 7"):
        numbers[:1].log_prob([2])


def test_codes_and_soft_labels_remain_what_they_are() -> None:
    d = lk.fit("transport ~ x", TABLE, "categorical").predict(TABLE)
    codes = np.searchsorted(["bus", "car", "walk"], TABLE["transport"])
    np.testing.assert_array_equal(d.log_prob(codes), d.log_prob(TABLE["transport"]))
    soft = np.tile([0.2, 0.5, 0.3], (N, 1))
    each = [d.log_prob(np.full(N, label)) for label in ("bus", "car", "walk")]
    np.testing.assert_allclose(d.log_prob(soft), soft[0] @ np.array(each), rtol=1e-12)
    # As many draws as there are labels are not soft labels.
    draws = np.array([["bus", "car", "walk"]] * 3)
    np.testing.assert_array_equal(d[:3].log_prob(draws)[0, 1], d[1].log_prob("car"))


def test_the_cdf_follows_the_order_of_labels() -> None:
    d = lk.fit("size ~ x", TABLE, "ordinal").predict(TABLE)
    small, middle = (np.exp(d.log_prob(np.full(N, k))) for k in ("small", "middle"))
    np.testing.assert_allclose(d.cdf(np.full(N, "middle")), small + middle, rtol=1e-12)


def test_a_loaded_model_and_the_estimator_know_their_labels(tmp_path: Any) -> None:
    fit = lk.fit("transport ~ x", TABLE, "categorical")
    fit.save(tmp_path / "model.lkl")
    again = lk.load(tmp_path / "model.lkl").predict(TABLE)
    np.testing.assert_array_equal(again.mode, fit.predict(TABLE).mode)
    model = lk.NLLClassifier(label_order=["walk", "bus", "car"])
    model.fit(TABLE["x"][:, None], TABLE["transport"])
    d = model.predict_distribution(TABLE["x"][:, None])
    np.testing.assert_array_equal(d.mode, model.predict(TABLE["x"][:, None]))
    own = model.predict_proba(TABLE["x"][:, None])[:, model.classes_ == "car"][:, 0]
    np.testing.assert_allclose(np.exp(d.log_prob(np.full(N, "car"))), own, rtol=1e-12)

"""`Ensemble`: the mixture of what its members predict."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from waves import wave

import likelier as lk

THREE = lk.Ensemble(lk.MLP((16,)), 3)
FEW = lk.Adam(epochs=40)


def test_predictions_are_even_mixtures_of_normals() -> None:
    table = wave(300)
    fit = lk.fit("y ~ x", table, "normal", predictor=THREE, solver=FEW)
    found = fit.predict()
    each = stats.norm(found.loc, found.scale)
    assert np.allclose(found.log_prob(table["y"]), np.log(each.pdf(table["y"][:, None]).mean(1)))
    assert np.allclose(found.cdf(0.3), each.cdf(0.3).mean(1))
    assert np.allclose(found.aleatoric_variance, np.mean(found.scale**2, axis=1))
    assert np.allclose(found.epistemic_variance, np.var(found.loc, axis=1))
    assert np.allclose(found.variance, found.aleatoric_variance + found.epistemic_variance)
    assert fit.nll == pytest.approx(-found.log_prob(table["y"]).mean(), rel=1e-12)
    # Members differ, and each has a course of its own.
    assert np.all(np.ptp(found.loc, axis=1) > 1e-6)
    assert fit.history.member.unique().tolist() == [1, 2, 3]


def test_members_agree_where_there_were_rows_and_not_elsewhere() -> None:
    fit = lk.fit("y ~ x", wave(500), "normal", predictor=lk.Ensemble(lk.MLP(), 4))
    found = fit.predict({"x": [-1.0, 0.0, 1.0, 6.0, -6.0]}).epistemic_variance
    assert found[3:].min() > 20 * found[:3].max()


@pytest.mark.parametrize("family", ["categorical", "ordinal", "bernoulli"])
def test_probabilities_of_labels_are_averaged(family: str) -> None:
    table = wave(300)
    edges = [0.0] if family == "bernoulli" else [-0.5, 0.5]
    table["label"] = np.digitize(table["y"], edges)
    fit = lk.fit("label ~ x", table, family, predictor=THREE, solver=FEW)
    problem = fit.sample.problem
    eta = problem.predictor.forward(fit.coefficients, slice(0, 300), None)
    members = [problem.linked.single.build(part) for part in np.split(eta, 3)]
    found = fit.predict()
    for label in range(len(edges) + 1):
        mean = np.mean([np.exp(m.log_prob(float(label))) for m in members], axis=0)
        assert np.allclose(np.exp(found.log_prob(float(label))), mean, rtol=1e-10)


def test_mixtures_and_counts_are_pooled() -> None:
    table = wave(300)
    fit = lk.fit("y ~ x", table, "mixture(normal, 2)", predictor=THREE, solver=FEW)
    found = fit.predict()
    assert found.loc.shape == (300, 6)
    assert np.allclose(found.weights.sum(axis=1), 1)
    own = (found.weights * found.loc).reshape(300, 3, 2).sum(axis=2) * 3
    assert np.allclose(found.epistemic_variance, np.var(own, axis=1))
    assert np.allclose(found.variance, found.aleatoric_variance + found.epistemic_variance)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: lk.Ensemble(lk.Linear()), "takes one network"),
        (lambda: lk.Ensemble(lk.MLP(), 1), "above 1"),
        (lambda: lk.Ensemble(lk.Ensemble(lk.MLP(), 2), 2), "takes one network"),
    ],
)
def test_what_is_no_ensemble_is_refused(make, words: str) -> None:
    with pytest.raises(lk.LikelierError, match=words):
        make()


def test_vectors_are_refused() -> None:
    table = {"a": [0.1, 0.2, 0.7], "b": [0.3, 0.1, 0.4], "x": [1.0, 2.0, 3.0]}
    with pytest.raises(lk.LikelierError, match="pools the predictions"):
        lk.fit("a + b ~ x", table, "multivariate_normal", predictor=THREE)

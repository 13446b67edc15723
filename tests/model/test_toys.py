"""The three textbook toys: what a newcomer types first, answered honestly."""

from __future__ import annotations

import numpy as np
import pytest

import likelier as lk

X = [[1, 2], [3, 4], [5, 6]]
TABLE = {"x1": [1, 3, 5], "x2": [2, 4, 6]}


def test_bernoulli_toy_is_separated() -> None:
    fit = lk.fit("y ~ x1", {**TABLE, "y": [0, 1, 1]}, "bernoulli")
    (found,) = fit.diagnoses
    assert not fit.converged
    assert found.kind == "separation"
    assert found.where == ("x1",)
    assert set(found.evidence["direction"]) == {"intercept", "x1"}
    assert fit.standard_errors.standard_error.isna().all()
    assert np.isposinf(fit.params.estimate[1])
    assert fit.log_likelihood == pytest.approx(0, abs=1e-8)


def test_bernoulli_toy_with_both_columns_names_both_troubles() -> None:
    fit = lk.fit([0, 1, 1], X, "bernoulli")
    assert [d.kind for d in fit.diagnoses] == ["separation", "collinearity"]
    assert not fit.converged
    assert fit.standard_errors.standard_error.isna().all()


def test_normal_toy_has_the_least_squares_answer() -> None:
    fit = lk.fit([2.1, 4.2, 6.3], X, lk.Fixed(lk.Normal, scale=0.1), intercept=False)
    assert fit.converged
    np.testing.assert_allclose(fit.params.estimate, [0.0, 1.05], atol=1e-12)
    # The inverse of XᵀX / 0.01, by hand: XᵀX = [[35, 44], [44, 56]] with determinant 24.
    np.testing.assert_allclose(
        fit.standard_errors.standard_error**2, [0.01 * 56 / 24, 0.01 * 35 / 24], rtol=1e-12
    )
    assert fit.log_likelihood == pytest.approx(-3 * np.log(0.1 * np.sqrt(2 * np.pi)))


def test_normal_toy_with_an_intercept_is_collinear() -> None:
    fit = lk.fit([2.1, 4.2, 6.3], X, lk.Fixed(lk.Normal, scale=0.1))
    (found,) = fit.diagnoses
    assert found.kind == "collinearity"
    assert found.where == ("intercept", "x1", "x2")
    assert not fit.converged
    np.testing.assert_allclose(fit.predict().mean, [2.1, 4.2, 6.3])


def test_softmax_toy_is_separated() -> None:
    fit = lk.fit("y ~ x1", {**TABLE, "y": [0, 1, 2]}, "categorical")
    (found,) = fit.diagnoses
    assert not fit.converged
    assert found.kind == "separation"
    assert fit.standard_errors.standard_error.isna().all()
    assert fit.log_likelihood == pytest.approx(0, abs=1e-8)

"""Collinear columns are named with their relation, and spoil nothing else."""

from __future__ import annotations

import numpy as np
import pytest

import likelier as lk


@pytest.fixture
def table() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    a, b, c = rng.standard_normal((3, 50))
    return {"a": a, "b": b, "c": c, "twice": 2 * a + 3, "y": 1 + a - b + rng.standard_normal(50)}


def test_a_relation_is_written_out(table: dict[str, np.ndarray]) -> None:
    fit = lk.fit("y ~ a + b + twice", table, "normal")
    (found,) = fit.diagnoses
    assert found.kind == "collinearity"
    assert "`twice` = 3 + 2·`a`" in found.message
    assert found.where == ("intercept", "a", "twice")
    assert not fit.converged


def test_coefficients_outside_the_relation_keep_their_errors(table: dict[str, np.ndarray]) -> None:
    fit = lk.fit("y ~ a + b + twice", table, "normal")
    clean = lk.fit("y ~ a + b", table, "normal")
    errors = fit.standard_errors
    assert errors.standard_error[errors.term == "a"].isna().all()
    np.testing.assert_allclose(
        errors.standard_error[errors.term == "b"].iloc[0],
        clean.standard_errors.standard_error[2],
        rtol=1e-8,
    )
    np.testing.assert_allclose(fit.predict().mean, clean.predict().mean, rtol=1e-9)
    assert fit.log_likelihood == pytest.approx(clean.log_likelihood)
    assert fit.degrees_of_freedom == clean.degrees_of_freedom


def test_a_constant_column_beside_the_intercept(table: dict[str, np.ndarray]) -> None:
    fit = lk.fit("y ~ a + k", {**table, "k": np.full(50, 7.0)}, "normal")
    (found,) = fit.diagnoses
    assert found.where == ("intercept", "k")
    assert "`k` = 7" in found.message


def test_more_parameters_than_rows() -> None:
    rng = np.random.default_rng(1)
    fit = lk.fit(rng.poisson(3, 4), rng.standard_normal((4, 6)), "poisson")
    assert not fit.converged
    assert fit.standard_errors.standard_error.isna().any()


def test_nearly_collinear_columns_are_not_taken_for_collinear() -> None:
    rng = np.random.default_rng(2)
    a = rng.standard_normal(200)
    near = a + 1e-5 * rng.standard_normal(200)
    fit = lk.fit(
        "y ~ a + near", {"a": a, "near": near, "y": a + rng.standard_normal(200)}, "normal"
    )
    assert fit.converged
    assert not [d for d in fit.diagnoses if d.kind == "collinearity"]

"""Separation is found, named and bounded to what it concerns."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import likelier as lk
from likelier.diagnosis import _directions


def quasi(seed: int = 0) -> dict[str, np.ndarray]:
    """Sixty patients; all 14 treated ones recover, the rest depend on age."""
    rng = np.random.default_rng(seed)
    age = rng.normal(50, 10, 60)
    treated = (np.arange(60) < 14).astype(float)
    recovered = (rng.random(60) < 1 / (1 + np.exp((age - 50) / 8))).astype(float)
    recovered[treated == 1] = 1.0
    return {"age": age, "treated": treated, "recovered": recovered}


def test_quasi_separation_leaves_the_rest_sound() -> None:
    table = quasi()
    fit = lk.fit("recovered ~ age + treated", table, "bernoulli")
    (found,) = fit.diagnoses
    assert found.kind == "separation"
    assert found.severity == "serious"
    assert found.where == ("treated",)
    assert found.evidence["n_rows"] == 14
    assert not fit.converged
    errors = fit.standard_errors.standard_error
    assert np.isnan(errors[2])
    # At the limit the treated say nothing of age: as if they were left out.
    kept = table["treated"] == 0
    rest = lk.fit(
        "recovered ~ age", {k: v[kept] for k, v in table.items() if k != "treated"}, "bernoulli"
    )
    np.testing.assert_allclose(fit.params.estimate[:2], rest.params.estimate, rtol=1e-6)
    np.testing.assert_allclose(errors[:2], rest.standard_errors.standard_error, rtol=1e-6)
    assert fit.log_likelihood == pytest.approx(rest.log_likelihood, abs=1e-6)


def test_an_all_zero_group_of_counts_is_separated() -> None:
    rng = np.random.default_rng(1)
    table = {"g": np.repeat(["a", "b", "c"], 20), "y": rng.poisson(3.0, 60)}
    table["y"][20:40] = 0
    fit = lk.fit("y ~ g", table, "poisson")
    (found,) = fit.diagnoses
    assert found.kind == "separation"
    assert found.evidence["n_rows"] == 20
    assert np.isneginf(fit.params.estimate[1])
    assert np.isfinite(fit.standard_errors.standard_error[[0, 2]]).all()


def test_one_class_only_has_no_finite_optimum() -> None:
    fit = lk.fit("y ~ x", {"y": [1, 1, 1, 1], "x": [1.0, 2.0, 4.0, 3.0]}, "bernoulli")
    assert not fit.converged
    assert fit.diagnoses[0].kind == "separation"
    assert fit.standard_errors.standard_error.isna().all()


def test_a_separated_class_of_three() -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal(90)
    labels = np.array(["a", "b", "c"])[rng.integers(0, 2, 90)]
    labels[x > 1.2] = "c"
    fit = lk.fit("y ~ x", {"x": x, "y": labels}, "categorical")
    (found,) = fit.diagnoses
    assert found.kind == "separation"
    assert not fit.converged


def test_labels_that_stay_together_are_named() -> None:
    """Setosa stands apart from both others, which overlap: their probabilities are sound."""
    irises = lk.datasets.load("iris")
    fit = lk.fit("species ~ sepal_length + sepal_width", irises, "categorical")
    (found,) = fit.diagnoses
    assert "tell `setosa` from `versicolor`, `virginica`" in found.message
    assert "fit the rows of `versicolor`, `virginica` alone" in found.remedy
    others = irises[irises.species != "setosa"]
    alone = lk.fit("species ~ sepal_length + sepal_width", others, "bernoulli")
    assert alone.converged
    probs = np.asarray(fit.predict(others).probs)
    share = probs[:, 2] / (probs[:, 1] + probs[:, 2])
    np.testing.assert_allclose(share, alone.predict(others).mean, rtol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_strong_but_overlapping_data_are_not_called_separated(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(300)
    y = (rng.random(300) < 1 / (1 + np.exp(-9 * x))).astype(float)
    fit = lk.fit("y ~ x", {"x": x, "y": y}, "bernoulli")
    assert fit.converged
    assert not fit.diagnoses


def test_long_searches_over_samples_do_not_make_a_separation_of_heavy_columns() -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_t(2, (100_000, 10))
    y = (rng.random(len(x)) < 1 / (1 + np.exp(-x[:, 0]))).astype(float)
    fit = lk.fit(y, x, "bernoulli")
    assert fit.converged
    assert not fit.diagnoses
    assert np.abs(x @ fit.params.estimate.to_numpy()[1:]).max() > 100


def test_heavy_columns_are_cleared_without_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_t(2, (40_000, 12))
    y = (rng.random(len(x)) < 1 / (1 + np.exp(-x[:, 0]))).astype(float)

    def program(*_: object) -> None:
        raise AssertionError("the slopes say it")

    monkeypatch.setattr(_directions, "_solve", program)
    fit = lk.fit(y, x, "bernoulli")
    assert fit.converged
    assert not fit.diagnoses
    assert np.abs(x @ fit.params.estimate.to_numpy()[1:]).max() > 50


@given(
    st.integers(0, 10_000),
    st.integers(8, 60),
    st.integers(1, 4),
    st.sampled_from(["bernoulli", "poisson"]),
)
@settings(max_examples=60)
def test_what_the_slopes_clear_no_program_separates(seed: int, n: int, p: int, family: str) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(-2, 3, (n, p)) * 10.0 ** rng.integers(-1, 2, p)
    eta = x @ rng.standard_normal(p)
    chance = 1 / (1 + np.exp(-np.clip(eta, -30, 30)))
    y = (rng.random(n) < chance).astype(float)
    with pytest.MonkeyPatch.context() as patch:
        held = _directions._is_held

        def seen(*given: Any) -> bool:
            _, _, _, columns, signs = given
            if held(*given):
                moves = signs != 0
                apart = _directions._solve(signs[moves, None] * columns[moves], columns[~moves])
                assert apart is None
            return False

        patch.setattr(_directions, "_is_held", seen)
        with contextlib.suppress(lk.LikelierError):
            lk.fit(y, x, family)


def test_rows_of_zero_weight_do_not_join_what_the_rest_separate() -> None:
    table = {"y": [0, 0, 1, 1, 1], "x": [1.0, 2.0, 3.0, 4.0, 0.0], "w": [1, 1, 1, 1, 0]}
    fit = lk.fit("y ~ x", table, "bernoulli", weights="w")
    assert fit.diagnoses[0].kind == "separation"
    assert not fit.converged


def test_columns_that_have_no_part_in_a_perfect_separation_are_not_named() -> None:
    rng = np.random.default_rng(5)
    table = {"a": rng.standard_normal(300), "b": rng.standard_normal(300)}
    table["y"] = (rng.random(300) < 0.5).astype(float)
    table["giveaway"] = 10 * table["y"] - 5
    fit = lk.fit("y ~ a + b + giveaway", table, "bernoulli")
    assert fit.diagnoses[0].where == ("giveaway",)


def test_four_rows_of_a_large_table() -> None:
    rng = np.random.default_rng(6)
    n = 250_000
    x = rng.standard_normal((n, 4))
    y = (rng.random(n) < 1 / (1 + np.exp(-x[:, 0]))).astype(float)
    x[:, 3] = 0.0
    rows = [5, 77, 100_000, 150_001]
    x[rows, 3], y[rows] = 1.0, 1.0
    fit = lk.fit(y, x, "bernoulli")
    (found,) = fit.diagnoses
    assert (found.kind, found.evidence["rows"]) == ("separation", rows)
    assert np.isposinf(fit.params.estimate.iloc[4])


def test_many_columns_are_told_the_penalty_that_predicts_best() -> None:
    """Thirty columns, 227 rows: L2 of the strength that is named, beside Jeffreys, held out."""
    cells = lk.datasets.load("breast_cancer").sample(frac=1, random_state=0)
    train, test = cells[:227], cells[227:]
    fit = lk.fit("diagnosis ~ .", train, "bernoulli")
    remedy = fit.diagnoses[0].remedy
    assert "objective=lk.NLL() + lk.L2(0.0044)" in remedy
    assert "mean_radius" not in remedy
    assert "leave out" not in remedy
    assert "--penalty l2:0.0044" in fit.diagnoses[0].on_command_line().remedy
    penalties = (lk.L2(0.0044), lk.Jeffreys())
    l2, jeffreys = (
        lk.fit("diagnosis ~ .", train, "bernoulli", objective=lk.NLL() + penalty)
        for penalty in penalties
    )
    assert l2.assess(test).nll < 0.25 * jeffreys.assess(test).nll < 0.25 * fit.assess(test).nll

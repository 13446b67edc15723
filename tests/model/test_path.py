"""Regularisation paths: those of glmnet, choices by their definitions, plots that show them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likelier as lk


@pytest.fixture(scope="module")
def counts() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(20)
    n, p = 150, 12
    x = rng.standard_normal((n, p)) @ (np.eye(p) + 0.4 * (rng.random((p, p)) < 0.2))
    x = x * np.geomspace(0.1, 50, p)
    eta = 0.3 + (x / x.std(axis=0)) @ np.array([0.6, -0.5, 0.4, -0.3, 0.2] + [0.0] * 7)
    return x, rng.poisson(np.exp(eta)).astype(float)


@pytest.fixture(scope="module")
def labels() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(20)
    n, p = 150, 12
    x = rng.standard_normal((n, p)) @ (np.eye(p) + 0.4 * (rng.random((p, p)) < 0.2))
    x = x * np.geomspace(0.1, 50, p)
    eta = 0.3 + (x / x.std(axis=0)) @ np.array([0.6, -0.5, 0.4, -0.3, 0.2] + [0.0] * 7)
    rng.standard_normal(n)
    return x, (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float)


def test_cross_validation_is_that_of_glmnet(labels: Any) -> None:
    """cv.glmnet 4.1-6, family binomial, thresh 1e-15, foldid = row modulo 5; half the deviance."""
    x, y = labels
    found = lk.path(
        y,
        x,
        "bernoulli",
        lk.L1(),
        strengths=np.geomspace(0.2, 0.002, 9).tolist(),
        groups=np.arange(150) % 5,
    )
    table = found.table
    np.testing.assert_allclose(
        table.held_out_nll,
        [0.6936191911, 0.6954497349, 0.6801864621, 0.6594940235, 0.6591504562,
         0.6647530919, 0.6726914512, 0.6796674922, 0.6847838946],
        atol=2e-8,
    )  # fmt: skip
    np.testing.assert_allclose(
        table.standard_error,
        [0.0046877221, 0.0063525121, 0.0166166604, 0.0247185074, 0.0341761395,
         0.0403956791, 0.0450630492, 0.0479059957, 0.0495371497],
        atol=1e-7,  # glmnet stops by its own measure
    )  # fmt: skip
    assert table.nonzero.tolist() == [0, 1, 4, 7, 11, 11, 11, 12, 12]
    assert found.strengths[found.choose("held_out")] == pytest.approx(0.02)
    assert found.strengths[found.choose("one_standard_error")] == pytest.approx(0.0632455532034)
    assert found.best.objective_terms.strength[1] == pytest.approx(0.0632455532034)
    assert (table.residual < 1e-7).all()


@pytest.mark.parametrize("penalty", [lk.L1(), lk.ElasticNet(1, 0.4), lk.GroupL1(), lk.L2()])
def test_every_point_of_a_path_is_the_fit_of_its_strength(counts: Any, penalty: Any) -> None:
    x, y = counts
    y = np.random.default_rng(4).poisson((y + 0.1) * np.random.default_rng(5).gamma(1, 1, 150))
    found = lk.path(y, x, "negative_binomial", penalty, strengths=8, smallest=0.01, folds=None)
    assert np.all(np.diff(found.table.objective) < 0)
    for k in (1, 3, 7):
        alone = lk.fit(
            y, x, "negative_binomial", objective=lk.NLL() + float(found.strengths[k]) * penalty
        )
        np.testing.assert_allclose(
            found.coefficients.iloc[k], alone.params.estimate, atol=1e-5, rtol=1e-5
        )
        row = found.table.iloc[k]
        assert row.nll == pytest.approx(alone.nll, abs=1e-7)
        assert row.degrees_of_freedom == pytest.approx(alone.degrees_of_freedom, abs=1e-4)
        assert row.bic == pytest.approx(alone.bic, abs=1e-3)


def test_more_columns_than_a_working_set_and_batches_of_strengths() -> None:
    rng = np.random.default_rng(3)
    n, p = 300, 400
    x = rng.standard_normal((n, p)) + 0.5 * rng.standard_normal((n, 1))
    y = (rng.random(n) < 1 / (1 + np.exp(-x[:, :5] @ [1, -1, 1, -1, 1]))).astype(float)
    found = lk.path(y, x, "bernoulli", lk.L1(), strengths=25, smallest=0.05, folds=None)
    assert found.table.nonzero.iloc[0] == 0
    u = (x - x.mean(axis=0)) / x.std(axis=0)
    b = found.coefficients.to_numpy()
    for k, strength in enumerate(found.strengths):
        # The condition of optimality, by a pass of one's own over all columns.
        slope = u.T @ (1 / (1 + np.exp(-(b[k, 0] + x @ b[k, 1:]))) - y) / n
        active = b[k, 1:] != 0
        np.testing.assert_allclose(slope[active], -strength * np.sign(b[k, 1:][active]), atol=2e-7)
        assert np.max(np.abs(slope[~active])) <= strength + 2e-7


def test_weights_formulas_and_a_second_parameter() -> None:
    rng = np.random.default_rng(7)
    n = 200
    table = {name: rng.standard_normal(n) for name in "abcd"}
    table["place"] = rng.choice(["u", "v", "w"], n)
    table["y"] = 1 + table["a"] + np.exp(0.5 * table["b"]) * rng.standard_normal(n)
    table["w"] = rng.integers(1, 4, n).astype(float)
    formula = {"loc": "y ~ a + b + c + d + place", "scale": "~ a + b + c + d"}
    found = lk.path(formula, table, "normal", lk.GroupL1(), weights="w", folds=4, seed=2)
    fit = found.best
    kept = fit.params[fit.params.estimate != 0]
    assert {("loc", "a"), ("scale", "b")} <= set(zip(kept.parameter, kept.term, strict=True))
    place = fit.params[fit.params.term.str.startswith("place")].estimate
    assert (place == 0).all() or (place != 0).all()
    assert found.fit("bic").converged
    # Every rule that the table names can be typed, and so can its words.
    shown = [line.split()[0] for line in repr(found).splitlines() if line.startswith("  ")][1:]
    assert shown == ["one_standard_error", "held_out", "aic", "bic"]
    assert [found.strengths[found.choose(rule)] for rule in shown] == [
        pytest.approx(float(line.split()[1]), rel=1e-3)
        for line in repr(found).splitlines()
        if line.split()[0] in shown
    ]
    assert found.choose("one standard error") == found.choose("one_standard_error")
    largest = f"{found.table.residual.max():.1g}"
    assert f"Certificate: no subgradient above {largest}." in repr(found).replace("\n", " ")
    assert "<table" in found._repr_html_()


def test_plots_show_the_numbers_of_the_table(counts: Any, tmp_path: Path) -> None:
    x, y = counts
    found = lk.path(y, x, "poisson", lk.L1(), strengths=12, folds=3)
    lines = found.plot()
    np.testing.assert_allclose(lines.data.strength, found.strengths)
    spread = x.std(axis=0)
    np.testing.assert_allclose(lines.data.x1, found.coefficients["rate", "x1"] * spread[0])
    held = found.plot_held_out()
    np.testing.assert_allclose(held.data.held_out_nll, found.table.held_out_nll)
    for plot in (lines, held):
        plot.save(tmp_path / "path.svg")
        assert plot.axes.get_xlabel() == "strength of L1()"


def test_what_has_no_path_is_refused(counts: Any) -> None:
    x, y = counts
    for options, words in (
        ({"penalty": lk.NLL() + lk.L1()}, "goes into risk="),
        ({"strengths": 1}, "2 strengths"),
        ({"strengths": [0.1, -1]}, "0 or above"),
        ({"smallest": 2}, "between 0 and 1"),
        ({"folds": 1}, "2 or more"),
        ({"penalty": lk.L1(0)}, "no penalised coefficient"),
    ):
        with pytest.raises(lk.LikelierError, match=words):
            lk.path(y, x, "poisson", **{"penalty": lk.L1(), **options})
    found = lk.path(y, x, "poisson", lk.L1(), strengths=4, folds=None)
    assert found.best.objective_terms.strength[1] == found.strengths[found.choose("bic")]
    with pytest.raises(lk.LikelierError, match="folds=5"):
        found.choose("held_out")
    with pytest.raises(lk.LikelierError, match="folds=5"):
        found.plot_held_out()
    with pytest.raises(lk.LikelierError, match="one_standard_error"):
        found.choose("one_standard_eror")


def test_a_path_of_squares_holds_the_strength_that_predicts_best() -> None:
    """Without a norm no strength is the largest: the least held-out NLL is not at an end."""
    table = lk.datasets.load("breast_cancer").iloc[:227]
    found = lk.path("diagnosis ~ .", table, "bernoulli", lk.L2(), strengths=25)
    held_out = found.table.held_out_nll.to_numpy()
    best = int(held_out.argmin())
    assert 0 < best < 24
    assert held_out[0] - held_out[best] > 0.3
    assert held_out[-1] - held_out[best] > 0.05

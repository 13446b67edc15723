"""Every objective trains networks: without hidden layers they reach the linear optimum."""

from __future__ import annotations

import numpy as np
import pytest

import likelier as lk

LINEAR = lk.MLP(hidden=(), dtype="float64")


def made(n: int = 300) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    x, z = rng.normal(size=(2, n))
    sex = np.where(rng.random(n) < 1 / (1 + np.exp(-x)), "f", "m")
    odds = 0.8 * x - 0.5 * z + 0.3
    return {
        "x": x,
        "z": z,
        "sex": sex,
        "count": rng.poisson(np.exp(0.5 + 0.4 * x - 0.3 * z)),
        "won": (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(int),
        "y": odds + 0.7 * rng.normal(size=n),
        "w": rng.integers(0, 3, n).astype(float),
        "days": rng.uniform(1, 9, n),
    }


def least(fit: lk.Fit) -> float:
    """The objective of a row, without the plain NLL that is told beside another risk."""
    terms = fit.objective_terms
    return terms["mean"][terms.strength > 0].sum()


@pytest.mark.parametrize(
    ("formula", "family", "objective", "options"),
    [
        ("count ~ x + z", "poisson", lk.NLL(), {}),
        ("count ~ x + z", "poisson", lk.NLL(), {"weights": "w"}),
        ("count ~ x + z", "poisson", lk.NLL(), {"exposure": "days"}),
        ("count ~ x + z", "poisson", lk.NLL() + lk.L2(0.2), {}),
        ("count ~ x + z", "poisson", lk.NLL() + 0.5 * lk.L1(0.2), {}),
        ("count ~ x + z", "poisson", lk.NLL() + lk.ElasticNet(0.2, 0.5), {}),
        ("y ~ x + z", "fixed(normal, scale=1)", lk.CVaR(0.8), {}),
        ("won ~ x + z", "bernoulli", lk.LabelSmoothing(0.2), {}),
        ("won ~ x + z", "bernoulli", lk.NLL() + lk.DemographicParity("sex", 5), {}),
        ("won ~ x", "bernoulli", lk.NLL() + 5 * lk.EqualizedOdds("sex"), {}),
        ("y ~ x", "normal", lk.NLL() + lk.DemographicParity("w", 5, kind="covariance"), {}),
        ("y ~ x", "normal_inverse_gamma(kind=tied)", lk.NLL() + lk.EvidenceRegularizer(), {}),
    ],
)
def test_a_network_without_layers_reaches_the_linear_optimum(
    formula: str, family: str, objective, options
) -> None:
    table = made()
    if family.startswith("normal"):
        formula = {"loc": formula}
    linear = lk.fit(formula, table, family, objective=objective, **options)
    # All rows in one batch: no chance is left in the steps.
    solver = lk.Adam(0.03, batch_size=1000, epochs=1500)
    settings = {"predictor": LINEAR, "solver": solver, "validation": 0}
    fit = lk.fit(formula, table, family, objective=objective, **settings, **options)
    assert least(linear) - 1e-6 < least(fit) < least(linear) + 2e-4
    assert np.allclose(fit.predict().mean, linear.predict().mean, rtol=0.02, atol=0.02)


def test_batches_of_rows_reach_the_same_threshold_of_the_tail() -> None:
    table = made(2000)
    options = {"distribution": "fixed(normal, scale=1)", "objective": lk.CVaR(0.9)}
    linear = lk.fit("y ~ x + z", table, **options)
    solver = lk.Adam(0.03, batch_size=64, epochs=150)
    fit = lk.fit("y ~ x + z", table, predictor=LINEAR, solver=solver, validation=0, **options)
    assert fit.tail().mean == pytest.approx(linear.tail().mean, rel=0.01)


def test_gaps_between_groups_are_closed_by_batches_too() -> None:
    table = made(2000)
    gaps = []
    for strength in (0.0, 20.0):
        objective = lk.NLL() + strength * lk.DemographicParity("sex")
        solver = lk.Adam(batch_size=256, epochs=60)
        fit = lk.fit(
            "won ~ x + z", table, "bernoulli", predictor=lk.MLP((16,)), objective=objective,
            solver=solver,
        )  # fmt: skip
        mean, women = fit.predict().mean, table["sex"] == "f"
        gaps.append(abs(mean[women].mean() - mean[~women].mean()))
    assert gaps[0] > 0.1
    assert gaps[1] < 0.03


def test_beta_nll_finds_the_mean_that_plain_nll_leaves() -> None:
    """A sine without noise, of which a scale that is shared early gives up a part."""
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 12, 1000)
    table = {"x": x, "y": 0.4 * np.sin(2 * np.pi * x / 3) + 0.01 * rng.normal(size=1000)}
    settings = {"predictor": lk.MLP(), "solver": lk.Adam(epochs=300)}
    fit = lk.fit("y ~ x", table, "normal", objective=lk.BetaNLL(0.5), **settings)
    error = fit.predict().mean - 0.4 * np.sin(2 * np.pi * x / 3)
    assert np.sqrt(np.mean(error**2)) < 0.05
    assert fit.objective_terms.term.tolist() == ["BetaNLL()", "NLL()"]

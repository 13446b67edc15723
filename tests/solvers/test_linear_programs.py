"""Absolute and quantile losses reach the optimum of the linear program that they are (HiGHS)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog, minimize

import likelier as lk

Array = Any


def frame(name: str) -> tuple[Array, Array]:
    """Columns and target of a data set, or of one made for what is hard about it."""
    rng = np.random.default_rng(0)
    if name == "stackloss":
        table = lk.datasets.load("stackloss")
        return table[["airflow", "watertemp", "acidconc"]].to_numpy(float), table.stackloss
    if name == "engel":
        table = lk.datasets.load("engel")
        return table[["income"]].to_numpy(float), table.foodexp
    if name == "heavy tails":
        x = rng.standard_normal((200, 6))
        return x, x @ np.arange(6) + rng.standard_cauchy(200)
    if name == "ties":
        x = rng.integers(0, 3, (150, 4)).astype(float)
        return x, np.round(x @ [1, 2, 0, -1] + rng.standard_normal(150))
    x = rng.standard_normal((800, 12))
    return x, x @ rng.standard_normal(12) + rng.standard_t(2, 800)


SETS = ("stackloss", "engel", "heavy tails", "ties", "many columns")


def program(x: Array, y: Array, level: float, weights: Array, cost: Array) -> float:
    """min Σ wᵢ ρ(yᵢ − xᵢb) + Σ cⱼ|bⱼ| as a linear program, ρ the loss of a quantile."""
    n, p = x.shape
    found = linprog(
        np.concatenate([cost, cost, weights * level, weights * (1 - level)]),
        A_eq=np.hstack([x, -x, np.eye(n), -np.eye(n)]),
        b_eq=y,
        bounds=[(0, None)] * (2 * p + 2 * n),
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    assert found.status == 0, found.message
    return float(found.fun)


def loss(residuals: Array, level: float) -> Array:
    return np.maximum(level * residuals, (level - 1) * residuals)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("level", [0.05, 0.5, 0.95])
def test_a_quantile_regression_is_the_programs_optimum(name: str, level: float) -> None:
    x, y = (np.asarray(part, float) for part in frame(name))
    family = lk.Laplace if level == 0.5 else lk.Fixed(lk.AsymmetricLaplace, quantile=level)
    fit = lk.fit(y, x, family)
    assert fit.converged
    design = np.column_stack([np.ones(len(y)), x])
    ours = loss(y - design @ fit.params.estimate.to_numpy()[:-1], level).sum()
    best = program(design, y, level, np.ones(len(y)), np.zeros(design.shape[1]))
    assert ours == pytest.approx(best, rel=1e-9)


@pytest.mark.parametrize("level", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("name", ["engel", "heavy tails", "many columns"])
def test_with_a_modelled_scale_each_part_is_optimal_given_the_other(
    name: str, level: float
) -> None:
    x, y = (np.asarray(part, float) for part in frame(name))
    z = (x[:, 0] - x[:, 0].mean()) / x[:, 0].std()
    names = [f"x{j}" for j in range(x.shape[1])]
    table = {"y": y, "z": z, **dict(zip(names, x.T, strict=True))}
    family = lk.Laplace if level == 0.5 else lk.Fixed(lk.AsymmetricLaplace, quantile=level)
    fit = lk.fit({"loc": f"y ~ {' + '.join(names)}", "scale": "~ z"}, table, family)
    assert fit.converged
    estimate = fit.params.estimate.to_numpy()
    design, spread = np.column_stack([np.ones(len(y)), x]), np.column_stack([np.ones(len(y)), z])
    b, gamma = estimate[: design.shape[1]], estimate[design.shape[1] :]
    weights = np.exp(-spread @ gamma)
    size = loss(y - design @ b, level)
    best = program(design, y, level, weights, np.zeros(len(b)))
    assert weights @ size == pytest.approx(best, rel=1e-9)
    # The family is Σ log scale + (1 or 2) loss / scale: Laplace's |r| is twice the median's loss.
    share = 2.0 if level == 0.5 else 1.0

    def of_scale(g: Array) -> tuple[float, Array]:
        pull = share * size * np.exp(-spread @ g)
        return float(np.mean(spread @ g + pull)), spread.T @ (1 - pull) / len(y)

    alone = minimize(of_scale, gamma + 0.1, jac=True, method="BFGS", options={"gtol": 1e-12})
    assert of_scale(gamma)[0] - alone.fun < 1e-9


@pytest.mark.parametrize("strength", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("name", SETS)
def test_a_sparse_median_regression_is_the_programs_optimum(
    name: str, known: bool, strength: float
) -> None:
    """Kinks in the loss and in the penalty at once, the scale known or estimated."""
    x, y = (np.asarray(part, float) for part in frame(name))
    scale = float(np.abs(y - np.median(y)).mean())
    family = lk.Fixed(lk.Laplace, scale=scale) if known else lk.Laplace
    fit = lk.fit(y, x, family, objective=lk.NLL() + lk.L1(strength))
    assert fit.converged
    estimate = fit.params.estimate.to_numpy()
    b = estimate[: x.shape[1] + 1]
    if not known:
        scale = float(np.exp(estimate[-1]))
    design = np.column_stack([np.ones(len(y)), x])
    # Times scale / 2 the mean NLL is half the mean size of a residual.
    cost = np.concatenate([[0.0], strength * scale / 2 * x.std(axis=0)]) * len(y)
    ours = loss(y - design @ b, 0.5).sum() + cost @ np.abs(b)
    best = program(design, y, 0.5, np.ones(len(y)), cost)
    assert ours == pytest.approx(best, rel=1e-9)
    # A coefficient is 0 or it is not: none is left at the width of a rounded kink.
    inner = np.abs(b[1:] * x.std(axis=0))
    assert not np.any((inner > 0) & (inner < 1e-6 * scale))
    if not known:
        residuals = np.abs(y - design @ b)
        assert scale == pytest.approx(residuals.mean(), rel=1e-6)

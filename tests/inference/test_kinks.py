"""Standard errors of families with a kink: the blur by quadrature, its fixed point, its worth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

import likelier as lk


def table_of(n: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n)
    return {"x": x, "y": 1 + 0.5 * x + rng.laplace(size=n), "w": rng.integers(1, 4, n)}


@pytest.mark.parametrize("spread", [0.0, 0.1, 1.0, 7.0])
@pytest.mark.parametrize(
    "family",
    [
        lk.Laplace,
        lk.Fixed(lk.AsymmetricLaplace, quantile=0.8),
        lk.Fixed(lk.AsymmetricLaplace, quantile=0.05),
    ],
)
def test_the_blur_is_the_mean_density_beside_the_kink(family: Any, spread: float) -> None:
    d = family(loc=2.0, scale=1.5)
    found = float(d._blurred(np.asarray(spread)))
    at = np.exp(float(d.log_prob(2.0)))
    if spread == 0:
        assert found == 1.0
        return

    def part(z: float) -> float:
        return float(norm.pdf(z) * np.exp(d.log_prob(2 + spread * z)) / at)

    assert found == pytest.approx(quad(part, -9, 0)[0] + quad(part, 0, 9)[0], rel=1e-8)


@pytest.mark.parametrize("weights", [None, "w"])
def test_standard_errors_are_the_fixed_point(weights: str | None) -> None:
    table = table_of(60, 1)
    fit = lk.fit("y ~ x", table, "laplace", weights=weights)
    w = np.ones(60) if weights is None else table["w"].astype(float)
    x = np.column_stack([np.ones(60), table["x"]])
    scale = float(np.exp(fit.params.estimate[2]))
    c = fit.covariance().to_numpy()[:2, :2]
    spread = np.sqrt(np.einsum("ij,jk,ik->i", x, c, x))
    share = [2 * quad(lambda z, s=s: norm.pdf(z) * np.exp(-s * z / scale), 0, 9)[0] for s in spread]
    bread = np.linalg.inv(x.T @ ((w * share)[:, None] * x) / scale**2)
    meat = x.T @ (w[:, None] * x) / scale**2
    np.testing.assert_allclose(c, bread @ meat @ bread, rtol=1e-6)
    # The expected information is the textbook's, and the scale's error is its own.
    textbook = np.linalg.inv(meat)
    np.testing.assert_allclose(fit.covariance("expected").to_numpy()[:2, :2], textbook, rtol=1e-6)
    assert fit.standard_errors.standard_error[2] == pytest.approx(1 / np.sqrt(w.sum()), rel=1e-6)
    # The sandwich has the same bread.
    scores = np.sign(table["y"] - x @ fit.params.estimate[:2].to_numpy())[:, None] * x / scale
    meat = scores.T @ (w[:, None] * scores)
    sandwich = fit.covariance("sandwich").to_numpy()[:2, :2]
    np.testing.assert_allclose(sandwich, bread @ meat @ bread, rtol=0.05)


@pytest.mark.parametrize(("n", "low", "high"), [(30, 1.15, 1.45), (3000, 1.01, 1.04)])
def test_the_blur_matters_in_small_samples_only(n: int, low: float, high: float) -> None:
    """docs/coverage.md shows that the intervals then hold what they say."""
    fit = lk.fit("y ~ x", table_of(n, 4), "laplace")
    textbook = np.sqrt(np.diag(fit.covariance("expected")))
    assert low < fit.standard_errors.standard_error[1] / textbook[1] < high


def test_what_is_not_identified_stays_so() -> None:
    table = table_of(40, 3)
    table["twice"] = 2 * table["x"]
    fit = lk.fit("y ~ x + twice", table, "laplace")
    errors = fit.standard_errors.standard_error
    assert errors[[1, 2]].isna().all()
    clean = lk.fit("y ~ x", table, "laplace").standard_errors.standard_error
    assert errors[0] == pytest.approx(clean[0], rel=1e-3)
    assert errors[3] == pytest.approx(clean[2], rel=1e-3)

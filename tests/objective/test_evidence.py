"""The evidential regulariser: its optimum by a search of its formula, and what it cannot hold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize

import likelier as lk
from likelier.objective import penalty_from_text

Array = np.ndarray
TIED = "normal_inverse_gamma(kind=tied)"


@pytest.fixture(scope="module")
def table() -> dict[str, Array]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(250)
    return {
        "x": x,
        "y": 1 + x + 0.5 * rng.standard_t(4, 250),
        "w": rng.integers(0, 3, 250).astype(float),
    }


def test_the_optimum_is_that_of_the_published_loss(table: dict[str, Array]) -> None:
    strength = 0.01
    objective = lk.NLL() + lk.EvidenceRegularizer(strength)
    fit = lk.fit("y ~ x", table, TIED, objective=objective, weights="w")
    assert fit.converged

    def loss(p: Array) -> float:
        loc, v, beta = p[0] + p[1] * table["x"], np.exp(p[2]), np.exp(p[3])
        alpha = v + 1
        scale = np.sqrt(beta * (1 + v) / (v * alpha))
        nll = -stats.t.logpdf(table["y"], 2 * alpha, loc, scale)
        held = strength * np.abs(table["y"] - loc) * (2 * v + alpha)
        return float(np.average(nll + held, weights=table["w"]))

    best = minimize(loss, [1.0, 1.0, 0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-9})
    least = fit.objective_terms["mean"].sum()
    assert best.fun - 1e-4 <= least <= best.fun + 1e-9
    d = fit.predict()
    found = [*fit.params.estimate[:2], np.log(d.evidence[0]), np.log(d.beta[0])]
    assert loss(np.array(found)) == pytest.approx(least, abs=1e-12)


@pytest.mark.parametrize("family", [TIED, "normal_inverse_gamma"])
def test_derivatives_are_those_of_differences(table: dict[str, Array], family: str) -> None:
    formulas = {"loc": "y ~ x", "evidence": "~ x", "beta": "~ x"}
    objective = lk.NLL() + lk.EvidenceRegularizer(0.3)
    fit = lk.fit(formulas, table, family, objective=lk.NLL() + lk.L2(0.1), weights="w")
    held = lk.fit(formulas, table, family, objective=objective, weights="w")
    assert held.sample is not None
    assert fit.sample is not None
    assert fit.sample.solution is not None
    function, theta = held.sample.problem.function.rounded(0.1), fit.sample.solution.theta
    steps = 1e-5 * np.eye(len(theta))
    here = function(theta, 2)
    slope = [(function(theta + e, 0).value - function(theta - e, 0).value) / 2e-5 for e in steps]
    np.testing.assert_allclose(here.gradient, slope, rtol=1e-6, atol=1e-6)
    bend = [
        (function(theta + e, 1).gradient - function(theta - e, 1).gradient) / 2e-5 for e in steps
    ]
    np.testing.assert_allclose(here.curvature, bend, rtol=1e-6, atol=1e-5)


def test_evidence_that_nothing_holds_is_told(table: dict[str, Array]) -> None:
    """Free evidence costs the likelihood nothing, so that any strength draws it to 0."""
    objective = lk.NLL() + lk.EvidenceRegularizer(1e-3)
    fit = lk.fit("y ~ x", table, "normal_inverse_gamma", objective=objective)
    assert not fit.converged
    assert fit.diagnoses[0].kind == "weak identification"
    assert fit.predict().evidence.max() < 1e-8


def test_a_network_learns_its_evidence_from_the_regulariser(table: dict[str, Array]) -> None:
    objective = lk.NLL() + lk.EvidenceRegularizer(1.0)
    options = {"predictor": lk.MLP((8,)), "solver": lk.Adam(0.01, epochs=60), "seed": 1}
    d = lk.fit("y ~ x", table, "normal_inverse_gamma", objective=objective, **options).predict()
    # It starts from 1.
    assert np.mean(d.evidence) < 0.5
    np.testing.assert_allclose(d.epistemic_variance, d.aleatoric_variance / d.evidence)


def test_other_families_have_no_evidence(table: dict[str, Array]) -> None:
    with pytest.raises(lk.LikelierError, match="normal_inverse_gamma; the family is student_t"):
        lk.fit("y ~ x", table, "student_t", objective=lk.NLL() + lk.EvidenceRegularizer())
    with pytest.raises(lk.LikelierError, match="strength of EvidenceRegularizer"):
        lk.EvidenceRegularizer(-1.0)
    assert penalty_from_text("evidence_regularizer:0.1").text() == "EvidenceRegularizer(0.1)"

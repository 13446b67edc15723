"""Jeffreys' penalty against closed forms and against a generic optimiser of the same function."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq, minimize
from scipy.special import digamma, gammaln, log_expit
from scipy.stats import chi2

import likelier as lk
from likelier.distributions import Linked
from likelier.objective._row_information import _by_points, row_information

REFERENCE = Path(__file__).parents[1] / "model" / "reference"
FIRTH = lk.NLL() + lk.Jeffreys()


def penalised_logistic(b: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
    """−log L − ½ log det Xᵀ W X, written out."""
    eta = x @ b
    w = np.exp(log_expit(eta) + log_expit(-eta))
    nll = -np.sum(np.where(y == 1, log_expit(eta), log_expit(-eta)))
    return float(nll - 0.5 * np.linalg.slogdet(x.T @ (w[:, None] * x))[1])


@pytest.mark.parametrize("counts", [(7, 2, 6, 6), (5, 0, 5, 5), (9, 3, 4, 0), (1, 0, 1, 1)])
def test_a_two_by_two_table_gets_one_half_in_every_cell(counts: tuple[int, ...]) -> None:
    n0, s0, n1, s1 = counts
    y = [1] * s0 + [0] * (n0 - s0) + [1] * s1 + [0] * (n1 - s1)
    table = {"y": y, "x": [0] * n0 + [1] * n1}
    fit = lk.fit("y ~ x", table, "bernoulli", objective=FIRTH)
    assert fit.converged
    base = np.log((s0 + 0.5) / (n0 - s0 + 0.5))
    slope = np.log((s1 + 0.5) / (n1 - s1 + 0.5)) - base
    # The search ends when a step would gain 1e-10 nats: 1e-5 standard errors.
    np.testing.assert_allclose(fit.params.estimate, [base, slope], atol=3e-5)


def test_endometrial_cancer_as_heinze_and_schemper_published_it() -> None:
    """Heinze and Schemper (2002), doi:10.1002/sim.1047, their example of quasi-separation.

    The longer figures are those of R's brglm2 0.9 (type "AS_mean", epsilon 1e-14), and of optim and
    uniroot on the penalised likelihood written out.
    """
    table = pd.read_csv(REFERENCE / "endometrial.csv")
    fit = lk.fit("HG ~ NV + PI + EH", table, "bernoulli", objective=FIRTH)
    limits = fit.conf_int(method="profile")
    found = np.column_stack(
        [fit.params.estimate, fit.standard_errors.standard_error, limits.lower, limits.upper]
    )
    published = [
        [3.775, 1.489, 1.08, 7.21],
        [2.929, 1.551, 0.61, 7.85],
        [-0.035, 0.040, -0.12, 0.04],
        [-2.604, 0.776, -4.37, -1.23],
    ]
    np.testing.assert_allclose(found[:, :2], np.array(published)[:, :2], atol=5.1e-4)
    np.testing.assert_allclose(found[:, 2:], np.array(published)[:, 2:], atol=5.1e-3)
    exact = np.array([
        [3.774559713647, 1.488691663436, 1.082537108, 7.209280498],
        [2.929273353197, 1.550763729453, 0.609724436, 7.854631714],
        [-0.034751759870, 0.039578147348, -0.124458721, 0.040455473],
        [-2.604163925294, 0.776017642502, -4.365183247, -1.232721057],
    ])  # fmt: skip
    # The search ends 1e-10 nats from the optimum: 1e-5 standard errors.
    assert np.max(np.abs(found[:, 0] - exact[:, 0]) / exact[:, 1]) < 1e-5
    np.testing.assert_allclose(found[:, 1:], exact[:, 1:], rtol=1e-6)
    plain = lk.fit("HG ~ NV + PI + EH", table, "bernoulli")
    assert [d.kind for d in plain.diagnoses if d.severity == "serious"] == ["separation"]
    assert plain.diagnoses[0].where == ("NV",)


@pytest.mark.parametrize("y", [[0, 0, 0], [3, 1, 5]])
def test_a_poisson_rate_counts_half_an_event_more(y: list[int]) -> None:
    fit = lk.fit("y ~ 1", {"y": y}, "poisson", objective=FIRTH)
    assert fit.params.estimate[0] == pytest.approx(np.log((sum(y) + 0.5) / len(y)), abs=1e-6)


@pytest.fixture
def separated() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(4)
    n = 40
    age, treated = rng.normal(50, 10, n), (np.arange(n) < 9).astype(float)
    y = (rng.random(n) < 1 / (1 + np.exp((age - 50) / 8))).astype(float)
    y[treated == 1] = 1.0
    return {"y": y, "age": age, "treated": treated}


def test_a_separated_fit_is_the_optimum_of_a_generic_optimiser(separated: Any) -> None:
    y = separated["y"]
    centred = np.column_stack([np.ones(40), (separated["age"] - 50) / 10, separated["treated"]])
    best = minimize(penalised_logistic, np.zeros(3), (centred, y), "BFGS", options={"gtol": 1e-7})
    fit = lk.fit("y ~ I((age - 50) / 10) + treated", separated, "bernoulli", objective=FIRTH)
    assert fit.converged
    assert [d.kind for d in fit.diagnoses] == ["penalised"]
    np.testing.assert_allclose(fit.params.estimate, best.x, atol=1e-5)
    terms = fit.objective_terms
    assert terms.term.tolist() == ["NLL()", "Jeffreys()"]
    assert np.dot(terms.strength, terms.value) == pytest.approx(best.fun, abs=1e-8)
    # The likelihood reported is the plain one, and errors are those of the information there.
    assert fit.log_likelihood == pytest.approx(-terms.value[0], abs=1e-9)
    p = 1 / (1 + np.exp(-centred @ best.x))
    information = centred.T @ ((p * (1 - p))[:, None] * centred)
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    np.testing.assert_allclose(fit.standard_errors.standard_error, errors, rtol=1e-4)


def test_profile_limits_are_those_of_the_penalised_likelihood(separated: Any) -> None:
    y = separated["y"]
    x = np.column_stack([np.ones(40), separated["treated"]])
    fit = lk.fit("y ~ treated", separated, "bernoulli", objective=FIRTH)

    def held(slope: float) -> float:
        best = minimize(
            lambda a: penalised_logistic(np.array([a[0], slope]), x, y), [0.0], method="BFGS"
        )
        return float(best.fun)

    least = penalised_logistic(fit.params.estimate.to_numpy(), x, y)
    edge = least + chi2.ppf(0.95, 1) / 2
    estimate = fit.params.estimate[1]
    lower = brentq(lambda b: held(b) - edge, estimate - 6, estimate)
    upper = brentq(lambda b: held(b) - edge, estimate, estimate + 20)
    found = fit.conf_int(method="profile")
    np.testing.assert_allclose([found.lower[1], found.upper[1]], [lower, upper], rtol=1e-4)


def test_the_remedy_is_one_also_where_predictors_stand_far_out() -> None:
    iris = lk.datasets.load("iris")
    setosa = iris.species == "setosa"
    fit = lk.fit(setosa, iris[["petal_length", "petal_width"]], "bernoulli", objective=FIRTH)
    assert np.abs(fit.predict().logits).max() > 12  # where a likelihood alone would be doubted
    assert fit.converged
    assert np.isfinite(fit.coefficients).all()


def test_the_separation_diagnosis_names_the_remedy(separated: Any) -> None:
    fit = lk.fit("y ~ age + treated", separated, "bernoulli")
    assert "objective=lk.NLL() + lk.Jeffreys()" in fit.diagnoses[0].remedy


def test_several_parameters_share_one_determinant() -> None:
    """Gamma regression with its concentration: I is block diagonal, its blocks known."""
    from scipy.special import polygamma

    rng = np.random.default_rng(7)
    x = rng.standard_normal(30)
    y = rng.gamma(2.0, np.exp(0.3 + 0.5 * x) / 2)
    design = np.column_stack([np.ones(30), x])

    def objective(b: np.ndarray) -> float:
        k, mean = np.exp(b[2]), np.exp(design @ b[:2])
        nll = -np.sum(k * np.log(k / mean) + (k - 1) * np.log(y) - k * y / mean - gammaln(k))
        information = np.zeros((3, 3))
        information[:2, :2] = k * design.T @ design
        information[2, 2] = 30 * k * k * (polygamma(1, k) - 1 / k)
        return float(nll - 0.5 * np.linalg.slogdet(information)[1])

    best = minimize(objective, [0.0, 0.0, 0.0], method="BFGS", options={"gtol": 1e-7})
    fit = lk.fit("y ~ x", {"y": y, "x": x}, "gamma", objective=FIRTH)
    np.testing.assert_allclose(fit.params.estimate, best.x, atol=2e-5)


def test_negative_binomial_by_a_generic_optimiser() -> None:
    """I is block diagonal; the dispersion's block is a sum over counts, written out here."""
    rng = np.random.default_rng(2)
    x = rng.standard_normal(60)
    mean = np.exp(0.5 + 0.4 * x)
    y = rng.negative_binomial(2, 2 / (2 + mean))
    design = np.column_stack([np.ones(60), x])
    k = np.arange(400.0)[:, None]

    def log_mass(k: Any, mean: np.ndarray, r: float) -> np.ndarray:
        each = gammaln(k + r) - gammaln(r) - gammaln(k + 1)
        return each + r * np.log(r / (r + mean)) + k * np.log(mean / (r + mean))

    def objective(b: np.ndarray) -> float:
        mean, r = np.exp(design @ b[:2]), np.exp(-b[2])
        mass = np.exp(log_mass(k, mean, r))
        in_r = digamma(k + r) - digamma(r) + np.log(r / (r + mean)) + (mean - k) / (r + mean)
        weight = mean / (1 + mean / r)
        first = np.linalg.slogdet(design.T @ (weight[:, None] * design))[1]
        second = np.log(np.sum(mass * (r * in_r) ** 2))
        return float(-np.sum(log_mass(y, mean, r)) - 0.5 * (first + second))

    best = minimize(objective, [0.5, 0.4, -0.7], method="BFGS", options={"gtol": 1e-6})
    fit = lk.fit("y ~ x", {"y": y, "x": x}, "negative_binomial", objective=FIRTH)
    assert fit.converged
    np.testing.assert_allclose(fit.params.estimate, best.x, atol=3e-5)


@pytest.mark.parametrize(
    ("family", "eta"),
    [
        (lk.NegativeBinomial, [np.linspace(-3, 4, 300), np.full(300, -0.5)]),
        (lk.NegativeBinomial, [np.full(300, 1.0), np.linspace(-4, 2, 300)]),
        (lk.NegativeBinomial, [np.full(300, 1.0), np.full(300, 0.3)]),
    ],
)
def test_a_series_says_what_every_row_says(family: Any, eta: Any) -> None:
    linked, eta = Linked(family), np.array(eta)
    here, slopes = row_information(linked, eta, {})
    expected, changes = _by_points(linked, eta, {}, slopes=True)
    for pair, value in expected.items():
        np.testing.assert_allclose(here[pair], value, rtol=1e-9, atol=1e-11)
    for found, change in zip(slopes, changes, strict=True):
        for pair, value in change.items():
            np.testing.assert_allclose(found[pair], value, atol=1e-6)


def test_summed_information_is_taken_at_a_few_points_whatever_the_rows(monkeypatch: Any) -> None:
    rng = np.random.default_rng(5)
    x = rng.standard_normal(5000)
    y = rng.negative_binomial(2, 2 / (2 + np.exp(0.5 + 0.4 * x)))
    points = []
    whole = Linked.information

    def counted(self: Linked, eta: np.ndarray, known: Any = None) -> Any:
        points.append(eta.shape[1])
        return whole(self, eta, known)

    monkeypatch.setattr(Linked, "information", counted)
    fit = lk.fit("y ~ x", {"y": y, "x": x}, "negative_binomial", objective=FIRTH)
    assert fit.converged
    assert sum(points) < 5000


def test_its_gradient_is_the_derivative_of_its_value() -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((50, 2))
    for family, y in (
        ("normal", rng.standard_normal(50)),
        ("categorical", rng.integers(0, 3, 50)),
        ("beta", rng.beta(2, 3, 50)),
    ):
        fit = lk.fit(y, x, family, objective=FIRTH, weights=rng.uniform(0.5, 2, 50))
        assert fit.converged
        assert fit.sample is not None
        function = fit.sample.problem.function
        at = fit.sample.solution.theta + 0.1
        step = 1e-5
        slopes = [
            (function(at + step * e, 0).value - function(at - step * e, 0).value) / (2 * step)
            for e in np.eye(len(at))
        ]
        np.testing.assert_allclose(function(at, 1).gradient, slopes, rtol=1e-5, atol=1e-5)


def test_half_the_strength_is_half_the_penalty_and_zero_is_none(separated: Any) -> None:
    table = {"y": [0, 0, 1, 1, 1], "x": [1.0, 2.0, 1.5, 3.0, 0.5]}
    none = lk.fit("y ~ x", table, "bernoulli", objective=lk.NLL() + 0 * lk.Jeffreys())
    plain = lk.fit("y ~ x", table, "bernoulli")
    np.testing.assert_allclose(none.params.estimate, plain.params.estimate, atol=1e-5)
    half = lk.fit("y ~ 1", {"y": [1, 1, 1]}, "bernoulli", objective=lk.NLL() + 0.5 * lk.Jeffreys())
    assert half.params.estimate[0] == pytest.approx(np.log(3.25 / 0.25), abs=1e-5)
    assert half.objective_terms.strength.tolist() == [1.0, 0.5]


def test_collinear_columns_leave_the_penalty_finite(separated: Any) -> None:
    twice = {**separated, "twice": 2 * separated["age"]}
    fit = lk.fit("y ~ age + treated + twice", twice, "bernoulli", objective=FIRTH)
    clean = lk.fit("y ~ age + treated", separated, "bernoulli", objective=FIRTH)
    assert "collinearity" in [d.kind for d in fit.diagnoses]
    np.testing.assert_allclose(
        np.asarray(fit.predict().mean), np.asarray(clean.predict().mean), atol=1e-5
    )


def test_objectives_that_mean_nothing_are_refused() -> None:
    table = {"y": [1.0, 2.0, 4.0, 3.0], "x": [1.0, 2.0, 3.0, 5.0]}
    for objective, words in (
        (lk.Jeffreys(), "no risk; write lk.NLL"),
        (lk.Jeffreys, "lk.Jeffreys()"),
        ("nll", "an objective is lk.NLL()"),
    ):
        with pytest.raises(lk.LikelierError, match=words.replace("(", r"\(").replace(")", r"\)")):
            lk.fit("y ~ x", table, "normal", objective=objective)
    with pytest.raises(lk.LikelierError, match="one risk"):
        lk.NLL() + lk.NLL()
    with pytest.raises(lk.LikelierError, match="has the strength 1"):
        2 * lk.NLL()
    for strength in (-1, np.inf, np.nan, "a", True):
        with pytest.raises(lk.LikelierError, match="strength"):
            strength * lk.Jeffreys()
    with pytest.raises(lk.LikelierError, match="kink"):
        lk.fit("y ~ x", table, "laplace", objective=FIRTH)


def test_a_penalised_fit_is_saved_with_its_terms_and_refuses_tests(
    tmp_path: Path, separated: Any
) -> None:
    fit = lk.fit("y ~ age + treated", separated, "bernoulli", objective=FIRTH)
    fit.save(tmp_path / "model.lkl")
    loaded = lk.load(tmp_path / "model.lkl")
    assert loaded.objective_terms.equals(fit.objective_terms)
    assert loaded.penalised
    with pytest.raises(lk.LikelierError, match="penalty"):
        fit.test(terms="age")

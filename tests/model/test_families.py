"""Every family, with covariates on every parameter, through `fit`: the truth is recovered."""

from __future__ import annotations

import numpy as np
import pytest

import likelier as lk
from likelier.distributions import Linked, catalogue, from_text

MODIFIED = (
    "zero_inflated(poisson)",
    "zero_inflated(negative_binomial)",
    "hurdle(poisson)",
    "hurdle(negative_binomial)",
    "zero_one_inflated(beta)",
    "truncated(normal, lower=0)",
    "truncated(poisson, lower=1)",
    "truncated(inverse_gamma, upper=6)",
    "truncated(weibull, lower=0.2)",
    "hurdle(gamma)",
    "hurdle(log_normal)",
    "zero_inflated(binomial)",
    "zero_inflated(negative_binomial(kind=nb1))",
    "negative_binomial(kind=nb1)",
    "normal_inverse_gamma(kind=tied)",
    "fixed(student_t, df=4)",
    "fixed(asymmetric_laplace, quantile=0.8)",
    "fixed(tweedie, power=1.4)",
)
TRUTH = {
    "loc": 0.4, "scale": 0.8, "df": 4.0, "concentration": 2.5, "rate": 2.0, "dispersion": 0.6,
    "precision": 8.0, "logits": 0.3, "shape": 0.2, "gate": 0.3, "zero": 0.15, "one": 0.1,
}  # fmt: skip
SLOPES = (0.4, -0.3, 0.2, 0.2)


def scalar_families() -> list[str]:
    """Texts of the families all of whose predicted parameters are numbers.

    Angles have a test of their own: their link counts from a direction that the data choose.
    """
    found = [*sorted(catalogue()), *MODIFIED]
    return [
        text
        for text in found
        if not any(
            from_text(text).parameters_declared[name].domain.event_dims
            or from_text(text).parameters_declared[name].domain.name == "angle"
            for name in from_text(text).parameter_names
        )
    ]


def true_value(family: type[lk.Distribution], name: str) -> float:
    domain = family.parameters_declared[name].domain
    if name == "mean":
        return 0.35 if domain.name in ("unit", "probability") else 1.5
    return TRUTH[name] if name in TRUTH else float(domain.examples[1])


@pytest.mark.parametrize("text", scalar_families())
def test_the_truth_is_recovered(text: str) -> None:
    family = from_text(text)
    n = 1500
    rng = np.random.default_rng(1)
    x, z = rng.uniform(-1, 1, (2, n))
    linked = Linked(family)
    eta = np.empty((linked.columns, n))
    values = {name: true_value(family, name) for name in family.parameter_names}
    bases = linked.predictors(values)
    truth, formulas = [], {}
    for k, name in enumerate(family.parameter_names):
        base = float(bases[linked.slots[name].start])
        column, own = ("x", x) if k % 2 == 0 else ("z", z)
        eta[linked.slots[name].start] = base + SLOPES[k] * own
        truth += [base, SLOPES[k]]
        formulas[name] = f"y ~ {column}" if k == 0 else f"~ {column}"
    known = {name: np.full(n, 10.0) for name in family.names("data")}
    held = {name: family.parameters_declared[name].default for name in family.names("fixed")}
    fixed = {name: np.full(n, value) for name, value in held.items()}
    y = linked.build(eta, {**known, **fixed}).sample(seed=2)
    fit = lk.fit(formulas, {"y": y, "x": x, "z": z, **known}, family)
    assert fit.converged, fit.diagnoses
    errors = fit.standard_errors.standard_error.to_numpy()
    # Of the largest of up to eight standard normals, one in 20,000 exceeds 4.5.
    assert np.max(np.abs(fit.params.estimate.to_numpy() - truth) / errors) < 4.5


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return np.random.default_rng(0).standard_normal(800)


def within(fit: lk.Fit, truth: list[float]) -> None:
    assert fit.converged, fit.diagnoses
    errors = fit.standard_errors.standard_error.to_numpy()
    assert np.max(np.abs(fit.params.estimate.to_numpy() - truth) / errors) < 4.5


def test_ordinal_has_no_intercept_beside_its_cutpoints(x: np.ndarray) -> None:
    latent = 0.8 * x + np.random.default_rng(1).logistic(size=len(x))
    fit = lk.fit("y ~ x", {"x": x, "y": np.digitize(latent, [-1, 0.5, 2.0])}, "ordinal")
    assert fit.params.term.tolist() == ["x", "intercept", "intercept", "intercept"]
    within(fit, [0.8, -1.0, np.log(1.5), np.log(1.5)])


def test_mixture_components_are_found_in_order_with_covariates(x: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    second = rng.random(len(x)) < 0.4
    y = np.where(second, 5 - 0.5 * x, 1 + 0.5 * x) + 0.5 * rng.standard_normal(len(x))
    fit = lk.fit("y ~ x", {"x": x, "y": y}, "mixture(normal, 2)")
    within(fit, [1, 0.5, 5, -0.5, np.log(0.5), np.log(0.5), np.log(0.4 / 0.6)])


def test_a_component_without_a_success_still_predicts() -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal(400)
    y = (rng.random(400) < 1 / (1 + np.exp(-x))).astype(float)
    fit = lk.fit("y ~ x", {"x": x, "y": y}, "mixture(bernoulli, 2)")
    told = [d.message for d in fit.diagnoses]
    assert any("weak" in d.kind for d in fit.diagnoses)
    assert len(told) == len(set(told))
    # What the mixture says of y is not less than what one Bernoulli says.
    one = lk.fit("y ~ x", {"x": x, "y": y}, "bernoulli")
    assert fit.log_likelihood >= one.log_likelihood - 1e-6
    assert np.all(np.isfinite(fit.predict({"x": [0.0, 1.0]}).mean))


def test_a_mixture_does_not_collapse_onto_a_point() -> None:
    rng = np.random.default_rng(3)
    one = np.concatenate([rng.standard_normal(200), [7.123]])
    with pytest.raises(lk.NoFiniteOptimumError, match=r"collapsed.*fewer components"):
        lk.fit("y ~ 1", {"y": one}, "mixture(normal, 2)")
    several = np.concatenate([rng.standard_normal(200), 7 + 0.01 * rng.standard_normal(12)])
    fit = lk.fit("y ~ 1", {"y": several}, "mixture(normal, 2)")
    assert fit.converged
    np.testing.assert_allclose(
        np.asarray(fit.predict().parameters["scale"])[0], [1.0, 0.01], rtol=0.5
    )


def test_vectors_and_shares(x: np.ndarray) -> None:
    rng = np.random.default_rng(4)
    y = rng.multivariate_normal([1, 2], [[1, 0.5], [0.5, 2]], len(x)) + np.outer(x, [0.5, 0])
    table = {"a": y[:, 0], "b": y[:, 1], "x": x}
    fit = lk.fit("a + b ~ x", table, "multivariate_normal")
    assert fit.converged
    found = fit.params.set_index(["parameter", "term"]).estimate
    assert found["loc[a]", "x"] == pytest.approx(0.5, abs=0.15)
    covariance = np.asarray(fit.predict().covariance)[0]
    np.testing.assert_allclose(covariance, [[1, 0.5], [0.5, 2]], atol=0.3)
    shares = rng.dirichlet([2, 3, 5], len(x))
    table = dict(zip("abc", shares.T, strict=True))
    fit = lk.fit("a + b + c ~ 1", table, "dirichlet")
    np.testing.assert_allclose(np.asarray(fit.predict().mean)[0], [0.2, 0.3, 0.5], atol=0.02)


def test_counts_of_several_outcomes(x: np.ndarray) -> None:
    rng = np.random.default_rng(5)
    odds = np.exp(np.column_stack([0 * x, 0.4 + 0.5 * x, 0.9 + 0 * x]))
    shares = odds / odds.sum(axis=1, keepdims=True)
    y = np.array([rng.multinomial(10, p) for p in shares])
    table = {"a": y[:, 0], "b": y[:, 1], "c": y[:, 2], "x": x, "total_count": np.full(len(x), 10)}
    within(lk.fit("a + b + c ~ x", table, "multinomial"), [0.4, 0.5, 0.9, 0.0])


@pytest.mark.parametrize("how", ["right", "left", "interval"])
def test_censored_times(x: np.ndarray, how: str) -> None:
    rng = np.random.default_rng(6)
    time = np.exp(0.3 * x) * rng.weibull(1.5, len(x))
    if how == "right":
        table = {"x": x, "time": np.minimum(time, 1.2), "event": time < 1.2}
        formula = "Surv(time, event) ~ x"
    else:
        low = np.where(time < 0.5, 0.0, time) if how == "left" else np.floor(4 * time) / 4
        high = np.where(time < 0.5, 0.5, time) if how == "left" else low + 0.25
        table = {"x": x, "low": low, "high": high}
        formula = 'Surv(low, high, type="interval") ~ x'
    within(lk.fit(formula, table, "weibull"), [0.0, 0.3, np.log(1.5)])


def test_an_angle_regression_crosses_the_seam(x: np.ndarray) -> None:
    rng = np.random.default_rng(7)
    turned = np.pi - 0.1 + 2 * np.arctan(0.4 * x)
    y = np.mod(rng.vonmises(turned, 6.0), 2 * np.pi)
    fits = [
        lk.fit("y ~ x", {"x": x, "y": np.mod(y + shift + np.pi, 2 * np.pi) - np.pi}, "von_mises")
        for shift in (0.0, 2.0)
    ]
    for fit in fits:
        assert fit.converged, fit.diagnoses
    # Turning all angles turns the predictions and changes nothing else.
    assert fits[0].log_likelihood == pytest.approx(fits[1].log_likelihood, abs=1e-6)
    moved = np.asarray(fits[1].predict().loc) - np.asarray(fits[0].predict().loc) - 2.0
    np.testing.assert_allclose(np.sin(moved / 2), 0, atol=1e-6)
    error = np.asarray(fits[0].predict().loc) - turned
    assert np.mean(np.cos(error)) > 0.995

"""Functions of the coefficients: delta method and profiles, against R, closed forms, optimisers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq, minimize
from scipy.stats import chi2, norm

import likelier as lk
from likelier import datasets

RNG = np.random.default_rng(21)
N = 120
X = RNG.standard_normal(N)
TABLE = {"x": X, "y": RNG.poisson(np.exp(0.5 + 0.4 * X)).astype(float)}
FIT = lk.fit("y ~ x", TABLE, "poisson")


def _beetles() -> lk.Fit:
    beetles = datasets.load("beetles")
    table = {
        "dose": beetles["log_dose"],
        "killed": beetles["killed"],
        "total_count": beetles["beetles"],
    }
    return lk.fit("killed ~ dose", table, "binomial")


def test_median_lethal_dose_as_in_r() -> None:
    # R 4.2.2, MASS 7.3.58.2: dose.p(glm(cbind(killed, beetles - killed) ~ log_dose, binomial)).
    found = _beetles().derived(lambda p: -p["intercept"] / p["dose"])
    assert found.estimate[0] == pytest.approx(1.77172096445, rel=1e-9)
    assert found.standard_error[0] == pytest.approx(0.00385805531143, rel=1e-7)
    half = norm.ppf(0.975) * found.standard_error[0]
    assert found.upper[0] - found.estimate[0] == pytest.approx(half, rel=1e-10)


def test_profile_of_a_ratio_is_that_of_the_model_written_around_it() -> None:
    # With the dose moved by v, a model without an intercept is the one whose LD50 is v.
    beetles = datasets.load("beetles")
    dose, killed, total = (
        np.asarray(beetles[c], dtype=float) for c in ("log_dose", "killed", "beetles")
    )
    fit = _beetles()

    def deviance(value: float) -> float:
        def nll(b: Any) -> float:
            eta = b[0] * (dose - value)
            return float(np.sum(total * np.logaddexp(0, eta) - killed * eta))

        best = minimize(nll, [34.0], method="BFGS", options={"gtol": 1e-9}).fun
        at = fit.params.estimate.to_numpy()
        eta = at[0] + at[1] * dose
        return 2 * (best - float(np.sum(total * np.logaddexp(0, eta) - killed * eta)))

    limit = chi2.ppf(0.95, 1)
    lower = brentq(lambda v: deviance(v) - limit, 1.74, 1.7717, xtol=1e-10)
    upper = brentq(lambda v: deviance(v) - limit, 1.7718, 1.80, xtol=1e-10)
    found = fit.derived(lambda p: -p["intercept"] / p["dose"], method="profile")
    np.testing.assert_allclose([found.lower[0], found.upper[0]], [lower, upper], atol=1e-6)


def test_profile_of_a_coefficient_and_of_a_function_of_it_agree() -> None:
    interval = FIT.conf_int(method="profile")
    found = FIT.derived(
        lambda p: {"b": p["x"], "exp": np.exp(p["x"]), "minus cube": -(p["x"] ** 3)},
        method="profile",
    )
    lower, upper = interval.lower[1], interval.upper[1]
    np.testing.assert_allclose(found.lower, [lower, math.exp(lower), -(upper**3)], rtol=1e-6)
    np.testing.assert_allclose(found.upper, [upper, math.exp(upper), -(lower**3)], rtol=1e-6)
    assert found.name.tolist() == ["b", "exp", "minus cube"]


def test_profile_of_a_sum_of_two_coefficients_is_that_of_the_moved_intercept() -> None:
    moved = lk.fit("y ~ x", {"y": TABLE["y"], "x": X - 1}, "poisson").conf_int(method="profile")
    found = FIT.derived(lambda p: p["intercept"] + p["x"], method="profile")
    np.testing.assert_allclose(
        [found.lower[0], found.upper[0]], [moved.lower[0], moved.upper[0]], rtol=1e-6
    )


def test_delta_errors_of_arrays_use_the_whole_covariance() -> None:
    rows = np.column_stack([np.ones(4), [0.0, 1.0, 2.0, -1.0]])

    def means(p: Any) -> Any:
        return np.exp(rows @ np.asarray(p))

    found = FIT.derived(means)
    slopes = means(FIT.coefficients)[:, None] * rows
    expected = np.sqrt(np.diag(slopes @ FIT.covariance().to_numpy() @ slopes.T))
    np.testing.assert_allclose(found.standard_error, expected, rtol=1e-7)
    robust = FIT.derived(means, covariance="sandwich")
    expected = np.sqrt(np.diag(slopes @ FIT.covariance("sandwich").to_numpy() @ slopes.T))
    np.testing.assert_allclose(robust.standard_error, expected, rtol=1e-7)
    assert found.name.tolist() == [f"means[{i}]" for i in range(4)]


def test_functions_of_the_parameters_of_a_student_t() -> None:
    y = np.random.default_rng(1).standard_t(4, 400)
    fit = lk.fit("y ~ 1", {"y": y}, "student_t")
    df = math.exp(fit.params.set_index("parameter").estimate["df"])
    found = fit.derived(lambda p: np.exp(p["df", "intercept"]))
    error = fit.standard_errors.set_index("parameter").standard_error["df"]
    assert found.estimate[0] == pytest.approx(df, rel=1e-12)
    assert found.standard_error[0] == pytest.approx(df * error, rel=1e-7)


def test_what_is_not_identified_has_no_standard_error_and_what_is_keeps_it() -> None:
    fit = lk.fit("y ~ x + z", {**TABLE, "z": 2 * X}, "poisson")
    found = fit.derived(lambda p: {"sum": p["x"] + 2 * p["z"], "difference": p["x"] - p["z"]})
    assert found.estimate[0] == pytest.approx(FIT.params.estimate[1], rel=1e-8)
    assert found.standard_error[0] == pytest.approx(FIT.standard_errors.standard_error[1], rel=1e-6)
    assert np.isnan(found.standard_error[1])
    assert np.isnan(found.lower[1])


def test_the_profile_is_open_where_the_likelihood_does_not_fall() -> None:
    table = {"y": [0, 0, 0, 1, 0, 1], "g": ["a", "a", "a", "b", "b", "b"]}
    fit = lk.fit("y ~ g", table, "bernoulli")
    found = fit.derived(lambda p: 2 * p["g[T.b]"], method="profile")
    expected = fit.conf_int(method="profile")
    assert np.isposinf(found.upper[0])
    assert found.lower[0] == pytest.approx(2 * expected.lower[1], rel=1e-5)


def test_a_loaded_fit_has_delta_errors(tmp_path: Any) -> None:
    FIT.save(tmp_path / "model.lkl")
    loaded = lk.load(tmp_path / "model.lkl")
    expected = FIT.derived(lambda p: p["x"] / p["intercept"])
    found = loaded.derived(lambda p: p["x"] / p["intercept"])
    np.testing.assert_allclose(found.standard_error, expected.standard_error, rtol=1e-7)


def test_what_cannot_be_derived_is_refused_by_name() -> None:
    cases = [
        (lambda: FIT.derived(lambda p: "x"), "gives numbers"),
        (lambda: FIT.derived(lambda p: p["z"]), "no term 'z'"),
        (lambda: FIT.derived(lambda p: math.nan), "not a number"),
        (lambda: FIT.derived(lambda p: p["x"], level=95), "between 0 and 1"),
        (lambda: FIT.derived(lambda p: p["x"], method="profil"), "Did you mean `profile`"),
        (lambda: FIT.derived(lambda p: 1.0, method="profile"), "changes with the coefficients"),
    ]
    for call, message in cases:
        with pytest.raises(lk.LikelierError, match=message):
            call()

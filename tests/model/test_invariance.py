"""What a fit must not depend on: units, order, duplication, dtype, who adds the sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import likelier as lk
from likelier.distributions import catalogue, from_text

N = 60
LOCATION = ("normal", "laplace", "logistic", "cauchy", "gumbel", "student_t", "gev",
            "normal_inverse_gamma", "asymmetric_laplace")  # fmt: skip
SCALE = ("gamma", "inverse_gaussian", "exponential", "weibull", "log_normal", "generalized_pareto",
         "inverse_gamma", "tweedie")  # fmt: skip
OTHERS = ("poisson", "negative_binomial", "geometric", "bernoulli", "binomial", "beta_binomial",
          "beta", "categorical", "ordinal", "von_mises", "zero_inflated(poisson)",
          "hurdle(negative_binomial)", "truncated(normal, lower=0)")  # fmt: skip
FAMILIES = (*LOCATION, *SCALE, *OTHERS)
KINKED = ("laplace", "asymmetric_laplace")


def table_of(text: str, seed: int = 0, n: int = N) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    x, z = rng.standard_normal((2, n))
    mean = np.exp(0.4 + 0.3 * x)
    share = 1 / (1 + np.exp(-0.5 * x))
    y: Any
    if text in SCALE or text.startswith("truncated"):
        y = rng.gamma(2.0, mean / 2) * (rng.random(n) < 0.85 if text == "tweedie" else 1.0)
    elif text in LOCATION:
        y = 0.5 * x + rng.standard_t(4, n)
    elif text == "bernoulli":
        y = (rng.random(n) < share).astype(float)
    elif text in ("binomial", "beta_binomial"):
        y = rng.binomial(10, rng.beta(4 * share, 4 * (1 - share)))
    elif text == "beta":
        y = rng.beta(3 * share, 3 * (1 - share))
    elif text in ("categorical", "ordinal"):
        y = np.digitize(x + rng.logistic(size=n), [-0.6, 0.8])
    elif text == "von_mises":
        y = np.mod(rng.vonmises(0.4 * x, 3.0) + np.pi, 2 * np.pi) - np.pi
    elif text == "poisson":
        y = rng.poisson(mean)
    elif text.startswith(("zero", "hurdle")):
        y = rng.negative_binomial(3, 3 / (3 + 2 * mean)) * (rng.random(n) < 0.7)
    else:
        y = rng.negative_binomial(3, 3 / (3 + mean))
    return {"y": y, "x": x, "z": z, "total_count": np.full(n, 10)}


def same(one: lk.Fit, other: lk.Fit, text: str, errors: bool = True) -> None:
    """Two fits of the same thing: likelihood to rounding, estimates to the search's tolerance."""
    assert one.converged == other.converged
    # A search ends within 1e-10 nats of the optimum, a kinked one within n · 1e-9.
    loose = text in KINKED
    assert other.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-5 if loose else 1e-7)
    if not one.converged:
        return
    scale = one.standard_errors.standard_error.to_numpy()
    gap = np.abs(one.params.estimate.to_numpy() - other.params.estimate.to_numpy()) / scale
    assert np.max(gap) < (1e-3 if loose else 3e-5)
    if errors:
        np.testing.assert_allclose(
            other.standard_errors.standard_error, scale, rtol=1e-2 if loose else 1e-3
        )


def test_every_scalar_family_is_walked() -> None:
    vectors = {"dirichlet", "multinomial", "multivariate_normal"}
    assert set(catalogue()) - vectors <= set(FAMILIES)


@pytest.mark.parametrize("text", FAMILIES)
def test_order_of_rows(text: str) -> None:
    table = table_of(text)
    order = np.random.default_rng(1).permutation(N)
    turned = {name: values[order] for name, values in table.items()}
    one, other = (lk.fit("y ~ x + z", t, text) for t in (table, turned))
    same(one, other, text)


@pytest.mark.parametrize("text", FAMILIES)
def test_order_of_columns(text: str) -> None:
    table = table_of(text)
    one, other = (lk.fit(f"y ~ {right}", table, text) for right in ("x + z", "z + x"))
    assert other.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-5)
    if one.converged:
        first, second = (f.params.set_index(["parameter", "term"]).estimate for f in (one, other))
        error = one.standard_errors.set_index(["parameter", "term"]).standard_error
        assert np.max(np.abs(first - second.reindex(first.index)) / error) < 1e-3


@pytest.mark.parametrize("text", FAMILIES)
def test_units_and_origins_of_columns(text: str) -> None:
    table = table_of(text)
    table["x"] = np.round(table["x"] * 256) / 256
    moved = {**table, "x": 1024 * table["x"] + 4096, "z": table["z"] / 2**20}
    one, other = (lk.fit("y ~ x + z", t, text) for t in (table, moved))
    assert other.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-5)
    assert one.converged == other.converged
    if one.converged:
        for term, factor in (("x", 1024.0), ("z", 2.0**-20)):
            rows = one.params.term == term
            error = one.standard_errors.standard_error[rows]
            gap = factor * other.params.estimate[rows] - one.params.estimate[rows]
            assert np.max(np.abs(gap) / error) < 1e-3
            np.testing.assert_allclose(
                factor * other.standard_errors.standard_error[rows], error, rtol=1e-2
            )


@pytest.mark.parametrize("text", FAMILIES)
@pytest.mark.parametrize("twice", [True, False], ids=["all rows twice", "counts"])
def test_rows_repeated_are_frequency_weights(text: str, twice: bool) -> None:
    table = table_of(text)
    counts = np.full(N, 2) if twice else np.random.default_rng(2).integers(0, 4, N)
    # Every label of the target is in both tables, so that they have the same codes.
    counts[:12] = np.maximum(counts[:12], 1)
    repeated = {name: np.repeat(values, counts) for name, values in table.items()}
    weighted = lk.fit("y ~ x", {**table, "w": counts}, text, weights="w")
    plain = lk.fit("y ~ x", repeated, text)
    same(plain, weighted, text)
    assert weighted.n_observations == plain.n_observations == counts.sum()
    assert weighted.bic == pytest.approx(plain.bic, abs=1e-4)


@pytest.mark.parametrize("text", FAMILIES)
@pytest.mark.parametrize("dtype", [np.float32, np.float16, object])
def test_dtype_of_what_it_can_hold(text: str, dtype: Any) -> None:
    table = table_of(text)
    table["x"] = np.round(table["x"] * 64) / 64
    one = lk.fit("y ~ x", table, text)
    other = lk.fit("y ~ x", {**table, "x": table["x"].astype(dtype)}, text)
    np.testing.assert_array_equal(one.params.estimate, other.params.estimate)


@pytest.mark.parametrize("text", LOCATION)
def test_a_target_shifted_and_scaled_is_a_location_shifted_and_scaled(text: str) -> None:
    table = table_of(text)
    moved = {**table, "y": 8 * table["y"] + 512}
    one, other = (lk.fit("y ~ x", t, text) for t in (table, moved))
    if one.converged and other.converged:
        expected = one.log_likelihood - N * np.log(8)
        assert other.log_likelihood == pytest.approx(expected, abs=1e-5)
        own = one.params.parameter == "loc"
        a, b = (f.params.estimate[own].to_numpy() for f in (one, other))
        error = 8 * one.standard_errors.standard_error[own].to_numpy()
        assert np.max(np.abs(b - 8 * a - [512, 0]) / error) < 1e-3


@pytest.mark.parametrize("text", [t for t in SCALE if t != "tweedie"])
def test_a_target_in_another_unit_changes_the_likelihood_by_its_jacobian(text: str) -> None:
    table = table_of(text)
    moved = {**table, "y": 1024 * table["y"]}
    one, other = (lk.fit("y ~ x", t, text) for t in (table, moved))
    assert one.converged == other.converged
    if one.converged:
        expected = one.log_likelihood - N * np.log(1024)
        assert other.log_likelihood == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("text", ["bernoulli", "binomial"])
def test_success_and_failure_change_places(text: str) -> None:
    table = table_of(text)
    turned = {**table, "y": (1 if text == "bernoulli" else 10) - table["y"]}
    one, other = (lk.fit("y ~ x + z", t, text) for t in (table, turned))
    np.testing.assert_allclose(other.params.estimate, -one.params.estimate, atol=1e-6)
    assert other.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-9)


@pytest.mark.parametrize("text", ["normal", "poisson", "gamma", "negative_binomial"])
def test_threads_change_no_digit(text: str) -> None:
    table = table_of(text, n=3000)
    one, other = (lk.fit("y ~ x + z", table, text, engine=lk.Threads(k)) for k in (1, 3))
    np.testing.assert_array_equal(one.params.estimate, other.params.estimate)
    assert one.log_likelihood == other.log_likelihood


def test_precision_weights_do_not_depend_on_their_unit() -> None:
    for text in ("normal", "gamma", "poisson"):
        family = from_text(text)
        table = {**table_of(text), "w": np.random.default_rng(3).uniform(0.5, 2, N)}
        pair = [
            lk.fit("y ~ x", {**table, "w": k * table["w"]}, family, weights="w",
                   weight_type="precision")
            for k in (1.0, 64.0)
        ]  # fmt: skip
        same(*pair, text)

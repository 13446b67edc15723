"""Newton: the optimum from good and bad starts, small and large, and honest ends."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

import likelier as lk
from likelier.distributions import Bernoulli, Linked, NegativeBinomial, Normal, Poisson
from likelier.engines import LikelihoodSum, Sums, choose_engine, chunks_of
from likelier.objective import NLL
from likelier.predictors import Columns, LinearPredictor
from likelier.solvers import Newton, factorise
from likelier.solvers._samples import spread


def likelihood(family: type, x: np.ndarray, y: np.ndarray) -> LikelihoodSum:
    n, p = x.shape
    full = Columns.standardise(x, True)
    bare = Columns.standardise(x[:, :0], True)
    designs = [full] + [bare] * (len(family.parameter_names) - 1)
    return LikelihoodSum(
        Linked(family),
        LinearPredictor(designs, n),
        y,
        None,
        {},
        NLL(),
        choose_engine(n, p),
        chunks_of(n, p),
    )


def sample(family: type, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 3))
    eta = 0.4 + x @ [0.5, -0.3, 0.2]
    y = {
        Normal: lambda: eta + rng.standard_normal(n),
        Poisson: lambda: rng.poisson(np.exp(eta)).astype(float),
        Bernoulli: lambda: (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float),
        NegativeBinomial: lambda: rng.poisson(np.exp(eta) * rng.gamma(2, 0.5, n)).astype(float),
    }[family]()
    return x, y


@pytest.mark.parametrize("family", [Normal, Poisson, Bernoulli, NegativeBinomial])
def test_same_optimum_as_a_general_minimiser_and_from_bad_starts(family: type) -> None:
    function = likelihood(family, *sample(family, 400, 1))
    size = function.predictor.size
    good = Newton().minimise(function, np.zeros(size))
    assert good.converged
    reference = minimize(
        lambda t: function(t, 0).value,
        np.zeros(size),
        jac=lambda t: function(t, 1).gradient,
        method="BFGS",
        options={"gtol": 1e-7},
    )
    assert good.value == pytest.approx(reference.fun, abs=1e-8)
    rng = np.random.default_rng(2)
    for _ in range(8):
        bad = Newton().minimise(function, rng.normal(0, 3, size))
        assert bad.converged
        np.testing.assert_allclose(bad.theta, good.theta, atol=1e-7)


@pytest.mark.parametrize("family", [Poisson, NegativeBinomial])
def test_samples_and_a_kept_curvature_lead_to_the_same_optimum(family: type) -> None:
    function = likelihood(family, *sample(family, 60_000, 3))
    start = np.zeros(function.predictor.size)
    found = Newton().minimise(function, start)
    assert found.converged
    assert found.trace[0].phase != "all rows"
    # A small number of rows keeps the plain path; here it is forced by hiding what the function is.
    plain = Newton().minimise(lambda t, order=2, kind="observed": function(t, order), start)
    np.testing.assert_allclose(found.theta, plain.theta, atol=1e-7)
    assert found.passes[2] == 0 < plain.passes[2]
    assert found.value == pytest.approx(plain.value, rel=1e-13)


def heads(n: int, p: int) -> np.ndarray:
    """Which rows the samples of a table are taken from."""
    inside = np.zeros(n, dtype=bool)
    for part in spread(chunks_of(n, p), 16)[0]:
        inside[part] = True
    return inside


def test_a_sample_that_is_unlike_the_other_rows_costs_a_curvature_but_no_digit() -> None:
    x, y = sample(Poisson, 60_000, 5)
    x[heads(60_000, 3)] *= 0.05
    function = likelihood(Poisson, x, y)
    found = Newton().minimise(function, np.zeros(4))
    assert found.converged
    assert found.passes[2] > 0
    plain = Newton().minimise(lambda t, order=2, kind="observed": function(t, order), np.zeros(4))
    np.testing.assert_allclose(found.theta, plain.theta, atol=1e-9)


def test_a_column_that_the_samples_do_not_hold_asks_all_rows() -> None:
    x, y = sample(Bernoulli, 60_000, 6)
    x[heads(60_000, 3), 2] = 0.0
    function = likelihood(Bernoulli, x, y)
    found = Newton().minimise(function, np.zeros(4))
    assert found.converged
    assert found.passes[2] > 0
    assert np.max(np.abs(function(found.theta, 1).gradient)) < 1e-3


def test_a_shortened_step_is_tried_by_its_value() -> None:
    """√(1 + t²) far out: a full Newton step overshoots, and each iteration has one curvature."""

    def function(theta: np.ndarray, order: int = 2, kind: str = "observed") -> Sums:
        root = np.sqrt(1 + theta @ theta)
        gradient, curvature = theta / root, np.eye(1) / root**3
        return Sums(root, gradient if order else None, curvature if order > 1 else None)

    found = Newton().minimise(function, np.array([30.0]))
    assert found.converged
    assert abs(found.theta[0]) < 1e-5
    assert found.passes[0] >= 3
    # Each iteration: a full step, and the accepted one where that was refused.
    assert found.passes[2] <= 1 + 2 * len(found.trace)
    assert found.passes[1] == 0


def test_the_decrement_is_free_of_scale() -> None:
    x, y = sample(Poisson, 300, 4)
    ends = []
    for scale in (1.0, 1e12, 1e-12):
        fit = lk.fit(y, x * [scale, 1.0, 1.0], "poisson")
        assert fit.converged
        ends.append(fit.params.estimate.to_numpy() * [1.0, scale, 1.0, 1.0])
    np.testing.assert_allclose(ends[1], ends[0], rtol=1e-9)
    np.testing.assert_allclose(ends[2], ends[0], rtol=1e-9)


def test_a_function_without_minimum_is_not_called_converged() -> None:
    def falling(t: np.ndarray, order: int = 2, kind: str = "observed") -> Sums:
        return Sums(float(-t[0]), np.array([-1.0]), np.array([[1e-8]]))

    found = Newton(max_iterations=20).minimise(falling, np.zeros(1))
    assert not found.converged
    assert found.reason == "limit"


def test_a_start_without_likelihood_is_named() -> None:
    def broken(t: np.ndarray, order: int = 2, kind: str = "observed") -> Sums:
        return Sums(np.nan, np.zeros(1), np.eye(1))

    assert Newton().minimise(broken, np.zeros(1)).reason == "not finite"


def test_directions_without_curvature_are_counted_and_left_alone() -> None:
    curvature = np.array([[2.0, 2.0, 0.0], [2.0, 2.0, 0.0], [0.0, 0.0, 1e-6]])
    direction = factorise(curvature)
    assert not direction.definite
    assert direction.null == 1
    step = direction.solve(np.array([4.0, 4.0, 1e-6]))
    np.testing.assert_allclose(step, [1.0, 1.0, 1.0], rtol=1e-10)


def test_negative_curvature_is_reflected() -> None:
    step = factorise(np.diag([-2.0, 4.0])).solve(np.array([2.0, 4.0]))
    np.testing.assert_allclose(step, [1.0, 1.0])


@pytest.mark.parametrize(("argument", "value"), [("tolerance", 0.0), ("max_iterations", 0)])
def test_senseless_settings_are_refused(argument: str, value: float) -> None:
    with pytest.raises(lk.LikelierError, match="given"):
        Newton(**{argument: value})


@pytest.mark.parametrize("family", [Normal, Poisson, Bernoulli, NegativeBinomial])
def test_a_last_step_without_a_look_ends_where_one_with_a_look_does(family: type) -> None:
    function = likelihood(family, *sample(family, 400, 1))
    found = Newton().minimise(function, np.zeros(function.predictor.size))
    looked = function(found.theta, 2)
    assert callable(found.source)
    assert found.value == pytest.approx(looked.value, abs=1e-11)
    np.testing.assert_array_equal(found.curvature, looked.curvature)
    # What stands for the curvature until that is asked for is that of one step before.
    assert found.at_hand is found.nearby
    np.testing.assert_allclose(found.at_hand, looked.curvature, rtol=0, atol=1e-3)
    decrement = looked.gradient @ factorise(looked.curvature).solve(looked.gradient)
    assert decrement < 1e-16

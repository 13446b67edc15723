"""Products of a factor with columns, kept as codes with values: the fit of columns written out."""

import contextlib
import tracemalloc

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

import likelier as lk
from likelier.data import coding
from likelier.data.split import Indicators, SplitMatrix
from likelier.predictors import ArrowInverse, _elimination

FORMULAS = (
    "C(g):x",
    "z + C(g)*x",
    "C(g) + C(g):x",
    "x:C(g) + z - 1",
    "C(g) + C(g):x:z",
    "C(g):bs(x, df=3) + z",
    "C(g):C(h) + C(g):x",
    "C(g)*C(h) + z",
    "bs(z, df=3):C(g)",
)
FAMILIES = {
    "normal": {"loc": "real ~ {}", "scale": "~ C(g) + C(g):z"},
    "poisson": "count ~ {}",
    "gamma": "size ~ {}",
    "bernoulli": "label ~ {}",
}


@contextlib.contextmanager
def kept_as_codes(wanted: bool):
    """Factors of any number of levels as codes, or none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coding, "_MANY_LEVELS", 2 if wanted else 10**9)
        patch.setattr(coding, "_MANY_CELLS", 0)
        patch.setattr(_elimination, "_FROM", 2)
        yield


def table_of(seed: int, levels: int, unit: float) -> dict:
    rng = np.random.default_rng(seed)
    n = 80 * levels
    g, h = rng.permutation(np.arange(n) % levels), rng.integers(0, 2, n)
    x, z = rng.normal(1.0, 1.0, n), rng.normal(size=n)
    eta = 0.4 + 0.3 * rng.normal(size=levels)[g] + 0.2 * rng.normal(size=levels)[g] * x - 0.2 * z
    return {
        "g": g,
        "h": h,
        "x": unit * x,
        "z": z,
        "w": rng.integers(1, 4, n).astype(float),
        "real": eta + 0.5 * rng.normal(size=n),
        "count": rng.poisson(np.exp(eta)),
        "size": rng.gamma(3.0, np.exp(eta) / 3),
        "label": rng.random(n) < 1 / (1 + np.exp(-eta)),
    }


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    levels=st.integers(3, 6),
    power=st.integers(-6, 6),
    right=st.sampled_from(FORMULAS),
    family=st.sampled_from(sorted(FAMILIES)),
    weights=st.sampled_from([None, "w"]),
)
def test_the_same_fit_as_written_out(seed, levels, power, right, family, weights):
    table = table_of(seed, levels, 10.0**power)
    left = FAMILIES[family]
    formula = (
        left.format(right)
        if isinstance(left, str)
        else {name: text.format(right) for name, text in left.items()}
    )
    # The squares make every optimum finite and unique.
    options = {"weights": weights, "objective": lk.NLL() + 1e-3 * lk.L2()}
    options["solver"] = lk.Newton(tolerance=1e-16)
    fits = []
    for wanted in (True, False):
        with kept_as_codes(wanted):
            fit = lk.fit(formula, table, family, **options)
            fits.append((fit, fit.covariance().to_numpy(), fit.prediction_table(table)))
    (coded, covariance, predicted), (written, right_covariance, right_predicted) = fits
    assert coded.converged
    assert written.converged
    assert isinstance(coded.estimate.covariance, ArrowInverse)
    errors = np.sqrt(np.diag(right_covariance))
    moved = np.abs(coded.estimate.coefficients - written.estimate.coefficients)
    assert np.max(moved / errors) < 1e-8
    np.testing.assert_allclose(
        covariance / np.outer(errors, errors),
        right_covariance / np.outer(errors, errors),
        rtol=0,
        atol=1e-8,
    )
    np.testing.assert_allclose(predicted, right_predicted, rtol=1e-8, atol=1e-8)
    assert coded.degrees_of_freedom == pytest.approx(written.degrees_of_freedom, rel=1e-8)


def test_statsmodels_finds_the_same():
    table = table_of(3, 50, 100.0)
    with kept_as_codes(True):
        fit = lk.fit("count ~ z + C(g) + C(g):x", table, "poisson")
        errors = fit.standard_errors.standard_error
    assert isinstance(fit.estimate.covariance, ArrowInverse)
    own = (table["g"][:, None] == np.arange(50)).astype(float)
    design = np.column_stack([np.ones(len(own)), table["z"], own[:, 1:], own * table["x"][:, None]])
    model = sm.GLM(table["count"], design, sm.families.Poisson())
    right = model.fit(tol=1e-14, maxiter=100)
    np.testing.assert_allclose(fit.params.estimate, right.params, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(errors, right.bse, rtol=1e-8)


def test_sparse_coefficients_are_those_of_columns_written_out():
    table = table_of(5, 40, 1.0)
    found = []
    for wanted in (True, False):
        with kept_as_codes(wanted):
            found.append(lk.path("count ~ C(g)*x + z", table, "poisson", lk.L1(), strengths=12,
                                 folds=None, tolerance=1e-10))  # fmt: skip
    coded, written = found
    np.testing.assert_allclose(coded.strengths, written.strengths, rtol=1e-9)
    np.testing.assert_allclose(coded.coefficients, written.coefficients, atol=1e-7)
    np.testing.assert_array_equal(coded.coefficients == 0, written.coefficients == 0)


def test_a_slope_that_a_level_cannot_have_is_named():
    table = table_of(7, 30, 1.0)
    table["x"] = np.where(table["g"] == 4, 2.0, np.where(table["g"] == 9, 0.0, table["x"]))
    with kept_as_codes(True):
        fit = lk.fit("count ~ C(g) + C(g):x", table, "poisson")
        errors = fit.standard_errors
    found = {d.where[0]: d.message for d in fit.diagnoses if d.kind == "collinearity"}
    assert set(found) == {"C(g)[4]:x", "C(g)[9]:x"}
    assert "combination of `C(g)[T.4]`" in found["C(g)[4]:x"]
    assert "0 in every row" in found["C(g)[9]:x"]
    lost = errors.term[errors.standard_error.isna()]
    assert set(lost) == {"C(g)[T.4]", "C(g)[4]:x", "C(g)[9]:x"}
    kept = {name: v[~np.isin(table["g"], (4, 9))] for name, v in table.items()}
    other = lk.fit("count ~ C(g) + C(g):x", kept, "poisson").standard_errors
    both = errors.merge(other, on="term")
    np.testing.assert_allclose(both.standard_error_x, both.standard_error_y, rtol=1e-6)


def test_a_product_that_overflows_is_named():
    table = table_of(1, 5, 1e200)
    table["z"] = 1e200 * table["z"]
    with kept_as_codes(True), pytest.raises(lk.LikelierError, match=r"`C\(g\)\[0\]:x:z` overflows"):
        lk.fit("count ~ C(g):x:z", table, "poisson")


def test_a_split_matrix_is_that_of_its_columns():
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 6, 30).astype(np.int32)
    factor = Indicators(codes, np.arange(1, 6), rng.normal(size=30))
    matrix = SplitMatrix(rng.normal(size=(30, 2)), np.array([0, 6]), (factor,))
    written = np.zeros((30, 7))
    written[:, [0, 6]] = matrix.dense
    for i in np.flatnonzero(codes < 5):
        written[i, 1 + codes[i]] = factor.values[i]
    some, rows = np.array([0, 2, 3, 5, 6]), np.array([4, 9, 2])
    np.testing.assert_array_equal(np.asarray(matrix), written)
    np.testing.assert_array_equal(np.column_stack([matrix.column(j) for j in range(7)]), written)
    np.testing.assert_array_equal(np.asarray(matrix.select(some)), written[:, some])
    np.testing.assert_array_equal(np.asarray(matrix[rows]), written[rows])


def test_memory_is_that_of_codes_and_values():
    rng = np.random.default_rng(0)
    n, levels = 100_000, 2_000
    g, x = rng.integers(0, levels, n), rng.normal(size=n)
    y = rng.poisson(np.exp(1 + (0.3 * rng.normal(size=levels))[g] * x))
    tracemalloc.start()
    try:
        fit = lk.fit("y ~ C(g)*x", {"y": y, "x": x, "g": g}, "poisson")
        errors = fit.standard_errors.standard_error
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert fit.converged
    assert np.isfinite(errors).all()
    assert peak < 100 * n  # written out: 32,000 bytes a row


def test_a_slope_without_a_finite_value_is_separated_by_name():
    table = table_of(11, 30, 1.0)
    own = table["g"] == 6
    table["x"] = np.where(own, np.abs(table["x"]), table["x"])
    table["count"] = np.where(own & (table["x"] > 0), 0, table["count"])
    with kept_as_codes(True):
        fit = lk.fit("count ~ z + C(g):x", table, "poisson")
        errors = fit.standard_errors
    (found,) = [d for d in fit.diagnoses if d.kind == "separation"]
    assert found.where == ("C(g)[6]:x",)
    assert errors.term[errors.standard_error.isna()].tolist() == ["C(g)[6]:x"]
    with kept_as_codes(False):
        written = lk.fit("count ~ z + C(g):x", table, "poisson")
    assert [d.where for d in written.diagnoses] == [d.where for d in fit.diagnoses]


@pytest.mark.parametrize("right", ["C(g) + z", "C(g)*x + z", "C(g):x + C(h)"])
def test_sparse_coefficients_of_all_levels_at_once(right):
    table = table_of(5, 40, 1.0)
    objective = lk.NLL() + 0.01 * lk.L1() + 1e-3 * lk.L2()
    solver = lk.ProximalNewton(tolerance=1e-10)
    found = []
    for wanted in (True, False):
        with kept_as_codes(wanted):
            found.append(lk.fit(f"count ~ {right}", table, "poisson", objective=objective,
                                solver=solver))  # fmt: skip
    coded, written = found
    assert coded.converged
    assert written.converged
    # All are searched at once, and no whole matrix is made for them.
    assert {step.phase for step in coded.sample.solution.trace} == {"all rows"}
    # A subgradient of 1e-10 leaves 1e-8 to the coefficient of a level that few rows have.
    np.testing.assert_allclose(
        coded.estimate.coefficients, written.estimate.coefficients, rtol=0, atol=1e-8
    )
    zero = [fit.estimate.coefficients == 0 for fit in found]
    assert zero[0].any()
    np.testing.assert_array_equal(*zero)
    assert coded.degrees_of_freedom == pytest.approx(written.degrees_of_freedom, rel=1e-8)


def test_memory_of_sparse_levels_is_that_of_codes_too():
    rng = np.random.default_rng(1)
    n, levels = 100_000, 2_000
    g, x = rng.integers(0, levels, n), rng.normal(size=n)
    y = rng.poisson(np.exp(1 + (0.3 * rng.normal(size=levels))[g] * x))
    table, objective = {"y": y, "x": x, "g": g}, lk.NLL() + 0.002 * lk.L1()
    tracemalloc.start()
    try:
        fit = lk.fit("y ~ C(g)*x", table, "poisson", objective=objective)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert fit.converged
    assert np.any(fit.params.estimate == 0)
    assert peak < 100 * n  # a whole curvature: 128 MB

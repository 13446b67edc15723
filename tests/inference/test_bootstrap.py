"""The bootstrap against SciPy's, closed forms and its own invariances."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import bootstrap

import likelier as lk
from likelier.inference import Bootstrap

RNG = np.random.default_rng(41)
N = 60
X = RNG.standard_normal(N)
Y = RNG.poisson(np.exp(0.5 + 0.4 * X)).astype(float)
FIT = lk.fit("y ~ x", {"x": X, "y": Y}, "poisson")


def test_rows_are_drawn_and_fitted_like_tables_of_those_rows() -> None:
    found = FIT.bootstrap(3, seed=5)
    rng = np.random.default_rng(5)
    for row in found.estimates:
        rows = np.repeat(np.arange(N), rng.multinomial(N, np.full(N, 1 / N)))
        again = lk.fit("y ~ x", {"x": X[rows], "y": Y[rows]}, "poisson")
        np.testing.assert_allclose(row, again.params.estimate, rtol=1e-6)


def test_intervals_of_a_mean_are_those_of_scipy() -> None:
    y = np.random.default_rng(2).gamma(1.0, 2.0, 50)
    fit = lk.fit("y ~ 1", {"y": y}, lk.Fixed(lk.Normal, scale=2.0))
    found = fit.bootstrap(2000, seed=1)
    for method, name in (("percentile", "percentile"), ("bca", "BCa")):
        expected = bootstrap(
            (y,), np.mean, n_resamples=20_000, method=name, random_state=np.random.default_rng(3)
        )
        own = found.conf_int(0.95, method)
        limits = expected.confidence_interval
        # Both are simulations: 2,000 samples leave a limit an error of about 0.06 standard errors.
        atol = 0.15 * expected.standard_error
        np.testing.assert_allclose([own.lower[0], own.upper[0]], limits, atol=atol, err_msg=name)
    assert found.table.standard_error[0] == pytest.approx(y.std() / np.sqrt(50), rel=0.06)


def test_the_skewness_of_a_mean_is_that_of_its_rows() -> None:
    y = np.random.default_rng(2).gamma(1.0, 2.0, 50)
    found = lk.fit("y ~ 1", {"y": y}, lk.Fixed(lk.Normal, scale=2.0)).bootstrap(2)
    centred = y - y.mean()
    expected = np.sum(centred**3) / np.sum(centred**2) ** 1.5
    assert found.skewness[0] == pytest.approx(expected, rel=1e-8)


def test_parametric_samples_have_the_standard_errors_of_the_model() -> None:
    found = FIT.bootstrap(600, seed=2, kind="parametric")
    # 600 samples know a standard error to 3 %; the estimate's own finite n adds a little.
    np.testing.assert_allclose(
        found.table.standard_error, FIT.standard_errors.standard_error, rtol=0.12
    )
    assert found.failures == 0
    np.testing.assert_allclose(
        np.sqrt(np.diag(found.covariance())), found.table.standard_error, rtol=1e-12
    )


def test_frequency_weights_are_drawn_as_observations() -> None:
    w = RNG.integers(1, 5, N)
    table = {"x": X, "y": Y, "w": w}
    weighted = lk.fit("y ~ x", table, "poisson", weights="w")
    repeated = lk.fit("y ~ x", {"x": np.repeat(X, w), "y": np.repeat(Y, w)}, "poisson")
    for kind in ("rows", "parametric"):
        one, other = (fit.bootstrap(400, 3, kind).table for fit in (weighted, repeated))
        np.testing.assert_allclose(one.standard_error, other.standard_error, rtol=0.15)
    np.testing.assert_allclose(
        weighted.bootstrap(2).skewness, repeated.bootstrap(2).skewness, rtol=1e-6
    )


def test_the_unit_of_precision_weights_does_not_show() -> None:
    w = RNG.uniform(0.5, 2, N)
    fits = [
        lk.fit(
            "y ~ x", {"x": X, "y": Y, "w": k * w}, "normal", weights="w", weight_type="precision"
        )
        for k in (1, 8)
    ]
    one, other = (fit.bootstrap(20, 1).estimates for fit in fits)
    np.testing.assert_allclose(one, other, rtol=1e-6)
    with pytest.raises(lk.LikelierError, match="weights are precisions"):
        fits[0].bootstrap(5, kind="parametric")


def test_clusters_are_drawn_whole() -> None:
    groups = np.repeat(np.arange(10), 6)
    found = FIT.bootstrap(2, seed=4, groups=groups)
    rng = np.random.default_rng(4)
    counts = rng.multinomial(10, np.full(10, 0.1))[groups]
    again = lk.fit("y ~ x", {"x": np.repeat(X, counts), "y": np.repeat(Y, counts)}, "poisson")
    np.testing.assert_allclose(found.estimates[0], again.params.estimate, rtol=1e-6)


def test_samples_without_a_finite_estimate_are_counted_and_left_out() -> None:
    table = {"y": [0, 0, 0, 1, 0, 0, 1, 1, 1, 0], "g": [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]}
    fit = lk.fit("y ~ g", table, "bernoulli")
    assert fit.converged
    found = fit.bootstrap(200, seed=1)
    assert 20 < found.failures < 160
    assert len(found.sound) == 200 - found.failures
    # What is kept lies where samples of ten rows can lie.
    assert np.abs(found.sound).max() < 5
    assert f"{found.failures} without a finite estimate" in repr(found)


def test_the_same_seed_gives_the_same_samples() -> None:
    np.testing.assert_array_equal(FIT.bootstrap(5, 7).estimates, FIT.bootstrap(5, 7).estimates)
    assert not np.array_equal(FIT.bootstrap(5, 7).estimates, FIT.bootstrap(5, 8).estimates)


def test_a_kinked_family_is_resampled_too() -> None:
    y = 1 + X + np.random.default_rng(3).laplace(size=N)
    found = lk.fit("y ~ x", {"x": X, "y": y}, "laplace").bootstrap(20, seed=1)
    assert found.failures == 0
    assert found.table.standard_error.between(0.05, 0.6).all()


def test_what_cannot_be_resampled_is_refused_by_name() -> None:
    collinear = lk.fit("y ~ x + z", {"x": X, "z": 2 * X, "y": Y}, "poisson")
    empty = Bootstrap(np.full((5, 1), np.nan), (("a", "b"),), np.zeros(1), np.zeros(1), "rows", 0)
    cases = [
        (lambda: collinear.bootstrap(5), "has no finite or no single estimate"),
        (lambda: FIT.bootstrap(5, kind="row"), "Did you mean `rows`"),
        (lambda: FIT.bootstrap(1), "2 samples or more"),
        (lambda: FIT.bootstrap(5, groups=[1, 2]), "2 entries for 60 rows"),
        (lambda: FIT.bootstrap(5).conf_int(method="basic"), "Methods: percentile, bca"),
        (lambda: empty.table, "5 of 5 samples"),
    ]
    for call, message in cases:
        with pytest.raises(lk.LikelierError, match=message):
            call()

"""Profiles and covariances against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import chi2

import likelier as lk


def test_profile_interval_of_a_poisson_rate_is_the_likelihood_ratio_interval() -> None:
    y = np.array([3.0, 5.0, 4.0, 8.0, 0.0, 2.0])
    fit = lk.fit("y ~ 1", {"y": y}, "poisson")
    total, n = y.sum(), len(y)

    def excess(log_rate: float) -> float:
        best = total * np.log(total / n) - total
        return 2 * (best - (total * log_rate - n * np.exp(log_rate))) - chi2.ppf(0.9, 1)

    centre = np.log(total / n)
    lower, upper = brentq(excess, centre - 3, centre), brentq(excess, centre, centre + 3)
    table = fit.conf_int(0.9, method="profile")
    np.testing.assert_allclose([table.lower[0], table.upper[0]], [lower, upper], rtol=1e-6)


def test_profile_of_a_normal_mean_is_the_exact_curve() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(40)
    y = 1 + 2 * x + rng.standard_normal(40)
    fit = lk.fit("y ~ x", {"x": x, "y": y}, "normal")
    table = fit.profile("x", points=9)
    centred = x - x.mean()
    rest = np.sum((y - y.mean() - fit.params.estimate[1] * centred) ** 2)
    # With slope b held, the residual sum of squares grows by (b − b̂)² Σ (x − x̄)².
    grown = rest + (table.value - fit.params.estimate[1]) ** 2 * np.sum(centred**2)
    np.testing.assert_allclose(table.deviance, 40 * np.log(grown / rest), atol=1e-7)
    assert table.deviance.min() == pytest.approx(0, abs=1e-9)


def test_profile_is_open_where_the_likelihood_does_not_fall() -> None:
    table = {"y": [0, 0, 0, 1, 0, 1], "g": ["a", "a", "a", "b", "b", "b"]}
    fit = lk.fit("y ~ g", table, "bernoulli")
    assert not fit.converged
    interval = fit.conf_int(method="profile")
    assert np.isposinf(interval.upper[1])
    assert np.isfinite(interval.lower[1])


def test_intercept_and_slope_profiles_do_not_depend_on_where_x_is_centred() -> None:
    rng = np.random.default_rng(5)
    x = rng.standard_normal(60)
    y = rng.poisson(np.exp(0.3 + 0.4 * x))
    near = lk.fit("y ~ x", {"x": x, "y": y}, "poisson").conf_int(method="profile")
    far = lk.fit("y ~ x", {"x": x + 1000, "y": y}, "poisson").conf_int(method="profile")
    np.testing.assert_allclose(far.lower[1], near.lower[1], rtol=1e-6)
    np.testing.assert_allclose(far.upper[1], near.upper[1], rtol=1e-6)


def test_sandwich_is_whites_and_cluster_sums_scores() -> None:
    rng = np.random.default_rng(6)
    n = 80
    x = rng.standard_normal(n)
    y = rng.poisson(np.exp(0.2 + 0.5 * x)).astype(float)
    groups = np.repeat(np.arange(20), 4)
    fit = lk.fit("y ~ x", {"x": x, "y": y}, "poisson")
    design = np.column_stack([np.ones(n), x])
    rate = np.exp(design @ fit.params.estimate.to_numpy())
    bread = np.linalg.inv(design.T @ (rate[:, None] * design))
    scores = (y - rate)[:, None] * design
    white = bread @ (scores.T @ scores) @ bread
    np.testing.assert_allclose(fit.covariance("sandwich"), white, rtol=1e-8)
    np.testing.assert_allclose(fit.covariance("HC1"), white * n / (n - 2), rtol=1e-8)
    sums = np.array([scores[groups == g].sum(axis=0) for g in range(20)])
    cluster = bread @ (sums.T @ sums) @ bread * (20 / 19) * (n - 1) / (n - 2)
    np.testing.assert_allclose(fit.covariance("cluster", groups), cluster, rtol=1e-8)


def test_frequency_weights_equal_repeated_rows_in_every_covariance() -> None:
    rng = np.random.default_rng(7)
    x = rng.standard_normal(60)
    y = rng.poisson(np.exp(0.2 + 0.5 * x)).astype(float)
    w = rng.integers(1, 5, 60)
    weighted = lk.fit("y ~ x", {"x": x, "y": y, "w": w}, "poisson", weights="w")
    repeated = lk.fit("y ~ x", {"x": np.repeat(x, w), "y": np.repeat(y, w)}, "poisson")
    assert weighted.n_observations == w.sum()
    assert weighted.bic == pytest.approx(repeated.bic)
    for kind in ("observed", "expected", "sandwich", "HC1"):
        np.testing.assert_allclose(
            weighted.covariance(kind), repeated.covariance(kind), rtol=1e-8, err_msg=kind
        )


def test_precision_weights_are_relative() -> None:
    rng = np.random.default_rng(8)
    x = rng.standard_normal(60)
    y = rng.standard_normal(60)
    w = rng.uniform(0.5, 2, 60)
    fits = [
        lk.fit(
            "y ~ x", {"x": x, "y": y, "w": w * k}, "normal", weights="w", weight_type="precision"
        )
        for k in (1.0, 7.0)
    ]
    np.testing.assert_allclose(
        fits[0].standard_errors.standard_error, fits[1].standard_errors.standard_error, rtol=1e-9
    )
    assert fits[0].n_observations == 60


def test_unknown_covariance_is_refused_with_the_nearest() -> None:
    fit = lk.fit("y ~ 1", {"y": [1.0, 2.0, 4.0]}, "normal")
    with pytest.raises(lk.LikelierError, match="Did you mean `sandwich`"):
        fit.covariance("sandwhich")


def test_a_profile_leaves_the_limit_at_which_the_estimate_stands() -> None:
    # Short tails: the estimate is the normal limit. At half its scale only heavy tails explain y.
    y = np.linspace(-2, 2, 30)
    fit = lk.fit("y ~ 1", {"y": y}, "student_t")
    names = fit._names()
    assert np.isposinf(fit.coefficients[names.index(("df", "intercept"))])
    index = names.index(("scale", "intercept"))
    value = fit.coefficients[index] - np.log(2)
    found = fit._profiler(index).at(value).nll
    best = min(
        -lk.StudentT(df=df, loc=0.0, scale=np.exp(value)).log_prob(y).sum()
        for df in np.exp(np.linspace(-1, 6, 4001))
    )
    assert found == pytest.approx(best, abs=1e-5)


@pytest.mark.parametrize(
    "family", ["normal", "student_t", "laplace", "poisson", "negative_binomial", "bernoulli"]
)
def test_an_interval_holds_what_has_a_deviance_within_the_quantile(family: str) -> None:
    """Two ends by a search, or one restricted fit at a value: both say the same of every value."""
    rng = np.random.default_rng(9)
    x = rng.standard_normal(60)
    y = {
        "student_t": lambda: x + rng.standard_t(4, 60),
        "poisson": lambda: rng.poisson(np.exp(0.5 + 0.4 * x)),
        "negative_binomial": lambda: rng.negative_binomial(2, 2 / (2 + np.exp(1 + 0.5 * x))),
        "bernoulli": lambda: rng.binomial(1, 1 / (1 + np.exp(-x))),
    }.get(family, lambda: 0.5 * x + rng.standard_normal(60))()
    fit = lk.fit("y ~ x", {"x": x, "y": y}, family)
    ends = fit.conf_int(0.9, method="profile")[["lower", "upper"]].to_numpy()
    for i, (lower, upper) in enumerate(ends):
        width = min(upper - lower, 20.0)
        for end, inward in ((lower, 1), (upper, -1)):
            if np.isinf(end):
                continue
            for share, inside in ((0.01, True), (-0.01, False)):
                point = fit._profiler(i).at(end + inward * share * width)
                deviance = 2 * (point.nll + fit.log_likelihood)
                assert (deviance <= chi2.ppf(0.9, 1)) == inside

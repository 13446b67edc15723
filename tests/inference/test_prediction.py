"""Predicted means and intervals of new observations against statsmodels, R and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import brentq
from scipy.stats import norm

import likelier as lk
from likelier import datasets
from likelier.inference.prediction import spread_points

RNG = np.random.default_rng(31)
N = 80
X, Z = RNG.standard_normal(N), RNG.standard_normal(N)
DESIGN = np.column_stack([np.ones(N), X])
NEW = {"x": np.array([-2.0, 0.0, 1.0, 3.0])}
NEW_DESIGN = np.column_stack([np.ones(4), NEW["x"]])


@pytest.mark.parametrize(
    ("family", "own"),
    [
        ("poisson", sm.families.Poisson()),
        ("bernoulli", sm.families.Binomial()),
        ("normal", sm.families.Gaussian()),
    ],
)
def test_means_with_limits_as_in_statsmodels(family: str, own: sm.families.Family) -> None:
    eta = 0.3 + 0.5 * X
    y = {
        "poisson": RNG.poisson(np.exp(eta)),
        "bernoulli": RNG.random(N) < 1 / (1 + np.exp(-eta)),
        "normal": eta + RNG.standard_normal(N),
    }[family].astype(float)
    fitted = sm.GLM(y, DESIGN, own).fit(tol=1e-14)
    # A scale by maximum likelihood has the divisor n.
    scale = np.mean((y - fitted.fittedvalues) ** 2) if family == "normal" else 1.0
    fitted = sm.GLM(y, DESIGN, own).fit(tol=1e-14, scale=scale)
    expected = fitted.get_prediction(NEW_DESIGN).summary_frame(alpha=0.1)
    found = lk.fit("y ~ x", {"y": y, "x": X}, family).prediction_table(NEW, 0.9)
    assert list(found) == ["mean", "mean_se", "mean_ci_lower", "mean_ci_upper"]
    for column in found:
        np.testing.assert_allclose(found[column], expected[column], rtol=1e-7, err_msg=column)


def test_beetles_as_in_r() -> None:
    # R 4.2.2: predict(glm(cbind(killed, beetles - killed) ~ log_dose, binomial),
    #   data.frame(log_dose = c(1.7, 1.8)), type = "response", se.fit = TRUE).
    beetles = datasets.load("beetles")
    table = {
        "log_dose": beetles["log_dose"],
        "killed": beetles["killed"],
        "total_count": beetles["beetles"],
    }
    fit = lk.fit("killed ~ log_dose", table, "binomial")
    found = fit.prediction_table({"log_dose": [1.7, 1.8], "total_count": [1, 1]})
    np.testing.assert_allclose(found["mean"], [0.0788626943989, 0.7249464052855], rtol=1e-9)
    np.testing.assert_allclose(found.mean_se, [0.0191199282885, 0.0289241229036], rtol=1e-7)
    # type = "link": fit and se.fit; the limits are those of the link, taken through it.
    centre, error = -2.457900813586, 0.263202661619
    limits = 1 / (1 + np.exp(-(centre + norm.ppf(0.975) * error * np.array([-1, 1]))))
    np.testing.assert_allclose(found.iloc[0, 2:], limits, rtol=1e-7)


def test_a_mean_of_two_predictors_has_limits_on_its_log_scale() -> None:
    y = np.exp(0.2 + 0.3 * X + 0.5 * Z)
    fit = lk.fit("y ~ x", {"y": y, "x": X}, "log_normal")
    found = fit.prediction_table(NEW)
    loc, scale = fit.predict(NEW).loc, fit.predict(NEW).scale
    gradient = np.column_stack([NEW_DESIGN, scale**2])
    error = np.sqrt(np.einsum("ij,jk,ik->i", gradient, fit.covariance().to_numpy(), gradient))
    mean = np.exp(loc + scale**2 / 2)
    np.testing.assert_allclose(found.mean_se, mean * error, rtol=1e-7)
    np.testing.assert_allclose(found.mean_ci_upper, mean * np.exp(norm.ppf(0.975) * error), 1e-7)


def test_probabilities_of_labels_have_errors_that_cancel() -> None:
    y = RNG.choice(["a", "b", "c"], N)
    fit = lk.fit("y ~ x", {"y": y, "x": X}, "categorical")
    found = fit.prediction_table(NEW)
    fitted = sm.MNLogit(np.searchsorted(["a", "b", "c"], y), DESIGN).fit(disp=False, tol=1e-14)
    np.testing.assert_allclose(
        found[["mean_a", "mean_b", "mean_c"]], fitted.predict(NEW_DESIGN), rtol=1e-6
    )
    # The probability of a, by hand: d p_a / d η_k = − p_a p_k.
    p = fitted.predict(NEW_DESIGN)
    gradient = np.hstack([-(p[:, [0]] * p[:, [k]]) * NEW_DESIGN for k in (1, 2)])
    expected = np.sqrt(np.einsum("ij,jk,ik->i", gradient, fitted.cov_params(), gradient))
    np.testing.assert_allclose(found.mean_se_a, expected, rtol=1e-5)
    assert ((found.mean_ci_lower_a > 0) & (found.mean_ci_upper_a < 1)).all()


def test_ordered_labels_have_probabilities_too() -> None:
    y = RNG.choice([0, 1, 2], N)
    fit = lk.fit("y ~ x", {"y": y, "x": X}, "ordinal")
    found = fit.prediction_table(NEW)
    total = found.mean_0 + found.mean_1 + found.mean_2
    np.testing.assert_allclose(total, 1, rtol=1e-12)
    derived = fit.derived(
        lambda p: (
            1 / (1 + np.exp(-(p["cutpoints[1]", "intercept"] - p["location", "x"] * NEW["x"])))
        )
    )
    np.testing.assert_allclose(found.mean_0, derived.estimate, rtol=1e-10)
    np.testing.assert_allclose(found.mean_se_0, derived.standard_error, rtol=1e-6)


def test_intervals_after_censoring_are_of_what_happens() -> None:
    time = np.exp(0.5 + 0.4 * X + 0.3 * RNG.standard_normal(N))
    table = {"x": X, "time": np.minimum(time, 2.0), "event": (time < 2).astype(int)}
    fit = lk.fit("Surv(time, event) ~ x", table, "log_normal")
    found = fit.predict_interval(NEW, 0.9, parameter_uncertainty=False)
    loc = fit.params.estimate[0] + fit.params.estimate[1] * NEW["x"]
    reach = norm.ppf(0.95) * np.exp(fit.params.estimate[2])
    np.testing.assert_allclose(found.upper, np.exp(loc + reach), rtol=1e-8)


def test_sandwich_errors_of_means() -> None:
    y = RNG.poisson(np.exp(0.3 + 0.5 * X)).astype(float)
    fit = lk.fit("y ~ x", {"y": y, "x": X}, "poisson")
    found = fit.prediction_table(NEW, covariance="sandwich")
    covariance = fit.covariance("sandwich").to_numpy()
    error = np.sqrt(np.einsum("ij,jk,ik->i", NEW_DESIGN, covariance, NEW_DESIGN))
    np.testing.assert_allclose(found.mean_se, found["mean"] * error, rtol=1e-7)


def test_identified_predictions_of_collinear_columns_keep_their_errors() -> None:
    y = RNG.poisson(np.exp(0.3 + 0.5 * X)).astype(float)
    table = {"y": y, "x": X, "twice": 2 * X}
    plain = lk.fit("y ~ x", table, "poisson").prediction_table(NEW)
    collinear = lk.fit("y ~ x + twice", table, "poisson")
    along = collinear.prediction_table({**NEW, "twice": 2 * NEW["x"]})
    np.testing.assert_allclose(along, plain, rtol=1e-5)
    apart = collinear.prediction_table({**NEW, "twice": 2 * NEW["x"] + 1})
    assert apart.mean_se.isna().all()


def test_a_parameter_at_its_limit_leaves_predictions_their_errors() -> None:
    y = RNG.binomial(9, 0.5, N).astype(float)
    negative = lk.fit("y ~ x", {"y": y, "x": X}, "negative_binomial")
    assert np.isinf(negative.params.estimate[2])
    poisson = lk.fit("y ~ x", {"y": y, "x": X}, "poisson")
    np.testing.assert_allclose(
        negative.prediction_table(NEW), poisson.prediction_table(NEW), rtol=1e-5
    )
    np.testing.assert_allclose(
        negative.predict_interval(NEW)[["lower", "upper"]],
        poisson.predict_interval(NEW)[["lower", "upper"]],
        atol=1.0,  # two and one dimensions of draws: a whole number may fall to either side
    )


def test_predictive_interval_of_a_normal_is_the_mixture_over_its_scale() -> None:
    y = 1 + X + RNG.standard_normal(N)
    fit = lk.fit("y ~ x", {"y": y, "x": X}, "normal")
    found = fit.predict_interval(NEW, 0.9, draws=512)
    covariance = fit.covariance().to_numpy()
    # The average of Φ((y − loc) / scale) over a normal loc is a normal cdf; over the normal log
    # scale, an integral that 60 Gauss points give to all digits.
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    scales = np.exp(fit.params.estimate[2] + np.sqrt(covariance[2, 2]) * nodes)
    for row, x in enumerate(NEW["x"]):
        at = np.array([1, x])
        loc = at @ fit.params.estimate[:2]
        moved = at @ covariance[:2, :2] @ at

        def excess(
            v: float, q: float, loc: float = float(loc), moved: float = float(moved)
        ) -> float:
            shares = norm.cdf((v - loc) / np.sqrt(scales**2 + moved))
            return float(weights @ shares / weights.sum() - q)

        limits = [brentq(excess, loc - 9, loc + 9, args=(q,)) for q in (0.05, 0.95)]
        # 512 evenly spread draws leave about 3e-3 of the width.
        np.testing.assert_allclose([found.lower[row], found.upper[row]], limits, atol=0.01)
        assert found.parameter_variance[row] == pytest.approx(moved, rel=1e-6)
    np.testing.assert_allclose(found.variance, found.noise_variance + found.parameter_variance)


@pytest.mark.parametrize(
    ("family", "y"),
    [
        ("gamma", np.exp(0.3 * X) * RNG.gamma(2, 0.5, N)),
        ("negative_binomial", RNG.poisson(RNG.gamma(2, 1.5, N)).astype(float)),
        ("zero_inflated(gamma)", np.where(Z > 0.5, 0, np.exp(0.3 * X) * RNG.gamma(2, 0.5, N))),
        ("beta", RNG.beta(2, 3, N)),
        ("laplace", X + RNG.laplace(size=N)),
    ],
)
def test_without_uncertainty_of_parameters_it_is_the_interval_of_the_family(
    family: str, y: np.ndarray
) -> None:
    fit = lk.fit("y ~ x", {"y": y, "x": X}, family)
    found = fit.predict_interval(NEW, 0.8, parameter_uncertainty=False)
    lower, upper = fit.predict(NEW).interval(0.8)
    np.testing.assert_allclose(found.lower, lower, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.upper, upper, rtol=1e-9)
    assert (found.parameter_variance == 0).all()
    wider = fit.predict_interval(NEW, 0.8)
    assert (wider.upper >= found.upper - 1e-9).all()
    again = fit.predict_interval(NEW, 0.8)
    np.testing.assert_array_equal(wider, again)


def test_spread_points_have_the_moments_of_the_normal() -> None:
    points = spread_points(128, 3, 0)
    assert points.shape == (128, 3)
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(points.T @ points / 128, np.eye(3), atol=1e-12)


def test_what_has_no_interval_is_refused() -> None:
    fit = lk.fit("y ~ x", {"y": np.where(X + Z > 0, "a", "b"), "x": X}, "bernoulli")
    with pytest.raises(lk.LikelierError, match="interval is of numbers"):
        fit.predict_interval()
    with pytest.raises(lk.LikelierError, match="between 0 and 1"):
        fit.prediction_table(level=95)

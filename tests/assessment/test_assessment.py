"""Assessments: scores against scoringrules, scikit-learn and closed forms; claims in simulation."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scoringrules as sr
from scipy import stats
from sklearn import metrics

import likelier as lk

RNG = np.random.default_rng(11)
N = 200
X = RNG.standard_normal(N)
WEIGHTS = RNG.integers(0, 4, N).astype(float)


def _benchmark() -> Any:
    path = Path(__file__).parents[2] / "benchmarks" / "overconfidence.py"
    spec = importlib.util.spec_from_file_location("overconfidence", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# ---------------------------------------------------------------------- scores


SCALE = np.exp(0.2 * X)
MU = np.exp(0.5 * X)


def test_scores_of_numbers_are_those_of_scikit_learn_and_closed_forms() -> None:
    d = lk.Normal(X, SCALE)
    y = d.sample(seed=2)
    a = lk.assess(d, y, weights=WEIGHTS)
    w = {"sample_weight": WEIGHTS}
    assert a.mse == pytest.approx(metrics.mean_squared_error(y, X, **w), rel=1e-12)
    assert a.mae == pytest.approx(metrics.mean_absolute_error(y, X, **w), rel=1e-12)
    nll = -stats.norm.logpdf(y, X, SCALE)
    assert a.nll == pytest.approx(np.average(nll, weights=WEIGHTS), rel=1e-12)
    assert a.sharpness == pytest.approx(
        np.average(2 * stats.norm.ppf(0.95) * SCALE, weights=WEIGHTS), rel=1e-12
    )
    for level in (0.1, 0.5, 0.9):
        q = stats.norm.ppf(level, X, SCALE)
        own = lk.assess(d, y).quantile_scores([level]).quantile_score[0]
        assert own == pytest.approx(metrics.mean_pinball_loss(y, q, alpha=level), rel=1e-12)
        assert own == pytest.approx(np.mean(sr.quantile_score(y, q, level)), rel=1e-12)


def test_the_median_is_what_the_absolute_error_is_of() -> None:
    y = lk.Exponential(mean=MU).sample(seed=3)
    a = lk.assess(lk.Exponential(mean=MU), y)
    assert a.mae == pytest.approx(metrics.mean_absolute_error(y, MU * np.log(2)), rel=1e-12)
    assert a.mse == pytest.approx(metrics.mean_squared_error(y, MU), rel=1e-12)


def test_scores_of_two_labels() -> None:
    p = 1 / (1 + np.exp(-X))
    y = RNG.random(N) < p
    a = lk.assess(lk.Bernoulli(probs=p), y, weights=WEIGHTS)
    w = {"sample_weight": WEIGHTS}
    assert a.brier == pytest.approx(metrics.brier_score_loss(y, p, **w), rel=1e-12)
    assert a.crps == pytest.approx(a.brier, rel=1e-12)
    assert a.mse == a.brier
    assert a.nll == pytest.approx(metrics.log_loss(y, p, **w), rel=1e-12)
    assert a.accuracy == pytest.approx(metrics.accuracy_score(y, p > 0.5, **w), rel=1e-12)
    confidence = np.average(np.maximum(p, 1 - p), weights=WEIGHTS)
    assert a.overconfidence == pytest.approx((confidence - a.accuracy) / 2, rel=1e-10)


def test_scores_of_several_labels() -> None:
    p = RNG.dirichlet(np.ones(4), N)
    y = np.array([RNG.choice(4, p=row) for row in p])
    a = lk.assess(lk.Categorical(probs=p), y)
    happened = np.eye(4)[y]
    assert a.brier == pytest.approx(np.mean(((p - happened) ** 2).sum(axis=1)), rel=1e-12)
    assert a.nll == pytest.approx(metrics.log_loss(y, p), rel=1e-12)
    assert np.isnan(a.crps)
    assert np.isnan(a.mse)


def test_ordered_labels_have_the_ranked_probability_score() -> None:
    d = lk.Ordinal(location=X, cutpoints=[-1.0, 0.0, 1.5])
    y = np.asarray(d.sample(seed=4), dtype=float)
    cdf = np.array([d.cdf(np.full(N, float(k))) for k in range(4)]).T
    seen = (y[:, None] <= np.arange(4)).astype(float)
    assert lk.assess(d, y).crps == pytest.approx(((cdf - seen) ** 2).sum(1).mean(), rel=1e-12)


def test_standard_errors_are_those_of_means() -> None:
    y = lk.Normal(X, 1.0).sample(seed=5)
    table = lk.assess(lk.Normal(X, 1.0), y).table.set_index("score")
    nll = -stats.norm.logpdf(y, X, 1.0)
    assert table.standard_error["nll"] == pytest.approx(nll.std() / np.sqrt(N), rel=1e-12)


def test_frequency_weights_stand_for_rows() -> None:
    d = lk.Poisson(rate=MU)
    y = np.asarray(d.sample(seed=6), dtype=float)
    times = WEIGHTS.astype(int)
    long = lk.assess(lk.Poisson(rate=np.repeat(MU, times)), np.repeat(y, times))
    short = lk.assess(d, y, weights=WEIGHTS)
    for name in ("nll", "crps", "mse", "sharpness", "overconfidence", "overconfidence_z"):
        assert getattr(short, name) == pytest.approx(getattr(long, name), rel=1e-10), name
    assert short.coverage(0.8) == pytest.approx(long.coverage(0.8), rel=1e-12)
    assert short.verdict == long.verdict


# ---------------------------------------------------------------------- regions


def test_over_confidence_of_a_wrong_scale_has_a_closed_form() -> None:
    # The mean region of standard normal quantiles spread by s is (2 / π) atan(s).
    z = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    for s in (0.5, 1.0, 1.25, 2.0):
        a = lk.assess(lk.Normal(0.0, 1.0), s * z)
        assert a.overconfidence == pytest.approx(2 / np.pi * np.arctan(s) - 0.5, abs=1e-4)


def test_over_confidence_is_what_coverage_falls_short_of() -> None:
    d = lk.NegativeBinomial(mean=MU, dispersion=0.2)
    y = RNG.poisson(2 * MU)
    a = lk.assess(d, y)
    levels = (np.arange(2000) + 0.5) / 2000
    shortfall = levels - np.array([a.coverage(float(level)) for level in levels])
    assert a.overconfidence == pytest.approx(shortfall.mean(), abs=1e-6)


def test_coverage_counts_rows_in_their_intervals() -> None:
    y = lk.Normal(X, 1.3).sample(seed=7)
    d = lk.Normal(X, 1.0)
    table = lk.assess(d, y).coverage([0.5, 0.9])
    for level, share in zip(table.level, table.coverage, strict=True):
        low, high = d.interval(level)
        assert share == np.mean((low <= y) & (y <= high))


def test_labels_are_held_by_sets_of_the_likeliest() -> None:
    p = np.tile([0.5, 0.3, 0.2], (10, 1))
    y = np.array([0] * 5 + [1] * 3 + [2] * 2)
    a = lk.assess(lk.Categorical(probs=p), y)
    for level in (0.1, 0.5, 0.65, 0.8, 0.95):
        assert a.coverage(level) == pytest.approx(level, abs=1e-12)
    assert a.overconfidence == pytest.approx(0.0, abs=1e-12)


def test_vectors_are_held_by_regions_of_highest_density() -> None:
    loc = RNG.standard_normal((2000, 2))
    y = loc + RNG.standard_normal((2000, 2))
    a = lk.assess(lk.MultivariateNormal(loc=loc, covariance=np.eye(2)), y)
    held = np.mean(((y - loc) ** 2).sum(axis=1) <= stats.chi2.ppf(0.8, 2))
    # 200 draws a row measure each region to 0.03.
    assert a.coverage(0.8) == pytest.approx(held, abs=0.01)


def test_censored_observations_lie_anywhere_beyond() -> None:
    n = 3000
    time = np.asarray(lk.Weibull(2.0, 1.5).sample(n, seed=1))
    end = np.random.default_rng(2).exponential(3.0, n)
    y = lk.right_censored(np.minimum(time, end), time <= end)
    right = lk.assess(lk.Censored(lk.Weibull)(2.0, 1.5), y)
    assert stats.kstest(right.pit, "uniform").pvalue > 0.05
    assert right.claim == "calibrated"
    below, upto = right.pit_bounds
    seen = time <= end
    np.testing.assert_allclose(below[seen], stats.weibull_min.cdf(time[seen], 1.5, scale=2.0))
    np.testing.assert_array_equal(upto[~seen], 1.0)
    assert lk.assess(lk.Censored(lk.Weibull)(3.0, 1.5), y).claim == "biased"
    whole = lk.interval(time, time)
    assert lk.assess(lk.Censored(lk.Weibull)(2.0, 1.5), whole).crps > 0


def test_a_right_model_has_a_uniform_pit() -> None:
    d = lk.ZeroInflated(lk.Poisson)(rate=np.exp(np.tile(0.5 * X, 20)), gate=0.3)
    tests = lk.assess(d, d.sample(seed=8)).uniformity
    assert tests.p_value.min() > 0.05
    assert not tests.caution.any()


# ---------------------------------------------------------------------- claims


@pytest.mark.parametrize("name", ["normal", "gamma", "negative_binomial", "bernoulli"])
def test_planted_faults_are_found_and_none_is_claimed_where_there_is_none(name: str) -> None:
    found = _benchmark().simulate(name, 100)
    assert found["honest"] >= 0.93
    assert found["too sure"] >= 0.95
    assert found["not sure enough"] >= 0.95


def test_a_verdict_is_one_sentence_that_says_what_is_wrong() -> None:
    from scipy.stats import norm

    y = lk.Normal(X, 1.0).sample(seed=9)
    sure = lk.assess(lk.Normal(X, 0.6), y)
    assert sure.verdict.startswith("Too sure of itself: 90 % intervals hold ")
    assert "as if spreads had to be 1." in sure.verdict
    assert lk.assess(lk.Normal(X, 2.0), y).verdict.startswith("Not sure enough of itself: ")
    shifted = lk.assess(lk.Normal(X + 0.5, 1.12), y)
    assert shifted.verdict.startswith("Off to one side: ")
    assert "lie below their predicted" in shifted.verdict
    assert lk.assess(lk.Normal(X[:9], 1.0), y[:9]).verdict.startswith("Too few rows to judge: ")
    right = lk.assess(lk.Normal(X, 1.0), y)
    assert right.verdict.startswith("Well calibrated: 90 % intervals hold ")
    assert right.verdict in repr(right)
    # Between the 95 % band of the plot and the 98 % of the claim the two do not contradict.
    u = (np.arange(400) + 0.5) / 400
    n = np.sqrt(400) + 0.12 + 0.11 / np.sqrt(400)
    between = lk.assess(lk.Normal(0.0, 1.0), norm.ppf(u + 1.42 / n * 4 * u * (1 - u)))
    assert not between.calibration.calibrated
    assert between.claim == "calibrated"
    assert between.verdict.startswith("No clear fault: ")
    assert "<script>" not in right._repr_html_()


def test_labels_that_come_true_too_rarely_are_named() -> None:
    y = np.repeat([0, 1, 2], [60, 60, 80])
    d = lk.Categorical(probs=np.tile([0.35, 0.4, 0.25], (200, 1)))
    a = lk.assess(d, y, levels=["red", "green", "blue"])
    assert a.claim in ("biased", "overconfident")
    two = lk.assess(lk.Bernoulli(probs=np.full(400, 0.5)), np.arange(400) < 260)
    assert two.verdict.endswith("y = 1 came true in 65.0 % where 50.0 % were predicted.")


# ---------------------------------------------------------------------- groups


def test_every_group_is_assessed_by_itself() -> None:
    groups = np.where(X > 0, "rich", "poor")
    d = lk.Normal(X, 1.0)
    y = d.sample(seed=10)
    table = lk.assess(d, y, groups=groups).by_group
    assert table.index.tolist() == ["poor", "rich"]
    for name in table.index:
        rows = groups == name
        alone = lk.assess(lk.Normal(X[rows], 1.0), y[rows])
        line = table.loc[name]
        assert line.n_rows == rows.sum()
        assert line.nll == pytest.approx(alone.nll, rel=1e-12)
        assert line.crps == pytest.approx(alone.crps, rel=1e-12)
        assert line.coverage_90 == alone.coverage(0.9)
        assert line.calibration_error == pytest.approx(alone.calibration_error, rel=1e-12)
        assert line.predicted_mean == pytest.approx(X[rows].mean())
        assert line.gap == pytest.approx(X[rows].mean() - X.mean())
        assert line.bias == pytest.approx(X[rows].mean() - y[rows].mean())
    with pytest.raises(lk.LikelierError, match="needs groups"):
        lk.assess(d, y).by_group  # noqa: B018


# ---------------------------------------------------------------------- what is refused


def test_parameters_of_jax_are_converted_once() -> None:
    import jax.numpy as jnp

    y = lk.Normal(X, 1.0).sample(seed=12)
    made = lk.assess(lk.Normal(jnp.asarray(X), 1.0), jnp.asarray(y))
    assert made.nll == pytest.approx(lk.assess(lk.Normal(X, 1.0), y).nll, rel=1e-5)
    assert type(made.outcomes.distribution.loc) is np.ndarray


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (X[:, None], r"shape \(200, 1\).*reshape it with y.ravel"),
        (np.where(X > 1, np.nan, X), "missing in row"),
        (X[:50], r"predictions have shape \(200,\) and there are 50"),
        (["a"] * N, "as numbers"),
        ([], "no rows"),
    ],
)
def test_observations_that_do_not_fit_are_refused(y: Any, message: str) -> None:
    with pytest.raises(lk.DataError, match=message):
        lk.assess(lk.Normal(X, 1.0), y)


def test_what_cannot_happen_is_named() -> None:
    with pytest.raises(lk.SupportError, match="row 2 holds -1"):
        lk.assess(lk.Poisson(rate=2.0), [1.0, -1.0])
    with pytest.raises(lk.SupportError, match="row 1 holds 3"):
        lk.assess(lk.Categorical(probs=[0.2, 0.8]), [3, 0])
    with pytest.raises(lk.LikelierError, match="takes a distribution"):
        lk.assess(X, X)  # type: ignore[arg-type]
    with pytest.raises(lk.DataError, match="weights"):
        lk.assess(lk.Normal(X, 1.0), X, weights=-WEIGHTS - 1)
    with pytest.raises(lk.DataError, match="groups are 200 names"):
        lk.assess(lk.Normal(X, 1.0), X, groups=["a"])
    with pytest.raises(lk.LikelierError, match="levels lie between"):
        lk.assess(lk.Normal(X, 1.0), X).coverage(90)
    with pytest.raises(lk.LikelierError, match="have no PIT"):
        lk.assess(lk.Bernoulli(probs=np.full(N, 0.5)), X > 0).pit  # noqa: B018


def test_gaps_of_several_labels_are_told_label_by_label() -> None:
    rng = np.random.default_rng(2)
    p, y, g = rng.dirichlet([2.0, 1.0, 1.0], 90), rng.integers(0, 3, 90), np.repeat(["a", "b"], 45)
    table = lk.assess(lk.Categorical(probs=p), y, groups=g, levels=["u", "v", "w"]).by_group
    for k, label in enumerate("uvw"):
        assert table[f"predicted_mean[{label}]"]["b"] == pytest.approx(p[45:, k].mean())
        assert table[f"observed_mean[{label}]"]["b"] == pytest.approx(np.mean(y[45:] == k))
        gap = p[45:, k].mean() - p[:, k].mean()
        assert table[f"gap[{label}]"]["b"] == pytest.approx(gap)

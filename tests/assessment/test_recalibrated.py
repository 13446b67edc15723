"""Recalibrated distributions against numerical integrals; calibrators against closed forms."""

from __future__ import annotations

import itertools
import pickle
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats
from sklearn.isotonic import IsotonicRegression

import likelier as lk
from likelier.assessment.outcomes import outcomes
from likelier.assessment.recalibration import (
    BetaMap,
    Conformal,
    Isotonic,
    Recalibrated,
    Scale,
    calibrator,
)

RNG = np.random.default_rng(8)
MAPS = {
    "wider": Scale(1.7),
    "narrower": Scale(0.6),
    "beta": BetaMap(0.6, 1.4),
    "isotonic": Isotonic((0.0, 0.25, 0.5, 1.0), (0.0, 0.4, 0.55, 1.0)),
}
LOC = np.array([0.0, 1.0])


# ---------------------------------------------------------------------- the distribution


@pytest.mark.parametrize("name", MAPS)
def test_a_density_has_its_own_integrals(name: str) -> None:
    d = Recalibrated(lk.Normal, MAPS[name])(LOC, 2.0)
    # Between its quantiles at the map's points the density is smooth.
    ends = np.concatenate([[1e-13], MAPS[name].pieces() and [0.4, 0.55], [1 - 1e-13]])
    rule, weight = np.polynomial.legendre.leggauss(400)
    total = np.zeros((3, 2))
    for a, b in itertools.pairwise(ends):
        low, high = d.quantile(a), d.quantile(b)
        y = low + (rule[:, None] + 1) / 2 * (high - low)
        mass = weight[:, None] * (high - low) / 2 * np.exp(d.log_prob(y))
        total += np.array([mass.sum(0), (mass * y).sum(0), (mass * y**2).sum(0)])
    np.testing.assert_allclose(total[0], 1, atol=1e-9)
    np.testing.assert_allclose(d.mean, total[1], atol=1e-8)
    np.testing.assert_allclose(d.variance, total[2] - total[1] ** 2, rtol=1e-7)


@pytest.mark.parametrize("name", MAPS)
def test_quantiles_turn_the_cdf_round_in_both_tails(name: str) -> None:
    d = Recalibrated(lk.Gamma, MAPS[name])(mean=np.array([2.0, 5.0]), concentration=1.5)
    for q in (1e-9, 0.01, 0.3, 0.77, 0.999):
        np.testing.assert_allclose(d.cdf(d.quantile(q)), q, rtol=1e-7)
    np.testing.assert_allclose(d.sf(d.quantile(1 - 1e-9)), 1e-9, rtol=1e-6)
    np.testing.assert_allclose(d.cdf(1.3) + d.sf(1.3), 1, rtol=1e-14)
    draws = d.sample(4000, seed=1)[:, 0]
    assert stats.kstest(d[:1].cdf(draws), "uniform").pvalue > 0.01


def test_a_wider_normal_is_a_normal_with_a_larger_scale() -> None:
    d, known = Recalibrated(lk.Normal, Scale(1.7))(LOC, 2.0), lk.Normal(LOC, 3.4)
    y = np.array([0.3, -40.0])
    for what in ("log_prob", "cdf", "sf", "crps"):
        np.testing.assert_allclose(
            getattr(d, what)(y), getattr(known, what)(y), rtol=1e-8, err_msg=what
        )
    for what in ("mean", "variance", "median"):
        np.testing.assert_allclose(getattr(d, what), getattr(known, what), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(d.entropy(), known.entropy(), rtol=1e-8)
    np.testing.assert_allclose(d.mode, LOC, atol=1e-12)


@pytest.mark.parametrize("name", MAPS)
def test_counts_keep_their_sums(name: str) -> None:
    d = Recalibrated(lk.Poisson, MAPS[name])(rate=np.array([3.0, 8.0]))
    k = np.arange(200.0)[:, None]
    p = np.exp(d.log_prob(k))
    np.testing.assert_allclose(p.sum(0), 1, rtol=1e-12)
    np.testing.assert_allclose(np.cumsum(p, axis=0)[:40], d.cdf(k[:40]), rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose((p * k).sum(0), d.mean, rtol=1e-10)
    np.testing.assert_array_equal(d.mode, p.argmax(0))
    for q in (0.05, 0.5, 0.95):
        found = d.quantile(q)
        assert np.all(d.cdf(found) >= q)
        assert np.all(d.cdf(found - 1) < q)
    # A level that is exactly a cdf gives that count.
    at = d.cdf(np.array([4.0, 9.0]))
    np.testing.assert_array_equal(d.quantile(at), [4.0, 9.0])
    steps = np.arange(200.0)
    cdf = d.cdf(steps[:, None])
    y = np.array([2.0, 11.0])
    known = ((cdf - (steps[:, None] >= y)) ** 2).sum(0)
    np.testing.assert_allclose(d.crps(y), known, rtol=1e-9)


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("family", [lk.Normal, lk.NegativeBinomial])
def test_scores_are_derivatives(name: str, family: Any) -> None:
    made = Recalibrated(family, MAPS[name])
    values = (
        {"loc": LOC, "scale": np.array([2.0, 0.7])}
        if family is lk.Normal
        else {"mean": np.array([3.0, 8.0]), "dispersion": np.array([0.3, 0.6])}
    )
    y, step = np.array([0.4, 1.6]) if family is lk.Normal else np.array([3.0, 6.0]), 1e-6
    score = made(**values).score(y)
    for parameter, value in values.items():
        ends = [made(**{**values, parameter: value + sign * step}).log_prob(y) for sign in (1, -1)]
        np.testing.assert_allclose(
            score[parameter], (ends[0] - ends[1]) / (2 * step), rtol=1e-6, atol=1e-8
        )


def test_atoms_of_mixed_families_are_mapped_as_masses() -> None:
    d = Recalibrated(lk.ZeroOneInflated(lk.Beta), Scale(1.5))(
        mean=0.4, precision=5.0, zero=0.2, one=0.1
    )
    u = np.linspace(0, 1, 200_001)[1:-1]
    inside = np.trapezoid(np.exp(d.log_prob(u)), u)
    assert inside + np.exp(d.log_prob(0.0)) + np.exp(d.log_prob(1.0)) == pytest.approx(1, abs=1e-4)
    assert np.exp(d.log_prob(0.0)) == pytest.approx(float(d.cdf(0.0)))


def test_it_is_named_and_pickled_like_a_family() -> None:
    made = Recalibrated(lk.Normal, Scale(1.7))
    assert made.text() == "recalibrated(normal)"
    assert made is Recalibrated("normal", Scale(1.7))
    again = pickle.loads(pickle.dumps(made(LOC, 2.0)))
    np.testing.assert_array_equal(again.cdf(0.5), made(LOC, 2.0).cdf(0.5))
    assert len(made(LOC, 2.0)[:1]) == 1
    with pytest.raises(lk.LikelierError, match="single numbers"):
        Recalibrated(lk.MultivariateNormal, Scale(1.0))


def test_a_mean_that_does_not_exist_is_not_made_up() -> None:
    d = Recalibrated(lk.Cauchy, BetaMap(0.9, 1.1))(np.zeros(2), 1.0)
    assert np.isnan(d.mean).all()


# ---------------------------------------------------------------------- calibrators


def _case(family: Any, factor: float, n: int = 1500) -> tuple[Any, Any]:
    x = RNG.standard_normal(n)
    y = family(x, 1.0).sample(seed=RNG)
    return outcomes(family(x, factor), y), x


def test_a_scale_is_the_root_mean_square_of_the_residuals() -> None:
    made, _ = _case(lk.Normal, 0.6)
    z = (made.y - made.distribution.loc) / 0.6
    assert calibrator(made, "scale").factor == pytest.approx(np.sqrt(np.mean(z**2)), rel=1e-5)


def test_a_beta_map_is_the_likeliest_beta_of_the_pit() -> None:
    made, _ = _case(lk.Normal, 0.6)
    found = calibrator(made, "beta")
    a, b, _, _ = stats.beta.fit(made.pit[1], floc=0, fscale=1)
    assert (found.a, found.b) == pytest.approx((a, b), rel=1e-3)


def test_weights_count_rows() -> None:
    made, x = _case(lk.Laplace, 0.7, 200)
    times = RNG.integers(0, 3, 200)
    long = outcomes(lk.Laplace(np.repeat(x, times), 0.7), np.repeat(made.y, times))
    for method in ("scale", "beta"):
        short = calibrator(made, method, times.astype(float))
        whole = calibrator(long, method)
        assert list(vars(short).values()) == pytest.approx(list(vars(whole).values()), rel=1e-5)


def test_temperature_and_vector_scaling_are_logistic_regressions() -> None:
    x = 2 * RNG.standard_normal(800)
    y = (RNG.random(800) < 1 / (1 + np.exp(-x))).astype(float)
    made = outcomes(lk.Bernoulli(logits=2 * x), y)

    def nll(p: Any) -> float:
        z = (2 * y - 1) * (p[0] * 2 * x + p[1])
        return float(np.logaddexp(0, -z).sum())

    known = optimize.minimize(nll, [1.0, 0.0], tol=1e-10).x
    found = calibrator(made, "vector")
    assert (found.scale[0], found.shift[0]) == pytest.approx(tuple(known), rel=1e-3, abs=1e-4)
    one = optimize.minimize_scalar(lambda a: nll([a, 0.0])).x
    assert calibrator(made, "temperature").temperature == pytest.approx(1 / one, rel=1e-6)


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1.0, 1e3, 1e6])
def test_temperature_is_found_however_far_it_lies(unit: float) -> None:
    """Logits that are `unit` times too large; the true temperature by logistic regression."""
    x = 2 * np.random.default_rng(8).standard_normal(800)
    y = (np.random.default_rng(9).random(800) < 1 / (1 + np.exp(-x))).astype(float)
    slope = optimize.minimize_scalar(lambda a: np.logaddexp(0, -(2 * y - 1) * a * x).sum()).x
    found = calibrator(outcomes(lk.Bernoulli(logits=unit * x), y), "temperature")
    assert found.temperature == pytest.approx(unit / slope, rel=1e-5)
    assert found.limit == ""


def test_no_temperature_mends_predictions_that_point_the_wrong_way() -> None:
    x = 2 * np.random.default_rng(8).standard_normal(800)
    y = (np.random.default_rng(9).random(800) < 1 / (1 + np.exp(-x))).astype(float)
    made = outcomes(lk.Bernoulli(logits=-x), y)
    found = calibrator(made, "temperature")
    assert "the same probability for every label" in found.limit
    np.testing.assert_allclose(found.apply(made.distribution).probs, 0.5, atol=1e-9)


def test_labels_that_all_came_true_have_no_temperature() -> None:
    made = outcomes(lk.Bernoulli(logits=[2.0, -1.0] * 30), [1.0, 0.0] * 30)
    with pytest.raises(lk.NoFiniteOptimumError, match="came true in every one of these 60 rows"):
        calibrator(made, "temperature")
    assert calibrator(made, "auto").name == "none"


def test_a_spread_at_the_end_of_the_search_says_so() -> None:
    far = calibrator(outcomes(lk.Normal(np.zeros(60), 1e-3), RNG.standard_normal(60)), "scale")
    assert "the most that is tried" in far.limit
    assert calibrator(_case(lk.Normal, 0.7, 400)[0], "scale").limit == ""


def test_vector_scaling_of_several_labels_lowers_their_nll() -> None:
    logits = RNG.standard_normal((900, 3)) * 2
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    y = np.array([RNG.choice(3, p=row) for row in p])
    made = outcomes(lk.Categorical(logits=logits * [1.0, 2.0, 0.5] + [0.0, 0.5, -1.0]), y)
    found = calibrator(made, "vector")
    assert found.shift[0] == 0
    np.testing.assert_allclose(found.scale, [1, 0.5, 2], rtol=0.35)
    after = found.apply(made.distribution).nll(y).mean()
    assert after < calibrator(made, "temperature").apply(made.distribution).nll(y).mean()
    assert after < made.nll.mean()


def test_isotonic_regression_is_that_of_scikit_learn() -> None:
    p = RNG.random(500)
    y = (RNG.random(500) < p**2).astype(float)
    found = calibrator(outcomes(lk.Bernoulli(probs=p), y), "isotonic")
    known = IsotonicRegression(y_min=1 / 502, y_max=1 - 1 / 502).fit(p, y).predict(p)
    np.testing.assert_allclose(found.apply(lk.Bernoulli(probs=p)).probs, known, atol=1e-12)


def test_labels_in_an_order_keep_it() -> None:
    x = RNG.standard_normal(600)
    true = lk.Ordinal(location=x, cutpoints=np.array([-1.0, 0.5]))
    made = outcomes(
        lk.Ordinal(location=2 * x, cutpoints=np.array([-2.0, 1.0])),
        np.asarray(true.sample(seed=3), dtype=float),
    )
    found = calibrator(made, "temperature")
    assert found.temperature == pytest.approx(2, rel=0.25)
    assert found.apply(made.distribution).cutpoints.shape[-1] == 2
    with pytest.raises(lk.LikelierError, match='use method="temperature"'):
        calibrator(made, "vector")


@pytest.mark.parametrize("n", [30, 200, 1300])
def test_conformal_intervals_hold_what_they_promise(n: int) -> None:
    rng = np.random.default_rng(n)
    shares = []
    for _ in range(60):
        # A wrong shape and far too sure: what is promised holds all the same.
        y = stats.gamma.rvs(1.2, size=n + 200, random_state=rng)
        made = calibrator(outcomes(lk.Normal(np.ones(n), 0.3), y[:n]), "conformal")
        low, high = made.apply(lk.Normal(np.ones(200), 0.3)).interval(0.9)
        shares.append(np.mean((low <= y[n:]) & (y[n:] <= high)))
    error = np.std(shares) / np.sqrt(60)
    assert np.mean(shares) > 0.9 - 2.5 * error
    assert np.mean(shares) < 0.9 + 2 / (n + 1) + 0.003 + 2.5 * error


def test_conformal_intervals_of_counts_are_closed() -> None:
    # All rows alike: the ends of intervals fall on the cdf of a count.
    rng = np.random.default_rng(0)
    y = rng.poisson(4.0, 4000).astype(float)
    made = calibrator(outcomes(lk.Poisson(rate=np.full(500, 2.5)), y[:500]), "conformal")
    for level in (0.3, 0.6, 0.8, 0.9, 0.95):
        low, high = made.apply(lk.Poisson(rate=np.full(3500, 2.5))).interval(level)
        held = np.mean((low <= y[500:]) & (y[500:] <= high))
        assert held > level - 0.03, level


def test_what_cannot_be_promised_is_the_whole_support() -> None:
    made, _ = _case(lk.Normal, 1.0, 50)
    found = calibrator(made, "conformal")
    assert isinstance(found, Conformal)
    assert found.highest == pytest.approx(50 / 51)
    low, high = found.apply(lk.Gamma(mean=2.0, concentration=1.0)).interval(0.99)
    assert (float(low), float(high)) == (0.0, np.inf)
    with pytest.raises(lk.LikelierError, match="leave weights out"):
        calibrator(made, "conformal", np.full(50, 2.0))


def test_the_choice_leaves_right_predictions_alone() -> None:
    kept = 0
    for _ in range(40):
        made, _ = _case(lk.Normal, 1.0, 400)
        kept += calibrator(made, "auto").name == "none"
    assert kept >= 37
    wrong, _ = _case(lk.Normal, 0.7, 400)
    assert calibrator(wrong, "auto").name == "scale"


def test_other_methods_are_refused() -> None:
    made, _ = _case(lk.Normal, 1.0, 50)
    with pytest.raises(lk.LikelierError, match="Did you mean `scale`"):
        calibrator(made, "scal")
    with pytest.raises(lk.LikelierError, match="On offer: auto, scale, beta"):
        calibrator(made, "temperature")
    vectors = outcomes(
        lk.MultivariateNormal(loc=np.zeros((9, 2)), covariance=np.eye(2)), np.zeros((9, 2))
    )
    with pytest.raises(lk.LikelierError, match="these are vectors"):
        calibrator(vectors, "auto")

"""Facts of the modifiers that the walk over the catalogue does not see."""

from __future__ import annotations

import math
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mpmath import mp, mpf
from scipy import stats

from likelier import distributions as lk
from likelier.distributions import Linked, from_text
from likelier.distributions._text import modifiers
from likelier.errors import DataError, LikelierError, NoFiniteOptimumError, SupportError

TEXTS = [
    "normal",
    "negative_binomial(kind=nb1)",
    "fixed(student_t, df=4)",
    "mixture(normal, 3)",
    "zero_inflated(poisson)",
    "hurdle(negative_binomial(kind=nb1))",
    "truncated(normal, lower=-1.5, upper=2)",
    "censored(truncated(weibull, lower=0.1))",
    "independent(fixed(normal, loc=0), 4)",
    "zero_one_inflated(beta)",
]


@pytest.mark.parametrize("text", TEXTS)
def test_text_and_pickle_give_the_same_class(text: str) -> None:
    family = from_text(text)
    assert family.text() == text
    assert pickle.loads(pickle.dumps(family)) is family


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nrmal", "Did you mean `normal`"),
        ("normal(", "missing at its end"),
        ("normal)", "left over"),
        ("normal, gamma", "one family at a time"),
        ("normal(3)", "name=value"),
        ("normal(lo=3)", "no parameter 'lo'"),
        ("mixture(normal)", "components"),
        ("mixture(normal, 1)", "2 or more"),
        ("mixture(normal, 2.5)", "whole number"),
        ("__import__('os')", "cannot read"),
        ("zero_inflated(normal)", "starts at 0"),
        ("truncated(normal)", "needs a bound"),
        ("truncated(poisson, upper=-1)", "nothing lies"),
        ("fixed(normal, scale=-1)", "above 0"),
        ("fixed(normal, loc=x)", "finite number"),
        ("zero_one_inflated(gamma)", "between 0 and 1"),
        ("mixture(mixture(normal, 2), 2)", "scalar parameters"),
    ],
)
def test_texts_that_mean_no_family(text: str, message: str) -> None:
    with pytest.raises(LikelierError, match=message):
        from_text(text)


def test_capitals_and_hyphens_make_no_difference() -> None:
    assert from_text(" Zero-Inflated( POISSON )") is from_text("zero_inflated(poisson)")
    assert from_text("student_t(df=4.0)") is from_text("fixed(StudentT, df=4)")


def test_modifiers_are_classes_and_their_families_are_kept() -> None:
    assert lk.ZeroInflated("poisson") is lk.ZeroInflated(lk.Poisson)
    assert issubclass(lk.ZeroInflated(lk.Poisson), lk.ZeroInflated)
    assert {"fixed", "mixture", "censored"} <= set(modifiers())
    assert "fixed" not in lk.catalogue()


def test_a_moment_wins_over_a_parameter_of_its_name() -> None:
    d = lk.ZeroInflated(lk.NegativeBinomial)(mean=3.0, dispersion=0.5, gate=0.2)
    assert d.mean == pytest.approx(2.4)
    assert d.parameters["mean"] == 3.0


def test_fixed_is_the_family_at_that_value() -> None:
    y = np.array([0.3, 1.0, 7.0])
    d, full = lk.Fixed(lk.Weibull, concentration=1.5)(2.0), lk.Weibull(2.0, 1.5)
    np.testing.assert_array_equal(d.log_prob(y), full.log_prob(y))
    assert set(d.score(y)) == {"scale"}


def test_truncation_that_cuts_nothing_is_the_family() -> None:
    y = np.array([-1.0, 0.0, 2.0])
    d = lk.Truncated(lk.Normal, -60, 60)(0.5, 1.0)
    np.testing.assert_allclose(d.log_prob(y), lk.Normal(0.5, 1.0).log_prob(y), rtol=1e-15)
    assert lk.Truncated(lk.Normal, lower=30)(0.0, 1.0).mean == pytest.approx(
        30.033259667432677, rel=1e-12
    )


def test_hurdle_with_the_familys_own_zeros_is_the_family() -> None:
    y = np.arange(6.0)
    d = lk.Hurdle(lk.Poisson)(2.0, math.exp(-2.0))
    np.testing.assert_allclose(d.log_prob(y), lk.Poisson(2.0).log_prob(y), rtol=1e-14)


def test_no_more_zeros_than_expected_gives_no_gate() -> None:
    found = lk.ZeroInflated(lk.Poisson).mle([1.0, 1.0, 2.0, 3.0, 1.0, 0.0])
    assert found.parameters["gate"] == 0
    assert found.parameters["rate"] == pytest.approx(8 / 6)


@pytest.mark.parametrize("family", [lk.ZeroInflated(lk.Poisson), lk.Hurdle(lk.Poisson)])
def test_zeros_alone_have_no_optimum(family: type[lk.Distribution]) -> None:
    with pytest.raises(NoFiniteOptimumError, match="all observations are 0"):
        family.mle([0.0, 0.0])


def test_probabilities_of_both_ends_stay_below_one_under_their_links() -> None:
    linked = Linked(lk.ZeroOneInflated(lk.Beta))
    eta = np.array([0.3, 1.0, 5.0, 5.0])
    found = linked.parameters(eta)
    assert found["zero"] + found["one"] < 1
    np.testing.assert_allclose(linked.predictors(found), eta, rtol=1e-12)
    with pytest.raises(LikelierError, match="must not exceed 1"):
        lk.ZeroOneInflated(lk.Beta)(mean=0.5, precision=1.0, zero=0.6, one=0.6)


# ---------------------------------------------------------------------- mixtures


def test_mixture_finds_its_components_in_order() -> None:
    truth = lk.Mixture(lk.Normal, 3)([9.0, 0.0, 4.0], [1.0, 1.0, 0.5], weights=[0.2, 0.5, 0.3])
    found = lk.Mixture(lk.Normal, 3).mle(truth.sample(3000, seed=3))
    np.testing.assert_allclose(found.parameters["loc"], [0.0, 4.0, 9.0], atol=0.15)
    np.testing.assert_allclose(found.weights, [0.5, 0.3, 0.2], atol=0.03)


def test_mixture_does_not_collapse_onto_a_point() -> None:
    y = np.round(np.random.default_rng(0).normal(0, 1, 200), 1)
    found = lk.Mixture(lk.Normal, 2).mle(y)
    assert np.all(found.parameters["scale"] > 1e-2)
    with pytest.raises(NoFiniteOptimumError, match="collapsed"):
        lk.Mixture(lk.Normal, 2).mle([1.0, 1.0, 1.0, 1.0])


def test_responsibilities_are_bayes() -> None:
    d = lk.Mixture(lk.Normal, 2)(loc=[0.0, 2.0], scale=1.0, weights=[0.5, 0.5])
    np.testing.assert_allclose(d.responsibilities(1.0), [0.5, 0.5])
    np.testing.assert_allclose(d.responsibilities(2.0)[1], 1 / (1 + math.exp(-2)))


def test_shapes_of_components_are_checked() -> None:
    with pytest.raises(LikelierError, match="needs 2 values on its last axis"):
        lk.Mixture(lk.Normal, 2)([0.0, 1.0, 2.0], 1.0, [0.0, 0.0])


def test_names_that_clash_are_told_apart() -> None:
    assert "mixture_logits" in lk.Mixture(lk.Binomial, 2).parameter_names


# ---------------------------------------------------------------------- censoring


def _log_interval(log_prob, cdf, lower, upper):
    """log P(lower <= Y <= upper), or log density where both agree, by mpmath."""
    if lower == upper:
        return log_prob(mpf(lower))
    high = mpf(1) if upper == math.inf else cdf(mpf(upper))
    low = mpf(0) if lower == -math.inf else cdf(mpf(lower))
    return mp.log(high - low)


ENDS = [
    (-math.inf, 1.0),
    (0.0, math.inf),
    (1.5, 1.5),
    (2.0, 2.5),
    (0.5, 0.5 + 2.0**-30),
    (-40.0, -39.0),
    (30.0, math.inf),
    (37.0, 38.5),
]


@pytest.mark.parametrize("ends", ENDS, ids=str)
def test_censored_normal_against_mpmath(ends: tuple[float, float]) -> None:
    loc, scale = 0.25, 1.25

    def log_lik(m, s):
        return _log_interval(lambda y: mp.log(mp.npdf(y, m, s)), lambda y: mp.ncdf(y, m, s), *ends)

    with mp.workdps(700):
        right = log_lik(mpf(loc), mpf(scale))
        slopes = [
            mp.diff(lambda m: log_lik(m, mpf(scale)), loc, h=mpf(10) ** -100),
            mp.diff(lambda s: log_lik(mpf(loc), s), scale, h=mpf(10) ** -100),
        ]
    d, y = lk.Censored(lk.Normal)(loc, scale), lk.interval(*ends)
    assert float(d.log_prob(y)) == pytest.approx(float(right), rel=1e-13)
    score = d.score(y)
    assert float(score["loc"]) == pytest.approx(float(slopes[0]), rel=1e-11)
    assert float(score["scale"]) == pytest.approx(float(slopes[1]), rel=1e-11)
    with jax.enable_x64(True):
        slope = jax.grad(lambda m: lk.Censored(lk.Normal)(m, scale).log_prob(y).sum())(
            jnp.array(loc)
        )
    assert float(slope) == pytest.approx(float(slopes[0]), rel=1e-11)


def test_censored_exponential_has_its_textbook_estimate() -> None:
    """Total time over number of events: Kalbfleisch and Prentice (2002), section 3.2."""
    time, event = np.array([2.0, 3.0, 4.5, 5.0, 8.0]), np.array([1, 1, 0, 1, 0])
    found = lk.Censored(lk.Exponential).mle(lk.right_censored(time, event))
    assert float(found.mean) == pytest.approx(22.5 / 3, rel=1e-9)


def test_counts_in_an_interval_include_both_ends() -> None:
    d = lk.Censored(lk.Poisson)(2.0)
    expected = np.log(np.sum(np.exp(lk.Poisson(2.0).log_prob(np.arange(2.0, 5.0)))))
    assert d.log_prob(lk.interval(2, 4)) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("base", ["gamma", "negative_binomial", "beta", "student_t"])
def test_derivatives_of_a_cdf_agree_with_differences(base: str) -> None:
    """Central differences of fourth order, right to about 1e-10."""
    family = from_text(base)
    values = {"gamma": (2.0, 1.5), "negative_binomial": (3.0, 0.5), "beta": (0.4, 3.0)}
    at = dict(zip(family.parameter_names, values.get(base, (4.0, 0.2, 1.5)), strict=True))
    y = lk.interval([1.0, -math.inf, 0.0], [math.inf, 2.0, 1.0])
    if base == "beta":
        y = lk.interval([0.2, -math.inf, 0.5], [math.inf, 0.9, 0.7])
    censored = lk.Censored(family)
    score = censored(**at).score(y)
    for name, value in at.items():
        total = np.zeros(3)
        for multiple, weight in ((1, 8.0), (-1, -8.0), (2, -1.0), (-2, 1.0)):
            moved = {**at, name: value + multiple * 1e-3 * value}
            total += weight * censored(**moved).log_prob(y)
        np.testing.assert_allclose(score[name], total / (12e-3 * value), rtol=1e-8, atol=1e-10)


def test_censored_observations_are_checked() -> None:
    with pytest.raises(DataError, match="row 2"):
        lk.interval([0.0, 2.0], [1.0, 1.0])
    with pytest.raises(DataError, match="row 1 holds 2"):
        lk.right_censored([1.0], [2])
    with pytest.raises(SupportError, match="observation 2"):
        lk.Censored(lk.Weibull).mle(lk.interval([1.0, -3.0], [1.0, -2.0]))
    with pytest.raises(LikelierError, match="observed"):
        lk.Censored(lk.Normal)(0.0, 1.0).information()
    values = lk.right_censored([1.0, 2.0, 3.0], [1, 0, 1])
    assert len(values[1:]) == 2
    assert np.asarray(values).shape == (3, 2)


def test_variances_of_truncated_counts_of_many_sizes() -> None:
    """Sums over counts take rows of like length together; each keeps its own mean."""
    rates = np.array([0.5, 3.0, 40.0, 900.0])
    found = lk.Truncated(lk.Poisson, lower=1)(rate=rates).variance
    k = np.arange(1, 3000)
    for rate, variance in zip(rates, found, strict=True):
        mass = stats.poisson.pmf(k, rate)
        mass /= mass.sum()
        mean = (k * mass).sum()
        assert variance == pytest.approx(((k - mean) ** 2 * mass).sum(), rel=1e-12)

"""Likelihood-ratio, Wald and score tests against statsmodels, R and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.special import betaln, gammaln
from scipy.stats import chi2

import likelier as lk
from likelier import datasets
from likelier.inference import edge_p_value, embedding

RNG = np.random.default_rng(11)
N = 300
X, Z = RNG.standard_normal(N), RNG.standard_normal(N)
G = RNG.choice(list("abc"), N)
RATE = np.exp(0.4 + 0.3 * X + 0.1 * Z)
COUNTS = {"x": X, "z": Z, "g": G, "y": RNG.poisson(RATE * RNG.gamma(2, 0.5, N)).astype(float)}
DESIGN = np.column_stack([np.ones(N), X, Z, G == "b", G == "c"]).astype(float)
POISSON = lk.fit("y ~ x + z + C(g)", COUNTS, "poisson")


def _sm(columns: list[int]) -> sm.GLM:
    return sm.GLM(COUNTS["y"], DESIGN[:, columns], sm.families.Poisson())


def test_likelihood_ratio_of_terms_of_another_fit_and_of_statsmodels_agree() -> None:
    small = lk.fit("y ~ x", COUNTS, "poisson")
    expected = 2 * (_sm([0, 1, 2, 3, 4]).fit(tol=1e-14).llf - _sm([0, 1]).fit(tol=1e-14).llf)
    for found in (
        POISSON.test(small),
        small.test(POISSON),
        POISSON.test(terms=["z", "C(g)"]),
        POISSON.test(terms=("z", "C(g)[T.b]", "C(g)[T.c]")),
    ):
        assert found.statistic == pytest.approx(expected, rel=1e-8)
        assert found.degrees_of_freedom == 3
        assert found.p_value == pytest.approx(chi2.sf(expected, 3), rel=1e-8)


@pytest.mark.parametrize("kind", ["observed", "sandwich"])
def test_wald_is_that_of_statsmodels(kind: str) -> None:
    fitted = _sm([0, 1, 2, 3, 4]).fit(
        tol=1e-14, cov_type="nonrobust" if kind == "observed" else "HC0"
    )
    expected = fitted.wald_test(np.eye(5)[2:], scalar=True)
    found = POISSON.test(terms=["z", "C(g)"], method="wald", covariance=kind)
    assert found.statistic == pytest.approx(float(expected.statistic), rel=1e-7)
    assert found.p_value == pytest.approx(float(expected.pvalue), rel=1e-7)


def test_wald_with_clusters_is_that_of_statsmodels() -> None:
    groups = np.repeat(np.arange(30), 10)
    fitted = _sm([0, 1, 2, 3, 4]).fit(tol=1e-14, cov_type="cluster", cov_kwds={"groups": groups})
    expected = fitted.wald_test(np.eye(5)[2:], scalar=True)
    found = POISSON.test(terms=["z", "C(g)"], method="wald", covariance="cluster", groups=groups)
    assert found.statistic == pytest.approx(float(expected.statistic), rel=1e-7)


def test_score_is_that_of_statsmodels() -> None:
    held = _sm([0, 1]).fit(tol=1e-14)
    expected = held.score_test(exog_extra=DESIGN[:, 2:])
    small = lk.fit("y ~ x", COUNTS, "poisson")
    for found in (
        POISSON.test(small, method="score"),
        POISSON.test(terms=["z", "C(g)"], method="score"),
    ):
        assert found.statistic == pytest.approx(np.squeeze(expected[0]), rel=1e-7)
        assert found.p_value == pytest.approx(np.squeeze(expected[1]), rel=1e-7)


def test_beetles_as_in_r() -> None:
    # R 4.2.2: glm(cbind(killed, beetles - killed) ~ log_dose + I(log_dose^2), binomial),
    # anova(test = "LRT"), anova(test = "Rao"), and the square of the z value.
    beetles = datasets.load("beetles")
    dose = np.asarray(beetles["log_dose"])
    table = {
        "dose": dose,
        "square": dose**2,
        "killed": np.asarray(beetles["killed"], dtype=float),
        "total_count": np.asarray(beetles["beetles"], dtype=float),
    }
    large = lk.fit("killed ~ dose + square", table, "binomial")
    small = lk.fit("killed ~ dose", table, "binomial")
    assert large.test(small).statistic == pytest.approx(8.037325812, rel=1e-8)
    assert large.test(small, method="score").statistic == pytest.approx(7.616555044, rel=1e-7)
    found = large.test(terms="square", method="wald")
    # The coefficients are known to fewer digits: the columns are nearly collinear.
    assert found.statistic == pytest.approx(2.70313470804**2, rel=1e-6)


def test_strikes_exponential_inside_weibull_as_in_r() -> None:
    # survival 3.5.3: anova(survreg(exponential), survreg(weibull)).
    strikes = datasets.load("strikes")
    weibull = lk.fit("duration ~ iprod", strikes, "weibull")
    exponential = lk.fit("duration ~ iprod", strikes, "exponential")
    found = weibull.test(exponential)
    assert found.edges == ()
    assert found.statistic == pytest.approx(0.000879013094163, abs=1e-8)
    assert found.p_value == pytest.approx(0.976347660049, abs=1e-5)


def test_poisson_inside_negative_binomial_is_half_a_chi_squared() -> None:
    poisson, negative = (lk.fit("y ~ x", COUNTS, f) for f in ("poisson", "negative_binomial"))
    found = negative.test(poisson)
    expected = 2 * (
        sm.NegativeBinomial(COUNTS["y"], DESIGN[:, :2]).fit(disp=False, maxiter=500, gtol=1e-5).llf
        - _sm([0, 1]).fit(tol=1e-14).llf
    )
    # statsmodels stops its search at a slope of 1e-5; the likelihood is flat there.
    assert found.statistic == pytest.approx(expected, rel=1e-7)
    assert found.edges == ("dispersion",)
    assert found.p_value == pytest.approx(chi2.sf(found.statistic, 1) / 2, rel=1e-10)


def test_an_edge_with_terms_beside_it_mixes_neighbouring_degrees_of_freedom() -> None:
    poisson = lk.fit("y ~ x", COUNTS, "poisson")
    negative = lk.fit("y ~ x + z", COUNTS, "negative_binomial")
    found = poisson.test(negative)
    half = (chi2.sf(found.statistic, 1) + chi2.sf(found.statistic, 2)) / 2
    assert found.degrees_of_freedom == 2
    assert found.p_value == pytest.approx(half, rel=1e-10)


def test_an_estimate_at_the_edge_has_p_value_one() -> None:
    y = np.array([4.0, 5.0, 5.0, 4.0, 6.0, 5.0, 5.0, 4.0])
    found = lk.fit("y ~ 1", {"y": y}, "negative_binomial").test(
        lk.fit("y ~ 1", {"y": y}, "poisson")
    )
    assert found.statistic == 0
    assert found.p_value == 1


def test_edge_p_value_at_the_quantiles_of_self_and_liang() -> None:
    # Case 5: the 95 % point of half a χ²₁ is the 90 % point of χ²₁.
    assert edge_p_value(chi2.ppf(0.9, 1), 1) == pytest.approx(0.05, rel=1e-12)
    assert edge_p_value(0.0, 1) == 1
    statistic = 4.2
    expected = 0.5 * chi2.sf(statistic, 2) + 0.5 * chi2.sf(statistic, 3)
    assert edge_p_value(statistic, 3) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("small", "large", "edges"),
    [
        ("poisson", "negative_binomial", ("dispersion",)),
        ("poisson", "zero_inflated(poisson)", ("gate",)),
        ("negative_binomial", "zero_inflated(negative_binomial)", ("gate",)),
        ("zero_inflated(poisson)", "zero_inflated(negative_binomial)", ("dispersion",)),
        ("poisson", "zero_inflated(negative_binomial)", ("gate", "dispersion")),
        ("geometric", "negative_binomial", ()),
        ("geometric", "zero_inflated(negative_binomial)", ("gate",)),
    ],
)
def test_families_of_counts_inside_others(small: str, large: str, edges: tuple[str, ...]) -> None:
    fits = [lk.fit("y ~ x", COUNTS, family) for family in (small, large)]
    found = fits[1].test(fits[0])
    assert found.edges == edges
    gain = fits[1].log_likelihood - fits[0].log_likelihood
    assert found.statistic == pytest.approx(2 * max(gain, 0), abs=1e-5)


@pytest.mark.parametrize(
    ("small", "large"),
    [
        ("normal", "student_t"),
        ("cauchy", "student_t"),
        ("gumbel", "gev"),
        ("fixed(student_t, df=5)", "student_t"),
    ],
)
def test_families_of_reals_inside_others(small: str, large: str) -> None:
    y = np.random.default_rng(3).gumbel(size=200)
    fits = [lk.fit("y ~ 1", {"y": y}, family) for family in (small, large)]
    found = fits[1].test(fits[0])
    assert found.degrees_of_freedom == 1
    assert 0 <= found.p_value <= 1


def test_beta_binomial_holds_the_binomial() -> None:
    total = np.full(120, 12.0)
    p = np.random.default_rng(5).beta(4, 6, 120)
    y = np.random.default_rng(6).binomial(12, p).astype(float)
    table = {"y": y, "total_count": total}
    large, small = (lk.fit("y ~ 1", table, f) for f in ("beta_binomial", "binomial"))
    found = large.test(small)
    assert found.edges == ("precision",)
    mean, precision = (
        1 / (1 + math.exp(-large.params.estimate[0])),
        math.exp(large.params.estimate[1]),
    )
    a, b = mean * precision, (1 - mean) * precision
    choose = gammaln(13) - gammaln(y + 1) - gammaln(13 - y)
    best = np.sum(choose + betaln(y + a, 12 - y + b) - betaln(a, b))
    share = y.mean() / 12
    null = np.sum(choose + y * math.log(share) + (12 - y) * math.log1p(-share))
    assert found.statistic == pytest.approx(2 * (best - null), rel=1e-8)


def test_the_same_columns_written_otherwise_are_nested() -> None:
    table = {**COUNTS, "w": 2 * X - 3 * Z + 1}
    other = lk.fit("y ~ w", table, "poisson")
    whole = lk.fit("y ~ x + z", table, "poisson")
    found = whole.test(other)
    expected = 2 * (whole.log_likelihood - other.log_likelihood)
    assert found.statistic == pytest.approx(expected, rel=1e-10)
    wald = whole.test(other, method="wald")
    # b_x / 2 = −b_z / 3 under the hypothesis.
    contrast = np.array([0.0, 3.0, 2.0])
    b, covariance = whole.params.estimate.to_numpy(), whole.covariance().to_numpy()
    by_hand = (contrast @ b) ** 2 / (contrast @ covariance @ contrast)
    assert wald.statistic == pytest.approx(by_hand, rel=1e-8)


def test_an_offset_is_a_coefficient_held_at_one() -> None:
    offset = lk.fit("y ~ z", COUNTS, "poisson", offset="x")
    free = lk.fit("y ~ z + x", COUNTS, "poisson")
    found = free.test(offset, method="wald")
    b, se = free.params.estimate[2], free.standard_errors.standard_error[2]
    assert found.statistic == pytest.approx(((b - 1) / se) ** 2, rel=1e-7)


def test_terms_of_another_parameter() -> None:
    y = 1 + X + np.exp(0.3 * X) * np.random.default_rng(2).standard_normal(N)
    fit = lk.fit({"loc": "y ~ x", "scale": "~ x"}, {"x": X, "y": y}, "normal")
    small = lk.fit("y ~ x", {"x": X, "y": y}, "normal")
    expected = 2 * (fit.log_likelihood - small.log_likelihood)
    assert fit.test(terms=("scale", "x")).statistic == pytest.approx(expected, rel=1e-8)
    assert fit.test(small).statistic == pytest.approx(expected, rel=1e-10)
    # The slope of the likelihood by hand: z² − 1 against x, and 2 Σ (x − x̄)² of information.
    z = (y - small.predict().mean) / small.predict().stddev
    centred = X - X.mean()
    by_hand = (centred @ (z**2 - 1)) ** 2 / (2 * centred @ centred)
    found = fit.test(terms=("scale", "x"), method="score")
    assert found.statistic == pytest.approx(by_hand, rel=1e-6)


def test_a_censored_family_has_a_score_test_by_its_observed_information() -> None:
    time = np.exp(0.5 + 0.02 * X + 0.3 * np.random.default_rng(2).standard_normal(N))
    table = {"x": X, "time": np.minimum(time, 2.0), "event": (time < 2).astype(int)}
    fit = lk.fit("Surv(time, event) ~ x", table, "log_normal")
    score, ratio = (fit.test(terms="x", method=m).statistic for m in ("score", "likelihood_ratio"))
    # Equal to first order: the effect is small.
    assert score == pytest.approx(ratio, rel=0.1)


def test_a_kinked_likelihood_has_a_ratio_too() -> None:
    y = 1 + 0.3 * X + np.random.default_rng(4).laplace(size=N)
    fit, small = (lk.fit(f, {"x": X, "y": y}, "laplace") for f in ("y ~ x", "y ~ 1"))
    expected = 2 * (fit.log_likelihood - small.log_likelihood)
    # Both searches round the kink over a width of 1e-9 scales, n of which are 3e-7 nats.
    assert fit.test(terms="x").statistic == pytest.approx(expected, abs=1e-5)


def test_a_separated_term_has_a_likelihood_ratio_and_no_wald_test() -> None:
    table = {"y": [0, 0, 0, 1, 0, 1], "g": ["a", "a", "a", "b", "b", "b"]}
    fit = lk.fit("y ~ g", table, "bernoulli")
    found = fit.test(terms="g")
    null = 2 * math.log(2 / 6) + 4 * math.log(4 / 6)
    best = 2 * math.log(2 / 3) + math.log(1 / 3)
    assert found.statistic == pytest.approx(2 * (best - null), abs=1e-6)
    with pytest.raises(lk.LikelierError, match="likelihood_ratio"):
        fit.test(terms="g", method="wald")


def test_frequency_weights_test_like_repeated_rows() -> None:
    w = np.random.default_rng(9).integers(1, 4, N)
    weighted = lk.fit("y ~ x + z", {**COUNTS, "w": w}, "negative_binomial", weights="w")
    table = {k: np.repeat(v, w) for k, v in COUNTS.items()}
    repeated = lk.fit("y ~ x + z", table, "negative_binomial")
    assert weighted.aicc == pytest.approx(repeated.aicc, rel=1e-10)
    for method in ("likelihood_ratio", "wald", "score"):
        one, other = (fit.test(terms="z", method=method) for fit in (weighted, repeated))
        assert one.statistic == pytest.approx(other.statistic, rel=1e-6), method


def test_precision_weights_do_not_depend_on_their_unit() -> None:
    w = np.random.default_rng(9).uniform(0.5, 2, N)
    fits = [
        lk.fit("y ~ x", {**COUNTS, "w": k * w}, "normal", weights="w", weight_type="precision")
        for k in (1, 9)
    ]
    for method in ("likelihood_ratio", "wald", "score"):
        one, other = (fit.test(terms="x", method=method) for fit in fits)
        assert one.statistic == pytest.approx(other.statistic, rel=1e-8), method


def test_aicc_is_the_formula_and_infinite_without_rows_to_spare() -> None:
    fit = lk.fit("y ~ x", {"x": X[:10], "y": X[:10] + Z[:10]}, "normal")
    assert fit.aicc == pytest.approx(fit.aic + 2 * 3 * 4 / (10 - 3 - 1), rel=1e-12)
    tiny = lk.fit("y ~ x", {"x": X[:4], "y": X[:4] + Z[:4]}, "normal")
    assert tiny.aicc == math.inf


def test_what_cannot_be_tested_is_refused_by_name() -> None:
    negative = lk.fit("y ~ x", COUNTS, "negative_binomial")
    cases = [
        (
            lambda: POISSON.test(lk.fit("y ~ x", {**COUNTS, "y": COUNTS["y"] + 1}, "poisson")),
            "targ",
        ),
        (lambda: POISSON.test(lk.fit("y ~ x", pd.DataFrame(COUNTS)[:99], "poisson")), "rows"),
        (
            lambda: POISSON.test(lk.fit("y ~ x", {**COUNTS, "w": X**2}, "poisson", weights="w")),
            "wei",
        ),
        (lambda: lk.fit("y ~ z", COUNTS, "poisson").test("z"), "terms="),
        (lambda: negative.test(lk.fit("y ~ z", COUNTS, "poisson")), "columns of mean"),
        (lambda: negative.test(lk.fit("y ~ z + C(g)", COUNTS, "hurdle(poisson)")), "inside"),
        (lambda: POISSON.test(terms="zz"), "no term"),
        (lambda: POISSON.test(), "takes another fit"),
        (lambda: POISSON.test(terms="z", method="walt"), "Did you mean `wald`"),
        (lambda: POISSON.test(terms="z", covariance="HC1"), "is for method='wald'"),
        (lambda: negative.test(lk.fit("y ~ x", COUNTS, "poisson"), method="wald"), "edge"),
        (
            lambda: lk.fit(
                {"mean": "y ~ x", "dispersion": "~ z"}, COUNTS, "negative_binomial"
            ).test(lk.fit("y ~ x", COUNTS, "poisson")),
            "no known distribution",
        ),
    ]
    for call, message in cases:
        with pytest.raises(lk.LikelierError, match=message):
            call()


def test_the_catalogue_of_nested_families_is_true_of_their_densities() -> None:
    y = np.array([0.0, 1.0, 2.0, 5.0])
    held = embedding(lk.Poisson, lk.ZeroInflated(lk.NegativeBinomial))
    assert held is not None
    values = {"mean": 1.7, **held.held}
    found = lk.ZeroInflated(lk.NegativeBinomial)(**values).log_prob(y)
    np.testing.assert_allclose(found, lk.Poisson(rate=1.7).log_prob(y), atol=1e-7)
    assert embedding(lk.Poisson, lk.Normal) is None


def test_a_test_prints_as_a_sentence() -> None:
    text = str(POISSON.test(terms="z"))
    assert text.startswith("Hypothesis: `z` is 0; p < 0.001 (likelihood")
    assert text.endswith("on 1 degree of freedom).")

"""`lk.ab_test`: totals and rows, what is refused, what people see, regressions."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats

import likelier as lk

TWO = {"A": (120, 1000), "B": (150, 1010)}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """3,000 rows: arm, covariates and outcomes of every family."""
    rng = np.random.default_rng(12)
    n = 3000
    arm = rng.choice(["red", "blue", "green"], n)
    x, region = rng.standard_normal(n), rng.choice(["north", "south"], n)
    lifted = (arm == "green") * 1.0
    return pd.DataFrame(
        {
            "the arm": arm,
            "x": x,
            "region": region,
            "converted": rng.random(n) < 1 / (1 + np.exp(2 - 0.6 * lifted - x)),
            "visits": rng.poisson(np.exp(0.2 * lifted + 0.3 * x)),
            "days": rng.integers(1, 9, n),
            "spent": rng.normal(1e6 + lifted, 3.0, n),
            "waited": rng.exponential(2 + lifted, n),
        }
    )


# ---------------------------------------------------------------------- answers


def test_two_arms_from_totals() -> None:
    test = lk.ab_test(TWO)
    assert test.probability_better("B", "A") == pytest.approx(0.9694260452859377, rel=1e-13)
    assert test.probability_best["B"] == test.probability_better("B", "A")
    assert test.probability_better("A", "B") == pytest.approx(1 - 0.9694260452859377, rel=1e-12)
    assert isinstance(test.posterior["A"], lk.Beta)
    assert test.posterior["A"].concentration1 == 121
    assert list(test.expected_loss) == ["A", "B"]
    # E θ_B − E θ_A is what is lost with A less what is lost with B.
    gain = test.expected_loss["A"] - test.expected_loss["B"]
    assert gain == pytest.approx(151 / 1012 - 121 / 1002, rel=1e-12)
    effect = test.difference("B", "A", level=0.9)
    assert (effect.arm, effect.baseline, effect.level) == ("B", "A", 0.9)
    wider = test.difference("B", "A")
    assert wider.lower < effect.lower < effect.estimate < effect.upper < wider.upper
    lift = test.lift("B", "A")
    assert lift.estimate == pytest.approx(0.2362, abs=1e-4)
    assert test.lift("A", "B").estimate == pytest.approx(1 / (1 + lift.estimate) - 1, rel=1e-9)


def test_lower_is_better_turns_everything_round() -> None:
    high, low = lk.ab_test(TWO), lk.ab_test(TWO, better="lower")
    assert low.probability_better("A", "B") == high.probability_better("B", "A")
    assert low.probability_best["A"] == high.probability_best["B"]
    assert low.expected_loss["A"] == pytest.approx(high.expected_loss["B"], rel=1e-11)
    assert low.difference("B", "A") == high.difference("B", "A")
    assert low.verdict.startswith("A is better than B with probability 96.9 %")


def test_the_posterior_of_each_family() -> None:
    kinds = {
        "bernoulli": (TWO, lk.Beta),
        "poisson": ({"A": (3, 10.5), "B": (0, 4)}, lk.Gamma),
        "normal": ({"A": (10, 2, 30), "B": (11, 3, 40)}, lk.StudentT),
        "exponential": ({"A": (21, 182), "B": (9, 359)}, lk.InverseGamma),
    }
    for family, (totals, kind) in kinds.items():
        test = lk.ab_test(totals, family=family)
        assert all(type(d) is kind for d in test.posterior.values())
        assert sum(test.probability_best.values()) == pytest.approx(1, abs=1e-12)


def test_the_reference_prior_gives_the_classical_t_interval() -> None:
    test = lk.ab_test({"A": (10, 2, 30), "B": (11, 3, 40)}, family="normal")
    expected = stats.t(29, 10, 2 / math.sqrt(30)).interval(0.95)
    np.testing.assert_allclose(test.posterior["A"].interval(0.95), expected, rtol=1e-12)


def test_a_prior_of_the_mean_is_updated_as_by_gelman() -> None:
    prior = {"loc": 8.0, "evidence": 4.0, "alpha": 3.0, "beta": 5.0}
    test = lk.ab_test({"A": (10, 2, 30), "B": (11, 3, 1)}, family="normal", prior=prior)
    d = test.posterior["A"]
    # Gelman et al. (2013), section 3.3, in terms of alpha and beta.
    beta = 5 + 0.5 * 29 * 4 + 0.5 * 4 * 30 / 34 * (10 - 8) ** 2
    assert d.df == pytest.approx(2 * (3 + 15))
    assert d.loc == pytest.approx((4 * 8 + 30 * 10) / 34)
    assert d.scale == pytest.approx(math.sqrt(beta / 18 / 34), rel=1e-12)
    assert test.posterior["B"].df == 7  # one outcome, whose sd says nothing


def test_leukaemia() -> None:
    """Freireich et al. (1963): 9 relapses in 359 weeks on 6-MP, 21 in 182 on placebo."""
    data = lk.datasets.load("leukemia")
    test = lk.ab_test(
        data, outcome="Surv(weeks, relapse)", arm="treatment", family="exponential",
        control="placebo",
    )  # fmt: skip
    assert test.totals == {"6-MP": (9, 359), "placebo": (21, 182)}
    # The ratio of rates is F-distributed: (k / t) / (k′ / t′) × F(2 k, 2 k′), k of the posteriors.
    f = stats.f(2 * 22, 2 * 10)
    rates = (22 / 182) / (10 / 359)
    lift = test.lift("6-MP", "placebo")
    assert 1 + lift.lower == pytest.approx(rates * f.ppf(0.025), rel=1e-9)
    assert 1 + lift.upper == pytest.approx(rates * f.ppf(0.975), rel=1e-9)
    assert test.probability_better("placebo", "6-MP") == pytest.approx(f.cdf(1 / rates), rel=1e-9)
    assert test.verdict.startswith("6-MP is better than placebo with probability >99.9 %")


# ---------------------------------------------------------------------- rows


@pytest.mark.parametrize(
    ("family", "outcome", "exposure"),
    [
        ("bernoulli", "converted", None),
        ("poisson", "visits", "days"),
        ("poisson", "visits", None),
        ("normal", "spent", None),
        ("exponential", "waited", None),
    ],
)
def test_rows_come_down_to_totals(rows, family, outcome, exposure) -> None:
    totals = {}
    for arm, part in rows.groupby("the arm"):
        y = part[outcome].to_numpy(float)
        totals[arm] = {
            "bernoulli": (y.sum(), len(y)),
            "poisson": (y.sum(), len(y) if exposure is None else part.days.sum()),
            "normal": (y.mean(), y.std(ddof=1), len(y)),
            "exponential": (len(y), y.sum()),
        }[family]
    by_totals = lk.ab_test(totals, family=family)
    for data in (rows, pl.from_pandas(rows), {c: rows[c].to_numpy() for c in rows}):
        test = lk.ab_test(data, outcome=outcome, arm="the arm", family=family, exposure=exposure)
        assert test.arms == ("blue", "green", "red")
        for arm in test.arms:
            np.testing.assert_allclose(test.totals[arm], totals[arm], rtol=1e-12)
    for arm in test.arms:
        assert test.probability_best[arm] == pytest.approx(by_totals.probability_best[arm])


def test_weights_count_rows(rows) -> None:
    few = rows[:60]
    weights = np.arange(60) % 4
    for family, outcome in (("bernoulli", "converted"), ("normal", "spent"), ("poisson", "visits")):
        call = {"outcome": outcome, "arm": "the arm", "family": family}
        weighted = lk.ab_test(few, weights=weights, **call)
        repeated = lk.ab_test(few.loc[np.repeat(few.index, weights)].reset_index(), **call)
        for arm in weighted.arms:
            np.testing.assert_allclose(weighted.totals[arm], repeated.totals[arm], rtol=1e-12)


def test_arms_that_are_numbers_and_outcomes_that_are_words() -> None:
    data = {"y": ["no", "yes", "yes", "no"], "arm": [0, 1, 1, 0]}
    test = lk.ab_test(data, outcome="y", arm="arm")
    assert test.totals == {"0": (0, 2), "1": (2, 2)}
    assert test.probability_better(1, 0) == test.probability_better("1", "0")
    assert "Success is `y` = 'yes'." in repr(test)
    all_true = {"y": [True, True, True], "arm": ["a", "b", "b"]}
    assert lk.ab_test(all_true, outcome="y", arm="arm").totals == {"a": (1, 1), "b": (2, 2)}


def test_missing_rows_are_dropped_and_counted() -> None:
    data = {"y": [1, 0, None, 1, 0, 1], "arm": ["a", "a", "b", "b", None, "c"]}
    test = lk.ab_test(data, outcome="y", arm="arm", missing="drop")
    assert test.totals == {"a": (1, 2), "b": (1, 1), "c": (1, 1)}
    assert "2 rows with a missing value were dropped." in repr(test)


# ---------------------------------------------------------------------- diagnoses


def kinds(test) -> list[str]:
    return [d.kind for d in test.diagnoses]


def test_arms_of_the_wrong_size_are_named() -> None:
    uneven = {"A": (50, 1000), "B": (60, 1300)}
    (found,) = lk.ab_test(uneven).diagnoses
    assert (found.kind, found.severity) == ("sample_ratio", "warning")
    assert found.evidence["p_value"] < 1e-9
    planned = lk.ab_test(uneven, shares={"A": 10, "B": 13})
    assert planned.diagnoses == ()
    assert "Arm sizes agree with the planned shares" in repr(planned)
    # An exposure does not say how many units there are.
    assert lk.ab_test(uneven, family="poisson").diagnoses == ()


def test_thin_arms_are_named() -> None:
    test = lk.ab_test({"A": (0, 10), "B": (0, 0), "C": (12, 12)}, shares={"A": 5, "B": 1, "C": 6})
    assert kinds(test) == ["thin_arm"] * 3
    assert "no success in 10 trials" in test.diagnoses[0].message
    assert "its posterior is the prior" in test.diagnoses[1].message
    zero = lk.ab_test({"A": (0, 10.0), "B": (4, 11.0)}, family="exponential")
    assert "no finite mean" in zero.diagnoses[0].message
    assert zero.expected_loss["B"] == math.inf
    pair = lk.ab_test({"A": (0, 1, 2), "B": (9, 1, 2)}, family="normal")
    assert "no finite mean" in pair.diagnoses[0].message
    assert "has no finite expectation" in pair.verdict


def test_a_baseline_of_uncertain_sign_is_named() -> None:
    test = lk.ab_test({"A": (0.1, 2, 30), "B": (0, 3, 30)}, family="normal")
    assert kinds(test) == ["baseline"]
    assert test.lift("B", "A").lower < -1
    loss = lk.ab_test({"A": (-50, 2, 30), "B": (-40, 2, 30)}, family="normal")
    assert loss.diagnoses == ()
    assert loss.lift("B", "A").estimate == pytest.approx(0.2, abs=1e-3)  # of |−50|


def test_outcomes_that_vary_too_much_are_named(rows) -> None:
    assert kinds(lk.ab_test(rows, outcome="visits", arm="region", family="poisson")) == []
    visits = np.random.default_rng(1).negative_binomial(1, 0.3, len(rows))
    data = {"y": visits, "arm": rows["the arm"]}
    (found,) = lk.ab_test(data, outcome="y", arm="arm", family="poisson").diagnoses
    assert found.kind == "overdispersion"
    assert found.evidence["dispersion"]["red"] == pytest.approx(1 / 0.3, rel=0.15)
    wide = eval(found.remedy, {"ab_test": lk.ab_test, "data": data})
    assert wide.fit.distribution is lk.NegativeBinomial


# ---------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("totals", "options", "words"),
    [
        ({"A": (1, 2)}, {}, "two arms or more"),
        ({}, {}, "two arms or more"),
        ({"A": (3, 2), "B": (1, 2)}, {}, "'A': 3 successes in 2 trials"),
        ({"A": (1.5, 2), "B": (1, 2)}, {}, "'A': successes is a count"),
        ({"A": (math.nan, 2), "B": (1, 2)}, {}, "given: nan"),
        ({"A": (-1, 2), "B": (1, 2)}, {}, "given: -1"),
        ({"A": (1, 2, 3), "B": (1, 2)}, {}, "totals of 'bernoulli' are (successes, trials)"),
        ({"A": 1, "B": 2}, {}, "(successes, trials); given: 1"),
        ({"A": "12", "B": "34"}, {}, "given: '12'"),
        ({"A": {"succeses": 1, "trials": 2}, "B": (1, 2)}, {}, "Did you mean `successes`?"),
        ({"A": (1, -2.0), "B": (1, 2)}, {"family": "poisson"}, "exposure is 0 or above"),
        ({"A": (0, 0.0), "B": (1, 2)}, {"family": "poisson"}, "'A' has no exposure"),
        ({"A": (2, 0.0), "B": (1, 2)}, {"family": "poisson"}, "2 events in an exposure of 0"),
        ({"A": (0, 0.0), "B": (1, 2)}, {"family": "exponential"}, "total time of 0"),
        ({"A": (0, 1, 1), "B": (1, 2, 3)}, {"family": "normal"}, "need 2 rows or more"),
        ({"A": (0, 0, 4), "B": (1, 2, 3)}, {"family": "normal"}, "all outcomes are equal"),
        ({"A": (math.inf, 1, 4), "B": (1, 2, 3)}, {"family": "normal"}, "a finite number"),
        ({"A": (0, -1, 4), "B": (1, 2, 3)}, {"family": "normal"}, "sd is 0 or above"),
        ({"A": (0, 9), "B": (1, 2)}, {"prior": {"concentration1": 0}}, "no success"),
        (TWO, {"family": "bernouli"}, "Did you mean `bernoulli`?"),
        (TWO, {"family": "weibull"}, "There are bernoulli, poisson, normal, exponential"),
        (TWO, {"prior": {"concentration": 1}}, "Did you mean `concentration1`?"),
        (TWO, {"prior": {"concentration1": -1}}, "0 or above; given: -1"),
        (TWO, {"prior": {"concentration1": "1"}}, "is a number; given: '1'"),
        (TWO, {"better": "highr"}, "Did you mean `higher`?"),
        (TWO, {"level": 95}, "a level lies between 0 and 1"),
        (TWO, {"control": "C"}, "there is no arm 'C'. There are A, B."),
        (TWO, {"shares": {"A": 1}}, "a positive share to each arm"),
        (TWO, {"shares": {"A": 1, "BB": 1}}, "there is no arm 'BB'"),
        (TWO, {"covariates": "x"}, "covariates is for rows"),
        (TWO, {"exposure": "x"}, "exposure is for rows"),
        ([1, 2], {}, "rows need the names of two columns"),
        (TWO, {"outcome": "A"}, "rows need the names of two columns"),
    ],
)
def test_totals_that_are_refused(totals, options, words) -> None:
    with pytest.raises(lk.LikelierError, match=re.escape(words)):
        lk.ab_test(totals, **options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"outcome": "convertd", "arm": "the arm"}, "Did you mean `converted`?"),
        ({"outcome": "converted", "arm": "thearm"}, "Did you mean `the arm`?"),
        ({"outcome": "converted", "arm": "x"}, "too many for arms"),
        ({"outcome": "visits", "arm": "the arm"}, "holds 2; it takes 0 or 1"),
        ({"outcome": "spent", "arm": "the arm", "family": "poisson"}, "row 1 holds 1e+06"),
        ({"outcome": "region", "arm": "the arm", "family": "normal"}, "it holds labels"),
        ({"outcome": "visits", "arm": "the arm", "exposure": "days"}, 'exposure is for family="p'),
        (
            {"outcome": "converted", "arm": "the arm", "covariates": "x * `the arm`"},
            "column `the arm` is the arm already",
        ),
        ({"outcome": "converted", "arm": "the arm", "covariates": "z"}, "no column `z`"),
        (
            {"outcome": "converted", "arm": "the arm", "covariates": "x", "prior": {}},
            "it takes no prior",
        ),
        (
            {"outcome": "converted", "arm": "the arm", "covariates": "x", "control": "gren"},
            "Did you mean `green`?",
        ),
    ],
)
def test_rows_that_are_refused(rows, options, words) -> None:
    with pytest.raises(lk.LikelierError, match=re.escape(words)):
        lk.ab_test(rows, **options)


def test_more_rows_that_are_refused() -> None:
    def call(y, arm, **options):
        return lk.ab_test({"y": y, "arm": arm}, outcome="y", arm="arm", **options)

    with pytest.raises(lk.DataError, match="row 3 has no value"):
        call([1, 0, None, 1], ["a", "a", "b", "b"])
    with pytest.raises(lk.DataError, match=r"`arm`: row 2 has no value"):
        call([1, 0, 1], ["a", None, "b"])
    with pytest.raises(lk.DataError, match="there is one, 'a'"):
        call([1, 0, 1], ["a", "a", "a"])
    with pytest.raises(lk.DataError, match="holds 1"):
        call([1, 0, 1], ["a", "a", "a"], covariates="1")
    with pytest.raises(lk.DataError, match="whether that is success"):
        call(["yes", "yes"], ["a", "b"])
    with pytest.raises(lk.SupportError, match="durations"):
        lk.ab_test(
            {"low": [1.0, 2.0], "high": [3.0, 4.0], "arm": ["a", "b"]},
            outcome='Surv(low, high, type="interval")',
            arm="arm",
            family="exponential",
        )


def test_names_of_arms_that_are_refused() -> None:
    test = lk.ab_test({"control": (1, 20), "treatment": (3, 20)})
    with pytest.raises(lk.LikelierError, match="Did you mean `treatment`"):
        test.difference("tretment", "control")
    with pytest.raises(lk.LikelierError, match="two different arms"):
        test.probability_better("control", "control")
    with pytest.raises(lk.LikelierError, match="between 0 and 1"):
        test.lift("treatment", "control", level=95)


# ---------------------------------------------------------------------- what people see


def test_the_verdict_is_one_sentence() -> None:
    assert lk.ab_test(TWO).verdict == (
        "B is better than A with probability 96.9 %: its success rate is 0.0284 higher (95 % "
        "interval −0.0013 to 0.0583), and choosing it loses 0.0059 on average in the case that A "
        "is better."
    )
    three = lk.ab_test({**TWO, "C": (131, 990)}).verdict
    assert three.startswith("Cannot tell yet: B is the best of 3 with probability 83.6 % only;")
    assert "higher than C's" in three
    low = lk.ab_test(TWO, better="lower", level=0.99).verdict
    assert low.startswith("Cannot tell yet: A is better than B with probability 96.9 % only; its")
    assert "0.0284 lower (99 % interval" in low


def test_text_and_html_say_the_same() -> None:
    test = lk.ab_test({"<A>": (120, 1000), "B & C": (150, 1010), "D": (1, 1000)}, control="D")
    text, page = repr(test), test._repr_html_()
    for words in ("120 / 1,000", "against D", "P(best)", "Beta(concentration1=1, conc", "looks"):
        assert words in text
        assert words in page
    assert "<A>" in text
    assert "<A>" not in page
    assert "&lt;A&gt;" in page
    assert max(map(len, text.splitlines())) <= 100


def test_the_table_holds_what_is_printed() -> None:
    test = lk.ab_test(TWO)
    table = test.table
    assert list(table.arm) == ["A", "B"]
    assert list(table.trials) == [1000, 1010]
    assert list(table.probability_best) == list(test.probability_best.values())
    assert list(table.expected_loss) == list(test.expected_loss.values())
    np.testing.assert_allclose(table["median"], [d.median for d in test.posterior.values()])


@pytest.mark.parametrize(
    ("totals", "family"),
    [
        (TWO, "bernoulli"),
        ({"A": (0, 3), "B": (3, 10**9)}, "bernoulli"),
        ({"A": (0.0, 1.0, 2), "B": (5.0, 1.0, 50)}, "normal"),
        ({"A": (0, 10.0), "B": (9, 20.0)}, "exponential"),
        ({"A": (0, 10.0), "B": (9, 20.0)}, "poisson"),
    ],
)
def test_the_plot_shows_densities(totals, family) -> None:
    test = lk.ab_test(totals, family=family)
    plot = test.plot()
    for arm, part in plot.data.groupby("arm"):
        assert np.isfinite(part.density).all()
        x = part[test.conjugate.quantity].to_numpy()
        held = test.posterior[arm].cdf(x[-1]) - test.posterior[arm].cdf(x[0])
        assert held > 0.9
        area = np.trapezoid(part.density, x)
        assert area == pytest.approx(held, abs=0.02)
    texts = [t.get_text() for t in plot.axes.texts]
    assert "A" in texts
    assert any(t.startswith("best with") for t in texts)


# ---------------------------------------------------------------------- regressions


def test_covariates_make_a_regression(rows) -> None:
    test = lk.ab_test(
        rows, outcome="converted", arm="the arm", covariates="x + C(region)", control="red"
    )
    fit = lk.fit("converted ~ C(`the arm`, Treatment('red')) + x + C(region)", rows, "bernoulli")
    limits = fit.conf_int(method="profile")
    assert test.scale == "odds ratio"
    assert list(test.effects.arm) == ["blue", "green"]
    for i, row in enumerate(test.effects.itertuples(), start=1):
        assert row.estimate == pytest.approx(math.exp(fit.params.estimate[i]), rel=1e-9)
        assert row.lower == pytest.approx(math.exp(limits.lower[i]), rel=1e-6)
        assert row.upper == pytest.approx(math.exp(limits.upper[i]), rel=1e-6)
    assert test.verdict.startswith("With x + C(region) held equal, blue cannot be told from red")
    assert "green is better than red (odds ratio 1." in test.verdict
    for text in (repr(test), test._repr_html_()):
        assert "no posterior" in text
    assert test.rows == rows["the arm"].value_counts().to_dict()
    assert len(test.plot().data)


def test_the_scale_of_an_effect_is_that_of_the_link(rows) -> None:
    call = {"arm": "the arm", "covariates": "x", "control": "red"}
    counts = lk.ab_test(rows, outcome="visits", family="poisson", exposure="days", **call)
    assert counts.scale == "ratio of rates"
    spent = lk.ab_test(rows, outcome="spent", family="normal", better="lower", **call)
    assert spent.scale == "difference in loc"
    green = spent.effects.set_index("arm").loc["green"]
    assert green.lower < 1 < green.upper
    assert "green is worse than red" in spent.verdict


def test_a_separated_arm_has_an_open_interval() -> None:
    data = {"y": [0, 0, 0, 1, 1, 0, 1, 1, 0, 1, 0], "arm": ["a"] * 3 + ["b"] * 8}
    test = lk.ab_test(data, outcome="y", arm="arm", covariates="1")
    (effect,) = test.effects.itertuples()
    assert effect.estimate == math.inf
    assert effect.upper == math.inf
    assert 0 < effect.lower < 10
    assert test.fit.diagnoses[0].kind == "separation"
    assert "! separation" in repr(test)

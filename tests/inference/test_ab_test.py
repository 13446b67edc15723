"""Posteriors of arms compared: published sums, integrals with 40 digits, simulation."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from likelier.inference.ab_test import (
    CONJUGATES,
    Difference,
    Lift,
    expected_losses,
    move_quantiles,
    probabilities_best,
    probability_above,
    sample_ratio_p_value,
)
from likelier.inference.ab_test.comparison import log_above
from likelier.inference.ab_test.integrals import log_integral

_spec = importlib.util.spec_from_file_location(
    "ab_oracles", Path(__file__).parent / "ab_oracles.py"
)
assert _spec is not None
assert _spec.loader is not None
oracles = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(oracles)


@pytest.fixture(autouse=True)
def _digits():
    with mp.workdps(40):
        yield


def arms(family, *totals, prior=None):
    """The line and the posteriors of arms with these totals."""
    conjugate = CONJUGATES[family]
    values = conjugate.full_prior(prior)
    return conjugate.on_line([conjugate.posterior("x", t, values) for t in totals])


def off(found, true) -> float:
    """Relative error."""
    return float(abs(mp.mpf(found) / true - 1))


# ---------------------------------------------------------------------- closed forms

BINOMIAL = [
    ((120, 1000), (150, 1010)),
    ((0, 10), (3, 12)),
    ((0, 0), (0, 0)),
    ((0, 0), (1, 1)),
    ((5, 5), (0, 7)),
    ((100, 1000), (400, 1000)),  # 1e-58 on one side
    ((400, 500), (20, 600)),
    ((3, 10**6), (9, 10**6)),
    ((10**6 - 4, 10**6), (10**6 - 1, 10**6)),
    ((1, 10**9), (40, 10**9)),
    ((10**9 - 3, 10**9), (10**9, 10**9)),
]


@pytest.mark.parametrize("totals", BINOMIAL)
def test_beta_probabilities_and_losses_are_millers_and_stucchios(totals) -> None:
    line, pair = arms("bernoulli", *totals)
    losses = expected_losses(line, pair, True)
    with mp.workdps(150):
        for one, other, loss in ((*pair, losses[1]), (*pair[::-1], losses[0])):
            shapes = int(one.a), int(one.b), int(other.a), int(other.b)
            true = oracles.beta_above(*shapes)
            assert off(probability_above(line, one, other), true) < 1e-12
            assert off(math.exp(log_above(line, one, other)), true) < 1e-12
            assert off(loss, oracles.beta_loss(*shapes)) < 1e-12


COUNTS = [((30, 100.0), (45, 110.0)), ((0, 100.0), (4, 50.0)), ((2, 1e-9), (700, 1e-7))]


@pytest.mark.parametrize("totals", COUNTS)
def test_gamma_probabilities_and_losses(totals) -> None:
    line, (p, q) = arms("poisson", *totals)
    true = oracles.gamma_above(q.k, q.rate, p.k, p.rate)
    assert off(probability_above(line, q, p), true) < 1e-13
    assert off(math.exp(log_above(line, q, p)), true) < 1e-12
    assert off(probability_above(line, p, q), 1 - true) < 1e-12
    losses = expected_losses(line, [p, q], True)
    with mp.workdps(80):
        assert off(losses[0], oracles.gamma_loss(q.k, q.rate, p.k, p.rate)) < 1e-12
        assert off(losses[1], oracles.gamma_loss(p.k, p.rate, q.k, q.rate)) < 1e-12


def test_gamma_probabilities_are_millers() -> None:
    line, (p, q) = arms("poisson", (30, 100.0), (45, 110.0), prior={"concentration": 1})
    true = oracles.miller_gamma(46, 110.0, 31, 100.0)
    assert off(probability_above(line, q, p), true) < 1e-13


@pytest.mark.parametrize("totals", [((21, 182.0), (9, 359.0)), ((1, 3.0), (1, 4.0))])
def test_inverse_gamma_probabilities_and_losses(totals) -> None:
    line, (p, q) = arms("exponential", *totals)
    true = oracles.gamma_above(p.k, p.total, q.k, q.total)
    assert off(probability_above(line, q, p), true) < 1e-13
    assert off(math.exp(log_above(line, q, p)), true) < 1e-12
    losses = expected_losses(line, [p, q], True)
    assert off(losses[0], oracles.inverse_gamma_loss(q.k, q.total, p.k, p.total)) < 1e-12
    assert off(losses[1], oracles.inverse_gamma_loss(p.k, p.total, q.k, q.total)) < 1e-12


def test_two_outcomes_an_arm_leave_cauchys_whose_difference_is_one() -> None:
    line, (p, q) = arms("normal", (1.0, 2.0, 2), (4.0, 0.5, 2))
    for found in (p, q):
        assert found.df == 1
    spread = p.scale + q.scale
    true = 0.5 + mp.atan(mp.mpf(3) / spread) / mp.pi
    assert off(probability_above(line, q, p), true) < 1e-13
    found = move_quantiles(line, q, p, Difference, [0.001, 0.25, 0.5, 0.975])
    np.testing.assert_allclose(found, stats.cauchy(3, spread).ppf([0.001, 0.25, 0.5, 0.975]))


def test_many_outcomes_an_arm_leave_normals() -> None:
    n = 10**14
    line, (p, q) = arms("normal", (0.0, 3e7, n), (20.0, 4e7, n))
    # Their difference is Normal(20, 5); far out, what is left of the t counts: 1 + O(1e-11).
    for level in (0.5, 1e-3, 1e-9):
        (found,) = move_quantiles(line, q, p, Difference, [level])
        assert found == pytest.approx(stats.norm(20, 5).ppf(level), rel=1e-11)
    assert probability_above(line, p, q) == pytest.approx(stats.norm.cdf(-4), rel=1e-11)


@pytest.mark.parametrize(
    ("df", "angle", "true"),
    [(6, 0, 2.447), (6, 15, 2.440), (6, 30, 2.435), (6, 45, 2.435)],
)
def test_the_table_of_behrens_and_fisher(df, angle, true) -> None:
    """Two-sided 5 % points, computed by hand; Sukhatme (1938), Sankhyā 4, 39–48."""
    ratio = math.tan(math.radians(angle)) or 1e-9
    n = df + 1
    line, (p, q) = arms("normal", (0.0, math.sqrt(n), n), (0.0, ratio * math.sqrt(n), n))
    (found,) = move_quantiles(line, q, p, Difference, [0.975])
    assert abs(found / math.hypot(1, ratio) - true) < 1e-3  # one unit of the last digit printed


# ---------------------------------------------------------------------- integrals


def test_shapes_that_are_no_whole_numbers() -> None:
    prior = {"concentration1": 0.5, "concentration0": 0.5}
    line, (p, q) = arms("bernoulli", (0, 11), (2, 9), prior=prior)
    pdf, cdf = oracles.beta_pdf(q.a, q.b), oracles.beta_cdf(p.a, p.b)
    true = mp.quad(lambda x: pdf(x) * cdf(x), [0, 0.05, 0.2, 0.5, 1])
    assert q.log_above(p) is None
    assert off(probability_above(line, q, p), true) < 1e-12


def test_students_of_different_spread() -> None:
    line, (p, q) = arms("normal", (0.0, 2.0, 4), (1.5, 5.0, 9))
    pdf, cdf = oracles.student_pdf(q.df, q.loc, q.scale), oracles.student_cdf(p.df, p.loc, p.scale)
    ends = [-mp.inf, -20, -4, 0, 2, 6, 20, mp.inf]
    assert off(probability_above(line, q, p), mp.quad(lambda x: pdf(x) * cdf(x), ends)) < 1e-12
    other = oracles.student_cdf(q.df, q.loc, q.scale)
    loss = mp.quad(lambda x: cdf(x) * (1 - other(x)), ends)
    assert off(expected_losses(line, [p, q], True)[0], loss) < 1e-12


HUGE = [
    ((5 * 10**8, 10**9), (5 * 10**8 + 20_000, 10**9)),
    ((10**7, 10**9), (10**7 + 3_000, 10**9 + 17)),
    ((3 * 10**8, 10**9), (3 * 10**8 + 170_000, 10**9)),  # 8 standard errors
]


@pytest.mark.parametrize("totals", HUGE)
def test_a_thousand_million_trials(totals) -> None:
    line, pair = arms("bernoulli", *totals)
    for p, q in (pair, pair[::-1]):
        middles = [mp.log(mp.mpf(d.a) / mp.mpf(d.b)) for d in (p, q)]
        widths = [mp.sqrt(1 / mp.mpf(d.a) + 1 / mp.mpf(d.b)) for d in (p, q)]
        bells = [oracles.log_odds_density(d.a, d.b) for d in (p, q)]
        true = oracles.above_of_bells(*bells, middles, widths)
        # A rounding of x alone is 1e-16 √n of a standard error.
        assert off(probability_above(line, p, q), true) < 2e-12


@pytest.mark.parametrize("events", [100_000, -250_000])
def test_a_thousand_million_events(events) -> None:
    line, pair = arms("poisson", (10**9, 1e9), (10**9 + events, 1e9))
    for p, q in (pair, pair[::-1]):
        middles = [mp.log(mp.mpf(d.k) / mp.mpf(d.rate)) for d in (p, q)]
        widths = [1 / mp.sqrt(mp.mpf(d.k)) for d in (p, q)]
        bells = [oracles.log_density(d.k, d.rate) for d in (p, q)]
        true = oracles.above_of_bells(*bells, middles, widths)
        assert off(probability_above(line, p, q), true) < 5e-12


QUANTILES = [
    ("bernoulli", ((12, 100), (15, 101)), oracles.beta_pdf, oracles.beta_cdf),
    ("bernoulli", ((0, 10), (12, 12)), oracles.beta_pdf, oracles.beta_cdf),
    ("poisson", ((3, 10.0), (0, 4.0)), oracles.gamma_pdf, oracles.gamma_cdf),
    ("normal", ((3.0, 2.0, 5), (4.0, 1.0, 3)), oracles.student_pdf, oracles.student_cdf),
]


def _shapes(posterior):
    return [v for k, v in vars(posterior).items() if k != "distribution"]


@pytest.mark.parametrize(("family", "totals", "pdf", "cdf"), QUANTILES)
@pytest.mark.parametrize("move", [Difference, Lift])
def test_quantiles_of_differences_and_lifts(family, totals, pdf, cdf, move) -> None:
    line, (p, q) = arms(family, *totals)
    base, arm = pdf(*_shapes(p)), cdf(*_shapes(q))
    zero = mp.mpf(line.zero)
    for level in (0.025, 0.5, 0.99):
        (step,) = move_quantiles(line, q, p, move, [level])

        def integrand(x, step=step):
            return base(x) * arm(x + step * (1 if move is Difference else abs(zero + x)))

        inner = [p.distribution.quantile(v) for v in (1e-6, 0.01, 0.3, 0.7, 0.99, 1 - 1e-6)]
        # Where the cdf has an end, and |zero + x| its corner.
        edges = [-step, line.upper - step, line.upper / (1 + step), -line.zero]
        ends = {line.lower, line.upper, *edges, *inner}
        cuts = sorted(mp.mpf(v) for v in ends if line.lower <= v <= line.upper)
        assert off(mp.quad(integrand, cuts), level) < 1e-10


def test_probabilities_and_losses_of_many_arms_by_integrals() -> None:
    line, posteriors = arms("bernoulli", (12, 100), (15, 101), (9, 80), (2, 7))
    pdfs = [oracles.beta_pdf(d.a, d.b) for d in posteriors]
    cdfs = [oracles.beta_cdf(d.a, d.b) for d in posteriors]
    best, losses = (
        probabilities_best(line, posteriors, True),
        expected_losses(line, posteriors, True),
    )
    ends = [0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1]
    for i in range(4):
        others = [c for j, c in enumerate(cdfs) if j != i]
        with mp.workdps(20):
            true = mp.quad(lambda x: pdfs[i](x) * mp.fprod(c(x) for c in others), ends)  # noqa: B023
            loss = mp.quad(lambda x: cdfs[i](x) * (1 - mp.fprod(c(x) for c in others)), ends)  # noqa: B023
        assert off(best[i], true) < 1e-11
        assert off(losses[i], loss) < 1e-11


# ---------------------------------------------------------------------- simulation

DRAWN = {
    "bernoulli": [(120, 1000), (150, 1010), (131, 990)],
    "poisson": [(30, 100.0), (45, 110.0), (2, 4.0)],
    "normal": [(10.0, 2.0, 9), (11.0, 3.0, 14), (10.5, 1.0, 5)],
    "exponential": [(21, 182.0), (9, 359.0), (15, 300.0)],
}


@pytest.mark.parametrize("family", DRAWN)
@pytest.mark.parametrize("higher", [True, False])
def test_draws_agree_within_their_error(family, higher) -> None:
    conjugate = CONJUGATES[family]
    values = conjugate.full_prior(None)
    posteriors = [conjugate.posterior("x", t, values) for t in DRAWN[family]]
    line, placed = conjugate.on_line(posteriors)
    n = 200_000
    draws = np.array([p.distribution.sample(n, seed=i) for i, p in enumerate(posteriors)])
    top = draws.max(axis=0) if higher else draws.min(axis=0)
    for i, p in enumerate(probabilities_best(line, placed, higher)):
        error = math.sqrt(p * (1 - p) / n) + 1e-12
        assert abs(np.mean(draws[i] == top) - p) < 5 * error + 3 / n
    for i, loss in enumerate(expected_losses(line, placed, higher)):
        gaps = np.abs(top - draws[i])
        assert abs(gaps.mean() - loss) < 5 * gaps.std() / math.sqrt(n) + 1e-9
    for move, steps in (
        (Difference, draws[1] - draws[0]),
        (Lift, (draws[1] - draws[0]) / np.abs(draws[0])),
    ):
        for level in (0.025, 0.5, 0.9):
            (found,) = move_quantiles(line, placed[1], placed[0], move, [level])
            error = math.sqrt(level * (1 - level) / n)
            assert abs(np.mean(steps <= found) - level) < 5 * error


# ---------------------------------------------------------------------- properties

binomials = st.integers(0, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
counts = st.tuples(st.integers(0, 10**6), st.floats(1e-6, 1e6))
samples = st.tuples(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 10**6))
families = st.sampled_from(
    [("bernoulli", binomials), ("poisson", counts), ("exponential", counts), ("normal", samples)]
)


@given(families.flatmap(lambda f: st.tuples(st.just(f[0]), f[1], f[1])))
def test_one_arm_or_the_other_is_better(case) -> None:
    family, *totals = case
    line, (p, q) = arms(family, *totals)
    both = probability_above(line, p, q) + probability_above(line, q, p)
    # Means of two rows have Cauchy's tails: of 3,000 pairs of such the worst was off by 7e-12.
    assert both == pytest.approx(1, abs=3e-11)
    assert sum(probabilities_best(line, [p, q], False)) == pytest.approx(1, abs=3e-11)
    assert probability_above(line, p, p) == pytest.approx(0.5, abs=1e-11)


@given(families.flatmap(lambda f: st.tuples(st.just(f[0]), st.lists(f[1], min_size=3, max_size=5))))
@settings(max_examples=25)
def test_some_arm_is_the_best(case) -> None:
    family, totals = case
    line, posteriors = arms(family, *totals)
    best = probabilities_best(line, posteriors, True)
    assert sum(best) == pytest.approx(1, abs=1e-10)
    turned = probabilities_best(line, posteriors[::-1], True)
    np.testing.assert_allclose(turned[::-1], best, rtol=1e-9, atol=1e-12)
    losses = np.array(expected_losses(line, posteriors, True))
    assert (losses >= 0).all()


@given(binomials, binomials)
def test_another_success_makes_an_arm_better(first, second) -> None:
    line, (p, q) = arms("bernoulli", first, second)
    _, (more,) = arms("bernoulli", (first[0] + 1, first[1] + 1))
    before, after = probability_above(line, p, q), probability_above(line, more, q)
    assert after >= before * (1 - 1e-11)


@given(families.flatmap(lambda f: st.tuples(st.just(f[0]), f[1], f[1])))
@settings(max_examples=25)
def test_distances_there_and_back(case) -> None:
    family, *totals = case
    line, (p, q) = arms(family, *totals)
    there = move_quantiles(line, q, p, Difference, [0.1, 0.5])
    back = move_quantiles(line, p, q, Difference, [0.9, 0.5])
    size = abs(there[0]) + abs(there[1])
    np.testing.assert_allclose(there, [-b for b in back], rtol=1e-9, atol=1e-9 * size)
    if line.lower == 0:
        ahead = np.log1p(move_quantiles(line, q, p, Lift, [0.2]))
        behind = np.log1p(move_quantiles(line, p, q, Lift, [0.8]))
        np.testing.assert_allclose(ahead, -behind, rtol=1e-8, atol=1e-8)


def test_equal_arms_are_equally_often_the_best() -> None:
    for family, totals in DRAWN.items():
        line, posteriors = arms(family, *[totals[0]] * 7)
        np.testing.assert_allclose(
            probabilities_best(line, posteriors, True), 1 / 7, rtol=1e-12, err_msg=family
        )


def test_an_infinite_mean_makes_losses_infinite() -> None:
    line, pair = arms("exponential", (0, 10.0), (5, 20.0))
    assert expected_losses(line, pair, True)[1] == math.inf
    assert math.isfinite(expected_losses(line, pair, True)[0])
    assert expected_losses(line, pair, False)[0] == math.inf
    line, pair = arms("normal", (0.0, 1.0, 2), (0.0, 1.0, 9))
    assert expected_losses(line, pair, True) == [math.inf, math.inf]


# ---------------------------------------------------------------------- pieces


def test_integrals_with_corners_and_far_scales() -> None:
    corner = log_integral(lambda u: np.log(np.maximum(u - 0.1234, 0)), np.array([0.0, 1.0]))
    assert math.exp(corner) == pytest.approx((1 - 0.1234) ** 2 / 2, rel=1e-9)
    narrow = log_integral(
        lambda u: -0.5 * ((u - 0.00314) / 1e-7) ** 2 - 5000, np.array([-700.0, 0.003, 700.0])
    )
    assert narrow + 5000 == pytest.approx(math.log(1e-7 * math.sqrt(2 * math.pi)), abs=1e-11)
    assert log_integral(lambda u: np.full(u.shape, -math.inf), np.array([0.0, 1.0])) == -math.inf


def test_sample_ratio_is_the_exact_test() -> None:
    assert sample_ratio_p_value([3, 17], [0.3, 0.7]) == pytest.approx(
        stats.binomtest(3, 20, 0.3).pvalue, rel=1e-9
    )
    found = sample_ratio_p_value([3, 9, 4], [0.5, 0.3, 0.2])
    pmf = stats.multinomial(16, [0.5, 0.3, 0.2]).pmf
    seen = pmf([3, 9, 4]) * (1 + 1e-9)
    outcomes = [(i, j, 16 - i - j) for i in range(17) for j in range(17 - i)]
    assert found == pytest.approx(sum(v for v in map(pmf, outcomes) if v <= seen), rel=1e-9)
    large = [500_700, 499_300]
    assert sample_ratio_p_value(large, [0.5, 0.5]) == pytest.approx(
        stats.chisquare(large).pvalue, rel=1e-9
    )


@pytest.mark.parametrize("small", [2, 3, 5])
@pytest.mark.parametrize("far", [0.0, 1.0, 1e5])
def test_a_narrow_arm_beside_a_wide_one(small: int, far: float) -> None:
    """Means of few rows have heavy tails; their spreads may differ by seven orders of magnitude."""
    for one, other in (((far, 1e-3, small), (0.0, 1e4, 1000)), ((far, 1e4, small), (0.0, 1e-3, 7))):
        line, (p, q) = arms("normal", one, other)
        both = probability_above(line, p, q) + probability_above(line, q, p)
        assert both == pytest.approx(1, abs=1e-11)
        # The narrow arm is all but a number beside the wide one.
        narrow, wide = (p, q) if p.scale < q.scale else (q, p)
        expected = stats.t.cdf(narrow.loc, wide.df, wide.loc, wide.scale)
        above = probability_above(line, narrow, wide)
        assert above == pytest.approx(expected, abs=1e-6)

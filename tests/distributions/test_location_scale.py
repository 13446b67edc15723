"""Limits, identities and published values of the location-scale and extreme-value families."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from likelier.distributions import (
    GEV,
    AsymmetricLaplace,
    Cauchy,
    GeneralizedPareto,
    Gumbel,
    Laplace,
    LogNormal,
    Normal,
    StudentT,
)
from likelier.errors import NoFiniteOptimumError

Y = np.array([-4.0, -0.3, 0.3, 2.0, 11.0])


def test_student_t_lies_between_cauchy_and_normal() -> None:
    cauchy, normal = Cauchy(0.3, 1.7), Normal(0.3, 1.7)
    np.testing.assert_allclose(StudentT(1.0, 0.3, 1.7).log_prob(Y), cauchy.log_prob(Y), rtol=1e-14)
    np.testing.assert_allclose(StudentT(1.0, 0.3, 1.7).cdf(Y), cauchy.cdf(Y), rtol=1e-13)
    far = StudentT(1e15, 0.3, 1.7)
    np.testing.assert_allclose(far.log_prob(Y), normal.log_prob(Y), rtol=1e-13)
    np.testing.assert_allclose(far.crps(Y), normal.crps(Y), rtol=1e-12)


def test_student_t_score_in_df_keeps_its_digits_towards_the_normal() -> None:
    z = 1.5
    # d log p / d df → −(z⁴ − 2 z² − 1) / (4 df²), Johnson, Kotz and Balakrishnan (28.15).
    limit = -(z**4 - 2 * z**2 - 1) / 4
    for df in (1e6, 1e9, 1e12):
        got = StudentT(df, 0.0, 1.0).score(z)["df"] * df**2
        np.testing.assert_allclose(got, limit, rtol=30 / df + 1e-13)


def test_student_t_moments_where_they_exist() -> None:
    d = StudentT(np.array([0.5, 1.5, 4.0]), 2.0, 3.0)
    np.testing.assert_array_equal(d.mean, [np.nan, 2.0, 2.0])
    np.testing.assert_array_equal(d.variance, [np.nan, np.inf, 18.0])


def test_gev_is_gumbel_at_shape_0_and_scipys_with_the_other_sign() -> None:
    np.testing.assert_allclose(GEV(0.3, 1.7, 0.0).log_prob(Y), Gumbel(0.3, 1.7).log_prob(Y))
    for shape in (-0.2, 0.3):
        d, other = GEV(0.3, 1.7, shape), stats.genextreme(-shape, 0.3, 1.7)
        np.testing.assert_allclose(d.log_prob(Y), other.logpdf(Y), rtol=1e-10)
        np.testing.assert_allclose([d.mean, d.variance], other.stats(), rtol=1e-10)


@pytest.mark.parametrize("shape", [-1e-9, -1e-13, 1e-13, 1e-9])
def test_extremes_are_smooth_through_shape_0(shape: float) -> None:
    for make in (lambda s: GEV(0.0, 1.0, s), lambda s: GeneralizedPareto(1.0, s)):
        here, there = make(shape), make(0.0)
        y = np.array([0.2, 1.0, 3.0])
        for name, right in there.score(y).items():
            np.testing.assert_allclose(here.score(y)[name], right, rtol=1e-7, atol=1e-8)
        np.testing.assert_allclose(here.mean, there.mean, rtol=1e-8)
        np.testing.assert_allclose(here.variance, there.variance, rtol=1e-7)


def test_generalized_pareto_ends_where_its_shape_says() -> None:
    d = GeneralizedPareto(2.0, -0.5)
    np.testing.assert_array_equal(d.log_prob(np.array([4.0, 5.0, -1.0])), -np.inf)
    np.testing.assert_array_equal(d.cdf(np.array([4.0, 5.0])), 1.0)
    assert d.quantile(1.0) == 4.0


def test_asymmetric_laplace_is_the_pinball_loss() -> None:
    level, loc = 0.9, 0.5
    pinball = np.maximum(level * (Y - loc), (level - 1) * (Y - loc))
    d = AsymmetricLaplace(loc, 1.0, level)
    np.testing.assert_allclose(d.nll(Y) + np.log(level * (1 - level)), pinball, rtol=1e-14)
    assert d.quantile(level) == loc
    assert d.parameters["quantile"] == level


def test_asymmetric_laplace_at_the_median_is_laplace_of_twice_the_scale() -> None:
    d, other = AsymmetricLaplace(0.3, 0.7), Laplace(0.3, 1.4)
    np.testing.assert_allclose(d.log_prob(Y), other.log_prob(Y), rtol=1e-14)
    np.testing.assert_allclose(d.crps(Y), other.crps(Y), rtol=1e-13)


def test_rounding_a_kink_goes_to_the_kinked_loss() -> None:
    for family in (Laplace, AsymmetricLaplace):
        assert not family.smooth
        rounded = family.rounded(1e-6)
        assert rounded.smooth
        np.testing.assert_allclose(
            rounded(0.1, 1.0).log_prob(Y), family(0.1, 1.0).log_prob(Y), atol=1e-6
        )
        curvature = rounded(0.3, 1.0)._hessian(np.array([0.3]))["loc", "loc"]
        assert curvature < -1e5


def test_closed_form_estimates() -> None:
    y = np.array([1.0, 2.0, 40.0, 4.0, 5.0])
    d = Laplace.mle(y)
    assert (d.loc, d.scale) == (4.0, 8.4)
    heavy = Laplace.mle(y, weights=np.array([5.0, 1.0, 1.0, 1.0, 1.0]))
    assert heavy.loc == 1.0
    np.testing.assert_allclose(LogNormal.mle(y).loc, np.mean(np.log(y)))
    for family in (Laplace, LogNormal, AsymmetricLaplace):
        with pytest.raises(NoFiniteOptimumError, match="all observations are equal"):
            family.mle(np.array([2.0, 2.0]))

"""Incomplete gamma and beta, Student's t and von Mises far out: tails, derivatives, inverses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

from likelier import special
from likelier.special.von_mises import _along_k

RNG = np.random.default_rng(7)


def _integral(f: Callable[[Any], Any], start: Any, step: Any, count: int = 60) -> Any:
    """∫ f from `start` outwards, over intervals that grow from a quarter of `step`."""
    breaks = [start + step * mpf(2) ** (mpf(j) / 2 - 2) for j in range(count)]
    return mp.quad(f, [start, *breaks])


def _log_gamma_tail(a: Any, x: Any) -> Any:
    """log of the smaller tail of Gamma(a, 1) at x, by quadrature in log t."""
    sign = 1 if x > a else -1
    step = 1 / (abs(x - a) + mp.sqrt(x))
    top = a * mp.log(x) - x
    area = _integral(
        lambda u: mp.exp(a * (mp.log(x) + sign * u) - x * mp.exp(sign * u) - top), mpf(0), step, 24
    )
    return top + mp.log(area) - mp.loggamma(a)


@pytest.mark.parametrize("a", [1.0, 30.0, 1e4, 1e8, 1e12])
@pytest.mark.parametrize("sigmas", [-30.0, -6.0, -0.5, 0.25, 3.0, 37.0])
def test_log_gamma_tails_of_large_shapes(a: float, sigmas: float) -> None:
    x = a + sigmas * a**0.5
    x = x if x > 0 else a * 1e-3
    with mp.workdps(40):
        expected = _log_gamma_tail(mpf(a), mpf(x))
        # x f(x) / tail, by which the tail answers to a relative error of x.
        condition = mp.exp(mpf(a) * mp.log(x) - x - mp.loggamma(mpf(a)) - expected)
    log_tail = special.log_gammainc(a, x) if x < a else special.log_gammaincc(a, x)
    error = abs(float(mpf(float(log_tail)) - expected))
    assert error < 1e-13 * (1 + abs(float(expected)) + float(condition))
    other = special.log_gammaincc(a, x) if x < a else special.log_gammainc(a, x)
    assert np.exp(log_tail) + np.exp(other) == pytest.approx(1.0, rel=1e-14)


def test_logs_go_on_where_tails_underflow() -> None:
    assert float(special.log_gammaincc(1.0, 1e6)) == -1e6
    assert float(special.log_gammainc(1e3, 1e-5)) == pytest.approx(
        float(1000 * np.log(1e-5) - 1e-5 - special.gammaln(1001.0) + 1e-5 / 1001), rel=1e-15
    )
    assert float(special.log_betainc(1e5, 1.0, 0.25)) == pytest.approx(1e5 * np.log(0.25))
    assert float(special.log_betaincc(1.0, 1e5, 0.75)) == pytest.approx(1e5 * np.log(0.25))
    assert float(special.log_ndtr(-1e5)) == pytest.approx(-5e9, rel=1e-8)


@pytest.mark.parametrize("name", ["gammainc", "gammaincc", "log_gammainc", "log_gammaincc"])
def test_ends_of_the_gamma_range(name: str) -> None:
    function = getattr(special, name)
    ends = [1.0, 0.0] if name.endswith("cc") else [0.0, 1.0]
    with np.errstate(divide="ignore"):
        expected = np.log(ends) if name.startswith("log") else ends
    np.testing.assert_array_equal(function(2.5, np.array([0.0, np.inf])), expected)
    np.testing.assert_array_equal(special.gammainc_grad_a(2.5, np.array([0.0, np.inf])), 0.0)


@pytest.mark.parametrize("name", ["betainc", "betaincc", "log_betainc", "log_betaincc"])
def test_ends_of_the_beta_range(name: str) -> None:
    ends = [1.0, 0.0] if name.endswith("cc") else [0.0, 1.0]
    with np.errstate(divide="ignore"):
        expected = np.log(ends) if name.startswith("log") else ends
    np.testing.assert_array_equal(getattr(special, name)(2.5, 0.5, np.array([0.0, 1.0])), expected)


def test_gamma_derivative_in_the_shape() -> None:
    a = np.concatenate([10 ** RNG.uniform(-6, 0, 15), 10 ** RNG.uniform(0, 2.5, 15)])
    x = a * 10 ** RNG.uniform(-1.5, 0.7, 30)
    slopes = special.gammainc_grad_a(a, x)
    with mp.workdps(90):
        h = mpf(10) ** -30
        for a_i, x_i, slope in zip(a, x, slopes, strict=True):
            up, down = (
                mp.gammainc(mpf(a_i) * (1 + s * h), 0, mpf(x_i), regularized=True) for s in (1, -1)
            )
            expected = float((up - down) / (2 * h * mpf(a_i)))
            assert float(slope) == pytest.approx(expected, rel=1e-12)


def test_beta_derivatives_in_the_parameters() -> None:
    a, b = 10 ** RNG.uniform(-3, 2, 25), 10 ** RNG.uniform(-3, 2, 25)
    x = np.clip(np.floor(RNG.beta(a, b) * 2**40), 1, 2**40 - 1) / 2**40
    slopes = special.betainc_grad(a, b, x)
    with mp.workdps(90):
        h = mpf(10) ** -30
        for row, point in enumerate(zip(a, b, x, strict=True)):
            p, q, t = map(mpf, point)
            for slope, (s, r) in zip(slopes, ((1, 0), (0, 1)), strict=True):
                up, down = (
                    mp.betainc(p * (1 + s * e), q * (1 + r * e), 0, t, regularized=True)
                    for e in (h, -h)
                )
                expected = float((up - down) / (2 * h * (p if s else q)))
                assert float(slope[row]) == pytest.approx(expected, rel=1e-11), point


def _t_density(df: Any, z: Any) -> Any:
    constant = mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2) - mp.log(df * mp.pi) / 2
    return mp.exp(constant - (df + 1) / 2 * mp.log1p(z * z / df))


def _t_tail(df: Any, t: Any) -> Any:
    """P(T > t)."""
    if df < 100:
        return mp.betainc(df / 2, mpf(1) / 2, 0, df / (df + t * t), regularized=True) / 2
    return _integral(lambda z: _t_density(df, z), t, 1 / (1 + t), 26)


@pytest.mark.parametrize(
    ("df", "t"),
    [
        (0.02, 3.0),
        (0.7, 40.0),
        (4.0, 1e-3),
        (4.0, 1.25),
        (30.0, 9.0),
        (1e3, 0.3),
        (1e5, 20.0),
        (1e8, 1.75),
        (1e12, 36.0),
        (1e12, 0.01),
    ],
)
def test_student_tail_and_its_derivative_in_df(df: float, t: float) -> None:
    with mp.workdps(80):
        exact_df, exact_t = mpf(df), mpf(t)
        tail = _t_tail(exact_df, exact_t)
        h = exact_df * mpf(10) ** -20
        slope = (_t_tail(exact_df + h, exact_t) - _t_tail(exact_df - h, exact_t)) / (2 * h)
        scale = 1 + float(exact_t * _t_density(exact_df, exact_t) / tail)
    assert float(special.stdtr(df, -t)) == pytest.approx(float(tail), rel=1e-14 * scale)
    assert float(special.log_stdtr(df, -t)) == pytest.approx(float(mp.log(tail)), rel=1e-14)
    assert float(special.stdtr_grad_df(df, -t)) == pytest.approx(float(slope), rel=1e-12 * scale)
    assert float(special.stdtr_grad_df(df, t)) == -float(special.stdtr_grad_df(df, -t))


def test_student_tails_that_never_end() -> None:
    # P(T > t) ~ C t^(−df): nothing is lost however far out.
    near, far = special.log_stdtr(0.01, np.array([-1e100, -1e300]))
    assert float(near - far) == pytest.approx(0.01 * 200 * np.log(10), rel=1e-13)
    assert special.stdtr(3.0, np.array([-np.inf, np.inf])).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("k", [0.0, 1e-3, 1.0, 19.0, 21.0, 47.9, 48.1, 1e4, 1e8])
def test_von_mises_is_symmetric_and_smooth_in_its_middle(k: float) -> None:
    theta = np.linspace(0, min(3.0, 30 / np.sqrt(k + 1e-9)), 9)
    lower, upper = special.von_mises_cdf(-theta, k), special.von_mises_cdf(theta, k)
    np.testing.assert_allclose(lower + upper, 1.0, rtol=1e-15)
    assert special.von_mises_cdf(0.0, k) == 0.5
    # Far inside, the wrapped normal distribution is as near as 1 / (8 k).
    if k >= 1e8:
        normal = special.ndtr(-theta[:2] * np.sqrt(k))
        np.testing.assert_allclose(lower[:2], normal, rtol=1e-6)


@pytest.mark.parametrize(("theta", "k"), [(0.2, 5.0), (2.5, 1.0), (0.5, 80.0), (1e-3, 300.0)])
def test_von_mises_derivative_in_the_concentration(theta: float, k: float) -> None:
    def half(k: Any) -> Any:
        area = mp.quad(lambda t: mp.exp(k * (mp.cos(t) - 1)), mp.linspace(0, mpf(theta), 9))
        return area / (2 * mp.pi * mp.besseli(0, k) * mp.exp(-k))

    with mp.workdps(60):
        h = mpf(10) ** -15
        expected = float((half(k + h) - half(k - h)) / (2 * h))
    # From the upper tail the derivative is what is left of the two halves.
    assert float(_along_k(theta, k)) == pytest.approx(expected, rel=1e-12, abs=1e-16)


def test_von_mises_has_no_jumps_in_the_concentration() -> None:
    for edge in (2.0, 48.0):
        k = np.array([np.nextafter(edge, 0), edge, np.nextafter(edge, 100)])
        for name in ("log_i0", "log_i0e", "bessel_ratio", "bessel_ratio_complement"):
            values = getattr(special, name)(k)
            np.testing.assert_allclose(values, values[1], rtol=1e-14)


def test_inverses() -> None:
    levels = np.array([1e-250, 1e-10, 0.01, 0.3, 0.5, 0.7, 0.99])
    for a in (0.3, 1.0, 7.0, 1e3, 1e6):
        x = special.gammaincinv(a, levels)
        keep = x > 1e-300
        back = special.log_gammainc(a, x)[keep]
        np.testing.assert_allclose(back, np.log(levels[keep]), rtol=1e-9, atol=1e-11)
        x = special.gammainccinv(a, levels)
        np.testing.assert_allclose(
            special.log_gammaincc(a, x), np.log(levels), rtol=1e-9, atol=1e-11
        )
    for a, b in ((0.3, 4.0), (2.0, 2.0), (500.0, 30.0)):
        x = special.betaincinv(a, b, levels)
        keep = x > 1e-300
        back = special.log_betainc(a, b, x)[keep]
        np.testing.assert_allclose(back, np.log(levels[keep]), rtol=1e-10, atol=1e-10)
    for df in (0.5, 3.0, 40.0, 1e7):
        t = special.stdtrit(df, levels[1:])
        np.testing.assert_allclose(special.stdtr(df, t), levels[1:], rtol=1e-11)
    ratio = np.array([1e-9, 0.1, 0.5, 0.7, 0.9, 1 - 1e-9])
    k = special.bessel_ratio_inverse(ratio)
    np.testing.assert_allclose(special.bessel_ratio(k), ratio, rtol=4e-16)
    assert float(special.bessel_ratio_inverse(1.0, 1e-100)) == pytest.approx(5e99)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.8])
def test_stirling_error_and_slope_together(share: float) -> None:
    """With none, few and many of the rows below 1, which go different ways."""
    below = round(40 * share)
    x = np.concatenate([np.logspace(-8, -0.01, below), np.logspace(0, 9, 40 - below)])
    error, slope = special.stirling_error_and_slope(x)
    with mp.workdps(60):
        for point, value, along in zip(x, error, slope, strict=True):
            z = mpf(float(point))
            right = mp.loggamma(z) - ((z - 0.5) * mp.log(z) - z + mp.log(2 * mp.pi) / 2)
            assert float(value) == pytest.approx(float(right), rel=2e-15)
            right = mp.digamma(z) - mp.log(z) + 1 / (2 * z)
            assert float(along) == pytest.approx(float(right), rel=4e-15)


def test_log_i0e_and_complement_together() -> None:
    k = np.concatenate([[0.0], np.logspace(-6, 4, 60), [np.nan]])
    value, complement = special.log_i0e_and_complement(k)
    with mp.workdps(60):
        for point, log, rest in zip(k[:-1], value, complement, strict=False):
            z = mpf(float(point))
            i0, i1 = mp.besseli(0, z), mp.besseli(1, z)
            assert float(log) == pytest.approx(float(mp.log(i0) - z), rel=2e-15)
            assert float(rest) == pytest.approx(float(1 - i1 / i0), rel=4e-15)
    assert np.isnan(value[-1])
    assert np.isnan(complement[-1])


def test_gammaln_digamma_together() -> None:
    x = 10 ** RNG.uniform(-10, 15, 300)
    value, slope = special.gammaln_digamma(x)
    # Beside the zeros at 1, 2 and 1.46 an absolute error of a few roundings of 1 is left.
    np.testing.assert_allclose(value, special.gammaln(x), rtol=2e-15, atol=2e-15)
    np.testing.assert_allclose(slope, special.digamma(x), rtol=2e-15, atol=2e-15)


@pytest.mark.parametrize("shape", [1e5, 8834255752.0, 1e12])
@pytest.mark.parametrize("sigmas", [0.07, -0.07, 1.5])
def test_gamma_next_to_the_middle_of_large_shapes(shape: float, sigmas: float) -> None:
    """Against Temme's uniform expansion, DLMF 8.12.3, whose third term is of order 1e-13."""
    x = shape + sigmas * np.sqrt(shape)
    with mp.workdps(60):
        a = mpf(shape)
        gap = (mpf(float(x)) - a) / a
        eta = mp.sign(gap) * mp.sqrt(2 * (gap - mp.log1p(gap)))
        first = 1 / gap - 1 / eta
        second = 1 / eta**3 - 1 / gap**3 - 1 / gap**2 - 1 / (12 * gap)
        rest = mp.exp(-a * eta**2 / 2) / mp.sqrt(2 * mp.pi * a) * (first + second / a)
        right = float(mp.erfc(eta * mp.sqrt(a / 2)) / 2 + rest)
    np.testing.assert_allclose(special.gammaincc(shape, x), right, rtol=2e-13)


def test_beta_far_out() -> None:
    """A sum of thirty negative binomial probabilities."""
    with mp.workdps(60):
        r, p = mpf(1685.625), mpf(0.640625)
        terms = (mp.rf(r, k) / mp.factorial(k) * p**r * (1 - p) ** k for k in range(30))
        right = float(mp.fsum(terms))
    np.testing.assert_allclose(special.betainc(1685.625, 30.0, 0.640625), right, rtol=1e-11)

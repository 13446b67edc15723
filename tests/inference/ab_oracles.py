"""What is true of independent posteriors: published sums and integrals with many digits."""

from __future__ import annotations

from collections.abc import Callable

import mpmath as mp
import numpy as np

Function = Callable[[mp.mpf], mp.mpf]


def beta_above(a: int, b: int, c: int, d: int) -> mp.mpf:
    """P(θ > θ′) for θ ~ Beta(a, b), θ′ ~ Beta(c, d), as printed by Miller (2015).

    θ > θ′ is also 1 − θ′ > 1 − θ, so that the shorter of two sums is taken.
    """
    if d < a:
        a, b, c, d = d, c, b, a
    return mp.fsum(
        mp.beta(c + i, d + b) / ((b + i) * mp.beta(1 + i, b) * mp.beta(c, d)) for i in range(a)
    )


def beta_loss(a: int, b: int, c: int, d: int) -> mp.mpf:
    """E max(θ − θ′, 0), what choosing θ′ loses; Stucchio (2015): two probabilities, reweighted."""
    first = mp.mpf(a) / (a + b) * beta_above(a + 1, b, c, d)
    return first - mp.mpf(c) / (c + d) * beta_above(a, b, c + 1, d)


def miller_gamma(k: int, rate: float, j: int, other: float) -> mp.mpf:
    """P(θ > θ′) for θ ~ Gamma(k, rate), θ′ ~ Gamma(j, other), as printed by Miller (2015)."""
    t, s = mp.mpf(rate), mp.mpf(other)
    return mp.fsum(
        (t + s) ** -(i + j) * t**i * s**j / ((i + j) * mp.beta(i + 1, j)) for i in range(k)
    )


def gamma_above(k: float, rate: float, j: float, other: float) -> mp.mpf:
    """P(θ > θ′) for θ ~ Gamma(k, rate), θ′ ~ Gamma(j, other)."""
    k, rate, j, other = (mp.mpf(v) for v in (k, rate, j, other))
    return mp.betainc(j, k, 0, other / (rate + other), regularized=True)


def gamma_loss(k: float, rate: float, j: float, other: float) -> mp.mpf:
    """E max(θ − θ′, 0) for two Gammas."""
    first = mp.mpf(k) / mp.mpf(rate) * gamma_above(k + 1, rate, j, other)
    return first - mp.mpf(j) / mp.mpf(other) * gamma_above(k, rate, j + 1, other)


def inverse_gamma_loss(k: float, total: float, j: float, other: float) -> mp.mpf:
    """E max(θ − θ′, 0) for θ ~ InverseGamma(k, total), θ′ ~ InverseGamma(j, other)."""
    first = mp.mpf(total) / (k - 1) * gamma_above(j, other, k - 1, total)
    return first - mp.mpf(other) / (j - 1) * gamma_above(j - 1, other, k, total)


def beta_pdf(a: float, b: float) -> Function:
    """Density of Beta(a, b)."""
    a, b = mp.mpf(a), mp.mpf(b)
    return lambda x: x ** (a - 1) * (1 - x) ** (b - 1) / mp.beta(a, b)


def beta_cdf(a: float, b: float) -> Function:
    """P(θ <= x) for Beta(a, b)."""
    return lambda x: mp.betainc(a, b, 0, min(max(x, 0), 1), regularized=True)


def gamma_pdf(k: float, rate: float) -> Function:
    """Density of Gamma(k, rate)."""
    k, rate = mp.mpf(k), mp.mpf(rate)
    return lambda x: rate**k * x ** (k - 1) * mp.exp(-rate * x) / mp.gamma(k)


def gamma_cdf(k: float, rate: float) -> Function:
    """P(θ <= x) for Gamma(k, rate)."""
    return lambda x: mp.gammainc(k, 0, max(rate * x, 0), regularized=True)


def student_pdf(df: float, loc: float, scale: float) -> Function:
    """Density of StudentT(df, loc, scale)."""
    df, loc, scale = mp.mpf(df), mp.mpf(loc), mp.mpf(scale)
    constant = 1 / (mp.sqrt(df) * mp.beta(df / 2, mp.mpf(1) / 2) * scale)
    return lambda x: constant * (1 + ((x - loc) / scale) ** 2 / df) ** (-(df + 1) / 2)


def student_cdf(df: float, loc: float, scale: float) -> Function:
    """P(θ <= x) for StudentT(df, loc, scale)."""
    df, loc, scale = mp.mpf(df), mp.mpf(loc), mp.mpf(scale)

    def cdf(x: mp.mpf) -> mp.mpf:
        z = (x - loc) / scale
        tail = mp.betainc(df / 2, mp.mpf(1) / 2, 0, df / (df + z * z), regularized=True) / 2
        return tail if z < 0 else 1 - tail

    return cdf


def log_odds_density(a: float, b: float) -> Function:
    """Density of log(θ / (1 − θ)) for θ ~ Beta(a, b)."""
    a, b = mp.mpf(a), mp.mpf(b)
    log_beta = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)
    return lambda u: mp.exp(a * u - (a + b) * mp.log1p(mp.exp(u)) - log_beta)


def log_density(k: float, rate: float) -> Function:
    """Density of log θ for θ ~ Gamma(k, rate)."""
    k, rate = mp.mpf(k), mp.mpf(rate)
    constant = k * mp.log(rate) - mp.loggamma(k)
    return lambda u: mp.exp(k * u - rate * mp.exp(u) + constant)


def above_of_bells(
    f: Function, g: Function, middles: tuple[mp.mpf, mp.mpf], widths: tuple[mp.mpf, mp.mpf]
) -> mp.mpf:
    """P(U > V) = ∫₀^∞ ∫ f(v + d) g(v) dv dd for two densities close to bells.

    The inner sum is a trapezoidal one, which converges beyond all powers; the outer one is
    Gauss–Legendre's. Both are laid where bells of these middles and widths have their mass.
    """
    (m, n), (s, t) = middles, widths
    gap, spread = m - n, mp.sqrt(s * s + t * t)
    width = s * t / spread
    h = width * 28 / 80

    def density(d: mp.mpf) -> mp.mpf:
        centre = n + (gap - d) * t * t / spread**2
        return h * mp.fsum(f(centre + i * h + d) * g(centre + i * h) for i in range(-40, 41))

    ends = [(max(gap, 0) + 12 * spread) * i / 8 for i in range(9)]
    rule = list(zip(*np.polynomial.legendre.leggauss(24), strict=True))
    half = ends[1] / 2
    return half * mp.fsum(
        mp.mpf(w) * density(end + half * (1 + mp.mpf(x))) for end in ends[:-1] for x, w in rule
    )

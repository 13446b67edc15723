"""Incomplete gamma and beta functions at any precision, for any size of their arguments."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from mpmath import mp, mpf
from mpmath.calculus.quadrature import GaussLegendre


def xlogy(x: Any, y: Any) -> Any:
    """x log y, 0 where x is 0."""
    return mpf(0) if x == 0 else x * mp.log(y)


def log_beta(a: Any, b: Any) -> Any:
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def log_binomial(n: Any, k: Any) -> Any:
    return mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)


def gamma_p(a: Any, x: Any) -> Any:
    """P(a, x), the lower regularised incomplete gamma function."""
    if x <= 0:
        return mpf(0)
    return _gamma_series(a, x) if x < a + 1 else 1 - gamma_q(a, x)


def gamma_q(a: Any, x: Any) -> Any:
    """Q(a, x) = 1 − P(a, x)."""
    if x <= 0:
        return mpf(1)
    if x < a + 1:
        # The complement of a small a and a small x cancels: take as many digits more.
        with mp.workdps(mp.dps + 40):
            return 1 - _gamma_series(a, x)
    return _gamma_fraction(a, x)


def _gamma_factor(a: Any, x: Any) -> Any:
    """x^a e^{−x} / Γ(a)."""
    with mp.workdps(mp.dps + 40):
        return mp.exp(a * mp.log(x) - x - mp.loggamma(a))


def _gamma_series(a: Any, x: Any) -> Any:
    """Sum of positive terms: DLMF 8.7.1."""
    if a > 1e4:
        return _gamma_quadrature(a, x, upper=False)
    term = total = 1 / a
    n = a
    while term > total * mp.eps:
        n += 1
        term *= x / n
        total += term
    return total * _gamma_factor(a, x)


def _gamma_fraction(a: Any, x: Any) -> Any:
    """Legendre's continued fraction, DLMF 8.9.2, by the Lentz algorithm."""
    if a > 1e4:
        return _gamma_quadrature(a, x, upper=True)
    b = x + 1 - a
    c, d = 1 / mp.eps**2, 1 / b
    h = d
    i = 0
    while True:
        i += 1
        an = -i * (i - a)
        b += 2
        d = 1 / (an * d + b)
        c = b + an / c
        h *= c * d
        if abs(c * d - 1) < mp.eps * 8:
            return h * _gamma_factor(a, x)


def _gamma_quadrature(a: Any, x: Any, upper: bool) -> Any:
    """∫ over log t, from x outwards."""
    decay = 1 / max(abs(a - x), mp.sqrt(a))
    ratio = tail(lambda u: a * u - mp.exp(u), mp.log(x), decay, 1 if upper else -1)
    return ratio * _gamma_factor(a, x)


def tail(
    log_density: Callable[[Any], Any], start: Any, scale: Any, sign: int, limit: Any = None
) -> Any:
    """∫ exp(log_density(t) − log_density(start)) dt from `start` outwards, to 30 digits.

    Args:
        scale: the density falls from here on at least about as fast as exp(−t / scale), or is
            smooth on this scale and falls faster.
        sign: 1 for the upper tail, −1 for the lower.
        limit: the end of the support, if it has one on this side.
    """
    size = abs(log_density(start))
    with mp.workdps(50 + int(mp.log10(1 + size)) + int(abs(mp.log10(scale / (1 + abs(start)))))):
        base = log_density(start)
        total = mpf(0)
        near, width = start, 2 * scale
        while True:
            far = near + sign * width
            if limit is not None and sign * (far - limit) >= 0:
                far = limit
            half, middle = abs(far - near) / 2, (far + near) / 2
            part = half * mp.fsum(
                w * mp.exp(log_density(middle + half * x) - base) for x, w in _legendre()
            )
            total += part
            if part < total * mpf(10) ** -32 or far == limit:
                return total
            near, width = far, width * mpf("1.2")


@functools.cache
def _legendre() -> list[Any]:
    """48 nodes and weights on (−1, 1)."""
    with mp.workdps(60):
        return GaussLegendre(mp).calc_nodes(5, mp.prec)


def beta_i(a: Any, b: Any, x: Any) -> Any:
    """I_x(a, b), the regularised incomplete beta function."""
    if x <= 0:
        return mpf(0)
    if x >= 1:
        return mpf(1)
    if x > (a + 1) / (a + b + 2):
        with mp.workdps(mp.dps + 40):
            return 1 - _beta_fraction(b, a, 1 - x)
    return _beta_fraction(a, b, x)


def _beta_fraction(a: Any, b: Any, x: Any) -> Any:
    """DLMF 8.17.22 by the Lentz algorithm."""
    if max(a, b) > 1e4:
        return _beta_quadrature(a, b, x)
    tiny = mp.eps**3
    with mp.workdps(mp.dps + 40):
        front = mp.exp(a * mp.log(x) + b * mp.log1p(-x) - log_beta(a, b)) / a
    c = mpf(1)
    d = 1 / _nonzero(1 - (a + b) * x / (a + 1), tiny)
    h = d
    m = 0
    while True:
        m += 1
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / _nonzero(1 + even * d, tiny)
        c = _nonzero(1 + even / c, tiny)
        h *= c * d
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / _nonzero(1 + odd * d, tiny)
        c = _nonzero(1 + odd / c, tiny)
        h *= c * d
        if abs(c * d - 1) < mp.eps * 8:
            return front * h


def _nonzero(value: Any, tiny: Any) -> Any:
    return value if value else tiny


def _beta_quadrature(a: Any, b: Any, x: Any) -> Any:
    """∫ over log t below log x, where the integrand's scale is known at every size."""

    def density(u: Any) -> Any:
        return a * u + (b - 1) * mp.log(-mp.expm1(u))

    slope = a - (b - 1) * x / (1 - x)
    curvature = mp.sqrt((a + b) * x / (1 - x) + abs(a) * mpf("1e-20"))
    ratio = tail(density, mp.log(x), 1 / max(abs(slope), curvature), -1)
    with mp.workdps(mp.dps + 40):
        return ratio * mp.exp(a * mp.log(x) + (b - 1) * mp.log1p(-x) - log_beta(a, b))

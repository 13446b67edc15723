"""Every special function with its meaning in mpmath and seeded points over its domain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from mpmath import mp, mpf

Point = tuple[float, ...]


@dataclass(frozen=True)
class Case:
    """A function, what it means, and where it is asked.

    Args:
        name: its name in `likelier.special`.
        meaning: the same function of mpmath numbers.
        draw: draws so many points of the whole domain.
        ordinary: points for other libraries, whose derivatives are asked too.
        digits: decimal digits that the meaning needs.
        eps: the error that is allowed, in units of machine epsilon times (1 + condition number).
        count: how many points.
    """

    name: str
    meaning: Callable[..., Any]
    draw: Callable[[np.random.Generator, int], Iterator[Any]]
    ordinary: tuple[Point, ...]
    digits: int = 60
    eps: float = 8.0
    count: int = 45

    def __repr__(self) -> str:
        return self.name

    def points(self) -> list[Point]:
        drawn = self.draw(np.random.default_rng(20), self.count)
        return [tuple(float(v) for v in np.atleast_1d(p)) for p in drawn]

    def condition(self, point: Point) -> tuple[Any, Any]:
        """The value, and the sum of its changes by a relative change of 1 of each argument."""
        exact = [mpf(v) for v in point]
        value = self.meaning(*exact)
        total = mpf(0)
        for i, v in enumerate(exact):
            total += abs(v * self.slope(exact, i)) if v else 0
        return value, total

    def slope(self, exact: list[Any], i: int) -> Any:
        """The derivative in one argument, by a difference that is far below double precision."""
        h = (abs(exact[i]) or 1) * mpf(10) ** (-mp.dps // 3)
        up, down = list(exact), list(exact)
        up[i], down[i] = exact[i] + h, exact[i] - h
        return (self.meaning(*up) - self.meaning(*down)) / (2 * h)


def powers(low: float, high: float) -> Callable[[np.random.Generator, int], Iterator[Any]]:
    """Positive numbers, log-uniform between two powers of 10."""
    return lambda rng, n: iter(10 ** rng.uniform(low, high, n))


def both_signs(low: float, high: float, below: float | None = None) -> Any:
    """Numbers of both signs, log-uniform; the negative ones up to a power of their own."""

    def draw(rng: np.random.Generator, n: int) -> Iterator[Any]:
        yield from 10 ** rng.uniform(low, high, n // 2)
        yield from -(10 ** rng.uniform(low, high if below is None else below, n - n // 2))

    return draw


def pairs(*ranges: tuple[float, float]) -> Callable[[np.random.Generator, int], Iterator[Any]]:
    """Tuples of positive numbers, each log-uniform in its range of powers of 10."""
    return lambda rng, n: iter(np.array([10 ** rng.uniform(a, b, n) for a, b in ranges]).T)


def _around(rng: np.random.Generator, n: int) -> Iterator[Any]:
    """Positive numbers and means beside them, as near as 1e-10 relatively and as far as 1e3."""
    x = 10 ** rng.uniform(-6, 15, n)
    near = 1 + rng.choice([-1, 1], n) * 10 ** rng.uniform(-10, -1, n)
    factor = np.where(rng.uniform(size=n) < 0.5, near, 10 ** rng.uniform(-3, 3, n))
    return iter(np.array([x, x * factor]).T)


def _shares(rng: np.random.Generator, n: int) -> Iterator[Any]:
    yield from 10 ** rng.uniform(-300, -0.1, n // 3)
    yield from 1 - 10 ** rng.uniform(-15, -0.1, n // 3)
    yield from 0.5 + rng.choice([-1, 1], n // 3) * 10 ** rng.uniform(-14, -0.4, n // 3)


def _trials(rng: np.random.Generator, n: int) -> Iterator[Any]:
    total = np.floor(10 ** rng.uniform(0.5, 12, n))
    return iter(np.array([total, np.floor(total * rng.uniform(0, 1, n))]).T)


def _gamma_arguments(rng: np.random.Generator, n: int) -> Iterator[Any]:
    a = 10 ** rng.uniform(-6, 3.5, n)
    beside = np.abs(a * (1 + 3 * rng.normal(size=n) / np.sqrt(a + 1)))
    return iter(np.array([a, np.where(rng.uniform(size=n) < 0.7, beside, 2 * a * a)]).T)


def _beta_arguments(rng: np.random.Generator, n: int) -> Iterator[Any]:
    a, b = 10 ** rng.uniform(-3, 2, n), 10 ** rng.uniform(-3, 2, n)
    # Rounded to 2⁻⁴⁰, so that 1 − x is exact.
    x = np.clip(np.floor(rng.beta(a, b) * 2**40), 1, 2**40 - 1) / 2**40
    return iter(np.array([a, b, x]).T)


def _log(tail: Callable[..., Any], other: Callable[..., Any]) -> Callable[..., Any]:
    """The logarithm of a tail, from the smaller of the two."""

    def meaning(*x: Any) -> Any:
        value = tail(*x)
        return mp.log(value) if value < 0.5 else mp.log1p(-other(*x))

    return meaning


def _p(a: Any, x: Any) -> Any:
    return mp.gammainc(a, 0, x, regularized=True)


def _q(a: Any, x: Any) -> Any:
    return mp.gammainc(a, x, mp.inf, regularized=True)


def _i(a: Any, b: Any, x: Any) -> Any:
    return mp.betainc(a, b, 0, x, regularized=True)


def _j(a: Any, b: Any, x: Any) -> Any:
    return mp.betainc(b, a, 0, 1 - x, regularized=True)


def _t(df: Any, t: Any) -> Any:
    tail = mp.betainc(df / 2, mpf(1) / 2, 0, df / (df + t * t), regularized=True) / 2
    return tail if t < 0 else 1 - tail


def _t_arguments(rng: np.random.Generator, n: int) -> Iterator[Any]:
    df = 10 ** rng.uniform(-2, 3, n)
    t = rng.choice([-1, 1], n) * 10 ** rng.uniform(-3, np.where(df > 100, 1, 6), n)
    return iter(np.array([df, t]).T)


def _ratio(k: Any) -> Any:
    return mp.besseli(1, k) / mp.besseli(0, k)


def _von_mises(theta: Any, k: Any) -> Any:
    edge = abs(theta)
    # The density falls from the edge on; breaks crowd there, where it is steep.
    breaks = [edge + (mp.pi - edge) * mpf(2) ** -j for j in range(12, -1, -1)]
    area = mp.quad(lambda t: mp.exp(k * (mp.cos(t) - 1)), [edge, *breaks])
    tail = area / (2 * mp.pi * mp.besseli(0, k) * mp.exp(-k))
    return tail if theta < 0 else 1 - tail


def _von_mises_arguments(rng: np.random.Generator, n: int) -> Iterator[Any]:
    k = 10 ** rng.uniform(-4, 4, n)
    theta = np.where(rng.uniform(size=n) < 0.5, rng.uniform(-3.1, 3.1, n), rng.normal(size=n))
    return iter(np.array([np.clip(theta / np.maximum(1, np.sqrt(k / 30)), -3.1, 3.1), k]).T)


_SIGNED = ((-30.0,), (-1.5,), (-0.25,), (0.5,), (3.0,), (20.0,))
_POSITIVE = ((1e-3,), (0.3,), (1.0,), (1.7,), (30.0,), (1e6,))
_TWO = ((0.2, 0.7), (1.0, 1.0), (3.5, 1e-3), (1e-3, 40.0), (200.0, 11.0))
_INSIDE = ((0.3, 0.4), (0.8, 5.0), (2.0, 1.5), (30.0, 45.0), (0.05, 0.01))
_ALL_INSIDE = ((0.3, 0.4, 0.25), (0.8, 5.0, 0.125), (2.0, 1.5, 0.625), (30.0, 60.0, 0.25))
_LOCATED = ((1.5, -2.0), (0.7, 1.25), (30.0, 0.5), (4.0, -0.25), (100.0, 3.0))
_ANGLES = ((-2.0, 0.5), (-0.25, 4.0), (0.5, 30.0), (1.0, 0.01), (3.0, 2.0))

CASES = (
    Case("log1pmx", lambda x: mp.log1p(x) - x, both_signs(-12, 10, -0.01), _SIGNED[2:]),
    Case("expm1mx", lambda x: mp.expm1(x) - x, both_signs(-12, 2.8, 10), _SIGNED),
    Case("log1mexp", lambda x: mp.log1p(-mp.exp(-x)), powers(-12, 2.5), _POSITIVE[:5], 180),
    Case("softplus", lambda x: mp.log1p(mp.exp(x)), both_signs(-5, 2.8), _SIGNED),
    Case("inverse_softplus", lambda x: mp.log(mp.expm1(x)), powers(-12, 4), _POSITIVE[:5]),
    Case("expit", lambda x: 1 / (1 + mp.exp(-x)), both_signs(-5, 2.8), _SIGNED),
    Case("log_sigmoid", lambda x: -mp.log1p(mp.exp(-x)), both_signs(-5, 2.8), _SIGNED),
    Case("logit", lambda p: mp.log(p / (1 - p)), _shares, ((1e-9,), (0.25,), (0.5,), (0.75,))),
    Case("xlogy", lambda x, y: x * mp.log(y), pairs((-6, 6), (-6, 6)), _TWO),
    Case("xlog1py", lambda x, y: x * mp.log1p(y), pairs((-6, 6), (-12, 6)), _TWO),
    Case(
        "logaddexp",
        lambda a, b: mp.log(mp.exp(a) + mp.exp(b)),
        lambda rng, n: iter(rng.uniform(-300, 300, (n, 2))),
        ((0.0, 0.0), (1.0, -2.0), (-30.0, 3.0)),
        300,
    ),
    Case("poisson_deviance_term", lambda x, m: x * mp.log(x / m) + m - x, _around, _TWO),
    Case("erfcx", lambda x: mp.exp(x * x) * mp.erfc(x), both_signs(-5, 1.9, 1.4), _SIGNED[1:]),
    Case("ndtr", mp.ncdf, both_signs(-5, 1.5, 1.57), _SIGNED[1:]),
    Case("log_ndtr", _log(mp.ncdf, lambda x: mp.ncdf(-x)), both_signs(-5, 1.5, 3), _SIGNED),
    Case("log_ndtr_ratio", lambda x: mp.npdf(x) / mp.ncdf(x), both_signs(-5, 1.5, 3), _SIGNED),
    Case(
        "ndtri",
        lambda p: mp.sqrt(2) * mp.erfinv(2 * p - 1),
        lambda rng, n: iter(rng.uniform(0, 1, n)),
        ((0.01,), (0.25,), (0.75,)),
    ),
    Case("gammaln", mp.loggamma, powers(-12, 15), _POSITIVE),
    Case("digamma", lambda x: mp.psi(0, x), powers(-12, 15), _POSITIVE),
    Case("trigamma", lambda x: mp.psi(1, x), powers(-12, 15), _POSITIVE),
    Case("tetragamma", lambda x: mp.psi(2, x), powers(-12, 15), _POSITIVE),
    Case(
        "stirling_error",
        lambda x: mp.loggamma(x) - (x - 0.5) * mp.log(x) + x - mp.log(2 * mp.pi) / 2,
        powers(-12, 15),
        _POSITIVE,
        90,
    ),
    Case(
        "stirling_error_slope",
        lambda x: mp.psi(0, x) - mp.log(x) + 1 / (2 * x),
        powers(-12, 15),
        _POSITIVE,
        120,
    ),
    Case(
        "stirling_error_curvature",
        lambda x: mp.psi(1, x) - 1 / x - 1 / (2 * x * x),
        powers(-12, 15),
        _POSITIVE,
        120,
    ),
    Case("digamma_minus_log", lambda x: mp.psi(0, x) - mp.log(x), powers(-12, 15), _POSITIVE, 90),
    Case(
        "trigamma_minus_reciprocal",
        lambda x: mp.psi(1, x) - 1 / x,
        powers(-12, 15),
        _POSITIVE,
        120,
    ),
    Case(
        "gammaln_difference",
        lambda x, d: mp.loggamma(x + d) - mp.loggamma(x),
        pairs((-6, 30), (-12, 12)),
        _TWO,
        150,
    ),
    Case(
        "digamma_difference",
        lambda x, d: mp.psi(0, x + d) - mp.psi(0, x),
        pairs((-6, 30), (-12, 12)),
        _TWO,
        180,
    ),
    Case(
        "trigamma_difference",
        lambda x, d: mp.psi(1, x + d) - mp.psi(1, x),
        pairs((-6, 30), (-12, 12)),
        _TWO,
        200,
    ),
    Case(
        "betaln",
        lambda a, b: mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b),
        pairs((-6, 15), (-6, 15)),
        _TWO,
        90,
    ),
    Case(
        "log_binomial",
        lambda n, k: mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1),
        _trials,
        ((5.0, 2.0), (30.0, 11.0), (1e6, 3e4)),
        90,
    ),
    # SciPy's own functions, whose prefactors lose a few digits where a is large.
    Case("gammainc", _p, _gamma_arguments, _INSIDE, eps=500),
    Case("gammaincc", _q, _gamma_arguments, _INSIDE, eps=500),
    Case("log_gammainc", _log(_p, _q), _gamma_arguments, _INSIDE, eps=500),
    Case("log_gammaincc", _log(_q, _p), _gamma_arguments, _INSIDE, eps=500),
    Case("betainc", _i, _beta_arguments, _ALL_INSIDE, eps=500),
    Case("betaincc", _j, _beta_arguments, _ALL_INSIDE, eps=500),
    Case("log_betainc", _log(_i, _j), _beta_arguments, _ALL_INSIDE, eps=500),
    Case("log_betaincc", _log(_j, _i), _beta_arguments, _ALL_INSIDE, eps=500),
    # A rule of 40 nodes sums 40 rounded terms whose exponents go to 40.
    Case("stdtr", _t, _t_arguments, _LOCATED, eps=64),
    Case("log_stdtr", _log(_t, lambda df, t: _t(df, -t)), _t_arguments, _LOCATED, eps=64),
    Case("log_i0", lambda k: mp.log(mp.besseli(0, k)), powers(-8, 5), _POSITIVE[:5], eps=16),
    Case("log_i0e", lambda k: mp.log(mp.besseli(0, k)) - k, powers(-8, 5), _POSITIVE[:5], eps=16),
    Case("bessel_ratio", _ratio, powers(-8, 5), _POSITIVE[:5], eps=16),
    Case("bessel_ratio_complement", lambda k: 1 - _ratio(k), powers(-8, 5), _POSITIVE[:5], eps=32),
    Case(
        "bessel_ratio_slope",
        lambda k: 1 - _ratio(k) / k - _ratio(k) ** 2,
        powers(-8, 5),
        _POSITIVE[:5],
        eps=64,
    ),
    Case("von_mises_cdf", _von_mises, _von_mises_arguments, _ANGLES, eps=64, count=15),
    Case(
        "log_von_mises_cdf",
        _log(_von_mises, lambda t, k: _von_mises(-t, k)),
        _von_mises_arguments,
        _ANGLES,
        eps=64,
        count=15,
    ),
)

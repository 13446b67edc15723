"""Truncated: the density divided by the probability that is left."""

from __future__ import annotations

from mpmath import mp, mpf

from oracles import normal, poisson
from oracles._oracle import Oracle
from oracles._points import log_uniform, signed


def _left(base, lower, upper, parameters):
    """P(lower < Y <= upper) of the base family, on the side where nothing cancels."""
    with mp.workdps(mp.dps + 40):
        above = mpf(1) if lower is None else base.sf(mpf(lower), **parameters)
        beyond = mpf(0) if upper is None else base.sf(mpf(upper), **parameters)
        until = mpf(1) if upper is None else base.cdf(mpf(upper), **parameters)
        below = mpf(0) if lower is None else base.cdf(mpf(lower), **parameters)
        return above - beyond if above < until else until - below


def _of(base: Oracle, text: str, lower, upper, points, ordinary) -> Oracle:
    """A truncation to values above `lower` (for a density: or at it), up to `upper`."""

    def log_prob(y, **parameters):
        return base.log_prob(y, **parameters) - mp.log(_left(base, lower, upper, parameters))

    def cdf(y, **parameters):
        return _left(base, lower, y, parameters) / _left(base, lower, upper, parameters)

    def sf(y, **parameters):
        return _left(base, y, upper, parameters) / _left(base, lower, upper, parameters)

    return Oracle(
        text,
        log_prob,
        points,
        ordinary=ordinary,
        cdf=cdf,
        sf=sf,
        exact_y=base.exact_y,
        digits=60,
        # A score is the difference of two of the base family, which keeps the roundings of both:
        # 98 % are within 64 eps as far out as 30 deviations, and all within six times that.
        roundings=4.0,
    )


def _above_zero(rng):
    for _ in range(220):
        scale = log_uniform(rng, 0.05, 20)
        loc = scale * signed(rng, 1e-2, 30)
        y = abs(loc + scale * rng.normal()) if loc > 0 else scale * log_uniform(rng, 1e-3, 3)
        yield {"loc": loc, "scale": scale}, y


def _between(rng):
    for _ in range(220):
        scale = log_uniform(rng, 0.05, 30)
        yield {"loc": scale * signed(rng, 1e-2, 8), "scale": scale}, float(rng.uniform(-1, 2.5))


def _positive_counts(rng):
    for _ in range(220):
        rate = log_uniform(rng, 1e-6, 1e3)
        yield {"rate": rate}, float(max(1, rng.poisson(rate)))


BELOW = _of(
    normal.ORACLE,
    "truncated(normal, lower=0)",
    0,
    None,
    _above_zero,
    ({"loc": 0.5, "scale": 1.3}, {"loc": -1.0, "scale": 1.0}),
)
BOTH = _of(
    normal.ORACLE,
    "truncated(normal, lower=-1, upper=2.5)",
    -1,
    2.5,
    _between,
    ({"loc": 0.5, "scale": 1.3},),
)
COUNTS = _of(
    poisson.ORACLE,
    "truncated(poisson, lower=1)",
    0,
    None,
    _positive_counts,
    ({"rate": 2.0}, {"rate": 0.6}),
)

"""Censored: a density where the ends agree, else the probability between them."""

from __future__ import annotations

import itertools
import math

from mpmath import mp, mpf

from likelier.distributions import interval
from oracles import normal, poisson, weibull
from oracles._oracle import Oracle


def _of(base: Oracle, text: str, roundings: float = 1.0) -> Oracle:
    def log_prob(y, **parameters):
        lower, upper = y
        if lower == upper:
            return base.log_prob(lower, **parameters)
        if lower == -mp.inf:
            return mp.log(base.cdf(upper, **parameters))
        before = lower - 1 if base.cls.discrete else lower
        if upper == mp.inf:
            return mp.log(base.sf(before, **parameters))
        with mp.workdps(2 * mp.dps):
            return mp.log(base.sf(before, **parameters) - base.sf(upper, **parameters))

    def points(rng):
        return itertools.islice(all_points(rng), 210)

    def all_points(rng):
        for parameters, y in itertools.chain(*(base.points(rng) for _ in range(4))):
            # Elsewhere the reference's differences of tails take too long.
            if base.cls.discrete and (y > 300 or not 1e-9 < parameters.get("rate", 1) < 1e4):
                continue
            exact = {k: mpf(v) for k, v in parameters.items()}
            kind = rng.integers(4)
            # Where the reference has digits enough to subtract in.
            if kind == 0 or not -30 < base.log_prob(mpf(y), **exact) < 100:
                yield parameters, [y, y]
            elif kind == 1:
                yield parameters, [y, math.inf]
            elif kind == 2:
                yield parameters, [-math.inf, y]
            elif base.cls.discrete:
                yield parameters, [y, y + 1 + float(rng.integers(5))]
            else:
                yield parameters, sorted([y, y * 1.3])

    return Oracle(
        text,
        log_prob,
        points,
        ordinary=(),
        scalar=False,
        exact_y=True,
        observe=lambda y: interval(y[..., 0], y[..., 1]),
        roundings=roundings,
    )


NORMAL = _of(normal.ORACLE, "censored(normal)")
WEIBULL = _of(weibull.ORACLE, "censored(weibull)")
# A hazard far out is the exponential of a difference of two logarithms, which keeps the roundings
# of both: of 210 scores three were beyond 64 eps, none beyond twice that.
POISSON = _of(poisson.ORACLE, "censored(poisson)", roundings=2.0)

"""Fixed: the base family's formulas with a known value put in."""

from __future__ import annotations

from mpmath import mpf

from oracles import student_t
from oracles._oracle import Oracle

_DF = 4.0


def _known(function):
    return lambda y, loc, scale: function(y, df=mpf(_DF), loc=loc, scale=scale)


def _points(draw):
    def points(rng):
        for parameters, y in draw(rng):
            if parameters["df"] < 1e3:
                yield {k: parameters[k] for k in ("loc", "scale")}, y

    return points


def _twice(draw):
    def points(rng):
        yield from draw(rng)
        yield from draw(rng)

    return points


STUDENT_T = Oracle(
    "fixed(student_t, df=4)",
    _known(student_t.log_prob),
    _points(_twice(student_t.points)),
    ordinary=({"loc": 0.3, "scale": 1.7},),
    cdf=_known(student_t.cdf),
    sf=_known(student_t.sf),
    tails=_points(student_t.tails),
)

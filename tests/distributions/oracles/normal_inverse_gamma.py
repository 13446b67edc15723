"""Normal-inverse-gamma: its marginal Student t, Amini et al. (2020), arXiv:1910.02600."""

from __future__ import annotations

from mpmath import mp

from oracles import student_t
from oracles._oracle import Oracle
from oracles._points import log_uniform, signed


def _student(loc, evidence, alpha, beta):
    scale = mp.sqrt(beta * (1 + evidence) / (alpha * evidence))
    return {"df": 2 * alpha, "loc": loc, "scale": scale}


def log_prob(y, **parameters):
    return student_t.log_prob(y, **_student(**parameters))


def cdf(y, **parameters):
    return student_t.cdf(y, **_student(**parameters))


def sf(y, **parameters):
    return student_t.sf(y, **_student(**parameters))


def points(rng):
    for i in range(240):
        extreme = i >= 140
        evidence = log_uniform(rng, *((1e-8, 1e8) if extreme else (0.05, 20)))
        alpha = 1 + log_uniform(rng, *((1e-8, 1e10) if extreme else (0.05, 50)))
        beta = log_uniform(rng, *((1e-100, 1e100) if extreme else (0.05, 20)))
        scale = (beta * (1 + evidence) / (alpha * evidence)) ** 0.5
        loc = scale * signed(rng, 1e-3, 1e3)
        p = {"loc": loc, "evidence": evidence, "alpha": alpha, "beta": beta}
        yield p, loc + scale * signed(rng, 1e-3, 30)


def tails(rng):
    for _ in range(120):
        evidence, beta = log_uniform(rng, 0.05, 20), log_uniform(rng, 0.05, 20)
        p = {
            "loc": 0.5,
            "evidence": evidence,
            "alpha": 1 + log_uniform(rng, 0.05, 200),
            "beta": beta,
        }
        yield p, 0.5 + signed(rng, 1e-3, 50)


ORACLE = Oracle(
    "NormalInverseGamma",
    log_prob,
    points,
    ordinary=(
        {"loc": 0.3, "evidence": 2.0, "alpha": 4.0, "beta": 1.5},
        {"loc": -3.0, "evidence": 0.5, "alpha": 9.0, "beta": 3.0},
    ),
    cdf=cdf,
    sf=sf,
    tails=tails,
    sweeps=(
        ({"loc": 0.3, "evidence": (1e-6, 1e10), "alpha": 3.0, "beta": 1.0}, 1.0),
        ({"loc": 0.3, "evidence": 2.0, "alpha": (1.001, 1e10), "beta": 1.0}, 1.0),
    ),
)


def _of_tied(function):
    """The same function of a family whose alpha is its evidence + 1."""
    return lambda y, **parameters: function(y, alpha=parameters["evidence"] + 1, **parameters)


def _tied(draw):
    """The same points without alpha."""

    def points(rng):
        for parameters, y in draw(rng):
            yield {k: v for k, v in parameters.items() if k != "alpha"}, y

    return points


TIED = Oracle(
    "normal_inverse_gamma(kind=tied)",
    _of_tied(log_prob),
    _tied(points),
    ordinary=(
        {"loc": 0.3, "evidence": 3.0, "beta": 1.5},
        {"loc": -3.0, "evidence": 8.0, "beta": 3.0},
    ),
    cdf=_of_tied(cdf),
    sf=_of_tied(sf),
    tails=_tied(tails),
    sweeps=(({"loc": 0.3, "evidence": (1e-6, 1e10), "beta": 1.0}, 1.0),),
)

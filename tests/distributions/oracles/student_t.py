"""Student's t: the density from its definition, tails by the incomplete beta function."""

from __future__ import annotations

from mpmath import mp, mpf

from oracles._functions import beta_i, tail
from oracles._oracle import Oracle
from oracles._points import log_uniform, signed


def log_prob(y, df, loc, scale):
    z = (y - loc) / scale
    constant = mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2) - mp.log(mp.pi * df) / 2
    return constant - mp.log(scale) - (df + 1) / 2 * mp.log1p(z**2 / df)


def cdf(y, df, loc, scale):
    z = (y - loc) / scale
    if z > 0:
        return 1 - cdf(2 * loc - y, df, loc, scale)
    if df < 1e4 or z**2 > df:
        return beta_i(df / 2, mpf(1) / 2, df / (df + z**2)) / 2
    # The integral of the density beyond z, on the scale on which it falls.
    beyond = tail(lambda t: -(df + 1) / 2 * mp.log1p(t**2 / df), -z, 1 / (1 - z), 1)
    return beyond * mp.exp(log_prob(z, df, mpf(0), mpf(1)))


def sf(y, df, loc, scale):
    return cdf(2 * loc - y, df, loc, scale)


def points(rng):
    for _ in range(110):
        df, scale = log_uniform(rng, 0.3, 300), log_uniform(rng, 0.01, 100)
        loc = signed(rng, 1e-3, 1e3)
        yield {"df": df, "loc": loc, "scale": scale}, loc + scale * signed(rng, 1e-3, 1e3)
    for _ in range(130):
        df, scale = log_uniform(rng, 1e-2, 1e12), log_uniform(rng, 1e-150, 1e150)
        loc = scale * signed(rng, 1e-8, 1e8) * (rng.random() < 0.8)
        yield {"df": df, "loc": loc, "scale": scale}, loc + scale * signed(rng, 1e-8, 1e6)


def tails(rng):
    for _ in range(60):
        df, scale = log_uniform(rng, 1e-2, 1e3), log_uniform(rng, 0.01, 100)
        yield {"df": df, "loc": 0.0, "scale": scale}, scale * signed(rng, 1e-3, 1e5)
    for _ in range(40):
        df = log_uniform(rng, 1e3, 1e12)
        yield {"df": df, "loc": 0.0, "scale": 1.0}, signed(rng, 1e-3, 30)


ORACLE = Oracle(
    "StudentT",
    log_prob,
    points,
    ordinary=(
        {"df": 4.5, "loc": 0.3, "scale": 1.7},
        {"df": 30.0, "loc": -12.0, "scale": 0.2},
    ),
    cdf=cdf,
    sf=sf,
    tails=tails,
    sweeps=(
        ({"df": (1e-2, 1e12), "loc": 0.0, "scale": 1.0}, 2.5),
        ({"df": (15.0, 25.0), "loc": 0.0, "scale": 1.0}, 2.5),
        ({"df": 3.0, "loc": (-50.0, 50.0), "scale": 2.0}, 0.7),
    ),
)

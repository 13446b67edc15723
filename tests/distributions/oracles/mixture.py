"""Mixtures: McLachlan and Peel (2000), Finite Mixture Models."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from mpmath import mp, mpf

from oracles import normal, poisson, von_mises
from oracles._oracle import Oracle
from oracles._points import log_uniform, signed


def _of_angles(points, ordinary) -> Oracle:
    """A mixture on the circle: its cdf counts from opposite to its own mean direction."""
    made = _of(von_mises.ORACLE, "mixture(von_mises, 2)", points, ordinary)

    def cdf(y, loc, concentration, weights=None, logits=None):
        raw = weights or [mp.exp(x) for x in logits]
        raw = [w / mp.fsum(raw) for w in raw]
        parts = list(zip(raw, loc, concentration, strict=True))
        centre = mp.arg(
            mp.fsum(w * mp.besseli(1, k) / mp.besseli(0, k) * mp.expj(m) for w, m, k in parts)
        )

        def arc(m, k):
            """From opposite to the mean direction up to y."""
            start, end = _turn(centre - mp.pi - m), _turn(y - m)
            with mp.workdps(mp.dps + 20):
                share = von_mises.cdf(end, mpf(0), k) - von_mises.cdf(start, mpf(0), k)
            return share + (end < start)

        return mp.fsum(w * arc(m, k) for w, m, k in parts)

    return dataclasses.replace(made, cdf=cdf, sf=None, circular=True, tails=_angles_in_tails)


def _turn(angle):
    """The angle between −π and π."""
    return angle - 2 * mp.pi * mp.nint(angle / (2 * mp.pi))


def _of(base: Oracle, text: str, points, ordinary) -> Oracle:
    def parts(parameters):
        """(weight, parameters) of each component."""
        if "weights" in parameters:
            weights = parameters["weights"]
        else:
            raw = [mp.exp(x) for x in parameters["logits"]]
            weights = [x / mp.fsum(raw) for x in raw]
        names = [k for k in parameters if k not in ("logits", "weights")]
        return [(w, {k: parameters[k][i] for k in names}) for i, w in enumerate(weights)]

    def log_prob(y, **parameters):
        return mp.log(mp.fsum(w * mp.exp(base.log_prob(y, **p)) for w, p in parts(parameters)))

    def cdf(y, **parameters):
        return mp.fsum(w * base.cdf(y, **p) for w, p in parts(parameters))

    def sf(y, **parameters):
        return mp.fsum(w * base.sf(y, **p) for w, p in parts(parameters))

    return Oracle(text, log_prob, points, ordinary=ordinary, cdf=cdf, sf=sf, exact_y=base.exact_y)


def _weights(rng, k):
    if rng.random() < 0.5:
        return {"logits": [signed(rng, 1e-3, 20) for _ in range(k)]}
    weights = np.array([log_uniform(rng, 1e-6, 1) for _ in range(k)])
    return {"weights": (weights / weights.sum()).tolist()}


def _normal_points(rng):
    for i in range(220):
        unit = 1.0 if i < 120 else log_uniform(rng, 1e-100, 1e100)
        scale = [unit * log_uniform(rng, 0.01, 10) for _ in range(2)]
        loc = [unit * signed(rng, 1e-2, 10) for _ in range(2)]
        k = int(rng.integers(2))
        y = loc[k] + scale[k] * signed(rng, 1e-3, 25)
        yield {**_weights(rng, 2), "loc": loc, "scale": scale}, y


def _poisson_points(rng):
    for _ in range(220):
        rate = [log_uniform(rng, 1e-3, 1e4) for _ in range(3)]
        y = float(rng.poisson(rate[int(rng.integers(3))]))
        yield {**_weights(rng, 3), "rate": rate}, y


def _angle_points(rng):
    for i in range(220):
        most = 100 if i < 150 else 1e8
        concentration = [log_uniform(rng, 1e-2, most) for _ in range(2)]
        loc = [float(rng.uniform(-math.pi, math.pi)) for _ in range(2)]
        k = int(rng.integers(2))
        y = loc[k] + rng.normal() * min(2.0, 1.5 / concentration[k] ** 0.5)
        found = {"loc": loc, "concentration": concentration}
        yield {**_weights(rng, 2), **found}, math.remainder(y, 2 * math.pi)


def _angles_in_tails(rng):
    for _ in range(20):
        concentration = [log_uniform(rng, 1e-2, 30) for _ in range(2)]
        loc = [float(rng.uniform(-math.pi, math.pi)) for _ in range(2)]
        found = {"loc": loc, "concentration": concentration}
        yield {**_weights(rng, 2), **found}, float(rng.uniform(-math.pi, math.pi))


NORMAL = _of(
    normal.ORACLE,
    "mixture(normal, 2)",
    _normal_points,
    (
        {"logits": [0.0, 0.5], "loc": [-1.0, 2.0], "scale": [0.6, 1.1]},
        {"weights": [0.7, 0.3], "loc": [0.0, 0.5], "scale": [0.2, 1.0]},
    ),
)
POISSON = _of(
    poisson.ORACLE,
    "mixture(poisson, 3)",
    _poisson_points,
    ({"logits": [0.0, 0.5, -0.3], "rate": [0.8, 5.0, 14.0]},),
)
VON_MISES = _of_angles(
    _angle_points,
    ({"logits": [0.0, 0.5], "loc": [-2.9, 2.0], "concentration": [6.0, 2.0]},),
)

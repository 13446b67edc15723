"""Oracles of families with a location and a scale, from their standard forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import mp

from oracles._oracle import Oracle
from oracles._points import log_uniform, signed


def location_scale(
    family: str,
    log_density: Callable[[Any], Any],
    cdf: Callable[[Any], Any],
    sf: Callable[[Any], Any],
    reach: tuple[float, float] = (650.0, 650.0),
) -> Oracle:
    """An oracle made of formulas in z = (y − loc) / scale.

    Args:
        family: the class's name.
        log_density, cdf, sf: of the standard form.
        reach: how far down and up z goes in the points of the tails.
    """

    def log_prob(y, loc, scale):
        return log_density((y - loc) / scale) - mp.log(scale)

    def far(rng):
        below = rng.random() < 0.5
        z = log_uniform(rng, 1e-6, reach[0] if below else reach[1])
        return -z if below else z

    def points(rng):
        for _ in range(120):
            scale, loc = log_uniform(rng, 0.01, 100), signed(rng, 1e-3, 1e3)
            yield {"loc": loc, "scale": scale}, loc + scale * signed(rng, 1e-3, 8)
        for _ in range(60):
            scale = log_uniform(rng, 1e-150, 1e150)
            loc = scale * signed(rng, 1e-8, 1e8) * (rng.random() < 0.8)
            yield {"loc": loc, "scale": scale}, loc + scale * signed(rng, 1e-8, 5)
        for _ in range(60):
            scale, loc = log_uniform(rng, 1e-3, 1e3), signed(rng, 1e-3, 10)
            yield {"loc": loc, "scale": scale}, loc + scale * far(rng)

    def tails(rng):
        for _ in range(200):
            scale, loc = log_uniform(rng, 1e-100, 1e100), 0.0
            if rng.random() < 0.5:
                scale = log_uniform(rng, 1e-3, 1e3)
                loc = scale * signed(rng, 1e-3, 1e3)
            yield {"loc": loc, "scale": scale}, loc + scale * far(rng)

    return Oracle(
        family,
        log_prob,
        points,
        ordinary=({"loc": 0.3, "scale": 1.7}, {"loc": -12.0, "scale": 0.2}),
        cdf=lambda y, loc, scale: cdf((y - loc) / scale),
        sf=lambda y, loc, scale: sf((y - loc) / scale),
        tails=tails,
        sweeps=(
            ({"loc": 0.5, "scale": (1e-2, 1e150)}, 0.7),
            ({"loc": (-50.0, 0.6), "scale": 2.0}, 0.7),
        ),
    )

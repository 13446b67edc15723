"""Links of an angle: how predictors on the whole line become a direction.

A line cannot be wrapped on a circle without a seam, so the seam is put where the data are not.
`tan_half` (the default) takes one predictor a row and has its seam opposite a centre, which a fit
sets to the data's own mean direction: turning all angles by a constant turns the fit with them,
and a regression crosses 0 and 2π like any other angle. `direction` takes two predictors and has
no seam at all, but the length of the pair changes nothing: linear models would not be identified,
so it is meant for networks, where a flat direction does no harm.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from likelier.distributions._links._base import Link, ScalarLink
from likelier.special import Array, namespace


class TanHalf(ScalarLink):
    """The link of circular regression, around a centre in radians, or one for each entry.

    Fisher and Lee (1992), Regression Models for an Angular Response, doi:10.2307/2532334.
    """

    name = "tan_half"
    formula = "η = tan((θ − centre) / 2), θ = centre + 2 arctan η"
    adapts = True

    def __init__(self, centre: Array = 0.0) -> None:
        # A plain number leaves the floating type of the predictor alone.
        self.centre: Any = (
            np.asarray(centre, dtype=np.float64) if np.ndim(centre) else float(centre)
        )

    @property
    def text(self) -> str:
        return (
            f"{self.name}({np.asarray(self.centre).tolist()})" if np.any(self.centre) else self.name
        )

    def adapted(self, parameter: Array) -> Self:
        return type(self)(parameter)

    def forward(self, parameter: Array) -> Array:
        return namespace(parameter).tan(0.5 * (parameter - self.centre))

    def inverse(self, eta: Array) -> Array:
        return self.centre + 2 * namespace(eta).atan(eta)

    def slope(self, eta: Array) -> Array:
        return 2 / (1 + eta * eta)

    def curve(self, eta: Array) -> Array | None:
        return -4 * eta / (1 + eta * eta) ** 2


class Direction(Link):
    """An angle from a pair of predictors, its cosine and sine up to a common length."""

    name = "direction"
    formula = "θ = atan2(η₂, η₁)"

    def columns(self, size: int) -> int:
        return 2 * size

    def forward(self, parameter: Array) -> Array:
        xp = namespace(parameter)
        return xp.stack([xp.cos(parameter), xp.sin(parameter)], axis=-1)

    def inverse(self, eta: Array) -> Array:
        return namespace(eta).atan2(eta[..., 1], eta[..., 0])

    def _unit(self, eta: Array) -> tuple[Array, Array, Array]:
        """Cosine and sine of the angle, and the length of the pair."""
        length = namespace(eta).hypot(eta[..., 0], eta[..., 1])
        return eta[..., 0] / length, eta[..., 1] / length, length

    def pullback(self, eta: Array, gradient: Array) -> Array:
        cos, sin, length = self._unit(eta)
        xp = namespace(eta, gradient)
        return xp.stack([-sin * gradient / length, cos * gradient / length], axis=-1)

    def bend(self, eta: Array, gradient: Array) -> Array | None:
        cos, sin, length = self._unit(eta)
        xp = namespace(eta, gradient)
        part = gradient / length / length
        double, cross = 2 * sin * cos * part, (sin - cos) * (sin + cos) * part
        rows = [xp.stack([double, cross], axis=-1), xp.stack([cross, -double], axis=-1)]
        return xp.stack(rows, axis=-2)

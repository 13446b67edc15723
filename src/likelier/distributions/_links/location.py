"""Links of a curve: eta is the family's location in the unit of y, not a linear predictor.

They are no links that users type; a family names one in `location_link`.
"""

from __future__ import annotations

from likelier.distributions._links._base import ScalarLink
from likelier.special import Array, namespace


class Exp(ScalarLink):
    """The parameter is the logarithm of eta, as loc of a LogNormal is that of its median."""

    name = "exp"
    formula = "η = exp θ"

    def forward(self, parameter: Array) -> Array:
        return namespace(parameter).exp(parameter)

    def inverse(self, eta: Array) -> Array:
        return namespace(eta).log(eta)

    def slope(self, eta: Array) -> Array:
        return 1 / eta

    def curve(self, eta: Array) -> Array | None:
        return -1 / eta / eta


class Expit(ScalarLink):
    """The parameter is the log-odds of eta, a probability."""

    name = "expit"
    formula = "η = 1 / (1 + exp(−θ))"

    def forward(self, parameter: Array) -> Array:
        return 1 / (1 + namespace(parameter).exp(-parameter))

    def inverse(self, eta: Array) -> Array:
        xp = namespace(eta)
        return xp.log(eta) - xp.log1p(-eta)

    def slope(self, eta: Array) -> Array:
        return 1 / (eta * (1 - eta))

    def curve(self, eta: Array) -> Array | None:
        slope = self.slope(eta)
        return (2 * eta - 1) * slope * slope

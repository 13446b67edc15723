"""Links of a probability that is carried as its log odds, which keep both of its tails."""

from __future__ import annotations

import math

from likelier import special
from likelier.distributions._links._base import ScalarLink
from likelier.special import Array, namespace


class LogOddsProbit(ScalarLink):
    """The probit link of a probability that is carried as its log odds, which keeps both tails."""

    name = "log_odds_probit"
    formula = "η = Φ⁻¹(p), θ = log(p / (1 − p))"

    def forward(self, parameter: Array) -> Array:
        xp = namespace(parameter)
        lower = special.ndtri(special.expit(-abs(parameter)))
        return xp.where(parameter > 0, -lower, lower)

    def inverse(self, eta: Array) -> Array:
        return special.log_ndtr(eta) - special.log_ndtr(-eta)

    def slope(self, eta: Array) -> Array:
        return special.log_ndtr_ratio(eta) + special.log_ndtr_ratio(-eta)

    def curve(self, eta: Array) -> Array | None:
        # h(η) = φ/Φ has h' = −h (η + h).
        up, down = special.log_ndtr_ratio(eta), special.log_ndtr_ratio(-eta)
        return -up * (eta + up) + down * (down - eta)


class LogOddsCLogLog(ScalarLink):
    """The complementary log-log link of a probability that is carried as its log odds."""

    name = "log_odds_cloglog"
    formula = "η = log(−log(1 − p)), θ = log(p / (1 − p))"

    def forward(self, parameter: Array) -> Array:
        return namespace(parameter).log(special.softplus(parameter))

    def inverse(self, eta: Array) -> Array:
        hazard = namespace(eta).exp(eta)
        return special.inverse_softplus(hazard)

    def slope(self, eta: Array) -> Array:
        xp = namespace(eta)
        hazard = xp.exp(eta)
        return -hazard / xp.expm1(-hazard)

    def curve(self, eta: Array) -> Array | None:
        xp = namespace(eta)
        hazard = xp.exp(eta)
        slope = -hazard / xp.expm1(-hazard)
        return slope * (1 + hazard - slope)


class LogOddsCauchit(ScalarLink):
    """The Cauchy link of a probability that is carried as its log odds."""

    name = "log_odds_cauchit"
    formula = "η = tan(π (p − ½)), θ = log(p / (1 − p))"

    def forward(self, parameter: Array) -> Array:
        xp = namespace(parameter)
        lower = -1 / xp.tan(math.pi * special.expit(-abs(parameter)))
        return xp.where(parameter > 0, -lower, lower)

    def inverse(self, eta: Array) -> Array:
        xp = namespace(eta)
        one = xp.ones_like(eta)
        return xp.log(xp.atan2(one, -eta)) - xp.log(xp.atan2(one, eta))

    def slope(self, eta: Array) -> Array:
        xp = namespace(eta)
        one = xp.ones_like(eta)
        return (1 / xp.atan2(one, -eta) + 1 / xp.atan2(one, eta)) / (1 + eta**2)

    def curve(self, eta: Array) -> Array | None:
        xp = namespace(eta)
        one = xp.ones_like(eta)
        up, down = 1 / xp.atan2(one, -eta), 1 / xp.atan2(one, eta)
        return (down**2 - up**2 - 2 * eta * (up + down)) / (1 + eta**2) ** 2

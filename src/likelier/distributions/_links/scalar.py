"""Elementwise links of numbers, and of a probability as such."""

from __future__ import annotations

import math

from likelier import special
from likelier.distributions._links._base import ScalarLink
from likelier.special import Array, namespace


class Identity(ScalarLink):
    name = "identity"
    formula = "η = θ"
    has_unit = True

    def forward(self, parameter: Array) -> Array:
        return parameter

    def inverse(self, eta: Array) -> Array:
        return eta

    def slope(self, eta: Array) -> Array:
        return namespace(eta).ones_like(eta)

    def curve(self, eta: Array) -> Array | None:
        return None

    def pullback(self, eta: Array, gradient: Array) -> Array:
        return gradient


class Log(ScalarLink):
    name = "log"
    formula = "η = log θ"
    slope_is_parameter = True

    def forward(self, parameter: Array) -> Array:
        return namespace(parameter).log(parameter)

    def inverse(self, eta: Array) -> Array:
        return namespace(eta).exp(eta)

    def slope(self, eta: Array) -> Array:
        return namespace(eta).exp(eta)

    def curve(self, eta: Array) -> Array | None:
        return namespace(eta).exp(eta)


class Inverse(ScalarLink):
    name = "inverse"
    formula = "η = 1 / θ"

    def forward(self, parameter: Array) -> Array:
        return 1 / parameter

    def inverse(self, eta: Array) -> Array:
        return 1 / eta

    def slope(self, eta: Array) -> Array:
        return -1 / eta**2

    def curve(self, eta: Array) -> Array | None:
        return 2 / eta**3


class Sqrt(ScalarLink):
    name = "sqrt"
    formula = "η = √θ"

    def forward(self, parameter: Array) -> Array:
        return namespace(parameter).sqrt(parameter)

    def inverse(self, eta: Array) -> Array:
        return eta**2

    def slope(self, eta: Array) -> Array:
        return 2 * eta

    def curve(self, eta: Array) -> Array | None:
        return 2 * namespace(eta).ones_like(eta)


class Softplus(ScalarLink):
    name = "softplus"
    formula = "η = log(exp θ − 1)"

    def forward(self, parameter: Array) -> Array:
        return special.inverse_softplus(parameter)

    def inverse(self, eta: Array) -> Array:
        return special.softplus(eta)

    def slope(self, eta: Array) -> Array:
        return special.expit(eta)

    def curve(self, eta: Array) -> Array | None:
        return special.expit(eta) * special.expit(-eta)


class OnePlusSoftplus(ScalarLink):
    """The softplus link of a parameter above 1."""

    name = "one_plus_softplus"
    formula = "η = log(exp(θ − 1) − 1)"

    def forward(self, parameter: Array) -> Array:
        return special.inverse_softplus(parameter - 1)

    def inverse(self, eta: Array) -> Array:
        return 1 + special.softplus(eta)

    def slope(self, eta: Array) -> Array:
        return special.expit(eta)

    def curve(self, eta: Array) -> Array | None:
        return special.expit(eta) * special.expit(-eta)


class Logit(ScalarLink):
    name = "logit"
    formula = "η = log(θ / (1 − θ))"

    def forward(self, parameter: Array) -> Array:
        return special.logit(parameter)

    def inverse(self, eta: Array) -> Array:
        return special.expit(eta)

    def slope(self, eta: Array) -> Array:
        return special.expit(eta) * special.expit(-eta)

    def curve(self, eta: Array) -> Array | None:
        p, q = special.expit(eta), special.expit(-eta)
        return p * q * (q - p)


class Probit(ScalarLink):
    name = "probit"
    formula = "η = Φ⁻¹(θ)"

    def forward(self, parameter: Array) -> Array:
        return special.ndtri(parameter)

    def inverse(self, eta: Array) -> Array:
        return special.ndtr(eta)

    def slope(self, eta: Array) -> Array:
        return namespace(eta).exp(-(eta**2) / 2) / math.sqrt(2 * math.pi)

    def curve(self, eta: Array) -> Array | None:
        return -eta * self.slope(eta)


class CLogLog(ScalarLink):
    name = "cloglog"
    formula = "η = log(−log(1 − θ))"

    def forward(self, parameter: Array) -> Array:
        xp = namespace(parameter)
        return xp.log(-xp.log1p(-parameter))

    def inverse(self, eta: Array) -> Array:
        xp = namespace(eta)
        return -xp.expm1(-xp.exp(eta))

    def slope(self, eta: Array) -> Array:
        xp = namespace(eta)
        return xp.exp(eta - xp.exp(eta))

    def curve(self, eta: Array) -> Array | None:
        xp = namespace(eta)
        return -xp.expm1(eta) * self.slope(eta)


class Cauchit(ScalarLink):
    name = "cauchit"
    formula = "η = tan(π (θ − ½))"

    def forward(self, parameter: Array) -> Array:
        xp = namespace(parameter)
        return xp.tan(math.pi * (parameter - 0.5))

    def inverse(self, eta: Array) -> Array:
        xp = namespace(eta)
        # atan2 keeps the digits of the lower tail, where 1/2 + atan(eta)/π would cancel.
        return xp.atan2(xp.ones_like(eta), -eta) / math.pi

    def slope(self, eta: Array) -> Array:
        return 1 / (math.pi * (1 + eta**2))

    def curve(self, eta: Array) -> Array | None:
        return -2 * eta / (math.pi * (1 + eta**2) ** 2)

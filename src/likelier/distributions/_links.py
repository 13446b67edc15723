"""Links: how a real linear predictor becomes a parameter, with exact derivatives.

A link belongs to the model, not to the family; a parameter's domain only supplies the default.
`inverse(eta)` is the parameter. Scalar links act elementwise; vector links map the last axis.
A new link is one class here and one entry in `LINKS`.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from typing import ClassVar

from likelier import special
from likelier.distributions._domains import Domain
from likelier.errors import LikelierError, did_you_mean
from likelier.special import Array, namespace


class Link(ABC):
    """The map between a parameter and its linear predictor, `eta = link(parameter)`.

    `eta` has the shape of the parameter for a scalar link; for a vector link its last axis has
    `columns(size)` entries where the parameter's has `size`.
    """

    name: ClassVar[str]
    formula: ClassVar[str]
    adapts: ClassVar[bool] = False
    """Whether a fit adapts the link to its sample."""

    @property
    def text(self) -> str:
        """The link as saved models write it, such as `log`; with its number where it has one."""
        return self.name

    def adapted(self, parameter: Array) -> Link:
        """This link for a sample in which the parameter is roughly that; most need no change."""
        return self

    def columns(self, size: int) -> int:
        """Number of linear predictors of a parameter whose event has `size` entries."""
        return size

    @abstractmethod
    def forward(self, parameter: Array) -> Array:
        """The linear predictor that gives this parameter."""

    @abstractmethod
    def inverse(self, eta: Array) -> Array:
        """The parameter at this linear predictor."""

    @abstractmethod
    def pullback(self, eta: Array, gradient: Array) -> Array:
        """The derivative in `eta`, given that in the parameter (transposed Jacobian product)."""

    @abstractmethod
    def bend(self, eta: Array, gradient: Array) -> Array | None:
        """Σ gradient_k ∂²parameter_k/∂eta²: same shape as `eta` for a scalar link, a matrix in
        the last two axes for a vector link, None where the link is linear."""

    def __repr__(self) -> str:
        return self.name


class ScalarLink(Link):
    """An elementwise link: `slope` and `curve` are the first two derivatives of `inverse`."""

    @abstractmethod
    def slope(self, eta: Array) -> Array:
        """d parameter / d eta."""

    @abstractmethod
    def curve(self, eta: Array) -> Array | None:
        """d² parameter / d eta², None where it is zero."""

    def pullback(self, eta: Array, gradient: Array) -> Array:
        return gradient * self.slope(eta)

    def bend(self, eta: Array, gradient: Array) -> Array | None:
        curve = self.curve(eta)
        return None if curve is None else gradient * curve


class Identity(ScalarLink):
    name = "identity"
    formula = "η = θ"

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


class Reference(Link):
    """K logits from K − 1 predictors: the first class is the reference, with logit 0."""

    name = "reference"
    formula = "θ = (0, η₁, …, η_{K−1})"

    def columns(self, size: int) -> int:
        return size - 1

    def forward(self, parameter: Array) -> Array:
        return parameter[..., 1:] - parameter[..., :1]

    def inverse(self, eta: Array) -> Array:
        xp = namespace(eta)
        return xp.concat([xp.zeros_like(eta[..., :1]), eta], axis=-1)

    def pullback(self, eta: Array, gradient: Array) -> Array:
        return gradient[..., 1:]

    def bend(self, eta: Array, gradient: Array) -> Array | None:
        return None


class Softmax(Link):
    """K shares that sum to 1 from K − 1 predictors: log ratios to the first, the reference."""

    name = "softmax"
    formula = "η_k = log(θ_k / θ₁), k = 2, …, K"

    def columns(self, size: int) -> int:
        return size - 1

    def forward(self, parameter: Array) -> Array:
        logs = namespace(parameter).log(parameter)
        return logs[..., 1:] - logs[..., :1]

    def inverse(self, eta: Array) -> Array:
        xp = namespace(eta)
        logits = xp.concat([xp.zeros_like(eta[..., :1]), eta], axis=-1)
        return special.softmax(logits, axis=-1)

    def _weighted(self, eta: Array, gradient: Array) -> tuple[Array, Array]:
        """The free shares, and each times its gradient less the mean gradient."""
        xp = namespace(eta, gradient)
        share = self.inverse(eta)
        centre = xp.sum(share * gradient, axis=-1, keepdims=True)
        return share[..., 1:], share[..., 1:] * (gradient - centre)[..., 1:]

    def pullback(self, eta: Array, gradient: Array) -> Array:
        return self._weighted(eta, gradient)[1]

    def bend(self, eta: Array, gradient: Array) -> Array | None:
        xp = namespace(eta, gradient)
        share, pull = self._weighted(eta, gradient)
        cross = share[..., :, None] * pull[..., None, :]
        return pull[..., None] * xp.eye(share.shape[-1]) - cross - xp.swapaxes(cross, -1, -2)


class Ordered(Link):
    """Increasing numbers: the first is free, each next one adds the exponential of a predictor."""

    name = "ordered"
    formula = "θ₁ = η₁, θ_j = θ_{j−1} + exp η_j"

    def forward(self, parameter: Array) -> Array:
        xp = namespace(parameter)
        gaps = parameter[..., 1:] - parameter[..., :-1]
        return xp.concat([parameter[..., :1], xp.log(gaps)], axis=-1)

    def inverse(self, eta: Array) -> Array:
        xp = namespace(eta)
        steps = xp.concat([eta[..., :1], xp.exp(eta[..., 1:])], axis=-1)
        return xp.cumsum(steps, axis=-1)

    def _reach(self, gradient: Array) -> Array:
        """Σ_{k >= j} gradient_k: a step moves all that follow it."""
        xp = namespace(gradient)
        return xp.flip(xp.cumsum(xp.flip(gradient, axis=-1), axis=-1), axis=-1)

    def pullback(self, eta: Array, gradient: Array) -> Array:
        xp = namespace(eta, gradient)
        slope = xp.concat([xp.ones_like(eta[..., :1]), xp.exp(eta[..., 1:])], axis=-1)
        return slope * self._reach(gradient)

    def bend(self, eta: Array, gradient: Array) -> Array | None:
        xp = namespace(eta, gradient)
        curve = xp.concat([xp.zeros_like(eta[..., :1]), xp.exp(eta[..., 1:])], axis=-1)
        return (curve * self._reach(gradient))[..., None] * xp.eye(eta.shape[-1])


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


class Each(Link):
    """A scalar link for every entry of a vector."""

    def __init__(self, link: ScalarLink) -> None:
        self.link = link
        self.name = f"each_{link.name}"  # type: ignore[misc]
        self.formula = link.formula  # type: ignore[misc]

    def forward(self, parameter: Array) -> Array:
        return self.link.forward(parameter)

    def inverse(self, eta: Array) -> Array:
        return self.link.inverse(eta)

    def pullback(self, eta: Array, gradient: Array) -> Array:
        return self.link.pullback(eta, gradient)

    def bend(self, eta: Array, gradient: Array) -> Array | None:
        entries = self.link.bend(eta, gradient)
        if entries is None:
            return None
        xp = namespace(entries)
        return entries[..., None] * xp.eye(entries.shape[-1], dtype=entries.dtype)


LINKS: dict[str, Link] = {
    link.name: link
    for link in (
        Identity(),
        Log(),
        Inverse(),
        Sqrt(),
        Softplus(),
        OnePlusSoftplus(),
        Logit(),
        Probit(),
        CLogLog(),
        Cauchit(),
        LogOddsProbit(),
        LogOddsCLogLog(),
        LogOddsCauchit(),
        Reference(),
        Softmax(),
        Ordered(),
    )
}
# Vector parameters of mixtures and independent families take the links of their entries.
LINKS.update({f"each_{n}": Each(link) for n, link in LINKS.items() if isinstance(link, ScalarLink)})


_WITH_NUMBER = re.compile(r"(\w+)\((-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)\)")


def get_link(link: str | Link, domain: Domain, what: str) -> Link:
    """The link that this name means for a parameter of this domain; a `Link` passes through.

    Args:
        link: a name on offer for the domain, or a link of one's own.
        domain: the parameter's domain.
        what: the parameter's name, for the message.

    Raises `LikelierError` for a name that the domain does not offer.
    """
    if isinstance(link, Link):
        return link
    found = _WITH_NUMBER.fullmatch(link)
    if found and found[1] in domain.links:
        adapted = LINKS[domain.links[found[1]]].adapted(float(found[2]))
        if adapted.text != adapted.name:
            return adapted
    if link not in domain.links:
        raise LikelierError(
            f"no link {link!r} for {what} ({domain.text}).{did_you_mean(str(link), domain.links)}"
            f" On offer: {', '.join(domain.links)}"
        )
    return LINKS[domain.links[link]]

"""Links of vectors: logits, shares, increasing numbers, and a scalar link for every entry."""

from __future__ import annotations

from typing import Self

from likelier import special
from likelier.distributions._links._base import Link, ScalarLink
from likelier.special import Array, namespace


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


class Each(Link):
    """A scalar link for every entry of a vector."""

    def __init__(self, link: ScalarLink) -> None:
        self.link = link
        self.name = f"each_{link.name}"  # type: ignore[misc]
        self.formula = link.formula  # type: ignore[misc]
        self.has_unit = link.has_unit
        self.adapts = link.adapts  # type: ignore[misc]

    @property
    def text(self) -> str:
        return self.link.text

    def adapted(self, parameter: Array) -> Self:
        return type(self)(self.link.adapted(parameter)) if self.adapts else self

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

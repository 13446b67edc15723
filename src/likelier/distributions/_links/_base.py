"""Links: how a real linear predictor becomes a parameter, with exact derivatives.

A link belongs to the model, not to the family; a parameter's domain only supplies the default.
`inverse(eta)` is the parameter. Scalar links act elementwise; vector links map the last axis.
A new link is one class in a file of this folder and one entry in `LINKS`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Self

from likelier.special import Array


class Link(ABC):
    """The map between a parameter and its linear predictor, `eta = link(parameter)`.

    `eta` has the shape of the parameter for a scalar link; for a vector link its last axis has
    `columns(size)` entries where the parameter's has `size`.
    """

    name: ClassVar[str]
    formula: ClassVar[str]
    adapts: ClassVar[bool] = False
    """Whether a fit adapts the link to its sample."""
    slope_is_parameter: ClassVar[bool] = False
    """Whether both derivatives of `inverse` are the parameter itself, as those of exp are."""
    has_unit: bool = False
    """Whether the linear predictor is in the unit of the parameter."""

    @property
    def text(self) -> str:
        """The link as saved models write it, such as `log`; with its number where it has one."""
        return self.name

    def adapted(self, parameter: Array) -> Self:
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

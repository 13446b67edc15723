"""The contract of an objective: what a fit minimises, one risk and any number of penalties.

A *risk* says how the row losses of a block become sums: a value, rows of derivatives in the linear
predictors, and rows of curvature. The block function above it pulls the rows back to the
coefficients. A *penalty* adds to the sums of all rows and says what it is, from which the solver
is chosen. To add either, write one file with one class and export it in `__init__.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from likelier.distributions import Linked
from likelier.errors import LikelierError

Array = Any


@dataclass(frozen=True, eq=False)
class Rows:
    """What a risk says of one block of m rows.

    Attributes:
        value: the block's contribution to the objective.
        gradient: (K, m) derivatives in the linear predictors, or None.
        curvature: rows of second derivatives by pairs of predictors, or None.
    """

    value: float
    gradient: Array | None = None
    curvature: dict[tuple[int, int], Array] | None = None


@dataclass(frozen=True, eq=False)
class Addition:
    """What a penalty adds to the sums over all rows.

    Attributes:
        value: to the objective.
        gradient: (P,) its derivatives in theta, or None.
        curvature: (P, P) positive semidefinite, near its second derivatives where they are; it
            steers the search and moves no optimum.
    """

    value: float
    gradient: Array | None = None
    curvature: Array | None = None


class Likelihood(Protocol):
    """What a penalty may ask of the likelihood whose coefficients it weighs."""

    @property
    def linked(self) -> Linked: ...
    @property
    def predictor(self) -> Any: ...
    @property
    def weights(self) -> Array | None: ...
    @property
    def known(self) -> Mapping[str, Array]: ...

    def __call__(self, theta: Array, order: int = 2, kind: str = "observed") -> Any: ...

    def blocks(self) -> Iterable[tuple[slice, Any]]:
        """Blocks of rows, each with the scratch memory that the predictor works in."""


class Term:
    """A part of an objective: terms add up, and penalties take a strength."""

    def text(self) -> str:
        """The term as a user types it."""
        return f"{type(self).__name__}()"

    def __add__(self, other: Term | Objective) -> Objective:
        return Objective.of(self) + other

    def __mul__(self, strength: float) -> Objective:
        return Objective.of(self) * strength

    __rmul__ = __mul__


class Risk(Term, ABC):
    """How row losses become the number that is minimised."""

    is_likelihood: ClassVar[bool]
    """Whether its minimiser is the maximum-likelihood estimate, so that its inference holds."""

    @abstractmethod
    def rows(
        self,
        linked: Linked,
        eta: Array,
        y: Array,
        weights: Array | None,
        known: Mapping[str, Array] | None,
        order: int,
        kind: str,
    ) -> Rows:
        """Value, and from `order` 1 the gradient, from 2 the curvature, of a block.

        Args:
            linked: the family with its links.
            eta: predictors, (K, m).
            y: observations, (m,) or (m, event).
            weights: (m,) or None for ones.
            known: parameters that are data, (m,) each.
            order: 0, 1 or 2.
            kind: "observed" or "expected" curvature.
        """


class Penalty(Term, ABC):
    """A function of the coefficients that is added to the risk, on the scale of a sum over rows."""

    smooth: ClassVar[bool]
    """Whether it has derivatives, so that Newton's method serves."""

    @abstractmethod
    def add(self, likelihood: Likelihood, theta: Array, order: int) -> Addition:
        """Value, and from `order` 1 the gradient, from 2 the curvature, at theta."""

    def check(self, family: Any) -> None:
        """Raise `LikelierError` for a family with which the penalty has no meaning."""


@dataclass(frozen=True, eq=False)
class Weighted:
    """A penalty with its strength."""

    strength: float
    penalty: Penalty

    def text(self) -> str:
        """The term as a user types it."""
        head = "" if self.strength == 1 else f"{self.strength:g} * "
        return head + self.penalty.text()


@dataclass(frozen=True, eq=False)
class Objective:
    """A risk and the penalties that are added to it, `NLL() + Jeffreys()`.

    Attributes:
        risk: how row losses become a number, or None for penalties alone.
        penalties: what is added, with strengths.

    Example:
        >>> import likelier as lk
        >>> (lk.NLL() + 0.5 * lk.Jeffreys()).text()
        'NLL() + 0.5 * Jeffreys()'
    """

    risk: Risk | None
    penalties: tuple[Weighted, ...] = ()

    @classmethod
    def of(cls, given: Any) -> Objective:
        """An objective from a risk, a penalty or an objective."""
        if isinstance(given, Objective):
            return given
        if isinstance(given, Risk):
            return cls(given)
        if isinstance(given, Penalty):
            return cls(None, (Weighted(1.0, given),))
        if isinstance(given, type) and issubclass(given, Term):
            raise LikelierError(f"an objective is made of terms such as lk.{given.__name__}()")
        raise LikelierError(
            f"an objective is lk.NLL(), or a sum such as lk.NLL() + lk.Jeffreys(); given: {given!r}"
        )

    def __add__(self, other: Any) -> Objective:
        added = Objective.of(other)
        if self.risk is not None and added.risk is not None:
            raise LikelierError(
                f"an objective has one risk; given: {self.risk.text()} and {added.risk.text()}"
            )
        return Objective(self.risk or added.risk, self.penalties + added.penalties)

    def __mul__(self, strength: float) -> Objective:
        number = isinstance(strength, int | float) and not isinstance(strength, bool)
        if not number or not 0 <= strength < float("inf"):
            raise LikelierError(f"a strength is a finite number, 0 or above; given: {strength!r}")
        if self.risk is not None:
            # Its scale is what standard errors rest on; only the ratio of the terms is free.
            raise LikelierError(
                f"{self.risk.text()} has the strength 1; scale the penalties that are added to it"
            )
        scaled = tuple(Weighted(strength * w.strength, w.penalty) for w in self.penalties)
        return Objective(None, scaled)

    __rmul__ = __mul__

    def text(self) -> str:
        """The objective as a user types it."""
        risk = [] if self.risk is None else [self.risk.text()]
        return " + ".join([*risk, *(weighted.text() for weighted in self.penalties)])

    def check(self, family: Any) -> None:
        """Raise `LikelierError` if it has no risk or does not suit a family."""
        if self.risk is None:
            raise LikelierError(
                f"the objective {self.text()} has no risk; write lk.NLL() + {self.text()}"
            )
        for weighted in self.penalties:
            weighted.penalty.check(family)

"""The contract of an objective: what a fit minimises, one risk and any number of penalties.

A *risk* says how the row losses of a block become sums: a value, rows of derivatives in the linear
predictors, and rows of curvature. The block function above it pulls the rows back to the
coefficients. A *penalty* is bound to the coefficients of a fit (`Layout`) and then adds to the
sums of all rows; norms of coefficients, which have kinks, it hands over as `Kinks`.

Every term declares what it is, and the solver follows from that alone:

* `smooth`: it has a gradient everywhere, so that Newton serves;
* `proximal`: its kinks are norms of coefficients, so that proximal Newton serves. A term that is
  neither is `rounded` (a penalty once it is bound) to a width that shrinks, as a family with a
  kink is;
* `separable` (risks): rows add up. One that is not is `given` the losses of all rows first, by a
  pass of its own, and is separable from then on: they share one number, such as a threshold, which
  solvers by batches of rows search along with the coefficients;
* `needs` (penalties): what it reads besides coefficients: "predictions", "information", "surface";
* `columns`: what it reads of the rows, such as a group, which `Layout.columns` then holds.

The sum that a solver sees is that over rows: a penalty that is stated against the *mean* NLL
(`per_row`) is multiplied by what the rows count for.

To add a term, write one file with one class and export it in `__init__.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

from likelier.distributions import Linked
from likelier.errors import LikelierError
from likelier.objective._batch import Batch
from likelier.objective._kinks import Kinks
from likelier.objective._layout import Layout

Array = Any


@dataclass(frozen=True, eq=False)
class Rows:
    """What a risk says of one block of m rows.

    Attributes:
        value: the block's contribution to the objective.
        gradient: (K, m) derivatives in the linear predictors, or None.
        curvature: rows of second derivatives by pairs of predictors, or None.
        nll: the block's plain NLL where `value` is something else.
        shared: (K, m) what each row adds to the cross derivatives of the linear predictors and a
            number that all rows share and that minimises the sum, such as a threshold; or None.
        mass: what the rows add to the second derivative in that number.
        slope: what they add to the derivative in it.
    """

    value: float
    gradient: Array | None = None
    curvature: dict[tuple[int, int], Array] | None = None
    nll: float | None = None
    shared: Array | None = None
    mass: float = 0.0
    slope: float = 0.0


@dataclass(frozen=True, eq=False)
class Addition:
    """What a penalty adds to the sums over all rows.

    Attributes:
        value: to the objective.
        gradient: (P,) its derivatives in theta, or None.
        curvature: (P, P) positive semidefinite, or (P,) its diagonal where it is nothing else;
            near its second derivatives where they are; it steers the search and moves no optimum.
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
    def y(self) -> Any: ...
    @property
    def weights(self) -> Array | None: ...
    @property
    def known(self) -> Mapping[str, Array]: ...

    def __call__(self, theta: Array, order: int = 2, kind: str = "observed") -> Any: ...

    def blocks(self) -> Iterable[tuple[slice, Any]]:
        """Blocks of rows, each with the scratch memory that the predictor works in."""


class Term:
    """A part of an objective: terms add up, and penalties take a strength."""

    smooth: ClassVar[bool] = True
    """Whether it has a gradient everywhere."""
    proximal: ClassVar[bool] = False
    """Whether its kinks are norms of coefficients, which `Kinks` describes."""

    @property
    def columns(self) -> Mapping[str, Any]:
        """What it reads of the rows, by name: a column of the table, or an array of n."""
        return {}

    def text(self) -> str:
        """The term as a user types it."""
        return f"{type(self).__name__}()"

    def __repr__(self) -> str:
        return self.text()

    def __add__(self, other: Term | Objective) -> Objective:
        return Objective.of(self) + other

    def __mul__(self, strength: float) -> Objective:
        return Objective.of(self) * strength

    __rmul__ = __mul__


class Risk(Term, ABC):
    """How row losses become the number that is minimised."""

    is_likelihood: ClassVar[bool]
    """Whether its minimiser is the maximum-likelihood estimate, so that its inference holds."""
    separable: ClassVar[bool] = True
    """Whether rows add up; one whose rows do not is `given` the losses of all rows first."""
    attained: bool = False
    """Whether its minimum is finite where the likelihood has none, under separation."""

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

    def of_batch(self, batch: Batch) -> Array:
        """The risk of a batch in JAX, a mean over its rows, as the training of a network takes it.

        Its derivative in `batch.eta` is what counts: where a term is defined by its slopes, the
        value may be another.
        """
        raise LikelierError(f"{self.text()} does not train networks")

    def watched(self, batch: Batch) -> Array:
        """What decides when a training ends, of a batch of held-out rows: the mean NLL."""
        return batch.mean(batch.nll)

    def given(self, losses: Array, weights: Array | None) -> Risk:
        """The separable risk that this one is at a point where the rows have these losses, (n,)."""
        return self

    def at(self, number: float) -> Risk:
        """The same at another value of the number that all rows share, once it has been given."""
        return self

    @property
    def shared(self) -> float | None:
        """The number that all rows share and that minimises the sum; None where there is none."""
        return None

    def rounded(self, width: float) -> Risk:
        """The same with its kinks rounded over this width; itself where it has none."""
        return self

    def check(self, family: Any) -> None:
        """Raise `LikelierError` for a family with which the risk has no meaning."""


class Addend(ABC):
    """A penalty bound to the coefficients of a fit."""

    kinks: Kinks | None = None
    """The norms of coefficients in it, which `add` leaves out."""

    @abstractmethod
    def add(self, likelihood: Likelihood, theta: Array, order: int) -> Addition:
        """Value, and from `order` 1 the gradient, from 2 the curvature, of its smooth part."""

    def rounded(self, width: float) -> Addend:
        """The same with its kinks rounded over this width; itself where it has none."""
        return self

    def select(self, index: Array) -> Addend | None:
        """The same where only these coefficients are not 0; None where it needs all of them."""
        return self

    def reweighed(self, penalty: Any) -> Addend:
        """The same of a penalty whose strength was found."""
        return self

    def shrinkage(self) -> tuple[Array, Array] | None:
        """(P,) r and a, where it is ½ Σ rⱼ θⱼ² + Σ aⱼ |θⱼ|; None where it is something else."""
        return None


class Penalty(Term, ABC):
    """A function of the coefficients that is added to the risk."""

    per_row: ClassVar[bool] = True
    """Whether it is stated against the mean NLL of a row, else against the sum over rows."""
    needs: ClassVar[frozenset[str]] = frozenset()
    """What it reads besides the coefficients: "predictions", "information", or "surface", the
    predicted mean as a function of the columns."""
    trains: ClassVar[bool] = False
    """Whether it takes part in the training of a network."""
    inference: ClassVar[str] = "penalised"
    """What standard errors are: of the "information" at the estimate, of the "penalised" curvature,
    or "none" where the penalty has selected terms."""

    balances: bool = False
    """Whether the search finds its strength, so that it curves the objective as the rows do."""

    @abstractmethod
    def bind(self, layout: Layout) -> Addend:
        """The penalty over the coefficients of a fit."""

    def weighing(self, strength: float) -> Penalty:
        """The same at a strength that the search has found; itself where none is to be found."""
        return self

    @property
    def key(self) -> Any:
        """What of it is compiled into `of_batch`; the rest is in what `prepared` gives."""
        return self.text()

    def prepared(
        self, columns: Mapping[str, Array], y: Any, weights: Array | None
    ) -> tuple[Any, Any]:
        """What `of_batch` reads of the rows that train a network: by row, and as a whole.

        Args:
            columns: what it asked for in `columns`, (n,) each.
            y: observations; weights: (n,) or None.

        Returns:
            Two pytrees of arrays; those of the first have a row for each row.
        """
        return (), ()

    def of_batch(self, batch: Batch, rows: Any, whole: Any) -> Array:
        """What it adds to the mean over a batch in JAX, beside the shrinkage of weights.

        Args:
            batch: the rows; rows, whole: what `prepared` gave, of the rows of the batch.
        """
        return 0.0

    def roots(self, batch: Batch, whole: Any) -> Array:
        """(points, parts) of which it is the mean sum of squares, if it `balances`; or some."""
        raise NotImplementedError

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
class Bound(Weighted):
    """A penalty with its strength, bound to the coefficients of a fit."""

    addend: Addend

    def select(self, index: Array) -> Bound | None:
        """The same where only these coefficients are not 0; None where it needs all of them."""
        addend = self.addend.select(index)
        return None if addend is None else replace(self, addend=addend)

    def rounded(self, width: float) -> Bound:
        """The same with its kinks rounded over this width."""
        return replace(self, addend=self.addend.rounded(width))

    def weighing(self, strength: float) -> Bound:
        """The same with a strength of its penalty that the search has found."""
        penalty = self.penalty.weighing(strength)
        return replace(self, penalty=penalty, addend=self.addend.reweighed(penalty))


@dataclass(frozen=True, eq=False, repr=False)
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

    def __repr__(self) -> str:
        return self.text()

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
        self.risk.check(family)
        for weighted in self.penalties:
            weighted.penalty.check(family)

    @property
    def terms(self) -> tuple[Term, ...]:
        """The risk and the penalties."""
        return (*(() if self.risk is None else (self.risk,)), *(w.penalty for w in self.penalties))

    @property
    def columns(self) -> dict[str, Any]:
        """What its terms read of the rows, by name."""
        found: dict[str, Any] = {}
        for term in self.terms:
            for name, what in term.columns.items():
                held = found.setdefault(name, what)
                if held is not what and not (isinstance(what, str) and held == what):
                    raise LikelierError(
                        f"two terms read different arrays as {name}; put them into the table and "
                        "name its columns"
                    )
        return found

    def bind(self, layout: Layout) -> tuple[Bound, ...]:
        """Its penalties over the coefficients of a fit."""
        return tuple(Bound(w.strength, w.penalty, w.penalty.bind(layout)) for w in self.penalties)

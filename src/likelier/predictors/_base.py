"""The contract of a predictor: features become the linear predictors (eta) of a distribution.

A predictor lays its unknowns out in one flat vector `theta` and works on blocks of rows:
`forward(theta, rows, work)` gives `eta`, shape (K, m), one row per column of a parameter. Of a
network, whose many weights have no meaning each, no more is asked. A `ParametricPredictor` also
pulls derivatives back:

* `pull_gradient` turns rows of d/d eta into d/d theta;
* `pull_curvature` turns rows of second derivatives in eta into the (Gauss-Newton) matrix in theta.

What users type, `predictor=lk.Linear()`, is its specification: frozen data without rows, which
says which parameters take the columns and makes the predictor once the columns are there.

To add a predictor, write one file with its specification and the predictor that this makes, and
export both in `__init__.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

Array = Any


class Workspace:
    """Scratch arrays that one worker keeps from block to block."""

    def __init__(self, theta: Array = None) -> None:
        self.theta = theta
        """Where the last `forward` was taken, for the pulls of a predictor that is not linear."""
        self._arrays: dict[str, np.ndarray] = {}

    def take(self, name: str, shape: tuple[int, int], dtype: Any = np.float64) -> np.ndarray:
        """An uninitialised C-ordered array that is reused while it is large enough."""
        size = shape[0] * shape[1]
        held = self._arrays.get(name)
        if held is None or held.size < size or held.dtype != dtype:
            held = self._arrays[name] = np.empty(size, dtype)
        return held[:size].reshape(shape)


class Predictor(ABC):
    """A map from features to the linear predictors of every distribution parameter."""

    linear: ClassVar[bool] = True
    """Whether eta is linear in `theta`, so that all its curvature is that of the rows."""
    curved: tuple[int, ...] = ()
    """Rows of eta that are no linear function of features."""
    unknown_names: tuple[str, ...] = ()
    """Names of the unknowns of those rows, which stand first in `theta`."""
    networks: Mapping[str, slice] = MappingProxyType({})
    """Where among them the weights of each network within a curve stand, by its name."""
    shrinkable: Array = None
    """Of a network, the entries of `theta` that penalties draw towards 0: no biases."""

    size: int
    """Length of `theta`."""
    columns: int
    """Number K of linear predictors."""
    n: int
    """Number of rows."""
    offset: list[Array | None]
    """What is added to each row of eta, (n,), or None."""

    @abstractmethod
    def forward(self, theta: Array, rows: slice, work: Workspace) -> Array:
        """Linear predictors of a block, shape (K, m)."""

    def initial(self) -> Array:
        """`theta` to begin with, before intercepts are put where the target lies."""
        return np.zeros(self.size)

    @abstractmethod
    def from_user(self, coefficients: Array) -> Array:
        """`theta` for coefficients on the user's scale."""

    @abstractmethod
    def deviations(self, weights: Array | None) -> Array:
        """Standard deviation of what each entry of `theta` is multiplied by, weighted, (size,).

        0 for intercepts and for unknowns of a curve, which no penalty shrinks.
        """

    @property
    @abstractmethod
    def arrays(self) -> list[Any]:
        """What holds its rows, each once, and its offsets."""

    @property
    def breadth(self) -> int:
        """Numbers that a pass reads of each row; 0 where all rows are made at once."""
        return 0

    @property
    def held(self) -> int:
        """Numbers of a curvature that has a shape of its own; 0 of a plain matrix, or of none."""
        return 0

    def take(self, index: Array) -> Predictor | None:
        """The predictor of copies of some rows, or None where rows are not copied by themselves.

        Args:
            index: their numbers.
        """
        return None


class ParametricPredictor(Predictor):
    """One whose unknowns are parameters, each with a meaning and, as a rule, a standard error.

    Each row of eta has a span of `theta`, and to first order columns that its coefficients are
    multiplied by, so that gradients and curvature are those of the rows, pulled back.
    """

    designs: list[Any]
    """The `Columns` of each row of eta; without any where it is curved."""
    starts: list[int]
    """Where the coefficients of each row of eta begin in `theta`."""
    apart: Any = None
    """The factor that is set apart in a curvature, where one has many levels."""

    @property
    def arrays(self) -> list[Any]:
        return [*{id(d.values): d.values for d in self.designs}.values(), *self.offset]

    @property
    def breadth(self) -> int:
        return sum({id(d): d.breadth + d.intercept for d in self.designs}.values())

    @abstractmethod
    def span(self, slot: int) -> slice:
        """Where the coefficients of a row of eta stand in `theta`."""

    @abstractmethod
    def inner(self, slot: int, rows: slice, work: Workspace) -> Array:
        """Derivatives of a row of eta in the coefficients of its span, (m, q)."""

    # ------------------------------------------------------------------ derivatives

    @abstractmethod
    def pull_gradient(self, gradient: Array, rows: slice, work: Workspace) -> Array:
        """Derivative in `theta` from rows of derivatives in eta, shape (K, m).

        Of a linear predictor also of several points at once, (points, K, m): a row each.
        """

    @abstractmethod
    def row_gradients(self, gradient: Array, rows: slice, work: Workspace) -> Array:
        """Each row's derivative in `theta`, (m, size), from rows of derivatives in eta."""

    def sums_within(
        self, codes: Array, count: int, gradient: Array, rows: slice, work: Workspace
    ) -> Array:
        """`pull_gradient` of each group of rows by itself, (count, size).

        Args:
            codes: (m,) the group of each row; count: how many groups there are.
            gradient: rows of derivatives in eta, (K, m).
        """
        sums = np.zeros((count, self.size))
        np.add.at(sums, codes, self.row_gradients(gradient, rows, work))
        return sums

    def no_curvature(self) -> Array:
        """The curvature of no rows, for `pull_curvature` to add to."""
        return np.zeros((self.size, self.size))

    @abstractmethod
    def pull_curvature(
        self,
        curvature: dict[tuple[int, int], Array],
        rows: slice,
        total: Array,
        work: Workspace,
        single: bool = False,
    ) -> None:
        """Add to `total`, (size, size), the curvature that rows of second derivatives in eta give.

        With `single`, products may be taken in single precision and are summed in double.
        Only entries on and above the diagonal blocks of slots are written; see `symmetrise`.
        """

    def pull_bend(self, gradient: Array, rows: slice, total: Array, work: Workspace) -> None:
        """Add to `total` the sum of derivatives in eta, (K, m), times ∂² eta / ∂theta²."""
        assert self.linear

    @abstractmethod
    def symmetrise(self, total: Array) -> Array:
        """Fill the lower blocks of a curvature whose pairs a <= b of slots were summed."""

    def row_forms(
        self, matrix: Array, pairs: Sequence[tuple[int, int]], rows: slice, work: Workspace
    ) -> dict[tuple[int, int], Array]:
        """xₐᵀ M x_b of each row, (m,), by pairs of rows of eta, M a matrix in `theta`."""
        return {
            (a, b): np.einsum(
                "ij,ij->i",
                self.inner(a, rows, work) @ matrix[self.span(a), self.span(b)],
                self.inner(b, rows, work),
            )
            for a, b in pairs
        }

    # ------------------------------------------------------------------ coefficients

    @abstractmethod
    def to_user(self) -> Array:
        """The (size, size) matrix that takes `theta` to coefficients on the user's scale."""

    @abstractmethod
    def select(
        self, index: Array, like: ParametricPredictor | None = None
    ) -> tuple[ParametricPredictor, Array]:
        """The predictor of some entries of `theta`, the others 0, and the order it has them in.

        Args:
            index: positions of the entries, increasing.
            like: an earlier selection, whose copies of columns are used again.
        """


@dataclass(frozen=True, eq=False)
class Inputs:
    """The rows that a specification makes a predictor of.

    Attributes:
        n: number of rows.
        slots: rows of eta by distribution parameter.
        main: the parameter that says where the distribution lies.
        designs: one `Columns` for each row of eta; the same object where columns are shared.
        names: by distribution parameter, of its columns.
        offset: what is added to each row of eta, (n,) or None.
        absorbed: by row of eta without an intercept, the one whose intercept stands for it.
        groups: (n,) labels of groups of rows, or None.
        target: the names of the target's columns.
        cells: (n,) which of them each row observes, or None for one column.
        course: all rows of the table of which these are observed cells, or None.
        plain: whether columns are as they came, for predictions.
        blocks: by distribution parameter, the columns of each term.
        weights: (n,) of the rows, or None.
        y: (n,) the target where it is a number a row, or None.
    """

    n: int
    slots: Mapping[str, slice]
    main: str
    designs: Sequence[Any]
    names: Mapping[str, tuple[str, ...]]
    offset: Sequence[Array | None]
    absorbed: Mapping[int, int]
    groups: Array | None = None
    target: tuple[str, ...] = ()
    cells: Array | None = None
    course: Any = None
    plain: bool = False
    blocks: Mapping[str, tuple[slice, ...]] = field(default_factory=dict)
    weights: Array | None = None
    y: Array | None = None


class PredictorSpec(ABC):
    """How features become parameters, as a user says it before there are any rows.

    A subclass is a frozen dataclass that checks its fields when it is made.
    """

    linear: ClassVar[bool] = True
    """Whether eta is linear in the unknowns. A curve gives the location in the unit of y."""
    trained: ClassVar[bool] = False
    """Whether its predictor is a network, which is trained on some rows and watched on others."""
    kind: ClassVar[str | None] = None
    """What model files call it; None for what holds code of one's own, which they do not carry."""
    cells: ClassVar[bool] = False
    """Whether each observed cell of a target of several columns is a row of its own."""
    networks: Mapping[str, Any] = MappingProxyType({})
    """Networks that stand within a curve, by name."""
    decay: float = 0.0
    """Strength of the L2 of their weights that it comes with."""
    measured: tuple[str, ...] | None = None
    """The columns of the target of the fit, where cells are rows; None before it."""

    @property
    def described(self) -> str:
        """Which parameters take the columns of an array or of a formula on its own.

        "main", the one that says where the distribution lies (the others are constant), or "all".
        A dict of formulas says so itself.
        """
        return "main"

    def links(self, family: Any) -> dict[str, str]:
        """The links, by name, of the parameters that it gives on a scale of their own."""
        return {}

    def pooled(self, linked: Any) -> Any:
        """The family with its links as the predictions of this predictor make it."""
        return linked

    def described_networks(self) -> dict[str, str]:
        """Each network within a curve in words."""
        return {}

    def functions(self, coefficients: Array) -> Mapping[str, Any]:
        """Each network within a curve as a function, with the weights among some estimates."""
        return {}

    def learned(self, inputs: Inputs) -> PredictorSpec:
        """The specification with what it must remember of the rows of the fit."""
        return self

    @abstractmethod
    def bind(self, inputs: Inputs) -> Predictor:
        """The predictor of these rows."""

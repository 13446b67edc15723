"""The contract of a predictor: features become the linear predictors (eta) of a distribution.

A predictor lays its unknowns out in one flat vector `theta` and works on blocks of rows:

* `forward(theta, rows, work)` gives `eta`, shape (K, m), one row per column of a parameter;
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
from typing import Any, ClassVar

import numpy as np

Array = Any


class Workspace:
    """Scratch arrays that one worker keeps from block to block."""

    def __init__(self) -> None:
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

    size: int
    """Length of `theta`."""
    columns: int
    """Number K of linear predictors."""
    n: int
    """Number of rows."""

    @abstractmethod
    def forward(self, theta: Array, rows: slice, work: Workspace) -> Array:
        """Linear predictors of a block, shape (K, m)."""

    @abstractmethod
    def pull_gradient(self, gradient: Array, rows: slice, work: Workspace) -> Array:
        """Derivative in `theta` from rows of derivatives in eta, shape (K, m)."""

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


class PredictorSpec(ABC):
    """How features become parameters, as a user says it before there are any rows.

    A subclass is a frozen dataclass that checks its fields when it is made.
    """

    PARAMETERS: ClassVar = ("main", "all")

    parameters: str
    """Which parameters take the columns of an array or of a formula on its own: "main", the one
    that says where the distribution lies (the others are constant), or "all". A dict of formulas
    says so itself."""

    @abstractmethod
    def bind(
        self,
        designs: Sequence[Any],
        n: int,
        offset: Sequence[Array | None],
        absorbed: Mapping[int, int],
    ) -> Predictor:
        """The predictor of n rows.

        Args:
            designs: one `Columns` for each row of eta; the same object where columns are shared.
            n: number of rows.
            offset: what is added to each row of eta, (n,) or None.
            absorbed: by row of eta without an intercept, the one whose intercept stands for it.
        """

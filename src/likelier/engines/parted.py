"""A sum over rows that are read piece by piece: the same block function, other places.

Only what is learnt of the rows, and a spread sample of them, is held in memory; each pass reads the
pieces again, wherever the engine takes it, and adds their sums in order.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from likelier.distributions import Linked
from likelier.engines.likelihood import LikelihoodSum
from likelier.engines.sums import Array, Sums, add
from likelier.errors import LikelierError
from likelier.objective import Risk

Tick = Callable[[int, int], None]
"""Told how many pieces of a pass are done, and of how many."""


@dataclass(frozen=True, eq=False)
class Counts:
    """What all rows add up to.

    Attributes:
        rows: their number; weight: Σ w; positive: how many have a weight above 0.
    """

    rows: int
    weight: float
    positive: int


@dataclass(frozen=True, eq=False)
class PartedSum(LikelihoodSum):
    """A likelihood whose rows are not in memory; `predictor`, `y`, … are those of a sample.

    Attributes:
        pieces: what is read, each small enough to be sent elsewhere.
        read: the likelihoods of a piece's blocks of rows, one after the other.
        counts: what all rows add up to.
        tick: told of progress within a pass.
    """

    pieces: Sequence[Any] = ()
    read: Callable[[Any], Iterator[LikelihoodSum]] = field(default=iter)
    counts: Counts = field(default_factory=lambda: Counts(0, 0.0, 0))
    tick: Tick | None = None

    def over_rows(self, theta: Array, order: int = 2, kind: str = "observed") -> Sums:
        return self._total(_Evaluation(theta, order, kind, self.risk, self.linked, self.single))

    def score_products(
        self, theta: Array, groups: Array | None = None, frequency: bool = True
    ) -> Array:
        if groups is not None:
            self._refuse("a sum of scores within groups")
        return self._total(_ScoreProducts(theta, self.linked, frequency)).curvature

    def moments(self) -> tuple[Array, Array]:
        """Σ w z and Σ w z zᵀ of the inner columns z of every row of eta, (P,) and (P, P)."""
        sums = self._total(_Moments())
        return sums.gradient, sums.curvature

    def losses(self, theta: Array) -> Array:
        return self._refuse("the loss of each row")

    def blocks(self) -> Iterator[Any]:
        return self._refuse("a penalty that looks at rows")

    def extend(
        self, like: LikelihoodSum | None, index: Array
    ) -> tuple[LikelihoodSum, Array] | None:
        return None

    def on(self, chunks: Sequence[Sequence[slice]]) -> LikelihoodSum:
        """The likelihood of some blocks of the sample."""
        held = LikelihoodSum.__dataclass_fields__
        return LikelihoodSum(**{name: getattr(self, name) for name in held} | {"chunks": chunks})

    @property
    def sample(self) -> LikelihoodSum:
        return self.on(self.chunks)

    @property
    def behind(self) -> float:
        return self.counts.rows / self.predictor.n

    @property
    def dearness(self) -> float:
        return 1.0  # reading costs more than either

    @property
    def rows(self) -> int:
        return self.counts.rows

    @functools.cached_property
    def total_weight(self) -> float:
        return self.counts.weight

    def effective_rows(self, frequency: bool) -> float:
        if self.weights is None:
            return float(self.counts.rows)
        return self.counts.weight if frequency else float(self.counts.positive)

    def _total(self, task: Callable[[LikelihoodSum], Sums]) -> Sums:
        work = functools.partial(sum_of_piece, self.read, task)
        return self.engine.reduce(work, self.pieces, self.tick)

    @staticmethod
    def _refuse(what: str) -> Any:
        raise LikelierError(
            f"{what} needs all rows in memory, and those of this fit are read piece by piece; read "
            "the files into a table first, or ask it of a sample with fit.on(table)"
        )


def sum_of_piece(
    read: Callable[[Any], Iterator[LikelihoodSum]],
    task: Callable[[LikelihoodSum], Sums],
    piece: Any,
) -> Sums | None:
    """The sum of a task over the blocks of one piece; None if no row of it counts."""
    parts = [task(block) for block in read(piece)]
    return add(parts) if parts else None


@dataclass(frozen=True, eq=False)
class _Evaluation:
    """Value, gradient and curvature of a block."""

    theta: Array
    order: int
    kind: str
    risk: Risk
    linked: Linked
    single: bool

    def __call__(self, block: LikelihoodSum) -> Sums:
        block = replace(block, risk=self.risk, linked=self.linked, single=self.single)
        return block.over_rows(self.theta, self.order, self.kind)


@dataclass(frozen=True, eq=False)
class _ScoreProducts:
    """Σ sᵢ sᵢᵀ of a block, as if it were a curvature."""

    theta: Array
    linked: Linked
    frequency: bool

    def __call__(self, block: LikelihoodSum) -> Sums:
        return Sums(0.0, None, block.score_products(self.theta, None, self.frequency))


@dataclass(frozen=True, eq=False)
class _Moments:
    """Σ w z and Σ w z zᵀ of a block's inner columns, slot by slot."""

    def __call__(self, block: LikelihoodSum) -> Sums:
        predictor = block.parametric
        first, total = np.zeros(predictor.size), np.zeros((predictor.size, predictor.size))
        for rows, work in block.blocks():
            w = np.ones(rows.stop - rows.start) if block.weights is None else block.weights[rows]
            pairs = {(k, k): w for k in range(predictor.columns)}
            predictor.pull_curvature(pairs, rows, total, work)
            first += predictor.pull_gradient(np.tile(w, (predictor.columns, 1)), rows, work)
        return Sums(0.0, first, total)

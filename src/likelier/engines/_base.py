"""The contract of an engine: where the sums over blocks of rows are taken.

A fit is a sum over blocks. `LikelihoodSum` is the block function: what a block of rows contributes
to value, gradient and curvature. An engine takes the sum of it, in this thread, in several, or
elsewhere; solvers see sums and never rows. Blocks are gathered into chunks whose limits depend on
the data alone, and chunks are added in order, so that the number of workers does not change a
digit.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from likelier.distributions import Linked
from likelier.objective import NLL, Risk, Weighted
from likelier.predictors import LinearPredictor, Workspace

Array = Any

_BLOCK_CELLS = 200_000
"""Cells of X in a block: small enough to stay in the cache of one core."""
_CHUNKS = 32


@dataclass(frozen=True, eq=False)
class Sums:
    """A sum over rows: the objective's value, gradient and curvature in `theta`."""

    value: float
    gradient: Array | None = None
    curvature: Array | None = None


Block = Callable[[slice, Workspace], Sums]


class Engine(ABC):
    """Takes the sum of a block function over blocks of rows."""

    @abstractmethod
    def total(self, block: Block, chunks: Sequence[Sequence[slice]]) -> Sums:
        """The sum of `block` over all blocks of all chunks."""


def sum_blocks(block: Block, rows: Sequence[slice], work: Workspace) -> Sums:
    """The sum over blocks in order; values are added without rounding error."""
    return add([block(part, work) for part in rows])


def add(parts: Sequence[Sums]) -> Sums:
    """Sum of sums; the values by exact summation."""
    if len(parts) == 1:
        return parts[0]
    values = [part.value for part in parts]
    value = math.fsum(values) if all(map(math.isfinite, values)) else sum(values)
    gradient = curvature = None
    if parts[0].gradient is not None:
        gradient = parts[0].gradient.copy()
        for part in parts[1:]:
            gradient += part.gradient
    if parts[0].curvature is not None:
        curvature = parts[0].curvature.copy()
        for part in parts[1:]:
            curvature += part.curvature
    return Sums(value, gradient, curvature)


def chunks_of(n: int, width: int) -> list[list[slice]]:
    """Blocks of about `_BLOCK_CELLS` cells, gathered into at most `_CHUNKS` runs of blocks."""
    size = int(np.clip(_BLOCK_CELLS // max(width, 1), 256, 16_384))
    blocks = [slice(i, min(i + size, n)) for i in range(0, n, size)]
    per_chunk = max(1, -(-len(blocks) // _CHUNKS))
    return [blocks[i : i + per_chunk] for i in range(0, len(blocks), per_chunk)]


@dataclass(frozen=True, eq=False)
class LikelihoodSum:
    """A risk over linear predictors as a function of `theta`: the block function and its sum.

    Attributes:
        linked: the family with its links.
        predictor: features to linear predictors.
        y: observations, (n,), (n, event), or anything with rows.
        weights: (n,) or None.
        known: parameters that are data, (n,) each.
        risk: how row losses become a sum.
        engine: where the sum is taken.
        chunks: the blocks of rows; the whole table unless some are chosen.
        penalties: what is added to the sum over rows.
        single: whether curvature may be taken in single precision (value and gradient never are).
    """

    linked: Linked
    predictor: LinearPredictor
    y: Any
    weights: Array | None
    known: Mapping[str, Array]
    risk: Risk
    engine: Engine
    chunks: Sequence[Sequence[slice]]
    penalties: tuple[Weighted, ...] = ()
    single: bool = False

    def __call__(self, theta: Array, order: int = 2, kind: str = "observed") -> Sums:
        """Value, from order 1 the gradient, from 2 the curvature, at `theta`."""
        sums = self._over_rows(theta, order, kind)
        for weighted in self.penalties:
            sums = _add_penalty(sums, weighted, self.likelihood, theta, order)
        return sums

    def _over_rows(self, theta: Array, order: int, kind: str) -> Sums:
        """The risk summed over all rows."""

        def block(rows: slice, work: Workspace) -> Sums:
            return self.block(theta, rows, order, kind, work)

        # Overflow in a trial step is an answer (the step is refused), not an accident.
        with np.errstate(all="ignore"):
            sums = self.engine.total(block, self.chunks)
        if sums.curvature is not None:
            self.predictor.symmetrise(sums.curvature)
        return sums

    def block(self, theta: Array, rows: slice, order: int, kind: str, work: Workspace) -> Sums:
        """What one block of rows contributes."""
        with np.errstate(all="ignore"):
            eta = self.predictor.forward(theta, rows, work)
            result = self.risk.rows(
                self.linked,
                eta,
                self.y[rows],
                None if self.weights is None else self.weights[rows],
                {name: value[rows] for name, value in self.known.items()},
                order,
                kind,
            )
            if order == 0:
                return Sums(result.value)
            gradient = self.predictor.pull_gradient(result.gradient, rows, work)
            if order == 1 or result.curvature is None:
                return Sums(result.value, gradient)
            curvature = np.zeros((self.predictor.size, self.predictor.size))
            self.predictor.pull_curvature(result.curvature, rows, curvature, work, self.single)
        return Sums(result.value, gradient, curvature)

    def score_products(
        self, theta: Array, groups: Array | None = None, frequency: bool = True
    ) -> Array:
        """Σ sᵢ sᵢᵀ over rows, or over sums within groups (by codes), of the rows' scores.

        A row with a frequency weight w stands for w equal rows: it adds w sᵢ sᵢᵀ, and within a
        group w sᵢ. A precision weight is part of the score.
        """
        work = Workspace()
        total = np.zeros((self.predictor.size, self.predictor.size))
        codes: Array = groups
        sums: Array = None
        if groups is not None:
            sums = np.zeros((int(groups.max()) + 1, self.predictor.size))
        for chunk in self.chunks:
            for rows in chunk:
                scores = self.row_scores(theta, rows, work)
                weights = None if self.weights is None else self.weights[rows]
                if weights is not None and (sums is not None or not frequency):
                    scores *= weights[:, None]
                if sums is None:
                    counts = weights if weights is not None and frequency else 1.0
                    total += (scores.T * counts) @ scores
                else:
                    np.add.at(sums, codes[rows], scores)
        return total if sums is None else sums.T @ sums

    def row_scores(self, theta: Array, rows: slice, work: Workspace) -> Array:
        """Gradient of each row's NLL in `theta`, unweighted, (m, size)."""
        with np.errstate(all="ignore"):
            eta = self.predictor.forward(theta, rows, work)
            known = {name: value[rows] for name, value in self.known.items()}
            gradient = self.linked.gradient(eta, self.y[rows], known)
        return self.predictor.row_gradients(gradient, rows, work)

    def effective_rows(self, frequency: bool) -> float:
        """How many observations the rows stand for: Σ w for frequency weights, else their count."""
        if self.weights is None:
            return float(self.rows)
        used = self.weights[self.weights > 0]
        return float(used.sum()) if frequency else float(len(used))

    @property
    def likelihood(self) -> LikelihoodSum:
        """The plain negative log-likelihood of the same rows."""
        return replace(self, risk=NLL(), penalties=())

    def rounded(self, width: float) -> LikelihoodSum:
        """The same function with the family's kink rounded over this width."""
        return replace(self, linked=self.linked.rounded(width))

    def blocks(self) -> Iterator[tuple[slice, Workspace]]:
        """Blocks of rows in order, each with scratch memory, for what is summed in this thread."""
        work = Workspace()
        for chunk in self.chunks:
            for rows in chunk:
                yield rows, work

    def on(self, chunks: Sequence[Sequence[slice]]) -> LikelihoodSum:
        """The same function on some of the blocks."""
        return replace(self, chunks=chunks)

    @property
    def rows(self) -> int:
        """Number of rows that the sum runs over."""
        return sum(part.stop - part.start for chunk in self.chunks for part in chunk)


def _add_penalty(
    sums: Sums, weighted: Weighted, likelihood: LikelihoodSum, theta: Array, order: int
) -> Sums:
    """The sums with a penalty times its strength."""
    strength = weighted.strength
    added = weighted.penalty.add(likelihood, theta, order)
    curvature = sums.curvature
    if curvature is not None and added.curvature is not None:
        curvature = curvature + strength * added.curvature
    gradient = sums.gradient
    if gradient is not None and added.gradient is not None:
        gradient = gradient + strength * added.gradient
    return Sums(sums.value + strength * added.value, gradient, curvature)

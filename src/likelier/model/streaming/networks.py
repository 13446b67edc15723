"""Networks whose rows stay in their files: read again in each epoch, and mixed as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from likelier.data import Design, Found, NoRowsError, Piece, Pieces, Table
from likelier.engines import Counts, LikelihoodSum
from likelier.model.fitted import Fit
from likelier.model.fitting.problem import Problem
from likelier.model.fitting.training import (
    SHARE,
    anchored,
    check_share,
    conclude_network,
    refuse_penalties,
)
from likelier.solvers import Adam, Feed, Solver, Split, Step, Store, train

Array = Any

_HELD_ROWS = 32_768
"""Rows that watch, at most: they are in memory."""
_LANES = 4
"""Pieces that are read at a time, a block of each in turn."""


@dataclass(frozen=True, eq=False)
class Reading:
    """How rows are read.

    Attributes:
        pieces: of the files; columns: which are read.
        block: the likelihood of a block of rows.
        seed: of which rows watch, and of the order of the pieces.
        share: of rows that watch.
    """

    pieces: Sequence[Piece]
    columns: Sequence[str]
    block: Callable[[Table], LikelihoodSum]
    seed: int
    share: float

    def held(self) -> Table | None:
        """The rows that watch, None without any; a pass over all rows."""
        found = Found()
        for k in range(len(self.pieces)):
            for table, watches in self._tables(k):
                if watches.any():
                    found.keep(table.take(np.flatnonzero(watches)), self.columns)
        return found.sampled if found.sample else None

    def blocks(self, epoch: int) -> Iterator[LikelihoodSum]:
        """The rows that train, from several places of the files in turn."""
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(4, epoch)))
        waiting = [int(k) for k in rng.permutation(len(self.pieces))]
        lanes: list[Iterator[LikelihoodSum]] = []
        while waiting or lanes:
            while waiting and len(lanes) < _LANES:
                lanes.append(self._trains(waiting.pop()))
            for lane in list(lanes):
                block = next(lane, None)
                if block is None:
                    lanes.remove(lane)
                else:
                    yield block

    def _trains(self, k: int) -> Iterator[LikelihoodSum]:
        """The rows of a piece that train, block by block."""
        for table, watches in self._tables(k):
            try:
                yield self.block(table.take(np.flatnonzero(~watches)))
            except NoRowsError:
                continue

    def _tables(self, k: int) -> Iterator[tuple[Table, Array]]:
        """Blocks of a piece, and which of their rows watch: the same in every pass."""
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(1, k)))
        for table in self.pieces[k].batches(self.columns):
            yield table, rng.random(table.n) < self.share


def fit_network_pieces(
    design: Design,
    problem: Problem,
    pieces: Pieces,
    columns: Sequence[str],
    reading: Callable[[Problem], tuple[Callable[[Table], LikelihoodSum], Problem]],
    counts: Counts,
    solver: Solver | None,
    validation: Any,
    seed: int,
    progress: Callable[[Step], None] | None,
    store: Store | None,
    weight_type: str,
    began: float,
) -> Fit:
    """Train a network on rows that are read again in each epoch.

    Args:
        design, problem: of a spread sample, by which columns are standardised.
        pieces: all rows; columns: which are read.
        reading: how a block of rows becomes a likelihood, and the problem of all rows, of a
            problem that is ready.
        counts: what all rows add up to.
        solver, validation, …: as `fit` takes them.
    """
    refuse_penalties(problem)
    share = check_share(
        SHARE if validation is None else validation,
        "of the rows where they are read piece by piece",
    )
    share = min(share, _HELD_ROWS / counts.rows)
    weights = problem.function.weights
    used = np.arange(design.n) if weights is None else np.flatnonzero(weights > 0)
    sample = anchored(design, problem, used)
    block, whole = reading(sample)
    rows = Reading(pieces.pieces, columns, block, seed, share)
    held = None
    n, weight = counts.positive, counts.weight
    table = rows.held() if share else None
    if table is not None:
        watching = block(table)
        held = watching, np.arange(watching.rows)
        n -= int(watching.effective_rows(frequency=False))
        weight -= watching.total_weight
    solver = solver or Adam()
    settings = solver.settings(n, seed)
    split = Split(used, held)
    spec: Any = sample.spec
    solution = train(
        sample.function,
        split,
        settings,
        spec.weight_decay,
        {},
        design.row_name,
        began,
        progress,
        store,
        Feed(n, weight, rows.blocks),
    )
    solution = replace(solution, value=whole.function.likelihood(solution.theta, 0).value)
    seconds = time.perf_counter() - began
    return conclude_network(design, whole, solution, split, seconds, weight_type, settings.epochs)

"""Where the rows of an epoch come from: memory, or what is read again in each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from likelier.engines import LikelihoodSum
from likelier.solvers._training.loop import Rows, take
from likelier.solvers._training.prepare import bucket, rows_of
from likelier.special._tree import mapped

Array = Any

_PART = 65_536
"""Rows of a part, where they are read; as many more wait, to be mixed with those that follow."""


class Source(ABC):
    """The rows that train, in parts of a size that does not change.

    Args:
        n: how many rows there are; weight: what they count for.
        size: of a part, at most; batch: rows of a step.
    """

    def __init__(self, n: int, weight: float, size: int, batch: int) -> None:
        self.n, self.weight = n, weight
        self.size, self.batch = size, batch

    @property
    def room(self) -> int:
        """Steps of a part, at most."""
        return -(-self.size // self.batch)

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        whole, rest = divmod(self.n, self.size)
        return whole * self.room - (-rest // self.batch)

    @abstractmethod
    def parts(self, epoch: int) -> Iterator[tuple[Rows, int]]:
        """Rows filled up to the size of a part, and how many there are."""

    @property
    @abstractmethod
    def sample(self) -> Rows:
        """Rows by which one training is told from another."""


class Whole(Source):
    """Rows in memory: one part."""

    def __init__(self, rows: Rows, n: int, batch: int) -> None:
        weight = float(n if rows.weights is None else np.sum(rows.weights))
        super().__init__(n, weight, len(rows.xs[0]), batch)
        self._rows = rows

    def parts(self, epoch: int) -> Iterator[tuple[Rows, int]]:
        yield self._rows, self.n

    @property
    def sample(self) -> Rows:
        return self._rows


class Streamed(Source):
    """Rows that are read again in each epoch, and mixed with those that are read about the same
    time.

    Args:
        function: of a sample.
        n: how many rows have a weight; weight: what they count for.
        blocks: the rows of an epoch in the order in which it reads them.
        batch: rows of a step.
        seed: of what mixes them.
    """

    def __init__(
        self,
        function: LikelihoodSum,
        n: int,
        weight: float,
        blocks: Callable[[int], Iterator[LikelihoodSum]],
        batch: int,
        seed: int,
    ) -> None:
        super().__init__(n, weight, min(bucket(n), max(_PART, batch)), batch)
        self._function, self._blocks, self._seed = function, blocks, seed

    def parts(self, epoch: int) -> Iterator[tuple[Rows, int]]:
        rng = np.random.default_rng(np.random.SeedSequence(self._seed, spawn_key=(5, epoch)))
        waiting: list[Rows] = []
        count = 0

        def mixed(size: int) -> Iterator[tuple[Rows, int]]:
            """Parts of what waits, while that is more than a size."""
            nonlocal waiting, count
            while count > size:
                rows, order = _joined(waiting), rng.permutation(count)
                some = order[: self.size]
                yield self._filled(take(rows, some)), len(some)
                waiting, count = [take(rows, order[self.size :])], count - len(some)

        for block in self._blocks(epoch):
            rows = _arrays(block)
            if rows is not None:
                waiting.append(rows)
                count += len(rows.weights)
                yield from mixed(2 * self.size)
        yield from mixed(0)

    @property
    def sample(self) -> Rows:
        found = _arrays(self._function)
        assert found is not None
        return found

    def _filled(self, rows: Rows) -> Rows:
        """The rows filled up with copies of the first that do not count."""
        n = len(rows.weights)
        index = np.append(np.arange(n), np.zeros(self.size - n, dtype=int))
        found = take(rows, index)
        return found._replace(weights=np.where(np.arange(self.size) < n, found.weights, 0.0))


def _arrays(function: LikelihoodSum) -> Rows | None:
    """The rows of a function that count: a batch of others would have no mean. None without any."""
    weights = function.weights
    some = np.arange(function.predictor.n) if weights is None else np.flatnonzero(weights > 0)
    return rows_of(function, some, len(some)) if len(some) else None


def _joined(parts: Sequence[Rows]) -> Rows:
    """Rows one below the other."""
    if len(parts) == 1:
        return parts[0]
    offsets = [part.offset for part in parts]
    bare = [part._replace(offset=()) for part in parts]
    rows = mapped(lambda *arrays: np.concatenate(arrays), *bare)
    offset = offsets[0] if offsets[0].shape[1] == 1 else np.concatenate(offsets, axis=1)
    return rows._replace(offset=offset)

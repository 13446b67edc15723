"""The sum taken by a pool of threads over chunks, with BLAS held to one thread in each."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from likelier.engines._base import Engine, told
from likelier.engines._blas import single_threaded
from likelier.engines.blocks import Block, sum_blocks
from likelier.engines.sums import Sums, add
from likelier.errors import LikelierError
from likelier.predictors import Workspace


def cores() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Threads(Engine):
    """Several threads, each with its own scratch memory.

    NumPy and BLAS release the interpreter lock inside a block. Our own pool over blocks, with
    BLAS at one thread, does not spin while it waits, so a busy core costs its share and no more.

    Args:
        n: number of threads; all cores when not given.

    Example:
        >>> import likelier as lk
        >>> fit = lk.fit("y ~ 1", {"y": [3, 1, 4]}, "poisson", engine=lk.Threads(2))
        >>> fit.converged
        True
    """

    def __init__(self, n: int | None = None) -> None:
        if n is not None and n < 1:
            raise LikelierError(f"Threads takes a number of threads of 1 or more; given: {n}")
        self.n = n or cores()
        self._local = threading.local()

    def _work(self) -> Workspace:
        if not hasattr(self._local, "work"):
            self._local.work = Workspace()
        return self._local.work

    def total(self, block: Block, chunks: Sequence[Sequence[slice]]) -> Sums:
        def chunk_sum(chunk: Sequence[slice]) -> Sums:
            return sum_blocks(block, chunk, self._work())

        with single_threaded(), ThreadPoolExecutor(min(self.n, len(chunks))) as pool:
            return add(list(pool.map(chunk_sum, chunks)))

    def map(
        self,
        function: Callable[[Any], Any],
        items: Sequence[Any],
        tick: Callable[[int, int], None] | None = None,
    ) -> list[Any]:
        with single_threaded(), ThreadPoolExecutor(max(1, min(self.n, len(items)))) as pool:
            return told(pool.map(function, items), len(items), tick)

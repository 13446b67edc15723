"""The sum taken by a pool of threads over chunks, with BLAS held to one thread in each."""

from __future__ import annotations

import functools
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
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


@functools.cache
def _helpers(count: int) -> ThreadPoolExecutor:
    """Threads that wait for work, with the memory that they have touched, as long as we run."""
    return ThreadPoolExecutor(count, thread_name_prefix="likelier")


if hasattr(os, "register_at_fork"):
    # A child has none of its parent's threads.
    os.register_at_fork(after_in_child=_helpers.cache_clear)


def _first(left: deque[Any]) -> Any:
    """What is taken off the front; None where nothing is left."""
    try:
        return left.popleft()
    except IndexError:
        return None


class Threads(Engine):
    """Several threads, each with its own scratch memory.

    NumPy and BLAS release the interpreter lock inside a block. Our own threads over blocks, with
    BLAS at one thread, do not spin while they wait, so a busy core costs its share and no more.

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
        found: list[Any] = [None] * len(chunks)
        left = deque(enumerate(chunks))

        def take_turns() -> None:
            work = self._work()
            try:
                while (turn := _first(left)) is not None:
                    found[turn[0]] = sum_blocks(block, turn[1], work)
            finally:
                left.clear()

        with single_threaded():
            helpers = min(self.n, len(chunks)) - 1
            others = [_helpers(self.n - 1).submit(take_turns) for _ in range(helpers)]
            try:
                # This thread works too: what the others have no time for is done all the same.
                take_turns()
            finally:
                late = [other for other in others if not other.cancel()]
                wait(late)
        for other in late:
            other.result()
        return add(found)

    def map(
        self,
        function: Callable[[Any], Any],
        items: Sequence[Any],
        tick: Callable[[int, int], None] | None = None,
    ) -> list[Any]:
        with single_threaded(), ThreadPoolExecutor(max(1, min(self.n, len(items)))) as pool:
            return told(pool.map(function, items), len(items), tick)

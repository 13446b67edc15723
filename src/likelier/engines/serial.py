"""The sum taken in this thread."""

from __future__ import annotations

from collections.abc import Sequence

from likelier.engines._base import Engine
from likelier.engines._blas import single_threaded
from likelier.engines.blocks import Block, sum_blocks
from likelier.engines.sums import Sums, add
from likelier.predictors import Workspace


class Serial(Engine):
    """One thread, one block after the other: the fastest for small data."""

    def __init__(self) -> None:
        self._work = Workspace()

    def total(self, block: Block, chunks: Sequence[Sequence[slice]]) -> Sums:
        if len(chunks) == 1:
            return sum_blocks(block, chunks[0], self._work)
        with single_threaded():
            return add([sum_blocks(block, chunk, self._work) for chunk in chunks])

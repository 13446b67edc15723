"""The contract of an engine: where the sums over blocks of rows are taken.

A fit is a sum over blocks. The block function says what a block of rows contributes to value,
gradient and curvature; that of a likelihood is `LikelihoodSum`. An engine takes the sum of it, in
this thread, in several, or elsewhere; solvers see sums and never rows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar

from likelier.engines._blas import single_threaded
from likelier.engines.blocks import Block
from likelier.engines.sums import Sums, add


class Engine(ABC):
    """Takes the sum of a block function over blocks of rows."""

    apart: ClassVar[bool] = False
    """Whether rows stay in their files, of which pieces are read where the sum is taken."""

    def close(self) -> None:  # noqa: B027
        """Give back what it has taken hold of."""

    @property
    def parts(self) -> int | None:
        """Into how many pieces a table in memory is cut for it; None if it is used as it is."""
        return None

    @abstractmethod
    def total(self, block: Block, chunks: Sequence[Sequence[slice]]) -> Sums:
        """The sum of `block` over all blocks of all chunks."""

    def kept(self, read: Callable[[Any], Iterator[Any]]) -> Callable[[Any], Iterator[Any]]:
        """What reads the blocks of a piece in each pass; an engine may hold some of them."""
        return read

    def map(
        self,
        function: Callable[[Any], Any],
        items: Sequence[Any],
        tick: Callable[[int, int], None] | None = None,
    ) -> list[Any]:
        """What a function makes of each item, in order; items have nothing to do with one another.

        Args:
            function: what is done.
            items: with what.
            tick: told how many items are done, and of how many.
        """
        with single_threaded():
            return told(map(function, items), len(items), tick)

    def reduce(
        self,
        function: Callable[[Any], Sums | None],
        items: Sequence[Any],
        tick: Callable[[int, int], None] | None = None,
    ) -> Sums:
        """The sum of what a function makes of each item; None counts for nothing."""
        found = [sums for sums in self.map(function, items, tick) if sums is not None]
        return add(found)


def told(results: Iterable[Any], count: int, tick: Callable[[int, int], None] | None) -> list[Any]:
    """The results as a list, with word of each that comes in."""
    found = []
    for result in results:
        found.append(result)
        if tick is not None:
            tick(len(found), count)
    return found

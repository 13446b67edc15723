"""How rows are cut into blocks, and what is added up over them.

Blocks are gathered into chunks whose limits depend on the data alone, and chunks are added in
order, so that the number of workers does not change a digit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from likelier.engines.sums import Sums, add
from likelier.predictors import Workspace

_BLOCK_CELLS = 300_000
"""Cells of X in a block, which stays in the cache while a call of NumPy's outlasts its start."""
_HELD = 16
"""Numbers of a curvature that are added up in the time in which a row is read."""
_CHUNKS = 32

Block = Callable[[slice, Workspace], Sums]
"""What a block of rows contributes, with scratch memory for it."""


def sum_blocks(block: Block, rows: Sequence[slice], work: Workspace) -> Sums:
    """The sum over blocks in order; values are added without rounding error."""
    return add([block(part, work) for part in rows])


def chunks_of(n: int, width: int, held: int = 0) -> list[list[slice]]:
    """Blocks of about `_BLOCK_CELLS` cells, gathered into at most `_CHUNKS` runs of blocks.

    Args:
        n: number of rows; width: numbers that a pass reads of each.
        held: numbers of a curvature that is no matter of the width; blocks are then so large that
            adding up theirs costs no more than reading the rows.
    """
    size = max(min(max(_BLOCK_CELLS // max(width, 1), 256), 16_384), held // _HELD)
    if n > size:
        # Of equal size and an even number, so that two threads end together.
        size = -(-n // (2 * -(-n // (2 * size))))
    blocks = [slice(i, min(i + size, n)) for i in range(0, n, size)]
    per_chunk = max(1, -(-len(blocks) // _CHUNKS))
    return [blocks[i : i + per_chunk] for i in range(0, len(blocks), per_chunk)]

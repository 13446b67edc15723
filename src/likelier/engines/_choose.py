"""Which engine sums a fit, when the user has not said."""

from __future__ import annotations

from likelier.engines._base import Engine
from likelier.engines.serial import Serial
from likelier.engines.threads import Threads, cores

_CELLS = 2_000_000
"""Below this many cells a pass is shorter than the cost of waking threads."""


def choose_engine(n: int, width: int) -> Engine:
    """Threads for large tables on a machine with several cores, else this thread alone."""
    return Threads() if n * max(width, 1) > _CELLS and cores() > 1 else Serial()

"""Which engine sums a fit, when the user has not said."""

from __future__ import annotations

from likelier.engines._base import Engine
from likelier.engines.serial import Serial
from likelier.engines.threads import Threads, cores

_CELLS = 5_000_000
"""Below this many cells the turns that threads take at the interpreter cost what they save."""


def choose_engine(n: int, width: int) -> Engine:
    """Threads for large tables on a machine with several cores, else this thread alone."""
    return Threads() if n * width > _CELLS and cores() > 1 else Serial()

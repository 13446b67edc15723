"""How much memory is free, and whether the columns that a fit reads would fit into it."""

from __future__ import annotations

import os
from pathlib import Path

from likelier.data import Pieces

_COPIES = 3
"""Columns as read, as numbers, and as the matrix that a fit is made of."""


def fits_in_memory(pieces: Pieces, columns: int) -> bool:
    """Whether so many columns of all rows take no more than half of the memory that is free."""
    return _COPIES * columns * pieces.size <= free_memory() / 2


def free_memory() -> float:
    """Bytes that this process may still take: the least of what the machine and limits leave."""
    found = [_machine(), *_limits()]
    return min(found)


def _machine() -> float:
    """What the machine has left, as Linux says; elsewhere half of all there is, or 4 GB."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return 1024.0 * float(line.split()[1])
    except OSError:
        pass
    try:
        return 0.5 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 4e9


def _limits() -> list[float]:
    """What the limit of address space and that of the control group leave."""
    found = []
    try:
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
        if soft != resource.RLIM_INFINITY:
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            found.append(soft - pages * float(resource.getpagesize()))
    except (ImportError, OSError, ValueError):
        pass
    try:
        group = Path("/sys/fs/cgroup")
        limit = (group / "memory.max").read_text().strip()
        if limit != "max":
            found.append(float(limit) - float((group / "memory.current").read_text()))
    except (OSError, ValueError):
        pass
    return found

"""The level of an interval, checked once for all that have one."""

from __future__ import annotations

from typing import Any

from likelier.errors import LikelierError


def check_level(level: Any) -> None:
    """Raise `LikelierError` unless a confidence level is a number between 0 and 1."""
    number = isinstance(level, int | float) or getattr(level, "ndim", None) == 0
    if not (number and 0 < level < 1):
        raise LikelierError(f"a confidence level lies between 0 and 1; given: {level!r}")

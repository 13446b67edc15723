"""Word of a fit that passes over files: which pass it is in, and how long it will take."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from likelier.solvers import Step


class Patience:
    """Word of a fit that passes over files: which pass, how far, how much longer it takes.

    Without a function to tell, a line on standard error where that is a terminal.

    Args:
        progress: told of each step, and within a pass of each second; None for the line.
    """

    def __init__(self, progress: Callable[[Step], None] | None) -> None:
        self._progress = progress
        self._line = None
        if progress is None and sys.stderr.isatty():
            from rich.console import Console

            self._line = Console(stderr=True).status("reading")
            self._line.start()
        self._passes = 0
        self._value = float("nan")
        self._began = self._told = time.monotonic()

    def reading(self, what: str) -> Callable[[int, int], None]:
        """What is told of the pieces of a reading that is no pass of the search."""
        return lambda done, count: self._say(what, done, count)

    def tick(self, done: int, count: int) -> None:
        """So many pieces of a pass are done."""
        if done == 1:
            self._passes += 1
        self._say(f"pass {self._passes}", done, count)

    def step(self, step: Step) -> None:
        """A step of the search is taken."""
        self._value = step.value
        if self._progress is not None:
            self._progress(step)

    def end(self) -> None:
        """Wipe the line."""
        if self._line is not None:
            self._line.stop()

    def _say(self, what: str, done: int, count: int) -> None:
        now = time.monotonic()
        if done == 1:
            self._began = now
        if now - self._told < 1.0:
            return
        self._told = now
        left = (now - self._began) / max(1, done - 1) * (count - done)
        phase = f"{what}: {done / count:.0%}, {left:.0f} s left in it"
        if self._line is not None:
            self._line.update(phase)
        elif self._progress is not None:
            self._progress(Step(phase, self._value, float("nan"), float("nan")))

"""What goes where: results to standard output, progress and complaints to standard error."""

from __future__ import annotations

import json
import math
import os
import sys
import threading
import time
from types import TracebackType
from typing import Any, Self


class Settings:
    """What the options before a command say, for the whole run."""

    quiet = False


def show(text: str) -> None:
    """Write a result."""
    sys.stdout.write(text.rstrip("\n") + "\n")


def show_json(value: Any) -> None:
    """Write a result as JSON; what is not finite becomes null, ±inf a text."""
    show(json.dumps(plain(value), ensure_ascii=False, indent=2, allow_nan=False))


def plain(value: Any) -> Any:
    """Numbers, texts, lists and objects as JSON has them."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def complain(message: str) -> None:
    """Write an error, with the program's name before it and further lines set under it."""
    head, *rest = message.split("\n")
    lines = [f"likelier: {head}", *(f"          {line.strip()}" for line in rest)]
    print(_coloured("\n".join(lines), "31"), file=sys.stderr)


def remark(message: str) -> None:
    """Write a remark about the run, unless it is to be quiet."""
    if not Settings.quiet:
        print(message, file=sys.stderr)


def _coloured(text: str, code: str) -> str:
    if not sys.stderr.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{code}m{text}\x1b[0m"


class Progress:
    """One line on standard error about work that takes longer than a second.

    On a terminal the line is kept up to date and wiped at the end; elsewhere it is written once.
    """

    def __init__(self, activity: str) -> None:
        self.activity = activity
        self._began = time.monotonic()
        self._done = threading.Event()
        self._live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        if not Settings.quiet:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._done.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        if self._done.wait(1.0):
            return
        if not self._live:
            print(f"{self.activity} …", file=sys.stderr, flush=True)
            return
        while True:
            seconds = time.monotonic() - self._began
            print(f"\r\x1b[K{self.activity} … {seconds:.0f} s", end="", file=sys.stderr, flush=True)
            if self._done.wait(0.5):
                break
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)

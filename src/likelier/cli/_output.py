"""What goes where: results to standard output, progress and complaints to standard error."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import sys
import textwrap
import threading
import time
from types import TracebackType
from typing import Any, Self, TextIO


class Settings:
    """What the options before a command say, for the whole run."""

    quiet = False


# ---------------------------------------------------------------------- results


def width() -> int:
    """Columns that a result may take: those of the terminal, or as many as a page of text has."""
    from likelier.display import WIDTH

    if os.environ.get("COLUMNS") or sys.stdout.isatty():
        return max(min(shutil.get_terminal_size().columns, WIDTH), _NARROWEST)
    return WIDTH


_NARROWEST = 60


def show(text: str) -> None:
    """Write a result; on a terminal, what is wrong with a fit stands out."""
    if _coloured(sys.stdout):
        text = re.sub(r"^! \S+", lambda mark: _paint(mark[0], "1;31"), text, flags=re.MULTILINE)
    sys.stdout.write(text + "\n")


def show_json(value: Any) -> None:
    """Write a result as JSON; NaN becomes null, ±∞ the texts "inf" and "-inf"."""
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


# ---------------------------------------------------------------------- messages

_SAID_ANYWHERE = (re.compile(r'missing="drop"'), "--missing drop")
_SAID = (
    (re.compile(r'Distribution "(\w+)" takes them'), r"Use -d \1, which takes them"),
    (re.compile(r'\buse "(\w+)"'), r"use -d \1"),
    (re.compile(r'distribution="auto"'), "-d auto"),
    (re.compile(r"(with distribution) '([^']*)'"), r'\1 "\2"'),
)
"""What a message of the library asks to type, and the option for it."""


def complain(message: object, command: str = "") -> None:
    """Write an error, with the program's name before it and further lines set under it.

    The library's keywords become options, families where the command takes -d.
    """
    text = str(message)
    said = _SAID if command in ("fit", "compare") else ()
    for pattern, option in (_SAID_ANYWHERE, *said):
        text = pattern.sub(option, text)
    _write_message("likelier: ", text, "31")


def warn(message: Warning | str, *_: Any, **__: Any) -> None:
    """Write a warning of Python's, without the line of code that it came from."""
    if not Settings.quiet:
        _write_message("likelier: warning: ", str(message), "33")


def remark(message: str) -> None:
    """Write a remark about the run, unless it is to be quiet."""
    if not Settings.quiet:
        print(message, file=sys.stderr)


def _write_message(head: str, text: str, colour: str) -> None:
    lines = [line.strip() for line in text.strip().split("\n")]
    if sys.stderr.isatty():
        width = max(shutil.get_terminal_size().columns - len(head) - 1, 40)
        lines = [
            part
            for line in lines
            for part in textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)
        ]
    body = ("\n" + " " * len(head)).join(lines)
    print((_paint(head, colour) if _coloured(sys.stderr) else head) + body, file=sys.stderr)


def _coloured(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def _paint(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


# ---------------------------------------------------------------------- progress

_PATIENCE = 1.0
"""Seconds after which work is worth a line."""
_TICK = 0.5
_WIPE = "\r\x1b[K"
_REPEAT = 30.0
"""Seconds between lines where the line cannot be kept up to date, as in a log."""


class Progress:
    """One line on standard error about work that takes longer than a second.

    On a terminal the line is kept up to date and wiped at the end; elsewhere one is written now
    and then.
    """

    def __init__(self, activity: str) -> None:
        self._activity = activity
        self._detail = ""
        self._share = 0.0
        self._began = time.monotonic()
        self._done = threading.Event()
        self._live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def say(self, detail: str, done: int = 0, total: int = 0) -> None:
        """Set what is being done now, and how much of all is done."""
        self._detail = detail
        self._share = done / total if total else 0.0

    @property
    def line(self) -> str:
        """What, how far, since when, time left."""
        seconds = time.monotonic() - self._began
        parts = [f"{self._activity} … {self._detail}".rstrip(), _duration(seconds)]
        if self._share > 0:
            parts.append(f"about {_duration(seconds * (1 / self._share - 1))} left")
        return " · ".join(parts)

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
        if self._done.wait(_PATIENCE):
            return
        if not self._live:
            print_now(self.line)
            while not self._done.wait(_REPEAT):
                print_now(self.line)
            return
        while True:
            width = shutil.get_terminal_size().columns - 1
            print_now(f"{_WIPE}{self.line[:width]}", end="")
            if self._done.wait(_TICK):
                break
        print_now(_WIPE, end="")


def print_now(text: str, end: str = "\n") -> None:
    """Write to standard error at once."""
    print(text, end=end, file=sys.stderr, flush=True)


def _duration(seconds: float) -> str:
    """Seconds, or minutes and seconds."""
    whole = round(seconds)
    return f"{whole} s" if whole < 100 else f"{whole // 60} min {whole % 60} s"

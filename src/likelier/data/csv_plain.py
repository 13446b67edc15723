"""Small plain CSV files read without pandas, whose import takes longer than the rest of a fit.

Only what has one reading is read here: numbers, texts, truth values and empty cells, as many in
each line as the header has. For anything else (infinities, numbers beyond 64 bits, ragged lines,
faults to be named) the answer is None, and pandas is asked.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import Any, TextIO

import numpy as np

__all__ = ["LARGEST", "read_plain"]

LARGEST = 1_000_000
"""Bytes up to which a file is read here; pandas is faster at more, and its import worth it."""

_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?", re.ASCII)
_LONG = re.compile(r"[+-]?\d{16,}", re.ASCII)
_EMPTY = frozenset(
    ("", "NA", "NaN", "nan", "N/A", "n/a", "null", "NULL", "None", "<NA>", "#N/A", "#NA", "-nan",
     "-NaN", "#N/A N/A", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN")
)  # fmt: skip
"""What pandas reads as a cell without a value."""
_TRUTH = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}
_ODD = re.compile(r"[+-]?(?:inf|infinity|\d[\d.eE+-]*)", re.IGNORECASE | re.ASCII)
"""What reads as a number in some way that is left to pandas."""


def read_plain(text: TextIO, delimiter: str) -> dict[str, Any] | None:
    """The columns of a CSV file by name, or None where it is not plain."""
    rows = [row for row in csv.reader(text, delimiter=delimiter, strict=True) if row]
    if len(rows) < 2:
        return None
    header, *cells = rows
    width = len(header)
    if not all(header) or len(set(header)) < width or any(len(row) != width for row in cells):
        return None
    columns: dict[str, Any] = {}
    for name, texts in zip(header, zip(*cells, strict=True), strict=True):
        column = _column(texts)
        if column is None:
            return None
        columns[name] = column
    return columns


def _column(texts: Sequence[str]) -> np.ndarray | None:
    """The cells of one column as pandas would type them, or None where that is not plain."""
    known = [text for text in texts if text not in _EMPTY]
    whole = len(known) == len(texts)
    if not known:
        return None
    if all(map(_WHOLE.fullmatch, known)):
        if whole:
            return np.array([int(text) for text in texts], dtype=np.int64)
        return _floats(texts)
    if all(map(_NUMBER.fullmatch, known)):
        # A long whole number is refused later if it is no float: it must not be rounded here.
        return None if any(map(_LONG.fullmatch, known)) else _floats(texts)
    if known[0] in _TRUTH and all(text in _TRUTH for text in known):
        return np.array([_TRUTH[text] for text in texts]) if whole else None
    if any(text.isspace() or _ODD.fullmatch(text.strip()) for text in known):
        return None
    cells = np.empty(len(texts), dtype=object)
    cells[:] = [None if text in _EMPTY else text for text in texts]
    return cells


def _floats(texts: Sequence[str]) -> np.ndarray:
    return np.array([np.nan if text in _EMPTY else float(text) for text in texts])

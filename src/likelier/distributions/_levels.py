"""Labels and their codes 0, 1, …, of predictions that know what their codes stand for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from likelier.errors import SupportError, did_you_mean
from likelier.special import Array


def codes_of(y: Any, levels: Sequence[Any]) -> Array:
    """The codes of labels, NaN of missing ones; numbers are codes where no label is a number.

    Raises:
        SupportError: a label that is none of `levels`.

    Example:
        >>> codes_of(["b", "a", None], ("a", "b")).tolist()
        [1.0, 0.0, nan]
        >>> codes_of([3, 1], (1, 3)).tolist()
        [1.0, 0.0]
    """
    found = np.asarray(y)
    numbers = found.dtype.kind in "iufb"
    if numbers and not all(
        isinstance(level, (int, float, np.number, np.bool_)) for level in levels
    ):
        return found
    known = {level: float(code) for code, level in enumerate(levels)}
    cells = found.ravel().tolist()
    codes = [known.get(cell, np.nan) for cell in cells]
    for row, (cell, code) in enumerate(zip(cells, codes, strict=True)):
        if code != code and cell is not None and cell == cell:
            given = ", ".join(repr(level) for level in levels[:8])
            more = ", …" * (len(levels) > 8)
            raise SupportError(
                f"y: row {row + 1:,} holds {cell!r}, which is none of the labels {given}{more}."
                f"{did_you_mean(str(cell), list(map(str, levels)))}"
            )
    return np.array(codes).reshape(found.shape)


def labels_of(codes: Array, levels: Sequence[Any]) -> Array:
    """The labels of codes."""
    return np.asarray(levels)[np.asarray(codes).astype(np.intp)]

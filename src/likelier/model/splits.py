"""How rows are split into what is fitted and what is held out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from likelier.data import Design
from likelier.errors import DataError, LikelierError
from likelier.model.folds import assign_folds

Array = Any
Split = tuple[Array, Array]
"""Positions of the rows that are fitted, and of those that are held out."""


def k_folds(design: Design, folds: int, seed: int) -> list[Split]:
    """Each fold held out in turn, balanced and shuffled; a group is never split."""
    fold = assign_folds(design, folds, seed)
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(folds)]


def time_ordered(time: Array, folds: int) -> list[Split]:
    """Blocks in the order of time, each held out from a fit to all that came before it.

    The rows are cut into folds + 1 blocks of about equal size; rows of one time stay together, and
    the first block is only ever fitted.
    """
    if folds < 2:
        raise LikelierError(f"folds is 2 or more; given: {folds}")
    values, codes = np.unique(np.asarray(time), return_inverse=True)
    if len(values) <= folds:
        raise LikelierError(
            f"{folds} folds in the order of time need {folds + 1} times; there are {len(values)}"
        )
    ends = np.cumsum(np.bincount(codes))
    block = np.minimum((ends - 1) * (folds + 1) // len(codes), folds)[codes]
    used = np.unique(block)
    if len(used) <= folds:
        raise LikelierError(
            f"{folds} folds in the order of time leave some without rows; use fewer"
        )
    return [(np.flatnonzero(block < k), np.flatnonzero(block == k)) for k in range(1, folds + 1)]


def given_splits(splits: Any, n: int) -> list[Split]:
    """Splits that a user wrote: pairs of positions."""
    found: list[Split] = []
    for pair in splits:
        if not isinstance(pair, Sequence) or len(pair) != 2:
            raise LikelierError(
                "folds is a number, or a list of pairs (fitted rows, held-out rows)"
            )
        fitted, held = (np.asarray(part, dtype=np.int64) for part in pair)
        if len(fitted) == 0 or len(held) == 0 or max(fitted.max(), held.max()) >= n:
            raise DataError(f"each split needs rows on both sides, numbered from 0 to {n - 1:,}")
        if np.intersect1d(fitted, held).size:
            raise DataError("a row cannot be fitted and held out at once")
        found.append((fitted, held))
    if not found:
        raise LikelierError("folds is an empty list")
    every = np.concatenate([held for _, held in found])
    if len(np.unique(every)) < len(every):
        raise DataError("a row is held out once; some are in several splits")
    return found

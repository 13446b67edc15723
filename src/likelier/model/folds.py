"""Which rows are held out in turn."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.data import Design
from likelier.errors import LikelierError

Array = Any


def assign_folds(design: Design, folds: int, seed: int) -> Array:
    """The fold of each row, balanced and shuffled; a group is never split."""
    if folds < 2:
        raise LikelierError(f"folds is 2 or more; given: {folds}")
    rng = np.random.default_rng(seed)
    if design.groups is not None:
        names, codes = np.unique(design.groups, return_inverse=True)
        if len(names) < folds:
            raise LikelierError(f"{folds} folds need as many groups; there are {len(names)}")
        return (rng.permutation(len(names)) % folds)[codes]
    if design.n < folds:
        raise LikelierError(f"{folds} folds need as many rows; there are {design.n}")
    return rng.permutation(design.n) % folds

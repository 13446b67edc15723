"""Soft labels made from hard ones."""

from __future__ import annotations

import numpy as np

from likelier.distributions._labelled import codes_like
from likelier.errors import LikelierError
from likelier.special import Array, as_floating, namespace


def smooth_labels(y: Array, amount: float, k: int) -> Array:
    """Soft labels that give a share `amount` of each observation to all k labels evenly.

    1 − amount + amount / k at the observed label, amount / k at the others; a `Categorical` takes
    them in place of codes.

    Args:
        y: label codes 0, 1, …, k − 1, shape (...); NumPy, JAX or PyTorch.
        amount: from 0 (the labels as they are) to 1 (all alike).
        k: number of labels.

    Returns the soft labels, shape (..., k). Raises `LikelierError` if `amount` is not from 0 to 1
    or a NumPy `y` holds something that is no code.

    Source: Szegedy et al. (2016), doi:10.1109/CVPR.2016.308.

    Example:
        >>> import likelier as lk
        >>> lk.smooth_labels([0, 2], 0.3, 3)
        array([[0.8, 0.1, 0.1],
               [0.1, 0.1, 0.8]])
    """
    if not 0 <= amount <= 1:
        raise LikelierError(f"the amount of smoothing is from 0 to 1; given: {amount}")
    xp = namespace(y)
    (y,) = as_floating(xp, y)
    if xp is np and not np.all((y >= 0) & (y < k) & (y == np.floor(y))):
        raise LikelierError(f"labels are 0 to {k - 1}; y holds {y[~np.isin(y, np.arange(k))][0]}")
    hit = y[..., None] == codes_like(y, k)
    return xp.where(hit, 1 - amount + amount / k, amount / k)

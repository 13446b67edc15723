"""Functions of a parameter that a whole block of rows shares, computed once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from likelier.special import Array


def once(function: Callable[[Array], Any], x: Array) -> Any:
    """`function(x)`; where x is one number repeated (an intercept), one value seen many times.

    Only NumPy's arrays are looked at: values under JAX and PyTorch may not be at hand. The
    function returns an array or a tuple of arrays.
    """
    if not isinstance(x, np.ndarray) or x.size < 2:
        return function(x)
    first = x.reshape(-1)[:1]
    # The ends are compared first, which settles most arrays that vary.
    if x.reshape(-1)[-1] != first[0] or not np.all(x == first[0]):
        return function(x)
    found = function(first)
    if isinstance(found, tuple):
        return tuple(np.broadcast_to(part.reshape(()), x.shape) for part in found)
    return np.broadcast_to(found.reshape(()), x.shape)

"""Functions of a parameter that a whole block of rows shares, computed once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from likelier.special import Array


def once(function: Callable[[Array], Any], x: Array) -> Any:
    """`function(x)`; where x is one number repeated (an intercept), one value seen many times.

    Only NumPy's arrays are looked at: values under JAX and PyTorch may not be at hand. The
    function, one of a module, returns an array or a tuple of arrays.
    """
    if not isinstance(x, np.ndarray) or x.ndim == 0 or not x.size or not is_repeated(x.ravel()):
        return function(x)
    found = _of_number(function, x.flat[0].item(), x.dtype.char)
    if isinstance(found, tuple):
        return tuple(np.broadcast_to(part, x.shape) for part in found)
    return np.broadcast_to(found, x.shape)


def is_repeated(x: Array) -> bool:
    """Whether NumPy's x, (n,) of one or more, is one number repeated."""
    # The ends are compared first, which settles most arrays that vary.
    return bool(x[0] == x[-1] and np.all(x == x[0]))


@functools.lru_cache(maxsize=32)
def _of_number(function: Callable[[Array], Any], x: float, dtype: str) -> Any:
    """function(x) of one number, which all blocks of a pass ask for."""
    found = function(np.array([x], dtype))
    return tuple(part[0] for part in found) if isinstance(found, tuple) else found[0]

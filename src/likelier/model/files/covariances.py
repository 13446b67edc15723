"""The covariance of estimates as arrays: whole, or beside a factor of many levels in its parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from likelier.errors import ModelFileError
from likelier.predictors import ArrowInverse, Places

Array = Any

WHOLE = "covariance"
_LEVELS, _REST, _UNKNOWN = "covariance/levels", "covariance/rest", "covariance/unknown"
_OWN, _LEAN, _CORE = "covariance/own", "covariance/lean", "covariance/core"


def covariance_arrays(covariance: Any) -> dict[str, Array]:
    """The arrays that hold a covariance: of an arrow's inverse L numbers in place of L²."""
    if not isinstance(covariance, ArrowInverse):
        return {WHOLE: np.asarray(covariance, dtype=np.float64)}
    places, unknown = covariance.places, covariance.unknown
    return {
        _LEVELS: places.levels.astype(np.int64),
        _REST: places.rest.astype(np.int64),
        _OWN: covariance.own,
        _LEAN: covariance.lean,
        _CORE: covariance.core,
        _UNKNOWN: np.zeros(places.size, dtype=bool) if unknown is None else unknown,
    }


def covariance_names(arrays: Mapping[str, Array]) -> tuple[str, ...]:
    """The arrays of a file that make its covariance."""
    if WHOLE in arrays:
        return (WHOLE,)
    return _LEVELS, _REST, _OWN, _LEAN, _CORE, _UNKNOWN


def covariance_of(arrays: Mapping[str, Array], size: int) -> Any:
    """The covariance of so many coefficients that these arrays hold.

    Raises `ModelFileError` if they do not fit one another.
    """
    if WHOLE in arrays:
        found: Any = checked(arrays, WHOLE, np.float64, (size, size))
        parts = [found]
    else:
        count, k = _shape(arrays, _LEVELS)
        levels = checked(arrays, _LEVELS, np.int64, (count, k))
        rest = checked(arrays, _REST, np.int64, (size - count * k,))
        if not np.array_equal(np.sort(np.concatenate([levels.ravel(), rest])), np.arange(size)):
            raise ModelFileError("its covariance names places that are none")
        own = checked(arrays, _OWN, np.float64, (count, k, k))
        lean = checked(arrays, _LEAN, np.float64, (count, k, len(rest)))
        core = checked(arrays, _CORE, np.float64, (len(rest), len(rest)))
        unknown = checked(arrays, _UNKNOWN, np.bool_, (size,))
        found = ArrowInverse(Places(levels, rest), own, lean, core).without(unknown)
        parts = [own, lean, core]
    with np.errstate(all="ignore"):
        wrong = any(np.any(np.isinf(part)) for part in parts) or np.any(found.diagonal() < 0)
    if wrong:
        raise ModelFileError("it holds a covariance that is none")
    return found


def _shape(arrays: Mapping[str, Array], name: str) -> tuple[int, int]:
    """The two lengths of an array."""
    shape = arrays[name].shape
    if len(shape) != 2:
        raise ModelFileError(f"array {name} has {len(shape)} axes, not 2")
    return shape


def checked(arrays: Mapping[str, Array], name: str, dtype: Any, shape: tuple[int, ...]) -> Array:
    """An array of a file; raises `ModelFileError` unless it has this type and shape."""
    found = arrays[name]
    if found.dtype != dtype or found.shape != shape:
        raise ModelFileError(
            f"array {name} is {found.dtype} of shape {found.shape}, not {np.dtype(dtype)} of "
            f"{shape}"
        )
    return found

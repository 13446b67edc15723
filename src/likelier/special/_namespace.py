"""Which array library a computation runs on, and the few things that differ between them.

Every function of this floor, and every distribution above it, is written once over the array
API standard: `xp = namespace(x, y)` is NumPy, `jax.numpy` with quicker logarithms, or PyTorch's
namespace made to conform. Neither JAX nor PyTorch is imported before an array of theirs is seen.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

Array = Any
"""A NumPy, JAX or PyTorch array, or a Python number where one broadcasts."""

_FEW = 256
"""Elements below which a call of NumPy's costs more than its work."""


def is_jax(x: Array) -> bool:
    """Whether `x` is a JAX array or tracer."""
    jax = sys.modules.get("jax")
    return jax is not None and isinstance(x, jax.Array)


def is_torch(x: Array) -> bool:
    """Whether `x` is a PyTorch tensor."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)


def namespace(*arrays: Array) -> Any:
    """The array namespace of the arguments: PyTorch's or JAX's if any is theirs, else NumPy.

    Python numbers and lists take part without deciding.
    """
    # NumPy first: it is the common case, and the two look-ups below are not free.
    if all(type(x) in (np.ndarray, float, int, np.float64) for x in arrays):
        return np
    if "torch" in sys.modules and any(is_torch(x) for x in arrays):
        import array_api_compat.torch as xp

        return xp
    if "jax" in sys.modules and any(is_jax(x) for x in arrays):
        return jax_namespace()
    return np


def jax_namespace() -> Any:
    """The namespace of JAX's arrays."""
    from likelier.special import _jax_numpy

    return _jax_numpy


def select(xp: Any, condition: Array, x: Array, y: Array) -> Array:
    """`xp.where(condition, x, y)`, in a constant time a number on NumPy.

    NumPy's own branches at each number, and takes five times as long as this where the condition
    is as good as random, as it is for observations on either side of their means.
    """
    if xp is not np or np.size(condition) < _FEW:
        return xp.where(condition, x, y)
    dtype = np.result_type(x, y)
    bits = np.dtype(f"i{dtype.itemsize}")
    mask = condition.view(np.int8).astype(bits)
    np.negative(mask, out=mask)
    other = np.asarray(y, dtype).view(bits)
    # Where the mask is all ones, the bits in which x differs turn y into x.
    return (((np.asarray(x, dtype).view(bits) ^ other) & mask) ^ other).view(dtype)


def within(xp: Any, inside: Array, x: Array) -> Array:
    """x, and 0 where it lies outside of the range of a formula whose result is then not used.

    Only derivatives could tell, and those of NumPy are never taken.
    """
    return x if xp is np else xp.where(inside, x, 0.0)


def as_floating(xp: Any, *values: Array) -> tuple[Array, ...]:
    """Convert to arrays of one floating type on one device.

    Floating arrays decide the type; among themselves they promote as their library does.
    Integers, booleans and Python numbers follow them, or become float64 (NumPy) or the
    library's default floating type where no floating array is present.
    """
    if xp is np:
        return _numpy_floating(values)
    arrays = [x for x in values if hasattr(x, "dtype") and hasattr(x, "shape")]
    floating = [x.dtype for x in arrays if _is_floating(xp, x)]
    if is_module_torch(xp):
        import torch

        owner = next(x for x in arrays if is_torch(x))
        dtype: Any = torch.get_default_dtype()
        torch_types = [x.dtype for x in arrays if is_torch(x) and x.dtype.is_floating_point]
        if torch_types:
            dtype = torch_types[0]
            for other in torch_types[1:]:
                dtype = torch.promote_types(dtype, other)
        return tuple(torch.as_tensor(x, dtype=dtype, device=owner.device) for x in values)
    import jax.numpy as jnp

    dtype = jnp.result_type(*floating) if floating else jnp.result_type(float)
    return tuple(jnp.asarray(x, dtype=dtype) for x in values)


def is_module_torch(xp: Any) -> bool:
    """Whether a namespace is PyTorch's."""
    return xp.__name__.endswith("torch")


def is_module_jax(xp: Any) -> bool:
    """Whether a namespace is JAX's."""
    return xp.__name__.endswith("jax_numpy")


def _is_floating(xp: Any, x: Array) -> bool:
    if is_torch(x):
        return bool(x.dtype.is_floating_point)
    return bool(np.issubdtype(x.dtype, np.floating)) or str(x.dtype) == "bfloat16"


def _numpy_floating(values: tuple[Array, ...]) -> tuple[Array, ...]:
    dtype: Any = None
    for x in values:
        kind = getattr(x, "dtype", None)
        if kind is not None and kind.kind == "f" and getattr(x, "ndim", 0) > 0:
            dtype = kind if dtype is None else np.promote_types(dtype, kind)
    if dtype is None or dtype == np.float16:
        dtype = np.float64
    return tuple(np.asarray(x, dtype=dtype) for x in values)

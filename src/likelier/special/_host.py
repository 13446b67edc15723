"""Functions that are written on NumPy alone, called with arrays of any library."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from likelier.special._namespace import Array, is_module_torch, namespace


def on_host(function: Callable[..., Array], *arrays: Array) -> Array:
    """An elementwise NumPy function of double-precision arrays of one shape.

    It serves as a value or as a first derivative: JAX and PyTorch raise where they are asked to
    differentiate it again, and never take it for a constant.
    """
    xp = namespace(*arrays)
    dtype = arrays[0].dtype
    arrays = xp.broadcast_arrays(*arrays)

    def on_numpy(*values: Array) -> Array:
        return function(*(np.asarray(x, dtype=np.float64) for x in values))

    if xp is np:
        return on_numpy(*arrays).astype(dtype)[()]
    if is_module_torch(xp):
        return _torch_wire()(on_numpy, *arrays)
    import jax

    out = jax.ShapeDtypeStruct(arrays[0].shape, dtype)
    return jax.pure_callback(
        lambda *values: on_numpy(*values).astype(dtype), out, *arrays, vmap_method="broadcast_all"
    )


@functools.cache
def _torch_wire() -> Callable[..., Array]:
    import torch

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, function: Callable[..., Array], *arrays: Array) -> Array:
            value = function(*(x.detach().cpu().numpy() for x in arrays))
            return torch.as_tensor(value, dtype=arrays[0].dtype, device=arrays[0].device)

        @staticmethod
        def backward(ctx: Any, *upstream: Array) -> Array:
            raise RuntimeError("this function has no second derivatives")

    return Function.apply

"""Functions with analytic derivatives, wired into JAX and PyTorch from one declaration.

    @differentiable(lambda x, value: -x / (1 + x))
    def log1pmx(xp, x): ...

makes a function of arrays that computes its formula and, under JAX and PyTorch, has the declared
derivative in each argument instead of what differentiating the formula would give: the branches
and limits of a stable formula rarely differentiate to stable ones.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from likelier.special._namespace import (
    Array,
    as_floating,
    is_module_torch,
    jax_namespace,
    namespace,
)

Formula = Callable[..., Array]


def differentiable(*partials: Formula | None) -> Callable[[Formula], Callable[..., Array]]:
    """Turn an elementwise formula into a function of NumPy, JAX and PyTorch arrays.

    The decorated formula takes the array namespace and then arrays of one floating type; the
    result takes arrays or numbers alone. Higher derivatives are those of the partial
    derivatives, so these are written from functions that are differentiable themselves.

    Args:
        partials: for each argument, the derivative in it as a function of all arguments and the
            value, or None where the function is to be held constant in it.

    Example:
        >>> @differentiable(lambda x, value: 2 * x)
        ... def square(xp, x):
        ...     return x * x
        >>> float(square(3.0))
        9.0
    """

    def declare(formula: Formula) -> Callable[..., Array]:
        wires: dict[bool, Any] = {}

        def function(*arrays: Array) -> Array:
            xp = namespace(*arrays)
            values = as_floating(xp, *arrays)
            if xp is np:
                # Limits belong to the domain here: their infinities are answers, not faults.
                with np.errstate(all="ignore"):
                    return formula(np, *values)
            torch = is_module_torch(xp)
            if torch not in wires:
                wires[torch] = (_torch if torch else _jax)(formula, partials)
            return wires[torch](*values)

        functools.update_wrapper(function, formula)
        # The formula's first argument is the namespace, which callers do not give.
        del vars(function)["__wrapped__"]
        return function

    return declare


def sum_to_shape(x: Array, shape: tuple[int, ...]) -> Array:
    """Sum a broadcast gradient back to the shape of what was broadcast."""
    extra = x.ndim - len(shape)
    if extra > 0:
        x = x.sum(tuple(range(extra)))
    axes = tuple(i for i, (a, b) in enumerate(zip(x.shape, shape, strict=True)) if a != b)
    if axes:
        x = x.sum(axes).reshape(shape)
    return x


def polynomial(coefficients: Sequence[float], x: Array) -> Array:
    """Σ coefficients[k] xᵏ by Horner's rule."""
    value = coefficients[-1] * x + coefficients[-2]
    if type(value) is np.ndarray:
        # In place: temporaries cost more than the arithmetic.
        for coefficient in coefficients[-3::-1]:
            value *= x
            value += coefficient
        return value
    for coefficient in coefficients[-3::-1]:
        value = value * x + coefficient
    return value


def _jax(formula: Formula, partials: tuple[Formula | None, ...]) -> Any:
    """The formula as a JAX function with custom derivatives."""
    import jax
    import jax.numpy as jnp

    # Compiled as a whole: outside of jit, JAX would compile and dispatch each operation apart.
    function = jax.custom_jvp(jax.jit(functools.partial(formula, jax_namespace())))
    slopes = [partial and jax.jit(partial) for partial in partials]

    def derivative(primals: Any, tangents: Any) -> tuple[Array, Array]:
        value = function(*primals)
        total = jnp.zeros_like(value)
        zero = jax.custom_derivatives.SymbolicZero
        for slope, tangent in zip(slopes, tangents, strict=True):
            # An infinite derivative times a tangent that is not there must not become NaN.
            if slope is not None and not isinstance(tangent, zero):
                total = total + slope(*primals, value) * tangent
        return value, total

    function.defjvp(derivative, symbolic_zeros=True)
    return function


def _torch(formula: Formula, partials: tuple[Formula | None, ...]) -> Any:
    """The formula as a PyTorch function with custom derivatives."""
    import array_api_compat.torch as xp

    import torch

    class Function(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(*arrays: Array) -> Array:
            return formula(xp, *arrays)

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Array, ...], output: Array) -> None:
            ctx.save_for_backward(*inputs, output)

        @staticmethod
        def backward(ctx: Any, *upstream: Array) -> tuple[Array | None, ...]:
            *arrays, value = ctx.saved_tensors
            return tuple(
                sum_to_shape(partial(*arrays, value) * upstream[0], tuple(array.shape))
                if partial is not None and needed
                else None
                for partial, array, needed in zip(
                    partials, arrays, ctx.needs_input_grad, strict=True
                )
            )

    return Function.apply

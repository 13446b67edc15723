"""Wire a family's analytic score into JAX's and PyTorch's automatic differentiation.

`log_prob` becomes one differentiable primitive whose derivative in the parameters is `_score`,
written by the family, rather than what would come from differentiating the formula: it is
right where the formula's branches and limits are not, and it is cheaper. Derivatives of the
score itself (Hessians, double backward) come from the library's own differentiation of it.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from likelier.special import Array
from likelier.special._namespace import jax_namespace
from likelier.special._primitive import sum_to_shape


@functools.cache
def jax_log_prob(family: Any, given: tuple[str, ...]) -> Any:
    """`log_prob(y, *values)` of a family as a JAX function with the analytic score wired in."""
    import jax

    xp = jax_namespace()
    event_dims = [family.parameters_declared[name].domain.event_dims for name in given]

    def raw(y: Array, *values: Array) -> Array:
        return family._of(xp, dict(zip(given, values, strict=True)))._supported_log_prob(y)

    log_prob = jax.custom_jvp(raw)

    def derivative(primals: Any, tangents: Any) -> tuple[Array, Array]:
        y, *values = primals
        value = log_prob(*primals)
        total = xp.zeros_like(value)
        zero = jax.custom_derivatives.SymbolicZero
        if not all(isinstance(t, zero) for t in tangents[1:]):
            score = family._of(xp, dict(zip(given, values, strict=True)))._score(y)
            for name, tangent, dims in zip(given, tangents[1:], event_dims, strict=True):
                if isinstance(tangent, zero):
                    continue
                part = score[name] * tangent
                total = total + (part.sum(tuple(range(-dims, 0))) if dims else part)
        if not isinstance(tangents[0], zero):
            _, along_y = jax.jvp(lambda v: raw(v, *values), (y,), (tangents[0],))
            total = total + along_y
        return value, total

    log_prob.defjvp(derivative, symbolic_zeros=True)
    return log_prob


@functools.cache
def torch_log_prob(family: Any, given: tuple[str, ...]) -> Any:
    """`log_prob(y, *values)` of a family as a PyTorch function with the analytic score wired in.

    Tensors of the CPU share their memory with NumPy, whose way through value and score is taken
    in blocks that stay in the cache; elsewhere, and for second derivatives, PyTorch computes.
    """
    import array_api_compat.torch as xp

    import torch

    def build(values: tuple[Array, ...]) -> Any:
        return family._of(xp, dict(zip(given, values, strict=True)))

    def by_numpy(y: Array, values: tuple[Array, ...], names: list[str]) -> dict[str, Array]:
        """The value, named "", and the score in these parameters."""
        arrays = {k: v.detach().numpy() for k, v in zip(given, values, strict=True)}
        threads = torch.get_num_threads()
        found = family._of(np, arrays)._rows(y.detach().numpy(), names, threads)
        return {k: _to_torch(v, y.dtype) for k, v in found.items()}

    class LogProb(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, graph: bool, y: Array, *values: Array) -> Array:
            wanted = ctx.needs_input_grad[2:] if graph else ()
            ctx.names = [k for k, needed in zip(given, wanted, strict=False) if needed]
            # Without a formula of the score PyTorch differentiates log_prob.
            if not (family._writes_score() and shares_memory(y, *values)):
                ctx.save_for_backward(y, *values)
                return build(values)._supported_log_prob(y)
            found = by_numpy(y, values, ctx.names)
            ctx.save_for_backward(y, *values, *(found[k] for k in ctx.names))
            return found[""]

        @staticmethod
        def backward(ctx: Any, *upstream: Array) -> tuple[Array | None, ...]:
            (gradient,) = upstream
            y, *values = ctx.saved_tensors[: 1 + len(given)]
            known = ctx.saved_tensors[1 + len(given) :]
            results: dict[str, Array | None] = {}
            if ctx.needs_input_grad[1]:
                results[""] = _torch_gradient_in_y(build(tuple(values)), y, gradient)
            if ctx.names:
                # A gradient that is to be differentiated itself needs its formula.
                if known and not torch.is_grad_enabled():
                    score = dict(zip(ctx.names, known, strict=True))
                else:
                    score = build(tuple(values))._score(y)
                for name, value in zip(given, values, strict=True):
                    if name in ctx.names:
                        dims = family.parameters_declared[name].domain.event_dims
                        scale = gradient.reshape(tuple(gradient.shape) + (1,) * dims)
                        results[name] = sum_to_shape(score[name] * scale, tuple(value.shape))
            return None, *(results.get(k) for k in ("", *given))

    return lambda y, *values: LogProb.apply(torch.is_grad_enabled(), y, *values)


def shares_memory(*tensors: Array) -> bool:
    """Whether these tensors are plain numbers in memory, which NumPy can work on as they are."""
    import torch

    return not torch.compiler.is_compiling() and all(
        type(x) in (torch.Tensor, torch.nn.Parameter)
        and x.device.type == "cpu"
        and x.layout == torch.strided
        and x.dtype in (torch.float32, torch.float64)
        for x in tensors
    )


def _to_torch(x: Array, dtype: Any) -> Array:
    """A NumPy result as a tensor, without a copy where it can be written to."""
    import torch

    x = np.asarray(x)
    return torch.from_numpy(x if x.flags.writeable else x.copy()).to(dtype)


def _torch_gradient_in_y(distribution: Any, y: Array, gradient: Array) -> Array:
    """Gradient in the observation, from the plain formula."""
    import torch

    with torch.enable_grad():
        leaf = y if y.requires_grad else y.detach().requires_grad_()
        value = distribution._supported_log_prob(leaf)
        (result,) = torch.autograd.grad(value, leaf, gradient, create_graph=torch.is_grad_enabled())
    return result


@functools.cache
def register_pytree(family: Any) -> None:
    """Let JAX transformations carry instances of a family as pytrees of their given parameters."""
    import jax

    def flatten(d: Any) -> tuple[tuple[Array, ...], tuple[str, ...]]:
        return tuple(d.__dict__[name] for name in d.given), d.given

    def unflatten(given: tuple[str, ...], values: Any) -> Any:
        return family._of(jax_namespace(), dict(zip(given, values, strict=True)))

    jax.tree_util.register_pytree_node(family, flatten, unflatten)

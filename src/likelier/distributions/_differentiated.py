"""The score of a family that writes none: its `log_prob`, differentiated by JAX or PyTorch."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from likelier.errors import UndefinedError
from likelier.special import Array
from likelier.special._jax import double_precision
from likelier.special._namespace import is_module_jax, is_module_torch, jax_namespace


def score(d: Any, y: Array) -> dict[str, Array]:
    """Derivatives of `_log_prob` in the given parameters that are predicted.

    Raises:
        UndefinedError: NumPy parameters without JAX, or a `_log_prob` that JAX cannot trace.
    """
    family: Any = type(d)
    if is_module_torch(d._xp):
        return _by_torch(d, y)
    if is_module_jax(d._xp):
        return _gradient(family, d.given)(d.parameters, y)
    try:
        import jax
    except ImportError as error:
        raise UndefinedError(
            f"{family.__name__} writes no score: define _score(self, y), which returns the "
            "derivatives of log_prob by parameter; or let JAX differentiate: "
            "pip install 'likelier[neural]'"
        ) from error
    with double_precision():
        try:
            found = _compiled(family, d.given)(d.parameters, y)
        except (jax.errors.TracerArrayConversionError, jax.errors.ConcretizationTypeError) as error:
            raise UndefinedError(
                f"{family.__name__} writes no score, and JAX cannot differentiate its _log_prob, "
                "which computes outside of JAX: use self._xp and likelier.special in place of "
                "numpy and scipy; or define _score(self, y)"
            ) from error
        return {name: np.asarray(value) for name, value in found.items()}


@functools.cache
def _gradient(family: Any, given: tuple[str, ...]) -> Any:
    """Derivatives of the sum over rows, each row with parameters of its own."""
    import jax

    xp = jax_namespace()
    declared = family.parameters_declared

    def total(wanted: dict[str, Array], others: dict[str, Array], y: Array) -> Array:
        values = {name: wanted.get(name, others.get(name)) for name in given}
        return xp.sum(family._of(xp, values)._log_prob(y))

    def found(values: dict[str, Array], y: Array) -> dict[str, Array]:
        d = family._of(xp, values)
        lead = y.shape[: y.ndim - family.support.event_dims]
        shape = np.broadcast_shapes(d.batch_shape, lead)
        wanted = {}
        for name, value in values.items():
            if declared[name].role == "predicted":
                event = value.shape[value.ndim - declared[name].domain.event_dims :]
                wanted[name] = xp.broadcast_to(xp.asarray(value), shape + tuple(event))
        others = {name: value for name, value in values.items() if name not in wanted}
        return jax.grad(total)(wanted, others, y)

    return found


@functools.cache
def _compiled(family: Any, given: tuple[str, ...]) -> Any:
    import jax

    return jax.jit(_gradient(family, given))


def _by_torch(d: Any, y: Array) -> dict[str, Array]:
    import torch

    declared = d.parameters_declared
    lead = tuple(y.shape[: y.ndim - d.support.event_dims])
    shape = np.broadcast_shapes(d.batch_shape, lead)
    values = dict(d.parameters)
    names = [name for name in values if declared[name].role == "predicted"]
    graph = torch.is_grad_enabled()
    with torch.enable_grad():
        for name in names:
            value = values[name] if graph else values[name].detach()
            event = tuple(value.shape[value.ndim - declared[name].domain.event_dims :])
            event = event if declared[name].domain.event_dims else ()
            wide = value.expand(shape + event)
            values[name] = wide if wide.requires_grad else wide.clone().requires_grad_()
        total = d._of(d._xp, values)._log_prob(y).sum()
        slopes = torch.autograd.grad(total, [values[name] for name in names], create_graph=graph)
    return dict(zip(names, slopes, strict=True))

"""Sums of exponentials along an axis: log-sum-exp, softmax and its logarithm.

One largest entry is kept out of the sum: what the others add to it keeps its digits however
small it is, in the values (log-probabilities near 0) and in the derivatives (1 − p next to p = 1).
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from likelier.special._namespace import (
    Array,
    as_floating,
    is_module_torch,
    jax_namespace,
    namespace,
)


def logsumexp(x: Array, axis: int = -1) -> Array:
    """log Σ exp(x) along an axis; −∞ where all entries are, and its derivatives are softmax(x).

    Args:
        x: real numbers or ±∞, of any shape with at least one axis.
        axis: the axis that is summed over and drops out.

    Example:
        >>> import numpy as np
        >>> float(logsumexp(np.array([-1000.0, -1000.0])))
        -999.3068528194401
    """
    return _dispatch(_logsumexp, x, axis)


def log_softmax(x: Array, axis: int = -1) -> Array:
    """x − log Σ exp(x) along an axis, with a relative error near machine precision.

    Args:
        x: real numbers or −∞ (not all of them), of any shape with at least one axis.
        axis: the axis along which exp of the result sums to 1.

    Example:
        >>> import numpy as np
        >>> log_softmax(np.array([0.0, -50.0])).tolist()
        [-1.9287498479639178e-22, -50.0]
    """
    return _dispatch(_log_softmax, x, axis)


def softmax(x: Array, axis: int = -1) -> Array:
    """exp(x) / Σ exp(x) along an axis.

    Args:
        x: real numbers or −∞ (not all of them), of any shape with at least one axis.
        axis: the axis along which the result sums to 1.

    Example:
        >>> import numpy as np
        >>> softmax(np.array([800.0, 800.0])).tolist()
        [0.5, 0.5]
    """
    return _dispatch(_softmax, x, axis)


class _Parts:
    """exp(x − max x) along an axis, with one largest entry kept apart from the others."""

    def __init__(self, xp: Any, x: Array, axis: int) -> None:
        top = xp.max(x, axis=axis, keepdims=True)
        # Beside an infinite largest entry, x − x would be NaN where 0 or ∞ is meant.
        self.top = xp.where(abs(top) < float("inf"), top, xp.zeros_like(top))
        shape = [1] * x.ndim
        shape[axis] = x.shape[axis]
        device = {"device": x.device} if is_module_torch(xp) else {}
        index = xp.arange(x.shape[axis], **device).reshape(tuple(shape))
        self.at_top = index == xp.expand_dims(xp.argmax(x, axis=axis), axis=axis)
        self.exponentials = xp.exp(x - self.top)
        others = xp.where(self.at_top, xp.zeros_like(x), self.exponentials)
        self.others = xp.sum(others, axis=axis, keepdims=True)
        self.largest = xp.exp(top - self.top)
        self.total = self.largest + self.others
        # exp(x − max x) summed over nothing but −∞ is 0: its share is taken to be 0.
        self.divisor = xp.where(self.total > 0, self.total, xp.ones_like(top))

    def shares(self) -> Array:
        """exp(x) / Σ exp(x)."""
        return self.exponentials / self.divisor

    def complements(self, xp: Any) -> Array:
        """1 − exp(x) / Σ exp(x), exact where the share is next to 1."""
        rest = xp.where(self.at_top, self.others, self.total - self.exponentials)
        return rest / self.divisor


def _logsumexp(xp: Any, x: Array, axis: int) -> Array:
    parts = _Parts(xp, x, axis)
    result = parts.top + xp.log1p(parts.largest - 1 + parts.others)
    return xp.squeeze(result, axis=axis)


def _log_softmax(xp: Any, x: Array, axis: int) -> Array:
    parts = _Parts(xp, x, axis)
    return x - parts.top - xp.log1p(parts.largest - 1 + parts.others)


def _softmax(xp: Any, x: Array, axis: int) -> Array:
    return _Parts(xp, x, axis).shares()


def _along_logsumexp(xp: Any, x: Array, direction: Array, axis: int) -> Array:
    return xp.sum(softmax(x, axis) * direction, axis=axis)


def _along_log_softmax(xp: Any, x: Array, direction: Array, axis: int) -> Array:
    # The diagonal apart, so that 1 − p keeps its digits: (1 − pᵢ) tᵢ − Σ_{j≠i} pⱼ tⱼ.
    parts = _Parts(xp, x, axis)
    weighted = parts.shares() * direction
    others = xp.sum(weighted, axis=axis, keepdims=True) - weighted
    return parts.complements(xp) * direction - others


def _along_softmax(xp: Any, x: Array, direction: Array, axis: int) -> Array:
    return softmax(x, axis) * _along_log_softmax(xp, x, direction, axis)


def _back_from_logsumexp(xp: Any, x: Array, gradient: Array, axis: int) -> Array:
    return softmax(x, axis) * xp.expand_dims(gradient, axis=axis)


def _back_from_log_softmax(xp: Any, x: Array, gradient: Array, axis: int) -> Array:
    parts = _Parts(xp, x, axis)
    others = xp.sum(gradient, axis=axis, keepdims=True) - gradient
    return parts.complements(xp) * gradient - parts.shares() * others


def _back_from_softmax(xp: Any, x: Array, gradient: Array, axis: int) -> Array:
    return _back_from_log_softmax(xp, x, softmax(x, axis) * gradient, axis)


# Each function's derivative along a direction, and its transpose.
_DERIVATIVES = {
    _logsumexp: (_along_logsumexp, _back_from_logsumexp),
    _log_softmax: (_along_log_softmax, _back_from_log_softmax),
    _softmax: (_along_softmax, _back_from_softmax),
}


def _dispatch(formula: Any, x: Array, axis: int) -> Array:
    xp = namespace(x)
    (x,) = as_floating(xp, x)
    if xp is np:
        with np.errstate(all="ignore"):
            return formula(np, x, axis)
    wired = _on_torch(formula, axis) if is_module_torch(xp) else _on_jax(formula, axis)
    return wired(x)


@functools.cache
def _on_jax(formula: Any, axis: int) -> Any:
    import jax

    xp = jax_namespace()
    along, _ = _DERIVATIVES[formula]
    function = jax.custom_jvp(lambda x: formula(xp, x, axis))

    @function.defjvp
    def derivative(primals: Any, tangents: Any) -> tuple[Array, Array]:
        (x,), (direction,) = primals, tangents
        return function(x), along(xp, x, direction, axis)

    return function


@functools.cache
def _on_torch(formula: Any, axis: int) -> Any:
    import array_api_compat.torch as xp

    import torch

    _, back = _DERIVATIVES[formula]

    class Function(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x: Array) -> Array:
            return formula(xp, x, axis)

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Array, ...], output: Array) -> None:
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx: Any, *upstream: Array) -> Array:
            (x,) = ctx.saved_tensors
            return back(xp, x, upstream[0], axis)

    return Function.apply

"""A user's own network: an equinox module, or a function of weights."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from likelier.errors import LikelierError
from likelier.predictors.network._base import Architecture, Array, Weights
from likelier.predictors.network.heteroscedastic import OF_SLOPES, check_remedy
from likelier.predictors.network.specification import (
    DTYPES,
    Learnt,
    NetworkSpec,
    check_numbers,
)
from likelier.special._jax import double_precision, require_jax


@dataclass(frozen=True, eq=False)
class Network(NetworkSpec):
    r"""A network of one's own that predicts every parameter of the distribution.

    It maps the standardised columns of one row, (p,), to a number for each linear predictor, (K,);
    with f the network, η = m + s · f(x), where m is the marginal distribution of the target and s
    its unit, as in `MLP`. Training is that of `MLP` too, and starts at the weights given.

    Args:
        module: an equinox module, called as `module(x)` or `module(x, key=key)`, the key being
            None outside of training; or a function `f(weights, x)`, with its first weights.
        weights: a pytree of arrays, for a function.
        weight_decay: as in `MLP`, of arrays of two axes or more.
        heteroscedastic: as in `MLP`, "beta", "mean_first" or "none": the others need heads that
            the library makes.
        dtype: of the weights, "float32" or "float64".

    Raises:
        LikelierError: it is neither, it fails on a row, or gives another number of outputs than
            the family has linear predictors.

    Example:
        >>> import likelier as lk
        >>> import numpy as np
        >>> def bump(w, x):
        ...     middle = w["height"] / (1 + (x[0] - w["centre"]) ** 2)
        ...     return [middle, w["spread"]]
        >>> first = {"height": 1.0, "centre": 0.1, "spread": 0.0}
        >>> x = np.linspace(-2, 2, 200)
        >>> y = 1 / (1 + x**2) + 0.01 * np.random.default_rng(0).normal(size=200)
        >>> network = lk.Network(bump, first)
        >>> fit = lk.fit("y ~ x", {"x": x, "y": y}, "normal", predictor=network)
        >>> fit.params.term.tolist()
        ['centre', 'height', 'spread']
    """

    module: Callable[..., Any]
    weights: Any = None
    weight_decay: float = 0.0
    heteroscedastic: str = "beta"
    dtype: str = "float32"
    learnt: Learnt | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not callable(self.module):
            raise LikelierError(
                "Network takes an equinox module, or a function f(weights, x) with its first "
                f"weights; given: {self.module!r}"
            )
        check_numbers("Network", {"weight_decay": (self.weight_decay, 0, float("inf"))})
        check_remedy(self.heteroscedastic, OF_SLOPES)
        if self.dtype not in DTYPES:
            raise LikelierError(f"dtype is 'float32' or 'float64'; given: {self.dtype!r}")

    def architecture(
        self, columns: int, outputs: int, factors: Sequence[tuple[int, int]]
    ) -> Architecture:
        require_jax("Network")
        weights, apply = self._parts()
        made = Own(apply, weights, _takes_key(self.module), outputs)
        _check(made, columns)
        return made

    def _parts(self) -> tuple[Weights, Callable[..., Any]]:
        """First weights, and the function of them."""
        import jax

        if self.weights is not None:
            module = self.module

            def function(weights: Weights, x: Array, **options: Any) -> Any:
                return module(weights, x, **options)

            function.__name__ = getattr(module, "__name__", type(module).__name__)
            return jax.tree.map(np.asarray, self.weights), _same(self, function)
        import equinox as eqx

        weights, fixed = eqx.partition(self.module, eqx.is_inexact_array)
        if not jax.tree.leaves(weights):
            raise LikelierError(
                "this network has no weights: give an equinox module that holds arrays, or a "
                "function f(weights, x) with its first weights, lk.Network(f, weights)"
            )

        def applied(weights: Weights, x: Array, **options: Any) -> Any:
            return eqx.combine(weights, fixed)(x, **options)

        applied.__name__ = type(self.module).__name__
        return jax.tree.map(np.asarray, weights), _same(self, applied)


_APPLIED: dict[int, tuple[Any, Callable[..., Any]]] = {}
"""The function of each module, so that it is compiled once however often it is bound."""
_MOST = 64


def _same(spec: Network, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function that the module of a specification had when it was first seen."""
    held = _APPLIED.get(id(spec.module))
    if held is not None and held[0] is spec.module:
        return held[1]
    while len(_APPLIED) >= _MOST:
        del _APPLIED[next(iter(_APPLIED))]
    _APPLIED[id(spec.module)] = (spec.module, function)
    return function


def _takes_key(module: Any) -> bool:
    """Whether a call takes a key."""
    try:
        return "key" in inspect.signature(module).parameters
    except (TypeError, ValueError):
        return False


@dataclass(frozen=True, eq=False)
class Own(Architecture):
    """A function of weights and a row.

    Attributes:
        function: gives the outputs of one row.
        first: weights to begin with.
        keyed: whether it takes a key.
        outputs: how many there are.
    """

    function: Callable[..., Any]
    first: Weights
    keyed: bool
    outputs: int

    @property
    def random(self) -> bool:
        return self.keyed

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        return self.function, self.keyed, self.outputs

    @property
    def size(self) -> int:
        import jax

        return sum(int(np.size(leaf)) for leaf in jax.tree.leaves(self.first))

    def initial(self, rng: np.random.Generator) -> Weights:
        return self.first

    def __call__(self, weights: Weights, x: Array, key: Array | None) -> Array:
        import jax
        import jax.numpy as jnp

        def row(x: Array, key: Array | None) -> Array:
            options = {"key": key} if self.keyed else {}
            found = self.function(weights, x, **options)
            parts = found if isinstance(found, list | tuple) else [found]
            return jnp.concatenate([jnp.ravel(jnp.asarray(part)) for part in parts])

        if key is None or not self.keyed:
            return jax.vmap(lambda x: row(x, None))(x)
        return jax.vmap(row)(x, jax.random.split(key, x.shape[0]))

    def text(self) -> str:
        name = getattr(self.function, "__name__", "function")
        outputs = "1 output" if self.outputs == 1 else f"{self.outputs} outputs"
        return f"a network of your own ({name}) → {outputs}"


def _check(own: Own, columns: int) -> None:
    """Raise `LikelierError` unless one row gives as many outputs as are needed."""
    import jax

    with double_precision():
        row = jax.ShapeDtypeStruct((1, columns), np.float32)
        try:
            found = jax.eval_shape(lambda w, x: own(w, x, None), own.first, row)
        except LikelierError:
            raise
        except Exception as error:
            raise LikelierError(
                f"the network fails on a row of {columns} columns: {type(error).__name__}: {error}"
            ) from error
    if found.shape[1] != own.outputs:
        raise LikelierError(
            f"the network gives {found.shape[1]} outputs a row where {own.outputs} are needed: one "
            "for each linear predictor of these columns, or as many as an equation asks for"
        )

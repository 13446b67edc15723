"""Dense layers with embeddings of factors: the architecture of `MLP`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.predictors.network._base import Architecture, Array, Pull, Weights
from likelier.special import namespace


def _gelu(x: Array, xp: Any) -> Array:
    return 0.5 * x * (1 + xp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x))))


def _silu(x: Array, xp: Any) -> Array:
    return 0.5 * x * (1 + xp.tanh(0.5 * x))


def _relu(x: Array, xp: Any) -> Array:
    return xp.where(x > 0, x, 0.0)


def _tanh(x: Array, xp: Any) -> Array:
    return xp.tanh(x)


def _elu(x: Array, xp: Any) -> Array:
    return xp.where(x > 0, x, xp.expm1(xp.where(x > 0, 0.0, x)))


def _softplus(x: Array, xp: Any) -> Array:
    return xp.logaddexp(x, xp.zeros_like(x))


ACTIVATIONS: dict[str, Callable[[Array, Any], Array]] = {
    "gelu": _gelu,
    "silu": _silu,
    "relu": _relu,
    "tanh": _tanh,
    "elu": _elu,
    "softplus": _softplus,
}
"""Activations by name, of an array and its namespace; gelu is the usual approximation by tanh."""


def _gelu_sloped(x: Array) -> tuple[Array, Array]:
    square = x * x
    rate = math.sqrt(2 / math.pi)
    share = 0.5 + 0.5 * np.tanh(x * (rate + 0.044715 * rate * square))
    value = x * share
    return value, share + value * (1 - share) * (2 * rate + 0.26829 * rate * square)


def _silu_sloped(x: Array) -> tuple[Array, Array]:
    share = 0.5 * (1 + np.tanh(0.5 * x))
    return x * share, share * (1 + x * (1 - share))


def _tanh_sloped(x: Array) -> tuple[Array, Array]:
    value = np.tanh(x)
    return value, 1 - value * value


def _elu_sloped(x: Array) -> tuple[Array, Array]:
    value = _elu(x, np)
    return value, np.where(x > 0, 1.0, value + 1).astype(x.dtype)


SLOPED: dict[str, Callable[[Array], tuple[Array, Array]]] = {
    "gelu": _gelu_sloped,
    "silu": _silu_sloped,
    "relu": lambda x: (_relu(x, np), (x > 0).astype(x.dtype)),
    "tanh": _tanh_sloped,
    "elu": _elu_sloped,
    "softplus": lambda x: (_softplus(x, np), 0.5 * (1 + np.tanh(0.5 * x))),
}
"""Activations with their slopes, on NumPy."""
_RECTIFIED = ("silu", "relu", "gelu")
"""Those that let half of the variance through."""


@dataclass(frozen=True)
class Layers(Architecture):
    """Hidden layers over columns, then a head of a few outputs.

    Attributes:
        columns: number p of columns.
        outputs: of the head.
        hidden: sizes of the hidden layers.
        activation: name or function.
        dropout: share of hidden units that a training step leaves out.
        embedded: (start, stop, width) of blocks of indicator columns that are embedded: every
            level has a vector of so many numbers.
    """

    columns: int
    outputs: int
    hidden: tuple[int, ...]
    activation: str | Callable[[Array], Array]
    dropout: float
    embedded: tuple[tuple[int, int, int], ...] = ()

    @property
    def _plain(self) -> np.ndarray:
        """Columns that go into the first layer as they are."""
        plain = np.ones(self.columns, dtype=bool)
        for start, stop, _ in self.embedded:
            plain[start:stop] = False
        return np.flatnonzero(plain)

    @property
    def random(self) -> bool:
        return self.dropout > 0

    @property
    def portable(self) -> bool:
        return isinstance(self.activation, str)

    @property
    def size(self) -> int:
        width = len(self._plain) + sum(size for _, _, size in self.embedded)
        total = sum((stop - start) * size for start, stop, size in self.embedded)
        for size in (*self.hidden, self.outputs):
            total, width = total + (width + 1) * size, size
        return total

    def initial(self, rng: np.random.Generator) -> Weights:
        gain = 2.0 if self.activation in _RECTIFIED else 1.0
        width = len(self._plain) + sum(size for _, _, size in self.embedded)
        layers = []
        for size in self.hidden:
            weight = rng.standard_normal((width, size)) * np.sqrt(gain / width)
            layers.append({"weight": weight, "bias": np.zeros(size)})
            width = size
        # A head of zeros: an untrained network predicts the marginal distribution.
        head = {"weight": np.zeros((width, self.outputs)), "bias": np.zeros(self.outputs)}
        embeddings = [
            rng.standard_normal((stop - start, size)) for start, stop, size in self.embedded
        ]
        return {"embeddings": embeddings, "layers": layers, "head": head}

    def __call__(self, weights: Weights, x: Array, key: Array | None) -> Array:
        xp = namespace(x)
        x = self._inputs(weights, x)
        for layer in weights["layers"]:
            x = x @ layer["weight"] + layer["bias"]
            own = self.activation
            x = ACTIVATIONS[own](x, xp) if isinstance(own, str) else own(x)
            if key is not None and self.dropout:
                import jax

                key, once = jax.random.split(key)
                kept = jax.random.bernoulli(once, 1 - self.dropout, x.shape)
                x = xp.where(kept, x / (1 - self.dropout), 0.0)
        return x @ weights["head"]["weight"] + weights["head"]["bias"]

    def _inputs(self, weights: Weights, x: Array) -> Array:
        """What goes into the first layer: columns, and the vectors of levels."""
        if not self.embedded:
            return x
        parts = [x[:, self._plain]]
        for (start, stop, _), table in zip(self.embedded, weights["embeddings"], strict=True):
            parts.append(x[:, start:stop] @ table)
        return namespace(x).concatenate(parts, axis=1)

    def linearised(self, weights: Weights, x: Array) -> tuple[Array, Pull]:
        sloped = SLOPED[str(self.activation)]
        inner = self._inputs(weights, x)
        tape = []
        for layer in weights["layers"]:
            value, slope = sloped(inner @ layer["weight"] + layer["bias"])
            tape.append((inner, slope))
            inner = value
        head = weights["head"]

        def pull(slopes: Array, into: Weights) -> None:
            layers = [*weights["layers"], head]
            inputs = [*(before for before, _ in tape), inner]
            back = slopes
            for j, own in reversed(list(enumerate([*into["layers"], into["head"]]))):
                np.matmul(inputs[j].T, back, out=own["weight"])
                back.sum(axis=0, out=own["bias"])
                if j:
                    back = back @ layers[j]["weight"].T
                    back *= tape[j - 1][1]
            if self.embedded:
                back = back @ layers[0]["weight"].T
                place = len(self._plain)
                for (start, stop, size), table in zip(
                    self.embedded, into["embeddings"], strict=True
                ):
                    np.matmul(x[:, start:stop].T, back[:, place : place + size], out=table)
                    place += size

        return inner @ head["weight"] + head["bias"], pull

    def text(self) -> str:
        shown = self.activation if isinstance(self.activation, str) else "own activation"
        inner = " → ".join(f"{size}" for size in self.hidden)
        ends = _counted(self.columns, "column"), _counted(self.outputs, "output")
        return f"{ends[0]} → {inner} ({shown}) → {ends[1]}"


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
